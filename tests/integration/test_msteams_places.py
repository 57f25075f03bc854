"""Which channels and groups the bot takes itself to be in, as it is let in and taken out."""

from __future__ import annotations

from typing import Any

import pytest

from bot.identity import ConversationRef
from tests.msteams_house import House
from tests.servers.connector import BOT, CHANNEL, GROUP, TENANT, Teams, person

SECOND = "19:chat@thread.tacv2"
OTHER_TEAM = "19:other@thread.tacv2"


async def test_a_channel_that_the_bot_was_taken_out_of_is_forgotten(here: House, teams: Teams):
    channel = ConversationRef(here.connected.workspace, CHANNEL)
    assert await here.connected.directory.can_post(channel)
    await here.send(teams.activity("conversationUpdate", 1, CHANNEL, membersRemoved=[{"id": BOT}]))
    assert not await here.connected.directory.can_post(channel)
    await here.send(teams.activity("installationUpdate", 1, CHANNEL, action="add"))
    assert await here.connected.directory.can_post(channel)
    await here.send(teams.activity("installationUpdate", 1, CHANNEL, action="remove"))
    assert not await here.connected.directory.can_post(channel)


def in_team(teams: Teams, place: str, team: str = CHANNEL, event: str = "", **more: Any) -> dict[str, Any]:
    """Something that happens to a channel of a team, or to the bot in it."""
    data = {"tenant": {"id": TENANT}, "team": {"id": team, "name": "Service"}, "channel": {"id": place}}
    told_in = more.pop("told_in", place)
    kind = more.pop("kind", "conversationUpdate")
    return teams.activity(kind, 1, told_in, channelData=data | ({"eventType": event} if event else {}), **more)


async def posts_in(here: House) -> list[str]:
    """Where the bot takes itself to be, of the four that it may be in."""
    places = [ConversationRef(here.connected.workspace, id_) for id_ in (CHANNEL, SECOND, OTHER_TEAM, GROUP)]
    return [place.id for place in places if await here.connected.directory.can_post(place)]


@pytest.fixture
async def in_channels(here: House, teams: Teams) -> House:
    """The bot in two channels of a team, in one of another, and in a group."""
    for place, team in ((SECOND, CHANNEL), (OTHER_TEAM, OTHER_TEAM)):
        teams.join(person(1, "Anna Ek"), place)
        await here.send(in_team(teams, place, team, kind="message", text="hello"))
    assert await posts_in(here) == [CHANNEL, SECOND, OTHER_TEAM, GROUP]
    return here


@pytest.mark.parametrize(
    "gone",
    [
        {"membersRemoved": [{"id": BOT}], "event": "teamMemberRemoved"},
        {"membersRemoved": [{"id": BOT}]},
        {"kind": "installationUpdate", "action": "remove"},
        {"kind": "installationUpdate", "action": "remove-upgrade"},
        {"event": "teamDeleted"},
        {"event": "teamHardDeleted"},
    ],
)
async def test_a_team_that_the_bot_was_taken_out_of_is_forgotten_with_all_its_channels(
    in_channels: House, teams: Teams, gone: dict[str, Any]
):
    await in_channels.send(in_team(teams, CHANNEL, **gone))
    assert await posts_in(in_channels) == [OTHER_TEAM, GROUP]


@pytest.mark.parametrize(
    "gone",
    [
        {"event": "channelDeleted"},
        {"event": "channelDeleted", "told_in": CHANNEL},
        {"membersRemoved": [{"id": BOT}], "event": "channelMemberRemoved"},
        {"membersRemoved": [{"id": BOT}], "event": "channelMemberRemoved", "told_in": CHANNEL},
    ],
)
async def test_a_channel_that_is_gone_takes_no_other_with_it_and_may_come_back(
    in_channels: House, teams: Teams, gone: dict[str, Any]
):
    await in_channels.send(in_team(teams, SECOND, **gone))
    assert await posts_in(in_channels) == [CHANNEL, OTHER_TEAM, GROUP]
    await in_channels.send(in_team(teams, SECOND, event="channelRestored", told_in=CHANNEL))
    assert await posts_in(in_channels) == [CHANNEL, SECOND, OTHER_TEAM, GROUP]
    # It is a channel of its team again.
    await in_channels.send(in_team(teams, CHANNEL, event="teamDeleted"))
    assert await posts_in(in_channels) == [OTHER_TEAM, GROUP]
    await in_channels.send(in_team(teams, CHANNEL, event="teamRestored"))
    assert await posts_in(in_channels) == [CHANNEL, OTHER_TEAM, GROUP]


async def test_a_group_that_the_bot_was_taken_out_of_takes_no_other_place_with_it(in_channels: House, teams: Teams):
    # What says nothing of its team is about none.
    nameless = teams.activity("conversationUpdate", 1, CHANNEL, channelData={"eventType": "teamDeleted"})
    assert (await in_channels.send(nameless))[0] == 200
    assert await posts_in(in_channels) == [CHANNEL, SECOND, OTHER_TEAM, GROUP]
    await in_channels.send(teams.activity("conversationUpdate", 1, GROUP, membersRemoved=[{"id": BOT}]))
    assert await posts_in(in_channels) == [CHANNEL, SECOND, OTHER_TEAM]


@pytest.mark.parametrize(
    "event",
    ["channelCreated", "channelRenamed", "teamRenamed", "teamArchived", "teamUnarchived", "channelShared", "unheardOf"],
)
async def test_what_else_happens_to_a_team_changes_nothing(in_channels: House, teams: Teams, event: str):
    for place in (CHANNEL, SECOND):
        assert await in_channels.say(in_team(teams, place, event=event)) == []
    assert await posts_in(in_channels) == [CHANNEL, SECOND, OTHER_TEAM, GROUP]


async def test_the_bot_put_back_is_there_although_another_process_had_noted_it_gone(here: House, teams: Teams):
    channel = ConversationRef(here.connected.workspace, CHANNEL)
    await here.store.forget_place(channel)
    await here.send(teams.activity("installationUpdate", 1, CHANNEL, action="add"))
    assert channel in [each.conversation for each in await here.store.places(here.connected.workspace)]
