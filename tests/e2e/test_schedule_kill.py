"""Five hundred teams fall due, with four workers of which one is killed again and again: everybody hears once.

What is killed is `python -m kudos worker` itself, by SIGKILL, while it decides and while it delivers: a digest for each
team, and a nudge for each team's supervisor.
"""

from __future__ import annotations

import asyncio
import random
import sys
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from bot.delivery.model import State
from bot.identity import AccountRef, ConversationRef, OrganisationId, Platform, WorkspaceRef
from bot.people.model import Role
from bot.points.behaviours import default_behaviours
from bot.ports import Profile
from bot.teams.model import NudgeWishes, TeamSettings
from bot.teams.scheduling import plan_digest, plan_nudges
from storage import tables
from storage.delivery import SqlDeliveryQueue
from storage.engine import Database
from storage.schedules import SqlDueSchedules
from storage.unit_of_work import UnitsOfWork
from storage.workplaces import SqlWorkplaces
from tests.e2e.slack_house import ROOT, house_rules
from tests.servers import slack_api
from tests.servers.slack_api import SlackApi
from tests.servers.slack_world import BOT_USER, TEAM, Channel, user

WORKSPACE = WorkspaceRef(Platform.SLACK, TEAM)
TEAMS = 500
CHANNELS = [f"C{number}" for number in range(1000, 1000 + TEAMS)]
SUPERVISORS = [f"U1{number}" for number in range(1000, 1000 + TEAMS)]
AGENTS = [f"U2{number}" for number in range(1000, 1000 + TEAMS)]

WORKERS = 4
KILLS = 10
EVERY = 2 * TEAMS // (KILLS + 1)
"""How many posts are between two kills: they are spread over all that happens."""

MINUTE = timedelta(minutes=1)
NOW = datetime.now(UTC).replace(second=0, microsecond=0)
ZONE = f"Etc/GMT{NOW.hour - 12:+}"
"""Where it is noon: workers go by the real time, and nobody is told anything at night."""


class Crew:
    """Workers on one database. What they log goes to a file."""

    def __init__(self, database_url: str, slack: SlackApi, log: Path) -> None:
        self._environment = house_rules(database_url, slack.api_url) | {"DELIVERY_LEASE_SECONDS": "2"}
        self._log = log
        self._processes: list[asyncio.subprocess.Process] = []

    async def hire(self) -> None:
        with self._log.open("ab") as log:
            self._processes.append(
                await asyncio.create_subprocess_exec(
                    sys.executable, "-m", "kudos", "worker", cwd=ROOT, env=self._environment, stderr=log
                )
            )

    async def kill(self, which: int = 0) -> None:
        process = self._processes.pop(which)
        assert process.returncode is None, self._log.read_text()
        process.kill()
        await process.wait()

    async def disband(self) -> None:
        for process in self._processes:
            if process.returncode is None:
                process.kill()
            await process.wait()


@asynccontextmanager
async def crew(database_url: str, slack: SlackApi, log: Path) -> AsyncIterator[Crew]:
    """Have four workers, and none on leaving."""
    crew = Crew(database_url, slack, log)
    try:
        for _ in range(WORKERS):
            await crew.hire()
        yield crew
    finally:
        await crew.disband()


def open_for_business(slack: SlackApi) -> None:
    """Have a channel and a supervisor for each team, and let every post take the server a moment."""
    for channel in CHANNELS:
        slack.workspace.channels[channel] = Channel(channel, channel.lower(), members=[BOT_USER])
    for person in SUPERVISORS:
        slack.workspace.users[person] = user(person, f"Person {person}", tz=ZONE)
    slack.fail("chat.postMessage", slack_api.Kind.SLOW, seconds=0.04, count=100_000)


async def fall_due(database: Database) -> OrganisationId:
    """Found the teams as if a month ago, each with somebody whom nobody has recognised, and all due at this minute."""
    workplaces = SqlWorkplaces(database, default_behaviours())
    organisation = (await workplaces.connect(WORKSPACE, "Acme", NOW)).organisation
    accounts = [AccountRef(WORKSPACE, person) for person in SUPERVISORS + AGENTS]
    profiles = [
        Profile(each, f"Person {each.id}", email=f"{each.id}@kudos.example", timezone=ZONE) for each in accounts
    ]
    here = NOW.astimezone(ZoneInfo(ZONE))
    async with UnitsOfWork(database)(organisation) as work:
        await work.people.welcome(profiles, NOW)
        known = {each.account.id: each.person for each in await work.people.colleagues(accounts)}
        for channel, supervisor, agent in zip(CHANNELS, SUPERVISORS, AGENTS, strict=True):
            settings = TeamSettings(
                f"Team {channel}",
                ZONE,
                working_days=frozenset(range(1, 8)),
                digest_day=here.isoweekday(),
                digest_time=here.time(),
            )
            members = {known[supervisor]: Role.SUPERVISOR, known[agent]: Role.AGENT}
            homes = [ConversationRef(WORKSPACE, channel)]
            await work.teams.found(settings, members, homes, NOW - timedelta(days=30))
            await work.teams.wish(known[supervisor], NudgeWishes(at=here.time()))
        for team in await work.teams.all():
            await plan_digest(work, team, NOW - MINUTE)
        await plan_nudges(work, [known[supervisor] for supervisor in SUPERVISORS], NOW - MINUTE)
        await work.commit()
    return organisation


async def test_every_team_and_supervisor_hears_once_although_workers_are_killed(
    postgres_url: str, tmp_path: Path
) -> None:
    moments = random.Random("kill")  # noqa: S311 the same moments in every run
    database, log = Database.open(postgres_url), tmp_path / "log"
    due, queue = SqlDueSchedules(database), SqlDeliveryQueue(database)
    deciding = sending = 0
    async with slack_api.running() as slack, asyncio.timeout(600):
        open_for_business(slack)
        await fall_due(database)
        async with crew(postgres_url, slack, log) as workers:
            for kill in range(1, KILLS + 1):
                await slack.until(lambda goal=kill * EVERY: len(slack.workspace.accepted) >= goal)
                await asyncio.sleep(moments.uniform(0, 0.1))
                deciding += bool(await due.due(datetime.now(UTC), 1))
                sending += bool((await queue.counts())[State.SENDING])
                await workers.kill(moments.randrange(WORKERS))
                await workers.hire()
            while await due.due(datetime.now(UTC), 1) or sum((await queue.counts()).values()):  # noqa: ASYNC110 they do it
                await asyncio.sleep(0.1)
        async with database.reading() as connection:
            digests = (await connection.scalars(sa.select(tables.digests.c.team_id))).all()
            nudged = (await connection.scalars(sa.select(tables.nudges.c.person_id))).all()
            put = (await connection.scalars(sa.select(tables.outbox.c.key))).all()
        coming = await due.coming(3 * TEAMS)
    await database.close()
    assert deciding, "no kill met something still to be decided"
    assert sending, "no kill met a message on its way"
    assert len(digests) == len(set(digests)) == TEAMS
    people = [person for person in nudged if person is not None]
    assert len(people) == len(set(people)) == TEAMS
    assert len(put) == len(set(put)) == 2 * TEAMS
    assert slack.key_counts() == dict.fromkeys(put, 1)
    heard = Counter(post["channel"] for post in slack.posts)
    assert heard == dict.fromkeys([*CHANNELS, *(f"D{person}" for person in SUPERVISORS)], 1)
    assert Counter(due.at - NOW for due in coming) == {timedelta(days=7): TEAMS, timedelta(days=1): TEAMS}
    assert "schedule_failed" not in log.read_text()
