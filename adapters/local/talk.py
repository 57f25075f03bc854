"""What one person sees of a conversation: its messages, ready to be drawn, each with what continues it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, assert_never

from jinja2 import Environment
from markupsafe import Markup, escape

from adapters.local import words
from adapters.local.chat import Roster
from adapters.local.render import Pressing, Renderer
from adapters.local.store import StoredAccount, StoredMessage
from adapters.local.typed import segments
from adapters.local.window import Window
from bot.i18n import zone_of
from bot.incoming import GroupMention, Mention, NameChoice, PlaceMention, Verbatim, Words
from bot.view import codec

_TOGETHER: Final = timedelta(minutes=5)
"""Messages of one author this close are drawn under one name, as chat platforms do."""

_FEW: Final = 3
"""So many messages under another are simply shown; more are folded away behind their number."""


@dataclass(frozen=True, slots=True)
class Shown:
    """A message ready to be drawn. `replies_words` is empty if all that continues it is simply shown."""

    id: str
    author: StoredAccount | None
    at: datetime
    clock: str
    day: str
    body: Markup
    follows: bool
    edited: bool
    private: bool
    is_view: bool
    replies: tuple[Shown, ...]
    replies_words: str


class Talk:
    """Prepares one window's messages. `now` is aware."""

    def __init__(self, env: Environment, window: Window, now: datetime) -> None:
        self._window = window
        self._t = window.t
        self._zone = zone_of(window.me.profile.timezone)
        self._now = now
        self._renderer = Renderer(env, window.t, window.my_id)

    def shown(self, messages: Sequence[StoredMessage]) -> list[Shown]:
        """Give what is to be drawn of messages, oldest first, each followed by those that continue it."""
        there = {message.id for message in messages}
        under: dict[str, list[StoredMessage]] = {}
        alone: list[StoredMessage] = []
        for message in messages:
            if message.under is not None and message.under in there:
                under.setdefault(message.under, []).append(message)
            else:
                alone.append(message)
        shown: list[Shown] = []
        before: StoredMessage | None = None
        for message in alone:
            same_day = before is not None and self._day(before) == self._day(message)
            replies = tuple(self._reply(message, reply) for reply in under.get(message.id, ()))
            shown.append(
                self._one(
                    message,
                    day="" if same_day else words.day_words(self._t, message.at, self._now, self._zone),
                    follows=same_day and _together(before, message),
                    replies=replies,
                )
            )
            before = message
        return shown

    def _reply(self, first: StoredMessage, reply: StoredMessage) -> Shown:
        same_day = self._day(first) == self._day(reply)
        return self._one(reply, day="" if same_day else words.day_words(self._t, reply.at, self._now, self._zone))

    def _one(
        self, message: StoredMessage, *, day: str, follows: bool = False, replies: tuple[Shown, ...] = ()
    ) -> Shown:
        return Shown(
            id=message.id,
            author=self._window.roster.accounts.get(message.author or ""),
            at=message.at,
            clock=words.clock_words(message.at, self._zone),
            day=day,
            body=self._body(message),
            follows=follows,
            edited=message.edited_at is not None,
            private=message.private_to is not None,
            is_view=message.view is not None,
            replies=replies,
            replies_words=words.reply_words(self._t, len(replies)) if len(replies) > _FEW else "",
        )

    def _day(self, message: StoredMessage) -> object:
        return message.at.astimezone(self._zone).date()

    def _body(self, message: StoredMessage) -> Markup:
        if message.view is None:
            return typed_html(message.text, self._window.roster, self._window.my_id)
        version = message.id + (message.edited_at.isoformat() if message.edited_at else "")
        pressing = Pressing(f"{self._window.address}/press", message.id, version)
        return self._renderer.message(codec.decode(message.view), pressing)


def typed_html(text: str, roster: Roster, viewer: str) -> Markup:
    """Draw what a person typed, escaped, with the names that are names set as such."""
    pieces: list[Markup] = []
    for segment in segments(text, roster):
        match segment:
            case Mention(account=account, label=label):
                you = " is-you" if account.id == viewer else ""
                pieces.append(Markup('<span class="mention{}">@{}</span>').format(you, label))
            case Verbatim(text=verbatim):
                pieces.append(Markup("<code>{}</code>").format(verbatim))
            case Words(text=written) | NameChoice(written=written):
                pieces.append(escape(written))
            case GroupMention(label=label) | PlaceMention(label=label):
                sign = "#" if isinstance(segment, PlaceMention) else "@"
                pieces.append(Markup('<span class="mention">{}{}</span>').format(sign, label))
            case _:
                assert_never(segment)
    return Markup("").join(pieces)


def _together(before: StoredMessage | None, message: StoredMessage) -> bool:
    return (
        before is not None
        and message.author is not None
        and before.author == message.author
        and message.at - before.at < _TOGETHER
    )
