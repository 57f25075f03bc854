"""The pretended Slack as a program of its own, asked and directed over HTTP."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

import aiohttp

from tests.servers.slack_api import running
from tests.servers.slack_world import TOKEN

ROOT = Path(__file__).parent.parent.parent
MARKED = {"event_type": "kudos_message", "event_payload": {"key": "k1"}}


async def test_it_tells_another_process_what_was_posted_and_fails_when_told_to():
    command = [sys.executable, "-m", "tests.servers.slack_api"]
    process = await asyncio.create_subprocess_exec(*command, cwd=ROOT, stdout=asyncio.subprocess.PIPE)
    try:
        assert process.stdout is not None
        url = (await process.stdout.readline()).decode().strip()
        async with aiohttp.ClientSession(url, headers={"Authorization": f"Bearer {TOKEN}"}) as session:
            await session.post("/_control/faults", json={"method": "chat.postMessage", "kind": "rate_limited"})
            message = {"channel": "C1", "text": "hello", "metadata": MARKED}
            refused = await session.post("/api/chat.postMessage", json=message)
            taken = await session.post("/api/chat.postMessage", json=message)
            keys = await (await session.get("/_control/keys")).json()
            calls = await (await session.get("/_control/calls")).json()
            assert (refused.status, taken.status) == (429, 200)
            assert keys == {"k1": 1}
            assert [call["outcome"] for call in calls] == ["rate_limited", "ok"]
    finally:
        process.terminate()
        await process.wait()


async def test_a_response_url_takes_five_answers():
    async with running() as slack, aiohttp.ClientSession() as session:
        for n in range(6):
            async with session.post(slack.response_url("r1"), json={"text": f"answer {n}"}) as answer:
                assert answer.status == (404 if n == 5 else 200)
        assert [response["text"] for response in slack.responses] == [f"answer {n}" for n in range(5)]
