"""What a digest covers, and that nobody is lost when it is folded."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.digests import rules
from bot.digests.model import Digest, DigestState, Recognised
from bot.identity import KudosId, PersonId, TeamId
from bot.schedule.rules import iso_week

STOCKHOLM = ZoneInfo("Europe/Stockholm")
SLOT = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
NAMES = ("Anna Ek", "Bo Lind", "Cleo Ray", "Dan Holm", "Eva Sand", "Finn Ås", "Greta Alm", "Hugo Berg")


def recognised(number: int, *receivers: int, giver: int = 99, reason: str = "stayed with it", **more) -> Recognised:
    return Recognised(
        kudos=KudosId(UUID(int=number)),
        giver=PersonId(UUID(int=giver)),
        giver_name=f"Giver {giver}",
        receivers=tuple((PersonId(UUID(int=each)), NAMES[each % len(NAMES)]) for each in receivers),
        reason=reason,
        link=None,
        behaviours=more.pop("behaviours", ()),
        by_supervisor=False,
        at=SLOT,
        **more,
    )


def posted(until: datetime) -> Digest:
    return Digest(TeamId(UUID(int=1)), "2026-W46", until - timedelta(days=7), until, DigestState.POSTED)


@pytest.mark.parametrize(
    ("day", "week"),
    [(date(2026, 11, 16), "2026-W47"), (date(2027, 1, 3), "2026-W53"), (date(2024, 12, 30), "2025-W01")],
)
def test_weeks_are_iso_weeks(day: date, week: str):
    assert iso_week(day) == week


def test_a_first_digest_tells_of_seven_days_by_the_teams_clock():
    # Clocks went back on 25 October: the same time of day is an hour later in UTC.
    monday = datetime(2026, 10, 26, 8, 0, tzinfo=UTC)

    assert rules.begin(None, None, monday, STOCKHOLM) == datetime(2026, 10, 19, 7, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("ago", "begins_with_it"),
    [
        (timedelta(days=7), True),
        (timedelta(days=3), True),
        (timedelta(days=15), True),
        (timedelta(days=15, seconds=1), False),
        (timedelta(0), False),
        (-timedelta(days=1), False),
    ],
)
def test_a_digest_goes_on_where_the_last_one_ended(ago: timedelta, *, begins_with_it: bool):
    latest = posted(SLOT - ago)
    begin = rules.begin(latest, None, SLOT, STOCKHOLM)

    assert begin == (latest.until if begins_with_it else SLOT - timedelta(days=7))


@pytest.mark.parametrize(
    ("ago", "posted_ago", "begins_with_it"),
    [(7, 28, True), (7, None, True), (7, 21, True), (15, 28, True), (16, 28, False), (14, 7, False), (0, 28, False)],
)
def test_after_a_skipped_digest_it_tells_from_where_that_one_would_have(
    ago: int, posted_ago: int | None, *, begins_with_it: bool
):
    skipped = replace(posted(SLOT - timedelta(days=ago)), since=SLOT - timedelta(days=28), state=DigestState.SKIPPED)
    before = None if posted_ago is None else posted(SLOT - timedelta(days=posted_ago))

    assert rules.begin(before, skipped, SLOT, STOCKHOLM) == SLOT - timedelta(days=28 if begins_with_it else 7)


def test_the_charts_weeks_end_with_the_digest_and_keep_the_hour():
    bounds = rules.week_bounds(SLOT, STOCKHOLM)

    assert len(bounds) == rules.WEEKS + 1
    assert bounds[-1] == SLOT
    assert {each.astimezone(STOCKHOLM).hour for each in bounds} == {9}
    assert {each.astimezone(STOCKHOLM).weekday() for each in bounds} == {0}


def test_a_day_later_is_the_same_hour_and_never_another_week():
    assert rules.postponed(SLOT, STOCKHOLM) == SLOT + timedelta(days=1)
    assert rules.postponed(SLOT + timedelta(days=6), STOCKHOLM) is None


def test_the_weeks_between_two_slots():
    assert rules.weeks_between(SLOT, SLOT + timedelta(days=14), STOCKHOLM) == ["2026-W48", "2026-W49"]
    assert rules.weeks_between(SLOT, SLOT + timedelta(days=1), STOCKHOLM) == ["2026-W48"]
    assert rules.weeks_between(SLOT, SLOT, STOCKHOLM) == []


weeks = st.lists(
    st.tuples(
        st.lists(st.integers(1, 30), min_size=1, max_size=25, unique=True),
        st.one_of(st.just("stayed with it"), st.text(min_size=1, max_size=500)),
    ),
    max_size=80,
).map(lambda made: [recognised(number, *who, reason=reason) for number, (who, reason) in enumerate(made)])


@given(weeks)
def test_every_kudos_is_told_once(week: list[Recognised]):
    folded = rules.fold(week)
    told = [*folded.shown, *(each for page in folded.thread for each in page)]

    assert sorted(each.kudos for each in told) == sorted(each.kudos for each in week)
    assert folded.more == len(week) - len(folded.shown)
    for page in (folded.shown, *folded.thread):
        assert list(page) == [each for each in week if each in page]


@given(weeks)
def test_nobody_is_shown_twice_before_everybody_is_shown(week: list[Recognised]):
    shown = rules.fold(week).shown
    everybody = {person for each in week for person, _ in each.receivers}
    seen: set[PersonId] = set()
    says_nobody_new = False
    for each in shown:
        receivers = {person for person, _ in each.receivers}
        says_nobody_new |= receivers <= seen
        seen |= receivers

    assert not says_nobody_new or seen == everybody


@given(weeks)
def test_no_message_is_longer_than_one_reads(week: list[Recognised]):
    folded = rules.fold(week)

    assert bool(folded.shown) == bool(week)
    for page in (folded.shown, *folded.thread):
        assert len(page) <= rules.SHOWN
        assert len(page) <= 1 or sum(map(rules.letters, page)) <= rules.LETTERS


def test_a_page_is_filled_before_the_next_is_begun():
    folded = rules.fold([recognised(number, number) for number in range(25)])

    assert [len(page) for page in (folded.shown, *folded.thread)] == [10, 10, 5]


def test_people_are_named_once_and_by_name():
    week = [recognised(1, 2, 0), recognised(2, 0, giver=98), recognised(3, 5, 1)]

    assert rules.everyone(week) == ["Anna Ek", "Bo Lind", "Cleo Ray", "Finn Ås"]
    assert rules.givers(week) == ["Giver 98", "Giver 99"]


def test_two_people_of_one_name_are_both_named():
    assert rules.everyone([recognised(1, 0, len(NAMES))]) == ["Anna Ek", "Anna Ek"]


def test_behaviours_are_counted_the_most_frequent_first():
    week = [recognised(1, 0, behaviours=("b", "a")), recognised(2, 0, behaviours=("b",)), recognised(3, 0)]

    assert rules.behaviours(week) == [("b", 2), ("a", 1)]
