"""What happens by the clock: slots, digests, nudges."""

from __future__ import annotations

from typing import Final

import sqlalchemy as sa

from storage.tables.shape import Instant, in_organisation, metadata, of_organisation, organisation

schedules: Final = sa.Table(
    "schedules",
    metadata,
    in_organisation(),
    sa.Column("kind", sa.Text(), primary_key=True),
    sa.Column("subject_id", sa.Uuid(), primary_key=True),
    sa.Column("at", sa.Text(), nullable=False),
    sa.Column("days", sa.Text(), nullable=False),
    sa.Column("timezone", sa.Text(), nullable=False),
    sa.Column("next_at", Instant()),
    # Looked at across organisations, every few seconds.
    sa.Index(
        "ix_schedules_next_at",
        "next_at",
        postgresql_where=sa.text("next_at IS NOT NULL"),
        sqlite_where=sa.text("next_at IS NOT NULL"),
    ),
)

digests: Final = sa.Table(
    "digests",
    metadata,
    organisation(),
    sa.Column("team_id", sa.Uuid(), primary_key=True),
    # The ISO week of its slot on the team's calendar, "2026-W47".
    sa.Column("week", sa.Text(), primary_key=True),
    sa.Column("since", Instant(), nullable=False),
    sa.Column("until", Instant(), nullable=False),
    # posted | skipped
    sa.Column("state", sa.Text(), nullable=False),
    of_organisation("teams", "team_id"),
)

nudges: Final = sa.Table(
    "nudges",
    metadata,
    organisation(),
    sa.Column("id", sa.Uuid(), primary_key=True),
    sa.Column("supervisor_id", sa.Uuid(), nullable=False),
    # Nobody: the whole team.
    sa.Column("person_id", sa.Uuid()),
    sa.Column("team_id", sa.Uuid(), nullable=False),
    sa.Column("message_key", sa.Text(), nullable=False),
    sa.Column("position", sa.Integer(), nullable=False),
    sa.Column("days", sa.Integer(), nullable=False),
    sa.Column("sent_at", Instant(), nullable=False),
    # recognised | snoozed | away | not_on_team
    sa.Column("reply", sa.Text()),
    sa.Column("replied_at", Instant()),
    sa.Column("until", sa.Date()),
    of_organisation("persons", "supervisor_id"),
    of_organisation("persons", "person_id"),
    of_organisation("teams", "team_id"),
    sa.UniqueConstraint("organisation_id", "message_key", "position"),
    sa.Index(
        "ix_nudges_organisation_id_supervisor_id_person_id_sent_at",
        "organisation_id",
        "supervisor_id",
        "person_id",
        "sent_at",
    ),
    sa.Index(
        "ix_nudges_open",
        "organisation_id",
        "person_id",
        "supervisor_id",
        postgresql_where=sa.text("reply IS NULL"),
        sqlite_where=sa.text("reply IS NULL"),
    ),
)

snoozes: Final = sa.Table(
    "snoozes",
    metadata,
    organisation(),
    sa.Column("supervisor_id", sa.Uuid(), primary_key=True),
    sa.Column("person_id", sa.Uuid(), primary_key=True),
    sa.Column("until", Instant(), nullable=False),
    of_organisation("persons", "supervisor_id"),
    of_organisation("persons", "person_id"),
)
