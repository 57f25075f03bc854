"""The ticker on the memory store: each slot once, faults apart, and a year of local mornings."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import Iterator, MutableMapping
from datetime import UTC, datetime, time, timedelta
from typing import Any
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from structlog.testing import capture_logs

from bot.identity import OrganisationId
from bot.points.model import Programme
from bot.schedule.model import Kind, Rhythm, Schedule, Slot
from bot.schedule.rules import next_after
from bot.schedule.service import Ticker
from tests.fakes import FakeClock, MemoryStore, MemoryUnitOfWork, MemoryUnitsOfWork
from tests.memory_schedules import MemoryDueSchedules
from tests.memory_store import Books

MONDAYS = frozenset({1})
MONDAY_NINE = datetime(2026, 11, 16, 9, tzinfo=UTC)
WEEK = timedelta(days=7)
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)


class Post:
    """Ticking processes that share one store, with a handler that notes its slots when its transaction is committed."""

    def __init__(self, now: datetime = MONDAY_NINE) -> None:
        self.clock = FakeClock(now)
        self.store = MemoryStore()
        self.organisation = OrganisationId(uuid4())
        self.store.books[self.organisation] = Books("Acme", Programme())
        self.runs: Counter[tuple[str, str]] = Counter()
        self.slots: list[Slot] = []
        self.moved_to: Rhythm | None = None
        self.broken: dict[UUID, BaseException] = {}
        self.gate: asyncio.Event | None = None
        self.begun = asyncio.Event()

    def count(self, name: str, amount: int = 1, **labels: str) -> None:
        assert name == "kudos_schedule_runs_total"
        self.runs[labels["kind"], labels["outcome"]] += amount

    def observe(self, name: str, seconds: float, **labels: str) -> None:
        raise NotImplementedError

    def ticker(self, limit: timedelta = MINUTE) -> Ticker[MemoryUnitOfWork]:
        handlers = {Kind.DIGEST: self.handle, Kind.NUDGES: self.handle}
        units, due = MemoryUnitsOfWork(self.store), MemoryDueSchedules(self.store)
        return Ticker(due, units, handlers, self.clock, self, limit=limit)

    async def handle(self, work: MemoryUnitOfWork, slot: Slot, now: datetime) -> Rhythm | None:
        assert now == self.clock.now()
        work.write(lambda books: self.slots.append(slot) if books is work.live else None)
        self.begun.set()
        if self.gate:
            await self.gate.wait()
        if slot.schedule.subject in self.broken:
            raise self.broken[slot.schedule.subject]
        return self.moved_to

    def put(
        self,
        zone: str = "UTC",
        days: frozenset[int] = MONDAYS,
        next_at: datetime = MONDAY_NINE,
        kind: Kind = Kind.DIGEST,
    ) -> UUID:
        subject = uuid4()
        rhythm = Rhythm(time(9), days, zone)
        self.store.books[self.organisation].schedules[kind, subject] = Schedule(kind, subject, rhythm, next_at)
        return subject

    def schedule(self, subject: UUID) -> Schedule:
        return self.store.books[self.organisation].schedules[Kind.DIGEST, subject]


@pytest.fixture
def logs() -> Iterator[list[MutableMapping[str, Any]]]:
    """What is logged, kept instead of printed."""
    with capture_logs() as logs:
        yield logs


async def test_what_is_due_is_carried_out_once_and_comes_again_next_week() -> None:
    post = Post()
    subject = post.put()
    ticker = post.ticker()
    await ticker.tick()
    await ticker.tick()
    [slot] = post.slots
    assert (slot.schedule.subject, slot.at, slot.day) == (subject, MONDAY_NINE, MONDAY_NINE.date())
    assert post.schedule(subject).next_at == MONDAY_NINE + WEEK
    assert post.runs == {("digest", "done"): 1}
    assert post.store.held == {}


async def test_what_is_not_due_waits() -> None:
    post = Post(MONDAY_NINE - MINUTE)
    post.put()
    await post.ticker().tick()
    assert post.slots == []


async def test_each_kind_has_its_own_count() -> None:
    post = Post()
    post.put(kind=Kind.NUDGES)
    await post.ticker().tick()
    assert post.runs == {("nudges", "done"): 1}


async def test_more_than_one_look_finds_are_all_carried_out_in_one_tick() -> None:
    post = Post()
    subjects = {post.put() for _ in range(120)}
    await post.ticker().tick()
    assert Counter(slot.schedule.subject for slot in post.slots) == Counter(subjects)


async def test_what_another_process_is_at_is_left_to_it() -> None:
    post = Post()
    post.gate = asyncio.Event()
    post.put()
    first = asyncio.create_task(post.ticker().tick())
    await post.begun.wait()
    await post.ticker().tick()
    assert post.runs == {}
    post.gate.set()
    await first
    assert len(post.slots) == 1
    assert post.runs == {("digest", "done"): 1}


async def test_a_slot_missed_within_a_day_is_caught_up_once() -> None:
    post = Post(MONDAY_NINE + timedelta(hours=23))
    subject = post.put()
    await post.ticker().tick()
    assert [slot.at for slot in post.slots] == [MONDAY_NINE]
    assert post.schedule(subject).next_at == MONDAY_NINE + WEEK


async def test_of_several_missed_slots_the_last_is_carried_out() -> None:
    post = Post(MONDAY_NINE + timedelta(days=3, hours=2))
    subject = post.put(days=frozenset(range(1, 8)))
    await post.ticker().tick()
    assert [slot.at for slot in post.slots] == [MONDAY_NINE + timedelta(days=3)]
    assert post.schedule(subject).next_at == MONDAY_NINE + timedelta(days=4)


async def test_what_is_more_than_a_day_late_is_given_up_and_the_log_says_so(
    logs: list[MutableMapping[str, Any]],
) -> None:
    post = Post(MONDAY_NINE + timedelta(hours=24, minutes=1))
    subject = post.put()
    await post.ticker().tick()
    assert post.slots == []
    assert post.schedule(subject).next_at == MONDAY_NINE + WEEK
    assert post.runs == {("digest", "too_late"): 1}
    assert [(log["event"], log["subject"]) for log in logs] == [("schedule_too_late", str(subject))]


async def test_whoever_moved_to_another_zone_is_served_there_from_then_on() -> None:
    post = Post()
    subject = post.put()
    post.moved_to = Rhythm(time(9, 30), MONDAYS, "America/New_York")
    await post.ticker().tick()
    assert post.schedule(subject).rhythm == post.moved_to
    assert post.schedule(subject).next_at == datetime(2026, 11, 16, 14, 30, tzinfo=UTC)


async def test_a_handler_may_drop_the_schedule() -> None:
    post = Post()
    subject = post.put()

    async def drop(work: MemoryUnitOfWork, slot: Slot, now: datetime) -> None:  # noqa: ARG001 the contract's
        await work.schedules.drop(slot.schedule.kind, slot.schedule.subject)

    units, due = MemoryUnitsOfWork(post.store), MemoryDueSchedules(post.store)
    await Ticker(due, units, {Kind.DIGEST: drop}, post.clock, post).tick()
    assert (Kind.DIGEST, subject) not in post.store.books[post.organisation].schedules


async def test_a_failure_is_undone_logged_and_holds_up_nobody(logs: list[MutableMapping[str, Any]]) -> None:
    post = Post()
    subject = post.put()
    post.broken[subject] = RuntimeError("broken")
    others = {post.put() for _ in range(120)}
    await post.ticker().tick()
    assert {slot.schedule.subject for slot in post.slots} == others
    assert post.schedule(subject).next_at == MONDAY_NINE
    assert post.store.held == {}
    assert post.runs == {("digest", "failed"): 1, ("digest", "done"): 120}
    [log] = logs
    assert (log["event"], log["subject"], log["log_level"]) == ("schedule_failed", str(subject), "error")
    assert len(log["reference"]) == 6


@pytest.mark.usefixtures("logs")
async def test_however_many_fail_what_falls_due_after_them_is_carried_out() -> None:
    post = Post(MONDAY_NINE + MINUTE)
    for _ in range(120):
        post.broken[post.put()] = RuntimeError("broken")
    last = post.put(next_at=MONDAY_NINE + MINUTE)
    ticker = post.ticker()
    await ticker.tick()
    assert [slot.schedule.subject for slot in post.slots] == [last]
    later = post.put(next_at=MONDAY_NINE + MINUTE)
    await ticker.tick()
    assert [slot.schedule.subject for slot in post.slots] == [last, later]


@pytest.mark.usefixtures("logs")
async def test_a_failure_is_tried_again_less_and_less_often_until_it_is_too_late() -> None:
    post = Post()
    subject = post.put()
    post.broken[subject] = RuntimeError("broken")
    ticker = post.ticker()
    tried: list[timedelta] = []
    while post.schedule(subject).next_at == MONDAY_NINE:
        failed = post.runs["digest", "failed"]
        await ticker.tick()
        if post.runs["digest", "failed"] > failed:
            tried.append(post.clock.now() - MONDAY_NINE)
        post.clock.advance(timedelta(seconds=5) if len(tried) < 6 else 5 * MINUTE)
    seconds = [each.total_seconds() for each in tried]
    assert seconds[:5] == [0, 10, 30, 70, 150]
    assert seconds[-1] - seconds[-2] == 3600
    assert post.runs["digest", "too_late"] == 1
    assert post.slots == []


@pytest.mark.usefixtures("logs")
async def test_what_works_again_is_made_up_for_and_its_failures_are_forgotten() -> None:
    post = Post()
    subject = post.put()
    ticker = post.ticker()
    for week in range(2):
        post.broken[subject] = RuntimeError("broken")
        await ticker.tick()
        del post.broken[subject]
        post.clock.advance(timedelta(seconds=9))
        await ticker.tick()
        assert len(post.slots) == week
        post.clock.advance(timedelta(seconds=1))
        await ticker.tick()
        assert len(post.slots) == week + 1
        post.clock.advance(WEEK - timedelta(seconds=10))


@pytest.mark.usefixtures("logs")
async def test_one_that_takes_too_long_is_cut_off_and_the_others_go_on() -> None:
    post = Post()
    post.gate = asyncio.Event()
    subject = post.put()
    await post.ticker(limit=timedelta(milliseconds=1)).tick()
    assert post.runs == {("digest", "failed"): 1}
    assert post.schedule(subject).next_at == MONDAY_NINE
    assert post.store.held == {}


async def test_a_stop_in_the_middle_leaves_it_due() -> None:
    post = Post()
    post.gate = asyncio.Event()
    subject = post.put()
    tick = asyncio.create_task(post.ticker().tick())
    await post.begun.wait()
    tick.cancel()
    with pytest.raises(asyncio.CancelledError):
        await tick
    post.gate = None
    assert post.slots == []
    await post.ticker().tick()
    assert [slot.schedule.subject for slot in post.slots] == [subject]


HOMES = ("Europe/Stockholm", "America/New_York", "Asia/Kolkata", "Australia/Adelaide", "Pacific/Apia")
YEAR = timedelta(days=365)


def mondays(zone: str, begin: datetime) -> list[datetime]:
    """Every Monday at nine there, of the year from then, counted from calendar days alone."""
    home = ZoneInfo(zone)
    first = begin.astimezone(home).date()
    days = (first + timedelta(days=n) for n in range(370))
    nines = (datetime.combine(day, time(9), tzinfo=home) for day in days if day.isoweekday() == 1)
    return [nine for nine in nines if begin < nine.astimezone(UTC) <= begin + YEAR]


async def live_through(post: Post, steps: random.Random, longest: timedelta) -> None:
    """Tick through a year, as a process does that sleeps now and then, with a fresh start after every sleep."""
    end = post.clock.now() + YEAR
    while post.clock.now() < end:
        await post.ticker().tick()
        nap = timedelta(seconds=steps.uniform(1, longest.total_seconds()))
        post.clock.advance(min(nap, end - post.clock.now()))
    await post.ticker().tick()


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 9999), st.sampled_from([6 * HOUR, 24 * HOUR]), st.integers(0, 364))
async def test_a_year_of_weekly_mornings_comes_each_once_at_nine_across_every_clock_change(
    seed: int, longest: timedelta, begin: int
) -> None:
    start = datetime(2026, 1, 1, 5, 17, tzinfo=UTC) + timedelta(days=begin)
    post = Post(start)
    teams = {}
    for zone in HOMES:
        first = next_after(Rhythm(time(9), MONDAYS, zone), start)
        assert first is not None
        teams[zone] = post.put(zone, next_at=first)
    await live_through(post, random.Random(seed), longest)  # noqa: S311 nothing secret
    for zone, team in teams.items():
        came = [slot.at.astimezone(ZoneInfo(zone)) for slot in post.slots if slot.schedule.subject == team]
        assert came == mondays(zone, start)
        assert {at.time() for at in came} == {time(9)}
        assert len(came) in {52, 53}
    assert post.runs == {("digest", "done"): len(post.slots)}
