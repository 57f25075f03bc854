"""What teams ask of storage."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from datetime import date, datetime
from typing import Protocol

from bot.identity import ConversationRef, OrganisationId, PersonId, TeamId
from bot.people.model import Role
from bot.people.store import PeopleRepository
from bot.schedule.store import Schedules
from bot.teams.model import Absence, Leading, Member, NudgeWishes, Team, TeamSettings


class HomeTakenError(Exception):
    """A conversation is another team's home already."""


class TeamsRepository(Protocol):
    """The teams of one organisation.

    Giving a team a home that is another's raises HomeTakenError; the unit of work is then of no more use.
    """

    async def team(self, team: TeamId) -> Team | None:
        """Give one."""
        ...

    async def at(self, conversation: ConversationRef) -> Team | None:
        """Give the team whose home this conversation is."""
        ...

    async def all(self) -> list[Team]:
        """Give every team, by name."""
        ...

    async def found(
        self,
        settings: TeamSettings,
        members: Mapping[PersonId, Role],
        homes: Sequence[ConversationRef],
        now: datetime,
        *,
        founder: PersonId | None = None,
    ) -> TeamId:
        """Add a team with its people and its home conversations, one per workspace; memberships begin at `now`."""
        ...

    async def change(self, team: TeamId, settings: TeamSettings) -> None:
        """Replace a team's settings."""
        ...

    async def settle_at(self, team: TeamId, home: ConversationRef) -> None:
        """Make a conversation the team's home in its workspace, in place of any other there."""
        ...

    async def hold(self, team: TeamId) -> None:
        """Let nobody else change who is in the team until this unit of work ends."""
        ...

    async def members(self, teams: Collection[TeamId]) -> dict[TeamId, list[Member]]:
        """Give today's members and supervisors of teams, each by name."""
        ...

    async def set_members(self, team: TeamId, members: Mapping[PersonId, Role], now: datetime) -> bool:
        """Make exactly these the team's people from `now` on; say whether anything changed.

        Memberships that go on keep their beginning; those of others end; a change of role ends one and begins another.
        """
        ...

    async def exclude(self, team: TeamId, person: PersonId, by: PersonId, now: datetime) -> None:
        """Take somebody off the team for good: their membership ends, and keeping in step leaves them out."""
        ...

    async def excluded(self, team: TeamId) -> set[PersonId]:
        """Give those who were taken off for good."""
        ...

    async def readmit(self, team: TeamId, persons: Collection[PersonId]) -> None:
        """Let people in again who were taken off."""
        ...

    async def reinstate(self, team: TeamId, person: PersonId, by: PersonId, since: datetime) -> None:
        """Undo that `by` took somebody off the team since a moment: their membership goes on as if it had never ended.

        Nothing happens if that is not so, or if they have been let in again.
        """
        ...

    async def leading(self, persons: Collection[PersonId]) -> dict[PersonId, Leading]:
        """Say what those of the persons lead who supervise a team today."""
        ...

    async def absences(self, persons: Collection[PersonId], since: date) -> list[Absence]:
        """Give absences that end on or after a day, soonest first."""
        ...

    async def away(self, absence: Absence, by: PersonId, now: datetime) -> None:
        """Note an absence. It replaces those of the person that it overlaps."""
        ...

    async def back(self, person: PersonId, today: date) -> bool:
        """End the absence that the person has on a day, the day before it; False if there is none."""
        ...

    async def wishes(self, supervisor: PersonId) -> NudgeWishes:
        """Give a supervisor's settings; the default if they chose none."""
        ...

    async def wish(self, supervisor: PersonId, wishes: NudgeWishes) -> None:
        """Keep a supervisor's settings."""
        ...


class DigestWeeks(Protocol):
    """Which weeks of a team have had their digest, or are skipped."""

    async def of_week(self, team: TeamId, week: str) -> object | None:
        """Give what is noted of a week, such as "2026-W47"; None if nothing is."""
        ...


class TeamsUnitOfWork(Protocol):
    """One transaction of one organisation."""

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
    def digests(self) -> DigestWeeks:
        """The weeks that the organisation's digests told of."""
        ...

    async def commit(self) -> None:
        """Make what was done durable. Leaving without it undoes everything."""
        ...


class TeamsUnitOfWorkFactory(Protocol):
    """Opens a unit of work bound to one organisation."""

    def __call__(self, organisation: OrganisationId, /) -> AbstractAsyncContextManager[TeamsUnitOfWork]:
        """Open it."""
        ...
