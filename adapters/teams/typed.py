"""What somebody typed to the bot, as the command that it is.

In a channel or group the people named are mentions. In the chat with one person nobody else can be mentioned, so a name
at the beginning is looked up, as if it had an at sign.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Final, TypeAlias

import regex

from bot.errors import RecognitionError, TemporaryDeliveryError
from bot.hygiene import tidy
from bot.incoming import Mention, NameChoice, Segment, Words
from bot.ports import Profile
from bot.recognition.commands import PRIVATE_WORDS, Command, GiveKudos
from bot.recognition.grammar import gives_thanks, parse, spelt_name
from bot.recognition.names import Found, named_first

Find: TypeAlias = Callable[[str], Awaitable[Sequence[Profile]]]

MOST_NAMES: Final = 30
"""Names at the beginning that are looked up. A kudos has at most 25 receivers."""

OWN: Final = "/kudos"
"""The app's name in Teams, which is understood whatever the command is called elsewhere."""

_TO: Final = frozenset({"to", "till"})
_BETWEEN: Final = regex.compile(r"(?:\s*(?:[,，、&＆]\s*|(?i:and|och)\s+)++|\s+)(?=[@＠]?[\p{L}\p{N}_])")
_JOINER: Final = regex.compile(r"[&＆]|and|och", regex.IGNORECASE)
_LETTER: Final = regex.compile(r"[@＠]?[\p{L}\p{N}_]")
_AT: Final = ("@", "＠")


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
    if not isinstance(first, Words) or _mentions(segments) or not isinstance(_command(segments), GiveKudos | None):
        return tuple(segments)
    private, text = _private(tidy(first.text).lstrip())
    if not _LETTER.match(text):
        return tuple(segments)
    found, rest = await _people(text, find, sure=sure)
    if found:
        return (*private, *found, Words(rest), *segments[1:])
    return (*private, Words(_with_at(text)), *segments[1:]) if sure else tuple(segments)


async def _people(text: str, find: Find, *, sure: bool) -> tuple[list[Segment], str]:
    """Give the people that a text begins with, with what stands between them, and the rest.

    A name that fits nobody here is one among them behind "and", and where more people follow: given with an at sign,
    it is looked up wherever else people may be, and told if it fits nobody there either.
    """
    people: list[Segment] = []
    passed: list[Segment] = []
    rest, between = text, ""
    for _ in range(MOST_NAMES * 2):
        found = await _named_next(text, between, find)
        meant = _meant(found, text, between) if found else None
        if found and meant:
            end = found.end - (not text.startswith(_AT))
            people, passed, rest = [*people, *passed, meant], [], text[end:]
        elif (between.strip() or (sure and not between)) and (end := _spelt(text)):
            passed.append(Words(_with_at(text[:end])))
            if _JOINER.search(between):
                people, passed, rest = [*people, *passed], [], text[end:]
        else:
            break
        following = _BETWEEN.match(text, end)
        if following is None:
            break
        between, text = following.group(), text[following.end() :]
        passed.append(Words(between))
    return people, rest


async def _named_next(text: str, between: str, find: Find) -> Found | None:
    try:
        return await named_first(_with_at(text), find)
    except TemporaryDeliveryError:
        # Most of what stands behind a space is the reason, for which nobody has to be asked.
        if between.isspace() and " " not in text[: _spelt(text)]:
            return None
        raise


def _meant(found: Found, text: str, between: str) -> Mention | NameChoice | None:
    """Give who is meant by what stands there, if somebody is.

    Behind a space, where the reason may begin as well, that takes more than one word of a name. Behind a comma or "and"
    no word of thanks is a name; and what only begins one is asked about, and has to be capitalised.
    """
    written = text[: found.end - 1]
    if not between or text.startswith(_AT) or " " in written:
        return found.segment
    if not between.strip() or gives_thanks(text) or (found.loose and not _spelt(text)):
        return None
    if not found.loose:
        return found.segment
    fitting = found.segment.candidates if isinstance(found.segment, NameChoice) else (found.segment,)
    return NameChoice(written, fitting, doubtful=True)


def _spelt(text: str) -> int:
    """Say where the name ends that a text begins with, going by its capitals, with its at sign if it has one."""
    at = text.startswith(_AT)
    end = spelt_name(text[at:])
    return end and end + at


def _with_at(text: str) -> str:
    return text if text.startswith(_AT) else f"@{text}"


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
    return not _mentions(segments) and _command(segments) is not None


def _command(segments: Sequence[Segment]) -> Command | None:
    try:
        return parse(segments)
    except RecognitionError:
        return None
