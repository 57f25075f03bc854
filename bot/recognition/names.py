"""Names typed as plain text, looked up in the directory before the command is read."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from itertools import islice
from typing import Final, TypeAlias

import regex

from bot.hygiene import fold
from bot.incoming import Mention, NameChoice, Segment, Words
from bot.ports import Profile
from bot.recognition.grammar import LONGEST_NAME, NAME, NEVER_NAMES, joined

MOST_NAMES: Final = 30
"""Names looked up for one command, and names replaced in it.

A few more than one kudos can have receivers, so that the refusal can count them.
"""

_MOST_WORDS: Final = 6
"""Words of a full name that are read: enough for every name met so far, few enough that long texts stay cheap."""

_CLOSE: Final = 0.7
"""How alike two surnames are of which one may be the other mistyped: Dhal and Dahl, Svenson and Svensson."""

Find: TypeAlias = Callable[[str], Awaitable[Sequence[Profile]]]
"""`Directory.find` in one workspace, or in several."""

# Not after a letter or what stands inside addresses: an e-mail address or a link's path is not a name.
_AT: Final = regex.compile(rf"(?<![\p{{L}}\p{{M}}\p{{N}}_.+/@＠-])[@＠](?P<name>{NAME})(?![@＠])")
_FIRST: Final = regex.compile(NAME)
_FURTHER: Final = regex.compile(rf"\.?\s({NAME})")
_WORD: Final = regex.compile(r"\s(\p{L}[\p{L}\p{M}'’-]*+)")
_LIKE_A_SURNAME: Final = regex.compile(r"\p{Lu}\p{Ll}")
# A and I are more often the first word of a reason, in English or in Swedish.
_INITIAL: Final = regex.compile(r"(?![AI])\p{Lu}")
_IN_BRACKETS: Final = regex.compile(r"\([^)]*+\)?")
_POSSESSIVE: Final = regex.compile(r"['’]s$")
_APART: Final = regex.compile(r"[\s.,()]+")


@dataclass(frozen=True, slots=True)
class Found:
    """Who is meant, and where in the text the name ends.

    It is `loose` where the word is but the beginning of their name.
    """

    segment: Mention | NameChoice
    end: int
    loose: bool = False


class _Lookups:
    """The directory, asked at most MOST_NAMES times and never twice the same."""

    def __init__(self, find: Find) -> None:
        self._find = find
        self._known: dict[str, Sequence[Profile]] = {}

    async def __call__(self, name: str) -> Sequence[Profile]:
        if name not in self._known:
            if len(self._known) >= MOST_NAMES:
                return ()
            self._known[name] = await self._find(name)
        return self._known[name]


async def _nobody(_name: str) -> Sequence[Profile]:
    return ()


async def resolve_names(segments: Sequence[Segment], find: Find, find_elsewhere: Find = _nobody) -> tuple[Segment, ...]:
    """Replace each `@name` in ordinary words by the person meant, or by a choice where it fits several.

    A full name of several words wins over a handle, a handle over a part of a name, a whole part over its beginning.
    Somebody elsewhere is meant where the name fits nobody here, or where only theirs is written out in full. What fits
    nobody stays as it is. A first name with what looks like another's surname is a choice, and a doubtful one: of those
    whose surname it may be, mistyped, if it is close to one.

    Raises what `find` and `find_elsewhere` raise.
    """
    lookups = _Lookups(find), _Lookups(find_elsewhere)
    left = MOST_NAMES
    resolved: list[Segment] = []
    for segment in joined(segments):
        if isinstance(segment, Words):
            read = await _resolve(segment.text, lookups, left)
            left -= sum(not isinstance(each, Words) for each in read)
            resolved += read
        else:
            resolved.append(segment)
    return tuple(resolved)


async def named_first(text: str, find: Find) -> Found | None:
    """Look up the `@name` with which a tidy text begins, as `resolve_names` does. Raises what `find` raises."""
    at = _AT.match(text)
    return await _who(text, at.start("name"), at["name"], (_Lookups(find), _Lookups(_nobody))) if at else None


async def _resolve(text: str, lookups: tuple[_Lookups, _Lookups], most: int) -> list[Segment]:
    segments: list[Segment] = []
    done = 0
    for at in _AT.finditer(text):
        if not most:
            break
        found = await _who(text, at.start("name"), at["name"], lookups) if at.start() >= done else None
        if found:
            segments += [*_words(text[done : at.start()]), found.segment]
            done = found.end
            most -= 1
    return [*segments, *_words(text[done:])]


def _words(text: str) -> Iterator[Words]:
    if text:
        yield Words(text)


async def _who(text: str, start: int, name: str, lookups: tuple[_Lookups, _Lookups]) -> Found | None:
    owner = _POSSESSIVE.sub("", name)
    for written in dict.fromkeys((name, owner)):
        if fold(written) in NEVER_NAMES or len(written) > LONGEST_NAME:
            return None
        here = await lookups[0](written)
        if found := _by_full_name(text, start, here):
            return found
        elsewhere = await lookups[1](written)
        if found := _by_full_name(text, start, elsewhere):
            return found
        if profiles := here or elsewhere:
            return _by_word(text, start, written, profiles)
    return None


def _by_full_name(text: str, start: int, profiles: Sequence[Profile]) -> Found | None:
    """Find those whose whole name of at least two words stands in the text; of several lengths the longest."""
    ends = list(islice(_ends_of_words(text, start), _MOST_WORDS))
    for count in range(len(ends), 1, -1):
        for end in dict.fromkeys((ends[count - 1], start + len(_POSSESSIVE.sub("", text[start : ends[count - 1]])))):
            written = text[start:end]
            named = [profile for profile in profiles if _parts(profile.name) == _parts(written)]
            if named:
                return Found(_choice(written, named), end)
    return None


def _ends_of_words(text: str, start: int) -> Iterator[int]:
    found = _FIRST.match(text, start)
    while found:
        yield found.end()
        found = _FURTHER.match(text, found.end())


def _by_word(text: str, start: int, written: str, profiles: Sequence[Profile]) -> Found:
    folded, first = fold(written), start + len(written)
    end, doubtful = first, False
    for _ in range(_MOST_WORDS):
        behind = _WORD.match(text, end)
        if not behind:
            break
        surname = _POSSESSIVE.sub("", behind[1])
        looks_like_one = written[0].isupper() and _LIKE_A_SURNAME.match(surname) is not None
        certain = [profile for profile in profiles if _has_surname(profile, folded, surname)]
        fitting = certain or (_with_one_close_to(surname, folded, profiles) if looks_like_one else [])
        if not fitting:
            # The first word of the reason, or another Bo than the one who is known, who would be thanked instead.
            doubtful = doubtful or (looks_like_one and end == first)
            break
        profiles, end, doubtful = fitting, behind.start(1) + len(surname), doubtful or not certain
    handles = [profile for profile in profiles if fold(profile.handle) == folded]
    whole = [profile for profile in profiles if folded in _parts(profile.name)]
    return Found(_choice(written, handles or whole or profiles, doubtful=doubtful), end, loose=not (handles or whole))


def _has_surname(profile: Profile, first: str, surname: str) -> bool:
    """Say whether a word behind a first name is another part of their name, or its initial; small, the last of it."""
    others = _other_parts(profile.name, first)
    written = fold(surname)
    if not surname[0].isupper():
        return written in others[-1:]
    return written in others or (_INITIAL.fullmatch(surname) is not None and any(p.startswith(written) for p in others))


def _with_one_close_to(surname: str, first: str, profiles: Sequence[Profile]) -> list[Profile]:
    parts = {part for profile in profiles for part in _other_parts(profile.name, first)}
    close = set(get_close_matches(fold(surname), parts, n=len(parts) + 1, cutoff=_CLOSE))
    return [profile for profile in profiles if close.intersection(_other_parts(profile.name, first))]


def _other_parts(name: str, first: str) -> list[str]:
    """Give the parts of a name but the one that is known. What stands in brackets is where they work."""
    return [part for part in _parts(_IN_BRACKETS.sub("", name)) if part != first]


def _choice(written: str, profiles: Sequence[Profile], *, doubtful: bool = False) -> Mention | NameChoice:
    mentions = tuple(dict.fromkeys(Mention(profile.account, profile.name) for profile in profiles))
    return mentions[0] if len(mentions) == 1 and not doubtful else NameChoice(written, mentions, doubtful)


def _parts(name: str) -> list[str]:
    return [part for part in _APART.split(fold(name)) if part]
