"""Whom and which places the bot knows in Teams, with two processes that share one store, and who left it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import aiohttp
import pytest
from structlog.testing import capture_logs

from adapters.teams.activity import Activity, read
from adapters.teams.config import TeamsConfig
from adapters.teams.connector import Connector
from adapters.teams.contacts import Contacts
from adapters.teams.directory import TeamsDirectory
from adapters.teams.leavers import Leavers
from adapters.teams.outbound import TeamsPlatform
from adapters.teams.seal import Seal
from adapters.teams.sign_in import SignIn
from adapters.teams.store import Contact, News, Place
from bot.errors import PermanentDeliveryError, TemporaryDeliveryError
from bot.identity import AccountRef, ConversationRef, Platform, WorkspaceRef
from bot.ports import Profile, Receipt, Standing
from tests.factories_messages import shout_out
from tests.memory_teams_chat import MemoryTeamsStore
from tests.servers.connector import APP, CHANNEL, GROUP, PASSWORD, TENANT, Teams, aad, person

HERE = WorkspaceRef(Platform.TEAMS, TENANT)
TEAM = ConversationRef(HERE, CHANNEL)
ANNA, BO, CAT = (AccountRef(HERE, aad(number)) for number in (1, 2, 3))
ELSEWHERE = "11111111-1111-1111-1111-111111111111"


class Process:
    """One of the processes of a bot: its own memory, and the store that all share."""

    def __init__(self, store: MemoryTeamsStore, connector: Connector) -> None:
        self.told: list[Profile] = []
        self.heard = asyncio.Event()
        self.deaf = 0
        self.now = datetime(2026, 11, 18, 9, tzinfo=UTC)
        self.contacts = Contacts(HERE, store, self._hear, timer=self._seconds, now=lambda: self.now)
        self.platform = TeamsPlatform(APP, self.contacts, connector, Seal(b"s"), now=lambda: self.now)
        self.directory = TeamsDirectory(self.contacts, connector)
        self.leavers = Leavers(self.contacts, self.directory, connector, rest=0.01)

    def _seconds(self) -> float:
        return self.now.timestamp()

    async def _hear(self, profile: Profile) -> None:
        if self.deaf:
            self.deaf -= 1
            message = "storage is away"
            raise OSError(message)
        self.told.append(profile)
        self.heard.set()

    async def hear(self, activity: dict[str, Any]) -> Contact:
        met = await self.contacts.noticed(taken(activity))
        assert met is not None
        return met

    async def deliver(self, to: AccountRef) -> Receipt:
        return await self.platform.send(to, shout_out(), "key")


def taken(activity: dict[str, Any]) -> Activity:
    """An activity as it is read."""
    return read(json.dumps(activity).encode())


@pytest.fixture
def store() -> MemoryTeamsStore:
    return MemoryTeamsStore()


@pytest.fixture
async def connector(teams: Teams) -> AsyncIterator[Connector]:
    async with aiohttp.ClientSession() as session:
        sign_in = SignIn(TeamsConfig(APP, PASSWORD, TENANT, stand_in=teams.url))
        yield Connector(session, sign_in)
        await sign_in.close()


@pytest.fixture
async def serving(store: MemoryTeamsStore, connector: Connector, teams: Teams) -> AsyncIterator[Process]:
    process = Process(store, connector)
    for place in (CHANNEL, GROUP):
        await process.contacts.places.keep(Place(ConversationRef(HERE, place), teams.service_url))
    yield process
    await process.directory.close()


@pytest.fixture
async def worker(store: MemoryTeamsStore, connector: Connector) -> AsyncIterator[Process]:
    process = Process(store, connector)
    yield process
    await process.directory.close()


# --- two processes ---


async def test_a_block_that_one_process_noted_is_not_undone_by_what_the_other_learns(
    teams: Teams, serving: Process, worker: Process, store: MemoryTeamsStore
):
    await serving.hear(teams.message(1, "help"))
    await worker.contacts.contact(ANNA)
    await worker.contacts.blocked(ANNA, worker.now)
    teams.people[aad(1)]["name"] = "Anna Berg"
    await serving.hear(teams.message(1, "@ help", CHANNEL))
    kept = await store.contact(ANNA)
    assert kept is not None
    assert (kept.profile.name, kept.blocked_at) == ("Anna Berg", worker.now)


async def test_a_chat_that_one_process_began_is_not_forgotten_by_the_other(
    teams: Teams, serving: Process, worker: Process, store: MemoryTeamsStore
):
    await serving.hear(teams.message(2, "@ help", CHANNEL))
    await worker.deliver(BO)
    await serving.hear(teams.message(2, "@ help", CHANNEL, locale="sv-SE"))
    kept = await store.contact(BO)
    assert kept is not None
    assert (kept.chat, kept.profile.locale) == ("a:2", "sv-SE")


async def test_a_worker_sees_at_once_that_somebody_blocked_the_bot_and_that_they_want_it_back(
    teams: Teams, serving: Process, worker: Process
):
    await serving.hear(teams.message(1, "help"))
    await worker.deliver(ANNA)
    await serving.contacts.blocked(ANNA, serving.now)
    with pytest.raises(PermanentDeliveryError, match="MessageWritesBlocked"):
        await worker.deliver(ANNA)
    assert len(teams.standing("a:1")) == 1
    serving.now += timedelta(minutes=1)
    await serving.hear(teams.message(1, "help"))
    await worker.deliver(ANNA)
    assert len(teams.standing("a:1")) == 2


async def test_who_writes_after_a_refusal_that_another_process_met_is_written_to_again(
    teams: Teams, serving: Process, worker: Process
):
    await serving.hear(teams.message(1, "help"))
    teams.chats["a:1"].blocked = True
    with pytest.raises(PermanentDeliveryError, match="MessageWritesBlocked"):
        await worker.deliver(ANNA)
    teams.chats["a:1"].blocked = False
    serving.now += timedelta(seconds=50)
    # The process that hears from her does not look: in its memory nobody refused anything.
    await serving.hear(teams.message(1, "help"))
    await serving.deliver(ANNA)
    await worker.deliver(ANNA)
    assert len(teams.standing("a:1")) == 2


async def test_who_writes_a_minute_after_a_refusal_is_written_to_by_every_process(
    teams: Teams, serving: Process, worker: Process
):
    await serving.hear(teams.message(1, "help"))
    await worker.contacts.blocked(ANNA, worker.now + timedelta(seconds=10))
    serving.now += timedelta(minutes=1)
    await serving.hear(teams.message(1, "help"))
    await worker.deliver(ANNA)
    assert len(teams.standing("a:1")) == 1


class SlowStore(MemoryTeamsStore):
    """A store that lets others run while it writes."""

    async def keep_contacts(self, workspace: WorkspaceRef, news: Mapping[str, News]) -> None:
        await super().keep_contacts(workspace, news)
        await asyncio.sleep(0)


async def test_of_two_acts_of_one_person_at_once_nothing_is_forgotten(teams: Teams, connector: Connector):
    process = Process(SlowStore(), connector)
    await process.hear(teams.message(2, "@ help", CHANNEL))
    in_chat = process.hear(teams.message(2, "help"))
    in_swedish = process.hear(teams.message(2, "@ help", CHANNEL, locale="sv-SE"))
    await asyncio.gather(in_chat, in_swedish)
    known = await process.contacts.contact(BO)
    assert known is not None
    assert (known.chat, known.locale) == ("a:2", "sv-SE")


async def test_who_wrote_before_they_blocked_the_bot_is_left_alone(teams: Teams, serving: Process, worker: Process):
    await serving.hear(teams.message(1, "help"))
    await worker.contacts.blocked(ANNA, worker.now + timedelta(minutes=1))
    for process in (serving, worker):
        with pytest.raises(PermanentDeliveryError, match="MessageWritesBlocked"):
            await process.deliver(ANNA)
    assert not teams.posts


async def test_who_adds_the_bot_again_is_written_to_by_every_process(teams: Teams, serving: Process, worker: Process):
    await serving.hear(teams.message(1, "help"))
    await worker.contacts.blocked(ANNA, worker.now)
    serving.now += timedelta(minutes=1)
    await serving.hear(teams.activity("installationUpdate", 1, action="add"))
    await worker.deliver(ANNA)
    assert len(teams.standing("a:1")) == 1


async def test_an_answer_is_not_held_back_by_a_block_that_is_no_more(teams: Teams, serving: Process, worker: Process):
    await worker.contacts.blocked(ANNA, worker.now)
    serving.now += timedelta(minutes=1)
    await serving.hear(teams.message(1, "help"))
    drawn = {"type": "message", "text": "You recognised Bo."}
    await worker.platform.send_activity(ANNA, drawn)
    assert [post.activity["text"] for post in teams.standing("a:1")] == ["You recognised Bo."]


async def test_a_message_of_somebody_known_asks_storage_nothing_and_writes_nothing(
    teams: Teams, serving: Process, store: MemoryTeamsStore
):
    for message in (teams.message(1, "help"), teams.message(1, "@ help", CHANNEL)):
        await serving.hear(message)
    before = store.calls.copy()
    for message in (teams.message(1, "me"), teams.message(1, "@ me", CHANNEL)):
        await serving.hear(message)
    assert store.calls == before


async def test_reading_many_again_asks_storage_once_a_page_and_writes_who_is_new(
    teams: Teams, serving: Process, store: MemoryTeamsStore
):
    for number in range(100, 1100):
        teams.join(person(number, f"Person {number}"), CHANNEL)
    await meet_all(serving)
    store.calls.clear()
    await meet_all(serving)
    # Three pages of the channel, one of the group, and nothing new.
    assert store.calls == {"known": 4}
    teams.people[aad(700)]["name"] = "Dev Patel"
    store.calls.clear()
    await meet_all(serving)
    assert store.calls == {"known": 4, "keep_contacts": 1}
    kept = await store.contact(AccountRef(HERE, aad(700)))
    assert kept is not None
    assert kept.profile.name == "Dev Patel"


# --- strangers ---


async def test_a_stranger_stays_one_unless_teams_says_that_they_are_of_this_tenant(teams: Teams, serving: Process):
    stranger = person(5, "Eve Elsewhere", tenantId=ELSEWHERE)
    nothing_said = {name: value for name, value in stranger.items() if name != "tenantId"}
    said = [stranger, nothing_said, nothing_said | {"userRole": "guest"}, stranger | {"tenantId": TENANT.upper()}]
    met = [await serving.contacts.met(each, teams.service_url) for each in said]
    assert [each.standing for each in met if each] == [*[Standing.STRANGER] * 3, Standing.MEMBER]


# --- places ---


async def test_a_place_that_teams_says_the_bot_is_not_in_is_forgotten(teams: Teams, serving: Process):
    teams.chats[CHANNEL].bot = False
    with pytest.raises(PermanentDeliveryError, match="BotNotInConversationRoster"):
        await serving.platform.send(TEAM, shout_out(), "key")
    assert not await serving.directory.can_post(TEAM)
    del teams.chats[GROUP]
    group = ConversationRef(HERE, GROUP)
    with pytest.raises(PermanentDeliveryError, match="ConversationNotFound"):
        await serving.platform.send(group, shout_out(), "key")
    assert not await serving.directory.can_post(group)


async def test_a_thread_that_is_gone_is_no_channel_that_is_gone(teams: Teams, serving: Process):
    first = await serving.platform.send(TEAM, shout_out(), "key")
    teams.fail("post", "status", status=404, code="ConversationNotFound")
    with pytest.raises(PermanentDeliveryError, match="ConversationNotFound"):
        await serving.platform.send(TEAM, shout_out(), "key", under=first)
    assert await serving.directory.can_post(TEAM)
    teams.chats[CHANNEL].bot = False
    with pytest.raises(PermanentDeliveryError, match="BotNotInConversationRoster"):
        await serving.platform.send(TEAM, shout_out(), "key", under=first)
    assert not await serving.directory.can_post(TEAM)


async def test_what_else_a_place_refuses_does_not_make_it_forgotten(teams: Teams, serving: Process):
    teams.fail("create", "status", status=400, code="BadArgument")
    with pytest.raises(PermanentDeliveryError, match="BadArgument"):
        await serving.platform.send(TEAM, shout_out(), "key")
    assert await serving.directory.can_post(TEAM)


@pytest.mark.parametrize("asked", ["person", "people", "members", "whose"])
async def test_a_question_shows_too_that_the_bot_is_not_in_a_place(teams: Teams, serving: Process, asked: str):
    teams.chats[CHANNEL].bot = False
    match asked:
        case "person":
            found = await serving.directory.person(BO)
            assert found is not None
            assert found.name == "Bo Svensson"
        case "people":
            everyone = [each.name async for each in serving.directory.people(HERE)]
            assert everyone == ["Anna Ek", "Bo Svensson", "Cat Öberg", "Dana Guest"]
        case "members":
            assert await serving.directory.members(TEAM) == []
        case _:
            assert await serving.directory.whose("29:2", TEAM) is None
    assert not await serving.directory.can_post(TEAM)
    assert await serving.directory.can_post(ConversationRef(HERE, GROUP))


# --- who has left ---


async def meet_all(process: Process) -> None:
    """Let a process meet everybody, as it does when somebody types a name."""
    assert [each async for each in process.directory.people(HERE)]


def take_out(teams: Teams, number: int, *, also_their_chat: bool = False) -> None:
    for chat in teams.chats.values():
        if aad(number) in chat.members and (also_their_chat or chat.kind != "personal"):
            chat.members.remove(aad(number))


async def standings(store: MemoryTeamsStore) -> dict[str, Standing]:
    return {each.profile.name: each.profile.standing for each in await store.contacts(HERE, "", 99)}


async def test_who_is_in_no_place_any_more_has_left_and_the_core_is_told(
    teams: Teams, serving: Process, store: MemoryTeamsStore
):
    await meet_all(serving)
    for number in (2, 4, 5):
        take_out(teams, number)
    await serving.leavers.look()
    assert await standings(store) == {
        "Anna Ek": Standing.MEMBER,
        "Bo Svensson": Standing.LEFT,
        "Cat Öberg": Standing.MEMBER,
        "Dana Guest": Standing.LEFT,
        "Eve Elsewhere": Standing.STRANGER,
    }
    assert [(each.account, each.standing) for each in serving.told] == [
        (BO, Standing.LEFT),
        (AccountRef(HERE, aad(4)), Standing.LEFT),
    ]
    await serving.leavers.look()
    assert len(serving.told) == 2


async def test_who_is_back_is_told_of_too(teams: Teams, serving: Process, store: MemoryTeamsStore):
    await meet_all(serving)
    take_out(teams, 2)
    await serving.leavers.look()
    teams.chats[GROUP].members.append(aad(2))
    await meet_all(serving)
    assert [each.standing for each in serving.told] == [Standing.LEFT, Standing.MEMBER]
    assert (await standings(store))["Bo Svensson"] is Standing.MEMBER


async def test_nobody_is_taken_for_gone_because_somebody_asks_for_them(
    teams: Teams, serving: Process, store: MemoryTeamsStore
):
    await meet_all(serving)
    take_out(teams, 2)
    # Out of sight for the bot, which is not known as having left.
    await serving.hear(teams.message(2, "help"))
    teams.chats["a:2"].members.clear()
    await serving.contacts.blocked(BO, serving.now)
    serving.directory.changed(TEAM, [BO.id])
    assert (await serving.directory.person(BO)).standing is Standing.MEMBER
    assert (await standings(store))["Bo Svensson"] is Standing.MEMBER
    assert serving.told == []


async def test_who_was_taken_for_gone_is_so_for_every_process(teams: Teams, serving: Process, worker: Process):
    await meet_all(serving)
    await worker.contacts.contact(BO)
    take_out(teams, 2)
    await serving.leavers.look()
    assert (await worker.directory.person(BO)).standing is Standing.LEFT


async def test_who_was_taken_for_gone_is_back_with_what_they_do(teams: Teams, serving: Process):
    await meet_all(serving)
    take_out(teams, 2)
    await serving.leavers.look()
    # A colleague names them.
    assert (await serving.directory.person(BO)).standing is Standing.LEFT
    # They write where the bot is not.
    elsewhere = "19:elsewhere@thread.v2"
    teams.join(teams.people[aad(2)], elsewhere)
    teams.chats[elsewhere].bot = False
    value = {"commandId": "give"}
    met = await serving.hear(teams.invoke(2, "composeExtension/fetchTask", value, elsewhere))
    serving.directory.heard_from(met, ConversationRef(HERE, elsewhere))
    assert (await serving.directory.person(BO)).standing is Standing.MEMBER
    assert [(each.account, each.standing) for each in serving.told] == [(BO, Standing.LEFT), (BO, Standing.MEMBER)]


async def test_nobody_is_taken_for_gone_where_more_are_than_leave_at_once(
    teams: Teams, serving: Process, store: MemoryTeamsStore
):
    for number in range(10, 21):
        teams.join(person(number, f"Person {number}"))
    await meet_all(serving)
    # Of fifteen people, six are more than a third and more than a handful.
    for number in range(10, 16):
        take_out(teams, number)
    with capture_logs() as logs:
        await serving.leavers.look()
    assert ("teams_leavers_too_many", 6, 15) in [(e["event"], e.get("found"), e.get("known")) for e in logs]
    assert Standing.LEFT not in (await standings(store)).values()
    teams.chats[GROUP].members.append(aad(15))
    await serving.leavers.look()
    assert [*(await standings(store)).values()].count(Standing.LEFT) == 5


async def test_who_blocks_the_bot_while_places_are_asked_is_not_taken_for_gone(
    teams: Teams, serving: Process, worker: Process, store: MemoryTeamsStore
):
    await meet_all(serving)
    take_out(teams, 2)
    await look_while(teams, serving, lambda: worker.contacts.blocked(BO, worker.now))
    assert (await standings(store))["Bo Svensson"] is Standing.MEMBER


async def test_nobody_is_taken_for_gone_who_may_be_in_a_place_that_the_bot_never_sees(teams: Teams, serving: Process):
    await meet_all(serving)
    take_out(teams, 2)
    teams.chats[GROUP].unseen = "BotDisabledByAdmin"
    serving.directory.changed(TEAM, [BO.id])
    found = await serving.directory.person(BO)
    assert found is not None
    assert (found.name, found.standing) == ("Bo Svensson", Standing.MEMBER)
    await serving.leavers.look()
    assert serving.told == []


async def test_whether_there_is_somebody_is_not_said_while_a_place_cannot_be_asked(teams: Teams, serving: Process):
    nobody = AccountRef(HERE, aad(404))
    teams.chats[GROUP].unseen = "BotDisabledByAdmin"
    teams.fail("member", "status", status=503)
    with pytest.raises(TemporaryDeliveryError, match="ServiceError"):
        await serving.directory.person(nobody)
    assert await serving.directory.person(nobody) is None


async def test_who_has_a_chat_with_the_bot_is_asked_for_there(teams: Teams, serving: Process, store: MemoryTeamsStore):
    for number in (1, 2, 3):
        await serving.hear(teams.message(number, "help"))
        take_out(teams, number, also_their_chat=number == 2)
    # Nobody can be asked for in a chat that the bot is not in any more.
    teams.chats["a:3"].bot = False
    await serving.leavers.look()
    found = await standings(store)
    assert [found[name] for name in ("Anna Ek", "Bo Svensson", "Cat Öberg")] == [
        Standing.MEMBER,
        Standing.LEFT,
        Standing.MEMBER,
    ]


@pytest.mark.parametrize("fault", ["page", "later_page", "not_seen", "gone", "nowhere", "all_gone"])
async def test_nobody_is_taken_for_gone_unless_every_place_was_asked(
    teams: Teams, serving: Process, store: MemoryTeamsStore, fault: str
):
    await meet_all(serving)
    if fault == "later_page":
        for number in range(100, 700):
            teams.join(person(number, f"Person {number}"), GROUP)
    take_out(teams, 2)
    match fault:
        case "page":
            teams.fail("members", "status", status=503)
        case "later_page":
            teams.fail("members", "pass")
            teams.fail("members", "status", status=400, code="http_400")
        case "not_seen":
            teams.fail("members", "status", status=403, code="Forbidden")
        case "gone":
            teams.chats[CHANNEL].bot = False
        case "nowhere":
            for place in await serving.contacts.places.all():
                await serving.contacts.places.forget(place.conversation)
        case _:
            for chat in teams.chats.values():
                chat.members.clear()
    await serving.leavers.look()
    assert Standing.LEFT not in (await standings(store)).values()
    assert serving.told == []


async def test_a_place_without_anybody_was_not_read(teams: Teams, serving: Process, store: MemoryTeamsStore):
    teams.join(person(9, "Nia Newcomer"), CHANNEL)
    await meet_all(serving)
    teams.chats[CHANNEL].members.clear()
    await serving.leavers.look()
    assert (await standings(store))["Nia Newcomer"] is Standing.MEMBER


async def look_while(teams: Teams, process: Process, happens: Callable[[], Awaitable[object]]) -> None:
    """Look for who has left, and let something happen between the answers of the first place and the second."""
    teams.fail("members", "pass")
    teams.fail("members", "hold")
    asked = teams.calls["members"]
    looking = asyncio.create_task(process.leavers.look())
    await teams.until("members", asked + 2)
    await happens()
    teams.released.set()
    await looking


async def test_who_is_first_met_while_places_are_asked_is_not_taken_for_gone(
    teams: Teams, serving: Process, worker: Process, store: MemoryTeamsStore
):
    await meet_all(serving)

    async def nia_comes() -> None:
        teams.join(person(9, "Nia Newcomer"), GROUP)
        await worker.hear(teams.message(9, "@ help", GROUP))

    await look_while(teams, serving, nia_comes)
    assert (await standings(store))["Nia Newcomer"] is Standing.MEMBER


async def test_while_the_bot_comes_to_a_place_nobody_is_taken_for_gone(
    teams: Teams, serving: Process, worker: Process, store: MemoryTeamsStore
):
    await meet_all(serving)
    take_out(teams, 2)
    teams.join(teams.people[aad(2)], "19:new@thread.tacv2")

    async def bot_comes() -> None:
        await worker.hear(teams.activity("installationUpdate", 1, "19:new@thread.tacv2", action="add"))

    await look_while(teams, serving, bot_comes)
    assert (await standings(store))["Bo Svensson"] is Standing.MEMBER


async def test_who_blocked_the_bot_is_not_taken_for_gone(teams: Teams, serving: Process, store: MemoryTeamsStore):
    await serving.hear(teams.message(2, "help"))
    await serving.contacts.blocked(BO, serving.now)
    take_out(teams, 2, also_their_chat=True)
    await serving.leavers.look()
    assert (await standings(store))["Bo Svensson"] is Standing.MEMBER


async def test_who_left_is_known_for_it_at_once(teams: Teams, serving: Process):
    assert (await serving.directory.person(CAT)).standing is Standing.MEMBER
    take_out(teams, 3)
    await serving.leavers.look()
    assert (await serving.directory.person(CAT)).standing is Standing.LEFT


async def test_a_look_that_fails_is_made_again_and_loses_nobody(teams: Teams, serving: Process):
    await meet_all(serving)
    take_out(teams, 2)
    serving.deaf = 2
    serving.leavers.start()
    async with asyncio.timeout(10):
        await serving.heard.wait()
    await serving.leavers.close()
    assert [(each.account, each.standing) for each in serving.told] == [(BO, Standing.LEFT)]
