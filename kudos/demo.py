"""The demo: a chat with a sample contact centre on this machine."""

from __future__ import annotations

import secrets
from functools import partial
from typing import TYPE_CHECKING

import click

from adapters.observability import PrometheusMetrics, SystemClock
from adapters.settings import Settings, Use
from bot.points.behaviours import default_behaviours
from kudos.house import Bot
from kudos.serving import serve_bot
from kudos.start import opened, ready, run
from storage.engine import Database

if TYPE_CHECKING:
    from adapters.local.front import Local


async def _demo(settings: Settings) -> None:
    # Imported here, as below: what only the demo needs is not imported by the bot that serves.
    from adapters.charts.addresses import addresses  # noqa: PLC0415
    from adapters.charts.addresses import routes as chart_routes  # noqa: PLC0415
    from adapters.charts.drawing import Charts  # noqa: PLC0415
    from adapters.local.clock import DemoClock, Journey  # noqa: PLC0415
    from adapters.local.front import pages  # noqa: PLC0415
    from adapters.local.sample import WORKSPACE  # noqa: PLC0415
    from adapters.slack.preview import preview  # noqa: PLC0415
    from adapters.slack.preview import routes as preview_routes  # noqa: PLC0415
    from storage.local_chat import LocalChatStore  # noqa: PLC0415

    async with opened(settings) as database:
        await ready(database)
        await _plant(settings, database)
        store = LocalChatStore(database)
        clock = DemoClock(SystemClock(), await store.ahead(WORKSPACE))
        bot = Bot(settings, database, clock, PrometheusMetrics())
        local = await join_local(bot, database)
        charts, key = Charts(), secrets.token_bytes()
        journey = Journey(clock, store, WORKSPACE, live=bot.live, next_due=bot.next_due)
        routes = pages(
            local,
            bot.dispatcher,
            bot.people.learn,
            journey=journey,
            behaviours=default_behaviours(),
            # Pictures of charts are of this page's own address.
            renderers={"Slack": partial(preview, chart_address=addresses("", key))},
            charts=charts,
        )
        routes = [*chart_routes(charts, key), *preview_routes(), *routes]
        hosts = ["127.0.0.1", "localhost", "[::1]"]
        await serve_bot(bot, settings, database, routes, started=_invite, allowed_hosts=hosts)


async def join_local(bot: Bot, database: Database) -> Local:
    """Let the local chat in."""
    from adapters.local.front import connect  # noqa: PLC0415
    from storage.local_chat import LocalChatStore  # noqa: PLC0415

    local = connect(LocalChatStore(database), bot.clock)
    await bot.welcome(local.workspace, local.name, local.platform, local.directory)
    return local


async def _plant(settings: Settings, database: Database) -> None:
    """Fill the demo, by a core of its own whose clock is in the past."""
    from adapters.local.sample.planting import Ground, PastClock, plant  # noqa: PLC0415

    now = SystemClock().now()
    clock = PastClock(now)
    past = Bot(settings, database, clock, PrometheusMetrics())
    local = await join_local(past, database)
    click.echo("Preparing the sample contact centre …", err=True)
    await plant(Ground(clock, local.chat, past.dispatcher, past.people, past.units, past.delivery.deliver_due), now)


def _invite(address: str) -> None:
    click.echo(f"\n  Kudos is at {address}\n\n  Ctrl-C ends it.\n", err=True)


@click.command()
def demo() -> None:
    """Serve a chat with a sample contact centre on this machine. Nothing leaves it."""
    run(Use.DEMO, _demo)
