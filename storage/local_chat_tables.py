"""The local chat's own tables: what Slack or Teams would keep for themselves.

They are platform plumbing and belong to a workspace, not to an organisation.
"""

from __future__ import annotations

from typing import Final

import sqlalchemy as sa

from storage.tables import Instant, metadata


def _workspace() -> sa.Column[str]:
    return sa.Column("workspace", sa.Text(), primary_key=True)


accounts: Final = sa.Table(
    "local_accounts",
    metadata,
    _workspace(),
    sa.Column("id", sa.Text(), primary_key=True),
    sa.Column("position", sa.Integer(), nullable=False),
    sa.Column("name", sa.Text(), nullable=False),
    sa.Column("handle", sa.Text(), nullable=False),
    sa.Column("email", sa.Text(), nullable=False),
    sa.Column("locale", sa.Text(), nullable=False),
    sa.Column("timezone", sa.Text(), nullable=False),
    sa.Column("standing", sa.Text(), nullable=False),
    sa.Column("role", sa.Text(), nullable=False),
    sa.Column("team", sa.Text(), nullable=False),
    sa.UniqueConstraint("workspace", "handle"),
)

conversations: Final = sa.Table(
    "local_conversations",
    metadata,
    _workspace(),
    sa.Column("id", sa.Text(), primary_key=True),
    sa.Column("position", sa.Integer(), nullable=False),
    sa.Column("name", sa.Text(), nullable=False),
    sa.Column("topic", sa.Text(), nullable=False),
    sa.Column("direct", sa.Boolean(), nullable=False),
)

members: Final = sa.Table(
    "local_members",
    metadata,
    _workspace(),
    sa.Column("conversation", sa.Text(), primary_key=True),
    sa.Column("account", sa.Text(), primary_key=True),
    sa.Column("position", sa.Integer(), nullable=False),
    sa.Column("read_at", Instant(), nullable=True),
    sa.ForeignKeyConstraint(["workspace", "conversation"], ["local_conversations.workspace", "local_conversations.id"]),
    sa.ForeignKeyConstraint(["workspace", "account"], ["local_accounts.workspace", "local_accounts.id"]),
)

messages: Final = sa.Table(
    "local_messages",
    metadata,
    _workspace(),
    sa.Column("conversation", sa.Text(), primary_key=True),
    sa.Column("id", sa.Text(), primary_key=True),
    sa.Column("key", sa.Text(), nullable=False),
    sa.Column("author", sa.Text(), nullable=True),
    sa.Column("private_to", sa.Text(), nullable=True),
    sa.Column("under", sa.Text(), nullable=True),
    sa.Column("at", Instant(), nullable=False),
    sa.Column("text", sa.Text(), nullable=False),
    sa.Column("view", sa.Text(), nullable=True),
    sa.Column("edited_at", Instant(), nullable=True),
    sa.Column("removed_at", Instant(), nullable=True),
    sa.UniqueConstraint("workspace", "conversation", "key"),
    sa.ForeignKeyConstraint(["workspace", "conversation"], ["local_conversations.workspace", "local_conversations.id"]),
    sa.Index("ix_local_messages_workspace_conversation_at", "workspace", "conversation", "at"),
)

clocks: Final = sa.Table(
    "local_clocks",
    metadata,
    _workspace(),
    sa.Column("ahead_seconds", sa.BigInteger(), nullable=False),
)
