"""What every storage does with schedules."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import time, timedelta
from uuid import UUID

from bot.identity import Platform, WorkspaceRef
from bot.people.model import Role
from bot.schedule.model import Due, Kind, Rhythm, Schedule
from tests.factories import NOW, a_team

TEAM, OTHER = UUID(int=1), UUID(int=2)
MONDAYS = Rhythm(time(9), frozenset({1}), "Europe/Stockholm")
SCHEDULE = Schedule(Kind.DIGEST, TEAM, MONDAYS, NOW)
WEEK = timedelta(days=7)


async def put(storage, organisation, *schedules):
    async with storage.units(organisation) as unit:
        for schedule in schedules:
            await unit.schedules.put(schedule)
        await unit.commit()


async def get(storage, organisation, subject=TEAM, kind=Kind.DIGEST):
    async with storage.units(organisation) as unit:
        return await unit.schedules.get(kind, subject)


async def test_a_schedule_is_kept_as_it_was_put(storage, organisation):
    never = Schedule(Kind.NUDGES, TEAM, Rhythm(time(16, 45), frozenset({1, 3, 7}), "Australia/Lord_Howe"), None)
    await put(storage, organisation, SCHEDULE, never)
    assert await get(storage, organisation) == SCHEDULE
    assert await get(storage, organisation, kind=Kind.NUDGES) == never
    assert await get(storage, organisation, OTHER) is None


async def test_what_was_not_committed_was_not_put(storage, organisation):
    async with storage.units(organisation) as unit:
        await unit.schedules.put(SCHEDULE)
        assert await unit.schedules.get(Kind.DIGEST, TEAM) == SCHEDULE
    assert await get(storage, organisation) is None


async def test_putting_it_again_replaces_it(storage, organisation):
    changed = Schedule(Kind.DIGEST, TEAM, Rhythm(time(8, 15), frozenset(), "UTC"), NOW + WEEK)
    await put(storage, organisation, SCHEDULE)
    await put(storage, organisation, changed)
    assert await get(storage, organisation) == changed


async def test_it_is_moved_and_dropped_alone(storage, organisation):
    other = replace(SCHEDULE, subject=OTHER)
    await put(storage, organisation, SCHEDULE, other)
    async with storage.units(organisation) as unit:
        await unit.schedules.move(Kind.DIGEST, TEAM, NOW + WEEK)
        await unit.schedules.drop(Kind.DIGEST, OTHER)
        await unit.schedules.drop(Kind.NUDGES, TEAM)
        await unit.schedules.move(Kind.NUDGES, OTHER, NOW)
        await unit.commit()
    assert await get(storage, organisation) == replace(SCHEDULE, next_at=NOW + WEEK)
    assert await get(storage, organisation, OTHER) is None
    async with storage.units(organisation) as unit:
        await unit.schedules.move(Kind.DIGEST, TEAM, None)
        await unit.commit()
    assert await get(storage, organisation) == replace(SCHEDULE, next_at=None)


async def test_only_what_is_due_can_be_locked(storage, organisation):
    await put(storage, organisation, SCHEDULE, replace(SCHEDULE, subject=OTHER, next_at=None))
    async with storage.units(organisation) as unit:
        assert await unit.schedules.lock(Kind.DIGEST, TEAM, NOW - timedelta(seconds=1)) is None
        assert await unit.schedules.lock(Kind.NUDGES, TEAM, NOW) is None
        assert await unit.schedules.lock(Kind.DIGEST, OTHER, NOW) is None
        assert await unit.schedules.lock(Kind.DIGEST, TEAM, NOW) == SCHEDULE


async def test_of_forty_at_once_one_gets_it(storage, organisation):
    await put(storage, organisation, SCHEDULE)

    async def carry_out():
        async with storage.units(organisation) as unit:
            got = await unit.schedules.lock(Kind.DIGEST, TEAM, NOW)
            if got is None:
                return False
            # Long enough for all others to ask meanwhile.
            await asyncio.sleep(0.05)
            await unit.schedules.move(Kind.DIGEST, TEAM, NOW + WEEK)
            await unit.commit()
            return True

    got = await asyncio.gather(*(carry_out() for _ in range(40)))
    assert sum(got) == 1
    assert await get(storage, organisation) == replace(SCHEDULE, next_at=NOW + WEEK)


async def test_whoever_leaves_without_committing_lets_it_go(storage, organisation):
    await put(storage, organisation, SCHEDULE)
    async with storage.units(organisation) as unit:
        assert await unit.schedules.lock(Kind.DIGEST, TEAM, NOW)
        await unit.schedules.move(Kind.DIGEST, TEAM, NOW + WEEK)
    async with storage.units(organisation) as unit:
        assert await unit.schedules.lock(Kind.DIGEST, TEAM, NOW) == SCHEDULE


async def test_a_commit_lets_it_go(storage, organisation):
    await put(storage, organisation, SCHEDULE)
    async with storage.units(organisation) as first, storage.units(organisation) as second:
        assert await first.schedules.lock(Kind.DIGEST, TEAM, NOW)
        await first.schedules.move(Kind.DIGEST, TEAM, NOW - timedelta(seconds=1))
        await first.commit()
        assert await second.schedules.lock(Kind.DIGEST, TEAM, NOW)


async def test_what_is_due_comes_longest_due_first_and_from_everywhere(storage, organisation):
    elsewhere = await storage.organisation(WorkspaceRef(Platform.SLACK, "T2"))
    await put(storage, organisation, SCHEDULE, replace(SCHEDULE, subject=OTHER, next_at=NOW + timedelta(seconds=1)))
    hour = timedelta(hours=1)
    await put(
        storage,
        elsewhere,
        replace(SCHEDULE, kind=Kind.NUDGES, next_at=NOW - hour),
        replace(SCHEDULE, next_at=None),
    )
    first = Due(elsewhere, Kind.NUDGES, TEAM, NOW - hour, MONDAYS)
    second = Due(organisation, Kind.DIGEST, TEAM, NOW, MONDAYS)
    third = Due(organisation, Kind.DIGEST, OTHER, NOW + timedelta(seconds=1), MONDAYS)
    assert await storage.due.due(NOW, 10) == [first, second]
    assert await storage.due.due(NOW, 1) == [first]
    assert await storage.due.coming(10) == [first, second, third]
    assert await storage.due.coming(10, {Kind.DIGEST}) == [second, third]
    assert await storage.due.coming(1) == [first]


async def test_what_is_held_is_due_all_the_same(storage, organisation):
    await put(storage, organisation, SCHEDULE)
    async with storage.units(organisation) as unit:
        assert await unit.schedules.lock(Kind.DIGEST, TEAM, NOW)
        assert len(await storage.due.due(NOW, 10)) == 1


async def test_an_organisation_does_not_see_anothers_schedules(storage, organisation):
    await put(storage, organisation, SCHEDULE)
    elsewhere = await storage.organisation(WorkspaceRef(Platform.SLACK, "T2"))
    async with storage.units(elsewhere) as unit:
        assert await unit.schedules.get(Kind.DIGEST, TEAM) is None
        assert await unit.schedules.lock(Kind.DIGEST, TEAM, NOW) is None
        await unit.schedules.drop(Kind.DIGEST, TEAM)
        await unit.schedules.move(Kind.DIGEST, TEAM, None)
        await unit.commit()
    assert await get(storage, organisation) == SCHEDULE


async def test_subjects_have_the_names_of_people_and_teams(storage, organisation):
    elsewhere = await storage.organisation(WorkspaceRef(Platform.SLACK, "T2"))
    [anna] = await storage.people(organisation, "Anna Ek")
    async with storage.units(organisation) as unit:
        team = await unit.teams.found(a_team("Night shift"), {anna: Role.AGENT}, [], NOW)
        await unit.commit()
    due = [Due(organisation, Kind.NUDGES, anna, NOW, MONDAYS), Due(organisation, Kind.DIGEST, team, NOW, MONDAYS)]
    unknown = Due(elsewhere, Kind.DIGEST, OTHER, NOW, MONDAYS)
    assert await storage.due.names([*due, unknown]) == {
        (organisation, anna): "Anna Ek",
        (organisation, team): "Night shift",
    }
    assert await storage.due.names([]) == {}
