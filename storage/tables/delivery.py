"""What is to be told."""

from __future__ import annotations

from typing import Final

import sqlalchemy as sa

from storage.tables.shape import Instant, metadata

outbox: Final = sa.Table(
    "outbox",
    metadata,
    sa.Column("organisation_id", sa.Uuid(), nullable=False),
    # By itself, since a worker that settles a message knows nothing else of it.
    sa.Column("id", sa.Uuid(), primary_key=True),
    sa.Column("key", sa.Text(), nullable=False),
    sa.Column("subject", sa.Text(), nullable=False),
    sa.Column("platform", sa.Text(), nullable=False),
    sa.Column("workspace", sa.Text(), nullable=False),
    # conversation | account
    sa.Column("target_kind", sa.Text(), nullable=False),
    sa.Column("target_id", sa.Text(), nullable=False),
    # Order and pace are kept within a lane: platform:workspace:target_kind:target_id.
    sa.Column("lane", sa.Text(), nullable=False),
    sa.Column("operation", sa.Text(), nullable=False),
    # The row whose message an update or a remove means, or that a sent one continues in its thread.
    sa.Column("original_id", sa.Uuid()),
    sa.Column("kind", sa.Text(), nullable=False),
    sa.Column("message", sa.Text()),
    sa.Column("state", sa.Text(), nullable=False),
    sa.Column("created_at", Instant(), nullable=False),
    sa.Column("available_at", Instant(), nullable=False),
    sa.Column("attempts", sa.Integer(), nullable=False),
    sa.Column("worker", sa.Text()),
    sa.Column("lease_until", Instant()),
    sa.Column("began_at", Instant()),
    sa.Column("settled_at", Instant()),
    sa.Column("receipt", sa.Text()),
    sa.Column("reason", sa.Text(), nullable=False),
    # The subject is in it so that all of a matter's messages are found by it: each index more is a page more to write.
    sa.UniqueConstraint("organisation_id", "subject", "key"),
    # Whether a message has been withdrawn is asked before each send.
    sa.Index(
        "ix_outbox_original_id",
        "original_id",
        postgresql_where=sa.text("original_id IS NOT NULL"),
        sqlite_where=sa.text("original_id IS NOT NULL"),
    ),
    # What the operator lists and counts.
    sa.Index(
        "ix_outbox_given_up",
        "created_at",
        "id",
        postgresql_where=sa.text("state IN ('failed', 'unknown')"),
        sqlite_where=sa.text("state IN ('failed', 'unknown')"),
    ),
    # A sent row's available_at is when its lane may speak again.
    sa.Index(
        "ix_outbox_pace",
        "lane",
        "available_at",
        postgresql_where=sa.text("state = 'sent'"),
        sqlite_where=sa.text("state = 'sent'"),
    ),
    sa.Index(
        "ix_outbox_unsettled",
        "lane",
        "created_at",
        "id",
        postgresql_where=sa.text("state IN ('pending', 'claimed', 'sending')"),
        sqlite_where=sa.text("state IN ('pending', 'claimed', 'sending')"),
    ),
)
