"""Kudos in SQL: reading them, and handing the recording to the database's own way of doing it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime
from functools import partial
from typing import Any, TypeAlias

import sqlalchemy as sa

from bot.identity import KudosId, OrganisationId, PersonId, TeamId
from bot.recognition.model import Kudos, Receiving, Recorded, Recording, RecordOutcome, TeamKudos, Undone
from bot.view.message import Message
from storage import record_postgresql, record_sqlite
from storage.engine import Database
from storage.gone import telling_what_is_gone
from storage.session import Session
from storage.tables import kudos as kudos_table
from storage.tables import kudos_behaviours, kudos_receivers, last_recognised, last_recognised_by, persons
from storage.undo import undo

Record: TypeAlias = Callable[[OrganisationId, Recording], Awaitable[Recorded]]


def recorder(database: Database) -> Record:
    """Give the way of recording kudos that suits the database."""
    if database.is_sqlite:
        return partial(record_sqlite.record, database)
    return record_postgresql.Recorder(database).record


class SqlKudos:
    """The kudos of one organisation. `record` is the database's own way of recording one."""

    def __init__(self, session: Session, record: Record) -> None:
        self._session = session
        self._record = record

    async def record(self, recording: Recording) -> Recorded:
        """Record a kudos, or nothing, in one step that commits by itself."""
        self._session.refuse_if_written()
        with telling_what_is_gone():
            recorded = await self._record(self._session.organisation, recording)
        if recorded.outcome is RecordOutcome.RECORDED and recording.outbox:
            self._session.database.on_outbox()
        return recorded

    async def get(self, kudos: KudosId) -> Kudos | None:
        """Give a kudos, undone or not."""
        return await self._one(sa.select(kudos_table).where(kudos_table.c.id == kudos))

    async def latest(self, giver: PersonId) -> Kudos | None:
        """Give the giver's latest kudos, undone or not."""
        return await self._one(
            sa.select(kudos_table)
            .where(kudos_table.c.giver_id == giver)
            .order_by(kudos_table.c.created_at.desc())
            .limit(1)
        )

    async def undo(self, kudos: KudosId, at: datetime, withdrawn: Message) -> Undone:
        """Take a kudos back. Raises LookupError if there is none."""
        meant = await self.get(kudos)
        if meant is None:
            raise LookupError(kudos)
        return await undo(self._session, meant, at, withdrawn)

    async def team_week(self, team: TeamId, since: datetime) -> list[TeamKudos]:
        """Give the team's kudos since a time, newest first, without private and undone ones."""
        of_team = sa.select(kudos_receivers.c.kudos_id).where(
            kudos_receivers.c.organisation_id == self._session.organisation,
            kudos_receivers.c.team_id == team,
            kudos_receivers.c.created_at >= since,
        )
        giver, receiver = persons.alias("giver"), persons.alias("receiver")
        rows = await self._session.read(
            sa.select(
                kudos_table.c.id,
                giver.c.name.label("giver"),
                receiver.c.name.label("receiver"),
                kudos_table.c.reason,
                kudos_receivers.c.by_supervisor,
                kudos_table.c.created_at,
            )
            .select_from(
                kudos_table.join(kudos_receivers, _within(kudos_receivers, "kudos_id", kudos_table))
                .join(giver, _within(kudos_table, "giver_id", giver))
                .join(receiver, _within(kudos_receivers, "person_id", receiver))
            )
            .where(
                kudos_table.c.organisation_id == self._session.organisation,
                kudos_table.c.id.in_(of_team),
                kudos_table.c.undone_at.is_(None),
                kudos_table.c.private.is_(False),
            )
            .order_by(kudos_table.c.created_at.desc(), kudos_table.c.id, kudos_receivers.c.position)
        )
        return _lines(rows)

    async def last_recognised(self, receiver: PersonId, giver: PersonId | None = None) -> datetime | None:
        """Say when the receiver was last recognised, by the giver or by anyone."""
        table = last_recognised if giver is None else last_recognised_by
        conditions = [table.c.organisation_id == self._session.organisation, table.c.receiver_id == receiver]
        if giver is not None:
            conditions.append(table.c.giver_id == giver)
        rows = await self._session.read(sa.select(table.c.at).where(*conditions))
        return rows[0].at if rows else None

    async def _one(self, statement: sa.Select[Any]) -> Kudos | None:
        own = self._session.organisation
        rows = await self._session.read(statement.where(kudos_table.c.organisation_id == own))
        if not rows:
            return None
        row = rows[0]
        receivers = await self._session.read(
            sa.select(kudos_receivers)
            .where(kudos_receivers.c.organisation_id == own, kudos_receivers.c.kudos_id == row.id)
            .order_by(kudos_receivers.c.position)
        )
        tags = await self._session.read(
            sa.select(kudos_behaviours.c.code)
            .where(kudos_behaviours.c.organisation_id == own, kudos_behaviours.c.kudos_id == row.id)
            .order_by(kudos_behaviours.c.position)
        )
        return Kudos(
            id=KudosId(row.id),
            giver=PersonId(row.giver_id),
            receivers=tuple(
                Receiving(PersonId(each.person_id), TeamId(each.team_id) if each.team_id else None, each.by_supervisor)
                for each in receivers
            ),
            reason=row.reason,
            link=row.link,
            behaviours=tuple(tag.code for tag in tags),
            points=row.points,
            private=row.private,
            at=row.created_at,
            period=row.period,
            undone_at=row.undone_at,
        )


def _within(one: sa.FromClause, column: str, other: sa.FromClause) -> sa.ColumnElement[bool]:
    """Join to the row of the same organisation that the column names."""
    return sa.and_(one.c.organisation_id == other.c.organisation_id, one.c[column] == other.c.id)


def _lines(rows: Any) -> list[TeamKudos]:
    """Gather the rows of one kudos, one per receiver."""
    lines: dict[KudosId, TeamKudos] = {}
    for row in rows:
        before = lines.get(row.id)
        lines[row.id] = TeamKudos(
            id=row.id,
            giver=row.giver,
            receivers=(*(before.receivers if before else ()), row.receiver),
            reason=row.reason,
            by_supervisor=row.by_supervisor or (before is not None and before.by_supervisor),
            at=row.created_at,
        )
    return list(lines.values())
