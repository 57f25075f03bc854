"""Who is in the local chat."""

from __future__ import annotations

import unicodedata
from collections.abc import AsyncIterator
from typing import Final

from adapters.local.chat import LocalChat
from bot.identity import AccountRef, ConversationRef, WorkspaceRef
from bot.ports import Profile

_MOST: Final = 25
"""As `bot.ports.Directory.find` says."""


class LocalDirectory:
    """Directory for the local chat. A channel's name is also the group of its members: `@phone` means all of #phone."""

    def __init__(self, chat: LocalChat) -> None:
        self._chat = chat

    async def person(self, account: AccountRef) -> Profile | None:
        """Give the account's profile."""
        found = (await self._chat.roster()).accounts.get(account.id)
        return None if found is None or account.workspace != self._chat.workspace else found.profile

    async def find(self, workspace: WorkspaceRef, name: str) -> list[Profile]:
        """Give members by handle or name."""
        wanted = fold(name)
        if workspace != self._chat.workspace or not wanted:
            return []
        everyone = [one.profile for one in (await self._chat.roster()).accounts.values()]
        fitting = [
            one
            for one in everyone
            if fold(one.handle) == wanted or fold(one.name).startswith(wanted) or wanted in fold(one.name).split()
        ]
        return sorted(fitting, key=lambda one: fold(one.handle) != wanted)[:_MOST]

    @property
    def has_groups(self) -> bool:
        """Channels do for groups here."""
        return True

    async def group(self, workspace: WorkspaceRef, group: str) -> list[AccountRef]:
        """Give the members of the channel of this id."""
        return await self.members(ConversationRef(workspace, group))

    async def find_group(self, workspace: WorkspaceRef, name: str) -> str | None:
        """Give the id of the channel with this name."""
        wanted = fold(name)
        if workspace != self._chat.workspace:
            return None
        channels = (await self._chat.roster()).conversations.values()
        return next((one.id for one in channels if fold(one.name) == wanted and not one.direct), None)

    async def members(self, conversation: ConversationRef) -> list[AccountRef]:
        """Give the accounts in a conversation."""
        if conversation.workspace != self._chat.workspace:
            return []
        found = (await self._chat.roster()).conversations.get(conversation.id)
        return [] if found is None else [self._chat.account(member) for member in found.members]

    async def can_post(self, conversation: ConversationRef) -> bool:
        """Say whether it is a channel: the bot is in all of them, and its talk with one person is for no one else."""
        found = (await self._chat.roster()).conversations.get(conversation.id)
        return conversation.workspace == self._chat.workspace and found is not None and not found.direct

    async def people(self, workspace: WorkspaceRef) -> AsyncIterator[Profile]:
        """Go through everyone."""
        if workspace == self._chat.workspace:
            for one in (await self._chat.roster()).accounts.values():
                yield one.profile


def fold(text: str) -> str:
    """Make text comparable without case and accents."""
    decomposed = unicodedata.normalize("NFKD", text)
    return "".join(letter for letter in decomposed if not unicodedata.combining(letter)).casefold().strip()
