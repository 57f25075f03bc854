"""Codes with which organisations are joined, and the transaction that joins them, in SQL."""

from __future__ import annotations

import asyncio
import time
from datetime import datetime
from typing import Final
from uuid import uuid4

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.identity import OrganisationId, PersonId, WorkspaceRef
from bot.linking.model import Attempt, Joined, Known, Offer, Preview, Side
from bot.linking.rules import MOST_WRONG, WRONG_WINDOW, same_people
from bot.ports import Standing
from storage.engine import Database
from storage.joining import is_busy, keep_names_apart, let_nobody_write, move, names_taken
from storage.retry import persistently
from storage.tables import accounts, link_codes, link_tries, organisations, teams, workspaces
from storage.uniting import tell, unite

PATIENCE_S: Final = 20.0
"""How long joining waits for a moment in which nobody else writes. On SQLite it has its turn like everybody."""

_PAUSE_S: Final = 0.2


class SqlLinks:
    """Codes, and the joining."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def admins(self, workspace: WorkspaceRef) -> list[str]:
        """Give the names of those who administer a workspace."""
        columns = accounts.c
        statement = (
            sa.select(columns.name)
            .select_from(
                accounts.join(
                    workspaces,
                    sa.and_(
                        workspaces.c.organisation_id == columns.organisation_id,
                        workspaces.c.platform == columns.platform,
                        workspaces.c.id == columns.workspace,
                    ),
                )
            )
            .where(
                columns.platform == workspace.platform.value,
                columns.workspace == workspace.id,
                columns.admin,
                columns.standing == Standing.MEMBER.value,
            )
            .order_by(columns.name, columns.id)
        )
        async with self._database.reading() as connection:
            return [row.name for row in await connection.execute(statement)]

    async def offer(
        self, organisation: OrganisationId, code: str, by: PersonId, now: datetime, until: datetime
    ) -> None:
        """Let whoever has the code join the organisation, until a moment."""
        async with self._database.writing() as connection:
            # Two who ask at once take turns: the second's code is the one that works.
            await connection.execute(
                sa.select(organisations.c.id).where(organisations.c.id == organisation).with_for_update()
            )
            await connection.execute(sa.delete(link_codes).where(link_codes.c.organisation_id == organisation))
            await connection.execute(
                sa.insert(link_codes).values(
                    organisation_id=organisation, code=code, by_id=by, created_at=now, until=until
                )
            )

    async def attempt(self, workspace: WorkspaceRef, code: str, now: datetime) -> Attempt:
        """Look up a code typed in a workspace, and count it if it is wrong."""
        async with self._database.writing() as connection:
            # The lock on the workspace's row makes those who try at once take turns.
            own = await _organisation(connection, workspace, lock=True)
            tries = (
                link_tries.c.organisation_id == own,
                link_tries.c.platform == workspace.platform.value,
                link_tries.c.workspace == workspace.id,
            )
            await connection.execute(sa.delete(link_tries).where(*tries, link_tries.c.at <= now - WRONG_WINDOW))
            wrong = await connection.scalar(sa.select(sa.func.count()).select_from(link_tries).where(*tries)) or 0
            if wrong >= MOST_WRONG:
                return Attempt(refused=True)
            offer = await _offer(connection, code, now)
            if offer is None and own is not None:
                await connection.execute(
                    sa.insert(link_tries).values(
                        organisation_id=own,
                        id=uuid4(),
                        platform=workspace.platform.value,
                        workspace=workspace.id,
                        at=now,
                    )
                )
            return Attempt(offer)

    async def preview(self, staying: OrganisationId, joining: OrganisationId) -> Preview:
        """Say what would join."""
        async with self._database.reading() as connection:
            there, here = await _known(connection, staying), await _known(connection, joining)
            pairs = same_people(there, here)
            names = {each.person: each.name for each in there}
            return Preview(
                staying=await _side(connection, staying),
                joining=await _side(connection, joining),
                united=tuple(sorted(names[person] for person in pairs.values())),
                renamed=tuple(sorted((await names_taken(connection, joining, staying)).values())),
            )

    async def join(self, workspace: WorkspaceRef, code: str, now: datetime) -> Joined | None:
        """Let the workspace's organisation become part of the one that the code is of."""
        deadline = time.monotonic() + PATIENCE_S
        while True:
            try:
                return await persistently(lambda: self._join(workspace, code, now))
            except DBAPIError as error:
                if not is_busy(error):
                    raise
                if time.monotonic() + _PAUSE_S > deadline:
                    raise TimeoutError from error
            await asyncio.sleep(_PAUSE_S)

    async def _join(self, workspace: WorkspaceRef, code: str, now: datetime) -> Joined | None:
        async with self._database.writing() as connection:
            await let_nobody_write(connection)
            offer, own = await _offer(connection, code, now), await _organisation(connection, workspace)
            if offer is None or own is None or own == offer.organisation:
                return None
            pairs = same_people(await _known(connection, offer.organisation), await _known(connection, own))
            await connection.execute(
                sa.delete(link_codes).where(link_codes.c.organisation_id.in_([own, offer.organisation]))
            )
            renamed = await keep_names_apart(connection, own, offer.organisation)
            await move(connection, own, offer.organisation)
            united = await unite(connection, offer.organisation, pairs)
            name = await connection.scalar(
                sa.select(organisations.c.name).where(organisations.c.id == offer.organisation)
            )
        tell(united)
        return Joined(str(name), len(pairs), tuple(renamed))


async def _organisation(
    connection: AsyncConnection, workspace: WorkspaceRef, *, lock: bool = False
) -> OrganisationId | None:
    statement = sa.select(workspaces.c.organisation_id).where(
        workspaces.c.platform == workspace.platform.value, workspaces.c.id == workspace.id
    )
    found = await connection.scalar(statement.with_for_update() if lock else statement)
    return OrganisationId(found) if found else None


async def _offer(connection: AsyncConnection, code: str, now: datetime) -> Offer | None:
    rows = await connection.execute(
        sa.select(link_codes.c.organisation_id, link_codes.c.until).where(
            link_codes.c.code == code, link_codes.c.until > now
        )
    )
    row = rows.first()
    return Offer(OrganisationId(row.organisation_id), row.until) if row else None


async def _known(connection: AsyncConnection, organisation: OrganisationId) -> list[Known]:
    rows = await connection.execute(
        sa.select(accounts.c.person_id, accounts.c.name, accounts.c.email).where(
            accounts.c.organisation_id == organisation,
            accounts.c.standing == Standing.MEMBER.value,
            accounts.c.email != "",
        )
    )
    return [Known(PersonId(row.person_id), row.name, row.email) for row in rows]


async def _side(connection: AsyncConnection, organisation: OrganisationId) -> Side:
    name = await connection.scalar(sa.select(organisations.c.name).where(organisations.c.id == organisation))
    people = await connection.scalar(
        sa.select(sa.func.count(accounts.c.person_id.distinct())).where(
            accounts.c.organisation_id == organisation, accounts.c.standing == Standing.MEMBER.value
        )
    )
    named = await connection.scalars(
        sa.select(teams.c.name).where(teams.c.organisation_id == organisation).order_by(teams.c.name)
    )
    return Side(str(name), people or 0, tuple(named))
