"""A command written out again, and the plain text of a reason."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import assert_never

from bot.hygiene import clean
from bot.identity import AccountRef
from bot.incoming import GroupMention, Mention, NameChoice, PlaceMention, Segment, Verbatim, Words
from bot.recognition.commands import (
    AWAY_WORDS,
    COMMAND_WORDS,
    LINK_WORDS,
    Command,
    GiveKudos,
    GoAway,
    LinkWorkspaces,
    OpenForm,
    UnknownName,
)
from bot.recognition.grammar import joined


def render(command: Command) -> tuple[Segment, ...]:
    """Write the command so that `parse` understands the same: receivers, a colon, tags, points, the reason."""
    match command:
        case OpenForm():
            return ()
        case GiveKudos():
            return tuple(joined(_parts(command)))
        case GoAway(until):
            return (Words(f"{AWAY_WORDS[0]} {until}".strip()),)
        case LinkWorkspaces(code):
            return (Words(f"{LINK_WORDS[0]} {code}".strip()),)
        case _:
            return (Words(COMMAND_WORDS[command][0]),)


def _parts(command: GiveKudos) -> Iterator[Segment]:
    if command.private:
        yield Words("private ")
    for place, receiver in enumerate(command.receivers):
        if place:
            yield Words(" ")
        yield Words(f"@{receiver.written}") if isinstance(receiver, UnknownName) else receiver
    # An uncertain tag is the name of a conversation that still stands in the reason.
    tags = "".join(f"#{tag.name} " for tag in command.tags if tag.certain)
    points = "" if command.points is None else f"+{command.points} "
    yield Words(f": {tags}{points}")
    yield from command.reason


def reason_text(reason: Sequence[Segment], names: Mapping[AccountRef, str] | None = None) -> str:
    """Give the reason as the plain text that is stored: one line, people as @name.

    `names` are better known than the labels that the platform sent, which may be empty.
    """
    return clean("".join(_text(segment, names or {}) for segment in reason))


def _text(segment: Segment, names: Mapping[AccountRef, str]) -> str:
    match segment:
        case Words(text) | Verbatim(text):
            return text
        case Mention(account, label):
            return f"@{names.get(account) or label or account.id}"
        case GroupMention(id, label):
            return f"@{label or id}"
        case PlaceMention(id, label):
            return f"#{label or id}"
        case NameChoice(written):
            return f"@{written}"
        case _:
            assert_never(segment)
