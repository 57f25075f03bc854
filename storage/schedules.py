"""Schedules in SQL: one organisation's, and all of them for whoever looks for what is due."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, time
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from bot.identity import OrganisationId
from bot.schedule.model import Due, Kind, Rhythm, Schedule
from storage.engine import Database
from storage.retry import persistently
from storage.session import Question, Session
from storage.tables import persons, schedules, teams


class SqlSchedules:
    """`bot.schedule.store.Schedules` of the session's organisation."""

    def __init__(self, session: Session) -> None:
        self._session = session

    async def put(self, schedule: Schedule) -> None:
        """Add a schedule, or replace the one of this kind and subject."""
        insert = sqlite.insert if self._session.database.is_sqlite else postgresql.insert
        values = {
            "at": f"{schedule.rhythm.at:%H:%M}",
            "days": "".join(str(day) for day in sorted(schedule.rhythm.days)),
            "timezone": schedule.rhythm.timezone,
            "next_at": schedule.next_at,
        }
        await self._session.write(
            insert(schedules)
            .values(
                organisation_id=self._session.organisation,
                kind=schedule.kind.value,
                subject_id=schedule.subject,
                **values,
            )
            .on_conflict_do_update(index_elements=list(schedules.primary_key), set_=values)
        )

    async def get(self, kind: Kind, subject: UUID) -> Schedule | None:
        """Give the schedule of this kind and subject."""
        rows = await self._session.read(sa.select(schedules).where(*self._row(kind, subject)))
        return _schedule(rows[0]) if rows else None

    async def lock(self, kind: Kind, subject: UUID, now: datetime) -> Schedule | None:
        """Give the schedule if it is due and free, and hold it until the transaction ends.

        On SQLite whoever writes is alone with the database: the others get here when it is done, and find it moved.
        """
        rows = await self._session.read_for_write(
            sa.select(schedules)
            .where(*self._row(kind, subject), schedules.c.next_at <= now)
            .with_for_update(skip_locked=True)
        )
        return _schedule(rows[0]) if rows else None

    async def move(self, kind: Kind, subject: UUID, next_at: datetime | None) -> None:
        """Say when it is due next."""
        await self._session.write(sa.update(schedules).where(*self._row(kind, subject)).values(next_at=next_at))

    async def drop(self, kind: Kind, subject: UUID) -> None:
        """Forget it, if there is one."""
        await self._session.write(sa.delete(schedules).where(*self._row(kind, subject)))

    def _row(self, kind: Kind, subject: UUID) -> tuple[sa.ColumnElement[bool], ...]:
        return (
            schedules.c.organisation_id == self._session.organisation,
            schedules.c.kind == kind.value,
            schedules.c.subject_id == subject,
        )


class SqlDueSchedules:
    """`bot.schedule.store.DueSchedules` on PostgreSQL or SQLite."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def due(self, now: datetime, limit: int) -> list[Due]:
        """Give what is due, the longest due first."""
        return await self._soonest(limit, tuple(Kind), schedules.c.next_at <= now)

    async def coming(self, limit: int, kinds: Collection[Kind] = tuple(Kind)) -> list[Due]:
        """Give what is due next, soonest first."""
        return await self._soonest(limit, kinds, schedules.c.next_at.is_not(None))

    async def names(self, due: Collection[Due]) -> dict[tuple[OrganisationId, UUID], str]:
        """Give the names of their subjects."""
        subjects = {each.subject for each in due}
        query = sa.union_all(
            *(
                sa.select(table.c.organisation_id, table.c.id, table.c.name).where(table.c.id.in_(subjects))
                for table in (teams, persons)
            )
        )
        rows = await persistently(lambda: self._read(query))
        return {(OrganisationId(row.organisation_id), row.id): row.name for row in rows}

    async def _soonest(self, limit: int, kinds: Collection[Kind], when: sa.ColumnElement[bool]) -> list[Due]:
        # Kinds by name: what a newer release schedules is left to it.
        query = (
            sa.select(schedules)
            .where(when, schedules.c.kind.in_([kind.value for kind in kinds]))
            .order_by(schedules.c.next_at, schedules.c.organisation_id, schedules.c.kind, schedules.c.subject_id)
            .limit(limit)
        )
        rows = await persistently(lambda: self._read(query))
        return [
            Due(OrganisationId(row.organisation_id), Kind(row.kind), row.subject_id, row.next_at, _rhythm(row))
            for row in rows
        ]

    async def _read(self, query: Question) -> list[sa.Row[Any]]:
        async with self._database.reading() as connection:
            return list((await connection.execute(query)).all())


def _schedule(row: sa.Row[Any]) -> Schedule:
    return Schedule(Kind(row.kind), row.subject_id, _rhythm(row), row.next_at)


def _rhythm(row: sa.Row[Any]) -> Rhythm:
    return Rhythm(time.fromisoformat(row.at), frozenset(int(day) for day in row.days), row.timezone)
