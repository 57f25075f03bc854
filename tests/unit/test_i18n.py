"""The bot speaks a person's language: numbers, lists, days and plurals as that language writes them."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.i18n import language_of, plain, strong, translator, zone_of
from bot.view.message import Code, Link, PeoplesWords, Person, Style, Text

ENGLISH, SWEDISH = translator("en-US"), translator("sv-SE")
MONDAY_NIGHT = datetime(2026, 11, 22, 23, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("locale", "language"),
    [
        ("sv-SE", "sv"),
        ("sv_FI", "sv"),
        ("SV", "sv"),
        ("en-GB", "en"),
        ("fi-FI", "en"),
        ("svx", "en"),
        ("", "en"),
        ("-", "en"),
    ],
)
def test_swedes_are_spoken_to_in_swedish_and_all_others_in_english(locale, language):
    assert language_of(locale) == language
    assert translator(locale).language == language


@pytest.mark.parametrize(
    "timezone", ["", "Mars/Olympus", "../etc/passwd", "Europe", "\x00", "x" * 5000, "/etc/localtime", "å"]
)
def test_an_unknown_zone_is_utc(timezone):
    assert zone_of(timezone).key == "UTC"


def test_a_known_zone_is_itself():
    assert zone_of("Asia/Kolkata").key == "Asia/Kolkata"


@given(st.text())
def test_no_name_of_a_zone_or_locale_stops_anything(name):
    zone_of(name)
    translator(name)


def test_a_text_is_translated_with_its_parameters():
    assert ENGLISH("This week in {team}", team="Phone") == "This week in Phone"
    assert SWEDISH("This week in {team}", team="Phone") == "Den här veckan i Phone"
    assert SWEDISH("Never heard of") == "Never heard of"


@pytest.mark.parametrize(
    ("t", "n", "written"),
    [
        (ENGLISH, 1, "1 point"),
        (ENGLISH, 0, "0 points"),
        (ENGLISH, 12_345, "12,345 points"),
        (SWEDISH, 1, "1 poäng"),
        (SWEDISH, 12_345, "12\xa0345 poäng"),
    ],
)
def test_numbers_are_written_as_the_language_does(t, n, written):
    assert t.many("{n} point", "{n} points", n) == written


@pytest.mark.parametrize(
    ("names", "english", "swedish"),
    [
        ([], "", ""),
        (["Anna"], "Anna", "Anna"),
        (["Anna", "Bo"], "Anna and Bo", "Anna och Bo"),
        (["Anna", "Bo", "Cat"], "Anna, Bo and Cat", "Anna, Bo och Cat"),
    ],
)
def test_lists_are_written_as_the_language_does(names, english, swedish):
    assert ENGLISH.names(names) == english
    assert SWEDISH.names(names) == swedish
    spans = [Person(name) for name in names]
    assert plain(ENGLISH.people(spans)) == english
    assert [span for span in SWEDISH.people(spans) if isinstance(span, Person)] == spans


@given(st.lists(st.text(), max_size=5))
def test_no_name_can_take_a_list_apart(names):
    """Names stand in the list as they are, whatever is in them."""
    spans = [Person(name) for name in names]

    assert [span for span in ENGLISH.people(spans) if isinstance(span, Person)] == spans


def test_days_are_those_of_the_readers_zone_and_language():
    assert ENGLISH.day(MONDAY_NIGHT, zone_of("UTC")) == "Sunday 22 November"
    assert ENGLISH.day(MONDAY_NIGHT, zone_of("Europe/Stockholm")) == "Monday 23 November"
    assert SWEDISH.day(MONDAY_NIGHT, zone_of("Europe/Stockholm")) == "måndag 23 november"


def test_a_line_is_filled_with_spans_strings_and_lines():
    line = ENGLISH.line(
        "{giver} to {receivers}: {reason}",
        giver=Person("Anna"),
        receivers=(Person("Bo"), Text(" and "), Person("Cat")),
        reason="our words",
    )

    assert line == (
        Person("Anna"),
        Text(" to "),
        Person("Bo"),
        Text(" and "),
        Person("Cat"),
        Text(": "),
        Text("our words"),
    )


@given(st.text())
def test_what_people_typed_never_becomes_part_of_the_pattern(text):
    typed = PeoplesWords(text)

    line = SWEDISH.line("{name} is a bot. Kudos are for people.", name=typed)

    assert line[0] == typed
    assert line[1:] == (Text(" är en bot. Kudos är till för människor."),)


def test_a_line_that_counts_follows_the_number():
    one, two = "It is private: only {receivers} knows.", "It is private: only {receivers} know."

    assert plain(ENGLISH.line_many(one, two, 1, receivers="Anna")) == "It is private: only Anna knows."
    assert plain(ENGLISH.line_many(one, two, 2, receivers="A and B")) == "It is private: only A and B know."


def test_plain_text_has_what_every_span_says_and_no_addresses():
    line = (Text("a "), Person("Anna"), PeoplesWords(" b "), Code("/kudos"), Link(" c", "https://d.example"))

    assert plain(line) == "a Anna b /kudos c"


def test_strong_words_are_strong():
    assert strong("10") == Text("10", Style.STRONG)
