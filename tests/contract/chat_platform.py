"""What every ChatPlatform promises, as tests, in a class for what all do and one for each thing that some can do.

A platform's test module inherits those that apply to it and gives a `stage`: the platform, where it may post, and what
its peer saw and can be made to do. For each capability it takes the one class or the other: `FindsSent` or
`CannotFindSent`, `Removes` or `CannotRemove`; `SaysHowLongToWait` is for platforms that limit how much is posted.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import Enum, auto

import pytest

from bot.errors import AmbiguousDeliveryError, PermanentDeliveryError, TemporaryDeliveryError
from bot.identity import AccountRef, ConversationRef, Target
from bot.ports import ChatPlatform, Receipt
from tests.factories_messages import everything, shout_out


class Trouble(Enum):
    """What a peer can be made to do at the next call that posts."""

    TOO_MANY = auto()  # says: too many, come back in 7 seconds
    AWAY = auto()  # says: not available now
    LOST_AFTER = auto()  # carries it out, and the answer is lost
    LOST_BEFORE = auto()  # does nothing, and the answer is lost


@dataclass(frozen=True)
class Stage:
    """A platform with a peer to test it against.

    `texts` gives the visible text of each message that stands in a target, oldest first; `trouble` makes the next post
    go wrong; `gone` makes a delivered message vanish behind our back.
    """

    platform: ChatPlatform
    conversation: ConversationRef
    account: AccountRef
    nowhere: ConversationRef
    texts: Callable[[Target], Sequence[str]]
    trouble: Callable[[Trouble], None]
    gone: Callable[[Receipt], None]


def long_ago() -> datetime:
    return datetime.now(UTC) - timedelta(minutes=5)


class OnStage(ABC):
    """Gives the fixture."""

    @abstractmethod
    @pytest.fixture
    def stage(self) -> Stage:
        """The platform on its stage."""

    @pytest.fixture(params=["conversation", "account"])
    def target(self, stage: Stage, request: pytest.FixtureRequest) -> Target:
        return stage.conversation if request.param == "conversation" else stage.account


class ChatPlatformContract(OnStage):
    """What all platforms do."""

    def test_what_it_claims_and_what_it_denies_is_proved(self, stage: Stage):
        claimed = stage.platform.capabilities
        assert isinstance(self, FindsSent if claimed.find_sent else CannotFindSent)
        assert isinstance(self, Removes if claimed.remove else CannotRemove)

    async def test_a_message_is_shown_once(self, stage: Stage, target: Target):
        await stage.platform.send(target, shout_out("was so patient"), "k1")
        assert len(stage.texts(target)) == 1
        assert "was so patient" in stage.texts(target)[0]

    async def test_every_kind_of_block_is_taken(self, stage: Stage, target: Target):
        await stage.platform.send(target, everything(stage.account.workspace), "k1")
        assert "stayed & solved <it>" in stage.texts(target)[0]

    async def test_an_update_changes_the_message_in_its_place(self, stage: Stage, target: Target):
        receipt = await stage.platform.send(target, shout_out("before"), "k1")
        await stage.platform.update(receipt, shout_out("after"))
        assert len(stage.texts(target)) == 1
        assert "after" in stage.texts(target)[0]
        assert "before" not in stage.texts(target)[0]

    async def test_updating_what_is_gone_is_permanent(self, stage: Stage):
        receipt = await stage.platform.send(stage.conversation, shout_out(), "k1")
        stage.gone(receipt)
        with pytest.raises(PermanentDeliveryError):
            await stage.platform.update(receipt, shout_out("again"))

    async def test_posting_where_nobody_can_is_permanent(self, stage: Stage):
        with pytest.raises(PermanentDeliveryError) as raised:
            await stage.platform.send(stage.nowhere, shout_out(), "k1")
        assert raised.value.reason

    async def test_what_continues_a_message_is_shown_once_and_after_it(self, stage: Stage, target: Target):
        first = await stage.platform.send(target, shout_out("the week"), "k1")
        rest = await stage.platform.send(target, shout_out("and the rest"), "k2", under=first)
        assert rest != first
        assert [text for text in stage.texts(target) if "and the rest" in text] == stage.texts(target)[1:]
        assert len(stage.texts(target)) == 2

    async def test_a_peer_that_is_away_is_temporary(self, stage: Stage):
        stage.trouble(Trouble.AWAY)
        with pytest.raises(TemporaryDeliveryError):
            await stage.platform.send(stage.conversation, shout_out(), "k1")
        assert not stage.texts(stage.conversation)

    @pytest.mark.parametrize("lost", [Trouble.LOST_AFTER, Trouble.LOST_BEFORE])
    async def test_a_lost_answer_is_ambiguous_and_nothing_is_repeated(self, stage: Stage, lost: Trouble):
        stage.trouble(lost)
        with pytest.raises(AmbiguousDeliveryError):
            await stage.platform.send(stage.conversation, shout_out(), "k1")
        assert len(stage.texts(stage.conversation)) == (1 if lost is Trouble.LOST_AFTER else 0)

    async def test_nothing_is_repeated_when_an_update_is_lost(self, stage: Stage):
        receipt = await stage.platform.send(stage.conversation, shout_out("before"), "k1")
        stage.trouble(Trouble.LOST_AFTER)
        with pytest.raises(AmbiguousDeliveryError):
            await stage.platform.update(receipt, shout_out("after"))
        assert len(stage.texts(stage.conversation)) == 1


class SaysHowLongToWait(OnStage):
    """For a platform that takes only so many messages at a time."""

    async def test_too_many_is_temporary_and_says_how_long(self, stage: Stage):
        stage.trouble(Trouble.TOO_MANY)
        with pytest.raises(TemporaryDeliveryError) as raised:
            await stage.platform.send(stage.conversation, shout_out(), "k1")
        assert raised.value.retry_after == timedelta(seconds=7)
        assert not stage.texts(stage.conversation)


class FindsSent(OnStage):
    """For a platform that can be asked what it was sent."""

    async def test_a_message_is_found_by_its_key(self, stage: Stage, target: Target):
        since = long_ago()
        await stage.platform.send(target, shout_out("other"), "k0")
        receipt = await stage.platform.send(target, shout_out("this"), "k1")
        assert await stage.platform.find_sent(target, "k1", since) == receipt
        assert await stage.platform.find_sent(target, "k2", since) is None

    async def test_what_continues_a_message_is_found_there(self, stage: Stage, target: Target):
        since = long_ago()
        first = await stage.platform.send(target, shout_out("the week"), "k1")
        rest = await stage.platform.send(target, shout_out("and the rest"), "k2", under=first)
        assert await stage.platform.find_sent(target, "k2", since, under=first) == rest
        assert await stage.platform.find_sent(target, "k3", since, under=first) is None

    async def test_what_was_sent_earlier_than_asked_is_not_found(self, stage: Stage):
        await stage.platform.send(stage.conversation, shout_out(), "k1")
        later = datetime.now(UTC) + timedelta(minutes=1)
        assert await stage.platform.find_sent(stage.conversation, "k1", later) is None

    @pytest.mark.parametrize("lost", [Trouble.LOST_AFTER, Trouble.LOST_BEFORE])
    async def test_what_became_of_a_lost_answer_can_be_asked(self, stage: Stage, lost: Trouble):
        since = long_ago()
        stage.trouble(lost)
        with pytest.raises(AmbiguousDeliveryError):
            await stage.platform.send(stage.conversation, shout_out(), "k1")
        found = await stage.platform.find_sent(stage.conversation, "k1", since)
        assert (found is not None) == (lost is Trouble.LOST_AFTER)


class CannotFindSent(OnStage):
    """For a platform that cannot be asked."""

    async def test_being_asked_is_refused(self, stage: Stage):
        await stage.platform.send(stage.conversation, shout_out(), "k1")
        with pytest.raises(PermanentDeliveryError) as raised:
            await stage.platform.find_sent(stage.conversation, "k1", long_ago())
        assert raised.value.reason


class Removes(OnStage):
    """For a platform where a message can be taken away."""

    async def test_a_removed_message_is_gone_and_removing_it_again_is_no_error(self, stage: Stage, target: Target):
        receipt = await stage.platform.send(target, shout_out("one"), "k1")
        await stage.platform.send(target, shout_out("two"), "k2")
        await stage.platform.remove(receipt)
        await stage.platform.remove(receipt)
        assert len(stage.texts(target)) == 1
        assert "two" in stage.texts(target)[0]


class CannotRemove(OnStage):
    """For a platform where what was said stays."""

    async def test_taking_away_is_refused_and_the_message_stays(self, stage: Stage, target: Target):
        receipt = await stage.platform.send(target, shout_out("stays"), "k1")
        with pytest.raises(PermanentDeliveryError) as raised:
            await stage.platform.remove(receipt)
        assert raised.value.reason
        assert "stays" in stage.texts(target)[0]
