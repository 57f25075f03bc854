"""The kept list of everyone in Teams: what a name finds while it is read, and where some of it cannot be."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from adapters.teams.roster import REFRESH_SECONDS, RETRY_SECONDS, Roster
from adapters.teams.store import Place
from bot.errors import DeliveryError, PermanentDeliveryError, TemporaryDeliveryError
from bot.identity import AccountRef, ConversationRef, Platform, WorkspaceRef
from bot.ports import Profile, Standing

HERE = WorkspaceRef(Platform.TEAMS, "contoso")
AWAY = TemporaryDeliveryError("TooManyRequests", timedelta(seconds=90))
DISABLED = PermanentDeliveryError("BotDisabledByAdmin")


def someone(name: str, standing: Standing = Standing.MEMBER) -> Profile:
    return Profile(AccountRef(HERE, name), name.title(), handle=name, standing=standing)


class Town:
    """Places with people, some of which cannot be read. Somebody who is `late` comes on a second page."""

    def __init__(self, **places: list[str]) -> None:
        self.people = places
        self.failing: dict[str, DeliveryError] = {}
        self.broken = False
        self.open = asyncio.Event()
        self.open.set()
        self.reads = 0
        self.now = 0.0
        self.standings: dict[str, Standing] = {}
        self.roster = Roster(self._places, self._pages, lambda: self.now)

    async def _places(self) -> list[Place]:
        self.reads += 1
        if self.broken:
            message = "storage is away"
            raise OSError(message)
        return [Place(ConversationRef(HERE, name), "https://emea/") for name in self.people]

    async def _pages(self, place: Place) -> AsyncIterator[list[Profile]]:
        names = list(self.people[place.conversation.id])
        await self.open.wait()
        yield [someone(name, self.standings.get(name, Standing.MEMBER)) for name in names if name != "late"]
        if error := self.failing.get(place.conversation.id):
            raise error
        yield [someone(name) for name in names if name == "late"]

    async def find(self, name: str) -> list[str]:
        return [each.account.id for each in await self.roster.find(name, within=timedelta(seconds=10))]

    async def reread(self) -> None:
        """Let the list become old, and be read again."""
        self.now += REFRESH_SECONDS
        if reading := self.roster.refresh():
            await reading

    async def cannot_say(self, name: str) -> None:
        with pytest.raises(TemporaryDeliveryError, match="directory_not_fetched"):
            await self.find(name)


@pytest.mark.parametrize("error", [AWAY, DISABLED])
async def test_a_place_that_cannot_be_read_hides_nobody_who_is_elsewhere(error: DeliveryError):
    town = Town(first=["anna"], second=["cat", "late"], third=["bo"])
    town.failing["second"] = error
    assert await town.find("anna") == ["anna"]
    assert await town.find("bo") == ["bo"]


@pytest.mark.parametrize("error", [AWAY, DISABLED])
async def test_whoever_was_seen_last_in_a_place_that_cannot_be_read_stays(error: DeliveryError):
    town = Town(first=["anna", "bo"], second=["bo", "cat", "late"])
    assert await town.find("late") == ["late"]
    town.failing["second"] = error
    town.people["first"] = ["dana"]
    for _ in range(2):
        await town.reread()
        assert [await town.find(name) for name in ("bo", "cat", "late", "dana")] == [
            ["bo"],
            ["cat"],
            ["late"],
            ["dana"],
        ]
        # She was in a place that could be read, and is there no more.
        assert await town.find("anna") == []


async def test_whoever_a_place_shows_to_be_a_stranger_does_not_stay_for_another_place_that_cannot_be_read():
    town = Town(first=["bo"], second=["bo", "late"])
    assert await town.find("bo") == ["bo"]
    town.failing["second"] = AWAY
    town.standings["bo"] = Standing.STRANGER
    await town.reread()
    assert await town.find("bo") == []


async def test_who_left_does_not_come_back_for_a_place_that_cannot_be_read():
    town = Town(first=["anna"], second=["bo", "late"])
    assert await town.find("late") == ["late"]
    town.roster.forget("late")
    town.failing["second"] = AWAY
    await town.reread()
    assert await town.find("late") == []


async def test_a_place_that_the_bot_is_not_in_any_more_keeps_nobody():
    town = Town(first=["anna"], second=["bo", "late"])
    assert await town.find("late") == ["late"]
    town.failing["second"] = PermanentDeliveryError("BotNotInConversationRoster")
    town.people["second"] = []
    await town.reread()
    assert await town.find("late") == []


async def test_nobody_is_said_not_to_exist_while_a_place_was_never_read():
    town = Town(first=["anna"], second=["bo", "late"])
    town.failing["second"] = AWAY
    assert await town.find("anna") == ["anna"]
    await town.cannot_say("late")
    await town.cannot_say("nobody")
    # Until Teams asked to come back, it is not asked.
    town.failing.clear()
    town.now += 89
    await town.cannot_say("late")
    assert town.reads == 1
    town.now += 1
    assert await town.find("late") == ["late"]
    assert await town.find("nobody") == []


async def test_a_place_that_is_never_shown_is_not_waited_for():
    town = Town(first=["anna"], second=["bo", "late"])
    town.failing["second"] = DISABLED
    assert await town.find("late") == []
    town.now += REFRESH_SECONDS - 1
    assert await town.find("late") == []
    assert town.reads == 1


@pytest.mark.parametrize("error", [AWAY, DISABLED])
async def test_where_nothing_can_be_read_an_old_list_answers_and_without_one_nothing_is_said(error: DeliveryError):
    town = Town(first=["anna", "late"])
    town.failing["first"] = error
    await town.cannot_say("late")
    town.failing.clear()
    town.now += 90
    assert await town.find("late") == ["late"]
    town.failing["first"] = error
    await town.reread()
    assert await town.find("late") == ["late"]
    assert await town.find("nobody") == []


async def test_a_fault_of_storage_is_over_when_it_is_over():
    town = Town(first=["anna"])
    town.broken = True
    await town.cannot_say("anna")
    town.broken = False
    await town.cannot_say("anna")
    town.now += RETRY_SECONDS
    assert await town.find("anna") == ["anna"]


async def test_a_fault_of_storage_leaves_an_old_list_to_answer():
    town = Town(first=["anna"])
    assert await town.find("anna") == ["anna"]
    town.broken = True
    await town.reread()
    assert await town.find("anna") == ["anna"]


async def test_while_the_list_is_read_nobody_is_said_not_to_exist():
    town = Town()
    assert await town.find("anna") == []
    # The bot comes to its first place, which takes longer to read than anybody waits.
    town.people["first"] = ["anna"]
    town.open.clear()
    town.roster.outdate()
    with pytest.raises(TemporaryDeliveryError):
        await town.roster.find("anna", within=timedelta(0))
    town.open.set()
    assert await town.find("anna") == ["anna"]


async def test_who_was_met_while_the_list_is_read_is_found_and_stays():
    town = Town(first=["anna"])
    town.open.clear()
    reading = town.roster.refresh()
    assert reading is not None
    town.roster.learn(someone("bo"))
    # There may be another Bo among those who are not read yet.
    with pytest.raises(TemporaryDeliveryError):
        await town.roster.find("bo", within=timedelta(0))
    town.open.set()
    await reading
    assert await town.find("bo") == ["bo"]
    assert town.roster.known("anna") == someone("anna")
    town.roster.learn(someone("cat"))
    assert await town.find("cat") == ["cat"]


async def test_a_place_that_the_bot_comes_to_while_the_list_is_read_is_read_too():
    town = Town(first=["anna"])
    town.open.clear()
    reading = town.roster.refresh()
    assert reading is not None
    await asyncio.sleep(0)
    town.people["second"] = ["bo"]
    town.roster.outdate()
    town.open.set()
    await reading
    assert await town.find("bo") == ["bo"]


@pytest.mark.parametrize("error", [None, AWAY])
async def test_who_searches_while_the_list_becomes_out_of_date_waits_for_the_next(error: DeliveryError | None):
    town = Town(first=["anna"], third=["cat", "late"])
    if error:
        town.failing["third"] = error
    town.open.clear()
    searching = asyncio.create_task(town.find("bo"))
    for _ in range(5):
        await asyncio.sleep(0)
    town.people["second"] = ["bo"]
    town.roster.outdate()
    town.open.set()
    assert await searching == ["bo"]
    assert town.reads == 2


async def test_a_name_that_says_nothing_finds_nobody():
    town = Town(first=["anna"])
    assert await town.find(" ") == []
