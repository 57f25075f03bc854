"""Teams as a ChatPlatform, against a strict connector that fails when told to."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from datetime import timedelta
from typing import Any

import aiohttp
import pytest

from adapters.teams.activity import Activity, read
from adapters.teams.config import TeamsConfig
from adapters.teams.connector import Connector
from adapters.teams.contacts import Contacts
from adapters.teams.directory import TeamsDirectory
from adapters.teams.outbound import TeamsPlatform
from adapters.teams.seal import Seal
from adapters.teams.sign_in import SignIn
from adapters.teams.store import Contact, Place
from bot.errors import AmbiguousDeliveryError, BlockedError, PermanentDeliveryError, TemporaryDeliveryError
from bot.identity import AccountRef, ConversationRef, Platform, Target, WorkspaceRef
from bot.ports import Receipt
from bot.view.message import Message, MessageKind, Paragraph, Person
from tests.contract.chat_platform import (
    CannotFindSent,
    ChatPlatformContract,
    Removes,
    SaysHowLongToWait,
    Stage,
    Trouble,
)
from tests.factories_messages import give_form, shout_out, sixty
from tests.memory_teams_chat import MemoryTeamsStore
from tests.servers.connector import APP, CHANNEL, GROUP, PASSWORD, TENANT, Chat, Teams, aad, running

HERE = WorkspaceRef(Platform.TEAMS, TENANT)
TEAM = ConversationRef(HERE, CHANNEL)
ANNA = AccountRef(HERE, aad(1))
BO = AccountRef(HERE, aad(2))

FAULTS: dict[Trouble, dict[str, Any]] = {
    Trouble.TOO_MANY: {"kind": "status", "status": 429, "headers": {"Retry-After": "7"}},
    Trouble.AWAY: {"kind": "status", "status": 503},
    Trouble.LOST_AFTER: {"kind": "drop_after"},
    Trouble.LOST_BEFORE: {"kind": "drop_before"},
}


@pytest.fixture
async def session() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as made:
        yield made


@pytest.fixture
def store() -> MemoryTeamsStore:
    return MemoryTeamsStore()


@pytest.fixture
async def connector(teams: Teams, session: aiohttp.ClientSession) -> AsyncIterator[Connector]:
    sign_in = SignIn(TeamsConfig(APP, PASSWORD, TENANT, stand_in=teams.url))
    yield Connector(session, sign_in)
    await sign_in.close()


@pytest.fixture
async def contacts(teams: Teams, store: MemoryTeamsStore) -> Contacts:
    known = Contacts(HERE, store)
    await known.places.keep(Place(TEAM, teams.service_url))
    await known.places.keep(Place(ConversationRef(HERE, GROUP), teams.service_url))
    return known


@pytest.fixture
def platform(contacts: Contacts, connector: Connector) -> TeamsPlatform:
    return TeamsPlatform(APP, contacts, connector, Seal(b"s"))


def taken(activity: dict[str, Any]) -> Activity:
    """An activity as it is read."""
    return read(json.dumps(activity).encode())


def words_of(thing: Any) -> str:
    """Everything a reader sees."""
    if isinstance(thing, dict):
        own = thing.get("text") if isinstance(thing.get("text"), str) else ""
        return own + "".join(words_of(value) for value in thing.values() if not isinstance(value, str))
    return "".join(words_of(each) for each in thing) if isinstance(thing, list) else ""


def where(target: Target) -> str:
    return f"a:{int(target.id[-12:])}" if isinstance(target, AccountRef) else target.id


class TestTeams(ChatPlatformContract, SaysHowLongToWait, CannotFindSent, Removes):
    @pytest.fixture
    def stage(self, teams: Teams, platform: TeamsPlatform) -> Stage:
        def texts(target: Target) -> Sequence[str]:
            return [words_of(post.card["body"]) for post in teams.standing(where(target))]

        def trouble(what: Trouble) -> None:
            # aiohttp puts once more when a kept connection goes, which harms nothing: that one is lost too.
            for operation in ("create", "put", "put"):
                teams.fail(operation, **FAULTS[what])

        def gone(receipt: Receipt) -> None:
            next(post for post in teams.posts if post.id == receipt.message).deleted = True

        nowhere = ConversationRef(HERE, "19:nowhere@thread.tacv2")
        return Stage(platform, TEAM, ANNA, nowhere, texts, trouble, gone)


async def test_a_chat_with_a_person_is_begun_once_and_remembered(
    teams: Teams, platform: TeamsPlatform, store: MemoryTeamsStore, connector: Connector
):
    for key in ("a", "b"):
        await platform.send(ANNA, shout_out(), key)
    # Another replica, or the same one after a restart.
    again = TeamsPlatform(APP, Contacts(HERE, store), connector, Seal(b"s"))
    receipt = await again.send(ANNA, shout_out(), "c")
    assert receipt.conversation == ConversationRef(HERE, "a:1")
    assert len(teams.standing("a:1")) == 3
    assert teams.calls["create"] == 1


async def test_a_message_to_a_channel_begins_a_thread_and_what_continues_it_stands_there(
    teams: Teams, platform: TeamsPlatform
):
    first = await platform.send(TEAM, shout_out("one"), "a")
    await platform.send(TEAM, shout_out("two"), "b", under=first)
    assert [post.thread for post in teams.standing(CHANNEL)] == [None, first.message]


async def test_a_group_chat_has_no_threads(teams: Teams, platform: TeamsPlatform):
    group = ConversationRef(HERE, GROUP)
    first = await platform.send(group, shout_out("one"), "a")
    await platform.send(group, shout_out("two"), "b", under=first)
    assert [post.thread for post in teams.standing(GROUP)] == [None, None]


@pytest.mark.parametrize("status", [412, 429, 502, 503, 504])
async def test_what_teams_asks_to_try_later_is_temporary_with_its_time(
    teams: Teams, platform: TeamsPlatform, status: int
):
    teams.fail("post", "status", status=status, headers={"Retry-After": "12"})
    with pytest.raises(TemporaryDeliveryError) as raised:
        await platform.send(ANNA, shout_out(), "a")
    assert raised.value.retry_after == timedelta(seconds=12)
    assert not teams.standing("a:1")


@pytest.mark.parametrize("asked", ["999999999999999", "9" * 4_000, "7200"])
async def test_nobody_is_kept_waiting_for_longer_than_an_hour(teams: Teams, platform: TeamsPlatform, asked: str):
    teams.fail("post", "status", status=429, headers={"Retry-After": asked})
    with pytest.raises(TemporaryDeliveryError) as raised:
        await platform.send(ANNA, shout_out(), "a")
    assert raised.value.retry_after == timedelta(hours=1)


@pytest.mark.parametrize("status", [412, 429, 502, 503])
async def test_what_teams_says_of_itself_is_temporary_also_without_a_time(
    teams: Teams, platform: TeamsPlatform, status: int
):
    teams.fail("post", "status", status=status)
    with pytest.raises(TemporaryDeliveryError, match="ServiceError"):
        await platform.send(ANNA, shout_out(), "a")


@pytest.mark.parametrize("operation", ["post", "create"])
@pytest.mark.parametrize(("status", "code"), [(500, "ServiceError"), (502, ""), (504, ""), (504, "Timeout"), (302, "")])
async def test_an_answer_that_may_mean_anything_is_ambiguous_of_a_new_message(
    teams: Teams, platform: TeamsPlatform, operation: str, status: int, code: str
):
    teams.fail(operation, "status", status=status, code=code)
    with pytest.raises(AmbiguousDeliveryError):
        await platform.send(ANNA if operation == "post" else TEAM, shout_out(), "a")


@pytest.mark.parametrize(
    "fault", [{"kind": "status", "status": 500}, {"kind": "status", "status": 504}, {"kind": "drop_after"}]
)
async def test_beginning_a_chat_may_be_done_again_whatever_became_of_it(
    teams: Teams, platform: TeamsPlatform, fault: dict[str, Any]
):
    teams.fail("create", **fault)
    with pytest.raises(TemporaryDeliveryError):
        await platform.send(ANNA, shout_out(), "a")
    await platform.send(ANNA, shout_out(), "a")
    assert len(teams.standing("a:1")) == 1


async def test_what_an_emulator_has_not_is_not_asked_for_again(teams: Teams, platform: TeamsPlatform):
    receipt = await platform.send(TEAM, shout_out(), "a")
    teams.fail("delete", "status", status=501)
    with pytest.raises(PermanentDeliveryError):
        await platform.remove(receipt)


async def test_who_blocked_the_bot_is_a_final_and_visible_no_and_not_asked_again(
    teams: Teams, platform: TeamsPlatform, store: MemoryTeamsStore
):
    await platform.send(ANNA, shout_out(), "a")
    teams.chats["a:1"].blocked = True
    for key in ("b", "c"):
        with pytest.raises(PermanentDeliveryError, match="MessageWritesBlocked"):
            await platform.send(ANNA, shout_out(), key)
    assert teams.calls["post"] == 2
    kept = await store.contact(ANNA)
    assert kept is not None
    assert kept.blocked_at is not None


async def test_who_is_nowhere_cannot_be_written_to(platform: TeamsPlatform):
    with pytest.raises(PermanentDeliveryError, match="no_chat_with_person: BotNotInConversationRoster"):
        await platform.send(AccountRef(HERE, aad(404)), shout_out(), "a")


@pytest.mark.parametrize("why", ["ConversationNotFound", "BotNotInConversationRoster"])
async def test_where_a_chat_is_no_more_another_is_begun_and_the_message_stands_in_it_once(
    teams: Teams, platform: TeamsPlatform, why: str
):
    await platform.send(ANNA, shout_out("one"), "a")
    now = teams.move(1)
    if why == "BotNotInConversationRoster":
        teams.chats["a:1"] = Chat("a:1", "personal", [aad(1)], bot=False)
    for number, key in ((2, "b"), (3, "c")):
        receipt = await platform.send(ANNA, shout_out(f"number {number}"), key)
        assert receipt.conversation == ConversationRef(HERE, now)
    assert [post.conversation for post in teams.posts] == ["a:1", now, now]
    # Once for each chat: the one that is there is remembered.
    assert teams.calls["create"] == 2


async def test_what_a_chat_refuses_otherwise_is_tried_nowhere_else(teams: Teams, platform: TeamsPlatform):
    await platform.send(ANNA, shout_out("one"), "a")
    teams.fail("post", "status", status=400, code="BadArgument")
    with pytest.raises(PermanentDeliveryError, match="BadArgument"):
        await platform.send(ANNA, shout_out("two"), "b")
    assert (teams.calls["create"], len(teams.posts)) == (1, 1)


async def test_a_chat_that_is_lost_and_cannot_be_begun_again_is_final(
    teams: Teams, platform: TeamsPlatform, store: MemoryTeamsStore
):
    await platform.send(ANNA, shout_out("one"), "a")
    teams.move(1)
    teams.fail("create", "status", status=403, code="Forbidden")
    with pytest.raises(PermanentDeliveryError, match="no_chat_with_person: Forbidden"):
        await platform.send(ANNA, shout_out("two"), "b")
    kept = await store.contact(ANNA)
    assert kept is not None
    assert kept.chat == ""
    # Once she has let the bot in again, she is written to without having written first.
    await platform.send(ANNA, shout_out("two"), "b")
    assert len(teams.posts) == 2


async def test_an_address_of_another_registration_keeps_nobody_from_being_written_to(
    teams: Teams, platform: TeamsPlatform, contacts: Contacts
):
    await contacts.keep(Contact(ANNA, "29:of-another-bot", "Anna Ek"))
    await platform.send(ANNA, shout_out(), "a")
    assert len(teams.standing("a:1")) == 1


async def test_who_blocked_the_bot_before_there_was_a_chat_is_asked_once(teams: Teams, platform: TeamsPlatform):
    teams.fail("create", "status", status=403, code="MessageWritesBlocked")
    with pytest.raises(BlockedError):
        await platform.send(ANNA, shout_out(), "a")
    assert teams.calls["create"] == 1


async def test_a_chat_is_changed_in_the_region_where_it_is_also_by_a_process_that_did_not_post_there(
    teams: Teams, platform: TeamsPlatform, contacts: Contacts, store: MemoryTeamsStore, connector: Connector
):
    teams.chats[teams.personal(1)].region = "amer"
    await contacts.noticed(taken(teams.message(1, "help")))
    receipt = await platform.send(ANNA, shout_out("one"), "a")
    # Another replica, or the same one after a restart. Most people and places are elsewhere.
    again = TeamsPlatform(APP, Contacts(HERE, store), connector, Seal(b"s"))
    await again.update(receipt, shout_out("two"))
    assert ["two" in words_of(post.card) for post in teams.standing("a:1")] == [True]
    await again.remove(receipt)
    assert teams.standing("a:1") == []


async def test_who_moves_to_another_region_is_written_to_there(
    teams: Teams, platform: TeamsPlatform, contacts: Contacts
):
    await contacts.noticed(taken(teams.message(1, "help")))
    await contacts.noticed(taken(teams.message(1, "@ help", CHANNEL)))
    for chat in ("a:1", CHANNEL):
        teams.chats[chat].region = "amer"
    await contacts.noticed(taken(teams.message(1, "help")))
    await contacts.noticed(taken(teams.message(1, "@ help", CHANNEL)))
    for target in (ANNA, TEAM):
        await platform.send(target, shout_out(), "a")
    assert [post.conversation for post in teams.posts] == ["a:1", CHANNEL]


async def test_a_channel_that_is_long_to_read_is_mentioned_in_once_it_was_read(
    teams: Teams, contacts: Contacts, connector: Connector
):
    directory = TeamsDirectory(contacts, connector)
    platform = TeamsPlatform(APP, contacts, connector, Seal(b"s"), members=directory.members)
    message = Message(MessageKind.SHOUT_OUT, (Paragraph((Person("Bo", BO),)),), "Bo")
    teams.fail("members", "hold")
    await platform.send(TEAM, message, "a")
    teams.released.set()
    await directory.members(TEAM)
    await platform.send(TEAM, message, "b")
    await directory.close()
    mentions = [post.card["msteams"].get("entities") for post in teams.standing(CHANNEL)]
    assert [bool(each) for each in mentions] == [False, True]
    assert teams.calls["members"] == 1


async def test_another_tenant_is_never_written_to(teams: Teams, platform: TeamsPlatform):
    other = WorkspaceRef(Platform.TEAMS, "11111111-1111-1111-1111-111111111111")
    for target in (AccountRef(other, aad(1)), ConversationRef(other, CHANNEL)):
        with pytest.raises(PermanentDeliveryError, match="workspace_not_connected"):
            await platform.send(target, shout_out(), "a")
    assert not teams.posts


async def test_with_nobody_met_there_is_nowhere_to_write_to(connector: Connector):
    platform = TeamsPlatform(APP, Contacts(HERE, MemoryTeamsStore()), connector, Seal(b"s"))
    with pytest.raises(PermanentDeliveryError, match="service_unknown"):
        await platform.send(ANNA, shout_out(), "a")


async def test_the_token_is_fetched_once_for_many(teams: Teams, platform: TeamsPlatform):
    await asyncio.gather(*(platform.send(TEAM, shout_out(), str(n)) for n in range(10)))
    assert (teams.calls["login"], len(teams.standing(CHANNEL))) == (1, 10)


async def test_a_token_that_teams_refuses_is_replaced(teams: Teams, platform: TeamsPlatform):
    await platform.send(TEAM, shout_out(), "a")
    teams.issued.clear()
    with pytest.raises(TemporaryDeliveryError, match="Unauthorized"):
        await platform.send(TEAM, shout_out(), "b")
    await platform.send(TEAM, shout_out(), "b")
    assert teams.calls["login"] == 2


async def test_a_wrong_secret_is_temporary_and_told_in_the_log(
    teams: Teams, session: aiohttp.ClientSession, contacts: Contacts
):
    sign_in = SignIn(TeamsConfig(APP, "wrong", TENANT, stand_in=teams.url))
    platform = TeamsPlatform(APP, contacts, Connector(session, sign_in), Seal(b"s"))
    with pytest.raises(TemporaryDeliveryError, match="AADSTS7000215"):
        await platform.send(TEAM, shout_out(), "a")
    await sign_in.close()


async def test_a_connector_that_cannot_be_reached_is_temporary(platform: TeamsPlatform, contacts: Contacts):
    async with running() as closed:
        url = closed.service_url
    await contacts.places.keep(Place(TEAM, url))
    with pytest.raises(TemporaryDeliveryError, match="unreachable"):
        await platform.send(TEAM, shout_out(), "a")


async def test_a_connector_that_never_answers_is_ambiguous_within_ten_seconds(teams: Teams, platform: TeamsPlatform):
    teams.fail("create", "hang")
    async with asyncio.timeout(10):
        with pytest.raises(AmbiguousDeliveryError):
            await platform.send(TEAM, shout_out(), "a")


async def test_far_too_much_is_taken_all_the_same(teams: Teams, platform: TeamsPlatform):
    await platform.send(TEAM, sixty(HERE, "😀" * 300), "a")
    assert len(teams.standing(CHANNEL)) == 1


async def test_a_form_cannot_be_opened_from_outside(platform: TeamsPlatform):
    with pytest.raises(PermanentDeliveryError):
        await platform.open_form("trigger", give_form(HERE))
