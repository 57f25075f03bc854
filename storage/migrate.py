"""Which shape a database has, and bringing it to the one of this release."""

from __future__ import annotations

import asyncio
from enum import StrEnum
from pathlib import Path
from typing import Final

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy.exc import DBAPIError

from storage.engine import Database

ALEMBIC_INI: Final = Path(__file__).resolve().parent.parent / "alembic.ini"

# A table that has been ours since the first migration.
OURS: Final = "organisations"

# Waiting for a table behind a long read: each try gives up after 100 ms so that nobody queues behind it for longer.
LOCK_TRIES: Final = 100
LOCK_PAUSE_S: Final = 0.5
LOCK_NOT_AVAILABLE: Final = "55P03"


class Shape(StrEnum):
    """What a database is, seen from this release."""

    EMPTY = "empty"
    CURRENT = "current"
    OLDER = "older"
    NEWER = "newer"
    FOREIGN = "foreign"


async def state(database: Database) -> Shape:
    """Say which shape the database has. FOREIGN is one that something other than this application made."""
    async with database.reading() as connection:
        return await connection.run_sync(_shape)


async def upgrade(url: str, revision: str = "head") -> None:
    """Bring the database to this release's shape; nothing happens if it has it.

    Safe to call at once from several replicas, but not twice at once in one process: Alembic keeps its state in a
    module. Each migration is done as a whole or not at all; on SQLite all of them together.
    """
    for left in reversed(range(LOCK_TRIES)):
        try:
            await _run(url, revision)
        except DBAPIError as error:
            if left == 0 or getattr(error.orig, "sqlstate", None) != LOCK_NOT_AVAILABLE:
                raise
            await asyncio.sleep(LOCK_PAUSE_S)
        else:
            return


async def downgrade(url: str, revision: str) -> None:
    """Bring the database back to an older shape (`base`: to nothing). What the older shape cannot hold is lost."""
    await _run(url, revision, down=True)


async def _run(url: str, revision: str, *, down: bool = False) -> None:
    database = Database.open(url)
    try:
        async with database.migrating() as connection:
            await connection.run_sync(_migrate, revision, down)
    finally:
        await database.close()


def _migrate(connection: sa.Connection, revision: str, down: bool) -> None:  # noqa: FBT001 run_sync hands on positions
    config = Config(ALEMBIC_INI)
    config.attributes["connection"] = connection
    (command.downgrade if down else command.upgrade)(config, revision)


def _shape(connection: sa.Connection) -> Shape:
    tables = set(sa.inspect(connection).get_table_names())
    if not tables - {"alembic_version"} and not _revisions(connection):
        return Shape.EMPTY
    if OURS not in tables:
        return Shape.FOREIGN
    script = ScriptDirectory.from_config(Config(ALEMBIC_INI))
    there = _revisions(connection)
    if there == set(script.get_heads()):
        return Shape.CURRENT
    known = {each.revision for each in script.walk_revisions()}
    if not there:
        return Shape.FOREIGN
    return Shape.OLDER if there <= known else Shape.NEWER


def _revisions(connection: sa.Connection) -> set[str]:
    return set(MigrationContext.configure(connection).get_current_heads())
