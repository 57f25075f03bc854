"""Undo and other buttons, of any client, and what Teams sends that nobody typed or pressed."""

from __future__ import annotations

from typing import Any

import pytest

from adapters.teams.seal import KEY
from tests.msteams_house import GIVEN, House, action, dialog, pressed, words
from tests.servers.connector import CHANNEL, Teams


async def test_undo_takes_everything_back(here: House, teams: Teams):
    receipt, *_ = await here.say(teams.message(1, f"@ {{0}} {GIVEN}", CHANNEL, 2))
    press = pressed(teams, 1, receipt, "Undo")
    answer = await here.press(press, receipt)
    assert "Taken back" in words(answer["value"]["body"])
    # Repeated, it is answered with the same.
    assert await here.ask(press) == answer
    await here.deliver_all()
    left = {post.conversation: words(post.card["body"]) for post in teams.posts if not post.deleted}
    assert GIVEN not in "".join(left.values())


async def test_a_button_of_an_old_client_comes_as_a_message(here: House, teams: Teams):
    receipt, *_ = await here.say(teams.message(1, f"@ {{0}} {GIVEN}", CHANNEL, 2))
    data = action(receipt.card, "Undo")["fallback"]["data"]
    await here.send(teams.activity("message", 1, receipt.conversation, value=data, replyToId=receipt.id))
    assert "Taken back" in words(receipt.card["body"])


@pytest.mark.parametrize("giver", [1, 3])
async def test_a_button_whose_data_was_changed_is_stale(here: House, teams: Teams, giver: int):
    receipt, *_ = await here.say(teams.message(1, f"@ {{0}} {GIVEN}", CHANNEL, 2))
    another, *_ = await here.say(teams.message(giver, f"@ {{0}} {GIVEN} again", CHANNEL, 2))
    named = action(another.card, "Undo")["data"][KEY]["value"]
    press = pressed(teams, 1, receipt, "Undo")
    press["value"]["action"]["data"] = {KEY: {**press["value"]["action"]["data"][KEY], "value": named}}
    before = len(teams.posts)
    await here.press(press, receipt)
    (post,) = teams.posts[before:]
    assert "too old to work" in words(post.card["body"])
    await here.deliver_all()
    assert [GIVEN in words(each.card["body"]) for each in teams.standing(CHANNEL)] == [True, True]


@pytest.mark.parametrize("name", ["signin/verifyState", "config/fetch", "actionableMessage/executeAction", None])
async def test_an_invoke_that_is_nothing_of_ours_is_not_implemented(here: House, teams: Teams, name: str | None):
    assert await here.send(teams.activity("invoke", 1, name=name, value={})) == (501, None)


@pytest.mark.parametrize("value", [None, 1, "x", [], {}, {"data": 1}, {"action": []}, {"data": {KEY: []}}])
@pytest.mark.parametrize("name", ["adaptiveCard/action", "task/fetch", "task/submit", "composeExtension/fetchTask"])
async def test_odd_invokes_are_answered_and_never_a_fault(here: House, teams: Teams, name: str, value: Any):
    answer = await here.ask(teams.invoke(1, name, value))
    if name == "adaptiveCard/action":
        assert (answer["statusCode"], answer["type"]) == (200, "application/vnd.microsoft.activity.message")
        assert "too old to work" in answer["value"]
    else:
        assert answer["task"]["type"] == "continue"
        assert dialog(answer)["type"] == "AdaptiveCard"


@pytest.mark.parametrize("kind", ["typing", "messageReaction", "event", "endOfConversation", "unheard/of", "trace"])
async def test_what_asks_nothing_is_taken_in_silence(here: House, teams: Teams, kind: str):
    assert await here.say(teams.activity(kind, 1)) == []


async def test_acts_by_nobody_are_left_alone(here: House, teams: Teams):
    by_bot = teams.message(1, "help") | {"from": {"id": "28:another", "name": "Other bot"}}
    without_id = teams.message(1, "help") | {"id": None}
    for activity in (by_bot, without_id):
        assert await here.say(activity) == []
