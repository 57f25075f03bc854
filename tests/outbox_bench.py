"""A queue on a real database, and a way to put rows into it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import sqlalchemy as sa

from bot.delivery.model import Operation, State
from bot.identity import ConversationRef, OrganisationId, OutboxId, Platform, Target, WorkspaceRef
from bot.view import codec
from bot.view.message import Message, MessageKind, Paragraph, Text
from storage.delivery import SqlDeliveryQueue
from storage.engine import Database
from storage.outbox_rows import lane, target_kind
from storage.tables import organisations, outbox

NOW = datetime(2026, 11, 18, 9, 0, tzinfo=UTC)
TEAM = ConversationRef(WorkspaceRef(Platform.SLACK, "T1"), "C1")
MESSAGE = Message(MessageKind.SHOUT_OUT, (Paragraph((Text("Well done"),)),), "Well done")


class SqlBench:
    """The queue, with one organisation to put rows for."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.queue = SqlDeliveryQueue(database)
        self.organisation = OrganisationId(uuid4())

    async def found(self) -> None:
        row = {
            "id": self.organisation,
            "name": "Contact centre",
            "points_default": 10,
            "points_least": 5,
            "points_most": 25,
            "allowance_agent": 100,
            "allowance_supervisor": 200,
            "boards": False,
            "created_at": NOW,
        }
        async with self.database.writing() as connection:
            await connection.execute(sa.insert(organisations).values(row))

    async def put(
        self,
        target: Target = TEAM,
        *,
        at: datetime = NOW,
        operation: Operation = Operation.SEND,
        original: OutboxId | None = None,
    ) -> OutboxId:
        [row] = rows(self.organisation, [target], at=at, operation=operation, original=original)
        await self.put_all([row])
        return OutboxId(row["id"])

    async def put_all(self, put: list[dict[str, Any]]) -> None:
        async with self.database.writing() as connection:
            for start in range(0, len(put), 1_000):
                await connection.execute(sa.insert(outbox), put[start : start + 1_000])

    async def cancel(self, id: OutboxId) -> None:
        await self.spoil(id, state=State.CANCELLED, settled_at=NOW)

    async def spoil(self, id: OutboxId, **values: Any) -> None:
        async with self.database.writing() as connection:
            await connection.execute(sa.update(outbox).where(outbox.c.id == id).values(**values))


def rows(
    organisation: OrganisationId,
    targets: Iterable[Target],
    *,
    at: datetime = NOW,
    operation: Operation = Operation.SEND,
    original: OutboxId | None = None,
    message: Message = MESSAGE,
) -> list[dict[str, Any]]:
    """Make one row for each target. Their keys are their ids."""
    result = []
    for target in targets:
        row_id = uuid4()
        result.append(
            {
                "organisation_id": organisation,
                "id": row_id,
                "key": str(row_id),
                "subject": "kudos:1",
                "platform": target.workspace.platform,
                "workspace": target.workspace.id,
                "target_kind": target_kind(target),
                "target_id": target.id,
                "lane": lane(target),
                "operation": operation,
                "original_id": original,
                "kind": MessageKind.WITHDRAWN if operation is Operation.REMOVE else message.kind,
                "message": None if operation is Operation.REMOVE else codec.encode(message),
                "state": State.PENDING,
                "created_at": at,
                "available_at": at,
                "attempts": 0,
                "reason": "",
            }
        )
    return result


@asynccontextmanager
async def opened(url: str) -> AsyncIterator[SqlBench]:
    """Open a bench on a migrated database."""
    database = Database.open(url)
    bench = SqlBench(database)
    await bench.found()
    try:
        yield bench
    finally:
        await database.close()
