"""Calling the Bot Connector: one shared session, a time limit on each call, and what each failure means.

Which statuses may be tried again is from
https://learn.microsoft.com/microsoftteams/platform/bots/how-to/conversations/conversation-messages
#status-codes-from-bot-conversational-apis; which of them are certain enough to post anew, is decided in
docs/adr/0012-what-teams-may-have-done.md.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import timedelta
from enum import Enum, auto
from functools import lru_cache
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import quote

import aiohttp
import msgspec

from adapters.teams.sign_in import SignIn
from bot.errors import AmbiguousDeliveryError, DeliveryError, PermanentDeliveryError, Scope, TemporaryDeliveryError

_REFUSED: Final = frozenset({401, 412, 429, 503})
"""What is said before anything is done."""

_RELAYED: Final = frozenset({502, 504})
"""What is also said, by a gateway, of a call that went through and whose answer did not."""

_MEANT: Final = {429: Scope.UNSAID, 503: Scope.WORKSPACE}
"""How much a refusal is about, if not its conversation alone. Teams counts by conversation and by app and tenant."""

_DONE: Final = frozenset({200, 201, 202, 204})
NOT_THERE: Final = frozenset({"ConversationNotFound", "BotNotInConversationRoster"})
"""Teams' words for a conversation that is no more, or that the bot is not in."""

_JSON: Final = {"Content-Type": "application/json; charset=utf-8"}


class Doubt(Enum):
    """What a lost answer means for a call."""

    MATTERS = auto()  # the call may have changed something: AmbiguousDeliveryError
    HARMLESS = auto()  # it only asked, or asking again does no harm: TemporaryDeliveryError


class Connector:
    """Teams' REST API. Every method raises a DeliveryError and nothing else."""

    def __init__(self, session: aiohttp.ClientSession, sign_in: SignIn) -> None:
        self._session = session
        self._sign_in = sign_in

    async def post(self, service: str, conversation: str, activity: Mapping[str, Any], *, within: timedelta) -> str:
        """Post an activity; give its id."""
        path = f"{_conversation(conversation)}/activities"
        answer = await self._call("POST", service, path, activity, within=within, doubt=Doubt.MATTERS)
        return str(answer.get("id", ""))

    async def begin(self, service: str, asked: Mapping[str, Any], *, within: timedelta, doubt: Doubt) -> dict[str, Any]:
        """Begin a conversation: a chat with one person, or a thread in a channel with its first message."""
        return await self._call("POST", service, "v3/conversations", asked, within=within, doubt=doubt)

    async def put(
        self, service: str, conversation: str, activity: str, content: Mapping[str, Any], *, within: timedelta
    ) -> None:
        """Replace an activity."""
        path = f"{_conversation(conversation)}/activities/{quote(activity, safe='')}"
        await self._call("PUT", service, path, content, within=within, doubt=Doubt.MATTERS)

    async def delete(self, service: str, conversation: str, activity: str, *, within: timedelta) -> None:
        """Take an activity away."""
        path = f"{_conversation(conversation)}/activities/{quote(activity, safe='')}"
        await self._call("DELETE", service, path, None, within=within, doubt=Doubt.MATTERS)

    async def member(self, service: str, conversation: str, member: str, *, within: timedelta) -> dict[str, Any] | None:
        """Give a member of a conversation by address or directory id; None if there is no such.

        Raises PermanentDeliveryError if the bot cannot see who is there, with one of `NOT_THERE` as its reason if it is
        not there itself.
        """
        path = f"{_conversation(conversation)}/members/{quote(member, safe='')}"
        try:
            return await self._call("GET", service, path, None, within=within, doubt=Doubt.HARMLESS)
        except PermanentDeliveryError as error:
            if error.reason in _NO_MEMBER:
                return None
            raise

    async def members(
        self, service: str, conversation: str, after: str | None, *, most: int, within: timedelta
    ) -> dict[str, Any]:
        """Give one page of a conversation's members.

        Raises PermanentDeliveryError if the bot cannot see them, with one of `NOT_THERE` as its reason if it is not
        there.
        """
        path = f"{_conversation(conversation)}/pagedmembers?pageSize={most}"
        path += f"&continuationToken={quote(after, safe='')}" if after else ""
        return await self._call("GET", service, path, None, within=within, doubt=Doubt.HARMLESS)

    async def _call(
        self,
        method: str,
        service: str,
        path: str,
        content: Mapping[str, Any] | None,
        *,
        within: timedelta,
        doubt: Doubt,
    ) -> dict[str, Any]:
        if not service:
            reason = "service_unknown"
            raise PermanentDeliveryError(reason)
        begun = False
        try:
            async with asyncio.timeout(within.total_seconds()):
                token = await self._sign_in.token()
                begun = True
                async with self._session.request(
                    method,
                    f"{service.rstrip('/')}/{path}",
                    data=None if content is None else msgspec.json.encode(content),
                    headers={**_JSON, **({"Authorization": f"Bearer {token}"} if token else {})},
                    allow_redirects=False,
                ) as response:
                    if response.status in _DONE:
                        return _read(await response.read())
                    if response.status == HTTPStatus.UNAUTHORIZED:
                        self._sign_in.forget(token)
                    raise _refused(response.status, response.headers, await response.read(), doubt)
        except aiohttp.ClientConnectorError as error:
            reason = "unreachable"
            raise TemporaryDeliveryError(reason) from error
        except (TimeoutError, aiohttp.ClientError, OSError, ValueError) as error:
            raise _lost(type(error).__name__, doubt if begun else Doubt.HARMLESS) from error


_LONGEST_WAIT: Final = timedelta(hours=1)
"""Longest wait that is believed: a server that asks for more is asked again all the same."""

_NO_MEMBER: Final = frozenset({"MemberNotFoundInConversation", "NotFound", "http_400", "http_404"})
"""Words for somebody who is not in a conversation. An emulator may have none, and say 400 or 404."""


@lru_cache(maxsize=10_000)
def _conversation(id: str) -> str:
    return f"v3/conversations/{quote(id, safe='')}"


def _read(body: bytes) -> dict[str, Any]:
    try:
        answer = msgspec.json.decode(body) if body else {}
    except msgspec.DecodeError as error:
        reason = "not_json"
        raise ValueError(reason) from error
    return answer if isinstance(answer, dict) else {}


def _refused(status: int, headers: Mapping[str, str], body: bytes, doubt: Doubt) -> DeliveryError:
    code = _code(body)
    # Teams itself names a time, or its trouble. A gateway that says neither, or lost patience, knows nothing.
    by_teams = "Retry-After" in headers or (status == HTTPStatus.BAD_GATEWAY and code)
    if status in _REFUSED or (status in _RELAYED and by_teams):
        scope = _MEANT.get(status, Scope.CONVERSATION)
        return TemporaryDeliveryError(code or f"http_{status}", _retry_after(headers), scope)
    if status == HTTPStatus.NOT_IMPLEMENTED:
        # Whoever does not know the call has not made it, and will not know it later.
        return PermanentDeliveryError(code or f"http_{status}")
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR or status < HTTPStatus.BAD_REQUEST:
        return _lost(code or f"http_{status}", doubt)
    return PermanentDeliveryError(code or f"http_{status}")


def _code(body: bytes) -> str:
    """Give Teams' word for why not; empty if it has none."""
    try:
        said = msgspec.json.decode(body)
    except msgspec.DecodeError:
        return ""
    match said:
        case {"error": {"innerHttpError": {"body": {"code": str() as code}}}}:
            return code[:100]
        case {"error": {"code": str() as code}}:
            return code[:100]
        case _:
            return ""


def _lost(reason: str, doubt: Doubt) -> DeliveryError:
    return AmbiguousDeliveryError(reason) if doubt is Doubt.MATTERS else TemporaryDeliveryError(reason)


def _retry_after(headers: Mapping[str, str]) -> timedelta | None:
    asked = headers.get("Retry-After", "")
    if not (asked.isascii() and asked.isdigit()):
        return None
    # Only so many digits are read: Python refuses to read thousands of them.
    return min(timedelta(seconds=int(asked.lstrip("0")[:9] or "0")), _LONGEST_WAIT)
