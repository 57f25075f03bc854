"""Days, times and zones as people write them, in both languages."""

from __future__ import annotations

from datetime import date, time, timedelta

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bot.errors import Code, RecognitionError
from bot.i18n import LANGUAGES, translator
from bot.teams.dates import LONGEST, day_meant, time_meant
from bot.teams.zones import zone_meant

WEDNESDAY = date(2026, 11, 18)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("until 3 Jan", "2027-01-03"),
        ("till 3 jan.", "2027-01-03"),
        ("t.o.m. 3 jan", "2027-01-03"),
        ("tom den 3 januari", "2027-01-03"),
        ("till och med 3 januari", "2027-01-03"),
        ("through January 3rd", "2027-01-03"),
        ("until and including 3 January 2027", "2027-01-03"),
        ("fram till 3/1", "2027-01-03"),
        ("until 03/01/2027", "2027-01-03"),
        ("until 3.1.2027", "2027-01-03"),
        ("2027-01-03", "2027-01-03"),
        ("3:e januari", "2027-01-03"),
        ("Sunday 3 January", "2027-01-03"),
        ("söndagen den 3 januari", "2027-01-03"),
        ("until 3 Jan, on holiday", "2027-01-03"),
        ("on holiday until 3 Jan", "2027-01-03"),
        ("semester tills 3 jan", "2027-01-03"),
        ("2027-01-12", "2027-01-12"),
        ("18 Nov", "2026-11-18"),
        ("today", "2026-11-18"),
        ("i dag", "2026-11-18"),
        ("tomorrow", "2026-11-19"),
        ("till imorgon", "2026-11-19"),
        ("the day after tomorrow", "2026-11-20"),
        ("i övermorgon", "2026-11-20"),
        ("Friday", "2026-11-20"),
        ("until Fri", "2026-11-20"),
        ("på fredag", "2026-11-20"),
        ("Wednesday", "2026-11-25"),
        ("onsdag", "2026-11-25"),
        ("next Friday", "2026-11-27"),
        ("nästa fredag", "2026-11-27"),
        ("this week", "2026-11-22"),
        ("veckan ut", "2026-11-22"),
        ("end of next week", "2026-11-29"),
        ("nästa vecka", "2026-11-29"),
        ("the end of the month", "2026-11-30"),
        ("månaden ut", "2026-11-30"),
        ("next month", "2026-12-31"),
        ("nästa månad", "2026-12-31"),
        ("end of January", "2027-01-31"),
        ("slutet av januari", "2027-01-31"),
        ("February", "2027-02-28"),
        ("in two weeks", "2026-12-02"),
        ("for 2 weeks", "2026-12-02"),
        ("om två veckor", "2026-12-02"),
        ("i två veckor", "2026-12-02"),
        ("in ten days", "2026-11-28"),
        ("om tio dagar", "2026-11-28"),
        ("in a month", "2026-12-18"),
        ("om en månad", "2026-12-18"),
        ("the 5th", "2026-12-05"),
        ("den 18:e", "2026-11-18"),
        ("31", "2026-12-31"),
        ("Christmas", "2026-12-25"),
        ("till jul", "2026-12-24"),
        ("nyår", "2026-12-31"),
    ],
)
def test_a_day_is_understood_whatever_language_somebody_speaks(written, meant, language):
    assert day_meant(written, WEDNESDAY, language) == date.fromisoformat(meant)


def test_a_feast_that_is_over_is_the_next_one():
    assert day_meant("until christmas", date(2026, 12, 27), "en") == date(2027, 12, 25)


def test_the_31st_is_that_of_the_next_month_that_has_one():
    assert day_meant("the 31st", date(2027, 2, 1), "en") == date(2027, 3, 31)
    assert day_meant("the 29th", date(2026, 12, 30), "en") == date(2027, 1, 29)


@pytest.mark.parametrize("written", ["yesterday", "i går", "17 Nov", "1 november", "3 Jan 2020", "2026-11-17"])
def test_a_day_that_is_past_is_said_to_be(written):
    with pytest.raises(RecognitionError) as refused:
        day_meant(f"until {written}", WEDNESDAY, "sv")
    assert (refused.value.code, refused.value.params["written"]) == (Code.DATE_PAST, written)


def test_a_day_without_a_year_is_the_next_one_unless_it_was_in_the_last_three_months():
    today = date(2027, 2, 3)
    for written, day, coming in (("20 January", "2027-01-20", "2028-01-20"), ("5 Nov", "2026-11-05", "2027-11-05")):
        with pytest.raises(RecognitionError) as refused:
            day_meant(f"until {written}", today, "en")
        assert refused.value.code is Code.DATE_PAST
        assert refused.value.params["day"] == date.fromisoformat(day)
        assert refused.value.params["coming"] == date.fromisoformat(coming)
    assert day_meant("until 4 Nov", today, "en") == date(2027, 11, 4)
    assert day_meant("3 January 2028", today, "en") == date(2028, 1, 3)


@pytest.mark.parametrize("written", ["in 11 months", "om 11 månader", "in 340 days", "om 48 veckor"])
def test_how_far_ahead_says_which_year_is_meant(written):
    assert day_meant(written, WEDNESDAY, "en") > WEDNESDAY + timedelta(days=300)


@pytest.mark.parametrize(
    "written", ["Sunday 10 Feb 2027", "until Sunday, 10 Feb", "söndag den 10 februari", "Sun the 10th"]
)
def test_a_weekday_that_does_not_fit_the_date_is_not_passed_over(written):
    with pytest.raises(RecognitionError) as refused:
        day_meant(written, date(2027, 2, 1), "en")
    assert refused.value.params["really"] == date(2027, 2, 10)


@pytest.mark.parametrize(
    "written",
    [
        "from Monday until Friday",
        "Monday until Friday",
        "från måndag till fredag",
        "måndag t.o.m. fredag",
        "8-12 Feb",
        "8–12 Feb",
        "8 Feb - 12 Feb",
        "from 8 to 12 February",
        "Mon-Fri",
        "i morgon till fredag",
    ],
)
def test_an_absence_that_begins_on_another_day_is_not_taken_for_one_that_begins_today(written):
    with pytest.raises(RecognitionError) as refused:
        day_meant(written, WEDNESDAY, "en")
    assert (refused.value.code, refused.value.params.get("begins")) == (Code.DATE_UNCLEAR, True)


@pytest.mark.parametrize(
    "written",
    ["from today until Friday", "from my desk until Friday", "från idag till fredag", "18-20 Nov", "today - Friday"],
)
def test_an_absence_that_begins_today_may_say_so(written):
    assert day_meant(written, WEDNESDAY, "en") == date(2026, 11, 20)


def test_a_day_that_is_too_far_off_is_said_to_be():
    with pytest.raises(RecognitionError) as refused:
        day_meant("3 January 2030", date(2026, 11, 23), "en")
    assert refused.value.params["latest"] == date(2029, 11, 25)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_example_is_a_day_that_can_be_written_so_on_any_day(language):
    for ahead in range(366):
        today = WEDNESDAY + timedelta(days=ahead)
        with pytest.raises(RecognitionError) as refused:
            day_meant("xyzzy", today, language)
        example = refused.value.params["example"]
        assert day_meant(translator(language).short_day(example), today, language) == example


@pytest.mark.parametrize(
    "written",
    [
        "xyzzy",
        "",
        "until",
        "30 Feb",
        "2027-02-30",
        "0",
        "32",
        "5 pm",
        "12:30",
        "2 Jan 09:00",
        "in 3 hours",
        "2027",
        "a",
        "3 Jan 2999",
    ],
)
def test_what_is_no_day_is_not_guessed_at(written):
    with pytest.raises(RecognitionError) as refused:
        day_meant(written, WEDNESDAY, "en")
    assert refused.value.code is Code.DATE_UNCLEAR


def test_a_long_text_is_not_searched_for_a_day():
    with pytest.raises(RecognitionError) as refused:
        day_meant(f"until 3 Jan {'x' * 300}", WEDNESDAY, "en")
    assert refused.value.code is Code.DATE_UNCLEAR
    assert len(str(refused.value.params["written"])) <= 80


@given(st.text(max_size=60), st.dates(date(2020, 1, 1), date(2040, 1, 1)), st.sampled_from(LANGUAGES))
@example("29 Feb", date(2027, 12, 1), "en")
def test_whatever_is_written_the_day_is_to_come_or_refused(written, today, language):
    try:
        meant = day_meant(written, today, language)
    except RecognitionError as refused:
        code = refused.code
    else:
        assert today <= meant <= today + LONGEST
        return
    assert code in {Code.DATE_UNCLEAR, Code.DATE_PAST}


@given(st.dates(date(2020, 1, 1), date(2040, 1, 1)), st.integers(0, 300))
def test_a_day_in_digits_is_that_day(today, ahead):
    wanted = today + timedelta(days=ahead)
    assert day_meant(f"until {wanted.isoformat()}", today, "en") == wanted
    assert day_meant(f"till {wanted.day}/{wanted.month} {wanted.year}", today, "sv") == wanted


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("9", time(9)),
        ("09:30", time(9, 30)),
        ("9.30", time(9, 30)),
        ("0930", time(9, 30)),
        ("9h30", time(9, 30)),
        ("at 9", time(9)),
        ("kl. 14", time(14)),
        ("2 pm", time(14)),
        ("9 a.m.", time(9)),
        ("12 am", time(0)),
        ("12:15 pm", time(12, 15)),
        ("00:00", time(0)),
    ],
)
def test_a_time_of_day_is_understood(written, meant):
    assert time_meant(written) == meant


@pytest.mark.parametrize("written", ["", "24:00", "25", "9:5", "9:60", "13 pm", "0 am", "noon", "x" * 200])
def test_what_is_no_time_of_day_is_not_guessed_at(written):
    with pytest.raises(RecognitionError) as refused:
        time_meant(written)
    assert refused.value.code is Code.TIME_UNCLEAR


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("Europe/Stockholm", "Europe/Stockholm"),
        ("europe/stockholm", "Europe/Stockholm"),
        (" stockholm ", "Europe/Stockholm"),
        ("New York", "America/New_York"),
        ("new_york", "America/New_York"),
        ("São Paulo", "America/Sao_Paulo"),
        ("Sverige", "Europe/Stockholm"),
        ("India", "Asia/Kolkata"),
        ("Indien", "Asia/Kolkata"),
        ("UTC", "UTC"),
    ],
)
def test_a_zone_is_understood_by_its_name_its_city_or_its_country(written, meant):
    assert zone_meant(written) == meant


@pytest.mark.parametrize(
    ("written", "nearest"),
    [
        ("Stokholm", "Europe/Stockholm"),
        ("Europe/Stokholm", "Europe/Stockholm"),
        ("Argentina", "America/"),
        ("United States", "America/New_York"),
        ("Australien", "Australia/Sydney"),
    ],
)
def test_an_unknown_zone_is_answered_with_the_nearest(written, nearest):
    with pytest.raises(RecognitionError) as refused:
        zone_meant(written)
    assert refused.value.code is Code.ZONE_UNKNOWN
    assert refused.value.params["nearest"][0].startswith(nearest)
    assert len(refused.value.params["nearest"]) <= 3


@pytest.mark.parametrize("written", ["", "xyzzy", "x" * 500])
def test_where_no_zone_is_near_none_is_suggested(written):
    with pytest.raises(RecognitionError) as refused:
        zone_meant(written)
    assert refused.value.params["nearest"] == []
