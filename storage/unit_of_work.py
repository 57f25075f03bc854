"""The one SQL unit of work. It satisfies what every room of the core asks for, by shape."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from bot.identity import OrganisationId
from storage.digests import SqlDigests
from storage.engine import Database
from storage.nudges import SqlNudges
from storage.outbox import SqlOutbox
from storage.people import SqlPeople
from storage.points import SqlPoints
from storage.recognition import Record, SqlKudos, recorder
from storage.schedules import SqlSchedules
from storage.session import Session
from storage.teams import SqlTeams


class SqlUnitOfWork:
    """One organisation's repositories over one transaction."""

    def __init__(self, session: Session, record: Record) -> None:
        self._session = session
        self.people = SqlPeople(session)
        self.points = SqlPoints(session)
        self.kudos = SqlKudos(session, record)
        self.outbox = SqlOutbox(session)
        self.schedules = SqlSchedules(session)
        self.teams = SqlTeams(session)
        self.nudges = SqlNudges(session)
        self.digests = SqlDigests(session)

    async def commit(self) -> None:
        """Make what was done durable. Leaving without it undoes everything."""
        await self._session.commit()


class UnitsOfWork:
    """Opens units of work. No connection is taken until a repository needs one."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._record = recorder(database)

    @asynccontextmanager
    async def __call__(self, organisation: OrganisationId, /) -> AsyncIterator[SqlUnitOfWork]:
        """Open one, bound to the organisation."""
        session = Session(self._database, organisation)
        try:
            yield SqlUnitOfWork(session, self._record)
        finally:
            await session.close()
