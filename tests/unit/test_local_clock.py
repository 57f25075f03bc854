"""The demo's clock: moved forward, lived through, never back."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.local.clock import DemoClock, Journey, Leap
from bot.identity import Platform, WorkspaceRef
from storage.engine import Database
from storage.local_chat import LocalChatStore
from tests.fakes import FakeClock

HERE = WorkspaceRef(Platform.LOCAL, "here")
ZONE = ZoneInfo("Europe/Stockholm")
SUNDAY = datetime(2026, 11, 22, 2, 30, tzinfo=UTC)


class Life:
    """Something is due at given moments, and each time some messages go out one after the other."""

    def __init__(self, clock, due, messages=1):
        self.clock = clock
        self.due = sorted(due)
        self.messages = messages
        self.happened = []
        self._left = 0

    async def live(self):
        while self.due and self.due[0] <= self.clock.now():
            self.due.pop(0)
            self._left += self.messages
        if not self._left:
            return 0
        self._left -= 1
        self.happened.append(self.clock.now())
        return 1

    async def next_due(self):
        return self.due[0] if self.due else None


@pytest.fixture
async def store(sqlite_url):
    database = Database.open(sqlite_url)
    yield LocalChatStore(database)
    await database.close()


def journey(store, clock, life):
    return Journey(clock, store, HERE, live=life.live, next_due=life.next_due)


def local(moments):
    return [f"{moment.astimezone(ZONE):%a %H:%M}" for moment in moments]


async def test_tomorrow_is_the_next_morning_and_what_is_due_on_the_way_happens_in_its_time(store):
    clock = DemoClock(FakeClock(SUNDAY))
    life = Life(clock, [datetime(2026, 11, 23, 9, tzinfo=ZONE), datetime(2026, 11, 23, 9, 30, tzinfo=ZONE)])
    await journey(store, clock, life).leap(Leap.TOMORROW, ZONE)
    assert local(life.happened) == ["Mon 09:00", "Mon 09:30"]
    assert local([clock.now()]) == ["Mon 10:00"]


async def test_tomorrow_is_less_than_a_day_away_so_that_a_kudos_can_still_be_undone(store):
    clock = DemoClock(FakeClock(SUNDAY))
    life = Life(clock, [])
    for _ in range(5):
        await journey(store, clock, life).leap(Leap.TOMORROW, ZONE)
        given_at = clock.now()
        await journey(store, clock, life).leap(Leap.TOMORROW, ZONE)
        assert clock.now() - given_at <= timedelta(hours=24) - timedelta(minutes=2)
        assert clock.now().astimezone(ZONE).time() >= time(9, 30)
        await journey(store, clock, life).leap(Leap.WEEK, ZONE)


async def test_tomorrow_stays_in_the_morning_however_often_it_is_pressed(store):
    clock = DemoClock(FakeClock(SUNDAY))
    for number in range(1, 30):
        await journey(store, clock, Life(clock, [])).leap(Leap.TOMORROW, ZONE)
        there = clock.now().astimezone(ZONE)
        assert there.date() == SUNDAY.date() + timedelta(days=number)
        assert time(9, 30) < there.time() <= time(10)


async def test_a_week_is_lived_through_day_by_day(store):
    clock = DemoClock(FakeClock(SUNDAY))
    days = [datetime(2026, 11, day, 9, 30, tzinfo=ZONE) for day in range(23, 31)]
    life = Life(clock, days)
    await journey(store, clock, life).leap(Leap.WEEK, ZONE)
    assert local(life.happened) == [f"{day} 09:30" for day in ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")]
    assert local([clock.now()]) == ["Sun 10:00"]


async def test_messages_that_wait_for_each_other_all_come_before_time_goes_on(store):
    clock = DemoClock(FakeClock(SUNDAY))
    life = Life(clock, [datetime(2026, 11, 23, 9, tzinfo=ZONE)], messages=5)
    await journey(store, clock, life).leap(Leap.TOMORROW, ZONE)
    assert local(life.happened) == ["Mon 09:00"] * 5


async def test_what_stays_due_does_not_hold_time_up(store):
    clock = DemoClock(FakeClock(SUNDAY))

    async def never():
        return 0

    async def always():
        return SUNDAY

    await Journey(clock, store, HERE, live=never, next_due=always).leap(Leap.WEEK, ZONE)
    assert local([clock.now()]) == ["Sun 10:00"]


async def test_a_restart_does_not_take_time_back(store):
    system = FakeClock(SUNDAY)
    clock = DemoClock(system)
    await journey(store, clock, Life(clock, [])).leap(Leap.WEEK, ZONE)
    before = clock.now()
    again = DemoClock(system, await store.ahead(HERE))
    assert before <= again.now() < before + timedelta(seconds=1)


async def test_what_is_kept_only_grows(store):
    assert await store.ahead(HERE) == timedelta(0)
    for hours, kept in ((5, 5), (3, 5), (7, 7)):
        await store.move_ahead(HERE, timedelta(hours=hours))
        assert await store.ahead(HERE) == timedelta(hours=kept)


@given(st.lists(st.timedeltas(timedelta(days=-400), timedelta(days=400))))
def test_the_clock_never_goes_back(moves):
    clock = DemoClock(FakeClock(SUNDAY))
    for move in moves:
        before = clock.now()
        clock.move_to(before + move)
        assert clock.now() == max(before, before + move)
