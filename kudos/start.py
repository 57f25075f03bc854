"""What every command begins with: configuration, logging, a loop and a database of the right shape."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any, Final, NoReturn

import click
import structlog
from sqlalchemy.exc import SQLAlchemyError

from adapters.http import CannotListenError
from adapters.observability import configure_logging
from adapters.settings import Settings, SettingsError, Use, load_settings
from storage.engine import Database, UnsupportedDatabaseError, database_url
from storage.migrate import Shape, state, upgrade

CONNECT: Final = (
    "Set SLACK_BOT_TOKEN and SLACK_SIGNING_SECRET, or TEAMS_APP_ID and what goes with it, or try: ./run demo"
)
"""What to do where no chat platform is configured."""

ANONYMOUS: Final = (
    "TEAMS_ALLOW_ANONYMOUS is set: whoever is on this machine can act as anybody in Teams. Unset it, unless an "
    "emulator is what you are looking at."
)
"""What to mind where Teams' requests are not checked."""

_log = structlog.get_logger(__name__)


def run(use: Use, work: Callable[[Settings], Coroutine[Any, Any, None]]) -> None:
    """Read the configuration, set up logging, and do a command's work."""
    try:
        settings = load_settings(use)
    except SettingsError as error:
        stop(str(error))
    known = [
        settings.secret_key,
        settings.slack_bot_token,
        settings.slack_signing_secret,
        settings.teams_app_password,
        settings.database_url,
    ]
    configure_logging(
        settings.log_format, settings.log_level, [secret.get_secret_value() for secret in known if secret]
    )
    with suppress(KeyboardInterrupt):
        try:
            with asyncio.Runner(loop_factory=_loop_factory()) as runner:
                runner.run(work(settings))
        except (CannotListenError, UnsupportedDatabaseError) as error:
            stop(str(error))
        except (OSError, SQLAlchemyError) as error:
            # Not its text: a driver's words may hold the address with the password in it.
            stop(f"The database in DATABASE_URL cannot be used now ({type(error).__name__}). Is it running, and right?")


def _loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    if sys.platform == "win32":
        return None
    import uvloop  # noqa: PLC0415 - there is none for Windows

    return uvloop.new_event_loop


@asynccontextmanager
async def opened(settings: Settings) -> AsyncIterator[Database]:
    """Open the configured database, and close it on leaving."""
    database = Database.open(settings.database_url.get_secret_value())
    try:
        yield database
    finally:
        await database.close()


@asynccontextmanager
async def opened_as_it_is(settings: Settings) -> AsyncIterator[Database]:
    """Open the configured database if it is one of this release. Unlike `serve`, make nothing, not even its file."""
    _find(settings.database_url.get_secret_value())
    async with opened(settings) as database:
        if await state(database) is Shape.EMPTY:
            stop("The database is empty. `python -m kudos migrate`, or the first start, makes its tables.")
        await ready(database)
        yield database


def _find(url: str) -> None:
    """End if the URL names a file that is not there: SQLite would make it by being asked."""
    parsed = database_url(url)
    path = Path(parsed.database or "").absolute()
    if parsed.get_backend_name() == "sqlite" and not path.exists():
        stop(
            f"There is no file {path} yet: `python -m kudos serve` makes it. If it should be there, check DATABASE_URL."
        )


async def ready(database: Database) -> None:
    """Bring an empty database into shape; refuse any other that is not this release's, with what to do."""
    match await state(database):
        case Shape.CURRENT:
            return
        case Shape.EMPTY:
            await upgrade(database.url.render_as_string(hide_password=False))
            _log.info("database_created")
        case Shape.OLDER:
            stop("The database is of an older release. Bring it up to date with: python -m kudos migrate")
        case Shape.NEWER:
            stop("The database is of a newer release than this one. Run that release, or restore a backup.")
        case Shape.FOREIGN:
            stop("DATABASE_URL names a database that something else made. Give the bot one of its own.")


def stop(sentence: str) -> NoReturn:
    """End with a sentence for the operator and a failing exit code."""
    raise click.ClickException(sentence)
