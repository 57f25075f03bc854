"""A supervisor in Slack: told of somebody, they recognise, snooze, say away, or not on my team, and are not told again.

The real process, between a signed request and a Slack Web API on this machine. What takes weeks is put into the
database before it begins.
"""

from __future__ import annotations

import copy
import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

import pytest
import sqlalchemy as sa

from bot.identity import ConversationRef, OrganisationId, PersonId, Platform, WorkspaceRef
from bot.people.model import Role
from bot.points.behaviours import default_behaviours
from bot.teams.model import TeamSettings
from bot.teams.scheduling import plan_nudges
from storage import tables
from storage.engine import Database
from storage.unit_of_work import UnitsOfWork
from storage.workplaces import SqlWorkplaces
from tests.e2e.slack_house import Served, served
from tests.factories import a_profile, a_recording
from tests.servers import slack_api
from tests.servers.slack_api import SlackApi
from tests.servers.slack_world import TEAM

HERE = WorkspaceRef(Platform.SLACK, TEAM)
SUPERVISOR = "U2"
AGENTS = {"U1": "Anna Berg", "U3": "Cleo Farrow", "U4": "Anna Ågren", "W5": "Dev Patel"}
SAID = "stayed with a caller for an hour until it was solved"
EVERY_DAY = frozenset(range(1, 8))
DAY = timedelta(days=1)


@pytest.fixture(params=["sqlite", "postgres"])
def database_url(request: pytest.FixtureRequest) -> str:
    url: str = request.getfixturevalue(f"{request.param}_url")
    return url


@pytest.fixture
async def slack() -> AsyncIterator[SlackApi]:
    async with slack_api.running() as api:
        for user in api.workspace.users.values():
            user["tz"], user["locale"] = where_it_is_noon(), "en-GB"
        yield api


@pytest.fixture
async def bot(database_url: str, slack: SlackApi) -> AsyncIterator[Served]:
    await a_month_ago(database_url)
    async with served(database_url, slack.api_url) as running:
        yield running


def where_it_is_noon() -> str:
    """Give a zone in which it is between twelve and one: nobody is told in quiet hours, whenever this is run."""
    ahead = 12 - datetime.now(UTC).hour
    return f"Etc/GMT{-ahead:+d}" if ahead else "Etc/GMT"


async def a_month_ago(url: str) -> None:
    """Have a team founded a month ago, of whom nobody was recognised by their supervisor, and a look be due."""
    now = datetime.now(UTC)
    database = Database.open(url)
    try:
        workplace = await SqlWorkplaces(database, default_behaviours()).connect(HERE, "Kudos", now)
        persons = await welcomed(database, workplace.organisation, now - 30 * DAY)
        roles = {persons[each]: Role.AGENT for each in AGENTS} | {persons[SUPERVISOR]: Role.SUPERVISOR}
        settings = TeamSettings("Phone", where_it_is_noon(), working_days=EVERY_DAY, digest_day=None)
        units = UnitsOfWork(database)
        async with units(workplace.organisation) as work:
            await work.teams.found(settings, roles, [ConversationRef(HERE, "C1")], now - 30 * DAY)
            await plan_nudges(work, [persons[SUPERVISOR]], now)
            await work.commit()
        async with units(workplace.organisation) as work:
            await work.kudos.record(
                a_recording(persons["U1"], persons["U3"], reason=SAID, at=now - 3 * DAY, outbox=False)
            )
    finally:
        await database.close()
    await look_now(url)


async def welcomed(database: Database, organisation: OrganisationId, at: datetime) -> dict[str, PersonId]:
    names = {SUPERVISOR: "Bo Ek"} | AGENTS
    profiles = [
        a_profile(account, name, workspace=HERE, timezone=where_it_is_noon()) for account, name in names.items()
    ]
    units = UnitsOfWork(database)
    async with units(organisation) as work:
        await work.people.welcome(profiles, at)
        await work.commit()
    async with units(organisation) as work:
        known = await work.people.colleagues([each.account for each in profiles])
    return {each.account.id: each.person for each in known}


async def in_database(url: str, *statements: sa.Executable) -> None:
    database = Database.open(url)
    try:
        async with database.writing() as connection:
            for statement in statements:
                await connection.execute(statement)
    finally:
        await database.close()


async def look_now(url: str) -> None:
    """Have the supervisor's look be due at once."""
    await in_database(url, sa.update(tables.schedules).values(next_at=datetime.now(UTC) - timedelta(minutes=1)))


async def three_weeks_later(url: str) -> None:
    """Let everything that was said of nudges be three weeks old, and have the next look be due."""
    nudges, outbox = tables.nudges, tables.outbox
    database = Database.open(url)
    try:
        async with database.reading() as connection:
            told = (await connection.execute(sa.select(nudges.c.id, nudges.c.sent_at))).all()
    finally:
        await database.close()
    await in_database(
        url,
        *(
            sa.update(nudges).where(nudges.c.id == row.id).values(sent_at=row.sent_at - 21 * DAY, message_key="before")
            for row in told
        ),
        sa.update(outbox)
        .where(outbox.c.subject.like("nudge:%"))
        .values(subject=sa.literal("before:") + outbox.c.subject, key=sa.literal("before:") + outbox.c.key),
    )
    await look_now(url)


class Told:
    """What a supervisor has in their direct chat with the bot, and what they do there."""

    def __init__(self, bot: Served, slack: SlackApi) -> None:
        self.bot = bot
        self.slack = slack
        self._acts = count(1)

    @property
    def nudges(self) -> list[dict[str, Any]]:
        return [each for each in self.slack.posts if each["key"].removeprefix("before:").startswith("nudge:")]

    async def until_told(self, times: int = 1) -> dict[str, Any]:
        await self.slack.until(lambda: len(self.nudges) >= times)
        assert len(self.nudges) == times
        return copy.deepcopy(self.nudges[-1])

    async def press(self, message: dict[str, Any], label: str, about: str) -> None:
        """Press the button of this label in the part of the message about somebody."""
        act = next(self._acts)
        button = button_about(message, label, about)
        action = {"type": "button", "block_id": "b", "action_ts": f"1700000000.{act}"}
        payload = {
            "type": "block_actions",
            "channel": {"id": message["channel"], "name": "directmessage"},
            "container": {"type": "message", "message_ts": message["ts"], "channel_id": message["channel"]},
            "trigger_id": f"press.{act}",
            "actions": [action | {"action_id": button["action_id"], "value": button["value"]}],
        }
        await self._acts_on(payload)

    async def fill(self, **values: str) -> dict[str, Any]:
        """Send in the form that was opened last, with these texts and whatever it began with; give the answer."""
        view = self.slack.views[-1]
        state = {
            block["block_id"]: {"value": _given(block["element"], values.get(block["block_id"]))}
            for block in view["blocks"]
            if block["type"] == "input"
        }
        view = {**view, "state": {"values": state}}
        return await self._acts_on({"type": "view_submission", "trigger_id": f"fill.{next(self._acts)}", "view": view})

    async def _acts_on(self, payload: dict[str, Any]) -> dict[str, Any]:
        common = {"team": {"id": TEAM, "domain": "test"}, "user": {"id": SUPERVISOR, "team_id": TEAM}}
        answer = await self.bot.signed({"payload": json.dumps(common | {"api_app_id": "A0KUDOS"} | payload)})
        assert answer.status_code == 200, answer.text
        return answer.json() if answer.content else {}


def _given(element: dict[str, Any], text: str | None) -> dict[str, Any]:
    match element["type"]:
        case "multi_users_select":
            return {"type": "multi_users_select", "selected_users": element.get("initial_users", [])}
        case "plain_text_input":
            return {"type": "plain_text_input", "value": text or element.get("initial_value")}
        case "checkboxes" | "multi_static_select" as kind:
            return {"type": kind, "selected_options": element.get("initial_options", [])}
        case kind:
            return {"type": kind, "selected_option": element.get("initial_option")}


def button_about(message: dict[str, Any], label: str, about: str) -> dict[str, Any]:
    """Find a button in the part of a message, up to the next rule, that names somebody."""
    part: list[dict[str, Any]] = []
    for block in [*message["blocks"], {"type": "divider"}]:
        if block["type"] != "divider":
            part.append(block)
            continue
        buttons = [each for one in part if one["type"] == "actions" for each in one["elements"]]
        found = [each for each in buttons if each["text"]["text"] == label]
        if found and f"recognised {about} in" in read(part):
            return found[0]
        part = []
    raise AssertionError(shown(message))


def shown(message: dict[str, Any]) -> str:
    return read(message["blocks"])


def read(thing: Any) -> str:
    """Everything that can be read in blocks, in order."""
    if isinstance(thing, list):
        return "".join(read(each) for each in thing)
    if isinstance(thing, dict):
        text = thing.get("text")
        inside = (value for name, value in thing.items() if name in {"elements", "text"} and not isinstance(value, str))
        return (text if isinstance(text, str) else "") + "".join(read(each) for each in inside)
    return ""


async def test_recognise_opens_the_filled_form_and_the_nudge_is_done(
    bot: Served, slack: SlackApi, database_url: str
) -> None:
    """The nudge with what others said, the form filled with the person, the kudos, the nudge changed, no second one."""
    here = Told(bot, slack)
    nudge = await here.until_told()
    assert nudge["channel"] == f"D{SUPERVISOR}"
    assert f"Anna Berg: {SAID}" in shown(nudge)
    await here.press(nudge, "Recognise", "Cleo Farrow")
    assert slack.views[-1]["blocks"][0]["element"]["initial_users"] == ["U3"]
    await here.fill(reason="kept a promise to a customer over three shifts")
    await slack.until(lambda: "You have recognised Cleo Farrow." in shown(here.nudges[0]))
    left = shown(here.nudges[0])
    assert "recognised Cleo Farrow in" not in left
    assert "You haven't recognised Anna Berg in 30 days." in left
    told = [post for post in slack.posts if post["key"].startswith("kudos:")]
    assert sorted(post["channel"] for post in told) == ["C1", "DU3"]
    assert len(here.nudges) == 1
    # Weeks later the others are brought up again, and Cleo is not.
    await three_weeks_later(database_url)
    second = shown(await here.until_told(2))
    assert "recognised Anna Berg in" in second
    assert "recognised Dev Patel in" in second
    assert "Cleo" not in second


async def test_snooze_away_and_not_on_my_team_are_noted_in_place_and_hold(
    bot: Served, slack: SlackApi, database_url: str
) -> None:
    """Each press shows what happened where the button was, twice is harmless, and none of them is brought up again."""
    here = Told(bot, slack)
    nudge = await here.until_told()
    for _ in range(2):
        await here.press(nudge, "Snooze a week", "Anna Berg")
        assert "You will not be told about Anna Berg before" in shown(here.nudges[0])
        assert "recognised Cleo Farrow in" in shown(here.nudges[0])
    await here.press(nudge, "Away until…", "Cleo Farrow")
    day = (datetime.now(UTC) + 60 * DAY).date().isoformat()
    refused = await here.fill(until="whenever it suits")
    assert refused["response_action"] == "errors"
    confirmed = await here.fill(until=day)
    assert "Cleo Farrow is away until" in read(confirmed["view"]["blocks"])
    await slack.until(lambda: "Cleo Farrow is away until" in shown(here.nudges[0]))
    await here.press(nudge, "Not on my team", "Anna Ågren")
    assert "Anna Ågren is not on a team of yours any more." in shown(here.nudges[0])
    assert "recognised" not in shown(here.nudges[0])
    await three_weeks_later(database_url)
    second = shown(await here.until_told(2))
    assert "recognised Dev Patel in" in second
    assert not [name for name in ("Anna Berg", "Cleo Farrow", "Anna Ågren") if f"recognised {name}" in second]


async def test_who_is_recognised_before_it_is_sent_is_left_out(slack: SlackApi, database_url: str) -> None:
    """While Slack takes no messages, the supervisor recognises somebody by themselves: that part is never sent."""
    await a_month_ago(database_url)
    slack.fail("chat.postMessage", "rate_limited", count=2, seconds=3)
    async with served(database_url, slack.api_url) as bot:
        here = Told(bot, slack)
        await slack.until(lambda: bool(slack.called("chat.postMessage")))
        receipt = await bot.command("<@U3> kept a promise to a customer", user=SUPERVISOR)
        assert "You recognised" in json.dumps(receipt)
        nudge = shown(await here.until_told())
    assert "recognised Anna Berg in" in nudge
    assert "Cleo" not in nudge


async def test_nobody_but_the_supervisor_sees_or_answers(bot: Served, slack: SlackApi) -> None:
    """It is in their direct chat and nowhere else, and asking for one's nudges is for supervisors."""
    here = Told(bot, slack)
    await here.until_told()
    assert {post["channel"] for post in slack.posts} == {f"D{SUPERVISOR}"}
    own = json.dumps(await bot.command("nudges", user=SUPERVISOR))
    assert "you were told on" in own
    assert "Dev Patel" in own
    assert "for supervisors" in json.dumps(await bot.command("nudges", user="U3"))
