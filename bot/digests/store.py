"""What digests ask of storage. Times are aware, in UTC."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from datetime import datetime
from typing import Protocol

from bot.delivery.store import Outbox
from bot.digests.model import Coverage, Digest, Recognised
from bot.identity import OrganisationId, TeamId
from bot.people.store import PeopleRepository
from bot.points.store import PointsRepository
from bot.schedule.store import Schedules
from bot.teams.store import TeamsRepository


class DigestsRepository(Protocol):
    """The digests of one organisation."""

    async def add(self, digest: Digest) -> bool:
        """Note a week's digest; False if the team has one of that week, which stays as it is."""
        ...

    async def of_week(self, team: TeamId, week: str) -> Digest | None:
        """Give the digest of a week."""
        ...

    async def latest(self, team: TeamId) -> Digest | None:
        """Give the team's latest posted digest."""
        ...

    async def skipped(self, team: TeamId, before: datetime) -> Digest | None:
        """Give the team's latest skipped digest that would have covered up to an earlier moment than `before`."""
        ...

    async def resume(self, team: TeamId, week: str) -> None:
        """Forget that a week was skipped. One that was posted stays."""
        ...

    async def recognised(self, team: TeamId, since: datetime, until: datetime) -> list[Recognised]:
        """Give the team's kudos from `since` to before `until`, oldest first, without private and undone ones."""
        ...

    async def private(self, team: TeamId, since: datetime, until: datetime) -> int:
        """Count the team's private kudos from `since` to before `until`, without undone ones."""
        ...

    async def counts(self, team: TeamId, bounds: Sequence[datetime]) -> list[int]:
        """Count the team's kudos between each bound and the next, private ones included, undone ones not."""
        ...

    async def coverage(self, team: TeamId, since: datetime) -> Coverage:
        """Count today's agents of the team who were recognised by anyone since a moment."""
        ...


class DigestsUnitOfWork(Protocol):
    """One transaction of one organisation."""

    @property
    def digests(self) -> DigestsRepository:
        """The organisation's digests."""
        ...

    @property
    def teams(self) -> TeamsRepository:
        """The organisation's teams."""
        ...

    @property
    def people(self) -> PeopleRepository:
        """The organisation's people."""
        ...

    @property
    def points(self) -> PointsRepository:
        """The organisation's programme, for its behaviours."""
        ...

    @property
    def schedules(self) -> Schedules:
        """The organisation's schedules."""
        ...

    @property
    def outbox(self) -> Outbox:
        """Where messages are put."""
        ...

    async def commit(self) -> None:
        """Make what was done durable. Leaving without it undoes everything."""
        ...


class DigestsUnitOfWorkFactory(Protocol):
    """Opens a unit of work bound to one organisation."""

    def __call__(self, organisation: OrganisationId, /) -> AbstractAsyncContextManager[DigestsUnitOfWork]:
        """Open it."""
        ...
