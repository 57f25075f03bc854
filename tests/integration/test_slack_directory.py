"""Slack as a Directory, against a strict Slack Web API that fails when told to."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import aiohttp
import pytest

from adapters.slack.directory import SlackDirectory
from bot.errors import TemporaryDeliveryError
from bot.identity import AccountRef, ConversationRef, Platform, WorkspaceRef
from bot.ports import Profile, Standing
from tests.servers.slack_api import SlackApi, running
from tests.servers.slack_world import BOT_USER, TOKEN, Channel, Group, user

HERE = WorkspaceRef(Platform.SLACK, "T1")
ELSEWHERE = WorkspaceRef(Platform.SLACK, "T2")


class Timer:
    """Seconds that pass when told to."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


@pytest.fixture
async def slack() -> AsyncIterator[SlackApi]:
    async with running() as server:
        yield server


@pytest.fixture
def timer() -> Timer:
    return Timer()


@pytest.fixture
async def directory(slack: SlackApi, timer: Timer) -> AsyncIterator[SlackDirectory]:
    async with aiohttp.ClientSession() as session:
        made = SlackDirectory(TOKEN, slack.api_url, HERE, session, timer)
        yield made
        await made.close()


def account(id: str) -> AccountRef:
    return AccountRef(HERE, id)


def channel(id: str) -> ConversationRef:
    return ConversationRef(HERE, id)


def ids(found: list[Profile] | list[AccountRef]) -> list[str]:
    return [each.account.id if isinstance(each, Profile) else each.id for each in found]


async def test_a_profile_has_what_slack_knows(directory: SlackDirectory):
    assert await directory.person(account("U1")) == Profile(
        account("U1"), "Anna Berg", "anna", "u1@kudos.example", "sv-SE", "Europe/Stockholm", Standing.MEMBER
    )


async def test_without_the_scope_there_is_no_email(slack: SlackApi, directory: SlackDirectory):
    slack.workspace.scopes = {"users:read"}
    profile = await directory.person(account("U1"))
    assert profile is not None
    assert (profile.name, profile.email) == ("Anna Berg", "")


@pytest.mark.parametrize(
    ("id", "standing"),
    [
        ("U2", Standing.MEMBER),
        ("W5", Standing.MEMBER),
        ("U6", Standing.GUEST),
        ("U7", Standing.STRANGER),
        ("U8", Standing.LEFT),
        ("U9", Standing.BOT),
        ("USLACKBOT", Standing.BOT),
        (BOT_USER, Standing.BOT),
    ],
)
async def test_who_can_be_recognised_is_known(directory: SlackDirectory, id: str, standing: Standing):
    profile = await directory.person(account(id))
    assert profile is not None
    assert profile.standing is standing


@pytest.mark.parametrize(
    ("more", "standing"),
    [
        ({"team_id": "T9"}, Standing.STRANGER),
        ({"team_id": "E1", "enterprise_user": {"teams": ["T9", "T1"]}}, Standing.MEMBER),
        ({"team_id": "E1", "enterprise_user": {"teams": ["T9"]}}, Standing.STRANGER),
        ({"is_ultra_restricted": True}, Standing.GUEST),
        ({"is_stranger": True, "is_restricted": True}, Standing.STRANGER),
    ],
)
async def test_grids_guests_and_strangers_are_told_apart(
    slack: SlackApi, directory: SlackDirectory, more, standing: Standing
):
    slack.workspace.users["U20"] = user("U20", "Somebody Else", **more)
    profile = await directory.person(account("U20"))
    assert profile is not None
    assert profile.standing is standing


async def test_a_hostile_name_is_cleaned(slack: SlackApi, directory: SlackDirectory):
    slack.workspace.users["U20"] = user("U20", "Eve\u202e  \u200b Ek", locale="en-US")
    profile = await directory.person(account("U20"))
    assert profile is not None
    assert profile.name == "Eve Ek"


async def test_nobody_has_an_unknown_account(directory: SlackDirectory):
    assert await directory.person(account("U404")) is None
    assert await directory.person(AccountRef(ELSEWHERE, "U1")) is None


async def test_a_hundred_who_ask_for_one_person_make_one_call(slack: SlackApi, directory: SlackDirectory):
    profiles = await asyncio.gather(*(directory.person(account("U1")) for _ in range(100)))
    assert {profile.name for profile in profiles if profile} == {"Anna Berg"}
    await directory.person(account("U1"))
    assert len(slack.called("users.info")) == 1


async def test_one_who_stops_waiting_does_not_spoil_it_for_the_others(slack: SlackApi, directory: SlackDirectory):
    slack.fail("users.info", "slow", seconds=0.2)
    impatient = asyncio.create_task(directory.person(account("U1")))
    patient = asyncio.create_task(directory.person(account("U1")))
    await slack.until(lambda: bool(slack.calls))
    impatient.cancel()
    profile = await patient
    assert profile is not None
    assert len(slack.called("users.info")) == 1


async def test_a_profile_is_asked_for_again_after_some_minutes(
    slack: SlackApi, directory: SlackDirectory, timer: Timer
):
    await directory.person(account("U1"))
    slack.workspace.users["U1"]["deleted"] = True
    timer.seconds += 3600
    profile = await directory.person(account("U1"))
    assert profile is not None
    assert profile.standing is Standing.LEFT


async def test_a_changed_user_is_known_at_once(slack: SlackApi, directory: SlackDirectory):
    await directory.person(account("U1"))
    changed = user("U1", "Anna Berg-Ek", deleted=True)
    del changed["locale"]
    directory.learn(changed)
    profile = await directory.person(account("U1"))
    assert profile is not None
    assert (profile.name, profile.standing, profile.locale) == ("Anna Berg-Ek", Standing.LEFT, "sv-SE")
    assert len(slack.called("users.info")) == 1


@pytest.mark.parametrize("kind", ["rate_limited", "server_error", "drop_before", "garbage"])
async def test_a_slack_in_trouble_is_temporary_and_not_remembered(slack: SlackApi, directory: SlackDirectory, kind):
    # aiohttp asks once more by itself when a read is dropped.
    slack.fail("users.info", kind, count=2 if kind == "drop_before" else 1)
    with pytest.raises(TemporaryDeliveryError):
        await directory.person(account("U1"))
    assert await directory.person(account("U1")) is not None


async def test_a_revoked_token_is_temporary(slack: SlackApi, directory: SlackDirectory):
    slack.fail("users.info", "error", error="token_revoked")
    with pytest.raises(TemporaryDeliveryError, match="token_revoked"):
        await directory.person(account("U1"))


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("anna", ["U4", "U1"]),
        ("Anna Berg", ["U1"]),
        ("ANNA ÅGREN", ["U4"]),
        ("agren", ["U4"]),
        ("ek", ["U2"]),
        ("dev", ["W5"]),
        ("anna b", ["U1"]),
        ("erg", []),
        ("", []),
        ("gone", []),
        ("robot", []),
    ],
)
async def test_people_are_found_by_handle_word_or_beginning(directory: SlackDirectory, name: str, expected):
    assert ids(await directory.find(HERE, name)) == expected


async def test_an_exact_handle_comes_first(slack: SlackApi, directory: SlackDirectory):
    slack.workspace.users["U21"] = user(
        "U21", "Zoe Aaberg", profile={"display_name": "Anna", "real_name": "Zoe Aaberg"}
    )
    slack.workspace.users["U22"] = user("U22", "Aaron Anna", profile={"display_name": "aa", "real_name": "Aaron Anna"})
    assert ids(await directory.find(HERE, "Anna")) == ["U4", "U1", "U21", "U22"]


async def test_at_most_25_are_found(slack: SlackApi, directory: SlackDirectory):
    for n in range(100, 160):
        slack.workspace.users[f"U{n}"] = user(f"U{n}", f"Kim Number{n}")
    assert len(await directory.find(HERE, "kim")) == 25
    assert await directory.find(ELSEWHERE, "kim") == []


async def test_a_workspace_of_many_pages_is_searched_whole_with_one_fetch(slack: SlackApi, directory: SlackDirectory):
    for n in range(1000, 1500):
        slack.workspace.users[f"U{n}"] = user(f"U{n}", f"Kim Number{n}")
    found = await asyncio.gather(*(directory.find(HERE, "number1499") for _ in range(50)))
    assert {tuple(ids(each)) for each in found} == {("U1499",)}
    assert len(slack.called("users.list")) == 3


async def test_an_old_list_answers_while_a_new_one_is_fetched(slack: SlackApi, directory: SlackDirectory, timer: Timer):
    assert ids(await directory.find(HERE, "newcomer")) == []
    slack.workspace.users["U20"] = user("U20", "New Comer")
    assert ids(await directory.find(HERE, "comer")) == []
    timer.seconds += 601
    assert ids(await directory.find(HERE, "comer")) == []
    async with asyncio.timeout(60):
        while ids(await directory.find(HERE, "comer")) != ["U20"]:
            await slack.until(lambda: len(slack.called("users.list")) == 2)
    assert len(slack.called("users.list")) == 2


async def test_a_slack_that_is_away_at_the_first_search_is_temporary_and_not_stormed(
    slack: SlackApi, directory: SlackDirectory, timer: Timer
):
    slack.fail("users.list", "server_error", count=100)
    for _ in range(20):
        with pytest.raises(TemporaryDeliveryError):
            await directory.find(HERE, "anna")
    assert len(slack.called("users.list")) == 1
    slack.heal()
    timer.seconds += 31
    assert ids(await directory.find(HERE, "anna")) == ["U4", "U1"]


async def test_a_newcomer_is_found_before_the_list_is_fetched_again(slack: SlackApi, directory: SlackDirectory):
    await directory.find(HERE, "anna")
    directory.learn(user("U20", "New Comer"))
    directory.learn(user("U1", "Anna Berg", deleted=True))
    directory.learn(user("U2", "Bo Lind"))
    assert ids(await directory.find(HERE, "comer")) == ["U20"]
    assert ids(await directory.find(HERE, "anna")) == ["U4"]
    assert ids(await directory.find(HERE, "ek")) == []
    assert ids(await directory.find(HERE, "bo l")) == ["U2"]
    assert len(slack.called("users.list")) == 1


async def test_somebody_who_leaves_while_the_list_is_fetched_is_not_found(slack: SlackApi, directory: SlackDirectory):
    slack.fail("users.list", "slow", seconds=0.2)
    search = asyncio.create_task(directory.find(HERE, "anna"))
    await slack.until(lambda: bool(slack.calls))
    directory.learn(user("U1", "Anna Berg", deleted=True))
    assert ids(await search) == ["U4"]


async def test_a_warmed_directory_has_its_list_at_hand(slack: SlackApi, directory: SlackDirectory):
    directory.warm()
    await slack.until(lambda: [call.outcome for call in slack.called("users.list")] == ["ok"])
    slack.fail("users.list", "hang_before", count=100)
    assert ids(await directory.find(HERE, "dev")) == ["W5"]
    assert len(slack.called("users.list")) == 1


async def test_everyone_is_gone_through(slack: SlackApi, directory: SlackDirectory):
    for n in range(1000, 1300):
        slack.workspace.users[f"U{n}"] = user(f"U{n}", f"Kim Number{n}")
    everyone = [profile.account.id async for profile in directory.people(HERE)]
    assert sorted(everyone) == sorted(slack.workspace.users)
    assert [profile async for profile in directory.people(ELSEWHERE)] == []


async def test_a_rate_limit_in_a_long_list_is_waited_out(slack: SlackApi, directory: SlackDirectory):
    slack.fail("users.list", "rate_limited", seconds=0)
    assert len([profile async for profile in directory.people(HERE)]) == len(slack.workspace.users)


async def test_a_group_means_its_members(slack: SlackApi, directory: SlackDirectory):
    assert ids(await directory.group(HERE, "S1")) == ["U1", "U2", "U3"]
    assert await directory.group(HERE, "S2") == []
    assert await directory.group(HERE, "S404") == []
    assert await directory.group(ELSEWHERE, "S1") == []
    await directory.group(HERE, "S1")
    assert len(slack.called("usergroups.users.list")) == 3


async def test_who_is_in_a_group_is_known_without_a_call_for_each(slack: SlackApi, directory: SlackDirectory):
    for n in range(100, 300):
        slack.workspace.users[f"U{n}"] = user(f"U{n}", f"Kim Number{n}", locale="sv-SE")
    slack.workspace.groups["S1"].users = [f"U{n}" for n in range(100, 300)]
    await directory.find(HERE, "kim")
    found = await asyncio.gather(*(directory.person(each) for each in await directory.group(HERE, "S1")))
    assert [(each.account.id, each.locale) for each in found if each] == [(f"U{n}", "sv-SE") for n in range(100, 300)]
    assert not slack.called("users.info")


async def test_one_in_a_group_whom_the_list_does_not_have_is_asked_for(slack: SlackApi, directory: SlackDirectory):
    slack.workspace.groups["S1"].users = ["U9"]
    await directory.find(HERE, "anna")
    [robot] = await directory.group(HERE, "S1")
    profile = await directory.person(robot)
    assert profile is not None
    assert profile.standing is Standing.BOT


async def test_a_group_that_may_not_be_read_is_not_an_empty_one(slack: SlackApi, directory: SlackDirectory):
    slack.workspace.scopes = {"users:read"}
    with pytest.raises(TemporaryDeliveryError, match="missing_scope"):
        await directory.group(HERE, "S1")


async def test_a_group_is_found_by_handle_or_name(slack: SlackApi, directory: SlackDirectory):
    slack.workspace.groups["S3"] = Group("S3", "chat", [], name="Phone-Team")
    slack.workspace.groups["S4"] = Group("S4", "e-mail", [], name="The mailers")
    assert await directory.find_group(HERE, "Phone-Team") == "S1"
    assert await directory.find_group(HERE, "the mailers") == "S4"
    assert await directory.find_group(HERE, "nobody's") is None
    assert await directory.find_group(HERE, " ") is None
    assert await directory.find_group(ELSEWHERE, "phone-team") is None
    assert len(slack.called("usergroups.list")) == 1


async def test_who_administers_the_workspace_is_known(slack: SlackApi, directory: SlackDirectory):
    slack.workspace.users["U1"] |= {"is_admin": True}
    slack.workspace.users["U2"] |= {"is_owner": True, "is_admin": False}
    admins = [profile.account.id async for profile in directory.people(HERE) if profile.admin]
    assert sorted(admins) == ["U1", "U2"]


async def test_members_are_all_there(slack: SlackApi, directory: SlackDirectory):
    slack.workspace.channels["C9"] = Channel("C9", "big", members=[BOT_USER, *(f"U{n}" for n in range(500))])
    assert len(await directory.members(channel("C9"))) == 501
    assert await directory.members(channel("G2")) == []
    assert await directory.members(ConversationRef(ELSEWHERE, "C1")) == []


async def test_who_joins_and_leaves_is_seen_at_once(slack: SlackApi, directory: SlackDirectory):
    before = ids(await directory.members(channel("C1")))
    slack.workspace.channels["C1"].members.append("U4")
    assert ids(await directory.members(channel("C1"))) == before
    directory.joined("C1")
    assert ids(await directory.members(channel("C1"))) == [*before, "U4"]
    slack.workspace.channels["C1"].members.remove("U4")
    directory.left("C1")
    assert ids(await directory.members(channel("C1"))) == before


@pytest.mark.parametrize(
    ("id", "may"), [("C1", True), ("C2", True), ("C3", False), ("G1", True), ("G2", False), ("C404", False)]
)
async def test_where_the_bot_may_post(directory: SlackDirectory, id: str, may):
    assert await directory.can_post(channel(id)) is may
    assert await directory.can_post(ConversationRef(ELSEWHERE, id)) is False


async def test_no_direct_chat_is_a_place_for_a_shout_out_not_even_the_bots_own(
    slack: SlackApi, directory: SlackDirectory
):
    slack.workspace.call("conversations.open", TOKEN, {"users": "U1"})
    assert not await directory.can_post(channel("DU1"))
    assert not await directory.can_post(channel("D0THERS"))


async def test_being_invited_changes_where_the_bot_may_post(slack: SlackApi, directory: SlackDirectory):
    assert not await directory.can_post(channel("G2"))
    slack.workspace.channels["G2"].members.append(BOT_USER)
    directory.joined("G2")
    assert await directory.can_post(channel("G2"))
