"""The bot's own core on a database, with Teams connected to a connector of this machine."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import aiohttp
from starlette.applications import Starlette

from adapters.observability import PrometheusMetrics
from adapters.settings import Settings
from adapters.teams.config import TeamsConfig
from adapters.teams.events import Hearers
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
from tests.msteams_cards import elements
from tests.servers.asgi import serving
from tests.servers.connector import APP, PASSWORD, TENANT, Post, Teams, aad

GIVEN: Final = "stayed with a caller until it was solved"
FORM: Final = {"people": aad(2), "reason": GIVEN, "behaviours": "ownership", "points": "10", "visibility": "public"}
"""What somebody fills in to recognise Bo."""


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

    async def let_in(self, *places: str, by: int = 1) -> None:
        """Add the bot to channels and groups, without a greeting."""
        for place in places:
            await self.send(self.teams.activity("installationUpdate", by, place, action="add-upgrade"))

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


def words(card: Any) -> str:
    """Give what a reader sees of a card, or of its body, in order."""
    body = card.get("body", card) if isinstance(card, dict) else card
    texts = [each["text"] for each in elements(body) if isinstance(each.get("text"), str)]
    return " ".join("".join(texts).replace("<at>", "").replace("</at>", "").split())


def said(posts: Iterable[Post]) -> list[tuple[str, str]]:
    """Give where each post is, and what it says."""
    return [(post.conversation, words(post.card)) for post in posts]


def inputs(card: Any) -> dict[str, dict[str, Any]]:
    """Give a form's inputs by their names."""
    return {each["id"]: each for each in elements(card["body"]) if each["type"].startswith("Input.")}


def actions(card: Any) -> Iterator[dict[str, Any]]:
    """Go through a card's buttons, in order."""
    return (each for each in elements(card) if each["type"].startswith("Action."))


def action(card: Any, title: str) -> dict[str, Any]:
    """Find a button by its title."""
    return next(each for each in actions(card) if each["title"] == title)


def pressed(teams: Teams, by: int, post: Post, title: str) -> dict[str, Any]:
    """Give what Teams sends when a button of a card in a chat is pressed."""
    shown = action(post.card, title)
    value = {
        "action": {"type": "Action.Execute", "verb": shown.get("verb"), "data": shown["data"]},
        "trigger": "manual",
    }
    return teams.invoke(by, "adaptiveCard/action", value, post.conversation, replyToId=post.id)


def of_form(card: dict[str, Any], **filled: str) -> dict[str, Any]:
    """Give what Teams sends of a form: what stands in it, and what was filled in."""
    (send,) = card["actions"]
    stands = {name: each.get("value", "") for name, each in inputs(card).items()}
    return {**send["data"], **stands, **filled}


def dialog(answer: Any) -> dict[str, Any]:
    """Give the card of a dialog that an invoke is answered with."""
    card: dict[str, Any] = answer["task"]["value"]["card"]["content"]
    return card
