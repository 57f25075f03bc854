"""The whole bot as its operator runs it, between a signed request and a Slack Web API on this machine."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import httpx
from slack_sdk.signature import SignatureVerifier

from tests.servers.slack_api import PATIENCE_S
from tests.servers.slack_world import TEAM, TOKEN

ROOT = Path(__file__).parents[2]
SECRET = "a-signing-secret-of-the-tests"


@dataclass
class Served:
    """A running bot."""

    process: asyncio.subprocess.Process
    http: httpx.AsyncClient
    log: bytearray = field(default_factory=bytearray)
    """What it logs once it serves; complete when it has been left."""

    async def signed(self, fields: dict[str, str], method: str = "POST") -> httpx.Response:
        """Send a form as Slack does."""
        body = urlencode(fields)
        at = str(int(time.time()))
        signature = SignatureVerifier(SECRET).generate_signature(timestamp=at, body=body)
        headers = {
            "Content-Type": "application/x-www-form-urlencoded",
            "X-Slack-Request-Timestamp": at,
            "X-Slack-Signature": signature or "",
        }
        return await self.http.request(method, "/slack/events", content=body, headers=headers)

    async def command(
        self, text: str, *, user: str = "U2", trigger: str = "1.1.a", channel: str = "C1"
    ) -> dict[str, Any]:
        """Type `/kudos …` and give the private answer."""
        answer = await self.signed(
            {
                "team_id": TEAM,
                "team_domain": "test",
                "channel_id": channel,
                "channel_name": "somewhere",
                "user_id": user,
                "user_name": user.lower(),
                "command": "/kudos",
                "text": text,
                "api_app_id": "A0KUDOS",
                "response_url": "http://127.0.0.1:9/none",
                "trigger_id": trigger,
            }
        )
        assert answer.status_code == 200, answer.text
        return answer.json() if answer.content else {}

    async def press(
        self, action: str, value: str, *, user: str, response_url: str, act: str = "1700000000.1"
    ) -> httpx.Response:
        """Press a button of a private answer."""
        container = {"type": "message", "message_ts": "1700000000.9", "channel_id": "C1", "is_ephemeral": True}
        button = {"type": "button", "action_id": action, "block_id": "b", "value": value, "action_ts": act}
        return await self.interaction(
            "block_actions",
            user=user,
            channel={"id": "C1", "name": "somewhere"},
            container=container,
            response_url=response_url,
            trigger_id=f"trigger.{act}",
            actions=[button],
        )

    async def submit(self, view: dict[str, Any], values: dict[str, Any], *, user: str) -> dict[str, Any]:
        """Send in a form that was opened, filled in by `values`: block id to what its element holds."""
        state = {"values": {block: {"value": value} for block, value in values.items()}}
        trigger = f"trigger.{view['id']}"
        answer = await self.interaction("view_submission", user=user, view=view | {"state": state}, trigger_id=trigger)
        assert answer.status_code == 200, answer.text
        return answer.json() if answer.content else {}

    async def interaction(self, kind: str, *, user: str, **more: Any) -> httpx.Response:
        """Send in what somebody did with something of ours."""
        payload = {
            "type": kind,
            "team": {"id": TEAM, "domain": "test"},
            "user": {"id": user, "team_id": TEAM},
            "api_app_id": "A0KUDOS",
            **more,
        }
        return await self.signed({"payload": json.dumps(payload)})

    async def kill(self) -> None:
        """End it as a power cut does."""
        self.process.kill()
        await self.process.wait()

    async def stop(self) -> int:
        """Stop it as an orchestrator does, and give its exit code."""
        if self.process.returncode is None:
            self.process.send_signal(signal.SIGTERM)
        return await self.process.wait()


def house_rules(database_url: str, api_url: str) -> dict[str, str]:
    """Give the environment in which the bot runs here."""
    env = {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "TMPDIR") if name in os.environ}
    return env | {
        "DATABASE_URL": database_url,
        "SECRET_KEY": "x" * 40,
        "SLACK_BOT_TOKEN": TOKEN,
        "SLACK_SIGNING_SECRET": SECRET,
        "SLACK_API_URL": api_url,
        "PORT": "0",
        "LOG_FORMAT": "json",
    }


@asynccontextmanager
async def served(database_url: str, api_url: str, **environment: str) -> AsyncIterator[Served]:
    """Run `python -m kudos serve` until leaving."""
    env = house_rules(database_url, api_url) | environment
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "kudos", "serve", cwd=ROOT, env=env, stderr=asyncio.subprocess.PIPE
    )
    address = await _address(process)
    async with httpx.AsyncClient(base_url=address, timeout=30) as http:
        bot = Served(process, http)
        reading = asyncio.create_task(_drained(process, bot.log))
        try:
            yield bot
        finally:
            await bot.stop()
            await reading


async def _address(process: asyncio.subprocess.Process) -> str:
    assert process.stderr
    said = []
    async with asyncio.timeout(PATIENCE_S):
        while line := await process.stderr.readline():
            said.append(line.decode())
            event = json.loads(line) if line.startswith(b"{") else {}
            if event.get("event") == "serving":
                return str(event["address"])
    raise AssertionError("".join(said))


async def _drained(process: asyncio.subprocess.Process, into: bytearray) -> None:
    assert process.stderr
    while piece := await process.stderr.read(65536):
        into += piece
