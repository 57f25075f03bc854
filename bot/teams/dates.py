"""Days and times of day as people write them, in English and Swedish. Pure.

dateparser reads dates. What it gets wrong or cannot read is prepared for it, or read here: days of the month alone,
Swedish number words, "next Friday", and the end of something.
"""

from __future__ import annotations

import calendar
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from itertools import chain
from typing import Final

import regex
from dateparser.date import DateDataParser

from bot.errors import Code, RecognitionError
from bot.hygiene import clean
from bot.i18n import LANGUAGES

LONGEST_TEXT: Final = 80
"""Characters in which anybody can say until when."""

LONGEST: Final = timedelta(days=3 * 366)
"""How far ahead a day can be meant: longer than any leave, shorter than a slip of the keyboard."""

LATELY: Final = timedelta(days=90)
"""A day without a year that was so lately is taken for a slip, and not for the one in nine months or more."""

_EXAMPLE: Final = timedelta(days=14)
"""How far ahead the day lies that shows how to write one."""

_NOON: Final = time(12)
_SUNDAY: Final = 7
_HALF: Final = 12
"""Hours of half a day."""

_UNTIL: Final = regex.compile(
    r"(?i)(?P<first>.*)\b(?:until and including|until|till och med|fram till|till|tills|til|through|thru|up to|"
    r"t\.?\s?o\.?\s?m\b\.?)\s+"
)
_ASIDE: Final = regex.compile(r"\s*[,;(–—].*")
_FROM: Final = regex.compile(
    r"(?i).*\b(?:from|starting|beginning|since|between|från och med|från|fr\.?\s?o\.?\s?m\b\.?|mellan)\s+"
)
_APART: Final = regex.compile(
    r"(?i)(?:(?:from|between|från|mellan)\s+)?(?P<first>.+?)\s*(?:[-–—]|\b(?:to|and|och)\b)\s*(?P<last>.+)"
)
_DAYS_APART: Final = regex.compile(r"\d{1,2}\s*[-–—]\s*\d{1,2}\s+\p{L}")
_WEEKDAYS: Final = (
    ("monday", "mon", "måndag", "mån", "måndagen"),
    ("tuesday", "tue", "tues", "tisdag", "tis", "tisdagen"),
    ("wednesday", "wed", "onsdag", "ons", "onsdagen"),
    ("thursday", "thu", "thur", "thurs", "torsdag", "tors", "tor", "torsdagen"),
    ("friday", "fri", "fredag", "fre", "fredagen"),
    ("saturday", "sat", "lördag", "lör", "lördagen"),
    ("sunday", "sun", "söndag", "sön", "söndagen"),
)
_WEEKDAY_OF: Final = {word: number for number, words in enumerate(_WEEKDAYS, 1) for word in words}
_NUMBER_OF: Final = {
    "en": "1",
    "ett": "1",
    "två": "2",
    "tre": "3",
    "fyra": "4",
    "fem": "5",
    "sex": "6",
    "sju": "7",
    "åtta": "8",
    "nio": "9",
    "tio": "10",
    "elva": "11",
    "tolv": "12",
}
_FEASTS: Final = {
    "christmas eve": (12, 24),
    "christmas": (12, 25),
    "new year": (12, 31),
    "new year's eve": (12, 31),
    "julafton": (12, 24),
    "jul": (12, 24),
    "nyårsafton": (12, 31),
    "nyår": (12, 31),
}
"""Days with a name and no number. Swedish Christmas is here for what it would be read as: July."""

_IN_TWO_DAYS: Final = frozenset({"day after tomorrow", "i övermorgon", "övermorgon"})

_UNITS: Final = "days?|weeks?|months?|dag|dagar|vecka|veckor|månad|månader"

# A weekday before a date says the same again: see _WEEKDAY_BEFORE.
_TRIMMINGS: Final = regex.compile(
    rf"(?i)^(?:on|by|the|på)\s+|^den\s+(?=\d)|^(?:for|i|under)\s+(?=\S+\s+(?:{_UNITS})\b)"
    rf"|^(?:{'|'.join(_WEEKDAY_OF)})[\s,]+(?:the\s+|den\s+)?(?=\d)|[.!?]+$"
)
_WEEKDAY_BEFORE: Final = regex.compile(rf"(?i)\b({'|'.join(_WEEKDAY_OF)})[\s,]+(?:the\s+|den\s+)?(?=\d)")
_ISO: Final = regex.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})")
_DAY_OF_MONTH: Final = regex.compile(r"(?i)(\d{1,2})(?:st|nd|rd|th|:?e|:?a)?")
_CLOCK: Final = regex.compile(r"(?i)\d:\d|\d\s?(?:am|pm)\b|\bkl\b")
_CERTAIN: Final = regex.compile(rf"(?i)\b\d{{4}}\b|[/.-]\d{{1,2}}[/.-]\d{{2}}\b|\b(?:{_UNITS})\b")
"""What says in which year: the year, or how far ahead."""
_END_OF: Final = regex.compile(
    r"(?i)^(?:(?:the )?end of(?: the)?|slutet (?:av|på)|utgången av)\s+(?:(?:this|den här|denna)\s+)?"
)
_NEXT: Final = regex.compile(r"(?i)^(?:next|nästa)\s+")
_THIS: Final = regex.compile(r"(?i)^(?:this|den här|denna|i)\s+")
_WEEK: Final = regex.compile(r"(?i)(?:week|vecka|veckan)")
_MONTH: Final = regex.compile(r"(?i)(?:month|månad|månaden)")
_MONTHS: Final = regex.compile(r"(?i)\b(?:months?|månad|månader)\b")
_SAYS_SOMETHING: Final = regex.compile(r"\d|\p{L}{3}")
_OUT: Final = regex.compile(r"(?i)\s+ut$")

_SWEDISH_NUMBER: Final = regex.compile(rf"(?i)\b({'|'.join(_NUMBER_OF)})(?=\s+(?:{_UNITS})\b)")

# A parser makes what it can of the other language's words, and is then wrong.
_SPOKEN: Final = {
    "sv": regex.compile(
        r"(?i)\b(?:om|i|på|dag|dagar|vecka|veckor|månad|månader|i?morgon|igår|går|idag|januari|februari|mars|maj|juni|juli|"
        r"augusti|okt|oktober|nästa|\p{L}+dag|\p{L}+dagen)\b|\d:[ae]\b"
    ),
    "en": regex.compile(
        r"(?i)\b(?:in|on|the|of|next|a|an|days?|weeks?|months?|to(?:day|morrow)|yesterday|january|february|march|may|june|"
        r"july|oct|october|\p{L}+day)\b|\d(?:st|nd|rd|th)\b"
    ),
}

_TIME: Final = regex.compile(
    r"(?i)(?:(?:at|kl|kl\.|klockan)\s*)?(?P<hour>\d{1,2})(?:\s?[:.h]\s?(?P<minute>\d{2})|(?P<packed>\d{2}))?"
    r"\s?(?P<half>am|pm|a\.m\.|p\.m\.)?"
)


def day_meant(text: str, today: date, language: str) -> date:
    """Give the last day that "until 3 Jan" or "borta till fredag" means, `today` or later.

    A weekday is the next such day, "next Friday" the one of the coming week, a day without a year the next such day
    unless that was within LATELY; days before months. `language` is tried first, unless the words are of another.
    Raises RecognitionError DATE_PAST (with `coming`, next year's, for a day without a year) or DATE_UNCLEAR (with
    `begins` where it begins on another day, `really` where the weekday is another's, `latest` where it is too far off).
    """
    written = clean(text)
    shown = clean(_UNTIL.sub("", f"{written} "), LONGEST_TEXT) or written

    def unclear(**why: object) -> RecognitionError:
        return RecognitionError(Code.DATE_UNCLEAR, written=shown, example=today + _EXAMPLE, **why)

    if len(written) > LONGEST_TEXT:
        raise unclear()
    found = _UNTIL.match(f" {written} ")
    first, last = (_FROM.sub("", found["first"]), written[found.end() - 1 :]) if found else ("", written)
    # "18-20 Nov" is made something of, too.
    meant = None if _DAYS_APART.match(last) else _read(last, today, language)
    if meant is None and (apart := _APART.fullmatch(last)):
        meant, first = _read(apart["last"], today, language), apart["first"]
    meant = meant or _read(_ASIDE.sub("", last), today, language)
    if meant is None:
        raise unclear()
    begins = _read(first, today, language)
    if begins is not None and begins.day != today:
        raise unclear(begins=True)
    if meant.weekday not in {None, meant.day.isoweekday()}:
        raise unclear(really=meant.day)
    if meant.day - today > LONGEST:
        raise unclear(latest=today + LONGEST)
    if meant.day < today:
        raise RecognitionError(Code.DATE_PAST, written=shown, day=meant.day, coming=meant.coming)
    return meant.day


def time_meant(text: str) -> time:
    """Give the time of day that "9", "09:30", "9.30", "0930" or "2 pm" means. Raises RecognitionError TIME_UNCLEAR."""
    written = clean(text, LONGEST_TEXT)
    found = _TIME.fullmatch(written)
    if found is None:
        raise RecognitionError(Code.TIME_UNCLEAR, written=written)
    hour, minute = int(found["hour"]), int(found["minute"] or found["packed"] or 0)
    half = (found["half"] or "").lower().replace(".", "")
    if half:
        # Twelve comes before one.
        hour = (hour % _HALF if 1 <= hour <= _HALF else 2 * _HALF) + (_HALF if half == "pm" else 0)
    try:
        return time(hour, minute)
    except ValueError as error:
        raise RecognitionError(Code.TIME_UNCLEAR, written=written) from error


@dataclass(frozen=True, slots=True)
class _Meant:
    """A day. `coming` is next year's, where it was lately and no year is said; `weekday` is what it is said to be."""

    day: date
    coming: date | None = None
    weekday: int | None = None


def _read(words: str, today: date, language: str) -> _Meant | None:
    said = _WEEKDAY_BEFORE.search(words)
    words = _trimmed(words.strip())
    own = _own(words, today)
    meant = _Meant(own) if own else _librarys(words, today, language)
    return replace(meant, weekday=_WEEKDAY_OF[said[1].casefold()]) if meant and said else meant


def _trimmed(words: str) -> str:
    while (shorter := _TRIMMINGS.sub("", words).strip()) != words:
        words = shorter
    return words


def _own(words: str, today: date) -> date | None:
    if found := _ISO.fullmatch(words):
        return _date(*(int(number) for number in found.groups()))
    if found := _DAY_OF_MONTH.fullmatch(words):
        return _next_day_of_month(int(found[1]), today)
    if words.casefold() in _IN_TWO_DAYS:
        return today + timedelta(days=2)
    if feast := _FEASTS.get(words.casefold()):
        this_year = date(today.year, *feast)
        return this_year if this_year >= today else date(today.year + 1, *feast)
    return _period_end(words, today)


def _period_end(words: str, today: date) -> date | None:
    """Read weekdays, weeks and months by name, with "this", "next" or "the end of" before them."""
    words = _OUT.sub("", _THIS.sub("", _END_OF.sub("", words))).casefold()
    coming = bool(_NEXT.match(words))
    words = _NEXT.sub("", words)
    if weekday := _WEEKDAY_OF.get(words):
        if coming:
            return today + timedelta(days=_SUNDAY - today.isoweekday() + weekday)
        return today + timedelta(days=(weekday - today.isoweekday() - 1) % 7 + 1)
    if _WEEK.fullmatch(words):
        return today + timedelta(days=_SUNDAY - today.isoweekday() + (7 if coming else 0))
    if _MONTH.fullmatch(words):
        first = (today.replace(day=1) + timedelta(days=31)).replace(day=1) if coming else today
        return first.replace(day=calendar.monthrange(first.year, first.month)[1])
    return None


def _next_day_of_month(day: int, today: date) -> date | None:
    """Give the next day of this number, in the first month that has it."""
    months = ((today.year + (today.month + ahead - 1) // 12, (today.month + ahead - 1) % 12 + 1) for ahead in range(3))
    days = (_date(year, month, day) for year, month in months)
    return next((each for each in days if each is not None and each >= today), None)


def _librarys(words: str, today: date, language: str) -> _Meant | None:
    if _CLOCK.search(words) or not _SAYS_SOMETHING.search(words):
        return None
    words = _SWEDISH_NUMBER.sub(lambda found: _NUMBER_OF[found[1].casefold()], _END_OF.sub("", words))
    base = datetime.combine(today, _NOON)
    spoken = [each for each, words_of in _SPOKEN.items() if words_of.search(words)]
    for each in dict.fromkeys(chain(spoken, (language,), LANGUAGES)):
        parser = DateDataParser(
            languages=[each],
            settings={
                # A day is one that is to come, today among them.
                "RELATIVE_BASE": base,
                "PREFER_DATES_FROM": "future",
                # "January" is all of it; "in two months" is this day of the month.
                "PREFER_DAY_OF_MONTH": "current" if _MONTHS.search(words) else "last",
                "DATE_ORDER": "DMY",
                "RETURN_AS_TIMEZONE_AWARE": False,
            },
        )
        read = parser.get_date_data(words)
        # A year alone is no day, and an hour is not what was asked for.
        if read.date_obj is not None and read.period != "year" and read.date_obj.time() in {time(), _NOON}:
            return _as_meant(read.date_obj.date(), today, is_certain=bool(_CERTAIN.search(words)))
    return None


def _as_meant(read: date, today: date, *, is_certain: bool) -> _Meant:
    """Take back the library's year where the day was lately, or is today."""
    year_before = _date(read.year - 1, read.month, read.day)
    if not is_certain and year_before is not None and today - LATELY <= year_before <= today:
        return _Meant(year_before, read)
    return _Meant(read)


def _date(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None
