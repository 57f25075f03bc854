"""Doing an act once, however often it arrives: Teams repeats what it had no answer to in time."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, Final

import msgspec

KEPT_SECONDS: Final = 120
"""How long an act is known again. Teams repeats one within seconds; what is later the core knows by its key."""

KEPT_BYTES: Final = 8 * 2**20
"""Of all answers kept. A message has none, a card comes to 25 KB at most, so this is 300 of the largest, or more."""

_ENTRY: Final = 500
"""Bytes that an entry takes beside its answer, about."""

Key = tuple[str, str]


class Repeats:
    """Remembers what acts were answered, as they were sent. `now` gives seconds and may start anywhere."""

    def __init__(self, now: Callable[[], float], kept_bytes: int = KEPT_BYTES) -> None:
        self._now = now
        self._most = kept_bytes
        self.size = 0
        """Bytes that are kept, about."""
        self._under_way: dict[Key, asyncio.Future[None]] = {}
        # The oldest first, as each is kept for the same time.
        self._answered: dict[Key, tuple[float, bytes]] = {}

    async def once(self, key: Key, act: Callable[[], Awaitable[dict[str, Any] | None]]) -> dict[str, Any] | None:
        """Act, and answer its repetition with the same. An act that failed is another try when it is repeated.

        Raises what `act` raises.
        """
        while (first := self._under_way.get(key)) is not None:
            # Cancelled, this ends; the first goes on.
            await asyncio.wait([first])
        self._drop()
        if known := self._answered.get(key):
            answer: dict[str, Any] | None = msgspec.json.decode(known[1])
            return answer
        under_way = self._under_way[key] = asyncio.get_running_loop().create_future()
        try:
            answer = await act()
            self._keep(key, msgspec.json.encode(answer))
        finally:
            del self._under_way[key]
            under_way.set_result(None)
        return answer

    def _keep(self, key: Key, answer: bytes) -> None:
        self._answered[key] = (self._now() + KEPT_SECONDS, answer)
        self.size += _weight(key, answer)
        self._drop()

    def _drop(self) -> None:
        """Forget what is too old, and the oldest of what is too much."""
        now = self._now()
        while self._answered:
            oldest = next(iter(self._answered))
            until, answer = self._answered[oldest]
            if now < until and self.size <= self._most:
                return
            del self._answered[oldest]
            self.size -= _weight(oldest, answer)


def _weight(key: Key, answer: bytes) -> int:
    return sum(map(len, key)) + len(answer) + _ENTRY
