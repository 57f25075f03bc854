"""Kudos, and the points that they move."""

from __future__ import annotations

from typing import Final

import sqlalchemy as sa

from storage.tables.shape import WITH_ROWID, Instant, in_organisation, metadata, of_organisation, organisation

behaviours: Final = sa.Table(
    "behaviours",
    metadata,
    in_organisation(),
    sa.Column("code", sa.Text(), primary_key=True),
    sa.Column("serves", sa.Text(), nullable=False),
    sa.Column("words", sa.JSON(), nullable=False),
    sa.Column("position", sa.Integer(), nullable=False),
)

kudos: Final = sa.Table(
    "kudos",
    metadata,
    organisation(),
    sa.Column("id", sa.Uuid(), primary_key=True),
    sa.Column("giver_id", sa.Uuid(), nullable=False),
    sa.Column("reason", sa.Text(), nullable=False),
    sa.Column("link", sa.Text()),
    sa.Column("points", sa.Integer(), nullable=False),
    sa.Column("private", sa.Boolean(), nullable=False),
    sa.Column("platform", sa.Text()),
    sa.Column("workspace", sa.Text()),
    sa.Column("conversation", sa.Text()),
    sa.Column("created_at", Instant(), nullable=False),
    sa.Column("period", sa.Date(), nullable=False),
    # What the giver had left right after it: a repeat of the act answers the same.
    sa.Column("allowance_left", sa.Integer(), nullable=False),
    sa.Column("undone_at", Instant()),
    of_organisation("persons", "giver_id"),
    sa.Index("ix_kudos_organisation_id_giver_id_created_at", "organisation_id", "giver_id", "created_at"),
)

kudos_receivers: Final = sa.Table(
    "kudos_receivers",
    metadata,
    organisation(),
    sa.Column("kudos_id", sa.Uuid(), primary_key=True),
    sa.Column("person_id", sa.Uuid(), primary_key=True),
    sa.Column("team_id", sa.Uuid()),
    sa.Column("by_supervisor", sa.Boolean(), nullable=False),
    sa.Column("position", sa.Integer(), nullable=False),
    # The kudos' own, repeated here because a team's week and a person's latest are read by it.
    sa.Column("created_at", Instant(), nullable=False),
    of_organisation("kudos", "kudos_id"),
    of_organisation("persons", "person_id"),
    of_organisation("teams", "team_id"),
    sa.Index("ix_kudos_receivers_organisation_id_team_id_created_at", "organisation_id", "team_id", "created_at"),
    sa.Index("ix_kudos_receivers_organisation_id_person_id_created_at", "organisation_id", "person_id", "created_at"),
    sqlite_with_rowid=WITH_ROWID,
)

kudos_behaviours: Final = sa.Table(
    "kudos_behaviours",
    metadata,
    organisation(),
    sa.Column("kudos_id", sa.Uuid(), primary_key=True),
    sa.Column("position", sa.Integer(), primary_key=True),
    # No reference to behaviours: one that is no longer published stays on the kudos that carry it.
    sa.Column("code", sa.Text(), nullable=False),
    of_organisation("kudos", "kudos_id"),
    sqlite_with_rowid=WITH_ROWID,
)

last_recognised: Final = sa.Table(
    "last_recognised",
    metadata,
    organisation(),
    sa.Column("receiver_id", sa.Uuid(), primary_key=True),
    sa.Column("at", Instant(), nullable=False),
    of_organisation("persons", "receiver_id"),
    comment="When a person was last recognised by anyone.",
    sqlite_with_rowid=WITH_ROWID,
)

last_recognised_by: Final = sa.Table(
    "last_recognised_by",
    metadata,
    organisation(),
    sa.Column("receiver_id", sa.Uuid(), primary_key=True),
    sa.Column("giver_id", sa.Uuid(), primary_key=True),
    sa.Column("at", Instant(), nullable=False),
    of_organisation("persons", "receiver_id"),
    of_organisation("persons", "giver_id"),
    comment="When a person was last recognised by each giver.",
    sqlite_with_rowid=WITH_ROWID,
)

seen_requests: Final = sa.Table(
    "seen_requests",
    metadata,
    organisation(),
    sa.Column("key", sa.Text(), primary_key=True),
    # The kudos that the act would make. If there is no such kudos, the act was refused.
    sa.Column("kudos_id", sa.Uuid(), nullable=False),
    sa.Column("seen_at", Instant(), nullable=False),
    sqlite_with_rowid=WITH_ROWID,
)

ledger_entries: Final = sa.Table(
    "ledger_entries",
    metadata,
    organisation(),
    sa.Column("person_id", sa.Uuid(), primary_key=True),
    sa.Column("kudos_id", sa.Uuid(), primary_key=True),
    sa.Column("kind", sa.Text(), primary_key=True),
    sa.Column("amount", sa.Integer(), nullable=False),
    sa.Column("created_at", Instant(), nullable=False),
    of_organisation("kudos", "kudos_id"),
    comment="Append-only. One entry of a kind per person and kudos.",
    sqlite_with_rowid=WITH_ROWID,
)

balances: Final = sa.Table(
    "balances",
    metadata,
    organisation(),
    sa.Column("person_id", sa.Uuid(), primary_key=True),
    sa.Column("points", sa.Integer(), nullable=False),
    of_organisation("persons", "person_id"),
    sa.CheckConstraint("points >= 0", name="points_not_negative"),
    sa.Index("ix_balances_organisation_id_points", "organisation_id", "points"),
    sqlite_with_rowid=WITH_ROWID,
)

allowances: Final = sa.Table(
    "allowances",
    metadata,
    organisation(),
    sa.Column("person_id", sa.Uuid(), primary_key=True),
    sa.Column("period", sa.Date(), primary_key=True),
    sa.Column("used", sa.Integer(), nullable=False),
    of_organisation("persons", "person_id"),
    sa.CheckConstraint("used >= 0", name="used_not_negative"),
    sqlite_with_rowid=WITH_ROWID,
)
