"""Giving kudos, taking them back, and reading a team's week."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Final, TypeAlias, assert_never, cast

import structlog

from bot.delivery.model import Outgoing
from bot.errors import Code, RecognitionError, TemporaryDeliveryError
from bot.i18n import language_of, translator
from bot.identity import (
    AccountRef,
    ConversationRef,
    KudosId,
    OrganisationId,
    PersonId,
    Target,
    WorkspaceRef,
    id_made_at,
)
from bot.memory import Memory
from bot.people.model import Colleague
from bot.people.service import People
from bot.points.model import Programme
from bot.points.rules import next_week_start, week_of
from bot.points.service import Points, allowance_of
from bot.points.words import named
from bot.ports import Clock
from bot.recognition import rules, words
from bot.recognition.model import Kudos, Receiving, Recording, RecordOutcome, TeamKudos
from bot.recognition.store import RecognitionUnitOfWork, RecognitionUnitOfWorkFactory
from bot.recognition.words import Audience, Told

Telling: TypeAlias = Callable[[str], Told]
"""Tells of one kudos in a language."""

AGAIN_SECONDS: Final = 120
"""How long the very same kudos is most likely a slip, such as a message sent twice."""

_Deed: TypeAlias = tuple[PersonId, frozenset[PersonId], str]
"""Who gave whom a kudos, and for what."""

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Wish:
    """A kudos somebody wants to give: people and groups named, everything else already settled by the rules."""

    workspace: WorkspaceRef
    giver: Colleague
    named: tuple[AccountRef, ...]
    groups: tuple[str, ...]
    reason: str
    behaviours: tuple[str, ...]
    points: int
    private: bool
    link: str | None
    conversation: ConversationRef | None
    request_key: str


@dataclass(frozen=True, slots=True)
class Given:
    """A kudos that was recorded, for its receipt."""

    kudos: KudosId
    told: Told
    audience: Audience
    left: int
    limit: int
    refills: datetime
    again: bool


@dataclass(frozen=True, slots=True)
class TakenBack:
    """A kudos that was undone. `left` is None if it was of an earlier week."""

    reason: str
    left: int | None
    limit: int


@dataclass(frozen=True, slots=True)
class Week:
    """A team's week."""

    team: str
    kudos: list[TeamKudos]


def _nobody_listens(_organisation: OrganisationId, _giver: Colleague) -> None:
    """Leave it."""


async def _nothing_follows(_work: RecognitionUnitOfWork, _kudos: Kudos, _now: datetime) -> None:
    """Leave it."""


class Recognition:
    """The use cases. Every refusal is a RecognitionError."""

    def __init__(
        self,
        units: RecognitionUnitOfWorkFactory,
        people: People,
        points: Points,
        clock: Clock,
        *,
        given: Callable[[OrganisationId, Colleague], None] = _nobody_listens,
        undone: Callable[[RecognitionUnitOfWork, Kudos, datetime], Awaitable[None]] = _nothing_follows,
    ) -> None:
        """`given` is told of every kudos once it is recorded. It must be quick, and raise nothing.

        `undone` is told of every kudos that is taken back, in the same transaction.
        """
        self._given = given
        self._undone = undone
        self._units = units
        self._people = people
        self._points = points
        self._clock = clock
        self._just_given: Memory[_Deed, bool] = Memory(10_000, AGAIN_SECONDS, lambda: clock.now().timestamp())

    async def give(self, wish: Wish, patience: asyncio.Timeout) -> Given:
        """Record a kudos and everything it sets off, or refuse. The same request key again gives the same answer.

        `patience` may end the look-ups. It is put aside before anything is recorded: that is not cut off half-way.
        """
        now = self._clock.now()
        organisation = await self._people.organisation(wish.workspace)
        programme = await self._points.programme(organisation)
        receivers = await self._receivers(wish)
        telling = _telling(wish, receivers, programme)
        audience, conversations = await self._audience(wish, receivers)
        kudos = KudosId(id_made_at(now))
        recording = Recording(
            id=kudos,
            request_key=wish.request_key,
            giver=wish.giver.person,
            receivers=tuple(_receiving(wish.giver, each) for each in receivers),
            reason=wish.reason,
            link=wish.link,
            behaviours=wish.behaviours,
            points=wish.points,
            private=wish.private,
            conversation=wish.conversation,
            at=now,
            period=week_of(now, wish.giver.timezone),
            limit=allowance_of(programme, wish.giver),
            outbox=_messages(kudos, wish.giver, receivers, telling, conversations),
        )
        async with self._units(organisation) as work:
            patience.reschedule(None)
            recorded = await work.kudos.record(recording)
        period, again = recording.period, False
        match recorded.outcome:
            case RecordOutcome.OVER_ALLOWANCE:
                refills = next_week_start(period, wish.giver.timezone)
                raise RecognitionError(Code.OVER_ALLOWANCE, cost=recording.cost, left=recorded.left, refills=refills)
            case RecordOutcome.SEEN:
                kudos = recorded.kudos
                wish, receivers, period = await self._as_recorded(organisation, wish, kudos)
                telling = _telling(wish, receivers, programme)
                audience, _ = await self._audience(wish, receivers)
            case RecordOutcome.RECORDED:
                again = self._is_again(wish, receivers)
                self._given(organisation, wish.giver)
            case _:
                assert_never(recorded.outcome)
        return Given(
            kudos,
            telling(language_of(wish.giver.locale)),
            audience,
            recorded.left,
            recording.limit,
            next_week_start(period, wish.giver.timezone),
            again,
        )

    def _is_again(self, wish: Wish, receivers: Sequence[Colleague]) -> bool:
        """Say whether the giver has just given the very same, and remember that they did.

        Nothing more hangs on it than a sentence, so what another process recorded is not asked for.
        """
        deed = (wish.giver.person, frozenset(each.person for each in receivers), wish.reason)
        again = self._just_given.get(deed) is not None
        self._just_given.keep(deed, value=True)
        return again

    async def _as_recorded(
        self, organisation: OrganisationId, wish: Wish, kudos: KudosId
    ) -> tuple[Wish, tuple[Colleague, ...], date]:
        """Give what the first of several acts with one key came to, and its week: that is what a repeat is told of.

        The others may have said something else, such as another button of the same question.
        """
        async with self._units(organisation) as work:
            # It is there: storage has just named it.
            first = cast("Kudos", await work.kudos.get(kudos))
            persons = [each.person for each in first.receivers]
            accounts = await work.people.reached(persons) | await work.people.account_in(wish.workspace, persons)
        wish = replace(
            wish,
            reason=first.reason,
            behaviours=first.behaviours,
            points=first.points,
            private=first.private,
            link=first.link,
        )
        receivers = await self._people.colleagues([accounts[each.person] for each in first.receivers])
        return wish, tuple(receivers), first.period

    async def _receivers(self, wish: Wish) -> tuple[Colleague, ...]:
        grouped = await self._members(wish) if wish.groups else []
        rules.check_crowd(grouped)
        if len(await self._people.together(wish.workspace, wish.named)) < len(wish.named):
            raise RecognitionError(Code.UNKNOWN_PERSON)
        by_name = await self._people.colleagues(wish.named)
        by_group = await self._people.met(grouped) if grouped else {}
        return rules.settle_receivers(wish.giver, by_name, list(by_group.values()))

    async def _members(self, wish: Wish) -> list[AccountRef]:
        directory = self._people.directory(wish.workspace)
        try:
            groups = await asyncio.gather(*(directory.group(wish.workspace, group) for group in wish.groups))
        except TemporaryDeliveryError as error:
            raise RecognitionError(Code.DIRECTORY_UNAVAILABLE) from error
        return [account for group in groups for account in group]

    async def _audience(
        self, wish: Wish, receivers: Sequence[Colleague]
    ) -> tuple[Audience, tuple[ConversationRef, ...]]:
        """Decide where the shout-out goes: all homes of the receivers' teams, else where the kudos was given."""
        if wish.private:
            return Audience.PRIVATE, ()
        places = [rules.receiver_place(wish.giver, each) for each in receivers]
        homes = tuple(dict.fromkeys(home for place in places if place for home in place.homes))
        if homes:
            return (Audience.HERE if homes == (wish.conversation,) else Audience.TEAM), homes
        if wish.conversation and await self._can_post(wish.conversation):
            return Audience.HERE, (wish.conversation,)
        return (Audience.NOBODY if wish.conversation else Audience.ALONE), ()

    async def _can_post(self, conversation: ConversationRef) -> bool:
        try:
            return await self._people.directory(conversation.workspace).can_post(conversation)
        except TemporaryDeliveryError as error:
            # The outbox will find out; promising less than happens would be worse than trying.
            _log.warning("can_post_unknown", reason=error.reason)
            return True

    async def undo(self, person: Colleague, kudos: KudosId | None = None) -> TakenBack:
        """Take back one kudos of this person's: the one named, or else their latest."""
        now = self._clock.now()
        organisation = await self._people.organisation(person.account.workspace)
        async with self._units(organisation) as work:
            found = await (work.kudos.latest(person.person) if kudos is None else work.kudos.get(kudos))
            if found is None:
                raise RecognitionError(Code.NOTHING_TO_UNDO)
            rules.check_undo(found, person.person, now, latest=kudos is None)
            undone = await work.kudos.undo(found.id, now, words.withdrawn(translator(person.locale)))
            if undone.now:
                await self._undone(work, found, now)
            await work.commit()
        if not undone.now:
            raise RecognitionError(Code.ALREADY_UNDONE)
        self._just_given.forget((person.person, frozenset(each.person for each in found.receivers), found.reason))
        limit = allowance_of(await self._points.programme(organisation), person)
        return TakenBack(found.reason, self._left(found, person, limit - undone.used, now), limit)

    @staticmethod
    def _left(kudos: Kudos, person: Colleague, left: int, now: datetime) -> int | None:
        return max(0, left) if kudos.period == week_of(now, person.timezone) else None

    async def team_week(self, person: Colleague, since: datetime, here: ConversationRef | None) -> Week:
        """Read the week of the person's team that meets `here`, else of their first. Raises NO_TEAM without one."""
        if not person.places:
            raise RecognitionError(Code.NO_TEAM)
        place = next((each for each in person.places if each.home == here), person.places[0])
        organisation = await self._people.organisation(person.account.workspace)
        async with self._units(organisation) as work:
            return Week(place.team_name, await work.kudos.team_week(place.team, since))


def _telling(wish: Wish, receivers: tuple[Colleague, ...], programme: Programme) -> Telling:
    """Give what tells of a kudos in a language, made once for all who speak it."""
    by_supervisor = any(rules.is_supervisor_recognition(wish.giver, each) for each in receivers)

    # A cache of functools' would take longer to make than it saves.
    told: dict[str, Told] = {}

    def tell(language: str) -> Told:
        if language not in told:
            tags = tuple([each.tag for each in named(translator(language), programme, wish.behaviours)])
            told[language] = Told(
                wish.giver, receivers, wish.reason, wish.link, tags, wish.points, wish.private, by_supervisor
            )
        return told[language]

    return tell


def _receiving(giver: Colleague, receiver: Colleague) -> Receiving:
    place = rules.receiver_place(giver, receiver)
    by_supervisor = rules.is_supervisor_recognition(giver, receiver)
    return Receiving(receiver.person, place.team if place else None, by_supervisor)


def _messages(
    kudos: KudosId,
    giver: Colleague,
    receivers: Sequence[Colleague],
    telling: Telling,
    conversations: Sequence[ConversationRef],
) -> tuple[Outgoing, ...]:
    subject = f"kudos:{kudos}"
    shouted_in = _spoken(giver, *receivers)
    shout_out = words.shout_out(translator(shouted_in), telling(language_of(shouted_in)))
    shouted = [
        Outgoing(f"{subject}:shout:{_address(conversation)}", subject, conversation, shout_out)
        for conversation in conversations
    ]
    noted = [
        Outgoing(
            f"{subject}:note:{_address(receiver.account)}",
            subject,
            receiver.account,
            words.receiver_note(translator(noted_in), telling(language_of(noted_in)), receiver),
        )
        for receiver in receivers
        for noted_in in [_spoken(receiver, giver)]
    ]
    return (*shouted, *noted)


def _spoken(*people: Colleague) -> str:
    """Give the locale to speak in: the first that is known, as colleagues most likely share a language."""
    return next((each.locale for each in people if each.locale), "")


def _address(target: Target) -> str:
    # Ids of two workspaces may be the same.
    return f"{target.workspace.platform.value}:{target.workspace.id}:{target.id}"
