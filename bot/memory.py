"""What was read lately, kept for a while."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class Memory(Generic[K, V]):
    """Keeps at most `most` values for `seconds` each, by a clock that counts seconds.

    Several looks into it go with every act, so a look is one dictionary look-up and one glance at the clock. What is
    too old goes when its key is kept anew or room is needed: then the oldest goes first.
    """

    def __init__(self, most: int, seconds: float, now: Callable[[], float]) -> None:
        self._most = most
        self._seconds = seconds
        self._now = now
        self._kept: dict[K, tuple[float, V]] = {}

    def get(self, key: K) -> V | None:
        """Give the value, unless it is too old or there is none."""
        kept = self._kept.get(key)
        return kept[1] if kept is not None and self._now() < kept[0] else None

    def keep(self, key: K, value: V) -> None:
        """Keep a value from now on."""
        self._kept.pop(key, None)
        if len(self._kept) >= self._most:
            del self._kept[next(iter(self._kept))]
        self._kept[key] = (self._now() + self._seconds, value)

    def forget(self, key: K) -> None:
        """Keep nothing under the key."""
        self._kept.pop(key, None)

    def clear(self) -> None:
        """Keep nothing."""
        self._kept.clear()
