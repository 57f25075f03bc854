"""Organisations, their workspaces, and who is in them."""

from __future__ import annotations

from typing import Final

import sqlalchemy as sa

from storage.tables.shape import Instant, in_organisation, metadata, of_organisation, organisation

organisations: Final = sa.Table(
    "organisations",
    metadata,
    sa.Column("id", sa.Uuid(), primary_key=True),
    sa.Column("name", sa.Text(), nullable=False),
    sa.Column("points_default", sa.Integer(), nullable=False),
    sa.Column("points_least", sa.Integer(), nullable=False),
    sa.Column("points_most", sa.Integer(), nullable=False),
    sa.Column("allowance_agent", sa.Integer(), nullable=False),
    sa.Column("allowance_supervisor", sa.Integer(), nullable=False),
    sa.Column("boards", sa.Boolean(), nullable=False),
    sa.Column("created_at", Instant(), nullable=False),
)

workspaces: Final = sa.Table(
    "workspaces",
    metadata,
    in_organisation(),
    sa.Column("platform", sa.Text(), primary_key=True),
    sa.Column("id", sa.Text(), primary_key=True),
    sa.Column("name", sa.Text(), nullable=False),
    sa.Column("connected_at", Instant(), nullable=False),
    # Found before the organisation is known, and never in two of them.
    sa.UniqueConstraint("platform", "id"),
)

persons: Final = sa.Table(
    "persons",
    metadata,
    in_organisation(),
    sa.Column("id", sa.Uuid(), primary_key=True),
    sa.Column("name", sa.Text(), nullable=False),
    sa.Column("email", sa.Text(), nullable=False),
    sa.Column("created_at", Instant(), nullable=False),
    sa.Index("ix_persons_organisation_id_email", "organisation_id", "email"),
)

accounts: Final = sa.Table(
    "accounts",
    metadata,
    organisation(),
    sa.Column("platform", sa.Text(), primary_key=True),
    sa.Column("workspace", sa.Text(), primary_key=True),
    sa.Column("id", sa.Text(), primary_key=True),
    sa.Column("person_id", sa.Uuid(), nullable=False),
    sa.Column("name", sa.Text(), nullable=False),
    sa.Column("handle", sa.Text(), nullable=False),
    sa.Column("email", sa.Text(), nullable=False),
    sa.Column("locale", sa.Text(), nullable=False),
    sa.Column("timezone", sa.Text(), nullable=False),
    sa.Column("standing", sa.Text(), nullable=False),
    sa.Column("admin", sa.Boolean(), nullable=False, server_default=sa.false()),
    sa.Column("updated_at", Instant(), nullable=False),
    of_organisation("persons", "person_id"),
    # A person has one account per workspace.
    sa.UniqueConstraint("organisation_id", "person_id", "platform", "workspace"),
)

absences: Final = sa.Table(
    "absences",
    metadata,
    organisation(),
    sa.Column("id", sa.Uuid(), primary_key=True),
    sa.Column("person_id", sa.Uuid(), nullable=False),
    # Both days included, as dates where the person is.
    sa.Column("begins", sa.Date(), nullable=False),
    sa.Column("ends", sa.Date(), nullable=False),
    sa.Column("by_id", sa.Uuid(), nullable=False),
    sa.Column("created_at", Instant(), nullable=False),
    of_organisation("persons", "person_id"),
    sa.Index("ix_absences_organisation_id_person_id_ends", "organisation_id", "person_id", "ends"),
)

preferences: Final = sa.Table(
    "preferences",
    metadata,
    organisation(),
    sa.Column("person_id", sa.Uuid(), primary_key=True),
    # daily | weekly | off
    sa.Column("nudges", sa.Text(), nullable=False),
    # Wall-clock time in the person's zone, "09:30".
    sa.Column("nudges_at", sa.Text(), nullable=False),
    of_organisation("persons", "person_id"),
)

link_codes: Final = sa.Table(
    "link_codes",
    metadata,
    in_organisation(),
    # Sealed: what is stored cannot be typed.
    sa.Column("code", sa.Text(), nullable=False),
    sa.Column("by_id", sa.Uuid(), nullable=False),
    sa.Column("created_at", Instant(), nullable=False),
    sa.Column("until", Instant(), nullable=False),
    sa.UniqueConstraint("code"),
)

link_tries: Final = sa.Table(
    "link_tries",
    metadata,
    in_organisation(),
    sa.Column("id", sa.Uuid(), primary_key=True),
    sa.Column("platform", sa.Text(), nullable=False),
    sa.Column("workspace", sa.Text(), nullable=False),
    sa.Column("at", Instant(), nullable=False),
)
