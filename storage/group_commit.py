"""Many small writes to SQLite in one transaction.

Making a transaction durable takes far longer than the few rows of a kudos. So whatever has gathered while the last
one was made durable goes into the next together, each under a savepoint of its own: one that fails harms no other.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Final

Work = Callable[[sqlite3.Connection], Any]

# How many share a transaction at most, so that somebody who waits for the writer does not wait long.
LARGEST_GROUP: Final = 200


@dataclass(slots=True)
class _Job:
    work: Work
    answer: asyncio.Future[Any]
    result: Any = None
    error: Exception | None = None


class GroupCommit:
    """The thread that writes. `lock` is held during each transaction, and shared with every other writer."""

    def __init__(self, connect: Callable[[], sqlite3.Connection], lock: asyncio.Lock) -> None:
        self._connect = connect
        self._lock = lock
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="sqlite-writer")
        self._connection: sqlite3.Connection | None = None
        self._waiting: list[_Job] = []
        self._flushing: asyncio.Task[None] | None = None

    async def run(self, work: Work) -> Any:
        """Do the work in the writing thread; come back once it is durable. What the work raises undoes only itself."""
        loop = asyncio.get_running_loop()
        job = _Job(work, loop.create_future())
        self._waiting.append(job)
        if self._flushing is None or self._flushing.done():
            self._flushing = loop.create_task(self._flush())
        return await job.answer

    async def close(self) -> None:
        """Finish what waits, and end the thread."""
        if self._flushing is not None:
            await self._flushing
        await asyncio.get_running_loop().run_in_executor(self._thread, self._disconnect)
        self._thread.shutdown(wait=False)

    async def _flush(self) -> None:
        loop = asyncio.get_running_loop()
        while self._waiting:
            async with self._lock:
                group, self._waiting = self._waiting[:LARGEST_GROUP], self._waiting[LARGEST_GROUP:]
                await loop.run_in_executor(self._thread, self._write, group)
            for job in group:
                _settle(job)

    def _write(self, group: Sequence[_Job]) -> None:
        try:
            self._connection = self._connection or self._connect()
            self._connection.execute("BEGIN IMMEDIATE")
            for job in group:
                _attempt(self._connection, job)
            self._connection.execute("COMMIT")
        except Exception as error:  # noqa: BLE001 whatever it is, nobody may be left waiting
            # Nothing of the group is durable.
            for job in group:
                job.error = error
            self._disconnect()

    def _disconnect(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None


def _attempt(connection: sqlite3.Connection, job: _Job) -> None:
    connection.execute("SAVEPOINT job")
    try:
        job.result = job.work(connection)
    except Exception as error:  # noqa: BLE001 whatever it is, it belongs to the one who asked for this work
        job.error = error
        connection.execute("ROLLBACK TO job")
    connection.execute("RELEASE job")


def _settle(job: _Job) -> None:
    if job.answer.done():
        return
    if job.error is not None:
        job.answer.set_exception(job.error)
    else:
        job.answer.set_result(job.result)
