"""Tells open windows that a conversation changed. In this process only: the local chat is served by one."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager


class Subscription:
    """What one open window has not been told yet."""

    def __init__(self) -> None:
        self._changed: set[str] = set()
        self._wake = asyncio.Event()
        self.closed = False

    def tell(self, conversation: str) -> None:
        """Note a change. Several before the next `changes` are told as one."""
        self._changed.add(conversation)
        self._wake.set()

    def close(self) -> None:
        """End it: the window is asked to come back later."""
        self.closed = True
        self._wake.set()

    async def changes(self, patience: float) -> frozenset[str]:
        """Wait for changes and give their conversations; empty after `patience` seconds or when closed."""
        try:
            await asyncio.wait_for(self._wake.wait(), patience)
        except TimeoutError:
            return frozenset()
        self._wake.clear()
        changed = frozenset(self._changed)
        self._changed.clear()
        return changed


class Hub:
    """All open windows."""

    def __init__(self) -> None:
        self._open: set[Subscription] = set()
        self._closed = False

    @contextmanager
    def subscribe(self) -> Iterator[Subscription]:
        """Open a subscription for as long as the block runs."""
        subscription = Subscription()
        if self._closed:
            subscription.close()
        self._open.add(subscription)
        try:
            yield subscription
        finally:
            self._open.discard(subscription)

    def publish(self, conversation: str) -> None:
        """Tell every window."""
        for subscription in self._open:
            subscription.tell(conversation)

    def close(self) -> None:
        """End all subscriptions, so that a server that shuts down need not wait for open windows."""
        self._closed = True
        for subscription in self._open:
            subscription.close()
