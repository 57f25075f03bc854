"""Saying that one is away, and that one is back."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from bot.errors import Code, RecognitionError
from bot.view.message import MessageKind
from tests.unit.desk import ANNA, CLEO, MAJA, button, desk, lines, reply, text_of

MONDAY = datetime(2026, 11, 16, 9, 0, tzinfo=UTC)


async def says(here, sender, text):
    return text_of(reply(await here.types(sender, text), MessageKind.ABSENCE))


async def away(here):
    return [(here.books.persons[each.person], each.begins.day, each.ends.day) for each in here.books.absences]


async def test_until_when_somebody_is_away_is_said_back_with_a_way_back():
    here = await desk(MONDAY)
    answer = reply(await here.types(ANNA, "away until 3 Jan"), MessageKind.ABSENCE)
    assert lines(answer) == [
        "You are away until Sunday 3 January, that day included. Nobody is reminded about you.",
        "[I am back]",
    ]
    assert await away(here) == [("Anna Ek", 16, 3)]
    here.clock.advance(timedelta(days=10))
    pressed = await here.presses(ANNA, button(answer, "I am back"))
    assert pressed.replaces
    assert text_of(reply(pressed, MessageKind.ABSENCE)) == "Welcome back. You are no longer noted as away."
    assert await away(here) == [("Anna Ek", 16, 25)]
    again = await here.presses(ANNA, button(answer, "I am back"))
    assert "nothing has changed" in text_of(reply(again, MessageKind.ABSENCE))
    assert await away(here) == [("Anna Ek", 16, 25)]


async def test_it_is_understood_in_both_languages():
    here = await desk(MONDAY)
    assert "Du är borta till och med fredag 20 november" in await says(here, CLEO, "borta till fredag")
    assert "until Monday 30 November" in await says(here, MAJA, "away om två veckor")
    assert "borta" in await says(here, CLEO, "back")
    assert "Welcome back" in await says(here, MAJA, "tillbaka")


async def test_a_day_far_off_is_said_with_its_year():
    here = await desk(MONDAY)
    assert "until Monday 3 January 2028" in await says(here, ANNA, "away until 2028-01-03")


async def test_away_alone_says_how_or_until_when():
    here = await desk(MONDAY)
    assert await says(here, ANNA, "away") == (
        "You are not away. To say that you will be, type until when, like this: /kudos away until 30 Nov"
    )
    await says(here, ANNA, "away until friday")
    assert "until Friday 20 November" in await says(here, ANNA, "away")
    here.clock.advance(timedelta(days=5))
    assert "You are not away" in await says(here, ANNA, "away")


async def test_a_new_day_takes_the_place_of_the_one_before():
    here = await desk(MONDAY)
    await says(here, ANNA, "away until friday")
    await says(here, ANNA, "away until tomorrow")
    assert await away(here) == [("Anna Ek", 16, 17)]


async def test_today_is_the_day_where_the_person_is():
    here = await desk(datetime(2026, 11, 16, 23, 30, tzinfo=UTC))
    await says(here, ANNA, "away until tomorrow")
    assert await away(here) == [("Anna Ek", 17, 18)]


async def test_what_is_no_day_or_past_is_refused_and_nothing_noted():
    here = await desk(MONDAY)
    for written, said in (("away until yesterday", "is in the past"), ("away until xyzzy", "I cannot read xyzzy")):
        assert said in text_of(reply(await here.types(ANNA, written), MessageKind.REFUSAL))
    assert await away(here) == []


async def test_nobody_is_noted_as_away_until_a_day_that_is_past():
    here = await desk(MONDAY)
    anna = await here.people.colleague(ANNA)
    with pytest.raises(RecognitionError) as refused:
        await here.absences.away(here.organisation, anna.person, date(2026, 11, 15), anna)
    assert refused.value.code is Code.DATE_PAST
    assert await away(here) == []
