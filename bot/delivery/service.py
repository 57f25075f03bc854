"""The delivery loop: takes what is due from the outbox and has it carried to the chat platforms, once.

A message is claimed under a lease, noted as `sending` just before the call, and settled after it. Whatever happens in
between (a lost answer, a killed process, a database that went away) leaves a row from which the next worker can tell
what is certain and what has to be asked.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Final, TypeAlias

import structlog

from bot.delivery import rules
from bot.delivery.courier import Courier
from bot.delivery.model import Parcel
from bot.delivery.store import DeliveryQueue
from bot.identity import OutboxId, Platform
from bot.ports import ChatPlatform, Clock, Metrics

_NOTHING: Final = timedelta(0)
_SHORTEST_SLEEP: Final = timedelta(milliseconds=10)
_LONGEST_SLEEP: Final = timedelta(seconds=1)
_SHORTEST_BREATH: Final = 0.05
_LONGEST_BREATH: Final = 0.4
_REST_PER_LOOK: Final = 32
"""Times as long as the look took: some 3 % of the time goes into looking."""
_Carry: TypeAlias = Callable[[Parcel], Awaitable[bool]]

_log = structlog.get_logger(__name__)


class Delivery:
    """Delivers the outbox of all organisations, as one of several workers that share it.

    `worker` names this process, unlike any other that runs or ran. `lease` is how long a claim holds without a sign
    of life; a call to a platform is cut off after 10 seconds or half the lease, whichever is less.
    `platforms` may gain members at any time; messages for others are left alone. At most `at_once` calls are under way,
    and `batch` rows are held. `drain` is how long a stop may take.
    """

    def __init__(
        self,
        queue: DeliveryQueue,
        platforms: Mapping[Platform, ChatPlatform],
        clock: Clock,
        metrics: Metrics,
        worker: str,
        *,
        lease: timedelta = timedelta(seconds=30),
        at_once: int = 16,
        batch: int = 64,
        drain: timedelta = timedelta(seconds=25),
        luck: Callable[[], float] = random.random,
    ) -> None:
        self._queue = queue
        self._platforms = platforms
        self._clock = clock
        self._worker = worker
        self._lease = lease
        self._at_once = at_once
        self._batch = batch
        self._drain_limit = drain
        self._luck = luck
        self._courier = Courier(queue, platforms, clock, metrics, worker=worker, lease=lease, luck=luck)
        self._slots = asyncio.Semaphore(at_once)
        self._handling: dict[OutboxId, asyncio.Task[None]] = {}
        self._more = False
        self._doubts_at = datetime.min.replace(tzinfo=UTC)
        self._woken = asyncio.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stopping = False

    def wake(self) -> None:
        """Say that something was put into the outbox, so that it goes out now and not at the next look.

        Call it right after the commit, from any thread. Forgetting it costs a second, never a message.
        """
        loop = self._loop
        if loop is None:
            self._woken.set()
        elif not self._woken.is_set():
            # Else the next look is still to come anyway, and each wake costs the loop a round.
            loop.call_soon_threadsafe(self._woken.set)

    async def run(self, stop: asyncio.Event) -> None:
        """Deliver until `stop` is set; then claim nothing more, finish what is in flight, and give back the rest.

        Returns within the `drain` limit after `stop`; a call cut off by it stays in doubt for the next worker.
        Nothing that fails ends the loop.
        """
        self._loop = asyncio.get_running_loop()
        stopper = asyncio.create_task(self._watch(stop))
        failures = 0
        try:
            while not stop.is_set():
                self._woken.clear()
                began = self._loop.time()
                try:
                    sleep = await self._look()
                    failures = 0
                    await self._breathe(self._loop.time() - began)
                except Exception:  # noqa: BLE001  # the queue may fail in any way while its database is away
                    failures += 1
                    sleep = min(rules.back_off(failures, self._luck()), rules.CALL_LIMIT)
                    _log.warning("outbox_unavailable", failures=failures, exc_info=True)
                await self._rest(sleep)
        finally:
            self._loop = None
            self._stopping = True
            stopper.cancel()
            await self._drain()

    async def deliver_due(self) -> int:
        """Deliver what is due at this moment, wait for it, and say how many rows were taken up.

        For tests and commands that want the outbox emptied rather than watched. Raises what the queue raises.
        """
        taken = 0
        self._more = True
        while self._more:
            await self._take(doubts=True)
            tasks = list(self._handling.values())
            taken += len(tasks)
            await asyncio.gather(*tasks)
        return taken

    async def _watch(self, stop: asyncio.Event) -> None:
        await stop.wait()
        self._stopping = True
        self._woken.set()

    async def _look(self) -> timedelta:
        """Take up what is due; say how long to sleep unless woken."""
        now = self._clock.now()
        doubts = now >= self._doubts_at
        if doubts:
            self._doubts_at = now + _LONGEST_SLEEP
        await self._take(doubts=doubts)
        if self._more:
            return _NOTHING if self._has_room() else _LONGEST_SLEEP
        if self._woken.is_set():
            return _NOTHING
        due = await self._queue.next_due(self._platforms)
        if due is None:
            return _LONGEST_SLEEP
        # What is due already is in other hands at this moment.
        return min(max(due - self._clock.now(), _SHORTEST_SLEEP), _LONGEST_SLEEP)

    async def _breathe(self, spent: float) -> None:
        """Look around for a few hundredths of the time, however often commits wake the loop: people come first.

        A look after a rest begins at once, so what is decided on a quiet system goes out at once.
        """
        if not self._more:
            await asyncio.sleep(min(max(_REST_PER_LOOK * spent, _SHORTEST_BREATH), _LONGEST_BREATH))

    def _has_room(self) -> bool:
        # Half-empty before it is filled again: one look for many rows.
        return len(self._handling) <= self._at_once

    async def _take(self, *, doubts: bool) -> None:
        """Take up what is due, and what is in doubt if asked, as far as there is room; note if there may be more."""
        if not self._has_room():
            self._more = True
            return
        room = self._batch - len(self._handling)
        now = self._clock.now()
        claimed = await self._queue.claim(now, room, self._worker, self._lease, self._platforms)
        self._start(claimed, self._courier.deliver)
        doubtful: Sequence[Parcel] = ()
        if doubts and room > len(claimed):
            doubtful = await self._queue.in_doubt(now, room - len(claimed), self._worker, self._lease, self._platforms)
            self._start(doubtful, self._courier.recover)
        self._more = len(claimed) + len(doubtful) >= room

    def _start(self, parcels: Sequence[Parcel], carry: _Carry) -> None:
        for parcel in parcels:
            # After a stall, a row's lease can run out under the very worker that still handles it.
            if parcel.id not in self._handling:
                self._handling[parcel.id] = asyncio.create_task(self._handle(parcel, carry))

    async def _handle(self, parcel: Parcel, carry: _Carry) -> None:
        try:
            async with self._slots:
                if not self._stopping and await self._carried(parcel, carry):
                    self._woken.set()
        finally:
            del self._handling[parcel.id]
            if self._more and self._has_room():
                self._woken.set()

    async def _carried(self, parcel: Parcel, carry: _Carry) -> bool:
        """Carry it; say whether its conversation may have something that is due at once."""
        platform = parcel.target.workspace.platform.value
        with structlog.contextvars.bound_contextvars(outbox_id=str(parcel.id), platform=platform):
            try:
                return await carry(parcel)
            except Exception:  # noqa: BLE001  # one message's fault must not end the others
                # Its lease brings the row to whoever looks next, as it was left.
                _log.exception("delivery_left_to_its_lease")
                return False

    async def _rest(self, sleep: timedelta) -> None:
        try:
            async with asyncio.timeout(sleep.total_seconds()):
                await self._woken.wait()
        except TimeoutError:
            pass

    async def _drain(self) -> None:
        tasks = list(self._handling.values())
        if tasks:
            _, late = await asyncio.wait(tasks, timeout=self._drain_limit.total_seconds())
            for task in late:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        try:
            released = await self._queue.release(self._worker, self._clock.now())
        except Exception:  # noqa: BLE001  # the leases run out by themselves
            _log.warning("claims_left_to_their_leases", exc_info=True)
        else:
            _log.info("delivery_stopped", finished=len(tasks), released=released)
