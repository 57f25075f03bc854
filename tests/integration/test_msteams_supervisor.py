"""A team that lives in Teams: set up in its channel, its digest and nudges arrive there by the core as it is.

Everything goes through signed activities and a connector of this machine; only the clock is moved.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, time, timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest

from adapters.charts.addresses import addresses, unseal
from tests.msteams_cards import elements
from tests.msteams_house import House, dialog, house, inputs, of_form, words
from tests.servers.connector import CHANNEL, Post, Teams, aad, person, running

SUPERVISOR = 2
AGENTS = {1: "Anna Ek", 3: "Cat Öberg", 6: "Dev Patel"}
PUBLIC = "https://kudos.example"
KEY = b"k" * 43
MONDAY = datetime(2026, 11, 2, 11, 0, tzinfo=UTC)
"""Noon in Stockholm."""

DAY = timedelta(days=1)


@pytest.fixture
async def teams() -> AsyncIterator[Teams]:
    async with running() as server:
        server.join(person(6, "Dev Patel"))
        yield server


@pytest.fixture
async def here(teams: Teams, sqlite_url: str) -> AsyncIterator[House]:
    async with house(teams, sqlite_url, at=MONDAY, chart_address=addresses(PUBLIC, KEY)) as served:
        await served.let_in(CHANNEL, by=SUPERVISOR)
        yield served


def button(card: dict[str, Any], title: str, about: str) -> dict[str, Any]:
    """Find a button in the part of a nudge that is about somebody."""
    where = ""
    for each in elements(card["body"]):
        if isinstance(each.get("text"), str):
            where = each["text"] if "recognised " in each["text"] else where + each["text"]
        if each["type"].startswith("Action.") and each.get("title") == title and about in where:
            return each
    raise AssertionError(words(card))


def asked_back(card: dict[str, Any], action: dict[str, Any]) -> dict[str, Any]:
    """Follow a button that asks whether one is sure to the one that is then shown."""
    assert action["type"] == "Action.ToggleVisibility"
    [question] = [each for each in elements(card["body"]) if [each.get("id")] == action["targetElements"]]
    assert question["isVisible"] is False
    return next(each for each in elements(question) if each["type"] == "Action.Execute")


async def press(here: House, teams: Teams, by: int, post: Post, action: dict[str, Any]) -> Any:
    """Press a button of a card in a chat, as a client of today does: a dialog is asked for by an invoke of its own."""
    if (action["data"].get("msteams") or {}).get("type") == "task/fetch":
        value = {"data": action["data"], "context": {"theme": "default"}}
        return await here.ask(teams.invoke(by, "task/fetch", value, post.conversation, replyToId=post.id))
    value = {"action": {"type": "Action.Execute", "verb": action.get("verb"), "data": action["data"]}}
    return await here.press(teams.invoke(by, "adaptiveCard/action", value, post.conversation, replyToId=post.id), post)


async def send_in(here: House, teams: Teams, by: int, card: dict[str, Any], post: Post, **filled: str) -> Any:
    value = {"data": of_form(card, **filled)}
    return await here.ask(teams.invoke(by, "task/submit", value, post.conversation))


async def set_up(here: House, teams: Teams) -> str:
    """Set a team up in the channel, by the form that `setup` opens; give what is said of it."""
    (form,) = await here.say(teams.message(SUPERVISOR, "@ setup", CHANNEL))
    assert form.conversation == f"a:{SUPERVISOR}"
    assert inputs(form.card)["supervisors"]["value"] == aad(SUPERVISOR)
    (send,) = form.card["actions"]
    filled = of_form(form.card, name="Phone", digest_day="5", digest_time="15:00", nudge_days="14")
    answer = await press(here, teams, SUPERVISOR, form, {**send, "data": filled})
    await here.deliver()
    return words(answer["value"])


async def until(here: House, at: datetime) -> None:
    """Let time pass, from one thing that falls due to the next."""
    while here.clock.now() < at:
        due = await here.bot.next_due() or at
        here.clock.advance(max(min(due, at) - here.clock.now(), timedelta(minutes=1)))
        while await here.bot.live():
            here.clock.advance(timedelta(seconds=5))
    for _ in range(6):
        await here.deliver()


async def test_setup_opens_its_form_and_the_team_is_that_of_the_channel(here: House, teams: Teams) -> None:
    assert "Phone is set up" in await set_up(here, teams)
    (form,) = await here.say(teams.message(SUPERVISOR, "@ setup", CHANNEL))
    assert inputs(form.card)["name"]["value"] == "Phone"
    (refused,) = await here.say(teams.message(1, "@ setup", CHANNEL))
    assert not inputs(refused.card)


async def test_the_digest_arrives_once_with_its_replies_and_its_picture(here: House, teams: Teams) -> None:
    await set_up(here, teams)
    agents = list(AGENTS)
    for number in range(14):
        giver, receiver = agents[number % 3], agents[(number + 1) % 3]
        await here.say(teams.message(giver, f"@ {{0}} solved case number {number} with care", CHANNEL, receiver))
    # Whoever asks what it would say is shown the picture too.
    (shown,) = await here.say(teams.message(SUPERVISOR, "@ digest", CHANNEL))
    [image] = [each for each in elements(shown.card) if each["type"] == "Image"]
    assert image["url"].startswith(f"{PUBLIC}/charts/")

    before = len(teams.standing(CHANNEL))
    await until(here, MONDAY + 4 * DAY + timedelta(hours=5))
    first, *rest = teams.standing(CHANNEL)[before:]

    assert first.thread is None
    assert {each.thread for each in rest} == {first.id}
    assert "The week in Phone" in words(first.card)
    everything = "".join(words(each.card) for each in (first, *rest))
    for number in range(14):
        assert everything.count(f"solved case number {number} with care") == 1
    [image] = [each for each in elements(first.card["body"]) if each["type"] == "Image"]
    address = urlsplit(image["url"])
    assert f"{address.scheme}://{address.netloc}" == PUBLIC
    assert unseal(KEY, address.path.removeprefix("/charts/").removesuffix(".png"))
    assert "14" in image["altText"]

    # It is not told again, however often anybody looks.
    for _ in range(48):
        here.clock.advance(timedelta(hours=1))
        await here.bot.live()
    assert len(teams.standing(CHANNEL)) == before + 1 + len(rest)


async def nudged(here: House, teams: Teams) -> Post:
    """Have a supervisor who has recognised nobody for weeks, and give what they were told."""
    await set_up(here, teams)
    chat = f"a:{SUPERVISOR}"
    before = len(teams.standing(chat))
    at = MONDAY + 14 * DAY
    await here.say(teams.message(1, "@ {0} stayed with a caller until it was solved", CHANNEL, 3))
    while len(teams.standing(chat)) == before:
        at += DAY
        assert at < MONDAY + 21 * DAY
        await until(here, datetime.combine(at, time(10), UTC))
    (nudge,) = teams.standing(chat)[before:]
    return nudge


def chats(teams: Teams) -> dict[str, int]:
    return {name: len(teams.standing(name)) for name in teams.chats if name.startswith("a:")}


async def test_recognise_opens_the_dialog_with_the_person_and_the_nudge_is_done(here: House, teams: Teams) -> None:
    nudge = await nudged(here, teams)
    for name in AGENTS.values():
        assert f"You haven't recognised {name} in" in words(nudge.card)
    opened = dialog(await press(here, teams, SUPERVISOR, nudge, button(nudge.card, "Recognise", "Dev Patel")))
    people = inputs(opened)["people"]
    assert (people["value"], people["choices"]) == (aad(6), [{"title": "Dev Patel", "value": aad(6)}])
    before = len(teams.standing(CHANNEL))
    sent = await send_in(here, teams, SUPERVISOR, opened, nudge, reason="kept a promise over three shifts")
    assert "You recognised Dev Patel" in words(dialog(sent))
    await until(here, here.clock.now() + timedelta(minutes=5))
    assert "You have recognised Dev Patel." in words(nudge.card)
    assert "You haven't recognised Anna Ek in" in words(nudge.card)
    assert ["kept a promise over three shifts" in words(each.card) for each in teams.standing(CHANNEL)[before:]] == [
        True
    ]
    assert "kept a promise over three shifts" in words(teams.standing("a:6")[-1].card)
    # A client that cannot open dialogs sends the same as a message, and gets the form in the chat.
    fallback = button(nudge.card, "Recognise", "Anna Ek")
    data = fallback.get("fallback", fallback)["data"]
    (form,) = await here.say(teams.activity("message", SUPERVISOR, nudge.conversation, value=data, replyToId=nudge.id))
    assert inputs(form.card)["people"]["value"] == aad(1)


async def test_snooze_away_and_not_on_my_team_are_noted_where_they_were_said(here: House, teams: Teams) -> None:
    nudge = await nudged(here, teams)
    told = chats(teams)
    snooze = button(nudge.card, "Snooze a week", "Anna Ek")
    for _ in range(2):
        answer = await press(here, teams, SUPERVISOR, nudge, snooze)
        for shown in (answer["value"], nudge.card):
            assert "You will not be told about Anna Ek before" in words(shown)
            assert "recognised Cat Öberg in" in words(shown)

    away = dialog(await press(here, teams, SUPERVISOR, nudge, button(nudge.card, "Away until…", "Cat Öberg")))
    refused = dialog(await send_in(here, teams, SUPERVISOR, away, nudge, until="whenever it suits"))
    assert inputs(refused)["until"]["value"] == "whenever it suits"
    confirmed = await send_in(here, teams, SUPERVISOR, refused, nudge, until="in two weeks")
    assert "Cat Öberg is away until" in words(dialog(confirmed))
    await here.deliver()
    assert "Cat Öberg is away until" in words(nudge.card)

    off = asked_back(nudge.card, button(nudge.card, "Not on my team", "Dev Patel"))
    answer = await press(here, teams, SUPERVISOR, nudge, off)
    for shown in (answer["value"], nudge.card):
        assert "Dev Patel is not on" in words(shown)
        assert "haven't recognised" not in words(shown)
    # Nobody else learns of any of it, and it holds.
    await until(here, here.clock.now() + 2 * DAY)
    assert chats(teams) == told
    assert json.dumps(nudge.card).count("Action.Execute") == 3  # one undo for each


async def test_nobody_but_the_supervisor_answers(here: House, teams: Teams) -> None:
    nudge = await nudged(here, teams)
    await press(here, teams, 1, nudge, button(nudge.card, "Snooze a week", "Cat Öberg"))
    assert "recognised Cat Öberg in" in words(nudge.card)
    (own,) = await here.say(teams.message(SUPERVISOR, "/kudos nudges"))
    assert "Dev Patel" in words(own.card)
    (other,) = await here.say(teams.message(1, "/kudos nudges"))
    assert "for supervisors" in words(other.card)
