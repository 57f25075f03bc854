"""One bot that serves Slack and Teams: an administrator on each side makes them one organisation, and it is one.

The real process, between signed requests and activities, and a Slack Web API and a connector on this machine.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

import pytest
import sqlalchemy as sa

from storage import tables
from storage.doctor import examine
from storage.engine import Database
from tests.e2e.slack_house import Served, served
from tests.e2e.test_team_slack import as_it_stands
from tests.integration.test_msteams_supervisor import asked_back
from tests.msteams_cards import elements
from tests.msteams_house import of_form, words
from tests.servers import connector, slack_api
from tests.servers.connector import APP, CHANNEL, PASSWORD, TENANT, Post, Teams, aad, person
from tests.servers.slack_api import SlackApi

# In Slack: Bo Ek administers, Cleo Farrow is only there. In Teams: Bo Svensson administers, Cat Öberg is only there.
# Anna is in both, under one address: U1 in Slack, the first in Teams. So is Dev, whose address Teams tells only later.
ANNA, BO, CLEO, DEV = "U1", "U2", "U3", "W5"
ANNE, ADMIN, CAT, DEVA = 1, 2, 3, 7
SLACK_HOME = "C1"
REASON = "stayed with a caller until it was solved"


@dataclass
class City:
    """A bot between the two."""

    bot: Served
    slack: SlackApi
    teams: Teams
    url: str
    acts: Any = field(default_factory=lambda: count(1))

    async def types(self, user: str, text: str) -> str:
        """Type `/kudos …` in Slack; give what the answer says."""
        return json.dumps(await self.command(user, text), ensure_ascii=False)

    async def command(self, user: str, text: str) -> dict[str, Any]:
        return await self.bot.command(text, user=user, trigger=f"{next(self.acts)}.1.a", channel=SLACK_HOME)

    async def presses(self, user: str, answer: dict[str, Any], title: str) -> str:
        """Press a button of an answer in Slack; give what stands there then."""
        [button] = [
            each
            for block in answer["blocks"]
            if block["type"] == "actions"
            for each in block["elements"]
            if each["text"]["text"] == title
        ]
        before = len(self.slack.responses)
        address = self.slack.response_url(f"r{next(self.acts)}")
        act = f"1700000000.{next(self.acts)}"
        await self.bot.press(button["action_id"], button["value"], user=user, response_url=address, act=act)
        await self.slack.until(lambda: len(self.slack.responses) > before)
        return json.dumps(self.slack.responses[-1], ensure_ascii=False)

    async def sends(self, activity: dict[str, Any]) -> Any:
        """Send an activity as Teams does; give the answer."""
        headers = {"Authorization": f"Bearer {self.teams.token()}"}
        answer = await self.bot.http.post("/api/messages", json=activity, headers=headers)
        assert answer.status_code == 200, answer.text
        return answer.json() if answer.content else None

    async def says(self, by: int, text: str, conversation: str | None = None, *mentioned: int) -> Post:
        """Write to the bot in Teams; give its private answer."""
        chat = self.teams.personal(by)
        before = len(self.teams.standing(chat))
        await self.sends(self.teams.message(by, text, conversation, *mentioned))
        await eventually(lambda: len(self.teams.standing(chat)) > before)
        return self.teams.standing(chat)[-1]

    async def clicks(self, by: int, post: Post, action: dict[str, Any]) -> str:
        """Press a button of a card in one's own chat in Teams; give what stands there then."""
        value = {"action": {"type": "Action.Execute", "verb": action.get("verb"), "data": action["data"]}}
        invoke = self.teams.invoke(by, "adaptiveCard/action", value, replyToId=post.id)
        value = (await self.sends(invoke))["value"]
        return value if isinstance(value, str) else words(value)

    def is_told(self, whom: int, text: str) -> bool:
        """Say whether somebody's own chat with the bot in Teams has a text."""
        return any(text in words(each.card) for each in self.teams.standing(self.teams.personal(whom)))

    async def in_database(self, statement: sa.Executable) -> None:
        database = Database.open(self.url)
        try:
            async with database.writing() as connection:
                await connection.execute(statement)
        finally:
            await database.close()

    def shouted(self) -> tuple[list[str], list[str]]:
        """What stands in the team's channels, in Slack and in Teams."""
        there = [said(each) for each in self.slack.posts if each["channel"] == SLACK_HOME]
        return there, [words(each.card) for each in self.teams.standing(CHANNEL)]


def said(message: dict[str, Any]) -> str:
    return json.dumps(message["blocks"], ensure_ascii=False)


async def eventually(holds: Callable[[], bool]) -> None:
    """Wait until something is so."""
    async with asyncio.timeout(30):
        while not holds():  # noqa: ASYNC110 two servers are looked at, and not both tell of a change
            await asyncio.sleep(0.02)


def action(post: Post, title: str) -> dict[str, Any]:
    """Find a button of a card by its title."""
    return next(
        each for each in elements(post.card) if each["type"].startswith("Action.") and each.get("title") == title
    )


@pytest.fixture
async def slack() -> AsyncIterator[SlackApi]:
    async with slack_api.running() as api:
        api.workspace.users[BO]["is_admin"] = True
        for user in (ANNA, DEV):
            api.workspace.users[user] |= {"locale": "en-GB", "tz": "Europe/Stockholm"}
        yield api


@pytest.fixture
async def teams() -> AsyncIterator[Teams]:
    async with connector.running() as server:
        server.people[aad(ANNE)] |= {"name": "Anna Berg", "email": "U1@Kudos.Example"}
        server.join(person(DEVA, "Dev Patel", email="", userPrincipalName=""))
        yield server


@pytest.fixture(params=["sqlite_url", "postgres_url"])
async def city(request: pytest.FixtureRequest, slack: SlackApi, teams: Teams) -> AsyncIterator[City]:
    url: str = request.getfixturevalue(request.param)
    environment = {
        "TEAMS_APP_ID": APP,
        "TEAMS_APP_PASSWORD": PASSWORD,
        "TEAMS_TENANT_ID": TENANT,
        "TEAMS_LOGIN_URL": teams.url,
        "TEAMS_ADMINS": aad(ADMIN),
    }
    async with served(url, slack.api_url, **environment) as bot:
        found = City(bot, slack, teams, url)
        await found.sends(teams.activity("installationUpdate", ADMIN, CHANNEL, action="add-upgrade"))
        yield found
    assert b"act_failed" not in bot.log
    assert b"Traceback" not in bot.log
    database = Database.open(url)
    try:
        assert await examine(database) == []
    finally:
        await database.close()


async def test_one_organisation_on_both_platforms(city: City) -> None:
    await each_gives_on_their_own(city)
    code = await a_code_that_only_administrators_get_and_use(city)
    await it_is_shown_what_would_join_and_joins(city, code)
    await a_kudos_reaches_whoever_is_only_on_the_other_side(city)
    await an_address_that_is_told_later_makes_one_of_two(city)
    await the_team_gets_a_home_on_each_platform(city)
    await a_kudos_is_seen_on_both_and_taken_back_on_both(city)
    await the_digest_goes_to_both(city)


async def each_gives_on_their_own(city: City) -> None:
    """Before they are joined, nobody knows anybody of the other side, and Anna is two people."""
    assert "90 points" in await city.types(ANNA, f"<@{CLEO}> {REASON}")
    assert "90 points left" in words((await city.says(ANNE, f"@ {{0}} {REASON}", CHANNEL, CAT)).card)
    assert "I cannot find Cat here" in await city.types(BO, f"@Cat {REASON}")
    await eventually(lambda: all(len(each) == 1 for each in city.shouted()))


async def a_code_that_only_administrators_get_and_use(city: City) -> str:
    """Nobody else gets one, or uses one; what is wrong or over its time joins nothing and says no more than that."""
    assert "Only those who administer this workspace" in await city.types(CLEO, "link")
    code = await city.types(BO, "link")
    assert "An administrator of the workspace that is to join this one types there" in code
    typed = code.partition("/kudos link ")[2][:14]
    assert "Please ask Bo Ek" in await city.types(CLEO, "link")
    assert "Only those who administer this workspace" in words((await city.says(CAT, f"link {typed}")).card)

    await city.in_database(sa.update(tables.link_codes).values(until=datetime.now(UTC) - timedelta(seconds=1)))
    late = words((await city.says(ADMIN, f"link {typed}")).card)
    wrong = words((await city.says(ADMIN, "link 0000-0000-0000")).card)
    assert late == wrong
    assert wrong.startswith("That code does not work. It may be mistyped, used or over its time;")
    return (await city.types(BO, "link")).partition("/kudos link ")[2][:14]


async def it_is_shown_what_would_join_and_joins(city: City, code: str) -> None:
    """In Teams, in a channel: what the administrator asks there is answered to them alone."""
    shown = await city.says(ADMIN, f"@ link {code}", CHANNEL)
    text = words(shown.card)
    assert "What would join" in text
    assert "1 person: Anna Berg" in text
    assert "Cat Öberg" not in await city.types(BO, "team")
    join = asked_back(shown.card, action(shown, "Join"))
    await city.clicks(CAT, shown, join)
    assert "I cannot find Cat here" in await city.types(BO, f"@Cat {REASON}"), "nobody else joins them"

    assert "1 person is known on both sides." in await city.clicks(ADMIN, shown, join)
    assert "The workspaces are joined already." in await city.clicks(ADMIN, shown, join)
    used_up = words((await city.says(ADMIN, f"link {code}")).card)
    assert used_up.startswith("That code does not work.")
    await eventually(lambda: "The workspaces are joined already." in words(shown.card))


async def a_kudos_reaches_whoever_is_only_on_the_other_side(city: City) -> None:
    """From Slack to Teams and back; Anna's allowance is one, and she is told where she was named."""
    receipt = await city.types(ANNA, f"@Cat Öberg {REASON} #ownership +20")
    assert "60 points" in receipt, "10 in Slack, 10 in Teams and these 20 are of one allowance"
    await eventually(lambda: city.is_told(CAT, "20 points"))
    note = words(city.teams.standing(city.teams.personal(CAT))[-1].card)
    assert note.startswith("Anna Berg recognised you")
    assert REASON in note

    back = words((await city.says(ANNE, f"kudos Cleo Farrow {REASON} again")).card)
    assert "You recognised Cleo Farrow" in back
    assert "50 points left" in back
    await eventually(lambda: any(f"{REASON} again" in said(each) for each in city.slack.posts))
    [told] = [each for each in city.slack.posts if f"{REASON} again" in said(each)]
    assert told["channel"] != SLACK_HOME

    notes = len(city.teams.standing(city.teams.personal(ANNE)))
    await city.types(BO, f"<@{ANNA}> helped me with the new returns")
    await eventually(
        lambda: any("recognised you" in said(each) and "new returns" in said(each) for each in city.slack.posts)
    )
    mine = words((await city.says(ANNE, "me")).card)
    assert "10" in mine
    assert len(city.teams.standing(city.teams.personal(ANNE))) == notes + 1, "she was told once, in Slack"


async def an_address_that_is_told_later_makes_one_of_two(city: City) -> None:
    assert "90 points left" in words((await city.says(DEVA, f"kudos Cat Öberg {REASON}")).card)
    assert "90 points" in await city.types(DEV, f"private <@{CLEO}> {REASON}")
    city.teams.people[aad(DEVA)]["email"] = "w5@kudos.example"
    seen = [{"id": f"29:{DEVA}", "aadObjectId": aad(DEVA)}]
    await city.sends(city.teams.activity("conversationUpdate", ADMIN, CHANNEL, membersAdded=seen))
    assert "70 points" in await city.types(DEV, f"private <@{CLEO}> {REASON}")
    assert "Left to give: 70 of 100" in words((await city.says(DEVA, "me")).card)


async def the_team_gets_a_home_on_each_platform(city: City) -> None:
    """Anna sets it up in Teams, and then in Slack under the same name."""
    form = await city.says(ANNE, "@ setup", CHANNEL)
    (send,) = form.card["actions"]
    day = (datetime.now(UTC) + timedelta(days=3)).isoweekday()
    filled = of_form(form.card, name="Phone", digest_day=str(day), time_zone="Europe/Stockholm")
    assert "Phone is set up" in await city.clicks(ANNE, form, {**send, "data": filled})

    await city.command(ANNA, "setup")
    view = city.slack.views[-1]
    values = {block["block_id"]: as_it_stands(block["element"]) for block in view["blocks"] if "element" in block}
    values["name"]["value"] = "phone"
    answer = json.dumps(await city.bot.submit(view, values, user=ANNA), ensure_ascii=False)
    assert "Phone is changed" in answer
    assert '"text": "5"}, {"type": "text", "text": " people besides them' in answer, "Bo and Cleo, and those of Teams"


async def a_kudos_is_seen_on_both_and_taken_back_on_both(city: City) -> None:
    told = "found the lost parcel before lunch"

    def standing() -> list[bool]:
        return [any(told in each for each in side) for side in city.shouted()]

    receipt = await city.command(CLEO, f"@Cat Öberg {told}")
    assert "the team sees it in its channel" in said(receipt)
    await eventually(lambda: [*standing(), city.is_told(CAT, told)] == [True, True, True])
    assert "Taken back" in await city.presses(CLEO, receipt, "Undo")
    await eventually(lambda: [*standing(), city.is_told(CAT, told)] == [False, False, False])

    # From Teams as well, by a word.
    await city.says(CAT, f"@ {{0}} {told}", CHANNEL, ANNE)
    await eventually(lambda: standing() == [True, True])
    assert "Taken back" in words((await city.says(CAT, "undo")).card)
    await eventually(lambda: standing() == [False, False])


async def the_digest_goes_to_both(city: City) -> None:
    """Once to each, with what was given on either side; what is taken back then is gone from both."""
    there, here = "wrote down how the new returns work", "calmed a caller who had been passed around"
    await city.types(CLEO, f"<@{ANNA}> {there}")
    await city.says(CAT, f"@ {{0}} {here}", CHANNEL, ANNE)
    await it_is_some_minutes_later_and_the_digest_is_due(city)

    def digests() -> list[list[str]]:
        return [[each for each in side if "The week in Phone" in each] for side in city.shouted()]

    await eventually(lambda: [len(side) for side in digests()] == [1, 1])
    for [digest] in digests():
        assert there in digest
        assert here in digest
    assert "Taken back" in words((await city.says(CAT, "undo")).card)
    await eventually(lambda: [here in side[0] for side in digests()] == [False, False])
    assert [there in side[0] for side in digests()] == [True, True]


async def it_is_some_minutes_later_and_the_digest_is_due(city: City) -> None:
    """A digest leaves out what was given in the minute before it."""
    now = datetime.now(UTC)
    undone = sa.select(tables.kudos.c.id).where(tables.kudos.c.undone_at.is_not(None))
    for table, key, moment in (
        (tables.kudos, "id", "created_at"),
        (tables.kudos_receivers, "kudos_id", "created_at"),
    ):
        given = sa.case(
            (table.c[key].in_(undone), sa.bindparam("before", now - timedelta(hours=1), table.c[moment].type)),
            else_=sa.bindparam("lately", now - timedelta(minutes=5), table.c[moment].type),
        )
        await city.in_database(sa.update(table).values({moment: given}))
    for table in (tables.last_recognised, tables.last_recognised_by):
        await city.in_database(sa.update(table).values(at=now - timedelta(minutes=5)))
    of_digest = tables.schedules.c.kind == "digest"
    await city.in_database(sa.update(tables.schedules).where(of_digest).values(next_at=now))


async def test_the_code_may_come_from_teams_as_well(city: City) -> None:
    """The side that gives the code keeps its programme; in Slack the other one is shown what would join."""
    await city.says(CAT, "me")
    shown = words((await city.says(ADMIN, "link")).card)
    typed = shown.partition("/kudos link ")[2][:14]
    await city.types(ANNA, "me")
    assert "Only those who administer this workspace" in await city.types(CLEO, f"link {typed}")
    await city.says(ANNE, "me")
    preview = await city.command(BO, f"link {typed}")
    assert "This workspace would become part of" in said(preview)
    assert "Microsoft Teams" in said(preview)
    assert "1 person is known on both sides." in await city.presses(BO, preview, "Join")
    assert "90 points" in await city.types(CLEO, f"@Cat Öberg {REASON}")
    await eventually(lambda: city.is_told(CAT, REASON))
