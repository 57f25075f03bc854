"""A digest falls due in a bot that serves Slack: it arrives once, with its thread and its picture, and can be moved.

The real process, between a signed request and a Slack Web API on this machine, which refuses what Slack refuses. What
takes a week is put into the database before it begins.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, time, timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest
import sqlalchemy as sa

from bot.identity import ConversationRef, Platform, WorkspaceRef
from bot.people.model import Role
from bot.points.behaviours import default_behaviours
from bot.teams.model import TeamSettings
from bot.teams.scheduling import plan_digest
from storage import tables
from storage.engine import Database
from storage.unit_of_work import UnitsOfWork
from storage.workplaces import SqlWorkplaces
from tests.block_judges import judge_message
from tests.e2e.slack_house import Served, served
from tests.factories import a_profile, a_recording
from tests.servers import slack_api
from tests.servers.slack_api import SlackApi
from tests.servers.slack_world import TEAM

HERE = WorkspaceRef(Platform.SLACK, TEAM)
SUPERVISOR = "U2"
NAMES = {"U2": "Bo Ek", "U1": "Anna Berg", "U3": "Cleo Farrow", "U4": "Anna Ågren", "W5": "Dev Patel"}
KUDOS = 60
ZONE = "Europe/Stockholm"
PUBLIC = "https://kudos.example"


@pytest.fixture(params=["sqlite", "postgres"])
def database_url(request: pytest.FixtureRequest) -> str:
    url: str = request.getfixturevalue(f"{request.param}_url")
    return url


@pytest.fixture
async def slack() -> AsyncIterator[SlackApi]:
    async with slack_api.running() as api:
        yield api


async def a_week_ago(url: str, kudos: int, *, due: bool) -> None:
    """Have a team that was given kudos in the last days, and its digest be due now or in three days."""
    now = datetime.now(UTC)
    database = Database.open(url)
    try:
        workplace = await SqlWorkplaces(database, default_behaviours()).connect(HERE, "Kudos", now)
        units = UnitsOfWork(database)
        profiles = [a_profile(account, name, workspace=HERE) for account, name in NAMES.items()]
        async with units(workplace.organisation) as work:
            await work.people.welcome(profiles, now - timedelta(days=30))
            await work.commit()
        async with units(workplace.organisation) as work:
            known = await work.people.colleagues([each.account for each in profiles])
            persons = {each.account.id: each.person for each in known}
            roles = {
                person: Role.SUPERVISOR if account == SUPERVISOR else Role.AGENT for account, person in persons.items()
            }
            # Never due by itself while this runs.
            day = (now + timedelta(days=3)).isoweekday()
            settings = TeamSettings("Phone", ZONE, digest_day=day, digest_time=time(9, 0))
            home = ConversationRef(HERE, "C1")
            team_id = await work.teams.found(settings, roles, [home], now - timedelta(days=30))
            team = await work.teams.team(team_id)
            assert team is not None
            await plan_digest(work, team, now)
            await work.commit()
        agents = [account for account in NAMES if account != SUPERVISOR]
        for number in range(kudos):
            giver, receiver = agents[number % 4], agents[(number + 1 + number // 4 % 3) % 4]
            async with units(workplace.organisation) as work:
                await work.kudos.record(
                    a_recording(
                        persons[giver],
                        persons[receiver],
                        team=team_id,
                        reason=f"solved case number {number} with care",
                        at=now - timedelta(hours=20) + timedelta(minutes=number),
                        limit=100_000,
                        outbox=False,
                    )
                )
        if due:
            async with database.writing() as connection:
                late = now - timedelta(minutes=1)
                await connection.execute(sa.update(tables.schedules).values(next_at=late))
    finally:
        await database.close()


def digest_posts(slack: SlackApi) -> list[dict[str, Any]]:
    return [each for each in slack.posts if each["key"].startswith("digest:")]


def said(message: dict[str, Any]) -> str:
    return json.dumps(message["blocks"], ensure_ascii=False)


async def test_a_digest_arrives_once_with_everyone_in_it(database_url: str, slack: SlackApi):
    await a_week_ago(database_url, KUDOS, due=True)
    async with served(database_url, slack.api_url, PUBLIC_URL=PUBLIC) as bot:
        await slack.until(lambda: len(digest_posts(slack)) >= 1 + (KUDOS - 10) // 10)
        first, *rest = digest_posts(slack)

        assert first["channel"] == "C1"
        assert {each["thread_ts"] for each in (first, *rest)} == {first["ts"]}
        assert "The week in Phone" in said(first)
        everything = "".join(map(said, (first, *rest)))
        for number in range(KUDOS):
            assert everything.count(f"solved case number {number} with care") == 1
        for message in (first, *rest):
            judge_message(message)
        await the_picture_is_served(bot, first)

        # What is taken back is gone from where everyone reads it.
        answer = await bot.command("undo", user="U1")
        assert "tagit tillbaka" in json.dumps(answer)
        gone = f"solved case number {KUDOS - 4} with care"
        await slack.until(lambda: gone not in "".join(map(said, digest_posts(slack))))
    async with served(database_url, slack.api_url) as bot:
        await bot.command("help")
    assert len({each["key"] for each in digest_posts(slack)}) == len(digest_posts(slack)) == 1 + len(rest)


async def the_picture_is_served(bot: Served, message: dict[str, Any]) -> None:
    [image] = [block for block in message["blocks"] if block["type"] == "image"]
    address = urlsplit(image["image_url"])
    assert f"{address.scheme}://{address.netloc}" == PUBLIC
    picture = await bot.http.get(address.path)
    assert picture.status_code == 200
    assert picture.content.startswith(b"\x89PNG")
    assert f" {KUDOS}." in image["alt_text"]
    assert (await bot.http.get(address.path.replace(".png", "A.png"))).status_code == 404


async def test_a_supervisor_looks_at_the_next_one_and_skips_it(database_url: str, slack: SlackApi):
    await a_week_ago(database_url, 3, due=False)
    async with served(database_url, slack.api_url) as bot:
        answer = await bot.command("digest", user=SUPERVISOR)
        shown = json.dumps(answer["blocks"], ensure_ascii=False)
        assert "Only you can see this" in shown
        assert "solved case number 2 with care" in shown
        assert "Kudos in the weeks from" in shown
        [skip] = [
            button
            for block in answer["blocks"]
            if block["type"] == "actions"
            for button in block["elements"]
            if button["text"]["text"] == "Skip this one"
        ]
        response_url = slack.response_url()
        await bot.press(skip["action_id"], skip["value"], user=SUPERVISOR, response_url=response_url)
        await slack.until(lambda: bool(slack.responses))
        assert "That digest is skipped." in json.dumps(slack.responses[-1])

        refused = await bot.command("digest", user="U1", trigger="2.2.b")
        assert not [block for block in refused["blocks"] if block["type"] == "actions"]
    assert not digest_posts(slack)
