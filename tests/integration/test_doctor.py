"""The doctor, on rows broken on purpose."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
import sqlalchemy as sa

from storage.doctor import Check, examine, repair
from storage.engine import Database
from storage.tables import metadata
from storage.unit_of_work import UnitsOfWork
from storage.workplaces import SqlWorkplaces
from tests.factories import NOW, OWNERSHIP, WITHDRAWN, WORKSPACE, a_profile, a_recording


@pytest.fixture(params=["sqlite_url", "postgres_url"])
async def database(request: pytest.FixtureRequest) -> AsyncIterator[Database]:
    """A database where three people gave each other kudos, one of them undone and one private."""
    database = Database.open(request.getfixturevalue(request.param))
    try:
        units = UnitsOfWork(database)
        organisation = (await SqlWorkplaces(database, [OWNERSHIP]).connect(WORKSPACE, "Acme", NOW)).organisation
        profiles = [a_profile(f"U{number}", f"Person {number}") for number in range(3)]
        async with units(organisation) as unit:
            await unit.people.welcome(profiles, NOW)
            await unit.commit()
        async with units(organisation) as unit:
            people = await unit.people.colleagues([profile.account for profile in profiles])
            anna, bo, cleo = (each.person for each in people)
            undone = a_recording(bo, cleo)
            only = a_recording(bo, anna)
            for recording in (
                a_recording(anna, bo, cleo),
                a_recording(anna, bo, private=True, at=NOW + timedelta(minutes=1)),
                undone,
                only,
            ):
                await unit.kudos.record(recording)
            await unit.kudos.undo(undone.id, NOW, WITHDRAWN)
            await unit.kudos.undo(only.id, NOW, WITHDRAWN)
            await unit.commit()
        yield database
    finally:
        await database.close()


async def corrupt(database: Database, statement: str) -> None:
    async with database.writing() as connection:
        await connection.exec_driver_sql(statement)


async def contents(database: Database, table: str) -> set[tuple[object, ...]]:
    async with database.reading() as connection:
        return {tuple(row) for row in await connection.execute(sa.select(metadata.tables[table]))}


async def test_a_healthy_database_has_no_findings(database):
    assert await examine(database) == []


@pytest.mark.parametrize(
    ("check", "table", "statement", "rows"),
    [
        (Check.BALANCES, "balances", "UPDATE balances SET points = points + 1 WHERE points > 0", 2),
        (Check.BALANCES, "balances", "UPDATE balances SET points = 0 WHERE points > 0", 2),
        (Check.BALANCES, "balances", "DELETE FROM balances WHERE points > 0", 2),
        (Check.ALLOWANCES, "allowances", "UPDATE allowances SET used = used + 10 WHERE used > 0", 1),
        (Check.ALLOWANCES, "allowances", "UPDATE allowances SET used = 0 WHERE used > 0", 1),
        (Check.ALLOWANCES, "allowances", "DELETE FROM allowances WHERE used > 0", 1),
        (Check.LAST_RECOGNISED, "last_recognised", "UPDATE last_recognised SET at = '2020-01-01 00:00:00.000000'", 2),
        (Check.LAST_RECOGNISED, "last_recognised", "DELETE FROM last_recognised", 2),
        (
            Check.LAST_RECOGNISED_BY,
            "last_recognised_by",
            "INSERT INTO last_recognised_by SELECT organisation_id, giver_id, receiver_id, at FROM last_recognised_by",
            2,
        ),
        (Check.LAST_RECOGNISED_BY, "last_recognised_by", "DELETE FROM last_recognised_by", 2),
    ],
)
async def test_a_sum_that_is_wrong_is_found_and_put_right(database, check, table, statement, rows):
    before = await contents(database, table)
    await corrupt(database, statement)
    [finding] = await examine(database)
    assert (finding.check, finding.count, finding.repairable) == (check, rows, True)
    assert len(finding.examples) == rows
    assert "person" in finding.examples[0] or "receiver" in finding.examples[0]
    assert await contents(database, table) != before
    assert await repair(database) == [finding]
    assert await examine(database) == []
    assert await contents(database, table) == before


async def test_many_wrong_rows_are_counted_and_a_few_shown(database):
    await corrupt(
        database,
        "INSERT INTO allowances (organisation_id, person_id, period, used)"
        " SELECT p.organisation_id, p.id, k.period, 10 FROM persons p,"
        " (SELECT '2026-01-05' AS period UNION SELECT '2026-01-12' UNION SELECT '2026-01-19') k"
        if database.is_sqlite
        else "INSERT INTO allowances (organisation_id, person_id, period, used)"
        " SELECT organisation_id, id, date '2026-01-05' + 7 * week, 10 FROM persons, generate_series(0, 2) AS week",
    )
    [finding] = await examine(database)
    assert (finding.count, len(finding.examples)) == (9, 5)


async def test_a_missing_ledger_entry_is_told_and_left_to_a_human(database):
    await corrupt(database, "DELETE FROM ledger_entries WHERE amount > 0")
    found = {finding.check: finding for finding in await examine(database)}
    assert not found[Check.LEDGER].repairable
    assert found[Check.LEDGER].count == 5
    balances = await contents(database, "balances")
    assert await repair(database) == [found[Check.LEDGER]]
    assert await contents(database, "balances") == balances
