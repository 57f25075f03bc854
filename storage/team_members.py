"""Who is in a team, who leads it and who was taken off, in SQL."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from bot.identity import PersonId, TeamId
from bot.people.model import Role
from bot.teams.model import Leading, Member
from storage import tables
from storage.memberships import own_zone, still_here
from storage.portions import portions
from storage.team_rows import OwnRows, gather_leading


class SqlMemberships(OwnRows):
    """The memberships of one organisation: the part of its teams that is about people in them."""

    async def hold(self, team: TeamId) -> None:
        """Let nobody else change who is in the team until this unit of work ends."""
        await self._session.read_for_write(
            sa.select(tables.teams.c.id).where(*self._own(tables.teams, id=team)).with_for_update()
        )

    async def members(self, teams: Collection[TeamId]) -> dict[TeamId, list[Member]]:
        """Give today's members and supervisors of teams, each by name."""
        found: dict[TeamId, list[Member]] = {team: [] for team in teams}
        memberships, persons = tables.memberships.c, tables.persons.c
        for some in portions(list(found)):
            rows = await self._session.read(
                sa.select(
                    memberships.team_id,
                    memberships.person_id,
                    memberships.role,
                    memberships.begins_at,
                    persons.name,
                    persons.email,
                    still_here().label("still_here"),
                )
                .select_from(
                    tables.memberships.join(
                        tables.persons,
                        sa.and_(
                            persons.organisation_id == memberships.organisation_id, persons.id == memberships.person_id
                        ),
                    )
                )
                .where(
                    memberships.organisation_id == self._session.organisation,
                    memberships.team_id.in_(some),
                    memberships.ends_at.is_(None),
                )
                .order_by(persons.name, persons.id)
            )
            for row in rows:
                found[TeamId(row.team_id)].append(
                    Member(
                        person=PersonId(row.person_id),
                        name=row.name,
                        email=row.email,
                        role=Role(row.role),
                        since=row.begins_at,
                        has_left=not row.still_here,
                    )
                )
        return found

    async def set_members(self, team: TeamId, members: Mapping[PersonId, Role], now: datetime) -> bool:
        """Make exactly these the team's people from `now` on; say whether anything changed."""
        await self.hold(team)
        columns = tables.memberships.c
        rows = await self._session.read_for_write(
            sa.select(columns.person_id, columns.role).where(
                *self._own(tables.memberships, team_id=team), columns.ends_at.is_(None)
            )
        )
        before = {PersonId(row.person_id): Role(row.role) for row in rows}
        ended = [person for person, role in before.items() if members.get(person) is not role]
        begun = {person: role for person, role in members.items() if before.get(person) is not role}
        await self._end(team, ended, now)
        await self._begin(team, begun, now)
        return bool(ended or begun)

    async def exclude(self, team: TeamId, person: PersonId, by: PersonId, now: datetime) -> None:
        """Take somebody off the team for good."""
        await self.hold(team)
        await self._end(team, [person], now)
        insert = sqlite.insert if self._session.database.is_sqlite else postgresql.insert
        await self._session.write(
            insert(tables.exclusions)
            .values(
                organisation_id=self._session.organisation, team_id=team, person_id=person, by_id=by, created_at=now
            )
            .on_conflict_do_nothing()
        )

    async def excluded(self, team: TeamId) -> set[PersonId]:
        """Give those who were taken off for good."""
        rows = await self._session.read(
            sa.select(tables.exclusions.c.person_id).where(*self._own(tables.exclusions, team_id=team))
        )
        return {PersonId(row.person_id) for row in rows}

    async def readmit(self, team: TeamId, persons: Collection[PersonId]) -> None:
        """Let people in again who were taken off."""
        for some in portions(list(persons)):
            await self._session.write(
                sa.delete(tables.exclusions).where(
                    *self._own(tables.exclusions, team_id=team), tables.exclusions.c.person_id.in_(some)
                )
            )

    async def reinstate(self, team: TeamId, person: PersonId, by: PersonId, since: datetime) -> None:
        """Undo that `by` took somebody off the team since a moment."""
        await self.hold(team)
        theirs = self._own(tables.exclusions, team_id=team, person_id=person, by_id=by)
        rows = await self._session.read_for_write(
            sa.select(tables.exclusions.c.created_at).where(*theirs, tables.exclusions.c.created_at >= since)
        )
        await self.readmit(team, [person] if rows else [])
        columns = tables.memberships.c
        for row in rows:
            await self._session.write(
                sa.update(tables.memberships)
                .where(
                    *self._own(tables.memberships, team_id=team, person_id=person), columns.ends_at == row.created_at
                )
                .values(ends_at=None)
            )

    async def leading(self, persons: Collection[PersonId]) -> dict[PersonId, Leading]:
        """Say what those of the persons lead who supervise a team today."""
        memberships, teams, wishes = tables.memberships.c, tables.teams.c, tables.preferences.c
        found: dict[PersonId, Leading] = {}
        for some in portions(list(persons)):
            rows = await self._session.read(
                sa.select(
                    memberships.person_id,
                    memberships.team_id,
                    teams.working_days,
                    teams.timezone,
                    own_zone().label("own_zone"),
                    wishes.nudges,
                    wishes.nudges_at,
                )
                .select_from(
                    tables.memberships.join(
                        tables.teams,
                        sa.and_(teams.organisation_id == memberships.organisation_id, teams.id == memberships.team_id),
                    ).outerjoin(
                        tables.preferences,
                        sa.and_(
                            wishes.organisation_id == memberships.organisation_id,
                            wishes.person_id == memberships.person_id,
                        ),
                    )
                )
                .where(
                    memberships.organisation_id == self._session.organisation,
                    memberships.person_id.in_(some),
                    memberships.role == Role.SUPERVISOR.value,
                    memberships.ends_at.is_(None),
                )
                .order_by(memberships.begins_at, memberships.team_id)
            )
            gather_leading(found, rows)
        return found

    async def _begin(self, team: TeamId, members: Mapping[PersonId, Role], now: datetime) -> None:
        if members:
            own = {"organisation_id": self._session.organisation, "team_id": team, "begins_at": now}
            await self._session.write(
                sa.insert(tables.memberships),
                [own | {"person_id": person, "role": role.value} for person, role in members.items()],
            )

    async def _end(self, team: TeamId, persons: Sequence[PersonId], now: datetime) -> None:
        columns = tables.memberships.c
        for some in portions(persons):
            open_ones = (
                *self._own(tables.memberships, team_id=team),
                columns.person_id.in_(some),
                columns.ends_at.is_(None),
            )
            # One that would end before it lasted has never been.
            await self._session.write(sa.delete(tables.memberships).where(*open_ones, columns.begins_at >= now))
            await self._session.write(sa.update(tables.memberships).where(*open_ones).values(ends_at=now))
