"""Acts that Teams repeats: each is done once, and what is remembered of it stays small."""

from __future__ import annotations

import asyncio
from collections import Counter
from typing import Any

import pytest

from adapters.teams.repeats import KEPT_BYTES, KEPT_SECONDS, Repeats

CARD = {"value": "x" * 20_000}


class Desk:
    """Counts what it does, and answers with a card."""

    def __init__(self, kept_bytes: int = KEPT_BYTES) -> None:
        self.time = 0.0
        self.repeats = Repeats(lambda: self.time, kept_bytes)
        self.done: Counter[str] = Counter()
        self.may_go_on = asyncio.Event()
        self.may_go_on.set()

    async def take(self, name: str, answer: dict[str, Any] | None = None) -> dict[str, Any] | None:
        async def act() -> dict[str, Any] | None:
            self.done[name] += 1
            await self.may_go_on.wait()
            return answer

        return await self.repeats.once(("chat", name), act)


async def test_an_act_is_done_once_and_its_repetition_is_answered_the_same():
    desk = Desk()
    assert await desk.take("press", CARD) == CARD
    assert await desk.take("press", {"value": "another"}) == CARD
    assert await desk.take("message") is None
    assert await desk.take("message") is None
    assert desk.done == {"press": 1, "message": 1}


async def test_repetitions_at_the_same_time_wait_for_the_first():
    desk = Desk()
    desk.may_go_on.clear()
    acts = [asyncio.create_task(desk.take("press", CARD)) for _ in range(5)]
    await asyncio.sleep(0)
    acts[2].cancel()
    await asyncio.sleep(0)
    desk.may_go_on.set()
    answers = await asyncio.gather(*acts, return_exceptions=True)
    assert [answer == CARD for answer in answers] == [True, True, False, True, True]
    assert desk.done["press"] == 1


@pytest.mark.parametrize("how", ["fails", "goes away"])
async def test_an_act_that_came_to_nothing_is_another_try_when_it_is_repeated(how: str):
    desk = Desk()
    begun = asyncio.Event()

    async def come_to_nothing() -> None:
        begun.set()
        await asyncio.sleep(0.01 if how == "fails" else 3600)
        raise ConnectionRefusedError

    first = asyncio.create_task(desk.repeats.once(("chat", "press"), come_to_nothing))
    await begun.wait()
    others = [asyncio.create_task(desk.take("press", CARD)) for _ in range(3)]
    await asyncio.sleep(0)
    if how == "goes away":
        first.cancel()
    with pytest.raises(ConnectionRefusedError if how == "fails" else asyncio.CancelledError):
        await first
    assert await asyncio.gather(*others) == [CARD] * 3
    assert desk.done["press"] == 1


async def test_an_act_is_known_for_as_long_as_teams_may_repeat_it():
    desk = Desk()
    await desk.take("press")
    desk.time += KEPT_SECONDS - 1
    await desk.take("press")
    assert desk.done["press"] == 1
    desk.time += 1
    await desk.take("press")
    assert desk.done["press"] == 2


async def test_answers_take_no_more_room_than_they_may_and_the_newest_stay():
    desk = Desk(kept_bytes=100_000)
    for number in range(50):
        await desk.take(f"press {number}", CARD)
        assert desk.repeats.size <= 100_000
    for number in (49, 46, 10):
        await desk.take(f"press {number}", CARD)
    assert (desk.done["press 49"], desk.done["press 46"], desk.done["press 10"]) == (1, 1, 2)


async def test_what_is_too_old_takes_no_room():
    desk = Desk()
    for number in range(50):
        await desk.take(f"press {number}", CARD)
    assert desk.repeats.size > 50 * 20_000
    desk.time += KEPT_SECONDS
    await desk.take("one more")
    assert desk.repeats.size < 1_000


async def test_acts_of_which_nothing_is_answered_take_room_too():
    desk = Desk(kept_bytes=100_000)
    for number in range(1_000):
        await desk.take(f"message {number} {'long ' * 20}")
    await desk.take(f"message 0 {'long ' * 20}")
    assert desk.done[f"message 0 {'long ' * 20}"] == 2
