"""What every store of the Teams adapter promises: in memory, on SQLite and on PostgreSQL."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, cast

import pytest
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.teams.store import Contact, News, TeamsStore, contact_of
from bot.identity import AccountRef, ConversationRef, Platform, WorkspaceRef
from bot.ports import Profile, Standing
from storage.engine import Database
from storage.teams_chat import TeamsChatStore
from tests.memory_teams_chat import MemoryTeamsStore

HERE = WorkspaceRef(Platform.TEAMS, "here")
THERE = WorkspaceRef(Platform.TEAMS, "there")
BLOCKED = datetime(2026, 11, 18, 9, 0, 1, 5, tzinfo=UTC)


@pytest.fixture(params=["memory", "sqlite", "postgresql"])
async def store(request: pytest.FixtureRequest) -> AsyncIterator[TeamsStore]:
    if request.param == "memory":
        yield MemoryTeamsStore()
        return
    url = request.getfixturevalue("sqlite_url" if request.param == "sqlite" else "postgres_url")
    database = Database.open(url)
    yield TeamsChatStore(database)
    await database.close()


def anna(workspace: WorkspaceRef = HERE, name: str = "Anna Ek") -> Profile:
    account = AccountRef(workspace, "a1")
    return Profile(account, name, "anna", "anna@contoso.example", "sv-SE", "Europe/Stockholm", Standing.GUEST)


async def keep(store: TeamsStore, profile: Profile, **more: Any) -> None:
    news: News = {
        "address": "29:1",
        "name": profile.name,
        "handle": profile.handle,
        "email": profile.email,
        "locale": profile.locale,
        "timezone": profile.timezone,
        "standing": profile.standing,
        "service": "https://emea/",
    }
    await tell(store, profile.account, cast("News", {**news, **more}))


async def tell(store: TeamsStore, account: AccountRef, news: News) -> None:
    await store.keep_contacts(account.workspace, {account.id: news})


async def test_a_person_comes_back_as_kept_and_by_their_address(store: TeamsStore):
    await keep(store, anna(), blocked_at=BLOCKED, chat="a:1")
    kept = await store.contact(anna().account)
    assert kept is not None
    assert (kept.profile, kept.address, kept.chat, kept.service) == (anna(), "29:1", "a:1", "https://emea/")
    assert kept.blocked_at == BLOCKED
    found = await store.addressed(HERE, "29:1")
    assert found is not None
    assert contact_of(found) == contact_of(kept)
    assert await store.addressed(HERE, "29:2") is None


async def test_only_what_is_named_of_a_person_changes(store: TeamsStore):
    await keep(store, anna(), blocked_at=BLOCKED)
    await tell(store, anna().account, {"chat": "a:1", "address": "29:9"})
    await tell(store, anna().account, {"name": "Anna Berg", "standing": Standing.LEFT})
    kept = await store.contact(anna().account)
    assert kept is not None
    assert kept.profile == replace(anna(), name="Anna Berg", standing=Standing.LEFT)
    assert (kept.address, kept.chat, kept.service, kept.blocked_at) == ("29:9", "a:1", "https://emea/", BLOCKED)
    assert await store.addressed(HERE, "29:1") is None
    await tell(store, anna().account, {"blocked_at": None})
    kept = await store.contact(anna().account)
    assert kept is not None
    assert (kept.chat, kept.blocked_at) == ("a:1", None)


async def test_who_is_new_is_empty_where_nothing_is_known(store: TeamsStore):
    await tell(store, anna().account, {"chat": "a:1"})
    kept = await store.contact(anna().account)
    assert kept is not None
    assert contact_of(kept) == Contact(anna().account, chat="a:1")


async def test_many_are_kept_in_one_go_each_with_their_own_news(store: TeamsStore):
    await keep(store, anna(), blocked_at=BLOCKED, chat="a:1")
    news: dict[str, News] = {f"b{number:03}": {"name": f"Person {number}"} for number in range(500)}
    await store.keep_contacts(HERE, {**news, "a1": {"name": "Anna Berg"}, "c1": {"address": "29:3", "chat": "a:3"}})
    kept = {each.profile.account.id: contact_of(each) for each in await store.known(HERE, ["a1", "c1", "b007", "d1"])}
    assert sorted(kept) == ["a1", "b007", "c1"]
    assert (kept["a1"].name, kept["a1"].chat, kept["a1"].blocked_at) == ("Anna Berg", "a:1", BLOCKED)
    assert kept["b007"] == Contact(AccountRef(HERE, "b007"), name="Person 7")
    assert kept["c1"] == Contact(AccountRef(HERE, "c1"), address="29:3", chat="a:3")
    assert len(await store.known(HERE, list(news))) == 500


async def test_a_chat_leads_to_its_person(store: TeamsStore):
    await keep(store, anna(), chat="a:1")
    await keep(store, anna(THERE), chat="a:2")
    found = await store.in_chat(HERE, "a:1")
    assert found is not None
    assert contact_of(found).account == anna().account
    assert await store.in_chat(HERE, "a:2") is None


async def test_everyone_comes_page_by_page(store: TeamsStore):
    for number in (3, 1, 2):
        await tell(store, AccountRef(HERE, f"a{number}"), {"name": f"Person {number}"})
    await tell(store, AccountRef(THERE, "a9"), {"name": "Somebody else"})

    async def page(after: str) -> list[str]:
        return [each.profile.account.id for each in await store.contacts(HERE, after, 2)]

    assert [await page(""), await page("a2"), await page("a3")] == [["a1", "a2"], ["a3"], []]


async def test_tenants_do_not_see_each_other(store: TeamsStore):
    await keep(store, anna(HERE))
    await store.keep_place(ConversationRef(HERE, "c1"), "https://emea/", "")
    assert await store.contact(anna(THERE).account) is None
    assert await store.addressed(THERE, "29:1") is None
    assert list(await store.known(THERE, ["a1"])) == []
    assert list(await store.places(THERE)) == []
    assert list(await store.services(THERE)) == []


async def test_places_come_in_order_and_go(store: TeamsStore):
    for id_, service, team in (("c2", "https://old/", ""), ("c1", "https://emea/", ""), ("c2", "https://amer/", "t1")):
        await store.keep_place(ConversationRef(HERE, id_), service, team)
    kept = [(place.conversation.id, place.service, place.team) for place in await store.places(HERE)]
    assert kept == [("c1", "https://emea/", ""), ("c2", "https://amer/", "t1")]
    for _ in range(2):
        await store.forget_place(ConversationRef(HERE, "c1"))
    assert [place.conversation.id for place in await store.places(HERE)] == ["c2"]


async def test_a_team_goes_with_all_its_places_and_no_others(store: TeamsStore):
    for id_, team in (("c1", "t1"), ("c2", "t1"), ("c3", "t2"), ("c4", "")):
        await store.keep_place(ConversationRef(HERE, id_), "https://emea/", team)
    await store.keep_place(ConversationRef(THERE, "c1"), "https://emea/", "t1")
    await store.forget_team(HERE, "t1")
    assert [place.conversation.id for place in await store.places(HERE)] == ["c3", "c4"]
    assert len(await store.places(THERE)) == 1


async def test_the_region_of_most_comes_first(store: TeamsStore):
    await store.keep_place(ConversationRef(HERE, "c1"), "https://amer/", "")
    await store.keep_place(ConversationRef(HERE, "c2"), "https://emea/", "")
    await keep(store, anna())
    await keep(store, Profile(AccountRef(HERE, "a2"), "Bo"), service="")
    assert list(await store.services(HERE)) == ["https://emea/", "https://amer/"]


class Restarting(Database):
    """A database that is away at the first look, and again at the next, and so on."""

    away = False

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[AsyncConnection]:
        self._hiccup()
        async with super().reading() as connection:
            yield connection

    @asynccontextmanager
    async def writing(self) -> AsyncIterator[AsyncConnection]:
        self._hiccup()
        async with super().writing() as connection:
            yield connection

    def _hiccup(self) -> None:
        self.away = not self.away
        if self.away:
            raise ConnectionRefusedError


async def test_a_database_that_restarts_is_not_noticed(sqlite_url: str):
    database = Restarting.open(sqlite_url)
    store = TeamsChatStore(database)
    place = ConversationRef(HERE, "c1")
    await keep(store, anna())
    await store.keep_place(place, "https://emea/", "t1")
    assert await store.contact(anna().account) is not None
    assert len(await store.places(HERE)) == 1
    await store.forget_place(place)
    assert await store.places(HERE) == []
    await database.close()
