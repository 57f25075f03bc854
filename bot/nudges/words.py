"""What a supervisor reads of nudges. The bot says who and how long, and what others said; the praise is theirs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Final, assert_never
from zoneinfo import ZoneInfo

from msgspec import Struct

from bot.i18n import Translator, plain, strong
from bot.identity import AccountRef, NudgeId
from bot.nudges.model import Evidence, Nudge, Reply, TeamDue
from bot.nudges.rules import Standing, Why, can_take_back, quiet_until
from bot.recognition.words import Action as RecognitionAction
from bot.teams.model import NudgeHabit, NudgeWishes
from bot.teams.rules import on_the_clock
from bot.teams.words import day_words
from bot.view.codec import pack
from bot.view.message import (
    Block,
    Button,
    Buttons,
    Code,
    Divider,
    Fact,
    Facts,
    Heading,
    Items,
    Line,
    Link,
    Message,
    MessageKind,
    Note,
    Paragraph,
    PeoplesWords,
    Person,
    Style,
    Text,
    Tone,
)


class Action(StrEnum):
    """The buttons of nudges."""

    RECOGNISE = "nudges.recognise"
    SNOOZE = "nudges.snooze"
    AWAY = "nudges.away"
    NOT_ON_TEAM = "nudges.not_on_team"
    UNDO = "nudges.undo"
    SETTINGS = "nudges.settings"


class Meant(Struct, frozen=True):
    """What a person's button carries: the nudge, and the person's account where it is shown, if they have one there.

    With the account, the form opens without a look into storage, however old the button is.
    """

    nudge: NudgeId
    account: str | None = None


@dataclass(frozen=True, slots=True)
class Told:
    """One part of a nudge's message: a person or a team, as it stands now.

    `teams` are the names of all teams of the person that the supervisor leads.
    """

    nudge: Nudge
    account: AccountRef | None = None
    evidence: tuple[Evidence, ...] = ()
    teams: tuple[str, ...] = ()


def nudge(t: Translator, parts: Sequence[Told], today: date, zone: ZoneInfo, command: str) -> Message:
    """Tell a supervisor, or show what has become of what they were told. There is at least one part."""
    blocks: list[Block] = []
    for part in parts:
        if blocks:
            blocks.append(Divider())
        blocks.extend(_part(t, part, today, zone))
    overview = Code(t("{command} nudges", command=command))
    note = t.line(
        "Only you see this. {command} shows who is due, and lets you choose when you are told.", command=overview
    )
    return Message(MessageKind.NUDGE, (*blocks, Note(note)), _summary(t, parts, today))


def _part(t: Translator, part: Told, today: date, zone: ZoneInfo) -> list[Block]:
    told = part.nudge
    if told.reply is not None:
        said = Paragraph(became(t, told, told.reply, today))
        return [said, Buttons((_undo(t, told),))] if can_take_back(told, today) else [said]
    if told.person is None:
        give = Button(RecognitionAction.GIVE, t("Recognise somebody"), tone=Tone.PRIMARY, form=True)
        return [Paragraph(_waits(t, told)), Buttons((give,))]
    evidence: tuple[Block, ...] = ()
    if part.evidence:
        lines = tuple(_said(t, each, zone) for each in part.evidence)
        evidence = (Note((Text(t("What others said lately:")),)), Items(lines))
    return [Paragraph(_waits(t, told)), *evidence, _buttons(t, part)]


def _waits(t: Translator, told: Nudge) -> Line:
    if told.person is None:
        return t.line_many(
            "Nobody in {team} has been recognised in {n} day.",
            "Nobody in {team} has been recognised in {n} days.",
            told.days,
            team=strong(told.team_name),
        )
    return t.line_many(
        "You haven't recognised {name} in {n} day.",
        "You haven't recognised {name} in {n} days.",
        told.days,
        name=Person(told.name),
    )


def _said(t: Translator, each: Evidence, zone: ZoneInfo) -> Line:
    line = t.line("{giver}: {reason}", giver=Person(each.giver), reason=PeoplesWords(each.reason))
    day = Text(f" · {t.day(each.at, zone)}", Style.QUIET)
    link = (Text(" · "), Link(t("The message it is about"), each.link)) if each.link else ()
    return (*line, day, *link)


def _buttons(t: Translator, part: Told) -> Buttons:
    told = part.nudge
    value = pack(Meant(told.id, part.account.id if part.account else None))
    sure = t(
        "Take {name} off {teams}? They stay off, also when a team follows its channel or group.",
        name=told.name,
        teams=t.names(part.teams or (told.team_name,)),
    )
    about = told.name
    return Buttons(
        (
            Button(Action.RECOGNISE, t("Recognise"), value, Tone.PRIMARY, form=True, about=about),
            Button(Action.SNOOZE, t("Snooze a week"), value, about=about),
            Button(Action.AWAY, t("Away until…"), value, form=True, about=about),
            Button(Action.NOT_ON_TEAM, t("Not on my team"), value, confirm=sure, cancel=t("Cancel"), about=about),
        )
    )


def _undo(t: Translator, told: Nudge) -> Button:
    return Button(Action.UNDO, t("Undo"), pack(Meant(told.id)), about=told.name)


def became(t: Translator, told: Nudge, reply: Reply, today: date) -> Line:
    """Say what has become of one part."""
    name = Person(told.name)
    until = told.until or today
    match reply:
        case Reply.RECOGNISED if told.person is None:
            return t.line_many(
                "Nobody in {team} had been recognised in {n} day; now somebody has.",
                "Nobody in {team} had been recognised in {n} days; now somebody has.",
                told.days,
                team=strong(told.team_name),
            )
        case Reply.RECOGNISED:
            return t.line("You have recognised {name}.", name=name)
        case Reply.SNOOZED:
            day = day_words(t, until + timedelta(days=1), today)
            return t.line("You will not be told about {name} before {day}.", name=name, day=day)
        case Reply.AWAY:
            return _away(t, told, until, today)
        case Reply.NOT_ON_TEAM:
            return t.line("{name} is not on a team of yours any more.", name=name)
        case _:
            assert_never(reply)


def _summary(t: Translator, parts: Sequence[Told], today: date) -> str:
    waiting = [part.nudge for part in parts if part.nudge.reply is None]
    people = [each for each in waiting if each.person is not None]
    if len(people) > 1:
        return t("You haven't recognised {names} lately.", names=t.names([each.name for each in people]))
    for each in (*people, *waiting):
        return plain(_waits(t, each))
    first = parts[0].nudge
    return plain(became(t, first, first.reply or Reply.RECOGNISED, today))


@dataclass(frozen=True, slots=True)
class Overview:
    """What a supervisor is shown when they ask: quiet teams, how everyone stands, and when the next look comes.

    `next_at` is aware; None if nothing comes. `today` is the day where the supervisor is.
    """

    teams: tuple[TeamDue, ...]
    standings: tuple[Standing, ...]
    wishes: NudgeWishes
    next_at: datetime | None
    timezone: str
    today: date


_WAITING: Final = (Why.TOLD, Why.SNOOZED, Why.AWAY)
"""Why somebody who waits is not brought up."""


def due(t: Translator, shown: Overview, zone: ZoneInfo) -> Message:
    """Show who is due and why, who waits without being brought up, and when the next look is."""
    title = t("Your nudges")
    named = [each for each in shown.standings if each.why is Why.DUE]
    waiting = [e for e in shown.standings if e.why in _WAITING and e.days >= e.report.nudge_days]
    fine = sum(each.why is not Why.LEFT for each in shown.standings) - len(named) - len(waiting)
    teams = tuple(
        t.line_many(
            "Nobody in {team}: {n} day without recognition by anyone",
            "Nobody in {team}: {n} days without recognition by anyone",
            each.days,
            team=strong(each.state.name),
        )
        for each in shown.teams
    )
    is_told = shown.wishes.habit is not NudgeHabit.OFF
    lines = (*teams, *(_due_line(t, each, is_told=is_told) for each in named))
    blocks: list[Block] = [Heading(title)]
    if lines:
        due_now = t("Due now") if is_told else t("Would be due now")
        blocks += [Paragraph((strong(due_now),)), Items(lines)]
    else:
        blocks.append(Paragraph((Text(t("Nobody is due.")),)))
    if waiting:
        told = tuple(_waiting_line(t, each, shown, zone) for each in waiting)
        blocks += [Paragraph((strong(t("Waiting, and left alone for now")),)), Items(told)]
    if fine:
        others = t.many(
            "{n} person was recognised by you in time, or is new.",
            "{n} people were recognised by you in time, or are new.",
            fine,
        )
        blocks.append(Note((Text(others),)))
    blocks += [_when(t, shown, zone), _settings(t), Note((Text(t("Only you see this.")),))]
    return Message(MessageKind.NUDGES_DUE, tuple(blocks), title)


def _due_line(t: Translator, each: Standing, *, is_told: bool) -> Line:
    if not is_told:
        return t.line_many(
            "{name}: not recognised by you in {n} day",
            "{name}: not recognised by you in {n} days",
            each.days,
            name=Person(each.report.name),
        )
    return t.line_many(
        "{name}: not recognised by you in {n} day; in {team} you are told after {limit}",
        "{name}: not recognised by you in {n} days; in {team} you are told after {limit}",
        each.days,
        name=Person(each.report.name),
        team=each.report.team_name,
        limit=t.number(each.report.nudge_days),
    )


def _waiting_line(t: Translator, each: Standing, shown: Overview, zone: ZoneInfo) -> Line:
    report = each.report
    name, days = Person(report.name), t.many("{n} day", "{n} days", each.days)
    if report.away_until is not None:
        until = day_words(t, report.away_until, shown.today)
        return t.line("{name}: {days}, away until {day}, that day included", name=name, days=days, day=until)
    again = day_words(t, quiet_until(report, zone) or shown.today, shown.today)
    if each.why is Why.TOLD and report.last_nudged:
        told = t.day(report.last_nudged, zone)
        if shown.wishes.habit is NudgeHabit.OFF:
            return t.line("{name}: {days}, you were told on {day}", name=name, days=days, day=told)
        return t.line(
            "{name}: {days}, you were told on {day}, and are not again before {again}",
            name=name,
            days=days,
            day=told,
            again=again,
        )
    return t.line("{name}: {days}, snoozed until {day}", name=name, days=days, day=again)


def _when(t: Translator, shown: Overview, zone: ZoneInfo) -> Facts:
    often = Fact(t("How often"), (Text(habit(t, shown.wishes.habit)),))
    if shown.next_at is None:
        return Facts((often,))
    at = shown.next_at.astimezone(zone)
    when = t("{day} at {time} ({zone})", day=t.day(at, zone), time=on_the_clock(at.time()), zone=shown.timezone)
    return Facts((often, Fact(t("Next look"), (Text(when),))))


def habit(t: Translator, chosen: NudgeHabit) -> str:
    """Name a habit."""
    match chosen:
        case NudgeHabit.DAILY:
            return t("On working days, when somebody is due")
        case NudgeHabit.WEEKLY:
            return t("Once a week, on the first working day")
        case NudgeHabit.OFF:
            return t("Never")
        case _:
            assert_never(chosen)


def _settings(t: Translator) -> Buttons:
    return Buttons((Button(Action.SETTINGS, t("Settings"), form=True),))


def answered(t: Translator, told: Nudge, until: date, today: date) -> Message:
    """Confirm until when somebody is away."""
    line = _away(t, told, until, today)
    return Message(MessageKind.NUDGE_ANSWERED, (Paragraph(line),), plain(line))


def _away(t: Translator, told: Nudge, until: date, today: date) -> Line:
    day = day_words(t, until, today)
    return t.line("{name} is away until {day}, that day included.", name=Person(told.name), day=day)
