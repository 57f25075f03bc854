"""The bot's own core on a database, with Teams connected to a connector of this machine."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import aiohttp
from starlette.applications import Starlette

from adapters.observability import PrometheusMetrics
from adapters.settings import Settings
from adapters.teams.config import TeamsConfig
from adapters.teams.desk import Hearers
from adapters.teams.front import Teams as Connected
from adapters.teams.front import connect
from adapters.teams.render import ChartAddress, nowhere
from bot.delivery.model import State
from bot.identity import AccountRef
from bot.ports import Standing
from kudos.house import Bot
from storage.engine import Database
from storage.teams_chat import TeamsChatStore
from tests.fakes import FakeClock
from tests.servers.asgi import serving
from tests.servers.connector import APP, PASSWORD, TENANT, Post, Teams, aad


@dataclass
class House:
    """A served bot and the Teams around it."""

    bot: Bot
    clock: FakeClock
    teams: Teams
    connected: Connected
    store: TeamsChatStore
    http: aiohttp.ClientSession
    url: str

    async def send(self, activity: dict[str, Any]) -> tuple[int, Any]:
        """Deliver an activity as Teams does; give the status and the answer."""
        headers = {"Authorization": f"Bearer {self.teams.token()}"}
        async with self.http.post(f"{self.url}api/messages", json=activity, headers=headers) as answer:
            body = await answer.read()
            return answer.status, json.loads(body) if body else None

    async def say(self, activity: dict[str, Any]) -> list[Post]:
        """Deliver a message and all that follows from it; give what was posted."""
        before = len(self.teams.posts)
        status, body = await self.send(activity)
        assert (status, body) == (200, None)
        await self.deliver()
        return self.teams.posts[before:]

    async def deliver(self) -> None:
        """Deliver everything that is due, after a while: a conversation gets one message a second."""
        self.clock.advance(timedelta(seconds=5))
        await self.bot.delivery.deliver_due()

    async def deliver_all(self) -> None:
        """Deliver until nothing is left: of several messages to one conversation, one is delivered at a time."""
        await self.deliver()
        while (await self.bot.queue.counts()).get(State.PENDING):
            await self.deliver()

    async def ask(self, activity: dict[str, Any]) -> Any:
        """Deliver an invoke and give the answer."""
        status, body = await self.send(activity)
        assert status == 200
        return body

    async def press(self, activity: dict[str, Any], post: Post) -> Any:
        """Deliver a button's invoke and give the answer, once it is also what a chat shows.

        A card takes the place of the post that the button was in; all else becomes a post of its own.
        """
        changes, posts = post.changes, len(self.teams.posts)
        answer = await self.ask(activity)
        replaced = answer["type"] == "application/vnd.microsoft.card.adaptive"
        await self.teams.eventually(lambda: post.changes > changes if replaced else len(self.teams.posts) > posts)
        return answer

    async def until_known(self, number: int, standing: Standing) -> None:
        """Wait until the core has kept this of the nth person. The bot looks at its start who has left."""
        account = AccountRef(self.connected.workspace, aad(number))
        organisation = await self.bot.people.organisation(account.workspace)
        for _ in range(500):
            async with self.bot.units(organisation) as work:
                (colleague,) = await work.people.colleagues([account])
            if colleague.standing is standing:
                return
            await asyncio.sleep(0.02)
        raise AssertionError(colleague)


@asynccontextmanager
async def house(
    teams: Teams,
    database_url: str,
    *,
    at: datetime | None = None,
    chart_address: ChartAddress = nowhere,
    admins: frozenset[str] = frozenset(),
    password: str = PASSWORD,
    secret_key: str = "k" * 43,
    kept_in: Callable[[Database], TeamsChatStore] = TeamsChatStore,
    command: str = "/kudos",
) -> AsyncIterator[House]:
    """Serve the bot while inside. Its clock begins `at`, or now."""
    async with AsyncExitStack() as stack:
        settings = Settings.model_validate(
            {"secret_key": secret_key, "database_url": database_url, "kudos_command": command}
        )
        database = Database.open(database_url)
        stack.push_async_callback(database.close)
        clock = FakeClock(at or datetime.now(UTC))
        bot = Bot(settings, database, clock, PrometheusMetrics())
        store = kept_in(database)
        config = TeamsConfig(APP, password, TENANT, stand_in=teams.url, admins=admins, command=command)
        hearers = Hearers(bot.people.learn, bot.people.heard, bot.teams.joined, bot.teams.left)
        connected = await connect(
            config,
            bot.dispatcher,
            hearers,
            stack,
            store=store,
            secret_key=secret_key.encode(),
            chart_address=chart_address,
        )
        await bot.welcome(connected.workspace, connected.name, connected.platform, connected.directory)
        url = await stack.enter_async_context(serving(Starlette(routes=connected.routes)))
        http = await stack.enter_async_context(aiohttp.ClientSession())
        yield House(bot, clock, teams, connected, store, http, url)
