"""A Slack Web API written by others: npm's `emulate`, pinned in tests/judges, started through Node.

It is lenient (no limits, no Block Kit checks) and knows only POST with a form, so a shim in front of it turns every
call into one. That it accepts something proves little; that our calls mean to it what they mean to us proves more.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import socket
import tempfile
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
from aiohttp import web

from tests.requirements_here import require_judges, require_node

TOKEN = "xoxb-emulated"
PEOPLE = {"anna": "Anna Berg", "bo": "Bo Ek"}
CHANNEL = "phone-team"


@dataclass(frozen=True)
class Emulator:
    """The running emulator. `api_url` is the shim's."""

    api_url: str
    session: aiohttp.ClientSession

    async def call(self, method: str, **arguments: Any) -> dict[str, Any]:
        """Ask it something, as another client would."""
        headers = {"Authorization": f"Bearer {TOKEN}"}
        async with self.session.post(f"{self.api_url}{method}", data=arguments, headers=headers) as answer:
            body: dict[str, Any] = await answer.json()
            return body

    async def user(self, name: str) -> str:
        """Give a person's id."""
        members = (await self.call("users.list"))["members"]
        return next(str(member["id"]) for member in members if member["name"] == name)

    async def channel(self, name: str = CHANNEL) -> str:
        """Give a channel's id."""
        channels = (await self.call("conversations.list"))["channels"]
        return next(str(channel["id"]) for channel in channels if channel["name"] == name)

    async def messages(self, channel: str) -> list[dict[str, Any]]:
        """Give what stands in a conversation, newest first."""
        found: list[dict[str, Any]] = (await self.call("conversations.history", channel=channel))["messages"]
        return found


@contextlib.asynccontextmanager
async def emulated() -> AsyncIterator[Emulator]:
    """Run the emulator and its shim for a while."""
    node = require_node()
    program = require_judges() / "node_modules" / "emulate" / "dist" / "index.js"
    port = _free_port()
    with tempfile.TemporaryDirectory() as folder:
        seed = Path(folder) / "seed.json"
        seed.write_text(json.dumps(_seed()))
        options = ["start", "--service", "slack", "--port", str(port), "--seed", str(seed)]
        process = await asyncio.create_subprocess_exec(
            node, program, *options, cwd=folder, stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL
        )
        try:
            async with aiohttp.ClientSession() as session, _shim(f"http://127.0.0.1:{port}", session) as url:
                emulator = Emulator(url, session)
                await _answering(emulator, process)
                yield emulator
        finally:
            if process.returncode is None:
                process.terminate()
            await process.wait()


def _seed() -> dict[str, Any]:
    users = [{"name": name, "real_name": real, "email": f"{name}@kudos.example"} for name, real in PEOPLE.items()]
    return {
        "slack": {
            "team": {"name": "Kudos", "domain": "kudos"},
            "users": [{"name": "kudos", "real_name": "Kudos"}, *users],
            "channels": [{"name": CHANNEL}],
            "bots": [{"name": "kudos"}],
            "tokens": [{"token": TOKEN, "type": "bot", "user": "kudos"}],
        }
    }


def _free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


async def _answering(emulator: Emulator, process: asyncio.subprocess.Process) -> None:
    async with asyncio.timeout(30):
        while process.returncode is None:
            with contextlib.suppress(aiohttp.ClientError):
                if (await emulator.call("auth.test")).get("ok"):
                    return
            await asyncio.sleep(0.1)
    message = f"the emulator ended with {process.returncode}"
    raise RuntimeError(message)


@contextlib.asynccontextmanager
async def _shim(behind: str, session: aiohttp.ClientSession) -> AsyncIterator[str]:
    async def forward(request: web.Request) -> web.Response:
        arguments: dict[str, Any] = dict(request.query)
        if request.content_type == "application/json":
            given = await request.json()
            arguments |= {name: value if isinstance(value, str) else json.dumps(value) for name, value in given.items()}
        else:
            arguments |= await request.post()
        headers = {"Authorization": request.headers.get("Authorization", "")}
        try:
            async with session.post(f"{behind}{request.path}", data=arguments, headers=headers) as answer:
                return web.Response(status=answer.status, body=await answer.read(), content_type=answer.content_type)
        except aiohttp.ClientConnectionError:
            return web.Response(status=503)

    app = web.Application()
    app.router.add_route("*", "/api/{method}", forward)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    host, port = runner.addresses[0]
    try:
        yield f"http://{host}:{port}/api/"
    finally:
        await runner.cleanup()
