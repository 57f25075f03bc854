"""Slack as a ChatPlatform: posts, changes and finds messages, and opens forms."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
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
_JOIN: Final = timedelta(seconds=1.5)
_POST: Final = timedelta(seconds=9)
"""For a whole post: finding the direct chat, or joining the channel, and a second try included."""

_READ: Final = timedelta(seconds=3)
_OPEN: Final = timedelta(seconds=2.5)

_KEYS: Final = UUID("0f9f2c4e-6f0e-5d8b-9d7c-3b1f8a2f6f11")
"""The name space in which a message's key becomes its `client_msg_id`. Never to be changed."""

_PAGE: Final = 200
_PAGES: Final = 3
_NEAR: Final = timedelta(minutes=10)
"""How long after its beginning a send is looked for first, so that a busy day since then hides nothing."""

_OUTSIDE: Final = "not_in_channel"
_NO_THREAD: Final = "thread_not_found"
_DIRECT_CHATS: Final = 50_000


class SlackPlatform:
    """One Slack workspace, through its Web API.

    `session` is shared by every client of the process. A call is cut off after at most 10 seconds. The bot joins the
    public channels it posts in: only a member may read there whether a message with a lost answer arrived.
    """

    def __init__(
        self,
        token: str,
        api_url: str,
        workspace: WorkspaceRef,
        session: aiohttp.ClientSession,
        chart_address: render.ChartAddress = render.nowhere,
    ) -> None:
        self._workspace = workspace
        self._chart_address = chart_address
        self._slack = calls.client(token, api_url, session)
        self._direct: LRUCache[str, str] = LRUCache(_DIRECT_CHATS)

    @property
    def capabilities(self) -> Capabilities:
        """Slack can be asked what was sent, and lets a bot delete its own messages."""
        return Capabilities(find_sent=True, remove=True)

    async def send(self, target: Target, message: Message, key: str, under: Receipt | None = None) -> Receipt:
        """Post a message, marked with its key in the message metadata. A public channel is joined first if need be.

        `under` is the message that began the thread.
        """
        cut_off = asyncio.get_running_loop().time() + _POST.total_seconds()
        conversation = await self._conversation(target)

        async def post() -> Mapping[str, Any]:
            left = timedelta(seconds=cut_off - asyncio.get_running_loop().time())
            call = self._slack.chat_postMessage(
                channel=conversation.id,
                metadata=render.metadata(key),
                client_msg_id=str(uuid5(_KEYS, key)),
                thread_ts=under.message if under else None,
                **render.render(message, self._workspace, self._chart_address),
            )
            return await calls.ask(call, within=min(_WRITE, left), doubt=Doubt.MATTERS)

        answer = await self._as_member(conversation, post)
        return Receipt(ConversationRef(self._workspace, answer["channel"]), answer["ts"])

    async def update(self, receipt: Receipt, message: Message) -> None:
        """Replace a message's content; its key stays."""
        self._own(receipt.conversation.workspace)
        content = render.render(message, self._workspace, self._chart_address)
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

    async def find_sent(
        self, target: Target, key: str, since: datetime, under: Receipt | None = None
    ) -> Receipt | None:
        """Look for a message with this key in the conversation's history since then, or in the thread `under` one.

        At most 600 messages are read, those of the minutes after `since` first. If there is more than that, what was
        not seen cannot be denied: TemporaryDeliveryError("history_too_long").
        """
        conversation = await self._conversation(target)
        thread = under.message if under else None
        spans = _spans(since)
        span, cursor = next(spans), None
        for _ in range(_PAGES):
            page = await self._page(conversation, thread, {**span, "cursor": cursor})
            for message in page.get("messages", ()):
                if _key(message) == key:
                    return Receipt(conversation, message["ts"])
            cursor = (page.get("response_metadata") or {}).get("next_cursor")
            if not cursor:
                following = next(spans, None)
                if following is None:
                    return None
                span = following
        reason = "history_too_long"
        raise TemporaryDeliveryError(reason)

    async def _page(
        self, conversation: ConversationRef, thread: str | None, which: Mapping[str, str | None]
    ) -> Mapping[str, Any]:
        async def read() -> Mapping[str, Any]:
            of: dict[str, Any] = {"channel": conversation.id, "include_all_metadata": True, "inclusive": True, **which}
            if thread is None:
                call = self._slack.conversations_history(limit=_PAGE, **of)
            else:
                call = self._slack.conversations_replies(ts=thread, limit=_PAGE, **of)
            return await calls.ask(call, within=_READ * 2 / _PAGES)

        try:
            return await self._as_member(conversation, read)
        except PermanentDeliveryError as error:
            if error.reason != _NO_THREAD:
                raise
        # The message that began it is gone and left no thread: nothing continues it.
        return {}

    async def _as_member(
        self, conversation: ConversationRef, call: Callable[[], Awaitable[Mapping[str, Any]]]
    ) -> Mapping[str, Any]:
        """Do what only a member may: if Slack refuses because the bot is none, nothing was done, and it joins."""
        try:
            return await call()
        except PermanentDeliveryError as error:
            if error.reason != _OUTSIDE:
                raise
        await calls.ask(self._slack.conversations_join(channel=conversation.id), within=_JOIN)
        return await call()

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


def _spans(since: datetime) -> Iterator[dict[str, str]]:
    """Give the spans of time to search, as conversations.history takes them."""
    near = since + _NEAR
    if near >= datetime.now(UTC):
        yield {"oldest": _stamp(since)}
        return
    yield {"oldest": _stamp(since), "latest": _stamp(near)}
    yield {"oldest": _stamp(near)}


def _stamp(at: datetime) -> str:
    return f"{at.timestamp():.6f}"


def _key(message: Mapping[str, Any]) -> str | None:
    kept = message.get("metadata") or {}
    if kept.get("event_type") != render.METADATA_EVENT:
        return None
    key: str | None = (kept.get("event_payload") or {}).get("key")
    return key
