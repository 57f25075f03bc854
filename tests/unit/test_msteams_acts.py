"""What is read of a message in Teams, however long it is."""

import asyncio
from typing import Any

import pytest

from adapters.teams.activity import Account, Activity, Conversation, Entity
from adapters.teams.acts import MOST_LINK, MOST_TEXT, Acts
from adapters.teams.connector import Connector
from adapters.teams.contacts import Contacts
from adapters.teams.directory import TeamsDirectory
from adapters.teams.seal import Seal
from bot.errors import Code, RecognitionError
from bot.identity import AccountRef, ConversationRef, Platform, WorkspaceRef
from bot.incoming import CommandTyped, Mention, Words
from tests.memory_teams_chat import MemoryTeamsStore

HERE = WorkspaceRef(Platform.TEAMS, "tenant")
ANNA = AccountRef(HERE, "anna")
CHANNEL = Conversation("19:phone@thread.tacv2", "channel")

TEAMS_WAITS = 15.0
"""Seconds for the answer to a message. After that it is sent again."""


@pytest.fixture
def acts() -> Acts:
    connector: Any = Connector.__new__(Connector)  # nobody is mentioned, so Teams is never asked
    return Acts(HERE, TeamsDirectory(Contacts(HERE, MemoryTeamsStore()), connector), Seal(b"s"), "/kudos")


async def test_only_the_beginning_of_an_endless_message_is_read(acts: Acts):
    endless = Activity(type="message", text="@a " * 100_000, conversation=CHANNEL)
    read = await acts.message(endless, ANNA)
    assert isinstance(read, CommandTyped)
    text = "".join(each.text for each in read.segments if isinstance(each, Words))
    assert text == endless.text[:MOST_TEXT]


async def test_a_message_as_long_as_teams_lets_anybody_write_is_read_to_its_end(acts: Acts):
    read = await acts.message(Activity(type="message", text="a" * 28_000 + " end", conversation=CHANNEL), ANNA)
    assert isinstance(read, CommandTyped)
    assert read.segments == (Words("a" * 28_000 + " end"),)


async def test_one_word_over_and_over_is_read_to_its_end(acts: Acts):
    text = "kudos " + "private " * 3_000 + "to"
    read = await acts.message(Activity(type="message", text=text, conversation=CHANNEL), ANNA)
    assert isinstance(read, CommandTyped)
    assert "".join(each.text for each in read.segments if isinstance(each, Words)) == text


@pytest.mark.parametrize("author", [{"from": {"user": {"id": "BO"}}}, {}])
@pytest.mark.parametrize("length", [MOST_LINK, MOST_LINK + 1])
def test_a_link_without_end_is_none(acts: Acts, author: dict[str, Any], length: int):
    link = "https://teams.example/".ljust(length, "x")
    value = {"messagePayload": {**author, "linkToMessage": link}}
    used = acts.extension(Activity(type="invoke", value=value, conversation=CHANNEL), ANNA)
    assert used.link == (link if length <= MOST_LINK else None)
    assert used.about == (AccountRef(HERE, "bo") if author else None)


class SlowDirectory:
    """Knows who is behind an address only when Teams has long given up on the message."""

    def peek(self, _: str) -> None:
        return None

    async def whose(self, address: str, _: ConversationRef) -> AccountRef | None:
        await asyncio.sleep(TEAMS_WAITS)
        return AccountRef(HERE, address)


class Acquainted(SlowDirectory):
    """Knows one address by heart, and looks the others up."""

    def peek(self, address: str) -> AccountRef | None:
        return AccountRef(HERE, "bo") if address == "29:bo" else None

    async def whose(self, address: str, _: ConversationRef) -> AccountRef | None:
        return AccountRef(HERE, address.removeprefix("29:"))


async def test_somebody_known_and_somebody_new_are_named_in_one_message():
    directory: Any = Acquainted()
    entities = tuple(
        Entity("mention", f"<at>{name}</at>", Account(f"29:{name.lower()}", name)) for name in ("Bo", "Cat")
    )
    text = "<at>Bo</at> <at>Cat</at> stayed late"
    activity = Activity(type="message", text=text, conversation=CHANNEL, entities=entities)
    read = await Acts(HERE, directory, Seal(b"s"), "/kudos").message(activity, ANNA)
    assert isinstance(read, CommandTyped)
    named = [each.account.id for each in read.segments if isinstance(each, Mention)]
    assert named == ["bo", "cat"]


async def test_who_is_named_is_asked_for_a_while_and_no_longer():
    directory: Any = SlowDirectory()
    bo = Account("29:bo", "Bo")
    mention = Entity("mention", "<at>Bo</at>", bo)
    activity = Activity(type="message", text="<at>Bo</at> was a great help", conversation=CHANNEL, entities=(mention,))
    with pytest.raises(RecognitionError) as refused:
        await Acts(HERE, directory, Seal(b"s"), "/kudos").message(activity, ANNA)
    assert refused.value.code is Code.DIRECTORY_UNAVAILABLE
