"""What is behind the turn: each act once, to the core and back."""

from __future__ import annotations

import secrets
from collections.abc import Awaitable, Callable
from contextlib import suppress
from time import monotonic
from typing import Final

import structlog

from adapters.teams.activity import Activity, data_of
from adapters.teams.acts import Acts
from adapters.teams.answers import Answers, told
from adapters.teams.contacts import Contacts
from adapters.teams.directory import TeamsDirectory
from adapters.teams.events import Events, Hearers
from adapters.teams.render import Json
from adapters.teams.repeats import Repeats
from adapters.teams.sightings import CARD
from adapters.teams.store import Contact
from bot.answer import Answer, Dispatch
from bot.errors import Code, DeliveryError, PermanentDeliveryError, RecognitionError
from bot.i18n import Translator, translator, zone_of
from bot.identity import ConversationRef
from bot.incoming import Incoming
from bot.recognition import words
from bot.refusals import refusal
from bot.view.message import Message

OPEN_DIALOG: Final = "task/fetch"
SENT_DIALOG: Final = "task/submit"
OPEN_EXTENSION: Final = "composeExtension/fetchTask"
SENT_EXTENSION: Final = "composeExtension/submitAction"

INVOKES: Final = frozenset({CARD, OPEN_DIALOG, SENT_DIALOG, OPEN_EXTENSION, SENT_EXTENSION})

_log = structlog.get_logger(__name__)


class FrontDesk:
    """The desk of one tenant."""

    def __init__(
        self,
        dispatch: Dispatch,
        acts: Acts,
        answers: Answers,
        contacts: Contacts,
        directory: TeamsDirectory,
        *,
        events: Events,
        hearers: Hearers,
        command: str,
    ) -> None:
        self._dispatch = dispatch
        self._acts = acts
        self._answers = answers
        self._contacts = contacts
        self._directory = directory
        self._events = events
        self._hearers = hearers
        self._command = command
        self._repeats = Repeats(monotonic)

    async def message(self, activity: Activity) -> None:
        """Answer what somebody wrote. Nobody's, and what the bot was not asked, is left alone."""
        try:
            await self._answered(activity, self._message)
        except Exception:  # noqa: BLE001 - whatever happened, the person is told, with a reference to the log
            fault = _fault(activity)
            with suppress(Exception):  # what failed may be what telling takes, and it is in the log
                await self._answers.own_up(activity, fault)

    async def invoke(self, activity: Activity) -> Json | None:
        """Answer what Teams waits for; None if it is nothing of ours."""
        if activity.name not in INVOKES:
            return None
        try:
            answer = await self._answered(activity, self._invoke)
        except Exception:  # noqa: BLE001 - likewise
            return told(activity, _fault(activity))
        if answer is None:
            stranger = RecognitionError(Code.GIVER_NOT_MEMBER)
            return told(activity, refusal(_translator(activity), stranger, zone_of(""), self._command))
        return answer

    async def happened(self, activity: Activity) -> None:
        """Take in that people or the bot came or went. Doing it twice changes nothing."""
        await self._once(activity, lambda: self._events.take_in(activity))

    async def _once(self, activity: Activity, act: Callable[[], Awaitable[Json | None]]) -> Json | None:
        """Act, and answer a repetition with the same. What has no id is no repetition of anything."""
        if not activity.id:
            return await act()
        place = activity.conversation.id if activity.conversation else ""
        return await self._repeats.once((place, f"{activity.type}:{activity.id}"), act)

    async def _answered(
        self, activity: Activity, answer: Callable[[Activity, Contact], Awaitable[Json | None]]
    ) -> Json | None:
        """Take in who acted, and answer it once; None if nobody did."""
        sender = activity.sender.aad_object_id if activity.sender else None
        if not sender or not activity.id or not activity.conversation:
            _log.info("teams_act_by_nobody", type=activity.type, name=activity.name)
            return None
        here = ConversationRef(self._contacts.workspace, activity.conversation.place)

        async def act() -> Json | None:
            contact = await self._contacts.noticed(activity)
            if contact is None:
                return None
            self._directory.heard_from(contact, here)
            self._hearers.heard(contact.account, contact.locale, contact.timezone)
            return await answer(activity, contact)

        return await self._once(activity, act)

    async def _message(self, activity: Activity, contact: Contact) -> None:
        try:
            incoming = await self._acts.message(activity, contact.account)
        except RecognitionError as error:
            reply = refusal(translator(contact.locale), error, zone_of(contact.timezone), self._command)
            answer = Answer(reply=reply)
        else:
            answer = await self._dispatch.handle(incoming)
        try:
            await self._answers.to_message(activity, contact.account, answer, self._acts.form_of(activity.value))
        except DeliveryError as error:
            _log.warning("teams_answer_not_shown", reason=str(error), kind=type(error).__name__)
            if isinstance(error, PermanentDeliveryError) and not activity.in_own_chat:
                with suppress(DeliveryError):
                    await self._answers.in_place(activity, words.out_of_reach(translator(contact.locale)))

    async def _invoke(self, activity: Activity, contact: Contact) -> Json:
        data = data_of(activity)
        sent = self._acts.form_of(data)
        incoming: Incoming = (
            self._acts.extension(activity, contact.account)
            if activity.name == OPEN_EXTENSION
            else self._acts.sent(activity, contact.account, data)
        )
        answer = await self._dispatch.handle(incoming)
        if activity.name == CARD:
            return await self._answers.to_card(activity, contact.account, answer, sent)
        return await self._answers.to_dialog(activity, answer, sent)


def _translator(activity: Activity) -> Translator:
    """Speak to somebody of whom no more is known than what came with the act."""
    return translator(activity.locale or "")


def _fault(activity: Activity) -> Message:
    """Log the fault that is being handled, and give what owns up to it."""
    reference = secrets.token_hex(3).upper()
    _log.exception("teams_act_failed", reference=reference, type=activity.type, name=activity.name)
    return words.fault(_translator(activity), reference)
