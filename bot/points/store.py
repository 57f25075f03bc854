"""What points ask of storage."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from datetime import date, datetime
from typing import Protocol

from bot.identity import OrganisationId, PersonId
from bot.points.model import Behaviour, LedgerEntry, Programme, Ranked, Tally


class PointsRepository(Protocol):
    """The programme, ledger, allowances and balances of one organisation."""

    async def programme(self) -> Programme:
        """Give the programme with its behaviours in the order they are shown."""
        ...

    async def publish(self, behaviours: Sequence[Behaviour]) -> None:
        """Replace the list of behaviours. Those no longer listed stay on the kudos that carry them."""
        ...

    async def used(self, person: PersonId, period: date) -> int:
        """Give the allowance points used in the week that began on `period`, in the giver's zone."""
        ...

    async def tally(self, person: PersonId, since: datetime, period: date) -> Tally:
        """Give a person's figures.

        Counts are of kudos not undone, private ones included; "week" means since `since`.
        """
        ...

    async def top(self, limit: int) -> list[Ranked]:
        """Give those with the highest balances above zero, highest first, then by name."""
        ...

    async def entries(self, person: PersonId) -> list[LedgerEntry]:
        """Give a person's ledger, oldest first."""
        ...


class PointsUnitOfWork(Protocol):
    """One transaction of one organisation."""

    @property
    def points(self) -> PointsRepository:
        """The organisation's points."""
        ...

    async def commit(self) -> None:
        """Make what was done durable. Leaving without it undoes everything."""
        ...


class PointsUnitOfWorkFactory(Protocol):
    """Opens a unit of work bound to one organisation."""

    def __call__(self, organisation: OrganisationId, /) -> AbstractAsyncContextManager[PointsUnitOfWork]:
        """Open it."""
        ...
