"""Workspaces, and the organisations that they belong to, in SQL."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final
from uuid import uuid4

import sqlalchemy as sa

from bot.identity import OrganisationId, Platform, WorkspaceRef
from bot.people.model import Workplace
from bot.points.model import Behaviour, Programme
from storage import tables
from storage.engine import Database, Lookup
from storage.points import behaviour_rows
from storage.retry import persistently
from storage.sqlite_values import as_uuid

_WORKPLACE: Final = Lookup(
    postgresql="SELECT organisation_id, name FROM workspaces WHERE platform = $1 AND id = $2",
    sqlite="SELECT organisation_id, name FROM workspaces WHERE platform = ?1 AND id = ?2",
)


class SqlWorkplaces:
    """Which organisation a workspace belongs to. A new organisation begins with the default programme."""

    def __init__(self, database: Database, behaviours: Sequence[Behaviour]) -> None:
        self._database = database
        self._behaviours = tuple(behaviours)

    async def workplace(self, workspace: WorkspaceRef) -> Workplace | None:
        """Give the workspace's organisation, or None if the workspace was never connected."""
        for organisation, name in await self._database.look_up(_WORKPLACE, workspace.platform.value, workspace.id):
            return Workplace(workspace, OrganisationId(as_uuid(organisation)), name)
        return None

    async def all(self) -> list[Workplace]:
        """Give every workspace, for the operator."""
        columns = tables.workspaces.c
        async with self._database.reading() as connection:
            rows = (await connection.execute(sa.select(tables.workspaces).order_by(columns.platform, columns.id))).all()
        return [
            Workplace(WorkspaceRef(Platform(row.platform), row.id), OrganisationId(row.organisation_id), row.name)
            for row in rows
        ]

    async def connect(self, workspace: WorkspaceRef, name: str, now: datetime) -> Workplace:
        """Connect a workspace to a new organisation, or give the one it has."""
        known = await self.workplace(workspace)
        if known is not None:
            return known
        return await persistently(lambda: self._connect(workspace, name, now))

    async def _connect(self, workspace: WorkspaceRef, name: str, now: datetime) -> Workplace:
        organisation = OrganisationId(uuid4())
        programme = Programme()
        try:
            async with self._database.writing() as connection:
                await connection.execute(
                    sa.insert(tables.organisations).values(
                        id=organisation,
                        name=name,
                        points_default=programme.points_default,
                        points_least=programme.points_least,
                        points_most=programme.points_most,
                        allowance_agent=programme.allowance_agent,
                        allowance_supervisor=programme.allowance_supervisor,
                        boards=programme.boards,
                        created_at=now,
                    )
                )
                await connection.execute(
                    sa.insert(tables.workspaces).values(
                        organisation_id=organisation,
                        platform=workspace.platform.value,
                        id=workspace.id,
                        name=name,
                        connected_at=now,
                    )
                )
                if self._behaviours:
                    await connection.execute(
                        sa.insert(tables.behaviours), behaviour_rows(organisation, self._behaviours)
                    )
        except sa.exc.IntegrityError:
            # Another replica was first.
            known = await self.workplace(workspace)
            if known is None:
                raise
            return known
        return Workplace(workspace, organisation, name)
