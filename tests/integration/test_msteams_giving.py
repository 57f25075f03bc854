"""Messages in, kudos recorded, cards out: the bot's own core between signed requests and a connector."""

from __future__ import annotations

import asyncio

import pytest

from tests.msteams_house import GIVEN, House, actions, pressed, said, words
from tests.servers.connector import CHANNEL, GROUP, Teams, aad, person

SECOND = "19:chat@thread.tacv2"


@pytest.mark.parametrize("place", [CHANNEL, f"{CHANNEL};messageid=1700", GROUP])
async def test_a_mention_gives_kudos_in_a_channel_a_thread_and_a_group(here: House, teams: Teams, place: str):
    posts = await here.say(teams.message(1, f"@ {{0}} {GIVEN} #ownership", place, 2))
    receipt, *rest = said(posts)
    assert receipt[0] == "a:1"
    assert "Bo Svensson" in receipt[1]
    by_place = dict(rest)
    assert set(by_place) == {place.partition(";")[0], "a:2"}
    for text in by_place.values():
        assert GIVEN in text
        assert "#ownership" in text


async def set_up(here: House, teams: Teams, name: str, place: str) -> None:
    """Set a team up by the form that opens for it where it meets."""
    (form,) = await here.say(teams.message(3, "@ setup", place))
    stands = {each["id"]: each.get("value", "") for each in form.card["body"] if "id" in each}
    press = pressed(teams, 3, form, form.card["actions"][0]["title"])
    press["value"]["action"]["data"] |= stands | {"name": name}
    assert f"{name} is set up" in words((await here.press(press, form))["value"])


async def test_a_thread_is_of_the_team_whose_channel_it_is_in(here: House, teams: Teams):
    for member in (teams.people[aad(1)], teams.people[aad(3)], person(20, "Eva Ny")):
        teams.join(member, SECOND)
    await here.let_in(SECOND)
    await set_up(here, teams, "Phone", CHANNEL)
    await set_up(here, teams, "Second line", SECOND)
    thread = f"{SECOND};messageid=1700"
    receipt, *_ = await here.say(teams.message(1, f"@ {{0}} {GIVEN} #ownership", thread, 20))
    await here.deliver_all()
    assert "everyone here sees it" in words(receipt.card["body"])
    # It is seen once in the channel, and not only by whoever follows the thread.
    (shout,) = (post for post in teams.standing(SECOND) if GIVEN in words(post.card))
    assert shout.thread is None
    for place in (SECOND, thread):
        (week,) = await here.say(teams.message(1, "@ team", place))
        assert "Second line" in words(week.card["body"])
        assert "Eva Ny" in words(week.card["body"])
    (form,) = await here.say(teams.message(3, "@ setup", thread))
    assert "Second line" in {each.get("value") for each in form.card["body"]}


async def test_several_are_given_at_once_wherever_they_stand(here: House, teams: Teams):
    posts = await here.say(teams.message(1, f"@ {{0}} and {{1}} {GIVEN}", CHANNEL, 2, 3))
    assert {conversation for conversation, _ in said(posts)} == {"a:1", "a:2", "a:3", CHANNEL}
    posts = await here.say(teams.message(1, "@ Thanks to {0} and {1} for helping me out today", CHANNEL, 2, 3))
    assert {conversation for conversation, _ in said(posts)} == {"a:1", "a:2", "a:3", CHANNEL}


async def test_of_two_people_with_one_name_the_one_mentioned_is_meant(here: House, teams: Teams):
    teams.join(person(20, "Bo Svensson"))
    posts = await here.say(teams.message(1, f"@ {{0}} {GIVEN}", CHANNEL, 20))
    assert "a:20" in dict(said(posts))
    assert "a:2" not in dict(said(posts))
    both = await here.say(teams.message(1, f"@ {{0}} {{1}} {GIVEN} twice", CHANNEL, 2, 20))
    assert {"a:2", "a:20"} <= set(dict(said(both)))


async def test_the_bots_name_survives_in_a_reason_about_it(here: House, teams: Teams):
    posts = await here.say(teams.message(1, "@ {0} brought Kudos to our team and made Kudos work", CHANNEL, 2))
    assert "brought Kudos to our team and made Kudos work" in dict(said(posts))["a:2"]
    posts = await here.say(teams.message(1, "@ {0} taught me all about @ in one afternoon", CHANNEL, 2))
    assert "taught me all about Kudos in one afternoon" in dict(said(posts))["a:2"]


async def test_a_tag_that_was_typed_is_nobody(here: House, teams: Teams):
    activity = teams.message(1, f"@ <at>Bo Svensson</at> {GIVEN}", CHANNEL)
    posts = await here.say(activity)
    assert [conversation for conversation, _ in said(posts)] == ["a:1"]


@pytest.mark.parametrize("start", ["kudos ", "/kudos ", "Kudos to ", "", "/kudos @"])
async def test_in_a_chat_with_the_bot_names_are_looked_up(here: House, teams: Teams, start: str):
    posts = await here.say(teams.message(1, f"{start}Bo Svensson {GIVEN}"))
    assert "You recognised Bo Svensson" in said(posts)[0][1]
    assert GIVEN in dict(said(posts))["a:2"]


async def test_several_names_are_looked_up_one_after_the_other(here: House, teams: Teams):
    posts = await here.say(teams.message(1, f"kudos Bo Svensson, Cat Öberg and Anna {GIVEN}"))
    assert "kudos are for others" in said(posts)[0][1]
    posts = await here.say(teams.message(1, f"kudos Bo and Cat Öberg {GIVEN}"))
    assert {"a:2", "a:3"} <= set(dict(said(posts)))


async def test_a_name_that_fits_several_becomes_a_choice_and_the_choice_gives(here: House, teams: Teams):
    teams.join(person(20, "Bo Zetterlund"))
    (asked,) = await here.say(teams.message(1, f"kudos Bo {GIVEN}"))
    assert {each["title"] for each in actions(asked.card)} == {"Bo Svensson", "Bo Zetterlund"}
    answer = await here.press(pressed(teams, 1, asked, "Bo Zetterlund"), asked)
    assert "You recognised Bo Zetterlund" in words(answer["value"]["body"])
    assert "You recognised" in words(asked.card["body"])
    await here.deliver_all()
    assert len(teams.standing("a:20")) == 1


async def test_a_name_nobody_has_is_said_to_be_so(here: House, teams: Teams):
    posts = await here.say(teams.message(1, f"kudos Zebulon {GIVEN}"))
    assert "Zebulon" in said(posts)[0][1]


@pytest.mark.parametrize(("number", "reason"), [(4, "guest"), (5, "guest"), (1, "for others")])
async def test_guests_strangers_and_oneself_are_refused_in_private(here: House, teams: Teams, number: int, reason: str):
    posts = await here.say(teams.message(1, f"@ {{0}} {GIVEN}", CHANNEL, number))
    ((conversation, text),) = said(posts)
    assert conversation == "a:1"
    assert reason in text.lower()


@pytest.mark.parametrize(
    ("typed", "answered"),
    [
        ("me", "Your kudos"),
        ("/kudos me", "Your kudos"),
        ("kudos help", "How to give kudos"),
        ("help", "How to give kudos"),
        ("behaviours", "Worth recognising"),
        ("undo", "nothing"),
        ("team", "team"),
    ],
)
async def test_every_subcommand_is_understood(here: House, teams: Teams, typed: str, answered: str):
    posts = await here.say(teams.message(1, typed))
    assert answered.lower() in said(posts)[0][1].lower()
    posts = await here.say(teams.message(1, f"@ {typed.removeprefix('kudos ')}", CHANNEL))
    assert posts[0].conversation == "a:1"
    assert answered.lower() in said(posts)[0][1].lower()


async def test_an_activity_that_is_repeated_counts_once_and_is_answered_once(here: House, teams: Teams):
    activity = teams.message(1, f"@ {{0}} {GIVEN}", CHANNEL, 2)
    await asyncio.gather(*(here.send(activity) for _ in range(5)))
    await here.say(activity)
    await here.deliver_all()
    assert sorted(conversation for conversation, _ in said(teams.posts)) == sorted(["a:1", "a:2", CHANNEL])


async def test_a_swedish_device_is_answered_in_swedish(here: House, teams: Teams):
    posts = await here.say(teams.message(1, "help", locale="sv-SE", localTimezone="Europe/Stockholm"))
    assert "Så ger du kudos" in said(posts)[0][1]


async def test_a_directory_that_cannot_be_asked_is_said_to_be_so(here: House, teams: Teams):
    for _ in range(20):
        teams.fail("member", "status", status=503)
        teams.fail("members", "status", status=503)
    posts = await here.say(teams.message(1, f"@ {{0}} {GIVEN}", CHANNEL, 2))
    assert len(posts) == 1
    assert posts[0].conversation == "a:1"


async def test_the_word_alone_opens_the_form_as_the_menu_writes_it(here: House, teams: Teams):
    (form,) = await here.say(teams.message(1, "@ kudos", CHANNEL))
    assert form.conversation == "a:1"
    assert {each.get("id") for each in form.card["body"]} >= {"people", "reason"}


async def test_where_nobody_else_is_only_the_receiver_is_told(here: House, teams: Teams):
    receipt, note = await here.say(teams.message(1, f"kudos Bo Svensson {GIVEN}"))
    assert "Only Bo Svensson was told." in said([receipt])[0][1]
    assert note.conversation == "a:2"
    (told,) = await here.say(teams.message(1, "setup"))
    assert "Go to the team's own channel" in said([told])[0][1]
    told, *_ = await here.say(teams.message(3, f"kudos Bo Svensson {GIVEN}", locale="sv-SE"))
    assert "Bara Bo Svensson har fått veta det." in said([told])[0][1]
