"""Local times as people know them: each once, whatever the clocks do."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bot.schedule.model import CATCH_UP, Kind, Rhythm, Schedule
from bot.schedule.rules import is_too_late, latest_due, next_after, slot_of

ZONES = (
    "Europe/Stockholm",
    "America/New_York",
    "Asia/Kolkata",
    "Australia/Adelaide",
    "Pacific/Apia",
    "Australia/Lord_Howe",
)
EVERY_DAY = frozenset(range(1, 8))
WEEKDAYS = frozenset(range(1, 6))

rhythms = st.builds(
    Rhythm,
    st.times().map(lambda at: at.replace(second=0, microsecond=0)),
    st.frozensets(st.integers(1, 7), min_size=1),
    st.sampled_from(ZONES),
)
moments = st.datetimes(datetime(2012, 1, 15), datetime(2035, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 zone given


def daily(at: time, zone: str) -> Rhythm:
    return Rhythm(at, EVERY_DAY, zone)


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)  # type: ignore[misc, arg-type]  # year, month, day and the like


def a_schedule(rhythm: Rhythm, next_at: datetime | None = None) -> Schedule:
    return Schedule(Kind.DIGEST, uuid4(), rhythm, next_at)


def exists(moment: datetime) -> bool:
    """Whether a local time is one that the clock there shows."""
    return moment.astimezone(UTC).astimezone(moment.tzinfo).replace(tzinfo=None) == moment.replace(tzinfo=None)


@given(rhythms, moments)
@example(Rhythm(time(2, 30), EVERY_DAY, "Europe/Stockholm"), utc(2026, 10, 25, 0, 30))
@example(Rhythm(time(2, 30), EVERY_DAY, "Europe/Stockholm"), utc(2026, 3, 28, 12))
def test_each_of_its_days_has_one_moment_at_that_local_time(rhythm: Rhythm, after: datetime) -> None:
    zone = ZoneInfo(rhythm.timezone)
    moment, days = after, []
    for _ in range(20):
        following = next_after(rhythm, moment)
        assert following is not None
        assert following > moment
        assert following.tzinfo is UTC
        local = following.astimezone(zone)
        assert local.fold == 0
        if local.time() != rhythm.at:
            assert not exists(datetime.combine(local.date(), rhythm.at, tzinfo=zone))
        days.append(local.date())
        moment = following
    begin = after.astimezone(zone).date()
    expected = [day for day in (begin + timedelta(days=n) for n in range(1, 200)) if day.isoweekday() in rhythm.days]
    of_today = days[0] == begin
    assert days == ([begin] if of_today else []) + expected[: 20 - of_today]


@given(rhythms, moments, st.timedeltas(timedelta(0), timedelta(days=30)))
def test_nothing_is_due_between_a_moment_and_the_next_one(rhythm: Rhythm, after: datetime, later: timedelta) -> None:
    following = next_after(rhythm, after)
    assert following is not None
    if after + later < following:
        assert next_after(rhythm, after + later) == following


@pytest.mark.parametrize(
    ("rhythm", "after", "expected"),
    [
        pytest.param(
            daily(time(9), "Europe/Stockholm"), utc(2026, 3, 28, 8), utc(2026, 3, 29, 7), id="the clock goes forward"
        ),
        pytest.param(
            daily(time(9), "Europe/Stockholm"), utc(2026, 10, 24, 7), utc(2026, 10, 25, 8), id="the clock goes back"
        ),
        pytest.param(
            daily(time(2, 30), "Europe/Stockholm"), utc(2026, 3, 28, 12), utc(2026, 3, 29, 1, 30), id="a time left out"
        ),
        pytest.param(
            daily(time(2, 30), "Europe/Stockholm"), utc(2026, 10, 25), utc(2026, 10, 25, 0, 30), id="the first of two"
        ),
        pytest.param(
            daily(time(2, 30), "Europe/Stockholm"), utc(2026, 10, 25, 1), utc(2026, 10, 26, 1, 30), id="not the second"
        ),
        pytest.param(
            daily(time(2, 15), "Australia/Lord_Howe"), utc(2026, 10, 3), utc(2026, 10, 3, 15, 45), id="half an hour out"
        ),
        pytest.param(daily(time(9), "Asia/Kolkata"), utc(2026, 6, 1, 3, 30), utc(2026, 6, 2, 3, 30), id="strictly"),
        pytest.param(
            Rhythm(time(9), frozenset({1}), "Asia/Kolkata"),
            utc(2026, 6, 1, 3),
            utc(2026, 6, 1, 3, 30),
            id="today still",
        ),
        pytest.param(
            Rhythm(time(9), frozenset({5}), "Pacific/Apia"),
            utc(2011, 12, 29),
            utc(2011, 12, 30, 19),
            id="the Friday that Samoa never had comes on Saturday",
        ),
        pytest.param(
            Rhythm(time(9), frozenset({5}), "Pacific/Apia"),
            utc(2011, 12, 30, 12),
            utc(2011, 12, 30, 19),
            id="also when it is Saturday already",
        ),
        pytest.param(
            daily(time(9), "Pacific/Apia"), utc(2011, 12, 30, 19), utc(2011, 12, 31, 19), id="and its Saturday once"
        ),
        pytest.param(daily(time(9), "Mars/Olympus"), utc(2026, 6, 1, 8), utc(2026, 6, 1, 9), id="an unknown zone"),
        pytest.param(Rhythm(time(9), frozenset(), "UTC"), utc(2026, 6, 1), None, id="never"),
    ],
)
def test_the_next_moment(rhythm: Rhythm, after: datetime, expected: datetime | None) -> None:
    assert next_after(rhythm, after) == expected


def test_a_slot_knows_the_day_that_it_was_there() -> None:
    schedule = a_schedule(daily(time(9), "Pacific/Apia"))
    assert slot_of(schedule, utc(2026, 6, 1, 20)).day == date(2026, 6, 2)


def test_a_day_late_is_the_latest() -> None:
    slot = slot_of(a_schedule(daily(time(9), "UTC")), utc(2026, 6, 1, 9))
    assert not is_too_late(slot, utc(2026, 6, 2, 9))
    assert is_too_late(slot, utc(2026, 6, 2, 9, 1))


@pytest.mark.parametrize(
    ("rhythm", "now", "expected"),
    [
        pytest.param(daily(time(9), "UTC"), utc(2026, 6, 1, 9), utc(2026, 6, 1, 9), id="in time"),
        pytest.param(daily(time(9), "UTC"), utc(2026, 6, 2, 8), utc(2026, 6, 1, 9), id="missed by a night"),
        pytest.param(daily(time(9), "UTC"), utc(2026, 6, 4, 12), utc(2026, 6, 4, 9), id="of several the last"),
        pytest.param(daily(time(9), "UTC"), utc(2046, 6, 4, 12), utc(2046, 6, 4, 9), id="after twenty years"),
        pytest.param(
            Rhythm(time(9), frozenset({1}), "UTC"),
            utc(2026, 6, 3, 12),
            utc(2026, 6, 1, 9),
            id="nothing since, too late",
        ),
        pytest.param(Rhythm(time(9), frozenset(), "UTC"), utc(2026, 6, 1, 9), utc(2026, 6, 1, 9), id="moved by hand"),
    ],
)
def test_what_was_missed_is_caught_up_once(rhythm: Rhythm, now: datetime, expected: datetime) -> None:
    assert latest_due(a_schedule(rhythm), utc(2026, 6, 1, 9), now).at == expected


@given(rhythms, moments, st.timedeltas(timedelta(0), CATCH_UP))
def test_what_came_due_within_the_last_day_is_never_too_late(rhythm: Rhythm, after: datetime, late: timedelta) -> None:
    at = next_after(rhythm, after)
    assert at is not None
    assert not is_too_late(latest_due(a_schedule(rhythm), at, at + late), at + late)
