"""Schedules in memory: complete, and held to the same contract suite as the real ones."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from bot.identity import OrganisationId
from bot.schedule.model import Due, Kind, Schedule
from tests.memory_store import Books, MemoryStore

if TYPE_CHECKING:
    from tests.fakes import MemoryUnitOfWork


class MemorySchedules:
    """The schedules of one organisation."""

    def __init__(self, unit: MemoryUnitOfWork) -> None:
        self._unit = unit

    async def put(self, schedule: Schedule) -> None:
        def change(books: Books) -> None:
            books.schedules[schedule.kind, schedule.subject] = schedule

        self._unit.write(change)

    async def get(self, kind: Kind, subject: UUID) -> Schedule | None:
        return self._unit.books.schedules.get((kind, subject))

    async def lock(self, kind: Kind, subject: UUID, now: datetime) -> Schedule | None:
        schedule = self._unit.books.schedules.get((kind, subject))
        if schedule is None or schedule.next_at is None or schedule.next_at > now:
            return None
        return schedule if self._unit.hold((kind, subject)) else None

    async def move(self, kind: Kind, subject: UUID, next_at: datetime | None) -> None:
        def change(books: Books) -> None:
            schedule = books.schedules.get((kind, subject))
            if schedule is not None:
                books.schedules[kind, subject] = replace(schedule, next_at=next_at)

        self._unit.write(change)

    async def drop(self, kind: Kind, subject: UUID) -> None:
        def change(books: Books) -> None:
            books.schedules.pop((kind, subject), None)

        self._unit.write(change)


class MemoryDueSchedules:
    """The schedules of all organisations."""

    def __init__(self, store: MemoryStore) -> None:
        self._store = store

    async def due(self, now: datetime, limit: int) -> list[Due]:
        return self._soonest(limit, lambda due: due.at <= now)

    async def coming(self, limit: int, kinds: Collection[Kind] = tuple(Kind)) -> list[Due]:
        return self._soonest(limit, lambda due: due.kind in kinds)

    async def names(self, due: Collection[Due]) -> dict[tuple[OrganisationId, UUID], str]:
        named = (
            (organisation, subject, name)
            for organisation, books in self._store.books.items()
            for subject, name in [
                *((team_id, team.settings.name) for team_id, team in books.teams.items()),
                *books.persons.items(),
            ]
        )
        subjects = {each.subject for each in due}
        return {(organisation, subject): name for organisation, subject, name in named if subject in subjects}

    def _soonest(self, limit: int, wanted: Callable[[Due], bool]) -> list[Due]:
        waiting = (
            Due(OrganisationId(organisation), schedule.kind, schedule.subject, schedule.next_at, schedule.rhythm)
            for organisation, books in self._store.books.items()
            for schedule in books.schedules.values()
            if schedule.next_at is not None
        )
        return sorted(filter(wanted, waiting), key=lambda due: (due.at, due.organisation, due.kind, due.subject))[
            :limit
        ]
