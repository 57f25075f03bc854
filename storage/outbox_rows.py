"""How a message that is to go out is kept."""

from __future__ import annotations

from bot.identity import AccountRef, Target


def target_kind(target: Target) -> str:
    """Say what kind of target it is."""
    return "account" if isinstance(target, AccountRef) else "conversation"


def lane(target: Target) -> str:
    """Give the lane in which order and pace are kept: one conversation, or one person's private chat."""
    return f"{target.workspace.platform.value}:{target.workspace.id}:{target_kind(target)}:{target.id}"
