"""The local chat's own people, conversations and messages."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "local_accounts",
        sa.Column("workspace", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("handle", sa.Text(), nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("locale", sa.Text(), nullable=False),
        sa.Column("timezone", sa.Text(), nullable=False),
        sa.Column("standing", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("team", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("workspace", "id", name=op.f("pk_local_accounts")),
        sa.UniqueConstraint("workspace", "handle", name=op.f("uq_local_accounts_workspace_handle")),
    )
    op.create_table(
        "local_conversations",
        sa.Column("workspace", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("topic", sa.Text(), nullable=False),
        sa.Column("direct", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("workspace", "id", name=op.f("pk_local_conversations")),
    )
    op.create_table(
        "local_members",
        sa.Column("workspace", sa.Text(), nullable=False),
        sa.Column("conversation", sa.Text(), nullable=False),
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("read_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["workspace", "account"],
            ["local_accounts.workspace", "local_accounts.id"],
            name=op.f("fk_local_members_workspace_account"),
        ),
        sa.ForeignKeyConstraint(
            ["workspace", "conversation"],
            ["local_conversations.workspace", "local_conversations.id"],
            name=op.f("fk_local_members_workspace_conversation"),
        ),
        sa.PrimaryKeyConstraint("workspace", "conversation", "account", name=op.f("pk_local_members")),
    )
    op.create_table(
        "local_messages",
        sa.Column("workspace", sa.Text(), nullable=False),
        sa.Column("conversation", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("author", sa.Text(), nullable=True),
        sa.Column("private_to", sa.Text(), nullable=True),
        sa.Column("under", sa.Text(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("view", sa.Text(), nullable=True),
        sa.Column("edited_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("removed_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["workspace", "conversation"],
            ["local_conversations.workspace", "local_conversations.id"],
            name=op.f("fk_local_messages_workspace_conversation"),
        ),
        sa.PrimaryKeyConstraint("workspace", "conversation", "id", name=op.f("pk_local_messages")),
        sa.UniqueConstraint(
            "workspace", "conversation", "key", name=op.f("uq_local_messages_workspace_conversation_key")
        ),
    )
    op.create_index(
        "ix_local_messages_workspace_conversation_at", "local_messages", ["workspace", "conversation", "at"]
    )
    op.create_table(
        "local_clocks",
        sa.Column("workspace", sa.Text(), nullable=False),
        sa.Column("ahead_seconds", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("workspace", name=op.f("pk_local_clocks")),
    )


def downgrade() -> None:
    op.drop_table("local_clocks")
    op.drop_table("local_messages")
    op.drop_table("local_members")
    op.drop_table("local_conversations")
    op.drop_table("local_accounts")
