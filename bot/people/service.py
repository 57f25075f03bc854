"""Who somebody is. Read from memory, then from storage, kept right by the platform's directory."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Final

import structlog

from bot.errors import Code, RecognitionError, TemporaryDeliveryError
from bot.hygiene import clean, fold
from bot.identity import AccountRef, OrganisationId, Platform, WorkspaceRef
from bot.memory import Memory
from bot.people.model import Colleague
from bot.people.store import PeopleUnitOfWorkFactory, Workplaces
from bot.ports import Clock, Directory, Profile

FRESH_SECONDS: Final = 60
"""How long what is known of a person is trusted without a look: a change of team or role shows within a minute."""

NAME_LIMIT: Final = 80
"""Characters of a person's name that are kept. Slack's own limit for a display name is 80."""

LOCALE_SECONDS: Final = 0.3
"""For asking a platform in which language to speak, where nothing else is known: English at once beats nothing."""

_log = structlog.get_logger(__name__)


class People:
    """The people of every workspace, as colleagues of their organisation."""

    def __init__(
        self,
        workplaces: Workplaces,
        units: PeopleUnitOfWorkFactory,
        directories: Mapping[Platform, Directory],
        clock: Clock,
    ) -> None:
        self._workplaces = workplaces
        self._units = units
        self._directories = directories
        self._clock = clock
        # The caches follow the same clock as everything else, so that a test can let time pass.
        self._colleagues: Memory[AccountRef, Colleague] = Memory(50_000, FRESH_SECONDS, self._seconds)
        self._organisations: Memory[WorkspaceRef, OrganisationId] = Memory(10_000, FRESH_SECONDS, self._seconds)
        self._last_organisations: dict[WorkspaceRef, OrganisationId] = {}
        self._beside: Memory[WorkspaceRef, dict[WorkspaceRef, list[Profile]]] = Memory(
            1_000, FRESH_SECONDS, self._seconds
        )

    def _seconds(self) -> float:
        return self._clock.now().timestamp()

    def directory(self, workspace: WorkspaceRef) -> Directory:
        """Give the directory of the workspace's platform.

        Raises RecognitionError DIRECTORY_UNAVAILABLE if the platform is not connected here.
        """
        known = self._directories.get(workspace.platform)
        if known is None:
            raise RecognitionError(Code.DIRECTORY_UNAVAILABLE)
        return known

    async def organisation(self, workspace: WorkspaceRef) -> OrganisationId:
        """Give the workspace's organisation. Raises RecognitionError WORKSPACE_UNKNOWN if it was never connected."""
        known = self._organisations.get(workspace)
        if known is None:
            workplace = await self._workplaces.workplace(workspace)
            if workplace is None:
                raise RecognitionError(Code.WORKSPACE_UNKNOWN)
            known = workplace.organisation
            self._remember(workspace, known)
        return known

    def peek_organisation(self, workspace: WorkspaceRef) -> OrganisationId | None:
        """Give the workspace's organisation if it is in memory, however old.

        A workspace changes its own when it is joined to another. Forms that were drawn meanwhile offer what counted
        before, and are read by what counts.
        """
        return self._last_organisations.get(workspace)

    async def has_moved(self, workspace: WorkspaceRef, before: OrganisationId | None) -> bool:
        """Say whether the workspace is of another organisation than `before`, and look at everybody anew if so.

        False too if that cannot be found out at once. For whoever was refused, or failed, on what may be out of date:
        another process may have joined the workspace to another organisation.
        """
        try:
            async with asyncio.timeout(LOCALE_SECONDS):
                workplace = await self._workplaces.workplace(workspace)
        except Exception:  # noqa: BLE001 - storage may fail in any way, and what failed before it is what counts
            return False
        if before is None or workplace is None or workplace.organisation == before:
            return False
        self.forget_everything()
        self._remember(workspace, workplace.organisation)
        return True

    def forget_everything(self) -> None:
        """Look anew at whose each workspace is, and at everybody in it."""
        self._organisations.clear()
        self._colleagues.clear()
        self._beside.clear()

    def _remember(self, workspace: WorkspaceRef, organisation: OrganisationId) -> None:
        if self._last_organisations.get(workspace, organisation) != organisation:
            # Joined to another: whoever was met here may have become one with somebody there.
            self.forget_everything()
        self._last_organisations[workspace] = organisation
        self._organisations.keep(workspace, organisation)

    async def together(self, workspace: WorkspaceRef, accounts: Iterable[AccountRef]) -> list[AccountRef]:
        """Give those of the accounts that are of the workspace's organisation. What buttons carry has been outside."""
        own = await self.organisation(workspace)
        return [
            account
            for account in accounts
            if account.workspace == workspace or await self._organisation_if_known(account.workspace) == own
        ]

    async def _organisation_if_known(self, workspace: WorkspaceRef) -> OrganisationId | None:
        try:
            return await self.organisation(workspace)
        except RecognitionError:
            return None

    async def elsewhere(self, workspace: WorkspaceRef, name: str) -> list[Profile]:
        """Find members by handle or name in the organisation's other workspaces, as `Directory.find` does.

        Whoever has an account here as well is given with that one, and each person once.
        """
        beside = await self._workspaces_beside(workspace)
        found = [each for other, known in beside.items() for each in await self._find(other, name, known)]
        if not found:
            return []
        met = await self.met([each.account for each in found])
        persons = {each.account: met[each.account].person for each in found if each.account in met}
        async with self._units(await self.organisation(workspace)) as work:
            here = await work.people.account_in(workspace, list(persons.values()))
        once = {persons[each.account]: each for each in reversed(found) if each.account in persons}
        return [replace(each, account=here.get(person, each.account)) for person, each in reversed(once.items())]

    async def _workspaces_beside(self, workspace: WorkspaceRef) -> dict[WorkspaceRef, list[Profile]]:
        known = self._beside.get(workspace)
        if known is None:
            async with self._units(await self.organisation(workspace)) as work:
                known = await work.people.elsewhere(workspace)
            self._beside.keep(workspace, known)
        return known

    async def _find(self, workspace: WorkspaceRef, name: str, known: Sequence[Profile]) -> list[Profile]:
        """Ask the other platform; those who are known already stand in for it when it cannot be asked."""
        try:
            return await self.directory(workspace).find(workspace, name)
        except (RecognitionError, TemporaryDeliveryError):
            folded = fold(name)
            return [each for each in known if _is_called(each, folded)]

    def peek(self, account: AccountRef) -> Colleague | None:
        """Give what is in memory of somebody, without asking anyone."""
        return self._colleagues.get(account)

    async def locale(self, account: AccountRef) -> str:
        """Give a person's locale without touching storage: from memory or the platform.

        Empty if it cannot be had within 0.3 seconds.
        """
        known = self._colleagues.get(account)
        if known is not None:
            return known.locale
        try:
            async with asyncio.timeout(LOCALE_SECONDS):
                profile = await self.directory(account.workspace).person(account)
        except (TemporaryDeliveryError, TimeoutError):
            return ""
        return profile.locale if profile else ""

    async def colleague(self, account: AccountRef) -> Colleague:
        """Give one person. Raises RecognitionError UNKNOWN_PERSON or DIRECTORY_UNAVAILABLE."""
        return (await self.colleagues([account]))[0]

    async def colleagues(self, accounts: Sequence[AccountRef]) -> list[Colleague]:
        """Give people in the order asked for, all of one organisation.

        Raises RecognitionError UNKNOWN_PERSON if the platform has no such account, and DIRECTORY_UNAVAILABLE if someone
        never met before cannot be looked up now.
        """
        met = await self.met(accounts)
        if any(account not in met for account in accounts):
            # Without a name: an account's id says nothing to anyone.
            raise RecognitionError(Code.UNKNOWN_PERSON)
        return [met[account] for account in accounts]

    async def met(self, accounts: Sequence[AccountRef]) -> dict[AccountRef, Colleague]:
        """Give those of the accounts that exist, all of one organisation. Raises DIRECTORY_UNAVAILABLE."""
        fresh = {account: self._colleagues.get(account) for account in accounts}
        found = {account: colleague for account, colleague in fresh.items() if colleague}
        missing = [account for account in fresh if account not in found]
        if missing:
            for colleague in await self._look_up(missing):
                found[colleague.account] = colleague
                self._colleagues.keep(colleague.account, colleague)
        return found

    async def _look_up(self, accounts: Sequence[AccountRef]) -> list[Colleague]:
        organisation = await self.organisation(accounts[0].workspace)
        profiles = await asyncio.gather(*(self._profile(account) for account in accounts))
        async with self._units(organisation) as work:
            known = await work.people.colleagues(accounts)
        news = _news(known, [profile for profile in profiles if isinstance(profile, Profile)])
        if news:
            await self._welcome(organisation, news)
            async with self._units(organisation) as work:
                known = await work.people.colleagues(accounts)
        met = {colleague.account for colleague in known}
        if any(isinstance(p, _Unreachable) and a not in met for a, p in zip(accounts, profiles, strict=True)):
            raise RecognitionError(Code.DIRECTORY_UNAVAILABLE)
        return known

    async def _welcome(self, organisation: OrganisationId, profiles: Sequence[Profile]) -> None:
        async with self._units(organisation) as work:
            united = await work.people.welcome(profiles, self._clock.now())
            await work.commit()
        if united:
            # Somebody in memory may be gone, in whichever workspace they were met.
            self.forget_everything()

    async def _profile(self, account: AccountRef) -> Profile | _Unreachable | None:
        try:
            return await self.directory(account.workspace).person(account)
        except TemporaryDeliveryError as error:
            _log.warning("directory_unavailable", platform=account.workspace.platform.value, reason=error.reason)
            return _Unreachable()

    async def learn(self, profile: Profile) -> None:
        """Take in what a platform says has changed about someone."""
        await self._welcome(await self.organisation(profile.account.workspace), [tidied(profile)])
        self._colleagues.forget(profile.account)

    def heard(self, account: AccountRef, locale: str, timezone: str) -> None:
        """Look anew at whoever acts with another locale or time zone than is known. An empty one says nothing.

        The platform's directory must know of it already.
        """
        known = self._colleagues.get(account)
        if known and ((locale or known.locale), (timezone or known.timezone)) != (known.locale, known.timezone):
            self._colleagues.forget(account)

    def forget(self, accounts: Iterable[AccountRef]) -> None:
        """Look anew at people whose places have changed."""
        for account in accounts:
            self._colleagues.forget(account)


class _Unreachable:
    """The directory could not be asked."""


def _is_called(profile: Profile, folded: str) -> bool:
    name = fold(profile.name)
    return fold(profile.handle) == folded or name.startswith(folded) or folded in name.split()


def tidied(profile: Profile) -> Profile:
    """Give a profile as it may be kept: its names cleaned and cut, and one of them there."""
    return Profile(
        account=profile.account,
        name=clean(profile.name)[:NAME_LIMIT] or clean(profile.handle)[:NAME_LIMIT] or profile.account.id,
        handle=clean(profile.handle)[:NAME_LIMIT],
        email=profile.email,
        locale=profile.locale,
        timezone=profile.timezone,
        standing=profile.standing,
        admin=profile.admin,
    )


def _news(known: Sequence[Colleague], profiles: Sequence[Profile]) -> list[Profile]:
    """Give the profiles that say something storage does not know yet."""
    before = {c.account: (c.name, c.email, c.locale, c.timezone, c.standing, c.admin) for c in known}
    return [
        p
        for p in map(tidied, profiles)
        if before.get(p.account) != (p.name, p.email, p.locale, p.timezone, p.standing, p.admin)
    ]
