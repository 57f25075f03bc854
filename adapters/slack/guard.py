"""The door to Slack's requests: nothing behind it runs, and nothing is parsed, before the signature holds.

It stands ahead of Bolt because Bolt parses first and checks then: an unsigned 64 MiB form held a server for half a
minute, and odd headers became 500s. What it lets through is a parsed body of bounded size and depth; as what is
behind it is no ASGI app and takes only a `Verified`, it cannot be mounted without the guard.
"""

from __future__ import annotations

import hmac
import re
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import unquote_plus

import msgspec
from starlette.types import Receive, Scope, Send

from adapters.door import Body, RefusedError, Reply, answer

MAX_AGE: Final = 300
"""Seconds that a time stamp may be off, either way: Slack's own advice against replay."""

MAX_DEPTH: Final = 64
"""Nesting of a payload. A message quoting messages with rich text stays under 30."""

MAX_FIELDS: Final = 100
"""Fields of a form. A slash command has about fifteen."""

_TIMESTAMP: Final = re.compile(rb"[0-9]{1,12}")
_SIGNATURE: Final = re.compile(rb"v0=[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Verified:
    """The body of a request that Slack signed, as a form's fields or the JSON that came."""

    body: dict[str, Any]


Handler = Callable[[Verified], Awaitable[Reply]]


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
        await answer(scope, receive, send, let_in=self._verify, handler=self._handler, refused="slack_request_refused")

    async def _verify(self, scope: Scope, body: Body) -> Verified:
        headers = _headers(scope)
        timestamp, signature = headers[b"x-slack-request-timestamp"], headers[b"x-slack-signature"]
        if not (_TIMESTAMP.fullmatch(timestamp) and _SIGNATURE.fullmatch(signature)):
            raise RefusedError(HTTPStatus.UNAUTHORIZED, "no_signature")
        if abs(self._now() - int(timestamp)) > MAX_AGE:
            raise RefusedError(HTTPStatus.UNAUTHORIZED, "too_old")
        raw = await body.read(headers[b"content-length"])
        expected = hmac.digest(self._secret, b"v0:" + timestamp + b":" + raw, "sha256").hex()
        if not hmac.compare_digest(b"v0=" + expected.encode(), signature):
            raise RefusedError(HTTPStatus.UNAUTHORIZED, "signature")
        if scope["method"] != "POST":
            raise RefusedError(HTTPStatus.METHOD_NOT_ALLOWED, "method")
        try:
            return Verified(parse(raw))
        except ValueError as error:
            raise RefusedError(HTTPStatus.BAD_REQUEST, "unreadable") from error


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
