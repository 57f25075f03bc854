"""The local chat keeps what every chat platform promises."""

from __future__ import annotations

import re
import sqlite3
from html import unescape

import pytest

from adapters.local.chat import Channel, LocalChat, Resident
from adapters.local.directory import LocalDirectory
from adapters.local.platform import LocalPlatform
from adapters.local.render import Renderer, environment
from adapters.observability import SystemClock
from bot.errors import PermanentDeliveryError
from bot.i18n import translator
from bot.identity import AccountRef, ConversationRef, Platform, WorkspaceRef
from bot.ports import Profile
from bot.view import codec
from storage.engine import Database
from storage.local_chat import LocalChatStore
from tests.contract.chat_platform import ChatPlatformContract, FindsSent, Removes, Stage, Trouble
from tests.factories_messages import give_form

WORKSPACE = WorkspaceRef(Platform.LOCAL, "here")
ANNA = AccountRef(WORKSPACE, "anna")


class Unreliable:
    """The real store behind a connection that breaks when told to."""

    def __init__(self, store):
        self._store = store
        self.trouble = None

    def __getattr__(self, name):
        method = getattr(self._store, name)

        async def call(*args, **kwargs):
            if name == "conversations" and self.trouble is Trouble.AWAY:
                raise ConnectionResetError
            if name not in ("add_message", "change_message") or self.trouble is None:
                return await method(*args, **kwargs)
            if self.trouble is Trouble.LOST_AFTER:
                await method(*args, **kwargs)
            self.trouble = None
            raise ConnectionResetError

        return call


class TestLocalPlatform(ChatPlatformContract, FindsSent, Removes):
    @pytest.fixture
    async def stage(self, sqlite_url):
        database = Database.open(sqlite_url)
        store = Unreliable(LocalChatStore(database))
        chat = LocalChat(store, SystemClock(), WORKSPACE)
        await chat.settle(
            [Resident(Profile(ANNA, "Anna Ek", handle="anna"), "agent", "Phone")],
            [Channel("phone", "phone", "", ("anna",))],
        )

        def ask(query, *values):
            with sqlite3.connect(sqlite_url.removeprefix("sqlite:///")) as connection:
                found = connection.execute(query, values).fetchall()
            connection.close()
            return found

        def texts(target):
            place = target.id if isinstance(target, ConversationRef) else chat.conversation_with(target.id).id
            rows = ask(
                "SELECT view FROM local_messages WHERE conversation = ? AND removed_at IS NULL ORDER BY at", place
            )
            renderer = Renderer(environment(), translator("en"))
            drawn = [str(renderer.message(codec.decode(view))) for (view,) in rows]
            return [unescape(re.sub(r"<[^>]+>", " ", html)) for html in drawn]

        def trouble(what):
            store.trouble = what

        yield Stage(
            platform=LocalPlatform(chat),
            conversation=chat.channel("phone"),
            account=ANNA,
            nowhere=chat.channel("attic"),
            texts=texts,
            trouble=trouble,
            gone=lambda receipt: ask(
                "UPDATE local_messages SET removed_at = '2026-01-01 00:00:00' WHERE id = ?", receipt.message
            ),
        )
        await database.close()

    async def test_a_key_is_posted_once(self, stage):
        first = await stage.platform.send(stage.conversation, codec.decode(EXAMPLE), "k1")
        assert await stage.platform.send(stage.conversation, codec.decode(EXAMPLE), "k1") == first
        assert len(stage.texts(stage.conversation)) == 1

    async def test_a_form_is_part_of_an_answer_and_opened_by_no_trigger(self, stage):
        with pytest.raises(PermanentDeliveryError, match="trigger"):
            await stage.platform.open_form("1.1.a", give_form(WORKSPACE))

    async def test_a_shout_out_has_a_place_in_a_channel_and_not_in_a_talk_with_the_bot(self, stage):
        chat = stage.platform._chat
        directory = LocalDirectory(chat)
        assert await directory.can_post(stage.conversation)
        assert not await directory.can_post(chat.conversation_with("anna"))
        assert not await directory.can_post(stage.nowhere)

    async def test_a_channels_name_is_that_of_the_group_of_its_members(self, stage):
        chat = stage.platform._chat
        directory = LocalDirectory(chat)
        name = (await chat.roster()).conversations[stage.conversation.id].name
        found = await directory.find_group(WORKSPACE, f" {name.upper()}")
        assert found == stage.conversation.id
        assert await directory.group(WORKSPACE, found) == await directory.members(stage.conversation)
        assert await directory.find_group(WORKSPACE, "attic") is None
        assert await directory.find_group(WorkspaceRef(Platform.LOCAL, "elsewhere"), name) is None


EXAMPLE = '{"v":1,"message":{"kind":"help","blocks":[],"summary":""}}'
