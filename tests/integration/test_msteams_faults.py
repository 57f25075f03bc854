"""What people in Teams notice of a database that is away, and of a Teams that is slow to say who came."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Any

import pytest
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.identity import AccountRef, ConversationRef, Platform, WorkspaceRef
from storage.engine import Database
from storage.teams_chat import TeamsChatStore, TeamsContact
from tests.msteams_house import House, house
from tests.servers.connector import CHANNEL, GROUP, TENANT, Post, Teams, aad, person

GIVEN = "stayed with a caller until it was solved"
OWNED_UP = re.compile(r"Something went wrong on our side\..*?[0-9A-F]{6}")
NEWCOMERS = range(100, 120)


class Restarting(Database):
    """A database that the next so many connections do not get to."""

    refusing = 0

    def reading(self) -> AbstractAsyncContextManager[AsyncConnection]:
        self._let_through()
        return super().reading()

    def writing(self) -> AbstractAsyncContextManager[AsyncConnection]:
        self._let_through()
        return super().writing()

    def _let_through(self) -> None:
        if self.refusing:
            self.refusing -= 1
            raise ConnectionRefusedError


class Away(TeamsChatStore):
    """A store whose database is away for the next so many looks at a person."""

    def __init__(self, database: Database) -> None:
        super().__init__(database)
        self.looks = 0

    async def contact(self, account: AccountRef) -> TeamsContact | None:
        if self.looks:
            self.looks -= 1
            raise ConnectionRefusedError
        return await super().contact(account)


@pytest.fixture
async def here(teams: Teams, sqlite_url: str) -> AsyncIterator[House]:
    async with house(teams, sqlite_url, kept_in=Away) as served:
        for place in (CHANNEL, GROUP):
            await served.send(teams.activity("installationUpdate", 1, place, action="add-upgrade"))
        yield served


@pytest.fixture
def away(here: House) -> Away:
    assert isinstance(here.store, Away)
    return here.store


def said(posts: Sequence[Post]) -> str:
    return json.dumps([post.card for post in posts])


def pressed(teams: Teams, by: int, **more: Any) -> dict[str, Any]:
    value = {"action": {"type": "Action.Execute", "data": {}}, "trigger": "manual"}
    return teams.invoke(by, "adaptiveCard/action", value, **more)


def sent_in(teams: Teams, by: int) -> dict[str, Any]:
    return teams.invoke(by, "composeExtension/submitAction", {"commandId": "give", "data": {}}, CHANNEL)


async def test_a_database_that_restarts_is_not_noticed(sqlite_url: str):
    database = Restarting.open(sqlite_url)
    assert isinstance(database, Restarting)
    store = TeamsChatStore(database)
    place = ConversationRef(WorkspaceRef(Platform.TEAMS, TENANT), CHANNEL)
    database.refusing = 3
    await store.keep_place(place, "https://emea/", "")
    database.refusing = 3
    assert [each.conversation for each in await store.places(place.workspace)] == [place]
    database.refusing = 3
    await store.forget_place(place)
    assert await store.places(place.workspace) == []
    await database.close()


async def test_a_message_while_the_database_is_away_is_owned_up_to_and_can_be_sent_again(
    here: House, teams: Teams, away: Away
):
    asked = teams.message(3, "help")
    away.looks = 1000
    (fault,) = await here.say(asked)
    assert fault.conversation == "a:3"
    assert OWNED_UP.search(said([fault]))
    away.looks = 0
    assert "How to give kudos" in said(await here.say(asked))


async def test_a_message_in_a_channel_while_the_database_is_away_for_a_moment_is_owned_up_to_in_private(
    here: House, teams: Teams, away: Away
):
    away.looks = 1
    (fault,) = await here.say(teams.message(3, "@ help", CHANNEL))
    assert fault.conversation == "a:3"
    assert OWNED_UP.search(said([fault]))
    away.looks = 1000
    assert await here.say(teams.message(2, "@ help", CHANNEL)) == []


async def test_a_button_while_the_database_is_away_is_answered_with_a_reference(here: House, teams: Teams, away: Away):
    away.looks = 1000
    answer = await here.ask(pressed(teams, 3))
    assert OWNED_UP.fullmatch(answer.pop("value"))
    assert answer == {"statusCode": 200, "type": "application/vnd.microsoft.activity.message"}


async def test_a_dialog_while_the_database_is_away_is_answered_with_a_reference(here: House, teams: Teams, away: Away):
    away.looks = 1000
    answer = await here.ask(sent_in(teams, 3) | {"locale": "sv-SE"})
    assert answer["task"]["type"] == "message"
    assert "gick fel" in answer["task"]["value"]


@pytest.mark.parametrize("make", [pressed, sent_in])
async def test_a_repetition_at_the_same_time_closes_no_dialog_in_silence(
    here: House, teams: Teams, away: Away, make: Callable[[Teams, int], dict[str, Any]]
):
    activity = make(teams, 3)
    away.looks = 1
    for answer in await asyncio.gather(*(here.ask(activity) for _ in range(3))):
        assert answer.get("value") or answer["task"]["value"]


@pytest.mark.parametrize("make", [pressed, sent_in])
async def test_who_is_nobody_in_the_tenant_is_told_that_kudos_are_for_its_members(
    here: House, teams: Teams, make: Callable[[Teams, int], dict[str, Any]]
):
    answer = await here.ask(make(teams, 3) | {"from": {"id": "29:anonymous", "name": "Guest of a meeting"}})
    assert "Only members of this workspace" in (answer.get("value") or answer["task"]["value"])


async def test_many_who_come_at_once_are_asked_about_at_once_and_once(here: House, teams: Teams):
    for number in NEWCOMERS:
        teams.join(person(number, f"New {number}"), CHANNEL)
    for _ in range(40):
        teams.fail("member", "hold")
    added = [{"id": f"29:{number}", "aadObjectId": aad(number)} for number in NEWCOMERS]
    activity = teams.activity("conversationUpdate", 1, CHANNEL, membersAdded=added)
    first = asyncio.create_task(here.send(activity))
    # In each of two places, about ten people, before anything is said about the first.
    await teams.eventually(lambda: teams.held == 20)
    again = asyncio.create_task(here.send(activity))
    teams.released.set()
    assert await first == await again == (200, None)
    asked = teams.calls["member"]
    assert await here.send(activity) == (200, None)
    assert teams.calls["member"] == asked
    posts = await here.say(teams.message(1, f"@ {{0}} {GIVEN}", CHANNEL, NEWCOMERS[-1]))
    assert f"a:{NEWCOMERS[-1]}" in {post.conversation for post in posts}


async def test_an_arrival_while_the_database_is_away_is_taken_in_when_it_is_repeated(
    here: House, teams: Teams, away: Away
):
    teams.join(person(30, "Nia Newcomer"), CHANNEL)
    came = [{"id": "29:30", "aadObjectId": aad(30)}]
    activity = teams.activity("conversationUpdate", 30, CHANNEL, membersAdded=came)
    away.looks = 1
    headers = {"Authorization": f"Bearer {teams.token()}", "Connection": "close"}
    async with here.http.post(f"{here.url}api/messages", json=activity, headers=headers) as refused:
        assert refused.status == 500
    assert await here.send(activity) == (200, None)
    assert await away.contact(AccountRef(here.connected.workspace, aad(30)))


async def test_who_cannot_be_written_to_is_told_so_where_they_asked(here: House, teams: Teams):
    teams.fail("create", "status", status=403, code="Forbidden")
    teams.fail("create", "status", status=403, code="Forbidden")
    posts = await here.say(teams.message(4, "@ me", GROUP))
    assert [post.conversation for post in posts] == [GROUP]
    assert "I cannot write there" in said(posts)
    assert "points" not in said(posts)
    # Once their chat is open they are answered there, and nobody else reads of it.
    posts = await here.say(teams.message(4, "@ me", GROUP))
    assert [post.conversation for post in posts] == [teams.personal(4)]
