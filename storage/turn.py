"""An organisation's turn: on PostgreSQL, whoever changes its kudos takes it for the rest of the transaction.

A transaction that changes rows of several people would else wait for one that changes the same in another order.
"""

from __future__ import annotations

from typing import Final

import sqlalchemy as sa

from storage.session import Session

TAKE_TURN: Final = "pg_advisory_xact_lock(hashtextextended({}::uuid::text, 0))"
"""In SQL, with the organisation's id to be put in."""

_ALONE: Final = sa.text(f"SELECT {TAKE_TURN.format(':organisation')}".replace("::", "\\:\\:"))


async def take_turn(session: Session) -> None:
    """Begin the transaction with it. On SQLite every transaction has its turn."""
    if not session.database.is_sqlite:
        await session.write(_ALONE.bindparams(organisation=session.organisation))
