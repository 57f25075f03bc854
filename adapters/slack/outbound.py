"""Slack as a ChatPlatform: posts, changes and finds messages, and opens forms."""

from __future__ import annotations

from collections.abc import Awaitable, Mapping
from datetime import datetime, timedelta
from typing import Any, Final, assert_never
from uuid import UUID, uuid5

import aiohttp
from cachetools import LRUCache
from slack_sdk.web.async_slack_response import AsyncSlackResponse

from adapters.slack import calls, forms, render
from adapters.slack.calls import Doubt
from bot.errors import PermanentDeliveryError, TemporaryDeliveryError
from bot.identity import AccountRef, ConversationRef, Target, WorkspaceRef
from bot.ports import Capabilities, Receipt
from bot.view.form import Form
from bot.view.message import Message

_WRITE: Final = timedelta(seconds=6)
_READ: Final = timedelta(seconds=3)
_OPEN: Final = timedelta(seconds=2.5)

_KEYS: Final = UUID("0f9f2c4e-6f0e-5d8b-9d7c-3b1f8a2f6f11")
"""The name space in which a message's key becomes its `client_msg_id`. Never to be changed."""

_PAGE: Final = 200
_PAGES: Final = 3
_DIRECT_CHATS: Final = 50_000


class SlackPlatform:
    """One Slack workspace, through its Web API.

    `session` is shared by every client of the process. A call is cut off after at most 9 seconds: 3 to find the
    direct chat and 6 to post.
    """

    def __init__(self, token: str, api_url: str, workspace: WorkspaceRef, session: aiohttp.ClientSession) -> None:
        self._workspace = workspace
        self._slack = calls.client(token, api_url, session)
        self._direct: LRUCache[str, str] = LRUCache(_DIRECT_CHATS)

    @property
    def capabilities(self) -> Capabilities:
        """Slack can be asked what was sent, and lets a bot delete its own messages."""
        return Capabilities(find_sent=True, remove=True)

    async def send(self, target: Target, message: Message, key: str) -> Receipt:
        """Post a message, marked with its key in the message metadata."""
        conversation = await self._conversation(target)
        answer = await self._write(
            self._slack.chat_postMessage(
                channel=conversation.id,
                metadata=render.metadata(key),
                client_msg_id=str(uuid5(_KEYS, key)),
                **render.render(message, self._workspace),
            )
        )
        return Receipt(ConversationRef(self._workspace, answer["channel"]), answer["ts"])

    async def update(self, receipt: Receipt, message: Message) -> None:
        """Replace a message's content; its key stays."""
        self._own(receipt.conversation.workspace)
        content = render.render(message, self._workspace)
        await self._write(
            self._slack.chat_update(
                channel=receipt.conversation.id, ts=receipt.message, text=content["text"], blocks=content["blocks"]
            )
        )

    async def remove(self, receipt: Receipt) -> None:
        """Delete a message. Where the workspace forbids it, that is a PermanentDeliveryError."""
        self._own(receipt.conversation.workspace)
        try:
            await self._write(self._slack.chat_delete(channel=receipt.conversation.id, ts=receipt.message))
        except PermanentDeliveryError as error:
            if error.reason != "message_not_found":
                raise

    async def find_sent(self, target: Target, key: str, since: datetime) -> Receipt | None:
        """Look for a message with this key in the conversation's history since then, at most 600 messages of it.

        If there are more, what was not seen cannot be denied: TemporaryDeliveryError("history_too_long").
        """
        conversation = await self._conversation(target)
        cursor: str | None = None
        for _ in range(_PAGES):
            page = await calls.ask(
                self._slack.conversations_history(
                    channel=conversation.id,
                    oldest=f"{since.timestamp():.6f}",
                    include_all_metadata=True,
                    limit=_PAGE,
                    cursor=cursor,
                ),
                within=_READ * 2 / _PAGES,
            )
            for message in page.get("messages", ()):
                if _key(message) == key:
                    return Receipt(conversation, message["ts"])
            cursor = (page.get("response_metadata") or {}).get("next_cursor")
            if not cursor:
                return None
        reason = "history_too_long"
        raise TemporaryDeliveryError(reason)

    async def open_form(self, trigger: str, form: Form, conversation: str | None = None) -> None:
        """Open a form as a modal. `conversation` is the id of the one it is opened from, and comes back with it."""
        view = forms.view(form, conversation)
        await calls.ask(self._slack.views_open(trigger_id=trigger, view=view), within=_OPEN, doubt=Doubt.MATTERS)

    async def _write(self, call: Awaitable[AsyncSlackResponse]) -> Mapping[str, Any]:
        return await calls.ask(call, within=_WRITE, doubt=Doubt.MATTERS)

    async def _conversation(self, target: Target) -> ConversationRef:
        self._own(target.workspace)
        match target:
            case ConversationRef():
                return target
            case AccountRef(id=user):
                return ConversationRef(self._workspace, await self._direct_chat(user))
            case _:
                assert_never(target)

    async def _direct_chat(self, user: str) -> str:
        known = self._direct.get(user)
        if known is not None:
            return known
        answer = await calls.ask(self._slack.conversations_open(users=user), within=_READ)
        chat: str = answer["channel"]["id"]
        self._direct[user] = chat
        return chat

    def _own(self, workspace: WorkspaceRef) -> None:
        if workspace != self._workspace:
            reason = "workspace_not_connected"
            raise PermanentDeliveryError(reason)


def _key(message: Mapping[str, Any]) -> str | None:
    kept = message.get("metadata") or {}
    if kept.get("event_type") != render.METADATA_EVENT:
        return None
    key: str | None = (kept.get("event_payload") or {}).get("key")
    return key
