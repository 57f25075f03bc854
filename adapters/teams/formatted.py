"""What a message's formatting says of its text: what is code, quotation or link, what is another's, where lines end.

Teams sends a message twice: as text, in which a mention is the only markup, and as HTML in an attachment. The text is
what is read. It has lost where code begins and a quotation ends, and sometimes the space between two lines: those come
from the HTML, if it says the same as the text, character by character. If not, the text stands alone.
https://learn.microsoft.com/microsoftteams/platform/bots/how-to/conversations/conversation-messages
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum, auto
from html import unescape
from typing import Final

from adapters.teams.activity import Activity

MOST_HTML: Final = 131_072
"""Characters of HTML that are read: four for each of the text's, as formatting takes its room."""

_HTML: Final = "text/html"

_TOKEN: Final = re.compile(
    r"""<(?P<end>/?)(?P<tag>[A-Za-z][A-Za-z0-9]*)(?P<more>(?:[^<>"']|"[^"]*"|'[^']*')*+)>|(?P<words>[^<]+)|<!--.*?-->""",
    re.DOTALL,
)
_ALT: Final = re.compile(r"""\balt=(?:"([^"]*)"|'([^']*)')""")
_ANOTHERS: Final = re.compile(r"schema\.skype\.com/(?:Reply|Forward)\b")
_SHOWN: Final = frozenset({"code", "pre", "a", "blockquote"})
_LINES: Final = frozenset(
    {"p", "div", "br", "li", "ul", "ol", "tr", "td", "th", "hr", "pre", "blockquote"} | {f"h{n}" for n in range(1, 7)}
)

_MATTERS: Final = re.compile(r"<(?:code|pre|a|blockquote|br|li|td)\b|</(?:p|div|h\d)>\s*+<[a-z]", re.IGNORECASE)
"""Most messages are a line without any of it, and there is nothing to find out about them."""

_UNIT: Final = re.compile(
    r"(?P<tag></?at\b[^<>]*>)|(?P<space>\s+)|&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});|.",
    re.DOTALL,
)
_QUOTED: Final = re.compile(r'<quoted messageId="[^"<>]*"\s*/>')
"""In place of a message that is replied to; its words are elsewhere."""


class Kind(Enum):
    """What is special about a part of a text."""

    VERBATIM = auto()  # code, a quotation or a link
    ANOTHERS = auto()  # somebody else's message that this one answers or passes on
    BREAK = auto()  # nothing, where a line ends


@dataclass(frozen=True, slots=True)
class Mark:
    """A part of a text, from `start` to before `end`."""

    start: int
    end: int
    kind: Kind


@dataclass(frozen=True, slots=True)
class _Piece:
    """Words of the HTML. `kind` is None of what was simply said; what is not `sure` may be missing in the text."""

    words: str
    kind: Kind | None
    sure: bool = True


def marks(activity: Activity) -> tuple[Mark, ...]:
    """Give what is special in the activity's text, in order, apart from each other."""
    text = activity.text or ""
    quoted = [Mark(*each.span(), Kind.ANOTHERS) for each in _QUOTED.finditer(text)]
    html = next((each.content for each in activity.attachments or () if each.content_type == _HTML), None)
    if not isinstance(html, str) or not _MATTERS.search(html):
        return tuple(quoted)
    pieces = _pieces(html[:MOST_HTML])
    if pieces is None:
        return tuple(quoted)
    own = [piece for piece in pieces if piece.kind is not Kind.ANOTHERS]
    said = _Said(text, quoted)
    # Of a message that is answered, the text has all or nothing.
    found = said.marked(own)
    if found is None and len(own) < len(pieces):
        found = said.marked(pieces)
    return tuple(sorted([*quoted, *(found or ())], key=lambda mark: (mark.start, mark.end)))


def _pieces(html: str) -> list[_Piece] | None:
    """Read HTML; None if it is not as Teams writes it."""
    found: list[_Piece] = []
    within: list[tuple[str, Kind]] = []
    at = 0
    while token := _TOKEN.match(html, at):
        at = token.end()
        tag, kind = (token["tag"] or "").lower(), within[-1][1] if within else None
        if token["words"]:
            found.append(_Piece(unescape(token["words"]), kind))
        elif tag == "img" and (alt := _ALT.search(token["more"])):
            found.append(_Piece(unescape(alt[1] or alt[2] or ""), kind, sure=False))
        elif tag in _LINES and found[-1:] != [line := _Piece("\n", kind)]:
            found.append(line)
        if tag in _SHOWN and token["end"]:
            if not within or within.pop()[0] != tag:
                return None
        elif tag in _SHOWN:
            anothers = kind is Kind.ANOTHERS or _ANOTHERS.search(token["more"])
            within.append((tag, Kind.ANOTHERS if anothers else Kind.VERBATIM))
    return None if within or at < len(html) else found


class _Said:
    """A text as the characters in it that are seen, and where they stand."""

    def __init__(self, text: str, without: list[Mark]) -> None:
        skipped = {mark.start: mark.end for mark in without}
        self._text = text
        self._spans: list[tuple[int, int]] = []
        seen: list[str] = []
        at = 0
        while at < len(text):
            unit = _UNIT.match(text, skipped.get(at, at))
            if unit is None:
                break
            at = unit.end()
            for character in () if unit["tag"] or unit["space"] else "".join(unescape(unit[0]).split()):
                seen.append(character)
                self._spans.append(unit.span())
        self._seen = "".join(seen)

    def marked(self, pieces: list[_Piece]) -> list[Mark] | None:
        """Give what the pieces say of the text; None if they do not say what it says."""
        found: list[Mark] = []
        at, apart = 0, False
        for piece in pieces:
            letters = "".join(piece.words.split())
            apart = apart or piece.words[:1].isspace()
            if letters and self._seen.startswith(letters, at):
                if apart and at:
                    found += self._break(at)
                if piece.kind:
                    found.append(Mark(self._spans[at][0], self._spans[at + len(letters) - 1][1], piece.kind))
                at += len(letters)
                apart = False
            elif letters and piece.sure:
                return None
            apart = apart or piece.words[-1:].isspace()
        return found if at == len(self._seen) else None

    def _break(self, at: int) -> Iterator[Mark]:
        """Part the character at `at` from the one before, unless they are apart."""
        end, start = self._spans[at - 1][1], self._spans[at][0]
        between = self._text[end:start]
        if not any(character.isspace() for character in between):
            # Behind the mention that ends here, and ahead of the one that begins.
            end += between.find(">") + 1 if between.startswith("</") else 0
            yield Mark(end, end, Kind.BREAK)
