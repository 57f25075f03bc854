"""What a digest covers, and what of it stands in the message and what in its thread."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Final

from bot.digests.model import Digest, Recognised
from bot.identity import PersonId
from bot.schedule.rules import iso_week

SHOWN: Final = 10
"""Kudos in one message. More is not read; the rest is a tap away, in the thread."""

LETTERS: Final = 2500
"""Letters of names and reasons in one message, which is two minutes of reading."""

LONGEST: Final = timedelta(days=15)
"""How long ago the one before may be for a digest to go on from there: a week, and one that was missed or postponed.

What was skipped on purpose does not count: its kudos were promised to the next one, however many are skipped.
"""

RECORDED: Final = timedelta(minutes=1)
"""How long before its slot a digest ends. A kudos counts from when it was begun, and recording it waits for look-ups:
one that is recorded while the digest is written would be in none.
"""

WEEKS: Final = 8
"""Weeks in the chart."""

COVERAGE: Final = timedelta(days=30)
"""How far back coverage looks: within a month everyone has done something worth a word."""


def week_of(at: datetime, zone: tzinfo) -> str:
    """Name the week that it is in the zone at a moment."""
    return iso_week(at.astimezone(zone).date())


def weeks_between(first: datetime, last: datetime, zone: tzinfo) -> list[str]:
    """Name the weeks from one moment to before another."""
    days = (last.astimezone(zone).date() - first.astimezone(zone).date()).days
    return [week_of(days_before(first, -ahead, zone), zone) for ahead in range(0, days, 7)]


def days_before(at: datetime, days: int, zone: tzinfo) -> datetime:
    """Give the instant, in UTC, at which clocks in the zone showed the same some days before."""
    there = at.astimezone(zone)
    return datetime.combine(there.date() - timedelta(days=days), there.time(), zone).astimezone(UTC)


def begin(posted: Digest | None, skipped: Digest | None, until: datetime, zone: tzinfo) -> datetime:
    """Say from when a digest tells: from the end of the latest posted one, if that is not long ago, else for 7 days.

    After a skipped one, it tells from where that one would have.
    """
    if posted is not None and _goes_on_from(posted, until):
        return posted.until
    if skipped is not None and _goes_on_from(skipped, until) and (posted is None or posted.until < skipped.until):
        return skipped.since
    return days_before(until, 7, zone)


def _goes_on_from(before: Digest, until: datetime) -> bool:
    return before.until < until <= before.until + LONGEST


def week_bounds(until: datetime, zone: tzinfo) -> list[datetime]:
    """Give where the chart's weeks begin, oldest first, and where the last one ends."""
    return [days_before(until, 7 * back, zone) for back in range(WEEKS, -1, -1)]


def postponed(at: datetime, zone: tzinfo) -> datetime | None:
    """Give the same time a day later, in UTC; None if that is another week, which has a digest of its own."""
    later = days_before(at, -1, zone)
    return later if week_of(later, zone) == week_of(at, zone) else None


@dataclass(frozen=True, slots=True)
class Folded:
    """A week's kudos: those in the message, and the rest as the thread's messages have them. Each oldest first."""

    shown: tuple[Recognised, ...]
    thread: tuple[tuple[Recognised, ...], ...]

    @property
    def more(self) -> int:
        """How many are in the thread."""
        return sum(map(len, self.thread))


def fold(recognised: Sequence[Recognised]) -> Folded:
    """Choose for the message so that nobody is in it twice before everyone is in it once. None is lost."""
    shown: list[Recognised] = []
    room = LETTERS
    for each in _by_turns(recognised):
        room -= letters(each)
        if len(shown) == SHOWN or (shown and room < 0):
            break
        shown.append(each)
    chosen = {each.kudos for each in shown}
    rest = [each for each in recognised if each.kudos not in chosen]
    return Folded(tuple(each for each in recognised if each.kudos in chosen), tuple(_pages(rest)))


def letters(recognised: Recognised) -> int:
    """Measure how much there is to read."""
    names = sum(len(name) + 2 for _, name in recognised.receivers)
    return names + len(recognised.giver_name) + len(recognised.reason)


def _by_turns(recognised: Sequence[Recognised]) -> Iterator[Recognised]:
    """Give first those with somebody who has not been in one before, then the others."""
    seen: set[PersonId] = set()
    others: list[Recognised] = []
    for each in recognised:
        receivers = {person for person, _ in each.receivers}
        if receivers <= seen:
            others.append(each)
        else:
            yield each
        seen |= receivers
    yield from others


def _pages(rest: Iterable[Recognised]) -> Iterator[tuple[Recognised, ...]]:
    page: list[Recognised] = []
    room = LETTERS
    for each in rest:
        room -= letters(each)
        if page and (len(page) == SHOWN or room < 0):
            yield tuple(page)
            page, room = [], LETTERS - letters(each)
        page.append(each)
    if page:
        yield tuple(page)


def everyone(recognised: Iterable[Recognised]) -> list[str]:
    """Give the names of all who were recognised, each person once, by name."""
    return _by_name(pair for each in recognised for pair in each.receivers)


def givers(recognised: Iterable[Recognised]) -> list[str]:
    """Give the names of all who recognised somebody, each person once, by name."""
    return _by_name((each.giver, each.giver_name) for each in recognised)


def _by_name(persons: Iterable[tuple[PersonId, str]]) -> list[str]:
    return sorted(dict(persons).values(), key=str.casefold)


def behaviours(recognised: Iterable[Recognised]) -> list[tuple[str, int]]:
    """Count the week's behaviours by code, the most frequent first."""
    counted = Counter(code for each in recognised for code in each.behaviours)
    return sorted(counted.items(), key=lambda each: (-each[1], each[0]))
