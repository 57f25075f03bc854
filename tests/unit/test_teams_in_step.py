"""A team's people follow its channel or group, and who was taken off stays off."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.errors import Code, RecognitionError
from bot.identity import TeamId
from bot.people.model import Role
from bot.ports import Standing
from bot.schedule.model import Kind
from bot.teams.model import MembersFrom
from tests.factories import WORKSPACE, a_channel, a_profile, an_account
from tests.unit.desk import ANNA, BO, CLEO, FLOOR, GUEST, HOME, MAJA, ROBOT, SVEN, Desk, desk


async def a_desk(members_from: MembersFrom = MembersFrom.CHANNEL) -> Desk:
    """A desk with Maja's team of Anna and Bo, which is in its channel with them and a bot."""
    here = await desk()
    here.directory.conversations[HOME] = (MAJA, ANNA, BO, ROBOT)
    here.directory.groups = {"S1": (ANNA, BO)}
    await here.team("Phone", (ANNA, BO), (MAJA,))
    kept = team(here)
    kept.settings = replace(kept.settings, members_from=members_from, group="S1")
    return here


def team(here: Desk):
    [kept] = here.books.teams.values()
    return kept


def names(here: Desk) -> set[str]:
    return {here.books.persons[person].split()[0] for person in team(here).members}


async def in_step(here: Desk) -> bool:
    [team_id] = here.books.teams
    return await here.teams.keep_in_step(here.organisation, team_id)


async def excludes(here: Desk, account) -> None:
    persons = {each: here.books.accounts[each][0] for each in (MAJA, account)}
    await here.teams.not_on_team(here.organisation, persons[MAJA], persons[account])


async def test_members_follow_the_channel_and_supervisors_stay():
    here = await a_desk()
    assert not await in_step(here)
    here.directory.conversations[HOME] = (ANNA, CLEO, GUEST, ROBOT)
    here.clock.advance(timedelta(days=1))
    assert await in_step(here)
    assert names(here) == {"Maja", "Anna", "Cleo"}
    since = {here.books.persons[person].split()[0]: at for person, at in team(here).since.items()}
    assert since["Cleo"] - since["Anna"] == timedelta(days=1)
    assert not await in_step(here)


async def test_members_follow_the_group():
    here = await a_desk(MembersFrom.GROUP)
    here.directory.groups = {"S1": (SVEN, MAJA)}
    assert await in_step(here)
    assert names(here) == {"Maja", "Sven"}
    assert team(here).members[here.books.accounts[MAJA][0]] is Role.SUPERVISOR


async def test_a_fixed_list_follows_nothing():
    here = await a_desk(MembersFrom.LIST)
    here.directory.conversations[HOME] = (CLEO,)
    assert not await in_step(here)
    await here.teams.joined(HOME, CLEO)
    await here.teams.left(HOME, ANNA)
    assert names(here) == {"Maja", "Anna", "Bo"}


@pytest.mark.parametrize("members_from", [MembersFrom.CHANNEL, MembersFrom.GROUP])
async def test_what_cannot_be_seen_empties_no_team(members_from):
    here = await a_desk(members_from)
    here.directory.conversations[HOME] = ()
    here.directory.groups = {}
    assert not await in_step(here)
    assert names(here) == {"Maja", "Anna", "Bo"}
    assert not await here.teams.keep_in_step(here.organisation, TeamId(here.books.accounts[MAJA][0]))


async def test_of_two_channels_one_that_cannot_be_seen_takes_nobody_off():
    here = await a_desk()
    other = a_channel("C9")
    team(here).homes = (HOME, other)
    here.directory.conversations |= {HOME: (MAJA, ANNA), other: (BO, CLEO)}
    assert await in_step(here)
    assert names(here) == {"Maja", "Anna", "Bo", "Cleo"}
    here.directory.conversations[other] = ()
    assert not await in_step(here)
    assert names(here) == {"Maja", "Anna", "Bo", "Cleo"}


async def test_a_supervisor_who_was_taken_for_gone_and_is_back_leads_the_team_as_before():
    here = await a_desk()
    here.directory.conversations[HOME] = (ANNA, BO, ROBOT)
    here.directory.put(a_profile("U1", "Maja Lindqvist", standing=Standing.LEFT))
    await here.meet(MAJA)
    assert not await in_step(here)
    async with here.units(here.organisation) as work:
        # Nobody is told in an account that has left.
        assert await work.nudges.account(here.books.accounts[MAJA][0]) is None
    here.directory.put(a_profile("U1", "Maja Lindqvist"))
    await here.meet(MAJA)
    assert not await in_step(here)
    assert team(here).members[here.books.accounts[MAJA][0]] is Role.SUPERVISOR
    async with here.units(here.organisation) as work:
        assert await work.nudges.account(here.books.accounts[MAJA][0]) == MAJA
        assert await work.schedules.get(Kind.NUDGES, here.books.accounts[MAJA][0])


async def test_all_teams_are_kept_in_step_but_those_whose_channel_cannot_be_asked():
    here = await a_desk()
    here.directory.conversations[HOME] = (ANNA,)
    assert await here.teams.keep_all_in_step(WORKSPACE) == 1
    here.directory.down = True
    assert await here.teams.keep_all_in_step(WORKSPACE) == 0
    with pytest.raises(RecognitionError) as refused:
        await in_step(here)
    assert refused.value.code is Code.DIRECTORY_UNAVAILABLE


async def test_who_joins_and_leaves_the_channel_does_so_in_the_team():
    here = await a_desk()
    for _ in range(2):
        await here.teams.joined(HOME, CLEO)
        assert names(here) == {"Maja", "Anna", "Bo", "Cleo"}
    for _ in range(2):
        await here.teams.left(HOME, CLEO)
        assert names(here) == {"Maja", "Anna", "Bo"}


async def test_bots_guests_unknown_accounts_and_other_channels_make_no_members():
    here = await a_desk()
    for account in (ROBOT, GUEST, an_account("U404")):
        await here.teams.joined(HOME, account)
        await here.teams.left(HOME, account)
    await here.teams.joined(a_channel("C77"), CLEO)
    assert names(here) == {"Maja", "Anna", "Bo"}


async def test_who_leaves_one_channel_of_several_stays_while_they_are_in_another():
    here = await a_desk()
    team(here).homes = (HOME, FLOOR)
    here.directory.conversations[FLOOR] = (ANNA, CLEO)
    await in_step(here)
    here.directory.conversations[HOME] = (MAJA, ROBOT)
    await here.teams.left(HOME, ANNA)
    assert names(here) == {"Maja", "Anna", "Cleo"}
    here.directory.conversations[FLOOR] = (CLEO,)
    await here.teams.left(FLOOR, ANNA)
    assert names(here) == {"Maja", "Cleo"}


async def test_a_supervisor_who_leaves_the_channel_stays_supervisor():
    here = await a_desk()
    await here.teams.left(HOME, MAJA)
    await here.teams.joined(HOME, MAJA)
    assert team(here).members[here.books.accounts[MAJA][0]] is Role.SUPERVISOR


async def test_who_was_taken_off_stays_off():
    here = await a_desk()
    await excludes(here, BO)
    assert names(here) == {"Maja", "Anna"}
    assert not await in_step(here)
    await here.teams.joined(HOME, BO)
    assert names(here) == {"Maja", "Anna"}


async def test_only_the_teams_that_a_supervisor_leads_are_meant_by_not_on_my_team():
    here = await a_desk()
    await here.team("Chat", (BO,), (SVEN,), FLOOR)
    await here.team("Leads", (MAJA,), (BO,), None)
    persons = {each: here.books.accounts[each][0] for each in (MAJA, ANNA, BO)}
    left = await here.teams.not_on_team(here.organisation, persons[MAJA], persons[BO])
    assert [here.books.teams[each].settings.name for each in left] == ["Phone"]
    assert await here.teams.not_on_team(here.organisation, persons[MAJA], persons[BO]) == ()
    assert await here.teams.not_on_team(here.organisation, persons[ANNA], persons[BO]) == ()
    assert {kept.settings.name: len(kept.members) for kept in here.books.teams.values()} == {
        "Phone": 2,
        "Chat": 2,
        "Leads": 2,
    }


async def test_a_team_that_is_gone_when_somebody_has_been_looked_up_is_left_alone():
    here = await a_desk()
    looked_up = here.directory.person

    async def person(account):
        team(here).homes = ()
        return await looked_up(account)

    here.directory.person = person
    await here.teams.joined(HOME, CLEO)
    assert names(here) == {"Maja", "Anna", "Bo"}
    assert FLOOR not in team(here).homes


async def test_a_team_follows_its_channel_to_a_new_id():
    here = await a_desk()
    moved = a_channel("C77")

    await here.teams.moved(FLOOR, moved)
    assert team(here).homes == (HOME,)
    await here.teams.moved(HOME, moved)

    assert team(here).homes == (moved,)


async def test_who_leads_a_team_beside_somebody_is_not_taken_off_it_by_them():
    here = await desk()
    await here.team("Phone", (ANNA,), (MAJA, SVEN))

    await excludes(here, SVEN)

    assert names(here) == {"Maja", "Anna", "Sven"}
