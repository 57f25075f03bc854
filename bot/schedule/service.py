"""The ticker: finds what is due, has each of it carried out once, and says when it comes next.

Any number of processes may tick at once. A schedule is held while it is carried out; what its handler does and the
moving of the schedule are one transaction, so that a process killed at any moment leaves it due or done.
"""

from __future__ import annotations

import asyncio
import random
import secrets
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final, Generic, TypeAlias, TypeVar
from uuid import UUID

import structlog

from bot.identity import OrganisationId
from bot.ports import Clock, Metrics
from bot.schedule.model import Due, Kind, Rhythm, Schedule, Slot
from bot.schedule.rules import is_too_late, latest_due, next_after
from bot.schedule.store import DueSchedules, ScheduleUnitOfWork, ScheduleUnitOfWorkFactory

WorkT = TypeVar("WorkT", bound=ScheduleUnitOfWork)

Handler: TypeAlias = Callable[[WorkT, Slot, datetime], Awaitable[Rhythm | None]]
"""Carries a slot out, in the unit of work that it is given and does not commit. It also gets the time, in UTC.

A Rhythm that it gives back replaces the schedule's, as when a person has moved to another zone. It may also drop the
schedule.
"""

_Name: TypeAlias = tuple[OrganisationId, Kind, UUID]

_BATCH: Final = 100
_FIRST_REST: Final = timedelta(seconds=10)
_LONGEST_REST: Final = timedelta(hours=1)

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class _Rest:
    failures: int
    until: datetime


class Ticker(Generic[WorkT]):
    """Carries out the schedules of all organisations, as one of several processes that do.

    `handlers` has one for each kind. What fails is undone, logged under a reference and tried again by later ticks: 10
    seconds later, then twice as long each time up to an hour, until it is too late for it. `limit` is how long one may
    take, since the others wait for it.
    """

    def __init__(
        self,
        due: DueSchedules,
        units: ScheduleUnitOfWorkFactory[WorkT],
        handlers: Mapping[Kind, Handler[WorkT]],
        clock: Clock,
        metrics: Metrics,
        *,
        limit: timedelta = timedelta(seconds=20),
    ) -> None:
        self._due = due
        self._units = units
        self._handlers = handlers
        self._clock = clock
        self._metrics = metrics
        self._limit = limit
        self._resting: dict[_Name, _Rest] = {}

    async def tick(self) -> None:
        """Carry out all that is due and that nobody else is carrying out.

        Raises what storage raises when it is away.
        """
        now = self._clock.now()
        left: set[_Name] = set()
        while True:
            limit = _BATCH + len(left) + len(self._resting)
            found = {_name(due): due for due in await self._due.due(now, limit)}
            if len(found) < limit:
                # Others may have done it, or it was dropped.
                self._resting = {name: rest for name, rest in self._resting.items() if name in found}
            fresh = [due for name, due in found.items() if name not in left and not self._rests(name, now)]
            if not fresh:
                return
            # Processes that look at the same moment begin at different ends.
            random.shuffle(fresh)
            for due in fresh:
                if not await self._attempt(due):
                    left.add(_name(due))

    def _rests(self, name: _Name, now: datetime) -> bool:
        rest = self._resting.get(name)
        return rest is not None and now < rest.until

    async def _attempt(self, due: Due) -> bool:
        """Carry it out; False if it is still due."""
        now = self._clock.now()
        name = _name(due)
        try:
            async with asyncio.timeout(self._limit.total_seconds()):
                outcome = await self._carry_out(due, now)
        except Exception:  # noqa: BLE001  # one subject's fault must not hold up the others
            failures = 1 + (self._resting[name].failures if name in self._resting else 0)
            self._resting[name] = _Rest(failures, now + _pause(failures))
            _log.exception(
                "schedule_failed",
                reference=secrets.token_hex(3).upper(),
                kind=due.kind.value,
                subject=str(due.subject),
                failures=failures,
            )
            outcome = "failed"
        if outcome is None:
            return False
        self._metrics.count("kudos_schedule_runs_total", kind=due.kind.value, outcome=outcome)
        return outcome != "failed"

    async def _carry_out(self, due: Due, now: datetime) -> str | None:
        """Carry it out and move it; say what came of it, or None if it is not ours to do."""
        async with self._units(due.organisation) as work:
            schedule = await work.schedules.lock(due.kind, due.subject, now)
            if schedule is None or schedule.next_at is None:
                return None
            slot = latest_due(schedule, schedule.next_at, now)
            late = is_too_late(slot, now)
            if late:
                _log.warning("schedule_too_late", kind=due.kind.value, subject=str(due.subject), at=slot.at.isoformat())
                rhythm = None
            else:
                rhythm = await self._handlers[due.kind](work, slot, now)
            await _move(work, schedule, rhythm, now)
            await work.commit()
        return "too_late" if late else "done"


async def _move(work: ScheduleUnitOfWork, schedule: Schedule, rhythm: Rhythm | None, now: datetime) -> None:
    """Set it to its next time after now: what was missed in between is not made up for one by one."""
    if rhythm is None:
        await work.schedules.move(schedule.kind, schedule.subject, next_after(schedule.rhythm, now))
    else:
        await work.schedules.put(replace(schedule, rhythm=rhythm, next_at=next_after(rhythm, now)))


def _name(due: Due) -> _Name:
    return due.organisation, due.kind, due.subject


def _pause(failures: int) -> timedelta:
    return min(_FIRST_REST * (1 << min(failures - 1, 20)), _LONGEST_REST)
