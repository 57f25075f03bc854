"""Everybody who is named in Teams gets the kudos, or nobody does and the giver is told who is not known."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from tests.integration.test_msteams_typed import enter, read, told
from tests.msteams_house import House, house, pressed
from tests.servers.connector import CHANNEL, Teams, person, running

PEOPLE = {
    20: "Alva Bergman", 21: "Elsa Bergman", 22: "Hugo Bergman", 23: "Cecilia Dahl", 24: "Elsa Dahl", 25: "Ines Dahl",
    26: "Alva Dahl", 27: "Cecilia Ekström",
}  # fmt: skip


@pytest.fixture
async def teams() -> AsyncIterator[Teams]:
    async with running() as server:
        for number, name in PEOPLE.items():
            server.join(person(number, name))
        yield server


@pytest.fixture
async def here(teams: Teams, sqlite_url: str) -> AsyncIterator[House]:
    async with house(teams, sqlite_url) as served:
        await enter(served, teams)
        yield served


@pytest.mark.parametrize(
    ("typed", "unknown"),
    [
        ("alva bergman, elsa bergman, hugo bergman and Zlatan helped me with the invoice", "Zlatan"),
        ("Cecilia Dahl, Zlatan och Elsa Dahl tog kvällspasset tillsammans", "Zlatan"),
        ("Elsa Dahl & Zlatan Quist Thanks for the late shift", "Zlatan Quist"),
    ],
)
async def test_alone_with_the_bot_one_who_is_not_known_is_told_and_nobody_receives(
    here: House, teams: Teams, typed: str, unknown: str
):
    posts = told(await here.say(teams.message(1, f"kudos {typed}")))
    assert set(posts) == {"a:1"}
    assert f"I cannot find {unknown}. Check the spelling" in posts["a:1"]


@pytest.mark.parametrize(
    ("typed", "unknown"),
    [
        ("{0} och Ines Dahl tog kvällspasset ihop", "Ines Dahl"),
        ("{0}, Zlatan och {1} tog kvällspasset ihop", "Zlatan"),
        ("{0} and {1} & Zlatan took the late shift", "Zlatan"),
    ],
)
async def test_in_a_channel_one_who_is_not_mentioned_is_told_and_nobody_receives(
    here: House, teams: Teams, typed: str, unknown: str
):
    posts = told(await here.say(teams.message(1, f"@ {typed}", CHANNEL, *((26, 24) if "{1}" in typed else (26,)))))
    assert set(posts) == {"a:1"}
    assert f"I cannot find {unknown}. Type @ and choose them from the list" in posts["a:1"]


@pytest.mark.parametrize(
    ("typed", "chats", "reason"),
    [
        ("Ines Dahl Alva Dahl hjälpte mig idag", {"a:25", "a:26"}, "hjälpte mig idag"),
        ("Ines Dahl, Tack för hjälpen i dag", {"a:25"}, "Tack för hjälpen i dag"),
        ("Ines Dahl and the team took the late shift", {"a:25"}, "and the team took the late shift"),
        ("Ines Dahl and I took the late shift", {"a:25"}, "and I took the late shift"),
    ],
)
async def test_alone_with_the_bot_all_who_are_named_receive(
    here: House, teams: Teams, typed: str, chats: set[str], reason: str
):
    posts = told(await here.say(teams.message(1, f"kudos {typed}")))
    assert set(posts) == {"a:1", *chats}
    assert all(f" {reason} 10 points" in posts[chat] for chat in chats)


async def test_a_mistyped_surname_never_reaches_the_reason(here: House, teams: Teams):
    (asked,) = await here.say(teams.message(1, "kudos Cecilia Dhal tog kvällspasset åt mig"))
    assert read(asked).startswith("Do you mean Cecilia Dahl? tog kvällspasset åt mig")
    await here.press(pressed(teams, 1, asked, "Cecilia Dahl"), asked)
    await here.deliver_all()
    assert "Dhal" not in read(teams.standing("a:23")[0])


async def test_another_surname_is_shown_where_it_would_be_read(here: House, teams: Teams):
    (asked,) = await here.say(teams.message(1, "kudos Cecilia Quist tog kvällspasset åt mig"))
    assert read(asked).startswith("Several people are called Cecilia. Who do you mean? Quist tog kvällspasset åt mig")


async def test_choices_stand_in_the_order_of_their_names(here: House, teams: Teams):
    await here.say(teams.message(1, "kudos Elsa Dahl tog kvällspasset åt mig"))
    (asked,) = await here.say(teams.message(1, "kudos Elsa tog kvällspasset åt mig"))
    (shown,) = (each for each in asked.card["body"] if each["type"] == "ActionSet")
    assert [each["title"] for each in shown["actions"]] == ["Elsa Bergman", "Elsa Dahl"]
