"""The delivery queue in memory: complete, and held to the same contract suite as the real ones."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime, timedelta
from typing import assert_never

from bot.delivery.model import (
    Blocked,
    Failed,
    Held,
    InDoubt,
    Missing,
    Operation,
    Outcome,
    Parcel,
    Retried,
    Sent,
    State,
    TryAgain,
    Unknown,
)
from bot.identity import OutboxId, Platform, Target
from bot.view.message import MessageKind
from tests.fakes import MemoryStore, OutboxRow

UNSETTLED = frozenset({State.PENDING, State.CLAIMED, State.SENDING})
COUNTED = UNSETTLED | {State.FAILED, State.UNKNOWN}


class MemoryQueue:
    """`bot.delivery.store.DeliveryQueue` over a memory store's outbox."""

    def __init__(self, store: MemoryStore) -> None:
        self._store = store

    async def claim(
        self, now: datetime, limit: int, worker: str, lease: timedelta, platforms: Collection[Platform]
    ) -> list[Parcel]:
        def due(row: OutboxRow) -> bool:
            if row.state is State.PENDING:
                return self._pending_until(row) <= now
            return row.state is State.CLAIMED and _ran_out(row, now)

        return self._take(filter(due, self._heads(platforms)), limit, State.CLAIMED, worker, now + lease)

    async def in_doubt(
        self, now: datetime, limit: int, worker: str, lease: timedelta, platforms: Collection[Platform]
    ) -> list[Parcel]:
        def due(row: OutboxRow) -> bool:
            return row.state is State.SENDING and _ran_out(row, now)

        return self._take(filter(due, self._heads(platforms)), limit, State.SENDING, worker, now + lease)

    async def begin_send(self, id: OutboxId, worker: str, now: datetime, lease: timedelta) -> bool:
        row = self._held_by(id, worker)
        if row is None:
            return False
        if self._withdrawn(id):
            _free(row, State.CANCELLED, "withdrawn", settled_at=now)
            return False
        row.state = State.SENDING
        row.attempts += 1
        row.lease_until = now + lease
        row.began_at = row.began_at or now
        return True

    async def settle(self, id: OutboxId, worker: str, outcome: Outcome, now: datetime, hold: timedelta) -> None:
        row = self._held_by(id, worker)
        if row is None:
            return
        match outcome:
            case Sent(receipt):
                _free(row, State.SENT, "", settled_at=now)
                row.available_at = now + hold
                row.receipt = receipt
            case TryAgain(at, reason):
                _free(row, State.PENDING, reason)
                row.available_at = at
                row.began_at = None
            case Blocked(reason):
                _free(row, State.BLOCKED, reason, settled_at=now)
            case Failed(reason):
                _free(row, State.FAILED, reason, settled_at=now)
            case Unknown(reason):
                _free(row, State.UNKNOWN, reason, settled_at=now)
            case InDoubt(at, reason):
                row.state = State.SENDING
                row.lease_until = at
                row.reason = reason
            case _:
                assert_never(outcome)

    async def release(self, worker: str, now: datetime) -> int:
        claimed = [row for row in self._rows() if row.state is State.CLAIMED and row.worker == worker]
        for row in claimed:
            _free(row, State.PENDING, row.reason)
            row.available_at = now
        return len(claimed)

    async def next_due(self, platforms: Collection[Platform]) -> datetime | None:
        return min(
            (
                self._pending_until(row) if row.state is State.PENDING else row.lease_until or row.available_at
                for row in self._heads(platforms)
            ),
            default=None,
        )

    async def held(self, states: Sequence[State], limit: int) -> list[Held]:
        return [
            Held(
                id=row.id,
                key=row.key,
                kind=self._kind(row),
                state=row.state,
                operation=row.operation,
                target=row.target,
                attempts=row.attempts,
                created_at=row.created_at,
                available_at=row.available_at,
                reason=row.reason,
            )
            for row in self._rows()
            if row.state in states
        ][:limit]

    async def counts(self) -> dict[State, int]:
        return {state: sum(row.state is state for row in self._rows()) for state in COUNTED}

    async def blocked(self) -> int:
        return sum(row.state is State.BLOCKED for row in self._rows())

    async def retry(self, id: OutboxId, now: datetime) -> Retried:
        row = self._store.outbox.get(id)
        if row is None:
            return Retried.NOT_THERE
        if self._withdrawn(id):
            return Retried.WITHDRAWN
        if row.state not in {State.BLOCKED, State.FAILED, State.UNKNOWN}:
            return Retried.NOT_GIVEN_UP
        _free(row, State.PENDING, row.reason)
        row.available_at = now
        row.began_at = None
        row.attempts = 0
        self._store.on_outbox()
        return Retried.PENDING

    async def purge(self, before: datetime) -> int:
        old = [
            row.id
            for row in self._rows()
            if row.state in {State.SENT, State.BLOCKED, State.CANCELLED} and row.settled_at and row.settled_at < before
        ]
        for each in old:
            del self._store.outbox[each]
        return len(old)

    def _kind(self, row: OutboxRow) -> str:
        changed = self._store.outbox.get(row.original_id) if row.original_id else None
        meant = row.message if row.operation is Operation.SEND or changed is None else changed.message
        return meant.kind if meant else MessageKind.WITHDRAWN

    def _rows(self) -> list[OutboxRow]:
        return sorted(self._store.outbox.values(), key=lambda row: (row.created_at, row.id))

    def _heads(self, platforms: Collection[Platform]) -> Iterable[OutboxRow]:
        heads: dict[Target, OutboxRow] = {}
        for row in self._rows():
            if row.state in UNSETTLED and row.target.workspace.platform in platforms:
                heads.setdefault(row.target, row)
        return heads.values()

    def _take(self, due: Iterable[OutboxRow], limit: int, state: State, worker: str, until: datetime) -> list[Parcel]:
        taken = list(due)[:limit]
        for row in taken:
            row.state = state
            row.worker = worker
            row.lease_until = until
        return [self._parcel(row) for row in taken]

    def _pending_until(self, row: OutboxRow) -> datetime:
        spoke = (
            other.available_at
            for other in self._store.outbox.values()
            if other.state is State.SENT and other.target == row.target
        )
        return max(row.available_at, *spoke, row.available_at)

    def _withdrawn(self, id: OutboxId) -> bool:
        return any(row.original_id == id and row.operation is Operation.REMOVE for row in self._store.outbox.values())

    def _held_by(self, id: OutboxId, worker: str) -> OutboxRow | None:
        row = self._store.outbox.get(id)
        mine = row is not None and row.worker == worker and row.state in {State.CLAIMED, State.SENDING}
        return row if mine else None

    def _parcel(self, row: OutboxRow) -> Parcel:
        original = self._store.outbox.get(row.original_id) if row.original_id else None
        missing = None
        if original and original.state is State.UNKNOWN:
            missing = Missing(original.key, original.began_at or original.created_at)
        return Parcel(
            id=row.id,
            organisation=row.organisation,
            key=row.key,
            operation=row.operation,
            target=row.target,
            message=row.message,
            original=original.receipt if original else None,
            attempts=row.attempts,
            created_at=row.created_at,
            began_at=row.began_at,
            missing=missing,
        )


def _ran_out(row: OutboxRow, now: datetime) -> bool:
    return row.lease_until is not None and row.lease_until <= now


def _free(row: OutboxRow, state: State, reason: str, settled_at: datetime | None = None) -> None:
    row.state = state
    row.reason = reason
    row.worker = None
    row.lease_until = None
    row.settled_at = settled_at
