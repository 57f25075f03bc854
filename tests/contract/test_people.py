"""What every storage does with workspaces, people and teams."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta

from bot.identity import Platform, WorkspaceRef
from bot.people.model import Place, Role
from bot.points.model import Programme
from bot.ports import Standing
from tests.factories import IDEAS, NOW, OWNERSHIP, WORKSPACE, a_channel, a_profile, a_team, an_account

LOCAL = WorkspaceRef(Platform.LOCAL, "demo")


async def welcome(storage, organisation, *profiles, now=NOW):
    async with storage.units(organisation) as unit:
        await unit.people.welcome(profiles, now)
        await unit.commit()


async def colleague(storage, organisation, account):
    async with storage.units(organisation) as unit:
        [found] = await unit.people.colleagues([account])
        return found


async def test_a_workspace_that_was_never_connected_is_unknown(storage):
    assert await storage.workplaces.workplace(WORKSPACE) is None


async def test_connecting_a_workspace_makes_an_organisation_with_the_default_programme(storage):
    workplace = await storage.workplaces.connect(WORKSPACE, "Acme", NOW)
    assert (workplace.workspace, workplace.name) == (WORKSPACE, "Acme")
    assert await storage.workplaces.workplace(WORKSPACE) == workplace
    async with storage.units(workplace.organisation) as unit:
        assert await unit.points.programme() == Programme(behaviours=(OWNERSHIP, IDEAS))


async def test_connecting_it_again_gives_the_organisation_it_has(storage):
    first = await storage.workplaces.connect(WORKSPACE, "Acme", NOW)
    assert await storage.workplaces.connect(WORKSPACE, "Acme renamed", NOW) == first


async def test_a_workspace_connected_many_times_at_once_has_one_organisation(storage):
    workplaces = await asyncio.gather(*(storage.workplaces.connect(WORKSPACE, "Acme", NOW) for _ in range(20)))
    assert len({each.organisation for each in workplaces}) == 1


async def test_workspaces_of_the_same_id_on_two_platforms_are_two(storage):
    one = await storage.workplaces.connect(WORKSPACE, "Acme", NOW)
    other = await storage.workplaces.connect(WorkspaceRef(Platform.TEAMS, WORKSPACE.id), "Acme", NOW)
    assert one.organisation != other.organisation


async def test_someone_welcomed_is_known_as_the_profile_says(storage, organisation):
    await welcome(storage, organisation, a_profile("U1", "Anna Ek", locale="sv-SE", timezone="Asia/Kolkata"))
    anna = await colleague(storage, organisation, an_account("U1"))
    assert (anna.account, anna.name, anna.locale, anna.timezone) == (
        an_account("U1"),
        "Anna Ek",
        "sv-SE",
        "Asia/Kolkata",
    )
    assert (anna.standing, anna.places, anna.is_supervisor, anna.admin) == (Standing.MEMBER, (), False, False)


async def test_who_administers_the_workspace_is_known_until_they_no_longer_do(storage, organisation):
    for admin in (True, False):
        await welcome(storage, organisation, replace(a_profile("U1"), admin=admin))
        assert (await colleague(storage, organisation, an_account("U1"))).admin is admin


async def test_someone_welcomed_again_is_the_same_person_brought_up_to_date(storage, organisation):
    await welcome(storage, organisation, a_profile("U1", "Anna Ek"))
    before = await colleague(storage, organisation, an_account("U1"))
    later = NOW + timedelta(days=1)
    await welcome(storage, organisation, a_profile("U1", "Anna Lind", standing=Standing.LEFT), now=later)
    after = await colleague(storage, organisation, an_account("U1"))
    assert after.person == before.person
    assert (after.name, after.standing) == ("Anna Lind", Standing.LEFT)


async def test_the_same_people_welcomed_many_times_at_once_are_one_person_each(storage, organisation):
    profiles = [a_profile(f"U{number}", f"Person {number}") for number in range(5)]
    await asyncio.gather(
        *(welcome(storage, organisation, *(profiles if turn % 2 else reversed(profiles))) for turn in range(10))
    )
    async with storage.units(organisation) as unit:
        found = await unit.people.colleagues([profile.account for profile in profiles])
    assert len({each.person for each in found}) == 5


async def test_colleagues_are_those_of_the_accounts_that_are_known_each_once(storage, organisation):
    await welcome(storage, organisation, a_profile("U1"), a_profile("U2", "Bo Lind"))
    async with storage.units(organisation) as unit:
        asked = [an_account("U2"), an_account("U9"), an_account("U2"), an_account("U1", LOCAL)]
        assert [each.name for each in await unit.people.colleagues(asked)] == ["Bo Lind"]
        assert await unit.people.colleagues([]) == []


async def test_what_a_unit_of_work_wrote_it_sees_and_others_do_not_until_it_commits(storage, organisation):
    async with storage.units(organisation) as unit:
        await unit.people.welcome([a_profile("U1")], NOW)
        assert len(await unit.people.colleagues([an_account("U1")])) == 1
        async with storage.units(organisation) as other:
            assert await other.people.colleagues([an_account("U1")]) == []
        await unit.commit()
    assert (await colleague(storage, organisation, an_account("U1"))).name == "Anna Ek"


async def test_what_is_not_committed_did_not_happen(storage, organisation):
    async with storage.units(organisation) as unit:
        await unit.people.welcome([a_profile("U1")], NOW)
    async with storage.units(organisation) as unit:
        assert await unit.people.colleagues([an_account("U1")]) == []


async def test_people_are_met_at_their_teams_home_in_the_workspace_that_was_asked_about(storage, organisation):
    anna, bo = await storage.people(organisation, "Anna Ek", "Bo Lind")
    async with storage.units(organisation) as unit:
        homes = [a_channel("C7"), a_channel("phone", LOCAL)]
        members = {anna: Role.SUPERVISOR, bo: Role.AGENT}
        phone = await unit.teams.found(a_team("Phone"), members, homes, NOW)
        chat = await unit.teams.found(a_team("Chat"), {anna: Role.AGENT}, [], NOW)
        await unit.commit()
    found = await colleague(storage, organisation, an_account("U1"))
    assert set(found.places) == {
        Place(phone, "Phone", Role.SUPERVISOR, a_channel("C7"), (a_channel("phone", LOCAL),)),
        Place(chat, "Chat", Role.AGENT, None),
    }
    assert found.is_supervisor
    assert (await colleague(storage, organisation, an_account("U2"))).places == (
        Place(phone, "Phone", Role.AGENT, a_channel("C7"), (a_channel("phone", LOCAL),)),
    )


async def test_a_team_lists_its_people_who_have_an_account_in_the_workspace(storage, organisation):
    anna, bo, _ = await storage.people(organisation, "Anna Ek", "Bo Lind", "Cleo Ray")
    async with storage.units(organisation) as unit:
        members = {anna: Role.SUPERVISOR, bo: Role.AGENT}
        team = await unit.teams.found(a_team("Phone"), members, [a_channel("C7")], NOW)
        await unit.commit()
    async with storage.units(organisation) as unit:
        listed = await unit.people.team_members(team, WORKSPACE)
        assert {each.name: each.places[0].role for each in listed} == {
            "Anna Ek": Role.SUPERVISOR,
            "Bo Lind": Role.AGENT,
        }
        assert await unit.people.team_members(team, LOCAL) == []


async def test_persons_are_found_back_by_their_accounts(storage, organisation):
    anna, bo = await storage.people(organisation, "Anna Ek", "Bo Lind")
    async with storage.units(organisation) as unit:
        assert await unit.people.account_in(WORKSPACE, [anna, bo]) == {anna: an_account("U1"), bo: an_account("U2")}
        assert await unit.people.account_in(LOCAL, [anna]) == {}
        assert await unit.people.account_in(WORKSPACE, []) == {}


async def test_persons_are_reached_wherever_they_have_an_account(storage, organisation):
    [anna, bo] = await storage.people(organisation, "Anna Ek", "Bo Lind")
    await welcome(storage, organisation, a_profile("U2", "Bo Lind", standing=Standing.LEFT))
    async with storage.units(organisation) as unit:
        found = await unit.people.reached([anna, bo])
        assert found == {anna: an_account("U1"), bo: an_account("U2")}
        assert await unit.people.reached([]) == {}


async def test_an_organisation_with_one_workspace_has_nobody_elsewhere(storage, organisation):
    await storage.people(organisation, "Anna Ek")
    async with storage.units(organisation) as unit:
        assert await unit.people.elsewhere(WORKSPACE) == {}
        [(other, known)] = (await unit.people.elsewhere(LOCAL)).items()
        assert (other, [(each.account, each.name, each.handle) for each in known]) == (
            WORKSPACE,
            [(an_account("U1"), "Anna Ek", "anna")],
        )


async def test_thousands_are_welcomed_at_once_some_of_them_known(storage, organisation):
    await welcome(storage, organisation, a_profile("U7", "Anna Ek"), a_profile("U1500", "Bo Lind"))
    before = await colleague(storage, organisation, an_account("U7"))
    profiles = [a_profile(f"U{number}", f"Person {number}") for number in range(2500)]
    await welcome(storage, organisation, *profiles, a_profile("U1", "Twice Named"))
    async with storage.units(organisation) as unit:
        found = {each.account.id: each for each in await unit.people.colleagues([each.account for each in profiles])}
    assert len({each.person for each in found.values()}) == 2500
    assert found["U7"].person == before.person
    assert (found["U7"].name, found["U2499"].name, found["U1"].name) == ("Person 7", "Person 2499", "Twice Named")
    await welcome(storage, organisation)


async def test_people_are_listed_by_their_email_in_the_workspace(storage, organisation):
    await storage.people(organisation, "Anna Ek", "Bo Lind")
    left = a_profile("U3", "Cleo Ray", standing=Standing.LEFT)
    nameless = replace(a_profile("U4"), email="")
    await welcome(storage, organisation, left, nameless, a_profile("U5", workspace=LOCAL))
    async with storage.units(organisation) as unit:
        listed = await unit.people.addressed(WORKSPACE)
        assert [(each.email, each.name, each.standing) for each in listed] == [
            ("u1@example.com", "Anna Ek", Standing.MEMBER),
            ("u2@example.com", "Bo Lind", Standing.MEMBER),
            ("u3@example.com", "Cleo Ray", Standing.LEFT),
        ]
        [anna] = await unit.people.colleagues([an_account("U1")])
        assert listed[0].person == anna.person


async def test_organisations_do_not_know_each_others_people(storage, organisation):
    anna, _ = await storage.people(organisation, "Anna Ek", "Bo Lind")
    async with storage.units(organisation) as unit:
        team = await unit.teams.found(a_team("Phone"), {anna: Role.AGENT}, [], NOW)
        await unit.commit()
    other = await storage.organisation(LOCAL)
    async with storage.units(other) as unit:
        assert await unit.people.colleagues([an_account("U1")]) == []
        assert await unit.people.account_in(WORKSPACE, [anna]) == {}
        assert await unit.people.team_members(team, WORKSPACE) == []
