"""The tables. The organisation is the first column of every key, so that no row belongs to nobody.

A column that came after its table has a default in the database: while a release is rolled out, the one before still
writes rows without it.

`migrations/` brings a database to this shape; `alembic check` holds the two together.
"""

from storage.tables.delivery import outbox
from storage.tables.membership import conversations, exclusions, memberships, teams
from storage.tables.people import (
    absences,
    accounts,
    link_codes,
    link_tries,
    organisations,
    persons,
    preferences,
    workspaces,
)
from storage.tables.recognition import (
    allowances,
    balances,
    behaviours,
    kudos,
    kudos_behaviours,
    kudos_receivers,
    last_recognised,
    last_recognised_by,
    ledger_entries,
    seen_requests,
)
from storage.tables.rhythm import digests, nudges, schedules, snoozes
from storage.tables.shape import Instant, metadata

__all__ = [
    "Instant",
    "absences",
    "accounts",
    "allowances",
    "balances",
    "behaviours",
    "conversations",
    "digests",
    "exclusions",
    "kudos",
    "kudos_behaviours",
    "kudos_receivers",
    "last_recognised",
    "last_recognised_by",
    "ledger_entries",
    "link_codes",
    "link_tries",
    "memberships",
    "metadata",
    "nudges",
    "organisations",
    "outbox",
    "persons",
    "preferences",
    "schedules",
    "seen_requests",
    "snoozes",
    "teams",
    "workspaces",
]
