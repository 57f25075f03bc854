"""A thread beside the event loop's, for what would keep the loop waiting.

An executor of the standard library does the same and more, and takes three times as long to go there and back.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from queue import SimpleQueue
from threading import Thread
from typing import Any, TypeAlias, TypeVar

T = TypeVar("T")

_Errand: TypeAlias = tuple[asyncio.Future[Any], Callable[[], object]]


class SideThread:
    """Runs one errand after the other. It begins with the first."""

    def __init__(self, name: str) -> None:
        self._errands: SimpleQueue[_Errand | None] = SimpleQueue()
        self._thread = Thread(target=self._run, name=name, daemon=True)

    async def run(self, call: Callable[..., T], *args: object) -> T:
        """Have it called there, and give or raise what comes of it. Whoever stops waiting does not stop it."""
        if not self._thread.is_alive():
            self._thread.start()
        answer: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        self._errands.put((answer, partial(call, *args)))
        return await answer

    def end(self) -> None:
        """End it once its errands are done. It is of no use any more."""
        self._errands.put(None)

    def _run(self) -> None:
        while (errand := self._errands.get()) is not None:
            answer, call = errand
            try:
                outcome: object = call()
            except Exception as error:  # noqa: BLE001 whatever it is, it belongs to the one who asked
                outcome = error
            # A loop that is closed has nobody left who waits.
            with suppress(RuntimeError):
                answer.get_loop().call_soon_threadsafe(settle, answer, outcome)
            # Kept until the next errand, they would keep alive what they hold.
            del errand, answer, call, outcome


def settle(answer: asyncio.Future[Any], outcome: object) -> None:
    """Give or raise an outcome to whoever still waits for it."""
    if answer.done():
        return
    if isinstance(outcome, Exception):
        answer.set_exception(outcome)
    else:
        answer.set_result(outcome)
