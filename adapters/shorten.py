"""Making what people read shorter, between graphemes, in whatever units a platform counts."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, assert_never

import regex

from bot.view.message import (
    Block,
    Buttons,
    Chart,
    Code,
    Divider,
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

_GRAPHEME: Final = regex.compile(r"\X")


class Shortener:
    """Shortens texts and lines to so many of the units that `measure` counts in a text."""

    def __init__(self, measure: Callable[[str], int]) -> None:
        self._measure = measure

    def cut(self, text: str, most: int) -> str:
        """Shorten a text, with an ellipsis in place of what went."""
        if self._measure(text) <= most:
            return text
        kept: list[str] = []
        room = most - self._measure("…")
        for match in _GRAPHEME.finditer(text):
            room -= self._measure(match.group())
            if room < 0:
                break
            kept.append(match.group())
        return "".join(kept).rstrip() + "…"

    def cut_line(self, line: Line, most: int) -> Line:
        """Shorten a line: later spans go first, with an ellipsis in place of what went, and empty ones go."""
        shown = tuple(span for span in line if self.span_length(span))
        if self.line_length(shown) <= most:
            return shown
        ellipsis = self._measure("…")
        room = most - ellipsis
        kept: list[Span] = []
        for span in shown:
            size = self.span_length(span)
            if size > room:
                # One that just fits must be cut all the same, as more would follow it.
                part = min(room + ellipsis, size - 1)
                kept.append(self.cut_span(span, part) if part > ellipsis else Text("…"))
                break
            kept.append(span)
            room -= size
        return tuple(kept)

    def cut_span(self, span: Span, most: int) -> Span:
        """Shorten what a span shows."""
        match span:
            case Text(text=text, style=style):
                return Text(self.cut(text, most), style)
            case Person(name=name):
                return Person(self.cut(name, most))
            case PeoplesWords(text=text):
                return PeoplesWords(self.cut(text, most))
            case Code(text=text):
                return Code(self.cut(text, most))
            case Link(text=text, url=url):
                return Link(self.cut(text, most), url)
            case _:
                assert_never(span)

    def span_length(self, span: Span) -> int:
        """Measure what a span shows. A person without a name is shown as something."""
        return (self._measure(span.name) or 1) if isinstance(span, Person) else self._measure(span.text)

    def line_length(self, line: Line) -> int:
        """Measure what a line shows."""
        return sum(map(self.span_length, line))


_characters: Final = Shortener(len)


def is_empty(block: Block) -> bool:
    """Say whether a block shows nothing, which platforms refuse."""
    match block:
        case Heading(text=text) | Chart(text=text):
            return not text.strip()
        case Paragraph(line=line) | Quote(line=line) | Note(line=line):
            return not _characters.line_length(line)
        case Facts(facts=facts):
            return not facts
        case Items(lines=lines):
            return not lines
        case Buttons(buttons=buttons):
            return not buttons
        case Divider():
            return False
        case _:
            assert_never(block)
