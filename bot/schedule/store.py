"""What schedules ask of storage. Times are aware, in UTC."""

from __future__ import annotations

from collections.abc import Collection
from contextlib import AbstractAsyncContextManager
from datetime import datetime
from typing import Protocol, TypeVar
from uuid import UUID

from bot.identity import OrganisationId
from bot.schedule.model import Due, Kind, Schedule

WorkT_co = TypeVar("WorkT_co", bound="ScheduleUnitOfWork", covariant=True)


class Schedules(Protocol):
    """The schedules of one organisation."""

    async def put(self, schedule: Schedule) -> None:
        """Add a schedule, or replace the one of this kind and subject."""
        ...

    async def get(self, kind: Kind, subject: UUID) -> Schedule | None:
        """Give the schedule of this kind and subject."""
        ...

    async def lock(self, kind: Kind, subject: UUID, now: datetime) -> Schedule | None:
        """Give the schedule if it is due at `now` and nobody else holds it, and hold it until the transaction ends.

        Of many who ask at once, one gets it and the others None, without waiting.
        """
        ...

    async def move(self, kind: Kind, subject: UUID, next_at: datetime | None) -> None:
        """Say when it is due next."""
        ...

    async def drop(self, kind: Kind, subject: UUID) -> None:
        """Forget it, if there is one."""
        ...


class DueSchedules(Protocol):
    """The schedules of all organisations: the ticker's and the operator's view."""

    async def due(self, now: datetime, limit: int) -> list[Due]:
        """Give schedules with `next_at <= now`, the longest due first, held by somebody or not."""
        ...

    async def coming(self, limit: int, kinds: Collection[Kind] = tuple(Kind)) -> list[Due]:
        """Give what is due next, soonest first."""
        ...

    async def names(self, due: Collection[Due]) -> dict[tuple[OrganisationId, UUID], str]:
        """Give the names of their subjects, teams and people. What is not known has no entry."""
        ...


class ScheduleUnitOfWork(Protocol):
    """One transaction of one organisation."""

    @property
    def schedules(self) -> Schedules:
        """The organisation's schedules."""
        ...

    async def commit(self) -> None:
        """Make what was done durable. Leaving without it undoes everything."""
        ...


class ScheduleUnitOfWorkFactory(Protocol[WorkT_co]):
    """Opens a unit of work bound to one organisation."""

    def __call__(self, organisation: OrganisationId, /) -> AbstractAsyncContextManager[WorkT_co]:
        """Open it."""
        ...
