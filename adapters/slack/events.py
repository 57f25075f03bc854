"""What happens in the workspace: people change, the bot comes and goes. None of it is answered.

Slack sends an event again if it did not hear from us in time; doing any of these twice changes nothing.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final

import structlog

from adapters.slack.directory import SlackDirectory
from adapters.slack.install import Installation
from bot.errors import DeliveryError
from bot.identity import AccountRef, ConversationRef, Platform, WorkspaceRef
from bot.ports import Profile

WITHOUT_TOKEN: Final = frozenset({"tokens_revoked", "app_uninstalled"})
"""Events that arrive when no token is left."""

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Hearers:
    """Who in the core hears of what happens: people change, come to a channel or leave it; a channel gets a new id."""

    learn: Callable[[Profile], Awaitable[None]]
    joined: Callable[[ConversationRef, AccountRef], Awaitable[None]]
    left: Callable[[ConversationRef, AccountRef], Awaitable[None]]
    moved: Callable[[ConversationRef, ConversationRef], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Events:
    """The table of events."""

    directory: SlackDirectory
    installation: Installation
    hearers: Hearers

    async def handle(self, team: str, event: Mapping[str, Any]) -> None:
        """Take in one event of a workspace. Those that mean nothing to us are left alone."""
        match event:
            case {"type": "user_change" | "team_join", "user": {"id": str()} as user}:
                await self._person(team, user)
            case {"type": "member_joined_channel", "channel": str() as channel, "user": str() as user_id}:
                self.directory.joined(channel)
                await self.hearers.joined(*_who_where(team, user_id, channel))
            case {"type": "member_left_channel", "channel": str() as channel, "user": str() as user_id}:
                self.directory.left(channel)
                await self.hearers.left(*_who_where(team, user_id, channel))
            case {"type": "channel_id_changed", "old_channel_id": str() as old, "new_channel_id": str() as new}:
                self.directory.left(old)
                workspace = WorkspaceRef(Platform.SLACK, team)
                await self.hearers.moved(ConversationRef(workspace, old), ConversationRef(workspace, new))
            case {"type": "channel_left" | "group_left", "channel": str() as channel}:
                self.directory.left(channel)
            case {"type": "tokens_revoked" | "app_uninstalled" as kind}:
                self.installation.forget()
                _log.warning("slack_access_withdrawn", event_type=kind, workspace=team)
            case _:
                pass

    async def _person(self, team: str, user: Mapping[str, Any]) -> None:
        account = AccountRef(WorkspaceRef(Platform.SLACK, team), user["id"])
        if "locale" not in user:
            # The directory keeps the locale it knows; an event must not make a person's language unknown.
            with suppress(DeliveryError):
                await self.directory.person(account)
        self.directory.learn(user)
        if profile := await self.directory.person(account):
            await self.hearers.learn(profile)


def _who_where(team: str, user: str, channel: str) -> tuple[ConversationRef, AccountRef]:
    workspace = WorkspaceRef(Platform.SLACK, team)
    return ConversationRef(workspace, channel), AccountRef(workspace, user)
