"""Putting messages into the outbox and changing them later, in the unit of work's transaction."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from bot.delivery.model import Operation, Outgoing, State
from bot.identity import id_made_at
from bot.view import codec
from bot.view.message import Message, MessageKind
from storage.outbox_rows import lane, target_kind
from storage.session import Rows, Session
from storage.tables import outbox

IDLE: Final = frozenset({State.PENDING, State.CLAIMED, State.BLOCKED, State.FAILED})
"""Surely not delivered, though it may yet be: a blocked or failed one by an operator's decision."""

OUT: Final = frozenset({State.SENDING, State.SENT, State.UNKNOWN})
"""May have been delivered."""

_MOMENT: Final = timedelta(microseconds=1)
_SAME: Final = ("organisation_id", "subject", "platform", "workspace", "target_kind", "target_id", "lane")


class SqlOutbox:
    """`bot.delivery.store.Outbox` of the session's organisation."""

    def __init__(self, session: Session) -> None:
        self._session = session

    async def put(self, outgoing: Outgoing, at: datetime) -> bool:
        """Put a message, unless one of this subject and key was put before."""
        target = outgoing.target
        place = lane(target)
        before = [row for row in await rows_about(self._session, outgoing.subject) if row.lane == place]
        parent = next((row.id for row in before if row.key == outgoing.under and is_sent(row)), None)
        insert = sqlite.insert if self._session.database.is_sqlite else postgresql.insert
        put = await self._session.write(
            insert(outbox)
            .values(
                organisation_id=self._session.organisation,
                subject=outgoing.subject,
                platform=target.workspace.platform.value,
                workspace=target.workspace.id,
                target_kind=target_kind(target),
                target_id=target.id,
                lane=place,
                **_fresh(outgoing.key, Operation.SEND, outgoing.message, at, before),
                original_id=parent,
            )
            .on_conflict_do_nothing()
        )
        if put.rowcount:
            self._session.note_outbox()
        return put.rowcount == 1

    async def change(self, subject: str, key: str, message: Message | None, at: datetime) -> bool:
        """Make a message say something else; None takes it back. False if there is no such message."""
        rows = await rows_about(self._session, subject)
        meant = next((row for row in rows if row.key == key and is_sent(row)), None)
        if meant is None:
            return False
        if not is_withdrawn(meant, rows):
            await self._change(meant, rows, message, at)
        return True

    async def _change(self, meant: sa.Row[Any], rows: Rows, message: Message | None, at: datetime) -> None:
        if meant.state in IDLE:
            await self._say_instead(meant, message, at)
            return
        changes = [row for row in rows if row.original_id == meant.id and row.operation == Operation.UPDATE]
        await cancel(self._session, [row for row in changes if row.state in IDLE], at)
        if message is None:
            await take_away(self._session, [meant], rows, None, at)
        else:
            name = f"{meant.key}:update:{len(changes) + 1}"
            await _follow(self._session, [(name, meant)], rows, Operation.UPDATE, message, at=at)

    async def is_out(self, subject: str, key: str) -> bool:
        """Say whether a message may have been delivered, as one has that is no longer known."""
        rows = await rows_about(self._session, subject)
        return all(row.state not in IDLE for row in rows if row.key == key and is_sent(row))

    async def _say_instead(self, row: sa.Row[Any], message: Message | None, at: datetime) -> None:
        if message is None:
            return await cancel(self._session, [row], at)
        # A worker that holds it has the old words in hand, and must not begin.
        free = {"state": State.PENDING.value, "worker": None, "lease_until": None}
        said = {"kind": message.kind.value, "message": codec.encode(message)}
        await self._session.write(
            sa.update(outbox)
            .where(outbox.c.id == row.id)
            .values(**said, **(free if row.state == State.CLAIMED else {}))
        )
        return self._session.note_outbox()


async def rows_about(session: Session, subject: str) -> Rows:
    """Give all of a matter's rows, locked.

    A worker that settles one at this moment must not make it slip between what is cancelled and what is taken away.
    """
    return await session.read_for_write(
        sa.select(outbox)
        .where(outbox.c.organisation_id == session.organisation, outbox.c.subject == subject)
        .order_by(outbox.c.id)
        .with_for_update()
    )


def is_withdrawn(row: sa.Row[Any], rows: Rows) -> bool:
    """Say whether it was cancelled, or taken away by another row."""
    return row.state == State.CANCELLED or any(
        each.original_id == row.id and each.operation == Operation.REMOVE for each in rows
    )


async def cancel(session: Session, rows: Rows, at: datetime) -> None:
    """Let them not go out any more."""
    if rows:
        await session.write(
            sa.update(outbox)
            .where(outbox.c.id.in_([row.id for row in rows]))
            .values(state=State.CANCELLED.value, settled_at=at)
        )


async def take_away(session: Session, meant: Rows, rows: Rows, instead: Message | None, at: datetime) -> None:
    """Put behind each a row that takes it away, or has it say `instead` where that cannot be done."""
    await _follow(session, [(f"{row.key}:remove", row) for row in meant], rows, Operation.REMOVE, instead, at=at)


async def _follow(
    session: Session,
    meant: Sequence[tuple[str, sa.Row[Any]]],
    rows: Rows,
    operation: Operation,
    message: Message | None,
    *,
    at: datetime,
) -> None:
    if not meant:
        return
    await session.write(
        sa.insert(outbox),
        [
            {column: getattr(row, column) for column in _SAME}
            | _fresh(key, operation, message, at, [each for each in rows if each.lane == row.lane])
            | {"original_id": row.id}
            for key, row in meant
        ],
    )
    session.note_outbox()


def _fresh(key: str, operation: Operation, message: Message | None, at: datetime, before: Rows) -> dict[str, object]:
    kind = MessageKind.WITHDRAWN if message is None else message.kind
    return {
        "id": id_made_at(at),
        "key": key,
        "operation": operation.value,
        "kind": kind.value,
        "message": None if message is None else codec.encode(message),
        "state": State.PENDING.value,
        # A lane goes by it, and clocks are neither fine nor equal enough to order what belongs together.
        "created_at": max([at, *(row.created_at + _MOMENT for row in before)]),
        "available_at": at,
        "attempts": 0,
        "reason": "",
    }


def is_sent(row: sa.Row[Any]) -> bool:
    """Say whether it is a message of its own, not a change of one."""
    return bool(row.operation == Operation.SEND)
