"""What administrators read when workspaces are joined."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import tzinfo
from enum import StrEnum
from typing import Final

from msgspec import Struct

from bot.i18n import Translator, plain
from bot.identity import OrganisationId
from bot.linking.model import Joined, Preview, Side
from bot.linking.rules import shown
from bot.linking.service import Given, Looked
from bot.points.model import Programme
from bot.points.words import in_language
from bot.view.codec import pack
from bot.view.message import (
    Block,
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
    Span,
    Text,
    Tone,
)

NAMED: Final = 5
"""Names shown of those who would become one, and of each side's teams: enough to see whether it is right."""


class Action(StrEnum):
    """The buttons of joining."""

    JOIN = "link_join"
    LEAVE = "link_leave"


class JoinState(Struct, frozen=True):
    """What the Join button carries: the code, and the organisation that was shown for it."""

    code: str
    staying: OrganisationId


def code(t: Translator, given: Given, zone: tzinfo, command: str) -> Message:
    """Show a code to whoever asked for it."""
    typed = Code(t("{command} link {code}", command=command, code=shown(given.code)))
    until = f"{given.until.astimezone(zone):%H:%M}"
    notes = (
        t("It works once, until {time}. Whoever types it first sees what would join, and can leave it.", time=until),
        t("This side's behaviours and points will count for both. Give the code to nobody but that administrator."),
    )
    line = t.line("An administrator of the workspace that is to join this one types there: {command}", command=typed)
    title = t("Join another workspace")
    blocks: tuple[Block, ...] = (Heading(title), Paragraph(line), *(Note((Text(note),)) for note in notes))
    return Message(MessageKind.LINK_CODE, blocks, title)


def preview(t: Translator, looked: Looked) -> Message:
    """Show what would join, with the buttons that decide it."""
    both = looked.preview
    single = both.staying.people + both.joining.people - 2 * len(both.united)
    facts = (
        Fact(t("The other side"), _side(t, both.staying)),
        Fact(t("This side"), _side(t, both.joining)),
        Fact(t("Become one person, by e-mail"), _united(t, both)),
        Fact(t("Stay as they are"), (Text(t.many("{n} person", "{n} people", single)),)),
        *_renamed(t("Teams that get another name"), t, both.renamed),
        Fact(t("Points and allowances"), (Text(t("Add up for whoever becomes one person")),)),
        Fact(t("Behaviours"), (Text(_behaviours(t, looked.programme)),)),
        Fact(t("Points of one kudos"), (Text(_bounds(t, looked.programme)),)),
    )
    line = t.line(
        "This workspace would become part of {name}, with everything given here so far.", name=Person(both.staying.name)
    )
    state = pack(JoinState(looked.code, looked.staying))
    question = t("Join the workspaces? It cannot be undone.")
    cancel = t("Cancel")
    buttons = Buttons(
        (
            Button(Action.JOIN, t("Join"), state, Tone.PRIMARY, confirm=question, cancel=cancel),
            Button(Action.LEAVE, cancel),
        )
    )
    note = Note((Text(t("It cannot be undone. Those whose e-mail address is the same on both sides become one.")),))
    title = t("What would join")
    return Message(MessageKind.LINK_PREVIEW, (Heading(title), Paragraph(line), Facts(facts), note, buttons), title)


def joined(t: Translator, done: Joined | None) -> Message:
    """Say that the workspaces are one organisation."""
    if done is None:
        return _answered(t.line("The workspaces are joined already."))
    name = Person(done.name)
    line = t.line("This workspace is part of {name} now.", name=name)
    if done.united:
        line = t.line_many(
            "This workspace is part of {name} now. {n} person is known on both sides.",
            "This workspace is part of {name} now. {n} people are known on both sides.",
            done.united,
            name=name,
        )
    renamed = _renamed(t("Teams that have another name now"), t, done.renamed)
    return _answered(line, *((Facts(renamed),) if renamed else ()))


def left(t: Translator) -> Message:
    """Say that nothing has joined."""
    return _answered(t.line("Nothing has joined. The code works until its time is over."))


def _answered(line: Line, *more: Block) -> Message:
    return Message(MessageKind.LINK_ANSWERED, (Paragraph(line), *more), plain(line))


def _renamed(label: str, t: Translator, names: Sequence[tuple[str, str]]) -> tuple[Fact, ...]:
    return (Fact(label, _some(t, [f"{old} → {new}" for old, new in names])),) if names else ()


def _side(t: Translator, side: Side) -> Line:
    line: list[Span] = [Person(side.name), Text(" · "), Text(t.many("{n} person", "{n} people", side.people))]
    if side.teams:
        line += [Text(" · "), Text(t.many("{n} team", "{n} teams", len(side.teams))), Text(": ")]
        line += _some(t, side.teams)
    return tuple(line)


def _united(t: Translator, both: Preview) -> Line:
    number = Text(t.many("{n} person", "{n} people", len(both.united)))
    return (number, Text(": "), *_some(t, both.united)) if both.united else (number,)


def _some(t: Translator, names: Sequence[str]) -> Line:
    few: list[Span] = [Person(name) for name in names[:NAMED]]
    more = len(names) - NAMED
    if more > 0:
        few.append(Text(t.many("{n} more", "{n} more", more)))
    return t.people(few)


def _behaviours(t: Translator, programme: Programme) -> str:
    return t.names([f"#{in_language(t, each).tag}" for each in programme.behaviours]) or t("No list yet")


def _bounds(t: Translator, programme: Programme) -> str:
    return t(
        "{least} to {most}, {default} unless said otherwise",
        least=t.number(programme.points_least),
        most=t.number(programme.points_most),
        default=t.number(programme.points_default),
    )
