"""Making one of persons who are the same human: what is of one is the other's afterwards.

They may have met before they were known as one: been in one team, or received the same kudos. Whoever calls this lets
nobody else write meanwhile.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

import sqlalchemy as sa
import structlog
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.identity import AccountRef, OrganisationId, PersonId, Platform, WorkspaceRef
from bot.people.model import Role
from bot.schedule.model import Kind
from storage import tables
from storage.joining import OWN

_log = structlog.get_logger(__name__)

_Alone: TypeAlias = tuple[sa.Table, tuple[str, ...], str]
"""A table with one row per person or two, the columns that name them, and what the row says."""

_Together: TypeAlias = Callable[[Any], dict[str, Any]]
"""Says what a row becomes that is there already, from the one that would be inserted."""

_united: Final = sa.Table(
    "united",
    sa.MetaData(),
    sa.Column("one", sa.Uuid(), primary_key=True),
    sa.Column("other", sa.Uuid(), nullable=False),
    prefixes=["TEMPORARY"],
)
"""Who becomes whom."""


@dataclass(frozen=True, slots=True)
class United:
    """Accounts that became a person's. `was` is whose they were before; None for those that nobody had met."""

    organisation: OrganisationId
    person: PersonId
    was: PersonId | None
    accounts: tuple[AccountRef, ...]


def tell(united: Iterable[United]) -> None:
    """Leave a trace of it in the log, once it is durable: ids alone, for whoever has to find out how it came to be."""
    for each in united:
        _log.info(
            "people_united",
            organisation=str(each.organisation),
            person=str(each.person),
            was=str(each.was) if each.was else None,
            accounts=[f"{of.workspace.platform.value}:{of.workspace.id}:{of.id}" for of in each.accounts],
        )


async def unite(connection: AsyncConnection, own: OrganisationId, pairs: Mapping[PersonId, PersonId]) -> list[United]:
    """Make the first of each pair of persons the second, none of whom is in two pairs. They share no workspace."""
    if not pairs:
        return []
    await connection.run_sync(_united.create)
    await connection.execute(sa.insert(_united), [{"one": one, "other": other} for one, other in pairs.items()])
    united = await _accounts_of_each(connection, own)
    await _receive_once(connection, own)
    await _be_in_a_team_once(connection, own)
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
    return united


_NAMED_IN: Final[Mapping[sa.Table, Sequence[str]]] = {
    tables.accounts: ("person_id",),
    tables.teams: ("founder_id",),
    tables.memberships: ("person_id",),
    tables.kudos: ("giver_id",),
    tables.kudos_receivers: ("person_id",),
    tables.ledger_entries: ("person_id",),
    tables.exclusions: ("by_id",),
    tables.absences: ("person_id", "by_id"),
    tables.nudges: ("supervisor_id", "person_id"),
}
"""Where a person may simply be called by another name: two rows never become the same, or do not any more."""

_SUMS: Final[tuple[_Alone, ...]] = (
    (tables.balances, ("person_id",), "points"),
    (tables.allowances, ("person_id",), "used"),
)
_LATEST: Final[tuple[_Alone, ...]] = (
    (tables.last_recognised, ("receiver_id",), "at"),
    (tables.last_recognised_by, ("receiver_id", "giver_id"), "at"),
    (tables.snoozes, ("supervisor_id", "person_id"), "until"),
)


_FIRST_COMES: Final = ((tables.preferences, ("person_id",)), (tables.exclusions, ("person_id",)))

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


async def _accounts_of_each(connection: AsyncConnection, own: OrganisationId) -> list[United]:
    columns = tables.accounts.c
    rows = await connection.execute(
        sa.select(_united, columns.platform, columns.workspace, columns.id)
        .join(_united, _united.c.one == columns.person_id)
        .where(columns.organisation_id == own)
        .order_by(columns.platform, columns.workspace, columns.id)
    )
    of_each: dict[tuple[PersonId, PersonId], list[AccountRef]] = {}
    for row in rows:
        account = AccountRef(WorkspaceRef(Platform(row.platform), row.workspace), row.id)
        of_each.setdefault((PersonId(row.other), PersonId(row.one)), []).append(account)
    return [United(own, person, was, tuple(accounts)) for (person, was), accounts in of_each.items()]


async def _receive_once(connection: AsyncConnection, own: OrganisationId) -> None:
    """Let who received a kudos under both names have received it once, as if they had been known: it cost less then."""
    received, kudos, ledger = tables.kudos_receivers, tables.kudos.c, tables.ledger_entries
    also = received.alias("also")
    twice = await connection.execute(
        sa.select(
            kudos.id,
            kudos.giver_id,
            kudos.period,
            kudos.points,
            kudos.undone_at,
            _united,
            sa.func.coalesce(also.c.team_id, received.c.team_id).label("team_id"),
            sa.or_(also.c.by_supervisor, received.c.by_supervisor).label("by_supervisor"),
        )
        .select_from(received)
        .join(_united, _united.c.one == received.c.person_id)
        .join(also, sa.and_(_same(also, received, OWN, "kudos_id"), also.c.person_id == _united.c.other))
        .join(
            tables.kudos, sa.and_(kudos.organisation_id == received.c.organisation_id, kudos.id == received.c.kudos_id)
        )
        .where(received.c.organisation_id == own)
    )
    for row in twice.all():
        theirs = {OWN: own, "kudos_id": row.id, "person_id": row.one}
        entries = sa.select(sa.func.coalesce(sa.func.sum(ledger.c.amount), 0)).where(*_is(ledger, theirs))
        points = await connection.scalar(entries) or 0
        await _lower(connection, tables.balances, "points", points, {OWN: own, "person_id": row.one})
        if row.undone_at is None:
            of_giver = {OWN: own, "person_id": row.giver_id, "period": row.period}
            await _lower(connection, tables.allowances, "used", row.points, of_giver)
        await connection.execute(sa.delete(ledger).where(*_is(ledger, theirs)))
        await connection.execute(sa.delete(received).where(*_is(received, theirs)))
        stays = _is(received, theirs | {"person_id": row.other})
        await connection.execute(
            sa.update(received).where(*stays).values(team_id=row.team_id, by_supervisor=row.by_supervisor)
        )


async def _be_in_a_team_once(connection: AsyncConnection, own: OrganisationId) -> None:
    """Let who was in a team under both names be in it once."""
    members = tables.memberships
    also = members.alias("also")
    both = await connection.execute(
        sa.select(_united, members.c.team_id)
        .distinct()
        .select_from(members)
        .join(_united, _united.c.one == members.c.person_id)
        .join(also, sa.and_(_same(also, members, OWN, "team_id"), also.c.person_id == _united.c.other))
        .where(members.c.organisation_id == own)
    )
    for one, other, team in both.all():
        theirs = (*_is(members, {OWN: own, "team_id": team}), members.c.person_id.in_([one, other]))
        rows = (await connection.execute(sa.select(members).where(*theirs))).mappings().all()
        await connection.execute(sa.delete(members).where(*theirs))
        once = [dict(row) | {"person_id": other} for row in _once([dict(each) for each in rows])]
        await connection.execute(sa.insert(members), once)


def _once(rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Give the memberships that stay of one team's under two names.

    Of those that stand, one does: a supervisor's rather than an agent's, and then the longest. What was another role
    before ends when it begins.
    """
    standing = sorted(
        (row for row in rows if row["ends_at"] is None),
        key=lambda row: (row["role"] != Role.SUPERVISOR.value, row["begins_at"]),
    )
    begun: dict[Any, dict[str, Any]] = {}
    if standing:
        begun[standing[0]["begins_at"]] = standing[0]
        before = [row for row in standing[1:] if row["begins_at"] < standing[0]["begins_at"]]
        begun |= {row["begins_at"]: row | {"ends_at": standing[0]["begins_at"]} for row in reversed(before)}
    for row in sorted(
        (row for row in rows if row["ends_at"] is not None), key=lambda row: row["ends_at"], reverse=True
    ):
        begun.setdefault(row["begins_at"], row)
    return list(begun.values())


async def _lower(
    connection: AsyncConnection, table: sa.Table, column: str, amount: int, row: Mapping[str, object]
) -> None:
    value = table.c[column]
    lowered = sa.case((value > amount, value - amount), else_=0)
    await connection.execute(sa.update(table).where(*_is(table, row)).values({column: lowered}))


def _is(table: sa.Table, values: Mapping[str, object]) -> list[sa.ColumnElement[bool]]:
    return [table.c[name] == value for name, value in values.items()]


def _same(one: sa.FromClause, other: sa.FromClause, *columns: str) -> sa.ColumnElement[bool]:
    return sa.and_(*(one.c[name] == other.c[name] for name in columns))


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
