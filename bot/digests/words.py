"""What people read of a team's week."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec

from bot.digests import rules
from bot.digests.model import Recognised, TeamWeek, WeekCount
from bot.i18n import Translator, plain, strong
from bot.points.model import Programme
from bot.points.words import named
from bot.recognition.words import Action as Giving
from bot.view.codec import pack
from bot.view.message import (
    Bar,
    Block,
    Button,
    Buttons,
    Chart,
    Divider,
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
    Span,
    Style,
    Text,
    Tone,
)

_FEW: Final = 3
"""So many kudos are read at a glance: nobody needs to be named ahead of them."""

_NAMED: Final = 80
"""So many names in a row are skimmed for one's own; in more of them it is not found. The others are counted."""

_NAMES: Final = 2000
_GIVERS: Final = 500
"""Letters of names. With the words around them they stay within what platforms allow a paragraph and small print."""


class Action(StrEnum):
    """The buttons of a digest that is planned."""

    SKIP = "digest_skip"
    LATER = "digest_later"
    USUAL = "digest_usual"


class Meant(msgspec.Struct, frozen=True):
    """Which digest a button means: the one of a team that is due at a moment. Pressed again, that one is no more."""

    team: UUID
    at: datetime


@dataclass(frozen=True, slots=True)
class Told:
    """A digest in words: the message, and what goes on in its thread."""

    message: Message
    thread: tuple[Message, ...]


@dataclass(frozen=True, slots=True)
class Plan:
    """When a team's next digest comes, and where it can be moved: to the one `following`, to a day `later`, or back.

    `usual` is when it would come without having been moved, if that is sooner.
    """

    team: UUID
    at: datetime
    following: datetime | None
    later: datetime | None
    usual: datetime | None


def digest(t: Translator, team: str, week: TeamWeek, programme: Programme) -> Told:
    """Tell a team its week, in the team's language. Names are set without mentions: a digest pings nobody."""
    title = t("The week in {team}", team=team)
    if not week.recognised:
        return Told(Message(MessageKind.DIGEST, (Heading(title), *_quiet(t, week.private)), title), ())
    folded = rules.fold(week.recognised)
    lead = _lead(t, week.recognised)
    blocks: list[Block] = [Heading(title)]
    if len(week.recognised) > _FEW:
        blocks.append(Paragraph((*lead, Text(": "), *_names(t, rules.everyone(week.recognised), _NAMES), Text("."))))
    blocks += [_said(t, folded.shown), *_more(t, folded.more), *_behaviours(t, week.recognised, programme)]
    blocks += [chart(t, week.weeks), *_small_print(t, week)]
    summary = f"{title}: {plain(lead)}"
    thread = tuple(Message(MessageKind.DIGEST_THREAD, (_said(t, page),), title) for page in folded.thread)
    return Told(Message(MessageKind.DIGEST, tuple(blocks), summary), thread)


def _quiet(t: Translator, private: int) -> tuple[Block, ...]:
    ask = t("It was a quiet week for kudos. Who helped you, or a customer, in a way that is worth a few words?")
    give = Buttons((Button(Giving.GIVE, t("Give kudos"), tone=Tone.PRIMARY, form=True),))
    told = t.many("{n} kudos was given in private.", "{n} kudos were given in private.", private)
    secret = (Note((Text(told),)),) if private else ()
    return (Paragraph((Text(ask),)), *secret, give)


def _lead(t: Translator, recognised: Sequence[Recognised]) -> Line:
    kudos = t.many("{n} kudos", "{n} kudos", len(recognised))
    people = t.many("{n} person", "{n} people", len({person for each in recognised for person, _ in each.receivers}))
    return t.line("{kudos} for {people}", kudos=strong(kudos), people=strong(people))


def _names(t: Translator, names: Sequence[str], letters: int) -> Line:
    """Name people as far as there is room, and count the others."""
    room = letters
    fitting: list[Span] = []
    for name in names:
        room -= len(name) + 2
        if len(fitting) == _NAMED or (room < 0 and fitting):
            break
        fitting.append(Person(name))
    left = len(names) - len(fitting)
    return t.people([*fitting, Text(t.many("{n} more", "{n} more", left))] if left else fitting)


def _said(t: Translator, recognised: Sequence[Recognised]) -> Items:
    return Items(tuple(_line(t, each) for each in recognised))


def _line(t: Translator, told: Recognised) -> Line:
    line = t.line(
        "{giver} to {receivers}: {reason}",
        giver=Person(told.giver_name),
        receivers=t.people([Person(name) for _, name in told.receivers]),
        reason=PeoplesWords(told.reason),
    )
    by = (Text(f" · {t('Supervisor recognition')}", Style.QUIET),) if told.by_supervisor else ()
    about = (Text(" · "), Link(t("The message it is about"), told.link)) if told.link else ()
    return (*line, *by, *about)


def _more(t: Translator, more: int) -> tuple[Block, ...]:
    if not more:
        return ()
    return (Note((Text(t.many("And {n} more, in the thread.", "And {n} more, in the thread.", more)),)),)


def _behaviours(t: Translator, recognised: Sequence[Recognised], programme: Programme) -> tuple[Block, ...]:
    marks: list[Span] = []
    for code, count in rules.behaviours(recognised):
        for words in named(t, programme, (code,)):
            marks += [Text(" · ")] if marks else []
            marks += [Text(f"#{words.tag}", Style.STRONG), *([Text(f" × {t.number(count)}")] if count > 1 else [])]
    return (Paragraph(t.line("What it was for: {behaviours}", behaviours=tuple(marks))),) if marks else ()


def chart(t: Translator, weeks: Sequence[WeekCount]) -> Chart:
    """Show a team's last weeks, each by the day it began."""
    bars = tuple(Bar(t.short_day(week.begins), week.kudos) for week in weeks)
    figures = t.names([f"{bar.label} {t.number(bar.value)}" for bar in bars])
    return Chart(t("The last eight weeks"), bars, t("Kudos in the weeks from: {figures}.", figures=figures))


def _small_print(t: Translator, week: TeamWeek) -> tuple[Block, ...]:
    lines: list[Line] = []
    if week.private:
        told = t.many("{n} more was given in private.", "{n} more were given in private.", week.private)
        lines.append((Text(told),))
    if 0 < week.coverage.members == week.coverage.recognised:
        lines.append((Text(t("Everyone in the team was recognised in the last 30 days.")),))
    elif week.coverage.recognised:
        covered = t.many(
            "{n} of {members} was recognised in the last 30 days.",
            "{n} of {members} were recognised in the last 30 days.",
            week.coverage.recognised,
            members=t.number(week.coverage.members),
        )
        lines.append((Text(covered),))
    lines.append(t.line("Thanks to {givers} for saying it.", givers=_names(t, rules.givers(week.recognised), _GIVERS)))
    return tuple(Note(line) for line in lines)


@dataclass(frozen=True, slots=True)
class Clocks:
    """The zone that a team's digest goes by, and its reader's."""

    team: ZoneInfo
    reader: ZoneInfo


def preview(t: Translator, told: Told, plan: Plan | None, clocks: Clocks) -> Message:
    """Show somebody what their team's digest would say now. With a plan, let them move it. `t` is the reader's."""
    note = Note((Text(t("Only you can see this. Posted now, the digest would say:")),))
    blocks = (note, Divider(), *told.message.blocks)
    if plan is not None:
        blocks = (*blocks, Divider(), *_planned(t, plan, clocks))
    return Message(MessageKind.DIGEST_PLANNED, blocks, t("Your team's next digest"))


def planned(t: Translator, done: Action | None, plan: Plan, clocks: Clocks) -> Message:
    """Say when the next digest comes, after a button; `done` is None if the button meant one that is no more."""
    sentences = {
        Action.SKIP: t("That digest is skipped. Its kudos will be in the next one."),
        Action.LATER: t("The digest comes a day later."),
        Action.USUAL: t("The digest is back at its usual time."),
    }
    blocks = _planned(t, plan, clocks)
    if done is not None:
        blocks = (Paragraph((Text(sentences[done]),)), *blocks)
    return Message(MessageKind.DIGEST_PLANNED, blocks, t("Your team's next digest"))


def _planned(t: Translator, plan: Plan, clocks: Clocks) -> tuple[Block, ...]:
    line = t.line(
        "The next digest is posted {day} at {time}.",
        day=strong(t.day(plan.at, clocks.team)),
        time=strong(t.time(plan.at, clocks.team, clocks.reader)),
    )
    meant = pack(Meant(plan.team, plan.at))
    buttons = [Button(Action.SKIP, t("Skip this one"), meant)]
    if plan.later is not None:
        buttons.append(Button(Action.LATER, t("A day later"), meant))
    if plan.usual is not None:
        buttons.append(Button(Action.USUAL, t("Back to the usual time"), meant))
    return (Paragraph(line), Buttons(tuple(buttons)))
