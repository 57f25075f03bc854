"""What every storage does with kudos."""

from __future__ import annotations

import asyncio
from collections import Counter
from datetime import timedelta
from uuid import uuid4

import pytest

from bot.delivery.model import State
from bot.identity import Platform, WorkspaceRef
from bot.points.model import EntryKind
from bot.recognition.model import Receiving, RecordOutcome, TeamKudos
from tests.factories import MONDAY, NOW, WITHDRAWN, a_recording, a_team


@pytest.fixture
async def trio(storage, organisation):
    return await storage.people(organisation, "Anna Ek", "Bo Lind", "Cleo Ray")


@pytest.fixture
def record(storage, organisation):
    async def record(recording):
        async with storage.units(organisation) as unit:
            return await unit.kudos.record(recording)

    return record


@pytest.fixture
def undo(storage, organisation):
    async def undo(kudos, at=NOW + timedelta(hours=1)):
        async with storage.units(organisation) as unit:
            undone = await unit.kudos.undo(kudos, at, WITHDRAWN)
            await unit.commit()
            return undone

    return undo


async def balance(storage, organisation, person):
    async with storage.units(organisation) as unit:
        return (await unit.points.tally(person, NOW - timedelta(days=7), MONDAY)).balance


async def test_a_kudos_is_recorded_whole(storage, organisation, trio, record):
    anna, bo, cleo = trio
    recording = a_recording(anna, cleo, bo, link="https://example.com/1", behaviours=("ownership", "ideas"), points=15)
    recorded = await record(recording)
    assert (recorded.outcome, recorded.left) == (RecordOutcome.RECORDED, 70)
    async with storage.units(organisation) as unit:
        kudos = await unit.kudos.get(recording.id)
        assert kudos is not None
        assert kudos.giver == anna
        assert kudos.receivers == (Receiving(cleo, None, False), Receiving(bo, None, False))
        assert kudos.reason == recording.reason
        assert kudos.link == "https://example.com/1"
        assert kudos.behaviours == ("ownership", "ideas")
        assert (kudos.points, kudos.private, kudos.at, kudos.period) == (15, False, NOW, MONDAY)
        assert kudos.undone_at is None
        [entry] = await unit.points.entries(bo)
        assert (entry.kudos, entry.person, entry.kind, entry.amount, entry.at) == (
            recording.id,
            bo,
            EntryKind.EARNED,
            15,
            NOW,
        )
        assert await unit.points.used(anna, MONDAY) == 30
        assert await unit.kudos.last_recognised(bo) == NOW
        assert await unit.kudos.last_recognised(cleo, anna) == NOW
        assert await unit.kudos.last_recognised(anna) is None
        assert await unit.kudos.last_recognised(bo, cleo) is None


async def test_its_messages_wait_for_delivery_which_is_woken(storage, organisation, trio, record):
    recording = a_recording(trio[0], trio[1])
    await record(recording)
    posted = await storage.inside.posted(organisation)
    assert {(each.key, each.operation, each.state, each.message_kind, each.target) for each in posted} == {
        (f"kudos:{recording.id}:shout_out", "send", "pending", "shout_out", "C1"),
        (f"kudos:{recording.id}:note", "send", "pending", "shout_out", "U2"),
    }
    assert storage.wakes == 1


async def test_a_repeat_answers_as_the_first_time_and_changes_nothing(storage, organisation, trio, record):
    anna, bo, _ = trio
    first = a_recording(anna, bo, request_key="one act")
    assert (await record(first)).left == 90
    await record(a_recording(anna, bo))
    repeat = await record(a_recording(anna, bo, request_key="one act"))
    assert (repeat.outcome, repeat.left, repeat.kudos) == (RecordOutcome.SEEN, 90, first.id)
    assert await balance(storage, organisation, bo) == 20
    assert len(await storage.inside.posted(organisation)) == 4


async def test_more_than_the_allowance_holds_is_refused_whole(storage, organisation, trio, record):
    anna, bo, cleo = trio
    assert (await record(a_recording(anna, bo, points=25, limit=60))).left == 35
    recording = a_recording(anna, bo, cleo, points=25, limit=60, request_key="too much")
    refused = await record(recording)
    assert (refused.outcome, refused.left) == (RecordOutcome.OVER_ALLOWANCE, 35)
    async with storage.units(organisation) as unit:
        assert await unit.kudos.get(recording.id) is None
        assert await unit.points.used(anna, MONDAY) == 25
        assert await unit.kudos.last_recognised(cleo) is None
    assert await balance(storage, organisation, bo) == 25


async def test_a_first_kudos_above_the_allowance_is_refused(trio, record):
    refused = await record(a_recording(trio[0], trio[1], points=25, limit=20))
    assert (refused.outcome, refused.left) == (RecordOutcome.OVER_ALLOWANCE, 20)


async def test_a_refused_act_stays_refused_when_it_is_repeated(trio, record, undo):
    anna, bo, _ = trio
    first = a_recording(anna, bo, points=20, limit=30)
    await record(first)
    assert (await record(a_recording(anna, bo, points=20, limit=30, request_key="again"))).left == 10
    await undo(first.id)
    repeat = await record(a_recording(anna, bo, points=20, limit=30, request_key="again"))
    assert (repeat.outcome, repeat.left) == (RecordOutcome.OVER_ALLOWANCE, 30)


async def test_each_week_has_its_own_allowance(trio, record):
    anna, bo, _ = trio
    await record(a_recording(anna, bo, points=25, limit=25))
    next_week = MONDAY + timedelta(days=7)
    assert (await record(a_recording(anna, bo, points=25, limit=25, period=next_week))).left == 0


async def test_of_forty_at_once_ten_go_through_and_none_fails(storage, organisation, trio, record):
    anna, bo, _ = trio
    outcomes = await asyncio.gather(*(record(a_recording(anna, bo, limit=100)) for _ in range(40)))
    assert Counter(each.outcome for each in outcomes) == {
        RecordOutcome.RECORDED: 10,
        RecordOutcome.OVER_ALLOWANCE: 30,
    }
    assert sorted(each.left for each in outcomes if each.outcome is RecordOutcome.RECORDED) == list(range(0, 100, 10))
    assert await balance(storage, organisation, bo) == 100
    assert len(await storage.inside.posted(organisation)) == 20


async def test_of_one_act_forty_times_at_once_one_is_recorded(storage, organisation, trio, record):
    anna, bo, _ = trio
    answers = await asyncio.gather(*(record(a_recording(anna, bo, request_key="one act")) for _ in range(40)))
    assert Counter(each.outcome for each in answers) == {RecordOutcome.RECORDED: 1, RecordOutcome.SEEN: 39}
    assert {each.left for each in answers} == {90}
    assert await balance(storage, organisation, bo) == 10


async def test_the_same_receivers_in_opposite_orders_get_in_nobodys_way(storage, organisation, record):
    team = await storage.people(organisation, "Anna Ek", "Bo Lind", "Cleo Ray", "Dag Ros", "Eva Sjö", "Finn Tor")
    kudos = []
    for number in range(60):
        giver = team[number % 6]
        others = [each for each in team if each != giver]
        kudos.append(a_recording(giver, *(others if number % 2 else reversed(others)), limit=10_000))
    outcomes = await asyncio.gather(*map(record, kudos))
    assert {each.outcome for each in outcomes} == {RecordOutcome.RECORDED}
    assert [await balance(storage, organisation, each) for each in team] == [500] * 6


async def test_an_older_kudos_that_arrives_late_does_not_turn_last_recognised_back(storage, organisation, trio, record):
    anna, bo, _ = trio
    await record(a_recording(anna, bo))
    await record(a_recording(anna, bo, at=NOW - timedelta(hours=3)))
    async with storage.units(organisation) as unit:
        assert await unit.kudos.last_recognised(bo) == NOW
        assert await unit.kudos.last_recognised(bo, anna) == NOW


async def test_the_latest_kudos_is_found_undone_or_not(storage, organisation, trio, record, undo):
    anna, bo, cleo = trio
    latest = a_recording(anna, cleo, at=NOW + timedelta(minutes=5))
    for recording in (a_recording(anna, bo), latest, a_recording(bo, anna, at=NOW + timedelta(minutes=9))):
        await record(recording)
    await undo(latest.id)
    async with storage.units(organisation) as unit:
        found = await unit.kudos.latest(anna)
        assert found is not None
        assert found.id == latest.id
        assert found.undone_at == NOW + timedelta(hours=1)
        assert await unit.kudos.latest(cleo) is None


async def test_undo_takes_everything_back(storage, organisation, trio, record, undo):
    anna, bo, cleo = trio
    recording = a_recording(anna, bo, cleo)
    await record(recording)
    undone = await undo(recording.id)
    assert (undone.now, undone.used) == (True, 0)
    async with storage.units(organisation) as unit:
        assert await unit.points.used(anna, MONDAY) == 0
        assert [(each.kind, each.amount) for each in await unit.points.entries(bo)] == [
            (EntryKind.EARNED, 10),
            (EntryKind.TAKEN_BACK, -10),
        ]
        assert await unit.kudos.last_recognised(cleo) is None
        assert await unit.kudos.last_recognised(cleo, anna) is None
    assert await balance(storage, organisation, bo) == 0
    assert {each.state for each in await storage.inside.posted(organisation)} == {"cancelled"}


async def test_undoing_twice_changes_nothing_more(storage, organisation, trio, record, undo):
    anna, bo, _ = trio
    recording = a_recording(anna, bo)
    await record(a_recording(anna, bo))
    await record(recording)
    await storage.inside.deliver(f"kudos:{recording.id}:shout_out", State.SENT)
    assert (await undo(recording.id)).now
    before = await storage.inside.posted(organisation)
    second = await undo(recording.id, NOW + timedelta(hours=2))
    assert (second.now, second.used) == (False, 10)
    assert await balance(storage, organisation, bo) == 10
    assert await storage.inside.posted(organisation) == before


async def test_of_twenty_undos_at_once_one_does_it(storage, organisation, trio, record, undo):
    anna, bo, _ = trio
    await record(a_recording(anna, bo))
    recording = a_recording(anna, bo)
    await record(recording)
    answers = await asyncio.gather(*(undo(recording.id) for _ in range(20)))
    assert Counter(each.now for each in answers) == {True: 1, False: 19}
    assert {each.used for each in answers} == {10}
    assert await balance(storage, organisation, bo) == 10


async def test_recording_and_undoing_at_once_get_in_nobodys_way(storage, organisation, record, undo):
    team = await storage.people(organisation, "Anna Ek", "Bo Lind", "Cleo Ray", "Dag Ros")
    first = [a_recording(giver, *(each for each in team if each != giver)) for giver in team for _ in range(3)]
    for recording in first:
        await record(recording)
    more = [a_recording(giver, *(each for each in reversed(team) if each != giver), limit=1000) for giver in team * 5]
    await asyncio.gather(*(undo(each.id) for each in first), *map(record, more))
    assert [await balance(storage, organisation, each) for each in team] == [150] * 4


async def test_undo_takes_back_no_more_points_than_are_left(storage, organisation, trio, record, undo):
    anna, bo, _ = trio
    recording = a_recording(anna, bo)
    await record(recording)
    await storage.inside.spend(organisation, bo, 7)
    assert (await undo(recording.id)).used == 0
    assert await balance(storage, organisation, bo) == 0
    async with storage.units(organisation) as unit:
        assert [each.amount for each in await unit.points.entries(bo)] == [10, -3]


async def test_undo_brings_back_when_the_receiver_was_recognised_before(storage, organisation, trio, record, undo):
    anna, bo, cleo = trio
    early, middle, late = (
        a_recording(giver, bo, at=NOW + timedelta(minutes=m)) for giver, m in ((anna, 0), (cleo, 10), (anna, 20))
    )
    for recording in (early, middle, late):
        await record(recording)
    await undo(late.id)
    async with storage.units(organisation) as unit:
        assert await unit.kudos.last_recognised(bo) == middle.at
        assert await unit.kudos.last_recognised(bo, anna) == early.at
        assert await unit.kudos.last_recognised(bo, cleo) == middle.at


@pytest.mark.parametrize("state", [State.SENDING, State.SENT, State.UNKNOWN])
async def test_undo_takes_away_what_is_or_may_be_out(storage, trio, record, undo, *, state):
    organisation = await storage.organisation()
    recording = a_recording(trio[0], trio[1])
    await record(recording)
    await storage.inside.deliver(f"kudos:{recording.id}:shout_out", state)
    await undo(recording.id)
    posted = {each.key: each for each in await storage.inside.posted(organisation)}
    original = posted[f"kudos:{recording.id}:shout_out"]
    removal = posted[f"kudos:{recording.id}:shout_out:remove"]
    assert original.state == state
    assert (removal.operation, removal.state, removal.original_id, removal.message_kind, removal.target) == (
        "remove",
        "pending",
        original.id,
        "withdrawn",
        "C1",
    )
    assert posted[f"kudos:{recording.id}:note"].state == "cancelled"
    assert len(posted) == 3
    assert storage.wakes == 2


@pytest.mark.parametrize("state", [State.BLOCKED, State.FAILED])
async def test_undo_keeps_what_failed_from_being_sent_again(storage, organisation, trio, record, undo, *, state):
    recording = a_recording(trio[0], trio[1])
    await record(recording)
    await storage.inside.deliver(f"kudos:{recording.id}:shout_out", state)
    await undo(recording.id)
    assert {each.state for each in await storage.inside.posted(organisation)} == {"cancelled"}


async def test_an_undo_that_is_not_committed_did_not_happen(storage, organisation, trio, record):
    anna, bo, _ = trio
    recording = a_recording(anna, bo)
    await record(recording)
    async with storage.units(organisation) as unit:
        await unit.kudos.undo(recording.id, NOW, WITHDRAWN)
    async with storage.units(organisation) as unit:
        kudos = await unit.kudos.get(recording.id)
        assert kudos is not None
        assert kudos.undone_at is None
    assert await balance(storage, organisation, bo) == 10
    assert {each.state for each in await storage.inside.posted(organisation)} == {"pending"}


async def test_undoing_what_was_never_given_is_an_error(undo):
    with pytest.raises(LookupError):
        await undo(uuid4())


async def test_a_teams_week_leaves_out_the_private_the_undone_and_the_old(storage, organisation, trio, record, undo):
    anna, bo, cleo = trio
    async with storage.units(organisation) as unit:
        team = await unit.teams.found(a_team("Phone"), {}, [], NOW)
        other = await unit.teams.found(a_team("Chat"), {}, [], NOW)
        await unit.commit()
    shown = a_recording(anna, cleo, bo, team=team, by_supervisor=True)
    newer = a_recording(bo, cleo, team=team, at=NOW + timedelta(minutes=1))
    undone = a_recording(anna, bo, team=team)
    for recording in (
        shown,
        newer,
        undone,
        a_recording(anna, bo, team=team, private=True),
        a_recording(anna, bo, team=team, at=NOW - timedelta(days=8)),
        a_recording(anna, bo, team=other),
    ):
        await record(recording)
    await undo(undone.id)
    async with storage.units(organisation) as unit:
        assert await unit.kudos.team_week(team, NOW - timedelta(days=7)) == [
            TeamKudos(newer.id, "Bo Lind", ("Cleo Ray",), newer.reason, False, newer.at),
            TeamKudos(shown.id, "Anna Ek", ("Cleo Ray", "Bo Lind"), shown.reason, True, shown.at),
        ]


async def test_a_private_kudos_counts_for_its_receiver(storage, organisation, trio, record):
    anna, bo, _ = trio
    await record(a_recording(anna, bo, private=True))
    async with storage.units(organisation) as unit:
        tally = await unit.points.tally(bo, NOW - timedelta(days=1), MONDAY)
        assert (tally.balance, tally.received, tally.received_week) == (10, 1, 1)
        assert await unit.kudos.last_recognised(bo) == NOW


async def test_organisations_see_nothing_of_each_other(storage, trio, record):
    anna, bo, _ = trio
    recording = a_recording(anna, bo, request_key="one act")
    await record(recording)
    others = WorkspaceRef(Platform.SLACK, "T2")
    other = await storage.organisation(others)
    dora, erik = await storage.people(other, "Dora Alm", "Erik Berg", workspace=others)
    async with storage.units(other) as unit:
        assert await unit.kudos.get(recording.id) is None
        assert await unit.kudos.latest(anna) is None
        assert await unit.kudos.last_recognised(bo) is None
        assert await unit.points.used(anna, MONDAY) == 0
        assert await unit.points.top(10) == []
        assert await unit.points.entries(bo) == []
        assert (await unit.kudos.record(a_recording(dora, erik, request_key="one act"))).outcome is (
            RecordOutcome.RECORDED
        )
    with pytest.raises(LookupError):
        async with storage.units(other) as unit:
            await unit.kudos.undo(recording.id, NOW, WITHDRAWN)
