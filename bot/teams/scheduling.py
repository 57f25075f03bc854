"""Keeps the schedules of digests and nudges as a team's settings and its supervisors ask for."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Protocol
from uuid import UUID

from bot.identity import PersonId
from bot.schedule.model import Kind, Rhythm, Schedule
from bot.schedule.rules import next_after
from bot.schedule.store import Schedules
from bot.teams.model import Team
from bot.teams.rules import digest_rhythm, nudge_rhythm
from bot.teams.store import TeamsRepository


class _Work(Protocol):
    @property
    def teams(self) -> TeamsRepository: ...

    @property
    def schedules(self) -> Schedules: ...


async def plan_digest(work: _Work, team: Team, now: datetime) -> datetime | None:
    """Have the team's digest come when its settings say; say when the next one does, in UTC."""
    return await _plan(work, Kind.DIGEST, team.id, digest_rhythm(team), now)


async def plan_nudges(work: _Work, persons: Collection[PersonId], now: datetime) -> None:
    """Have those of the persons who supervise a team told as they wish, and the others no more."""
    leading = await work.teams.leading(persons)
    for person in sorted(persons):
        if led := leading.get(person):
            await _plan(work, Kind.NUDGES, person, nudge_rhythm(led), now)
        else:
            await work.schedules.drop(Kind.NUDGES, person)


async def _plan(work: _Work, kind: Kind, subject: UUID, rhythm: Rhythm, now: datetime) -> datetime | None:
    """Put a schedule. One that has this rhythm stays as it is: it may be due just now, or postponed."""
    kept = await work.schedules.get(kind, subject)
    if kept is not None and kept.rhythm == rhythm:
        return kept.next_at
    next_at = next_after(rhythm, now)
    await work.schedules.put(Schedule(kind, subject, rhythm, next_at))
    return next_at
