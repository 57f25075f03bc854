"""Teams' limits, and how a message is made to meet them: what matters stays, and what was cut is counted.

Teams documents 28 KB for a message and takes somewhat more in places; 25 KB leaves room for what it adds itself
(https://learn.microsoft.com/microsoftteams/platform/bots/how-to/format-your-bot-messages).
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterator
from typing import Final, TypeAlias, assert_never

import msgspec

from adapters.shorten import Shortener, is_empty
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
"""Bytes of a card's body. What stands around it, a summary twice, stays under the 1,600 that are left."""

FORM: Final = 24_900
"""Bytes of a form's card, a summary included. What stands around it is a title and a summary more."""

ROW: Final = 2
"""Buttons in a row. A phone cuts off those that do not fit beside each other."""

ROW_TEXT: Final = 32
"""Characters of the buttons in a row: what a phone of 320 pixels has room for."""

CARRIED_TWICE: Final = 400
"""Characters of a button's value above which it is carried once: an Action.Execute carries it again in its fallback."""

TITLE: Final = 150
TEXT: Final = 2_500
ITEM: Final = 600
LABEL: Final = 100
OPTION: Final = 160
OPTIONS: Final = 100
URL: Final = 2_000

SUMMARY: Final = 400
"""Bytes of a summary. A message has it twice: for notifications, and for clients that show no cards."""

_LIST: Final = 0.6
"""The part of a card that one list may take."""

_LINE: Final = 0.5
"""The part of a card that one line may take."""

_HEAD: Final = 0.2
"""The part of a card that stays for what stands above buttons and small print, and that one row of buttons may take."""

_COUNT: Final = 200
"""Bytes of the note that counts what was left out."""

GROWS: Final = 50
"""Bytes that a block, a mention or a question may take beside others more than alone: a rule above, a number."""

_SPAN: Final = 300
"""Bytes around the text of a span, a mention of somebody included; links are weighed."""

_FEW: Final = 8
_TOO_MUCH: Final = 10 * CARD

Weigh: TypeAlias = Callable[[Block], int]
"""Says how many bytes a block takes in a card."""

_WeighLine: TypeAlias = Callable[[Line], int]
"""Says how many bytes a line takes as what it is there."""


def in_json(text: str) -> int:
    """Count the bytes of a text in JSON, without the quotation marks around it."""
    return len(msgspec.json.encode(text)) - len('""')


_characters: Final = Shortener(len)
cut: Final = _characters.cut
cut_bytes: Final = Shortener(in_json).cut


def summary(text: str) -> str:
    """Shorten a message's summary."""
    return cut_bytes(text, SUMMARY)


def fit(blocks: tuple[Block, ...], weigh: Weigh, room: int = CARD) -> tuple[Block, ...]:
    """Make blocks fit into `room` bytes."""
    if sum(map(_at_most, blocks)) <= room:
        return blocks
    # A block is held to its part of the room only where not everything has room.
    for whole in (_TOO_MUCH, room):
        fitted = [each for block in blocks for each in _shorten(block, weigh, whole) if not is_empty(each)]
        if sum(map(weigh, fitted)) <= room:
            return tuple(fitted)
    return _drop_middle(fitted, weigh, room)


def _at_most(block: Block) -> int:
    """Say how many bytes a block takes at most, without drawing it. More than any room: it must be looked at.

    A character takes six bytes at most, as an escape in JSON. Most of our messages are so small that this settles it.
    """
    match block:
        case Paragraph(line=line) | Quote(line=line) | Note(line=line):
            sizes = [_written(span) for span in line]
            size = sum(sizes)
            if not line or not all(sizes) or size > ITEM:
                return _TOO_MUCH
            return _SPAN * (len(line) + 1) + 6 * size
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


def _written(span: Span) -> int:
    """Count the characters of a span where each is written: a name that is mentioned three times, a link's address.

    0 of one that may show nothing.
    """
    match span:
        case Person(name=name):
            return 3 * len(name)
        case Link(text=text, url=url):
            return len(text) + len(url) if text else 0
        case Text(text=text) | PeoplesWords(text=text) | Code(text=text):
            return len(text)
        case _:
            assert_never(span)


def _drop_middle(blocks: list[Block], weigh: Weigh, room: int) -> tuple[Block, ...]:
    """Keep the beginning and the small print and buttons at the end; count what went from between."""
    start = len(blocks)
    left = room - _COUNT
    while (
        start > 0 and isinstance(blocks[start - 1], Note | Buttons) and left - weigh(blocks[start - 1]) >= room * _HEAD
    ):
        start -= 1
        left -= weigh(blocks[start])
    head = list(_beginning(blocks[:start], weigh, left, room * _HEAD))
    dropped = start - len(head)
    return (*head, *((Note((Text(f"+{dropped}"),)),) if dropped else ()), *blocks[start:])


def _beginning(blocks: list[Block], weigh: Weigh, left: int, worth: float) -> Iterator[Block]:
    """Give the first of some blocks, and as much of the next as fits, if what is left is `worth` it."""
    for block in blocks:
        if weigh(block) <= left:
            left -= weigh(block)
            yield block
            continue
        smaller = list(_shorten(block, weigh, left)) if left >= worth else []
        if len(smaller) == 1 and weigh(smaller[0]) <= left:
            yield smaller[0]
        return


def _shorten(block: Block, weigh: Weigh, room: int) -> Iterator[Block]:
    match block:
        case Heading(text=text):
            yield Heading(cut(text, TITLE))
        case Paragraph(line=line) | Quote(line=line):
            kind = type(block)
            yield kind(_lighter(line, TEXT, lambda line: weigh(kind(line)), room))
        case Facts(facts=facts):
            yield Facts(_few_facts(facts, weigh, room))
        case Items(lines=lines):
            yield Items(_few_lines(lines, weigh, room))
        case Note(line=line):
            yield Note(_lighter(line, ITEM, lambda line: weigh(Note(line)), room))
        case Divider():
            yield block
        case Buttons(buttons=buttons):
            yield from _rows(buttons, weigh, room)
        case Chart(title=title, bars=bars, text=text):
            yield Chart(cut(title, TITLE), bars, cut_bytes(text, min(TEXT, int(room * _LINE))))
        case _:
            assert_never(block)


def _rows(buttons: tuple[Button, ...], weigh: Weigh, room: int) -> Iterator[Buttons]:
    """Put buttons into rows, each light enough that some stay where not all can."""
    row: tuple[Button, ...] = ()
    for button in map(_short_button, buttons):
        wider = (*row, button)
        long = len(wider) > ROW or sum(len(each.label) for each in wider) > ROW_TEXT
        if row and (long or weigh(Buttons(wider)) > room * _HEAD):
            yield Buttons(row)
            wider = (button,)
        row = wider
    if row:
        yield Buttons(row)


def _few_lines(lines: tuple[Line, ...], weigh: Weigh, room: int) -> tuple[Line, ...]:
    kept: list[Line] = []
    left = room * _LIST
    for line in lines:
        short = _lighter(line, TEXT, lambda line: weigh(Items((line,))), room)
        if not short:
            continue
        left -= weigh(Items((short,)))
        if left < 0:
            break
        kept.append(short)
    missing = sum(1 for line in lines if _characters.line_length(line)) - len(kept)
    return (*kept, (Text(f"+{missing}"),)) if missing else tuple(kept)


def _few_facts(facts: tuple[Fact, ...], weigh: Weigh, room: int) -> tuple[Fact, ...]:
    kept: list[Fact] = []
    left = room * _LIST
    for fact in facts:
        short = _short_fact(fact, weigh, room)
        left -= weigh(Facts((short,)))
        if left < 0:
            break
        kept.append(short)
    missing = len(facts) - len(kept)
    return (*kept, Fact(f"+{missing}", ())) if missing else tuple(kept)


def _short_fact(fact: Fact, weigh: Weigh, room: int) -> Fact:
    label = cut(fact.label, LABEL)
    return Fact(label, _lighter(fact.value, ITEM, lambda line: weigh(Facts((Fact(label, line),))), room))


def _short_button(button: Button) -> Button:
    confirm = None if button.confirm is None else cut(button.confirm, ITEM)
    label, cancel = cut(button.label, LABEL), cut(button.cancel, LABEL)
    about = cut(button.about, LABEL)
    return Button(button.action, label, button.value, button.tone, confirm, cancel, button.form, about)


def _lighter(line: Line, most: int, weigh: _WeighLine, room: int) -> Line:
    """Shorten a line to `most` characters, and to its part of `room` bytes."""
    left = int(room * _LINE)
    line = _characters.cut_line(line, most)
    if weigh(line) <= left:
        return line
    fitting = bisect_right(range(1, most), left, key=lambda letters: weigh(_characters.cut_line(line, letters)))
    return _characters.cut_line(line, fitting) if fitting else (Text("…"),)
