"""Keeps the schedules of digests and nudges as a team's settings and its supervisors ask for."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Protocol
from uuid import UUID

from bot.i18n import zone_of
from bot.identity import PersonId
from bot.schedule.model import Kind, Rhythm, Schedule
from bot.schedule.rules import iso_week, next_after
from bot.schedule.store import Schedules
from bot.teams.model import Team
from bot.teams.rules import digest_rhythm, nudge_rhythm
from bot.teams.store import DigestWeeks, TeamsRepository


class _Nudging(Protocol):
    @property
    def teams(self) -> TeamsRepository: ...

    @property
    def schedules(self) -> Schedules: ...


class _Telling(Protocol):
    @property
    def schedules(self) -> Schedules: ...

    @property
    def digests(self) -> DigestWeeks: ...


async def plan_digest(work: _Telling, team: Team, now: datetime) -> datetime | None:
    """Have the team's digest come when its settings say; say when the next one does, in UTC.

    A week has one digest: where this week's was posted or skipped, a new day or time holds from the next week on.
    """
    rhythm = digest_rhythm(team)
    kept = await _kept(work.schedules, Kind.DIGEST, team.id, rhythm)
    if kept is not None:
        return kept.next_at
    next_at = next_after(rhythm, now)
    while next_at is not None and await work.digests.of_week(team.id, _week_of(next_at, rhythm)):
        next_at = next_after(rhythm, next_at)
    await work.schedules.put(Schedule(Kind.DIGEST, team.id, rhythm, next_at))
    return next_at


async def plan_nudges(work: _Nudging, persons: Collection[PersonId], now: datetime) -> None:
    """Have those of the persons who supervise a team told as they wish, and the others no more."""
    leading = await work.teams.leading(persons)
    for person in sorted(persons):
        if led := leading.get(person):
            rhythm = nudge_rhythm(led)
            if await _kept(work.schedules, Kind.NUDGES, person, rhythm) is None:
                await work.schedules.put(Schedule(Kind.NUDGES, person, rhythm, next_after(rhythm, now)))
        else:
            await work.schedules.drop(Kind.NUDGES, person)


async def _kept(schedules: Schedules, kind: Kind, subject: UUID, rhythm: Rhythm) -> Schedule | None:
    """Give the schedule if it has this rhythm. It stays as it is: it may be due just now, or postponed."""
    kept = await schedules.get(kind, subject)
    return kept if kept is not None and kept.rhythm == rhythm else None


def _week_of(at: datetime, rhythm: Rhythm) -> str:
    return iso_week(at.astimezone(zone_of(rhythm.timezone)).date())
