"""Calling Slack's Web API: one client on one shared session, a time limit on each call, and what each failure means.

The codes that mean "later" and "perhaps done" are from the error lists of https://docs.slack.dev/reference/methods:
`internal_error` and `fatal_error` say there that "some aspect of the operation" may have succeeded.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import Enum, auto
from http import HTTPStatus
from typing import Any, Final

import aiohttp
from slack_sdk.errors import SlackApiError, SlackClientError
from slack_sdk.http_retry.async_handler import AsyncRetryHandler
from slack_sdk.http_retry.builtin_async_handlers import AsyncRateLimitErrorRetryHandler
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.web.async_slack_response import AsyncSlackResponse

from bot.errors import AmbiguousDeliveryError, DeliveryError, PermanentDeliveryError, Scope, TemporaryDeliveryError
from bot.identity import Platform, WorkspaceRef

_RATE_LIMITED: Final = frozenset({"ratelimited", "rate_limited"})
_LATER: Final = frozenset({"service_unavailable", "request_timeout", "team_added_to_org", "org_login_required"})
_PERHAPS_DONE: Final = frozenset({"internal_error", "fatal_error"})


class Doubt(Enum):
    """What a lost answer means for a call."""

    MATTERS = auto()  # the call may have changed something: AmbiguousDeliveryError
    HARMLESS = auto()  # it only asked, or asking again does no harm: TemporaryDeliveryError


@dataclass(frozen=True, slots=True)
class Identity:
    """Whose token it is: the workspace, its name, and the bot's own user id in it."""

    workspace: WorkspaceRef
    name: str
    bot_user: str


def client(token: str, api_url: str, session: aiohttp.ClientSession, *, wait_for_rate: bool = False) -> AsyncWebClient:
    """Make a Web API client without the SDK's own retries, which post twice when an answer is lost.

    `wait_for_rate` waits out one Retry-After; for calls that only read.
    """
    handlers: list[AsyncRetryHandler] = [AsyncRateLimitErrorRetryHandler(max_retry_count=1)] if wait_for_rate else []
    base = api_url if api_url.endswith("/") else f"{api_url}/"
    return AsyncWebClient(token=token, base_url=base, session=session, retry_handlers=handlers)


async def identify(token: str, api_url: str, session: aiohttp.ClientSession) -> Identity:
    """Ask Slack whose token this is. Raises TemporaryDeliveryError or PermanentDeliveryError (`invalid_auth`)."""
    answer = await ask(client(token, api_url, session).auth_test(), within=timedelta(seconds=8))
    return Identity(WorkspaceRef(Platform.SLACK, answer["team_id"]), answer.get("team", ""), answer["user_id"])


async def ask(
    call: Awaitable[AsyncSlackResponse], *, within: timedelta, doubt: Doubt = Doubt.HARMLESS
) -> Mapping[str, Any]:
    """Await one call and give Slack's answer. Raises a DeliveryError and nothing else."""
    try:
        async with asyncio.timeout(within.total_seconds()):
            answer = await call
    except SlackApiError as error:
        raise _refused(error.response, doubt) from error
    except aiohttp.ClientConnectorError as error:
        reason = "unreachable"
        raise TemporaryDeliveryError(reason) from error
    except (TimeoutError, aiohttp.ClientError, SlackClientError, OSError, ValueError) as error:
        raise _lost(type(error).__name__, doubt) from error
    return answer.data if isinstance(answer.data, dict) else {}


def _refused(response: Any, doubt: Doubt) -> DeliveryError:
    # slack_sdk hands on its own response for an answer of Slack's, and aiohttp's when the body was no JSON.
    status = int(getattr(response, "status_code", 0) or getattr(response, "status", 0))
    data = getattr(response, "data", None)
    code = str(data.get("error", "")) if isinstance(data, dict) else ""
    # Slack counts by method and workspace.
    if status == HTTPStatus.TOO_MANY_REQUESTS or code in _RATE_LIMITED:
        return TemporaryDeliveryError("ratelimited", _retry_after(response.headers), Scope.WORKSPACE)
    if status == HTTPStatus.SERVICE_UNAVAILABLE or code in _LATER:
        return TemporaryDeliveryError(code or f"http_{status}", _retry_after(response.headers), Scope.WORKSPACE)
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR or code in _PERHAPS_DONE or not code:
        return _lost(code or f"http_{status}", doubt)
    return PermanentDeliveryError(code)


def _lost(reason: str, doubt: Doubt) -> DeliveryError:
    return AmbiguousDeliveryError(reason) if doubt is Doubt.MATTERS else TemporaryDeliveryError(reason)


def _retry_after(headers: Mapping[str, str]) -> timedelta | None:
    asked = next((value for name, value in headers.items() if name.lower() == "retry-after"), "")
    return timedelta(seconds=int(asked)) if asked.isascii() and asked.isdigit() else None
