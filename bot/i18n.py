"""Languages. Every text is written in English in a `words` module and translated through the catalogues in `locale/`.

The catalogues are read as they are written (`.po`): there is no compiled file that could be out of date.
"""

from __future__ import annotations

import string
from collections.abc import Sequence
from datetime import date, datetime, timedelta, tzinfo
from functools import cache, lru_cache
from gettext import GNUTranslations, NullTranslations
from io import BytesIO
from pathlib import Path
from typing import Final, assert_never
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from babel import Locale
from babel.dates import format_date, get_timezone_location
from babel.lists import format_list
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.numbers import format_decimal

from bot.view.message import Code, Line, Link, PeoplesWords, Person, Span, Style, Text

SOURCE: Final = "en"
LANGUAGES: Final = ("en", "sv")
CATALOGUES: Final = Path(__file__).parent / "locale"

_FIRST_GROUPED: Final = 1000
"""Below it every language here writes the bare digits, which is what almost every number of ours is."""

_A_MONDAY: Final = date(2024, 1, 1)

_PARSER: Final = string.Formatter()


def language_of(locale: str) -> str:
    """Give the one of LANGUAGES to speak to a person with this locale (a BCP 47 or POSIX tag, perhaps empty)."""
    language = locale.replace("_", "-").split("-", 1)[0].lower()
    return language if language in LANGUAGES else SOURCE


def zone_of(timezone: str) -> ZoneInfo:
    """Give the zone of an IANA name; UTC if the name is empty or unknown."""
    try:
        return ZoneInfo(timezone or "UTC")
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return ZoneInfo("UTC")


class Translator:
    """Speaks one language. Placeholders are named: `t("{left} points left", left=3)`.

    `line` and `line_many` fill placeholders with spans, for sentences with people's names or links in them.
    """

    def __init__(self, language: str, catalogue: NullTranslations) -> None:
        self.language = language
        self._catalogue = catalogue
        self._locale = Locale.parse("en_GB" if language == "en" else language)

    def __call__(self, message: str, /, **params: object) -> str:
        """Translate a text."""
        return self._catalogue.gettext(message).format(**params)

    def many(self, one: str, other: str, n: int, /, **params: object) -> str:
        """Translate a text that depends on a number, which `{n}` shows."""
        return self._catalogue.ngettext(one, other, n).format(n=self.number(n), **params)

    def line(self, message: str, /, **params: Span | Line | str) -> Line:
        """Translate a text and give it as spans; a string parameter is our own words."""
        return _spans(self._catalogue.gettext(message), params)

    def line_many(self, one: str, other: str, n: int, /, **params: Span | Line | str) -> Line:
        """Translate a text that depends on a number and give it as spans."""
        return _spans(self._catalogue.ngettext(one, other, n), {"n": self.number(n), **params})

    def number(self, number: int) -> str:
        """Write a number as the language does."""
        if 0 <= number < _FIRST_GROUPED:
            return str(number)
        return str(format_decimal(number, locale=self._locale))

    def names(self, names: Sequence[str]) -> str:
        """Write a list as the language does: "Anna, Bo and Cat"."""
        return str(format_list(list(names), locale=self._locale))

    def people(self, people: Sequence[Span]) -> Line:
        """Write a list of names as spans, with the language's commas and its "and"."""
        if len(people) == 1:
            return (people[0],)
        marks = [f"\x00{index}\x00" for index in range(len(people))]
        pieces = self.names(marks).split("\x00")
        return tuple(
            people[int(piece)] if position % 2 else Text(piece) for position, piece in enumerate(pieces) if piece
        )

    def day(self, at: datetime, zone: tzinfo) -> str:
        """Write a day: "Monday 23 November"."""
        return _day(at.astimezone(zone).date(), self._locale)

    def time(self, at: datetime, zone: ZoneInfo, reader: ZoneInfo) -> str:
        """Write a time of day in a zone: "09:00", with the zone's city where the reader's clock shows another time."""
        there = at.astimezone(zone)
        time = f"{there:%H:%M}"
        if there.utcoffset() == at.astimezone(reader).utcoffset():
            return time
        city = get_timezone_location(zone, locale=self._locale, return_city=True)
        return f"{time} ({city.rpartition('/')[2]})"

    def weekday(self, day: int) -> str:
        """Write a day of the week by its ISO number, as inside a sentence: "Monday", "måndag"."""
        return str(format_date(_A_MONDAY + timedelta(days=day - 1), "EEEE", locale=self._locale))

    def short_day(self, day: date) -> str:
        """Write a day where there is little room: "23 Nov"."""
        return str(format_date(day, "d MMM", locale=self._locale)).rstrip(".")


@lru_cache(maxsize=1000)
def _day(day: date, locale: Locale) -> str:
    return str(format_date(day, "EEEE d MMMM", locale=locale))


@cache
def _pieces(pattern: str) -> tuple[Text | str, ...]:
    """Take a text of ours apart: words, and names of placeholders."""
    pieces: list[Text | str] = []
    for words, name, _, _ in _PARSER.parse(pattern):
        if words:
            pieces.append(Text(words))
        if name is not None:
            pieces.append(name)
    return tuple(pieces)


def _spans(pattern: str, params: dict[str, Span | Line | str]) -> Line:
    spans: list[Span] = []
    for piece in _pieces(pattern):
        if isinstance(piece, Text):
            spans.append(piece)
            continue
        match params[piece]:
            case str() as text:
                spans.append(Text(text))
            case tuple() as line:
                spans.extend(line)
            case span:
                spans.append(span)
    return tuple(spans)


def plain(line: Line) -> str:
    """Give a line as plain text, for summaries."""
    pieces: list[str] = []
    for span in line:
        match span:
            case Person(name=name):
                pieces.append(name)
            case Text(text=text) | PeoplesWords(text=text) | Code(text=text) | Link(text=text):
                pieces.append(text)
            case _:
                assert_never(span)
    return "".join(pieces)


def strong(text: str) -> Text:
    """Set our own words strong."""
    return Text(text, Style.STRONG)


def translator(locale: str) -> Translator:
    """Give the translator for a person's locale."""
    return _translator(language_of(locale))


@cache
def _translator(language: str) -> Translator:
    if language == SOURCE:
        return Translator(language, NullTranslations())
    compiled = BytesIO()
    with (CATALOGUES / language / "LC_MESSAGES" / "kudos.po").open("rb") as file:
        write_mo(compiled, read_po(file, locale=language))
    compiled.seek(0)
    return Translator(language, GNUTranslations(compiled))
