"""Slack's requests, through Bolt, to the core and back.

Bolt has one listener per kind of request, because it tries each in turn; which command, shortcut or event it is, our
own tables say. Listeners do their short work before the HTTP answer (`process_before_response`): after it nothing
may matter, as a process that is stopped then loses it.
"""

from __future__ import annotations

import asyncio
import logging
import re
import secrets
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final, TypeVar

import aiohttp
import msgspec
import structlog
from slack_bolt import BoltResponse
from slack_bolt.async_app import AsyncApp, AsyncBoltContext, AsyncBoltRequest
from starlette.types import ASGIApp

from adapters.door import JSON, Reply
from adapters.slack.answers import Answers
from adapters.slack.calls import client
from adapters.slack.config import SlackConfig
from adapters.slack.directory import SlackDirectory
from adapters.slack.events import WITHOUT_TOKEN, Events, Hearers
from adapters.slack.guard import Guard, Verified
from adapters.slack.install import Authorize, Installation
from adapters.slack.manifest import SHORTCUT
from adapters.slack.payloads import Command, Pressed, Sent, Shortcut, UnreadablePayloadError, read
from adapters.slack.render import Json
from bot.answer import Answer, Dispatch
from bot.errors import DeliveryError
from bot.i18n import translator
from bot.identity import AccountRef
from bot.incoming import Incoming
from bot.ports import ChatPlatform
from bot.recognition import words

OK: Final = 200

AGAIN: Final = HTTPStatus.SERVICE_UNAVAILABLE
"""For an event that could not be taken in: Slack sends it again, three times within an hour."""

LOCALE_SECONDS: Final = 0.3
"""For looking up the language of an apology."""

_ANY: Final = re.compile("")

# Bolt's warnings quote what people wrote; its errors do not.
_quiet = logging.getLogger("adapters.slack.bolt")
_quiet.setLevel(logging.ERROR)

_log = structlog.get_logger(__name__)

T = TypeVar("T")


def slack_app(
    config: SlackConfig,
    dispatch: Dispatch,
    platform: ChatPlatform,
    directory: SlackDirectory,
    hearers: Hearers,
    *,
    session: aiohttp.ClientSession,
    installation: Installation | None = None,
) -> ASGIApp:
    """Give the ASGI app for `POST /slack/events`: commands, interactivity, events and Slack's own checks.

    It looks at no path, so it can be mounted anywhere; `session` and `installation` may be shared with others.
    """
    installation = installation or Installation(config, session)
    listeners = Listeners(
        command=config.command,
        dispatch=dispatch,
        directory=directory,
        answers=Answers(platform, session, config.chart_address),
        events=Events(directory, installation, hearers),
    )
    bolt = _bolt(config, installation, session)
    listeners.register(bolt)
    return Guard(config.signing_secret, Door(bolt))


def _bolt(config: SlackConfig, installation: Installation, session: aiohttp.ClientSession) -> AsyncApp:
    """Make the Bolt app without its built-in middleware: the guard and the door do that work, once and cheaper."""
    return AsyncApp(
        # Bolt names loggers by it and sets their level.
        name=_quiet.name,
        logger=_quiet,
        client=client("", config.api_url, session),
        authorize=Authorize(installation),
        process_before_response=True,
        request_verification_enabled=False,
        ssl_check_enabled=False,
        url_verification_enabled=False,
        ignoring_self_events_enabled=False,
        attaching_function_token_enabled=False,
        attaching_conversation_kwargs_enabled=False,
    )


@dataclass(frozen=True, slots=True)
class Door:
    """What the guard lets through, to Bolt.

    Whatever a person did, Slack hears 200: anything else it shows them as our failure. Events it sends again.
    """

    bolt: AsyncApp

    async def __call__(self, verified: Verified) -> Reply:
        """Answer one verified request."""
        body = verified.body
        if body.get("type") == "url_verification":
            return Reply(str(body.get("challenge", "")).encode())
        if body.get("ssl_check"):
            return Reply()
        try:
            # "socket_mode" is Bolt's word for a body that is parsed already.
            response = await self.bolt.async_dispatch(AsyncBoltRequest(body=body, mode="socket_mode"))
        except Exception:  # noqa: BLE001 - Bolt takes Slack's payloads apart before it guards itself against odd ones
            _log.exception("slack_request_failed")
            return Reply()
        if response.status == AGAIN:
            return Reply(status=AGAIN)
        if response.status != OK:
            _log.warning("slack_request_unhandled", kind=str(body.get("type", ""))[:50], status=response.status)
            return Reply()
        return Reply(response.body.encode(), JSON) if response.body else Reply()


@dataclass(frozen=True, slots=True)
class Listeners:
    """One listener per kind of request. `command` is the slash command's name here."""

    command: str
    dispatch: Dispatch
    directory: SlackDirectory
    answers: Answers
    events: Events

    def register(self, app: AsyncApp) -> None:
        """Put them into a Bolt app, the most used first."""
        app.command(_ANY)(_safe(self._command))
        app.action(_ANY)(_safe(self._button))
        app.view_submission(_ANY)(_safe(self._form))
        app.shortcut(_ANY)(_safe(self._shortcut))
        app.event(_ANY)(_safe(self._event, failed=AGAIN))

    async def _command(self, body: Json, context: AsyncBoltContext) -> Json | None:
        typed = read(body, Command)
        if typed.command != self.command:
            _log.warning("slack_command_unknown", command=typed.command, known=self.command)
            return None

        async def show(answer: Answer) -> Json | None:
            return await self.answers.to_command(typed, answer, context.client)

        return await self._answered(typed.incoming(), show)

    async def _form(self, body: Json, _: AsyncBoltContext) -> Json | None:
        sent = read(body, Sent)

        async def show(answer: Answer) -> Json | None:
            return await self.answers.to_form(sent, answer)

        return await self._answered(sent.incoming(), show)

    async def _button(self, body: Json, context: AsyncBoltContext) -> None:
        pressed = read(body, Pressed)

        async def show(answer: Answer) -> None:
            await self.answers.to_button(pressed, answer, context.client)

        if incoming := pressed.incoming():
            await self._answered(incoming, show)

    async def _shortcut(self, body: Json, context: AsyncBoltContext) -> None:
        used = read(body, Shortcut)

        async def show(answer: Answer) -> None:
            await self.answers.to_shortcut(used, answer, context.client)

        if used.callback_id == SHORTCUT:
            await self._answered(used.incoming(), show)

    async def _event(self, body: Json, _: AsyncBoltContext) -> None:
        await self.events.handle(str(body.get("team_id", "")), body["event"])

    async def _answered(self, incoming: Incoming, show: Callable[[Answer], Awaitable[T]]) -> T:
        """Have the core answer, and show it. What fails, such as a form that does not open, is owned up to."""
        try:
            return await show(await self.dispatch.handle(incoming))
        except Exception:  # noqa: BLE001 - whatever happened, the person is told, with a reference to the log
            reference = secrets.token_hex(3).upper()
            _log.exception("slack_answer_not_shown", reference=reference, act=type(incoming).__name__)
            t = translator(await self._locale(incoming.origin.sender))
            return await show(Answer(reply=words.fault(t, reference)))

    async def _locale(self, account: AccountRef) -> str:
        """Give a person's locale if it is at hand: Slack is waiting."""
        with suppress(DeliveryError, TimeoutError):
            async with asyncio.timeout(LOCALE_SECONDS):
                profile = await self.directory.person(account)
                return profile.locale if profile else ""
        return ""


Listener = Callable[[Json, AsyncBoltContext], Awaitable[Json | None]]


def _safe(listener: Listener, *, failed: int = OK) -> Callable[..., Awaitable[BoltResponse]]:
    """Wrap a listener for Bolt: requests of workspaces that are not ours are left alone, and nothing escapes.

    `failed` is what Slack hears of a fault.
    """

    async def listen(body: dict[str, Any], context: AsyncBoltContext) -> BoltResponse:
        answer: Json | None = None
        if context.bot_token is None and body.get("event", {}).get("type") not in WITHOUT_TOKEN:
            _log.warning("slack_workspace_unknown", workspace=context.team_id)
            return BoltResponse(status=OK)
        try:
            answer = await listener(body, context)
        except UnreadablePayloadError as error:
            _log.warning("slack_payload_unreadable", reason=str(error))
        except Exception:  # noqa: BLE001 - Slack must hear something; the log has the rest
            _log.exception("slack_listener_failed", listener=listener.__name__)
            return BoltResponse(status=failed)
        return BoltResponse(status=OK, body=msgspec.json.encode(answer).decode() if answer else "")

    return listen
