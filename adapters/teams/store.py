"""What must be remembered of Teams to write to somebody: nothing there can be addressed that was not met before."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from bot.identity import AccountRef, ConversationRef, WorkspaceRef
from bot.ports import Standing


@dataclass(frozen=True, slots=True)
class Place:
    """A channel or group chat that the bot is in.

    `service` is where its region is written to.
    """

    conversation: ConversationRef
    service: str


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


class TeamsStore(Protocol):
    """Keeps places and contacts of one process's tenants. Every method commits by itself."""

    async def places(self, workspace: WorkspaceRef) -> list[Place]:
        """Give every place the bot is in, in the order of their ids."""
        ...

    async def keep_place(self, place: Place) -> None:
        """Add a place or replace it."""
        ...

    async def forget_place(self, conversation: ConversationRef) -> None:
        """Forget a place, if it is there."""
        ...

    async def services(self, workspace: WorkspaceRef) -> list[str]:
        """Give the regions of places and contacts, each once, those of most first."""
        ...

    async def contact(self, account: AccountRef) -> Contact | None:
        """Give a person."""
        ...

    async def addressed(self, workspace: WorkspaceRef, address: str) -> Contact | None:
        """Give the person with this address."""
        ...

    async def contacts(self, workspace: WorkspaceRef) -> list[Contact]:
        """Give everybody, in the order of their ids."""
        ...

    async def keep_contact(self, contact: Contact) -> None:
        """Add a person or replace them."""
        ...
