"""What every store of the Teams adapter promises: in memory, on SQLite and on PostgreSQL."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime

import pytest

from adapters.teams.store import TeamsStore, contact_of
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


async def keep(store: TeamsStore, profile: Profile, **more: object) -> None:
    known = {"address": "29:1", "chat": "", "service": "https://emea/", "blocked_at": None}
    await store.keep_contact(profile, **{**known, **more})


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


async def test_a_person_kept_again_is_the_newer_one(store: TeamsStore):
    await keep(store, anna(), blocked_at=BLOCKED)
    await keep(store, anna(name="Anna Berg"), address="29:9")
    kept = await store.contact(anna().account)
    assert kept is not None
    assert (kept.profile.name, kept.address, kept.blocked_at) == ("Anna Berg", "29:9", None)
    assert await store.addressed(HERE, "29:1") is None


async def test_tenants_do_not_see_each_other(store: TeamsStore):
    await keep(store, anna(HERE))
    await store.keep_place(ConversationRef(HERE, "c1"), "https://emea/")
    assert await store.contact(anna(THERE).account) is None
    assert await store.addressed(THERE, "29:1") is None
    assert list(await store.places(THERE)) == []
    assert list(await store.services(THERE)) == []


async def test_places_come_in_order_and_go(store: TeamsStore):
    for id_, service in (("c2", "https://old/"), ("c1", "https://emea/"), ("c2", "https://amer/")):
        await store.keep_place(ConversationRef(HERE, id_), service)
    kept = [(place.conversation.id, place.service) for place in await store.places(HERE)]
    assert kept == [("c1", "https://emea/"), ("c2", "https://amer/")]
    for _ in range(2):
        await store.forget_place(ConversationRef(HERE, "c1"))
    assert [place.conversation.id for place in await store.places(HERE)] == ["c2"]


async def test_the_region_of_most_comes_first(store: TeamsStore):
    await store.keep_place(ConversationRef(HERE, "c1"), "https://amer/")
    await store.keep_place(ConversationRef(HERE, "c2"), "https://emea/")
    await keep(store, anna())
    await keep(store, Profile(AccountRef(HERE, "a2"), "Bo"), service="")
    assert list(await store.services(HERE)) == ["https://emea/", "https://amer/"]
