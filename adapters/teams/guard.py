"""The door to Teams' requests: nothing behind it runs, and nothing is parsed, before the token holds.

What it lets through is an activity of this tenant that Microsoft vouches for. It takes the place of botbuilder's own
check, which answers 500 where it should say 401 and holds everybody up while it fetches keys.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from http import HTTPStatus
from typing import Final, Protocol
from urllib.parse import urlsplit

from starlette.types import Receive, Scope, Send

from adapters.door import Body, RefusedError, Reply, answer
from adapters.settings import is_loopback
from adapters.teams.activity import TEAMS, Activity, UnreadableActivityError, read
from adapters.teams.tokens import Claims, InvalidTokenError

_FORWARDED: Final = (b"x-forwarded-for", b"x-forwarded-host", b"x-real-ip", b"forwarded", b"via")


class Checks(Protocol):
    """What tells good tokens from others."""

    async def check(self, token: str) -> Claims:
        """Give what a token says. Raises InvalidTokenError."""
        ...


Handler = Callable[[Activity], Awaitable[Reply]]


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
        await answer(
            scope,
            receive,
            send,
            let_in=self._let_in,
            handler=self._handler,
            refused="teams_request_refused",
            challenge=b"Bearer",
        )

    async def _let_in(self, scope: Scope, body: Body) -> Activity:
        if scope["method"] != "POST":
            raise RefusedError(HTTPStatus.METHOD_NOT_ALLOWED, "method")
        claims = await self._claims(scope)
        raw = await body.read(b"".join(_values(scope, b"content-length")))
        try:
            activity = read(raw)
        except UnreadableActivityError as error:
            raise RefusedError(HTTPStatus.BAD_REQUEST, str(error)) from error
        if claims is None:
            _only_here(activity)
        else:
            try:
                claims.vouch_for(activity.service_url, activity.channel_id)
            except InvalidTokenError as error:
                raise RefusedError(HTTPStatus.UNAUTHORIZED, error.reason) from error
            if activity.channel_id != TEAMS:
                raise RefusedError(HTTPStatus.UNAUTHORIZED, "channel")
        if self._tenant is not None and (activity.tenant or "").casefold() != self._tenant.casefold():
            raise RefusedError(HTTPStatus.UNAUTHORIZED, "tenant")
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
            raise RefusedError(HTTPStatus.UNAUTHORIZED, "not_from_here")
        if kind.lower() != "bearer" or not token or self._tokens is None:
            raise RefusedError(HTTPStatus.UNAUTHORIZED, "no_token")
        try:
            return await self._tokens.check(token)
        except InvalidTokenError as error:
            raise RefusedError(HTTPStatus.UNAUTHORIZED, error.reason) from error


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
        raise RefusedError(HTTPStatus.UNAUTHORIZED, "origin")
    kind, _, _ = b",".join(_values(scope, b"content-type")).partition(b";")
    if kind.strip().lower() != b"application/json":
        raise RefusedError(HTTPStatus.UNAUTHORIZED, "content_type")


def _only_here(activity: Activity) -> None:
    """Answer an emulator only where it is: anything else would carry our words to an address anybody named."""
    if not is_loopback(_host(activity.service_url or "")):
        raise RefusedError(HTTPStatus.UNAUTHORIZED, "service_url")


def _host(url: str) -> str:
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""
