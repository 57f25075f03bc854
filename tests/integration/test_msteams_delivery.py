"""Faults of Teams on the way out, through the bot's own outbox: what surely was not done is done again, and no more."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest

from bot.delivery.model import Operation, Retried, State
from tests.msteams_house import House, house
from tests.servers.connector import CHANNEL, GROUP, Post, Teams

REASON = "stayed with a caller until it was solved"
NO_WORD = {"kind": "status", "status": 502, "code": ""}
LATE = {"kind": "status", "status": 504, "code": ""}
BROKEN = {"kind": "status", "status": 500}


@pytest.fixture
async def here(teams: Teams, sqlite_url: str) -> AsyncIterator[House]:
    async with house(teams, sqlite_url) as served:
        await served.send(teams.activity("installationUpdate", 1, CHANNEL, action="add-upgrade"))
        # Whoever has met the bot has a chat with it.
        await served.say(teams.message(1, "help"))
        await served.say(teams.message(2, "help"))
        yield served


def shouts(teams: Teams) -> list[Post]:
    return [post for post in teams.standing(CHANNEL) if REASON in json.dumps(post.card)]


async def give(here: House, teams: Teams) -> Post:
    """Give kudos to the second person in the channel; the giver's receipt."""
    receipt, *_ = await here.say(teams.message(1, f"@ {{0}} {REASON}", CHANNEL, 2))
    return receipt


def undo(teams: Teams, receipt: Post) -> dict[str, Any]:
    """What an old client sends when Undo is pressed on it."""
    sets = (each["actions"] for each in receipt.card["body"] if each["type"] == "ActionSet")
    button = next(each for actions in sets for each in actions if each["title"] == "Undo")
    return teams.activity("message", 1, receipt.conversation, value=button["fallback"]["data"], replyToId=receipt.id)


async def until_quiet(here: House) -> None:
    """Deliver, and look for what is in doubt, until nothing is left to do."""
    for _ in range(30):
        await here.deliver()


@pytest.mark.parametrize("status", [412, 429, 502, 503])
async def test_what_teams_refuses_for_the_moment_comes_once(here: House, teams: Teams, status: int):
    teams.fail("create", "status", status=status)
    await give(here, teams)
    await until_quiet(here)
    assert len(shouts(teams)) == 1


async def wait(here: House, *, seconds: float) -> None:
    here.clock.advance(timedelta(seconds=seconds))
    await here.bot.delivery.deliver_due()


@pytest.mark.parametrize("status", [412, 429])
async def test_a_conversation_that_has_to_wait_holds_up_no_other(here: House, teams: Teams, status: int):
    await here.send(teams.activity("installationUpdate", 1, GROUP, action="add-upgrade"))
    teams.fail("create", "status", status=status, headers={"Retry-After": "3600"})
    await give(here, teams)
    assert shouts(teams) == []
    # Neither another group nor a person.
    await here.say(teams.message(2, f"@ {{0}} {REASON}", GROUP, 1))
    assert len(teams.standing(GROUP)) == 1
    assert REASON in json.dumps(teams.standing("a:1")[-1].card)
    await wait(here, seconds=3600)
    assert len(shouts(teams)) == 1


async def test_a_tenant_that_has_to_wait_is_asked_again_within_a_minute(here: House, teams: Teams):
    await here.send(teams.activity("installationUpdate", 1, GROUP, action="add-upgrade"))
    teams.fail("create", "status", status=503, headers={"Retry-After": "3600"})
    await give(here, teams)
    await here.send(teams.message(2, f"@ {{0}} {REASON}", GROUP, 1))
    await wait(here, seconds=30)
    assert teams.standing(GROUP) == []
    await wait(here, seconds=30)
    assert len(teams.standing(GROUP)) == 1


async def test_a_conversation_gets_no_more_than_teams_takes_in_an_hour(here: House, teams: Teams):
    for _ in range(3):
        await here.send(teams.message(1, f"@ {{0}} {REASON}", CHANNEL, 2))
    stood = []
    for _ in range(10):
        await wait(here, seconds=0.5)
        stood.append(len(shouts(teams)))
    # One each 2 seconds: 1,800 an hour.
    assert stood == [1, 1, 1, 1, 2, 2, 2, 2, 3, 3]


@pytest.mark.parametrize("fault", [NO_WORD, LATE, BROKEN, {"kind": "drop_before"}])
async def test_a_shout_out_that_may_stand_waits_for_the_operator(here: House, teams: Teams, fault: dict[str, Any]):
    teams.fail("create", **fault)
    await give(here, teams)
    await until_quiet(here)
    assert shouts(teams) == []
    (held,) = await here.bot.queue.held([State.FAILED, State.UNKNOWN], 10)
    assert (held.state, held.operation, held.target.id) == (State.UNKNOWN, Operation.SEND, CHANNEL)
    # The operator looked, and it is not there.
    assert await here.bot.queue.retry(held.id, here.clock.now()) is Retried.PENDING
    await until_quiet(here)
    assert len(shouts(teams)) == 1


async def test_what_somebody_blocked_is_tried_once_more_if_the_operator_says_so(here: House, teams: Teams):
    """Somebody who lets the bot in again and writes nothing to it: only Teams knows."""
    teams.chats["a:2"].blocked = True
    await give(here, teams)
    await until_quiet(here)
    (held,) = await here.bot.queue.held([State.BLOCKED], 10)
    for still_blocked in (True, False):
        teams.chats["a:2"].blocked = still_blocked
        before = teams.calls["post"]
        assert await here.bot.queue.retry(held.id, here.clock.now()) is Retried.PENDING
        await until_quiet(here)
        assert teams.calls["post"] == before + 1
        blocked = [each.id for each in await here.bot.queue.held([State.BLOCKED], 10)]
        assert blocked == ([held.id] if still_blocked else [])
    assert REASON in json.dumps(teams.standing("a:2")[-1].card)


async def test_a_shout_out_that_does_stand_is_not_posted_again(here: House, teams: Teams):
    teams.fail("create", "drop_after")
    await give(here, teams)
    await until_quiet(here)
    assert len(shouts(teams)) == 1


@pytest.mark.parametrize("fault", [NO_WORD, LATE, BROKEN, {"kind": "drop_before"}])
async def test_a_receiver_is_told_rather_twice_than_never(here: House, teams: Teams, fault: dict[str, Any]):
    before = teams.calls["post"]
    await here.send(teams.message(1, f"@ {{0}} {REASON}", CHANNEL, 2))
    teams.fail("post", **fault)
    await until_quiet(here)
    assert teams.calls["post"] == before + 3  # the giver's receipt, and the note twice
    assert REASON in json.dumps(teams.standing("a:2")[-1].card)


@pytest.mark.parametrize("fault", [NO_WORD, LATE, BROKEN, {"kind": "drop_before"}])
async def test_what_is_taken_back_goes_whatever_becomes_of_the_answers(
    here: House, teams: Teams, fault: dict[str, Any]
):
    receipt = await give(here, teams)
    assert len(shouts(teams)) == 1
    for operation in ("delete", "delete", "put", "put", "put"):
        teams.fail(operation, **fault)
    await here.send(undo(teams, receipt))
    await until_quiet(here)
    assert shouts(teams) == []
    assert await here.bot.queue.held([State.FAILED, State.UNKNOWN], 10) == []


@pytest.mark.parametrize("fault", [NO_WORD, LATE, BROKEN, {"kind": "drop_after"}])
async def test_a_receipt_that_may_stand_is_not_shown_twice(here: House, teams: Teams, fault: dict[str, Any]):
    before, posted = len(teams.standing("a:1")), teams.calls["post"]
    teams.fail("post", **fault)
    await here.send(teams.message(1, f"@ {{0}} {REASON}", CHANNEL, 2))
    await until_quiet(here)
    assert len(teams.standing("a:1")) - before == (1 if fault["kind"] == "drop_after" else 0)
    assert teams.calls["post"] == posted + 2  # the receipt once, and the receiver's note


@pytest.mark.parametrize("fault", [NO_WORD, LATE, BROKEN, {"kind": "drop_after"}])
async def test_a_receipt_is_replaced_in_its_place_whatever_becomes_of_the_answer(
    here: House, teams: Teams, fault: dict[str, Any]
):
    receipt = await give(here, teams)
    before = len(teams.standing("a:1"))
    # aiohttp puts once more by itself when a kept connection goes.
    for _ in range(2):
        teams.fail("put", **fault)
    await here.send(undo(teams, receipt))
    await teams.until("put", 3)
    await until_quiet(here)
    assert "Taken back" in json.dumps(receipt.card)
    assert len(teams.standing("a:1")) == before
