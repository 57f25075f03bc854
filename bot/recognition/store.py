"""What recognition asks of storage."""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager
from datetime import datetime
from typing import Protocol

from bot.identity import KudosId, OrganisationId, PersonId, TeamId
from bot.people.store import PeopleRepository
from bot.recognition.model import Kudos, Recorded, Recording, TeamKudos, Undone
from bot.view.message import Message


class KudosRepository(Protocol):
    """The kudos of one organisation."""

    async def record(self, recording: Recording) -> Recorded:
        """Record a kudos, or nothing, in one step that commits by itself.

        Do no other work in the same unit of work.

        It dedupes by request key, guards the allowance, and writes kudos, receivers, behaviours, ledger, balances,
        allowance, last-recognised and outbox. Of many calls at once with one key, one records and the rest are SEEN;
        of many with one giver, no more go through than the allowance holds. Raises GoneError if the giver or a receiver
        is there no more.
        """
        ...

    async def get(self, kudos: KudosId) -> Kudos | None:
        """Give a kudos, undone or not."""
        ...

    async def latest(self, giver: PersonId) -> Kudos | None:
        """Give the giver's latest kudos, undone or not."""
        ...

    async def undo(self, kudos: KudosId, at: datetime, withdrawn: Message) -> Undone:
        """Take a kudos back.

        Points not yet spent leave the balances (with ledger entries), the allowance returns, last-recognised is what
        the other kudos say.

        Its messages are withdrawn from the outbox: those not begun are cancelled, and for each other one a REMOVE is
        put behind it, with `withdrawn` as what it becomes where it cannot be removed. Doing it twice changes nothing.
        """
        ...

    async def team_week(self, team: TeamId, since: datetime) -> list[TeamKudos]:
        """Give the team's kudos since a time, newest first, without private and undone ones."""
        ...

    async def last_recognised(self, receiver: PersonId, giver: PersonId | None = None) -> datetime | None:
        """Say when the receiver was last recognised, by the giver or by anyone."""
        ...


class RecognitionUnitOfWork(Protocol):
    """One transaction of one organisation."""

    @property
    def kudos(self) -> KudosRepository:
        """The organisation's kudos."""
        ...

    @property
    def people(self) -> PeopleRepository:
        """The organisation's people."""
        ...

    async def commit(self) -> None:
        """Make what was done durable. Leaving without it undoes everything."""
        ...


class RecognitionUnitOfWorkFactory(Protocol):
    """Opens a unit of work bound to one organisation."""

    def __call__(self, organisation: OrganisationId, /) -> AbstractAsyncContextManager[RecognitionUnitOfWork]:
        """Open it."""
        ...
