"""Messages and forms as a Teams tenant sees them, for tests of how they are drawn."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any, Final

import msgspec

from adapters.teams import forms
from adapters.teams.render import card
from adapters.teams.seal import Seal
from bot.gallery import NAMES, examples
from bot.identity import AccountRef, Platform, WorkspaceRef
from bot.view.form import Form
from bot.view.message import Block, Message, MessageKind

HERE: Final = WorkspaceRef(Platform.TEAMS, "tenant")
SEAL: Final = Seal(b"golden")

LARGEST: Final = 25 * 1024
"""Bytes of an activity."""

_SHOWN_TO_ALL: Final = frozenset(
    {MessageKind.SHOUT_OUT, MessageKind.WITHDRAWN, MessageKind.DIGEST, MessageKind.DIGEST_THREAD}
)
_OF_THE_GALLERY: Final = re.compile(r'"workspace":\{"platform":"local","id":"gallery"\},"id":"U(\d+)"')


def someone(number: int) -> AccountRef:
    """Give the account of the nth person."""
    return AccountRef(HERE, f"00000000-0000-4000-8000-{number:012}")


ANNA: Final = someone(1)
BO: Final = someone(2)
EVERYBODY: Final = frozenset(someone(number) for number in range(1, 200))


def gallery() -> dict[str, Message | Form]:
    """Give every example in every language, with accounts of people in Teams."""
    found = {f"{language}_{name}": view for language in ("en", "sv") for name, view in examples(language).items()}
    return {name: _in_teams(view) for name, view in found.items()}


def _in_teams(view: Message | Form) -> Message | Form:
    written = _OF_THE_GALLERY.sub(
        lambda match: msgspec.json.encode(someone(int(match[1]))).decode()[1:-1], msgspec.json.encode(view).decode()
    )
    return msgspec.json.decode(written, type=Form if isinstance(view, Form) else Message)


def shown(view: Message | Form, *, dialog: bool = False) -> dict[str, Any]:
    """Draw a message as where it is shown, or a form."""
    if isinstance(view, Form):
        names = {someone(int(id_.removeprefix("U"))): name for id_, name in NAMES.items()}
        return forms.card(forms.Filling(view, "form-1", "19:phone@thread.tacv2", names), SEAL, dialog=dialog)
    here = EVERYBODY if view.kind in _SHOWN_TO_ALL and not dialog else ()
    return card(view, SEAL, here=here, dialog=dialog)


def message(*blocks: Block, summary: str = "summary") -> Message:
    """Give a message of some blocks."""
    return Message(MessageKind.TEAM_WEEK, blocks, summary)


def elements(thing: Any) -> Iterator[dict[str, Any]]:
    """Go through everything in a card that has a type."""
    if isinstance(thing, dict):
        if "type" in thing:
            yield thing
        for value in thing.values():
            yield from elements(value)
    elif isinstance(thing, list):
        for each in thing:
            yield from elements(each)


def weight(made: dict[str, Any]) -> int:
    """Count the bytes of something as it is sent."""
    return len(json.dumps(made, ensure_ascii=False, separators=(",", ":")).encode())
