"""What a person who acted is shown, and what a room of the house does at the front desk."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Protocol
from zoneinfo import ZoneInfo

from bot.i18n import Translator
from bot.identity import OrganisationId
from bot.incoming import ButtonPressed, FormSubmitted, Incoming, Origin
from bot.people.model import Colleague
from bot.recognition.commands import Command
from bot.view.form import Form
from bot.view.message import Message


@dataclass(frozen=True, slots=True)
class Answer:
    """What the person who acted is shown, in the same HTTP answer, and nobody else.

    At most one of `form` (to open), `problems` (sentences by field name, for a form that was sent in) and `reply` is
    set; with none, nothing is shown. `replaces` asks to put the reply in the place of the message or form that the act
    came from.
    """

    reply: Message | None = None
    form: Form | None = None
    problems: Mapping[str, str] = field(default_factory=dict)
    replaces: bool = False


class Dispatch(Protocol):
    """What adapters call."""

    async def handle(self, incoming: Incoming) -> Answer:
        """Answer one act. Raises nothing: refusals and faults come back as messages in the person's language."""
        ...


@dataclass(frozen=True, slots=True)
class Visit:
    """One act by somebody known. `t` and `zone` are theirs; `command` is the slash command's name here.

    `patience` ends what takes too long. A room puts it aside (`reschedule(None)`) before it writes: what is being
    written is not cut off half-way.
    """

    origin: Origin
    organisation: OrganisationId
    person: Colleague
    t: Translator
    zone: ZoneInfo
    command: str
    patience: asyncio.Timeout

    @property
    def called(self) -> str:
        """What people begin with where they are."""
        return self.origin.manner.called(self.command)


class Room(Protocol):
    """A subject at the front desk. Each command, button and form belongs to one room.

    Refusals are RecognitionErrors; for one about a form, its `field` says beside which field it belongs.
    """

    @property
    def commands(self) -> Collection[type]:
        """The kinds of command that are its own."""
        ...

    @property
    def actions(self) -> Collection[str]:
        """The actions of its buttons."""
        ...

    @property
    def forms(self) -> Collection[str]:
        """The names of its forms."""
        ...

    async def obey(self, visit: Visit, command: Command) -> Answer:
        """Do what was typed."""
        ...

    async def press(self, visit: Visit, pressed: ButtonPressed) -> Answer:
        """Answer a button."""
        ...

    async def take_in(self, visit: Visit, submitted: FormSubmitted) -> Answer:
        """Answer a form that was sent in."""
        ...
