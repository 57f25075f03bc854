"""Cards as Teams gets them: who is mentioned where, and a form that is as large as a form can be."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from adapters.teams import render
from adapters.teams.seal import Seal
from bot.errors import PermanentDeliveryError
from bot.identity import AccountRef, ConversationRef
from bot.view.message import Message, MessageKind, Paragraph, Person
from tests.msteams_cards import LARGEST, elements
from tests.msteams_house import House
from tests.servers.connector import CHANNEL, GROUP, Post, Teams, aad, person

GIVEN = "stayed with a caller until it was solved"
SUPERVISOR = 2


def mentions(post: Post) -> dict[str, str]:
    """Give who a card mentions, and by what text."""
    return {each["mentioned"]["id"]: each["text"] for each in post.card["msteams"].get("entities", ())}


def texts(post: Post) -> str:
    return "".join(str(each["text"]) for each in elements(post.card["body"]) if "text" in each)


@pytest.mark.parametrize("place", [CHANNEL, GROUP])
async def test_a_shout_out_mentions_its_people_and_what_is_said_between_two_nobody(
    here: House, teams: Teams, place: str
):
    posts = {post.conversation: post for post in await here.say(teams.message(1, f"@ {{0}} {GIVEN}", place, 2))}
    assert set(posts) == {place, "a:1", "a:2"}
    assert mentions(posts[place]) == {aad(1): "<at>Anna Ek</at>", aad(2): "<at>Bo Svensson</at>"}
    for chat, name in (("a:1", "Bo Svensson"), ("a:2", "Anna Ek")):
        assert not mentions(posts[chat])
        assert name in texts(posts[chat])
        assert "<at>" not in texts(posts[chat])


async def test_who_is_not_in_the_channel_is_named_there(here: House, teams: Teams):
    teams.join(person(30, "Gia Group"), GROUP)
    await here.say(teams.message(30, "@ help", GROUP))
    posts = await here.say(teams.message(1, f"@ {{0}} {GIVEN}", CHANNEL, 30))
    (shout_out,) = [post for post in posts if post.conversation == CHANNEL]
    assert mentions(shout_out) == {aad(1): "<at>Anna Ek</at>"}
    assert "**Gia Group**" in texts(shout_out)


async def test_where_teams_does_not_say_who_is_there_a_shout_out_comes_all_the_same(here: House, teams: Teams):
    for _ in range(5):
        teams.fail("members", "status", status=503)
    posts = await here.say(teams.message(1, f"@ {{0}} {GIVEN}", CHANNEL, 2))
    (shout_out,) = [post for post in posts if post.conversation == CHANNEL]
    assert not mentions(shout_out)
    assert "Bo Svensson" in texts(shout_out)


async def test_teams_refuses_a_mention_of_somebody_who_is_not_there(here: House):
    """So every other test shows that there is none."""
    workspace = here.connected.workspace
    stranger = AccountRef(workspace, aad(99))
    message = Message(MessageKind.SHOUT_OUT, (Paragraph((Person("Eve", stranger),)),), "Eve")
    activity = render.render(message, Seal(b"s"), here={stranger})
    with pytest.raises(PermanentDeliveryError, match="MentionOfSomebodyElse"):
        await here.connected.platform.send_activity(ConversationRef(workspace, CHANNEL), activity)


def inputs(card: dict[str, Any]) -> dict[str, str]:
    """Give what stands in a form."""
    return {each["id"]: each.get("value", "") for each in elements(card["body"]) if each["type"].startswith("Input.")}


async def send_in(here: House, teams: Teams, form: Post, **filled: str) -> list[Post]:
    """Send a form in by Action.Submit, which comes as a message."""
    value = form.card["actions"][0]["data"] | inputs(form.card) | filled
    return await here.say(teams.activity("message", SUPERVISOR, form.conversation, value=value, replyToId=form.id))


async def test_the_form_of_a_large_team_opens_is_corrected_and_loses_nobody(here: House, teams: Teams):
    supervisors = [aad(number) for number in (SUPERVISOR, *range(200, 224))]
    members = [aad(number) for number in range(100, 200)]
    for number in (*range(100, 200), *range(200, 224)):
        teams.join(person(number, f"{number} {'Åsa Wolfeschlegelstö' * 4}"[:80]))
    # Meeting so many for the first time may take longer than anybody is kept waiting.
    workspace = here.connected.workspace
    await here.bot.people.met([AccountRef(workspace, each) for each in (*supervisors, *members)])
    (form,) = await here.say(teams.message(SUPERVISOR, "@ setup", CHANNEL))
    assert "group" not in inputs(form.card)
    picked = {"supervisors": ",".join(supervisors), "members_from": "list", "members": ",".join(members)}
    await send_in(here, teams, form, **picked, name="Phone")
    assert "Phone is set up" in texts(form)

    (again,) = await here.say(teams.message(SUPERVISOR, "@ setup", CHANNEL))
    assert len(msgspec.json.encode(again.activity)) <= LARGEST
    assert again.card["actions"][0]["type"] == "Action.Submit"
    await send_in(here, teams, again, nudge_days="999")
    assert inputs(again.card)["nudge_days"] == "999"
    assert len(msgspec.json.encode(again.activity)) <= LARGEST
    await send_in(here, teams, again, nudge_days="14", name="Phones")

    (last,) = await here.say(teams.message(SUPERVISOR, "@ setup", CHANNEL))
    stands = inputs(last.card)
    assert (stands["name"], stands["nudge_days"]) == ("Phones", "14")
    assert set(stands["supervisors"].split(",")) == set(supervisors)
    assert set(stands["members"].split(",")) == set(members)
