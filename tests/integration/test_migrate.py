"""Migrations on both databases: from nothing, back, and again; and what a database is taken for."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

import asyncpg
import pytest
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory

from storage import migrate
from storage.engine import Database, UnsupportedDatabaseError
from storage.migrate import ALEMBIC_INI, Shape, downgrade, state, upgrade


@pytest.fixture(params=["empty_sqlite_url", "empty_postgres_url"])
def empty_url(request: pytest.FixtureRequest) -> str:
    return request.getfixturevalue(request.param)


async def shape_of(url: str) -> Shape:
    database = Database.open(url)
    try:
        return await state(database)
    finally:
        await database.close()


async def execute(url: str, statement: str) -> None:
    database = Database.open(url)
    try:
        async with database.writing() as connection:
            await connection.exec_driver_sql(statement)
    finally:
        await database.close()


async def test_a_database_goes_up_down_and_up_again(empty_url):
    assert await shape_of(empty_url) is Shape.EMPTY
    await upgrade(empty_url)
    assert await shape_of(empty_url) is Shape.CURRENT
    await downgrade(empty_url, "base")
    assert await shape_of(empty_url) is Shape.EMPTY
    await upgrade(empty_url)
    assert await shape_of(empty_url) is Shape.CURRENT


async def test_two_replicas_that_upgrade_at_once_are_harmless(empty_url):
    program = f"import asyncio; from storage.migrate import upgrade; asyncio.run(upgrade({empty_url!r}))"
    replicas = [await asyncio.create_subprocess_exec(sys.executable, "-c", program) for _ in range(2)]
    assert [await replica.wait() for replica in replicas] == [0, 0]
    assert await shape_of(empty_url) is Shape.CURRENT


LATER_MIGRATION = """
from alembic import op

revision, down_revision, branch_labels, depends_on = "later", {head!r}, None, None


def upgrade():
    op.execute("CREATE TABLE waits AS SELECT 'inside' AS place, current_setting('lock_timeout') AS longest")
    with op.get_context().autocommit_block():
        op.execute("DROP INDEX CONCURRENTLY IF EXISTS ix_persons_name")
        op.create_index("ix_persons_name", "persons", ["name"], postgresql_concurrently=True)
        op.execute("INSERT INTO waits SELECT 'outside', current_setting('lock_timeout')")
"""


FAILING_MIGRATION = """
revision, down_revision, branch_labels, depends_on = "later", {head!r}, None, None


def upgrade():
    raise RuntimeError("half-way")
"""


def with_a_later(migration: str, folder: Path) -> Path:
    """Give an alembic.ini with all of our migrations and one more."""
    head = ScriptDirectory.from_config(Config(ALEMBIC_INI)).get_current_head()
    (folder / "later.py").write_text(migration.format(head=head))
    ours = ALEMBIC_INI.parent / "migrations"
    ini = folder / "alembic.ini"
    ini.write_text(
        f"[alembic]\nscript_location = {ours}\npath_separator = newline\n"
        f"version_locations = {ours / 'versions'}\n    {folder}\n"
    )
    return ini


async def test_on_sqlite_all_of_it_is_done_or_nothing(empty_sqlite_url, tmp_path, monkeypatch):
    ini = with_a_later(FAILING_MIGRATION, tmp_path)
    with monkeypatch.context() as patched:
        patched.setattr(migrate, "ALEMBIC_INI", ini)
        with pytest.raises(RuntimeError, match="half-way"):
            await upgrade(empty_sqlite_url)
    assert await shape_of(empty_sqlite_url) is Shape.EMPTY
    await upgrade(empty_sqlite_url)
    assert await shape_of(empty_sqlite_url) is Shape.CURRENT


async def test_replicas_that_start_at_once_make_an_index_while_people_write(empty_postgres_url, tmp_path):
    await upgrade(empty_postgres_url)
    ini = with_a_later(LATER_MIGRATION, tmp_path)
    program = (
        f"import asyncio; from storage import migrate; migrate.ALEMBIC_INI = {str(ini)!r};"
        f" asyncio.run(migrate.upgrade({empty_postgres_url!r}))"
    )
    replicas = [await asyncio.create_subprocess_exec(sys.executable, "-c", program) for _ in range(2)]
    assert [await replica.wait() for replica in replicas] == [0, 0]
    operator = await asyncpg.connect(empty_postgres_url)
    try:
        assert await operator.fetchval("SELECT indisvalid FROM pg_index WHERE indexrelid = 'ix_persons_name'::regclass")
        assert await operator.fetch("SELECT * FROM waits") == [("inside", "100ms"), ("outside", "0")]
    finally:
        await operator.close()
    assert await shape_of(empty_postgres_url) is Shape.NEWER


async def test_the_migrations_make_the_tables_that_the_code_uses(empty_url, monkeypatch):
    await upgrade(empty_url)
    monkeypatch.setenv("DATABASE_URL", empty_url)
    await asyncio.to_thread(command.check, Config(ALEMBIC_INI))


async def test_a_database_of_a_later_release_is_newer(empty_url):
    await upgrade(empty_url)
    await execute(empty_url, "UPDATE alembic_version SET version_num = 'later'")
    assert await shape_of(empty_url) is Shape.NEWER


async def test_a_database_of_another_application_is_foreign(empty_url):
    await execute(empty_url, "CREATE TABLE invoices (id INTEGER)")
    assert await shape_of(empty_url) is Shape.FOREIGN


async def test_tables_of_ours_without_a_revision_are_foreign(empty_url):
    await upgrade(empty_url)
    await execute(empty_url, "DELETE FROM alembic_version")
    assert await shape_of(empty_url) is Shape.FOREIGN


@pytest.mark.parametrize("url", ["mysql://localhost/kudos", "sqlite://", "sqlite:///:memory:", "no url"])
def test_a_database_that_cannot_serve_is_refused(url):
    with pytest.raises(UnsupportedDatabaseError):
        Database.open(url)
