"""What the operator reads of what is due when."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, time
from uuid import UUID, uuid4

from bot.identity import OrganisationId, PersonId
from bot.points.model import Programme
from bot.schedule.agenda import agenda, line
from bot.schedule.model import Kind, Rhythm, Schedule
from tests.fakes import MemoryStore
from tests.memory_schedules import MemoryDueSchedules
from tests.memory_store import Books

ANNA = PersonId(uuid4())
GONE = UUID(int=7)
SOON = datetime(2026, 11, 22, 22, 30, tzinfo=UTC)


async def test_what_is_due_is_told_in_local_time_and_in_utc() -> None:
    books = Books("Acme", Programme(), persons={ANNA: "Anna Ek"})
    nudges = Schedule(Kind.NUDGES, ANNA, Rhythm(time(9), frozenset({1}), "Australia/Adelaide"), SOON)
    digest = Schedule(Kind.DIGEST, GONE, Rhythm(time(9), frozenset({1}), ""), datetime(2026, 11, 23, 9, tzinfo=UTC))
    never = replace(nudges, kind=Kind.DIGEST, next_at=None)
    books.schedules = {(each.kind, each.subject): each for each in (digest, nudges, never)}
    store = MemoryStore()
    store.books[OrganisationId(uuid4())] = books
    entries = await agenda(MemoryDueSchedules(store), 10)
    assert [line(entry) for entry in entries] == [
        "Mon 2026-11-23 09:00 Australia/Adelaide    2026-11-22 22:30Z  nudges  Anna Ek",
        "Mon 2026-11-23 09:00 UTC                   2026-11-23 09:00Z  digest  00000000-0000-0000-0000-000000000007",
    ]
    assert await agenda(MemoryDueSchedules(store), 1) == entries[:1]
