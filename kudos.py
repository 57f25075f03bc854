"""The front door: the command line, and the one place where the floors of the house are put together."""

from __future__ import annotations

import asyncio
import gc
import json
import secrets
import socket
import sys
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final, NoReturn
from uuid import UUID

import click
import structlog
from sqlalchemy.exc import SQLAlchemyError
from starlette.applications import Starlette
from starlette.routing import BaseRoute

from adapters.http import CannotListenError, create_app
from adapters.http import serve as serve_http
from adapters.observability import PrometheusMetrics, SystemClock, configure_logging
from adapters.scheduler import Metronome, Tick
from adapters.settings import Settings, SettingsError, Use, load_settings
from bot.delivery.model import State
from bot.delivery.service import Delivery
from bot.dispatch import Dispatcher
from bot.errors import PermanentDeliveryError
from bot.identity import OutboxId, Platform, WorkspaceRef
from bot.people.service import People
from bot.points.behaviours import default_behaviours
from bot.points.service import Points
from bot.ports import ChatPlatform, Clock, Directory
from bot.recognition.service import Recognition
from storage import doctor as storage_doctor
from storage.delivery import SqlDeliveryQueue
from storage.engine import Database, UnsupportedDatabaseError
from storage.migrate import Shape, state, upgrade
from storage.people import SqlWorkplaces
from storage.requests import forget_requests
from storage.unit_of_work import UnitsOfWork

COLLECT_AFTER: Final = (50_000, 20, 20)
"""Allocations between collections of rubbish. An answer makes hundreds of objects, and hardly a cycle among them."""

KEPT: Final = timedelta(days=30)
"""How long delivered messages stay in the outbox: an undo needs them for a day, an operator's question for longer."""

CONNECT: Final = "Set SLACK_BOT_TOKEN and SLACK_SIGNING_SECRET, or try: ./run demo"
"""What to do where no chat platform is configured."""

if TYPE_CHECKING:
    from adapters.local.front import Local

_log = structlog.get_logger(__name__)


class Bot:
    """The core over one database. Platforms join it as they become known."""

    def __init__(self, settings: Settings, database: Database, clock: Clock, metrics: PrometheusMetrics) -> None:
        self.platforms: dict[Platform, ChatPlatform] = {}
        self.directories: dict[Platform, Directory] = {}
        self.clock = clock
        self.metrics = metrics
        self.queue = SqlDeliveryQueue(database)
        self.workplaces = SqlWorkplaces(database, default_behaviours())
        self.units = UnitsOfWork(database)
        self.people = People(self.workplaces, self.units, self.directories, clock)
        self.points = Points(self.units, clock)
        self.recognition = Recognition(self.units, self.people, self.points, clock)
        self.dispatcher = Dispatcher(
            self.people, self.points, self.recognition, clock, metrics=metrics, command=settings.kudos_command
        )
        worker = f"{socket.gethostname()}:{secrets.token_hex(4)}"
        self.delivery = Delivery(self.queue, self.platforms, clock, metrics, worker, lease=settings.delivery_lease)
        self._database = database

    async def welcome(self, workspace: WorkspaceRef, name: str, platform: ChatPlatform, directory: Directory) -> None:
        """Let a platform in, and read what a first form needs, so that opening it touches no storage."""
        self.platforms[workspace.platform] = platform
        self.directories[workspace.platform] = directory
        await self.workplaces.connect(workspace, name, self.clock.now())
        await self.points.programme(await self.people.organisation(workspace))

    async def measure(self) -> None:
        """Set the gauges."""
        for state_, number in (await self.queue.counts()).items():
            self.metrics.gauge("kudos_outbox_messages", number, state=state_.value)

    async def tidy(self) -> None:
        """Delete what nobody needs any more."""
        purged = await self.queue.purge(self.clock.now() - KEPT)
        _log.info("outbox_purged", rows=purged)
        forgotten = await forget_requests(self._database, self.clock.now() - KEPT)
        _log.info("requests_forgotten", rows=forgotten)

    @asynccontextmanager
    async def working(self) -> AsyncIterator[None]:
        """Deliver and tick while inside; end both in order on leaving."""
        stop = asyncio.Event()
        self._database.on_outbox = self.delivery.wake
        delivering = asyncio.create_task(self.delivery.run(stop))
        metronome = Metronome([Tick("tidy", timedelta(hours=6), self.tidy)])
        metronome.start()
        try:
            yield
        finally:
            stop.set()
            await asyncio.gather(metronome.stop(), delivering)


# --- what is served --------------------------------------------------------------------------------------------------


async def _ready(database: Database) -> None:
    """Bring an empty database into shape; refuse any other that is not this release's, with what to do."""
    match await state(database):
        case Shape.CURRENT:
            return
        case Shape.EMPTY:
            await upgrade(database.url.render_as_string(hide_password=False))
            _log.info("database_created")
        case Shape.OLDER:
            _stop("The database is of an older release. Bring it up to date with: python -m kudos migrate")
        case Shape.NEWER:
            _stop("The database is of a newer release than this one. Run that release, or restore a backup.")
        case Shape.FOREIGN:
            _stop("DATABASE_URL names a database that something else made. Give the bot one of its own.")


def _stop(sentence: str) -> NoReturn:
    """End with a sentence for the operator and a failing exit code."""
    raise click.ClickException(sentence)


async def _database_ready(database: Database) -> str | None:
    shape = await state(database)
    return None if shape is Shape.CURRENT else f"the database is {shape.value}"


async def _run(bot: Bot, settings: Settings, database: Database, routes: list[BaseRoute], **options: Any) -> None:
    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        async with bot.working():
            yield

    app = create_app(
        routes=routes,
        lifespan=lifespan,
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


@asynccontextmanager
async def _opened(settings: Settings) -> AsyncIterator[Database]:
    database = Database.open(settings.database_url.get_secret_value())
    try:
        yield database
    finally:
        await database.close()


async def _serve(settings: Settings) -> None:
    async with AsyncExitStack() as stack:
        database = await stack.enter_async_context(_opened(settings))
        await _ready(database)
        bot = Bot(settings, database, SystemClock(), PrometheusMetrics())
        routes: list[BaseRoute] = []
        if settings.slack_enabled:
            routes += await _slack(settings, bot, stack)
        else:
            _log.warning("no_platform", hint=CONNECT)
        await _run(bot, settings, database, routes, started=lambda address: _log.info("serving", address=address))


async def _slack(settings: Settings, bot: Bot, stack: AsyncExitStack) -> list[BaseRoute]:
    # Imported here: an adapter that is not configured is not imported.
    from adapters.slack.config import SlackConfig  # noqa: PLC0415
    from adapters.slack.front import connect  # noqa: PLC0415

    if settings.slack_signing_secret is None or settings.slack_bot_token is None:
        _stop("Slack is not configured.")
    config = SlackConfig(
        signing_secret=settings.slack_signing_secret.get_secret_value(),
        bot_token=settings.slack_bot_token.get_secret_value(),
        api_url=settings.slack_api_url,
        command=settings.kudos_command,
    )
    try:
        slack = await connect(config, bot.dispatcher, bot.people.learn, stack)
    except PermanentDeliveryError as error:
        _stop(f"Slack does not accept SLACK_BOT_TOKEN ({error.reason}). Copy it again from your Slack app's page.")
    await bot.welcome(slack.workspace, slack.name, slack.platform, slack.directory)
    return slack.routes


async def _demo(settings: Settings) -> None:
    from adapters.slack.preview import routes as preview_routes  # noqa: PLC0415 - for the gallery

    async with _opened(settings) as database:
        await _ready(database)
        bot = Bot(settings, database, SystemClock(), PrometheusMetrics())
        local = await _local(bot, database)
        await _plant(settings, database)
        hosts = ["127.0.0.1", "localhost", "[::1]"]
        await _run(bot, settings, database, [*preview_routes(), *local.routes], started=_invite, allowed_hosts=hosts)


async def _local(bot: Bot, database: Database) -> Local:
    # Imported here: what only the demo needs is not imported by the bot that serves.
    from adapters.local.front import connect  # noqa: PLC0415
    from adapters.slack.preview import preview  # noqa: PLC0415
    from storage.local_chat import LocalChatStore  # noqa: PLC0415

    local = connect(
        LocalChatStore(database),
        bot.clock,
        bot.dispatcher,
        bot.people.learn,
        behaviours=default_behaviours(),
        renderers={"Slack": preview},
    )
    await bot.welcome(local.workspace, local.name, local.platform, local.directory)
    return local


async def _plant(settings: Settings, database: Database) -> None:
    """Fill the demo, by a core of its own whose clock is in the past."""
    from adapters.local.sample.planting import Ground, PastClock, plant  # noqa: PLC0415

    now = SystemClock().now()
    clock = PastClock(now)
    past = Bot(settings, database, clock, PrometheusMetrics())
    local = await _local(past, database)
    click.echo("Preparing the sample contact centre …", err=True)
    await plant(Ground(clock, local.chat, past.dispatcher, past.people, past.units, past.delivery.deliver_due), now)


def _invite(address: str) -> None:
    click.echo(f"\n  Kudos is at {address}\n\n  Ctrl-C ends it.\n", err=True)


# --- the command line ------------------------------------------------------------------------------------------------


def _with(use: Use, work: Callable[[Settings], Coroutine[Any, Any, None]]) -> None:
    """Read the configuration, set up logging, and do a command's work."""
    try:
        settings = load_settings(use)
    except SettingsError as error:
        _stop(str(error))
    known = [settings.secret_key, settings.slack_bot_token, settings.slack_signing_secret, settings.database_url]
    configure_logging(
        settings.log_format, settings.log_level, [secret.get_secret_value() for secret in known if secret]
    )
    with suppress(KeyboardInterrupt):
        try:
            with asyncio.Runner(loop_factory=_loop_factory()) as runner:
                runner.run(work(settings))
        except (CannotListenError, UnsupportedDatabaseError) as error:
            _stop(str(error))
        except (OSError, SQLAlchemyError) as error:
            # Not its text: a driver's words may hold the address with the password in it.
            _stop(
                f"The database in DATABASE_URL cannot be used now ({type(error).__name__}). Is it running, and right?"
            )


def _loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    if sys.platform == "win32":
        return None
    import uvloop  # noqa: PLC0415 - there is none for Windows

    return uvloop.new_event_loop


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def main() -> None:
    """Recognition for contact centres, in Slack and in a local chat to try it in."""


@main.command()
def serve() -> None:
    """Serve the platforms that the environment configures, deliver and tick, until SIGTERM."""
    _with(Use.SERVE, _serve)


@main.command()
def demo() -> None:
    """Serve a chat with a sample contact centre on this machine. Nothing leaves it."""
    _with(Use.DEMO, _demo)


@main.command()
def migrate() -> None:
    """Bring the database to this release."""

    async def work(settings: Settings) -> None:
        async with _opened(settings) as database:
            before = await state(database)
            if before in {Shape.NEWER, Shape.FOREIGN}:
                await _ready(database)
            await upgrade(settings.database_url.get_secret_value())
        click.echo("The database was up to date." if before is Shape.CURRENT else "The database is up to date now.")

    _with(Use.MAINTAIN, work)


@main.command()
@click.option("--repair", is_flag=True, help="Mend what is found, where it can be.")
def doctor(*, repair: bool) -> None:
    """Check configuration, database, migrations and the figures that are kept ready; say what would be mended."""

    async def work(settings: Settings) -> None:
        async with _opened(settings) as database:
            healthy = _configuration_holds()
            await _ready_as_it_is(database)
            click.echo("ok     database and migrations")
            findings = await (storage_doctor.repair if repair else storage_doctor.examine)(database)
            for finding in findings:
                what = "mended" if repair and finding.repairable else "wrong "
                click.echo(f"{what} {finding.check.value}: {finding.count}, such as {'; '.join(finding.examples)}")
            if not findings:
                click.echo("ok     ledger, balances, allowances and last-recognised dates agree")
            if any(finding.repairable for finding in findings) and not repair:
                click.echo("       `python -m kudos doctor --repair` would set them to what ledger and kudos say.")
            healthy = healthy and all(repair and finding.repairable for finding in findings)
        if not healthy:
            _stop("Something above wants attention.")

    _with(Use.MAINTAIN, work)


def _configuration_holds() -> bool:
    """Say whether `serve` would take the configuration as it is."""
    try:
        settings = load_settings(Use.SERVE)
    except SettingsError as error:
        for line in str(error).splitlines():
            click.echo(f"wrong  configuration: {line}")
        return False
    click.echo("ok     configuration")
    if not settings.slack_enabled:
        click.echo(f"       No chat platform is connected: nobody can give kudos yet. {CONNECT}")
    return True


async def _ready_as_it_is(database: Database) -> None:
    """Take only a database of this release. Unlike `serve`, make nothing."""
    if await state(database) is Shape.EMPTY:
        _stop("The database is empty. `python -m kudos migrate`, or the first start, makes its tables.")
    await _ready(database)


@main.command()
@click.option("--retry", metavar="ID", help="Send a failed or unknown message again.")
@click.option("--limit", default=50, show_default=True, help="How many to list.")
def outbox(retry: str | None, limit: int) -> None:
    """List the messages that failed, whose fate is unknown, or that wait."""

    async def work(settings: Settings) -> None:
        async with _opened(settings) as database:
            await _ready_as_it_is(database)
            queue = SqlDeliveryQueue(database)
            if retry is not None:
                await _retry(queue, retry)
                return
            counts = await queue.counts()
            click.echo("  ".join(f"{each.value}: {number}" for each, number in counts.items()))
            for held in await queue.held([State.FAILED, State.UNKNOWN, State.SENDING, State.PENDING], limit):
                target = f"{held.target.workspace.platform.value}:{held.target.workspace.id}:{held.target.id}"
                click.echo(
                    f"{held.id}  {held.state.value:9}  {held.operation.value:6}  {target}  tries {held.attempts}  "
                    f"since {held.created_at:%Y-%m-%d %H:%M}Z  {held.reason}"
                )

    _with(Use.MAINTAIN, work)


async def _retry(queue: SqlDeliveryQueue, text: str) -> None:
    try:
        row = OutboxId(UUID(text))
    except ValueError:
        _stop(f"{text} is not the id of a message. `python -m kudos outbox` lists them.")
    if not await queue.retry(row, SystemClock().now()):
        _stop(f"{text} is neither failed nor unknown, so it is not sent again.")
    click.echo("It goes out again with the next delivery.")


@main.command("slack-manifest")
@click.option("--url", required=True, help="Where Slack reaches the bot: https://kudos.example")
@click.option("--command", default="/kudos", show_default=True, help="The slash command's name.")
def slack_manifest(url: str, command: str) -> None:
    """Print the manifest to make the Slack app from."""
    from adapters.slack.manifest import manifest  # noqa: PLC0415

    try:
        made = manifest(url, command)
    except ValueError as error:
        _stop(str(error))
    click.echo(json.dumps(made, indent=2, ensure_ascii=False))


if __name__ == "__main__":
    sys.exit(main())
