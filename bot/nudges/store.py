"""What nudges ask of storage. Times are aware, in UTC."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from contextlib import AbstractAsyncContextManager
from datetime import date, datetime, timedelta
from typing import Final, Protocol

from bot.delivery.store import Outbox
from bot.identity import AccountRef, NudgeId, OrganisationId, PersonId
from bot.nudges.model import Evidence, Nudge, Reply, Report, TeamState
from bot.people.store import PeopleRepository
from bot.schedule.store import Schedules
from bot.teams.store import TeamsRepository

IN_THE_MAKING: Final = timedelta(minutes=1)
"""How long before a nudge a kudos may have begun that overtakes it all the same: it was recorded after the look.

A kudos counts from when it was begun, and recording it waits for look-ups. Nobody is named who was recognised a minute
before, as far as the look could see.
"""


class NudgesRepository(Protocol):
    """The nudges of one organisation."""

    async def account(self, supervisor: PersonId) -> AccountRef | None:
        """Give the account to which a supervisor is told: of the workspace of their first team with a home there.

        Without such a home any account that has not left; None if there is none.
        """
        ...

    async def reports(self, supervisor: PersonId, now: datetime) -> list[Report]:
        """Give everyone whom the supervisor leads, once: the agents of the teams they supervise.

        Who leads a team beside them is nobody's report in it: supervisors are led in a team of their own.

        Of a person in several of those teams, the one with the shortest nudge days counts. Away is who is away on the
        day that it is at `now` where they are; where that is not known, where the team is.
        """
        ...

    async def teams(self, supervisor: PersonId) -> list[TeamState]:
        """Give the teams that the supervisor leads."""
        ...

    async def evidence(
        self, persons: Collection[PersonId], since: datetime, limit: int, besides: PersonId
    ) -> dict[PersonId, list[Evidence]]:
        """Give what others than `besides` said of people since a moment, newest first, at most `limit` each.

        Never private or undone. Of whom nothing was said there is no entry.
        """
        ...

    async def add(self, told: Sequence[Nudge]) -> None:
        """Write what a supervisor is told, all in one message."""
        ...

    async def nudge(self, nudge: NudgeId) -> Nudge | None:
        """Give one."""
        ...

    async def of_message(self, message_key: str) -> list[Nudge]:
        """Give those of one message, in the order they were added."""
        ...

    async def waiting(self, persons: Collection[PersonId], since: datetime) -> list[Nudge]:
        """Give nudges about people that were sent since a moment and have no answer yet, the oldest first."""
        ...

    async def answer(self, nudge: NudgeId, reply: Reply, at: datetime, until: date | None = None) -> bool:
        """Note what became of one; False if something had become of it before, which stays."""
        ...

    async def reopen(self, nudge: NudgeId, reply: Reply) -> bool:
        """Take the answer to one back; False if it has another, or none."""
        ...

    async def overtaken(self, limit: int, supervisor: PersonId | None = None) -> list[Nudge]:
        """Give open nudges, to one supervisor or to all, who have recognised the person since; the oldest first.

        One about a whole team is overtaken when anyone recognised anybody in it. "Since" is since IN_THE_MAKING before
        it was sent.
        """
        ...

    async def snooze(self, supervisor: PersonId, person: PersonId, until: datetime) -> None:
        """Keep quiet about a person to this supervisor until a moment; replaces an earlier snooze."""
        ...

    async def unsnooze(self, supervisor: PersonId, person: PersonId) -> None:
        """End the snooze, if there is one."""
        ...


class Overtaken(Protocol):
    """A look across all organisations."""

    async def organisations(self, since: datetime) -> list[OrganisationId]:
        """Give organisations with overtaken nudges that were sent since a moment."""
        ...


class NudgesUnitOfWork(Protocol):
    """One transaction of one organisation."""

    @property
    def nudges(self) -> NudgesRepository:
        """The organisation's nudges."""
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


class NudgesUnitOfWorkFactory(Protocol):
    """Opens a unit of work bound to one organisation."""

    def __call__(self, organisation: OrganisationId, /) -> AbstractAsyncContextManager[NudgesUnitOfWork]:
        """Open it."""
        ...
