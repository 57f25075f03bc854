"""What the Teams adapter remembers, in memory."""

from __future__ import annotations

from collections import Counter

from adapters.teams.store import Contact, Place
from bot.identity import AccountRef, ConversationRef, WorkspaceRef


class MemoryTeamsStore:
    """Keeps as `TeamsStore` promises. `written` counts what was kept."""

    def __init__(self) -> None:
        self._places: dict[ConversationRef, Place] = {}
        self._contacts: dict[AccountRef, Contact] = {}
        self.written = 0

    async def places(self, workspace: WorkspaceRef) -> list[Place]:
        return [self._places[each] for each in sorted(self._places) if each.workspace == workspace]

    async def keep_place(self, place: Place) -> None:
        self.written += 1
        self._places[place.conversation] = place

    async def forget_place(self, conversation: ConversationRef) -> None:
        self._places.pop(conversation, None)

    async def services(self, workspace: WorkspaceRef) -> list[str]:
        places = [place.service for each, place in self._places.items() if each.workspace == workspace]
        people = [contact.service for each, contact in self._contacts.items() if each.workspace == workspace]
        return [service for service, _ in Counter([*places, *people]).most_common() if service]

    async def contact(self, account: AccountRef) -> Contact | None:
        return self._contacts.get(account)

    async def addressed(self, workspace: WorkspaceRef, address: str) -> Contact | None:
        mine = (contact for each, contact in self._contacts.items() if each.workspace == workspace)
        return next((contact for contact in mine if contact.address == address), None)

    async def contacts(self, workspace: WorkspaceRef) -> list[Contact]:
        return [self._contacts[each] for each in sorted(self._contacts) if each.workspace == workspace]

    async def keep_contact(self, contact: Contact) -> None:
        self.written += 1
        self._contacts[contact.account] = contact
