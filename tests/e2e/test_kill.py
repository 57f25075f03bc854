"""Two hundred messages, and a delivery worker that is killed again and again: all arrive, none twice, none lost."""

from __future__ import annotations

import asyncio
import os
import random
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.delivery.model import State
from bot.identity import AccountRef, ConversationRef, Platform, Target, WorkspaceRef
from tests.outbox_bench import SqlBench, opened, rows
from tests.servers import slack_api
from tests.servers.slack_api import SlackApi
from tests.servers.slack_world import BOT_USER, TEAM, Channel

ROOT = Path(__file__).parents[2]
WORKSPACE = WorkspaceRef(Platform.SLACK, TEAM)
CHANNELS = [f"C1{number:02}" for number in range(48)]
PEOPLE = ["U1", "U2"]
OUTSIDE = CHANNELS[::3]
"""Channels that the bot has not been in before."""

KILLS = 5


@asynccontextmanager
async def worker(database_url: str, slack: SlackApi, name: str) -> AsyncIterator[None]:
    """Run a worker, and kill it on leaving."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "tests.e2e.delivery_worker",
        database_url,
        slack.api_url,
        name,
        cwd=ROOT,
        env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"},
        stdout=asyncio.subprocess.DEVNULL,
    )
    try:
        yield
        assert process.returncode is None, "the worker ended by itself"
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


async def all_sent(bench: SqlBench) -> None:
    while sum((await bench.queue.counts()).values()):  # noqa: ASYNC110 another process does it
        await asyncio.sleep(0.05)


async def more_posts(slack: SlackApi, number: int) -> None:
    goal = len(slack.called("chat.postMessage")) + number
    while len(slack.called("chat.postMessage")) < goal:  # noqa: ASYNC110 another process makes them
        await asyncio.sleep(0.002)


@pytest.mark.parametrize("database", ["sqlite_url", "postgres_url"])
async def test_every_message_arrives_once_although_the_worker_is_killed(
    database: str, request: pytest.FixtureRequest
) -> None:
    """Each post takes the server a moment, so that every kill finds calls sent, carried out or not yet either."""
    database_url = request.getfixturevalue(database)
    moments = random.Random(f"kill {database}")  # noqa: S311 the same moments in every run
    targets: list[Target] = [ConversationRef(WORKSPACE, channel) for channel in CHANNELS] * 4
    targets += [AccountRef(WORKSPACE, person) for person in PEOPLE] * 4
    begin = datetime.now(UTC) - timedelta(seconds=1)
    async with slack_api.running() as slack, opened(database_url) as bench, asyncio.timeout(300):
        for channel in CHANNELS:
            members = [] if channel in OUTSIDE else [BOT_USER]
            slack.workspace.channels[channel] = Channel(channel, channel.lower(), members=members)
        slack.fail("chat.postMessage", slack_api.Kind.SLOW, seconds=0.04, count=100_000)
        put = [
            row
            for number, target in enumerate(targets)
            for row in rows(bench.organisation, [target], at=begin + timedelta(microseconds=number))
        ]
        assert len(put) == 200
        await bench.put_all(put)
        in_doubt = 0
        for kill in range(KILLS):
            async with worker(database_url, slack, f"worker {kill}"):
                await more_posts(slack, moments.randint(1, 30))
                await asyncio.sleep(moments.uniform(0, 0.1))
            in_doubt += (await bench.queue.counts())[State.SENDING]
        assert in_doubt > 0, "no kill met a message on its way"
        async with worker(database_url, slack, "the last worker"):
            await all_sent(bench)
        assert slack.key_counts() == {row["key"]: 1 for row in put}
        for channel in CHANNELS:
            said = [post["key"] for post in slack.posts if post["channel"] == channel]
            assert said == [row["key"] for row in put if row["target_id"] == channel]
