"""What the Teams adapter remembers, in memory."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from adapters.teams.store import News, Place
from bot.identity import AccountRef, ConversationRef, WorkspaceRef
from bot.ports import Profile


@dataclass(frozen=True)
class Kept:
    """A person as they are kept."""

    profile: Profile
    address: str = ""
    chat: str = ""
    service: str = ""
    blocked_at: datetime | None = None


class MemoryTeamsStore:
    """Keeps as `TeamsStore` promises. `calls` counts what was asked of it, by name."""

    def __init__(self) -> None:
        self._places: dict[ConversationRef, Place] = {}
        self._contacts: dict[AccountRef, Kept] = {}
        self.calls: Counter[str] = Counter()

    async def places(self, workspace: WorkspaceRef) -> list[Place]:
        self.calls["places"] += 1
        return [self._places[each] for each in sorted(self._places) if each.workspace == workspace]

    async def keep_place(self, conversation: ConversationRef, service: str, team: str) -> None:
        self.calls["keep_place"] += 1
        self._places[conversation] = Place(conversation, service, team)

    async def forget_place(self, conversation: ConversationRef) -> None:
        self._places.pop(conversation, None)

    async def forget_team(self, workspace: WorkspaceRef, team: str) -> None:
        places = self._places.items()
        self._places = {each: kept for each, kept in places if (each.workspace, kept.team) != (workspace, team)}

    async def services(self, workspace: WorkspaceRef) -> list[str]:
        places = [place.service for each, place in self._places.items() if each.workspace == workspace]
        people = [kept.service for each, kept in self._contacts.items() if each.workspace == workspace]
        found = Counter(service for service in [*places, *people] if service)
        return sorted(found, key=lambda service: (-found[service], service))

    async def contact(self, account: AccountRef) -> Kept | None:
        self.calls["contact"] += 1
        return self._contacts.get(account)

    async def addressed(self, workspace: WorkspaceRef, address: str) -> Kept | None:
        mine = (kept for each, kept in self._contacts.items() if each.workspace == workspace)
        return next((kept for kept in mine if kept.address == address), None)

    async def in_chat(self, workspace: WorkspaceRef, chat: str) -> Kept | None:
        mine = (kept for each, kept in self._contacts.items() if each.workspace == workspace)
        return next((kept for kept in mine if kept.chat == chat), None)

    async def known(self, workspace: WorkspaceRef, ids: Collection[str]) -> list[Kept]:
        self.calls["known"] += 1
        return [kept for each, kept in self._contacts.items() if each.workspace == workspace and each.id in ids]

    async def contacts(self, workspace: WorkspaceRef, after: str, most: int) -> list[Kept]:
        ids = sorted(each for each in self._contacts if each.workspace == workspace and each.id > after)
        return [self._contacts[each] for each in ids[:most]]

    async def keep_contacts(self, workspace: WorkspaceRef, news: Mapping[str, News]) -> None:
        self.calls["keep_contacts"] += 1
        for id_, new in news.items():
            account = AccountRef(workspace, id_)
            before = self._contacts.get(account) or Kept(Profile(account, ""))
            own: dict[str, Any] = {name: value for name, value in new.items() if name in _BESIDE}
            rest: dict[str, Any] = {name: value for name, value in new.items() if name not in _BESIDE}
            self._contacts[account] = replace(before, profile=replace(before.profile, **rest), **own)


_BESIDE = frozenset({"address", "chat", "service", "blocked_at"})
"""What is no part of a profile."""
