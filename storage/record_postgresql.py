"""Recording a kudos on PostgreSQL: one statement, everything or nothing.

The first insert is the gate (was this act seen?), the second the guard (does the allowance hold it?), and every other
part is fed by the guard. Both decide on rows as they are when their turn comes, not on the statement's snapshot, so
that of many at once no more go through than may, and none fails.

What an organisation's people give at about the same time is recorded in one transaction and one round trip, a statement
each. So a transaction changes many people's rows, in any order; that two of them never wait for each other, each
takes the organisation's turn first.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any, Final

import asyncpg

from bot.identity import OrganisationId, id_made_at
from bot.recognition.model import Recorded, Recording, RecordOutcome
from bot.view import codec
from storage.engine import Database
from storage.outbox_rows import lane, target_kind
from storage.retry import is_passing, persistently
from storage.together import Together
from storage.turn import TAKE_TURN

_RECORD: Final = f"""
WITH turn AS (
    SELECT {TAKE_TURN.format("$1")}
), gate AS (
    INSERT INTO seen_requests (organisation_id, key, kudos_id, seen_at)
    SELECT $1, $2, $3, $4 FROM turn
    ON CONFLICT DO NOTHING
    RETURNING kudos_id
), guard AS (
    INSERT INTO allowances AS a (organisation_id, person_id, period, used)
    SELECT $1, $5, $6, $7 FROM gate WHERE $7::int <= $8::int
    ON CONFLICT (organisation_id, person_id, period) DO UPDATE
        SET used = a.used + EXCLUDED.used WHERE a.used + EXCLUDED.used <= $8
    RETURNING $8 - used AS allowance_left
), recorded AS (
    INSERT INTO kudos (organisation_id, id, created_at, giver_id, period, allowance_left, reason, link, points, private,
        platform, workspace, conversation)
    SELECT $1, $3, $4, $5, $6, allowance_left, $9, $10, $11, $12, $13, $14, $15 FROM guard
    RETURNING allowance_left
), anyone AS (
    INSERT INTO last_recognised AS l (organisation_id, receiver_id, at)
    SELECT $1, receiver, $4 FROM guard, unnest($16::uuid[]) AS receiver ORDER BY receiver
    ON CONFLICT (organisation_id, receiver_id) DO UPDATE SET at = GREATEST(l.at, EXCLUDED.at)
    RETURNING receiver_id
), by_giver AS (
    INSERT INTO last_recognised_by AS l (organisation_id, receiver_id, giver_id, at)
    SELECT $1, receiver_id, $5, $4 FROM anyone
    ON CONFLICT (organisation_id, receiver_id, giver_id) DO UPDATE SET at = GREATEST(l.at, EXCLUDED.at)
), balance AS (
    INSERT INTO balances AS b (organisation_id, person_id, points)
    SELECT $1, receiver_id, $11 FROM anyone
    ON CONFLICT (organisation_id, person_id) DO UPDATE SET points = b.points + EXCLUDED.points
), ledger AS (
    INSERT INTO ledger_entries (organisation_id, person_id, kudos_id, kind, amount, created_at)
    SELECT $1, receiver_id, $3, 'earned', $11, $4 FROM anyone
), receivers AS (
    INSERT INTO kudos_receivers (organisation_id, kudos_id, person_id, team_id, by_supervisor, position, created_at)
    SELECT $1, $3, person, team, by_supervisor, position, $4
    FROM guard, unnest($16::uuid[], $17::uuid[], $18::bool[], $19::int[]) AS r (person, team, by_supervisor, position)
), tags AS (
    INSERT INTO kudos_behaviours (organisation_id, kudos_id, position, code)
    SELECT $1, $3, position - 1, code FROM guard, unnest($20::text[]) WITH ORDINALITY AS t (code, position)
), posted AS (
    INSERT INTO outbox (organisation_id, id, key, subject, platform, workspace, target_kind, target_id, lane, operation,
        kind, message, state, created_at, available_at, attempts, reason)
    SELECT $1, o.id, o.key, subject, platform, workspace, target_kind, target_id, lane, 'send',
        kind, message, 'pending', $4, $4, 0, ''
    FROM guard, unnest($21::uuid[], $22::text[], $23::text[], $24::text[], $25::text[], $26::text[], $27::text[],
        $28::text[], $29::text[], $30::text[])
        AS o (id, key, subject, platform, workspace, target_kind, target_id, lane, kind, message)
    ON CONFLICT (organisation_id, subject, key) DO NOTHING
)
SELECT EXISTS (SELECT FROM gate) AS is_new, (SELECT allowance_left FROM recorded) AS allowance_left
"""  # noqa: S608 nothing of anyone's is put into it

_FIRST_ANSWER: Final = """
SELECT k.allowance_left, k.id FROM seen_requests s
JOIN kudos k ON k.organisation_id = s.organisation_id AND k.id = s.kudos_id
WHERE s.organisation_id = $1 AND s.key = $2
"""

_USED: Final = "SELECT used FROM allowances WHERE organisation_id = $1 AND person_id = $2 AND period = $3"


class Recorder:
    """Records the kudos of all organisations, each organisation's in groups of its own: none waits for another."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._groups: dict[OrganisationId, Together[Recording, Recorded]] = {}

    async def record(self, organisation: OrganisationId, recording: Recording) -> Recorded:
        """Record it, or nothing. Tried again if the database is away for a moment: the request key keeps it single."""
        group = self._groups.get(organisation)
        if group is None:
            group = self._groups[organisation] = Together(partial(self._record, organisation))
        return await group.ask(recording)

    async def _record(self, organisation: OrganisationId, group: Sequence[Recording]) -> Sequence[Recorded | Exception]:
        try:
            return await persistently(lambda: self._record_all(organisation, group))
        except Exception as error:
            if is_passing(error):
                raise
            # One of them is at fault, and has undone the others with it.
            if len(group) == 1:
                return [error]
        return [outcome for each in group for outcome in await self._alone(organisation, each)]

    async def _alone(self, organisation: OrganisationId, recording: Recording) -> Sequence[Recorded | Exception]:
        try:
            return await self._record(organisation, [recording])
        except Exception as error:  # noqa: BLE001 whatever it is, the others are recorded or will be
            return [error]

    async def _record_all(self, organisation: OrganisationId, group: Sequence[Recording]) -> list[Recorded]:
        """Record them in one transaction and one round trip, each as it finds what the one before has left."""
        arguments = [_arguments(organisation, recording) for recording in group]
        async with self._database.asyncpg_connection() as connection:
            rows = await connection.fetchmany(_RECORD, arguments)
            return [
                Recorded(RecordOutcome.RECORDED, row["allowance_left"], recording.id)
                if row["allowance_left"] is not None
                else await _not_recorded(connection, organisation, recording, is_new=row["is_new"])
                for recording, row in zip(group, rows, strict=True)
            ]


async def _not_recorded(
    connection: asyncpg.Connection[Any], organisation: OrganisationId, recording: Recording, *, is_new: bool
) -> Recorded:
    """Give the first answer to what was seen before, or what is left of the allowance that it was over."""
    if not is_new:
        # Asked anew: the first act may have been made durable after the statement's snapshot was taken.
        first = await connection.fetchrow(_FIRST_ANSWER, organisation, recording.request_key)
        if first is not None:
            return Recorded(RecordOutcome.SEEN, *first)
    used = await connection.fetchval(_USED, organisation, recording.giver, recording.period)
    return Recorded(RecordOutcome.OVER_ALLOWANCE, max(recording.limit - (used or 0), 0), recording.id)


def _arguments(organisation: OrganisationId, recording: Recording) -> tuple[object, ...]:
    place = recording.conversation
    receivers = sorted(enumerate(recording.receivers), key=lambda each: each[1].person)
    posts = recording.outbox
    targets = [post.target for post in posts]
    return (
        organisation,
        recording.request_key,
        recording.id,
        recording.at,
        recording.giver,
        recording.period,
        recording.cost,
        recording.limit,
        recording.reason,
        recording.link,
        recording.points,
        recording.private,
        place and place.workspace.platform.value,
        place and place.workspace.id,
        place and place.id,
        [each.person for _, each in receivers],
        [each.team for _, each in receivers],
        [each.by_supervisor for _, each in receivers],
        [position for position, _ in receivers],
        list(recording.behaviours),
        [id_made_at(recording.at) for _ in posts],
        [post.key for post in posts],
        [post.subject for post in posts],
        [target.workspace.platform.value for target in targets],
        [target.workspace.id for target in targets],
        [target_kind(target) for target in targets],
        [target.id for target in targets],
        [lane(target) for target in targets],
        [post.message.kind.value for post in posts],
        [codec.encode(post.message) for post in posts],
    )
