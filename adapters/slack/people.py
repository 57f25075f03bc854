"""Slack's user objects as profiles: what people are called, and whether they belong to those who can be recognised."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from bot.hygiene import clean
from bot.identity import AccountRef, WorkspaceRef
from bot.ports import Profile, Standing

SLACKBOT: Final = "USLACKBOT"
"""Slack's own bot. Its user object does not say that it is one."""

_NAME: Final = 80
"""Characters of a name, as long as Slack allows."""


def profile(user: Mapping[str, Any], workspace: WorkspaceRef, locale: str = "") -> Profile:
    """Give the profile of a user object as of users.info, users.list and events.

    `locale` is used where the object has none: Slack leaves it out unless asked. Without the scope
    `users:read.email` there is no e-mail, nor is one that Slack says is unconfirmed.
    """
    shown = user.get("profile") or {}
    names = (shown.get("real_name"), user.get("real_name"), shown.get("display_name"), user.get("name"), user["id"])
    return Profile(
        account=AccountRef(workspace, user["id"]),
        name=next(cleaned for name in names if (cleaned := clean(name or "", _NAME))),
        handle=clean(shown.get("display_name") or user.get("name") or "", _NAME),
        # People are joined across platforms by e-mail: one that its owner has not confirmed may be anybody's.
        email="" if user.get("is_email_confirmed") is False else shown.get("email") or "",
        locale=user.get("locale") or locale,
        timezone=user.get("tz") or "",
        standing=standing(user, workspace),
        admin=bool(user.get("is_admin") or user.get("is_owner") or user.get("is_primary_owner")),
    )


def standing(user: Mapping[str, Any], workspace: WorkspaceRef) -> Standing:
    """Say what an account is. A member of an Enterprise Grid belongs to every workspace that it lists."""
    if user.get("is_bot") or user["id"] == SLACKBOT:
        return Standing.BOT
    home = user.get("team_id") or (user.get("profile") or {}).get("team") or workspace.id
    grid = (user.get("enterprise_user") or {}).get("teams") or ()
    if user.get("is_stranger") or (home != workspace.id and workspace.id not in grid):
        return Standing.STRANGER
    if user.get("deleted"):
        return Standing.LEFT
    if user.get("is_restricted") or user.get("is_ultra_restricted"):
        return Standing.GUEST
    return Standing.MEMBER
