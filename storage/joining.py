"""Making two organisations one: everything of one moves to the other, and then people who are the same become one.

Ids are random and name the same thing afterwards, so nothing that moves clashes. Rows that others point to are copied
first and deleted last, so that at every moment each reference leads somewhere; all other rows are moved as they are.
Deferring the checks would do with less, but SQLite would have to build every table anew for it.

Nobody else writes meanwhile. A kudos that waits for it then finds that its people are gone, is undone as a whole, and
is given again by whoever asked for it, where its workspace now belongs.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, TypeAlias

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.identity import OrganisationId, PersonId, TeamId
from bot.linking.rules import names_apart
from bot.schedule.model import Kind
from storage import tables

OWN: Final = "organisation_id"

_Alone: TypeAlias = tuple[sa.Table, tuple[str, ...], str]
"""A table with one row per person or two, the columns that name them, and what the row says."""

_Together: TypeAlias = Callable[[Any], dict[str, Any]]
"""Says what a row becomes that is there already, from the one that would be inserted."""

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

_united: Final = sa.Table(
    "united",
    sa.MetaData(),
    sa.Column("one", sa.Uuid(), primary_key=True),
    sa.Column("other", sa.Uuid(), nullable=False),
    prefixes=["TEMPORARY"],
)
"""Who becomes whom."""


async def let_nobody_write(connection: AsyncConnection) -> None:
    """Hold every table for this transaction; others read on. On SQLite a transaction that writes is alone anyway."""
    if connection.dialect.name != "postgresql":
        return
    await connection.exec_driver_sql("SET LOCAL statement_timeout = 0")
    await connection.exec_driver_sql(f"SET LOCAL lock_timeout = '{_LOCK_TIMEOUT}'")
    names = ", ".join(each.name for each in _LOCKED)
    await connection.exec_driver_sql(f"LOCK TABLE {names}, organisations IN SHARE ROW EXCLUSIVE MODE")


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


async def unite(connection: AsyncConnection, own: OrganisationId, pairs: Mapping[PersonId, PersonId]) -> None:
    """Make the first of each pair of persons the second. They have no workspace, no team and no kudos in common."""
    if not pairs:
        return
    await connection.run_sync(_united.create)
    await connection.execute(sa.insert(_united), [{"one": one, "other": other} for one, other in pairs.items()])
    for table, columns in _NAMED_IN.items():
        for column in columns:
            await _rename(connection, own, table, column)
    for table, keys, value in _SUMS:
        await _pour(connection, own, table, keys, _sum_of(table, value))
    for table, keys, value in _LATEST:
        await _pour(connection, own, table, keys, _latest_of(table, value))
    for table, keys in _FIRST_COMES:
        await _pour(connection, own, table, keys, None)
    of_supervisor = tables.schedules.c.kind == Kind.NUDGES.value
    await _pour(connection, own, tables.schedules, ("subject_id",), None, of_supervisor)
    gone = sa.select(_united.c.one)
    await connection.execute(
        sa.delete(tables.persons).where(tables.persons.c.organisation_id == own, tables.persons.c.id.in_(gone))
    )
    await connection.run_sync(_united.drop)


_NAMED_IN: Final[Mapping[sa.Table, Sequence[str]]] = {
    tables.accounts: ("person_id",),
    tables.teams: ("founder_id",),
    tables.memberships: ("person_id",),
    tables.kudos: ("giver_id",),
    tables.kudos_receivers: ("person_id",),
    tables.ledger_entries: ("person_id",),
    tables.exclusions: ("person_id", "by_id"),
    tables.absences: ("person_id", "by_id"),
    tables.nudges: ("supervisor_id", "person_id"),
}
"""Where a person may simply be called by another name: two rows never become the same."""

_SUMS: Final[tuple[_Alone, ...]] = (
    (tables.balances, ("person_id",), "points"),
    (tables.allowances, ("person_id",), "used"),
)
_LATEST: Final[tuple[_Alone, ...]] = (
    (tables.last_recognised, ("receiver_id",), "at"),
    (tables.last_recognised_by, ("receiver_id", "giver_id"), "at"),
    (tables.snoozes, ("supervisor_id", "person_id"), "until"),
)


_FIRST_COMES: Final = ((tables.preferences, ("person_id",)),)

FOLLOWED: Final = frozenset(
    (table.name, column)
    for table, columns in (
        *_NAMED_IN.items(),
        *((table, columns) for table, columns, _ in (*_SUMS, *_LATEST)),
        *_FIRST_COMES,
    )
    for column in columns
)
"""Every column that names a person, by table: what follows when somebody becomes another."""


async def _rename(connection: AsyncConnection, own: OrganisationId, table: sa.Table, column: str) -> None:
    new = sa.select(_united.c.other).where(_united.c.one == table.c[column]).scalar_subquery()
    renamed = table.c[column].in_(sa.select(_united.c.one))
    await connection.execute(sa.update(table).where(table.c.organisation_id == own, renamed).values({column: new}))


def _sum_of(table: sa.Table, value: str) -> _Together:
    return lambda excluded: {value: table.c[value] + excluded[value]}


def _latest_of(table: sa.Table, value: str) -> _Together:
    return lambda excluded: {value: sa.case((table.c[value] < excluded[value], excluded[value]), else_=table.c[value])}


async def _pour(
    connection: AsyncConnection,
    own: OrganisationId,
    table: sa.Table,
    persons: Sequence[str],
    together: _Together | None,
    *conditions: sa.ColumnElement[bool],
) -> None:
    """Move rows of which there is one per person.

    Where two would be one, `together` says what it is; without it, the one that is there already stays.
    """
    aliases = {name: _united.alias(name) for name in persons}
    source: sa.FromClause = table
    for name, alias in aliases.items():
        source = source.outerjoin(alias, alias.c.one == table.c[name])
    is_old = sa.or_(*(alias.c.one.is_not(None) for alias in aliases.values()))
    chosen = [
        sa.func.coalesce(aliases[column.name].c.other, column).label(column.name) if column.name in aliases else column
        for column in table.c
    ]
    moved = sa.select(*chosen).select_from(source).where(table.c.organisation_id == own, is_old, *conditions)
    rows = (await connection.execute(moved)).mappings().all()
    gone = sa.or_(*(table.c[name].in_(sa.select(_united.c.one)) for name in persons))
    await connection.execute(sa.delete(table).where(table.c.organisation_id == own, gone, *conditions))
    if not rows:
        return
    insert = (sqlite if connection.dialect.name == "sqlite" else postgresql).insert(table)
    if together is None:
        await connection.execute(insert.on_conflict_do_nothing(), [dict(row) for row in rows])
        return
    keys = [column.name for column in table.primary_key]
    upsert = insert.on_conflict_do_update(index_elements=keys, set_=together(insert.excluded))
    await connection.execute(upsert, [dict(row) for row in rows])
