"""Teams as they are set up, absence, schedules, nudges and digests."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "schedules",
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column("at", sa.Text(), nullable=False),
        sa.Column("days", sa.Text(), nullable=False),
        sa.Column("timezone", sa.Text(), nullable=False),
        sa.Column("next_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["organisation_id"], ["organisations.id"], name=op.f("fk_schedules_organisation_id")),
        sa.PrimaryKeyConstraint("organisation_id", "kind", "subject_id", name=op.f("pk_schedules")),
    )
    op.create_index(
        "ix_schedules_next_at",
        "schedules",
        ["next_at"],
        unique=False,
        postgresql_where=sa.text("next_at IS NOT NULL"),
        sqlite_where=sa.text("next_at IS NOT NULL"),
    )

    op.create_table(
        "absences",
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("begins", sa.Date(), nullable=False),
        sa.Column("ends", sa.Date(), nullable=False),
        sa.Column("by_id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id", "person_id"],
            ["persons.organisation_id", "persons.id"],
            name=op.f("fk_absences_organisation_id_person_id"),
        ),
        sa.PrimaryKeyConstraint("organisation_id", "id", name=op.f("pk_absences")),
    )
    op.create_index(
        "ix_absences_organisation_id_person_id_ends", "absences", ["organisation_id", "person_id", "ends"], unique=False
    )

    op.create_table(
        "digests",
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("team_id", sa.Uuid(), nullable=False),
        sa.Column("week", sa.Text(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id", "team_id"],
            ["teams.organisation_id", "teams.id"],
            name=op.f("fk_digests_organisation_id_team_id"),
        ),
        sa.PrimaryKeyConstraint("organisation_id", "team_id", "week", name=op.f("pk_digests")),
    )
    op.create_table(
        "exclusions",
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("team_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("by_id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id", "person_id"],
            ["persons.organisation_id", "persons.id"],
            name=op.f("fk_exclusions_organisation_id_person_id"),
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id", "team_id"],
            ["teams.organisation_id", "teams.id"],
            name=op.f("fk_exclusions_organisation_id_team_id"),
        ),
        sa.PrimaryKeyConstraint("organisation_id", "team_id", "person_id", name=op.f("pk_exclusions")),
        comment="Who was taken off a team for good, and is left out when it is kept in step with its channel or group.",
    )
    op.create_table(
        "nudges",
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("supervisor_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=True),
        sa.Column("team_id", sa.Uuid(), nullable=False),
        sa.Column("message_key", sa.Text(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("days", sa.Integer(), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reply", sa.Text(), nullable=True),
        sa.Column("replied_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("until", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(
            ["organisation_id", "person_id"],
            ["persons.organisation_id", "persons.id"],
            name=op.f("fk_nudges_organisation_id_person_id"),
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id", "supervisor_id"],
            ["persons.organisation_id", "persons.id"],
            name=op.f("fk_nudges_organisation_id_supervisor_id"),
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id", "team_id"],
            ["teams.organisation_id", "teams.id"],
            name=op.f("fk_nudges_organisation_id_team_id"),
        ),
        sa.PrimaryKeyConstraint("organisation_id", "id", name=op.f("pk_nudges")),
        sa.UniqueConstraint(
            "organisation_id", "message_key", "position", name=op.f("uq_nudges_organisation_id_message_key_position")
        ),
    )
    op.create_index(
        "ix_nudges_open",
        "nudges",
        ["organisation_id", "person_id", "supervisor_id"],
        unique=False,
        postgresql_where=sa.text("reply IS NULL"),
        sqlite_where=sa.text("reply IS NULL"),
    )
    op.create_index(
        "ix_nudges_organisation_id_supervisor_id_person_id_sent_at",
        "nudges",
        ["organisation_id", "supervisor_id", "person_id", "sent_at"],
        unique=False,
    )

    op.create_table(
        "preferences",
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("nudges", sa.Text(), nullable=False),
        sa.Column("nudges_at", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id", "person_id"],
            ["persons.organisation_id", "persons.id"],
            name=op.f("fk_preferences_organisation_id_person_id"),
        ),
        sa.PrimaryKeyConstraint("organisation_id", "person_id", name=op.f("pk_preferences")),
    )
    op.create_table(
        "snoozes",
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("supervisor_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id", "person_id"],
            ["persons.organisation_id", "persons.id"],
            name=op.f("fk_snoozes_organisation_id_person_id"),
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id", "supervisor_id"],
            ["persons.organisation_id", "persons.id"],
            name=op.f("fk_snoozes_organisation_id_supervisor_id"),
        ),
        sa.PrimaryKeyConstraint("organisation_id", "supervisor_id", "person_id", name=op.f("pk_snoozes")),
    )
    op.add_column("accounts", sa.Column("admin", sa.Boolean(), server_default=sa.false(), nullable=False))

    op.create_index(
        "ix_conversations_home", "conversations", ["organisation_id", "platform", "workspace", "id"], unique=True
    )

    op.add_column("teams", sa.Column("language", sa.Text(), server_default="en", nullable=False))
    op.add_column("teams", sa.Column("service_channel", sa.Text(), server_default="mixed", nullable=False))
    op.add_column("teams", sa.Column("working_days", sa.Text(), server_default="12345", nullable=False))
    op.add_column("teams", sa.Column("digest_day", sa.Integer(), nullable=True))
    op.add_column("teams", sa.Column("digest_time", sa.Text(), server_default="09:00", nullable=False))
    op.add_column("teams", sa.Column("nudge_days", sa.Integer(), server_default="14", nullable=False))
    op.add_column("teams", sa.Column("members_from", sa.Text(), server_default="list", nullable=False))
    op.add_column("teams", sa.Column("group_id", sa.Text(), nullable=True))
    op.add_column("teams", sa.Column("founder_id", sa.Uuid(), nullable=True))


def downgrade() -> None:
    op.drop_column("teams", "founder_id")
    op.drop_column("teams", "group_id")
    op.drop_column("teams", "members_from")
    op.drop_column("teams", "nudge_days")
    op.drop_column("teams", "digest_time")
    op.drop_column("teams", "digest_day")
    op.drop_column("teams", "working_days")
    op.drop_column("teams", "service_channel")
    op.drop_column("teams", "language")

    op.drop_index("ix_conversations_home", table_name="conversations")

    op.drop_column("accounts", "admin")

    op.drop_table("snoozes")
    op.drop_table("preferences")
    op.drop_index("ix_nudges_organisation_id_supervisor_id_person_id_sent_at", table_name="nudges")
    op.drop_index(
        "ix_nudges_open",
        table_name="nudges",
        postgresql_where=sa.text("reply IS NULL"),
        sqlite_where=sa.text("reply IS NULL"),
    )

    op.drop_table("nudges")
    op.drop_table("exclusions")
    op.drop_table("digests")
    op.drop_index("ix_absences_organisation_id_person_id_ends", table_name="absences")

    op.drop_table("absences")
    op.drop_index(
        "ix_schedules_next_at",
        table_name="schedules",
        postgresql_where=sa.text("next_at IS NOT NULL"),
        sqlite_where=sa.text("next_at IS NOT NULL"),
    )

    op.drop_table("schedules")
