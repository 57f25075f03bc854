"""Everything that giving kudos needs."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "organisations",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("points_default", sa.Integer(), nullable=False),
        sa.Column("points_least", sa.Integer(), nullable=False),
        sa.Column("points_most", sa.Integer(), nullable=False),
        sa.Column("allowance_agent", sa.Integer(), nullable=False),
        sa.Column("allowance_supervisor", sa.Integer(), nullable=False),
        sa.Column("boards", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_organisations")),
    )
    op.create_table(
        "outbox",
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("platform", sa.Text(), nullable=False),
        sa.Column("workspace", sa.Text(), nullable=False),
        sa.Column("target_kind", sa.Text(), nullable=False),
        sa.Column("target_id", sa.Text(), nullable=False),
        sa.Column("lane", sa.Text(), nullable=False),
        sa.Column("operation", sa.Text(), nullable=False),
        sa.Column("original_id", sa.Uuid(), nullable=True),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("message", sa.Text(), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("available_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("worker", sa.Text(), nullable=True),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("began_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("receipt", sa.Text(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outbox")),
        sa.UniqueConstraint("organisation_id", "subject", "key", name=op.f("uq_outbox_organisation_id_subject_key")),
    )
    op.create_index(
        "ix_outbox_given_up",
        "outbox",
        ["created_at", "id"],
        unique=False,
        postgresql_where=sa.text("state IN ('failed', 'unknown')"),
        sqlite_where=sa.text("state IN ('failed', 'unknown')"),
    )
    op.create_index(
        "ix_outbox_original_id",
        "outbox",
        ["original_id"],
        unique=False,
        postgresql_where=sa.text("original_id IS NOT NULL"),
        sqlite_where=sa.text("original_id IS NOT NULL"),
    )
    op.create_index(
        "ix_outbox_pace",
        "outbox",
        ["lane", "available_at"],
        unique=False,
        postgresql_where=sa.text("state = 'sent'"),
        sqlite_where=sa.text("state = 'sent'"),
    )
    op.create_index(
        "ix_outbox_unsettled",
        "outbox",
        ["lane", "created_at", "id"],
        unique=False,
        postgresql_where=sa.text("state IN ('pending', 'claimed', 'sending')"),
        sqlite_where=sa.text("state IN ('pending', 'claimed', 'sending')"),
    )
    op.create_table(
        "seen_requests",
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("kudos_id", sa.Uuid(), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("organisation_id", "key", name=op.f("pk_seen_requests")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "behaviours",
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("serves", sa.Text(), nullable=False),
        sa.Column("words", sa.JSON(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["organisation_id"], ["organisations.id"], name=op.f("fk_behaviours_organisation_id")),
        sa.PrimaryKeyConstraint("organisation_id", "code", name=op.f("pk_behaviours")),
    )
    op.create_table(
        "persons",
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["organisation_id"], ["organisations.id"], name=op.f("fk_persons_organisation_id")),
        sa.PrimaryKeyConstraint("organisation_id", "id", name=op.f("pk_persons")),
    )
    op.create_index("ix_persons_organisation_id_email", "persons", ["organisation_id", "email"], unique=False)
    op.create_table(
        "teams",
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("timezone", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["organisation_id"], ["organisations.id"], name=op.f("fk_teams_organisation_id")),
        sa.PrimaryKeyConstraint("organisation_id", "id", name=op.f("pk_teams")),
    )
    op.create_table(
        "workspaces",
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("platform", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("connected_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["organisation_id"], ["organisations.id"], name=op.f("fk_workspaces_organisation_id")),
        sa.PrimaryKeyConstraint("organisation_id", "platform", "id", name=op.f("pk_workspaces")),
        sa.UniqueConstraint("platform", "id", name=op.f("uq_workspaces_platform_id")),
    )
    op.create_table(
        "accounts",
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("platform", sa.Text(), nullable=False),
        sa.Column("workspace", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("handle", sa.Text(), nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("locale", sa.Text(), nullable=False),
        sa.Column("timezone", sa.Text(), nullable=False),
        sa.Column("standing", sa.Text(), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id", "person_id"],
            ["persons.organisation_id", "persons.id"],
            name=op.f("fk_accounts_organisation_id_person_id"),
        ),
        sa.PrimaryKeyConstraint("organisation_id", "platform", "workspace", "id", name=op.f("pk_accounts")),
        sa.UniqueConstraint(
            "organisation_id",
            "person_id",
            "platform",
            "workspace",
            name=op.f("uq_accounts_organisation_id_person_id_platform_workspace"),
        ),
    )
    op.create_table(
        "allowances",
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("period", sa.Date(), nullable=False),
        sa.Column("used", sa.Integer(), nullable=False),
        sa.CheckConstraint("used >= 0", name=op.f("ck_allowances_used_not_negative")),
        sa.ForeignKeyConstraint(
            ["organisation_id", "person_id"],
            ["persons.organisation_id", "persons.id"],
            name=op.f("fk_allowances_organisation_id_person_id"),
        ),
        sa.PrimaryKeyConstraint("organisation_id", "person_id", "period", name=op.f("pk_allowances")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "balances",
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("points", sa.Integer(), nullable=False),
        sa.CheckConstraint("points >= 0", name=op.f("ck_balances_points_not_negative")),
        sa.ForeignKeyConstraint(
            ["organisation_id", "person_id"],
            ["persons.organisation_id", "persons.id"],
            name=op.f("fk_balances_organisation_id_person_id"),
        ),
        sa.PrimaryKeyConstraint("organisation_id", "person_id", name=op.f("pk_balances")),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_balances_organisation_id_points", "balances", ["organisation_id", "points"], unique=False)
    op.create_table(
        "conversations",
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("team_id", sa.Uuid(), nullable=False),
        sa.Column("platform", sa.Text(), nullable=False),
        sa.Column("workspace", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id", "team_id"],
            ["teams.organisation_id", "teams.id"],
            name=op.f("fk_conversations_organisation_id_team_id"),
        ),
        sa.PrimaryKeyConstraint("organisation_id", "team_id", "platform", "workspace", name=op.f("pk_conversations")),
        comment="Where a team meets: one home per workspace.",
    )
    op.create_table(
        "kudos",
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("giver_id", sa.Uuid(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("link", sa.Text(), nullable=True),
        sa.Column("points", sa.Integer(), nullable=False),
        sa.Column("private", sa.Boolean(), nullable=False),
        sa.Column("platform", sa.Text(), nullable=True),
        sa.Column("workspace", sa.Text(), nullable=True),
        sa.Column("conversation", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("period", sa.Date(), nullable=False),
        sa.Column("allowance_left", sa.Integer(), nullable=False),
        sa.Column("undone_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["organisation_id", "giver_id"],
            ["persons.organisation_id", "persons.id"],
            name=op.f("fk_kudos_organisation_id_giver_id"),
        ),
        sa.PrimaryKeyConstraint("organisation_id", "id", name=op.f("pk_kudos")),
    )
    op.create_index(
        "ix_kudos_organisation_id_giver_id_created_at",
        "kudos",
        ["organisation_id", "giver_id", "created_at"],
        unique=False,
    )
    op.create_table(
        "last_recognised",
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("receiver_id", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id", "receiver_id"],
            ["persons.organisation_id", "persons.id"],
            name=op.f("fk_last_recognised_organisation_id_receiver_id"),
        ),
        sa.PrimaryKeyConstraint("organisation_id", "receiver_id", name=op.f("pk_last_recognised")),
        comment="When a person was last recognised by anyone.",
        sqlite_with_rowid=False,
    )
    op.create_table(
        "last_recognised_by",
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("receiver_id", sa.Uuid(), nullable=False),
        sa.Column("giver_id", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id", "giver_id"],
            ["persons.organisation_id", "persons.id"],
            name=op.f("fk_last_recognised_by_organisation_id_giver_id"),
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id", "receiver_id"],
            ["persons.organisation_id", "persons.id"],
            name=op.f("fk_last_recognised_by_organisation_id_receiver_id"),
        ),
        sa.PrimaryKeyConstraint("organisation_id", "receiver_id", "giver_id", name=op.f("pk_last_recognised_by")),
        comment="When a person was last recognised by each giver.",
        sqlite_with_rowid=False,
    )
    op.create_table(
        "memberships",
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("team_id", sa.Uuid(), nullable=False),
        sa.Column("begins_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("role", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id", "person_id"],
            ["persons.organisation_id", "persons.id"],
            name=op.f("fk_memberships_organisation_id_person_id"),
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id", "team_id"],
            ["teams.organisation_id", "teams.id"],
            name=op.f("fk_memberships_organisation_id_team_id"),
        ),
        sa.PrimaryKeyConstraint("organisation_id", "person_id", "team_id", "begins_at", name=op.f("pk_memberships")),
    )
    op.create_index(
        "ix_memberships_organisation_id_team_id", "memberships", ["organisation_id", "team_id"], unique=False
    )
    op.create_table(
        "kudos_behaviours",
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("kudos_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id", "kudos_id"],
            ["kudos.organisation_id", "kudos.id"],
            name=op.f("fk_kudos_behaviours_organisation_id_kudos_id"),
        ),
        sa.PrimaryKeyConstraint("organisation_id", "kudos_id", "position", name=op.f("pk_kudos_behaviours")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "kudos_receivers",
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("kudos_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("team_id", sa.Uuid(), nullable=True),
        sa.Column("by_supervisor", sa.Boolean(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id", "kudos_id"],
            ["kudos.organisation_id", "kudos.id"],
            name=op.f("fk_kudos_receivers_organisation_id_kudos_id"),
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id", "person_id"],
            ["persons.organisation_id", "persons.id"],
            name=op.f("fk_kudos_receivers_organisation_id_person_id"),
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id", "team_id"],
            ["teams.organisation_id", "teams.id"],
            name=op.f("fk_kudos_receivers_organisation_id_team_id"),
        ),
        sa.PrimaryKeyConstraint("organisation_id", "kudos_id", "person_id", name=op.f("pk_kudos_receivers")),
        sqlite_with_rowid=False,
    )
    op.create_index(
        "ix_kudos_receivers_organisation_id_person_id_created_at",
        "kudos_receivers",
        ["organisation_id", "person_id", "created_at"],
        unique=False,
    )
    op.create_index(
        "ix_kudos_receivers_organisation_id_team_id_created_at",
        "kudos_receivers",
        ["organisation_id", "team_id", "created_at"],
        unique=False,
    )
    op.create_table(
        "ledger_entries",
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("kudos_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("amount", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id", "kudos_id"],
            ["kudos.organisation_id", "kudos.id"],
            name=op.f("fk_ledger_entries_organisation_id_kudos_id"),
        ),
        sa.PrimaryKeyConstraint("organisation_id", "person_id", "kudos_id", "kind", name=op.f("pk_ledger_entries")),
        comment="Append-only. One entry of a kind per person and kudos.",
        sqlite_with_rowid=False,
    )


def downgrade() -> None:
    op.drop_table("ledger_entries")
    op.drop_index("ix_kudos_receivers_organisation_id_team_id_created_at", table_name="kudos_receivers")
    op.drop_index("ix_kudos_receivers_organisation_id_person_id_created_at", table_name="kudos_receivers")
    op.drop_table("kudos_receivers")
    op.drop_table("kudos_behaviours")
    op.drop_index("ix_memberships_organisation_id_team_id", table_name="memberships")
    op.drop_table("memberships")
    op.drop_table("last_recognised_by")
    op.drop_table("last_recognised")
    op.drop_index("ix_kudos_organisation_id_giver_id_created_at", table_name="kudos")
    op.drop_table("kudos")
    op.drop_table("conversations")
    op.drop_index("ix_balances_organisation_id_points", table_name="balances")
    op.drop_table("balances")
    op.drop_table("allowances")
    op.drop_table("accounts")
    op.drop_table("workspaces")
    op.drop_table("teams")
    op.drop_index("ix_persons_organisation_id_email", table_name="persons")
    op.drop_table("persons")
    op.drop_table("behaviours")
    op.drop_table("seen_requests")
    op.drop_index(
        "ix_outbox_unsettled",
        table_name="outbox",
        postgresql_where=sa.text("state IN ('pending', 'claimed', 'sending')"),
        sqlite_where=sa.text("state IN ('pending', 'claimed', 'sending')"),
    )
    op.drop_index(
        "ix_outbox_pace",
        table_name="outbox",
        postgresql_where=sa.text("state = 'sent'"),
        sqlite_where=sa.text("state = 'sent'"),
    )
    op.drop_index(
        "ix_outbox_original_id",
        table_name="outbox",
        postgresql_where=sa.text("original_id IS NOT NULL"),
        sqlite_where=sa.text("original_id IS NOT NULL"),
    )
    op.drop_index(
        "ix_outbox_given_up",
        table_name="outbox",
        postgresql_where=sa.text("state IN ('failed', 'unknown')"),
        sqlite_where=sa.text("state IN ('failed', 'unknown')"),
    )
    op.drop_table("outbox")
    op.drop_table("organisations")
