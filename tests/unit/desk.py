"""The bot's front desk with everything behind it in memory, and ways to act as somebody and to read what they see."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import count
from typing import assert_never

from bot.answer import Answer
from bot.delivery.model import State
from bot.digests import service as digests
from bot.digests.desk import DigestDesk
from bot.dispatch import Dispatcher
from bot.i18n import plain
from bot.identity import AccountRef, ConversationRef, OrganisationId, PersonId, Platform, Target
from bot.incoming import (
    ButtonPressed,
    CommandTyped,
    FormSubmitted,
    GroupMention,
    Mention,
    Origin,
    Segment,
    ShortcutUsed,
    Words,
)
from bot.nudges.desk import NudgesDesk
from bot.nudges.service import Nudging, withdraw_quotes
from bot.people.model import Role
from bot.people.service import People
from bot.points.behaviours import default_behaviours
from bot.points.service import Points
from bot.ports import Standing
from bot.recognition.asking import Asking
from bot.recognition.forms import GIVE
from bot.recognition.service import Recognition
from bot.teams.absence import Absences
from bot.teams.desk import TeamsDesk
from bot.teams.service import Teams
from bot.view.form import ChoiceField, Form, PeopleField, TextField
from bot.view.message import (
    Button,
    Buttons,
    Chart,
    Divider,
    Facts,
    Heading,
    Items,
    Message,
    MessageKind,
    Note,
    Paragraph,
    Quote,
)
from tests.directory import MemoryDirectory
from tests.factories import WORKSPACE, a_channel, a_profile, a_team, an_account
from tests.fakes import FakeClock, MemoryStore, MemoryUnitsOfWork, MemoryWorkplaces
from tests.memory_nudges import MemoryOvertaken

SAID = "stayed with a caller until it was solved"
FLOOR = a_channel("C1")
HOME = a_channel("C2")
MAJA, ANNA, BO, CLEO, SVEN = (an_account(f"U{n}") for n in range(1, 6))
ROBOT, GUEST, STRANGER, LEAVER = (an_account(f"U{n}") for n in range(6, 10))
PEOPLE = (
    a_profile("U1", "Maja Lindqvist"),
    a_profile("U2", "Anna Ek"),
    a_profile("U3", "Bo Strand"),
    a_profile("U4", "Cleo Falk", locale="sv-SE"),
    a_profile("U5", "Sven Holm"),
    a_profile("U6", "Helper", standing=Standing.BOT),
    a_profile("U7", "Gustav Gran", standing=Standing.GUEST),
    a_profile("U8", "Stina Främling", standing=Standing.STRANGER),
    a_profile("U9", "Lena Left", standing=Standing.LEFT),
)
_IN_TEXT = re.compile(r"<([UG]\w+)(?:\|(.*?))?>")


@dataclass(frozen=True, slots=True)
class Posted:
    """A message on its way to somebody."""

    target: Target
    message: Message
    state: State

    @property
    def kind(self) -> MessageKind:
        return self.message.kind

    @property
    def text(self) -> str:
        return text_of(self.message)


async def _correct(work, kudos, now):
    await digests.correct(work, kudos, now)
    await withdraw_quotes(work, kudos, now, "/kudos")


class Counts(Counter[str]):
    """Counts acts by their outcome."""

    def count(self, name: str, amount: int = 1, **labels: str) -> None:
        assert name == "kudos_acts_total"
        self[labels["outcome"]] += amount

    def observe(self, name: str, seconds: float, **labels: str) -> None:
        raise NotImplementedError


class Desk:
    """The front desk of one organisation, which has been connected."""

    def __init__(self, now: datetime | None = None) -> None:
        self.clock = FakeClock(now) if now else FakeClock()
        self.store = MemoryStore()
        self.units = MemoryUnitsOfWork(self.store)
        self.workplaces = MemoryWorkplaces(self.store, default_behaviours())
        self.directory = MemoryDirectory(*PEOPLE)
        self.metrics = Counts()
        self.patience = 60.0
        self._acts = count(1)
        self.open()

    def open(self) -> None:
        """Start the process anew: nothing is left in its memory."""
        self.people = People(self.workplaces, self.units, {Platform.SLACK: self.directory}, self.clock)
        self.points = Points(self.units, self.clock)
        self.recognition = Recognition(self.units, self.people, self.points, self.clock, undone=_correct)
        self.teams = Teams(self.units, self.people, self.clock)
        self.absences = Absences(self.units, self.clock)
        self.nudging = Nudging(self.units, MemoryOvertaken(self.store), self.clock, "/kudos")
        self.dispatcher = Dispatcher(
            self.people,
            self.points,
            self.recognition,
            self.clock,
            metrics=self.metrics,
            rooms=(
                TeamsDesk(self.teams, self.absences),
                NudgesDesk(self.units, Asking(self.people, self.points), self.teams, self.clock),
                DigestDesk(self.units, self.clock),
            ),
            command="/kudos",
            patience=self.patience,
        )

    async def connected(self) -> Desk:
        await self.workplaces.connect(WORKSPACE, "Norra", self.clock.now())
        return self

    @property
    def organisation(self) -> OrganisationId:
        return self.store.workplaces[WORKSPACE].organisation

    @property
    def books(self):
        return self.store.books[self.organisation]

    def programme(self, **changed: object) -> None:
        """Change what the organisation has decided."""
        self.books.programme = replace(self.books.programme, **changed)

    async def meet(self, *accounts: AccountRef) -> dict[AccountRef, PersonId]:
        """Have storage know people, without the desk having asked for them."""
        async with self.units(self.organisation) as work:
            await work.people.welcome([self.directory.profiles[account] for account in accounts], self.clock.now())
            await work.commit()
        return {account: self.books.accounts[account][0] for account in accounts}

    async def team(
        self,
        name: str,
        agents: tuple[AccountRef, ...],
        supervisors: tuple[AccountRef, ...] = (),
        home: ConversationRef | None = HOME,
    ) -> None:
        persons = await self.meet(*agents, *supervisors)
        members = {persons[each]: Role.AGENT for each in agents}
        members |= {persons[each]: Role.SUPERVISOR for each in supervisors}
        async with self.units(self.organisation) as work:
            homes = (home,) if home else ()
            await work.teams.found(a_team(name), members, homes, self.clock.now())
            await work.commit()

    def speak(self, locale: str, *accounts: AccountRef) -> None:
        """Give people another language."""
        for account in accounts or list(self.directory.profiles):
            self.directory.profiles[account] = replace(self.directory.profiles[account], locale=locale)

    def origin(self, sender: AccountRef, conversation: ConversationRef | None = FLOOR, key: str = "") -> Origin:
        return Origin(sender.workspace, sender, conversation, key or f"act-{next(self._acts)}")

    async def types(
        self,
        sender: AccountRef,
        text: str,
        *,
        key: str = "",
        conversation: ConversationRef | None = FLOOR,
    ) -> Answer:
        """Type after the command. `<U2>` or `<U2|label>` is a mention, `<G1>` a user group."""
        origin = self.origin(sender, conversation, key)
        return await self.dispatcher.handle(CommandTyped(origin, segments(text)))

    async def presses(self, sender: AccountRef, button: Button) -> Answer:
        return await self.dispatcher.handle(ButtonPressed(self.origin(sender), button.action, button.value))

    async def uses_shortcut(self, sender: AccountRef, about: AccountRef | None = None, link: str | None = None) -> Form:
        answer = await self.dispatcher.handle(ShortcutUsed(self.origin(sender, None), about, link))
        assert answer.form is not None
        return answer.form

    async def sends(
        self,
        sender: AccountRef,
        form: Form,
        *,
        people: tuple[AccountRef, ...] | None = None,
        reason: str = SAID,
        key: str = "",
        conversation: ConversationRef | None = FLOOR,
        **choices: str | tuple[str, ...],
    ) -> Answer:
        """Send a form in, with what it began with wherever nothing else is said."""
        picked = {each.name: each.initial for each in form.fields if isinstance(each, ChoiceField)}
        picked |= {name: (value,) if isinstance(value, str) else value for name, value in choices.items()}
        asked = {each.name: each.initial for each in form.fields if isinstance(each, PeopleField)}
        return await self.dispatcher.handle(
            FormSubmitted(
                self.origin(sender, conversation, key),
                form.name,
                form.state,
                asked if people is None else dict.fromkeys(asked, people),
                picked,
                {each.name: reason for each in form.fields if isinstance(each, TextField)},
            )
        )

    async def form(self, sender: AccountRef) -> Form:
        answer = await self.types(sender, "")
        assert answer.form is not None
        assert answer.form.name == GIVE
        return answer.form

    @property
    def posted(self) -> list[Posted]:
        return [Posted(row.target, row.message, row.state) for row in self.store.outbox.values() if row.message]

    def told(self, target: Target) -> list[Posted]:
        return [each for each in self.posted if each.target == target]

    def balance(self, account: AccountRef) -> int:
        known = self.books.accounts.get(account)
        return self.books.balances.get(known[0], 0) if known else 0

    @property
    def kudos(self):
        return list(self.books.kudos.values())


async def desk(now: datetime | None = None) -> Desk:
    return await Desk(now).connected()


def segments(text: str) -> tuple[Segment, ...]:
    found: list[Segment] = []
    at = 0
    for each in _IN_TEXT.finditer(text):
        found.append(Words(text[at : each.start()]))
        named, label = each[1], each[2] or ""
        found.append(Mention(an_account(named), label) if named.startswith("U") else GroupMention(named, label))
        at = each.end()
    return (*found, Words(text[at:])) if text else ()


def reply(answer: Answer, kind: MessageKind) -> Message:
    """Give the message that answers, which is of this kind and all there is."""
    assert answer.form is None
    assert not answer.problems
    assert answer.reply is not None
    assert answer.reply.kind is kind, text_of(answer.reply)
    return answer.reply


def lines(message: Message) -> list[str]:
    """Read a message as somebody would, line by line; a button is its label in brackets."""
    read: list[str] = []
    for block in message.blocks:
        match block:
            case Heading(text):
                read.append(text)
            case Paragraph(line) | Quote(line) | Note(line):
                read.append(plain(line))
            case Facts(facts):
                read.extend(f"{fact.label}: {plain(fact.value)}" for fact in facts)
            case Items(items):
                read.extend(plain(line) for line in items)
            case Buttons(row):
                read.extend(f"[{button.label}]" for button in row)
            case Divider():
                read.append("---")
            case Chart(title):
                read.append(title)
            case _:
                assert_never(block)
    return read


def text_of(message: Message) -> str:
    return "\n".join(lines(message))


def buttons(message: Message) -> list[Button]:
    return [button for block in message.blocks if isinstance(block, Buttons) for button in block.buttons]


def button(message: Message, label: str) -> Button:
    [found] = [each for each in buttons(message) if each.label == label]
    return found
