"""Setting teams up, and keeping their people in step with the platform."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime

import structlog

from bot.errors import Code, RecognitionError, TemporaryDeliveryError
from bot.identity import AccountRef, ConversationRef, OrganisationId, PersonId, TeamId, WorkspaceRef
from bot.people.model import Colleague, Role
from bot.people.service import People
from bot.ports import Clock, Standing
from bot.teams.model import Member, MembersFrom, Team, TeamSettings
from bot.teams.rules import refuse_unless_member, refuse_unless_theirs
from bot.teams.scheduling import plan_digest, plan_nudges
from bot.teams.settling import Come, Picked, roles_of, settled, shown_in, supervisors_of
from bot.teams.store import HomeTakenError, TeamsUnitOfWorkFactory

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Wanted:
    """A team as somebody wants it.

    There is somebody among `supervisors`. `members` are those picked for MembersFrom.LIST, with or without the
    supervisors; None leaves the list as it is.
    """

    settings: TeamSettings
    supervisors: tuple[AccountRef, ...]
    members: tuple[AccountRef, ...] | None = ()


@dataclass(frozen=True, slots=True)
class Standings:
    """A team as it stands, for its form: its people by their accounts in the workspace that asks."""

    team: Team
    supervisors: tuple[AccountRef, ...]
    agents: tuple[AccountRef, ...]


@dataclass(frozen=True, slots=True)
class SetUp:
    """A team as it was set up. `next_digest` is aware, in UTC; None without a digest."""

    team: Team
    supervisors: tuple[Member, ...]
    agents: tuple[Member, ...]
    next_digest: datetime | None
    is_new: bool


class Teams:
    """The teams of every organisation."""

    def __init__(self, units: TeamsUnitOfWorkFactory, people: People, clock: Clock) -> None:
        self._units = units
        self._people = people
        self._clock = clock

    async def standings(self, person: Colleague, home: ConversationRef) -> Standings | None:
        """Give the team whose home this is, or None for one that is yet to be set up.

        Raises RecognitionError NO_HOME where no team can meet, NOT_YOUR_TEAM, and DIRECTORY_UNAVAILABLE.
        """
        await self._refuse_unless_shared(home)
        async with self._units(await self._people.organisation(home.workspace)) as work:
            team = await work.teams.at(home)
            if team is None:
                return None
            members = (await work.teams.members([team.id]))[team.id]
            refuse_unless_theirs(person, team, members)
            here = await shown_in(work, team.id, home.workspace)
        accounts = {
            role: tuple(here[each.person] for each in members if each.role is role and each.person in here)
            for role in Role
        }
        return Standings(team, accounts[Role.SUPERVISOR], accounts[Role.AGENT])

    def has_groups(self, workspace: WorkspaceRef) -> bool:
        """Say whether a team can follow a user group there. Raises RecognitionError DIRECTORY_UNAVAILABLE."""
        return self._people.directory(workspace).has_groups

    async def group(self, workspace: WorkspaceRef, name: str) -> str:
        """Give the id of a user group. Raises RecognitionError GROUP_UNKNOWN or DIRECTORY_UNAVAILABLE."""
        try:
            found = await self._people.directory(workspace).find_group(workspace, name.removeprefix("@"))
        except TemporaryDeliveryError as error:
            raise RecognitionError(Code.DIRECTORY_UNAVAILABLE) from error
        if found is None:
            raise RecognitionError(Code.GROUP_UNKNOWN, name=name)
        return found

    async def set_up(self, by: Colleague, home: ConversationRef, wanted: Wanted, patience: asyncio.Timeout) -> SetUp:
        """Found the team whose home this is, or change it.

        Raises RecognitionError for whomever it refuses, with the form's field that it belongs beside, and NO_HOME,
        NOT_YOUR_TEAM, TEAM_NAME_TAKEN, NO_MEMBERS for an empty group, and DIRECTORY_UNAVAILABLE.
        """
        await self._refuse_unless_shared(home)
        supervisors = await self._picked(wanted.supervisors, "supervisors")
        agents = await self._agents(home, wanted)
        organisation = await self._people.organisation(home.workspace)
        patience.reschedule(None)
        picked = Picked(by, home, wanted.settings, supervisors, agents)
        try:
            done = await self._carry_out(organisation, picked)
        except HomeTakenError:
            # Somebody else set it up a moment ago.
            done = await self._carry_out(organisation, picked)
        self._people.forget(each.account for each in (*supervisors, *(agents or ())))
        return done

    async def _refuse_unless_shared(self, home: ConversationRef) -> None:
        directory = self._people.directory(home.workspace)
        try:
            if not await directory.can_post(home):
                # A direct chat shows the two who are in it; a channel that the bot is not in shows nobody.
                raise RecognitionError(Code.NO_HOME, unseen=not await directory.members(home))
        except TemporaryDeliveryError as error:
            raise RecognitionError(Code.DIRECTORY_UNAVAILABLE) from error

    async def _agents(self, home: ConversationRef, wanted: Wanted) -> list[Colleague] | None:
        """Give who is wanted beside the supervisors; None for those who are there already."""
        if wanted.settings.members_from is MembersFrom.GROUP and not self.has_groups(home.workspace):
            # The group is in another workspace of theirs, and its people come from there.
            return None
        if wanted.settings.members_from is not MembersFrom.LIST:
            present = await self._present(wanted.settings, [home])
            if present is None and wanted.settings.members_from is MembersFrom.GROUP:
                raise RecognitionError(Code.NO_MEMBERS, field="group")
            return present
        if wanted.members is None:
            return None
        return await self._picked(wanted.members, "members")

    async def _picked(self, accounts: Collection[AccountRef], field: str) -> list[Colleague]:
        picked = await self._people.colleagues(list(accounts))
        for each in picked:
            refuse_unless_member(each, field)
        return picked

    async def _present(self, settings: TeamSettings, homes: Iterable[ConversationRef]) -> list[Colleague] | None:
        """Give the people of the channels or group who work here; None if any of the channels cannot be seen.

        Raises RecognitionError DIRECTORY_UNAVAILABLE.
        """
        present: list[Colleague] = []
        for home in homes:
            directory = self._people.directory(home.workspace)
            try:
                if settings.members_from is MembersFrom.GROUP:
                    accounts = await directory.group(home.workspace, settings.group or "")
                else:
                    accounts = await directory.members(home)
            except TemporaryDeliveryError as error:
                raise RecognitionError(Code.DIRECTORY_UNAVAILABLE) from error
            if not accounts and settings.members_from is MembersFrom.CHANNEL:
                return None
            met = await self._people.met(accounts)
            present += [each for each in met.values() if each.standing is Standing.MEMBER]
        return present or None

    async def _carry_out(self, organisation: OrganisationId, picked: Picked) -> SetUp:
        now = self._clock.now()
        async with self._units(organisation) as work:
            come, team = await settled(work, picked, now)
            before = (await work.teams.members([team.id]))[team.id]
            await work.teams.set_members(team.id, await roles_of(work, team, before, picked, come), now)
            after = (await work.teams.members([team.id]))[team.id]
            await plan_nudges(work, supervisors_of(before) | supervisors_of(after), now)
            next_digest = await plan_digest(work, team, now)
            await work.commit()
        agents = tuple(each for each in after if each.role is Role.AGENT)
        supervisors = tuple(each for each in after if each.role is Role.SUPERVISOR)
        return SetUp(team, supervisors, agents, next_digest, is_new=come is Come.FOUNDED)

    async def keep_in_step(self, organisation: OrganisationId, team_id: TeamId) -> bool:
        """Let a team's members follow its channel or group; say whether anything changed.

        Supervisors stay, also those who seem to have left: a platform may be wrong about it, and nobody but a person
        names them again. Who was taken off for good stays off. Where the channel or group cannot be seen, nothing
        changes. Raises RecognitionError DIRECTORY_UNAVAILABLE.
        """
        async with self._units(organisation) as work:
            team = await work.teams.team(team_id)
        if team is None or team.settings.members_from is MembersFrom.LIST:
            return False
        present = await self._present(team.settings, team.homes)
        if present is None:
            return False
        now = self._clock.now()
        async with self._units(organisation) as work:
            await work.teams.hold(team.id)
            before = (await work.teams.members([team.id]))[team.id]
            excluded = await work.teams.excluded(team.id)
            roles = {each.person: Role.AGENT for each in present if each.person not in excluded}
            roles |= dict.fromkeys(supervisors_of(before), Role.SUPERVISOR)
            changed = await work.teams.set_members(team.id, roles, now)
            await plan_nudges(work, supervisors_of(before), now)
            await work.commit()
        if changed:
            self._people.forget(each.account for each in present)
        return changed

    async def keep_all_in_step(self, workspace: WorkspaceRef) -> int:
        """Do so for every team of the workspace's organisation, and say how many changed. What fails is logged."""
        organisation = await self._people.organisation(workspace)
        async with self._units(organisation) as work:
            teams = await work.teams.all()
        changed = 0
        for team in teams:
            try:
                changed += await self.keep_in_step(organisation, team.id)
            except RecognitionError as error:
                _log.warning("team_not_kept_in_step", team=str(team.id), reason=error.code.value)
        return changed

    async def joined(self, conversation: ConversationRef, account: AccountRef) -> None:
        """Take into the team who joined its channel. Raises RecognitionError DIRECTORY_UNAVAILABLE."""
        organisation = await self._people.organisation(conversation.workspace)
        if await self._following(organisation, conversation) is None:
            return
        newcomer = (await self._people.met([account])).get(account)
        if newcomer is not None and newcomer.standing is Standing.MEMBER:
            await self._move(organisation, conversation, newcomer, is_in=True)

    async def left(self, conversation: ConversationRef, account: AccountRef) -> None:
        """Take off the team who left its channel; a supervisor stays. Raises RecognitionError as `joined` does."""
        organisation = await self._people.organisation(conversation.workspace)
        team = await self._following(organisation, conversation)
        if team is None:
            return
        if len(team.homes) > 1:
            # They may be in another of its channels, on another platform, under another account.
            await self.keep_in_step(organisation, team.id)
            self._people.forget([account])
            return
        leaver = (await self._people.met([account])).get(account)
        if leaver is not None:
            await self._move(organisation, conversation, leaver, is_in=False)

    async def moved(self, before: ConversationRef, after: ConversationRef) -> None:
        """Follow a team's home to its new id, as when a platform converts a channel."""
        organisation = await self._people.organisation(before.workspace)
        async with self._units(organisation) as work:
            team = await work.teams.at(before)
            if team is not None:
                await work.teams.settle_at(team.id, after)
                await work.commit()

    async def _following(self, organisation: OrganisationId, conversation: ConversationRef) -> Team | None:
        async with self._units(organisation) as work:
            team = await work.teams.at(conversation)
        return team if team is not None and team.settings.members_from is MembersFrom.CHANNEL else None

    async def _move(
        self, organisation: OrganisationId, conversation: ConversationRef, person: Colleague, *, is_in: bool
    ) -> None:
        async with self._units(organisation) as work:
            team = await work.teams.at(conversation)
            if team is None:
                return
            await work.teams.hold(team.id)
            roles = {each.person: each.role for each in (await work.teams.members([team.id]))[team.id]}
            if is_in and person.person not in await work.teams.excluded(team.id):
                roles.setdefault(person.person, Role.AGENT)
            if not is_in and roles.get(person.person) is Role.AGENT:
                del roles[person.person]
            await work.teams.set_members(team.id, roles, self._clock.now())
            await work.commit()
        self._people.forget([person.account])

    async def not_on_team(
        self, organisation: OrganisationId, supervisor: PersonId, person: PersonId
    ) -> tuple[TeamId, ...]:
        """Take somebody off the teams that the supervisor leads, for good; say which they were on.

        Whoever sets such a team up anew and names them lets them in again.
        """
        now = self._clock.now()
        async with self._units(organisation) as work:
            led = (await work.teams.leading([supervisor])).get(supervisor)
            members = await work.teams.members(led.teams if led else ())
            theirs = tuple(
                team
                for team, each in members.items()
                if any(one.person == person and one.role is Role.AGENT for one in each)
            )
            for team in theirs:
                await work.teams.exclude(team, person, supervisor, now)
            await plan_nudges(work, [person], now)
            await work.commit()
        return theirs
