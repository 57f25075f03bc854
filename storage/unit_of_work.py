"""The one SQL unit of work. It satisfies what every room of the core asks for, by shape."""

from __future__ import annotations

from typing import Self

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
    """One organisation's repositories over one transaction. Each is made when it is asked for: most units need one."""

    def __init__(self, session: Session, record: Record) -> None:
        self._session = session
        self._record = record

    async def __aenter__(self) -> Self:
        """Begin. No connection is taken until a repository needs one."""
        return self

    async def __aexit__(self, *_: object) -> None:
        """Undo what is not committed."""
        await self._session.close()

    @property
    def people(self) -> SqlPeople:
        """People and their accounts."""
        return SqlPeople(self._session)

    @property
    def points(self) -> SqlPoints:
        """The programme, balances and allowances."""
        return SqlPoints(self._session)

    @property
    def kudos(self) -> SqlKudos:
        """Kudos."""
        return SqlKudos(self._session, self._record)

    @property
    def outbox(self) -> SqlOutbox:
        """What is to be delivered."""
        return SqlOutbox(self._session)

    @property
    def schedules(self) -> SqlSchedules:
        """What is due when."""
        return SqlSchedules(self._session)

    @property
    def teams(self) -> SqlTeams:
        """Teams, their members and supervisors."""
        return SqlTeams(self._session)

    @property
    def nudges(self) -> SqlNudges:
        """Nudges and what they need to know."""
        return SqlNudges(self._session)

    @property
    def digests(self) -> SqlDigests:
        """Digests."""
        return SqlDigests(self._session)

    async def commit(self) -> None:
        """Make what was done durable. Leaving without it undoes everything."""
        await self._session.commit()


class UnitsOfWork:
    """Opens units of work."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._record = recorder(database)

    def __call__(self, organisation: OrganisationId, /) -> SqlUnitOfWork:
        """Open one, bound to the organisation."""
        return SqlUnitOfWork(Session(self._database, organisation), self._record)
