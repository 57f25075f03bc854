"""What is noted of each person beside teams: absences, and supervisors' wishes, in SQL."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime, timedelta
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from bot.identity import PersonId
from bot.teams.model import Absence, NudgeWishes
from storage import tables
from storage.portions import portions
from storage.team_rows import OwnRows, clock_text, wishes_of


class SqlPersonal(OwnRows):
    """The absences and wishes of one organisation's people."""

    async def absences(self, persons: Collection[PersonId], since: date) -> list[Absence]:
        """Give absences that end on or after a day, soonest first."""
        columns = tables.absences.c
        found: list[Absence] = []
        for some in portions(list(persons)):
            rows = await self._session.read(
                sa.select(columns.id, columns.person_id, columns.begins, columns.ends).where(
                    *self._own(tables.absences), columns.person_id.in_(some), columns.ends >= since
                )
            )
            found += [Absence(UUID(str(row.id)), PersonId(row.person_id), row.begins, row.ends) for row in rows]
        return sorted(found, key=lambda absence: (absence.begins, absence.ends, absence.id))

    async def away(self, absence: Absence, by: PersonId, now: datetime) -> None:
        """Note an absence. It replaces those of the person that it overlaps."""
        columns = tables.absences.c
        await self._session.write(
            sa.delete(tables.absences).where(
                *self._own(tables.absences, person_id=absence.person),
                columns.begins <= absence.ends,
                columns.ends >= absence.begins,
            )
        )
        await self._session.write(
            sa.insert(tables.absences).values(
                organisation_id=self._session.organisation,
                id=absence.id,
                person_id=absence.person,
                begins=absence.begins,
                ends=absence.ends,
                by_id=by,
                created_at=now,
            )
        )

    async def back(self, person: PersonId, today: date) -> bool:
        """End the absence that the person has on a day, the day before it; False if there is none."""
        columns = tables.absences.c
        theirs = self._own(tables.absences, person_id=person)
        begun_today = await self._session.write(sa.delete(tables.absences).where(*theirs, columns.begins == today))
        shortened = await self._session.write(
            sa.update(tables.absences)
            .where(*theirs, columns.begins < today, columns.ends >= today)
            .values(ends=today - timedelta(days=1))
        )
        return bool(begun_today.rowcount or shortened.rowcount)

    async def wishes(self, supervisor: PersonId) -> NudgeWishes:
        """Give a supervisor's settings; the default if they chose none."""
        rows = await self._session.read(
            sa.select(tables.preferences.c.nudges, tables.preferences.c.nudges_at).where(
                *self._own(tables.preferences, person_id=supervisor)
            )
        )
        return wishes_of(rows[0]) if rows else NudgeWishes()

    async def wish(self, supervisor: PersonId, wishes: NudgeWishes) -> None:
        """Keep a supervisor's settings."""
        insert = sqlite.insert if self._session.database.is_sqlite else postgresql.insert
        chosen = {"nudges": wishes.habit.value, "nudges_at": clock_text(wishes.at)}
        await self._session.write(
            insert(tables.preferences)
            .values(organisation_id=self._session.organisation, person_id=supervisor, **chosen)
            .on_conflict_do_update(index_elements=["organisation_id", "person_id"], set_=chosen)
        )
