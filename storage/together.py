"""Doing together what was asked for at about the same time, where once for all costs little more than once for one."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Final, Generic, TypeVar

from storage.side_thread import settle

T = TypeVar("T")
R = TypeVar("R")

LARGEST_GROUP: Final = 200
"""How many go together at most, so that whoever comes next does not wait long."""


class Together(Generic[T, R]):
    """Hands what gathers while one group is under way to `work` as the next group.

    `work` gives an outcome for each, in order; an exception among them is raised to the one whose outcome it is, and
    one that `work` raises to everybody of the group.
    """

    def __init__(self, work: Callable[[Sequence[T]], Awaitable[Sequence[R | Exception]]]) -> None:
        self._work = work
        self._waiting: list[tuple[T, asyncio.Future[R]]] = []
        self._working: asyncio.Task[None] | None = None

    async def ask(self, item: T) -> R:
        """Have it done with the next group. Whoever stops waiting for it does not undo it."""
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[R] = loop.create_future()
        self._waiting.append((item, answer))
        if self._working is None or self._working.done():
            self._working = loop.create_task(self._work_through())
        return await answer

    async def finish(self) -> None:
        """Wait until nothing is left to do."""
        if self._working is not None:
            await self._working

    async def _work_through(self) -> None:
        while self._waiting:
            group, self._waiting = self._waiting[:LARGEST_GROUP], self._waiting[LARGEST_GROUP:]
            outcomes: Sequence[R | Exception]
            try:
                outcomes = await self._work([item for item, _ in group])
            except Exception as error:  # noqa: BLE001 whatever it is, nobody may be left waiting
                outcomes = [error] * len(group)
            for (_, answer), outcome in zip(group, outcomes, strict=True):
                settle(answer, outcome)
