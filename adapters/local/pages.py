"""What one person's window shows: the page and the parts of it that change live."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, TypeAlias, assert_never
from uuid import uuid4

from jinja2 import Environment
from markupsafe import Markup, escape

from adapters.local import words
from adapters.local.chat import BOT, LocalChat, Roster
from adapters.local.render import Pressing, Renderer
from adapters.local.store import StoredAccount, StoredConversation, StoredMessage
from adapters.local.typed import segments
from bot.i18n import LANGUAGES, Translator, translator, zone_of
from bot.identity import ConversationRef
from bot.incoming import GroupMention, Mention, NameChoice, PlaceMention, Verbatim, Words
from bot.view import codec

Tags: TypeAlias = Callable[[str], Sequence[tuple[str, str]]]
"""The published behaviours in a language ("en", "sv"): what is typed after the hash sign, and what it means."""

_TOGETHER: Final = timedelta(minutes=5)
"""Messages of one author this close are drawn under one name, as chat platforms do."""


@dataclass(frozen=True, slots=True)
class Window:
    """Who looks at what. The address says both, so that two windows can be two people."""

    me: StoredAccount
    conversation: StoredConversation
    roster: Roster

    @property
    def ref(self) -> ConversationRef:
        """The conversation."""
        return ConversationRef(self.roster.workspace, self.conversation.id)

    @property
    def my_id(self) -> str:
        """The viewer's account id."""
        return self.me.profile.account.id

    @property
    def address(self) -> str:
        """Where this window is."""
        return address(self.me, self.conversation)

    @property
    def t(self) -> Translator:
        """The viewer's language."""
        return translator(self.me.profile.locale)


@dataclass(frozen=True, slots=True)
class Shown:
    """A message ready to be drawn."""

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


def address(me: StoredAccount, conversation: StoredConversation) -> str:
    """Say where a person's window on a conversation is."""
    return f"/as/{me.profile.handle}/{BOT if conversation.direct else conversation.id}"


def window(roster: Roster, handle: str, place: str) -> Window | None:
    """Find the window of an address; None if there is no such person, or they are not in that conversation."""
    me = roster.by_handle(handle)
    if me is None:
        return None
    mine = roster.seen_by(me.profile.account.id)
    found = next((one for one in mine if (one.direct and place == BOT) or (not one.direct and place == one.id)), None)
    return None if found is None else Window(me, found, roster)


class Pages:
    """Draws windows."""

    def __init__(self, chat: LocalChat, env: Environment, tags: Tags, workspace_name: str) -> None:
        self._chat = chat
        self._env = env
        self._tags = tags
        self._name = workspace_name

    async def page(self, window: Window, theme: str) -> str:
        """Draw a whole page."""
        t = window.t
        return self._env.get_template("page.html").render(
            **{**await self._live(window), **self._frame(t, theme)},
            composer=self.composer(window),
            members=[window.roster.accounts[one] for one in window.conversation.members],
            members_count=words.member_words(t, len(window.conversation.members)),
            people=_by_team(window.roster),
            role=lambda account: words.role_name(t, account.role),
            suggestions=self._suggestions(window),
            languages=LANGUAGES,
            **self._invitation(window),
        )

    async def live(self, window: Window) -> str:
        """Draw the parts that change: the messages and the counts beside the conversations."""
        return self._env.get_template("live.html").render(**await self._live(window))

    async def rail(self, window: Window) -> str:
        """Draw the counts beside the conversations alone."""
        return self._env.get_template("live.html").render(**await self._places(window), shown=None)

    def composer(self, window: Window) -> Markup:
        """Draw the composer. Its key makes its sending one act, however often it is sent."""
        template = self._env.get_template("composer.html")
        w = words.page_words(window.t)
        return Markup(template.render(window=window, w=w, key=new_key()))  # noqa: S704 - a template's

    def problem(self, t: Translator, theme: str) -> str:
        """Draw the page for an address that leads nowhere."""
        return self._env.get_template("missing.html").render(**self._frame(t, theme))

    def _frame(self, t: Translator, theme: str) -> dict[str, Any]:
        return {"w": words.page_words(t), "language": t.language, "theme": theme, "workspace_name": self._name}

    async def _live(self, window: Window) -> dict[str, Any]:
        messages = await self._chat.read(window.ref, window.my_id)
        return {**await self._places(window), "shown": self._shown(window, messages)}

    async def _places(self, window: Window) -> dict[str, Any]:
        t = window.t
        unread = await self._chat.unread(window.my_id)
        mine = window.roster.seen_by(window.my_id)
        return {
            "window": window,
            "w": words.page_words(t),
            "places": [
                {
                    "conversation": one,
                    "address": address(window.me, one),
                    "current": one.id == window.conversation.id,
                    "unread": 0 if one.id == window.conversation.id else unread.get(one.id, 0),
                    "unread_words": words.unread_words(t, unread.get(one.id, 0)),
                }
                for one in mine
            ],
        }

    def _shown(self, window: Window, messages: Sequence[StoredMessage]) -> list[Shown]:
        t = window.t
        zone = zone_of(window.me.profile.timezone)
        renderer = Renderer(self._env, t, window.my_id)
        now = self._chat.now()
        shown: list[Shown] = []
        before: StoredMessage | None = None
        for message in messages:
            day = words.day_words(t, message.at, now, zone)
            same_day = before is not None and before.at.astimezone(zone).date() == message.at.astimezone(zone).date()
            shown.append(
                Shown(
                    id=message.id,
                    author=window.roster.accounts.get(message.author or ""),
                    at=message.at,
                    clock=message.at.astimezone(zone).strftime("%H:%M"),
                    day="" if same_day else day,
                    body=self._body(window, renderer, message),
                    follows=same_day and _together(before, message),
                    edited=message.edited_at is not None,
                    private=message.private_to is not None,
                    is_view=message.view is not None,
                )
            )
            before = message
        return shown

    def _body(self, window: Window, renderer: Renderer, message: StoredMessage) -> Markup:
        if message.view is None:
            return typed_html(message.text, window.roster, window.my_id)
        version = message.id + (message.edited_at.isoformat() if message.edited_at else "")
        pressing = Pressing(f"{window.address}/press", message.id, version)
        return renderer.message(codec.decode(message.view), pressing)

    @staticmethod
    def _invitation(window: Window) -> dict[str, str]:
        """Suggest whom to thank first: someone of the same team, so that both windows show the shout-out."""
        others = [one for one in window.roster.accounts.values() if one is not window.me]
        other = next((one for one in others if one.team == window.me.team), others[0])
        return {
            "try_name": words.try_name(window.t, other.profile.handle),
            "try_window": words.try_window(window.t, other.profile.name),
            "try_address": f"/as/{other.profile.handle}",
        }

    def _suggestions(self, window: Window) -> Mapping[str, Any]:
        t = window.t
        people = [
            {
                "id": one.profile.account.id,
                "insert": one.profile.handle,
                "label": one.profile.name,
                "hint": ", ".join(filter(None, (words.role_name(t, one.role), one.team))),
                "initials": self._env.filters["initials"](one.profile.name),
                "hue": self._env.filters["hue"](one.profile.account.id),
            }
            for one in window.roster.accounts.values()
        ]
        groups = [
            {"insert": one.name, "label": f"@{one.name}", "hint": words.member_words(t, len(one.members))}
            for one in window.roster.seen_by(window.my_id)
            if not one.direct
        ]
        tags = [{"insert": tag, "label": f"#{tag}", "hint": meaning} for tag, meaning in self._tags(t.language)]
        commands = [{"insert": typed, "label": typed, "hint": hint} for typed, hint in words.command_hints(t)]
        return {"people": people, "groups": groups, "tags": tags, "commands": commands}


def new_key() -> str:
    """Make the id of an act that has not happened yet."""
    return uuid4().hex


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


def _by_team(roster: Roster) -> list[tuple[str, list[StoredAccount]]]:
    teams: dict[str, list[StoredAccount]] = {}
    for account in roster.accounts.values():
        teams.setdefault(account.team, []).append(account)
    return list(teams.items())
