"""What the core asks of the world.

Each Protocol's docstring is the contract that every implementation is tested against.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol

from msgspec import Struct

from bot.identity import AccountRef, ConversationRef, Target, WorkspaceRef
from bot.view.form import Form
from bot.view.message import Chart, Message


class Standing(StrEnum):
    """Whether an account belongs to someone who can be recognised."""

    MEMBER = "member"
    BOT = "bot"
    GUEST = "guest"
    STRANGER = "stranger"
    LEFT = "left"


@dataclass(frozen=True, slots=True)
class Profile:
    """What a platform knows of an account. `locale` is a BCP 47 tag and `timezone` an IANA name; both may be empty.

    `handle` is what people type after an at sign. A STRANGER is from another company (shared channels), a GUEST is a
    restricted account of this one. `admin` says that the platform lets them administer the workspace.
    """

    account: AccountRef
    name: str
    handle: str = ""
    email: str = ""
    locale: str = ""
    timezone: str = ""
    standing: Standing = Standing.MEMBER
    admin: bool = False


class Directory(Protocol):
    """Who is in a workspace. Answers may be a few minutes old.

    Every method raises TemporaryDeliveryError if the platform cannot be asked now.
    """

    async def person(self, account: AccountRef) -> Profile | None:
        """Give the account's profile, or None if the platform has no such account."""
        ...

    async def find(self, workspace: WorkspaceRef, name: str) -> list[Profile]:
        """Give members by handle or name.

        Those whose handle is `name`, or whose name begins with it or has a word equal to it, case and accents ignored.

        At most 25, exact handle first.
        """
        ...

    @property
    def has_groups(self) -> bool:
        """Say whether the platform has user groups. Where not, `group` and `find_group` find none."""
        ...

    async def group(self, workspace: WorkspaceRef, group: str) -> list[AccountRef]:
        """Give the accounts in a user group; empty if there is no such group."""
        ...

    async def find_group(self, workspace: WorkspaceRef, name: str) -> str | None:
        """Give the id of the user group with this handle or name, case ignored; None if there is none."""
        ...

    async def members(self, conversation: ConversationRef) -> list[AccountRef]:
        """Give the accounts in a conversation; empty if the bot cannot see it."""
        ...

    async def can_post(self, conversation: ConversationRef) -> bool:
        """Say whether the bot may post there for others to see, as far as the platform tells.

        Never in its direct chat with one person: a shout-out there would be seen by its giver alone.
        """
        ...

    def people(self, workspace: WorkspaceRef) -> AsyncIterator[Profile]:
        """Go through everyone in the workspace."""
        ...


class Receipt(Struct, frozen=True):
    """Where a delivered message is, so that it can be changed.

    The platform's ids of the conversation and the message.
    """

    conversation: ConversationRef
    message: str


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What a platform can do, for the delivery's decisions.

    `find_sent`: it can be asked whether a message with a key was delivered. `remove`: a message can be taken away. What
    is denied here, the method of that name refuses with a PermanentDeliveryError. `pace` is the least time between two
    messages in one conversation.
    """

    find_sent: bool
    remove: bool
    pace: timedelta = timedelta(seconds=1)


class ChatPlatform(Protocol):
    """One chat platform. No method retries by itself: the outbox decides.

    Every method raises TemporaryDeliveryError, PermanentDeliveryError or AmbiguousDeliveryError and nothing else, and
    answers within 10 seconds.
    """

    @property
    def capabilities(self) -> Capabilities:
        """What this platform can do."""
        ...

    async def send(self, target: Target, message: Message, key: str, under: Receipt | None = None) -> Receipt:
        """Post a message. `key` marks it so that `find_sent` finds it; it is unique per message.

        `under` is the message that it continues, in its thread; without threads it follows in the conversation.
        """
        ...

    async def update(self, receipt: Receipt, message: Message) -> None:
        """Replace a message's content. A message that is gone is a PermanentDeliveryError."""
        ...

    async def remove(self, receipt: Receipt) -> None:
        """Take a message away. One that is gone already is no error."""
        ...

    async def find_sent(
        self, target: Target, key: str, since: datetime, under: Receipt | None = None
    ) -> Receipt | None:
        """Say where the message with this key is, if it was delivered after `since`, `under` as it was sent."""
        ...

    async def open_form(self, trigger: str, form: Form) -> None:
        """Show a form to the person whose act gave `trigger` (Slack: 3 seconds, once)."""
        ...


class ChartRenderer(Protocol):
    """Draws charts. The same chart gives the same picture everywhere."""

    def svg(self, chart: Chart) -> str:
        """Give an SVG document for a page, with the figures in words for those who cannot see it."""
        ...

    def png(self, chart: Chart) -> bytes:
        """Give a picture for a chat, readable on a phone."""
        ...


class Clock(Protocol):
    """The time."""

    def now(self) -> datetime:
        """Give the current time, aware, in UTC."""
        ...


class Metrics(Protocol):
    """Counters and timings for the operator. Names and labels are listed in docs/reference/metrics.md."""

    def count(self, name: str, amount: int = 1, **labels: str) -> None:
        """Add to a counter."""
        ...

    def observe(self, name: str, seconds: float, **labels: str) -> None:
        """Note one duration in seconds."""
        ...
