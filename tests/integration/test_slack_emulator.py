"""Slack's delivery and directory against a Slack Web API that others wrote."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest

from adapters.slack.calls import identify
from adapters.slack.directory import SlackDirectory
from adapters.slack.outbound import SlackPlatform
from bot.errors import PermanentDeliveryError
from bot.identity import AccountRef, ConversationRef, WorkspaceRef
from tests.factories_messages import everything, give_form, shout_out
from tests.servers.emulator import TOKEN, Emulator, emulated


@dataclass(frozen=True)
class Stage:
    emulator: Emulator
    workspace: WorkspaceRef
    platform: SlackPlatform
    directory: SlackDirectory


@pytest.fixture
async def stage() -> AsyncIterator[Stage]:
    async with emulated() as emulator:
        workspace = (await identify(TOKEN, emulator.api_url, emulator.session)).workspace
        directory = SlackDirectory(TOKEN, emulator.api_url, workspace, emulator.session)
        platform = SlackPlatform(TOKEN, emulator.api_url, workspace, emulator.session)
        yield Stage(emulator, workspace, platform, directory)
        await directory.close()


async def test_a_channels_message_is_sent_found_changed_and_removed(stage: Stage):
    team = ConversationRef(stage.workspace, await stage.emulator.channel())
    since = datetime.now(UTC) - timedelta(minutes=1)
    receipt = await stage.platform.send(team, everything(stage.workspace), "k1")
    assert await stage.platform.find_sent(team, "k1", since) == receipt
    assert await stage.platform.find_sent(team, "k2", since) is None
    await stage.platform.update(receipt, shout_out("changed"))
    messages = await stage.emulator.messages(team.id)
    assert [message["text"] for message in messages] == ["Anna recognised Bo"]
    assert "changed" in str(messages[0]["blocks"])
    await stage.platform.remove(receipt)
    await stage.platform.remove(receipt)
    assert await stage.emulator.messages(team.id) == []


async def test_a_person_gets_a_direct_message_that_is_found_again(stage: Stage):
    anna = AccountRef(stage.workspace, await stage.emulator.user("anna"))
    since = datetime.now(UTC) - timedelta(minutes=1)
    receipt = await stage.platform.send(anna, shout_out("was so patient"), "k1")
    assert receipt.conversation.id.startswith("D")
    assert await stage.platform.find_sent(anna, "k1", since) == receipt
    assert "was so patient" in str(await stage.emulator.messages(receipt.conversation.id))


async def test_an_unknown_channel_is_permanent(stage: Stage):
    with pytest.raises(PermanentDeliveryError, match="channel_not_found"):
        await stage.platform.send(ConversationRef(stage.workspace, "C404"), shout_out(), "k1")


async def test_a_form_opens(stage: Stage):
    trigger = await stage.emulator.call("views.generateTriggerId", user_id=await stage.emulator.user("anna"))
    await stage.platform.open_form(trigger["trigger_id"], give_form(stage.workspace))
    with pytest.raises(PermanentDeliveryError, match="trigger"):
        await stage.platform.open_form(trigger["trigger_id"], give_form(stage.workspace))


async def test_people_and_members_are_known(stage: Stage):
    anna = await stage.emulator.user("anna")
    profile = await stage.directory.person(AccountRef(stage.workspace, anna))
    assert profile is not None
    assert (profile.name, profile.handle) == ("Anna Berg", "anna")
    assert [found.account.id for found in await stage.directory.find(stage.workspace, "berg")] == [anna]
    team = ConversationRef(stage.workspace, await stage.emulator.channel())
    assert anna in {member.id for member in await stage.directory.members(team)}
    assert await stage.directory.can_post(team)
    assert not await stage.directory.can_post(ConversationRef(stage.workspace, "C404"))
