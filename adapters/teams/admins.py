"""Who administers the bot in Teams: Teams tells a bot nothing of it, so the operator names them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace

from adapters.teams.connector import Connector
from adapters.teams.contacts import Contacts
from adapters.teams.directory import TeamsDirectory
from bot.identity import AccountRef, WorkspaceRef
from bot.ports import Profile


class AdministeredDirectory(TeamsDirectory):
    """A tenant's people, with those who administer it. `admins` are Entra object ids in small letters."""

    def __init__(self, contacts: Contacts, connector: Connector, admins: frozenset[str]) -> None:
        super().__init__(contacts, connector)
        self._admins = admins

    async def person(self, account: AccountRef) -> Profile | None:
        """Give an account's profile."""
        found = await super().person(account)
        return self._marked(found) if found else None

    async def people(self, workspace: WorkspaceRef) -> AsyncIterator[Profile]:
        """Go through everyone the bot can see."""
        async for each in super().people(workspace):
            yield self._marked(each)

    async def find(self, workspace: WorkspaceRef, name: str) -> list[Profile]:
        """Give those whom a name may mean."""
        return [self._marked(each) for each in await super().find(workspace, name)]

    def _marked(self, profile: Profile) -> Profile:
        return replace(profile, admin=True) if profile.account.id in self._admins else profile
