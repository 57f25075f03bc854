"""A schedule: something that is due again and again at a local time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from typing import Final
from uuid import UUID

from bot.identity import OrganisationId

CATCH_UP: Final = timedelta(hours=24)
"""How late a slot may still be carried out: a digest on Tuesday beats none, one on Thursday is last week's news."""


class Kind(StrEnum):
    """What can be due. Each kind has one handler, handed in at the front door."""

    DIGEST = "digest"
    NUDGES = "nudges"


@dataclass(frozen=True, slots=True)
class Rhythm:
    """A wall-clock time on certain days of the week. `days` are ISO weekdays (Monday is 1); `timezone` an IANA name.

    With no days, it is never due.
    """

    at: time
    days: frozenset[int]
    timezone: str


@dataclass(frozen=True, slots=True)
class Schedule:
    """What is due when. `subject` is the team or person that it is about.

    `next_at` is aware, in UTC; None while it is never due.
    """

    kind: Kind
    subject: UUID
    rhythm: Rhythm
    next_at: datetime | None


@dataclass(frozen=True, slots=True)
class Slot:
    """One moment at which a schedule fell due: in UTC, and the day that it was there."""

    schedule: Schedule
    at: datetime
    day: date


@dataclass(frozen=True, slots=True)
class Due:
    """A schedule that is or comes due, for whoever looks across organisations."""

    organisation: OrganisationId
    kind: Kind
    subject: UUID
    at: datetime
    rhythm: Rhythm
