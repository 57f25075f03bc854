"""Teams' limits, and how a message is made to meet them: what matters stays, and what was cut is counted.

Teams documents 28 KB for a message and takes somewhat more in places; 25 KB leaves room for what it adds itself
(https://learn.microsoft.com/microsoftteams/platform/bots/how-to/format-your-bot-messages).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final, TypeAlias, assert_never

import regex

from bot.view.message import (
    Block,
    Button,
    Buttons,
    Chart,
    Code,
    Divider,
    Fact,
    Facts,
    Heading,
    Items,
    Line,
    Link,
    Note,
    Paragraph,
    PeoplesWords,
    Person,
    Quote,
    Span,
    Text,
)

CARD: Final = 24_000
"""Bytes of a card's body. What stands around it stays under the kilobyte that is left."""

ROW: Final = 6
"""Buttons in a row. Teams shows no more of one."""

CARRIED_TWICE: Final = 400
"""Characters of a button's value above which it is carried once: an Action.Execute carries it again in its fallback."""

TITLE: Final = 150
TEXT: Final = 2_000
ITEM: Final = 600
LABEL: Final = 100
OPTION: Final = 160
SUMMARY: Final = 300
OPTIONS: Final = 100
URL: Final = 2_000

_LIST: Final = 0.6
"""The part of a card that one list may take."""

_HEAD: Final = 0.2
"""The part of a card that stays for what stands above buttons and small print, and that one row of buttons may take."""

_SPAN: Final = 300
"""Bytes around the text of a span, a mention of somebody included; links are weighed."""

_FEW: Final = 8
_TOO_MUCH: Final = 10 * CARD

Weigh: TypeAlias = Callable[[Block], int]
"""Says how many bytes a block takes in a card."""


def cut(text: str, most: int) -> str:
    """Shorten a text to `most` characters, between graphemes, with an ellipsis in place of what went."""
    if len(text) <= most:
        return text
    kept: list[str] = []
    room = most - 1
    for match in regex.finditer(r"\X", text):
        room -= len(match.group())
        if room < 0:
            break
        kept.append(match.group())
    return "".join(kept).rstrip() + "…"


def fit(blocks: tuple[Block, ...], weigh: Weigh, room: int = CARD) -> tuple[Block, ...]:
    """Make blocks fit into `room` bytes."""
    if sum(map(_at_most, blocks)) <= room:
        return blocks
    fitted = [each for block in blocks for each in _shorten(block, weigh, room) if not _empty(each)]
    if sum(map(weigh, fitted)) <= room:
        return tuple(fitted)
    return _drop_middle(fitted, weigh, room)


def _at_most(block: Block) -> int:
    """Say how many bytes a block takes at most, without drawing it. More than any room: it must be looked at.

    A character takes six bytes at most, as an escape in JSON. Most of our messages are so small that this settles it.
    """
    match block:
        case Paragraph(line=line) | Quote(line=line) | Note(line=line):
            size = sum(_length(span) + (len(span.url) if isinstance(span, Link) else 0) for span in line)
            return _SPAN * (len(line) + 1) + 6 * size if 0 < size <= ITEM and all(map(_length, line)) else _TOO_MUCH
        case Heading(text=text):
            return _SPAN + 6 * len(text) if text.strip() and len(text) <= TITLE else _TOO_MUCH
        case Buttons(buttons=(Button(confirm=None) as button,)):
            known = max(len(button.label), len(button.about)) <= LABEL and len(button.value) <= CARRIED_TWICE
            said = len(button.label) + len(button.spoken) + len(button.value) + len(button.action)
            return 4 * _SPAN + 12 * said if known else _TOO_MUCH
        case Facts(facts=facts) if len(facts) <= _FEW:
            return sum(_at_most(Note((Text(fact.label or "-"), *fact.value))) for fact in facts) or _TOO_MUCH
        case _:
            return _TOO_MUCH


def _drop_middle(blocks: list[Block], weigh: Weigh, room: int) -> tuple[Block, ...]:
    """Keep the beginning and the small print and buttons at the end; count what went from between."""
    start = len(blocks)
    left = room - 200
    while (
        start > 0 and isinstance(blocks[start - 1], Note | Buttons) and left - weigh(blocks[start - 1]) >= room * _HEAD
    ):
        start -= 1
        left -= weigh(blocks[start])
    head: list[Block] = []
    for block in blocks[:start]:
        left -= weigh(block)
        if left < 0:
            break
        head.append(block)
    dropped = start - len(head)
    return (*head, Note((Text(f"+{dropped}"),)), *blocks[start:])


def _shorten(block: Block, weigh: Weigh, room: int) -> Iterator[Block]:
    match block:
        case Heading(text=text):
            yield Heading(cut(text, TITLE))
        case Paragraph(line=line) | Quote(line=line):
            yield type(block)(cut_line(line, TEXT))
        case Facts(facts=facts):
            yield Facts(_few_facts(facts, weigh, room))
        case Items(lines=lines):
            yield Items(_few_lines(lines, weigh, room))
        case Note(line=line):
            yield Note(cut_line(line, ITEM))
        case Divider():
            yield block
        case Buttons(buttons=buttons):
            yield from _rows(buttons, weigh, room)
        case Chart(title=title, bars=bars, text=text):
            yield Chart(cut(title, TITLE), bars, cut(text, TEXT))
        case _:
            assert_never(block)


def _rows(buttons: tuple[Button, ...], weigh: Weigh, room: int) -> Iterator[Buttons]:
    """Put buttons into rows, each light enough that some stay where not all can."""
    row: list[Button] = []
    for button in map(_short_button, buttons):
        if row and (len(row) == ROW or weigh(Buttons((*row, button))) > room * _HEAD):
            yield Buttons(tuple(row))
            row = []
        row.append(button)
    if row:
        yield Buttons(tuple(row))


def _few_lines(lines: tuple[Line, ...], weigh: Weigh, room: int) -> tuple[Line, ...]:
    kept: list[Line] = []
    left = room * _LIST
    for line in lines:
        short = cut_line(line, ITEM)
        if not short:
            continue
        left -= weigh(Items((short,)))
        if left < 0:
            break
        kept.append(short)
    missing = sum(1 for line in lines if cut_line(line, ITEM)) - len(kept)
    return (*kept, (Text(f"+{missing}"),)) if missing else tuple(kept)


def _few_facts(facts: tuple[Fact, ...], weigh: Weigh, room: int) -> tuple[Fact, ...]:
    kept: list[Fact] = []
    left = room * _LIST
    for fact in facts:
        short = Fact(cut(fact.label, LABEL), cut_line(fact.value, ITEM))
        left -= weigh(Facts((short,)))
        if left < 0:
            break
        kept.append(short)
    missing = len(facts) - len(kept)
    return (*kept, Fact(f"+{missing}", ())) if missing else tuple(kept)


def _short_button(button: Button) -> Button:
    confirm = None if button.confirm is None else cut(button.confirm, ITEM)
    label, cancel = cut(button.label, LABEL), cut(button.cancel, LABEL)
    about = cut(button.about, LABEL)
    return Button(button.action, label, button.value, button.tone, confirm, cancel, button.form, about)


def cut_line(line: Line, most: int) -> Line:
    """Shorten a line to `most` characters; later spans go first, and empty ones go."""
    kept: list[Span] = []
    room = most
    for span in line:
        size = _length(span)
        if size == 0:
            continue
        if size <= room:
            kept.append(span)
            room -= size
            continue
        if room > 1:
            kept.append(_cut_span(span, room))
        break
    return tuple(kept)


def _length(span: Span) -> int:
    return (len(span.name) or 1) if isinstance(span, Person) else len(span.text)


def _cut_span(span: Span, room: int) -> Span:
    match span:
        case Text(text=text, style=style):
            return Text(cut(text, room), style)
        case Person(name=name):
            return Person(cut(name, room))
        case PeoplesWords(text=text):
            return PeoplesWords(cut(text, room))
        case Code(text=text):
            return Code(cut(text, room))
        case Link(text=text, url=url):
            return Link(cut(text, room), url)
        case _:
            assert_never(span)


def _empty(block: Block) -> bool:
    match block:
        case Heading(text=text):
            return not text.strip()
        case Paragraph(line=line) | Quote(line=line) | Note(line=line):
            return not line
        case Facts(facts=facts):
            return not facts
        case Items(lines=lines):
            return not lines
        case Buttons(buttons=buttons):
            return not buttons
        case Chart(text=text):
            return not text.strip()
        case Divider():
            return False
        case _:
            assert_never(block)
