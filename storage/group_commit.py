"""Many small writes to SQLite in one transaction.

Making a transaction durable takes far longer than the few rows of a kudos. So whatever has gathered while the last
one was made durable goes into the next together. If one of them fails, which is rare, the others are done again without
it: under a savepoint of its own each would take twice as long, as SQLite then copies every page before it is changed.

Only the waiting is done in a thread: for another process that writes, and for the disk. The statements themselves take
microseconds; in a thread each would wait for the interpreter lock besides.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable, Sequence
from typing import Any, Final

from storage.side_thread import SideThread
from storage.together import Together

Work = Callable[[sqlite3.Connection], Any]

CACHE_KB: Final = 32_000
"""Pages kept by this one connection. With SQLite's own 2 MB, a kudos reads again most of the index pages it changes."""

PATIENCE_MS: Final = 5_000
"""How long another process may write, such as a command of the operator's, before a kudos gives up."""


class _AtFaultError(Exception):
    """The one at this place of a group failed, and nothing of the group is done."""

    def __init__(self, place: int, error: Exception) -> None:
        super().__init__(type(error).__name__)
        self.place = place
        self.error = error


class GroupCommit:
    """The connection that writes. `lock` is held during each transaction, and shared with every other writer."""

    def __init__(self, connect: Callable[[], sqlite3.Connection], lock: asyncio.Lock) -> None:
        self._connect = connect
        self._lock = lock
        self._thread = SideThread("sqlite-writer")
        self._connection: sqlite3.Connection | None = None
        self._together: Together[Work, Any] = Together(self._write)

    async def run(self, work: Work) -> Any:
        """Do the work in the next transaction; come back once it is durable. What it raises undoes only itself.

        It may be done, undone and done again, and has to come to the same.
        """
        return await self._together.ask(work)

    async def close(self) -> None:
        """Finish what waits, and end the thread."""
        await self._together.finish()
        await self._thread.run(self._disconnect)
        self._thread.end()

    async def _write(self, group: Sequence[Work]) -> Sequence[Any]:
        """Write what can be written. One that fails has undone the others with it, which are done again without it."""
        outcomes: dict[int, Any] = {}
        while True:
            left = [number for number in range(len(group)) if number not in outcomes]
            try:
                written = await self._transact([group[number] for number in left])
            except _AtFaultError as fault:
                outcomes[left[fault.place]] = fault.error
            else:
                outcomes.update(zip(left, written, strict=True))
                return [outcomes[number] for number in range(len(group))]

    async def _transact(self, group: Sequence[Work]) -> Sequence[Any]:
        """Do everything in one transaction. Raises _AtFaultError if one of them fails; then nothing of it is done."""
        async with self._lock:
            try:
                connection = await self._begin()
                outcomes = [_attempt(connection, place, work) for place, work in enumerate(group)]
                await self._thread.run(connection.execute, "COMMIT")
            except _AtFaultError:
                raise
            except Exception:
                # Nothing of the group is durable.
                await self._thread.run(self._disconnect)
                raise
        return outcomes

    async def _begin(self) -> sqlite3.Connection:
        connection = self._connection
        if connection is None:
            connection = self._connection = await self._thread.run(self._connect)
            connection.execute("PRAGMA busy_timeout=0")
            connection.execute(f"PRAGMA cache_size=-{CACHE_KB}")
        try:
            connection.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError:
            connection.execute(f"PRAGMA busy_timeout={PATIENCE_MS}")
            await self._thread.run(connection.execute, "BEGIN IMMEDIATE")
            connection.execute("PRAGMA busy_timeout=0")
        return connection

    def _disconnect(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None


def _attempt(connection: sqlite3.Connection, place: int, work: Work) -> Any:
    try:
        return work(connection)
    except Exception as error:
        # Of a full disk SQLite takes everything back by itself.
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise _AtFaultError(place, error) from error
