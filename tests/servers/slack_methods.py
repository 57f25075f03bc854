"""The Slack Web API methods that the bot uses, with Slack's own refusals."""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Callable
from typing import Any, Final

from tests.servers import slack_rules, slack_world
from tests.servers.slack_world import BOT_ID, BOT_USER, TEAM, TOKEN, Channel

RESPONSE_USES: Final = 5
MESSAGE_TEXT: Final = 40_000
UPDATE_TEXT: Final = 4_000

_SCOPES: Final = {
    "chat.postMessage": "chat:write",
    "chat.postEphemeral": "chat:write",
    "chat.update": "chat:write",
    "chat.delete": "chat:write",
    "conversations.join": "channels:join",
    "conversations.open": "im:write",
    "users.info": "users:read",
    "users.list": "users:read",
    "usergroups.list": "usergroups:read",
    "usergroups.users.list": "usergroups:read",
}


class RefusedError(Exception):
    """An answer with `ok: false`."""

    def __init__(self, *, code: str, messages: list[str] | None = None, status: int = 200) -> None:
        super().__init__(code)
        self.code = code
        self.messages = messages
        self.status = status

    def body(self) -> dict[str, Any]:
        """Give it as Slack does."""
        more = {"response_metadata": {"messages": self.messages}} if self.messages else {}
        return {"ok": False, "error": self.code} | more


class Workspace:
    """The state of the pretended workspace. `scopes` None grants everything."""

    def __init__(self) -> None:
        self.users = {user["id"]: user for user in slack_world.people()}
        self.channels = {channel.id: channel for channel in slack_world.channels()}
        self.groups = {group.id: group for group in slack_world.groups()}
        self.accepted: list[dict[str, Any]] = []
        self.views: list[dict[str, Any]] = []
        self.responses: list[dict[str, Any]] = []
        self.ephemerals: list[dict[str, Any]] = []
        self.scopes: set[str] | None = None
        self.may_delete = True
        self.expired_triggers: set[str] = set()
        self._used_triggers: set[str] = set()
        self._last_stamp = 0
        self._responses_used: Counter[str] = Counter()
        self._methods: dict[str, Callable[[dict[str, Any]], dict[str, Any]]] = {
            "auth.test": self._auth_test,
            "chat.postMessage": self._post,
            "chat.postEphemeral": self._ephemeral,
            "chat.update": self._update,
            "chat.delete": self._delete,
            "conversations.open": self._open_im,
            "conversations.join": self._join,
            "conversations.info": lambda a: {"channel": self._channel(a).shown()},
            "conversations.history": self._history,
            "conversations.replies": self._replies,
            "conversations.members": lambda a: _page(self._channel(a).members, "members", a),
            "users.info": self._user,
            "users.list": lambda a: _page([self._shown(each) for each in self.users.values()], "members", a),
            "usergroups.list": self._groups,
            "usergroups.users.list": self._group_users,
            "views.open": self._view_open,
            "views.update": self._view_update,
        }

    def call(self, method: str, token: str, arguments: dict[str, Any]) -> dict[str, Any]:
        """Carry out one call. Raises RefusedError."""
        if method not in self._methods:
            raise RefusedError(code="unknown_method")
        if not token:
            raise RefusedError(code="not_authed")
        if token != TOKEN:
            raise RefusedError(code="invalid_auth")
        scope = _SCOPES.get(method)
        if scope and self.scopes is not None and scope not in self.scopes:
            raise RefusedError(code="missing_scope")
        return self._methods[method](arguments)

    def posts(self) -> list[dict[str, Any]]:
        """Give the messages that stand."""
        return [message for message in self.accepted if not message["deleted"]]

    def respond(self, name: str, body: dict[str, Any]) -> None:
        """Take what was sent to a response URL. Slack allows five uses."""
        if self._responses_used[name] >= RESPONSE_USES:
            raise RefusedError(code="used_url", status=404)
        _check_content(body, MESSAGE_TEXT, may_be_empty=bool(body.get("delete_original")))
        self._responses_used[name] += 1
        self.responses.append({"name": name, **body})

    def _auth_test(self, _: dict[str, Any]) -> dict[str, Any]:
        return {
            "url": "https://kudos.slack.example/",
            "team": "Kudos",
            "team_id": TEAM,
            "user": "kudos",
            "user_id": BOT_USER,
            "bot_id": BOT_ID,
            "is_enterprise_install": False,
        }

    def _channel(self, arguments: dict[str, Any]) -> Channel:
        """Find a channel the bot can see. A private one it is not in looks like none at all."""
        channel = self.channels.get(arguments.get("channel", ""))
        if channel is None or (channel.private and BOT_USER not in channel.members):
            raise RefusedError(code="channel_not_found")
        return channel

    def _writable(self, arguments: dict[str, Any]) -> Channel:
        named = arguments.get("channel", "")
        channel = self._im(named) if named in self.users else self._channel(arguments)
        if channel.archived:
            raise RefusedError(code="is_archived")
        if BOT_USER not in channel.members and not channel.im:
            raise RefusedError(code="not_in_channel")
        return channel

    def _im(self, user: str) -> Channel:
        if user not in self.users:
            raise RefusedError(code="user_not_found")
        if self.users[user]["deleted"]:
            raise RefusedError(code="user_disabled")
        if self.users[user]["is_bot"]:
            raise RefusedError(code="cannot_dm_bot")
        channel = Channel(f"D{user}", im=True, members=[user, BOT_USER])
        return self.channels.setdefault(channel.id, channel)

    def _post(self, arguments: dict[str, Any]) -> dict[str, Any]:
        channel = self._writable(arguments)
        content = _check_content(arguments, MESSAGE_TEXT)
        metadata = _metadata(arguments)
        thread = arguments.get("thread_ts")
        if thread:
            # Slack takes any stamp and hangs the message under the wrong one, or none: here that is an error.
            parent = self._beginning(channel, thread)
            parent["thread_ts"] = thread
        ts = self._stamp()
        message = {
            "type": "message",
            "user": BOT_USER,
            "bot_id": BOT_ID,
            "app_id": slack_world.APP_ID,
            "ts": ts,
            "thread_ts": thread or None,
            "channel": channel.id,
            "metadata": metadata,
            "key": (metadata or {}).get("event_payload", {}).get("key", ""),
            "deleted": False,
            "edits": 0,
            **content,
        }
        self.accepted.append(message)
        return {"channel": channel.id, "ts": ts, "message": _public(message, metadata=False)}

    def _stamp(self) -> str:
        """Give a message's time stamp: the wall clock, and never the same twice."""
        self._last_stamp = max(time.time_ns() // 1000, self._last_stamp + 1)
        return f"{self._last_stamp // 1_000_000}.{self._last_stamp % 1_000_000:06d}"

    def _ephemeral(self, arguments: dict[str, Any]) -> dict[str, Any]:
        channel = self._writable(arguments)
        if arguments.get("user") not in channel.members:
            raise RefusedError(code="user_not_in_channel")
        content = _check_content(arguments, MESSAGE_TEXT)
        self.ephemerals.append({"channel": channel.id, "user": arguments["user"], **content})
        return {"message_ts": self._stamp()}

    def _own(self, arguments: dict[str, Any]) -> dict[str, Any]:
        channel = self._channel(arguments)
        for message in self.posts():
            if message["channel"] == channel.id and message["ts"] == arguments.get("ts"):
                return message
        raise RefusedError(code="message_not_found")

    def _update(self, arguments: dict[str, Any]) -> dict[str, Any]:
        message = self._own(arguments)
        content = _check_content(arguments, UPDATE_TEXT)
        if (metadata := _metadata(arguments)) is not None:
            message["metadata"] = metadata
        message.update(content, edits=message["edits"] + 1)
        return {"channel": message["channel"], "ts": message["ts"], "text": message["text"]}

    def _delete(self, arguments: dict[str, Any]) -> dict[str, Any]:
        message = self._own(arguments)
        if not self.may_delete:
            raise RefusedError(code="cant_delete_message")
        message["deleted"] = True
        return {"channel": message["channel"], "ts": message["ts"]}

    def _join(self, arguments: dict[str, Any]) -> dict[str, Any]:
        channel = self._channel(arguments)
        if channel.im or channel.private:
            raise RefusedError(code="method_not_supported_for_channel_type")
        if channel.archived:
            raise RefusedError(code="is_archived")
        if BOT_USER not in channel.members:
            channel.members.append(BOT_USER)
        return {"channel": channel.shown()}

    def _open_im(self, arguments: dict[str, Any]) -> dict[str, Any]:
        return {"channel": {"id": self._im(arguments.get("users", "")).id}}

    def _beginning(self, channel: Channel, ts: str) -> dict[str, Any]:
        """Find the message that began, or begins, a thread."""
        for message in self.posts():
            if (message["channel"], message["ts"]) == (channel.id, ts) and message["thread_ts"] in {None, ts}:
                return message
        raise RefusedError(code="thread_not_found")

    def _history(self, arguments: dict[str, Any]) -> dict[str, Any]:
        """Give a conversation's messages, newest first. What is in a thread is not among them."""
        channel = self._readable(arguments)
        there = [message for message in reversed(self.posts()) if message["channel"] == channel.id]
        return _between(arguments, [one for one in there if one["thread_ts"] in {None, one["ts"]}])

    def _replies(self, arguments: dict[str, Any]) -> dict[str, Any]:
        """Give a thread, oldest first, beginning with the message that began it."""
        channel = self._readable(arguments)
        beginning = self._beginning(channel, arguments.get("ts", ""))
        there = [message for message in self.posts() if message["channel"] == channel.id]
        return _between(arguments, [one for one in there if beginning["ts"] in {one["ts"], one["thread_ts"]}])

    def _readable(self, arguments: dict[str, Any]) -> Channel:
        channel = self._channel(arguments)
        if BOT_USER not in channel.members and not channel.im:
            raise RefusedError(code="not_in_channel")
        return channel

    def _shown(self, user: dict[str, Any]) -> dict[str, Any]:
        if self.scopes is None or "users:read.email" in self.scopes:
            return user
        return user | {"profile": {key: value for key, value in user["profile"].items() if key != "email"}}

    def _user(self, arguments: dict[str, Any]) -> dict[str, Any]:
        if arguments.get("user") not in self.users:
            raise RefusedError(code="user_not_found")
        shown = self._shown(self.users[arguments["user"]])
        wants_locale = _true(arguments.get("include_locale"))
        return {"user": shown if wants_locale else {key: value for key, value in shown.items() if key != "locale"}}

    def _groups(self, _: dict[str, Any]) -> dict[str, Any]:
        shown = [
            {"id": group.id, "handle": group.handle, "name": group.name or group.handle}
            for group in self.groups.values()
        ]
        return {"usergroups": shown}

    def _group_users(self, arguments: dict[str, Any]) -> dict[str, Any]:
        if arguments.get("usergroup") not in self.groups:
            raise RefusedError(code="no_such_subteam")
        return {"users": self.groups[arguments["usergroup"]].users}

    def _view_open(self, arguments: dict[str, Any]) -> dict[str, Any]:
        trigger = arguments.get("trigger_id", "")
        if not trigger:
            raise RefusedError(code="invalid_arguments")
        if trigger in self.expired_triggers:
            raise RefusedError(code="expired_trigger_id")
        if trigger in self._used_triggers:
            raise RefusedError(code="exchanged_trigger_id")
        view = _checked_view(arguments)
        self._used_triggers.add(trigger)
        return self._show(view | {"id": f"V{len(self.views) + 1}", "team_id": TEAM, "trigger_id": trigger})

    def _view_update(self, arguments: dict[str, Any]) -> dict[str, Any]:
        if arguments.get("view_id") not in {view["id"] for view in self.views}:
            raise RefusedError(code="not_found")
        return self._show(_checked_view(arguments) | {"id": arguments["view_id"], "team_id": TEAM})

    def _show(self, view: dict[str, Any]) -> dict[str, Any]:
        self.views.append(view)
        return {"view": view}


def _true(value: Any) -> bool:
    return str(value).lower() in {"true", "1"}


def _decoded(value: Any) -> Any:
    try:
        return json.loads(value) if isinstance(value, str) else value
    except json.JSONDecodeError:
        return value


def _check_content(arguments: dict[str, Any], most: int, *, may_be_empty: bool = False) -> dict[str, Any]:
    text = arguments.get("text") or ""
    blocks = _decoded(arguments.get("blocks") or [])
    if len(text) > most:
        raise RefusedError(code="msg_too_long")
    if not text and not blocks and not may_be_empty:
        raise RefusedError(code="no_text")
    if complaints := slack_rules.message_complaints(blocks):
        raise RefusedError(code="invalid_blocks", messages=complaints)
    if slack_rules.text_length(blocks) > slack_rules.BLOCKS_TEXT:
        raise RefusedError(code="msg_blocks_too_long")
    return {"text": text, "blocks": blocks}


def _metadata(arguments: dict[str, Any]) -> dict[str, Any] | None:
    if "metadata" not in arguments:
        return None
    metadata = _decoded(arguments["metadata"])
    if not isinstance(metadata, dict) or not metadata.get("event_type") or "event_payload" not in metadata:
        raise RefusedError(code="invalid_metadata_format")
    return metadata


def _checked_view(arguments: dict[str, Any]) -> dict[str, Any]:
    view = _decoded(arguments.get("view"))
    if complaints := slack_rules.view_complaints(view):
        raise RefusedError(code="invalid_arguments", messages=complaints)
    return view


def _public(message: dict[str, Any], *, metadata: bool) -> dict[str, Any]:
    hidden = {"channel", "key", "deleted", "edits"} | (set() if metadata else {"metadata"})
    return {key: value for key, value in message.items() if key not in hidden and value is not None}


def _between(arguments: dict[str, Any], messages: list[dict[str, Any]]) -> dict[str, Any]:
    """Give a page of the messages of a span of time."""
    oldest, latest = float(arguments.get("oldest", 0)), float(arguments.get("latest", "inf"))
    inclusive = _true(arguments.get("inclusive"))
    with_metadata = _true(arguments.get("include_all_metadata"))
    found = [
        _public(message, metadata=with_metadata)
        for message in messages
        if oldest < float(message["ts"]) < latest or (inclusive and float(message["ts"]) in {oldest, latest})
    ]
    page = _page(found, "messages", arguments)
    return page | {"has_more": bool(page["response_metadata"]["next_cursor"])}


def _page(items: list[Any], name: str, arguments: dict[str, Any]) -> dict[str, Any]:
    start = int(arguments.get("cursor") or 0)
    end = start + min(int(arguments.get("limit") or 100), 1000)
    return {name: items[start:end], "response_metadata": {"next_cursor": str(end) if end < len(items) else ""}}
