"""The way in for a platform's requests: raw, of bounded size, and refused before anything behind it runs.

Each platform's guard says whom it lets in. What is common is here: reading a body no further than is allowed, and
refusing so that the sender learns it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from http import HTTPStatus
from typing import Final, TypeVar

import structlog
from starlette.types import Receive, Scope, Send

MAX_BODY: Final = 2**20
"""Bytes. Slack's largest payloads, a view with its state, stay far below; a message in Teams has a tenth at most."""

READ_SECONDS: Final = 5.0
"""Time for a whole request to arrive. Slack gives up on us after 3."""

LINGER_SECONDS: Final = 10.0
"""Time for which a refused sender's rest is read and dropped, so that the refusal reaches it and no reset does."""

JSON: Final = b"application/json;charset=utf-8"
TEXT: Final = b"text/plain;charset=utf-8"

_log = structlog.get_logger(__name__)
_Let = TypeVar("_Let")


@dataclass(frozen=True, slots=True)
class Reply:
    """What goes back; nothing if `body` is empty."""

    body: bytes = b""
    content_type: bytes = TEXT
    status: HTTPStatus = HTTPStatus.OK


class RefusedError(Exception):
    """A request that is not let in. `reason` is for the log, and never what somebody sent."""

    def __init__(self, status: HTTPStatus, reason: str) -> None:
        super().__init__(reason)
        self.status = status
        self.reason = reason


class _HungUpError(Exception):
    """The sender left before its request was complete."""


class Body:
    """What the sender sends. Nothing of it is read before it is asked for."""

    def __init__(self, receive: Receive) -> None:
        self._receive = receive
        self._complete = False

    async def read(self, declared: bytes) -> bytes:
        """Read all of it, `declared` being the Content-Length header; stop where it becomes too large.

        Raises RefusedError: 413 beyond MAX_BODY, 401 if it is not there within READ_SECONDS.
        """
        try:
            async with asyncio.timeout(READ_SECONDS):
                return await self._read(declared)
        except TimeoutError as error:
            raise RefusedError(HTTPStatus.UNAUTHORIZED, "slow") from error

    async def drop(self) -> None:
        """Read the rest and forget it, for LINGER_SECONDS at most."""
        with suppress(TimeoutError, _HungUpError):
            async with asyncio.timeout(LINGER_SECONDS):
                while not self._complete:
                    await self._chunk()

    async def _read(self, declared: bytes) -> bytes:
        if declared.isdigit() and int(declared[:12]) > MAX_BODY:
            raise RefusedError(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "too_large")
        chunks: list[bytes] = []
        size = 0
        while not self._complete:
            chunk = await self._chunk()
            size += len(chunk)
            if size > MAX_BODY:
                raise RefusedError(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "too_large")
            chunks.append(chunk)
        return b"".join(chunks)

    async def _chunk(self) -> bytes:
        message = await self._receive()
        if message["type"] == "http.disconnect":
            raise _HungUpError
        self._complete = not message.get("more_body", False)
        chunk: bytes = message.get("body", b"")
        return chunk


async def answer(
    scope: Scope,
    receive: Receive,
    send: Send,
    *,
    let_in: Callable[[Scope, Body], Awaitable[_Let]],
    handler: Callable[[_Let], Awaitable[Reply]],
    refused: str,
    challenge: bytes | None = None,
) -> None:
    """Answer one request: with the handler's reply to what was let in, or with a refusal.

    `let_in` raises RefusedError. `refused` is what the log calls that; `challenge` is HTTP's word for what was missing,
    where it has one.
    """
    if scope["type"] != "http":
        reason = f"unexpected ASGI scope {scope['type']}"
        raise ValueError(reason)
    body = Body(receive)
    try:
        found = await let_in(scope, body)
    except RefusedError as error:
        _log.info(refused, status=int(error.status), reason=error.reason)
        await _refuse(error.status, challenge, body, send)
    except _HungUpError:
        return
    else:
        await _send(await handler(found), send)


async def _send(reply: Reply, send: Send) -> None:
    length = str(len(reply.body)).encode()
    headers = [(b"content-type", reply.content_type), (b"content-length", length)]
    await send({"type": "http.response.start", "status": int(reply.status), "headers": headers})
    await send({"type": "http.response.body", "body": reply.body})


async def _refuse(status: HTTPStatus, challenge: bytes | None, rest: Body, send: Send) -> None:
    body = status.phrase.encode()
    headers = [
        (b"content-type", TEXT),
        (b"content-length", str(len(body)).encode()),
        (b"connection", b"close"),
    ]
    if status is HTTPStatus.METHOD_NOT_ALLOWED:
        headers.append((b"allow", b"POST"))
    if status is HTTPStatus.UNAUTHORIZED and challenge:
        headers.append((b"www-authenticate", challenge))
    await send({"type": "http.response.start", "status": int(status), "headers": headers})
    # The answer is whole before the rest is read: a sender of 64 MiB learns it at once.
    await send({"type": "http.response.body", "body": body, "more_body": True})
    await rest.drop()
    await send({"type": "http.response.body", "body": b""})
