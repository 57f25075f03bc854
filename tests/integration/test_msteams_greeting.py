"""How people in Teams first meet the bot: in their own chat, and where it was added for everyone."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from structlog.testing import capture_logs

from bot.identity import ConversationRef
from tests.msteams_cards import elements
from tests.msteams_house import House, house, words
from tests.servers.connector import BOT, CHANNEL, GROUP, Teams, person

ELSEWHERE = "19:elsewhere@thread.tacv2"


@pytest.fixture
async def here(teams: Teams, sqlite_url: str) -> AsyncIterator[House]:
    async with house(teams, sqlite_url) as served:
        yield served


def installed(teams: Teams, place: str | None = None, action: str = "add", **more: Any) -> dict[str, Any]:
    return teams.activity("installationUpdate", 1, place, action=action, **more)


def came(teams: Teams, place: str, **more: Any) -> dict[str, Any]:
    return teams.activity("conversationUpdate", 1, place, membersAdded=[{"id": BOT}], **more)


def hellos(teams: Teams, place: str) -> list[str]:
    """Give what stands in a place, in words."""
    return [words(post.card) for post in teams.standing(place)]


ENGLISH = (
    "I help colleagues thank each other",
    "kudos Anna Berg stayed with a caller",
    "@Kudos @Anna stayed with a caller",
    "For that, add me to the team or to the chat",
)
SWEDISH = (
    "Jag hjälper kollegor att tacka varandra",
    "kudos Anna Berg stannade kvar",
    "@Kudos @Anna stannade kvar",
    "Lägg då först till mig i teamet",
)


@pytest.mark.parametrize(
    ("locale", "told", "button"), [("en-GB", ENGLISH, "Give kudos"), ("sv-SE", SWEDISH, "Ge kudos")]
)
async def test_whoever_adds_the_bot_to_their_chats_is_told_once_what_it_is_for(
    here: House, teams: Teams, locale: str, told: tuple[str, ...], button: str
):
    added = installed(teams, locale=locale)
    (greeting,) = await here.say(added)
    assert greeting.conversation == "a:1"
    said = words(greeting.card)
    assert [each for each in told if each not in said] == []
    # It is short, unlike the help.
    assert len(said) < 450
    assert [each["title"] for each in elements(greeting.card) if each["type"].startswith("Action.")] == [button]

    assert await here.say(added) == []
    assert await here.say(installed(teams, action="add-upgrade")) == []


async def test_the_greetings_button_opens_the_form(here: House, teams: Teams):
    (greeting,) = await here.say(installed(teams))
    (button,) = (each for each in elements(greeting.card) if each["type"].startswith("Action."))
    opened = await here.ask(teams.invoke(1, "task/fetch", {"data": button["data"]}))
    assert {each.get("id") for each in opened["task"]["value"]["card"]["content"]["body"]} >= {"people", "reason"}


@pytest.mark.parametrize("place", [CHANNEL, GROUP])
@pytest.mark.parametrize("order", ["installed first", "came first", "at once"])
async def test_where_the_bot_is_added_it_says_hello_once_although_teams_tells_of_it_twice(
    here: House, teams: Teams, place: str, order: str
):
    told = [installed(teams, place), came(teams, place)]
    if order == "at once":
        await asyncio.gather(*map(here.send, told))
    else:
        for activity in told if order == "installed first" else reversed(told):
            await here.send(activity)
    (hello,) = teams.standing(place)
    assert "@Kudos @Anna stayed with a caller" in words(hello.card)
    assert "Set your team up, as its supervisor: @Kudos setup" in words(hello.card)
    # Who added it is nobody else's business.
    assert "Anna Ek" not in words(hello.card)
    # In a channel it begins a thread.
    assert (hello.thread, teams.calls["create"]) == (None, 1 if place == CHANNEL else 0)
    assert teams.standing("a:1") == []


async def test_a_hello_is_in_the_language_of_who_added_the_bot(here: House, teams: Teams):
    await here.send(installed(teams, CHANNEL, locale="sv-SE"))
    assert "om du är teamledare: @Kudos ställ in" in hellos(teams, CHANNEL)[0]
    # An act that says nothing of a language is of somebody whose language is known.
    await here.send(came(teams, GROUP))
    assert "om du är teamledare: @Kudos ställ in" in hellos(teams, GROUP)[0]


async def test_where_the_bot_is_already_it_says_no_hello(teams: Teams, sqlite_url: str):
    async with house(teams, sqlite_url) as here:
        await here.send(installed(teams, CHANNEL, "add-upgrade"))
        # A message came before the news did: it is not the first that is read there.
        await here.send(teams.message(1, "@ help", GROUP))
        teams.join(person(1, "Anna Ek"), ELSEWHERE)
        await here.send(came(teams, ELSEWHERE))
    async with house(teams, sqlite_url) as again:
        for place in (CHANNEL, GROUP, ELSEWHERE):
            await again.send(installed(teams, place, "add-upgrade"))
            await again.send(installed(teams, place))
            await again.send(came(teams, place))
        await again.send(teams.activity("conversationUpdate", 1, CHANNEL, membersAdded=[person(6, "Dev Patel")]))
    assert [len(teams.standing(place)) for place in (CHANNEL, GROUP, ELSEWHERE)] == [0, 0, 1]


async def test_where_the_bot_was_taken_out_it_says_hello_when_it_is_added_again(here: House, teams: Teams):
    await here.send(came(teams, CHANNEL))
    await here.send(installed(teams, CHANNEL, "remove"))
    await here.send(came(teams, CHANNEL))
    assert len(teams.standing(CHANNEL)) == 2


@pytest.mark.parametrize(("people", "greeted"), [(100, 1), (101, 0)])
async def test_in_a_large_team_nobody_is_disturbed(here: House, teams: Teams, people: int, greeted: int):
    for number in range(len(teams.chats[CHANNEL].members) + 1, people + 1):
        teams.join(person(number, f"Person {number}"), CHANNEL)
    await here.send(came(teams, CHANNEL))
    assert len(teams.standing(CHANNEL)) == greeted


@pytest.mark.parametrize("operation", ["members", "create"])
async def test_a_hello_that_teams_does_not_take_is_logged_and_nothing_else_fails(
    here: House, teams: Teams, operation: str
):
    teams.fail(operation, "status", status=403, code="ForbiddenOperationException")
    newcomer = person(6, "Dev Patel")
    teams.join(newcomer)
    with capture_logs() as logged:
        added = teams.activity("conversationUpdate", 1, CHANNEL, membersAdded=[{"id": BOT}, newcomer])
        assert await here.send(added) == (200, None)
    (said,) = (each for each in logged if each["event"] == "teams_not_greeted")
    assert (said["conversation"], said["reason"]) == (CHANNEL, "ForbiddenOperationException")
    assert teams.standing(CHANNEL) == []
    channel = ConversationRef(here.connected.workspace, CHANNEL)
    assert await here.connected.directory.can_post(channel)
    assert any("You recognised Dev Patel" in words(post.card) for post in await here.say(kudos(teams, 6)))


def kudos(teams: Teams, receiver: int) -> Any:
    return teams.message(1, "@ {0} stayed with a caller until it was solved", CHANNEL, receiver)


async def test_a_hello_comes_later_if_teams_has_no_time_for_it(here: House, teams: Teams):
    teams.fail("create", "status", status=429, headers={"Retry-After": "0"})
    await here.send(came(teams, CHANNEL))
    await teams.eventually(lambda: len(teams.standing(CHANNEL)) == 1)


async def test_a_greeting_that_teams_does_not_take_is_logged(here: House, teams: Teams):
    teams.fail("post", "status", status=403, code="ForbiddenOperationException")
    with capture_logs() as logged:
        assert await here.send(installed(teams)) == (200, None)
    assert [each["reason"] for each in logged if each["event"] == "teams_not_greeted"] == [
        "ForbiddenOperationException"
    ]
    assert teams.standing("a:1") == []
