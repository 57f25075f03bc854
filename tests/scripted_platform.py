"""A chat platform that keeps what it is given and fails as the test says, call by call."""

from __future__ import annotations

import asyncio
from collections import deque
from dataclasses import dataclass, field
from datetime import datetime
from itertools import count

from bot.identity import AccountRef, ConversationRef, Target
from bot.ports import Capabilities, Receipt
from bot.view.form import Form
from bot.view.message import Message

ASKABLE = Capabilities(find_sent=True, remove=True)


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
class ScriptedPlatform:
    """`script` says what becomes of each call in turn; when it is empty, calls succeed."""

    capabilities: Capabilities = ASKABLE
    script: deque[Exception | Lost | Gate] = field(default_factory=deque)
    asked: deque[Exception] = field(default_factory=deque)
    posts: list[tuple[Target, str]] = field(default_factory=list)
    calls: list[tuple[str, object]] = field(default_factory=list)
    searched_since: list[datetime] = field(default_factory=list)
    at_once: int = 0
    most_at_once: int = 0
    _numbers: count[int] = field(default_factory=lambda: count(1))
    threads: dict[str, Receipt] = field(default_factory=dict)
    _receipts: dict[tuple[str, Receipt | None], Receipt] = field(default_factory=dict)

    @property
    def keys(self) -> list[str]:
        """The keys of everything ever posted, in order."""
        return [key for _, key in self.posts]

    async def send(
        self,
        target: Target,
        message: Message,  # noqa: ARG002 the contract's
        key: str,
        under: Receipt | None = None,
    ) -> Receipt:
        self.calls.append(("send", key))
        lost = await self._play()
        receipt = Receipt(_conversation(target), f"m{next(self._numbers)}")
        self.posts.append((target, key))
        self._receipts[key, under] = receipt
        if under is not None:
            self.threads[key] = under
        if lost is not None:
            raise lost
        return receipt

    async def update(self, receipt: Receipt, message: Message) -> None:
        self.calls.append(("update", (receipt, message)))
        await self._change()

    async def remove(self, receipt: Receipt) -> None:
        self.calls.append(("remove", receipt))
        await self._change()

    async def find_sent(
        self,
        target: Target,  # noqa: ARG002 likewise
        key: str,
        since: datetime,
        under: Receipt | None = None,
    ) -> Receipt | None:
        self.searched_since.append(since)
        if self.asked:
            raise self.asked.popleft()
        return self._receipts.get((key, under))

    async def open_form(self, trigger: str, form: Form) -> None:
        raise NotImplementedError

    async def _change(self) -> None:
        lost = await self._play()
        if lost is not None:
            raise lost

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
