"""The scripted platform, with every capability and with none: what tests rely on is what the real ones promise."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest

from bot.errors import AmbiguousDeliveryError, TemporaryDeliveryError
from bot.i18n import plain
from bot.identity import AccountRef, ConversationRef, Platform, Target, WorkspaceRef
from bot.ports import Capabilities
from bot.view.message import Message, Paragraph, Quote
from tests.contract.chat_platform import (
    CannotFindSent,
    CannotRemove,
    ChatPlatformContract,
    FindsSent,
    Removes,
    SaysHowLongToWait,
    Stage,
    Trouble,
)
from tests.scripted_platform import Lost, ScriptedPlatform

HERE = WorkspaceRef(Platform.SLACK, "T1")
NOWHERE = ConversationRef(HERE, "C404")

FAULTS = {
    Trouble.TOO_MANY: TemporaryDeliveryError("ratelimited", timedelta(seconds=7)),
    Trouble.AWAY: TemporaryDeliveryError("away"),
    Trouble.LOST_AFTER: Lost(AmbiguousDeliveryError("lost")),
    Trouble.LOST_BEFORE: AmbiguousDeliveryError("lost"),
}


def words_of(message: Message) -> str:
    return " ".join(plain(block.line) for block in message.blocks if isinstance(block, Paragraph | Quote))


def on_stage(capabilities: Capabilities) -> Stage:
    platform = ScriptedPlatform(capabilities, closed={NOWHERE}, now=lambda: datetime.now(UTC))

    def texts(target: Target) -> Sequence[str]:
        return [words_of(each.message) for each in platform.standing.values() if each.target == target]

    return Stage(
        platform=platform,
        conversation=ConversationRef(HERE, "C1"),
        account=AccountRef(HERE, "U1"),
        nowhere=NOWHERE,
        texts=texts,
        trouble=lambda what: platform.script.append(FAULTS[what]),
        gone=platform.standing.pop,
    )


class TestWithEveryCapability(ChatPlatformContract, SaysHowLongToWait, FindsSent, Removes):
    @pytest.fixture
    def stage(self) -> Stage:
        return on_stage(Capabilities(find_sent=True, remove=True))


class TestWithNone(ChatPlatformContract, SaysHowLongToWait, CannotFindSent, CannotRemove):
    @pytest.fixture
    def stage(self) -> Stage:
        return on_stage(Capabilities(find_sent=False, remove=False))
