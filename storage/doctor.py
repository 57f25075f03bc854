"""Whether the sums agree with what they sum up, and putting them right.

Balances, allowances and the last-recognised dates are kept in the kudos' own transaction so that they can be read at
once. The ledger and the kudos are the truth they are checked against.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.points.model import EntryKind
from storage import tables
from storage.engine import Database

MOST_EXAMPLES: Final = 5


class Check(StrEnum):
    """What is looked at."""

    BALANCES = "balances"
    ALLOWANCES = "allowances"
    LAST_RECOGNISED = "last_recognised"
    LAST_RECOGNISED_BY = "last_recognised_by"
    LEDGER = "ledger"


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that does not agree. `examples` are a few of the rows, for the operator."""

    check: Check
    count: int
    examples: tuple[str, ...]
    repairable: bool


@dataclass(frozen=True, slots=True)
class _Sum:
    """A table that is a sum: what it says, what it should say, and the columns that name a row."""

    check: Check
    table: sa.Table
    key: tuple[str, ...]
    actual: sa.Select[Any]
    expected: sa.Select[Any]


async def examine(database: Database) -> list[Finding]:
    """Compare every sum with what it sums up. Changes nothing; nobody waits for it."""
    async with _unhurried(database) as connection:
        found = [await _compare(connection, each) for each in _SUMS]
        found.append(await _entries_missing(connection))
    return [finding for finding in found if finding is not None]


async def repair(database: Database) -> list[Finding]:
    """Put right what can be, and say what was wrong. Giving kudos waits while it runs.

    Balances are left alone while the ledger lacks entries: people would lose what they earned. What is not repairable
    of the findings is as it was.
    """
    async with database.writing() as connection:
        await _let_nobody_write(connection)
        missing = await _entries_missing(connection)
        sums = _SUMS if missing is None else _OF_KUDOS_ALONE
        found = [await _compare(connection, each) for each in sums]
        for each in sums:
            await _rebuild(connection, each)
        found.append(missing)
    return [finding for finding in found if finding is not None]


@asynccontextmanager
async def _unhurried(database: Database) -> AsyncIterator[AsyncConnection]:
    if database.is_sqlite:
        async with database.reading() as connection:
            yield connection
        return
    async with database.transaction() as connection:
        await connection.exec_driver_sql("SET LOCAL statement_timeout = 0")
        yield connection


async def _let_nobody_write(connection: AsyncConnection) -> None:
    if connection.dialect.name != "postgresql":
        return
    await connection.exec_driver_sql("SET LOCAL statement_timeout = 0")
    # Recording touches allowances first: in the same order, nobody waits for us while we wait for them.
    names = ", ".join(each.table.name for each in (_ALLOWANCES, _ANYONE, _BY_GIVER, _BALANCES))
    await connection.exec_driver_sql(f"LOCK TABLE {names} IN SHARE ROW EXCLUSIVE MODE")


async def _compare(connection: AsyncConnection, one: _Sum) -> Finding | None:
    # One statement sees one moment, so that a kudos given meanwhile is in both halves or in neither.
    differing = _differing(one)
    keys = sa.select(*(differing.c[name] for name in one.key)).distinct().subquery()
    count = sa.select(sa.func.count()).select_from(keys).scalar_subquery()
    rows = (await connection.execute(sa.select(count.label("how_many"), keys).limit(MOST_EXAMPLES))).all()
    if not rows:
        return None
    return Finding(one.check, rows[0].how_many, tuple(_named(one.key, row[1:]) for row in rows), repairable=True)


async def _rebuild(connection: AsyncConnection, one: _Sum) -> None:
    # By the keys that are missing too: a row that wrongly says zero counts as none, and is in the way all the same.
    wrong = _differing(one)
    is_wrong = sa.exists().where(*(one.table.c[name] == wrong.c[name] for name in one.key))
    await connection.execute(sa.delete(one.table).where(is_wrong))
    missing = _only_in(one.expected, one.actual).subquery()
    columns = [column.name for column in missing.c]
    await connection.execute(sa.insert(one.table).from_select(columns, sa.select(missing)))


async def _entries_missing(connection: AsyncConnection) -> Finding | None:
    """Find receivers without the ledger entry of what they earned: the truth itself is broken, so a human decides."""
    receivers, kudos, ledger = tables.kudos_receivers.c, tables.kudos.c, tables.ledger_entries.c
    entry = sa.exists().where(
        ledger.organisation_id == receivers.organisation_id,
        ledger.kudos_id == receivers.kudos_id,
        ledger.person_id == receivers.person_id,
        ledger.kind == EntryKind.EARNED.value,
        ledger.amount == kudos.points,
    )
    rows = (
        await connection.execute(
            sa.select(
                sa.func.count().over().label("how_many"),
                receivers.organisation_id,
                receivers.kudos_id,
                receivers.person_id,
            )
            .select_from(tables.kudos_receivers.join(tables.kudos, _OF_KUDOS))
            .where(~entry)
            .limit(MOST_EXAMPLES)
        )
    ).all()
    if not rows:
        return None
    key = ("organisation_id", "kudos_id", "person_id")
    return Finding(Check.LEDGER, rows[0].how_many, tuple(_named(key, row[1:]) for row in rows), repairable=False)


def _differing(one: _Sum) -> sa.Subquery:
    return sa.union_all(_only_in(one.expected, one.actual), _only_in(one.actual, one.expected)).subquery()


def _only_in(one: sa.Select[Any], other: sa.Select[Any]) -> sa.Select[Any]:
    return sa.select(sa.except_(one, other).subquery())


def _named(key: Sequence[str], values: Sequence[object]) -> str:
    return ", ".join(f"{name.removesuffix('_id')} {value}" for name, value in zip(key, values, strict=True))


_OF_KUDOS: Final = sa.and_(
    tables.kudos.c.organisation_id == tables.kudos_receivers.c.organisation_id,
    tables.kudos.c.id == tables.kudos_receivers.c.kudos_id,
)
_RECEIVED: Final = tables.kudos_receivers.join(tables.kudos, _OF_KUDOS)
_STANDS: Final = tables.kudos.c.undone_at.is_(None)


def _sum(
    check: Check,
    table: sa.Table,
    value: str,
    *conditions: sa.ColumnElement[bool],
    truth: dict[str, sa.ColumnElement[Any]],
    total: sa.ColumnElement[Any],
    source: sa.FromClause,
) -> _Sum:
    """Describe a sum. A row that says nothing (zero) is as good as none."""
    is_number = isinstance(table.c[value].type, sa.Integer)
    actual = sa.select(*(table.c[name] for name in truth), table.c[value])
    expected = (
        sa.select(*(column.label(name) for name, column in truth.items()), total.label(value))
        .select_from(source)
        .where(*conditions)
        .group_by(*truth.values())
    )
    if is_number:
        actual, expected = actual.where(table.c[value] != 0), expected.having(total != 0)
    return _Sum(check, table, tuple(truth), actual, expected)


_BALANCES: Final = _sum(
    Check.BALANCES,
    tables.balances,
    "points",
    truth={
        "organisation_id": tables.ledger_entries.c.organisation_id,
        "person_id": tables.ledger_entries.c.person_id,
    },
    total=sa.func.sum(tables.ledger_entries.c.amount),
    source=tables.ledger_entries,
)
_ALLOWANCES: Final = _sum(
    Check.ALLOWANCES,
    tables.allowances,
    "used",
    _STANDS,
    truth={
        "organisation_id": tables.kudos.c.organisation_id,
        "person_id": tables.kudos.c.giver_id,
        "period": tables.kudos.c.period,
    },
    total=sa.func.sum(tables.kudos.c.points),
    source=_RECEIVED,
)
_ANYONE: Final = _sum(
    Check.LAST_RECOGNISED,
    tables.last_recognised,
    "at",
    _STANDS,
    truth={
        "organisation_id": tables.kudos_receivers.c.organisation_id,
        "receiver_id": tables.kudos_receivers.c.person_id,
    },
    total=sa.func.max(tables.kudos_receivers.c.created_at),
    source=_RECEIVED,
)
_BY_GIVER: Final = _sum(
    Check.LAST_RECOGNISED_BY,
    tables.last_recognised_by,
    "at",
    _STANDS,
    truth={
        "organisation_id": tables.kudos_receivers.c.organisation_id,
        "receiver_id": tables.kudos_receivers.c.person_id,
        "giver_id": tables.kudos.c.giver_id,
    },
    total=sa.func.max(tables.kudos_receivers.c.created_at),
    source=_RECEIVED,
)
_OF_KUDOS_ALONE: Final = (_ALLOWANCES, _ANYONE, _BY_GIVER)
_SUMS: Final = (_BALANCES, *_OF_KUDOS_ALONE)
