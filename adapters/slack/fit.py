"""Slack's limits, and how a message is made to meet them: what matters stays, and what was cut is counted.

Limits are those of https://docs.slack.dev/reference/block-kit and /reference/methods/chat.update. Lengths are counted
in UTF-16 units, the largest of the ways in which Slack may count, so that emoji never tip a text over.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, assert_never

from adapters.shorten import Shortener, is_empty
from bot.view.message import (
    Block,
    Button,
    Buttons,
    Chart,
    Divider,
    Fact,
    Facts,
    Heading,
    Items,
    Line,
    Note,
    Paragraph,
    Quote,
    Text,
)

MESSAGE_BLOCKS: Final = 50
VIEW_BLOCKS: Final = 100
HEADER: Final = 150
TEXT_OBJECT: Final = 3000
URL: Final = 3000
FALLBACK: Final = 4000
ACTIONS: Final = 25
BUTTON: Final = 75
CONFIRM_TITLE: Final = 100
CONFIRM_TEXT: Final = 300
CONFIRM_BUTTON: Final = 30
VIEW_TITLE: Final = 24
OPTION: Final = 75
OPTIONS: Final = 100
TICK_BOXES: Final = 10
PLACEHOLDER: Final = 150
LABEL: Final = 2000
INPUT: Final = 3000
ALTERNATIVE: Final = 2000

ALL_TEXT: Final = 12_000
"""Text in all blocks together. Slack says `msg_blocks_too_long` somewhat above, at a figure it does not publish."""

_LIST: Final = 6000
_NOTE: Final = 1000


def length(text: str) -> int:
    """Measure a text in UTF-16 units."""
    return len(text) if text.isascii() else len(text) + sum(character > "\uffff" for character in text)


_units: Final = Shortener(length)
cut: Final = _units.cut
line_length: Final = _units.line_length


def fit(blocks: tuple[Block, ...], most: int = MESSAGE_BLOCKS) -> tuple[Block, ...]:
    """Make blocks meet the limits of a message or a view with `most` blocks."""
    if len(blocks) <= most and all(_is_small(block, ALL_TEXT // most) for block in blocks):
        return blocks
    fitted = [each for block in blocks for each in _fit_block(block) if not is_empty(each)]
    if len(fitted) > most:
        fitted = [block for block in fitted if not isinstance(block, Divider)]
    if len(fitted) <= most and sum(map(_weight, fitted)) <= ALL_TEXT:
        return tuple(fitted)
    return _drop_middle(fitted, most)


def _is_small(block: Block, share: int) -> bool:
    """Say whether a block surely fits, whatever is beside it: `share` is its part of all text. Most of ours do."""
    match block:
        case Paragraph(line=line) | Quote(line=line) | Note(line=line):
            return 0 < line_length(line) <= share
        case Buttons(buttons=buttons):
            asks = any(button.confirm for button in buttons)
            return not asks and len(buttons) <= ACTIONS and 0 < _weight(block) <= BUTTON
        case _:
            return False


def _drop_middle(blocks: list[Block], most: int) -> tuple[Block, ...]:
    """Keep the beginning and the small print and buttons at the end; count what went from between."""
    start = len(blocks)
    while start > 0 and isinstance(blocks[start - 1], Note | Buttons):
        start -= 1
    tail = blocks[start:][-(most // 2) :]
    room = ALL_TEXT - sum(map(_weight, tail))
    head: list[Block] = []
    for block in blocks[:start][: most - len(tail) - 1]:
        room -= _weight(block)
        if room < 0:
            break
        head.append(block)
    dropped = len(blocks) - len(head) - len(tail)
    return (*head, Note((Text(f"+{dropped}"),)), *tail)


def _fit_block(block: Block) -> Iterator[Block]:
    match block:
        case Heading(text=text):
            yield Heading(cut(text, HEADER))
        case Paragraph(line=line) | Quote(line=line):
            yield type(block)(_units.cut_line(line, TEXT_OBJECT))
        case Facts(facts=facts):
            yield Facts(_fit_facts(facts))
        case Items(lines=lines):
            yield Items(_fit_items(lines))
        case Note(line=line):
            yield Note(_units.cut_line(line, _NOTE))
        case Divider():
            yield block
        case Buttons(buttons=buttons):
            named = [_fit_button(button) for button in buttons]
            for start in range(0, len(named), ACTIONS):
                yield Buttons(tuple(named[start : start + ACTIONS]))
        case Chart(title=title, bars=bars, text=text):
            yield Chart(cut(title, HEADER), bars, cut(text, ALTERNATIVE))
        case _:
            assert_never(block)


def _fit_items(lines: tuple[Line, ...]) -> tuple[Line, ...]:
    filled = [_units.cut_line(line, TEXT_OBJECT) for line in lines if line_length(line)]
    kept = list(_while_room(filled))
    left_out = len(filled) - len(kept)
    return (*kept, (Text(f"+{left_out}"),)) if left_out else tuple(kept)


def _fit_facts(facts: tuple[Fact, ...]) -> tuple[Fact, ...]:
    lines = [_units.cut_line(fact.value, _NOTE) for fact in facts]
    kept = len(list(_while_room(lines)))
    fitted = tuple(Fact(cut(facts[at].label, HEADER), lines[at]) for at in range(kept))
    left_out = len(facts) - kept
    return (*fitted, Fact(f"+{left_out}", ())) if left_out else fitted


def _while_room(lines: list[Line]) -> Iterator[Line]:
    room = _LIST
    for line in lines:
        room -= line_length(line)
        if room < 0:
            return
        yield line


def _fit_button(button: Button) -> Button:
    confirm = None if button.confirm is None else cut(button.confirm, CONFIRM_TEXT)
    label = cut(button.label, BUTTON)
    cancel = cut(button.cancel, CONFIRM_BUTTON)
    return Button(button.action, label, button.value, button.tone, confirm, cancel, about=button.about)


def _weight(block: Block) -> int:
    match block:
        case Heading(text=text):
            return length(text)
        case Paragraph(line=line) | Quote(line=line) | Note(line=line):
            return line_length(line)
        case Facts(facts=facts):
            return sum(length(fact.label) + 2 + line_length(fact.value) for fact in facts)
        case Items(lines=lines):
            return sum(map(line_length, lines))
        case Buttons(buttons=buttons):
            return sum(length(button.label) + length(button.confirm or "") for button in buttons)
        case Chart(title=title, text=text):
            return length(title) + length(text)
        case Divider():
            return 0
        case _:
            assert_never(block)
