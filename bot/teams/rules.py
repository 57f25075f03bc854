"""What follows from a team's settings: who may change them, and when its digest and its supervisors' nudges are due."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import time
from typing import Final, assert_never

from bot.errors import Code, RecognitionError
from bot.hygiene import clean
from bot.people.model import Colleague, Role
from bot.ports import Standing
from bot.schedule.model import Rhythm
from bot.teams.model import NUDGE_DAYS_LEAST, NUDGE_DAYS_MOST, Leading, Member, NudgeHabit, Team

NAME_LIMIT: Final = 60
"""Characters of a team's name: it stands in headings and on buttons."""


def refuse_unless_theirs(person: Colleague, team: Team, members: Iterable[Member]) -> None:
    """Let whoever set it up, its supervisors and administrators change a team.

    Raises RecognitionError NOT_YOUR_TEAM, which says whom to ask.
    """
    known = list(members)
    supervisors = [each for each in known if each.role is Role.SUPERVISOR and not each.has_left]
    if person.admin or person.person == team.founder or any(each.person == person.person for each in supervisors):
        return
    raise RecognitionError(Code.NOT_YOUR_TEAM, whom=[each.name for each in supervisors])


def refuse_unless_member(colleague: Colleague, field: str) -> None:
    """Let only people who work here be in a team. `field` is where they were picked. Raises RecognitionError."""
    match colleague.standing:
        case Standing.MEMBER:
            return
        case Standing.BOT:
            code = Code.RECEIVER_IS_BOT
        case Standing.GUEST | Standing.STRANGER:
            code = Code.RECEIVER_IS_GUEST
        case Standing.LEFT:
            code = Code.RECEIVER_HAS_LEFT
        case _:
            assert_never(colleague.standing)
    raise RecognitionError(code, name=colleague.name, field=field)


def team_name_of(text: str) -> str:
    """Read a team's name. Raises RecognitionError TEAM_NAME_MISSING."""
    name = clean(text, NAME_LIMIT)
    if not name:
        raise RecognitionError(Code.TEAM_NAME_MISSING)
    return name


def nudge_days_of(text: str) -> int:
    """Read after how many days to nudge. Raises RecognitionError NUDGE_DAYS_OUT_OF_BOUNDS."""
    written = text.strip()
    if written.isdecimal() and len(written) <= len(str(NUDGE_DAYS_MOST)):
        days = int(written)
        if NUDGE_DAYS_LEAST <= days <= NUDGE_DAYS_MOST:
            return days
    raise RecognitionError(Code.NUDGE_DAYS_OUT_OF_BOUNDS, least=NUDGE_DAYS_LEAST, most=NUDGE_DAYS_MOST)


def digest_rhythm(team: Team) -> Rhythm:
    """Say when a team's digest is due: never without a day, or a place to post it."""
    settings = team.settings
    days = frozenset({settings.digest_day}) if settings.digest_day and team.homes else frozenset[int]()
    return Rhythm(settings.digest_time, days, settings.timezone)


def nudge_rhythm(leading: Leading) -> Rhythm:
    """Say when a supervisor is told: on the working days of their teams, or the first of each week, or never."""
    wishes, working = leading.wishes, leading.working_days
    match wishes.habit:
        case NudgeHabit.DAILY:
            days = working
        case NudgeHabit.WEEKLY:
            days = frozenset(sorted(working)[:1])
        case NudgeHabit.OFF:
            days = frozenset()
        case _:
            assert_never(wishes.habit)
    return Rhythm(wishes.at, days, leading.timezone)


def on_the_clock(at: time) -> str:
    """Write a time of day: "09:00"."""
    return f"{at:%H:%M}"
