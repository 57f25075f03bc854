"""Names that people type in Teams, while some of the bot's places cannot be read, or not yet."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from tests.integration.test_msteams_typed import GIVEN, told
from tests.msteams_house import House, house
from tests.servers.connector import CHANNEL, GROUP, Teams, aad, person

QUIET = "19:quiet@thread.tacv2"


@pytest.fixture
async def here(teams: Teams, sqlite_url: str) -> AsyncIterator[House]:
    async with house(teams, sqlite_url) as served:
        yield served


async def enter(here: House, teams: Teams, *places: str) -> None:
    for place in places:
        await here.send(teams.activity("installationUpdate", 1, place, action="add-upgrade"))


@pytest.mark.parametrize(
    "fault", [{"status": 403, "code": "BotDisabledByAdmin"}, {"status": 429}, {"status": 503}, {"status": 400}]
)
async def test_one_place_that_cannot_be_read_keeps_nobody_from_being_found(
    here: House, teams: Teams, fault: dict[str, object]
):
    await enter(here, teams, CHANNEL, GROUP)
    teams.fail("members", "status", **fault)
    posts = told(await here.say(teams.message(1, f"kudos Bo Svensson {GIVEN}")))
    assert "You recognised Bo Svensson" in posts["a:1"]
    assert GIVEN in posts["a:2"]


async def test_nobody_is_said_not_to_exist_while_the_people_of_a_place_are_not_read_yet(here: House, teams: Teams):
    teams.join(person(20, "Moa Lind"), QUIET)
    await enter(here, teams, CHANNEL, QUIET)
    teams.fail("members", "pass")
    teams.fail("members", "status", status=503)
    posts = told(await here.say(teams.message(1, f"kudos Moa Lind {GIVEN}")))
    assert set(posts) == {"a:1"}
    assert "I cannot look people up right now" in posts["a:1"]
    assert "cannot find" not in posts["a:1"]


async def test_nobody_is_said_not_to_exist_while_everybody_is_read(here: House, teams: Teams):
    teams.fail("members", "hold")
    await enter(here, teams, CHANNEL)
    try:
        posts = told(await here.say(teams.message(1, f"kudos Bo Svensson {GIVEN}")))
        assert "I cannot look people up right now" in posts["a:1"]
    finally:
        teams.released.set()
    posts = told(await here.say(teams.message(1, f"kudos Bo Svensson {GIVEN}")))
    assert "You recognised Bo Svensson" in posts["a:1"]


async def test_nobody_has_left_who_may_be_in_a_place_that_the_bot_never_sees(here: House, teams: Teams):
    teams.join(person(20, "Moa Lind"), QUIET)
    await enter(here, teams, CHANNEL, QUIET)
    # She is met in the only place where she is.
    await here.say(teams.message(20, "@ help", QUIET))
    teams.chats[QUIET].unseen = "BotDisabledByAdmin"
    await here.send(teams.activity("conversationUpdate", 1, QUIET, membersRemoved=[{"aadObjectId": aad(20)}]))
    message = teams.message(1, f"@ {{0}} {GIVEN}", CHANNEL, 20)
    posts = told(await here.say(message))
    assert "You recognised Moa Lind" in posts["a:1"]
