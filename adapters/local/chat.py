"""The local chat itself: people, conversations and messages, with every change told to the open windows."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from adapters.local.hub import Hub
from adapters.local.store import ChatStore, StoredAccount, StoredConversation, StoredMessage
from bot.identity import AccountRef, ConversationRef, Target, WorkspaceRef
from bot.ports import Clock, Profile, Receipt
from bot.view import codec
from bot.view.message import Message

BOT: Final = "kudos"
"""The bot's handle, and what its conversations are called in addresses."""

SHOWN: Final = 120
"""Messages shown of a conversation: some weeks of a busy channel; a chat to try things in needs no paging."""


@dataclass(frozen=True, slots=True)
class Resident:
    """Someone to be settled in the chat. `role` is a key of `words.ROLES`."""

    profile: Profile
    role: str
    team: str


@dataclass(frozen=True, slots=True)
class Channel:
    """A channel to be settled. `members` are handles."""

    id: str
    name: str
    topic: str
    members: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Roster:
    """Who and what there is, read once for one request."""

    workspace: WorkspaceRef
    accounts: Mapping[str, StoredAccount]
    conversations: Mapping[str, StoredConversation]

    def by_handle(self, handle: str) -> StoredAccount | None:
        """Find someone by what is typed after the at sign."""
        wanted = handle.casefold()
        return next((one for one in self.accounts.values() if one.profile.handle.casefold() == wanted), None)

    def seen_by(self, account: str) -> list[StoredConversation]:
        """Give the conversations that an account is in."""
        return [one for one in self.conversations.values() if account in one.members]


class LocalChat:
    """One workspace of the local chat."""

    def __init__(self, store: ChatStore, clock: Clock, workspace: WorkspaceRef) -> None:
        self._store = store
        self._clock = clock
        self.workspace = workspace
        self.hub = Hub()

    async def settle(self, residents: Sequence[Resident], channels: Sequence[Channel]) -> None:
        """Bring people and channels in, each person with a conversation with the bot.

        Doing it again changes nothing.
        """
        ids = {one.profile.handle: one.profile.account.id for one in residents}
        for resident in residents:
            await self._store.put_account(resident.profile, resident.role, resident.team)
        for channel in channels:
            members = [ids[handle] for handle in channel.members]
            await self._store.put_conversation(
                self.channel(channel.id), channel.name, channel.topic, members, direct=False
            )
        for account in ids.values():
            await self._store.put_conversation(self.conversation_with(account), BOT, "", [account], direct=True)

    async def roster(self) -> Roster:
        """Read who and what there is."""
        accounts = {one.profile.account.id: one for one in await self._store.accounts(self.workspace)}
        conversations = {one.id: one for one in await self._store.conversations(self.workspace)}
        return Roster(self.workspace, accounts, conversations)

    def conversation_with(self, account: str) -> ConversationRef:
        """Name a person's conversation with the bot."""
        return self.channel(f"{BOT}:{account}")

    async def say(
        self, conversation: ConversationRef, author: str, text: str, key: str, at: datetime | None = None
    ) -> None:
        """Post what a person typed, now or at a past time. The same key again posts nothing."""
        await self._store.add_message(
            conversation, _new_id(), author=author, at=at or self._clock.now(), key=key, text=text
        )
        self.hub.publish(conversation.id)

    async def post(
        self,
        target: Target,
        message: Message,
        key: str,
        at: datetime | None = None,
        *,
        private_to: str | None = None,
        under: Receipt | None = None,
    ) -> Receipt:
        """Post a message of the bot, now or at a past time, for everyone there or for one person's eyes.

        `under` is the message that it continues. The same key again posts nothing and gives the first receipt.
        """
        conversation = self._place(target)
        posted = await self._store.add_message(
            conversation,
            _new_id(),
            author=None,
            at=at or self._clock.now(),
            key=key,
            view=codec.encode(message),
            private_to=private_to,
            under=under.message if under else None,
        )
        self.hub.publish(conversation.id)
        return Receipt(conversation, posted)

    async def change(self, receipt: Receipt, message: Message) -> bool:
        """Give a message new content; False if it is gone."""
        changed = await self._store.change_message(
            receipt.conversation, receipt.message, codec.encode(message), self._clock.now()
        )
        self.hub.publish(receipt.conversation.id)
        return changed

    async def remove(self, receipt: Receipt) -> None:
        """Take a message away, if it is there."""
        await self._store.remove_message(receipt.conversation, receipt.message, self._clock.now())
        self.hub.publish(receipt.conversation.id)

    async def has(self, target: Target) -> bool:
        """Say whether there is such a conversation, or such a person's."""
        wanted = self._place(target)
        known = await self._store.conversations(self.workspace)
        return wanted.workspace == self.workspace and any(one.id == wanted.id for one in known)

    async def find(self, target: Target, key: str, since: datetime) -> Receipt | None:
        """Say where the message with this key is."""
        conversation = self._place(target)
        found = await self._store.message_with_key(conversation, key, since)
        return None if found is None else Receipt(conversation, found.id)

    async def message(self, conversation: ConversationRef, id: str, viewer: str) -> StoredMessage | None:
        """Give a message that the viewer may see."""
        found = await self._store.message(conversation, id)
        if found is None or found.removed or found.private_to not in (None, viewer):
            return None
        return found

    async def read(self, conversation: ConversationRef, viewer: str) -> Sequence[StoredMessage]:
        """Give what the viewer sees of a conversation, oldest first, and note that they have seen it."""
        now = self._clock.now()
        messages = await self._store.messages(conversation, viewer, SHOWN)
        await self._store.mark_read(conversation, viewer, now)
        return messages

    async def unread(self, viewer: str) -> Mapping[str, int]:
        """Count what the viewer has not seen, by conversation."""
        return await self._store.unread(self.workspace, viewer)

    async def settle_unread(self) -> None:
        """Note everything so far as seen by everyone, so that a freshly filled chat does not shout."""
        now = self._clock.now()
        for conversation in await self._store.conversations(self.workspace):
            for member in conversation.members:
                await self._store.mark_read(self.channel(conversation.id), member, now)

    async def redraw(self) -> None:
        """Have every open window drawn anew: the time of all of them has changed."""
        for conversation in await self._store.conversations(self.workspace):
            self.hub.publish(conversation.id)

    async def speak(self, account: StoredAccount, locale: str) -> Profile:
        """Set the language in which a person is spoken to, as in their profile on any platform, and give that."""
        changed = replace(account.profile, locale=locale)
        await self._store.put_account(changed, account.role, account.team)
        return changed

    def now(self) -> datetime:
        """Give the time, aware."""
        return self._clock.now()

    def account(self, id: str) -> AccountRef:
        """Refer to an account of this workspace."""
        return AccountRef(self.workspace, id)

    def _place(self, target: Target) -> ConversationRef:
        if isinstance(target, ConversationRef):
            return target
        return ConversationRef(target.workspace, f"{BOT}:{target.id}")

    def channel(self, id: str) -> ConversationRef:
        """Refer to a conversation of this workspace."""
        return ConversationRef(self.workspace, id)


def _new_id() -> str:
    return secrets.token_hex(10)
