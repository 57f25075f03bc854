"""The door to Teams' requests: nothing behind it runs, and nothing is parsed, before the token holds.

What it lets through is an activity of this tenant that Microsoft vouches for. It takes the place of botbuilder's own
check, which answers 500 where it should say 401 and holds everybody up while it fetches keys.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from http import HTTPStatus
from typing import Final, Protocol
from urllib.parse import urlsplit

import structlog
from starlette.types import Receive, Scope, Send

from adapters.settings import is_loopback
from adapters.teams.activity import TEAMS, Activity, UnreadableActivityError, read
from adapters.teams.tokens import Claims, InvalidTokenError

MAX_BODY: Final = 2**20
"""Bytes. Teams' own limit of a message, with all its attachments' descriptions, is a tenth of that."""

READ_SECONDS: Final = 5.0
"""Time for a whole request to arrive."""

LINGER_SECONDS: Final = 10.0
"""Time for which a refused sender's rest is read and dropped, so that the refusal reaches it and no reset does."""

_FORWARDED: Final = (b"x-forwarded-for", b"x-forwarded-host", b"x-real-ip", b"forwarded", b"via")

_log = structlog.get_logger(__name__)


class Checks(Protocol):
    """What tells good tokens from others."""

    async def check(self, token: str) -> Claims:
        """Give what a token says. Raises InvalidTokenError."""
        ...


@dataclass(frozen=True, slots=True)
class Reply:
    """What goes back: JSON, or nothing."""

    body: bytes = b""
    status: HTTPStatus | int = HTTPStatus.OK


Handler = Callable[[Activity], Awaitable[Reply]]


class _RefusedError(Exception):
    def __init__(self, status: HTTPStatus, reason: str) -> None:
        super().__init__(reason)
        self.status = status
        self.reason = reason


class _GoneError(Exception):
    """The sender left before its request was complete."""


class _Body:
    """What the sender sends. `complete` once its end was seen."""

    def __init__(self, receive: Receive) -> None:
        self._receive = receive
        self.complete = False

    async def read(self, declared: bytes) -> bytes:
        """Read all of it, `declared` being the Content-Length header; stop where it becomes too large."""
        if declared.isdigit() and int(declared[:12]) > MAX_BODY:
            raise _RefusedError(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "too_large")
        chunks: list[bytes] = []
        size = 0
        while not self.complete:
            chunk = await self._chunk()
            size += len(chunk)
            if size > MAX_BODY:
                raise _RefusedError(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "too_large")
            chunks.append(chunk)
        return b"".join(chunks)

    async def drop(self) -> None:
        """Read the rest and forget it, for LINGER_SECONDS at most."""
        with suppress(TimeoutError, _GoneError):
            async with asyncio.timeout(LINGER_SECONDS):
                while not self.complete:
                    await self._chunk()

    async def _chunk(self) -> bytes:
        message = await self._receive()
        if message["type"] == "http.disconnect":
            raise _GoneError
        self.complete = not message.get("more_body", False)
        chunk: bytes = message.get("body", b"")
        return chunk


class Guard:
    """An ASGI app for one path.

    `tenant` is the only one whose activities are let in; None is any, for an emulator. `anonymous` lets requests
    without a token in, if they come from this machine, straight, about a service on it, and from no page in a browser.
    With no `tokens` none holds.

    401: no token of Microsoft's for this activity, or another tenant's. 413: more than MAX_BODY. 405: no POST.
    400: vouched for, but no activity.
    """

    def __init__(self, handler: Handler, tokens: Checks | None, tenant: str | None, *, anonymous: bool = False) -> None:
        if tenant is None and not anonymous:
            reason = "a guard that lets every tenant in guards nobody"
            raise ValueError(reason)
        self._handler = handler
        self._tokens = tokens
        self._tenant = tenant
        self._anonymous = anonymous

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            reason = f"unexpected ASGI scope {scope['type']}"
            raise ValueError(reason)
        body = _Body(receive)
        try:
            activity = await self._let_in(scope, body)
        except _RefusedError as refused:
            _log.info("teams_request_refused", status=int(refused.status), reason=refused.reason)
            await _refuse(refused.status, body, send)
        except _GoneError:
            return
        else:
            await _send(await self._handler(activity), send)

    async def _let_in(self, scope: Scope, body: _Body) -> Activity:
        if scope["method"] != "POST":
            raise _RefusedError(HTTPStatus.METHOD_NOT_ALLOWED, "method")
        claims = await self._claims(scope)
        try:
            async with asyncio.timeout(READ_SECONDS):
                raw = await body.read(b"".join(_values(scope, b"content-length")))
        except TimeoutError as error:
            raise _RefusedError(HTTPStatus.UNAUTHORIZED, "slow") from error
        try:
            activity = read(raw)
        except UnreadableActivityError as error:
            raise _RefusedError(HTTPStatus.BAD_REQUEST, str(error)) from error
        if claims is None:
            _only_here(activity)
        else:
            try:
                claims.vouch_for(activity.service_url, activity.channel_id)
            except InvalidTokenError as error:
                raise _RefusedError(HTTPStatus.UNAUTHORIZED, error.reason) from error
            if activity.channel_id != TEAMS:
                raise _RefusedError(HTTPStatus.UNAUTHORIZED, "channel")
        if self._tenant is not None and (activity.tenant or "").casefold() != self._tenant.casefold():
            raise _RefusedError(HTTPStatus.UNAUTHORIZED, "tenant")
        return activity

    async def _claims(self, scope: Scope) -> Claims | None:
        """Check the token; None for a request without one that may come in all the same."""
        given = list(_values(scope, b"authorization"))
        kind, _, token = (given[0] if len(given) == 1 else b"").decode("latin-1").partition(" ")
        token = token.strip()
        if self._anonymous and not token and len(given) <= 1:
            if _from_here(scope):
                _by_no_page(scope)
                return None
            raise _RefusedError(HTTPStatus.UNAUTHORIZED, "not_from_here")
        if kind.lower() != "bearer" or not token or self._tokens is None:
            raise _RefusedError(HTTPStatus.UNAUTHORIZED, "no_token")
        try:
            return await self._tokens.check(token)
        except InvalidTokenError as error:
            raise _RefusedError(HTTPStatus.UNAUTHORIZED, error.reason) from error


def _values(scope: Scope, name: bytes) -> Iterable[bytes]:
    return (value for header, value in scope["headers"] if header == name)


def _from_here(scope: Scope) -> bool:
    """Say whether a request came from this machine and through no proxy, behind which anybody may be."""
    client = scope.get("client")
    proxied = any(header in _FORWARDED for header, _ in scope["headers"])
    return client is not None and is_loopback(client[0]) and not proxied


def _by_no_page(scope: Scope) -> None:
    """Refuse what a page in a browser on this machine may send: it comes from here, but anybody may have written it.

    A browser names the page's origin, and sends JSON elsewhere only after asking first, which is refused.
    """
    if any(_values(scope, b"origin")):
        raise _RefusedError(HTTPStatus.UNAUTHORIZED, "origin")
    kind, _, _ = b",".join(_values(scope, b"content-type")).partition(b";")
    if kind.strip().lower() != b"application/json":
        raise _RefusedError(HTTPStatus.UNAUTHORIZED, "content_type")


def _only_here(activity: Activity) -> None:
    """Answer an emulator only where it is: anything else would carry our words to an address anybody named."""
    if not is_loopback(urlsplit(activity.service_url or "").hostname or ""):
        raise _RefusedError(HTTPStatus.UNAUTHORIZED, "service_url")


async def _send(reply: Reply, send: Send) -> None:
    headers = [(b"content-length", str(len(reply.body)).encode())]
    if reply.body:
        headers.append((b"content-type", b"application/json;charset=utf-8"))
    await send({"type": "http.response.start", "status": int(reply.status), "headers": headers})
    await send({"type": "http.response.body", "body": reply.body})


async def _refuse(status: HTTPStatus, rest: _Body, send: Send) -> None:
    body = status.phrase.encode()
    headers = [
        (b"content-type", b"text/plain;charset=utf-8"),
        (b"content-length", str(len(body)).encode()),
        (b"connection", b"close"),
    ]
    if status is HTTPStatus.METHOD_NOT_ALLOWED:
        headers.append((b"allow", b"POST"))
    if status is HTTPStatus.UNAUTHORIZED:
        headers.append((b"www-authenticate", b"Bearer"))
    await send({"type": "http.response.start", "status": int(status), "headers": headers})
    # The answer is whole before the rest is read: a sender of 64 MiB learns it at once.
    await send({"type": "http.response.body", "body": body, "more_body": True})
    await rest.drop()
    await send({"type": "http.response.body", "body": b""})
