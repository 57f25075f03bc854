"""Showing an Answer to the person who acted, by the way that each kind of act leaves open.

A command and a sent form are answered in the HTTP answer itself. A button and a shortcut are answered through the
response URL (5 uses within 30 minutes), which cannot be asked what it did: a refusal is answered another way, a lost
answer is not, as nobody wants to be told twice.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from http import HTTPStatus
from typing import Any, Final

import aiohttp
import msgspec
import structlog
from slack_sdk.web.async_client import AsyncWebClient

from adapters.slack import forms
from adapters.slack.calls import Doubt, ask
from adapters.slack.payloads import Command, Pressed, Sent, Shortcut
from adapters.slack.render import ChartAddress, Json, nowhere, render
from bot.answer import Answer
from bot.errors import DeliveryError, PermanentDeliveryError
from bot.identity import ConversationRef
from bot.ports import ChatPlatform, Receipt
from bot.view.message import Message

RESPOND_SECONDS: Final = 1.5
"""For one use of a response URL. Slack takes the whole request for failed after 3."""

_OPEN: Final = timedelta(seconds=2)
_TELL: Final = timedelta(seconds=1)

_TITLE: Final = "Kudos"
_CLOSE: Final = "OK"
"""Understood in every language, and never "Cancel", as the form's was: what a reply says has happened."""

_log = structlog.get_logger(__name__)


class RefusedUrlError(Exception):
    """A response URL that takes nothing more: too old, used up, or not understood. `reason` is Slack's word."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Answers:
    """Shows answers. `client` in each call is the Web API with the workspace's token.

    A form or modal that cannot be shown is a DeliveryError; a reply that cannot is logged, as there is no other way
    left to tell the person.
    """

    platform: ChatPlatform
    session: aiohttp.ClientSession
    chart_address: ChartAddress = nowhere

    async def to_command(self, typed: Command, answer: Answer, client: AsyncWebClient) -> Json | None:
        """Answer a slash command; the result is the HTTP answer, seen by the typist alone."""
        if answer.form:
            await _open(client, typed.trigger_id, forms.view(answer.form, typed.channel_id or None))
        if not answer.reply:
            return None
        return {"response_type": "ephemeral", **render(answer.reply, typed.workspace, self.chart_address)}

    async def to_form(self, sent: Sent, answer: Answer) -> Json | None:
        """Answer a form that was sent in; the result is the HTTP answer. None closes the form."""
        if answer.problems:
            return forms.errors(answer.problems, sent.view)
        shown = self._in_view(sent, sent.view, answer)
        return {"response_action": "update", "view": shown} if shown else None

    async def to_button(self, pressed: Pressed, answer: Answer, client: AsyncWebClient) -> None:
        """Answer a button."""
        if pressed.view is not None:
            if shown := self._in_view(pressed, pressed.view, answer):
                view_id = pressed.container.view_id or str(pressed.view.get("id", ""))
                await ask(client.views_update(view_id=view_id, view=shown), within=_OPEN)
            return
        if answer.form:
            await _open(client, pressed.trigger_id, forms.view(answer.form, pressed.channel_id or None))
        if not answer.reply:
            return
        if not answer.replaces:
            await self._tell(pressed, answer.reply, client)
        elif pressed.container.is_ephemeral or not await self._updated(pressed, answer.reply):
            await self._tell(pressed, answer.reply, client, replaces=True)

    async def to_shortcut(self, used: Shortcut, answer: Answer, client: AsyncWebClient) -> None:
        """Answer a shortcut. One from the compose box has no conversation, so its reply opens as a modal."""
        channel = used.channel.id if used.channel else None
        if answer.form:
            await _open(client, used.trigger_id, forms.view(answer.form, channel))
        if not answer.reply:
            return
        if used.response_url:
            await self._tell(used, answer.reply, client)
        else:
            view = forms.message_view(answer.reply, _TITLE, _CLOSE, used.workspace)
            await _open(client, used.trigger_id, view)

    def _in_view(self, acted: Sent | Pressed, view: Json, answer: Answer) -> Json | None:
        """Give what takes the modal's place. It keeps its title and the conversation it was opened from."""
        conversation = forms.recall(view)[1]
        if answer.form:
            return forms.view(answer.form, conversation)
        if answer.reply:
            title = _plain(view.get("title")) or _TITLE
            return forms.message_view(answer.reply, title, _CLOSE, acted.workspace, conversation)
        return None

    async def _updated(self, pressed: Pressed, message: Message) -> bool:
        """Change the message the button is in; False if that one cannot be changed."""
        receipt = Receipt(ConversationRef(pressed.workspace, pressed.channel_id), pressed.container.message_ts)
        try:
            async with asyncio.timeout(RESPOND_SECONDS):
                await self.platform.update(receipt, message)
        except PermanentDeliveryError as error:
            _log.info("slack_message_not_replaced", reason=error.reason)
            return False
        except (DeliveryError, TimeoutError) as error:
            _log.warning("slack_answer_lost", way="chat.update", reason=str(error) or type(error).__name__)
        return True

    async def _tell(
        self, acted: Pressed | Shortcut, message: Message, client: AsyncWebClient, *, replaces: bool = False
    ) -> None:
        """Say something to the person who acted and nobody else, if asked in the place of their message."""
        content = render(message, acted.workspace, self.chart_address)
        try:
            if acted.response_url:
                kind = {"replace_original": True} if replaces else {"response_type": "ephemeral"}
                await self._respond(acted.response_url, {"replace_original": False, **content, **kind})
                return
        except RefusedUrlError as error:
            _log.info("slack_response_url_refused", reason=error.reason)
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            _log.warning("slack_answer_lost", way="response_url", reason=type(error).__name__)
            return
        channel = acted.channel_id if isinstance(acted, Pressed) else acted.channel.id if acted.channel else ""
        posted = client.chat_postEphemeral(
            channel=channel, user=acted.user.id, text=content["text"], blocks=content["blocks"]
        )
        try:
            await ask(posted, within=_TELL, doubt=Doubt.MATTERS)
        except DeliveryError as error:
            _log.warning("slack_answer_lost", way="chat.postEphemeral", reason=str(error))

    async def _respond(self, url: str, content: Json) -> None:
        """Use a response URL. Slack says no with a 404, or with 200 and `ok: false`."""
        async with self.session.post(
            url,
            data=msgspec.json.encode(content),
            headers={"Content-Type": "application/json; charset=utf-8"},
            timeout=aiohttp.ClientTimeout(total=RESPOND_SECONDS),
            allow_redirects=False,
        ) as response:
            body = await response.read()
            if response.status != HTTPStatus.OK:
                raise RefusedUrlError(_reason(body) or f"http_{response.status}")
            if reason := _reason(body):
                raise RefusedUrlError(reason)


def _reason(body: bytes) -> str:
    """Give Slack's word for why not; empty if it said yes, in JSON or as plain text."""
    with suppress(msgspec.DecodeError):
        said = msgspec.json.decode(body)
        if isinstance(said, dict) and not said.get("ok", True):
            return str(said.get("error", "unknown"))
    return ""


def _plain(text: Any) -> str:
    return str(text.get("text", "")) if isinstance(text, dict) else ""


async def _open(client: AsyncWebClient, trigger: str, view: Json) -> None:
    await ask(client.views_open(trigger_id=trigger, view=view), within=_OPEN, doubt=Doubt.MATTERS)
