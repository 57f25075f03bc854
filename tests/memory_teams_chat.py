"""What the Teams adapter remembers, in memory."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import datetime

from adapters.teams.store import Place
from bot.identity import AccountRef, ConversationRef, WorkspaceRef
from bot.ports import Profile


@dataclass(frozen=True)
class Kept:
    """A person as they are kept."""

    profile: Profile
    address: str
    chat: str
    service: str
    blocked_at: datetime | None


class MemoryTeamsStore:
    """Keeps as `TeamsStore` promises."""

    def __init__(self) -> None:
        self._places: dict[ConversationRef, Place] = {}
        self._contacts: dict[AccountRef, Kept] = {}

    async def places(self, workspace: WorkspaceRef) -> list[Place]:
        return [self._places[each] for each in sorted(self._places) if each.workspace == workspace]

    async def keep_place(self, conversation: ConversationRef, service: str) -> None:
        self._places[conversation] = Place(conversation, service)

    async def forget_place(self, conversation: ConversationRef) -> None:
        self._places.pop(conversation, None)

    async def services(self, workspace: WorkspaceRef) -> list[str]:
        places = [place.service for each, place in self._places.items() if each.workspace == workspace]
        people = [kept.service for each, kept in self._contacts.items() if each.workspace == workspace]
        found = Counter(service for service in [*places, *people] if service)
        return sorted(found, key=lambda service: (-found[service], service))

    async def contact(self, account: AccountRef) -> Kept | None:
        return self._contacts.get(account)

    async def addressed(self, workspace: WorkspaceRef, address: str) -> Kept | None:
        mine = (kept for each, kept in self._contacts.items() if each.workspace == workspace)
        return next((kept for kept in mine if kept.address == address), None)

    async def keep_contact(
        self, profile: Profile, *, address: str, chat: str, service: str, blocked_at: datetime | None
    ) -> None:
        self._contacts[profile.account] = Kept(profile, address, chat, service, blocked_at)
