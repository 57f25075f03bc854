"""One delivery worker on a memory queue, a scripted platform and a clock that stands still."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import uuid4

from bot.delivery.model import Operation, State
from bot.delivery.service import Delivery
from bot.identity import ConversationRef, OrganisationId, OutboxId, Platform, Target, WorkspaceRef
from bot.ports import ChatPlatform
from bot.view.message import Message, MessageKind
from tests.fakes import FakeClock, MemoryStore, OutboxRow
from tests.memory_queue import MemoryQueue
from tests.scripted_platform import ScriptedPlatform

SECOND = timedelta(seconds=1)
LEASE = timedelta(seconds=30)
WORKSPACE = WorkspaceRef(Platform.SLACK, "T1")
TEAM = ConversationRef(WORKSPACE, "C1")
OTHER = ConversationRef(WORKSPACE, "C2")
SHOUT_OUT = Message(MessageKind.SHOUT_OUT, (), "Well done")
NOTE = Message(MessageKind.RECEIVER_NOTE, (), "For you")


@dataclass
class Tally:
    """Metrics, kept."""

    counted: Counter[tuple[str, str]] = field(default_factory=Counter)
    observed: list[tuple[str, float, str]] = field(default_factory=list)

    def count(self, name: str, amount: int = 1, **labels: str) -> None:
        assert name == "kudos_deliveries_total"
        self.counted[labels["platform"], labels["outcome"]] += amount

    def observe(self, name: str, seconds: float, **labels: str) -> None:
        self.observed.append((name, seconds, labels["platform"]))


@dataclass
class Desk:
    """What a test of delivery works with."""

    clock: FakeClock = field(default_factory=FakeClock)
    store: MemoryStore = field(default_factory=MemoryStore)
    platform: ScriptedPlatform = field(default_factory=ScriptedPlatform)
    tally: Tally = field(default_factory=Tally)
    organisation: OrganisationId = field(default_factory=lambda: OrganisationId(uuid4()))

    def __post_init__(self) -> None:
        self.queue = MemoryQueue(self.store)

    def worker(
        self, name: str = "a", platforms: Mapping[Platform, ChatPlatform] | None = None, **options: Any
    ) -> Delivery:
        served = {Platform.SLACK: self.platform} if platforms is None else platforms
        return Delivery(self.queue, served, self.clock, self.tally, name, luck=lambda: 1.0, **options)

    def put(
        self,
        key: str,
        target: Target = TEAM,
        message: Message | None = SHOUT_OUT,
        operation: Operation = Operation.SEND,
        original: OutboxId | None = None,
    ) -> OutboxId:
        row_id = OutboxId(uuid4())
        # A moment apart, so that what is put first is first.
        self.clock.advance(timedelta(microseconds=1))
        self.store.outbox[row_id] = OutboxRow(
            organisation=self.organisation,
            id=row_id,
            key=key,
            subject="kudos:1",
            target=target,
            operation=operation,
            original_id=original,
            message=message,
            created_at=self.clock.now(),
            available_at=self.clock.now(),
        )
        return row_id

    def row(self, key: str) -> OutboxRow:
        [row] = [row for row in self.store.outbox.values() if row.key == key]
        return row

    def state(self, key: str) -> State:
        return self.row(key).state
