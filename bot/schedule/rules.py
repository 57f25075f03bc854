"""When something is due next, in local wall-clock time, and whether it has become too late for it."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Final

from bot.i18n import zone_of
from bot.schedule.model import CATCH_UP, Rhythm, Schedule, Slot

_DAY: Final = timedelta(days=1)


def next_after(rhythm: Rhythm, after: datetime) -> datetime | None:
    """Give the first moment of the rhythm strictly after `after`, in UTC; None for a rhythm without days.

    Once on each of its days, as the clock on the wall there shows it, across clock changes. A time that a spring night
    leaves out comes as much later as the clock jumps; one that an autumn night has twice counts the first time only. An
    unknown zone is UTC.
    """
    zone = zone_of(rhythm.timezone)
    day = after.astimezone(zone).date()
    # From the day before: where a whole day is left out, its moment lies in the next one.
    for days in range(-1, 8):
        candidate = day + days * _DAY
        if candidate.isoweekday() in rhythm.days:
            at = datetime.combine(candidate, rhythm.at, tzinfo=zone).astimezone(UTC)
            if at > after:
                return at
    return None


def iso_week(day: date) -> str:
    """Name the week of a day: "2026-W47"."""
    year, week, _ = day.isocalendar()
    return f"{year}-W{week:02}"


def slot_of(schedule: Schedule, at: datetime) -> Slot:
    """Give the slot at that moment, with the day that it is there."""
    return Slot(schedule, at, at.astimezone(zone_of(schedule.rhythm.timezone)).date())


def is_too_late(slot: Slot, now: datetime) -> bool:
    """Say whether the slot lies so far back that carrying it out would puzzle people."""
    return now - slot.at > CATCH_UP


def latest_due(schedule: Schedule, at: datetime, now: datetime) -> Slot:
    """Give the slot to carry out at `now` for a schedule due since `at`: of several that were missed, the last.

    It may be too late for it; then everything that was missed is.
    """
    slot = slot_of(schedule, at)
    following = next_after(schedule.rhythm, max(at, now - CATCH_UP - _DAY))
    while following is not None and following <= now:
        slot = slot_of(schedule, following)
        following = next_after(schedule.rhythm, following)
    return slot
