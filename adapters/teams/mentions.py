"""The text of a message with its mentions, as segments without any of Teams' syntax.

`<at>Name</at>` in the text says nothing: anybody can type it, and several people have one name. The entities say who is
meant; the text only says where.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import unescape
from typing import Final

from adapters.teams.activity import Account, Activity, Entity
from adapters.teams.addresses import BOT, USER, is_object_id
from adapters.teams.formatted import Kind, Mark, marks
from bot.identity import AccountRef
from bot.incoming import Mention, PlaceMention, Segment, Verbatim, Words

MOST: Final = 60
"""Mentions that are read. A kudos has at most 25 receivers."""

_TAG: Final = re.compile(r"</?at\b[^<>]*>", re.IGNORECASE)
_SHOWN: Final = re.compile(
    r"```(?P<block>.+?)```|`(?P<code>[^`\n]+)`|^>[^\S\n]?(?P<quote>[^\n]+)|(?P<link>https?://[^\s<>]+)",
    re.DOTALL | re.MULTILINE,
)


@dataclass(frozen=True, slots=True)
class _Place:
    """Where in the text an account is mentioned."""

    start: int
    end: int
    account: Account
    label: str


def mentioned(activity: Activity) -> tuple[Account, ...]:
    """Give those whom the entities mention, the bot included."""
    return tuple(entity.mentioned for entity in _mentions(activity)[:MOST] if entity.mentioned)


def is_person(account: Account) -> bool:
    """Say whether an account is a person's or another bot's, and not a channel's, a team's or a tag's."""
    return bool(account.aad_object_id or account.id.startswith((USER, BOT)) or is_object_id(account.id))


def segments(activity: Activity, accounts: Mapping[str, AccountRef]) -> tuple[Segment, ...]:
    """Read a text. `accounts` says who is behind the ids of those mentioned; whoever is not in it is only a name.

    The mention that calls the bot goes, at the beginning or at the end of the text. Elsewhere the bot's name is a word
    like any other. What somebody else wrote, and this message answers, goes too.
    """
    text = activity.text or ""
    special = marks(activity)
    places = [place for place in _places(activity) if _within(place, special) is not Kind.ANOTHERS]
    own = activity.recipient.id if activity.recipient else None
    called = _call(text, special, places, own)
    found: list[Segment] = []
    done = 0
    for place in places:
        found += _formatted(text, done, place.start, special)
        done = place.end
        if place is called:
            continue
        found.append(_segment(place, special, accounts))
    found += _formatted(text, done, len(text), special)
    return tuple(_joined(found))


def _joined(found: Iterable[Segment]) -> list[Segment]:
    """Put neighbouring words together, without the space before all."""
    joined: list[Segment] = []
    for segment in found:
        last = joined[-1] if joined else None
        if isinstance(segment, Words) and (last is None or isinstance(last, Words)):
            words = Words(last.text + segment.text if last else segment.text.lstrip())
            joined[-1:] = [words] if words.text else []
        else:
            joined.append(segment)
    return joined


def _within(place: _Place, special: Sequence[Mark]) -> Kind | None:
    return next((mark.kind for mark in special if mark.start < place.end and place.start < mark.end), None)


def _segment(place: _Place, special: Sequence[Mark], accounts: Mapping[str, AccountRef]) -> Segment:
    if _within(place, special):
        return Verbatim(place.label)
    account = accounts.get(place.account.id)
    if account is not None:
        return Mention(account, place.label)
    if is_person(place.account) or not place.label:
        return Words(place.label)
    return PlaceMention(place.account.id, place.label)


def _call(text: str, special: Sequence[Mark], places: Sequence[_Place], own: str | None) -> _Place | None:
    """Give the mention by which the bot was called."""
    mine = [place for place in places if place.account.id == own]
    for place in mine:
        if not any(_own(text, 0, place.start, special)):
            return place
    for place in reversed(mine):
        if not any(_own(text, place.end, len(text), special)):
            return place
    return None


def _own(text: str, start: int, end: int, special: Sequence[Mark]) -> Iterator[str]:
    """Give what somebody wrote themselves, in pieces without the spaces around them."""
    done = start
    for mark in special:
        if mark.kind is Kind.ANOTHERS and start <= mark.start < end:
            yield text[done : mark.start].strip()
            done = mark.end
    yield text[done:end].strip()


def _places(activity: Activity) -> Iterator[_Place]:
    text = activity.text or ""
    taken: list[_Place] = []
    after: dict[str, int] = {}
    for entity in _mentions(activity)[:MOST]:
        written = entity.text or ""
        # Two people with one name are written alike: the first entity is the first of them in the text.
        start = text.find(written, after.get(written, 0))
        if entity.mentioned is None or start < 0 or not written:
            continue
        end = start + len(written)
        after[written] = end
        if all(end <= place.start or place.end <= start for place in taken):
            taken.append(_Place(start, end, entity.mentioned, _label(entity)))
    yield from sorted(taken, key=lambda place: place.start)


def _mentions(activity: Activity) -> list[Entity]:
    return [entity for entity in activity.entities or () if entity.type == "mention"]


def _label(entity: Entity) -> str:
    name = entity.mentioned.name if entity.mentioned else None
    return (name or unescape(_TAG.sub("", entity.text or ""))).strip()


def _formatted(text: str, start: int, end: int, special: Sequence[Mark]) -> Iterator[Segment]:
    """Give a part of the text by what is special in it."""
    done = start
    for mark in special:
        first, last = max(mark.start, start), min(mark.end, end)
        if first > last or (first == last and mark.kind is not Kind.BREAK):
            continue
        yield from _typed(text[done:first])
        yield Verbatim(unescape(text[first:last])) if mark.kind is Kind.VERBATIM else Words(" ")
        done = last
    yield from _typed(text[done:end])


def _typed(text: str) -> Iterator[Segment]:
    """Give what was typed: code, quotations and links apart, and Teams' own escapes as what they stand for."""
    done = 0
    for match in _SHOWN.finditer(text):
        if match.start() > done:
            yield Words(unescape(text[done : match.start()]))
        yield Verbatim(unescape(match[match.lastgroup or 0]))
        done = match.end()
    if done < len(text):
        yield Words(unescape(text[done:]))
