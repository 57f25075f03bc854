"""Teams as a Directory, against a strict connector that fails when told to."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

import aiohttp
import pytest

from adapters.teams.config import TeamsConfig
from adapters.teams.connector import Connector
from adapters.teams.contacts import Contacts
from adapters.teams.directory import TeamsDirectory
from adapters.teams.sign_in import SignIn
from adapters.teams.store import Contact, Place
from bot.errors import TemporaryDeliveryError
from bot.identity import AccountRef, ConversationRef, Platform, WorkspaceRef
from bot.ports import Standing
from tests.integration.test_msteams_outbound import taken
from tests.memory_teams_chat import MemoryTeamsStore
from tests.servers.connector import APP, CHANNEL, GROUP, PASSWORD, TENANT, Teams, aad, person

HERE = WorkspaceRef(Platform.TEAMS, TENANT)
TEAM = ConversationRef(HERE, CHANNEL)
ANNA = AccountRef(HERE, aad(1))
BO = AccountRef(HERE, aad(2))
ELSEWHERE = "11111111-1111-1111-1111-111111111111"


@pytest.fixture
async def contacts(teams: Teams) -> Contacts:
    known = Contacts(HERE, MemoryTeamsStore())
    for place in (TEAM, ConversationRef(HERE, GROUP)):
        await known.places.keep(Place(place, teams.service_url))
    return known


@pytest.fixture
async def directory(teams: Teams, contacts: Contacts) -> AsyncIterator[TeamsDirectory]:
    async with aiohttp.ClientSession() as session:
        sign_in = SignIn(TeamsConfig(APP, PASSWORD, TENANT, stand_in=teams.url))
        made = TeamsDirectory(contacts, Connector(session, sign_in))
        yield made
        await made.close()
        await sign_in.close()


def take_out(teams: Teams, number: int) -> None:
    for chat in teams.chats.values():
        chat.members.remove(aad(number))


async def test_a_person_is_known_with_standing(directory: TeamsDirectory):
    found = [await directory.person(AccountRef(HERE, aad(number))) for number in (1, 4, 5)]
    assert [(each.name, each.standing) for each in found if each] == [
        ("Anna Ek", Standing.MEMBER),
        ("Dana Guest", Standing.GUEST),
        ("Eve Elsewhere", Standing.STRANGER),
    ]
    assert await directory.person(AccountRef(HERE, aad(404))) is None
    assert await directory.person(AccountRef(HERE, "29:1")) is None
    bot = await directory.person(AccountRef(HERE, "28:another"))
    assert bot is not None
    assert bot.standing is Standing.BOT


@pytest.mark.parametrize("where", ["no_place", "a_chat_that_is_no_more", "nowhere_to_ask"])
async def test_who_was_met_and_is_found_nowhere_is_what_they_were(
    teams: Teams, directory: TeamsDirectory, contacts: Contacts, where: str
):
    dana = AccountRef(HERE, aad(4))
    for account in (BO, dana):
        assert await directory.person(account)
        for chat in teams.chats.values():
            chat.members.remove(account.id)
        directory.changed(TEAM, [account.id])
    if where == "a_chat_that_is_no_more":
        await contacts.noticed(taken(teams.message(2, "help")))
        teams.chats["a:2"].bot = False
    if where == "nowhere_to_ask":
        teams.chats[CHANNEL].bot = teams.chats[GROUP].bot = False
    found = [await directory.person(account) for account in (BO, dana)]
    assert [(each.name, each.standing) for each in found if each] == [
        ("Bo Svensson", Standing.MEMBER),
        ("Dana Guest", Standing.GUEST),
    ]
    assert await directory.person(AccountRef(HERE, aad(404))) is None


@pytest.mark.parametrize(("number", "standing"), [(2, Standing.MEMBER), (4, Standing.GUEST), (5, Standing.STRANGER)])
async def test_who_was_taken_for_gone_and_acts_is_at_once_what_they_were(
    teams: Teams, directory: TeamsDirectory, contacts: Contacts, number: int, standing: Standing
):
    account = AccountRef(HERE, aad(number))
    # Another process took them for gone, and this one has everybody's list.
    await directory.find(HERE, "anna")
    before = await contacts.contact(account)
    assert before is not None
    await contacts.left(before)
    take_out(teams, number)
    assert (await directory.person(account)).standing is Standing.LEFT
    teams.chats[CHANNEL].members.append(account.id)
    met = await contacts.noticed(taken(teams.message(number, "@ help", CHANNEL)))
    assert met is not None
    directory.heard_from(met, TEAM)
    assert (await directory.person(account)).standing is standing


async def test_whoever_was_nobody_is_somebody_once_they_act(
    teams: Teams, directory: TeamsDirectory, contacts: Contacts
):
    take_out(teams, 2)
    assert await directory.person(BO) is None
    met = await contacts.noticed(taken(teams.message(2, "help")))
    assert met is not None
    directory.heard_from(met, ConversationRef(HERE, "a:2"))
    assert (await directory.person(BO)).standing is Standing.MEMBER


async def test_who_stops_waiting_for_the_members_of_a_channel_loses_no_answer(teams: Teams, directory: TeamsDirectory):
    teams.fail("members", "hold")
    waiting = [asyncio.create_task(directory.members(TEAM)) for _ in range(2)]
    await teams.eventually(lambda: teams.held == 1)
    waiting[0].cancel()
    teams.released.set()
    assert len(await waiting[1]) == 5
    assert len(await directory.members(TEAM)) == 5
    assert teams.calls["members"] == 1


async def test_members_that_were_read_before_somebody_joined_are_read_again(teams: Teams, directory: TeamsDirectory):
    teams.fail("members", "hold")
    reading = asyncio.create_task(directory.members(TEAM))
    await teams.eventually(lambda: teams.held == 1)
    directory.changed(TEAM, [])
    teams.join(person(9, "Nia Newcomer"), CHANNEL)
    assert len(await directory.members(TEAM)) == 6
    teams.chats[CHANNEL].members.remove(aad(9))
    teams.released.set()
    # What was asked before tells of who was there when it was answered, and is not kept.
    assert len(await reading) == 5
    assert len(await directory.members(TEAM)) == 6


async def test_who_is_known_by_their_address_alone_is_asked_for_by_it(
    teams: Teams, directory: TeamsDirectory, contacts: Contacts
):
    teams.by_address_alone = True
    await contacts.keep(Contact(BO, "29:2", "29:2"))
    found = await directory.person(BO)
    assert found is not None
    assert (found.name, found.standing) == ("Bo Svensson", Standing.MEMBER)


async def test_an_address_that_holds_no_more_hides_nobody(directory: TeamsDirectory, contacts: Contacts):
    await contacts.keep(Contact(BO, "29:of-another-bot", "Bo"))
    found = await directory.person(BO)
    assert found is not None
    assert (found.name, found.standing) == ("Bo Svensson", Standing.MEMBER)
    kept = await contacts.contact(BO)
    assert kept is not None
    assert kept.address == "29:2"


async def test_a_directory_that_cannot_be_asked_says_so(teams: Teams, directory: TeamsDirectory):
    for _ in range(2):
        teams.fail("member", "status", status=503)
    with pytest.raises(TemporaryDeliveryError):
        await directory.person(ANNA)


async def test_names_are_looked_up_in_every_page_of_every_place(
    teams: Teams, directory: TeamsDirectory, monkeypatch: pytest.MonkeyPatch
):
    # Somebody would not wait for it; here a busy disk may take its time with twelve hundred people.
    monkeypatch.setattr("adapters.teams.directory._INTERACTIVE", timedelta(seconds=60))
    for number in range(100, 1300):
        teams.join(person(number, f"Person {number}"), CHANNEL)
    teams.join(person(2000, "Bo Zetterlund"), GROUP)
    assert [each.name for each in await directory.find(HERE, "bo")] == ["Bo Svensson", "Bo Zetterlund"]
    assert [each.name for each in await directory.find(HERE, "öberg")] == ["Cat Öberg"]
    assert [each.name for each in await directory.find(HERE, "1299")] == ["Person 1299"]
    assert [each.name for each in await directory.find(HERE, "p3")] == ["Cat Öberg"]
    assert await directory.find(HERE, "Eve") == []
    assert len(await directory.members(TEAM)) == 1205


async def test_members_of_whom_some_cannot_be_read_are_not_taken_for_all(teams: Teams, directory: TeamsDirectory):
    for number in range(100, 700):
        teams.join(person(number, f"Person {number}"), CHANNEL)
    teams.fail("members", "pass")
    teams.fail("members", "status", status=403, code="Forbidden")
    with pytest.raises(TemporaryDeliveryError, match="Forbidden"):
        await directory.members(TEAM)
    assert len(await directory.members(TEAM)) == 605


async def test_many_who_search_wait_for_one_fetch(teams: Teams, directory: TeamsDirectory):
    await asyncio.gather(*(directory.find(HERE, "anna") for _ in range(10)))
    assert teams.calls["members"] == 2


async def test_only_where_others_see_it_and_the_bot_is_can_be_posted(directory: TeamsDirectory):
    assert await directory.can_post(TEAM)
    assert not await directory.can_post(ConversationRef(HERE, "19:other@thread.tacv2"))
    assert not await directory.can_post(ConversationRef(HERE, "a:1"))


async def test_an_address_in_a_message_leads_to_its_person(teams: Teams, directory: TeamsDirectory, contacts: Contacts):
    assert await directory.whose("29:2", TEAM) == BO
    assert await directory.whose("29:2", TEAM) == BO
    assert teams.calls["member"] == 1
    assert await directory.whose("29:404", TEAM) is None
    kept = await contacts.contact(BO)
    assert kept == Contact(BO, "29:2", "Bo Svensson", "p2@contoso.example", service=teams.service_url)


async def test_who_writes_from_another_tenant_is_a_stranger_at_once(
    teams: Teams, directory: TeamsDirectory, contacts: Contacts
):
    assert (await directory.person(ANNA)).standing is Standing.MEMBER
    message = teams.message(1, "help", CHANNEL)
    message["from"]["tenantId"] = TENANT.upper()
    met = await contacts.noticed(taken(message))
    assert met is not None
    assert met.standing is Standing.MEMBER
    message["from"]["tenantId"] = ELSEWHERE
    met = await contacts.noticed(taken(message))
    assert met is not None
    assert met.standing is Standing.STRANGER
    directory.heard_from(met, TEAM)
    assert (await directory.person(ANNA)).standing is Standing.STRANGER


async def many_places(teams: Teams, contacts: Contacts) -> list[ConversationRef]:
    """More places than are asked at once, before those in which people are."""
    made = [ConversationRef(HERE, f"19:{number:02}@thread.v2") for number in range(12)]
    for place in made:
        teams.join(person(6, "Dev Patel"), place.id)
        await contacts.places.keep(Place(place, teams.service_url))
    for place in (TEAM, ConversationRef(HERE, GROUP)):
        await contacts.places.forget(place)
        await contacts.places.keep(Place(place, teams.service_url))
    return made


async def test_guests_and_strangers_are_known_for_it_however_many_places_there_are(
    teams: Teams, directory: TeamsDirectory, contacts: Contacts
):
    await many_places(teams, contacts)
    for number in (2, 4, 5):
        await contacts.noticed(taken(teams.message(number, "help", CHANNEL)))
    found = [await directory.person(AccountRef(HERE, aad(number))) for number in (2, 4, 5)]
    assert [each.standing for each in found if each] == [Standing.MEMBER, Standing.GUEST, Standing.STRANGER]


async def test_who_acted_is_asked_for_where_they_did_first(teams: Teams, directory: TeamsDirectory, contacts: Contacts):
    await many_places(teams, contacts)
    met = await contacts.noticed(taken(teams.message(4, "help", GROUP)))
    assert met is not None
    directory.heard_from(met, ConversationRef(HERE, GROUP))
    assert (await directory.person(met.account)).standing is Standing.GUEST
    assert teams.calls["member"] <= 8


async def test_who_cannot_be_found_in_time_is_not_taken_for_a_member(
    teams: Teams, directory: TeamsDirectory, contacts: Contacts
):
    places = await many_places(teams, contacts)
    teams.join(person(7, "Gus Guest", userRole="guest"), places[-1].id)
    met = await contacts.noticed(taken(teams.message(7, "help", places[-1].id)))
    assert met is not None
    # Every place is slow, as often as it is asked: nothing is known of him but that he writes.
    for _ in range(200):
        teams.fail("member", "hang")
    with pytest.raises(TemporaryDeliveryError, match="person_not_found_in_time"):
        await directory.person(met.account)
    teams.faults["member"].clear()
    found = await directory.person(met.account)
    assert found is not None
    assert found.standing is Standing.GUEST


async def test_teams_that_answers_nowhere_is_not_asked_about_every_place(
    teams: Teams, contacts: Contacts, directory: TeamsDirectory
):
    for number in range(6):
        place = f"19:more-{number}@thread.v2"
        teams.join(person(30 + number, f"Person {number}"), place)
        await contacts.places.keep(Place(ConversationRef(HERE, place), teams.service_url))
    teams.chats[GROUP].silent = True
    seen = set()

    async def go_through() -> None:
        async for each in directory.people(HERE):
            seen.add(each.name)

    with pytest.raises(TemporaryDeliveryError):
        await go_through()
    assert {"Anna Ek", "Person 5"} <= seen, "one silent place hides nobody of the others"
    for chat in teams.chats.values():
        chat.silent = True
    asked = teams.calls["members"]
    with pytest.raises(TemporaryDeliveryError):
        await go_through()
    assert teams.calls["members"] == asked + 3
