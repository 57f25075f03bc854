"""What every storage does with digests and a team's week."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import time, timedelta
from uuid import uuid4

import pytest

from bot.digests.model import Coverage, Digest, DigestState
from bot.digests.service import correct, handle
from bot.identity import Platform, TeamId, WorkspaceRef
from bot.people.model import Role
from bot.ports import Standing
from bot.recognition.model import Receiving
from bot.schedule.model import Kind, Rhythm, Schedule, Slot
from bot.view.codec import encode
from tests.factories import NOW, WITHDRAWN, a_channel, a_profile, a_recording, a_team

WEEK = timedelta(days=7)


@pytest.fixture
async def people(storage, organisation):
    return await storage.people(organisation, "Anna Ek", "Bo Lind", "Cleo Ray", "Dan Holm")


@pytest.fixture
def found(storage, organisation):
    async def found(members, name="Phone", home="C1") -> TeamId:
        async with storage.units(organisation) as unit:
            team = await unit.teams.found(a_team(name), members, (a_channel(home),), NOW - 10 * WEEK)
            await unit.commit()
            return team

    return found


@pytest.fixture
async def team(found, people):
    return await found({people[0]: Role.SUPERVISOR, people[1]: Role.AGENT, people[2]: Role.AGENT})


@pytest.fixture
def record(storage, organisation):
    async def record(giver, *receivings, **more):
        recording = replace(a_recording(giver, outbox=False, limit=10_000, **more), receivers=receivings)
        async with storage.units(organisation) as unit:
            await unit.kudos.record(recording)
        return recording

    return record


@pytest.fixture
def units(storage, organisation):
    return lambda: storage.units(organisation)


@pytest.fixture
def ask(storage, organisation):
    async def ask(question):
        async with storage.units(organisation) as unit:
            return await question(unit.digests)

    return ask


def a_digest(team, week="2026-W47", until=NOW, state=DigestState.POSTED):
    return Digest(team, week, until - WEEK, until, state)


async def test_a_week_is_told_once(units, team, ask):
    posted = a_digest(team)
    async with units() as unit:
        assert await unit.digests.add(posted)
        assert not await unit.digests.add(a_digest(team, state=DigestState.SKIPPED))
        await unit.commit()

    async with units() as unit:
        assert not await unit.digests.add(a_digest(team, until=NOW + WEEK))

    assert await ask(lambda digests: digests.of_week(team, "2026-W47")) == posted
    assert await ask(lambda digests: digests.of_week(team, "2026-W48")) is None


async def test_what_is_not_committed_was_not_told(units, team, ask):
    async with units() as unit:
        assert await unit.digests.add(a_digest(team))

    assert await ask(lambda digests: digests.of_week(team, "2026-W47")) is None


async def test_the_latest_is_the_latest_posted_of_this_team(units, people, team, found, ask):
    other = await found({people[3]: Role.AGENT}, "E-mail", "C2")
    async with units() as unit:
        await unit.digests.add(a_digest(team, "2026-W47"))
        await unit.digests.add(a_digest(team, "2026-W46", NOW - WEEK))
        await unit.digests.add(a_digest(team, "2026-W48", NOW + WEEK, DigestState.SKIPPED))
        await unit.digests.add(a_digest(other, "2026-W49", NOW + 2 * WEEK))
        await unit.commit()

    assert await ask(lambda digests: digests.latest(team)) == a_digest(team, "2026-W47")
    assert await ask(lambda digests: digests.latest(TeamId(uuid4()))) is None


async def test_the_latest_skipped_is_the_latest_before_a_moment(units, people, team, found, ask):
    other = await found({people[3]: Role.AGENT}, "E-mail", "C2")
    skipped = [a_digest(team, f"2026-W{47 + n}", NOW + n * WEEK, DigestState.SKIPPED) for n in range(3)]
    async with units() as unit:
        for each in (*skipped, a_digest(team, "2026-W46", NOW - WEEK), replace(skipped[1], team=other)):
            await unit.digests.add(each)
        await unit.commit()

    for before, expected in ((NOW, None), (NOW + WEEK, skipped[0]), (NOW + 9 * WEEK, skipped[2])):
        assert await ask(lambda digests, before=before: digests.skipped(team, before)) == expected


async def test_a_skipped_week_can_be_resumed_and_a_posted_one_cannot(units, team, ask):
    async with units() as unit:
        await unit.digests.add(a_digest(team, "2026-W47"))
        await unit.digests.add(a_digest(team, "2026-W48", NOW + WEEK, DigestState.SKIPPED))
        for week in ("2026-W47", "2026-W48", "2026-W49"):
            await unit.digests.resume(team, week)
        await unit.commit()

    assert await ask(lambda digests: digests.of_week(team, "2026-W47")) is not None
    assert await ask(lambda digests: digests.of_week(team, "2026-W48")) is None


async def test_the_week_is_told_oldest_first_with_everything(people, team, record, ask):
    anna, bo, cleo, _ = people
    second = await record(
        anna, Receiving(cleo, team, True), at=NOW - timedelta(hours=1), link="https://example.com/1", behaviours=()
    )
    first = await record(
        bo,
        *(Receiving(cleo, team, False), Receiving(anna, team, False)),
        at=NOW - timedelta(days=2),
        behaviours=("ownership", "ideas"),
    )

    one, two = await ask(lambda digests: digests.recognised(team, NOW - WEEK, NOW))

    assert (one.kudos, one.giver, one.giver_name) == (first.id, bo, "Bo Lind")
    assert one.receivers == ((cleo, "Cleo Ray"), (anna, "Anna Ek"))
    assert (one.reason, one.link, one.behaviours, one.by_supervisor) == (
        first.reason,
        None,
        ("ownership", "ideas"),
        False,
    )
    assert one.at == first.at
    assert (two.kudos, two.link, two.behaviours, two.by_supervisor) == (second.id, "https://example.com/1", (), True)


async def test_a_period_includes_its_beginning_and_not_its_end(people, team, record, ask):
    anna, bo, *_ = people
    begin = await record(anna, Receiving(bo, team, False), at=NOW - WEEK)
    await record(anna, Receiving(bo, team, False), at=NOW - WEEK - timedelta(microseconds=1))
    await record(anna, Receiving(bo, team, False), at=NOW)

    told = await ask(lambda digests: digests.recognised(team, NOW - WEEK, NOW))

    assert [each.kudos for each in told] == [begin.id]


async def test_private_ones_are_counted_and_undone_ones_are_gone(units, people, team, record, ask):
    anna, bo, cleo, _ = people
    at = NOW - timedelta(days=1)
    await record(anna, *(Receiving(bo, team, False), Receiving(cleo, team, False)), private=True, at=at)
    for private in (True, False):
        undone = await record(anna, Receiving(bo, team, False), private=private, at=at)
        async with units() as unit:
            await unit.kudos.undo(undone.id, NOW, WITHDRAWN)
            await unit.commit()

    assert await ask(lambda digests: digests.recognised(team, NOW - WEEK, NOW)) == []
    assert await ask(lambda digests: digests.private(team, NOW - WEEK, NOW)) == 1
    assert await ask(lambda digests: digests.private(team, NOW - 2 * WEEK, NOW - WEEK)) == 0
    assert await ask(lambda digests: digests.counts(team, [NOW - WEEK, NOW])) == [1]


async def test_each_team_is_told_of_its_own_receivers_only(people, team, found, record, ask):
    anna, bo, _, dan = people
    other = await found({dan: Role.AGENT}, "E-mail", "C2")
    both = await record(
        anna,
        *(Receiving(bo, team, True), Receiving(dan, other, False), Receiving(people[2], None, False)),
        at=NOW - timedelta(days=1),
    )

    [here] = await ask(lambda digests: digests.recognised(team, NOW - WEEK, NOW))
    [there] = await ask(lambda digests: digests.recognised(other, NOW - WEEK, NOW))

    assert here.kudos == there.kudos == both.id
    assert (here.receivers, here.by_supervisor) == (((bo, "Bo Lind"),), True)
    assert (there.receivers, there.by_supervisor) == (((dan, "Dan Holm"),), False)
    assert here.behaviours == there.behaviours == ("ownership",)


async def test_a_giver_from_outside_the_team_is_named(people, team, record, ask):
    await record(people[3], Receiving(people[1], team, False), at=NOW - timedelta(days=1))

    [told] = await ask(lambda digests: digests.recognised(team, NOW - WEEK, NOW))

    assert told.giver_name == "Dan Holm"


async def test_weeks_are_counted_by_kudos_and_not_by_receivers(people, team, record, ask):
    anna, bo, cleo, _ = people
    for days in (1, 2, 8, 22):
        await record(anna, *(Receiving(bo, team, False), Receiving(cleo, team, False)), at=NOW - timedelta(days=days))
    bounds = [NOW - weeks * WEEK for weeks in range(4, -1, -1)]

    assert await ask(lambda digests: digests.counts(team, bounds)) == [1, 0, 1, 2]
    assert await ask(lambda digests: digests.counts(team, bounds[:1])) == []


async def test_coverage_is_of_todays_agents_by_anyone(units, people, found, record, ask):
    anna, bo, cleo, dan = people
    team = await found({anna: Role.SUPERVISOR, bo: Role.AGENT, cleo: Role.AGENT, dan: Role.AGENT})
    since = NOW - timedelta(days=30)
    assert await ask(lambda digests: digests.coverage(team, since)) == Coverage(0, 3)

    await record(bo, Receiving(anna, team, False), at=NOW)
    await record(anna, Receiving(bo, None, False), private=True, at=NOW)
    await record(anna, Receiving(cleo, team, False), at=since - timedelta(seconds=1))
    assert await ask(lambda digests: digests.coverage(team, since)) == Coverage(1, 3)

    async with units() as unit:
        await unit.people.welcome([a_profile("U4", "Dan Holm", standing=Standing.LEFT)], NOW)
        await unit.commit()
    assert await ask(lambda digests: digests.coverage(team, since)) == Coverage(1, 2)


async def test_coverage_follows_an_undo(units, people, team, record, ask):
    undone = await record(people[0], Receiving(people[1], team, False), at=NOW)
    async with units() as unit:
        await unit.kudos.undo(undone.id, NOW + timedelta(minutes=1), WITHDRAWN)
        await unit.commit()

    assert await ask(lambda digests: digests.coverage(team, NOW - timedelta(days=30))) == Coverage(0, 2)


async def test_another_organisation_sees_nothing_of_it(storage, people, team, record):
    await record(people[0], Receiving(people[1], team, False), at=NOW - timedelta(days=1))
    other = await storage.organisation(WorkspaceRef(Platform.SLACK, "T2"))
    async with storage.units(other) as unit:
        assert await unit.digests.recognised(team, NOW - WEEK, NOW) == []
        assert await unit.digests.counts(team, [NOW - WEEK, NOW]) == [0]


async def test_kudos_taken_back_at_once_are_all_gone_from_the_digest(storage, organisation, team, record, units):
    # Each of other people, so that nothing but the digest keeps them apart.
    crowd = await storage.people(organisation, *(f"Person {n}" for n in range(12)))
    given = [
        await record(giver, Receiving(receiver, team, False), at=NOW - timedelta(hours=n), reason=f"reason number {n}")
        for n, (giver, receiver) in enumerate(zip(crowd[:6], crowd[6:], strict=True), 1)
    ]
    schedule = Schedule(Kind.DIGEST, team, Rhythm(time(10, 0), frozenset({3}), "Europe/Stockholm"), NOW)
    async with units() as unit:
        await handle(unit, Slot(schedule, NOW, NOW.date()), NOW)
        await unit.commit()

    async def take_back(kudos):
        async with units() as unit:
            meant = await unit.kudos.get(kudos)
            await unit.kudos.undo(kudos, NOW, WITHDRAWN)
            await correct(unit, meant, NOW)
            await unit.commit()

    await asyncio.gather(*(take_back(each.id) for each in given[1:]))

    [digest] = await storage.queue.claim(NOW, 10, "worker", timedelta(minutes=1), [Platform.SLACK])
    said = encode(digest.message)
    assert [n for n in range(1, 7) if f"reason number {n}" in said] == [1]
