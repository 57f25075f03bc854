"""Slack as a ChatPlatform, against a strict Slack Web API that fails when told to."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import aiohttp
import pytest

from adapters.slack.calls import identify
from adapters.slack.outbound import SlackPlatform
from bot.errors import AmbiguousDeliveryError, PermanentDeliveryError, Scope, TemporaryDeliveryError
from bot.identity import AccountRef, ConversationRef, Platform, Target, WorkspaceRef
from bot.ports import Receipt
from tests.contract.chat_platform import (
    ChatPlatformContract,
    FindsSent,
    Removes,
    SaysHowLongToWait,
    Stage,
    Trouble,
    long_ago,
)
from tests.factories_messages import give_form, shout_out, sixty
from tests.servers.slack_api import SlackApi, running
from tests.servers.slack_world import TOKEN

HERE = WorkspaceRef(Platform.SLACK, "T1")
TEAM = ConversationRef(HERE, "C1")
ANNA = AccountRef(HERE, "U1")

FAULTS = {
    Trouble.TOO_MANY: {"kind": "rate_limited", "seconds": 7},
    Trouble.AWAY: {"kind": "error", "error": "service_unavailable"},
    Trouble.LOST_AFTER: {"kind": "drop_after"},
    Trouble.LOST_BEFORE: {"kind": "drop_before"},
}


@pytest.fixture
async def slack() -> AsyncIterator[SlackApi]:
    async with running() as server:
        yield server


@pytest.fixture
async def session() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as made:
        yield made


@pytest.fixture
def platform(slack: SlackApi, session: aiohttp.ClientSession) -> SlackPlatform:
    return SlackPlatform(TOKEN, slack.api_url, HERE, session)


def words_of(block: Any) -> str:
    """Everything a reader sees in a block."""
    if isinstance(block, dict):
        own = block.get("text") if isinstance(block.get("text"), str) else ""
        return own + "".join(words_of(value) for value in block.values() if not isinstance(value, str))
    return "".join(words_of(each) for each in block) if isinstance(block, list) else ""


class TestSlack(ChatPlatformContract, SaysHowLongToWait, FindsSent, Removes):
    @pytest.fixture
    def stage(self, slack: SlackApi, platform: SlackPlatform) -> Stage:
        def texts(target: Target) -> Sequence[str]:
            channel = f"D{target.id}" if isinstance(target, AccountRef) else target.id
            return [words_of(post["blocks"]) for post in slack.posts if post["channel"] == channel]

        def trouble(what: Trouble) -> None:
            for method in ("chat.postMessage", "chat.update"):
                slack.fail(method, **FAULTS[what])

        def gone(receipt: Receipt) -> None:
            next(post for post in slack.posts if post["ts"] == receipt.message)["deleted"] = True

        return Stage(platform, TEAM, ANNA, ConversationRef(HERE, "C404"), texts, trouble, gone)


async def test_a_token_tells_its_workspace_and_bot(slack: SlackApi, session: aiohttp.ClientSession):
    known = await identify(TOKEN, slack.api_url, session)
    assert (known.workspace, known.name, known.bot_user) == (HERE, "Kudos", "U0BOT")


async def test_a_wrong_token_is_named_as_such(slack: SlackApi, session: aiohttp.ClientSession):
    with pytest.raises(PermanentDeliveryError, match="invalid_auth"):
        await identify("xoxb-wrong", slack.api_url, session)


async def test_the_key_is_in_the_metadata_and_stays_there_when_updated(slack: SlackApi, platform: SlackPlatform):
    receipt = await platform.send(TEAM, shout_out(), "kudos:1:team")
    await platform.update(receipt, shout_out("changed"))
    expected = {"event_type": "kudos_message", "event_payload": {"key": "kudos:1:team"}}
    assert slack.posts[0]["metadata"] == expected
    assert await platform.find_sent(TEAM, "kudos:1:team", long_ago()) == receipt


async def test_one_key_gives_one_client_msg_id(slack: SlackApi, platform: SlackPlatform):
    for key in ("a", "a", "b"):
        await platform.send(TEAM, shout_out(), key)
    first, again, other = (call.arguments["client_msg_id"] for call in slack.called("chat.postMessage"))
    assert first == again != other


async def test_links_are_never_unfurled(slack: SlackApi, platform: SlackPlatform):
    await platform.send(TEAM, shout_out("https://evil.example/track.gif"), "k1")
    arguments = slack.called("chat.postMessage")[0].arguments
    assert str(arguments["unfurl_links"]) == str(arguments["unfurl_media"]) == "False"


async def test_a_direct_chat_is_opened_once(slack: SlackApi, platform: SlackPlatform):
    for key in ("a", "b"):
        await platform.send(ANNA, shout_out(), key)
    assert [post["channel"] for post in slack.posts] == ["DU1", "DU1"]
    assert len(slack.called("conversations.open")) == 1


OUTSIDE = ConversationRef(HERE, "C2")


async def test_a_channel_the_bot_is_not_in_is_joined_once_and_takes_posts(slack: SlackApi, platform: SlackPlatform):
    for key in ("k1", "k2"):
        await platform.send(OUTSIDE, shout_out(), key)
    assert [post["channel"] for post in slack.posts] == ["C2", "C2"]
    assert len(slack.called("conversations.join")) == 1


async def test_a_post_whose_answer_is_lost_is_found_where_the_bot_was_not_before(
    slack: SlackApi, platform: SlackPlatform
):
    slack.fail("chat.postMessage", "drop_after", after=1)
    with pytest.raises(AmbiguousDeliveryError):
        await platform.send(OUTSIDE, shout_out(), "k1")
    found = await platform.find_sent(OUTSIDE, "k1", long_ago())
    assert found == Receipt(OUTSIDE, slack.posts[0]["ts"])


async def test_a_channel_can_be_searched_that_was_never_joined(slack: SlackApi, platform: SlackPlatform):
    slack.fail("chat.postMessage", "drop_before")
    with pytest.raises(AmbiguousDeliveryError):
        await platform.send(OUTSIDE, shout_out(), "k1")
    assert await platform.find_sent(OUTSIDE, "k1", long_ago()) is None


@pytest.mark.parametrize("code", ["restricted_action", "missing_scope"])
async def test_a_channel_that_cannot_be_joined_is_permanent(slack: SlackApi, platform: SlackPlatform, code):
    slack.fail("conversations.join", "error", error=code)
    with pytest.raises(PermanentDeliveryError, match=code):
        await platform.send(OUTSIDE, shout_out(), "k1")
    assert not slack.posts


async def test_a_lost_answer_to_joining_is_temporary(slack: SlackApi, platform: SlackPlatform):
    slack.fail("conversations.join", "drop_after")
    with pytest.raises(TemporaryDeliveryError):
        await platform.send(OUTSIDE, shout_out(), "k1")
    await platform.send(OUTSIDE, shout_out(), "k1")
    assert slack.key_counts() == {"k1": 1}


@pytest.mark.parametrize(
    ("target", "reason"),
    [
        (ConversationRef(HERE, "C3"), "is_archived"),
        (ConversationRef(HERE, "G2"), "channel_not_found"),
        (AccountRef(HERE, "U8"), "user_disabled"),
        (AccountRef(HERE, "U404"), "user_not_found"),
        (ConversationRef(WorkspaceRef(Platform.SLACK, "T2"), "C1"), "workspace_not_connected"),
    ],
)
async def test_what_can_never_be_delivered_says_why(slack: SlackApi, platform: SlackPlatform, target, reason):
    with pytest.raises(PermanentDeliveryError) as raised:
        await platform.send(target, shout_out(), "k1")
    assert raised.value.reason == reason
    assert not slack.posts


@pytest.mark.parametrize("code", ["internal_error", "fatal_error"])
async def test_errors_after_which_slack_may_have_posted_are_ambiguous(slack: SlackApi, platform: SlackPlatform, code):
    slack.fail("chat.postMessage", "error", error=code)
    with pytest.raises(AmbiguousDeliveryError, match=code):
        await platform.send(TEAM, shout_out(), "k1")


@pytest.mark.parametrize("kind", ["server_error", "garbage"])
async def test_an_answer_that_is_not_slacks_is_ambiguous(slack: SlackApi, platform: SlackPlatform, kind):
    slack.fail("chat.postMessage", kind)
    with pytest.raises(AmbiguousDeliveryError):
        await platform.send(TEAM, shout_out(), "k1")


@pytest.mark.parametrize("kind", ["server_error", "garbage", "drop_before", "drop_after", "rate_limited"])
async def test_trouble_before_anything_is_posted_is_temporary(slack: SlackApi, platform: SlackPlatform, kind):
    slack.fail("conversations.open", kind)
    with pytest.raises(TemporaryDeliveryError):
        await platform.send(ANNA, shout_out(), "k1")
    assert not slack.posts


async def test_a_slack_that_cannot_be_reached_is_temporary(session: aiohttp.ClientSession):
    async with running() as closed:
        url = closed.api_url
    platform = SlackPlatform(TOKEN, url, HERE, session)
    with pytest.raises(TemporaryDeliveryError, match="unreachable"):
        await platform.send(TEAM, shout_out(), "k1")


async def test_a_slack_that_never_answers_is_ambiguous_within_the_contracts_ten_seconds(
    slack: SlackApi, platform: SlackPlatform
):
    slack.fail("chat.postMessage", "hang_after", seconds=60)
    async with asyncio.timeout(10):
        with pytest.raises(AmbiguousDeliveryError):
            await platform.send(TEAM, shout_out(), "k1")
    assert slack.key_counts() == {"k1": 1}


async def test_a_post_is_tried_once_only(slack: SlackApi, platform: SlackPlatform):
    for kind in ("drop_after", "rate_limited", "server_error"):
        slack.fail("chat.postMessage", kind)
    for _ in range(3):
        with pytest.raises((AmbiguousDeliveryError, TemporaryDeliveryError)):
            await platform.send(TEAM, shout_out(), "k1")
    assert len(slack.called("chat.postMessage")) == 3


async def test_a_sent_message_is_found_among_hundreds(slack: SlackApi, platform: SlackPlatform):
    for n in range(450):
        slack.workspace.call("chat.postMessage", TOKEN, {"channel": "C1", "text": f"other {n}"})
        if n == 20:
            receipt = await platform.send(TEAM, shout_out(), "k1")
    assert await platform.find_sent(TEAM, "k1", long_ago()) == receipt


async def test_a_history_too_long_to_read_is_not_taken_for_a_no(slack: SlackApi, platform: SlackPlatform):
    await platform.send(TEAM, shout_out(), "k1")
    for n in range(700):
        slack.workspace.call("chat.postMessage", TOKEN, {"channel": "C1", "text": f"other {n}"})
    with pytest.raises(TemporaryDeliveryError, match="history_too_long"):
        await platform.find_sent(TEAM, "k1", long_ago())


def aged(slack: SlackApi, minutes: float) -> None:
    """Make everything that was posted so far older."""
    for post in slack.workspace.accepted:
        post["ts"] = f"{float(post['ts']) - 60 * minutes:.6f}"


async def test_a_message_of_an_hour_ago_is_found_however_much_was_said_since(slack: SlackApi, platform: SlackPlatform):
    begun = datetime.now(UTC) - timedelta(minutes=62)
    await platform.send(TEAM, shout_out(), "k1")
    aged(slack, 60)
    for n in range(700):
        slack.workspace.call("chat.postMessage", TOKEN, {"channel": "C1", "text": f"other {n}"})
    found = await platform.find_sent(TEAM, "k1", begun)
    assert found == Receipt(TEAM, slack.posts[0]["ts"])


async def test_a_message_that_was_sent_later_than_looked_for_first_is_found(slack: SlackApi, platform: SlackPlatform):
    begun = datetime.now(UTC) - timedelta(minutes=62)
    await platform.send(TEAM, shout_out(), "k0")
    aged(slack, 60)
    receipt = await platform.send(TEAM, shout_out(), "k1")
    assert await platform.find_sent(TEAM, "k1", begun) == receipt
    assert await platform.find_sent(TEAM, "k2", begun) is None


async def test_a_search_that_fails_is_not_taken_for_a_no(slack: SlackApi, platform: SlackPlatform):
    await platform.send(TEAM, shout_out(), "k1")
    slack.fail("conversations.history", "rate_limited", seconds=9)
    with pytest.raises(TemporaryDeliveryError) as raised:
        await platform.find_sent(TEAM, "k1", long_ago())
    assert (raised.value.retry_after, raised.value.scope) == (timedelta(seconds=9), Scope.WORKSPACE)


async def test_what_continues_a_message_is_in_its_thread_and_not_in_the_channels_history(
    slack: SlackApi, platform: SlackPlatform
):
    first = await platform.send(TEAM, shout_out("the week"), "k1")
    rest = await platform.send(TEAM, shout_out("the rest"), "k2", under=first)
    assert slack.posts[1]["thread_ts"] == slack.posts[0]["ts"]
    assert await platform.find_sent(TEAM, "k2", long_ago()) is None
    assert await platform.find_sent(TEAM, "k2", long_ago(), under=first) == rest


async def test_a_continuation_whose_answer_is_lost_is_found_in_its_thread(slack: SlackApi, platform: SlackPlatform):
    first = await platform.send(OUTSIDE, shout_out(), "k1")
    slack.fail("chat.postMessage", "drop_after")
    with pytest.raises(AmbiguousDeliveryError):
        await platform.send(OUTSIDE, shout_out(), "k2", under=first)
    slack.workspace.channels["C2"].members.remove("U0BOT")
    found = await platform.find_sent(OUTSIDE, "k2", long_ago(), under=first)
    assert found == Receipt(OUTSIDE, slack.posts[1]["ts"])


async def test_a_reply_is_found_among_hundreds(slack: SlackApi, platform: SlackPlatform):
    first = await platform.send(TEAM, shout_out(), "k1")
    for n in range(450):
        other = {"channel": "C1", "text": f"other {n}", "thread_ts": first.message}
        slack.workspace.call("chat.postMessage", TOKEN, other)
    rest = await platform.send(TEAM, shout_out(), "k2", under=first)
    assert await platform.find_sent(TEAM, "k2", long_ago(), under=first) == rest


async def test_a_thread_too_long_to_read_is_not_taken_for_a_no(slack: SlackApi, platform: SlackPlatform):
    first = await platform.send(TEAM, shout_out(), "k1")
    for n in range(700):
        other = {"channel": "C1", "text": f"other {n}", "thread_ts": first.message}
        slack.workspace.call("chat.postMessage", TOKEN, other)
    with pytest.raises(TemporaryDeliveryError, match="history_too_long"):
        await platform.find_sent(TEAM, "k2", long_ago(), under=first)


async def test_nothing_continues_a_message_that_is_gone(platform: SlackPlatform):
    first = await platform.send(TEAM, shout_out(), "k1")
    await platform.remove(first)
    assert await platform.find_sent(TEAM, "k2", long_ago(), under=first) is None


@pytest.mark.parametrize("kind", ["rate_limited", "server_error", "garbage"])
async def test_a_thread_that_cannot_be_read_now_is_not_taken_for_a_no(slack: SlackApi, platform: SlackPlatform, kind):
    first = await platform.send(TEAM, shout_out(), "k1")
    slack.fail("conversations.replies", kind)
    with pytest.raises(TemporaryDeliveryError):
        await platform.find_sent(TEAM, "k2", long_ago(), under=first)


async def test_a_thread_that_may_not_be_read_is_said_to_be_so(slack: SlackApi, platform: SlackPlatform):
    first = await platform.send(TEAM, shout_out(), "k1")
    slack.fail("conversations.replies", "error", error="not_allowed_token_type")
    with pytest.raises(PermanentDeliveryError, match="not_allowed_token_type"):
        await platform.find_sent(TEAM, "k2", long_ago(), under=first)


async def test_messages_of_other_apps_are_not_taken_for_ours(slack: SlackApi, platform: SlackPlatform):
    theirs = {"event_type": "task_done", "event_payload": {"key": "k1"}}
    slack.workspace.call("chat.postMessage", TOKEN, {"channel": "C1", "text": "x", "metadata": theirs})
    assert await platform.find_sent(TEAM, "k1", long_ago()) is None


async def test_a_workspace_that_forbids_deleting_is_permanent(slack: SlackApi, platform: SlackPlatform):
    receipt = await platform.send(TEAM, shout_out(), "k1")
    slack.workspace.may_delete = False
    with pytest.raises(PermanentDeliveryError, match="cant_delete_message"):
        await platform.remove(receipt)


async def test_a_message_with_far_too_much_of_everything_is_taken(slack: SlackApi, platform: SlackPlatform):
    receipt = await platform.send(TEAM, sixty(HERE), "k1")
    await platform.update(receipt, sixty(HERE, "x" * 3000))
    assert slack.posts[0]["edits"] == 1


async def test_a_form_opens_with_its_state_and_conversation(slack: SlackApi, platform: SlackPlatform):
    await platform.open_form("trigger-1", give_form(HERE), "C1")
    view = slack.views[0]
    assert view["callback_id"] == "give"
    kept = json.loads(view["private_metadata"])
    assert kept == {"state": '{"link":"https://a.example/p1"}', "conversation": "C1"}


async def test_a_trigger_works_once(platform: SlackPlatform):
    await platform.open_form("trigger-1", give_form(HERE))
    with pytest.raises(PermanentDeliveryError, match="exchanged_trigger_id"):
        await platform.open_form("trigger-1", give_form(HERE))


async def test_forty_sends_at_once_share_one_session_and_all_arrive(slack: SlackApi, platform: SlackPlatform):
    await asyncio.gather(*(platform.send(ANNA, shout_out(), f"k{n}") for n in range(40)))
    assert slack.key_counts() == {f"k{n}": 1 for n in range(40)}
