"""The database: one door to PostgreSQL (asyncpg) or SQLite (aiosqlite), with the manners that each needs.

SQLite's busy handler is unfair: with several writing connections somebody waits for seconds. So one connection writes,
whoever wants it queues in order, and readers have connections of their own.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import aiosqlite
import asyncpg
import sqlalchemy as sa
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import DisconnectionError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from storage.discretion import discreet, discreet_in_sqlalchemy
from storage.group_commit import GroupCommit
from storage.retry import persistently
from storage.sqlite_values import as_text

POOL_SIZE: Final = 20
READERS: Final = 4

# Longer than any statement of ours on a healthy database, shorter than a chat platform's patience with a retry.
STATEMENT_TIMEOUT_MS: Final = 10_000
BUSY_TIMEOUT_MS: Final = 5_000
CONNECT_TIMEOUT_S: Final = 2.0
# Better late than refused: an act that is recorded after the platform gave up waiting is answered when it is repeated.
POOL_TIMEOUT_S: Final = 10.0


# Any number that nobody else uses for an advisory lock.
MIGRATION_LOCK: Final = 7_305_210_913
MIGRATION_LOCK_PAUSE_S: Final = 0.2


class UnsupportedDatabaseError(ValueError):
    """The URL names a database that is neither PostgreSQL nor SQLite, or a SQLite one without a file."""


class BrokenMigrationError(RuntimeError):
    """A migration would have left references to nothing; it was undone."""


def database_url(url: str) -> URL:
    """Read a database URL as people write it, and name the driver used here. Raises UnsupportedDatabaseError."""
    try:
        parsed = make_url(url)
    except (sa.exc.ArgumentError, ValueError) as error:
        problem = "DATABASE_URL is not a database URL"
        raise UnsupportedDatabaseError(problem) from error
    match parsed.drivername.partition("+")[0]:
        case "postgres" | "postgresql":
            query = dict(parsed.query)
            # libpq's word for what asyncpg calls ssl; hosting panels hand out URLs with it.
            if "sslmode" in query:
                query["ssl"] = query.pop("sslmode")
            return parsed.set(drivername="postgresql+asyncpg", query=query)
        case "sqlite":
            if parsed.database in (None, "", ":memory:"):
                problem = "SQLite needs a file: its readers and its writer are different connections"
                raise UnsupportedDatabaseError(problem)
            return parsed.set(drivername="sqlite+aiosqlite")
        case other:
            problem = f"neither PostgreSQL nor SQLite: {other}"
            raise UnsupportedDatabaseError(problem)


Row = Sequence[Any]


@dataclass(frozen=True, slots=True)
class Lookup:
    """One question in both databases' SQL, with the same answer columns."""

    postgresql: str
    sqlite: str


class Database:
    """One database and its connections. `on_outbox` is called after every commit that put something into the outbox."""

    def __init__(self, url: URL, engine: AsyncEngine, writer: AsyncEngine) -> None:
        self.url = url
        self.engine = engine
        self.on_outbox: Callable[[], None] = lambda: None
        # On SQLite every write is made under this lock; asyncio's lets waiters in first come, first served.
        self.write_lock = asyncio.Lock()
        self.group_commit = GroupCommit(self.connect_sqlite, self.write_lock)
        self._lookups: sqlite3.Connection | None = None
        self._writer = writer
        self._reader = engine.execution_options(isolation_level="AUTOCOMMIT")

    @classmethod
    def open(cls, url: str) -> Database:
        """Make the connections ready; none is opened yet. Raises UnsupportedDatabaseError."""
        parsed = database_url(url)
        if parsed.get_backend_name() == "postgresql":
            engine = _postgresql(parsed)
            return cls(parsed, engine, engine)
        Path(parsed.database or "").parent.mkdir(parents=True, exist_ok=True)
        return cls(parsed, _sqlite_readers(parsed), _sqlite_writer(parsed))

    @property
    def is_sqlite(self) -> bool:
        """Whether it is SQLite."""
        return self.url.get_backend_name() == "sqlite"

    async def look_up(self, lookup: Lookup, *args: object) -> Sequence[Row]:
        """Answer a small question about what is committed, at the least cost there is.

        Answers are as the driver has them: on SQLite ids and moments are text.
        """
        if not self.is_sqlite:
            return await persistently(lambda: self._fetch(lookup.postgresql, args))
        # In a WAL database a reader waits for nobody, and the way through a thread takes longer than the answer.
        self._lookups = self._lookups or self.connect_sqlite()
        return self._lookups.execute(lookup.sqlite, as_text(args)).fetchall()

    async def _fetch(self, sql: str, args: Sequence[object]) -> Sequence[Row]:
        async with self.asyncpg_connection() as connection:
            return await connection.fetch(sql, *args)

    @asynccontextmanager
    async def asyncpg_connection(self) -> AsyncIterator[asyncpg.Connection[Any]]:
        """Lend a connection of the pool as asyncpg has it, outside any transaction. PostgreSQL only."""
        lent = await self.engine.raw_connection()
        connection: asyncpg.Connection[Any] = lent.driver_connection  # type: ignore[assignment]  # typed as Any or None
        try:
            yield connection
        except BaseException as error:
            # Cancelled, cut off or refused in the middle of an answer: nobody knows what it would say next.
            lent.invalidate()
            discreet(error)
            raise
        else:
            lent.close()

    def connect_sqlite(self) -> sqlite3.Connection:
        """Open a plain connection. SQLite only."""
        connection = sqlite3.connect(self.url.database or "", isolation_level=None, check_same_thread=False)
        for pragma in SQLITE_PRAGMAS:
            connection.execute(pragma)
        return connection

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[AsyncConnection]:
        """Open a connection where each statement stands alone and sees what is committed."""
        async with self._reader.connect() as connection:
            yield connection

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[AsyncConnection]:
        """Open a writing transaction. The caller commits; what is not committed on leaving is undone."""
        if not self.is_sqlite:
            async with self._writer.connect() as connection:
                yield connection
            return
        async with self.write_lock, self._writer.connect() as connection:
            yield connection

    @asynccontextmanager
    async def writing(self) -> AsyncIterator[AsyncConnection]:
        """Open a writing transaction that commits on leaving without an error."""
        async with self.transaction() as connection:
            yield connection
            await connection.commit()

    @asynccontextmanager
    async def migrating(self) -> AsyncIterator[AsyncConnection]:
        """Lend a connection that may rebuild tables. Close the database afterwards: that ends its turn.

        On PostgreSQL it is in no transaction yet, since some of what a migration does is not possible in one.
        """
        async with self.transaction() as connection:
            if self.is_sqlite:
                # SQLite alters a table by building it anew, and dropping the old one would take its children along.
                raw = await connection.get_raw_connection()
                driver: aiosqlite.Connection = raw.driver_connection  # type: ignore[assignment]  # typed as Any or None
                await driver.execute("PRAGMA foreign_keys=OFF")
                # Begun here, all migrations are one transaction. Alembic would commit each: two that start at once
                # would each carry out the next.
                await connection.begin()
            else:
                await _take_turn(connection)
            yield connection
            if self.is_sqlite:
                broken = (await connection.exec_driver_sql("PRAGMA foreign_key_check")).first()
                if broken is not None:
                    problem = f"the migration left a row of {broken[0]} without what it refers to"
                    raise BrokenMigrationError(problem)
            await connection.commit()

    async def close(self) -> None:
        """Close every connection."""
        await self._writer.dispose()
        if self.is_sqlite:
            await self.group_commit.close()
            await self.engine.dispose()
            if self._lookups is not None:
                self._lookups.close()


async def _take_turn(connection: AsyncConnection) -> None:
    """Wait until no other process migrates, for as long as the connection lives."""
    # Asked again and again: whoever waits in one statement is itself waited for by CREATE INDEX CONCURRENTLY.
    while not await connection.scalar(sa.select(sa.func.pg_try_advisory_lock(MIGRATION_LOCK))):
        await connection.commit()
        await asyncio.sleep(MIGRATION_LOCK_PAUSE_S)
    await connection.commit()


# Every engine hides parameters: the names and addresses in them must not reach the log with an error.
def _postgresql(url: URL) -> AsyncEngine:
    engine = create_async_engine(
        url,
        hide_parameters=True,
        pool_size=POOL_SIZE,
        # One lent beyond the pool's size would be closed when it comes back, which asyncpg_connection cannot wait for.
        max_overflow=0,
        pool_timeout=POOL_TIMEOUT_S,
        # The connection given back last: its server process has the plans and pages of our statements at hand.
        pool_use_lifo=True,
        skip_autocommit_rollback=True,
        connect_args={
            "timeout": CONNECT_TIMEOUT_S,
            "server_settings": {
                "application_name": "kudos",
                "timezone": "UTC",
                # Compiling costs more than any of our short statements takes.
                "jit": "off",
                "statement_timeout": str(STATEMENT_TIMEOUT_MS),
                "idle_in_transaction_session_timeout": str(STATEMENT_TIMEOUT_MS),
            },
        },
    )
    sa.event.listen(engine.sync_engine, "checkout", _refuse_closed)
    sa.event.listen(engine.sync_engine, "handle_error", discreet_in_sqlalchemy)
    return engine


def _refuse_closed(connection: Any, _record: Any, _proxy: Any) -> None:
    """Drop a connection that the server has closed meanwhile: known here without asking the server."""
    driver: asyncpg.Connection[Any] = connection.driver_connection
    if driver.is_closed():
        raise DisconnectionError


def _sqlite_readers(url: URL) -> AsyncEngine:
    engine = create_async_engine(
        url,
        hide_parameters=True,
        pool_size=READERS,
        max_overflow=0,
        skip_autocommit_rollback=True,
        connect_args={"isolation_level": None},
    )
    sa.event.listen(engine.sync_engine, "connect", _on_sqlite_connect)
    return engine


def _sqlite_writer(url: URL) -> AsyncEngine:
    engine = create_async_engine(
        url, hide_parameters=True, pool_size=1, max_overflow=0, connect_args={"isolation_level": None}
    )
    sa.event.listen(engine.sync_engine, "connect", _on_sqlite_connect)
    sa.event.listen(engine.sync_engine, "begin", _begin_immediate)
    return engine


SQLITE_PRAGMAS: Final = (
    "PRAGMA journal_mode=WAL",
    f"PRAGMA busy_timeout={BUSY_TIMEOUT_MS}",
    "PRAGMA foreign_keys=ON",
    # What was answered stays recorded even if the machine loses power.
    "PRAGMA synchronous=FULL",
    # Pages (16 MB): the same few are written by every kudos, and copied back once per checkpoint.
    "PRAGMA wal_autocheckpoint=4000",
)


def _on_sqlite_connect(connection: Any, _record: Any) -> None:
    cursor = connection.cursor()
    for pragma in SQLITE_PRAGMAS:
        cursor.execute(pragma)
    cursor.close()


def _begin_immediate(connection: sa.Connection) -> None:
    # A transaction that begins by reading and writes later can fail in between, however long it is ready to wait.
    connection.exec_driver_sql("BEGIN IMMEDIATE")
