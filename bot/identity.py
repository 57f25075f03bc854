"""Who and where: the references that every floor of the house shares.

A platform's own ids are opaque strings here. They mean something only together with their workspace, so a reference
always carries it. References are msgspec structs: every look into a cache hashes some.
"""

from __future__ import annotations

import os
from datetime import datetime
from enum import StrEnum
from typing import NewType, TypeAlias
from uuid import UUID

from msgspec import Struct

OrganisationId = NewType("OrganisationId", UUID)
PersonId = NewType("PersonId", UUID)
TeamId = NewType("TeamId", UUID)
KudosId = NewType("KudosId", UUID)
OutboxId = NewType("OutboxId", UUID)
NudgeId = NewType("NudgeId", UUID)


def id_made_at(moment: datetime) -> UUID:
    """Give a fresh id that sorts by its moment (RFC 9562, version 7).

    Rows that are written together then lie together: with random ids a database touches a page per row and index.
    """
    milliseconds = int(moment.timestamp() * 1000)
    chance = int.from_bytes(os.urandom(10))
    return UUID(int=milliseconds << 80 | 7 << 76 | (chance >> 68) << 64 | 2 << 62 | chance & (1 << 62) - 1)


class Platform(StrEnum):
    """A chat platform that has an adapter."""

    SLACK = "slack"
    TEAMS = "teams"
    LOCAL = "local"

    @property
    def hears_mentions_only(self) -> bool:
        """Whether the bot sees what is written where others are only if it is mentioned there."""
        return self is Platform.TEAMS


class WorkspaceRef(Struct, frozen=True, order=True):
    """One Slack workspace, one Teams tenant, or the local chat."""

    platform: Platform
    id: str


class AccountRef(Struct, frozen=True, order=True):
    """A person's account in one workspace. As a target it means the person's private chat with the bot."""

    workspace: WorkspaceRef
    id: str


class ConversationRef(Struct, frozen=True, order=True):
    """A channel, group or direct chat in one workspace."""

    workspace: WorkspaceRef
    id: str


Target: TypeAlias = ConversationRef | AccountRef
