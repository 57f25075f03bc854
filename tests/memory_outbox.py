"""The outbox as rooms see it, in memory: complete, and held to the same contract suite as the real ones."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from bot.delivery.model import Outgoing
from bot.view.message import Message

if TYPE_CHECKING:
    from tests.fakes import MemoryUnitOfWork


class MemoryOutbox:
    """What one unit of work puts into its organisation's outbox, which gets it at the commit."""

    def __init__(self, unit: MemoryUnitOfWork) -> None:
        self._unit = unit
        self._put: set[tuple[str, str]] = set()

    async def put(self, outgoing: Outgoing, at: datetime) -> bool:
        name = (outgoing.subject, outgoing.key)
        store, organisation = self._unit.store, self._unit.organisation
        if name in self._known():
            return False
        self._put.add(name)
        self._unit.later(lambda: store.put(organisation, outgoing, at))
        return True

    async def change(self, subject: str, key: str, message: Message | None, at: datetime) -> bool:
        store, organisation = self._unit.store, self._unit.organisation
        self._unit.later(lambda: store.change(organisation, subject, key, message, at=at))
        return (subject, key) in self._known()

    def _known(self) -> set[tuple[str, str]]:
        kept = self._unit.store.outbox.values()
        return {(row.subject, row.key) for row in kept if row.organisation == self._unit.organisation} | self._put

    async def is_out(self, subject: str, key: str) -> bool:
        return self._unit.store.is_out(self._unit.organisation, subject, key)
