"""Run by Alembic: brings a database's tables to the shape that storage/tables/ describes.

Two that start at once take turns (`Database.migrating`). On PostgreSQL each migration is a transaction, and a statement
in it that cannot have its table soon gives up rather than make everybody queue behind it (lock_timeout);
`storage.migrate` tries again.
"""

import asyncio
import importlib
import os
import pkgutil
from typing import Literal

import sqlalchemy as sa
from alembic import context

import storage
import storage.local_chat
from storage.engine import Database
from storage.tables import Instant, metadata

# A module of storage may keep tables that only it uses.
for module in pkgutil.iter_modules(storage.__path__):
    importlib.import_module(f"storage.{module.name}")

DEFAULT_URL = "sqlite:///var/kudos.db"


def render_item(kind: str, item: object, _context: object) -> str | Literal[False]:
    # A migration must mean the same for ever, whatever becomes of our own types.
    return "sa.DateTime(timezone=True)" if kind == "type" and isinstance(item, Instant) else False


def limit_waiting(connection: sa.Connection) -> None:
    # What runs outside a transaction (CREATE INDEX CONCURRENTLY) waits for others without making them wait.
    if connection.get_isolation_level() != "AUTOCOMMIT":
        connection.exec_driver_sql("SET LOCAL lock_timeout = '100ms'")


def migrate(connection: sa.Connection) -> None:
    in_steps = connection.dialect.name == "postgresql"
    if in_steps:
        connection.exec_driver_sql("SET statement_timeout = 0")
        connection.commit()
        sa.event.listen(connection, "begin", limit_waiting)
    context.configure(
        connection=connection,
        target_metadata=metadata,
        transaction_per_migration=in_steps,
        render_as_batch=connection.dialect.name == "sqlite",
        render_item=render_item,
    )
    with context.begin_transaction():
        context.run_migrations()


async def run(url: str) -> None:
    database = Database.open(url)
    try:
        async with database.migrating() as connection:
            await connection.run_sync(migrate)
    finally:
        await database.close()


# `storage.migrate` hands its own connection in; the alembic command line has none.
handed = context.config.attributes.get("connection")
if handed is not None:
    migrate(handed)
else:
    asyncio.run(run(os.environ.get("DATABASE_URL", DEFAULT_URL)))
