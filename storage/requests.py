"""Forgetting acts that nobody repeats any more."""

from __future__ import annotations

from datetime import datetime
from typing import Final

import sqlalchemy as sa

from storage.engine import Database
from storage.tables import seen_requests

_FORGOTTEN_AT_ONCE: Final = 2_000


async def forget_requests(database: Database, before: datetime) -> int:
    """Delete what was noted of acts seen before a time (aware, in UTC), so that the table does not grow for ever.

    A few at a time, so that no kudos waits for it. Say how many. An act repeated after that counts as a new one.
    """
    key = (seen_requests.c.organisation_id, seen_requests.c.key)
    old = sa.select(*key).where(seen_requests.c.seen_at < before).limit(_FORGOTTEN_AT_ONCE)
    forgotten = 0
    while True:
        async with database.reading() as connection:
            rows = [tuple(row) for row in (await connection.execute(old)).all()]
        if not rows:
            return forgotten
        async with database.writing() as connection:
            gone = await connection.execute(sa.delete(seen_requests).where(sa.tuple_(*key).in_(rows)))
        forgotten += gone.rowcount
