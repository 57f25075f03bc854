"""The app manifest: what an administrator pastes into Slack to create the app, with nothing left to fill in.

Why each scope and event is asked for is in docs/install-slack.md; a test holds the two together.
"""

from __future__ import annotations

from typing import Any, Final
from urllib.parse import urlsplit

SHORTCUT: Final = "give_kudos"
"""The callback id of both shortcuts."""

EVENTS_PATH: Final = "/slack/events"

MAX_COMMAND: Final = 32
"""Characters of a slash command, the slash among them: https://docs.slack.dev/reference/app-manifest."""

SCOPES: Final = (
    "channels:history",
    "channels:join",
    "channels:read",
    "chat:write",
    "commands",
    "groups:history",
    "groups:read",
    "im:history",
    "im:write",
    "usergroups:read",
    "users:read",
    "users:read.email",
)

EVENTS: Final = (
    "app_uninstalled",
    "channel_id_changed",
    "channel_left",
    "group_left",
    "member_joined_channel",
    "member_left_channel",
    "team_join",
    "tokens_revoked",
    "user_change",
)


def manifest(url: str, command: str) -> dict[str, Any]:
    """Give the manifest of an app reached at `url` (https, without a path). Raises ValueError for another kind."""
    address = _address(url)
    return {
        "display_information": {
            "name": "Kudos",
            "description": "Recognise a colleague where you already talk",
            "long_description": (
                "Kudos lets the people of a contact centre recognise each other: say what a colleague did and what "
                "it meant, and they are told privately while the team sees the shout-out. Recognition is positive "
                "only: there are no minus points and no bottom lists. Type the command for a form, or use the "
                "shortcut on any message. People write the words; the bot never writes praise for them."
            ),
            "background_color": "#1f4d3f",
        },
        "features": {
            "app_home": {
                "home_tab_enabled": False,
                "messages_tab_enabled": True,
                "messages_tab_read_only_enabled": False,
            },
            "bot_user": {"display_name": "Kudos", "always_online": True},
            "shortcuts": [
                {
                    "name": "Give kudos",
                    "type": "message",
                    "callback_id": SHORTCUT,
                    "description": "Recognise who wrote this",
                },
                {
                    "name": "Give kudos",
                    "type": "global",
                    "callback_id": SHORTCUT,
                    "description": "Recognise a colleague",
                },
            ],
            "slash_commands": [
                {
                    "command": _command(command),
                    "url": address,
                    "description": "Recognise a colleague",
                    "usage_hint": "@anna what they did and what it meant #ownership",
                    "should_escape": True,
                }
            ],
        },
        "oauth_config": {"scopes": {"bot": list(SCOPES)}},
        "settings": {
            "event_subscriptions": {"request_url": address, "bot_events": list(EVENTS)},
            "interactivity": {"is_enabled": True, "request_url": address},
            "org_deploy_enabled": False,
            "socket_mode_enabled": False,
            "token_rotation_enabled": False,
        },
    }


def _address(url: str) -> str:
    parts = urlsplit(url)
    if parts.scheme != "https" or not parts.netloc or parts.path not in {"", "/"} or parts.query or parts.fragment:
        reason = f"Slack calls https addresses only, and ours has no path: give https://kudos.example, not {url!r}"
        raise ValueError(reason)
    return f"https://{parts.netloc}{EVENTS_PATH}"


def _command(command: str) -> str:
    name = command.removeprefix("/")
    named = command.startswith("/") and name.split() == [name] and name == name.lower()
    if not named or len(command) > MAX_COMMAND:
        reason = f"{command!r} is no slash command: a slash, then lower-case characters without spaces, 32 in all"
        raise ValueError(reason)
    return command
