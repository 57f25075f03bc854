"""What every table is made of: moments, names of constraints, and the organisation that a row belongs to."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final

import sqlalchemy as sa


class Instant(sa.TypeDecorator[datetime]):
    """A moment: aware, in UTC. SQLite keeps it as text without a zone, in a form that sorts by time."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: sa.Dialect) -> datetime | None:
        """Refuse a moment without a zone, and give every other in UTC."""
        if value is None:
            return None
        if value.tzinfo is None:
            problem = f"a moment without a zone: {value}"
            raise ValueError(problem)
        moment = value.astimezone(UTC)
        return moment.replace(tzinfo=None) if dialect.name == "sqlite" else moment

    def process_result_value(self, value: datetime | None, dialect: sa.Dialect) -> datetime | None:
        """Give it aware."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if dialect.name == "sqlite" else value.astimezone(UTC)


WITH_ROWID: Final = False
"""False is SQLite's `WITHOUT ROWID`: a row lies in its key's tree and nowhere else, half the writing for small rows."""

metadata: Final = sa.MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def in_organisation() -> sa.Column[object]:
    """Give the first column of the key, with its reference."""
    return sa.Column("organisation_id", sa.Uuid(), sa.ForeignKey("organisations.id"), primary_key=True)


def organisation() -> sa.Column[object]:
    """Give the column without a reference of its own.

    Rows that point to a person or a kudos reach their organisation through it. Checking it again on each of a kudos'
    dozen rows would make all givers of an organisation lock its one row.
    """
    return sa.Column("organisation_id", sa.Uuid(), primary_key=True)


def of_organisation(table: str, *columns: str) -> sa.ForeignKeyConstraint:
    """Point to a row of the same organisation: a reference across organisations cannot be stored."""
    return sa.ForeignKeyConstraint(
        ["organisation_id", *columns], [f"{table}.organisation_id", *(f"{table}.id" for _ in columns)]
    )
