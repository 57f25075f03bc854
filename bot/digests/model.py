"""A team's week, as its digest tells it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from bot.identity import KudosId, PersonId, TeamId


class DigestState(StrEnum):
    """What became of a week's digest."""

    POSTED = "posted"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True)
class Digest:
    """One week of one team. `week` is the ISO week of its slot on the team's calendar ("2026-W47").

    It covers from `since` to before `until`, aware, in UTC.
    """

    team: TeamId
    week: str
    since: datetime
    until: datetime
    state: DigestState


@dataclass(frozen=True, slots=True)
class Recognised:
    """One kudos as the digest tells it: only those of its receivers who were in the team. Never private or undone.

    `behaviours` are codes.
    """

    kudos: KudosId
    giver: PersonId
    giver_name: str
    receivers: tuple[tuple[PersonId, str], ...]
    reason: str
    link: str | None
    behaviours: tuple[str, ...]
    by_supervisor: bool
    at: datetime


@dataclass(frozen=True, slots=True)
class Coverage:
    """How many of a team's people were recognised in the last 30 days, by anyone, privately or not."""

    recognised: int
    members: int


@dataclass(frozen=True, slots=True)
class WeekCount:
    """Kudos that a team's people received in seven days, private ones included. `begins` is the first of them there."""

    begins: date
    kudos: int


@dataclass(frozen=True, slots=True)
class TeamWeek:
    """Everything that a digest is written from. `private` counts private kudos of the period, which are never shown."""

    recognised: tuple[Recognised, ...]
    private: int
    coverage: Coverage
    weeks: tuple[WeekCount, ...]
