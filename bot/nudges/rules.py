"""Who is to be named to a supervisor, and when. Pure: everything it knows is in a Situation.

Days are counted on the calendar of the supervisor's zone, as a person counts them: what was on Monday the 2nd is 14
days ago on Monday the 16th, whatever the hour and whatever the clocks did in between.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from typing import Final, assert_never
from zoneinfo import ZoneInfo

from bot.i18n import zone_of
from bot.nudges.model import Decision, Nudge, PersonDue, Reply, Report, Situation, TeamDue
from bot.teams.model import Leading
from bot.teams.rules import nudge_rhythm

DAY_BEGINS: Final = time(8, 0)
DAY_ENDS: Final = time(18, 0)
"""Quiet hours are all others, in the supervisor's zone: a prompt outside office hours is an order in disguise.

Whoever works nights or evenings finds it in the morning; a look that comes late in the evening waits for the next one.
"""

MOST_AT_ONCE: Final = 3
"""People in one message, and teams. Three can be recognised with care in one day; a longer list is a backlog."""


class Why(StrEnum):
    """Why somebody is named now, or is not."""

    DUE = "due"
    TOLD = "told"
    SNOOZED = "snoozed"
    AWAY = "away"
    LEFT = "left"
    NEW = "new"
    RECOGNISED = "recognised"


@dataclass(frozen=True, slots=True)
class Standing:
    """One report as it stands today. `days` are those since `waiting_since`."""

    report: Report
    why: Why
    waiting_since: datetime
    days: int


def decide(situation: Situation, now: datetime) -> Decision:
    """Say whom to name to the supervisor at this moment (aware), the longest waiting first.

    Nothing while the supervisor wants nothing or is away, in quiet hours, and on days on which none of their teams
    works; with a weekly habit, nothing but on the first working day of the week.
    """
    zone = zone_of(situation.timezone)
    local = now.astimezone(zone)
    if situation.away or not DAY_BEGINS <= local.time() < DAY_ENDS:
        return Decision()
    if local.isoweekday() not in looking_days(situation):
        return Decision()
    standings = look(situation, now)
    people = [PersonDue(each.report, each.waiting_since, each.days) for each in standings if each.why is Why.DUE]
    return Decision(tuple(people[:MOST_AT_ONCE]), tuple(quiet_teams(situation, now)[:MOST_AT_ONCE]))


def look(situation: Situation, now: datetime) -> list[Standing]:
    """Say of each report whether they are to be named, and why not, the longest waiting first; hours do not matter."""
    zone = zone_of(situation.timezone)
    standings = [_standing(report, now, zone) for report in situation.reports]
    return sorted(standings, key=lambda each: (each.waiting_since, each.report.name, each.report.person))


def _standing(report: Report, now: datetime, zone: ZoneInfo) -> Standing:
    today = now.astimezone(zone).date()
    waiting_since = report.last_by_supervisor or report.since
    days = _days(waiting_since, today, zone)
    return Standing(report, _why(report, days, now, zone), waiting_since, days)


def _why(report: Report, days: int, now: datetime, zone: ZoneInfo) -> Why:
    today, enough = now.astimezone(zone).date(), report.nudge_days
    if report.has_left:
        return Why.LEFT
    if report.away:
        return Why.AWAY
    if _days(report.since, today, zone) < enough:
        return Why.NEW
    if days < enough:
        return Why.RECOGNISED
    if report.snoozed_until is not None and now < report.snoozed_until:
        return Why.SNOOZED
    if report.last_nudged is not None and _days(report.last_nudged, today, zone) < enough:
        return Why.TOLD
    return Why.DUE


def quiet_teams(situation: Situation, now: datetime) -> list[TeamDue]:
    """Give teams in which nobody was recognised by anyone, once per their nudge days; hours do not matter.

    It is said besides naming people, in a line of its own: that a whole team went quiet is other news than who waits,
    and takes other steps; and the people stay one press away from being recognised. A team of which everyone is away,
    new, snoozed or gone is not quiet but empty.
    """
    zone = zone_of(situation.timezone)
    today = now.astimezone(zone).date()
    standings = look(situation, now)
    there = {each.report.team for each in standings if each.why in {Why.DUE, Why.TOLD}}
    quiet = []
    for team in situation.teams:
        since = team.last_recognised or team.since
        days = min(_days(since, today, zone), _days(team.since, today, zone))
        told = team.last_nudged is not None and _days(team.last_nudged, today, zone) < team.nudge_days
        if team.team in there and days >= team.nudge_days and not told:
            quiet.append((since, TeamDue(team, _days(since, today, zone))))
    quiet.sort(key=lambda each: (each[0], each[1].state.name, each[1].state.team))
    return [due for _, due in quiet]


def looking_days(situation: Situation) -> frozenset[int]:
    """Give the ISO weekdays on which a look is taken, as the supervisor wishes; none if they want nothing."""
    working = frozenset[int]().union(*(team.working_days for team in situation.teams))
    teams = tuple(team.team for team in situation.teams)
    return nudge_rhythm(Leading(teams, working, situation.timezone, situation.wishes)).days


def quiet_until(report: Report, zone: ZoneInfo) -> date | None:
    """Give the first day on which somebody may be named again whom a snooze or an earlier nudge keeps out.

    It is the later of the two: a snooze of a week is no leave to name them twice within their team's days.
    """
    snoozed = report.snoozed_until.astimezone(zone).date() if report.snoozed_until else None
    told = report.last_nudged.astimezone(zone).date() if report.last_nudged else None
    again = told + timedelta(days=report.nudge_days) if told else None
    return max((day for day in (snoozed, again) if day is not None), default=None)


def can_take_back(nudge: Nudge, today: date) -> bool:
    """Say whether the answer to a nudge can still be taken back: while it does anything, where the supervisor is."""
    match nudge.reply:
        case Reply.SNOOZED | Reply.AWAY:
            return nudge.until is not None and today <= nudge.until
        case Reply.NOT_ON_TEAM:
            return True
        case Reply.RECOGNISED | None:
            return False
        case _:
            assert_never(nudge.reply)


def _days(since: datetime, today: date, zone: ZoneInfo) -> int:
    return (today - since.astimezone(zone).date()).days
