"""What one person's window shows: the page and the parts of it that change live."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, TypeAlias
from uuid import uuid4

from jinja2 import Environment
from markupsafe import Markup

from adapters.local import words
from adapters.local.chat import BOT, LocalChat, Roster
from adapters.local.store import StoredAccount
from adapters.local.talk import Talk
from adapters.local.window import Window, address
from bot.i18n import LANGUAGES, Translator, zone_of

SUPERVISOR: Final = "supervisor"
"""The role of those who lead a team, as `words.ROLES` has it."""

Tags: TypeAlias = Callable[[str], Sequence[tuple[str, str]]]
"""The published behaviours in a language ("en", "sv"): what is typed after the hash sign, and what it means."""


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
            sample=lambda written: words.sample_words(t, written),
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

    def clock(self, window: Window) -> str:
        """Draw the time alone."""
        return self._env.get_template("live.html").render(now_words=self.now_words(window), shown=None, places=None)

    def now_words(self, window: Window) -> str:
        """Say what day and time it is for the viewer."""
        return words.now_words(window.t, self._chat.now(), zone_of(window.me.profile.timezone))

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
        return {**await self._places(window), "shown": Talk(self._env, window, self._chat.now()).shown(messages)}

    async def _places(self, window: Window) -> dict[str, Any]:
        t = window.t
        unread = await self._chat.unread(window.my_id)
        mine = window.roster.seen_by(window.my_id)
        return {
            "window": window,
            "w": words.page_words(t),
            "now_words": self.now_words(window),
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

    @staticmethod
    def _invitation(window: Window) -> dict[str, str]:
        """Suggest whom to thank first, so that both windows show the shout-out, and being who leads the team."""
        others = [one for one in window.roster.accounts.values() if one is not window.me]
        other = next((one for one in others if one.team == window.me.team), others[0])
        leads = next((one for one in others if one.role == SUPERVISOR and window.me.team in ("", one.team)), None)
        return {
            "try_name": words.try_name(window.t, other.profile.handle),
            "try_window": words.try_window(window.t, other.profile.name),
            "try_address": f"/as/{other.profile.handle}",
            "try_leader": words.try_supervisor(window.t, leads.profile.name) if leads else "",
            "try_leader_address": f"/as/{leads.profile.handle}/{BOT}" if leads else "",
        }

    def _suggestions(self, window: Window) -> Mapping[str, Any]:
        t = window.t
        people = [
            {
                "id": one.profile.account.id,
                "insert": one.profile.handle,
                "label": one.profile.name,
                "hint": ", ".join(filter(None, (words.role_name(t, one.role), words.sample_words(t, one.team)))),
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


def _by_team(roster: Roster) -> list[tuple[str, list[StoredAccount]]]:
    teams: dict[str, list[StoredAccount]] = {}
    for account in roster.accounts.values():
        teams.setdefault(account.team, []).append(account)
    return list(teams.items())
