"""Serving the platforms, and working without serving."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import signal
from collections.abc import Callable
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

import click
import structlog
from starlette.routing import BaseRoute

from adapters.charts.addresses import addresses
from adapters.charts.addresses import routes as chart_routes
from adapters.charts.drawing import Charts
from adapters.http import create_app
from adapters.http import serve as serve_http
from adapters.observability import PrometheusMetrics, SystemClock
from adapters.settings import Settings, Use, is_loopback
from bot.errors import PermanentDeliveryError
from bot.view.message import Chart
from kudos.house import Bot
from kudos.start import ANONYMOUS, CONNECT, opened, ready, run, stop
from storage.engine import Database
from storage.migrate import Shape, state

if TYPE_CHECKING:
    from adapters.teams.config import TeamsConfig

COLLECT_AFTER: Final = (50_000, 20, 20)
"""Allocations between collections of rubbish. An answer makes hundreds of objects, and hardly a cycle among them."""

_log = structlog.get_logger(__name__)


async def _database_ready(database: Database) -> str | None:
    shape = await state(database)
    return None if shape is Shape.CURRENT else f"the database is {shape.value}"


async def serve_bot(bot: Bot, settings: Settings, database: Database, routes: list[BaseRoute], **options: Any) -> None:
    """Serve routes while the bot works, until SIGTERM or Ctrl-C. `options` are those of `adapters.http`."""
    app = create_app(
        routes=routes,
        lifespan=bot.working,
        readiness={"database": lambda: _database_ready(database)},
        metrics=bot.metrics,
        measure=bot.measure,
        allowed_hosts=options.pop("allowed_hosts", None),
    )
    # What is here now stays: without this, every full collection goes through all of it while people wait.
    gc.collect()
    gc.freeze()
    gc.set_threshold(*COLLECT_AFTER)
    await serve_http(app, settings.host, settings.port, asyncio.Event(), **options)


async def _serve(settings: Settings) -> None:
    async with AsyncExitStack() as stack:
        database = await stack.enter_async_context(opened(settings))
        await ready(database)
        bot = Bot(settings, database, SystemClock(), PrometheusMetrics())
        routes = await _platforms(settings, bot, stack, database)
        await serve_bot(bot, settings, database, routes, started=lambda address: _log.info("serving", address=address))


async def _work(settings: Settings) -> None:
    async with AsyncExitStack() as stack:
        database = await stack.enter_async_context(opened(settings))
        if database.is_sqlite:
            stop("On SQLite there is one process: serve. A worker beside it needs PostgreSQL: see docs/operate.md")
        await ready(database)
        bot = Bot(settings, database, SystemClock(), PrometheusMetrics())
        await _platforms(settings, bot, stack, database)
        stopped = asyncio.Event()
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            # Windows' loops have no signal handlers: there, Ctrl-C is what ends it.
            with contextlib.suppress(NotImplementedError):
                loop.add_signal_handler(number, stopped.set)
        async with bot.working():
            _log.info("working")
            await stopped.wait()


async def _platforms(settings: Settings, bot: Bot, stack: AsyncExitStack, database: Database) -> list[BaseRoute]:
    """Connect every platform that is configured, and give what they want served."""
    routes = chart_routes(Charts(), _key(settings))
    if settings.slack_enabled:
        routes += await join_slack(settings, bot, stack)
    if settings.teams_enabled:
        routes += await join_teams(settings, bot, stack, database)
    if not (settings.slack_enabled or settings.teams_enabled):
        _log.warning("no_platform", hint=CONNECT)
    return routes


def _key(settings: Settings) -> bytes:
    return settings.secret_key.get_secret_value().encode()


def _chart_address(settings: Settings) -> Callable[[Chart], str | None]:
    """Say where a chat can fetch a chart; nowhere while the bot's address is this machine's alone."""
    if is_loopback(urlsplit(settings.public_url).hostname or ""):
        return lambda _: None
    return addresses(settings.public_url, _key(settings))


async def join_slack(settings: Settings, bot: Bot, stack: AsyncExitStack) -> list[BaseRoute]:
    """Let Slack in, and give what it wants served."""
    # Imported here: an adapter that is not configured is not imported.
    from adapters.slack.config import SlackConfig  # noqa: PLC0415
    from adapters.slack.events import Hearers  # noqa: PLC0415
    from adapters.slack.front import connect  # noqa: PLC0415

    if settings.slack_signing_secret is None or settings.slack_bot_token is None:
        stop("Slack is not configured.")
    config = SlackConfig(
        signing_secret=settings.slack_signing_secret.get_secret_value(),
        bot_token=settings.slack_bot_token.get_secret_value(),
        api_url=settings.slack_api_url,
        command=settings.kudos_command,
        chart_address=_chart_address(settings),
    )
    hearers = Hearers(bot.people.learn, bot.teams.joined, bot.teams.left, bot.teams.moved)
    try:
        slack = await connect(config, bot.dispatcher, hearers, stack)
    except PermanentDeliveryError as error:
        stop(f"Slack does not accept SLACK_BOT_TOKEN ({error.reason}). Copy it again from your Slack app's page.")
    await bot.welcome(slack.workspace, slack.name, slack.platform, slack.directory)
    return slack.routes


def teams_config(settings: Settings) -> TeamsConfig:
    """Give what the Teams adapter needs to know of the configuration."""
    from adapters.teams.config import TeamsConfig  # noqa: PLC0415 - as above

    password = settings.teams_app_password
    return TeamsConfig(
        app_id=settings.teams_app_id or "",
        password=password.get_secret_value() if password else "",
        tenant=settings.teams_tenant_id or "",
        anonymous=settings.teams_allow_anonymous,
        command=settings.kudos_command,
        stand_in=settings.teams_login_url,
        admins=settings.teams_administrators,
    )


async def join_teams(settings: Settings, bot: Bot, stack: AsyncExitStack, database: Database) -> list[BaseRoute]:
    """Let Microsoft Teams in, and give what it wants served."""
    # Imported here: an adapter that is not configured is not imported, and botbuilder with it.
    from adapters.teams.events import Hearers  # noqa: PLC0415
    from adapters.teams.front import connect  # noqa: PLC0415
    from storage.teams_chat import TeamsChatStore  # noqa: PLC0415

    config = teams_config(settings)
    if config.anonymous:
        _log.warning("teams_anonymous", hint=ANONYMOUS)
    hearers = Hearers(bot.people.learn, bot.people.heard, bot.teams.joined, bot.teams.left)
    teams = await connect(
        config,
        bot.dispatcher,
        hearers,
        stack,
        store=TeamsChatStore(database),
        secret_key=_key(settings),
        chart_address=_chart_address(settings),
    )
    await bot.welcome(teams.workspace, teams.name, teams.platform, teams.directory)
    return teams.routes


@click.command()
def serve() -> None:
    """Serve the platforms that the environment configures, deliver and tick, until SIGTERM."""
    run(Use.SERVE, _serve)


@click.command()
def worker() -> None:
    """Deliver and tick without serving HTTP, until SIGTERM: beside replicas that serve, or in place of their part."""
    run(Use.SERVE, _work)
