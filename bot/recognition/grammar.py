"""What was typed after `/kudos`, understood. Pure: names are looked up and rules applied elsewhere.

The whole text becomes one line in which a single character stands for each segment that is not ordinary words, so that
one set of patterns reads it and text inside code, quotes and links can never be taken for a command, a tag or a name.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Final, TypeAlias, assert_never

import regex

from bot.errors import Code, RecognitionError
from bot.hygiene import clean, fold, tidy
from bot.incoming import GroupMention, Mention, NameChoice, PlaceMention, Segment, Verbatim, Words
from bot.recognition.commands import (
    AWAY_WORDS,
    COMMAND_WORDS,
    LINK_WORDS,
    PRIVATE_WORDS,
    Command,
    GiveKudos,
    GoAway,
    LinkWorkspaces,
    OpenForm,
    Reason,
    Receiver,
    Subcommand,
    Tag,
    UnknownName,
)

NEVER_NAMES: Final = frozenset({"here", "channel", "everyone", "all"})
"""What platforms use to call everybody. Kudos is for somebody."""

MOST_POINTS: Final = 999_999
"""Where counting stops: whatever is larger means this, and is out of every programme's bounds."""

LONGEST_NAME: Final = 80
"""Characters of a typed name. Slack's own limit for a display name is 80; a longer one is text."""

_LONGEST_TAG: Final = 64

# Noncharacters, which no cleaned text holds.
_PERSON: Final = "\ufdd0"
_PLACE: Final = "\ufdd1"
_OTHER: Final = "\ufdd2"
_STAND_INS: Final = frozenset({_PERSON, _PLACE, _OTHER})

NAME: Final = r"[\p{L}\p{N}_](?:[\p{L}\p{M}\p{N}_]|[.'’-](?=[\p{L}\p{N}_]))*+"
"""A name or handle as typed after an at sign: dots, apostrophes and hyphens stand inside it only."""

_TAG: Final = r"[#＃](?P<tag>\p{L}(?:[\p{L}\p{M}\p{N}]|[-_]{1,2}+(?=[\p{L}\p{N}]))*+)"
_POINTS: Final = r"[+＋](?P<points>\d++)"
_MENTIONED: Final = rf"{_PERSON}(?!['’]?[\p{{L}}\p{{M}}\p{{N}}])"
_TYPED: Final = rf"[@＠](?P<name>{NAME})(?![@＠])"
_ANOTHER: Final = rf"(?:{_MENTIONED}|[@＠]{NAME}(?![@＠]))"
_BETWEEN: Final = rf"(?:[\s,，、&＆]|(?i:and|och)(?=[\s{_PERSON}]))*+"
_COMMA: Final = r"\s?[,，、][\s,，、]*+"
_AND: Final = r"[\s,，、]*+(?:(?:[&＆]|(?i:and|och)(?=\s))[\s,，、]*+)++"
_THANKS: Final = r"(?i:thanks?|tack)(?![\p{L}\p{M}\p{N}])"
_NO_NAME: Final = rf"{_THANKS}|(?i:and|och)\s|I['’]"
# Of at least two letters: one is the English I.
_SPELT: Final = rf"(?!{_NO_NAME})(?=[\p{{Lu}}\p{{Lt}}]\p{{M}}*+[.'’-]?\p{{L}}){NAME}(?![@＠])"
_MORE: Final = rf"(?P<more>(?:\s{_SPELT}){{0,3}}+)"
_SPELT_OUT: Final = rf"(?P<name>{_SPELT}){_MORE}"
_RECEIVER: Final = rf"{_MENTIONED}|{_TYPED}{_MORE}"
_DASHES: Final = r"[-‐‑‒–—―]++(?![>\p{N}])"
_COLON: Final = r"[:：](?![\p{L}\p{N}_+'’-]{1,80}:)"

# The standard library's patterns take a quarter of the time; those with classes of Unicode need `regex`.
_PLACE_NAME: Final = regex.compile(_TAG)
_TAGS: Final = regex.compile(rf"(?<![\p{{L}}\p{{M}}\p{{N}}_#＃&/]){_TAG}")
_MARGIN: Final = regex.compile(rf"[(\[]*(?:{_TAG}|{_POINTS})(?:[,，、;]++(?:{_TAG}|{_POINTS}))*+[\])]*[.,:;!?…]*")
_MARGIN_STARTS: Final = frozenset("([#＃+＋")
_JOINERS: Final = frozenset({"and", "och", "&", "＆", ","})
_PRIVATE: Final = re.compile(
    rf"(?i:{'|'.join(PRIVATE_WORDS)})[,:]?(?:\s(?:(?i:to|till)\s(?=[{_PERSON}@＠]))?|(?={_PERSON}))"
)
_FIRST: Final = regex.compile(_RECEIVER)
_NEXT: Final = regex.compile(rf"{_BETWEEN}(?:{_RECEIVER})")
_NEXT_SPELT: Final = regex.compile(
    rf"{_AND}{_SPELT_OUT}|(?:{_COMMA}{_SPELT_OUT})++(?=(?:{_AND}|{_COMMA}){_ANOTHER}|{_AND}{_SPELT})"
)
_NAME_SPELT: Final = regex.compile(_SPELT_OUT)
_WORD_OF_THANKS: Final = regex.compile(_THANKS)
_AND_WITH_THANKS: Final = regex.compile(rf"{_AND}(?=\p{{Lu}})(?={_THANKS})")
_END_OF_RECEIVERS: Final = regex.compile(rf"[!.;…]*+[\s,，、]*+(?:{_COLON}|{_DASHES})?\s*")
_STAND_IN: Final = re.compile(rf"([{_PERSON}{_PLACE}{_OTHER}])")
_LAST_PUNCTUATION: Final = regex.compile(r"(?<![\s\p{P}])[\s\p{P}]++$")

_AWAY: Final = frozenset(fold(word) for word in AWAY_WORDS)
_LINK: Final = frozenset(fold(word) for word in LINK_WORDS)
_SUBCOMMANDS: Final = {fold(word): command for command, words in COMMAND_WORDS.items() for word in words}

_Solid: TypeAlias = Mention | GroupMention | PlaceMention | Verbatim | NameChoice


def parse(segments: Sequence[Segment]) -> Command:
    """Understand what was typed.

    Raises RecognitionError with NOBODY_NAMED or POINTS_AMBIGUOUS and nothing else, whatever the input, in time
    proportional to its length.
    """
    text, solids = _line_up(segments)
    if not text:
        return OpenForm()
    return _subcommand(text) or _give(text, solids)


def read_reason(segments: Sequence[Segment]) -> Reason:
    """Understand a reason that stands by itself, as in the form. Raises RecognitionError with POINTS_AMBIGUOUS."""
    text, solids = _line_up(segments)
    return _read([], text, solids)


def tag_name(written: str) -> str:
    """Give the name under which a tag is compared: casefolded, in NFC."""
    return clean(unicodedata.normalize("NFD", written).casefold())


def spelt_name(text: str) -> int:
    """Say where the name ends that a text begins with, going by its capitals: 0 if it begins with none."""
    found = _NAME_SPELT.match(text)
    return found.end() if found and _may_be_a_name(found["name"]) else 0


def gives_thanks(text: str) -> bool:
    """Say whether a text begins with a word of thanks, which is not taken for a name."""
    return _WORD_OF_THANKS.match(text) is not None


def joined(segments: Iterable[Segment]) -> Iterator[Segment]:
    """Give the segments with neighbouring words put together and tidied, and without empty ones."""
    pending: list[str] = []
    for segment in segments:
        if isinstance(segment, Words):
            pending.append(segment.text)
        elif not isinstance(segment, Verbatim) or clean(segment.text):
            yield from _words(pending)
            pending = []
            yield segment
    yield from _words(pending)


def _words(pending: list[str]) -> Iterator[Words]:
    text = tidy("".join(pending))
    if text:
        yield Words(text)


def _line_up(segments: Sequence[Segment]) -> tuple[str, list[_Solid]]:
    """Give the line with its stand-ins, and what they stand for, in order."""
    line: list[str] = []
    solids: list[_Solid] = []
    for segment in joined(segments):
        match segment:
            case Words(text):
                line.append(text)
                continue
            case Mention() | GroupMention() | NameChoice():
                line.append(_PERSON)
            case PlaceMention():
                line.append(_PLACE if _place_tag(segment) else _OTHER)
            case Verbatim():
                line.append(_OTHER)
            case _:
                assert_never(segment)
        solids.append(segment)
    return "".join(line).strip(), solids


def _place_tag(place: PlaceMention) -> str | None:
    written = _PLACE_NAME.fullmatch(f"#{clean(place.label)}")
    return _acceptable(written["tag"]) if written else None


def _acceptable(written: str) -> str | None:
    name = tag_name(written)
    return name if len(name) <= _LONGEST_TAG else None


def _subcommand(text: str) -> Subcommand | GoAway | LinkWorkspaces | None:
    if _PERSON in text:
        # Naming somebody is giving, and most of what is typed.
        return None
    folded = fold(text)
    first, _, rest = text.partition(" ")
    if fold(first) in _AWAY:
        # A channel or a link says nothing about when.
        return GoAway(tidy(_STAND_IN.sub(" ", rest)).strip())
    if fold(first) in _LINK:
        return LinkWorkspaces(tidy(_STAND_IN.sub(" ", rest)).strip())
    return _SUBCOMMANDS.get(folded) or _SUBCOMMANDS.get(_LAST_PUNCTUATION.sub("", folded))


def _give(text: str, solids: list[_Solid]) -> GiveKudos:
    tokens = text.split(" ")
    lead = _margin_end(tokens)
    receivers, private, rest = _receivers_first(" ".join(tokens[lead:]), solids)
    if receivers:
        named = sum(not isinstance(receiver, UnknownName) for receiver in receivers)
        said = _read(tokens[:lead], rest, solids[named:])
    else:
        receivers = [solid for solid in solids if isinstance(solid, Mention | GroupMention | NameChoice)]
        said = _read([], text, solids)
    if not receivers:
        raise RecognitionError(Code.NOBODY_NAMED)
    return GiveKudos(_each_once(receivers), said.reason, said.tags, said.points, private)


def _read(before: list[str], text: str, solids: list[_Solid]) -> Reason:
    """Read a reason and the tags and points around it; `before` are those that came ahead of the receivers."""
    tokens = text.split(" ") if text else []
    front, left = _without_margin(tokens)
    back, reversed_left = _without_margin(left[::-1])
    return Reason(
        reason=tuple(_restore(front.kept + reversed_left[::-1] + back.kept, solids)),
        tags=_tags([*before, *tokens], solids),
        points=_points([*before, *front.dropped, *back.dropped]),
    )


def _receivers_first(text: str, solids: list[_Solid]) -> tuple[list[Receiver], bool, str]:
    """Give the people that the text starts with, whether it is private, and the rest; nobody if it does not."""
    secret = _PRIVATE.match(text)
    at = secret.end() if secret else 0
    people = (solid for solid in solids if isinstance(solid, Mention | GroupMention | NameChoice))
    receivers: list[Receiver] = []
    pattern = _FIRST
    while found := pattern.match(text, at):
        name = found["name"]
        if name is None:
            receivers.append(next(people))
        elif _may_be_a_name(name):
            receivers.append(UnknownName(name, name + found["more"]))
        else:
            break
        unknown, at = _spelt_among(text, found.end())
        receivers += unknown
        pattern = _NEXT
    end = (receivers and _AND_WITH_THANKS.match(text, at)) or _END_OF_RECEIVERS.match(text, at)
    return receivers, bool(receivers and secret), text[end.end() if end else at :]


def _spelt_among(text: str, at: int) -> tuple[list[UnknownName], int]:
    """Give the names without an at sign that stand among receivers, behind one of them, and where they end.

    "And" and a capitalised word is as much as naming somebody; a comma and one may begin the reason, unless more people
    follow. Nobody is looked up by now, so these are people whom the kudos would leave out.
    """
    unknown: list[UnknownName] = []
    while found := _NEXT_SPELT.match(text, at):
        spelt = list(zip(found.captures("name"), found.captures("more"), strict=True))
        if not all(_may_be_a_name(name) for name, _ in spelt):
            break
        unknown += [UnknownName(name, name + more) for name, more in spelt]
        at = found.end()
    return unknown, at


def _may_be_a_name(written: str) -> bool:
    return len(written) <= LONGEST_NAME and fold(written) not in NEVER_NAMES


@dataclass(frozen=True, slots=True)
class _Margin:
    """The tags and points around a reason: what goes, and the conversations among it, which stay."""

    dropped: list[str]
    kept: list[str]


def _is_margin(token: str) -> bool:
    if token[:1] not in _MARGIN_STARTS:
        return False
    found = _MARGIN.fullmatch(token)
    return found is not None and all(_acceptable(tag) for tag in found.captures("tag"))


def _without_margin(tokens: list[str]) -> tuple[_Margin, list[str]]:
    margin = _Margin([], [])
    at = 0
    while at < len(tokens):
        taken = _margin_end(tokens, at)
        margin.dropped.extend(tokens[at:taken])
        at = taken
        if tokens[at : at + 1] != [_PLACE]:
            break
        margin.kept.append(_PLACE)
        at += 1
    return margin, tokens[at:]


def _margin_end(tokens: list[str], at: int = 0) -> int:
    """Say where the tags and points that begin at `at` end, an `and` before one of them included."""
    while at < len(tokens):
        if _is_margin(tokens[at]):
            at += 1
        elif tokens[at].casefold() in _JOINERS and at + 1 < len(tokens) and _is_margin(tokens[at + 1]):
            at += 2
        else:
            break
    return at


def _tags(tokens: list[str], solids: list[_Solid]) -> tuple[Tag, ...]:
    certain = dict.fromkeys(
        name
        for token in tokens
        if ("#" in token or "＃" in token) and not _is_link(token)
        for found in _TAGS.finditer(token)
        if (name := _acceptable(found["tag"]))
    )
    places = (_place_tag(solid) for solid in solids if isinstance(solid, PlaceMention))
    uncertain = dict.fromkeys(name for name in places if name and name not in certain)
    return (*(Tag(name) for name in certain), *(Tag(name, certain=False) for name in uncertain))


def _is_link(token: str) -> bool:
    return "://" in token or token.casefold().startswith("www.")


def _points(dropped: list[str]) -> int | None:
    asked: dict[int, None] = {}
    for token in dropped:
        found = _MARGIN.fullmatch(token)
        for digits in found.captures("points") if found else ():
            asked[int(digits) if len(digits) <= len(str(MOST_POINTS)) else MOST_POINTS] = None
    if len(asked) > 1:
        raise RecognitionError(Code.POINTS_AMBIGUOUS, points=tuple(islice(asked, 2)))
    return next(iter(asked), None)


def _each_once(receivers: Iterable[Receiver]) -> tuple[Receiver, ...]:
    once: dict[object, Receiver] = {}
    for receiver in receivers:
        once.setdefault(receiver.account if isinstance(receiver, Mention) else receiver, receiver)
    return tuple(once.values())


def _restore(tokens: list[str], solids: list[_Solid]) -> Iterator[Segment]:
    """Turn tokens back into segments. None that holds a stand-in is ever dropped, so the order says which is which."""
    remaining = iter(solids)
    for part in _STAND_IN.split(" ".join(tokens)):
        if part in _STAND_INS:
            yield next(remaining)
        elif part:
            yield Words(part)
