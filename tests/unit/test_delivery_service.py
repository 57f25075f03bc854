"""The delivery loop: promptness, order, pace, several workers, a database that goes away, an orderly stop."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest

from bot.delivery.model import Parcel, State
from bot.errors import TemporaryDeliveryError
from bot.identity import ConversationRef, Platform
from tests.fakes import FakeClock
from tests.memory_queue import MemoryQueue
from tests.scripted_platform import Gate
from tests.unit.delivery_desk import LEASE, OTHER, SECOND, TEAM, WORKSPACE, Desk


class Running:
    """A worker's loop, running."""

    def __init__(self, desk: Desk, **options: Any) -> None:
        self.worker = desk.worker(**options)
        self.stop = asyncio.Event()
        self.task = asyncio.create_task(self.worker.run(self.stop))

    async def ended(self) -> None:
        self.stop.set()
        await self.task


async def until(true: Callable[[], bool]) -> None:
    async with asyncio.timeout(60):
        while not true():  # noqa: ASYNC110 what is waited for has no event
            await asyncio.sleep(0.002)


class FaultyQueue(MemoryQueue):
    """Fails as often as told, method by method, like a database that is away."""

    def __init__(self, desk: Desk, **faults: int) -> None:
        super().__init__(desk.store)
        self.faults = faults
        self.calls: list[str] = []

    def __getattribute__(self, name: str) -> Any:
        method = super().__getattribute__(name)
        if name.startswith("_") or name in {"faults", "calls"}:
            return method

        async def asked(*arguments: Any) -> Any:
            self.calls.append(name)
            if self.faults.get(name, 0):
                self.faults[name] -= 1
                raise ConnectionResetError(name)
            return await method(*arguments)

        return asked


async def test_a_message_goes_out_as_soon_as_the_loop_is_woken(monkeypatch: pytest.MonkeyPatch) -> None:
    # So long a look-out that only waking explains a delivery.
    monkeypatch.setattr("bot.delivery.service._LONGEST_SLEEP", timedelta(hours=1))
    desk = Desk()
    queue = FaultyQueue(desk)
    desk.queue = queue
    running = Running(desk)
    await until(lambda: "next_due" in queue.calls)
    desk.put("k1")
    running.worker.wake()
    await until(lambda: desk.platform.keys == ["k1"])
    desk.put("k2", OTHER)
    thread = threading.Thread(target=running.worker.wake)
    thread.start()
    await until(lambda: desk.platform.keys == ["k1", "k2"])
    thread.join()
    await running.ended()


class BusyQueue(MemoryQueue):
    """Something is committed while the worker is looking."""

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk.store)
        self.during_the_look: Callable[[], None] = lambda: None

    async def claim(self, *arguments: Any) -> list[Parcel]:
        claimed = await super().claim(*arguments)
        self.during_the_look()
        # A wake comes through the loop.
        await asyncio.sleep(0)
        return claimed


async def test_two_who_wake_one_after_the_other_are_both_served(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.delivery.service._LONGEST_SLEEP", timedelta(hours=1))
    desk = Desk()
    queue = FaultyQueue(desk)
    desk.queue = queue
    running = Running(desk)
    await until(lambda: "next_due" in queue.calls)

    desk.put("k1")
    running.worker.wake()
    # The loop has been told, and the worker has not yet had its turn.
    await asyncio.sleep(0)
    desk.put("k2", OTHER)
    running.worker.wake()

    await until(lambda: sorted(desk.platform.keys) == ["k1", "k2"])
    await running.ended()


async def test_what_is_committed_during_a_look_goes_out_at_the_next(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.delivery.service._LONGEST_SLEEP", timedelta(hours=1))
    desk = Desk()
    desk.queue = BusyQueue(desk)

    def commit() -> None:
        desk.queue.during_the_look = lambda: None
        desk.put("k1")
        running.worker.wake()

    desk.queue.during_the_look = commit
    running = Running(desk)
    await until(lambda: desk.platform.keys == ["k1"])
    await running.ended()


async def test_a_message_goes_out_without_being_woken_too() -> None:
    desk = Desk()
    queue = FaultyQueue(desk)
    desk.queue = queue
    running = Running(desk)
    await until(lambda: "next_due" in queue.calls)
    desk.put("k1")
    await until(lambda: desk.platform.keys == ["k1"])
    await running.ended()


async def test_waking_before_and_after_the_loop_harms_nothing() -> None:
    desk = Desk()
    desk.put("k1")
    worker = desk.worker()
    worker.wake()
    stop = asyncio.Event()
    task = asyncio.create_task(worker.run(stop))
    await until(lambda: desk.state("k1") is State.SENT)
    stop.set()
    await task
    worker.wake()


async def test_a_conversation_is_spoken_to_in_order_and_no_oftener_than_once_a_second() -> None:
    desk = Desk()
    worker = desk.worker()
    for number in range(5):
        desk.put(f"k{number}")
    said_at = []
    for _ in range(50):
        before = len(desk.platform.keys)
        await worker.deliver_due()
        said_at += [desk.clock.now()] * (len(desk.platform.keys) - before)
        desk.clock.advance(SECOND / 10)
    assert desk.platform.keys == ["k0", "k1", "k2", "k3", "k4"]
    assert [later - earlier for earlier, later in pairwise(said_at)] == [SECOND] * 4


async def test_the_pace_holds_across_workers_and_for_what_is_put_later() -> None:
    desk = Desk()
    desk.put("k1")
    await desk.worker("a").deliver_due()
    desk.put("k2")
    desk.put("elsewhere", OTHER)
    await desk.worker("b").deliver_due()
    assert desk.platform.keys == ["k1", "elsewhere"]
    desk.clock.advance(SECOND)
    await desk.worker("c").deliver_due()
    assert desk.platform.keys == ["k1", "elsewhere", "k2"]


async def test_two_workers_deliver_everything_once() -> None:
    desk = Desk()
    for number in range(60):
        desk.put(f"k{number}", ConversationRef(WORKSPACE, f"C{number % 20}"))
    one, two = Running(desk, name="a", batch=5), Running(desk, name="b", batch=5)
    for said in (20, 40, 60):
        await until(lambda said=said: len(desk.platform.keys) == said)
        desk.clock.advance(SECOND)
        one.worker.wake()
        two.worker.wake()
    await one.ended()
    await two.ended()
    assert sorted(desk.platform.keys) == sorted(f"k{number}" for number in range(60))


class CountedClock(FakeClock):
    """A clock that knows how often it was looked at."""

    def __init__(self) -> None:
        super().__init__()
        self.asked = 0

    def now(self) -> datetime:
        self.asked += 1
        return super().now()


async def test_no_more_calls_are_made_at_once_than_allowed_and_many_rows_flow_through() -> None:
    clock = CountedClock()
    desk = Desk(clock=clock)
    for number in range(100):
        desk.put(f"k{number}", ConversationRef(WORKSPACE, f"C{number}"))
    gates = [Gate() for _ in range(4)]
    desk.platform.script.extend(gates)
    running = Running(desk, at_once=4, batch=10)
    for gate in gates:
        await gate.reached.wait()
    assert desk.platform.at_once == 4
    assert (await desk.queue.counts())[State.CLAIMED] == 6
    before = clock.asked
    running.worker.wake()
    # Each look of the loop begins with one at the clock.
    await until(lambda: clock.asked > before)
    assert (await desk.queue.counts())[State.CLAIMED] == 6
    for gate in gates:
        gate.open.set()
    await until(lambda: len(desk.platform.keys) == 100)
    await running.ended()
    assert desk.platform.most_at_once == 4


async def test_a_worker_whose_claim_ran_out_does_not_send() -> None:
    desk = Desk()
    gate = Gate()
    desk.platform.script.append(gate)
    desk.put("k1")
    desk.put("k2", OTHER)
    slow = asyncio.create_task(desk.worker("slow", at_once=1).deliver_due())
    await gate.reached.wait()
    desk.clock.advance(LEASE)
    [taken] = await desk.queue.claim(desk.clock.now(), 10, "next", LEASE, [Platform.SLACK])
    assert taken.key == "k2"
    gate.open.set()
    await slow
    assert desk.platform.keys == ["k1"]


async def test_a_row_that_comes_back_to_the_worker_that_still_handles_it_is_not_sent_twice() -> None:
    desk = Desk()
    gate = Gate()
    desk.platform.script.append(gate)
    desk.put("k1")
    running = Running(desk)
    await gate.reached.wait()
    desk.clock.advance(LEASE)
    running.worker.wake()
    await until(lambda: desk.row("k1").lease_until == desk.clock.now() + LEASE)
    gate.open.set()
    await until(lambda: desk.state("k1") is State.SENT)
    await running.ended()
    assert desk.platform.keys == ["k1"]


@pytest.mark.parametrize("method", ["claim", "in_doubt", "next_due"])
async def test_a_database_that_is_away_does_not_end_the_loop(method: str) -> None:
    desk = Desk()
    desk.queue = FaultyQueue(desk, **{method: 1})
    running = Running(desk)
    desk.put("k1")
    await until(lambda: desk.state("k1") is State.SENT)
    await running.ended()
    assert desk.platform.keys == ["k1"]


async def test_what_was_sent_is_written_down_when_the_database_comes_back() -> None:
    desk = Desk()
    desk.queue = FaultyQueue(desk, settle=2)
    desk.put("k1")
    await desk.worker().deliver_due()
    assert (desk.state("k1"), desk.platform.keys) == (State.SENT, ["k1"])


async def test_what_was_sent_and_could_not_be_written_down_is_found_later(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.delivery.courier._SETTLE_TRIES", 2)
    desk = Desk()
    desk.queue = FaultyQueue(desk, settle=2)
    desk.put("k1")
    worker = desk.worker()
    await worker.deliver_due()
    assert desk.state("k1") is State.SENDING
    desk.clock.advance(LEASE)
    await worker.deliver_due()
    assert (desk.state("k1"), desk.platform.keys) == (State.SENT, ["k1"])


async def test_what_could_not_be_noted_before_is_not_sent_and_comes_again() -> None:
    desk = Desk()
    desk.queue = FaultyQueue(desk, begin_send=1)
    desk.put("k1")
    worker = desk.worker()
    await worker.deliver_due()
    assert (desk.state("k1"), desk.platform.keys) == (State.PENDING, [])
    await worker.deliver_due()
    assert desk.platform.keys == ["k1"]


async def test_what_is_in_doubt_and_could_not_be_noted_stays_in_doubt() -> None:
    desk = Desk()
    row_id = desk.put("k1")
    await desk.queue.claim(desk.clock.now(), 1, "killed", LEASE, [Platform.SLACK])
    await desk.queue.begin_send(row_id, "killed", desk.clock.now(), LEASE)
    desk.clock.advance(LEASE)
    desk.queue = FaultyQueue(desk, begin_send=1)
    worker = desk.worker()
    await worker.deliver_due()
    assert (desk.state("k1"), desk.platform.keys) == (State.SENDING, [])
    desk.clock.advance(LEASE)
    await worker.deliver_due()
    assert desk.platform.keys == ["k1"]


class LastLook(MemoryQueue):
    """Notes how k1 stood when the worker gave back the rest, the last thing it does."""

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk.store)
        self.desk = desk
        self.stood: list[State] = []

    async def release(self, worker: str, now: datetime) -> int:
        self.stood.append(self.desk.state("k1"))
        return await super().release(worker, now)


async def test_a_stop_lets_the_call_in_flight_finish_and_gives_back_the_rest(monkeypatch: pytest.MonkeyPatch) -> None:
    # The loop would hear of the stop only after its breath.
    monkeypatch.setattr("bot.delivery.service._LONGEST_BREATH", 0.0)
    desk = Desk()
    queue = LastLook(desk)
    desk.queue = queue
    gate = Gate()
    desk.platform.script.append(gate)
    desk.put("k1")
    desk.put("k2", OTHER)
    running = Running(desk, at_once=1)
    await gate.reached.wait()
    running.stop.set()
    # So it hears of it within a few turns, whatever the time.
    for _ in range(10):
        await asyncio.sleep(0)
    assert not running.task.done()
    desk.put("k3", ConversationRef(WORKSPACE, "C3"))
    gate.open.set()
    await running.task
    assert queue.stood == [State.SENT]
    assert desk.platform.keys == ["k1"]
    assert [desk.state(key) for key in ("k1", "k2", "k3")] == [State.SENT, State.PENDING, State.PENDING]
    assert desk.row("k2").worker is None


async def test_a_call_that_outlasts_the_stop_stays_in_doubt_for_the_next_worker() -> None:
    desk = Desk()
    gate = Gate()
    desk.platform.script.append(gate)
    desk.put("k1")
    running = Running(desk, drain=timedelta(milliseconds=10))
    await gate.reached.wait()
    await running.ended()
    assert desk.state("k1") is State.SENDING
    desk.clock.advance(LEASE)
    await desk.worker("next").deliver_due()
    assert (desk.platform.keys, desk.state("k1")) == (["k1"], State.SENT)


async def test_a_stop_ends_although_the_database_is_away() -> None:
    desk = Desk()
    desk.queue = FaultyQueue(desk, release=1, claim=10_000)
    running = Running(desk)
    await until(lambda: desk.queue.faults["claim"] < 10_000)
    await running.ended()


async def test_a_long_backlog_of_failures_in_one_conversation_is_worked_off_without_pauses() -> None:
    desk = Desk()
    for number in range(20):
        desk.put(f"k{number}", message=None)
    desk.put("last", TEAM)
    running = Running(desk)
    await until(lambda: desk.platform.keys == ["last"])
    await running.ended()


async def test_deliver_due_says_how_many_rows_it_took_up() -> None:
    desk = Desk()
    desk.platform.script.append(TemporaryDeliveryError("busy"))
    for number in range(12):
        desk.put(f"k{number}", ConversationRef(WORKSPACE, f"C{number}"))
    assert await desk.worker(batch=5).deliver_due() == 12
    assert len(desk.platform.keys) == 11
