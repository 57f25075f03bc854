"""From an incoming act to its answer. The one place that turns a RecognitionError into words."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Sequence
from typing import Final, assert_never
from uuid import UUID

import structlog

from bot.answer import Answer, Room, Visit
from bot.errors import Code, FormError, GoneError, RecognitionError
from bot.i18n import plain, translator, zone_of
from bot.identity import ConversationRef, KudosId
from bot.incoming import ButtonPressed, CommandTyped, FormSubmitted, Incoming, Origin, ShortcutUsed
from bot.people.model import Colleague
from bot.people.service import People
from bot.points import words as points_words
from bot.points.rules import next_week_start, week_of, week_start
from bot.points.service import Points
from bot.ports import Clock, Metrics
from bot.recognition import help_words, words
from bot.recognition.asking import Asking
from bot.recognition.commands import Command, GiveKudos, OpenForm, ShowBehaviours, ShowBoard, ShowMine, ShowTeam, Undo
from bot.recognition.draft import Draft
from bot.recognition.forms import GIVE, field_of
from bot.recognition.grammar import parse
from bot.recognition.service import Recognition
from bot.recognition.words import Action
from bot.refusals import refusal, sentence
from bot.view.message import Message

PATIENCE_SECONDS: Final = 2.2
"""For all that must be known before an act is carried out. Slack gives up at 3: the rest is for recording it."""

_log = structlog.get_logger(__name__)


class Dispatcher:
    """The bot's front desk.

    `command` is the slash command's name as people type it here. `patience` is for the look-ups of one act, in seconds;
    an act that is past it is refused, as whoever hears nothing does it again. `rooms` are the subjects besides
    recognition, which is at home here.
    """

    def __init__(
        self,
        people: People,
        points: Points,
        recognition: Recognition,
        clock: Clock,
        *,
        metrics: Metrics,
        rooms: Sequence[Room] = (),
        command: str = "/kudos",
        patience: float = PATIENCE_SECONDS,
    ) -> None:
        self._people = people
        self._points = points
        self._recognition = recognition
        self._asking = Asking(people, points)
        self._clock = clock
        self._metrics = metrics
        self._commands = {kind: room for room in rooms for kind in room.commands}
        self._actions = {action: room for room in rooms for action in room.actions}
        self._forms = {form: room for room in rooms for form in room.forms}
        self._command = command
        self._patience = patience

    async def handle(self, incoming: Incoming) -> Answer:
        """Answer one act. Raises nothing."""
        try:
            return await self._answer_or_refuse(incoming)
        except Exception:  # noqa: BLE001 - whatever happened, the person is told, with a reference to the log
            reference = secrets.token_hex(3).upper()
            self._metrics.count("kudos_acts_total", outcome="fault")
            _log.exception("act_failed", reference=reference, act=type(incoming).__name__)
            return Answer(reply=words.fault(translator(await self._locale(incoming.origin)), reference))

    async def _answer_or_refuse(self, incoming: Incoming) -> Answer:
        try:
            answer = await self._answer_where_it_belongs(incoming)
        except RecognitionError as error:
            self._metrics.count("kudos_acts_total", outcome=error.code.value)
            return await self._refuse(incoming, error)
        self._metrics.count("kudos_acts_total", outcome="ok")
        return answer

    async def _answer_where_it_belongs(self, incoming: Incoming) -> Answer:
        """Answer it again if its workspace or its people were joined to others while it was being answered.

        Nothing was written then: what is of an organisation or a person that is gone cannot be.
        """
        workspace = incoming.origin.workspace
        organisation = self._people.peek_organisation(workspace)
        try:
            return await self._answer_in_time(incoming)
        except GoneError:
            self._people.forget_everything()
        except Exception:
            if not await self._people.has_moved(workspace, organisation):
                raise
        return await self._answer_in_time(incoming)

    async def _answer_in_time(self, incoming: Incoming) -> Answer:
        try:
            async with asyncio.timeout(self._patience) as patience:
                return await self._answer(incoming, patience)
        except TimeoutError as error:
            if not patience.expired():
                raise
            raise RecognitionError(Code.TOO_SLOW) from error

    async def _locale(self, origin: Origin) -> str:
        try:
            return await self._people.locale(origin.sender)
        except Exception:  # noqa: BLE001 - this is for owning up to a fault, perhaps the same one
            return ""

    async def _refuse(self, incoming: Incoming, error: RecognitionError) -> Answer:
        known = self._people.peek(incoming.origin.sender)
        t = translator(known.locale if known else await self._people.locale(incoming.origin.sender))
        zone = zone_of(known.timezone if known else "")
        command, manner = self._command, incoming.origin.manner
        if isinstance(error, FormError):
            told = {field: sentence(t, each, zone, command, manner) for field, each in error.problems.items()}
            return Answer(problems={field: plain(line) for field, line in told.items()})
        if isinstance(incoming, FormSubmitted):
            field = str(error.params.get("field") or field_of(error.code))
            return Answer(problems={field: plain(sentence(t, error, zone, command, manner))})
        # A receipt whose kudos was taken back by typing shows so once it is pressed.
        replaces = isinstance(incoming, ButtonPressed) and error.code is Code.ALREADY_UNDONE
        return Answer(reply=refusal(t, error, zone, command, manner), replaces=replaces)

    async def _answer(self, incoming: Incoming, patience: asyncio.Timeout) -> Answer:
        match incoming:
            case CommandTyped(origin, segments):
                segments = await self._asking.resolve(origin.workspace, segments)
                return await self._obey(origin, parse(segments), patience)
            case ShortcutUsed(origin, about, link):
                return Answer(form=await self._asking.form(origin, about, link))
            case FormSubmitted():
                return await self._submitted(incoming, patience)
            case ButtonPressed():
                return await self._pressed(incoming, patience)
            case _:
                assert_never(incoming)

    async def _obey(self, origin: Origin, command: Command, patience: asyncio.Timeout) -> Answer:
        if isinstance(command, OpenForm):
            # Before anything else: on Slack the form must open within three seconds of the command.
            return Answer(form=await self._asking.form(origin))
        person = await self._people.colleague(origin.sender)
        if room := self._commands.get(type(command)):
            return await room.obey(await self._visit(origin, person, patience), command)
        match command:
            case GiveKudos():
                draft = await self._asking.drafted(origin, person, command)
                return await self._proceed(origin, person, draft, patience)
            case Undo():
                return await self._undo(person, None, patience)
            case ShowMine():
                return Answer(reply=await self._mine(person))
            case ShowTeam():
                return Answer(reply=await self._team(person, origin.conversation))
            case ShowBoard():
                board = await self._points.board(await self._people.organisation(origin.workspace))
                return Answer(reply=points_words.board(translator(person.locale), board))
            case ShowBehaviours():
                programme = await self._points.programme(await self._people.organisation(origin.workspace))
                t = translator(person.locale)
                return Answer(reply=points_words.behaviours(t, programme, self._command, origin.manner))
            case _:
                t = translator(person.locale)
                return Answer(reply=help_words.help_message(t, self._command, origin.manner, admin=person.admin))

    async def _visit(self, origin: Origin, person: Colleague, patience: asyncio.Timeout) -> Visit:
        organisation = await self._people.organisation(origin.workspace)
        t, zone = translator(person.locale), zone_of(person.timezone)
        return Visit(origin, organisation, person, t, zone, self._command, patience)

    async def _submitted(self, submitted: FormSubmitted, patience: asyncio.Timeout) -> Answer:
        room = self._forms.get(submitted.form)
        if room is None and submitted.form != GIVE:
            raise RecognitionError(Code.STALE_BUTTON)
        person = await self._people.colleague(submitted.origin.sender)
        if room is not None:
            return await room.take_in(await self._visit(submitted.origin, person, patience), submitted)
        draft = await self._asking.filled_in(submitted, person)
        return await self._proceed(submitted.origin, person, draft, patience)

    async def _pressed(self, pressed: ButtonPressed, patience: asyncio.Timeout) -> Answer:
        if room := self._actions.get(pressed.action):
            person = await self._people.colleague(pressed.origin.sender)
            return await room.press(await self._visit(pressed.origin, person, patience), pressed)
        match pressed.action:
            case Action.GIVE:
                return Answer(form=await self._asking.form(pressed.origin))
            case Action.UNDO:
                kudos = _kudos_of(pressed.value)
                return await self._undo(await self._people.colleague(pressed.origin.sender), kudos, patience)
            case Action.CHOOSE:
                person = await self._people.colleague(pressed.origin.sender)
                draft = await self._asking.reopened(pressed, person)
                return await self._proceed(pressed.origin, person, draft, patience, replaces=True)
            case _:
                raise RecognitionError(Code.STALE_BUTTON)

    async def _proceed(
        self, origin: Origin, person: Colleague, draft: Draft, patience: asyncio.Timeout, *, replaces: bool = False
    ) -> Answer:
        """Ask whom a name means if that is still open, and else give the kudos."""
        t = translator(person.locale)
        question = await self._asking.question(t, origin.workspace, person, draft)
        if isinstance(question, Message):
            return Answer(reply=question, replaces=replaces)
        given = await self._recognition.give(question, patience)
        facts = words.Receipted(given.kudos, given.audience, given.left, given.limit, given.refills, given.again)
        return Answer(reply=words.receipt(t, given.told, facts, zone_of(person.timezone)), replaces=replaces)

    async def _undo(self, person: Colleague, kudos: KudosId | None, patience: asyncio.Timeout) -> Answer:
        # What is being written is not cut off half-way.
        patience.reschedule(None)
        taken_back = await self._recognition.undo(person, kudos)
        reason = "" if kudos else taken_back.reason
        reply = words.undone(translator(person.locale), taken_back.left, taken_back.limit, reason)
        return Answer(reply=reply, replaces=kudos is not None)

    async def _mine(self, person: Colleague) -> Message:
        mine = await self._points.mine(await self._people.organisation(person.account.workspace), person)
        period = week_of(self._clock.now(), person.timezone)
        refills = next_week_start(period, person.timezone)
        return points_words.mine(translator(person.locale), mine, refills, zone_of(person.timezone))

    async def _team(self, person: Colleague, here: ConversationRef | None) -> Message:
        since = week_start(week_of(self._clock.now(), person.timezone), person.timezone)
        week = await self._recognition.team_week(person, since, here)
        return words.team_week(translator(person.locale), week.team, week.kudos, zone_of(person.timezone))


def _kudos_of(value: str) -> KudosId:
    try:
        return KudosId(UUID(value))
    except ValueError as error:
        raise RecognitionError(Code.STALE_BUTTON) from error
