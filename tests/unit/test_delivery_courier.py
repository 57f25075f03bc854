"""What becomes of one message, whatever its platform answers."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from structlog.testing import capture_logs

from bot.delivery.model import Operation, Parcel, State
from bot.errors import AmbiguousDeliveryError, BlockedError, PermanentDeliveryError, Scope, TemporaryDeliveryError
from bot.identity import AccountRef, ConversationRef, Platform, WorkspaceRef
from bot.ports import Capabilities
from bot.view.message import Message
from tests.factories import WITHDRAWN
from tests.fakes import OutboxRow
from tests.memory_queue import MemoryQueue
from tests.scripted_platform import Gate, Lost
from tests.unit.delivery_desk import LEASE, NOTE, OTHER, SECOND, SHOUT_OUT, TEAM, WORKSPACE, Desk

LOST = Lost(AmbiguousDeliveryError("connection reset"))
NEVER_ARRIVED = AmbiguousDeliveryError("connection reset")
CANNOT_BE_ASKED = Capabilities(find_sent=False, remove=True)


async def test_a_message_goes_out_with_its_key_and_its_receipt_is_kept() -> None:
    desk = Desk()
    desk.put("k1")
    desk.clock.advance(2 * SECOND)
    assert await desk.worker().deliver_due() == 1
    assert desk.platform.posts == [(TEAM, "k1")]
    assert desk.state("k1") is State.SENT
    assert desk.row("k1").receipt.message == "m1"
    assert desk.tally.counted == {("slack", "sent"): 1}
    assert desk.tally.observed == [("kudos_delivery_seconds", 2.0, "slack")]


async def test_it_is_noted_as_sending_before_the_platform_is_called() -> None:
    desk = Desk()
    gate = Gate()
    desk.platform.script.append(gate)
    desk.put("k1")
    delivering = asyncio.create_task(desk.worker().deliver_due())
    await gate.reached.wait()
    assert desk.state("k1") is State.SENDING
    gate.open.set()
    await delivering
    assert desk.state("k1") is State.SENT


async def test_a_message_cancelled_after_the_claim_is_not_sent() -> None:
    desk = Desk()
    gate = Gate()
    desk.platform.script.append(gate)
    desk.put("k1")
    desk.put("k2", OTHER)
    delivering = asyncio.create_task(desk.worker(at_once=1).deliver_due())
    await gate.reached.wait()
    assert desk.state("k2") is State.CLAIMED
    desk.row("k2").state = State.CANCELLED
    gate.open.set()
    await delivering
    assert desk.platform.keys == ["k1"]
    assert desk.state("k2") is State.CANCELLED


async def test_retry_after_is_kept_and_then_the_message_goes_out() -> None:
    desk = Desk()
    desk.platform.script.append(TemporaryDeliveryError("ratelimited", 30 * SECOND))
    desk.put("k1")
    worker = desk.worker()
    await worker.deliver_due()
    assert (desk.state("k1"), desk.row("k1").reason) == (State.PENDING, "ratelimited")
    desk.clock.advance(29 * SECOND)
    assert await worker.deliver_due() == 0
    desk.clock.advance(SECOND)
    await worker.deliver_due()
    assert desk.platform.keys == ["k1"]
    assert desk.tally.counted == {("slack", "try_again"): 1, ("slack", "sent"): 1}


def asked_for(wait: timedelta, scope: Scope) -> TemporaryDeliveryError:
    return TemporaryDeliveryError("ratelimited", wait, scope)


async def test_what_is_asked_for_one_conversation_pauses_no_other() -> None:
    desk = Desk()
    desk.platform.script.append(asked_for(timedelta(hours=1), Scope.CONVERSATION))
    worker = desk.worker(at_once=1)
    for key, target in (("k1", TEAM), ("k2", OTHER), ("k3", TEAM)):
        desk.put(key, target)
    await worker.deliver_due()
    assert desk.platform.keys == ["k2"]
    desk.clock.advance(timedelta(minutes=59))
    assert await worker.deliver_due() == 0
    desk.clock.advance(timedelta(minutes=1))
    await worker.deliver_due()
    desk.clock.advance(SECOND)
    await worker.deliver_due()
    assert desk.platform.keys == ["k2", "k1", "k3"]


async def test_a_workspace_is_asked_again_after_a_minute_however_long_it_said() -> None:
    desk = Desk()
    desk.platform.script.append(asked_for(timedelta(hours=1), Scope.WORKSPACE))
    worker = desk.worker(at_once=1)
    desk.put("k1")
    desk.put("k2", OTHER)
    await worker.deliver_due()
    desk.clock.advance(59 * SECOND)
    assert await worker.deliver_due() == 0
    desk.clock.advance(SECOND)
    await worker.deliver_due()
    assert desk.platform.keys == ["k2"]
    assert desk.row("k2").attempts == 1


async def test_two_conversations_told_to_wait_at_once_mean_the_whole_workspace() -> None:
    desk = Desk()
    third = ConversationRef(WORKSPACE, "C3")
    desk.platform.script.extend(asked_for(wait * SECOND, Scope.UNSAID) for wait in (30, 20))
    worker = desk.worker(at_once=1)
    for key, target in (("k1", TEAM), ("k2", OTHER), ("k3", third)):
        desk.put(key, target)
    await worker.deliver_due()
    assert (desk.platform.keys, desk.row("k3").attempts) == ([], 0)
    desk.clock.advance(20 * SECOND)
    await worker.deliver_due()
    assert sorted(desk.platform.keys) == ["k2", "k3"]


@pytest.mark.parametrize(("target", "later"), [(TEAM, 5), (OTHER, 30)])
async def test_one_conversation_told_to_wait_again_or_another_one_later_pauses_no_third(
    target: ConversationRef, later: int
) -> None:
    desk = Desk()
    desk.platform.script.extend(asked_for(wait * SECOND, Scope.UNSAID) for wait in (5, 30))
    worker = desk.worker(at_once=1)
    desk.put("k1")
    await worker.deliver_due()
    desk.clock.advance(later * SECOND)
    if target is OTHER:
        desk.row("k1").state = State.CANCELLED
        desk.put("k2", OTHER)
    desk.put("k3", ConversationRef(WORKSPACE, "C3"))
    await worker.deliver_due()
    assert desk.platform.keys == ["k3"]


async def test_the_platforms_own_pace_is_kept_in_a_conversation() -> None:
    desk = Desk()
    desk.platform.capabilities = replace(CANNOT_BE_ASKED, pace=2 * SECOND)
    worker = desk.worker()
    for key in ("k1", "k2"):
        desk.put(key)
    await worker.deliver_due()
    desk.clock.advance(1.9 * SECOND)
    assert await worker.deliver_due() == 0
    desk.clock.advance(SECOND / 10)
    await worker.deliver_due()
    assert desk.platform.keys == ["k1", "k2"]


async def test_the_pace_is_kept_after_a_message_that_was_found() -> None:
    desk = Desk()
    desk.platform.capabilities = replace(desk.platform.capabilities, pace=2 * SECOND)
    desk.platform.script.append(LOST)
    for key in ("k1", "k2"):
        desk.put(key)
    worker = desk.worker()
    await worker.deliver_due()
    desk.clock.advance(5 * SECOND)
    await worker.deliver_due()
    desk.clock.advance(1.9 * SECOND)
    assert await worker.deliver_due() == 0
    desk.clock.advance(SECOND / 10)
    await worker.deliver_due()
    assert desk.platform.keys == ["k1", "k2"]


async def test_retry_after_pauses_the_whole_workspace_and_no_other() -> None:
    desk = Desk()
    elsewhere = ConversationRef(WorkspaceRef(Platform.SLACK, "T2"), "C1")
    desk.platform.script.append(asked_for(30 * SECOND, Scope.WORKSPACE))
    worker = desk.worker(at_once=1)
    desk.put("k1")
    desk.put("k2", OTHER)
    desk.put("k3", elsewhere)
    await worker.deliver_due()
    assert desk.platform.keys == ["k3"]
    assert desk.row("k2").attempts == 0
    desk.clock.advance(30 * SECOND)
    await worker.deliver_due()
    assert sorted(desk.platform.keys) == ["k1", "k2", "k3"]


async def test_a_temporary_error_without_retry_after_pauses_only_its_own_message() -> None:
    desk = Desk()
    desk.platform.script.append(TemporaryDeliveryError("service_unavailable"))
    worker = desk.worker(at_once=1)
    desk.put("k1")
    desk.put("k2", OTHER)
    await worker.deliver_due()
    assert desk.platform.keys == ["k2"]
    desk.clock.advance(SECOND)
    await worker.deliver_due()
    assert desk.platform.keys == ["k2", "k1"]


async def test_a_message_is_given_up_after_a_day_of_temporary_errors() -> None:
    desk = Desk()
    desk.put("k1")
    worker = desk.worker()
    for _ in range(30):
        desk.platform.script.append(TemporaryDeliveryError("service_unavailable", timedelta(hours=1)))
        await worker.deliver_due()
        desk.clock.advance(timedelta(hours=1))
    assert (desk.state("k1"), desk.row("k1").reason) == (
        State.FAILED,
        "given up after a day: service_unavailable",
    )
    assert desk.row("k1").attempts == 24
    assert desk.platform.posts == []


async def test_a_permanent_error_is_kept_for_the_operator_and_the_conversation_goes_on() -> None:
    desk = Desk()
    desk.platform.script.append(PermanentDeliveryError("channel_not_found"))
    desk.put("k1")
    desk.put("k2")
    worker = desk.worker()
    await worker.deliver_due()
    assert (desk.state("k1"), desk.row("k1").reason) == (State.FAILED, "channel_not_found")
    await worker.deliver_due()
    assert desk.platform.keys == ["k2"]


async def test_who_blocked_the_bot_is_no_fault_and_is_not_written_to_again() -> None:
    desk = Desk()
    desk.platform.script.append(BlockedError("MessageWritesBlocked"))
    desk.put("k1")
    with capture_logs() as logged:
        await desk.worker().deliver_due()
    assert (desk.state("k1"), desk.row("k1").reason) == (State.BLOCKED, "MessageWritesBlocked")
    [line] = [each for each in logged if "delivery_" in each["event"]]
    assert (line["event"], line["log_level"]) == ("delivery_blocked", "info")
    desk.clock.advance(timedelta(days=1))
    await desk.worker().deliver_due()
    assert desk.platform.posts == []


async def test_a_message_whose_answer_was_lost_is_found_and_not_sent_twice() -> None:
    desk = Desk()
    desk.platform.script.append(LOST)
    desk.put("k1")
    worker = desk.worker()
    await worker.deliver_due()
    assert desk.state("k1") is State.SENDING
    desk.clock.advance(5 * SECOND)
    await worker.deliver_due()
    assert desk.platform.keys == ["k1"]
    assert (desk.state("k1"), desk.row("k1").receipt.message) == (State.SENT, "m1")
    # Their clock may be behind ours.
    assert desk.platform.searched_since[0] < desk.row("k1").began_at - SECOND


async def test_a_message_that_never_arrived_is_sent_again() -> None:
    desk = Desk()
    desk.platform.script.append(NEVER_ARRIVED)
    desk.put("k1")
    worker = desk.worker()
    await worker.deliver_due()
    desk.clock.advance(5 * SECOND)
    await worker.deliver_due()
    assert desk.platform.keys == ["k1"]
    assert (desk.state("k1"), desk.row("k1").attempts) == (State.SENT, 2)


@pytest.mark.parametrize("fault", [ValueError("a fault of ours"), TimeoutError(), OSError("reset")])
async def test_an_error_that_nobody_foresaw_leaves_the_message_in_doubt(fault: Exception) -> None:
    desk = Desk()
    desk.platform.script.append(Lost(fault))
    desk.put("k1")
    worker = desk.worker()
    await worker.deliver_due()
    assert desk.state("k1") is State.SENDING
    desk.clock.advance(5 * SECOND)
    await worker.deliver_due()
    assert (desk.platform.keys, desk.state("k1")) == (["k1"], State.SENT)


async def test_a_platform_that_does_not_answer_is_cut_off() -> None:
    desk = Desk()
    desk.platform.script.append(Gate())
    desk.put("k1")
    await desk.worker(lease=timedelta(milliseconds=20)).deliver_due()
    assert (desk.state("k1"), desk.row("k1").reason) == (State.SENDING, "no answer within 0.01 s")


async def test_order_is_kept_while_a_message_is_in_doubt() -> None:
    desk = Desk()
    desk.platform.script.append(NEVER_ARRIVED)
    desk.put("k1")
    desk.put("k2")
    worker = desk.worker()
    for _ in range(8):
        await worker.deliver_due()
        desk.clock.advance(SECOND)
    assert desk.platform.keys == ["k1", "k2"]


async def test_a_killed_workers_message_is_found_by_the_next_one() -> None:
    desk = Desk()
    row_id = desk.put("k1")
    [parcel] = await desk.queue.claim(desk.clock.now(), 1, "killed", LEASE, [Platform.SLACK])
    assert await desk.queue.begin_send(row_id, "killed", desk.clock.now(), LEASE)
    await desk.platform.send(parcel.target, parcel.message, parcel.key)
    worker = desk.worker("next")
    assert await worker.deliver_due() == 0
    desk.clock.advance(LEASE)
    await worker.deliver_due()
    assert (desk.platform.keys, desk.state("k1")) == (["k1"], State.SENT)


async def test_asking_is_put_off_while_the_platform_cannot_answer() -> None:
    desk = Desk()
    desk.platform.script.append(LOST)
    desk.platform.asked.extend(
        [
            TemporaryDeliveryError("ratelimited", 20 * SECOND),
            AmbiguousDeliveryError("cut"),
            ValueError("a fault of ours"),
        ]
    )
    desk.put("k1")
    worker = desk.worker()
    await worker.deliver_due()
    desk.clock.advance(5 * SECOND)
    await worker.deliver_due()
    desk.clock.advance(19 * SECOND)
    assert await worker.deliver_due() == 0
    for _ in range(60):
        await worker.deliver_due()
        desk.clock.advance(SECOND)
    assert len(desk.platform.searched_since) == 4
    assert (desk.platform.keys, desk.state("k1")) == (["k1"], State.SENT)


async def test_a_paused_workspace_is_not_asked_either() -> None:
    desk = Desk()
    desk.platform.script.extend([LOST, asked_for(60 * SECOND, Scope.WORKSPACE)])
    desk.put("k1")
    desk.put("k2", OTHER)
    worker = desk.worker(at_once=1)
    await worker.deliver_due()
    desk.clock.advance(5 * SECOND)
    await worker.deliver_due()
    assert desk.platform.searched_since == []
    desk.clock.advance(60 * SECOND)
    await worker.deliver_due()
    assert sorted(desk.platform.keys) == ["k1", "k2"]


async def test_where_nobody_can_be_asked_a_shout_out_waits_for_the_operator() -> None:
    desk = Desk()
    desk.platform.capabilities = CANNOT_BE_ASKED
    desk.platform.script.append(LOST)
    desk.put("k1")
    worker = desk.worker()
    await worker.deliver_due()
    desk.clock.advance(5 * SECOND)
    await worker.deliver_due()
    assert (desk.state("k1"), desk.row("k1").reason) == (
        State.UNKNOWN,
        "may have arrived: the platform cannot be asked",
    )
    assert desk.platform.keys == ["k1"]


async def test_where_nobody_can_be_asked_a_receivers_note_is_sent_once_more_and_no_oftener() -> None:
    desk = Desk()
    desk.platform.capabilities = CANNOT_BE_ASKED
    desk.platform.script.extend([NEVER_ARRIVED, NEVER_ARRIVED])
    desk.put("k1", AccountRef(WORKSPACE, "U1"), NOTE)
    worker = desk.worker()
    for _ in range(30):
        await worker.deliver_due()
        desk.clock.advance(SECOND)
    assert (desk.state("k1"), len(desk.platform.calls)) == (State.UNKNOWN, 2)


async def test_a_search_that_is_refused_is_as_if_nobody_could_be_asked() -> None:
    desk = Desk()
    desk.platform.script.append(LOST)
    desk.platform.asked.append(PermanentDeliveryError("missing_scope"))
    desk.put("k1")
    worker = desk.worker()
    await worker.deliver_due()
    desk.clock.advance(5 * SECOND)
    await worker.deliver_due()
    assert (desk.state("k1"), desk.row("k1").reason) == (State.UNKNOWN, "may have arrived: missing_scope")


async def test_a_removal_whose_answer_was_lost_is_done_again_without_asking() -> None:
    desk = Desk()
    first = desk.put("k1")
    worker = desk.worker()
    await worker.deliver_due()
    desk.put("k1:remove", message=None, operation=Operation.REMOVE, original=first)
    desk.platform.script.append(LOST)
    for _ in range(8):
        desk.clock.advance(SECOND)
        await worker.deliver_due()
    receipt = desk.row("k1").receipt
    assert desk.platform.calls == [("send", "k1"), ("remove", receipt), ("remove", receipt)]
    assert desk.state("k1:remove") is State.SENT
    assert desk.platform.searched_since == []


async def test_an_update_replaces_the_message_that_was_sent() -> None:
    desk = Desk()
    first = desk.put("k1")
    worker = desk.worker()
    await worker.deliver_due()
    desk.put("k1:update", operation=Operation.UPDATE, original=first)
    desk.clock.advance(SECOND)
    await worker.deliver_due()
    assert desk.platform.calls[-1] == ("update", (desk.row("k1").receipt, SHOUT_OUT))


@pytest.mark.parametrize("operation", [Operation.UPDATE, Operation.REMOVE])
async def test_changing_what_was_never_delivered_is_nothing_to_do(operation: Operation) -> None:
    desk = Desk()
    desk.platform.script.append(PermanentDeliveryError("channel_not_found"))
    first = desk.put("k1")
    worker = desk.worker()
    await worker.deliver_due()
    desk.put("k2", operation=operation, original=first)
    desk.put("k3")
    await worker.deliver_due()
    assert (desk.state("k2"), desk.row("k2").receipt) == (State.SENT, None)
    # Nothing was said, so the next need not wait for the pace.
    await worker.deliver_due()
    assert [call for call, _ in desk.platform.calls] == ["send", "send"]


async def test_a_platform_that_cannot_take_messages_away_is_not_asked_to() -> None:
    desk = Desk()
    desk.platform.capabilities = Capabilities(find_sent=True, remove=False)
    first = desk.put("k1")
    worker = desk.worker()
    await worker.deliver_due()
    desk.put("k1:remove", message=None, operation=Operation.REMOVE, original=first)
    desk.clock.advance(SECOND)
    await worker.deliver_due()
    assert desk.state("k1:remove") is State.FAILED
    assert len(desk.platform.calls) == 1


async def withdrawn(desk: Desk, message: Message | None = WITHDRAWN) -> Any:
    """Take k1 away again; give the platform's calls after it was sent."""
    worker = desk.worker()
    desk.put("k1:remove", message=message, operation=Operation.REMOVE, original=desk.row("k1").id)
    before = len(desk.platform.calls)
    for _ in range(8):
        desk.clock.advance(SECOND)
        await worker.deliver_due()
    return desk.platform.calls[before:]


async def test_what_a_workspace_forbids_to_remove_loses_its_words() -> None:
    desk = Desk()
    desk.put("k1")
    await desk.worker().deliver_due()
    desk.platform.script.append(PermanentDeliveryError("cant_delete_message"))
    receipt = desk.row("k1").receipt
    assert await withdrawn(desk) == [("remove", receipt), ("update", (receipt, WITHDRAWN))]
    assert desk.state("k1:remove") is State.SENT


async def test_what_a_platform_cannot_remove_loses_its_words() -> None:
    desk = Desk()
    desk.platform.capabilities = Capabilities(find_sent=True, remove=False)
    desk.put("k1")
    await desk.worker().deliver_due()
    assert await withdrawn(desk) == [("update", (desk.row("k1").receipt, WITHDRAWN))]
    assert desk.state("k1:remove") is State.SENT


@pytest.mark.parametrize(
    ("script", "message"),
    [
        ([PermanentDeliveryError("cant_delete_message")], None),
        ([PermanentDeliveryError("cant_delete_message"), PermanentDeliveryError("cant_update_message")], WITHDRAWN),
    ],
)
async def test_what_can_neither_be_removed_nor_reworded_is_for_the_operator(
    script: list[Exception], message: Message | None
) -> None:
    desk = Desk()
    desk.put("k1")
    await desk.worker().deliver_due()
    desk.platform.script.extend(script)
    await withdrawn(desk, message)
    assert (desk.state("k1:remove"), desk.row("k1:remove").reason) == (State.FAILED, script[-1].args[0])


async def settled_as_unknown(script: Exception | Lost) -> Desk:
    """Send k1, and learn for a day nothing of what became of it."""
    desk = Desk()
    desk.put("k1")
    desk.platform.script.append(script)
    await desk.worker().deliver_due()
    desk.clock.advance(timedelta(hours=24))
    desk.platform.asked.append(AmbiguousDeliveryError("timeout"))
    await desk.worker().deliver_due()
    assert desk.state("k1") is State.UNKNOWN
    return desk


async def test_what_may_have_arrived_is_looked_for_and_removed() -> None:
    desk = await settled_as_unknown(LOST)
    began = desk.row("k1").began_at
    assert began
    [receipt] = desk.platform.standing
    assert await withdrawn(desk) == [("remove", receipt)]
    assert not desk.platform.standing
    assert desk.platform.searched_since[-1] < began
    assert desk.state("k1:remove") is State.SENT


async def test_what_may_have_arrived_is_looked_for_until_the_platform_answers() -> None:
    desk = await settled_as_unknown(LOST)
    desk.platform.asked.extend([TemporaryDeliveryError("busy"), AmbiguousDeliveryError("timeout")])
    assert [call for call, _ in await withdrawn(desk)] == ["remove"]
    assert desk.state("k1:remove") is State.SENT


@pytest.mark.parametrize("operation", [Operation.UPDATE, Operation.REMOVE])
async def test_what_did_not_arrive_after_all_needs_no_change(operation: Operation) -> None:
    desk = await settled_as_unknown(NEVER_ARRIVED)
    desk.put("k2", operation=operation, original=desk.row("k1").id)
    await desk.worker().deliver_due()
    assert desk.state("k2") is State.SENT
    assert [call for call, _ in desk.platform.calls] == ["send"]


async def test_what_may_have_arrived_and_cannot_be_looked_for_is_for_the_operator() -> None:
    desk = await settled_as_unknown(LOST)
    desk.platform.capabilities = CANNOT_BE_ASKED
    assert await withdrawn(desk) == []
    assert desk.state("k1:remove") is State.UNKNOWN


async def test_a_message_withdrawn_while_in_doubt_is_not_sent_again() -> None:
    desk = Desk()
    desk.platform.script.append(NEVER_ARRIVED)
    first = desk.put("k1")
    worker = desk.worker()
    await worker.deliver_due()
    desk.put("k1:remove", message=None, operation=Operation.REMOVE, original=first)
    for _ in range(8):
        desk.clock.advance(SECOND)
        await worker.deliver_due()
    assert desk.platform.posts == []
    assert (desk.state("k1"), desk.state("k1:remove")) == (State.CANCELLED, State.SENT)


async def test_a_message_that_cannot_be_read_fails_and_holds_up_nobody() -> None:
    desk = Desk()
    desk.put("k1", message=None)
    desk.put("k2")
    worker = desk.worker()
    await worker.deliver_due()
    await worker.deliver_due()
    assert (desk.state("k1"), desk.row("k1").reason) == (State.FAILED, "unreadable: no message")
    assert desk.platform.keys == ["k2"]


class Unreadable(MemoryQueue):
    """Every message in it is of a later release."""

    def _parcel(self, row: OutboxRow) -> Parcel:
        return replace(super()._parcel(row), message=None, unreadable="version 99")


async def test_a_message_of_a_later_release_fails_without_a_call() -> None:
    desk = Desk()
    desk.queue = Unreadable(desk.store)
    desk.put("k1")
    await desk.worker().deliver_due()
    assert (desk.state("k1"), desk.row("k1").reason) == (State.FAILED, "unreadable: version 99")
    assert (desk.row("k1").attempts, desk.platform.calls) == (0, [])


async def test_a_message_for_a_platform_that_is_not_served_waits_until_it_is() -> None:
    desk = Desk()
    desk.put("k1")
    platforms = {}
    worker = desk.worker(platforms=platforms)
    assert await worker.deliver_due() == 0
    assert desk.state("k1") is State.PENDING
    platforms[Platform.SLACK] = desk.platform
    await worker.deliver_due()
    assert desk.platform.keys == ["k1"]


async def test_a_message_in_doubt_waits_for_its_platform_too() -> None:
    desk = Desk()
    desk.platform.script.append(LOST)
    desk.put("k1")
    await desk.worker().deliver_due()
    desk.clock.advance(5 * SECOND)
    assert await desk.worker("without", platforms={}).deliver_due() == 0
    await desk.worker().deliver_due()
    assert (desk.platform.keys, desk.state("k1")) == (["k1"], State.SENT)
