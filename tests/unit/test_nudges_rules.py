"""Whom a supervisor is told of, and when: by example, and as a property over any history."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.identity import PersonId, TeamId
from bot.nudges.model import Decision, Report, Situation, TeamState
from bot.nudges.rules import Why, decide, look, quiet_until
from bot.schedule.model import Rhythm
from bot.schedule.rules import next_after
from bot.teams.model import WEEKDAYS, NudgeHabit, NudgeWishes

ZONE = "Europe/Stockholm"
PHONE = TeamId(UUID(int=100))
WEDNESDAY = datetime(2026, 11, 18, 9, 30, tzinfo=ZoneInfo(ZONE))
DAY = timedelta(days=1)


def a_report(number: int = 1, name: str = "Bo", **changed: object) -> Report:
    ordinary = Report(
        person=PersonId(UUID(int=number)),
        name=name,
        team=PHONE,
        team_name="Phone",
        since=WEDNESDAY - 400 * DAY,
        nudge_days=14,
        last_by_supervisor=WEDNESDAY - 20 * DAY,
        last_by_anyone=None,
        last_nudged=None,
        snoozed_until=None,
        away_until=None,
        has_left=False,
    )
    return replace(ordinary, **changed)


def a_team(**changed: object) -> TeamState:
    ordinary = TeamState(
        team=PHONE,
        name="Phone",
        nudge_days=14,
        working_days=WEEKDAYS,
        since=WEDNESDAY - 400 * DAY,
        last_recognised=WEDNESDAY - DAY,
        last_nudged=None,
    )
    return replace(ordinary, **changed)


def a_situation(*reports: Report, teams: tuple[TeamState, ...] | None = None, **changed: object) -> Situation:
    ordinary = Situation(
        supervisor=PersonId(UUID(int=99)),
        timezone=ZONE,
        wishes=NudgeWishes(),
        away=False,
        reports=reports,
        teams=(a_team(),) if teams is None else teams,
    )
    return replace(ordinary, **changed)


def named(decision: Decision) -> list[str]:
    return [each.report.name for each in decision.people]


def test_the_longest_waiting_come_first_and_three_at_most():
    waiting = [a_report(n, f"Waits {n}", last_by_supervisor=WEDNESDAY - n * DAY) for n in (15, 40, 14, 30)]
    decision = decide(a_situation(*waiting), WEDNESDAY)
    assert named(decision) == ["Waits 40", "Waits 30", "Waits 15"]
    assert [each.days for each in decision.people] == [40, 30, 15]
    assert decision.people[0].waiting_since == WEDNESDAY - 40 * DAY


def test_who_was_never_recognised_waits_since_they_came():
    [due] = decide(a_situation(a_report(last_by_supervisor=None, since=WEDNESDAY - 21 * DAY)), WEDNESDAY).people
    assert due.days == 21


@pytest.mark.parametrize(
    ("report", "why"),
    [
        (a_report(), Why.DUE),
        (a_report(last_by_supervisor=WEDNESDAY - 14 * DAY), Why.DUE),
        (a_report(last_by_supervisor=WEDNESDAY - 13 * DAY), Why.RECOGNISED),
        (a_report(nudge_days=21), Why.RECOGNISED),
        (a_report(since=WEDNESDAY - 13 * DAY), Why.NEW),
        (a_report(away_until=WEDNESDAY.date()), Why.AWAY),
        (a_report(has_left=True, away_until=WEDNESDAY.date()), Why.LEFT),
        (a_report(snoozed_until=WEDNESDAY + DAY), Why.SNOOZED),
        (a_report(snoozed_until=WEDNESDAY), Why.DUE),
        (a_report(last_nudged=WEDNESDAY - 13 * DAY), Why.TOLD),
        (a_report(last_nudged=WEDNESDAY - 14 * DAY), Why.DUE),
    ],
)
def test_why_somebody_is_named_or_not(report: Report, why: Why):
    situation = a_situation(report)
    assert [each.why for each in look(situation, WEDNESDAY)] == [why]
    assert bool(decide(situation, WEDNESDAY).people) is (why is Why.DUE)


def test_days_are_those_of_the_calendar():
    """A look that comes a little earlier on the clock than the last one does not slip to the day after."""
    told = a_report(last_nudged=WEDNESDAY - 14 * DAY + timedelta(minutes=3))
    assert named(decide(a_situation(told), WEDNESDAY)) == ["Bo"]


@pytest.mark.parametrize(
    ("at", "heard"),
    [
        (time(7, 59), False),
        (time(8, 0), True),
        (time(17, 59), True),
        (time(18, 0), False),
    ],
)
def test_nothing_outside_decent_hours(at: time, *, heard: bool):
    now = datetime.combine(date(2026, 11, 18), at, tzinfo=ZoneInfo(ZONE))
    assert bool(named(decide(a_situation(a_report()), now.astimezone(UTC)))) is heard


@pytest.mark.parametrize(
    ("report", "again"),
    [
        (a_report(), None),
        (a_report(snoozed_until=WEDNESDAY + 7 * DAY), date(2026, 11, 25)),
        (a_report(last_nudged=WEDNESDAY), date(2026, 12, 2)),
        (a_report(last_nudged=WEDNESDAY, snoozed_until=WEDNESDAY + 7 * DAY), date(2026, 12, 2)),
        (a_report(last_nudged=WEDNESDAY, snoozed_until=WEDNESDAY + 20 * DAY), date(2026, 12, 8)),
    ],
)
def test_the_day_that_is_told_is_the_day_from_which_they_are_named_again(report: Report, again: date | None):
    assert quiet_until(report, ZoneInfo(ZONE)) == again
    for day in range(28):
        now = WEDNESDAY + day * DAY
        named_today = look(a_situation(report), now)[0].why is Why.DUE
        assert named_today is (again is None or now.date() >= again)


def test_nothing_on_a_day_on_which_no_team_works():
    saturday = WEDNESDAY + 3 * DAY
    assert decide(a_situation(a_report()), saturday) == Decision()
    weekend = a_team(team=TeamId(UUID(int=101)), working_days=frozenset({6, 7}))
    assert named(decide(a_situation(a_report(), teams=(a_team(), weekend)), saturday)) == ["Bo"]
    assert decide(a_situation(a_report(), teams=()), WEDNESDAY) == Decision()


def test_a_supervisor_who_is_away_hears_nothing():
    assert decide(a_situation(a_report(), away=True), WEDNESDAY) == Decision()


def test_habits():
    """Daily on each working day, weekly on the first one, and off never."""
    week = [WEDNESDAY + n * DAY for n in range(-2, 5)]

    def heard(habit: NudgeHabit, **changed: object) -> list[int]:
        situation = a_situation(a_report(), wishes=NudgeWishes(habit), **changed)
        return [day.isoweekday() for day in week if decide(situation, day).people]

    assert heard(NudgeHabit.DAILY) == [1, 2, 3, 4, 5]
    assert heard(NudgeHabit.WEEKLY) == [1]
    assert heard(NudgeHabit.WEEKLY, teams=(a_team(working_days=frozenset({3, 4})),)) == [3]
    assert heard(NudgeHabit.OFF) == []


@pytest.mark.parametrize(
    ("team", "said"),
    [
        (a_team(last_recognised=WEDNESDAY - 14 * DAY), [14]),
        (a_team(last_recognised=WEDNESDAY - 13 * DAY), []),
        (a_team(last_recognised=None), [400]),
        (a_team(last_recognised=None, since=WEDNESDAY - 13 * DAY), []),
        # A supervisor who came lately is not asked about the time before.
        (a_team(last_recognised=WEDNESDAY - 60 * DAY, since=WEDNESDAY - 3 * DAY), []),
        (a_team(last_recognised=None, last_nudged=WEDNESDAY - 13 * DAY), []),
        (a_team(last_recognised=None, last_nudged=WEDNESDAY - 14 * DAY), [400]),
    ],
)
def test_a_team_in_which_nobody_was_recognised_is_said_once(team: TeamState, said: list[int]):
    decision = decide(a_situation(a_report(), teams=(team,)), WEDNESDAY)
    assert [each.days for each in decision.teams] == said
    assert named(decision) == ["Bo"]


@pytest.mark.parametrize(
    "changed", [{"away_until": WEDNESDAY.date()}, {"has_left": True}, {"snoozed_until": WEDNESDAY + DAY}]
)
def test_a_team_of_which_nobody_is_there_is_not_quiet(changed: dict[str, object]):
    quiet = a_team(last_recognised=None)
    assert decide(a_situation(a_report(**changed), teams=(quiet,)), WEDNESDAY) == Decision()


def test_a_quiet_team_is_said_though_its_people_were_named_before():
    told = a_report(last_nudged=WEDNESDAY - DAY)
    decision = decide(a_situation(told, teams=(a_team(last_recognised=None),)), WEDNESDAY)
    assert decision.people == ()
    assert [each.state.name for each in decision.teams] == ["Phone"]


# --- the property ----------------------------------------------------------------------------------------------------

BEGIN = datetime(2026, 2, 27, tzinfo=UTC)
"""So that the clocks change while it lasts, in Europe and in America."""
SPAN = 75


@dataclass(frozen=True)
class Life:
    """One report's history, in hours from the beginning: joined, left, recognised and snoozed by the supervisor."""

    nudge_days: int
    joined: int
    left: int | None
    away: frozenset[int]
    recognised: tuple[int, ...]
    snoozed: tuple[tuple[int, int], ...]


hours = st.integers(-90 * 24, SPAN * 24)
long_ago = st.integers(-90 * 24, 0)
spells = st.lists(st.tuples(st.integers(0, SPAN), st.integers(1, 20)), max_size=3)
away_days = spells.map(
    lambda spells: frozenset(day for begin, length in spells for day in range(begin, begin + length))
)
lives = st.builds(
    Life,
    st.integers(7, 21) | st.integers(7, 60),
    long_ago | hours,
    st.none() | hours,
    away_days,
    st.lists(hours, max_size=6).map(tuple),
    st.lists(st.tuples(hours, st.integers(1, 14 * 24)), max_size=3).map(tuple),
)
zones = st.sampled_from([ZONE, "America/New_York", "Asia/Kolkata", "Australia/Adelaide", "Pacific/Apia", "UTC"])


def hour(number: int) -> datetime:
    return BEGIN + timedelta(hours=number)


def as_known(life: Life, number: int, now: datetime, today: date, told: datetime | None) -> Report:
    """What the rules are given of a life at a moment."""
    recognised = [hour(at) for at in life.recognised if hour(at) <= now]
    snoozes = [hour(at + length) for at, length in life.snoozed if hour(at) <= now]
    return a_report(
        number,
        f"P{number}",
        since=hour(life.joined),
        nudge_days=life.nudge_days,
        last_by_supervisor=max(recognised, default=None),
        last_by_anyone=max(recognised, default=None),
        last_nudged=told,
        snoozed_until=snoozes[-1] if snoozes else None,
        away_until=today if (today - BEGIN.date()).days in life.away else None,
        has_left=life.left is not None and hour(life.left) <= now,
    )


def calendar_days(earlier: datetime, later: datetime, zone: ZoneInfo) -> int:
    return later.astimezone(zone).toordinal() - earlier.astimezone(zone).toordinal()


@given(
    lives=st.lists(lives, min_size=1, max_size=6),
    zone=zones,
    habit=st.sampled_from([NudgeHabit.DAILY, NudgeHabit.DAILY, *NudgeHabit]),
    at=st.times(time(8), time(17, 59)) | st.times(),
    working=st.just(WEEKDAYS) | st.frozensets(st.integers(1, 7), max_size=7),
    supervisor_away=away_days,
    late=st.lists(st.integers(0, 23 * 60), min_size=SPAN, max_size=SPAN),
)
def test_whatever_happened_nobody_is_named_who_should_not_be(
    *,
    lives: list[Life],
    zone: str,
    habit: NudgeHabit,
    at: time,
    working: frozenset[int],
    supervisor_away: frozenset[int],
    late: list[int],
):
    """Ten weeks of looks, some of them late: what was said is checked against the lives themselves."""
    there = ZoneInfo(zone)
    told: dict[int, list[datetime]] = {number: [] for number in range(len(lives))}
    # Looks on every day, also where the rhythm would take none: the rules must hold by themselves.
    every_day = Rhythm(at, frozenset(range(1, 8)), zone)
    slot = BEGIN
    for delay in late:
        slot = next_after(every_day, slot) or BEGIN
        now = slot + timedelta(minutes=delay if delay % 3 == 0 else 0)
        today = now.astimezone(there).date()
        reports = [
            as_known(life, number, now, today, told[number][-1] if told[number] else None)
            for number, life in enumerate(lives)
            if hour(life.joined) <= now
        ]
        situation = Situation(
            supervisor=PersonId(UUID(int=99)),
            timezone=zone,
            wishes=NudgeWishes(habit, at),
            away=(today - BEGIN.date()).days in supervisor_away,
            reports=tuple(reports),
            teams=(a_team(working_days=working, since=hour(-90 * 24), last_recognised=None),),
        )
        decision = decide(situation, now)
        if decision == Decision():
            continue
        assert not situation.away
        assert habit is not NudgeHabit.OFF
        assert time(8) <= now.astimezone(there).time() < time(18)
        assert today.isoweekday() in working
        if habit is NudgeHabit.WEEKLY:
            assert not any(day in working for day in range(1, today.isoweekday()))
        assert len(decision.people) <= 3
        assert [each.waiting_since for each in decision.people] == sorted(e.waiting_since for e in decision.people)
        for due in decision.people:
            number = due.report.person.int
            life = lives[number]
            assert (today - BEGIN.date()).days not in life.away
            assert life.left is None or hour(life.left) > now
            assert calendar_days(hour(life.joined), now, there) >= life.nudge_days
            for each in life.recognised:
                assert hour(each) > now or calendar_days(hour(each), now, there) >= life.nudge_days
            begun = [(start, length) for start, length in life.snoozed if hour(start) <= now]
            assert not begun or hour(sum(begun[-1])) <= now
            for earlier in told[number]:
                assert calendar_days(earlier, now, there) >= life.nudge_days
            told[number].append(now)


@given(lives=st.lists(lives, min_size=1, max_size=4), zone=zones)
def test_whoever_waits_is_named_in_the_end(lives: list[Life], zone: str):
    """It is no use to be silent about everyone: with a look every day, whoever is due is named that day or soon."""
    now = hour(SPAN * 24)
    morning = datetime.combine(now.astimezone(ZoneInfo(zone)).date(), time(9, 30), tzinfo=ZoneInfo(zone))
    reports = tuple(as_known(life, number, morning, morning.date(), None) for number, life in enumerate(lives))
    situation = a_situation(*reports, teams=(a_team(working_days=frozenset(range(1, 8))),), timezone=zone)
    due = [each.report for each in look(situation, morning) if each.why is Why.DUE]
    assert [each.report for each in decide(situation, morning).people] == due[:3]
    for report, life in zip(reports, lives, strict=True):
        last = max([hour(life.joined), *(hour(at) for at in life.recognised if hour(at) <= morning)])
        silent = report.away or report.has_left or report.snoozed_until is not None
        if not silent and calendar_days(last, morning, ZoneInfo(zone)) >= life.nudge_days:
            assert report in due
