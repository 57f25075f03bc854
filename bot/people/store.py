"""What people ask of storage."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from datetime import datetime
from typing import Protocol

from bot.identity import AccountRef, OrganisationId, PersonId, TeamId, WorkspaceRef
from bot.people.model import Addressed, Colleague, Workplace
from bot.ports import Profile


class Workplaces(Protocol):
    """Which organisation a workspace belongs to. The one look-up that comes before an organisation is known."""

    async def workplace(self, workspace: WorkspaceRef) -> Workplace | None:
        """Give the workspace's organisation, or None if the workspace was never connected."""
        ...

    async def connect(self, workspace: WorkspaceRef, name: str, now: datetime) -> Workplace:
        """Connect a workspace to a new organisation with the default programme, or give the one it has.

        Safe to call at once from several replicas.
        """
        ...


class PeopleRepository(Protocol):
    """The people of one organisation."""

    async def colleagues(self, accounts: Sequence[AccountRef]) -> list[Colleague]:
        """Give those of the accounts that are known, in any order, with today's places.

        A place's home is that in the account's own workspace.
        """
        ...

    async def welcome(self, profiles: Sequence[Profile], now: datetime) -> bool:
        """Add accounts that are new, each with a person, and bring the others up to date.

        Name, handle, e-mail, locale, zone, standing and whether they administer follow the profile. A member who was
        there becomes one with whoever has their address in the organisation's other workspaces, mostly when it becomes
        known (`bot.linking.rules.same_human`): what they gave and got adds up, and of what can only be once, that of
        whoever had the address before counts. True if that has happened: what is remembered of people is out of date
        then.

        It waits for a moment in which nobody else writes. If there is none, the address stays as it was, and it is for
        the next welcome.
        """
        ...

    async def account_in(self, workspace: WorkspaceRef, persons: Sequence[PersonId]) -> dict[PersonId, AccountRef]:
        """Give the persons' accounts in a workspace, for those who have one there."""
        ...

    async def reached(self, persons: Sequence[PersonId]) -> dict[PersonId, AccountRef]:
        """Give an account of each person, in whatever workspace they have one, those who have not left first."""
        ...

    async def elsewhere(self, workspace: WorkspaceRef) -> dict[WorkspaceRef, list[Profile]]:
        """Give the organisation's other workspaces, each with the members who are known there, in any order."""
        ...

    async def addressed(self, workspace: WorkspaceRef) -> list[Addressed]:
        """Give everyone with an account in the workspace that has an e-mail, by e-mail."""
        ...

    async def team_members(self, team: TeamId, workspace: WorkspaceRef) -> list[Colleague]:
        """Give today's members and supervisors of a team who have an account in the workspace."""
        ...


class PeopleUnitOfWork(Protocol):
    """One transaction of one organisation."""

    @property
    def people(self) -> PeopleRepository:
        """The organisation's people."""
        ...

    async def commit(self) -> None:
        """Make what was done durable. Leaving without it undoes everything."""
        ...


class PeopleUnitOfWorkFactory(Protocol):
    """Opens a unit of work bound to one organisation."""

    def __call__(self, organisation: OrganisationId, /) -> AbstractAsyncContextManager[PeopleUnitOfWork]:
        """Open it."""
        ...
