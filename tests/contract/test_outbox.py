"""What every storage does with messages that rooms put, and change."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from bot.delivery.model import Missing, Operation, Outgoing, Retried, Sent, State, Unknown
from bot.identity import Platform, WorkspaceRef
from bot.ports import Receipt
from tests.factories import NOW, a_channel, a_message, an_account

LEASE = timedelta(seconds=30)
NO_HOLD = timedelta(0)
LATER = NOW + timedelta(hours=1)
RECEIPT = Receipt(a_channel(), "1700000000.000100")
FIRST = Outgoing(key="digest", subject="team:1", target=a_channel(), message=a_message("This week"))
REST = Outgoing("rest", "team:1", a_channel(), a_message("And the rest"), under="digest")
BETTER, BEST = a_message("Corrected"), a_message("Corrected again")


@pytest.fixture
def put(storage, organisation):
    async def put(*outgoing, at=NOW):
        async with storage.units(organisation) as unit:
            done = [await unit.outbox.put(each, at) for each in outgoing]
            await unit.commit()
            return done

    return put


@pytest.fixture
def change(storage, organisation):
    async def change(message, key="digest", subject="team:1", at=LATER):
        async with storage.units(organisation) as unit:
            await unit.outbox.change(subject, key, message, at)
            await unit.commit()

    return change


@pytest.fixture
def deliver(storage):
    """Carry out what is due, in order, until nothing is; give each as (operation, text, original)."""

    async def deliver(outcome=Sent(RECEIPT), limit=10, at=LATER):  # noqa: B008 it is frozen
        done = []
        while len(done) < limit and (parcels := await storage.queue.claim(at, 1, "w", LEASE, frozenset(Platform))):
            for parcel in parcels:
                if await storage.queue.begin_send(parcel.id, "w", at, LEASE):
                    text = parcel.message.summary if parcel.message else None
                    done.append((parcel.operation, text, parcel.original))
                    await storage.queue.settle(parcel.id, "w", outcome, at, NO_HOLD)
        return done

    return deliver


SENT = (Operation.SEND, "This week", None)


async def test_a_message_that_is_put_goes_out_and_delivery_is_woken(storage, organisation, put):
    assert await put(FIRST) == [True]
    assert storage.wakes == 1
    [row] = await storage.inside.posted(organisation)
    assert (row.key, row.operation, row.state, row.target) == ("digest", "send", "pending", "C1")
    [parcel] = await storage.queue.claim(NOW, 10, "w", LEASE, frozenset(Platform))
    assert (parcel.key, parcel.target, parcel.message, parcel.created_at) == ("digest", a_channel(), FIRST.message, NOW)


async def test_what_was_not_committed_does_not_go_out(storage, organisation, deliver):
    async with storage.units(organisation) as unit:
        assert await unit.outbox.put(FIRST, NOW)
    assert storage.wakes == 0
    assert await deliver() == []


async def test_putting_it_again_changes_nothing(put, deliver):
    again = replace(FIRST, message=a_message("Something else"))
    assert await put(FIRST, again) == [True, False]
    assert await put(again) == [False]
    assert await put(replace(FIRST, subject="team:2", target=an_account())) == [True]
    assert [text for _, text, _ in await deliver()] == ["This week", "This week"]


async def test_whether_there_is_a_message_to_change_is_said(storage, organisation, put):
    await put(FIRST)
    async with storage.units(organisation) as unit:
        assert await unit.outbox.put(REST, NOW)
        for key, there in ((FIRST.key, True), (REST.key, True), ("another", False)):
            assert await unit.outbox.change(FIRST.subject, key, BETTER, NOW) is there
        assert not await unit.outbox.change("team:2", FIRST.key, BETTER, NOW)


async def test_of_twenty_at_once_one_puts_it(storage, organisation, put):
    assert sum(done for [done] in await asyncio.gather(*(put(FIRST) for _ in range(20)))) == 1
    assert len(await storage.inside.posted(organisation)) == 1


async def test_an_organisation_puts_and_changes_its_own_only(storage, put, deliver):
    elsewhere = await storage.organisation(WorkspaceRef(Platform.SLACK, "T2"))
    assert await put(FIRST) == [True]
    async with storage.units(elsewhere) as unit:
        assert await unit.outbox.put(replace(FIRST, target=an_account()), NOW)
        await unit.outbox.change("team:1", "digest", None, NOW)
        await unit.commit()
    assert await deliver() == [SENT]


async def test_what_continues_a_message_follows_it_and_knows_where_it_is(put, deliver):
    more = replace(REST, key="more", message=a_message("And more"))
    await put(FIRST, REST, more)
    assert await deliver() == [SENT, (Operation.SEND, "And the rest", RECEIPT), (Operation.SEND, "And more", RECEIPT)]


@pytest.mark.parametrize("at", [NOW - timedelta(minutes=5), NOW, LATER])
async def test_it_follows_also_when_it_was_put_by_a_process_with_another_clock(put, deliver, at):
    await put(FIRST)
    await put(REST, at=at)
    assert await deliver() == [SENT, (Operation.SEND, "And the rest", RECEIPT)]


async def test_what_continues_a_message_that_may_have_arrived_can_look_for_it(storage, put, deliver):
    await put(FIRST, REST)
    assert len(await deliver(Unknown("may have arrived"), limit=1)) == 1
    [parcel] = await storage.queue.claim(LATER, 10, "w", LEASE, frozenset(Platform))
    assert (parcel.operation, parcel.original, parcel.missing) == (Operation.SEND, None, Missing("digest", LATER))


@pytest.mark.parametrize(
    "rest",
    [
        pytest.param(replace(REST, under="nothing"), id="nothing was put"),
        pytest.param(replace(REST, subject="team:2"), id="another matter"),
        pytest.param(replace(REST, target=a_channel("C2")), id="another conversation"),
    ],
)
async def test_what_has_nothing_to_continue_stands_by_itself(put, deliver, rest):
    await put(FIRST, rest)
    assert (Operation.SEND, "And the rest", None) in await deliver()


async def test_what_continues_a_message_taken_back_stands_by_itself(put, change, deliver):
    await put(FIRST, REST)
    await change(None)
    assert await deliver() == [(Operation.SEND, "And the rest", None)]


async def test_a_message_that_waits_says_what_it_was_changed_to(put, change, deliver):
    await put(FIRST)
    await change(BETTER)
    await change(BEST)
    assert await deliver() == [(Operation.SEND, "Corrected again", None)]


async def test_a_message_changed_in_the_transaction_that_puts_it_says_the_last(storage, organisation, deliver):
    async with storage.units(organisation) as unit:
        await unit.outbox.put(FIRST, NOW)
        await unit.outbox.change("team:1", "digest", BETTER, NOW)
        await unit.commit()
    assert await deliver() == [(Operation.SEND, "Corrected", None)]


async def test_a_worker_that_holds_the_old_words_does_not_send_them(storage, put, change, deliver):
    await put(FIRST)
    [parcel] = await storage.queue.claim(NOW, 10, "w", LEASE, frozenset(Platform))
    await change(BETTER)
    assert not await storage.queue.begin_send(parcel.id, "w", NOW, LEASE)
    assert await deliver() == [(Operation.SEND, "Corrected", None)]


async def test_a_message_that_waits_and_is_taken_back_does_not_go_out(put, change, deliver):
    await put(FIRST)
    await change(None)
    await change(BETTER)
    assert await deliver() == []


async def test_a_message_that_is_out_is_updated(storage, put, change, deliver):
    await put(FIRST)
    await deliver()
    woken = storage.wakes
    await change(BETTER)
    assert storage.wakes == woken + 1
    assert await deliver() == [(Operation.UPDATE, "Corrected", RECEIPT)]
    await change(BEST)
    assert await deliver() == [(Operation.UPDATE, "Corrected again", RECEIPT)]


async def test_of_several_changes_that_wait_the_last_counts(put, change, deliver):
    await put(FIRST)
    await deliver()
    await change(BETTER)
    await change(BEST)
    assert await deliver() == [(Operation.UPDATE, "Corrected again", RECEIPT)]


async def test_a_message_that_is_out_is_taken_away_and_stays_so(put, change, deliver):
    await put(FIRST)
    await deliver()
    await change(BETTER)
    await change(None)
    await change(BEST)
    await change(None)
    assert await deliver() == [(Operation.REMOVE, None, RECEIPT)]


async def test_a_message_under_way_is_corrected_behind_it(storage, put, change, deliver):
    await put(FIRST)
    [parcel] = await storage.queue.claim(NOW, 10, "w", LEASE, frozenset(Platform))
    assert await storage.queue.begin_send(parcel.id, "w", NOW, LEASE)
    await change(BETTER, at=NOW - timedelta(minutes=5))
    await storage.queue.settle(parcel.id, "w", Sent(RECEIPT), NOW, NO_HOLD)
    assert await deliver() == [(Operation.UPDATE, "Corrected", RECEIPT)]


async def test_an_update_under_way_is_corrected_behind_it(storage, put, change, deliver):
    await put(FIRST)
    await deliver()
    await change(BETTER)
    [parcel] = await storage.queue.claim(LATER, 10, "w", LEASE, frozenset(Platform))
    assert await storage.queue.begin_send(parcel.id, "w", LATER, LEASE)
    await change(BEST)
    await storage.queue.settle(parcel.id, "w", Sent(None), LATER, NO_HOLD)
    assert await deliver() == [(Operation.UPDATE, "Corrected again", RECEIPT)]


async def test_a_message_that_failed_says_the_new_words_if_it_is_sent_again(
    storage, organisation, put, change, deliver
):
    await put(FIRST)
    await storage.inside.deliver("digest", State.FAILED)
    await change(BETTER)
    assert await deliver() == []
    [row] = await storage.inside.posted(organisation)
    assert await storage.queue.retry(row.id, LATER) is Retried.PENDING
    assert await deliver() == [(Operation.SEND, "Corrected", None)]


async def test_nothing_happens_where_there_is_no_such_message(storage, organisation, put, change):
    await put(FIRST)
    await change(BETTER, key="nothing")
    await change(BETTER, subject="team:2")
    await change(None, subject="team:2")
    [row] = await storage.inside.posted(organisation)
    assert (row.key, row.state) == ("digest", "pending")


@pytest.mark.parametrize(
    ("state", "is_out"),
    [
        (State.PENDING, False),
        (State.CLAIMED, False),
        (State.BLOCKED, False),
        (State.FAILED, False),
        (State.SENDING, True),
        (State.SENT, True),
        (State.UNKNOWN, True),
    ],
)
async def test_what_may_have_been_delivered_is_out(storage, organisation, put, *, state, is_out):
    await put(FIRST)
    await storage.inside.deliver("digest", state)
    async with storage.units(organisation) as unit:
        assert await unit.outbox.is_out("team:1", "digest") is is_out
        assert await unit.outbox.is_out("team:1", "purged")
