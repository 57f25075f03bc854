"""Slack's payloads, as far as we read them, and the act that each one is.

Fields are Slack's own; what a payload holds besides is not looked at. Slack sends a command or an interaction once,
however it was answered. A request key is made of what stays the same when a proxy, a replay or a second press brings
the same act again; a person who types a command again does another act.
"""

from __future__ import annotations

from typing import Any, TypeVar

import msgspec

from adapters.slack import forms
from adapters.slack.mrkdwn import segments
from adapters.slack.render import action_name
from bot.identity import AccountRef, ConversationRef, Platform, WorkspaceRef
from bot.incoming import ButtonPressed, CommandTyped, FormSubmitted, Origin, ShortcutUsed


class UnreadablePayloadError(ValueError):
    """Slack signed it, but it is not shaped as its kind should be."""


class Command(msgspec.Struct, frozen=True):
    """A slash command."""

    command: str
    team_id: str
    user_id: str
    trigger_id: str
    channel_id: str = ""
    text: str = ""

    @property
    def workspace(self) -> WorkspaceRef:
        """The workspace."""
        return WorkspaceRef(Platform.SLACK, self.team_id)

    def incoming(self) -> CommandTyped:
        """Give the act."""
        origin = _origin(self.workspace, self.user_id, self.channel_id, f"command:{self.trigger_id}")
        return CommandTyped(origin, segments(self.text, self.workspace))


class Account(msgspec.Struct, frozen=True):
    """Who acted. The workspace is theirs."""

    id: str
    team_id: str | None = None


class Team(msgspec.Struct, frozen=True):
    """The workspace. Its domain is the part before `.slack.com`."""

    id: str
    domain: str = ""


class Place(msgspec.Struct, frozen=True):
    """A conversation."""

    id: str


class Container(msgspec.Struct, frozen=True):
    """What holds a button: a message, perhaps one that only its reader sees, or a modal."""

    type: str
    message_ts: str = ""
    channel_id: str = ""
    view_id: str = ""
    is_ephemeral: bool = False


class Action(msgspec.Struct, frozen=True):
    """One element that was used. Only buttons concern us."""

    type: str
    action_id: str
    action_ts: str
    value: str | None = None


class Acted(msgspec.Struct, frozen=True):
    """What all interactions have. An app installed for a whole organisation gets `team` null and the person's own."""

    user: Account
    trigger_id: str
    team: Team | None = None

    @property
    def workspace(self) -> WorkspaceRef:
        """The workspace."""
        return WorkspaceRef(Platform.SLACK, self.team.id if self.team else self.user.team_id or "")

    @property
    def account(self) -> AccountRef:
        """Who acted."""
        return AccountRef(self.workspace, self.user.id)


class Pressed(Acted, frozen=True, kw_only=True):
    """A button of a message or of a modal."""

    actions: tuple[Action, ...]
    container: Container
    channel: Place | None = None
    view: dict[str, Any] | None = None
    response_url: str | None = None

    @property
    def channel_id(self) -> str:
        """Where the message is, or where the modal was opened from; empty if nowhere."""
        if self.view is not None:
            return forms.recall(self.view)[1] or ""
        return self.container.channel_id or (self.channel.id if self.channel else "")

    def incoming(self) -> ButtonPressed | None:
        """Give the act; None if it was no button."""
        action = self.actions[0] if self.actions else None
        if action is None or action.type != "button":
            return None
        held = self.container.view_id or self.container.message_ts
        key = f"button:{action.action_ts}:{held}:{self.user.id}"
        origin = _origin(self.workspace, self.user.id, self.channel_id, key)
        return ButtonPressed(origin, action_name(action.action_id), action.value or "")


class Sent(Acted, frozen=True, kw_only=True):
    """A modal that was sent in."""

    view: dict[str, Any]

    def incoming(self) -> FormSubmitted:
        """Give the act."""
        try:
            name, key = str(self.view["callback_id"]), f"view:{self.view['id']}"
            given = forms.read(self.view, self.workspace)
        except (KeyError, TypeError, AttributeError) as error:
            raise UnreadablePayloadError(type(error).__name__) from error
        origin = _origin(self.workspace, self.user.id, given.conversation or "", key)
        return FormSubmitted(origin, name, given.state, given.people, given.choices, given.texts)


class Quoted(msgspec.Struct, frozen=True):
    """The message whose menu was used. One by a bot may name a user all the same, who did not write it."""

    ts: str
    user: str | None = None
    bot_id: str | None = None
    subtype: str | None = None
    thread_ts: str | None = None


class Shortcut(Acted, frozen=True, kw_only=True):
    """A shortcut, from the compose box or from a message's menu."""

    callback_id: str
    channel: Place | None = None
    message: Quoted | None = None
    response_url: str | None = None

    def incoming(self) -> ShortcutUsed:
        """Give the act."""
        channel = self.channel.id if self.channel else ""
        origin = _origin(self.workspace, self.user.id, channel, f"shortcut:{self.trigger_id}")
        if self.message is None:
            return ShortcutUsed(origin)
        quoted = self.message
        by_person = quoted.user and not quoted.bot_id and quoted.subtype != "bot_message"
        about = AccountRef(self.workspace, quoted.user) if quoted.user and by_person else None
        return ShortcutUsed(origin, about, self._link(quoted, channel))

    def _link(self, quoted: Quoted, channel: str) -> str | None:
        if not (self.team and self.team.domain and channel):
            return None
        link = f"https://{self.team.domain}.slack.com/archives/{channel}/p{quoted.ts.replace('.', '')}"
        if quoted.thread_ts and quoted.thread_ts != quoted.ts:
            # Without its thread, Slack shows the channel and not the reply.
            link += f"?thread_ts={quoted.thread_ts}&cid={channel}"
        return link


T = TypeVar("T", bound=msgspec.Struct)


def read(body: dict[str, Any], kind: type[T]) -> T:
    """Read a payload. Raises UnreadablePayloadError."""
    try:
        return msgspec.convert(body, kind)
    except msgspec.ValidationError as error:
        # Its text names fields and types, never values.
        raise UnreadablePayloadError(str(error)) from error


def _origin(workspace: WorkspaceRef, user: str, channel: str, key: str) -> Origin:
    conversation = ConversationRef(workspace, channel) if channel else None
    return Origin(workspace, AccountRef(workspace, user), conversation, key)
