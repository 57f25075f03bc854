"""What every storage does when somebody's address becomes known after they were met, and others have it already."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import time, timedelta
from random import Random
from uuid import uuid4

import pytest

from bot.errors import GoneError
from bot.identity import AccountRef, NudgeId, Platform, WorkspaceRef
from bot.nudges.model import Nudge
from bot.people.model import Role
from bot.ports import Standing
from bot.recognition.model import RecordOutcome
from bot.schedule.model import Kind, Rhythm, Schedule
from bot.teams.model import Absence, NudgeHabit, NudgeWishes
from tests.contract.test_linking import DAY, LATER, LOCAL, ask, do, here, join, recognise, there, welcome
from tests.factories import MONDAY, NOW, WITHDRAWN, a_channel, a_profile, a_recording, a_team, an_account

THIRD = WorkspaceRef(Platform.TEAMS, "tenant")
ANNA, BO, DAN = "anna@example.com", "bo@example.com", "dan@example.com"


@pytest.fixture
async def organisation(storage):
    """One of two workspaces, with Anna and Bo here, and there somebody of no address, and Cleo."""
    own = await storage.organisation()
    await storage.organisation(LOCAL)
    await join(storage, own)
    return own


def nameless(id, name, **changed):
    return replace(there(id, name, **changed), email="")


async def two(storage, organisation):
    """Give Anna, and who she is there while nobody knows that, and Cleo of there."""
    return await welcome(
        storage, organisation, here("U1", "Anna Ek", ANNA), nameless("L1", "Anna E"), there("L3", "Cleo Ray")
    )


async def become_known(storage, organisation, *profiles):
    """Take in profiles; say whether anybody became one with another."""
    return await do(storage, organisation, lambda unit: unit.people.welcome(profiles, LATER))


async def persons(storage, organisation, *accounts):
    found = await ask(storage, organisation, lambda unit: unit.people.colleagues(accounts))
    return {each.account.id: each.person for each in found}


async def tally(storage, organisation, person):
    return await ask(storage, organisation, lambda unit: unit.points.tally(person, NOW - DAY, MONDAY))


async def test_who_turns_out_to_have_an_address_is_whoever_has_it(storage, organisation):
    anna, ann, cleo = await two(storage, organisation)
    assert anna != ann
    assert await become_known(storage, organisation, there("L1", "Anna E", "ANNA@example.com"))
    found = await persons(storage, organisation, an_account("U1"), an_account("L1", LOCAL), an_account("L3", LOCAL))
    assert found == {"U1": anna, "L1": anna, "L3": cleo}
    assert not await become_known(storage, organisation, there("L1", "Anna E", "ANNA@example.com"))
    [known] = await ask(storage, organisation, lambda unit: unit.people.colleagues([an_account("L1", LOCAL)]))
    assert known.email == "ANNA@example.com"


async def test_what_they_gave_and_got_is_theirs(storage, organisation):
    anna, ann, cleo = await two(storage, organisation)
    await recognise(storage, organisation, anna, cleo, points=10)
    await recognise(storage, organisation, ann, cleo, points=7, at=LATER)
    await recognise(storage, organisation, cleo, anna, points=5)
    kudos = await recognise(storage, organisation, cleo, ann, points=3, at=LATER)
    await become_known(storage, organisation, there("L1", "Anna E", ANNA))
    of_anna, of_cleo = await tally(storage, organisation, anna), await tally(storage, organisation, cleo)
    assert (of_anna.used, of_anna.balance, of_anna.given, of_anna.received) == (17, 8, 2, 2)
    assert (of_cleo.used, of_cleo.balance, of_cleo.given, of_cleo.received) == (8, 17, 2, 2)

    async def last(receiver, giver):
        return await ask(storage, organisation, lambda unit: unit.kudos.last_recognised(receiver, giver))

    assert (await last(cleo, anna), await last(anna, cleo)) == (LATER, LATER)
    await do(storage, organisation, lambda unit: unit.kudos.undo(kudos, LATER, WITHDRAWN))
    assert (await tally(storage, organisation, anna)).balance == 5
    assert await storage.inside.findings() == []


async def test_a_kudos_to_both_of_their_names_is_received_once_and_cost_less(storage, organisation):
    anna, ann, cleo = await two(storage, organisation)
    kudos = await recognise(storage, organisation, cleo, anna, ann, points=10)
    undone = await recognise(storage, organisation, cleo, ann, anna, points=20)
    await do(storage, organisation, lambda unit: unit.kudos.undo(undone, LATER, WITHDRAWN))
    await become_known(storage, organisation, there("L1", "Anna E", ANNA))
    of_anna, of_cleo = await tally(storage, organisation, anna), await tally(storage, organisation, cleo)
    assert (of_anna.balance, of_anna.received, of_cleo.used) == (10, 1, 10)
    found = await ask(storage, organisation, lambda unit: unit.kudos.get(kudos))
    assert [each.person for each in found.receivers] == [anna]
    assert await storage.inside.findings() == []
    await do(storage, organisation, lambda unit: unit.kudos.undo(kudos, LATER, WITHDRAWN))
    assert (await tally(storage, organisation, anna)).balance == 0
    assert (await tally(storage, organisation, cleo)).used == 0
    assert await storage.inside.findings() == []


async def test_such_a_kudos_is_of_the_team_in_which_either_received_it(storage, organisation):
    anna, ann, cleo = await two(storage, organisation)
    team = await do(
        storage, organisation, lambda unit: unit.teams.found(a_team("Chat"), {ann: Role.AGENT}, [], NOW - DAY)
    )
    recording = a_recording(cleo, anna, ann)
    receivers = tuple(
        replace(each, team=team, by_supervisor=True) if each.person == ann else replace(each, team=None)
        for each in recording.receivers
    )
    async with storage.units(organisation) as unit:
        await unit.kudos.record(replace(recording, receivers=receivers))
    await become_known(storage, organisation, there("L1", "Anna E", ANNA))
    [line] = await ask(storage, organisation, lambda unit: unit.kudos.team_week(team, NOW - DAY))
    assert (len(line.receivers), line.by_supervisor) == (1, True)


async def test_what_somebody_gave_to_their_own_other_name_stays_as_it_was(storage, organisation):
    anna, ann, _ = await two(storage, organisation)
    await recognise(storage, organisation, anna, ann, points=10)
    await become_known(storage, organisation, there("L1", "Anna E", ANNA))
    of_anna = await tally(storage, organisation, anna)
    assert (of_anna.used, of_anna.balance, of_anna.given, of_anna.received) == (10, 10, 1, 1)
    assert await storage.inside.findings() == []


@pytest.mark.parametrize(
    ("here_as", "there_as", "since"),
    [
        ((Role.AGENT, NOW - 9 * DAY), (Role.AGENT, NOW - 5 * DAY), NOW - 9 * DAY),
        ((Role.AGENT, NOW - 5 * DAY), (Role.AGENT, NOW - 9 * DAY), NOW - 9 * DAY),
        ((Role.AGENT, NOW - 5 * DAY), (Role.AGENT, NOW - 5 * DAY), NOW - 5 * DAY),
        ((Role.AGENT, NOW - 9 * DAY), (Role.SUPERVISOR, NOW - 5 * DAY), NOW - 5 * DAY),
        ((Role.SUPERVISOR, NOW - 9 * DAY), (Role.AGENT, NOW - 5 * DAY), NOW - 9 * DAY),
        ((Role.SUPERVISOR, NOW - 5 * DAY), (Role.AGENT, NOW - 5 * DAY), NOW - 5 * DAY),
    ],
)
async def test_who_was_in_a_team_twice_is_in_it_once_and_leads_it_if_either_did(
    storage, organisation, here_as, there_as, since
):
    anna, ann, cleo = await two(storage, organisation)
    team = await do(
        storage, organisation, lambda unit: unit.teams.found(a_team("Chat"), {cleo: Role.AGENT}, [], NOW - 20 * DAY)
    )
    roles = {cleo: Role.AGENT}
    for person, (role, begins) in sorted([(anna, here_as), (ann, there_as)], key=lambda each: each[1][1]):
        roles = roles | {person: role}
        await do(storage, organisation, lambda unit, roles=roles, now=begins: unit.teams.set_members(team, roles, now))
    await become_known(storage, organisation, there("L1", "Anna E", ANNA))
    members = (await ask(storage, organisation, lambda unit: unit.teams.members([team])))[team]
    role = Role.SUPERVISOR if Role.SUPERVISOR in {here_as[0], there_as[0]} else Role.AGENT
    assert {each.person: (each.role, each.since) for each in members if each.person != cleo} == {anna: (role, since)}
    [anywhere] = await ask(storage, organisation, lambda unit: unit.people.colleagues([an_account("L1", LOCAL)]))
    assert [(place.team, place.role) for place in anywhere.places] == [(team, role)]


async def test_who_left_a_team_under_one_name_is_in_it_under_the_other(storage, organisation):
    anna, ann, cleo = await two(storage, organisation)
    both = {anna: Role.AGENT, ann: Role.AGENT, cleo: Role.AGENT}
    team = await do(storage, organisation, lambda unit: unit.teams.found(a_team("Chat"), both, [], NOW - 9 * DAY))
    left = {ann: Role.AGENT, cleo: Role.AGENT}
    await do(storage, organisation, lambda unit: unit.teams.set_members(team, left, NOW - DAY))
    await become_known(storage, organisation, there("L1", "Anna E", ANNA))
    members = (await ask(storage, organisation, lambda unit: unit.teams.members([team])))[team]
    assert {each.person for each in members} == {anna, cleo}
    await do(storage, organisation, lambda unit: unit.teams.set_members(team, {cleo: Role.AGENT}, NOW))
    members = (await ask(storage, organisation, lambda unit: unit.teams.members([team])))[team]
    assert {each.person for each in members} == {cleo}


async def test_teams_of_either_name_are_theirs_and_so_is_what_was_decided(storage, organisation):
    anna, ann, cleo = await two(storage, organisation)
    for name, members in (("Phone", {anna: Role.AGENT}), ("Chat", {ann: Role.SUPERVISOR, cleo: Role.AGENT})):
        home = a_channel(name, LOCAL)
        await do(
            storage,
            organisation,
            lambda unit, name=name, members=members, home=home: unit.teams.found(
                a_team(name), members, [home], NOW - 9 * DAY, founder=next(iter(members))
            ),
        )
    chat, _ = teams = await ask(storage, organisation, lambda unit: unit.teams.all())
    nudge = Nudge(NudgeId(uuid4()), ann, cleo, chat.id, "monday", 14, NOW)
    await do(storage, organisation, lambda unit: unit.nudges.add([nudge]))
    for supervisor, until in ((anna, NOW + DAY), (ann, NOW + 2 * DAY)):
        await do(storage, organisation, lambda unit, s=supervisor, u=until: unit.nudges.snooze(s, cleo, u))
    ours, theirs = NudgeWishes(NudgeHabit.WEEKLY, time(8, 0)), NudgeWishes(NudgeHabit.OFF, time(7, 0))
    await do(storage, organisation, lambda unit: unit.teams.wish(anna, ours))
    await do(storage, organisation, lambda unit: unit.teams.wish(ann, theirs))
    rhythm = Rhythm(time(9, 30), frozenset({1, 2, 3}), "Europe/Stockholm")
    await do(storage, organisation, lambda unit: unit.schedules.put(Schedule(Kind.NUDGES, ann, rhythm, NOW)))
    away = Absence(uuid4(), ann, NOW.date(), NOW.date() + DAY)
    await do(storage, organisation, lambda unit: unit.teams.away(away, ann, NOW))
    for team in teams:
        await do(storage, organisation, lambda unit, team=team: unit.teams.exclude(team.id, cleo, ann, NOW))

    await become_known(storage, organisation, there("L1", "Anna E", ANNA))

    [known] = await ask(storage, organisation, lambda unit: unit.people.colleagues([an_account("U1")]))
    assert {(place.team_name, place.role) for place in known.places} == {
        ("Phone", Role.AGENT),
        ("Chat", Role.SUPERVISOR),
    }
    assert {each.founder for each in await ask(storage, organisation, lambda unit: unit.teams.all())} == {anna}
    assert (await ask(storage, organisation, lambda unit: unit.nudges.nudge(nudge.id))).supervisor == anna
    assert await ask(storage, organisation, lambda unit: unit.teams.wishes(anna)) == ours
    assert [(each.subject, each.at) for each in await storage.due.coming(10)] == [(anna, NOW)]
    [absence] = await ask(storage, organisation, lambda unit: unit.teams.absences([anna], NOW.date()))
    assert absence == replace(away, person=anna)
    assert await ask(storage, organisation, lambda unit: unit.teams.excluded(chat.id)) == {cleo}


async def test_who_was_taken_off_under_either_name_stays_off(storage, organisation):
    anna, ann, cleo = await two(storage, organisation)
    both = {cleo: Role.SUPERVISOR, anna: Role.AGENT, ann: Role.AGENT}
    team = await do(storage, organisation, lambda unit: unit.teams.found(a_team("Chat"), both, [], NOW - DAY))
    for person in (anna, ann):
        await do(storage, organisation, lambda unit, p=person: unit.teams.exclude(team, p, cleo, NOW))
    await become_known(storage, organisation, there("L1", "Anna E", ANNA))
    assert await ask(storage, organisation, lambda unit: unit.teams.excluded(team)) == {anna}
    members = (await ask(storage, organisation, lambda unit: unit.teams.members([team])))[team]
    assert [each.person for each in members] == [cleo]


async def test_nobody_is_guessed(storage, organisation):
    anna, ann, _ = await two(storage, organisation)
    [bo] = await welcome(storage, organisation, here("U2", "Bo Lind", BO))
    accounts = [an_account("U1"), an_account("L1", LOCAL), an_account("U2"), an_account("L2", LOCAL)]
    guest = there("L1", "Anna E", ANNA, standing=Standing.GUEST)
    assert not await become_known(storage, organisation, guest), "a guest is not whoever has the address"
    [twin] = await welcome(storage, organisation, nameless("L2", "Anna Two"))
    twins = there("L1", "Anna E", BO), there("L2", "Anna Two", BO)
    assert not await become_known(storage, organisation, *twins), "two in one workspace"
    found = await persons(storage, organisation, *accounts)
    assert found == {"U1": anna, "L1": ann, "U2": bo, "L2": twin}


async def test_a_newcomer_is_not_guessed_where_others_here_have_the_address_too(storage, organisation):
    known = here("U1", "Anna Ek", ANNA), here("U2", "Anna Two", ANNA), there("L1", "Anna E", ANNA)
    before = await welcome(storage, organisation, *known)
    assert len({*before, *await welcome(storage, organisation, here("U3", "Anna Three", ANNA))}) == 4


async def test_a_guest_who_becomes_a_member_is_whoever_has_their_address(storage, organisation):
    anna, _, _ = await two(storage, organisation)
    await become_known(storage, organisation, there("L1", "Anna E", ANNA, standing=Standing.GUEST))
    assert await become_known(storage, organisation, there("L1", "Anna E", ANNA))
    assert (await persons(storage, organisation, an_account("L1", LOCAL))) == {"L1": anna}


async def test_nobody_gets_a_second_account_in_a_workspace(storage, organisation):
    anna, _, _ = await two(storage, organisation)
    await become_known(storage, organisation, there("L1", "Anna E", ANNA))
    [other] = await welcome(storage, organisation, nameless("L2", "Anna Two"))
    assert not await become_known(storage, organisation, there("L2", "Anna Two", ANNA))
    found = await persons(storage, organisation, an_account("L1", LOCAL), an_account("L2", LOCAL))
    assert found == {"L1": anna, "L2": other}


async def test_the_same_human_in_three_workspaces_becomes_one_at_once(storage, organisation):
    third = await storage.organisation(THIRD)
    await join(storage, organisation, THIRD)
    assert third != organisation
    there_too = replace(a_profile("X1", "Anna T", workspace=THIRD), email="")
    anna, ann, cleo = await two(storage, organisation)
    [also] = await welcome(storage, organisation, there_too)
    team = await do(
        storage,
        organisation,
        lambda unit: unit.teams.found(a_team("Chat"), {ann: Role.AGENT, also: Role.AGENT}, [], NOW - DAY),
    )
    await recognise(storage, organisation, cleo, ann, also, points=5)
    assert await become_known(
        storage, organisation, there("L1", "Anna E", ANNA), replace(there_too, email=ANNA), there("L3", "Cleo Ray")
    )
    found = await persons(storage, organisation, an_account("L1", LOCAL), an_account("X1", THIRD))
    assert set(found.values()) == {anna}
    assert (await tally(storage, organisation, anna)).balance == 5
    members = (await ask(storage, organisation, lambda unit: unit.teams.members([team])))[team]
    assert [each.person for each in members] == [anna]
    assert await storage.inside.findings() == []


async def test_two_whose_address_is_new_at_the_same_time_are_one(storage, organisation):
    mine, theirs = replace(here("U7", "Dan Holm"), email=""), nameless("L7", "Dan H")
    await welcome(storage, organisation, mine, theirs)
    assert await become_known(
        storage, organisation, replace(mine, email="dan@example.com"), replace(theirs, email="dan@example.com")
    )
    found = await persons(storage, organisation, an_account("U7"), an_account("L7", LOCAL))
    assert len(set(found.values())) == 1


@pytest.mark.parametrize("stranger", ["nobody", "first", "second"])
async def test_two_who_learn_one_address_in_two_open_transactions_are_one(storage, organisation, stranger):
    known = {"first": here("U7", "Dan Holm", DAN), "second": there("L7", "Dan H", DAN)}
    await welcome(storage, organisation, *(replace(each, email="") for key, each in known.items() if key != stranger))
    async with storage.units(organisation) as unit:
        await unit.people.welcome([known["first"]], LATER)
        second = asyncio.create_task(become_known(storage, organisation, known["second"]))
        # Enough for whoever does not wait for the first to be done.
        await asyncio.wait([second], timeout=0.5)
        await unit.commit()
    await second
    found = await persons(storage, organisation, an_account("U7"), an_account("L7", LOCAL))
    assert len(set(found.values())) == 1


@pytest.mark.parametrize("stranger", [0, 1])
async def test_who_is_met_together_with_whoever_learns_the_address_is_one_with_them(storage, organisation, stranger):
    both = [here("U7", "Dan Holm", DAN), there("L7", "Dan H", DAN)]
    [dan] = await welcome(storage, organisation, replace(both[1 - stranger], email=""))
    assert await welcome(storage, organisation, *both) == [dan, dan]


async def test_two_of_one_address_who_were_not_told_apart_are_one_when_either_is_met_again(storage, organisation):
    anna, ann, _ = await two(storage, organisation)
    [twin] = await welcome(storage, organisation, nameless("L2", "Anna Two"))
    await become_known(storage, organisation, there("L1", "Anna E", ANNA), there("L2", "Anna Two", ANNA))
    await become_known(storage, organisation, there("L2", "Anna Two", "two@example.com"))
    assert await become_known(storage, organisation, there("L1", "Anna Ek", ANNA))
    found = await persons(
        storage, organisation, *(an_account(*each) for each in (["U1"], ["L1", LOCAL], ["L2", LOCAL]))
    )
    assert len({anna, ann} & {found["U1"]}) == 1
    assert found == {"U1": found["U1"], "L1": found["U1"], "L2": twin}


async def test_who_is_met_in_two_workspaces_at_once_is_one(storage, organisation):
    mine, theirs = here("U7", "Dan Holm", "dan@example.com"), there("L7", "Dan H", "dan@example.com")
    await asyncio.gather(*(become_known(storage, organisation, each) for _ in range(5) for each in (mine, theirs)))
    found = await persons(storage, organisation, an_account("U7"), an_account("L7", LOCAL))
    assert len(set(found.values())) == 1
    more = here("U8", "Eva Ask", "eva@example.com"), there("L8", "Eva A", "eva@example.com")
    assert len(set(await welcome(storage, organisation, *more))) == 1


async def test_many_who_hear_of_the_address_at_once_make_one_of_them_once(storage, organisation):
    anna, ann, cleo = await two(storage, organisation)
    await recognise(storage, organisation, cleo, anna, points=10)
    await recognise(storage, organisation, cleo, ann, points=10)
    known = there("L1", "Anna E", ANNA)
    await asyncio.gather(*(become_known(storage, organisation, known) for _ in range(8)))
    # Whoever found others writing left it for the next look.
    await become_known(storage, organisation, known)
    assert (await persons(storage, organisation, an_account("L1", LOCAL))) == {"L1": anna}
    assert (await tally(storage, organisation, anna)).balance == 20


async def test_where_there_is_one_workspace_two_with_an_address_are_two(storage):
    organisation = await storage.organisation()
    await welcome(storage, organisation, here("U1", "Anna Ek", ANNA), replace(here("U2", "Anna Two"), email=""))
    assert not await become_known(storage, organisation, here("U2", "Anna Two", ANNA))
    assert len(set((await persons(storage, organisation, an_account("U1"), an_account("U2"))).values())) == 2


async def test_another_organisation_is_never_looked_at(storage, organisation):
    own = await storage.organisation(THIRD)
    outsider = replace(a_profile("X1", "Anna T", workspace=THIRD), email="")
    [anne] = await welcome(storage, own, outsider)
    anna, ann, _ = await two(storage, organisation)
    assert not await become_known(storage, own, replace(outsider, email=ANNA))
    assert (await persons(storage, own, an_account("X1", THIRD))) == {"X1": anne}
    assert await become_known(storage, organisation, there("L1", "Anna E", ANNA))
    assert anne not in {anna, ann}


async def test_what_is_of_somebody_who_is_gone_is_not_written(storage, organisation):
    anna, ann, cleo = await two(storage, organisation)
    await become_known(storage, organisation, there("L1", "Anna E", ANNA))
    for giver, receiver in ((ann, cleo), (cleo, ann)):
        async with storage.units(organisation) as unit:
            with pytest.raises(GoneError):
                await unit.kudos.record(a_recording(giver, receiver, request_key="the act"))
    async with storage.units(organisation) as unit:
        again = await unit.kudos.record(a_recording(anna, cleo, request_key="the act"))
    assert again.outcome is RecordOutcome.RECORDED, "the act was not seen yet"
    assert await storage.inside.findings() == []


async def test_a_kudos_given_meanwhile_is_theirs_or_was_not_given(storage, organisation):
    anna, ann, cleo = await two(storage, organisation)

    async def give(number, giver, receiver):
        async with storage.units(organisation) as unit:
            return await unit.kudos.record(a_recording(giver, receiver, points=1, request_key=f"{number}"))

    async def hear():
        # Where others write for too long, it is for the next look.
        while not await become_known(storage, organisation, there("L1", "Anna E", ANNA)):
            pass

    given = await asyncio.gather(
        *(give(number, ann, cleo) for number in range(10)),
        hear(),
        *(give(number, cleo, ann) for number in range(10, 20)),
        *(give(number, anna, cleo) for number in range(20, 30)),
        return_exceptions=True,
    )
    outcomes = [each for each in given if each is not None]
    assert all(isinstance(each, GoneError) or each.outcome is RecordOutcome.RECORDED for each in outcomes)
    recorded = sum(not isinstance(each, GoneError) for each in outcomes)
    of_anna, of_cleo = await tally(storage, organisation, anna), await tally(storage, organisation, cleo)
    assert of_anna.used + of_cleo.used == of_anna.balance + of_cleo.balance == recorded
    assert recorded >= 10
    assert await storage.inside.findings() == []


async def live(storage, seed: int, workspaces: tuple[WorkspaceRef, WorkspaceRef], *, known_from_the_start: bool):
    """Let four humans, who all are in both workspaces, recognise each other; give what each has in the end."""
    chance = Random(seed)  # noqa: S311 a story, and the same one each time
    humans = ("anna", "bo", "cleo", "dan")
    first, second = workspaces
    own = await storage.organisation(first)
    await storage.organisation(second)
    await join(storage, own, second)
    profiles = {
        (human, place): replace(
            a_profile(f"{human}-{place}", human.title(), workspace=workspaces[place]), email=f"{human}@example.com"
        )
        for human in humans
        for place in (0, 1)
    }
    unknown = {key: replace(each, email="" if key[1] else each.email) for key, each in profiles.items()}
    met = profiles if known_from_the_start else unknown
    await welcome(storage, own, *met.values())
    accounts: dict[AccountRef, tuple[str, int]] = {each.account: key for key, each in profiles.items()}
    for number in range(25):
        found = await ask(storage, own, lambda unit: unit.people.colleagues(list(accounts)))
        person = {accounts[each.account]: each.person for each in found}
        giver, *receivers = chance.sample(sorted(person), chance.randint(2, 4))
        undoes, learns = chance.random() < 0.2, chance.choice(sorted(person))
        named = dict.fromkeys(person[each] for each in receivers if each[0] != giver[0])
        if named:
            at = NOW + timedelta(minutes=number)
            recording = a_recording(person[giver], *named, points=5, at=at, limit=10_000, request_key=f"{number}")
            async with storage.units(own) as unit:
                await unit.kudos.record(recording)
            if undoes:
                await do(storage, own, lambda unit, given=recording: unit.kudos.undo(given.id, given.at, WITHDRAWN))
        await become_known(storage, own, met[learns] if number < 12 else profiles[learns])
    for each in profiles.values():
        await become_known(storage, own, each)
    found = await ask(storage, own, lambda unit: unit.people.colleagues(list(accounts)))
    assert len({each.person for each in found}) == len(humans)
    return {accounts[each.account][0]: await tally(storage, own, each.person) for each in found}


@pytest.mark.parametrize("seed", range(4))
async def test_it_comes_to_the_same_whenever_the_address_becomes_known(storage, seed):
    later, from_the_start = [
        await live(
            storage,
            seed,
            (WorkspaceRef(Platform.SLACK, f"T-{known}"), WorkspaceRef(Platform.TEAMS, f"T-{known}")),
            known_from_the_start=known,
        )
        for known in (False, True)
    ]
    assert later == from_the_start
    assert any(each.balance for each in later.values())
    assert await storage.inside.findings() == []
