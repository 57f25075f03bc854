"""What an agent, a colleague and an operator see, with the real process in the middle."""

from __future__ import annotations

import asyncio
import json
import re
from collections import Counter
from collections.abc import AsyncIterator
from typing import Any

import pytest
import sqlalchemy as sa

from storage.engine import Database
from tests.e2e.slack_house import Served, served
from tests.servers import slack_api
from tests.servers.slack_api import SlackApi

REASON = "stayed with a caller until it was solved"


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest) -> str:
    name = "empty_sqlite_url" if request.param == "sqlite" else "empty_postgres_url"
    url: str = request.getfixturevalue(name)
    return url


@pytest.fixture
async def slack() -> AsyncIterator[SlackApi]:
    async with slack_api.running() as api:
        yield api


@pytest.fixture
async def bot(database_url: str, slack: SlackApi) -> AsyncIterator[Served]:
    async with served(database_url, slack.api_url) as running:
        yield running


async def rows(url: str, sql: str) -> list[Any]:
    database = Database.open(url)
    try:
        async with database.reading() as connection:
            return list((await connection.execute(sa.text(sql))).all())
    finally:
        await database.close()


def shown(answer: dict[str, Any]) -> str:
    """Everything a person reads in an answer."""
    return json.dumps(answer, ensure_ascii=False)


def undo_value(answer: dict[str, Any]) -> str:
    buttons = [each for block in answer["blocks"] if block["type"] == "actions" for each in block["elements"]]
    value: str = next(each["value"] for each in buttons if each["action_id"] == "undo")
    return value


async def test_a_kudos_reaches_everyone_and_counts_once(bot: Served, slack: SlackApi, database_url: str) -> None:
    """A private receipt, one shout-out, one direct message, one kudos; the same request again changes nothing."""
    first = await bot.command(f"<@U3> {REASON} #ownership")
    assert first["response_type"] == "ephemeral"
    assert REASON in shown(first)
    assert "90 points" in shown(first)
    await slack.until(lambda: len(slack.posts) == 2)
    channels = {post["channel"] for post in slack.posts}
    assert "C1" in channels
    assert len(channels) == 2
    again = await bot.command(f"<@U3> {REASON} #ownership")
    assert again == first
    await bot.command("help")
    assert len(slack.posts) == 2
    assert len(await rows(database_url, "SELECT id FROM kudos")) == 1
    assert await rows(database_url, "SELECT kind, amount FROM ledger_entries") == [("earned", 10)]
    assert await rows(database_url, "SELECT points FROM balances") == [(10,)]


async def test_undo_takes_the_posts_away_and_the_points_back(bot: Served, slack: SlackApi, database_url: str) -> None:
    """By the button; pressing it again says that it is done already."""
    receipt = await bot.command(f"<@U3> {REASON}")
    await slack.until(lambda: len(slack.posts) == 2)
    pressed = await bot.press("undo", undo_value(receipt), user="U2", response_url=slack.response_url())
    assert pressed.status_code == 200
    await slack.until(lambda: not slack.posts)
    assert "Taken back" in shown(slack.responses[-1])
    assert await rows(database_url, "SELECT points FROM balances") == [(0,)]
    assert await rows(database_url, "SELECT used FROM allowances") == [(0,)]
    await bot.press("undo", undo_value(receipt), user="U2", response_url=slack.response_url(), act="1700000001.1")
    assert "already taken back" in shown(slack.responses[-1])


async def test_forty_at_once_from_a_giver_with_room_for_ten(bot: Served, database_url: str) -> None:
    """Ten go through, thirty are refused kindly, none fails."""
    answers = await asyncio.gather(
        *(bot.command(f"<@U3> {REASON} case {number}", trigger=f"1.1.{number}") for number in range(40))
    )
    kinds = Counter(
        "receipt" if "You recognised" in shown(a) else "refusal" if "Your allowance refills" in shown(a) else shown(a)
        for a in answers
    )
    assert kinds == {"receipt": 10, "refusal": 30}
    assert len(await rows(database_url, "SELECT id FROM kudos")) == 10
    assert await rows(database_url, "SELECT used FROM allowances") == [(100,)]
    assert await rows(database_url, "SELECT points FROM balances") == [(100,)]


REFUSALS = [
    ("thank you all", "Who would you like to recognise"),
    (f"<@U2> {REASON}", "Kudos are for others"),
    (f"<@U9> {REASON}", "is a bot"),
    (f"<@U6> {REASON}", "is a guest"),
    (f"<@U7> {REASON}", "is a guest"),
    (f"<@U8> {REASON}", "no longer works here"),
    (f"@nobody {REASON}", "cannot find"),
    (f"<@U3> {REASON} #onership", "Did you mean #ownership"),
    ("<@U3>", "What did they do"),
    ("<@U3> 🎉🎉🎉🎉🎉🎉🎉🎉🎉🎉🎉🎉🎉🎉", "Say a little more"),
    ("<@U3> thanks", "Say a little more"),
    (f"<@U3> {REASON} +99", "5 to 25 points"),
    (f"<@U3> {'long ' * 600}", "characters and 500 fit"),
    (f"<!subteam^S2> {REASON}", "nobody in that group"),
    ("undo", "nothing to take back"),
    ("board", "not switched on"),
    ("team", "not in a team"),
]


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_every_refusal_is_a_private_sentence(bot: Served, slack: SlackApi) -> None:
    for number, (text, sentence) in enumerate(REFUSALS):
        answer = await bot.command(text, trigger=f"1.1.{number}")
        assert answer["response_type"] == "ephemeral"
        assert sentence in answer["text"]
    assert slack.posts == []


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_hostile_reasons_are_shown_harmlessly(bot: Served, slack: SlackApi) -> None:
    """People's words stand in elements that Slack never parses, and nobody is pinged by them."""
    hostile = "helped <!channel> and <@U9> with <b>bold</b> &lt;!here&gt; \u202eevil\u202c *all* day"
    receipt = await bot.command(f"<@U3> {hostile}", trigger="1.1.h")
    assert "You recognised" in shown(receipt)
    await slack.until(lambda: len(slack.posts) == 2)
    for post in slack.posts:
        text = shown(post)
        assert "\\u202e" not in text
        assert "\u202e" not in text
        assert "<!channel>" not in post["text"]
        parsed = [b for b in post["blocks"] if b["type"] in {"section", "context", "header"}]
        assert "bold" not in shown({"blocks": parsed})
        mentioned = {
            element["user_id"]
            for block in post["blocks"]
            if block["type"] == "rich_text"
            for part in block["elements"]
            for element in part["elements"]
            if element["type"] == "user"
        }
        assert "U9" not in mentioned


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_where_the_bot_cannot_post_only_the_receiver_is_told(bot: Served, slack: SlackApi) -> None:
    receipt = await bot.command(f"<@U3> {REASON}", channel="G2")
    assert "I cannot post here" in shown(receipt)
    await slack.until(lambda: len(slack.posts) == 1)
    assert slack.posts[0]["channel"].startswith("D")


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_private_kudos_stay_private(bot: Served, slack: SlackApi) -> None:
    receipt = await bot.command(f"private <@U3> {REASON}")
    assert "It is private" in shown(receipt)
    await slack.until(lambda: len(slack.posts) == 1)
    await bot.command("help")
    assert [post["channel"][0] for post in slack.posts] == ["D"]


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_a_stop_ends_in_order_and_loses_nothing(slack: SlackApi, database_url: str) -> None:
    """SIGTERM right after a receipt: what was decided is delivered by the next start, once."""
    async with served(database_url, slack.api_url) as bot:
        for number in range(5):
            await bot.command(f"<@U3> {REASON} {number}", trigger=f"1.1.{number}")
        assert await bot.stop() == 0
    async with served(database_url, slack.api_url):
        await slack.until(lambda: len(slack.posts) == 10)
    assert set(slack.key_counts().values()) == {1}


async def test_a_kudos_that_the_database_refuses_is_not_told_to_the_log(slack: SlackApi, postgres_url: str) -> None:
    """PostgreSQL would add the whole row, reason and all, to its complaint."""
    database = Database.open(postgres_url)
    async with database.writing() as connection:
        await connection.execute(sa.text("ALTER TABLE kudos ADD CONSTRAINT none_today CHECK (false)"))
    await database.close()
    async with served(postgres_url, slack.api_url) as bot:
        answer = await bot.command(f"<@U3> {REASON}")
        [reference] = re.findall(r"\b[0-9A-F]{6}\b", answer["text"])
    logged = bot.log.decode()
    assert reference in logged
    assert "none_today" in logged
    assert REASON not in logged
