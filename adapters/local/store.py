"""What the local chat asks of storage.

Rows come back as anything with these attributes, and go in as plain values: storage knows no adapter.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Protocol

from bot.identity import ConversationRef, WorkspaceRef
from bot.ports import Profile


class StoredAccount(Protocol):
    """A person of the chat. `role` is a key of `words.ROLES`; `team` is a name, empty for someone above the teams."""

    @property
    def profile(self) -> Profile:
        """Who they are."""
        ...

    @property
    def role(self) -> str:
        """What they are."""
        ...

    @property
    def team(self) -> str:
        """Where they work."""
        ...


class StoredConversation(Protocol):
    """A channel, or one person's conversation with the bot. `members` are account ids."""

    @property
    def id(self) -> str:
        """Its id in the workspace."""
        ...

    @property
    def name(self) -> str:
        """Its name, without a hash sign."""
        ...

    @property
    def topic(self) -> str:
        """What it is for."""
        ...

    @property
    def direct(self) -> bool:
        """Whether it is one person's conversation with the bot."""
        ...

    @property
    def members(self) -> Sequence[str]:
        """Who is in it."""
        ...


class StoredMessage(Protocol):
    """A message. `author` is None for the bot; `view` is a neutral message as JSON, else `text` is what was typed.

    `private_to` is the only account that sees it, or None. `under` is the id of the message that it continues, or None.
    """

    @property
    def id(self) -> str:
        """Its id in the conversation."""
        ...

    @property
    def author(self) -> str | None:
        """Who wrote it."""
        ...

    @property
    def at(self) -> datetime:
        """When, aware."""
        ...

    @property
    def text(self) -> str:
        """What was typed."""
        ...

    @property
    def view(self) -> str | None:
        """What the bot says."""
        ...

    @property
    def edited_at(self) -> datetime | None:
        """When it was changed last, aware."""
        ...

    @property
    def private_to(self) -> str | None:
        """Who alone sees it."""
        ...

    @property
    def under(self) -> str | None:
        """What it continues."""
        ...

    @property
    def removed(self) -> bool:
        """Whether it was taken away."""
        ...


class ChatStore(Protocol):
    """The local chat's tables. Every method commits by itself; times are aware."""

    async def put_account(self, profile: Profile, role: str, team: str) -> None:
        """Add an account, or bring it up to date."""
        ...

    async def accounts(self, workspace: WorkspaceRef) -> Sequence[StoredAccount]:
        """Give everyone, in the order they were added."""
        ...

    async def put_conversation(
        self, conversation: ConversationRef, name: str, topic: str, people: Sequence[str], *, direct: bool
    ) -> None:
        """Add a conversation, or bring it up to date. Members who are in it stay."""
        ...

    async def conversations(self, workspace: WorkspaceRef) -> Sequence[StoredConversation]:
        """Give all conversations with their members, in the order they were added."""
        ...

    async def add_message(
        self,
        conversation: ConversationRef,
        id: str,
        *,
        author: str | None,
        at: datetime,
        key: str,
        text: str = "",
        view: str | None = None,
        private_to: str | None = None,
        under: str | None = None,
    ) -> str:
        """Add a message and give its id; if the conversation has one with this key, add nothing and give that id."""
        ...

    async def message(self, conversation: ConversationRef, id: str) -> StoredMessage | None:
        """Give a message, removed or not."""
        ...

    async def message_with_key(self, conversation: ConversationRef, key: str, since: datetime) -> StoredMessage | None:
        """Give the message with this key written at `since` or later, removed or not."""
        ...

    async def messages(self, conversation: ConversationRef, viewer: str, limit: int) -> Sequence[StoredMessage]:
        """Give the newest messages that the viewer may see, oldest first, without removed ones.

        What continues a message is given right after it, and is not counted in `limit`.
        """
        ...

    async def change_message(self, conversation: ConversationRef, id: str, view: str, at: datetime) -> bool:
        """Give a message new content; False if it is not there or was removed."""
        ...

    async def remove_message(self, conversation: ConversationRef, id: str, at: datetime) -> None:
        """Take a message away. Its key stays used."""
        ...

    async def mark_read(self, conversation: ConversationRef, viewer: str, at: datetime) -> None:
        """Note that a member has seen everything up to a time."""
        ...

    async def unread(self, workspace: WorkspaceRef, viewer: str) -> Mapping[str, int]:
        """Count, by conversation, the messages of others that a member may see and has not seen.

        A message and all that continues it count once. Zeros may be left out.
        """
        ...
