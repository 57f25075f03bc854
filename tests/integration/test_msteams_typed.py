"""What people type to the bot in Teams, and the words that they are answered in."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest

from tests.msteams_house import House, house, pressed
from tests.servers.connector import CHANNEL, GROUP, Post, Teams, aad, person

GIVEN = "stayed with a caller until it was solved"


@pytest.fixture
async def here(teams: Teams, sqlite_url: str) -> AsyncIterator[House]:
    async with house(teams, sqlite_url) as served:
        await enter(served, teams)
        yield served


async def enter(served: House, teams: Teams) -> None:
    """Take the bot into the channel and the group."""
    for place in (CHANNEL, GROUP):
        await served.send(teams.activity("installationUpdate", 1, place, action="add-upgrade"))


def words(thing: Any) -> str:
    """What a reader sees of a card, in order."""
    if isinstance(thing, dict):
        own = thing["text"] if isinstance(thing.get("text"), str) else ""
        own = own.replace("<at>", "").replace("</at>", "")
        runs = "".join(map(words, thing.get("inlines", ())))
        return own + runs + "".join(words(value) for name, value in thing.items() if name not in {"msteams", "inlines"})
    return " ".join(words(each) for each in thing) if isinstance(thing, list) else ""


def read(post: Post) -> str:
    return " ".join(words(post.card["body"]).split())


def told(posts: list[Post]) -> dict[str, str]:
    """What is read where."""
    return {post.conversation: read(post) for post in posts}


class TestMentions:
    async def test_an_emulator_that_knows_people_by_their_directory_id_alone_is_understood(
        self, here: House, teams: Teams
    ):
        teams.join(person(20, "Moa Lind", id=aad(20)))
        message = teams.message(1, f"@ {{0}} {GIVEN}", CHANNEL, 20)
        (mention,) = (each for each in message["entities"] if each.get("mentioned", {}).get("name") == "Moa Lind")
        mention["mentioned"]["id"] = aad(20)
        posts = told(await here.say(message))
        assert "You recognised Moa Lind" in posts["a:1"]
        assert GIVEN in posts["a:20"]

    async def test_a_mention_of_a_tag_is_nobody(self, here: House, teams: Teams):
        message = teams.message(1, f"@ {{0}} {GIVEN}", CHANNEL, 2)
        message["entities"][1]["mentioned"] = {"id": "MTpHVUlE", "name": "Night shift"}
        posts = told(await here.say(message))
        assert set(posts) == {"a:1"}
        assert "Who would you like to recognise?" in posts["a:1"]


class TestPrivately:
    @pytest.mark.parametrize(
        "start",
        [
            "kudos private Cat Öberg ",
            "/kudos private Cat Öberg ",
            "kudos privat till Cat Öberg ",
            "Privately: Cat Öberg, ",
            "kudos private to Cat ",
            "kudos private @Cat ",
        ],
    )
    async def test_in_a_chat_with_the_bot_nobody_else_is_told(self, here: House, teams: Teams, start: str):
        posts = told(await here.say(teams.message(1, f"{start}{GIVEN}")))
        assert set(posts) == {"a:1", "a:3"}
        assert "It is private: only Cat Öberg knows." in posts["a:1"]
        assert GIVEN in posts["a:3"]
        assert "private" not in posts["a:3"].partition("This is private")[0].lower()

    @pytest.mark.parametrize("start", ["@ kudos private {0} ", "@ private to {0} ", "@ kudos private to {0} "])
    async def test_in_a_channel_nobody_else_is_told(self, here: House, teams: Teams, start: str):
        posts = told(await here.say(teams.message(1, f"{start}{GIVEN}", CHANNEL, 2)))
        assert set(posts) == {"a:1", "a:2"}
        assert "It is private" in posts["a:1"]

    async def test_a_name_nobody_has_is_said_to_be_so(self, here: House, teams: Teams):
        (answer,) = await here.say(teams.message(1, f"kudos private Zebulon {GIVEN}"))
        assert "I cannot find Zebulon" in read(answer)

    async def test_with_nobody_named_nobody_is_guessed(self, here: House, teams: Teams):
        (answer,) = await here.say(teams.message(1, "kudos private"))
        assert "Who would you like to recognise?" in read(answer)


class TestWithoutASlash:
    @pytest.mark.parametrize(
        ("typed", "answered"),
        [
            ("kudos me", "Your kudos"),
            ("kudos help", "How to give kudos"),
            ("Kudos undo", "nothing to take back"),
            ("kudos hjälp", "How to give kudos"),
            ("/help", "How to give kudos"),
            ("/me", "Your kudos"),
        ],
    )
    @pytest.mark.parametrize("place", [CHANNEL, GROUP, None])
    async def test_a_command_is_understood_everywhere(
        self, here: House, teams: Teams, typed: str, answered: str, place: str | None
    ):
        (answer,) = await here.say(teams.message(1, f"@ {typed}" if place else typed, place))
        assert answered in read(answer)

    async def test_kudos_to_everybody_are_for_nobody_named(self, here: House, teams: Teams):
        (answer,) = await here.say(teams.message(1, "@ kudos to the whole team for last night", CHANNEL))
        assert "Who would you like to recognise?" in read(answer)

    async def test_the_word_may_be_the_first_of_a_reason(self, here: House, teams: Teams):
        posts = told(await here.say(teams.message(1, "@ kudos for the great help with a caller {0}", CHANNEL, 2)))
        assert "kudos for the great help with a caller" in posts["a:2"]

    async def test_tags_and_points_may_come_ahead_of_people(self, here: House, teams: Teams):
        posts = told(await here.say(teams.message(1, f"@ kudos +20 #ownership {{0}} {GIVEN}", CHANNEL, 2)))
        assert f"{GIVEN} #ownership · 20 points" in posts["a:2"]

    @pytest.mark.parametrize("word", ["kudos", "/kudos", "praise", "/praise"])
    async def test_another_command_leaves_the_apps_own_name(self, teams: Teams, sqlite_url: str, word: str):
        async with house(teams, sqlite_url, command="/praise") as served:
            await enter(served, teams)
            posts = told(await served.say(teams.message(1, f"{word} Bo Svensson {GIVEN}")))
        assert GIVEN in posts["a:2"]

    async def test_a_link_in_the_reason_leaves_names_to_be_looked_up(self, here: House, teams: Teams):
        posts = told(await here.say(teams.message(1, "kudos Bo Svensson wrote it all down: https://wiki.example/how")))
        assert "wrote it all down: https://wiki.example/how" in posts["a:2"]


class TestExamples:
    @pytest.mark.parametrize(
        ("more", "place", "says"),
        [
            ({}, CHANNEL, "Type @ and choose them from the list, like this: @Kudos @Anna stayed with a caller"),
            ({}, GROUP, "Type @ and choose them from the list, like this: @Kudos @Anna stayed with a caller"),
            ({}, None, "Name them, like this: kudos Anna Berg stayed with a caller until it was solved"),
            ({"locale": "sv-SE"}, CHANNEL, "Skriv @ och välj personen i listan, så här: @Kudos @Anna stannade"),
            ({"locale": "sv-SE"}, None, "Ange personen, så här: kudos Anna Berg stannade kvar i samtalet"),
        ],
    )
    async def test_whoever_names_nobody_is_shown_how_it_is_done_there(
        self, here: House, teams: Teams, more: dict[str, Any], place: str | None, says: str
    ):
        for text in ("hello there", "tack", "points"):
            (answer,) = await here.say(teams.message(1, f"@ {text}" if place else text, place) | more)
            assert says in read(answer)
            called = "@Kudos" if place else "kudos"
            assert f"{called} hjälp visar allt" in read(answer) or f"{called} help shows all" in read(answer)

    async def test_the_example_for_ones_own_chat_works_as_it_stands(self, here: House, teams: Teams):
        teams.join(person(20, "Anna Berg"))
        (answer,) = await here.say(teams.message(1, "hello"))
        example = read(answer).partition("like this: ")[2].partition(" kudos help")[0]
        posts = told(await here.say(teams.message(1, example)))
        assert GIVEN in posts["a:20"]

    async def test_the_form_is_one_press_away(self, here: House, teams: Teams):
        (answer,) = await here.say(teams.message(1, "hello"))
        (shown,) = (each for each in answer.card["body"] if each["type"] == "ActionSet")
        (button,) = shown["actions"]
        assert button["title"] == "Open the form"
        opened = await here.ask(teams.invoke(1, "task/fetch", {"data": button["data"]}))
        assert inputs(opened["task"]["value"]["card"]["content"])

    async def test_a_name_in_a_channel_is_not_guessed(self, here: House, teams: Teams):
        (answer,) = await here.say(teams.message(1, f"@ Bo {GIVEN}", CHANNEL))
        assert "Type @ and choose them from the list" in read(answer)

    async def test_a_name_nobody_has_is_told_with_what_helps(self, here: House, teams: Teams):
        (answer,) = await here.say(teams.message(1, f"kudos Zebulon Quist {GIVEN}"))
        assert "I cannot find Zebulon Quist. Check the spelling, or pick them in the form." in read(answer)
        assert "add me to one of theirs" in read(answer)

    @pytest.mark.parametrize(
        ("names", "meant", "chats"),
        [
            ("Bo Quist", "Bo Svensson", ["a:2"]),
            ("Bo and Cat Quist", "Cat Öberg", ["a:2", "a:3"]),
            ("Bo Svensson and Cat Quist", "Cat Öberg", ["a:2", "a:3"]),
        ],
    )
    async def test_a_first_name_with_anothers_surname_is_asked_about_and_a_press_gives(
        self, here: House, teams: Teams, names: str, meant: str, chats: list[str]
    ):
        (asked,) = await here.say(teams.message(1, f"kudos {names} {GIVEN}"))
        assert f"Do you mean {meant}?" in read(asked)
        await here.press(pressed(teams, 1, asked, meant), asked)
        await here.deliver_all()
        for chat in chats:
            assert f"Quist {GIVEN}" in read(teams.standing(chat)[0])

    async def test_other_examples_begin_as_one_begins_there(self, here: House, teams: Teams):
        (alone,) = await here.say(teams.message(1, "team"))
        (in_channel,) = await here.say(teams.message(1, "@ team", CHANNEL))
        assert "kudos me shows your own" in read(alone)
        assert "/kudos" not in read(alone)
        assert "@Kudos me shows your own" in read(in_channel)


SWEDISH: dict[str, Any] = {
    "locale": "sv-SE",
    "entities": [{"type": "clientInfo", "locale": "sv-SE", "country": "SE", "timezone": "Europe/Stockholm"}],
}
"""What the device of somebody in Sweden says of itself with all that they write."""


class TestLanguage:
    async def test_whoever_was_named_a_moment_ago_is_answered_in_their_language_at_once(
        self, here: House, teams: Teams
    ):
        await here.say(teams.message(1, f"@ {{0}} {GIVEN}", CHANNEL, 2))
        (answer,) = await here.say(teams.message(2, "help") | SWEDISH)
        assert "Så ger du kudos" in read(answer)

    async def test_the_team_of_whoever_was_named_a_moment_ago_gets_their_zone_and_language(
        self, here: House, teams: Teams
    ):
        await here.say(teams.message(1, f"@ {{0}} {GIVEN}", CHANNEL, 2))
        message = teams.message(2, "@ ställ in", CHANNEL)
        (form,) = await here.say(message | SWEDISH | {"entities": [*message["entities"][:1], *SWEDISH["entities"]]})
        stands = {each["id"]: each.get("value") for each in inputs(form.card)}
        assert (stands["time_zone"], stands["language"]) == ("Europe/Stockholm", "sv")

    async def test_another_language_counts_at_once(self, here: House, teams: Teams):
        await here.say(teams.message(1, "help"))
        (answer,) = await here.say(teams.message(1, "help") | SWEDISH)
        assert "Så ger du kudos" in read(answer)
        (answer,) = await here.say(teams.message(1, "help"))
        assert "How to give kudos" in read(answer)

    async def test_whose_language_nobody_knows_is_told_in_the_givers(self, here: House, teams: Teams):
        posts = told(await here.say(teams.message(1, "kudos Bo Svensson stannade kvar hela natten") | SWEDISH))
        assert posts["a:2"].startswith("Anna Ek gav dig kudos")

    async def test_a_zone_that_is_not_known_is_asked_for(self, here: House, teams: Teams):
        message = teams.message(2, "@ setup", CHANNEL)
        message["entities"] = message["entities"][:1]
        (form,) = await here.say(message)
        assert {each["id"]: each.get("value") for each in inputs(form.card)}["time_zone"] in {"", None}


def inputs(thing: Any) -> list[dict[str, Any]]:
    """The fields of a form, in order."""
    if isinstance(thing, dict):
        own = [thing] if str(thing.get("type", "")).startswith("Input.") else []
        return own + [each for value in thing.values() for each in inputs(value)]
    return [each for one in thing for each in inputs(one)] if isinstance(thing, list) else []
