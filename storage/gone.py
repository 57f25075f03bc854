"""What a database says when a row that is to be written points to one that is not there any more."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

import asyncpg
from sqlalchemy.exc import IntegrityError

from bot.errors import GoneError


@contextmanager
def telling_what_is_gone() -> Iterator[None]:
    """Raise GoneError in place of it."""
    try:
        yield
    except (IntegrityError, asyncpg.ForeignKeyViolationError, sqlite3.IntegrityError) as error:
        if is_gone(error):
            raise GoneError from error
        raise


def is_gone(error: Exception) -> bool:
    """Say whether it is that."""
    origin: BaseException | None = error
    if isinstance(error, IntegrityError):
        origin = error.orig
        # asyncpg's own is behind the one that the dialect makes of it.
        origin = (origin and origin.__cause__) or origin
    if isinstance(origin, sqlite3.IntegrityError):
        return origin.sqlite_errorcode == sqlite3.SQLITE_CONSTRAINT_FOREIGNKEY
    return isinstance(origin, asyncpg.ForeignKeyViolationError)
