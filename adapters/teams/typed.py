"""What somebody typed to the bot, as the command that it is.

In a channel or group the people named are mentions. In the chat with one person nobody else can be mentioned, so a name
at the beginning is looked up, as if it had an at sign.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Final, TypeAlias

import regex

from bot.errors import RecognitionError
from bot.incoming import Mention, Segment, Words
from bot.ports import Profile
from bot.recognition.commands import PRIVATE_WORDS
from bot.recognition.grammar import parse
from bot.recognition.names import resolve_names

Find: TypeAlias = Callable[[str], Awaitable[Sequence[Profile]]]

MOST_NAMES: Final = 30
"""Names at the beginning that are looked up. A kudos has at most 25 receivers."""

OWN: Final = "/kudos"
"""The app's name in Teams, which is understood whatever the command is called elsewhere."""

_TO: Final = frozenset({"to", "till"})
_BETWEEN: Final = regex.compile(r"\s*(?:[,、&]\s*|(?i:and|och)\s+)++(?=[\p{L}\p{N}_])")
_LETTER: Final = regex.compile(r"[\p{L}\p{N}_]")


def called(segments: Sequence[Segment], command: str, *, personal: bool) -> tuple[tuple[Segment, ...], bool]:
    """Take the command's own word off the beginning; say whether it was there.

    The word without its slash counts in a chat with one person, ahead of people, and ahead of what is a command with
    nobody mentioned: elsewhere it may be the first word of a reason. Such commands may have a slash of their own.
    """
    first = segments[0] if segments else None
    if not isinstance(first, Words):
        return tuple(segments), False
    word, rest = _first_word(first.text)
    said = word.casefold().rstrip(":,")
    if f"/{said.removeprefix('/')}" not in {command, OWN}:
        bare = (Words(first.text.lstrip().removeprefix("/")), *segments[1:])
        return bare if said.startswith("/") and _is_command(bare) else tuple(segments), False
    rest = _without_to(rest).rstrip()
    # The space before a mention that follows keeps words and names apart.
    meant = (Words(f"{rest} "), *segments[1:]) if rest else tuple(segments[1:])
    if said.startswith("/") or personal or _ahead_of_people(rest, segments[1:]) or _is_command(meant):
        return meant, True
    return tuple(segments), False


async def named(segments: Sequence[Segment], find: Find, *, sure: bool) -> tuple[Segment, ...]:
    """Look up the names that a text begins with, unless it is a command as it stands.

    `sure` says that somebody is meant for certain: a name that fits nobody is then kept as one, to be told so. Raises
    what `find` raises.
    """
    first = segments[0] if segments else None
    if not isinstance(first, Words) or _is_command(segments) or _mentions(segments):
        return tuple(segments)
    private, text = _private(first.text)
    if not _LETTER.match(text):
        return tuple(segments)
    found, rest = await _people(text, find)
    if found:
        return (*private, *found, *rest, *segments[1:])
    return (*private, Words(f"@{text}"), *segments[1:]) if sure else tuple(segments)


async def _people(text: str, find: Find) -> tuple[list[Segment], Sequence[Segment]]:
    """Give the people that a text begins with, with what stands between them, and the rest."""
    found: list[Segment] = []
    while len(found) < MOST_NAMES * 2:
        resolved = await resolve_names((Words(f"@{text}"),), find)
        if isinstance(resolved[0], Words):
            break
        found.append(resolved[0])
        following = resolved[1] if len(resolved) > 1 else None
        between = _BETWEEN.match(following.text) if isinstance(following, Words) else None
        if between is None or not isinstance(following, Words):
            return found, resolved[1:]
        found.append(Words(between.group()))
        text = following.text[between.end() :]
        if len(resolved) > 2:  # noqa: PLR2004 the person and the words behind it; more are further mentions
            return found, (Words(text), *resolved[2:])
    return found, (Words(text),)


def _first_word(text: str) -> tuple[str, str]:
    word, *rest = text.split(maxsplit=1) or [""]
    return word, rest[0] if rest else ""


def _without_to(rest: str) -> str:
    """Leave out what may stand before people: "to Anna", "private till Anna"."""
    word, further = _first_word(rest)
    if word.casefold() in _TO:
        return further
    if not _says_private(word):
        return rest
    second, last = _first_word(further)
    return f"{word} {last if second.casefold() in _TO else further}"


def _ahead_of_people(text: str, following: Sequence[Segment]) -> bool:
    """Say whether somebody is mentioned next, with nothing but tags, points and `private` before."""
    tokens = text.split()
    return isinstance(next(iter(following), None), Mention) and all(
        _says_private(token) or token.startswith(("#", "+")) for token in tokens
    )


def _private(text: str) -> tuple[tuple[Segment, ...], str]:
    """Take `private` off the beginning; give it as it is, and the rest."""
    word, rest = _first_word(text)
    if not _says_private(word):
        return (), text
    return (Words(f"{word} "),), _without_to(rest)


def _says_private(word: str) -> bool:
    return word.casefold().rstrip(":,") in PRIVATE_WORDS


def _mentions(segments: Sequence[Segment]) -> bool:
    return any(isinstance(each, Mention) for each in segments)


def _is_command(segments: Sequence[Segment]) -> bool:
    """Say whether it is a command as it stands, with nobody mentioned."""
    if _mentions(segments):
        return False
    try:
        parse(segments)
    except RecognitionError:
        return False
    return True
