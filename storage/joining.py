"""Making two organisations one: everything of one moves to the other, and then people who are the same become one.

Ids are random and name the same thing afterwards, so nothing that moves clashes. Rows that others point to are copied
first and deleted last, so that at every moment each reference leads somewhere; all other rows are moved as they are.
Deferring the checks would do with less, but SQLite would have to build every table anew for it.

Nobody else writes meanwhile. A kudos that waits for it then finds that its people are gone, is undone as a whole, and
is given again by whoever asked for it, where its workspace now belongs.
"""

from __future__ import annotations

from typing import Final

import asyncpg
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.identity import OrganisationId, TeamId
from bot.linking.rules import names_apart
from storage import tables

OWN: Final = "organisation_id"

# Recording a kudos takes its tables in this order: whoever locks in the same order is not in its way half-way through.
_FIRST: Final = (tables.seen_requests, tables.allowances, tables.kudos, tables.last_recognised)
_OF_ORGANISATIONS: Final = [each for each in tables.metadata.sorted_tables if OWN in each.c]
_LOCKED: Final = [*_FIRST, *(each for each in _OF_ORGANISATIONS if each not in _FIRST)]

_POINTED_TO: Final = [
    each
    for each in _OF_ORGANISATIONS
    if any(key.column.table is each for other in tables.metadata.sorted_tables for key in other.foreign_keys)
]
_LOCK_TIMEOUT: Final = "500ms"
"""Shorter than the second after which PostgreSQL looks for a deadlock: whoever joins gives way, nobody else fails."""


async def let_nobody_write(connection: AsyncConnection) -> None:
    """Hold every table for this transaction; others read on. On SQLite a transaction that writes is alone anyway.

    Where somebody writes at the moment it raises what `is_busy` knows.
    """
    if connection.dialect.name != "postgresql":
        return
    await connection.exec_driver_sql("SET LOCAL statement_timeout = 0")
    await connection.exec_driver_sql(f"SET LOCAL lock_timeout = '{_LOCK_TIMEOUT}'")
    names = ", ".join(each.name for each in _LOCKED)
    await connection.exec_driver_sql(f"LOCK TABLE {names}, organisations IN SHARE ROW EXCLUSIVE MODE")


def is_busy(error: DBAPIError) -> bool:
    """Say whether it is that somebody else writes."""
    return isinstance(getattr(error.orig, "__cause__", None), asyncpg.LockNotAvailableError)


async def move(connection: AsyncConnection, joining: OrganisationId, staying: OrganisationId) -> None:
    """Give everything of one organisation to the other, but its programme, and let it be gone."""
    await connection.execute(sa.delete(tables.behaviours).where(tables.behaviours.c.organisation_id == joining))
    for table in _POINTED_TO:
        others = [column for column in table.c if column.name != OWN]
        rows = sa.select(sa.literal(staying, sa.Uuid()), *others).where(table.c[OWN] == joining)
        await connection.execute(sa.insert(table).from_select([OWN, *(column.name for column in others)], rows))
    for table in _OF_ORGANISATIONS:
        if table not in _POINTED_TO:
            await connection.execute(sa.update(table).where(table.c[OWN] == joining).values({OWN: staying}))
    for table in reversed(_POINTED_TO):
        await connection.execute(sa.delete(table).where(table.c[OWN] == joining))
    await connection.execute(sa.delete(tables.organisations).where(tables.organisations.c.id == joining))


async def names_taken(
    connection: AsyncConnection, joining: OrganisationId, staying: OrganisationId
) -> dict[TeamId, tuple[str, str]]:
    """Give the old and the new name of those teams of one organisation that are called as one of the other's."""
    teams = tables.teams.c
    names: dict[OrganisationId, dict[TeamId, str]] = {joining: {}, staying: {}}
    query = sa.select(teams.organisation_id, teams.id, teams.name).where(teams.organisation_id.in_(names))
    for row in await connection.execute(query.order_by(teams.created_at, teams.id)):
        names[OrganisationId(row.organisation_id)][TeamId(row.id)] = row.name
    side = await connection.scalar(sa.select(tables.organisations.c.name).where(tables.organisations.c.id == joining))
    apart = names_apart(names[staying].values(), names[joining], str(side))
    return {team: (names[joining][team], name) for team, name in apart.items()}


async def keep_names_apart(
    connection: AsyncConnection, joining: OrganisationId, staying: OrganisationId
) -> list[tuple[str, str]]:
    """Rename those teams, before they move; give what `names_taken` gives."""
    teams = tables.teams.c
    renamed = await names_taken(connection, joining, staying)
    for team, (_, name) in renamed.items():
        here = (teams.organisation_id == joining, teams.id == team)
        await connection.execute(sa.update(tables.teams).where(*here).values(name=name))
    return sorted(renamed.values())
