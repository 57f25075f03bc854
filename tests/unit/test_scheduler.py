"""The metronome ticks, and nothing more."""

from __future__ import annotations

import asyncio
from datetime import timedelta

from adapters.scheduler import Metronome, Tick

MOMENT = timedelta(milliseconds=10)
LONG = timedelta(hours=1)


class Counted:
    """Work that can be made to fail or to wait."""

    def __init__(self) -> None:
        self.times = 0
        self.at_once = 0
        self.most_at_once = 0
        self.finished = 0
        self.open = asyncio.Event()
        self.open.set()
        self.error: Exception | None = None

    async def __call__(self) -> None:
        self.times += 1
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        try:
            await self.open.wait()
            if self.error:
                raise self.error
            self.finished += 1
        finally:
            self.at_once -= 1

    async def reached(self, times: int) -> None:
        async with asyncio.timeout(60):
            while self.times < times:  # noqa: ASYNC110 what is waited for has no event
                await asyncio.sleep(0.002)


async def test_it_ticks_at_once_and_again_and_again() -> None:
    often, seldom = Counted(), Counted()
    metronome = Metronome([Tick("often", MOMENT, often), Tick("seldom", LONG, seldom)])
    metronome.start()
    await often.reached(3)
    await metronome.stop()
    assert seldom.times == 1


async def test_a_tick_that_fails_comes_again() -> None:
    work = Counted()
    work.error = ConnectionResetError("the database is away")
    metronome = Metronome([Tick("work", MOMENT, work)])
    metronome.start()
    await work.reached(3)
    await metronome.stop()


async def test_a_tick_does_not_overtake_itself() -> None:
    work, other = Counted(), Counted()
    work.open.clear()
    metronome = Metronome([Tick("work", MOMENT, work), Tick("other", MOMENT, other)])
    metronome.start()
    await other.reached(5)
    assert (work.times, work.most_at_once) == (1, 1)
    work.open.set()
    await work.reached(2)
    await metronome.stop()
    assert work.most_at_once == 1


async def test_a_stop_lets_what_is_running_finish_and_ticks_no_more() -> None:
    work = Counted()
    work.open.clear()
    metronome = Metronome([Tick("work", MOMENT, work)])
    metronome.start()
    other = Counted()
    other_metronome = Metronome([Tick("other", MOMENT, other)])
    other_metronome.start()
    await work.reached(1)
    begun = asyncio.Event()

    async def stop() -> int:
        begun.set()
        await metronome.stop()
        return work.finished

    stopping = asyncio.create_task(stop())
    await begun.wait()
    await other.reached(other.times + 3)
    assert not stopping.done()
    work.open.set()
    assert await stopping == 1
    # While another ticks on, this one does not.
    await other.reached(other.times + 3)
    assert work.times == 1
    await other_metronome.stop()


async def test_a_stop_does_not_wait_for_ever() -> None:
    work = Counted()
    work.open.clear()
    metronome = Metronome([Tick("work", LONG, work)])
    metronome.start()
    await work.reached(1)
    await metronome.stop(limit=MOMENT)
    assert (work.at_once, work.finished) == (0, 0)


async def test_a_stop_with_nothing_running_is_quick_and_quiet() -> None:
    metronome = Metronome([])
    metronome.start()
    await metronome.stop()
