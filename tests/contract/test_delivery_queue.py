"""What every delivery queue promises, asked of the one in memory, of SQLite and of PostgreSQL."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from itertools import count
from typing import Protocol
from uuid import uuid4

import msgspec
import pytest
import sqlalchemy as sa

from bot.delivery.model import Blocked, Failed, InDoubt, Missing, Operation, Retried, Sent, State, TryAgain, Unknown
from bot.delivery.store import DeliveryQueue
from bot.identity import AccountRef, ConversationRef, OrganisationId, OutboxId, Platform, Target, WorkspaceRef
from bot.ports import Receipt
from bot.view.message import MessageKind
from storage.tables import outbox
from storage.teams_chat import TeamsChatStore
from tests.fakes import MemoryStore, OutboxRow
from tests.memory_queue import MemoryQueue
from tests.outbox_bench import MESSAGE, NOW, TEAM, SqlBench, opened, rows

LEASE = timedelta(seconds=30)
SECOND = timedelta(seconds=1)
PLATFORMS = frozenset(Platform)
WORKSPACE = WorkspaceRef(Platform.SLACK, "T1")
OTHER = ConversationRef(WORKSPACE, "C2")
# A private chat and a channel may have the same id and are two conversations all the same.
ANNA = AccountRef(WORKSPACE, "C1")
RECEIPT = Receipt(TEAM, "1700000000.000100")


class Bench(Protocol):
    """A queue, and a way to put rows into it."""

    queue: DeliveryQueue
    organisation: OrganisationId

    async def put(
        self,
        target: Target = TEAM,
        *,
        at: datetime = NOW,
        operation: Operation = Operation.SEND,
        original: OutboxId | None = None,
    ) -> OutboxId: ...

    async def cancel(self, id: OutboxId) -> None: ...


class MemoryBench:
    def __init__(self) -> None:
        self.store = MemoryStore()
        self.queue = MemoryQueue(self.store)
        self.organisation = OrganisationId(uuid4())

    async def put(self, target=TEAM, *, at=NOW, operation=Operation.SEND, original=None) -> OutboxId:
        row_id = OutboxId(uuid4())
        self.store.outbox[row_id] = OutboxRow(
            organisation=self.organisation,
            id=row_id,
            key=str(row_id),
            subject="kudos:1",
            target=target,
            operation=operation,
            original_id=original,
            message=None if operation is Operation.REMOVE else MESSAGE,
            created_at=at,
            available_at=at,
        )
        return row_id

    async def cancel(self, id: OutboxId) -> None:
        self.store.outbox[id].state = State.CANCELLED
        self.store.outbox[id].settled_at = NOW


@pytest.fixture
async def sql_bench(request: pytest.FixtureRequest) -> AsyncIterator[SqlBench]:
    async with opened(request.getfixturevalue(request.param)) as bench:
        yield bench


@pytest.fixture(params=["memory", "sqlite_url", "postgres_url"])
async def bench(request: pytest.FixtureRequest) -> AsyncIterator[Bench]:
    if request.param == "memory":
        yield MemoryBench()
        return
    async with opened(request.getfixturevalue(request.param)) as bench:
        yield bench


ON_SQL = pytest.mark.parametrize("sql_bench", ["sqlite_url", "postgres_url"], indirect=True)


async def ids(queue: DeliveryQueue, now: datetime, worker: str = "a", limit: int = 10) -> list[OutboxId]:
    return [parcel.id for parcel in await queue.claim(now, limit, worker, LEASE, PLATFORMS)]


async def sent(queue: DeliveryQueue, id: OutboxId, now: datetime, hold: timedelta = timedelta(0)) -> None:
    assert await queue.begin_send(id, "a", now, LEASE)
    await queue.settle(id, "a", Sent(RECEIPT), now, hold)


async def test_a_claimed_row_says_all_that_was_put(bench: Bench) -> None:
    put = await bench.put(ANNA)
    [parcel] = await bench.queue.claim(NOW, 10, "a", LEASE, PLATFORMS)
    assert parcel.id == put
    assert parcel.organisation == bench.organisation
    assert (parcel.key, parcel.operation, parcel.target) == (str(put), Operation.SEND, ANNA)
    assert (parcel.message, parcel.original, parcel.unreadable) == (MESSAGE, None, None)
    assert (parcel.attempts, parcel.created_at, parcel.began_at) == (0, NOW, None)


async def test_only_the_oldest_of_each_conversation_is_claimed_and_oldest_first(bench: Bench) -> None:
    await bench.put(TEAM, at=NOW)
    second = await bench.put(OTHER, at=NOW - SECOND)
    first = await bench.put(TEAM, at=NOW - 2 * SECOND)
    third = await bench.put(ANNA, at=NOW)
    assert await ids(bench.queue, NOW) == [first, second, third]
    assert await ids(bench.queue, NOW) == []


async def test_no_more_are_claimed_than_asked_for_and_the_rest_are_left(bench: Bench) -> None:
    put = [await bench.put(ConversationRef(WORKSPACE, f"C{n}"), at=NOW - n * SECOND) for n in range(5)]
    assert await ids(bench.queue, NOW, limit=2) == [put[4], put[3]]
    assert await ids(bench.queue, NOW, "b") == [put[2], put[1], put[0]]


async def test_a_row_is_not_due_before_its_time(bench: Bench) -> None:
    put = await bench.put()
    await ids(bench.queue, NOW)
    await bench.queue.settle(put, "a", TryAgain(NOW + 5 * SECOND, "later"), NOW, timedelta(0))
    assert await bench.queue.next_due(PLATFORMS) == NOW + 5 * SECOND
    assert await ids(bench.queue, NOW + 4 * SECOND) == []
    assert await ids(bench.queue, NOW + 5 * SECOND) == [put]


async def test_the_next_of_a_conversation_follows_when_the_first_is_settled_and_the_pace_allows(bench: Bench) -> None:
    first, second = await bench.put(at=NOW - SECOND), await bench.put()
    await ids(bench.queue, NOW)
    await sent(bench.queue, first, NOW, hold=SECOND)
    assert await ids(bench.queue, NOW + SECOND / 2) == []
    assert await bench.queue.next_due(PLATFORMS) == NOW + SECOND
    assert await ids(bench.queue, NOW + SECOND) == [second]


async def test_the_pace_holds_for_a_row_that_is_put_after_the_first_was_sent(bench: Bench) -> None:
    first = await bench.put()
    await ids(bench.queue, NOW)
    await sent(bench.queue, first, NOW, hold=SECOND)
    second = await bench.put(at=NOW + SECOND / 10)
    elsewhere = await bench.put(OTHER, at=NOW + SECOND / 10)
    assert await ids(bench.queue, NOW + SECOND / 2, "b") == [elsewhere]
    assert await ids(bench.queue, NOW + SECOND, "b") == [second]


@pytest.mark.parametrize("outcome", [Failed("gone"), Unknown("who knows")])
async def test_a_conversation_goes_on_at_once_after_a_row_that_is_given_up(bench: Bench, outcome) -> None:
    first, second = await bench.put(at=NOW - SECOND), await bench.put()
    await ids(bench.queue, NOW)
    assert await bench.queue.begin_send(first, "a", NOW, LEASE)
    await bench.queue.settle(first, "a", outcome, NOW, SECOND)
    assert await ids(bench.queue, NOW) == [second]
    [held] = await bench.queue.held([State.FAILED, State.UNKNOWN], 10)
    assert (held.id, held.reason, held.attempts) == (first, outcome.reason, 1)


async def test_a_claim_that_ran_out_goes_to_the_next_worker_and_the_first_cannot_send_any_more(bench: Bench) -> None:
    put = await bench.put()
    assert await ids(bench.queue, NOW) == [put]
    assert await bench.queue.next_due(PLATFORMS) == NOW + LEASE
    assert await ids(bench.queue, NOW + LEASE, "b") == [put]
    assert not await bench.queue.begin_send(put, "a", NOW + LEASE, LEASE)
    await bench.queue.settle(put, "a", Failed("not mine"), NOW + LEASE, timedelta(0))
    assert await bench.queue.begin_send(put, "b", NOW + LEASE, LEASE)


async def test_a_cancelled_row_is_not_begun(bench: Bench) -> None:
    put = await bench.put()
    await ids(bench.queue, NOW)
    await bench.cancel(put)
    assert not await bench.queue.begin_send(put, "a", NOW, LEASE)
    assert [held.id for held in await bench.queue.held([State.CANCELLED], 10)] == [put]


async def test_a_begun_row_is_in_doubt_when_its_lease_runs_out_and_not_claimable(bench: Bench) -> None:
    put, behind = await bench.put(at=NOW - SECOND), await bench.put()
    await ids(bench.queue, NOW)
    assert await bench.queue.begin_send(put, "a", NOW, LEASE)
    almost = NOW + LEASE - SECOND
    assert await bench.queue.in_doubt(almost, 10, "b", LEASE, PLATFORMS) == []
    assert await ids(bench.queue, NOW + LEASE, "b") == []
    [doubtful] = await bench.queue.in_doubt(NOW + LEASE, 10, "b", LEASE, PLATFORMS)
    assert (doubtful.id, doubtful.attempts, doubtful.began_at) == (put, 1, NOW)
    assert await bench.queue.in_doubt(NOW + LEASE, 10, "c", LEASE, PLATFORMS) == []
    await bench.queue.settle(put, "b", Sent(RECEIPT), NOW + LEASE, timedelta(0))
    assert await ids(bench.queue, NOW + LEASE) == [behind]


async def test_doubt_is_looked_into_at_its_time_and_remembers_when_it_began(bench: Bench) -> None:
    put = await bench.put()
    await ids(bench.queue, NOW)
    assert await bench.queue.begin_send(put, "a", NOW, LEASE)
    await bench.queue.settle(put, "a", InDoubt(NOW + 5 * SECOND, "lost"), NOW + SECOND, SECOND)
    assert await bench.queue.next_due(PLATFORMS) == NOW + 5 * SECOND
    assert await bench.queue.in_doubt(NOW + 4 * SECOND, 10, "b", LEASE, PLATFORMS) == []
    assert [parcel.id for parcel in await bench.queue.in_doubt(NOW + 5 * SECOND, 10, "b", LEASE, PLATFORMS)] == [put]
    assert await bench.queue.begin_send(put, "b", NOW + 6 * SECOND, LEASE)
    [again] = await bench.queue.in_doubt(NOW + LEASE * 2, 10, "c", LEASE, PLATFORMS)
    assert (again.attempts, again.began_at) == (2, NOW)


async def test_a_try_that_surely_failed_ends_the_doubt(bench: Bench) -> None:
    put = await bench.put()
    await ids(bench.queue, NOW)
    assert await bench.queue.begin_send(put, "a", NOW, LEASE)
    await bench.queue.settle(put, "a", TryAgain(NOW + SECOND, "busy"), NOW, SECOND)
    [parcel] = await bench.queue.claim(NOW + SECOND, 10, "a", LEASE, PLATFORMS)
    assert (parcel.attempts, parcel.began_at) == (1, None)


async def test_a_removal_waits_for_its_message_and_gets_its_receipt(bench: Bench) -> None:
    put = await bench.put(at=NOW - SECOND)
    await ids(bench.queue, NOW)
    assert await bench.queue.begin_send(put, "a", NOW, LEASE)
    removal = await bench.put(operation=Operation.REMOVE, original=put)
    assert await ids(bench.queue, NOW) == []
    await bench.queue.settle(put, "a", Sent(RECEIPT), NOW, timedelta(0))
    [parcel] = await bench.queue.claim(NOW, 10, "a", LEASE, PLATFORMS)
    assert (parcel.id, parcel.operation, parcel.message) == (removal, Operation.REMOVE, None)
    assert (parcel.original, parcel.missing) == (RECEIPT, None)


async def test_a_removal_of_what_was_never_delivered_has_no_original(bench: Bench) -> None:
    put = await bench.put(at=NOW - SECOND)
    await ids(bench.queue, NOW)
    assert await bench.queue.begin_send(put, "a", NOW, LEASE)
    await bench.put(operation=Operation.REMOVE, original=put)
    await bench.queue.settle(put, "a", Failed("gone"), NOW, timedelta(0))
    [parcel] = await bench.queue.claim(NOW, 10, "a", LEASE, PLATFORMS)
    assert (parcel.operation, parcel.original, parcel.missing) == (Operation.REMOVE, None, None)


async def test_a_removal_of_what_may_have_arrived_says_what_to_look_for(bench: Bench) -> None:
    put = await bench.put(at=NOW - SECOND)
    await ids(bench.queue, NOW)
    assert await bench.queue.begin_send(put, "a", NOW, LEASE)
    await bench.queue.settle(put, "a", Unknown("lost"), NOW + SECOND, timedelta(0))
    await bench.put(operation=Operation.REMOVE, original=put)
    [parcel] = await bench.queue.claim(NOW + SECOND, 10, "a", LEASE, PLATFORMS)
    assert (parcel.original, parcel.missing) == (None, Missing(str(put), NOW))


async def test_a_message_withdrawn_while_in_doubt_is_not_sent_again(bench: Bench) -> None:
    put = await bench.put(at=NOW - SECOND)
    await ids(bench.queue, NOW)
    assert await bench.queue.begin_send(put, "a", NOW, LEASE)
    removal = await bench.put(operation=Operation.REMOVE, original=put)
    await bench.queue.in_doubt(NOW + LEASE, 10, "b", LEASE, PLATFORMS)
    assert not await bench.queue.begin_send(put, "b", NOW + LEASE, LEASE)
    assert [held.id for held in await bench.queue.held([State.CANCELLED], 10)] == [put]
    assert await ids(bench.queue, NOW + LEASE) == [removal]


async def test_a_worker_that_stops_gives_back_what_it_has_not_begun(bench: Bench) -> None:
    begun, waiting = await bench.put(TEAM, at=NOW - SECOND), await bench.put(OTHER)
    another = await bench.put(ANNA, at=NOW + SECOND)
    await ids(bench.queue, NOW)
    assert await ids(bench.queue, NOW + SECOND, "b") == [another]
    assert await bench.queue.begin_send(begun, "a", NOW, LEASE)
    assert await bench.queue.release("a", NOW) == 1
    assert await ids(bench.queue, NOW, "b") == [waiting]


async def test_an_operator_can_have_a_failed_row_sent_again(bench: Bench) -> None:
    put = await bench.put()
    await ids(bench.queue, NOW)
    assert await bench.queue.retry(put, NOW) is Retried.NOT_GIVEN_UP
    assert await bench.queue.begin_send(put, "a", NOW, LEASE)
    await bench.queue.settle(put, "a", Failed("no such channel"), NOW, timedelta(0))
    assert await ids(bench.queue, NOW) == []
    assert await bench.queue.retry(put, NOW + SECOND) is Retried.PENDING
    [parcel] = await bench.queue.claim(NOW + SECOND, 10, "a", LEASE, PLATFORMS)
    assert (parcel.id, parcel.attempts, parcel.began_at) == (put, 0, None)


async def test_a_withdrawn_message_cannot_be_had_sent_again(bench: Bench) -> None:
    put = await bench.put(at=NOW - SECOND)
    await ids(bench.queue, NOW)
    assert await bench.queue.begin_send(put, "a", NOW, LEASE)
    await bench.queue.settle(put, "a", Unknown("lost"), NOW, timedelta(0))
    await bench.put(operation=Operation.REMOVE, original=put)
    assert await bench.queue.retry(put, NOW) is Retried.WITHDRAWN


async def test_an_unknown_id_changes_nothing(bench: Bench) -> None:
    nobody = OutboxId(uuid4())
    assert not await bench.queue.begin_send(nobody, "a", NOW, LEASE)
    await bench.put()
    assert await bench.queue.retry(nobody, NOW) is Retried.NOT_THERE


COUNTED = [each for each in State if each not in {State.SENT, State.BLOCKED, State.CANCELLED}]


async def test_what_waits_or_was_given_up_is_counted_and_what_is_done_is_not(bench: Bench) -> None:
    done, failed, unknown, begun, claimed = [
        await bench.put(ConversationRef(WORKSPACE, f"D{number}")) for number in range(5)
    ]
    await bench.cancel(await bench.put(OTHER))
    await ids(bench.queue, NOW)
    for each, outcome in ((done, Sent(RECEIPT)), (failed, Failed("gone")), (unknown, Unknown("lost"))):
        assert await bench.queue.begin_send(each, "a", NOW, LEASE)
        await bench.queue.settle(each, "a", outcome, NOW, timedelta(0))
    assert await bench.queue.begin_send(begun, "a", NOW, LEASE)
    await bench.put(TEAM)
    assert await bench.queue.counts() == dict.fromkeys(COUNTED, 1)
    assert [held.id for held in await bench.queue.held([State.CLAIMED], 10)] == [claimed]


async def test_an_empty_queue_has_nothing_due_and_counts_zero(bench: Bench) -> None:
    assert await bench.queue.next_due(PLATFORMS) is None
    assert await bench.queue.counts() == dict.fromkeys(COUNTED, 0)
    assert await bench.queue.held(list(State), 10) == []


async def test_what_somebody_blocked_is_seen_and_counts_as_no_trouble(bench: Bench) -> None:
    blocked = await bench.put(ANNA)
    await ids(bench.queue, NOW)
    assert await bench.queue.begin_send(blocked, "a", NOW, LEASE)
    await bench.queue.settle(blocked, "a", Blocked("MessageWritesBlocked"), NOW, timedelta(0))
    assert await ids(bench.queue, NOW + LEASE) == []
    assert await bench.queue.next_due(PLATFORMS) is None
    assert await bench.queue.counts() == dict.fromkeys(COUNTED, 0)
    assert await bench.queue.blocked() == 1
    [held] = await bench.queue.held([State.BLOCKED], 10)
    assert (held.id, held.reason) == (blocked, "MessageWritesBlocked")
    assert await bench.queue.retry(blocked, NOW) is Retried.PENDING
    assert await bench.queue.blocked() == 0
    [parcel] = await bench.queue.claim(NOW, 10, "a", LEASE, PLATFORMS)
    assert (parcel.id, parcel.attempts) == (blocked, 0)


@ON_SQL
async def test_what_is_sent_again_is_to_be_refused_anew_by_its_receiver_and_by_nobody_else(sql_bench: SqlBench) -> None:
    tenant = WorkspaceRef(Platform.TEAMS, "tenant")
    anna, bo, unmet = (AccountRef(tenant, id_) for id_ in ("anna", "bo", "unmet"))
    people = TeamsChatStore(sql_bench.database)
    await people.keep_contacts(tenant, {each.id: {"blocked_at": NOW} for each in (anna, bo)})
    for receiver in (anna, unmet):
        put = await sql_bench.put(receiver)
        await ids(sql_bench.queue, NOW)
        assert await sql_bench.queue.begin_send(put, "a", NOW, LEASE)
        await sql_bench.queue.settle(put, "a", Blocked("MessageWritesBlocked"), NOW, timedelta(0))
        assert await sql_bench.queue.retry(put, NOW) is Retried.PENDING
    known = {each.profile.account: each.blocked_at for each in await people.contacts(tenant, "", 10)}
    assert known == {anna: None, bo: NOW}


async def test_what_somebody_blocked_is_forgotten_in_time(bench: Bench) -> None:
    blocked = await bench.put(ANNA)
    await ids(bench.queue, NOW)
    assert await bench.queue.begin_send(blocked, "a", NOW, LEASE)
    await bench.queue.settle(blocked, "a", Blocked("MessageWritesBlocked"), NOW, timedelta(0))
    assert await bench.queue.purge(NOW) == 0
    assert await bench.queue.purge(NOW + SECOND) == 1


async def test_the_operator_sees_which_kind_of_message_it_is(bench: Bench) -> None:
    put = await bench.put()
    await bench.put(operation=Operation.REMOVE, original=put, at=NOW + SECOND)
    held = await bench.queue.held([State.PENDING], 10)
    assert [(each.operation, each.kind) for each in held] == [
        (Operation.SEND, MessageKind.SHOUT_OUT),
        (Operation.REMOVE, MessageKind.SHOUT_OUT),
    ]


async def test_old_settled_rows_are_purged_and_nothing_else(bench: Bench) -> None:
    done, withdrawn, failed = await bench.put(), await bench.put(OTHER), await bench.put(ANNA)
    waiting = await bench.put(ConversationRef(WORKSPACE, "C9"), at=NOW + SECOND)
    await ids(bench.queue, NOW)
    await sent(bench.queue, done, NOW)
    await bench.cancel(withdrawn)
    assert await bench.queue.begin_send(failed, "a", NOW, LEASE)
    await bench.queue.settle(failed, "a", Failed("gone"), NOW, timedelta(0))
    assert await bench.queue.purge(NOW) == 0
    assert await bench.queue.purge(NOW + SECOND) == 2
    assert [held.id for held in await bench.queue.held(list(State), 10)] == [failed, waiting]


async def test_only_messages_for_the_platforms_asked_for_are_taken(bench: Bench) -> None:
    elsewhere = await bench.put(ConversationRef(WorkspaceRef(Platform.TEAMS, "T1"), "C1"))
    here = await bench.put(TEAM, at=NOW + SECOND)
    slack, teams = [Platform.SLACK], [Platform.TEAMS]
    assert await bench.queue.next_due(slack) == NOW + SECOND
    assert [parcel.id for parcel in await bench.queue.claim(NOW + SECOND, 10, "a", LEASE, slack)] == [here]
    assert [parcel.id for parcel in await bench.queue.claim(NOW + SECOND, 10, "a", LEASE, teams)] == [elsewhere]
    for each in (here, elsewhere):
        assert await bench.queue.begin_send(each, "a", NOW + SECOND, LEASE)
    later = NOW + SECOND + LEASE
    assert [parcel.id for parcel in await bench.queue.in_doubt(later, 10, "b", LEASE, teams)] == [elsewhere]
    assert await bench.queue.claim(later, 10, "b", LEASE, []) == []
    assert await bench.queue.next_due([]) is None


async def test_many_workers_at_once_get_each_row_once(bench: Bench) -> None:
    put = {await bench.put(ConversationRef(WORKSPACE, f"C{n}")) for n in range(40)}
    claims = await asyncio.gather(*(ids(bench.queue, NOW, f"w{n}", limit=7) for n in range(8)))
    # A worker that finds rows locked may go short; nobody may get a row twice.
    claimed = [each for claim in claims for each in claim]
    assert len(claimed) == len(set(claimed))
    claimed += await ids(bench.queue, NOW, "last", limit=40)
    assert sorted(claimed) == sorted(put)


@ON_SQL
@pytest.mark.parametrize(
    "message", ["not json", '{"v":99,"message":{}}', '{"v":1,"message":{"kind":"of_a_later_release"}}']
)
async def test_a_message_of_another_release_is_handed_out_as_unreadable(sql_bench: SqlBench, message: str) -> None:
    put = await sql_bench.put()
    await sql_bench.spoil(put, message=message)
    [parcel] = await sql_bench.queue.claim(NOW, 10, "a", LEASE, PLATFORMS)
    assert (parcel.id, parcel.message) == (put, None)
    assert parcel.unreadable


@ON_SQL
async def test_what_only_a_later_release_understands_is_left_to_it(sql_bench: SqlBench) -> None:
    await sql_bench.spoil(await sql_bench.put(TEAM), platform="carrier_pigeon")
    await sql_bench.spoil(await sql_bench.put(OTHER), operation="pin")
    understood = await sql_bench.put(ANNA, at=NOW + SECOND)
    assert await ids(sql_bench.queue, NOW) == []
    assert await sql_bench.queue.next_due(PLATFORMS) == NOW + SECOND
    assert await ids(sql_bench.queue, NOW + SECOND) == [understood]


@ON_SQL
async def test_a_receipt_is_kept_as_it_was_given(sql_bench: SqlBench) -> None:
    put = await sql_bench.put()
    await ids(sql_bench.queue, NOW)
    await sent(sql_bench.queue, put, NOW)
    async with sql_bench.database.reading() as connection:
        kept = await connection.scalar(sa.select(outbox.c.receipt).where(outbox.c.id == put))
    assert msgspec.json.decode(kept, type=Receipt) == RECEIPT


@ON_SQL
async def test_looking_for_work_does_not_read_the_backlog(sql_bench: SqlBench) -> None:
    """Twenty thousand rows wait in four conversations; the plan steps over the index and scans no table."""
    numbers = count()
    backlog = rows(sql_bench.organisation, [ConversationRef(WORKSPACE, f"C{next(numbers) % 4}") for _ in range(20_000)])
    await sql_bench.put_all(backlog)
    statements: list[tuple[str, object]] = []

    def note(_connection, _cursor, statement, parameters, _context, _many) -> None:
        statements.append((statement, parameters))

    engine = sql_bench.database.engine.sync_engine
    if not sql_bench.database.is_sqlite:
        async with sql_bench.database.reading() as connection:
            await connection.execute(sa.text("ANALYZE outbox"))
    sa.event.listen(engine, "before_cursor_execute", note)
    assert len(await ids(sql_bench.queue, NOW)) == 4
    await sql_bench.queue.next_due(PLATFORMS)
    sa.event.remove(engine, "before_cursor_execute", note)
    looking = [each for each in statements if "RECURSIVE" in each[0]]
    assert len(looking) == 2
    explain = "EXPLAIN QUERY PLAN" if sql_bench.database.is_sqlite else "EXPLAIN"
    async with sql_bench.database.transaction() as connection:
        for statement, parameters in looking:
            plan = (await connection.exec_driver_sql(f"{explain} {statement}", parameters)).all()
            text = "\n".join(str(line[-1]) for line in plan)
            assert "ix_outbox_unsettled" in text
            assert "Seq Scan on outbox" not in text
            assert "SCAN outbox" not in text.replace("SCAN outbox USING INDEX", "")
