"""How SQLAlchemy keeps values in SQLite, for the few statements that go there without it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime
from uuid import UUID


def moment_text(moment: datetime) -> str:
    """Write an aware moment."""
    return moment.astimezone(UTC).replace(tzinfo=None).isoformat(" ", "microseconds")


def as_text(values: Sequence[object]) -> tuple[object, ...]:
    """Write ids, moments and days as text; leave the rest."""
    return tuple(_as_text(value) for value in values)


def _as_text(value: object) -> object:
    match value:
        case UUID():
            return value.hex
        case datetime():
            return moment_text(value)
        case date():
            return value.isoformat()
        case _:
            return value


def as_uuid(value: UUID | str) -> UUID:
    """Read an id as either driver gives it."""
    return value if isinstance(value, UUID) else UUID(value)
