"""Trying again what a database refused for the moment: it restarts, or two wanted the same rows in opposite orders.

Only for work that may be done twice: a read, or a write that is keyed.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Final, TypeVar

import asyncpg
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

T = TypeVar("T")

# A chat platform waits 3 s for its answer; a restart of PostgreSQL takes about one.
PATIENCE_S: Final = 2.5
FIRST_PAUSE_S: Final = 0.01
LONGEST_PAUSE_S: Final = 0.25

_PASSING: Final = (
    asyncpg.PostgresConnectionError,
    asyncpg.InterfaceError,
    # What a connection says that was cut off a moment ago and has not noticed yet.
    asyncpg.InternalClientError,
    asyncpg.DeadlockDetectedError,
    asyncpg.SerializationError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    asyncpg.CannotConnectNowError,
    asyncpg.TooManyConnectionsError,
    # asyncpg lets what the socket says through as it is; a connection attempt that takes too long is one of these too.
    OSError,
    PoolTimeoutError,
)


def is_passing(error: BaseException) -> bool:
    """Say whether the same call may well work in a moment."""
    if isinstance(error, _PASSING):
        return True
    if isinstance(error, DBAPIError):
        return error.connection_invalidated or isinstance(getattr(error.orig, "__cause__", None), _PASSING)
    return False


async def persistently(call: Callable[[], Awaitable[T]]) -> T:
    """Call until it works, for at most `PATIENCE_S`; then raise what it raised last."""
    deadline = time.monotonic() + PATIENCE_S
    pause = FIRST_PAUSE_S
    while True:
        try:
            return await call()
        except Exception as error:
            if not is_passing(error) or time.monotonic() + pause > deadline:
                raise
        await asyncio.sleep(pause)
        pause = min(pause * 2, LONGEST_PAUSE_S)
