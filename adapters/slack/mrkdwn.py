"""The text of a slash command, as Slack escapes it, into segments without any of Slack's syntax.

Slack writes people as `<@U1|anna>`, groups as `<!subteam^S1|@late>`, channels as `<#C1|floor>`, links as
`<https://…|label>`, and `& < >` as entities, if the manifest says `should_escape`. Ids begin with U or W.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from bot.identity import AccountRef, WorkspaceRef
from bot.incoming import GroupMention, Mention, PlaceMention, Segment, Verbatim, Words

_TOKEN: Final = re.compile(
    r"```(?P<block>.+?)```"
    r"|`(?P<code>[^`\n]+)`"
    r"|<(?P<angle>[^<>\n]+)>"
    r"|^(?:&gt;){3}(?P<rest>.+)"
    r"|^&gt;(?P<quote>[^\n]+)",
    re.DOTALL | re.MULTILINE,
)
_ANGLE: Final = re.compile(r"<([^<>\n]+)>")
_ACCOUNT: Final = re.compile(r"@([UW][A-Z0-9]+)", re.ASCII)
_GROUP: Final = re.compile(r"!subteam\^(S[A-Z0-9]+)", re.ASCII)
_PLACE: Final = re.compile(r"#([CDG][A-Z0-9]+)", re.ASCII)
_EVERYBODY: Final = frozenset({"!channel", "!here", "!everyone"})
_LINK: Final = re.compile(r"(?:https?://|mailto:|tel:).+", re.IGNORECASE)


def segments(text: str, workspace: WorkspaceRef) -> tuple[Segment, ...]:
    """Read a text. Raises nothing: what is not Slack's syntax is ordinary text."""
    joined: list[Segment] = []
    for segment in _segments(text, workspace):
        if isinstance(segment, Words) and joined and isinstance(joined[-1], Words):
            joined[-1] = Words(joined[-1].text + segment.text)
        else:
            joined.append(segment)
    return tuple(joined)


def _segments(text: str, workspace: WorkspaceRef) -> Iterator[Segment]:
    end = 0
    for token in _TOKEN.finditer(text):
        if token.start() > end:
            yield Words(_unescape(text[end : token.start()]))
        end = token.end()
        if token["angle"] is not None:
            yield _angle(token["angle"], workspace)
        else:
            literal = token["block"] or token["code"] or token["rest"] or token["quote"]
            if shown := _visible(literal).strip():
                yield Verbatim(shown)
    if end < len(text):
        yield Words(_unescape(text[end:]))


def _angle(inside: str, workspace: WorkspaceRef) -> Segment:
    """Read what stands between `<` and `>`."""
    head, _, label = inside.partition("|")
    label = _unescape(label)
    if reference := _reference(head, label, workspace):
        return reference
    if head in _EVERYBODY:
        # Without its at sign it calls nobody and is no name to look up.
        return Words(head.removeprefix("!"))
    if head.startswith("!") and label:
        return Verbatim(label)
    if _LINK.fullmatch(head):
        return Verbatim(_link(_unescape(head), label))
    return Words(f"<{_unescape(inside)}>")


def _reference(head: str, label: str, workspace: WorkspaceRef) -> Segment | None:
    if account := _ACCOUNT.fullmatch(head):
        return Mention(AccountRef(workspace, account[1]), label.removeprefix("@"))
    if group := _GROUP.fullmatch(head):
        return GroupMention(group[1], label.removeprefix("@"))
    if place := _PLACE.fullmatch(head):
        return PlaceMention(place[1], label.removeprefix("#"))
    return None


def _link(address: str, label: str) -> str:
    """Show a link by its label, with the address beside it unless it says the same."""
    shown = address.removeprefix("mailto:").removeprefix("tel:")
    return shown if not label or label in shown else f"{label} ({shown})"


def _visible(literal: str) -> str:
    """Give what a person sees of code or a quotation: Slack turns names and links inside it into its syntax too."""

    def seen(angle: re.Match[str]) -> str:
        head, _, label = angle[1].partition("|")
        if _LINK.fullmatch(head):
            return _link(head, label)
        return label or head.removeprefix("!")

    return _unescape(_ANGLE.sub(seen, literal))


def _unescape(text: str) -> str:
    # `&amp;` last: `&amp;lt;` is a person's own "&lt;".
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
