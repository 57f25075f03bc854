"""The tables. The organisation is the first column of every key, so that no row belongs to nobody.

A column that came after its table has a default in the database: while a release is rolled out, the one before still
writes rows without it.

`migrations/` brings a database to this shape; `alembic check` holds the two together.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final

import sqlalchemy as sa


class Instant(sa.TypeDecorator[datetime]):
    """A moment: aware, in UTC. SQLite keeps it as text without a zone, in a form that sorts by time."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: sa.Dialect) -> datetime | None:
        """Refuse a moment without a zone, and give every other in UTC."""
        if value is None:
            return None
        if value.tzinfo is None:
            problem = f"a moment without a zone: {value}"
            raise ValueError(problem)
        moment = value.astimezone(UTC)
        return moment.replace(tzinfo=None) if dialect.name == "sqlite" else moment

    def process_result_value(self, value: datetime | None, dialect: sa.Dialect) -> datetime | None:
        """Give it aware."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if dialect.name == "sqlite" else value.astimezone(UTC)


WITH_ROWID: Final = False
"""False is SQLite's `WITHOUT ROWID`: a row lies in its key's tree and nowhere else, half the writing for small rows."""

metadata: Final = sa.MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def _in_organisation() -> sa.Column[object]:
    return sa.Column("organisation_id", sa.Uuid(), sa.ForeignKey("organisations.id"), primary_key=True)


def _organisation() -> sa.Column[object]:
    """Give the column without a reference of its own.

    Rows that point to a person or a kudos reach their organisation through it. Checking it again on each of a kudos'
    dozen rows would make all givers of an organisation lock its one row.
    """
    return sa.Column("organisation_id", sa.Uuid(), primary_key=True)


def _of_organisation(table: str, *columns: str) -> sa.ForeignKeyConstraint:
    """Point to a row of the same organisation: a reference across organisations cannot be stored."""
    return sa.ForeignKeyConstraint(
        ["organisation_id", *columns], [f"{table}.organisation_id", *(f"{table}.id" for _ in columns)]
    )


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
    _in_organisation(),
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
    _in_organisation(),
    sa.Column("id", sa.Uuid(), primary_key=True),
    sa.Column("name", sa.Text(), nullable=False),
    sa.Column("email", sa.Text(), nullable=False),
    sa.Column("created_at", Instant(), nullable=False),
    sa.Index("ix_persons_organisation_id_email", "organisation_id", "email"),
)

accounts: Final = sa.Table(
    "accounts",
    metadata,
    _organisation(),
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
    _of_organisation("persons", "person_id"),
    # A person has one account per workspace.
    sa.UniqueConstraint("organisation_id", "person_id", "platform", "workspace"),
)

teams: Final = sa.Table(
    "teams",
    metadata,
    _in_organisation(),
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
    _organisation(),
    sa.Column("person_id", sa.Uuid(), primary_key=True),
    sa.Column("team_id", sa.Uuid(), primary_key=True),
    sa.Column("begins_at", Instant(), primary_key=True),
    sa.Column("ends_at", Instant()),
    sa.Column("role", sa.Text(), nullable=False),
    _of_organisation("persons", "person_id"),
    _of_organisation("teams", "team_id"),
    sa.Index("ix_memberships_organisation_id_team_id", "organisation_id", "team_id"),
)

conversations: Final = sa.Table(
    "conversations",
    metadata,
    _organisation(),
    sa.Column("team_id", sa.Uuid(), primary_key=True),
    sa.Column("platform", sa.Text(), primary_key=True),
    sa.Column("workspace", sa.Text(), primary_key=True),
    sa.Column("id", sa.Text(), nullable=False),
    _of_organisation("teams", "team_id"),
    sa.Index("ix_conversations_home", "organisation_id", "platform", "workspace", "id", unique=True),
    comment="Where a team meets: one home per workspace.",
)

behaviours: Final = sa.Table(
    "behaviours",
    metadata,
    _in_organisation(),
    sa.Column("code", sa.Text(), primary_key=True),
    sa.Column("serves", sa.Text(), nullable=False),
    sa.Column("words", sa.JSON(), nullable=False),
    sa.Column("position", sa.Integer(), nullable=False),
)

kudos: Final = sa.Table(
    "kudos",
    metadata,
    _organisation(),
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
    _of_organisation("persons", "giver_id"),
    sa.Index("ix_kudos_organisation_id_giver_id_created_at", "organisation_id", "giver_id", "created_at"),
)

kudos_receivers: Final = sa.Table(
    "kudos_receivers",
    metadata,
    _organisation(),
    sa.Column("kudos_id", sa.Uuid(), primary_key=True),
    sa.Column("person_id", sa.Uuid(), primary_key=True),
    sa.Column("team_id", sa.Uuid()),
    sa.Column("by_supervisor", sa.Boolean(), nullable=False),
    sa.Column("position", sa.Integer(), nullable=False),
    # The kudos' own, repeated here because a team's week and a person's latest are read by it.
    sa.Column("created_at", Instant(), nullable=False),
    _of_organisation("kudos", "kudos_id"),
    _of_organisation("persons", "person_id"),
    _of_organisation("teams", "team_id"),
    sa.Index("ix_kudos_receivers_organisation_id_team_id_created_at", "organisation_id", "team_id", "created_at"),
    sa.Index("ix_kudos_receivers_organisation_id_person_id_created_at", "organisation_id", "person_id", "created_at"),
    sqlite_with_rowid=WITH_ROWID,
)

kudos_behaviours: Final = sa.Table(
    "kudos_behaviours",
    metadata,
    _organisation(),
    sa.Column("kudos_id", sa.Uuid(), primary_key=True),
    sa.Column("position", sa.Integer(), primary_key=True),
    # No reference to behaviours: one that is no longer published stays on the kudos that carry it.
    sa.Column("code", sa.Text(), nullable=False),
    _of_organisation("kudos", "kudos_id"),
    sqlite_with_rowid=WITH_ROWID,
)

ledger_entries: Final = sa.Table(
    "ledger_entries",
    metadata,
    _organisation(),
    sa.Column("person_id", sa.Uuid(), primary_key=True),
    sa.Column("kudos_id", sa.Uuid(), primary_key=True),
    sa.Column("kind", sa.Text(), primary_key=True),
    sa.Column("amount", sa.Integer(), nullable=False),
    sa.Column("created_at", Instant(), nullable=False),
    _of_organisation("kudos", "kudos_id"),
    comment="Append-only. One entry of a kind per person and kudos.",
    sqlite_with_rowid=WITH_ROWID,
)

balances: Final = sa.Table(
    "balances",
    metadata,
    _organisation(),
    sa.Column("person_id", sa.Uuid(), primary_key=True),
    sa.Column("points", sa.Integer(), nullable=False),
    _of_organisation("persons", "person_id"),
    sa.CheckConstraint("points >= 0", name="points_not_negative"),
    sa.Index("ix_balances_organisation_id_points", "organisation_id", "points"),
    sqlite_with_rowid=WITH_ROWID,
)

allowances: Final = sa.Table(
    "allowances",
    metadata,
    _organisation(),
    sa.Column("person_id", sa.Uuid(), primary_key=True),
    sa.Column("period", sa.Date(), primary_key=True),
    sa.Column("used", sa.Integer(), nullable=False),
    _of_organisation("persons", "person_id"),
    sa.CheckConstraint("used >= 0", name="used_not_negative"),
    sqlite_with_rowid=WITH_ROWID,
)

last_recognised: Final = sa.Table(
    "last_recognised",
    metadata,
    _organisation(),
    sa.Column("receiver_id", sa.Uuid(), primary_key=True),
    sa.Column("at", Instant(), nullable=False),
    _of_organisation("persons", "receiver_id"),
    comment="When a person was last recognised by anyone.",
    sqlite_with_rowid=WITH_ROWID,
)

last_recognised_by: Final = sa.Table(
    "last_recognised_by",
    metadata,
    _organisation(),
    sa.Column("receiver_id", sa.Uuid(), primary_key=True),
    sa.Column("giver_id", sa.Uuid(), primary_key=True),
    sa.Column("at", Instant(), nullable=False),
    _of_organisation("persons", "receiver_id"),
    _of_organisation("persons", "giver_id"),
    comment="When a person was last recognised by each giver.",
    sqlite_with_rowid=WITH_ROWID,
)

seen_requests: Final = sa.Table(
    "seen_requests",
    metadata,
    _organisation(),
    sa.Column("key", sa.Text(), primary_key=True),
    # The kudos that the act would make. If there is no such kudos, the act was refused.
    sa.Column("kudos_id", sa.Uuid(), nullable=False),
    sa.Column("seen_at", Instant(), nullable=False),
    sqlite_with_rowid=WITH_ROWID,
)

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

exclusions: Final = sa.Table(
    "exclusions",
    metadata,
    _organisation(),
    sa.Column("team_id", sa.Uuid(), primary_key=True),
    sa.Column("person_id", sa.Uuid(), primary_key=True),
    sa.Column("by_id", sa.Uuid(), nullable=False),
    sa.Column("created_at", Instant(), nullable=False),
    _of_organisation("teams", "team_id"),
    _of_organisation("persons", "person_id"),
    comment="Who was taken off a team for good, and is left out when it is kept in step with its channel or group.",
)

absences: Final = sa.Table(
    "absences",
    metadata,
    _organisation(),
    sa.Column("id", sa.Uuid(), primary_key=True),
    sa.Column("person_id", sa.Uuid(), nullable=False),
    # Both days included, as dates where the person is.
    sa.Column("begins", sa.Date(), nullable=False),
    sa.Column("ends", sa.Date(), nullable=False),
    sa.Column("by_id", sa.Uuid(), nullable=False),
    sa.Column("created_at", Instant(), nullable=False),
    _of_organisation("persons", "person_id"),
    sa.Index("ix_absences_organisation_id_person_id_ends", "organisation_id", "person_id", "ends"),
)

preferences: Final = sa.Table(
    "preferences",
    metadata,
    _organisation(),
    sa.Column("person_id", sa.Uuid(), primary_key=True),
    # daily | weekly | off
    sa.Column("nudges", sa.Text(), nullable=False),
    # Wall-clock time in the person's zone, "09:30".
    sa.Column("nudges_at", sa.Text(), nullable=False),
    _of_organisation("persons", "person_id"),
)

schedules: Final = sa.Table(
    "schedules",
    metadata,
    _in_organisation(),
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
    _organisation(),
    sa.Column("team_id", sa.Uuid(), primary_key=True),
    # The ISO week of its slot on the team's calendar, "2026-W47".
    sa.Column("week", sa.Text(), primary_key=True),
    sa.Column("since", Instant(), nullable=False),
    sa.Column("until", Instant(), nullable=False),
    # posted | skipped
    sa.Column("state", sa.Text(), nullable=False),
    _of_organisation("teams", "team_id"),
)

nudges: Final = sa.Table(
    "nudges",
    metadata,
    _organisation(),
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
    _of_organisation("persons", "supervisor_id"),
    _of_organisation("persons", "person_id"),
    _of_organisation("teams", "team_id"),
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
    _organisation(),
    sa.Column("supervisor_id", sa.Uuid(), primary_key=True),
    sa.Column("person_id", sa.Uuid(), primary_key=True),
    sa.Column("until", Instant(), nullable=False),
    _of_organisation("persons", "supervisor_id"),
    _of_organisation("persons", "person_id"),
)

link_codes: Final = sa.Table(
    "link_codes",
    metadata,
    _in_organisation(),
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
    _in_organisation(),
    sa.Column("id", sa.Uuid(), primary_key=True),
    sa.Column("platform", sa.Text(), nullable=False),
    sa.Column("workspace", sa.Text(), nullable=False),
    sa.Column("at", Instant(), nullable=False),
)
