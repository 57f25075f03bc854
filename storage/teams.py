"""Teams in SQL: which there are, what was decided about them and where they meet."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import uuid4

import sqlalchemy as sa

from bot.identity import ConversationRef, PersonId, TeamId
from bot.people.model import Role
from bot.teams.model import Team, TeamSettings
from bot.teams.store import HomeTakenError
from storage import tables
from storage.team_members import SqlMemberships
from storage.team_personal import SqlPersonal
from storage.team_rows import settings_columns, teams_of


class SqlTeams(SqlMemberships, SqlPersonal):
    """The teams of one organisation, with their people, absences and wishes."""

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
