"""Five hundred teams fall due, and four workers of which one is killed again and again: each team hears once."""

from __future__ import annotations

import asyncio
import os
import random
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import sqlalchemy as sa

from bot.schedule.model import Kind, Rhythm, Schedule
from storage.schedules import SqlDueSchedules
from storage.tables import outbox
from storage.unit_of_work import UnitsOfWork
from tests.outbox_bench import SqlBench, opened
from tests.servers import slack_api
from tests.servers.slack_api import SlackApi
from tests.servers.slack_world import BOT_USER, Channel

ROOT = Path(__file__).parents[2]
TEAMS = 500
WORKERS = 4
KILLS = 10
EVERY = TEAMS // (KILLS + 1)
"""How many posts are between two kills: they are spread over everything that happens."""


class Crew:
    """Workers on one database. Whoever is killed is replaced at once."""

    def __init__(self, database_url: str, slack: SlackApi) -> None:
        self._arguments = (database_url, slack.api_url)
        self._processes: list[asyncio.subprocess.Process] = []
        self._hired = 0

    async def hire(self) -> None:
        self._hired += 1
        self._processes.append(
            await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                "tests.e2e.schedule_worker",
                *self._arguments,
                f"worker {self._hired}",
                cwd=ROOT,
                env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"},
                stdout=asyncio.subprocess.DEVNULL,
            )
        )

    async def kill(self, which: int) -> None:
        process = self._processes.pop(which)
        assert process.returncode is None, "the worker ended by itself"
        process.kill()
        await process.wait()

    async def disband(self) -> None:
        for process in self._processes:
            if process.returncode is None:
                process.kill()
            await process.wait()


@asynccontextmanager
async def crew(database_url: str, slack: SlackApi) -> AsyncIterator[Crew]:
    """Have four workers, and none on leaving."""
    crew = Crew(database_url, slack)
    try:
        for _ in range(WORKERS):
            await crew.hire()
        yield crew
        for _ in range(WORKERS):
            await crew.kill(0)
    finally:
        await crew.disband()


async def fall_due(bench: SqlBench, at: datetime) -> None:
    """Let teams fall due, now and in the next seconds, at that minute of every day from now on."""
    rhythm = Rhythm(at.time().replace(second=0, microsecond=0), frozenset(range(1, 8)), "UTC")
    async with UnitsOfWork(bench.database)(bench.organisation) as work:
        for number in range(TEAMS):
            due = at + timedelta(milliseconds=10 * number)
            await work.schedules.put(Schedule(Kind.DIGEST, UUID(int=number), rhythm, due))
        await work.commit()


async def posts(slack: SlackApi, number: int) -> None:
    while len(slack.posts) < number:  # noqa: ASYNC110 other processes make them
        await asyncio.sleep(0.005)


async def all_done(bench: SqlBench) -> None:
    due = SqlDueSchedules(bench.database)
    while await due.due(datetime.now(UTC), 1) or sum((await bench.queue.counts()).values()):  # noqa: ASYNC110 likewise
        await asyncio.sleep(0.05)


async def test_every_team_hears_once_although_workers_are_killed(postgres_url: str) -> None:
    """Each post takes the server a moment, and each schedule its handler: kills meet them begun, done or neither."""
    moments = random.Random("kill")  # noqa: S311 the same moments in every run
    async with slack_api.running() as slack, opened(postgres_url) as bench, asyncio.timeout(120):
        for number in range(TEAMS):
            slack.workspace.channels[f"C{number}"] = Channel(f"C{number}", f"team-{number}", members=[BOT_USER])
        slack.fail("chat.postMessage", slack_api.Kind.SLOW, seconds=0.04, count=100_000)
        now = datetime.now(UTC)
        async with crew(postgres_url, slack) as workers:
            await fall_due(bench, now)
            for kill in range(1, KILLS + 1):
                await posts(slack, kill * EVERY)
                await asyncio.sleep(moments.uniform(0, 0.1))
                await workers.kill(moments.randrange(WORKERS))
                await workers.hire()
            await all_done(bench)
        async with bench.database.reading() as connection:
            put = (await connection.scalars(sa.select(outbox.c.key))).all()
        assert sorted(put) == sorted(f"{number}:{now.date()}" for number in range(TEAMS))
        assert slack.key_counts() == dict.fromkeys(put, 1)
        assert sorted(post["channel"] for post in slack.posts) == sorted(f"C{number}" for number in range(TEAMS))
        coming = await SqlDueSchedules(bench.database).coming(TEAMS)
        assert {due.at for due in coming} == {now.replace(second=0, microsecond=0) + timedelta(days=1)}
