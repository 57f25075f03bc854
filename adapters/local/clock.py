"""The demo's own time: this machine's, moved forward by those who try things, and lived through on the way."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime, time, timedelta, tzinfo
from enum import Enum
from typing import Final, Protocol

from bot.identity import WorkspaceRef
from bot.ports import Clock

ARRIVAL: Final = time(10)
"""When a move ends, on the viewer's wall clock: what is due in the morning has come by then."""

_EARLIEST: Final = time(9, 35)
"""When tomorrow can end at the earliest: what is due in the morning has just come."""

_SHORT_OF_A_DAY: Final = timedelta(minutes=3)
"""How much less than a day tomorrow is away, where that can be: what can be undone for a day still can."""

_BREATH: Final = timedelta(seconds=2)
"""What passes between two deliveries: longer than the delivery's pace in one conversation."""

_ROUNDS: Final = 60
"""Deliveries at one moment, at most. More would mean that something is put there again and again."""

_STEP: Final = timedelta(hours=1)
"""How far to go on where something stays due: less than the day for which a missed slot is caught up."""


class Leap(Enum):
    """How far one can move at once. The value is in days."""

    TOMORROW = 1
    WEEK = 7


class AheadStore(Protocol):
    """Keeps how far the demo's time is ahead, so that a restart does not take it back."""

    async def ahead(self, workspace: WorkspaceRef) -> timedelta:
        """Give it; nothing if time was never moved."""
        ...

    async def move_ahead(self, workspace: WorkspaceRef, ahead: timedelta) -> None:
        """Note it, unless it is farther ahead already."""
        ...


class DemoClock:
    """A clock that is ahead of another. It can be moved forward and never goes back."""

    def __init__(self, clock: Clock, ahead: timedelta = timedelta(0)) -> None:
        self._clock = clock
        self._ahead = ahead

    @property
    def ahead(self) -> timedelta:
        """How far it is ahead."""
        return self._ahead

    def now(self) -> datetime:
        """Give the demo's time, aware, in UTC."""
        return self._clock.now() + self._ahead

    def move_to(self, moment: datetime) -> None:
        """Make it a later moment. An earlier one changes nothing."""
        self._ahead = max(self._ahead, moment - self._clock.now())


class Journey:
    """Moves the clock from one thing that is due to the next, so that each happens at its own time.

    `live` carries out and delivers what is due now, and says how much was delivered; it is called until that is
    nothing. `next_due` says when something is due next. Moves that are asked for at once follow each other.
    """

    def __init__(
        self,
        clock: DemoClock,
        store: AheadStore,
        workspace: WorkspaceRef,
        *,
        live: Callable[[], Awaitable[int]],
        next_due: Callable[[], Awaitable[datetime | None]],
    ) -> None:
        self._clock = clock
        self._store = store
        self._workspace = workspace
        self._live = live
        self._next_due = next_due
        self._turn = asyncio.Lock()

    async def leap(self, leap: Leap, zone: tzinfo) -> None:
        """Move on by some days, to the morning there, living through all that is due on the way."""
        async with self._turn:
            await self._live_until(_arrival(leap, self._clock.now(), zone))

    async def _live_until(self, end: datetime) -> None:
        while True:
            await self._settle()
            now = self._clock.now()
            if now >= end:
                return
            due = await self._next_due()
            stop = end if due is None else due if due > now else now + _STEP
            await self._arrive(min(stop, end))

    async def _settle(self) -> None:
        for _ in range(_ROUNDS):
            if not await self._live():
                return
            await self._arrive(self._clock.now() + _BREATH)

    async def _arrive(self, moment: datetime) -> None:
        self._clock.move_to(moment)
        await self._store.move_ahead(self._workspace, self._clock.ahead)


def _arrival(leap: Leap, now: datetime, zone: tzinfo) -> datetime:
    arrival = datetime.combine(now.astimezone(zone).date() + timedelta(days=leap.value), ARRIVAL, zone)
    if leap is not Leap.TOMORROW:
        return arrival
    sooner = (now + timedelta(days=1) - _SHORT_OF_A_DAY).astimezone(zone)
    return sooner if sooner < arrival and sooner.time() >= _EARLIEST else arrival
