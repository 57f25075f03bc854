"""The weeks that allowances count in: from Monday 00:00 in a person's own time zone."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

from bot.i18n import zone_of


def week_of(now: datetime, timezone: str) -> date:
    """Give the Monday of the week that it is in the zone. `now` is aware; an unknown zone counts as UTC."""
    today = now.astimezone(zone_of(timezone)).date()
    return today - timedelta(days=today.weekday())


def week_start(week: date, timezone: str) -> datetime:
    """Give the instant, in UTC, at which the week of that Monday begins in the zone.

    Where clocks skip midnight it is the first instant of the day; where they repeat it, the first midnight.
    """
    return datetime.combine(week, time.min, zone_of(timezone)).astimezone(UTC)


def next_week_start(week: date, timezone: str) -> datetime:
    """Give the instant, in UTC, at which the week after that Monday's begins in the zone: allowances are full again."""
    return week_start(week + timedelta(weeks=1), timezone)
