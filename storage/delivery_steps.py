"""What is written for every single message: that its call is about to be made, and what came of it.

Plain statements, each a transaction by itself. On SQLite they share the writer with whatever else waits to be written.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final, assert_never

import msgspec

from bot.delivery.model import Blocked, Failed, InDoubt, Outcome, Sent, State, TryAgain, Unknown
from bot.identity import OutboxId
from storage.engine import Database
from storage.sqlite_values import as_text

_MINE: Final = "id = $1 AND worker = $2 AND state IN ('claimed', 'sending')"
_WITHDRAWN: Final = "EXISTS (SELECT 1 FROM outbox r WHERE r.original_id = outbox.id AND r.operation = 'remove')"

_BEGIN: Final = f"""
UPDATE outbox SET state = 'sending', attempts = attempts + 1, began_at = coalesce(began_at, $3), lease_until = $4
WHERE {_MINE} AND NOT {_WITHDRAWN}
"""  # noqa: S608 put together from the constants above
_CANCEL: Final = f"""
UPDATE outbox SET state = 'cancelled', worker = NULL, lease_until = NULL, settled_at = $3, reason = 'withdrawn'
WHERE {_MINE} AND {_WITHDRAWN}
"""  # noqa: S608 likewise
# What is pending again was surely not delivered: it is in doubt no longer.
_SETTLE: Final = f"""
UPDATE outbox SET state = $3, began_at = CASE WHEN $3 = 'pending' THEN NULL ELSE began_at END, worker = $4,
    lease_until = $5, settled_at = $6, available_at = coalesce($7, available_at), receipt = $8, reason = $9
WHERE {_MINE}
"""  # noqa: S608 likewise


async def begin(database: Database, id: OutboxId, worker: str, now: datetime, lease: timedelta) -> bool:
    """Note that the call is about to be made; cancel a row that was withdrawn. False: do not send."""
    if await _change(database, _BEGIN, id, worker, now, now + lease):
        return True
    await _change(database, _CANCEL, id, worker, now)
    return False


async def settle(
    database: Database, id: OutboxId, worker: str, outcome: Outcome, *, now: datetime, hold: timedelta
) -> None:
    """Write what came of it, if the row is still this worker's."""
    await _change(database, _SETTLE, id, worker, *_settled(outcome, worker, now, hold))


def _settled(outcome: Outcome, worker: str, now: datetime, hold: timedelta) -> tuple[object, ...]:
    """Give state, worker, lease_until, settled_at, available_at, receipt and reason."""
    match outcome:
        case Sent(receipt):
            text = None if receipt is None else msgspec.json.encode(receipt).decode()
            # The lane's pace is kept on the row that was sent, where every worker sees it.
            return State.SENT.value, None, None, now, now + hold, text, ""
        case TryAgain(at, reason):
            return State.PENDING.value, None, None, None, at, None, reason
        case Blocked(reason):
            return State.BLOCKED.value, None, None, now, None, None, reason
        case Failed(reason):
            return State.FAILED.value, None, None, now, None, None, reason
        case Unknown(reason):
            return State.UNKNOWN.value, None, None, now, None, None, reason
        case InDoubt(at, reason):
            return State.SENDING.value, worker, at, None, None, None, reason
        case _:
            assert_never(outcome)


async def _change(database: Database, sql: str, *args: object) -> bool:
    if database.is_sqlite:
        changed: int = await database.group_commit.run(
            lambda db: db.execute(sql.replace("$", "?"), as_text(args)).rowcount
        )
        return changed == 1
    async with database.asyncpg_connection() as connection:
        status: str = await connection.execute(sql, *args)
        return status == "UPDATE 1"
