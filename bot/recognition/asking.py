"""From what was typed, filled in or chosen to a kudos that can be given, and the question if a name fits several."""

from __future__ import annotations

from collections.abc import Sequence
from typing import assert_never

from msgspec import structs

from bot.errors import Code, RecognitionError, TemporaryDeliveryError
from bot.hygiene import REASON_LIMIT, clean
from bot.i18n import Translator, language_of, translator
from bot.identity import AccountRef, WorkspaceRef
from bot.incoming import ButtonPressed, FormSubmitted, GroupMention, Mention, NameChoice, Origin, Segment, Words
from bot.people.model import Colleague
from bot.people.service import People
from bot.points.behaviours import default_behaviours
from bot.points.model import Programme
from bot.points.service import Points
from bot.ports import Profile, Standing
from bot.recognition import forms, rules, words
from bot.recognition.commands import GiveKudos, Tag, UnknownName
from bot.recognition.draft import SHOWN, Carried, Draft, Open, account_of, carried
from bot.recognition.grammar import read_reason
from bot.recognition.names import resolve_names
from bot.recognition.service import Wish
from bot.view.codec import UnreadableViewError, pack, unpack
from bot.view.form import Form
from bot.view.message import VALUE_LIMIT, Message


class Asking:
    """Settles what a person wants to give."""

    def __init__(self, people: People, points: Points) -> None:
        self._people = people
        self._points = points

    async def resolve(self, workspace: WorkspaceRef, segments: Sequence[Segment]) -> tuple[Segment, ...]:
        """Turn names typed as plain text into mentions or choices. Raises DIRECTORY_UNAVAILABLE."""
        directory = self._people.directory(workspace)

        async def find(name: str) -> list[Profile]:
            return await directory.find(workspace, name)

        async def find_elsewhere(name: str) -> list[Profile]:
            return await self._people.elsewhere(workspace, name)

        try:
            return await resolve_names(segments, find, find_elsewhere)
        except TemporaryDeliveryError as error:
            raise RecognitionError(Code.DIRECTORY_UNAVAILABLE) from error

    async def form(self, origin: Origin, about: AccountRef | None = None, link: str | None = None) -> Form:
        """Draw the form for a person, without a look into storage: Slack gives three seconds and no second try."""
        organisation = self._people.peek_organisation(origin.workspace)
        known = self._points.peek(organisation) if organisation else None
        programme = known or Programme(behaviours=default_behaviours())
        t = translator(await self._people.locale(origin.sender))
        receivers = (about,) if about and about != origin.sender else ()
        return forms.give_form(t, programme, pack(forms.GiveState(link)), receivers=receivers, about=link is not None)

    async def drafted(self, origin: Origin, giver: Colleague, command: GiveKudos) -> Draft:
        """Settle all of a typed kudos but whom its open names mean."""
        programme = await self._points.programme(await self._people.organisation(origin.workspace))
        named: list[Carried] = []
        here = origin.workspace
        groups: list[str] = []
        unsettled: list[Open] = []
        for receiver in command.receivers:
            match receiver:
                case Mention(account):
                    named.append(carried(here, account))
                case GroupMention(id):
                    groups.append(id)
                case NameChoice(written, candidates, doubtful):
                    offered = tuple(carried(here, each.account) for each in candidates)
                    unsettled.append(Open(written, offered, doubtful))
                case UnknownName(told=told):
                    raise RecognitionError(Code.UNKNOWN_PERSON, name=told)
                case _:
                    assert_never(receiver)
        return Draft(
            key=origin.request_key,
            reason=rules.settle_reason(command.reason, await self._names(here, command.reason)),
            points=rules.settle_points(command.points, programme),
            named=tuple(named),
            groups=tuple(groups),
            open=tuple(unsettled),
            behaviours=rules.settle_behaviours(command.tags, programme, language_of(giver.locale)),
            private=command.private,
            conversation=origin.conversation.id if origin.conversation else None,
        )

    async def _names(self, here: WorkspaceRef, reason: Sequence[Segment]) -> dict[AccountRef, str]:
        mentioned = [each.account for each in reason if isinstance(each, Mention)]
        if not mentioned:
            return {}
        met = await self._people.met(await self._people.together(here, mentioned))
        return {account: person.name for account, person in met.items()}

    async def reopened(self, pressed: ButtonPressed, giver: Colleague) -> Draft:
        """Settle again what a choice button carried: the programme may have changed, and the text has been outside."""
        try:
            draft = unpack(pressed.value, Draft)
        except UnreadableViewError as error:
            raise RecognitionError(Code.STALE_BUTTON) from error
        whole = 0 < len(draft.reason) <= REASON_LIMIT and draft.reason == clean(draft.reason)
        if not (whole and draft.key and draft.named and all(each.candidates for each in draft.open)):
            raise RecognitionError(Code.STALE_BUTTON)
        programme = await self._points.programme(await self._people.organisation(pressed.origin.workspace))
        tags = tuple(Tag(code) for code in draft.behaviours)
        return structs.replace(
            draft,
            points=rules.settle_points(draft.points, programme),
            behaviours=rules.settle_behaviours(tags, programme, language_of(giver.locale)),
            link=rules.settle_link(draft.link),
        )

    async def filled_in(self, submitted: FormSubmitted, giver: Colleague) -> Draft:
        """Settle a form that was sent in. Behaviours and points may be picked or written into the reason."""
        origin = submitted.origin
        programme = await self._points.programme(await self._people.organisation(origin.workspace))
        try:
            state = unpack(submitted.state, forms.GiveState)
        except UnreadableViewError as error:
            raise RecognitionError(Code.STALE_BUTTON) from error
        receivers = submitted.people.get(forms.PEOPLE, ())
        if not receivers:
            raise RecognitionError(Code.NOBODY_NAMED, in_form=True)
        written = read_reason((Words(submitted.texts.get(forms.REASON, "")),))
        picked = tuple(Tag(code) for code in submitted.choices.get(forms.BEHAVIOURS, ()))
        points = rules.settle_points(_points(submitted, written.points, programme), programme)
        return Draft(
            # A form that was refused for its cost can be corrected, or sent in again next week: then it is another act.
            key=f"{origin.request_key}:{points}x{len(receivers)}:{self._points.week(giver)}",
            reason=rules.settle_reason(written.reason),
            points=points,
            named=tuple(carried(origin.workspace, account) for account in receivers),
            behaviours=rules.settle_behaviours((*picked, *written.tags), programme, language_of(giver.locale)),
            private=forms.PRIVATE in submitted.choices.get(forms.VISIBILITY, ()),
            link=rules.settle_link(state.link),
            conversation=origin.conversation.id if origin.conversation else None,
        )

    async def question(self, t: Translator, workspace: WorkspaceRef, giver: Colleague, draft: Draft) -> Message | Wish:
        """Give the question that is still open, or the kudos if none is.

        One candidate left needs no question, unless the name is doubtful: then the words behind it may be more of the
        name, so the reason as all would read it is shown with the question.
        """
        while draft.open:
            first = draft.open[0]
            offered = [account_of(workspace, candidate) for candidate in first.candidates]
            accounts = await self._people.together(workspace, offered)
            met = await self._people.met(accounts)
            # As the directory ordered them, whoever of them is in memory.
            known = [met[account] for account in dict.fromkeys(accounts) if account in met]
            candidates = [each for each in known if each.standing is Standing.MEMBER and each.person != giver.person]
            if not known or (first.doubtful and not candidates):
                raise RecognitionError(Code.UNKNOWN_PERSON, name=first.written)
            if len(candidates) > 1 or first.doubtful:
                shown = [
                    (Mention(each.account, label), pack(draft.choose(carried(workspace, each.account))))
                    for each, label in zip(candidates[:SHOWN], _labels(candidates), strict=False)
                ]
                if any(len(value) > VALUE_LIMIT for _, value in shown):
                    raise RecognitionError(Code.NAMES_UNCLEAR)
                reason = draft.reason if first.doubtful else ""
                return words.choice(t, first.written, shown, more=len(candidates) > SHOWN, reason=reason)
            # With nobody left, the refusal is the first candidate's own: themselves, a bot, a guest, someone gone.
            draft = draft.choose(carried(workspace, (candidates or known)[0].account))
        return draft.wish(workspace, giver)


def _labels(candidates: Sequence[Colleague]) -> list[str]:
    """Tell candidates apart: one by their name, several by their team too, and those of one name and team by e-mail."""
    if len(candidates) == 1:
        return [candidates[0].name]
    labels = [" · ".join([each.name, *(place.team_name for place in each.places[:1])]) for each in candidates]
    return [
        f"{label} · {each.email}" if labels.count(label) > 1 and each.email else label
        for each, label in zip(candidates, labels, strict=True)
    ]


def _points(submitted: FormSubmitted, written: int | None, programme: Programme) -> int | None:
    if written is not None:
        return written
    picked = submitted.choices.get(forms.POINTS, ())
    return next((n for n in range(programme.points_least, programme.points_most + 1) if str(n) in picked), None)
