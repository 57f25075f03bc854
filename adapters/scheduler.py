"""APScheduler as a metronome: it ticks, and knows nothing of calendars, leaders or jobs to share.

What is due, and when, is rows in the database; see docs/adr/0003-apscheduler-as-metronome.md.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import structlog
from apscheduler.schedulers.asyncio import AsyncIOScheduler  # type: ignore[import-untyped]  # it ships no types

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Tick:
    """Something to be looked at again and again. `work` must be harmless to run in several processes at once."""

    name: str
    every: timedelta
    work: Callable[[], Awaitable[None]]


class Metronome:
    """Runs ticks in this process, the first of each at once. A tick that fails is logged and comes again."""

    def __init__(self, ticks: Sequence[Tick]) -> None:
        self._scheduler = AsyncIOScheduler(
            timezone=UTC,
            job_defaults={
                "coalesce": True,
                "max_instances": 1,
                # A late tick is still a tick: APScheduler's default drops what is a second late, without a word.
                "misfire_grace_time": None,
            },
        )
        self._running: set[asyncio.Task[None]] = set()
        for tick in ticks:
            self._scheduler.add_job(
                self._run,
                "interval",
                args=[tick],
                id=tick.name,
                seconds=tick.every.total_seconds(),
                next_run_time=datetime.now(UTC),
            )

    def start(self) -> None:
        """Begin ticking, on the running loop."""
        self._scheduler.start()

    async def stop(self, limit: timedelta = timedelta(seconds=5)) -> None:
        """Tick no more, wait for what is running, and cut off what outlasts the limit.

        APScheduler's own shutdown cancels what it waits for at once; what was begun is shielded from that.
        """
        self._scheduler.shutdown(wait=False)
        # It only asks the loop to shut it down, and what it was about to begin is cancelled in that same turn.
        await asyncio.sleep(0)
        if self._running:
            _, late = await asyncio.wait(self._running, timeout=limit.total_seconds())
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)

    async def _run(self, tick: Tick) -> None:
        task = asyncio.ensure_future(self._attempt(tick))
        self._running.add(task)
        task.add_done_callback(self._running.discard)
        await asyncio.shield(task)

    @staticmethod
    async def _attempt(tick: Tick) -> None:
        try:
            await tick.work()
        except Exception:  # noqa: BLE001  # one failure must not end the ticking
            _log.exception("tick_failed", tick=tick.name)
