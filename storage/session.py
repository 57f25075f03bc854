"""One unit of work's way to the database: it takes a connection only when it must, and writes in one transaction."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AsyncExitStack
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.identity import OrganisationId
from storage.engine import Database, Lookup, Row
from storage.gone import telling_what_is_gone
from storage.retry import persistently
from storage.sqlite_values import as_text

# Columns of any type, by name.
Rows = Sequence[Any]
Question = sa.Select[Any] | sa.CompoundSelect[Any]


class Session:
    """Reads stand alone until something is written; from then on all is one transaction, ended by `commit`."""

    def __init__(self, database: Database, organisation: OrganisationId) -> None:
        self.database = database
        self.organisation = organisation
        self._transaction: AsyncConnection | None = None
        self._open = AsyncExitStack()
        self._outbox_filled = False
        self._then: list[Callable[[], None]] = []

    async def look_up(self, lookup: Lookup, *args: object) -> Sequence[Row]:
        """Answer a small question, as `Database.look_up` does, with what this unit of work wrote."""
        if self._transaction is None:
            return await self.database.look_up(lookup, *args)
        if self.database.is_sqlite:
            return (await self._transaction.exec_driver_sql(lookup.sqlite, as_text(args))).all()
        return (await self._transaction.exec_driver_sql(lookup.postgresql, args)).all()

    async def read(self, statement: Question) -> Rows:
        """Give all rows."""
        if self._transaction is not None:
            return await _all(self._transaction, statement)
        return await persistently(lambda: self._read_alone(statement))

    async def _read_alone(self, statement: Question) -> Rows:
        async with self.database.reading() as connection:
            return await _all(connection, statement)

    async def write(
        self, statement: sa.Executable, rows: Sequence[Mapping[str, object]] | None = None
    ) -> sa.CursorResult[Any]:
        """Execute in the transaction, which begins now if it has not. Raises GoneError."""
        connection = await self._begin()
        with telling_what_is_gone():
            return await connection.execute(statement, rows)

    async def read_for_write(self, statement: Question) -> Rows:
        """Give all rows in the transaction, which begins now if it has not."""
        connection = await self._begin()
        return await _all(connection, statement)

    async def connection(self) -> AsyncConnection:
        """Give the transaction's connection; the transaction begins now if it has not."""
        return await self._begin()

    def refuse_if_written(self) -> None:
        """Raise RuntimeError if a transaction is open: work that commits by itself would wait for it for ever."""
        if self._transaction is not None:
            problem = "recording commits by itself; do no other work in the same unit of work"
            raise RuntimeError(problem)

    def note_outbox(self) -> None:
        """Remember that delivery has something to do once this is committed."""
        self._outbox_filled = True

    def when_durable(self, then: Callable[[], None]) -> None:
        """Do it once this is committed, and not at all if it never is."""
        self._then.append(then)

    async def commit(self) -> None:
        """Make what was written durable."""
        if self._transaction is None:
            return
        await self._transaction.commit()
        then = self._then[:]
        await self.close()
        if self._outbox_filled:
            self._outbox_filled = False
            self.database.on_outbox()
        for each in then:
            each()

    async def close(self) -> None:
        """Undo what is not committed, and give the connection back."""
        self._transaction = None
        self._then.clear()
        await self._open.aclose()

    async def _begin(self) -> AsyncConnection:
        if self._transaction is None:
            self._transaction = await persistently(self._connect)
        return self._transaction

    async def _connect(self) -> AsyncConnection:
        connection = await self._open.enter_async_context(self.database.transaction())
        # A transaction begins with its first statement; that this one fails is the last harmless moment to learn it.
        await connection.exec_driver_sql("SELECT 1")
        return connection


async def _all(connection: AsyncConnection, statement: Question) -> Rows:
    rows: Rows = (await connection.execute(statement)).all()
    return rows
