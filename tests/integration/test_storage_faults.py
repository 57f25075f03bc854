"""What people notice of a database that hiccups: nothing but a moment's wait."""

from __future__ import annotations

import asyncio
import io
import logging
import sqlite3
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import asyncpg
import pytest
import sqlalchemy as sa
import structlog

from adapters.observability import configure_logging
from adapters.settings import LogFormat
from bot.i18n import translator
from bot.identity import OrganisationId, PersonId
from bot.recognition.model import RecordOutcome
from bot.recognition.words import withdrawn
from storage.engine import Database
from storage.group_commit import GroupCommit
from storage.unit_of_work import UnitsOfWork
from storage.workplaces import SqlWorkplaces
from tests.factories import MONDAY, NOW, OWNERSHIP, WORKSPACE, a_profile, a_recording, an_account


class Site:
    """A database with an organisation and two people in it."""

    def __init__(self, database: Database, organisation: OrganisationId, anna: PersonId, bo: PersonId) -> None:
        self.database = database
        self.units = UnitsOfWork(database)
        self.organisation = organisation
        self.anna = anna
        self.bo = bo

    async def record(self, recording):
        async with self.units(self.organisation) as unit:
            return await unit.kudos.record(recording)

    async def undo(self, kudos):
        async with self.units(self.organisation) as unit:
            await unit.kudos.undo(kudos, NOW, withdrawn(translator("en")))
            await unit.commit()

    async def balance(self, person):
        async with self.units(self.organisation) as unit:
            return (await unit.points.tally(person, NOW - timedelta(days=7), MONDAY)).balance


async def a_site(url: str) -> Site:
    database = Database.open(url)
    organisation = (await SqlWorkplaces(database, [OWNERSHIP]).connect(WORKSPACE, "Acme", NOW)).organisation
    async with UnitsOfWork(database)(organisation) as unit:
        await unit.people.welcome([a_profile("U1"), a_profile("U2", "Bo Lind")], NOW)
        await unit.commit()
    async with UnitsOfWork(database)(organisation) as unit:
        found = {
            each.account.id: each.person for each in await unit.people.colleagues([an_account("U1"), an_account("U2")])
        }
    return Site(database, organisation, found["U1"], found["U2"])


@pytest.fixture(params=["sqlite_url", "postgres_url"])
async def site(request: pytest.FixtureRequest) -> AsyncIterator[Site]:
    made = await a_site(request.getfixturevalue(request.param))
    yield made
    await made.database.close()


@pytest.fixture
async def postgres_site(postgres_url) -> AsyncIterator[Site]:
    made = await a_site(postgres_url)
    yield made
    await made.database.close()


@pytest.fixture
async def sqlite_site(sqlite_url) -> AsyncIterator[Site]:
    made = await a_site(sqlite_url)
    yield made
    await made.database.close()


async def test_connections_that_are_cut_are_not_noticed_and_record_nothing_twice(
    postgres_site, postgres_url, monkeypatch
):
    # On a machine with much else to do, two hundred at once take longer than somebody would wait for one.
    monkeypatch.setattr("storage.retry.PATIENCE_S", 60.0)
    site = postgres_site
    cut = 0

    async def cut_connections():
        nonlocal cut
        operator = await asyncpg.connect(postgres_url)
        try:
            for _ in range(5):
                cut += await operator.fetchval(
                    "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity"
                    " WHERE datname = current_database() AND application_name = 'kudos'"
                )
                await asyncio.sleep(0.03)
        finally:
            await operator.close()

    async def give(number):
        await asyncio.sleep(number * 0.001)
        async with site.units(site.organisation) as unit:
            assert len(await unit.people.colleagues([an_account("U1"), an_account("U2")])) == 2
            assert (await unit.points.programme()).behaviours == (OWNERSHIP,)
            await unit.points.tally(site.anna, NOW, MONDAY)
        return await site.record(a_recording(site.anna, site.bo, limit=10_000))

    given = asyncio.gather(*map(give, range(200)))
    await cut_connections()
    outcomes = Counter(each.outcome for each in await given)
    assert cut > 5
    # An act whose answer was lost with its connection was recorded, and says so when it is tried again.
    assert outcomes[RecordOutcome.RECORDED] + outcomes[RecordOutcome.SEEN] == 200
    assert await site.balance(site.bo) == 2000


async def test_a_kudos_that_cannot_be_recorded_harms_none_beside_it(site):
    good = [a_recording(site.anna, site.bo, limit=1000) for _ in range(10)]
    bad = [a_recording(PersonId(uuid4()), site.bo) for _ in range(3)]
    answers = await asyncio.gather(*map(site.record, [*good[:5], *bad, *good[5:]]), return_exceptions=True)
    assert [isinstance(each, Exception) for each in answers] == [False] * 5 + [True] * 3 + [False] * 5
    assert await site.balance(site.bo) == 100
    async with site.units(site.organisation) as unit:
        assert await unit.kudos.get(bad[0].id) is None


async def test_a_write_that_fills_the_disk_harms_none_beside_it(sqlite_site):
    site, tries = sqlite_site, []

    def fills_it(db: sqlite3.Connection) -> None:
        tries.append(db.execute("PRAGMA page_count").fetchone()[0])
        db.execute(f"PRAGMA max_page_count={tries[0] + 50}")
        db.execute("CREATE TABLE heap AS SELECT zeroblob(1000000) AS much")

    good = [a_recording(site.anna, site.bo, limit=1000) for _ in range(4)]
    *recorded, failed = await asyncio.gather(
        *map(site.record, good), site.database.group_commit.run(fills_it), return_exceptions=True
    )
    assert {each.outcome for each in recorded} == {RecordOutcome.RECORDED}
    assert isinstance(failed, sqlite3.OperationalError)
    assert "full" in str(failed)
    assert len(tries) == 1
    assert await site.balance(site.bo) == 40


async def test_what_could_not_be_made_durable_is_told_to_all_of_it_and_harms_nothing_after(sqlite_site):
    site = sqlite_site
    recorded, cut_off = await asyncio.gather(
        site.record(a_recording(site.anna, site.bo)),
        site.database.group_commit.run(lambda db: db.close()),
        return_exceptions=True,
    )
    assert isinstance(recorded, sqlite3.ProgrammingError)
    assert isinstance(cut_off, sqlite3.ProgrammingError)
    assert await site.balance(site.bo) == 0
    assert (await site.record(a_recording(site.anna, site.bo))).outcome is RecordOutcome.RECORDED
    assert await site.balance(site.bo) == 10


async def test_replicas_that_record_and_take_back_for_the_same_people_never_wait_for_each_other_in_a_circle(
    postgres_site, postgres_url
):
    async with postgres_site.database.engine.begin() as connection:
        # A circle would be noticed only after a statement has been given up for taking too long.
        name = await connection.scalar(sa.func.current_database().select())
        await connection.exec_driver_sql(f"ALTER DATABASE \"{name}\" SET deadlock_timeout = '1min'")
    first, second = await a_site(postgres_url), await a_site(postgres_url)
    undone = a_recording(first.anna, first.bo, limit=10_000)
    await first.record(undone)
    for _ in range(10):
        there = [a_recording(first.anna, first.bo, limit=10_000) for _ in range(8)]
        back = [a_recording(first.bo, first.anna, limit=10_000) for _ in range(8)]
        answers = await asyncio.gather(
            *map(first.record, [*there, *back]), *map(second.record, [*back, *there]), first.undo(undone.id)
        )
        undone = there[0]
        assert Counter(each.outcome for each in answers[:-1]) == {RecordOutcome.RECORDED: 16, RecordOutcome.SEEN: 16}
    assert await first.balance(first.bo) == 710
    await asyncio.gather(first.database.close(), second.database.close())


class WatchedLock(asyncio.Lock):
    """Says when somebody waits for it."""

    def __init__(self) -> None:
        super().__init__()
        self.waited_for = asyncio.Event()

    async def acquire(self):
        if self.locked():
            self.waited_for.set()
        return await super().acquire()


async def test_recording_waits_its_turn_behind_another_writer(sqlite_site):
    site = sqlite_site
    await site.database.group_commit.close()
    lock = site.database.write_lock = WatchedLock()
    site.database.group_commit = GroupCommit(site.database.connect_sqlite, lock)
    async with site.units(site.organisation) as unit:
        await unit.people.welcome([a_profile("U3", "Cleo Ray")], NOW)
        waiting = asyncio.gather(*(site.record(a_recording(site.anna, site.bo, limit=1000)) for _ in range(20)))
        async with asyncio.timeout(10):
            await lock.waited_for.wait()
        assert not waiting.done()
        await unit.commit()
    assert {each.outcome for each in await waiting} == {RecordOutcome.RECORDED}
    assert await site.balance(site.bo) == 200


async def test_recording_inside_a_transaction_is_refused_rather_than_stuck(site):
    async with site.units(site.organisation) as unit:
        await unit.people.welcome([a_profile("U3", "Cleo Ray")], NOW)
        with pytest.raises(RuntimeError, match="commits by itself"):
            await unit.kudos.record(a_recording(site.anna, site.bo))


async def test_someone_who_goes_away_while_recording_holds_nobody_up(site):
    tasks = [asyncio.create_task(site.record(a_recording(site.anna, site.bo, limit=10_000))) for _ in range(30)]
    await asyncio.sleep(0)
    for task in tasks[::2]:
        task.cancel()
    stayed = await asyncio.gather(*tasks[1::2])
    assert {each.outcome for each in stayed} == {RecordOutcome.RECORDED}
    assert (await site.record(a_recording(site.anna, site.bo, limit=10_000))).outcome is RecordOutcome.RECORDED
    assert await site.balance(site.bo) >= 160


async def test_closing_finishes_what_is_being_recorded(sqlite_url):
    site = await a_site(sqlite_url)
    given = asyncio.gather(*(site.record(a_recording(site.anna, site.bo, limit=1000)) for _ in range(20)))
    await asyncio.sleep(0)
    await site.database.close()
    assert {each.outcome for each in await given} == {RecordOutcome.RECORDED}


@pytest.fixture
def log():
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    output = io.StringIO()
    configure_logging(LogFormat.AUTO, "info", [], output)
    yield output
    structlog.reset_defaults()
    root.handlers, root.level = handlers, level


async def test_an_error_in_the_log_tells_no_names_and_addresses(site, log):
    async with site.database.writing() as connection:
        await connection.exec_driver_sql("ALTER TABLE persons RENAME COLUMN email TO address")
    # Not on the line that fails: a traceback shows that one as it is written here.
    newcomer = a_profile("U7", "Cleo Ray")
    async with site.units(site.organisation) as unit:
        with pytest.raises(sa.exc.DBAPIError) as raised:
            await unit.people.welcome([newcomer], NOW)
    structlog.get_logger("ours").error("welcome_failed", exc_info=raised.value)
    logged = log.getvalue()
    assert "persons" in logged
    assert "Cleo" not in logged
    assert "u7@example.com" not in logged


REASON = "stayed with a caller for an hour"


async def test_a_row_that_is_refused_is_not_told_to_the_log(postgres_url, log):
    """PostgreSQL adds the whole row to its complaint, and asyncpg quotes what it cannot send."""
    site = await a_site(postgres_url)
    async with site.database.writing() as connection:
        await connection.exec_driver_sql("ALTER TABLE kudos ADD CONSTRAINT none_today CHECK (false)")
        await connection.exec_driver_sql("ALTER TABLE persons ADD CONSTRAINT nobody_new CHECK (name <> 'Cleo Ray')")
    newcomer = a_profile("U7", "Cleo Ray")
    broken = a_profile("U8", "Dora Sand\ud800")
    unsendable = replace(a_recording(site.anna, site.bo), reason=f"{REASON} \ud800")
    refused = replace(a_recording(site.anna, site.bo), reason=REASON)

    async def welcome(profile):
        async with site.units(site.organisation) as unit:
            await unit.people.welcome([profile], NOW)

    for attempt in (
        lambda: site.record(refused),
        lambda: site.record(unsendable),
        lambda: welcome(newcomer),
        lambda: welcome(broken),
    ):
        with pytest.raises((asyncpg.PostgresError, asyncpg.InterfaceError, sa.exc.DBAPIError)) as raised:
            await attempt()
        structlog.get_logger("ours").error("refused", exc_info=raised.value)
    await site.database.close()
    logged = log.getvalue()
    assert "none_today" in logged
    assert "nobody_new" in logged
    assert logged.count("invalid input for query argument [not shown]") >= 2
    assert REASON not in logged
    assert "Cleo" not in logged
    assert "Dora" not in logged
