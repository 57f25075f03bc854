"""The outbox table as the queue that delivery workers share.

The oldest unsettled row of each lane (one conversation) is found by stepping from lane to lane over the index of
unsettled rows, so that looking costs by the number of conversations that wait, not of messages.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from functools import cache
from typing import Any, Final

import msgspec
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.delivery.model import Held, Missing, Operation, Outcome, Parcel, Retried, State
from bot.identity import AccountRef, ConversationRef, OrganisationId, OutboxId, Platform, Target, WorkspaceRef
from bot.ports import Receipt
from bot.view import codec
from storage import delivery_steps
from storage.engine import Database
from storage.tables import outbox
from storage.teams_chat import forget_block

_UNSETTLED: Final = ("pending", "claimed", "sending")
_GIVEN_UP: Final = ("failed", "unknown")
_SENT: Final[sa.ColumnElement[str]] = sa.literal_column("'sent'")
_PURGED_AT_ONCE: Final = 5_000
_NOW: Final = sa.bindparam("now", type_=outbox.c.available_at.type)

_receipts = msgspec.json.Decoder(Receipt)


class SqlDeliveryQueue:
    """`bot.delivery.store.DeliveryQueue` on PostgreSQL or SQLite."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def claim(
        self, now: datetime, limit: int, worker: str, lease: timedelta, platforms: Collection[Platform]
    ) -> list[Parcel]:
        """Claim rows that are due."""
        picked = _claimable(frozenset(platforms))
        return await self._take(picked, now, limit, State.CLAIMED, worker=worker, until=now + lease)

    async def in_doubt(
        self, now: datetime, limit: int, worker: str, lease: timedelta, platforms: Collection[Platform]
    ) -> list[Parcel]:
        """Take over rows whose send was begun and never settled."""
        picked = _in_doubt(frozenset(platforms))
        return await self._take(picked, now, limit, State.SENDING, worker=worker, until=now + lease)

    async def _take(
        self, picked: sa.Select[Any], now: datetime, limit: int, state: State, *, worker: str, until: datetime
    ) -> list[Parcel]:
        if self._database.is_sqlite:
            async with self._database.reading() as connection:
                # Looking must not queue for the one writing connection, every second for nothing.
                if (await connection.execute(picked, {"now": now, "most": 1})).first() is None:
                    return []
        taken = {"now": now, "most": limit, "to_state": state, "by_worker": worker, "until": until}
        async with self._database.writing() as connection:
            rows = (await connection.execute(_taking(picked), taken)).all()
            originals = await _originals(connection, [row.original_id for row in rows if row.original_id])
        return [_parcel(row, originals) for row in sorted(rows, key=lambda row: (row.created_at, row.id))]

    async def begin_send(self, id: OutboxId, worker: str, now: datetime, lease: timedelta) -> bool:
        """Note that the call is about to be made."""
        return await delivery_steps.begin(self._database, id, worker, now, lease)

    async def settle(self, id: OutboxId, worker: str, outcome: Outcome, now: datetime, hold: timedelta) -> None:
        """Write what came of it."""
        await delivery_steps.settle(self._database, id, worker, outcome, now=now, hold=hold)

    async def release(self, worker: str, now: datetime) -> int:
        """Give back what was claimed and not begun."""
        giving_back = (
            sa.update(outbox)
            .where(_unsettled(outbox), outbox.c.state == State.CLAIMED, outbox.c.worker == worker)
            .values(state=State.PENDING, available_at=now, worker=None, lease_until=None)
        )
        async with self._database.writing() as connection:
            return (await connection.execute(giving_back)).rowcount

    async def next_due(self, platforms: Collection[Platform]) -> datetime | None:
        """Say when to look again."""
        async with self._database.reading() as connection:
            found: datetime | None = await connection.scalar(_soonest(frozenset(platforms)))
        return found

    async def held(self, states: Sequence[State], limit: int) -> list[Held]:
        """Give rows in these states, oldest first."""
        meant = outbox.alias("meant")
        changed = sa.and_(meant.c.id == outbox.c.original_id, outbox.c.operation != Operation.SEND)
        query = (
            sa.select(outbox, sa.func.coalesce(meant.c.kind, outbox.c.kind).label("of_kind"))
            .outerjoin(meant, changed)
            .where(outbox.c.state.in_(list(states)))
            .order_by(outbox.c.created_at, outbox.c.id)
            .limit(limit)
        )
        async with self._database.reading() as connection:
            rows = (await connection.execute(query)).all()
        return [
            Held(
                id=OutboxId(row.id),
                key=row.key,
                kind=row.of_kind,
                state=State(row.state),
                operation=Operation(row.operation),
                target=_target(row),
                attempts=row.attempts,
                created_at=row.created_at,
                available_at=row.available_at,
                reason=row.reason,
            )
            for row in rows
        ]

    async def counts(self) -> dict[State, int]:
        """Count rows by state, each half of them over an index of its own."""
        halves = [
            sa.select(outbox.c.state, sa.func.count()).where(half(outbox)).group_by(outbox.c.state)
            for half in (_unsettled, _given_up)
        ]
        async with self._database.reading() as connection:
            rows = await connection.execute(sa.union_all(*halves))
            found: dict[str, int] = {state: number for state, number in rows.all()}  # noqa: C416 rows are no tuples to mypy
        return {State(state): found.get(state, 0) for state in (*_UNSETTLED, *_GIVEN_UP)}

    async def blocked(self) -> int:
        """Count the blocked rows: over no index, as nobody asks for it but an operator."""
        query = sa.select(sa.func.count()).where(outbox.c.state == State.BLOCKED)
        async with self._database.reading() as connection:
            return (await connection.execute(query)).scalar_one()

    async def retry(self, id: OutboxId, now: datetime) -> Retried:
        """Make a blocked, failed or unknown row pending again."""
        again = (
            sa.update(outbox)
            .where(outbox.c.id == id, outbox.c.state.in_([State.BLOCKED, State.FAILED, State.UNKNOWN]), ~_withdrawn())
            .values(state=State.PENDING, available_at=now, settled_at=None, began_at=None, attempts=0)
            .returning(*outbox.c)
        )
        async with self._database.writing() as connection:
            row = (await connection.execute(again)).first()
            if row is None:
                return await _why_not(connection, id)
            if isinstance(target := _target(row), AccountRef):
                await forget_block(connection, target)
        self._database.on_outbox()
        return Retried.PENDING

    async def purge(self, before: datetime) -> int:
        """Delete what was settled long ago, a few at a time so that no write waits for it."""
        old = (
            sa.select(outbox.c.id)
            .where(outbox.c.state.in_([State.SENT, State.BLOCKED, State.CANCELLED]), outbox.c.settled_at < before)
            .limit(_PURGED_AT_ONCE)
        )
        purged = 0
        while True:
            async with self._database.reading() as connection:
                ids = (await connection.scalars(old)).all()
            if not ids:
                return purged
            async with self._database.writing() as connection:
                purged += (await connection.execute(sa.delete(outbox).where(outbox.c.id.in_(ids)))).rowcount


def _unsettled(table: sa.FromClause) -> sa.ColumnElement[bool]:
    return _written_out(table, _UNSETTLED)


def _given_up(table: sa.FromClause) -> sa.ColumnElement[bool]:
    return _written_out(table, _GIVEN_UP)


def _written_out(table: sa.FromClause, states: Sequence[str]) -> sa.ColumnElement[bool]:
    # As text in the statement, or neither database would see that the partial index answers it.
    return table.c.state.in_([sa.literal_column(f"'{state}'") for state in states])


# What is asked at every look is put together once: that takes longer than the database takes to answer it.


@cache
def _claimable(platforms: frozenset[Platform]) -> sa.Select[Any]:
    """Select the ids of at most `:most` rows that can be claimed at `:now`, oldest first."""
    sent = outbox.alias("sent")
    too_soon = sa.exists().where(sent.c.state == _SENT, sent.c.lane == outbox.c.lane, sent.c.available_at > _NOW)
    due = sa.or_(
        sa.and_(outbox.c.state == State.PENDING, outbox.c.available_at <= _NOW, ~too_soon),
        sa.and_(outbox.c.state == State.CLAIMED, outbox.c.lease_until <= _NOW),
    )
    return _picked(sa.and_(_understood(platforms), due))


@cache
def _in_doubt(platforms: frozenset[Platform]) -> sa.Select[Any]:
    """Select the ids of at most `:most` rows whose send was begun, by somebody whose lease is over at `:now`."""
    return _picked(sa.and_(_understood(platforms), outbox.c.state == State.SENDING, outbox.c.lease_until <= _NOW))


def _picked(due: sa.ColumnElement[bool]) -> sa.Select[Any]:
    return _heads(due).order_by(outbox.c.created_at, outbox.c.id).limit(sa.bindparam("most", type_=sa.Integer))


@cache
def _taking(picked: sa.Select[Any]) -> sa.sql.dml.ReturningUpdate[Any]:
    """Give the rows that are picked to `:by_worker`, until `:until`."""
    locked = picked.with_for_update(skip_locked=True, of=outbox).cte("picked")
    return (
        sa.update(outbox)
        .where(outbox.c.id.in_(sa.select(locked.c.id)))
        .values(state=sa.bindparam("to_state"), worker=sa.bindparam("by_worker"), lease_until=sa.bindparam("until"))
        .returning(*outbox.c)
    )


@cache
def _soonest(platforms: frozenset[Platform]) -> sa.Select[Any]:
    """Select the moment at which the first of the heads is due."""
    sent = outbox.alias("sent")
    held = (
        sa.select(sa.func.max(sent.c.available_at))
        .where(sent.c.state == _SENT, sent.c.lane == outbox.c.lane)
        .scalar_subquery()
    )
    pending = sa.case((held > outbox.c.available_at, held), else_=outbox.c.available_at)
    due = sa.case((outbox.c.state == State.PENDING, pending), else_=outbox.c.lease_until)
    return _heads(_understood(platforms)).with_only_columns(sa.func.min(due, type_=outbox.c.available_at.type))


def _heads(due: sa.ColumnElement[bool]) -> sa.Select[Any]:
    """Select the ids of those lanes' oldest unsettled rows that are due."""
    first, after, oldest = (outbox.alias(name) for name in ("first_lane", "lane_after", "oldest"))
    lanes = sa.select(sa.func.min(first.c.lane).label("lane")).where(_unsettled(first)).cte("lanes", recursive=True)
    following = sa.select(sa.func.min(after.c.lane)).where(_unsettled(after), after.c.lane > lanes.c.lane)
    lanes = lanes.union_all(sa.select(following.scalar_subquery()).where(lanes.c.lane.is_not(None)))
    head = (
        sa.select(oldest.c.id)
        .where(_unsettled(oldest), oldest.c.lane == lanes.c.lane)
        .order_by(oldest.c.created_at, oldest.c.id)
        .limit(1)
        .scalar_subquery()
    )
    heads = sa.select(head.label("id")).where(lanes.c.lane.is_not(None)).cte("heads")
    return sa.select(outbox.c.id).join(heads, outbox.c.id == heads.c.id).where(due)


def _understood(platforms: frozenset[Platform]) -> sa.ColumnElement[bool]:
    """Leave to a newer release that shares the outbox what only it understands."""
    return sa.and_(outbox.c.platform.in_(sorted(platforms)), outbox.c.operation.in_(list(Operation)))


def _withdrawn() -> sa.ColumnElement[bool]:
    removal = outbox.alias("removal")
    return sa.exists().where(removal.c.original_id == outbox.c.id, removal.c.operation == Operation.REMOVE)


async def _why_not(connection: AsyncConnection, id: OutboxId) -> Retried:
    withdrawn: bool | None = await connection.scalar(sa.select(_withdrawn()).where(outbox.c.id == id))
    if withdrawn is None:
        return Retried.NOT_THERE
    return Retried.WITHDRAWN if withdrawn else Retried.NOT_GIVEN_UP


async def _originals(connection: AsyncConnection, ids: Sequence[object]) -> dict[object, sa.Row[Any]]:
    if not ids:
        return {}
    columns = [outbox.c[name] for name in ("id", "key", "state", "receipt", "began_at", "created_at")]
    rows = await connection.execute(sa.select(*columns).where(outbox.c.id.in_(ids)))
    return {row.id: row for row in rows.all()}


def _parcel(row: sa.Row[Any], originals: dict[object, sa.Row[Any]]) -> Parcel:
    message = original = missing = unreadable = None
    try:
        message = None if row.message is None else codec.decode(row.message)
        meant = originals.get(row.original_id)
        if meant is not None and meant.receipt is not None:
            original = _receipts.decode(meant.receipt)
        elif meant is not None and meant.state == State.UNKNOWN:
            missing = Missing(meant.key, meant.began_at or meant.created_at)
    except (codec.UnreadableViewError, msgspec.DecodeError) as error:
        unreadable = str(error)
    return Parcel(
        id=OutboxId(row.id),
        organisation=OrganisationId(row.organisation_id),
        key=row.key,
        operation=Operation(row.operation),
        target=_target(row),
        message=message,
        original=original,
        attempts=row.attempts,
        created_at=row.created_at,
        began_at=row.began_at,
        unreadable=unreadable,
        missing=missing,
    )


def _target(row: sa.Row[Any]) -> Target:
    workspace = WorkspaceRef(Platform(row.platform), row.workspace)
    return (
        AccountRef(workspace, row.target_id)
        if row.target_kind == "account"
        else ConversationRef(workspace, row.target_id)
    )
