"""What is due when, for the operator to read."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from bot.i18n import zone_of
from bot.schedule.model import Kind
from bot.schedule.store import DueSchedules


@dataclass(frozen=True, slots=True)
class Entry:
    """One schedule's next time. `at` is in UTC, `there` the same moment in the schedule's own zone, named `timezone`.

    `subject` is a team's or a person's name, or its id if it has none any more.
    """

    at: datetime
    there: datetime
    timezone: str
    kind: Kind
    subject: str


async def agenda(due: DueSchedules, limit: int) -> list[Entry]:
    """Give what is due next, soonest first; what is overdue is the first of it."""
    coming = await due.coming(limit)
    names = await due.names(coming)
    return [
        Entry(
            at=each.at,
            there=each.at.astimezone(zone_of(each.rhythm.timezone)),
            timezone=zone_of(each.rhythm.timezone).key,
            kind=each.kind,
            subject=names.get((each.organisation, each.subject), str(each.subject)),
        )
        for each in coming
    ]


def line(entry: Entry) -> str:
    """Write an entry: the day and time there, the same in UTC, and what is due for whom."""
    return (
        f"{entry.there:%a %Y-%m-%d %H:%M} {entry.timezone:20}  {entry.at:%Y-%m-%d %H:%M}Z  "
        f"{entry.kind.value:6}  {entry.subject}"
    )
