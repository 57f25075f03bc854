"""What somebody typed to the bot, as the command that it is.

In a channel or group the people named are mentions. In the chat with one person nobody else can be mentioned, so a name
at the beginning is looked up, as if it had an at sign.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Final, TypeAlias

import regex

from bot.errors import RecognitionError
from bot.incoming import Segment, Words
from bot.ports import Profile
from bot.recognition.grammar import parse
from bot.recognition.names import resolve_names

Find: TypeAlias = Callable[[str], Awaitable[Sequence[Profile]]]

MOST_NAMES: Final = 30
"""Names at the beginning that are looked up. A kudos has at most 25 receivers."""

_TO: Final = frozenset({"", "to", "till"})
_BETWEEN: Final = regex.compile(r"\s*(?:[,、&]\s*|(?i:and|och)\s+)++(?=[\p{L}\p{N}_])")
_LETTER: Final = regex.compile(r"[\p{L}\p{N}_]")


def called(segments: Sequence[Segment], command: str, *, personal: bool) -> tuple[tuple[Segment, ...], bool]:
    """Take the command's own word off the beginning; say whether it was there.

    The word without its slash counts in a chat with one person, before somebody who is mentioned, and alone: so the
    bot's menu has it.
    """
    first = segments[0] if segments else None
    if not isinstance(first, Words):
        return tuple(segments), False
    text = first.text.strip()
    word = text.split(maxsplit=1)[0] if text else ""
    rest = text[len(word) :].strip()
    naming = rest.casefold() in _TO if len(segments) > 1 else not rest
    said = word.casefold().rstrip(":,")
    if said != command and not (said == command.removeprefix("/") and (personal or naming)):
        return tuple(segments), False
    start, _, end = rest.partition(" ")
    if start.casefold() in _TO:
        rest = end.lstrip()
    # The space before a mention that follows keeps words and names apart.
    return ((Words(f"{rest} "), *segments[1:]) if rest else tuple(segments[1:])), True


async def named(segments: Sequence[Segment], find: Find, *, sure: bool) -> tuple[Segment, ...]:
    """Look up the names that a text begins with, unless it is a command as it stands.

    `sure` says that somebody is meant for certain: a name that fits nobody is then kept as one, to be told so. Raises
    what `find` raises.
    """
    text = "".join(segment.text for segment in segments if isinstance(segment, Words))
    if len(segments) != 1 or not _LETTER.match(text) or _is_command(segments):
        return tuple(segments)
    found: list[Segment] = []
    rest = text
    while len(found) < MOST_NAMES * 2:
        resolved = await resolve_names((Words(f"@{rest}"),), find)
        if isinstance(resolved[0], Words):
            break
        found.append(resolved[0])
        following = resolved[1] if len(resolved) > 1 else None
        between = _BETWEEN.match(following.text) if isinstance(following, Words) else None
        if between is None or not isinstance(following, Words):
            return (*found, *resolved[1:])
        found.append(Words(between.group()))
        rest = following.text[between.end() :]
        if len(resolved) > 2:  # noqa: PLR2004 the person and the words behind it; more are further mentions
            return (*found, Words(rest), *resolved[2:])
    if found:
        return (*found, Words(rest))
    return (Words(f"@{text}"),) if sure else tuple(segments)


def _is_command(segments: Sequence[Segment]) -> bool:
    try:
        parse(segments)
    except RecognitionError:
        return False
    return True
