"""What every storage does with teams, absence and supervisors' wishes."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import date, time, timedelta
from uuid import uuid4

import pytest

from bot.identity import Platform, TeamId, WorkspaceRef
from bot.people.model import Role
from bot.ports import Standing
from bot.teams.model import WEEKDAYS, Absence, MembersFrom, NudgeHabit, NudgeWishes, ServiceChannel, TeamSettings
from bot.teams.store import HomeTakenError
from tests.factories import NOW, a_channel, a_profile, a_team, an_account

LOCAL = WorkspaceRef(Platform.LOCAL, "demo")
LATER = NOW + timedelta(days=3)
EVERYTHING = TeamSettings(
    name="Söder & Väst",
    timezone="Asia/Kolkata",
    language="sv",
    service_channel=ServiceChannel.EMAIL,
    working_days=frozenset({1, 3, 7}),
    digest_day=5,
    digest_time=time(16, 45),
    nudge_days=21,
    members_from=MembersFrom.GROUP,
    group="S1",
)


async def do(storage, organisation, change):
    """Carry out one change and commit it."""
    async with storage.units(organisation) as unit:
        done = await change(unit.teams)
        await unit.commit()
        return done


async def ask(storage, organisation, question):
    async with storage.units(organisation) as unit:
        return await question(unit.teams)


async def found(storage, organisation, settings=None, members=None, *, homes=(), founder=None) -> TeamId:
    settings, members = settings or a_team(), members or {}
    return await do(storage, organisation, lambda teams: teams.found(settings, members, homes, NOW, founder=founder))


async def members_of(storage, organisation, team):
    return (await ask(storage, organisation, lambda teams: teams.members([team])))[team]


async def test_a_team_is_found_again_as_it_was_founded(storage, organisation):
    [anna] = await storage.people(organisation, "Anna Ek")
    homes = (a_channel("C7"), a_channel("phone", LOCAL))
    team = await found(storage, organisation, EVERYTHING, homes=homes, founder=anna)
    kept = await ask(storage, organisation, lambda teams: teams.team(team))
    assert (kept.id, kept.settings, kept.founder) == (team, EVERYTHING, anna)
    assert set(kept.homes) == set(homes)
    assert await ask(storage, organisation, lambda teams: teams.at(a_channel("C7"))) == kept
    assert await ask(storage, organisation, lambda teams: teams.at(a_channel("phone", LOCAL))) == kept
    assert await ask(storage, organisation, lambda teams: teams.at(a_channel("phone"))) is None
    assert await ask(storage, organisation, lambda teams: teams.team(TeamId(uuid4()))) is None


async def test_a_team_that_nobody_set_up_without_home_or_digest_is_kept_so(storage, organisation):
    settings = a_team(digest_day=None, working_days=frozenset())
    team = await found(storage, organisation, settings)
    kept = await ask(storage, organisation, lambda teams: teams.team(team))
    assert (kept.settings, kept.homes, kept.founder) == (settings, (), None)


async def test_teams_are_listed_by_name(storage, organisation):
    for name in ("Phone", "Chat", "E-mail"):
        await found(storage, organisation, a_team(name))
    listed = await ask(storage, organisation, lambda teams: teams.all())
    assert [team.settings.name for team in listed] == ["Chat", "E-mail", "Phone"]


async def test_settings_are_replaced(storage, organisation):
    team = await found(storage, organisation)
    other = await found(storage, organisation, a_team("Chat"))
    await do(storage, organisation, lambda teams: teams.change(team, EVERYTHING))
    assert (await ask(storage, organisation, lambda teams: teams.team(team))).settings == EVERYTHING
    assert (await ask(storage, organisation, lambda teams: teams.team(other))).settings == a_team("Chat")


async def test_a_team_settles_elsewhere_in_one_workspace_and_stays_in_the_others(storage, organisation):
    team = await found(storage, organisation, homes=(a_channel("C7"), a_channel("phone", LOCAL)))
    await do(storage, organisation, lambda teams: teams.settle_at(team, a_channel("C8")))
    kept = await ask(storage, organisation, lambda teams: teams.team(team))
    assert set(kept.homes) == {a_channel("C8"), a_channel("phone", LOCAL)}
    assert await ask(storage, organisation, lambda teams: teams.at(a_channel("C7"))) is None


async def test_no_two_teams_have_one_home(storage, organisation):
    await found(storage, organisation, homes=[a_channel("C7")])
    other = await found(storage, organisation, a_team("Chat"))
    with pytest.raises(HomeTakenError):
        await do(storage, organisation, lambda teams: teams.settle_at(other, a_channel("C7")))
    with pytest.raises(HomeTakenError):
        await found(storage, organisation, a_team("E-mail"), homes=[a_channel("C7")])
    listed = await ask(storage, organisation, lambda teams: teams.all())
    assert {team.settings.name: team.homes for team in listed} == {"Phone": (a_channel("C7"),), "Chat": ()}


async def test_members_are_listed_by_name_with_their_role_and_since_when(storage, organisation):
    cleo, anna = await storage.people(organisation, "Cleo Ray", "Anna Ek")
    team = await found(storage, organisation, members={cleo: Role.AGENT, anna: Role.SUPERVISOR})
    empty = await found(storage, organisation, a_team("Chat"))
    listed = await ask(storage, organisation, lambda teams: teams.members([team, empty]))
    assert [(each.person, each.name, each.email, each.role, each.since) for each in listed[team]] == [
        (anna, "Anna Ek", "u2@example.com", Role.SUPERVISOR, NOW),
        (cleo, "Cleo Ray", "u1@example.com", Role.AGENT, NOW),
    ]
    assert listed[empty] == []
    assert await ask(storage, organisation, lambda teams: teams.members([])) == {}


async def test_a_member_has_left_when_no_account_is_left(storage, organisation):
    anna, bo = await storage.people(organisation, "Anna Ek", "Bo Lind")
    team = await found(storage, organisation, members={anna: Role.AGENT, bo: Role.AGENT})
    async with storage.units(organisation) as unit:
        await unit.people.welcome([a_profile("U1", "Anna Ek", standing=Standing.LEFT)], LATER)
        await unit.commit()
    assert [(each.name, each.has_left) for each in await members_of(storage, organisation, team)] == [
        ("Anna Ek", True),
        ("Bo Lind", False),
    ]


async def test_who_stays_keeps_the_beginning_and_a_new_role_begins_anew(storage, organisation):
    anna, bo, cleo = await storage.people(organisation, "Anna Ek", "Bo Lind", "Cleo Ray")
    team = await found(storage, organisation, members={anna: Role.AGENT, bo: Role.AGENT})
    wanted = {anna: Role.AGENT, bo: Role.SUPERVISOR, cleo: Role.AGENT}
    assert await do(storage, organisation, lambda teams: teams.set_members(team, wanted, LATER))
    assert [(each.name, each.role, each.since) for each in await members_of(storage, organisation, team)] == [
        ("Anna Ek", Role.AGENT, NOW),
        ("Bo Lind", Role.SUPERVISOR, LATER),
        ("Cleo Ray", Role.AGENT, LATER),
    ]
    assert not await do(storage, organisation, lambda teams: teams.set_members(team, wanted, LATER))


async def test_who_left_the_team_and_comes_back_begins_anew(storage, organisation):
    [anna] = await storage.people(organisation, "Anna Ek")
    team = await found(storage, organisation, members={anna: Role.AGENT})
    assert await do(storage, organisation, lambda teams: teams.set_members(team, {}, LATER))
    assert await members_of(storage, organisation, team) == []
    for at in (LATER, LATER + timedelta(days=1)):
        await do(storage, organisation, lambda teams, at=at: teams.set_members(team, {anna: Role.AGENT}, at))
    assert [each.since for each in await members_of(storage, organisation, team)] == [LATER]


async def test_members_changed_many_times_in_one_moment_are_as_the_last_change_says(storage, organisation):
    anna, bo = await storage.people(organisation, "Anna Ek", "Bo Lind")
    team = await found(storage, organisation, members={anna: Role.AGENT})
    for wanted in ({bo: Role.AGENT}, {anna: Role.SUPERVISOR}, {}, {anna: Role.AGENT, bo: Role.SUPERVISOR}):
        await do(storage, organisation, lambda teams, wanted=wanted: teams.set_members(team, wanted, NOW))
    assert [(each.name, each.role) for each in await members_of(storage, organisation, team)] == [
        ("Anna Ek", Role.AGENT),
        ("Bo Lind", Role.SUPERVISOR),
    ]


async def test_who_is_excluded_is_off_the_team_until_let_in_again(storage, organisation):
    anna, bo = await storage.people(organisation, "Anna Ek", "Bo Lind")
    team = await found(storage, organisation, members={anna: Role.AGENT, bo: Role.SUPERVISOR})
    other = await found(storage, organisation, a_team("Chat"), {anna: Role.AGENT})
    for _ in range(2):
        await do(storage, organisation, lambda teams: teams.exclude(team, anna, bo, LATER))
    assert [each.name for each in await members_of(storage, organisation, team)] == ["Bo Lind"]
    assert [each.name for each in await members_of(storage, organisation, other)] == ["Anna Ek"]
    assert await ask(storage, organisation, lambda teams: teams.excluded(team)) == {anna}
    assert await ask(storage, organisation, lambda teams: teams.excluded(other)) == set()
    await do(storage, organisation, lambda teams: teams.readmit(team, [anna, bo]))
    assert await ask(storage, organisation, lambda teams: teams.excluded(team)) == set()


async def test_who_was_taken_off_by_mistake_was_never_off(storage, organisation):
    anna, bo = await storage.people(organisation, "Anna Ek", "Bo Lind")
    team = await found(storage, organisation, members={anna: Role.SUPERVISOR, bo: Role.SUPERVISOR})
    before = await members_of(storage, organisation, team)
    await do(storage, organisation, lambda teams: teams.exclude(team, anna, bo, LATER))
    for by, since in ((anna, NOW), (bo, LATER + timedelta(days=1))):
        await do(storage, organisation, lambda teams, by=by, since=since: teams.reinstate(team, anna, by, since))
        assert await ask(storage, organisation, lambda teams: teams.excluded(team)) == {anna}
    for _ in range(2):
        await do(storage, organisation, lambda teams: teams.reinstate(team, anna, bo, NOW))
        assert await ask(storage, organisation, lambda teams: teams.excluded(team)) == set()
        assert await members_of(storage, organisation, team) == before


async def test_who_was_let_in_again_is_not_let_in_twice(storage, organisation):
    anna, bo = await storage.people(organisation, "Anna Ek", "Bo Lind")
    team = await found(storage, organisation, members={anna: Role.AGENT, bo: Role.SUPERVISOR})
    await do(storage, organisation, lambda teams: teams.exclude(team, anna, bo, LATER))
    await do(storage, organisation, lambda teams: teams.readmit(team, [anna]))
    anew = {anna: Role.AGENT, bo: Role.SUPERVISOR}
    await do(storage, organisation, lambda teams: teams.set_members(team, anew, LATER + timedelta(days=1)))
    before = await members_of(storage, organisation, team)
    await do(storage, organisation, lambda teams: teams.reinstate(team, anna, bo, NOW))
    assert await members_of(storage, organisation, team) == before


def days(first: int, last: int) -> tuple[date, date]:
    return date(2026, 11, first), date(2026, 11, last)


async def away(storage, organisation, person, first, last):
    absence = Absence(uuid4(), person, *days(first, last))
    await do(storage, organisation, lambda teams: teams.away(absence, person, NOW))
    return absence


async def absences(storage, organisation, *persons, since=1):
    found = await ask(storage, organisation, lambda teams: teams.absences(persons, date(2026, 11, since)))
    return [(each.person, each.begins.day, each.ends.day) for each in found]


async def test_absences_are_given_soonest_first_while_they_last(storage, organisation):
    anna, bo, cleo = await storage.people(organisation, "Anna Ek", "Bo Lind", "Cleo Ray")
    await away(storage, organisation, anna, 20, 22)
    kept = await away(storage, organisation, bo, 10, 12)
    await away(storage, organisation, cleo, 1, 30)
    assert await absences(storage, organisation, anna, bo) == [(bo, 10, 12), (anna, 20, 22)]
    assert await absences(storage, organisation, anna, bo, since=12) == [(bo, 10, 12), (anna, 20, 22)]
    assert await absences(storage, organisation, anna, bo, since=13) == [(anna, 20, 22)]
    assert await absences(storage, organisation) == []
    assert await ask(storage, organisation, lambda teams: teams.absences([bo], date(2026, 11, 1))) == [kept]


async def test_an_absence_replaces_those_it_overlaps_and_no_others(storage, organisation):
    anna, bo = await storage.people(organisation, "Anna Ek", "Bo Lind")
    for first, last in ((1, 5), (7, 9), (11, 20)):
        await away(storage, organisation, anna, first, last)
    await away(storage, organisation, bo, 1, 30)
    await away(storage, organisation, anna, 9, 11)
    assert await absences(storage, organisation, anna, bo) == [(anna, 1, 5), (bo, 1, 30), (anna, 9, 11)]


@pytest.mark.parametrize(
    ("first", "last", "left"),
    [(1, 20, [(1, 9)]), (10, 20, []), (1, 10, [(1, 9)]), (11, 20, [(11, 20)]), (1, 9, [(1, 9)])],
)
async def test_coming_back_ends_the_absence_of_the_day(storage, organisation, first, last, left):
    [anna] = await storage.people(organisation, "Anna Ek")
    await away(storage, organisation, anna, first, last)
    was_away = await do(storage, organisation, lambda teams: teams.back(anna, date(2026, 11, 10)))
    assert was_away is (first <= 10 <= last)
    assert [each[1:] for each in await absences(storage, organisation, anna)] == left


async def test_a_supervisor_who_chose_nothing_has_the_default_and_the_last_choice_counts(storage, organisation):
    [anna] = await storage.people(organisation, "Anna Ek")
    assert await ask(storage, organisation, lambda teams: teams.wishes(anna)) == NudgeWishes()
    for wishes in (NudgeWishes(NudgeHabit.OFF, time(7, 5)), NudgeWishes(NudgeHabit.WEEKLY, time(14, 0))):
        await do(storage, organisation, lambda teams, wishes=wishes: teams.wish(anna, wishes))
    assert await ask(storage, organisation, lambda teams: teams.wishes(anna)) == NudgeWishes(
        NudgeHabit.WEEKLY, time(14, 0)
    )


async def test_organisations_do_not_know_each_others_teams(storage, organisation):
    [anna] = await storage.people(organisation, "Anna Ek")
    team = await found(storage, organisation, members={anna: Role.AGENT}, homes=[a_channel("C7")])
    await away(storage, organisation, anna, 1, 30)
    other = await storage.organisation(LOCAL)
    assert await ask(storage, other, lambda teams: teams.team(team)) is None
    assert await ask(storage, other, lambda teams: teams.at(a_channel("C7"))) is None
    assert await ask(storage, other, lambda teams: teams.all()) == []
    assert await members_of(storage, other, team) == []
    assert await absences(storage, other, anna) == []
    assert not await do(storage, other, lambda teams: teams.back(anna, date(2026, 11, 10)))


async def test_what_is_not_committed_did_not_happen(storage, organisation):
    team = await found(storage, organisation)
    async with storage.units(organisation) as unit:
        await unit.teams.change(team, replace(a_team(), name="Chat"))
        assert (await unit.teams.team(team)).settings.name == "Chat"
    assert (await ask(storage, organisation, lambda teams: teams.team(team))).settings.name == "Phone"


async def test_what_a_supervisor_leads_is_known_with_their_zone_days_and_wishes(storage, organisation):
    anna, bo, cleo = await storage.people(organisation, "Anna Ek", "Bo Lind", "Cleo Ray")
    weekend = a_team("Weekend", "Asia/Kolkata", working_days=frozenset({6, 7}))
    phone = await found(storage, organisation, members={anna: Role.SUPERVISOR, bo: Role.SUPERVISOR})
    late = await found(storage, organisation, weekend, {anna: Role.SUPERVISOR, cleo: Role.AGENT, bo: Role.SUPERVISOR})
    wishes = NudgeWishes(NudgeHabit.WEEKLY, time(8, 15))
    await do(storage, organisation, lambda teams: teams.wish(anna, wishes))
    await do(storage, organisation, lambda teams: teams.set_members(late, {anna: Role.SUPERVISOR}, LATER))
    led = await ask(storage, organisation, lambda teams: teams.leading([anna, bo, cleo]))
    assert set(led) == {anna, bo}
    assert set(led[anna].teams) == {phone, late}
    assert (led[anna].working_days, led[anna].wishes) == (frozenset(range(1, 8)), wishes)
    assert (led[bo].teams, led[bo].working_days, led[bo].wishes) == ((phone,), WEEKDAYS, NudgeWishes())
    assert {led[anna].timezone, led[bo].timezone} == {"Europe/Stockholm"}
    assert await ask(storage, organisation, lambda teams: teams.leading([])) == {}


async def test_a_supervisor_whose_zone_is_not_known_is_where_the_team_is(storage, organisation):
    async with storage.units(organisation) as unit:
        await unit.people.welcome([a_profile("U1", timezone="")], NOW)
        await unit.commit()
    async with storage.units(organisation) as unit:
        [anna] = [each.person for each in await unit.people.colleagues([an_account("U1")])]
    await found(storage, organisation, a_team(timezone="Asia/Kolkata"), {anna: Role.SUPERVISOR})
    assert (await ask(storage, organisation, lambda teams: teams.leading([anna])))[anna].timezone == "Asia/Kolkata"


async def test_a_team_is_held_by_one_at_a_time(storage, organisation):
    people = await storage.people(organisation, *(f"Person {number}" for number in range(8)))
    team = await found(storage, organisation)

    async def join(person):
        async with storage.units(organisation) as unit:
            await unit.teams.hold(team)
            roles = {each.person: each.role for each in (await unit.teams.members([team]))[team]}
            await unit.teams.set_members(team, roles | {person: Role.AGENT}, NOW)
            await unit.commit()

    await asyncio.gather(*(join(person) for person in people))
    assert {each.person for each in await members_of(storage, organisation, team)} == set(people)
