"""The door to Slack's requests: nothing behind it runs, and nothing is parsed, before the signature holds.

It stands ahead of Bolt because Bolt parses first and checks then: an unsigned 64 MiB form held a server for half a
minute, and odd headers became 500s. What it lets through is a parsed body of bounded size and depth; as what is
behind it is no ASGI app and takes only a `Verified`, it cannot be mounted without the guard.
"""

from __future__ import annotations

import asyncio
import hmac
import re
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import unquote_plus

import msgspec
import structlog
from starlette.types import Receive, Scope, Send

MAX_BODY: Final = 2**20
"""Bytes. Slack's largest payloads, a view with its state, stay far below."""

MAX_AGE: Final = 300
"""Seconds that a time stamp may be off, either way: Slack's own advice against replay."""

MAX_DEPTH: Final = 64
"""Nesting of a payload. A message quoting messages with rich text stays under 30."""

MAX_FIELDS: Final = 100
"""Fields of a form. A slash command has about fifteen."""

READ_SECONDS: Final = 5.0
"""Time for a whole request to arrive. Slack gives up on us after 3."""

LINGER_SECONDS: Final = 10.0
"""Time for which a refused sender's rest is read and dropped, so that the refusal reaches it and no reset does."""

_TIMESTAMP: Final = re.compile(rb"[0-9]{1,12}")
_SIGNATURE: Final = re.compile(rb"v0=[0-9a-f]{64}")

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Verified:
    """The body of a request that Slack signed, as a form's fields or the JSON that came."""

    body: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Reply:
    """What goes back: JSON, or plain text, or nothing. A `status` other than 200 asks Slack to send it again."""

    body: bytes = b""
    content_type: bytes = b"text/plain;charset=utf-8"
    status: HTTPStatus = HTTPStatus.OK


Handler = Callable[[Verified], Awaitable[Reply]]


class _RefusedError(Exception):
    def __init__(self, status: HTTPStatus) -> None:
        super().__init__(status.phrase)
        self.status = status


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
            raise _RefusedError(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
        chunks: list[bytes] = []
        size = 0
        while not self.complete:
            chunk = await self._chunk()
            size += len(chunk)
            if size > MAX_BODY:
                raise _RefusedError(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
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
    """An ASGI app for one path. `now` gives Unix time in seconds.

    401: not signed by Slack, too old, or never complete. 413: more than MAX_BODY. 405: signed, but no POST. 400:
    signed, but not something Slack sends. To what a person did the handler's answer is a 200, as Slack shows people
    anything else as a failure of the app.
    """

    def __init__(self, signing_secret: str, handler: Handler, now: Callable[[], float] = time.time) -> None:
        if not signing_secret:
            reason = "a guard without a secret guards nothing"
            raise ValueError(reason)
        self._secret = signing_secret.encode()
        self._handler = handler
        self._now = now

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            reason = f"unexpected ASGI scope {scope['type']}"
            raise ValueError(reason)
        body = _Body(receive)
        try:
            verified = await self._verify(scope, body)
        except _RefusedError as refused:
            _log.info("slack_request_refused", status=int(refused.status))
            await _refuse(refused.status, body, send)
        except _GoneError:
            return
        else:
            await _send(await self._handler(verified), send)

    async def _verify(self, scope: Scope, body: _Body) -> Verified:
        headers = _headers(scope)
        timestamp, signature = headers[b"x-slack-request-timestamp"], headers[b"x-slack-signature"]
        if not (_TIMESTAMP.fullmatch(timestamp) and _SIGNATURE.fullmatch(signature)):
            raise _RefusedError(HTTPStatus.UNAUTHORIZED)
        if abs(self._now() - int(timestamp)) > MAX_AGE:
            raise _RefusedError(HTTPStatus.UNAUTHORIZED)
        try:
            async with asyncio.timeout(READ_SECONDS):
                raw = await body.read(headers[b"content-length"])
        except TimeoutError as error:
            raise _RefusedError(HTTPStatus.UNAUTHORIZED) from error
        expected = hmac.digest(self._secret, b"v0:" + timestamp + b":" + raw, "sha256").hex()
        if not hmac.compare_digest(b"v0=" + expected.encode(), signature):
            raise _RefusedError(HTTPStatus.UNAUTHORIZED)
        if scope["method"] != "POST":
            raise _RefusedError(HTTPStatus.METHOD_NOT_ALLOWED)
        try:
            return Verified(parse(raw))
        except ValueError as error:
            raise _RefusedError(HTTPStatus.BAD_REQUEST) from error


def parse(raw: bytes) -> dict[str, Any]:
    """Read a body: a JSON object, a form, or a form whose `payload` is a JSON object. Raises ValueError."""
    if raw.startswith(b"{"):
        return _json_object(raw)
    fields = _form(raw.decode())
    return _json_object(fields["payload"].encode()) if "payload" in fields else fields


def _form(text: str) -> dict[str, Any]:
    """Read a form. Every kudos is one, and the standard library's reader takes three times as long."""
    if text.count("&") >= MAX_FIELDS:
        reason = "too many fields"
        raise ValueError(reason)
    pairs = [pair.partition("=") for pair in text.split("&") if pair]
    fields = {_field(name): _field(value) for name, _, value in pairs}
    if len(fields) != len(pairs):
        reason = "a field is given twice"
        raise ValueError(reason)
    return fields


def _field(text: str) -> str:
    return unquote_plus(text, errors="strict") if "%" in text or "+" in text else text


def _json_object(raw: bytes) -> dict[str, Any]:
    try:
        found = msgspec.json.decode(raw, type=dict[str, Any])
    except (msgspec.DecodeError, RecursionError) as error:
        reason = "not a JSON object"
        raise ValueError(reason) from error
    level: list[Any] = [found]
    for _ in range(MAX_DEPTH):
        level = [inner for outer in level for inner in (outer.values() if isinstance(outer, dict) else outer)]
        level = [value for value in level if isinstance(value, dict | list)]
        if not level:
            return found
    reason = "nested too deep"
    raise ValueError(reason)


class _Headers(dict[bytes, bytes]):
    def __missing__(self, key: bytes) -> bytes:
        return b""


def _headers(scope: Scope) -> _Headers:
    """Collect the headers; one that comes twice is as good as none, since who reads which would differ."""
    headers = _Headers()
    twice = set()
    for name, value in scope["headers"]:
        if name in headers:
            twice.add(name)
        headers[name] = value
    for name in twice:
        headers[name] = b""
    return headers


async def _send(reply: Reply, send: Send) -> None:
    length = str(len(reply.body)).encode()
    headers = [(b"content-type", reply.content_type), (b"content-length", length)]
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
    await send({"type": "http.response.start", "status": int(status), "headers": headers})
    # The answer is whole before the rest is read: a sender of 64 MiB learns it at once.
    await send({"type": "http.response.body", "body": body, "more_body": True})
    await rest.drop()
    await send({"type": "http.response.body", "body": b""})
