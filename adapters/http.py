"""The web application around the platforms' routes, and the server that runs it.

Every answer passes `Front`: it adds the security headers, times the answer, and turns an unexpected exception into a
500 that carries nothing but a reference, under which the log has the rest.
"""

from __future__ import annotations

import asyncio
import contextlib
import secrets
import signal
import socket
import threading
import time
from collections.abc import Awaitable, Callable, Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from typing import Final

import structlog
import uvicorn
from starlette.middleware.exceptions import ExceptionMiddleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Mount, Route, Router
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from adapters.observability import PrometheusMetrics

Check = Callable[[], Awaitable[str | None]]
"""Says why something is not ready, or None if it is."""

Lifespan = Callable[[], AbstractAsyncContextManager[None]]
"""What is entered before anything is served, and left after the last answer."""

READINESS_LIMIT: Final = 2.0
"""Seconds that a readiness check may take. Load balancers commonly wait 5 for the whole answer."""

SHUTDOWN_LIMIT: Final = 25.0
"""Seconds from the signal to the end. Kubernetes and Docker Compose kill after 30 and 10 unless told otherwise."""

REQUESTS_LIMIT: Final = 10
"""Seconds of those for requests in flight; the rest is left for deliveries in flight and the database."""

KEEP_ALIVE: Final = 75
"""Seconds. Longer than the idle time of common proxies (60), so that they close first and never meet a closed door."""

_POLICY: Final = (
    b"default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; form-action 'self'; "
    b"frame-ancestors 'none'"
)

_HEADERS: Final = (
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"same-origin"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"content-security-policy", _POLICY),
)
"""Sent unless an answer has its own."""

_log = structlog.get_logger(__name__)


class CannotListenError(Exception):
    """The address cannot be listened on. Its text is one sentence for the operator."""


class Streams:
    """The event streams that are open. They have no end of their own, and a shutdown does not wait for them."""

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[object]] = set()
        self.ending = False

    def add(self, task: asyncio.Task[object] | None) -> None:
        """Note a task that has begun a stream."""
        if task:
            self._tasks.add(task)
            if self.ending:
                task.cancel()

    def forget(self, task: asyncio.Task[object] | None) -> bool:
        """Forget a task, and say whether it had begun a stream."""
        known = task in self._tasks
        if task:
            self._tasks.discard(task)
        return known

    def end(self) -> None:
        """End all of them, for good."""
        self.ending = True
        for task in self._tasks:
            task.cancel()


class Front:
    """What every HTTP request passes first."""

    def __init__(self, app: ASGIApp, names: Mapping[int, str], metrics: PrometheusMetrics, lifespan: Lifespan) -> None:
        self._app = app
        self._names = names
        self._metrics = metrics
        self.lifespan = lifespan
        self.streams = Streams()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on and its answer back."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        task = asyncio.current_task()
        came = time.perf_counter()
        begun = False

        async def answer(message: Message) -> None:
            nonlocal begun
            if message["type"] == "http.response.start":
                begun = True
                self._observe(scope, message["status"], time.perf_counter() - came)
                headers = dict(message.get("headers", ()))
                if headers.get(b"content-type", b"").startswith(b"text/event-stream"):
                    self.streams.add(task)
                message["headers"] = [
                    *message.get("headers", ()),
                    *[header for header in _HEADERS if header[0] not in headers],
                ]
            await send(message)

        try:
            await self._app(scope, receive, answer)
        except ClientDisconnect:
            _log.info("client_left", path=scope["path"])
        except asyncio.CancelledError:
            if not (self.streams.forget(task) and self.streams.ending and task):
                raise
            task.uncancel()
            await send({"type": "http.response.body", "body": b"", "more_body": False})
        except Exception:
            reference = secrets.token_hex(3).upper()
            _log.exception("request_failed", reference=reference, method=scope["method"], path=scope["path"])
            if begun:
                raise  # half an answer is out: the server cuts the connection, which is all that can be said
            await JSONResponse({"error": "unexpected", "reference": reference}, 500)(scope, receive, answer)
        finally:
            self.streams.forget(task)

    def _observe(self, scope: Scope, status: int, seconds: float) -> None:
        route = self._names.get(id(scope.get("endpoint")), "other")
        self._metrics.observe("kudos_http_seconds", seconds, route=route, status=str(status))


def create_app(
    *,
    routes: Sequence[BaseRoute],
    lifespan: Lifespan,
    readiness: Mapping[str, Check],
    metrics: PrometheusMetrics,
    allowed_hosts: Sequence[str] | None = None,
    measure: Callable[[], Awaitable[None]] | None = None,
) -> Front:
    """Make the application: the platforms' routes beside /healthz, /readyz and /metrics.

    `allowed_hosts` are the only names it answers to (against pages elsewhere that point a name of theirs at this
    machine); None is any. `measure` sets the gauges before they are read.
    """

    async def health(_: Request) -> Response:
        return JSONResponse({"status": "ok"})

    async def ready(_: Request) -> Response:
        found = dict(zip(readiness, await asyncio.gather(*map(_checked, readiness.values())), strict=True))
        missing = {name: reason for name, reason in found.items() if reason}
        state = {"ready": not missing, "checks": {name: reason or "ok" for name, reason in found.items()}}
        return JSONResponse(state, 503 if missing else 200)

    async def measured(_: Request) -> Response:
        if measure:
            try:
                async with asyncio.timeout(READINESS_LIMIT):
                    await measure()
            except Exception:  # noqa: BLE001 - the counters are worth having whatever keeps the gauges away
                _log.exception("gauges_not_read")
        return Response(metrics.exposition(), media_type="text/plain; version=0.0.4; charset=utf-8")

    every = [Route("/healthz", health), Route("/readyz", ready), Route("/metrics", measured), *routes]
    app = _past_the_router(dict(_doors(routes)), ExceptionMiddleware(Router(every)))
    if allowed_hosts is not None:
        app = TrustedHostMiddleware(app, allowed_hosts=list(allowed_hosts), www_redirect=False)
    return Front(app, dict(_names(every)), metrics, lifespan)


def _past_the_router(doors: Mapping[str, Route], app: ASGIApp) -> ASGIApp:
    """Pass requests for `doors` (by their paths) straight to them, and all others to `app`.

    What platforms post to is the busy part, reads its requests raw and needs nothing that Starlette puts around it.
    """

    def pass_on(scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        door = doors.get(scope["path"]) if scope["type"] == "http" else None
        if door is None:
            return app(scope, receive, send)
        scope["endpoint"] = door.endpoint
        return door.app(scope, receive, send)

    return pass_on


def _doors(routes: Iterable[BaseRoute]) -> Iterator[tuple[str, Route]]:
    """Give the routes that are one path and an app of its own, asked whatever the method. No other has their paths."""
    for route in routes:
        if isinstance(route, Route) and route.methods is None and not route.param_convertors:
            yield route.path, route


async def _checked(check: Check) -> str | None:
    try:
        async with asyncio.timeout(READINESS_LIMIT):
            return await check()
    except TimeoutError:
        return f"no answer within {READINESS_LIMIT:g} seconds"
    except Exception as error:  # noqa: BLE001 - whatever it is, it is the answer to "are you ready"
        _log.exception("readiness_check_failed")
        return type(error).__name__


def _names(routes: Iterable[BaseRoute], prefix: str = "") -> Iterator[tuple[int, str]]:
    """Give each endpoint's path as declared. By identity: some endpoints cannot be hashed."""
    for route in routes:
        match route:
            case Route():
                yield id(route.endpoint), prefix + route.path
            case Mount():
                yield id(route.app), prefix + route.path
                yield from _names(route.routes, prefix + route.path)


class _Server(uvicorn.Server):
    def __init__(self, config: uvicorn.Config, started: Callable[[], None]) -> None:
        super().__init__(config)
        self._tell = started

    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        """Leave the signals alone: `serve` decides what they mean."""
        yield

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start, and say so."""
        await super().startup(sockets)
        self._tell()


def listen(host: str, port: int) -> socket.socket:
    """Take the address. Raises CannotListenError."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family, backlog=2048)
    except OSError as error:
        message = f"HOST and PORT: cannot listen on {host}:{port} ({error.strerror}). Choose another PORT."
        raise CannotListenError(message) from None


async def serve(
    app: Front, host: str, port: int, stop: asyncio.Event, *, started: Callable[[str], None] = lambda _: None
) -> None:
    """Serve until `stop` is set or SIGTERM or SIGINT arrives, then end in order within SHUTDOWN_LIMIT.

    In order: accept nothing more, end event streams, finish the requests in flight, leave the application's lifespan.
    A second signal gives the requests up. `started` is called with the address once it is served.

    Raises CannotListenError, and whatever the lifespan raises.
    """
    with contextlib.closing(listen(host, port)) as sock:
        shown = f"[{host}]" if ":" in host else host
        address = f"http://{shown}:{sock.getsockname()[1]}"
        config = uvicorn.Config(
            app,
            lifespan="off",  # entered here, so that what it raises arrives where it can be told from the rest
            http="httptools",
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=False,
            timeout_keep_alive=KEEP_ALIVE,
            timeout_graceful_shutdown=REQUESTS_LIMIT,
        )
        server = _Server(config, lambda: started(address))
        lifespan = AsyncExitStack()
        await lifespan.enter_async_context(app.lifespan())
        ending = asyncio.create_task(_end_when(stop, server, app.streams))
        try:
            with _signals(stop, server):
                await server.serve(sockets=[sock])
        finally:
            ending.cancel()
            await _leave(lifespan)


async def _end_when(stop: asyncio.Event, server: uvicorn.Server, streams: Streams) -> None:
    await stop.wait()
    streams.end()
    server.should_exit = True


async def _leave(lifespan: AsyncExitStack) -> None:
    try:
        async with asyncio.timeout(SHUTDOWN_LIMIT - REQUESTS_LIMIT):
            await lifespan.aclose()
    except TimeoutError:
        _log.exception("shutdown_deadline_passed")


@contextlib.contextmanager
def _signals(stop: asyncio.Event, server: uvicorn.Server) -> Generator[None, None, None]:
    loop = asyncio.get_running_loop()

    def received() -> None:
        server.force_exit = stop.is_set()
        stop.set()

    numbers = (signal.SIGTERM, signal.SIGINT) if threading.current_thread() is threading.main_thread() else ()
    for number in numbers:
        loop.add_signal_handler(number, received)
    try:
        yield
    finally:
        for number in numbers:
            loop.remove_signal_handler(number)
