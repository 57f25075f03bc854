"""A workspace's directory in memory, which can be told to fail."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping

from bot.errors import TemporaryDeliveryError
from bot.hygiene import fold
from bot.identity import AccountRef, ConversationRef, WorkspaceRef
from bot.ports import Profile

MOST_FOUND = 25


class MemoryDirectory:
    """Answers as `Directory` promises.

    Everybody is in a conversation unless `conversations` says who. `down` makes every question fail, `broken` is what
    every question raises, and `mute` leaves it without an answer.
    """

    def __init__(self, *profiles: Profile) -> None:
        self.profiles: dict[AccountRef, Profile] = {profile.account: profile for profile in profiles}
        self.groups: Mapping[str, tuple[AccountRef, ...]] = {}
        self.group_names: dict[str, str] = {}
        self.conversations: dict[ConversationRef, tuple[AccountRef, ...]] = {}
        self.closed: set[ConversationRef] = set()
        self.has_groups = True
        self.down = False
        self.mute = False
        self.broken: Exception | None = None
        self.asked = 0

    def put(self, *profiles: Profile) -> None:
        self.profiles |= {profile.account: profile for profile in profiles}

    async def _ask(self) -> None:
        self.asked += 1
        if self.mute:
            await asyncio.Event().wait()
        if self.broken:
            raise self.broken
        if self.down:
            reason = "ratelimited"
            raise TemporaryDeliveryError(reason)

    async def person(self, account: AccountRef) -> Profile | None:
        await self._ask()
        return self.profiles.get(account)

    async def find(self, workspace: WorkspaceRef, name: str) -> list[Profile]:
        await self._ask()
        folded = fold(name)
        here = [each for each in self.profiles.values() if each.account.workspace == workspace]
        handles = [each for each in here if fold(each.handle) == folded]
        names = [each for each in here if fold(each.name).startswith(folded) or folded in fold(each.name).split()]
        return list({each.account: each for each in (*handles, *names)}.values())[:MOST_FOUND]

    async def group(self, workspace: WorkspaceRef, group: str) -> list[AccountRef]:
        await self._ask()
        return [account for account in self.groups.get(group, ()) if account.workspace == workspace]

    async def find_group(self, workspace: WorkspaceRef, name: str) -> str | None:  # noqa: ARG002 the contract's
        await self._ask()
        return self.group_names.get(name.casefold())

    async def members(self, conversation: ConversationRef) -> list[AccountRef]:
        await self._ask()
        if conversation in self.conversations:
            return list(self.conversations[conversation])
        return [account for account in self.profiles if account.workspace == conversation.workspace]

    async def can_post(self, conversation: ConversationRef) -> bool:
        await self._ask()
        return conversation not in self.closed

    async def people(self, workspace: WorkspaceRef) -> AsyncIterator[Profile]:
        await self._ask()
        for profile in list(self.profiles.values()):
            if profile.account.workspace == workspace:
                yield profile
