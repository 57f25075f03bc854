"""Recording a kudos on SQLite: plain statements in the writing thread's transaction, everything or nothing.

One writer at a time makes the decisions simple; what costs is going back and forth, so all of it is done in one go.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from typing import Final
from uuid import UUID

from bot.identity import KudosId, OrganisationId, id_made_at
from bot.recognition.model import Recorded, Recording, RecordOutcome
from bot.view import codec
from storage.engine import Database
from storage.outbox_rows import lane, target_kind
from storage.sqlite_values import moment_text

_GATE: Final = """
INSERT INTO seen_requests (organisation_id, key, kudos_id, seen_at) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING
"""
_FIRST_ANSWER: Final = """
SELECT k.allowance_left, k.id FROM seen_requests s
JOIN kudos k ON k.organisation_id = s.organisation_id AND k.id = s.kudos_id
WHERE s.organisation_id = ? AND s.key = ?
"""
_USED: Final = "SELECT used FROM allowances WHERE organisation_id = ? AND person_id = ? AND period = ?"
_ALLOWANCE: Final = """
INSERT INTO allowances AS a (organisation_id, person_id, period, used) VALUES (?, ?, ?, ?)
ON CONFLICT (organisation_id, person_id, period) DO UPDATE SET used = a.used + excluded.used
    WHERE a.used + excluded.used <= ?
RETURNING used
"""
_KUDOS: Final = """
INSERT INTO kudos (organisation_id, id, created_at, giver_id, period, allowance_left, reason, link, points, private,
    platform, workspace, conversation)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
"""
_RECEIVER: Final = """
INSERT INTO kudos_receivers (organisation_id, kudos_id, person_id, team_id, by_supervisor, position, created_at)
VALUES (?, ?, ?, ?, ?, ?, ?)
"""
_TAG: Final = "INSERT INTO kudos_behaviours (organisation_id, kudos_id, position, code) VALUES (?, ?, ?, ?)"
_LEDGER: Final = """
INSERT INTO ledger_entries (organisation_id, person_id, kudos_id, kind, amount, created_at)
VALUES (?, ?, ?, 'earned', ?, ?)
"""
_BALANCE: Final = """
INSERT INTO balances (organisation_id, person_id, points) VALUES (?, ?, ?)
ON CONFLICT (organisation_id, person_id) DO UPDATE SET points = points + excluded.points
"""
_ANYONE: Final = """
INSERT INTO last_recognised (organisation_id, receiver_id, at) VALUES (?, ?, ?)
ON CONFLICT (organisation_id, receiver_id) DO UPDATE SET at = max(at, excluded.at)
"""
_BY_GIVER: Final = """
INSERT INTO last_recognised_by (organisation_id, receiver_id, giver_id, at) VALUES (?, ?, ?, ?)
ON CONFLICT (organisation_id, receiver_id, giver_id) DO UPDATE SET at = max(at, excluded.at)
"""
_OUTBOX: Final = """
INSERT INTO outbox (organisation_id, id, key, subject, platform, workspace, target_kind, target_id, lane, operation,
    kind, message, state, created_at, available_at, attempts, reason)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, 'send', ?, ?, 'pending', ?, ?, 0, '')
ON CONFLICT (organisation_id, subject, key) DO NOTHING
"""


async def record(database: Database, organisation: OrganisationId, recording: Recording) -> Recorded:
    """Record it, or nothing; together with whatever else waits to be written."""
    work = _work(organisation, recording)
    recorded: Recorded = await database.group_commit.run(work)
    return recorded


def _work(organisation: OrganisationId, recording: Recording) -> Callable[[sqlite3.Connection], Recorded]:
    posts = [(post, codec.encode(post.message)) for post in recording.outbox]

    def work(db: sqlite3.Connection) -> Recorded:
        own, kudos, at = organisation.hex, recording.id.hex, moment_text(recording.at)
        week = (own, recording.giver.hex, recording.period.isoformat())
        is_new = db.execute(_GATE, (own, recording.request_key, kudos, at)).rowcount == 1
        first = None if is_new else db.execute(_FIRST_ANSWER, (own, recording.request_key)).fetchone()
        if first is not None:
            return Recorded(RecordOutcome.SEEN, first[0], KudosId(UUID(first[1])))
        held = None
        if is_new and recording.cost <= recording.limit:
            held = db.execute(_ALLOWANCE, (*week, recording.cost, recording.limit)).fetchone()
        if held is None:
            used = (db.execute(_USED, week).fetchone() or (0,))[0]
            return Recorded(RecordOutcome.OVER_ALLOWANCE, max(recording.limit - used, 0), recording.id)
        left = recording.limit - held[0]
        _insert_kudos(db, own, recording, left)
        db.executemany(
            _OUTBOX,
            [
                (
                    own,
                    id_made_at(recording.at).hex,
                    post.key,
                    post.subject,
                    post.target.workspace.platform.value,
                    post.target.workspace.id,
                    target_kind(post.target),
                    post.target.id,
                    lane(post.target),
                    post.message.kind.value,
                    message,
                    at,
                    at,
                )
                for post, message in posts
            ],
        )
        return Recorded(RecordOutcome.RECORDED, left, recording.id)

    return work


def _insert_kudos(db: sqlite3.Connection, own: str, recording: Recording, left: int) -> None:
    kudos, giver, at, points = recording.id.hex, recording.giver.hex, moment_text(recording.at), recording.points
    place = recording.conversation
    db.execute(
        _KUDOS,
        (
            own,
            kudos,
            at,
            giver,
            recording.period.isoformat(),
            left,
            recording.reason,
            recording.link,
            points,
            recording.private,
            place and place.workspace.platform.value,
            place and place.workspace.id,
            place and place.id,
        ),
    )
    for position, each in enumerate(recording.receivers):
        receiver = each.person.hex
        team = each.team.hex if each.team else None
        db.execute(_RECEIVER, (own, kudos, receiver, team, each.by_supervisor, position, at))
        db.execute(_LEDGER, (own, receiver, kudos, points, at))
        db.execute(_BALANCE, (own, receiver, points))
        db.execute(_ANYONE, (own, receiver, at))
        db.execute(_BY_GIVER, (own, receiver, giver, at))
    db.executemany(_TAG, [(own, kudos, position, code) for position, code in enumerate(recording.behaviours)])
