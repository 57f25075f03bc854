"""What may be given and taken back. Pure, over people already read; every refusal carries what its sentence needs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from difflib import get_close_matches
from typing import Final, assert_never
from urllib.parse import urlsplit

import regex

from bot.errors import Code, RecognitionError
from bot.hygiene import REASON_LIMIT, clean, substance
from bot.i18n import SOURCE
from bot.identity import AccountRef, PersonId
from bot.incoming import Segment, Verbatim, Words
from bot.people.model import Colleague, Place, Role
from bot.points.model import MAX_RECEIVERS, Behaviour, Programme, comparable
from bot.ports import Standing
from bot.recognition.commands import Tag
from bot.recognition.model import Kudos
from bot.recognition.render_command import reason_text

MAX_BEHAVIOURS: Final = 3
"""Behaviours of one kudos. One that is about everything is about nothing."""

LEAST_WORDS: Final = 3
LEAST_LETTERS: Final = 12
"""A reason needs one of these two: short enough for a phone, long enough that "nice!" does not pass."""

LINK_LIMIT: Final = 500
"""Characters of a link. Links to messages are far below it."""

UNDO_WINDOW: Final = timedelta(hours=24)
"""How long a giver may take a kudos back: a slip is noticed by then, and what others have seen for longer stands."""

_NEAREST: Final = 3
_LETTER: Final = regex.compile(r"\p{L}")
_BREAKS_LINKS: Final = regex.compile(r"[\s<>\"|\\^`{}]")


def settle_receivers(
    giver: Colleague, named: Sequence[Colleague], grouped: Sequence[Colleague]
) -> tuple[Colleague, ...]:
    """Give those who receive, each once, those named first.

    Whoever is named and cannot be recognised is refused; whoever came in with a group is left out silently.
    """
    if giver.standing is not Standing.MEMBER:
        raise RecognitionError(Code.GIVER_NOT_MEMBER)
    receivers: dict[PersonId, Colleague] = {}
    for each in named:
        if refusal := _refusal(giver, each, among=len(named)):
            raise refusal
        receivers.setdefault(each.person, each)
    for each in grouped:
        if not _refusal(giver, each):
            receivers.setdefault(each.person, each)
    if not receivers:
        raise RecognitionError(Code.EMPTY_GROUP)
    if len(receivers) > MAX_RECEIVERS:
        raise RecognitionError(Code.TOO_MANY_RECEIVERS, count=len(receivers), limit=MAX_RECEIVERS)
    return tuple(receivers.values())


def check_crowd(grouped: Iterable[AccountRef]) -> None:
    """Refuse groups far too large, before anyone in them is looked up. Raises TOO_MANY_RECEIVERS.

    Groups of up to twice the limit may hold bots, guests and the giver, who do not count.
    """
    count = len(set(grouped))
    if count > 2 * MAX_RECEIVERS:
        raise RecognitionError(Code.TOO_MANY_RECEIVERS, count=count, limit=MAX_RECEIVERS)


def _refusal(giver: Colleague, receiver: Colleague, among: int = 1) -> RecognitionError | None:
    if receiver.person == giver.person:
        return RecognitionError(Code.SELF_RECOGNITION, among=among)
    match receiver.standing:
        case Standing.MEMBER:
            return None
        case Standing.BOT:
            return RecognitionError(Code.RECEIVER_IS_BOT, name=receiver.name)
        case Standing.GUEST | Standing.STRANGER:
            return RecognitionError(Code.RECEIVER_IS_GUEST, name=receiver.name)
        case Standing.LEFT:
            return RecognitionError(Code.RECEIVER_HAS_LEFT, name=receiver.name)
        case _:
            assert_never(receiver.standing)


def settle_behaviours(tags: Sequence[Tag], programme: Programme, language: str) -> tuple[str, ...]:
    """Give the codes of the behaviours asked for, each once, in the order of the tags.

    A tag is known in every language and by its code. An uncertain one that is unknown was no tag.
    """
    settled: dict[str, None] = {}
    for tag in tags:
        code = programme.codes.get(comparable(tag.name))
        if code is not None:
            settled[code] = None
        elif tag.certain:
            raise _unknown_behaviour(tag, programme, language)
    if len(settled) > MAX_BEHAVIOURS:
        raise RecognitionError(Code.TOO_MANY_BEHAVIOURS, limit=MAX_BEHAVIOURS)
    return tuple(settled)


def _unknown_behaviour(tag: Tag, programme: Programme, language: str) -> RecognitionError:
    codes = programme.codes
    shown = {each.code: _tag_in(each, language) for each in programme.behaviours}
    near = get_close_matches(comparable(tag.name), list(codes), n=_NEAREST, cutoff=0.6)
    nearest = tuple(dict.fromkeys(shown[codes[name]] for name in near))
    return RecognitionError(Code.UNKNOWN_BEHAVIOUR, tag=tag.name, nearest=nearest, known=tuple(shown.values()))


def _tag_in(behaviour: Behaviour, language: str) -> str:
    words = behaviour.words.get(language) or behaviour.words.get(SOURCE)
    return words.tag if words else behaviour.code


def settle_reason(reason: Sequence[Segment], names: Mapping[AccountRef, str] | None = None) -> str:
    """Give the reason as it is stored, if it says something. `names` as in `reason_text`."""
    text = reason_text(reason, names)
    if not text:
        raise RecognitionError(Code.REASON_MISSING)
    # People and places named in it say nothing about what was done, whatever their names are.
    words = [word for each in reason if isinstance(each, Words | Verbatim) for word in substance(each.text)]
    if len(words) < LEAST_WORDS and len(_LETTER.findall("".join(words))) < LEAST_LETTERS:
        raise RecognitionError(Code.REASON_TOO_SHORT, words=LEAST_WORDS, letters=LEAST_LETTERS)
    if len(text) > REASON_LIMIT:
        raise RecognitionError(Code.REASON_TOO_LONG, length=len(text), limit=REASON_LIMIT)
    return text


def settle_points(points: int | None, programme: Programme) -> int:
    """Give the points for each receiver: those asked for, or the programme's default."""
    if points is None:
        return programme.points_default
    if not programme.points_least <= points <= programme.points_most:
        raise RecognitionError(Code.POINTS_OUT_OF_BOUNDS, least=programme.points_least, most=programme.points_most)
    return points


def settle_link(text: str | None) -> str | None:
    """Give the link to what the kudos is about, or None if there is none. Only plain https links are taken."""
    link = (text or "").strip()
    if not link:
        return None
    if len(link) > LINK_LIMIT or link != clean(link) or _BREAKS_LINKS.search(link) or not _is_https(link):
        raise RecognitionError(Code.LINK_INVALID)
    return link


def _is_https(link: str) -> bool:
    try:
        parts = urlsplit(link)
        # Reading the port is what checks it. A user name before the host makes links look like another site's.
        return parts.scheme == "https" and bool(parts.hostname) and parts.port != 0 and "@" not in parts.netloc
    except ValueError:
        return False


def is_supervisor_recognition(giver: Colleague, receiver: Colleague) -> bool:
    """Say whether the giver supervises a team that the receiver is in."""
    supervised = {place.team for place in giver.places if place.role is Role.SUPERVISOR}
    return any(place.team in supervised for place in receiver.places)


def receiver_place(giver: Colleague, receiver: Colleague) -> Place | None:
    """Give the place in which the receiver is recognised.

    One in a team shared with the giver, else their first as an agent, else their first, else none.
    """
    shared = {place.team for place in giver.places}
    ranked = sorted(receiver.places, key=lambda place: (place.team not in shared, place.role is not Role.AGENT))
    return ranked[0] if ranked else None


def check_undo(kudos: Kudos, person: PersonId, now: datetime, *, latest: bool = False) -> None:
    """Refuse to take back another's kudos, one taken back already, and one older than UNDO_WINDOW.

    `latest` says that the person's latest was asked for, whichever that is.
    """
    if kudos.giver != person:
        raise RecognitionError(Code.NOT_YOUR_KUDOS)
    if kudos.undone_at is not None:
        raise RecognitionError(Code.ALREADY_UNDONE, latest=latest)
    if now - kudos.at > UNDO_WINDOW:
        raise RecognitionError(Code.UNDO_TOO_LATE, hours=int(UNDO_WINDOW / timedelta(hours=1)))
