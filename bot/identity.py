"""Who and where: the references that every floor of the house shares.

A platform's own ids are opaque strings here. They mean something only together with their workspace, so a reference
always carries it.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import NewType, TypeAlias
from uuid import UUID

OrganisationId = NewType("OrganisationId", UUID)
PersonId = NewType("PersonId", UUID)
TeamId = NewType("TeamId", UUID)
KudosId = NewType("KudosId", UUID)
OutboxId = NewType("OutboxId", UUID)


class Platform(StrEnum):
    """A chat platform that has an adapter."""

    SLACK = "slack"
    TEAMS = "teams"
    LOCAL = "local"


@dataclass(frozen=True, slots=True, order=True)
class WorkspaceRef:
    """One Slack workspace, one Teams tenant, or the local chat."""

    platform: Platform
    id: str


@dataclass(frozen=True, slots=True, order=True)
class AccountRef:
    """A person's account in one workspace. As a target it means the person's private chat with the bot."""

    workspace: WorkspaceRef
    id: str


@dataclass(frozen=True, slots=True, order=True)
class ConversationRef:
    """A channel, group or direct chat in one workspace."""

    workspace: WorkspaceRef
    id: str


Target: TypeAlias = ConversationRef | AccountRef
