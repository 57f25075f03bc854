"""Text from people, made harmless and ordinary before it is stored, compared or shown."""

from __future__ import annotations

import unicodedata
from itertools import takewhile
from typing import Final

import regex

REASON_LIMIT: Final = 500
"""Characters of a reason. More is a letter: nobody reads it in a channel."""

_MARKS: Final = 4
"""Combining marks kept on one letter. Vietnamese needs two, pointed Hebrew three; towers of them cover other lines."""

_MARKS_RAW: Final = 30
"""Marks in a row that normalisation ever sees (Unicode's stream-safe limit): sorting them takes quadratic time."""

_PICTURE: Final = r"\p{Extended_Pictographic}[\uFE0E\uFE0F]?\p{Emoji_Modifier}?"
_EMOJI: Final = rf"{_PICTURE}(?:\u200D{_PICTURE}){{0,8}}+|[0-9#*]\uFE0F?\u20E3|\p{{Regional_Indicator}}{{2}}"
_UNSEEN: Final = r"[[\p{Cc}\p{Cs}\p{Default_Ignorable_Code_Point}\p{Noncharacter_Code_Point}\uFFF9-\uFFFC]--\s]"

_SIFT: Final = regex.compile(rf"(?V1)({_EMOJI})|{_UNSEEN}++")
_SPACES: Final = regex.compile(r"\s+")
_TOWER_RAW: Final = regex.compile(rf"(\p{{M}}{{{_MARKS_RAW}}})\p{{M}}++")
_TOWER: Final = regex.compile(rf"(\p{{M}}{{{_MARKS}}})\p{{M}}++")
_CLUSTER: Final = regex.compile(r"\X")
_MARK: Final = regex.compile(r"\p{M}+")

_LAST_PLAIN: Final = "\u024f"
"""Up to here (Latin with its usual accents) what is printable is seen, stands alone and is in NFC."""

# What follows begins where a run of its characters does: tried at each of them, a long run would take quadratic time.
_LINK: Final = r"(?<!\S)\S*://\S*+"
_SHORT_CODE: Final = r":[\p{L}\p{M}\p{N}_+'’-]{1,80}:"
_MENTION_OR_TAG: Final = r"(?<![\p{L}\p{M}\p{N}_])[@＠#＃][\p{L}\p{M}\p{N}_.'’-]++"
_EMPTY_TALK: Final = regex.compile(rf"(?V1){_LINK}|{_EMOJI}|{_SHORT_CODE}|{_MENTION_OR_TAG}")
_EMPTY_TALK_MARKS: Final = frozenset(":@#")
"""One of which is in all of it that is ASCII."""

_WORD: Final = regex.compile(r"(?<![\p{M}\p{N}'’-])[\p{M}\p{N}'’-]*+\p{L}[\p{L}\p{M}\p{N}'’-]*+")


def tidy(text: str) -> str:
    """Give the text as one line in NFC, without what cannot be seen or hides something, its outer spaces kept as one.

    Gone are direction overrides, zero-width and tag characters, controls and lone surrogates; emoji keep their joiners
    and variation selectors. Every run of spaces and line breaks becomes one space. Doing it twice changes nothing.
    """
    if text.isprintable() and (text.isascii() or max(text) <= _LAST_PLAIN):
        return _SPACES.sub(" ", text) if "  " in text else text
    seen = _TOWER_RAW.sub(r"\1", _SIFT.sub(r"\1", text))
    return _SPACES.sub(" ", _TOWER.sub(r"\1", unicodedata.normalize("NFC", seen)))


def clean(text: str, limit: int | None = None) -> str:
    """Give the text tidied and without outer spaces, cut between whole characters with `…` if it is over `limit`."""
    whole = tidy(text).strip()
    if limit is None or len(whole) <= limit:
        return whole
    ends = (cluster.end() for cluster in _CLUSTER.finditer(whole))
    end = max(takewhile(lambda end: end < limit, ends), default=0)
    return whole[:end].rstrip() + "…"


def fold(text: str) -> str:
    """Give a form for comparing, in which case, accents and full-width or typographic variants do not matter."""
    if text.isascii():
        return tidy(text).casefold().strip()
    return _MARK.sub("", unicodedata.normalize("NFKD", tidy(text))).casefold().strip()


def substance(text: str) -> tuple[str, ...]:
    """Give the words that say something: what is left without emoji, mentions, tags and bare links.

    A word has a letter in it. Short codes (`:tada:`) are emoji.
    """
    said = tidy(text)
    # Plain words, as most reasons are, have none of it in them.
    if not said.isascii() or not _EMPTY_TALK_MARKS.isdisjoint(said):
        said = _EMPTY_TALK.sub(" ", said)
    return tuple(_WORD.findall(said))
