"""What a database's error may tell the log: what went wrong and where, and nothing of what people wrote."""

from __future__ import annotations

import re
from typing import Final

import asyncpg
from sqlalchemy.engine import ExceptionContext

# asyncpg quotes the value that it could not send.
_QUOTED: Final = re.compile(r"(?<=invalid input for query argument ).*", re.DOTALL)


def discreet(error: BaseException) -> None:
    """Take the row out of an error of asyncpg's: its text would end in "DETAIL:  Failing row contains (…)"."""
    if isinstance(error, asyncpg.PostgresError):
        error.detail = None
    _unquote(error)


def discreet_in_sqlalchemy(context: ExceptionContext) -> None:
    """Do so for an error that SQLAlchemy is about to raise, with those that it was made of."""
    for error in (context.sqlalchemy_exception, context.original_exception):
        if error is not None:
            _unquote(error)
            if error.__cause__ is not None:
                discreet(error.__cause__)


def _unquote(error: BaseException) -> None:
    error.args = tuple(_QUOTED.sub("[not shown]", each) if isinstance(each, str) else each for each in error.args)
