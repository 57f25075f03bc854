"""The bot is killed again and again while it delivers: every message arrives, none twice, none is lost.

What is killed is `python -m kudos serve` itself, by SIGKILL, with kudos coming in meanwhile: a command whose answer was
lost is sent again as it was, which Slack's people do too.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

import httpx
import pytest
import sqlalchemy as sa

from bot.delivery.model import Operation, State
from storage.engine import Database
from storage.tables import outbox
from tests.e2e.slack_house import Served, served
from tests.servers import slack_api
from tests.servers.slack_api import SlackApi
from tests.servers.slack_world import BOT_USER, Channel, user

KUDOS = 20
GIVERS = [f"U2{number:02}" for number in range(KUDOS)]
RECEIVERS = [f"U3{number:02}" for number in range(90)]
CHANNELS = [f"C1{number:02}" for number in range(10)]
OUTSIDE = CHANNELS[::3]
"""Channels that the bot has not been in before."""

EACH = 9
"""Receivers of each kudos, and a note for each beside the shout-out: 200 messages, two in every conversation."""

UNDONE = range(KUDOS // 2)
WITHDRAWN = "This message was withdrawn."
LEASE = "2"
"""Seconds. Short, so that the next process need not wait long for what a killed one has claimed."""

TAKES = 0.15
"""Seconds over which every call is carried out, so that each kill finds some of them sent and not yet answered."""

UNDER_WAY = {"pending", slack_api.Kind.SLOW.value}


@dataclass
class House:
    """A Slack and a database, in which one bot lives after another."""

    database_url: str
    slack: SlackApi
    moments: random.Random
    met: dict[Operation, int] = field(default_factory=lambda: dict.fromkeys(Operation, 0))
    """Rows that kills found on their way, by what was being done."""

    @asynccontextmanager
    async def bot(self) -> AsyncIterator[Served]:
        async with served(self.database_url, self.slack.api_url, DELIVERY_LEASE_SECONDS=LEASE) as bot:
            yield bot

    async def killed_during(self, method: str, acts: Callable[[Served], Awaitable[None]]) -> None:
        """Let a bot live until it has made some calls of a method, while people act, and kill it in mid-flight."""
        async with self.bot() as bot:
            acting = asyncio.create_task(_until_it_dies(acts(bot)))
            goal = len(self.slack.called(method)) + self.moments.randint(1, 20)
            await self.slack.until(lambda: len(self.slack.called(method)) >= goal)
            await asyncio.sleep(self.moments.uniform(0, TAKES / 2))
            assert bot.process.returncode is None, "the bot ended by itself"
            await bot.kill()
            await acting
        # What it asked for on its last breath is carried out all the same.
        await self.slack.until(lambda: all(call.outcome not in UNDER_WAY for call in self.slack.called(method)))
        for operation in await self.unsettled(State.SENDING):
            self.met[operation] += 1

    async def unsettled(self, *states: State) -> list[Operation]:
        database = Database.open(self.database_url)
        try:
            async with database.reading() as connection:
                found = await connection.execute(sa.select(outbox.c.operation).where(outbox.c.state.in_(states)))
                return [Operation(row.operation) for row in found]
        finally:
            await database.close()

    async def keys(self) -> dict[str, list[str]]:
        """Give the messages' keys as they were decided, by conversation."""
        decided: dict[str, list[str]] = {}
        database = Database.open(self.database_url)
        sent = sa.select(outbox.c.target_id, outbox.c.key).where(outbox.c.operation == Operation.SEND)
        try:
            async with database.reading() as connection:
                for target, key in await connection.execute(sent.order_by(outbox.c.created_at, outbox.c.id)):
                    decided.setdefault(target if target in CHANNELS else f"D{target}", []).append(key)
        finally:
            await database.close()
        return decided

    async def all_done(self) -> None:
        async with asyncio.timeout(slack_api.PATIENCE_S):
            while await self.unsettled(State.PENDING, State.CLAIMED, State.SENDING):  # noqa: ASYNC110 the bot does it
                await asyncio.sleep(0.1)


async def _until_it_dies(acts: Awaitable[None]) -> None:
    with suppress(httpx.TransportError):
        await acts


@pytest.fixture(params=["sqlite_url", "postgres_url"])
async def house(request: pytest.FixtureRequest) -> AsyncIterator[House]:
    database_url = request.getfixturevalue(request.param)
    async with slack_api.running() as slack:
        for person in GIVERS + RECEIVERS:
            slack.workspace.users[person] = user(person, f"Person {person}")
        for channel in CHANNELS:
            members = [] if channel in OUTSIDE else [BOT_USER]
            slack.workspace.channels[channel] = Channel(channel, channel.lower(), members=members)
        for method in ("chat.postMessage", "chat.delete", "chat.update"):
            slack.fail(method, slack_api.Kind.SLOW, seconds=TAKES, count=100_000)
        yield House(database_url, slack, random.Random(request.param))  # noqa: S311 the same moments in every run


async def test_every_message_arrives_once_although_the_bot_is_killed(house: House) -> None:
    """Five kills while 200 messages go out, one while an undo's removals do, and one while it changes words instead."""
    to_give, to_undo = list(range(KUDOS)), list(UNDONE)

    async def give(bot: Served) -> None:
        while to_give:
            number = to_give[0]
            whom = " ".join(f"<@{RECEIVERS[(number * EACH + each) % len(RECEIVERS)]}>" for each in range(EACH))
            channel = CHANNELS[number % len(CHANNELS)]
            answer = await bot.command(
                f"{whom} stayed until case {number} was solved",
                user=GIVERS[number],
                trigger=f"1.1.{number}",
                channel=channel,
            )
            assert "You recognised" in answer["text"]
            del to_give[0]

    async def undo(bot: Served) -> None:
        while to_undo:
            answer = await bot.command("undo", user=GIVERS[to_undo[0]], trigger=f"2.2.{to_undo[0]}")
            assert "aken back" in answer["text"]
            del to_undo[0]

    slack = house.slack
    for _ in range(5):
        await house.killed_during("chat.postMessage", give)
    async with house.bot() as bot:
        await give(bot)
        await house.all_done()
    decided = await house.keys()
    assert slack.key_counts() == {key: 1 for keys in decided.values() for key in keys}
    assert len(slack.posts) == 200
    for conversation, keys in decided.items():
        assert [post["key"] for post in slack.posts if post["channel"] == conversation] == keys

    await house.killed_during("chat.delete", undo)
    slack.workspace.may_delete = False  # what still stands is to lose its words instead
    await house.killed_during("chat.update", undo)
    async with house.bot() as bot:
        await undo(bot)
        await house.all_done()
    assert all(house.met.get(each) for each in (Operation.SEND, Operation.REMOVE)), "no kill met a call on its way"
    assert set(slack.key_counts().values()) == {1}
    standing = [post for post in slack.posts if post["text"] != WITHDRAWN]
    assert len(standing) == 100
    assert 0 < len(slack.posts) - len(standing) < 100
    for number in range(KUDOS):
        told = [post for post in slack.posts if f"case {number} " in str(post["blocks"])]
        assert len(told) == (0 if number in UNDONE else 1 + EACH)
