"""From typed text to segments: what the local chat itself understands of a message."""

from __future__ import annotations

import re
from typing import Final

from adapters.local.chat import Roster
from bot.identity import AccountRef
from bot.incoming import GroupMention, Mention, PlaceMention, Segment, Verbatim, Words

COMMAND: Final = "/kudos"

_PIECES: Final = re.compile(
    r"```(?P<fence>.+?)```"
    r"|`(?P<code>[^`\n]+)`"
    r"|^>[^\S\n]?(?P<quote>[^\n]*)"
    r"|(?P<link>https?://\S+)"
    r"|(?<![\w@])@(?P<name>\w[\w.\-]*)"
    r"|(?<![\w#])#(?P<place>\w[\w\-]*)",
    re.DOTALL | re.MULTILINE,
)


def command(text: str) -> str | None:
    """Give what follows `/kudos`, or None if the text is not that command."""
    head, *rest = text.split(maxsplit=1) or [""]
    return "".join(rest) if head.casefold() == COMMAND else None


def segments(text: str, roster: Roster) -> tuple[Segment, ...]:
    """Give the text's segments. A handle, channel or group is one only if there is such; all else stays as typed."""
    found: list[Segment] = []
    done = 0
    for match in _PIECES.finditer(text):
        piece, end = _piece(match, roster)
        if piece is None:
            continue
        if match.start() > done:
            found.append(Words(text[done : match.start()]))
        found.append(piece)
        done = end
    if done < len(text):
        found.append(Words(text[done:]))
    return tuple(found)


def _piece(match: re.Match[str], roster: Roster) -> tuple[Segment | None, int]:
    match match.lastgroup:
        case "name":
            # A full stop that ends the sentence is no part of a handle.
            written = match["name"].rstrip(".-")
            return _named(written, roster), match.start("name") + len(written)
        case "place":
            return _place(match["place"], roster), match.end()
        case group:
            quoted = match[group or 0]
            return (Verbatim(quoted) if quoted else None), match.end()


def _named(written: str, roster: Roster) -> Segment | None:
    account = roster.by_handle(written)
    if account is not None:
        return Mention(AccountRef(roster.workspace, account.profile.account.id), account.profile.name)
    channel = _channel(written, roster)
    return None if channel is None else GroupMention(channel, written)


def _place(written: str, roster: Roster) -> Segment | None:
    channel = _channel(written, roster)
    return None if channel is None else PlaceMention(channel, written)


def _channel(written: str, roster: Roster) -> str | None:
    wanted = written.casefold()
    return next((one.id for one in roster.conversations.values() if one.name == wanted and not one.direct), None)
