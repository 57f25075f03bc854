"""Teams, who is in them, and where they meet."""

from __future__ import annotations

from typing import Final

import sqlalchemy as sa

from storage.tables.shape import Instant, in_organisation, metadata, of_organisation, organisation

teams: Final = sa.Table(
    "teams",
    metadata,
    in_organisation(),
    sa.Column("id", sa.Uuid(), primary_key=True),
    sa.Column("name", sa.Text(), nullable=False),
    sa.Column("timezone", sa.Text(), nullable=False),
    sa.Column("language", sa.Text(), nullable=False, server_default="en"),
    sa.Column("service_channel", sa.Text(), nullable=False, server_default="mixed"),
    # ISO weekdays as digits: "12345" is Monday to Friday.
    sa.Column("working_days", sa.Text(), nullable=False, server_default="12345"),
    sa.Column("digest_day", sa.Integer()),
    # Wall-clock time in the team's zone, "09:00".
    sa.Column("digest_time", sa.Text(), nullable=False, server_default="09:00"),
    sa.Column("nudge_days", sa.Integer(), nullable=False, server_default="14"),
    # channel | list | group
    sa.Column("members_from", sa.Text(), nullable=False, server_default="list"),
    sa.Column("group_id", sa.Text()),
    sa.Column("founder_id", sa.Uuid()),
    sa.Column("created_at", Instant(), nullable=False),
)

memberships: Final = sa.Table(
    "memberships",
    metadata,
    organisation(),
    sa.Column("person_id", sa.Uuid(), primary_key=True),
    sa.Column("team_id", sa.Uuid(), primary_key=True),
    sa.Column("begins_at", Instant(), primary_key=True),
    sa.Column("ends_at", Instant()),
    sa.Column("role", sa.Text(), nullable=False),
    of_organisation("persons", "person_id"),
    of_organisation("teams", "team_id"),
    sa.Index("ix_memberships_organisation_id_team_id", "organisation_id", "team_id"),
)

exclusions: Final = sa.Table(
    "exclusions",
    metadata,
    organisation(),
    sa.Column("team_id", sa.Uuid(), primary_key=True),
    sa.Column("person_id", sa.Uuid(), primary_key=True),
    sa.Column("by_id", sa.Uuid(), nullable=False),
    sa.Column("created_at", Instant(), nullable=False),
    of_organisation("teams", "team_id"),
    of_organisation("persons", "person_id"),
    comment="Who was taken off a team for good, and is left out when it is kept in step with its channel or group.",
)

conversations: Final = sa.Table(
    "conversations",
    metadata,
    organisation(),
    sa.Column("team_id", sa.Uuid(), primary_key=True),
    sa.Column("platform", sa.Text(), primary_key=True),
    sa.Column("workspace", sa.Text(), primary_key=True),
    sa.Column("id", sa.Text(), nullable=False),
    of_organisation("teams", "team_id"),
    sa.Index("ix_conversations_home", "organisation_id", "platform", "workspace", "id", unique=True),
    comment="Where a team meets: one home per workspace.",
)
