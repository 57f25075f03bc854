"""What people read when kudos are given and taken back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import assert_never
from zoneinfo import ZoneInfo

from bot.i18n import Translator, plain, strong
from bot.identity import KudosId
from bot.incoming import Mention
from bot.people.model import Colleague
from bot.points.words import points as points_of
from bot.recognition.model import TeamKudos
from bot.view.message import (
    Block,
    Button,
    Buttons,
    Code,
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
    Quote,
    Span,
    Style,
    Text,
    Tone,
)


class Action(StrEnum):
    """The buttons of recognition."""

    UNDO = "undo"
    CHOOSE = "choose"
    GIVE = "give"


class Audience(StrEnum):
    """Who learns of a kudos besides its receivers. ALONE: nobody, as it was given where nobody else is."""

    TEAM = "team"
    HERE = "here"
    ALONE = "alone"
    NOBODY = "nobody"
    PRIVATE = "private"


@dataclass(frozen=True, slots=True)
class Told:
    """A kudos as it is told. `points` are per receiver; `behaviours` are tags in the reader's language."""

    giver: Colleague
    receivers: tuple[Colleague, ...]
    reason: str
    link: str | None
    behaviours: tuple[str, ...]
    points: int
    private: bool
    by_supervisor: bool


def person(colleague: Colleague) -> Person:
    """Name somebody, as a mention where the platform can."""
    return Person(colleague.name, colleague.account)


def people(t: Translator, colleagues: Sequence[Colleague]) -> Line:
    """Name several."""
    return t.people([person(colleague) for colleague in colleagues])


def shout_out(t: Translator, told: Told) -> Message:
    """Tell the team. Spoken in the giver's language, as the reason most likely is."""
    line = t.line("{giver} recognised {receivers}", giver=person(told.giver), receivers=people(t, told.receivers))
    return Message(MessageKind.SHOUT_OUT, (Paragraph(line), *_said(told), _marks(t, told)), plain(line))


def receiver_note(t: Translator, told: Told, receiver: Colleague) -> Message:
    """Tell one receiver, privately."""
    others = [person(colleague) for colleague in told.receivers if colleague.person != receiver.person]
    line = (
        t.line(
            "{giver} recognised {receivers}", giver=person(told.giver), receivers=t.people([Text(t("you")), *others])
        )
        if others
        else t.line("{giver} recognised you", giver=person(told.giver))
    )
    return Message(
        MessageKind.RECEIVER_NOTE,
        (Paragraph(line), *_said(told), _marks(t, told), *_secrecy(t, told, others=bool(others))),
        plain(line),
    )


def _secrecy(t: Translator, told: Told, *, others: bool) -> tuple[Block, ...]:
    if not told.private:
        return ()
    text = t("This is private: only those named can see it.") if others else t("This is private: only you can see it.")
    return (Note((Text(text),)),)


def _said(told: Told) -> tuple[Block, ...]:
    return (Quote((PeoplesWords(told.reason),)),)


def _marks(t: Translator, told: Told) -> Note:
    marks: list[Span] = [Text(f"#{tag}", Style.STRONG) for tag in told.behaviours]
    each = len(told.receivers) > 1
    n = told.points
    marks.append(Text(t.many("{n} point each", "{n} points each", n) if each else points_of(t, n)))
    if told.by_supervisor:
        marks.append(Text(t("Supervisor recognition")))
    if told.link:
        marks.append(Link(t("The message it is about"), told.link))
    line: list[Span] = []
    for mark in marks:
        line.extend((Text(" · "), mark) if line else (mark,))
    return Note(tuple(line))


@dataclass(frozen=True, slots=True)
class Receipted:
    """What the giver's receipt says besides the kudos: the allowance after it, and when that refills.

    `again` says that they have just given the very same.
    """

    kudos: KudosId
    audience: Audience
    left: int
    limit: int
    refills: datetime
    again: bool = False


def receipt(t: Translator, told: Told, facts: Receipted, zone: ZoneInfo) -> Message:
    """Confirm to the giver, with Undo."""
    everyone = people(t, told.receivers)
    line = t.line("You recognised {receivers}.", receivers=everyone)
    match facts.audience:
        case Audience.TEAM:
            seen = t.line("They have been told, and the team sees it in its channel.")
        case Audience.HERE:
            seen = t.line("They have been told, and everyone here sees it.")
        case Audience.ALONE:
            seen = t.line_many(
                "Only {receivers} was told.",
                "Only {receivers} were told.",
                len(told.receivers),
                receivers=everyone,
            )
        case Audience.NOBODY:
            seen = t.line_many(
                "I cannot post here, so only {receivers} was told.",
                "I cannot post here, so only {receivers} were told.",
                len(told.receivers),
                receivers=everyone,
            )
        case Audience.PRIVATE:
            seen = t.line_many(
                "It is private: only {receivers} knows.",
                "It is private: only {receivers} know.",
                len(told.receivers),
                receivers=everyone,
            )
        case _:
            assert_never(facts.audience)
    left = t.line(
        "{points} left to give of {limit} this week; refills on {day}.",
        points=strong(points_of(t, facts.left)),
        limit=t.number(facts.limit),
        day=t.day(facts.refills, zone),
    )
    twice = t("You gave the same a moment ago, and both count. Undo takes back this one.")
    return Message(
        MessageKind.RECEIPT,
        (
            Paragraph((*line, Text(" "), *seen)),
            *_said(told),
            _marks(t, told),
            *([Note((Text(twice),))] if facts.again else []),
            Note(left),
            Buttons((Button(Action.UNDO, t("Undo"), str(facts.kudos)),)),
        ),
        plain(line),
    )


def undone(t: Translator, left: int | None, limit: int, reason: str = "") -> Message:
    """Confirm that a kudos was taken back. `left` is None if it was of an earlier week, whose allowance is past.

    `reason` says which it was, to whoever did not press its own button.
    """
    line: Line = (Text(t("Taken back. Its messages are removed, and nobody is told.")),)
    blocks: tuple[Block, ...] = (Paragraph(line), *([Quote((PeoplesWords(reason),))] if reason else []))
    if left is not None:
        note = t.line(
            "{points} left to give of {limit} this week.",
            points=strong(points_of(t, left)),
            limit=t.number(limit),
        )
        blocks = (*blocks, Note(note))
    return Message(MessageKind.UNDONE, blocks, t("Taken back."))


def withdrawn(t: Translator) -> Message:
    """Stand in for a message that the platform does not let us remove."""
    line: Line = (Text(t("This message was withdrawn."), Style.QUIET),)
    return Message(MessageKind.WITHDRAWN, (Paragraph(line),), plain(line))


def choice(
    t: Translator, written: str, candidates: Sequence[tuple[Mention, str]], *, more: bool, reason: str = ""
) -> Message:
    """Ask whom a name means, or whether it means the one candidate there is.

    Each candidate comes with its button's value; `more` says that not all are shown. A `reason` is shown as it would be
    read, where more of the name may be in it.
    """
    if len(candidates) == 1:
        line = t.line("Do you mean {name}?", name=Person(candidates[0][0].label))
    else:
        line = t.line("Several people are called {name}. Who do you mean?", name=Person(written))
    buttons = tuple(Button(Action.CHOOSE, mention.label, value) for mention, value in candidates)
    quote = (Quote((PeoplesWords(reason),)),) if reason else ()
    blocks: tuple[Block, ...] = (Paragraph(line), *quote, Buttons(buttons))
    if more:
        blocks = (*blocks, Note((Text(t("Somebody else? Type more of the name.")),)))
    return Message(MessageKind.CHOICE, blocks, plain(line))


def team_week(t: Translator, team: str, kudos: Sequence[TeamKudos], zone: ZoneInfo) -> Message:
    """Show what a team said of each other this week."""
    title = t("This week in {team}", team=team)
    if not kudos:
        quiet = Paragraph((Text(t("Nothing yet this week. Who helped you lately?")),))
        give = Buttons((Button(Action.GIVE, t("Give kudos"), tone=Tone.PRIMARY, form=True),))
        return Message(MessageKind.TEAM_WEEK, (Heading(title), quiet, give), title)
    lines = tuple(
        (
            *t.line(
                "{giver} to {receivers}: {reason}",
                giver=Person(each.giver),
                receivers=t.people([Person(name) for name in each.receivers]),
                reason=PeoplesWords(each.reason),
            ),
            Text(f" · {t.day(each.at, zone)}", Style.QUIET),
        )
        for each in kudos
    )
    count = t.many("{n} kudos so far.", "{n} kudos so far.", len(kudos))
    return Message(MessageKind.TEAM_WEEK, (Heading(title), Paragraph((Text(count),)), Items(lines)), title)


def fault(t: Translator, reference: str) -> Message:
    """Own up to a fault of ours."""
    line = t.line(
        "Something went wrong on our side. Please try again; if it stays, show your administrator this: {reference}",
        reference=Code(reference),
    )
    return Message(MessageKind.FAULT, (Paragraph(line),), plain(line))


def out_of_reach(t: Translator) -> Message:
    """Tell somebody, where others read it too, that they could not be answered in private; not what the answer was."""
    line = t.line(
        "What you asked is answered in your own chat with me, and I cannot write there. Add me to your own chats, or "
        "unblock me, and ask again."
    )
    return Message(MessageKind.REFUSAL, (Paragraph(line),), plain(line))
