"""Keeps other web pages away from a chat without passwords: only this machine's names, only its own pages' posts."""

from __future__ import annotations

from typing import Final
from urllib.parse import urlsplit

from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

LOOPBACK: Final = frozenset({"127.0.0.1", "localhost", "[::1]"})
"""Names a browser may call this machine by. Any other name means that a page elsewhere pointed its own name here."""

MOST_BODY: Final = 64 * 1024
"""Bytes of a post. The longest form is a few kilobytes."""

_HEADERS: Final = {
    "Content-Security-Policy": (
        "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self' data:; object-src 'none'; "
        "base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    # Not "no-referrer": with that, browsers send the origin of a page's own posts as "null".
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
}


class Guard:
    """ASGI middleware for the local chat's routes."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Refuse what does not come from here; forbid pages to run or load anything foreign."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        refusal = _refusal(Request(scope))
        if refusal is not None:
            await refusal(scope, receive, send)
            return

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in _HEADERS.items():
                    headers[name] = value
            await send(message)

        await self._app(scope, receive, with_headers)


def _refusal(request: Request) -> PlainTextResponse | None:
    host = request.headers.get("host", "")
    if _name(host) not in LOOPBACK:
        return PlainTextResponse("The local chat answers on this machine's own names only.\n", 403)
    if request.method in ("GET", "HEAD"):
        return None
    origin = request.headers.get("origin")
    site = request.headers.get("sec-fetch-site")
    # Every browser of these years sends one of the two with a post; a program that sends neither is not a browser.
    if (origin is not None and urlsplit(origin).netloc != host) or site not in (None, "same-origin"):
        return PlainTextResponse("Posts are taken from the chat's own pages only.\n", 403)
    length = request.headers.get("content-length", "")
    if not length.isdecimal() or int(length) > MOST_BODY:
        return PlainTextResponse("Too much.\n", 413)
    return None


def _name(host: str) -> str:
    return host if host.endswith("]") else host.rpartition(":")[0] or host
