"""What every storage does with the programme, the ledger and its sums."""

from __future__ import annotations

import asyncio
from datetime import timedelta

from bot.identity import Platform, WorkspaceRef
from bot.points.model import Behaviour, BehaviourWords, Ranked, Serves, Tally
from tests.factories import IDEAS, MONDAY, NOW, OWNERSHIP, WITHDRAWN, a_recording

COURTESY = Behaviour("courtesy", Serves.CUSTOMER, {"sv": BehaviourWords("vänlighet", "Mötte kunden med värme.")})


async def publish(storage, organisation, *behaviours):
    async with storage.units(organisation) as unit:
        await unit.points.publish(behaviours)
        await unit.commit()


async def published(storage, organisation):
    async with storage.units(organisation) as unit:
        return (await unit.points.programme()).behaviours


async def record(storage, organisation, *recordings):
    for recording in recordings:
        async with storage.units(organisation) as unit:
            await unit.kudos.record(recording)


async def test_publishing_replaces_the_list_and_keeps_its_order(storage, organisation):
    await publish(storage, organisation, IDEAS, COURTESY, OWNERSHIP)
    assert await published(storage, organisation) == (IDEAS, COURTESY, OWNERSHIP)
    await publish(storage, organisation, COURTESY)
    assert await published(storage, organisation) == (COURTESY,)
    await publish(storage, organisation)
    assert await published(storage, organisation) == ()


async def test_a_behaviour_no_longer_published_stays_on_the_kudos_that_carry_it(storage, organisation):
    anna, bo = await storage.people(organisation, "Anna Ek", "Bo Lind")
    recording = a_recording(anna, bo, behaviours=("ownership",))
    await record(storage, organisation, recording)
    await publish(storage, organisation, COURTESY)
    async with storage.units(organisation) as unit:
        kudos = await unit.kudos.get(recording.id)
        assert kudos is not None
        assert kudos.behaviours == ("ownership",)


async def test_of_several_who_publish_at_once_one_lists_whole(storage, organisation):
    lists = [(OWNERSHIP, IDEAS), (IDEAS, COURTESY, OWNERSHIP), (COURTESY,)]
    await asyncio.gather(*(publish(storage, organisation, *each) for each in lists * 4))
    assert await published(storage, organisation) in lists


async def test_a_tally_is_a_persons_own_figures(storage, organisation):
    anna, bo, cleo = await storage.people(organisation, "Anna Ek", "Bo Lind", "Cleo Ray")
    long_ago = NOW - timedelta(days=30)
    undone = a_recording(anna, bo)
    await record(
        storage,
        organisation,
        a_recording(anna, bo, cleo, points=15),
        a_recording(anna, bo, private=True),
        a_recording(anna, bo, at=long_ago, period=MONDAY - timedelta(days=28)),
        a_recording(bo, anna),
        undone,
    )
    async with storage.units(organisation) as unit:
        await unit.kudos.undo(undone.id, NOW, WITHDRAWN)
        await unit.commit()
    since = NOW - timedelta(days=2)
    async with storage.units(organisation) as unit:
        assert await unit.points.tally(bo, since, MONDAY) == Tally(
            balance=35, received=3, given=1, received_week=2, given_week=1, used=10
        )
        assert await unit.points.tally(anna, since, MONDAY) == Tally(
            balance=10, received=1, given=3, received_week=1, given_week=2, used=40
        )
        assert await unit.points.used(anna, MONDAY) == 40
        assert await unit.points.used(anna, MONDAY + timedelta(days=7)) == 0


async def test_someone_new_stands_at_nothing(storage, organisation):
    [anna] = await storage.people(organisation, "Anna Ek")
    async with storage.units(organisation) as unit:
        assert await unit.points.tally(anna, NOW, MONDAY) == Tally(0, 0, 0, 0, 0, 0)
        assert await unit.points.entries(anna) == []


async def test_the_top_is_by_balance_then_name_and_leaves_out_nothing(storage, organisation):
    anna, bo, cleo, dag = await storage.people(organisation, "Anna Ek", "Bo Lind", "Cleo Ray", "Dag Ros")
    undone = a_recording(anna, dag)
    await record(
        storage,
        organisation,
        a_recording(anna, cleo, bo, points=5),
        a_recording(bo, anna, points=25),
        undone,
    )
    async with storage.units(organisation) as unit:
        await unit.kudos.undo(undone.id, NOW, WITHDRAWN)
        await unit.commit()
    async with storage.units(organisation) as unit:
        assert await unit.points.top(10) == [
            Ranked(anna, "Anna Ek", 25),
            Ranked(bo, "Bo Lind", 5),
            Ranked(cleo, "Cleo Ray", 5),
        ]
        assert [each.name for each in await unit.points.top(1)] == ["Anna Ek"]


async def test_the_ledger_is_read_oldest_first(storage, organisation):
    anna, bo = await storage.people(organisation, "Anna Ek", "Bo Lind")
    late, early = a_recording(anna, bo, points=15), a_recording(anna, bo, at=NOW - timedelta(hours=1))
    await record(storage, organisation, late, early)
    async with storage.units(organisation) as unit:
        assert [each.kudos for each in await unit.points.entries(bo)] == [early.id, late.id]


async def test_each_organisation_publishes_for_itself(storage, organisation):
    other = await storage.organisation(WorkspaceRef(Platform.LOCAL, "demo"))
    await publish(storage, organisation, COURTESY)
    assert await published(storage, other) == (OWNERSHIP, IDEAS)
