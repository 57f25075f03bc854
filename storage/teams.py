"""Teams, who is in them, absence and supervisors' wishes in SQL."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime, timedelta
from uuid import UUID, uuid4

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from bot.identity import ConversationRef, PersonId, TeamId
from bot.people.model import Role
from bot.teams.model import (
    Absence,
    Leading,
    Member,
    NudgeWishes,
    Team,
    TeamSettings,
)
from bot.teams.store import HomeTakenError
from storage import tables
from storage.memberships import own_zone, still_here
from storage.portions import portions
from storage.session import Session
from storage.team_rows import clock_text, gather_leading, settings_columns, teams_of, wishes_of


class SqlTeams:
    """The teams of one organisation."""

    def __init__(self, session: Session) -> None:
        self._session = session

    async def team(self, team: TeamId) -> Team | None:
        """Give one."""
        found = await self._teams(tables.teams.c.id == team)
        return found[0] if found else None

    async def at(self, conversation: ConversationRef) -> Team | None:
        """Give the team whose home this conversation is."""
        homes = tables.conversations.c
        found = await self._teams(
            tables.teams.c.id.in_(
                sa.select(homes.team_id).where(
                    homes.organisation_id == self._session.organisation, *_is_conversation(conversation)
                )
            )
        )
        return found[0] if found else None

    async def all(self) -> list[Team]:
        """Give every team, by name."""
        return await self._teams(sa.true())

    async def found(
        self,
        settings: TeamSettings,
        members: Mapping[PersonId, Role],
        homes: Sequence[ConversationRef],
        now: datetime,
        *,
        founder: PersonId | None = None,
    ) -> TeamId:
        """Add a team with its people and its home conversations; memberships begin at `now`."""
        team = TeamId(uuid4())
        await self._session.write(
            sa.insert(tables.teams).values(
                organisation_id=self._session.organisation,
                id=team,
                founder_id=founder,
                created_at=now,
                **settings_columns(settings),
            )
        )
        await self._begin(team, members, now)
        for home in homes:
            await self._move_in(team, home)
        return team

    async def change(self, team: TeamId, settings: TeamSettings) -> None:
        """Replace a team's settings."""
        await self._session.write(
            sa.update(tables.teams).where(*self._own(tables.teams, id=team)).values(**settings_columns(settings))
        )

    async def settle_at(self, team: TeamId, home: ConversationRef) -> None:
        """Make a conversation the team's home in its workspace, in place of any other there."""
        platform, workspace = home.workspace.platform.value, home.workspace.id
        await self._session.write(
            sa.delete(tables.conversations).where(
                *self._own(tables.conversations, team_id=team, platform=platform, workspace=workspace)
            )
        )
        await self._move_in(team, home)

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

    def _own(self, table: sa.Table, **values: object) -> tuple[sa.ColumnElement[bool], ...]:
        """Say which of the organisation's rows are meant."""
        own = table.c.organisation_id == self._session.organisation
        return (own, *(table.c[name] == value for name, value in values.items()))

    async def _teams(self, which: sa.ColumnElement[bool]) -> list[Team]:
        teams, homes = tables.teams.c, tables.conversations.c
        rows = await self._session.read(
            sa.select(tables.teams, homes.platform, homes.workspace, homes.id.label("home"))
            .select_from(
                tables.teams.outerjoin(
                    tables.conversations,
                    sa.and_(homes.organisation_id == teams.organisation_id, homes.team_id == teams.id),
                )
            )
            .where(teams.organisation_id == self._session.organisation, which)
            .order_by(teams.name, teams.id, homes.platform, homes.workspace)
        )
        return teams_of(rows)

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

    async def _move_in(self, team: TeamId, home: ConversationRef) -> None:
        try:
            await self._session.write(
                sa.insert(tables.conversations).values(
                    organisation_id=self._session.organisation,
                    team_id=team,
                    platform=home.workspace.platform.value,
                    workspace=home.workspace.id,
                    id=home.id,
                )
            )
        except sa.exc.IntegrityError as error:
            raise HomeTakenError(home.id) from error


def _is_conversation(conversation: ConversationRef) -> tuple[sa.ColumnElement[bool], ...]:
    homes = tables.conversations.c
    return (
        homes.platform == conversation.workspace.platform.value,
        homes.workspace == conversation.workspace.id,
        homes.id == conversation.id,
    )
