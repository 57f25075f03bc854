"""What people read about setting a team up, and about being away."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from typing import Final, assert_never
from zoneinfo import ZoneInfo

from bot.i18n import Translator, plain, strong, zone_of
from bot.teams.forms import language, service_channel
from bot.teams.model import WEEKDAYS, Member, MembersFrom, TeamSettings
from bot.teams.rules import on_the_clock
from bot.teams.service import SetUp
from bot.view.message import (
    Button,
    Buttons,
    Code,
    Fact,
    Facts,
    Heading,
    Line,
    Message,
    MessageKind,
    Note,
    Paragraph,
    Person,
    Text,
)

_SOON: Final = timedelta(days=300)
"""A day that is further off is written with its year."""


_EXAMPLE: Final = timedelta(days=14)


class Action(StrEnum):
    """The buttons of teams."""

    BACK = "teams.back"


def set_up(t: Translator, done: SetUp, command: str, own_zone: ZoneInfo) -> Message:
    """Say back everything that was decided about a team. `own_zone` is the reader's."""
    settings = done.team.settings
    title = t("{team} is set up", team=settings.name) if done.is_new else t("{team} is changed", team=settings.name)
    here = [Person(each.name) for each in done.supervisors if not each.has_left]
    facts = (
        Fact(t("Supervisors"), t.people(here)),
        Fact(t("Members"), _members(t, settings, len(done.agents))),
        Fact(t("Service channel"), (Text(service_channel(t, settings.service_channel)),)),
        Fact(t("Time zone"), (Text(settings.timezone),)),
        Fact(t("Working days"), (Text(_working_days(t, settings)),)),
        Fact(t("Weekly digest"), (Text(_digest(t, settings)),)),
        *_next_digest(t, done, own_zone),
        Fact(t("Nudges"), (Text(_nudges(t, settings)),)),
        Fact(t("Language of the digest"), (Text(language(t, settings.language)),)),
    )
    again = Code(t("{command} setup", command=command))
    note = t.line(
        "Its supervisors, whoever set it up and the administrators of this workspace can change it with {command}.",
        command=again,
    )
    notes = (*_gone(t, done.supervisors), Note(note))
    return Message(MessageKind.TEAM_SET_UP, (Heading(title), Facts(facts), *notes), title)


def _gone(t: Translator, supervisors: Iterable[Member]) -> tuple[Note, ...]:
    gone = [Person(each.name) for each in supervisors if each.has_left]
    if not gone:
        return ()
    line = t.line("Not here any more, and supervisors again if they come back: {people}.", people=t.people(gone))
    return (Note(line),)


def _members(t: Translator, settings: TeamSettings, n: int) -> Line:
    match settings.members_from:
        case MembersFrom.CHANNEL:
            return t.line_many(
                "{n} person besides them, in step with this channel",
                "{n} people besides them, in step with this channel",
                n,
            )
        case MembersFrom.LIST:
            return t.line_many("{n} person besides them, a fixed list", "{n} people besides them, a fixed list", n)
        case MembersFrom.GROUP:
            return t.line_many(
                "{n} person besides them, in step with the user group",
                "{n} people besides them, in step with the user group",
                n,
            )
        case _:
            assert_never(settings.members_from)


def _working_days(t: Translator, settings: TeamSettings) -> str:
    if not settings.working_days:
        return t("No days, so nobody is nudged")
    if settings.working_days == WEEKDAYS:
        return t("{first} to {last}", first=t.weekday(1), last=t.weekday(max(WEEKDAYS)))
    return t.names([t.weekday(day) for day in sorted(settings.working_days)])


def _digest(t: Translator, settings: TeamSettings) -> str:
    if settings.digest_day is None:
        return t("No digest")
    return t("{weekday} at {time}", weekday=t.weekday(settings.digest_day), time=on_the_clock(settings.digest_time))


def _next_digest(t: Translator, done: SetUp, own_zone: ZoneInfo) -> tuple[Fact, ...]:
    if done.next_digest is None:
        return ()
    zone = zone_of(done.team.settings.timezone)
    at = done.next_digest.astimezone(zone)
    when = t("{day} at {time}", day=t.day(at, zone), time=t.time(at, zone, own_zone))
    return (Fact(t("Next digest"), (strong(when),)),)


def _nudges(t: Translator, settings: TeamSettings) -> str:
    return t.many(
        "A supervisor is told after {n} day without recognition",
        "A supervisor is told after {n} days without recognition",
        settings.nudge_days,
    )


def away(t: Translator, until: date, today: date) -> Message:
    """Say back until when somebody is away, with a way to be back."""
    line = t.line(
        "You are away until {day}, that day included. Nobody is reminded about you.",
        day=strong(day_words(t, until, today)),
    )
    back = Buttons((Button(Action.BACK, t("I am back")),))
    return Message(MessageKind.ABSENCE, (Paragraph(line), back), plain(line))


def not_away(t: Translator, command: str, today: date) -> Message:
    """Say how to note an absence, to somebody who has none."""
    example = Code(t("{command} away until {day}", command=command, day=t.short_day(today + _EXAMPLE)))
    line = t.line("You are not away. To say that you will be, type until when, like this: {example}", example=example)
    return Message(MessageKind.ABSENCE, (Paragraph(line),), plain(line))


def back(t: Translator, *, was_away: bool) -> Message:
    """Confirm that somebody is back."""
    if was_away:
        line = t.line("Welcome back. You are no longer noted as away.")
    else:
        line = t.line("You were not noted as away, so nothing has changed.")
    return Message(MessageKind.ABSENCE, (Paragraph(line),), plain(line))


def day_words(t: Translator, day: date, today: date) -> str:
    """Write a day, with its year if it is far off."""
    return day_of_year(t, day) if day - today > _SOON else _day(t, day)


def day_of_year(t: Translator, day: date) -> str:
    """Write a day with its year: "Sunday 3 January 2027"."""
    return f"{_day(t, day)} {day.year}"


def _day(t: Translator, day: date) -> str:
    return t.day(datetime.combine(day, time(), UTC), UTC)
