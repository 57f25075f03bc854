"""What must be remembered of Teams to write to somebody: nothing there can be addressed that was not met before.

Rows come back as anything with these attributes, and go in as plain values: storage knows no adapter.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol, TypedDict

from bot.identity import AccountRef, ConversationRef, WorkspaceRef
from bot.ports import Profile, Standing


@dataclass(frozen=True, slots=True)
class Place:
    """A channel or group chat that the bot is in.

    `service` is where its region is written to; `team` is Teams' id of the team it is a channel of, empty for a group.
    """

    conversation: ConversationRef
    service: str
    team: str = ""


@dataclass(frozen=True, slots=True)
class Contact:
    """A person as met in Teams.

    `address` is the id that only this bot may use; `chat` the direct chat, empty until there is one; `service` where
    their region is written to. `blocked_at` is when Teams said that they want nothing from the bot.
    """

    account: AccountRef
    address: str = ""
    name: str = ""
    email: str = ""
    locale: str = ""
    timezone: str = ""
    standing: Standing = Standing.MEMBER
    chat: str = ""
    service: str = ""
    blocked_at: datetime | None = None


class News(TypedDict, total=False):
    """What is new about a person. What each means is said at `Contact` and at `Profile`."""

    address: str
    name: str
    handle: str
    email: str
    locale: str
    timezone: str
    standing: Standing
    chat: str
    service: str
    blocked_at: datetime | None


class StoredPlace(Protocol):
    """A place as it is kept."""

    @property
    def conversation(self) -> ConversationRef:
        """The channel, or the group chat."""
        ...

    @property
    def service(self) -> str:
        """Where its region is written to."""
        ...

    @property
    def team(self) -> str:
        """The team it is a channel of, or empty."""
        ...


class StoredContact(Protocol):
    """A person as they are kept. What each means is said at `Contact`."""

    @property
    def profile(self) -> Profile:
        """Who they are."""
        ...

    @property
    def address(self) -> str:
        """The id that only this bot may use."""
        ...

    @property
    def chat(self) -> str:
        """Their chat with the bot, or empty."""
        ...

    @property
    def service(self) -> str:
        """Where their region is written to."""
        ...

    @property
    def blocked_at(self) -> datetime | None:
        """When they blocked the bot; aware, in UTC."""
        ...


class TeamsStore(Protocol):
    """Keeps places and contacts. Every method commits by itself."""

    async def places(self, workspace: WorkspaceRef) -> Sequence[StoredPlace]:
        """Give every place the bot is in, in the order of their ids."""
        ...

    async def keep_place(self, conversation: ConversationRef, service: str, team: str) -> None:
        """Add a place or replace it."""
        ...

    async def forget_place(self, conversation: ConversationRef) -> None:
        """Forget a place, if it is there."""
        ...

    async def forget_team(self, workspace: WorkspaceRef, team: str) -> None:
        """Forget every place of a team."""
        ...

    async def services(self, workspace: WorkspaceRef) -> Sequence[str]:
        """Give the regions of places and contacts, each once, those of most first."""
        ...

    async def contact(self, account: AccountRef) -> StoredContact | None:
        """Give a person."""
        ...

    async def addressed(self, workspace: WorkspaceRef, address: str) -> StoredContact | None:
        """Give the person with this address."""
        ...

    async def in_chat(self, workspace: WorkspaceRef, chat: str) -> StoredContact | None:
        """Give the person with whom the bot has this chat."""
        ...

    async def known(self, workspace: WorkspaceRef, ids: Collection[str]) -> Sequence[StoredContact]:
        """Give those of some hundreds of people who are there, in any order."""
        ...

    async def contacts(self, workspace: WorkspaceRef, after: str, most: int) -> Sequence[StoredContact]:
        """Give the first people whose ids come after an id, in the order of their ids; all of them after an empty one.

        At most `most`.
        """
        ...

    async def keep_contacts(self, workspace: WorkspaceRef, news: Mapping[str, News]) -> None:
        """Change what is named of people, by their ids, and nothing else: other processes write too.

        All of it or nothing. Somebody who is not there is added, and is as `Contact` says where nothing is named.
        """
        ...


def contact_of(stored: StoredContact) -> Contact:
    """Give a person out of what was kept."""
    profile = stored.profile
    return Contact(
        profile.account,
        stored.address,
        profile.name,
        profile.email,
        profile.locale,
        profile.timezone,
        profile.standing,
        stored.chat,
        stored.service,
        stored.blocked_at,
    )
