"""What an invoke is answered while Teams itself does not answer: always at once, and never what Teams calls invalid."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest

from tests.msteams_house import GIVEN, House, action, dialog, house
from tests.servers.connector import CHANNEL, Post, Teams, aad, person

LATER = timedelta(hours=25)
"""After which a kudos cannot be taken back any more."""


@pytest.fixture
async def here(teams: Teams, sqlite_url: str) -> AsyncIterator[House]:
    async with house(teams, sqlite_url) as served:
        await served.let_in(CHANNEL)
        yield served


def press(teams: Teams, by: int, data: dict[str, Any], conversation: str, message: str = "") -> dict[str, Any]:
    """What Teams sends when a button of a card in a chat is pressed."""
    value = {"action": {"type": "Action.Execute", "data": data}, "trigger": "manual"}
    return teams.invoke(by, "adaptiveCard/action", value, conversation, replyToId=message or None)


async def a_receipt(here: House, teams: Teams) -> Post:
    receipt, *_ = await here.say(teams.message(1, f"@ {{0}} {GIVEN}", CHANNEL, 2))
    assert receipt.conversation == "a:1"
    return receipt


def told(answer: Any) -> str:
    """Read a sentence that a button is answered with.

    https://learn.microsoft.com/microsoftteams/platform/task-modules-and-cards/cards/universal-actions-for-adaptive-cards/work-with-universal-actions-for-adaptive-cards#response-format
    """
    assert {**answer, "value": ""} == {
        "statusCode": 200,
        "type": "application/vnd.microsoft.activity.message",
        "value": "",
    }
    assert isinstance(answer["value"], str)
    assert answer["value"]
    return answer["value"]


def shown(answer: Any) -> str:
    """Read a card that a button is answered with."""
    assert {**answer, "value": {}} == {
        "statusCode": 200,
        "type": "application/vnd.microsoft.card.adaptive",
        "value": {},
    }
    assert answer["value"]["type"] == "AdaptiveCard"
    return json.dumps(answer["value"])


def said(post: Post) -> str:
    return json.dumps(post.card)


async def test_a_button_is_answered_before_its_message_is_posted(here: House, teams: Teams):
    receipt = await a_receipt(here, teams)
    here.clock.advance(LATER)
    teams.fail("post", "hold")
    answer = await here.ask(press(teams, 1, action(receipt.card, "Undo")["data"], "a:1", receipt.id))
    assert "within 24 hours" in told(answer)
    await teams.eventually(lambda: teams.held == 1)
    teams.released.set()
    await teams.eventually(lambda: len(teams.standing("a:1")) == 2)
    assert "within 24 hours" in said(teams.standing("a:1")[-1])


async def test_a_button_is_answered_before_a_chat_is_begun_to_post_to(here: House, teams: Teams):
    receipt = await a_receipt(here, teams)
    teams.fail("create", "hold")
    # Cat never wrote to the bot, and presses what is Anna's.
    answer = await here.ask(press(teams, 3, action(receipt.card, "Undo")["data"], CHANNEL))
    assert "Only the one who gave" in told(answer)
    await teams.eventually(lambda: teams.held == 1)
    teams.released.set()
    await teams.eventually(lambda: len(teams.standing("a:3")) == 1)


async def test_a_button_is_answered_before_its_card_is_changed(here: House, teams: Teams):
    receipt = await a_receipt(here, teams)
    teams.fail("put", "hold")
    answer = await here.ask(press(teams, 1, action(receipt.card, "Undo")["data"], "a:1", receipt.id))
    assert "Taken back" in shown(answer)
    await teams.eventually(lambda: teams.held == 1)
    teams.released.set()
    await teams.eventually(lambda: "Taken back" in said(receipt))


async def test_a_button_that_opens_a_form_in_the_chat_is_answered_before_the_form_is_there(here: House, teams: Teams):
    (shown_help,) = await here.say(teams.message(1, "help"))
    data = {
        name: value for name, value in action(shown_help.card, "Open the form")["data"].items() if name != "msteams"
    }
    teams.fail("post", "hold")
    answer = await here.ask(press(teams, 1, data, "a:1", shown_help.id))
    assert told(answer) == "Give kudos"
    await teams.eventually(lambda: teams.held == 1)
    teams.released.set()
    await teams.eventually(lambda: "Input.Text" in said(teams.standing("a:1")[-1]))


async def test_who_blocked_the_bot_is_told_by_the_buttons_own_answer(here: House, teams: Teams):
    receipt = await a_receipt(here, teams)
    here.clock.advance(LATER)
    teams.chats["a:1"].blocked = True
    posts = teams.calls["post"]
    answer = await here.ask(press(teams, 1, action(receipt.card, "Undo")["data"], "a:1", receipt.id))
    assert "within 24 hours" in told(answer)
    await teams.until("post", posts + 1)


async def test_of_two_acts_on_a_card_the_later_is_what_it_shows_in_the_end(here: House, teams: Teams):
    teams.join(person(20, "Bo Zetterlund"))
    (asked,) = await here.say(teams.message(1, f"kudos Bo {GIVEN}"))
    teams.fail("put", "hold")
    given = await here.ask(press(teams, 1, action(asked.card, "Bo Zetterlund")["data"], "a:1", asked.id))
    assert "You recognised" in shown(given)
    undone = await here.ask(press(teams, 1, action(given["value"], "Undo")["data"], "a:1", asked.id))
    assert "Taken back" in shown(undone)
    teams.released.set()
    await teams.eventually(lambda: asked.changes == 2)
    assert "Taken back" in said(asked)


async def test_a_form_that_is_refused_comes_back_with_the_names_that_were_found_in_time(here: House, teams: Teams):
    teams.join(person(20, "Dan Slow"))
    opened = await here.ask(teams.invoke(1, "composeExtension/fetchTask", {"commandId": "give"}, CHANNEL))
    form = dialog(opened)
    filled = {**form["actions"][0]["data"], "people": f"{aad(2)},{aad(20)}", "reason": "ok"}
    await here.say(teams.message(2, "help"))
    for _ in range(10):
        teams.fail("member", "hold")
    refused = await here.ask(teams.invoke(1, "composeExtension/submitAction", {"data": filled}, CHANNEL))
    people = next(each for each in dialog(refused)["body"] if each.get("id") == "people")
    assert {each["value"]: each["title"] for each in people["choices"]}[aad(2)] == "Bo Svensson"
    teams.released.set()


async def test_what_is_being_posted_when_the_bot_stops_is_posted(teams: Teams, sqlite_url: str):
    async with house(teams, sqlite_url) as here:
        await here.let_in(CHANNEL)
        receipt = await a_receipt(here, teams)
        posts = teams.calls["post"]
        teams.fail("post", "hold")
        here.clock.advance(LATER)
        await here.ask(press(teams, 1, action(receipt.card, "Undo")["data"], "a:1", receipt.id))
        await teams.until("post", posts + 1)
        asyncio.get_running_loop().call_later(0.3, teams.released.set)
    assert len(teams.standing("a:1")) == 2


async def test_what_waits_to_be_tried_again_when_the_bot_stops_is_given_up(teams: Teams, sqlite_url: str):
    async with house(teams, sqlite_url) as here:
        await here.say(teams.message(1, "help"))
        posts = teams.calls["post"]
        teams.fail("post", "status", status=429, headers={"Retry-After": "1"})
        await here.send(teams.message(1, "help"))
    assert teams.calls["post"] == posts + 1
