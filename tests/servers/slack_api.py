"""A Slack Web API on 127.0.0.1 that is as strict as Slack's, remembers every call, and fails when told to.

In a test: `async with running() as slack:` and look at `slack.posts`, `slack.calls`, `slack.views`; `slack.fail(…)`
injects faults. As a program: `python -m tests.servers.slack_api --port P` and the same over HTTP under `/_control/`.

Two messages with one `client_msg_id` are both taken: Slack does not document that it would merge them, so nothing of
ours may rely on it.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any

from aiohttp import web

from tests.servers import slack_methods, slack_world
from tests.servers.slack_methods import RefusedError

PATIENCE_S = 60
"""How long a test waits for what has to come. Far longer than it takes: how fast a machine is proves nothing."""


class Kind(StrEnum):
    """How a call goes wrong."""

    RATE_LIMITED = "rate_limited"  # 429 with Retry-After `seconds`; nothing is done
    SERVER_ERROR = "server_error"  # 500; nothing is done
    GARBAGE = "garbage"  # 200 with a page of HTML; nothing is done
    ERROR = "error"  # 200 with ok: false and `error`; nothing is done
    DROP_BEFORE = "drop_before"  # the connection closes; nothing is done
    DROP_AFTER = "drop_after"  # the connection closes; the call was carried out
    HANG_BEFORE = "hang_before"  # no answer for `seconds`; nothing is done
    HANG_AFTER = "hang_after"  # no answer for `seconds`; the call was carried out
    SLOW = "slow"  # carried out and answered after `seconds`


@dataclass
class Fault:
    """One fault: for `method` (or `*`), skipping `after` calls, then `count` times."""

    method: str
    kind: Kind
    count: int = 1
    after: int = 0
    seconds: float = 30.0
    error: str = "internal_error"


@dataclass
class Call:
    """One call as it came in. `outcome` is `ok`, Slack's error code, or the fault's kind. `at` is monotonic seconds."""

    method: str
    token: str
    arguments: dict[str, Any]
    at: float = field(default_factory=time.monotonic)
    outcome: str = "pending"


class SlackApi:
    """The server. `workspace` holds what the bot did; calls and faults are here."""

    def __init__(self) -> None:
        self.workspace = slack_methods.Workspace()
        self.calls: list[Call] = []
        self.faults: list[Fault] = []
        self.url = ""
        self._released = asyncio.Event()
        self._changed = asyncio.Condition()
        self._runner: web.AppRunner | None = None

    @property
    def api_url(self) -> str:
        """What `SLACK_API_URL` and slack_sdk's `base_url` want."""
        return f"{self.url}/api/"

    @property
    def posts(self) -> list[dict[str, Any]]:
        """Messages that stand, in the order they were posted, each with its `channel` and `key`."""
        return self.workspace.posts()

    @property
    def views(self) -> list[dict[str, Any]]:
        """Modals opened and updated, oldest first."""
        return self.workspace.views

    @property
    def responses(self) -> list[dict[str, Any]]:
        """What was sent to response URLs, each with the URL's `name`."""
        return self.workspace.responses

    def key_counts(self) -> dict[str, int]:
        """Count the messages ever posted by the key in their metadata, deleted ones too."""
        return dict(Counter(message["key"] for message in self.workspace.accepted if message["key"]))

    def called(self, method: str) -> list[Call]:
        """Give the calls of one method."""
        return [call for call in self.calls if call.method == method]

    def fail(self, method: str, kind: Kind | str, **more: Any) -> None:
        """Make the next calls of a method (`*`: any) fail; `more` as in `Fault`."""
        self.faults.append(Fault(method, Kind(kind), **more))

    def heal(self) -> None:
        """Forget all faults and let hanging calls go."""
        self.faults.clear()
        self._released.set()
        self._released = asyncio.Event()

    async def until(self, condition: Callable[[], bool]) -> None:
        """Wait until a condition on what was called or posted holds. Raises TimeoutError."""
        await asyncio.sleep(0)  # lets others go on even where the condition holds already
        async with asyncio.timeout(PATIENCE_S), self._changed:
            await self._changed.wait_for(condition)

    def response_url(self, name: str = "r1") -> str:
        """Give a response URL; what is posted there ends up in `responses`."""
        return f"{self.url}/response/{name}"

    async def start(self, port: int = 0) -> None:
        """Listen on 127.0.0.1; port 0 takes a free one."""
        app = web.Application(client_max_size=4 * 2**20)
        app.router.add_route("*", "/api/{method}", self._api)
        app.router.add_post("/response/{name}", self._response)
        app.router.add_get("/_control/{what}", self._inspect)
        app.router.add_post("/_control/{what}", self._control)
        self._runner = web.AppRunner(app, shutdown_timeout=0.2, access_log=None)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", port)
        await site.start()
        address = self._runner.addresses[0]
        self.url = f"http://{address[0]}:{address[1]}"

    async def stop(self) -> None:
        """Stop listening and drop what hangs."""
        self.heal()
        if self._runner:
            await self._runner.cleanup()
            self._runner = None

    def _fault(self, method: str) -> Fault | None:
        for fault in self.faults:
            if fault.method not in {"*", method}:
                continue
            if fault.after > 0:
                fault.after -= 1
                continue
            fault.count -= 1
            if fault.count <= 0:
                self.faults.remove(fault)
            return fault
        return None

    async def _api(self, request: web.Request) -> web.StreamResponse:
        arguments = await _arguments(request)
        token = request.headers.get("Authorization", "").removeprefix("Bearer ") or arguments.pop("token", "")
        call = Call(request.match_info["method"], token, arguments)
        self.calls.append(call)
        await self._notify()
        fault = self._fault(call.method)
        answer = self._answer(call) if fault is None else await self._failing(request, call, fault)
        await self._notify()
        return answer

    async def _notify(self) -> None:
        async with self._changed:
            self._changed.notify_all()

    def _answer(self, call: Call) -> web.Response:
        try:
            body = self.workspace.call(call.method, call.token, call.arguments)
        except RefusedError as refused:
            call.outcome = refused.code
            return web.json_response(refused.body())
        call.outcome = "ok"
        return web.json_response({"ok": True} | body)

    async def _failing(self, request: web.Request, call: Call, fault: Fault) -> web.StreamResponse:
        if fault.kind in {Kind.DROP_AFTER, Kind.HANG_AFTER}:
            self._answer(call)
        call.outcome = fault.kind.value
        if fault.kind in {Kind.HANG_BEFORE, Kind.HANG_AFTER, Kind.SLOW}:
            await self._wait(fault.seconds)
        if fault.kind is Kind.SLOW:
            return self._answer(call)
        if (answer := _wrong_answer(fault)) is not None:
            return answer
        if request.transport:
            request.transport.abort()
        return web.Response(status=503)

    async def _wait(self, seconds: float) -> None:
        released = self._released
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(released.wait(), seconds)

    async def _response(self, request: web.Request) -> web.Response:
        try:
            self.workspace.respond(request.match_info["name"], await request.json())
        except RefusedError as refused:
            return web.json_response(refused.body(), status=refused.status)
        return web.Response(text="ok")

    async def _inspect(self, request: web.Request) -> web.Response:
        shown: dict[str, Any] = {
            "calls": [asdict(call) for call in self.calls],
            "posts": self.posts,
            "accepted": self.workspace.accepted,
            "keys": self.key_counts(),
            "views": self.views,
            "responses": self.responses,
        }
        what = request.match_info["what"]
        if what not in shown:
            raise web.HTTPNotFound
        return web.json_response(shown[what])

    async def _control(self, request: web.Request) -> web.Response:
        body = await request.json() if request.can_read_body else {}
        match request.match_info["what"]:
            case "faults":
                self.fail(body.pop("method"), body.pop("kind"), **body)
            case "heal":
                self.heal()
            case "users":
                self.workspace.users[body["id"]] = body
            case "channels":
                self.workspace.channels[body["id"]] = slack_world.Channel(**body)
            case "reset":
                self.heal()
                self.workspace = slack_methods.Workspace()
                self.calls.clear()
            case _:
                raise web.HTTPNotFound
        return web.json_response({"ok": True})


def _wrong_answer(fault: Fault) -> web.Response | None:
    match fault.kind:
        case Kind.RATE_LIMITED:
            headers = {"Retry-After": str(int(fault.seconds))}
            return web.json_response({"ok": False, "error": "ratelimited"}, status=429, headers=headers)
        case Kind.SERVER_ERROR:
            return web.Response(status=500, text="Internal Server Error")
        case Kind.GARBAGE:
            return web.Response(text="<html>Slack is down</html>", content_type="text/html")
        case Kind.ERROR:
            return web.json_response({"ok": False, "error": fault.error})
        case _:
            return None


async def _arguments(request: web.Request) -> dict[str, Any]:
    arguments: dict[str, Any] = dict(request.query)
    if request.content_type == "application/json":
        with contextlib.suppress(json.JSONDecodeError):
            arguments |= await request.json()
    else:
        arguments |= {name: value for name, value in (await request.post()).items() if isinstance(value, str)}
    return arguments


@contextlib.asynccontextmanager
async def running(port: int = 0) -> AsyncIterator[SlackApi]:
    """Run the server for a while."""
    server = SlackApi()
    await server.start(port)
    try:
        yield server
    finally:
        await server.stop()


async def _serve(port: int) -> None:
    async with running(port) as server:
        print(server.url, flush=True)  # noqa: T201 - the program's answer: where it listens
        await asyncio.Event().wait()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=0)
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(_serve(parser.parse_args().port))
