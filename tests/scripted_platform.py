"""A chat platform that keeps what it is given and fails as the test says, call by call.

Where the test says nothing it does what every platform promises, and what its capabilities deny it refuses.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import count

from bot.errors import PermanentDeliveryError
from bot.identity import AccountRef, ConversationRef, Target
from bot.ports import Capabilities, Receipt
from bot.view.form import Form
from bot.view.message import Message

ASKABLE = Capabilities(find_sent=True, remove=True)

_CLOSED = "conversation_closed"
_GONE = "message_not_found"
_DENIED = "not_on_this_platform"


@dataclass(frozen=True, slots=True)
class Lost:
    """The message is taken, and then this is raised instead of the answer."""

    error: Exception


@dataclass(slots=True)
class Gate:
    """The call waits here: `reached` is set when it has come, `open` lets it go on."""

    reached: asyncio.Event = field(default_factory=asyncio.Event)
    open: asyncio.Event = field(default_factory=asyncio.Event)


@dataclass(slots=True)
class Posted:
    """A message that is there for people to see."""

    target: Target
    key: str
    message: Message
    at: datetime
    under: Receipt | None = None


@dataclass(slots=True)
class ScriptedPlatform:
    """`script` says what becomes of each call in turn; when it is empty, calls succeed.

    `closed` are conversations where nobody can post. `now` is when a message is posted, for who asks since when.
    """

    capabilities: Capabilities = ASKABLE
    script: deque[Exception | Lost | Gate] = field(default_factory=deque)
    asked: deque[Exception] = field(default_factory=deque)
    posts: list[tuple[Target, str]] = field(default_factory=list)
    calls: list[tuple[str, object]] = field(default_factory=list)
    searched_since: list[datetime] = field(default_factory=list)
    at_once: int = 0
    most_at_once: int = 0
    standing: dict[Receipt, Posted] = field(default_factory=dict)
    closed: set[Target] = field(default_factory=set)
    now: Callable[[], datetime] = lambda: datetime.max.replace(tzinfo=UTC)
    _numbers: count[int] = field(default_factory=lambda: count(1))
    threads: dict[str, Receipt] = field(default_factory=dict)

    @property
    def keys(self) -> list[str]:
        """The keys of everything ever posted, in order."""
        return [key for _, key in self.posts]

    async def send(self, target: Target, message: Message, key: str, under: Receipt | None = None) -> Receipt:
        self.calls.append(("send", key))
        if target in self.closed:
            raise PermanentDeliveryError(_CLOSED)
        lost = await self._play()
        receipt = Receipt(_conversation(target), f"m{next(self._numbers)}")
        self.posts.append((target, key))
        self.standing[receipt] = Posted(target, key, message, self.now(), under)
        if under is not None:
            self.threads[key] = under
        if lost is not None:
            raise lost
        return receipt

    async def update(self, receipt: Receipt, message: Message) -> None:
        self.calls.append(("update", (receipt, message)))
        if receipt not in self.standing:
            raise PermanentDeliveryError(_GONE)
        lost = await self._play()
        self.standing[receipt].message = message
        if lost is not None:
            raise lost

    async def remove(self, receipt: Receipt) -> None:
        self.calls.append(("remove", receipt))
        if not self.capabilities.remove:
            raise PermanentDeliveryError(_DENIED)
        lost = await self._play()
        self.standing.pop(receipt, None)
        if lost is not None:
            raise lost

    async def find_sent(
        self, target: Target, key: str, since: datetime, under: Receipt | None = None
    ) -> Receipt | None:
        self.searched_since.append(since)
        if not self.capabilities.find_sent:
            raise PermanentDeliveryError(_DENIED)
        if self.asked:
            raise self.asked.popleft()
        found = (
            receipt
            for receipt, each in self.standing.items()
            if (each.target, each.key, each.under) == (target, key, under) and each.at >= since
        )
        return next(found, None)

    async def open_form(self, trigger: str, form: Form) -> None:
        raise NotImplementedError

    async def _play(self) -> Exception | None:
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        try:
            match self.script.popleft() if self.script else None:
                case Lost(error):
                    return error
                case Gate() as gate:
                    gate.reached.set()
                    await gate.open.wait()
                    return None
                case None:
                    return None
                case error:
                    raise error
        finally:
            self.at_once -= 1


def _conversation(target: Target) -> ConversationRef:
    return ConversationRef(target.workspace, f"D-{target.id}") if isinstance(target, AccountRef) else target
