"""A channel's team in Slack: the form, what is said back, and who comes to the channel afterwards."""

from __future__ import annotations

import json
import time
from collections.abc import AsyncIterator, Mapping
from typing import Any

import pytest
import sqlalchemy as sa
from slack_sdk.signature import SignatureVerifier

from storage.engine import Database
from tests.e2e.slack_house import SECRET, Served, served
from tests.servers import slack_api
from tests.servers.slack_api import SlackApi
from tests.servers.slack_world import TEAM


@pytest.fixture
async def slack() -> AsyncIterator[SlackApi]:
    async with slack_api.running() as api:
        yield api


@pytest.fixture
async def bot(empty_sqlite_url: str, slack: SlackApi) -> AsyncIterator[Served]:
    async with served(empty_sqlite_url, slack.api_url) as running:
        yield running


def as_it_stands(element: Mapping[str, Any]) -> dict[str, Any]:
    """Give what Slack sends for an input that nobody touched."""
    names = {
        "initial_value": "value",
        "initial_users": "selected_users",
        "initial_option": "selected_option",
        "initial_options": "selected_options",
    }
    return {"type": element["type"]} | {names[name]: value for name, value in element.items() if name in names}


async def happens(bot: Served, event: Mapping[str, Any]) -> int:
    """Send an event as Slack does."""
    body = json.dumps({"type": "event_callback", "team_id": TEAM, "event_id": "Ev1", "event_time": 1, "event": event})
    at = str(int(time.time()))
    signature = SignatureVerifier(SECRET).generate_signature(timestamp=at, body=body) or ""
    headers = {
        "Content-Type": "application/json",
        "X-Slack-Request-Timestamp": at,
        "X-Slack-Signature": signature,
    }
    return (await bot.http.post("/slack/events", content=body, headers=headers)).status_code


async def team(url: str) -> dict[str, str]:
    """Give today's people of the team, by name, with their role."""
    database = Database.open(url)
    try:
        async with database.reading() as connection:
            rows = await connection.execute(
                sa.text(
                    "SELECT persons.name, memberships.role FROM memberships"
                    " JOIN persons ON persons.id = memberships.person_id WHERE memberships.ends_at IS NULL"
                )
            )
            return {row.name: row.role for row in rows}
    finally:
        await database.close()


async def test_a_team_is_set_up_in_its_channel_and_follows_it(
    bot: Served, slack: SlackApi, empty_sqlite_url: str
) -> None:
    await bot.command("setup", user="U2", channel="C1")
    [view] = slack.views
    values = {block["block_id"]: as_it_stands(block["element"]) for block in view["blocks"] if "element" in block}
    assert values["supervisors"]["selected_users"] == ["U2"]

    refused = await bot.submit(view, values, user="U2")
    assert refused["errors"] == {"name": "What is the team called? A short name is enough."}

    values["name"]["value"] = "Phone"
    said = json.dumps(await bot.submit(view, values, user="U2"), ensure_ascii=False)
    assert "Phone is set up" in said
    assert "Monday to Friday" in said
    everyone = {"Bo Ek": "supervisor", "Anna Berg": "agent", "Cleo Farrow": "agent"}
    assert await team(empty_sqlite_url) == everyone

    assert await happens(bot, {"type": "member_joined_channel", "user": "U4", "channel": "C1", "team": TEAM}) == 200
    assert await team(empty_sqlite_url) == everyone | {"Anna Ågren": "agent"}
    assert await happens(bot, {"type": "member_left_channel", "user": "U4", "channel": "C1", "team": TEAM}) == 200
    assert await team(empty_sqlite_url) == everyone

    asked = json.dumps(await bot.command("setup", user="U3", channel="C1", trigger="2.2.b"))
    assert "Please ask" in asked
    assert len(slack.views) == 1
