"""Whole organisations' teams from a file, and into one."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Final
from uuid import uuid4

from bot.errors import RecognitionError, TemporaryDeliveryError
from bot.identity import ConversationRef, PersonId, WorkspaceRef
from bot.people.model import Addressed, Role
from bot.people.service import People, tidied
from bot.ports import Clock, Profile
from bot.teams.model import MembersFrom, Team
from bot.teams.roster_file import HOME, FileTeam, Problem, TeamRow, parse, write
from bot.teams.roster_plan import Known, Plan, TeamChange, planned
from bot.teams.scheduling import plan_digest, plan_nudges
from bot.teams.store import TeamsUnitOfWork, TeamsUnitOfWorkFactory

_GROUP: Final = "group"
_UNSEEN: Final = {
    HOME: "is no channel that the bot can see. Write its id, and add the bot there.",
    _GROUP: "is no user group with people in it. Write its id, not its handle.",
}


@dataclass(frozen=True, slots=True)
class Exported:
    """Teams as a file. `left_out` names people who are in a team and have no e-mail here."""

    data: bytes
    teams: int
    left_out: tuple[str, ...]


class TeamFiles:
    """Imports and exports the teams of a workspace's organisation."""

    def __init__(self, units: TeamsUnitOfWorkFactory, people: People, clock: Clock) -> None:
        self._units = units
        self._people = people
        self._clock = clock

    async def plan(self, workspace: WorkspaceRef, data: bytes) -> Plan:
        """Say what a file would change, and write nothing. Raises RecognitionError WORKSPACE_UNKNOWN."""
        plan, _ = await self._planned(workspace, data)
        return plan

    async def apply(
        self, workspace: WorkspaceRef, data: bytes, advance: Callable[[int], object] = lambda _: None
    ) -> Plan:
        """Carry out what a file says, all of it or, if anything is wrong, nothing.

        `advance` hears how many more teams are done. Raises RecognitionError as `plan` does.
        """
        plan, newcomers = await self._planned(workspace, data)
        if plan.problems:
            return plan
        organisation = await self._people.organisation(workspace)
        now = self._clock.now()
        async with self._units(organisation) as work:
            if newcomers:
                await work.people.welcome(newcomers, now)
            # Planned again within the transaction: the newcomers are persons now, and others may have changed teams.
            plan = planned(parse(data)[0], await _known(work, workspace))
            if plan.problems:
                return plan
            touched: set[PersonId] = set()
            for change in plan.changes:
                touched |= await self._carry_out(work, change)
                advance(1)
            await plan_nudges(work, touched, now)
            await work.commit()
        return plan

    async def _planned(self, workspace: WorkspaceRef, data: bytes) -> tuple[Plan, list[Profile]]:
        teams, problems = parse(data)
        organisation = await self._people.organisation(workspace)
        async with self._units(organisation) as work:
            known = await _known(work, workspace)
        newcomers, everybody = await self._newcomers(workspace, teams, known.people)
        looked_up = [Addressed(PersonId(uuid4()), each.email, each.name, each.standing) for each in newcomers]
        plan = planned(teams, replace(known, people=[*known.people, *looked_up], everybody=everybody))
        unseen, unchecked = await self._unseen(workspace, teams, known.teams)
        if wrong := [*problems, *plan.problems, *unseen]:
            return Plan(problems=tuple(sorted(wrong, key=lambda problem: problem.line))), []
        return replace(plan, unchecked=tuple(unchecked)), newcomers

    async def _unseen(
        self, workspace: WorkspaceRef, teams: Iterable[FileTeam], known: Iterable[Team]
    ) -> tuple[list[Problem], list[Problem]]:
        """Ask the platform for channels and groups that are new: a team that follows what is not there never works.

        Gives what is not there, and what could not be asked for now.
        """
        homes = {home for team in known for home in team.homes}
        groups = {team.settings.group for team in known}
        unseen: list[Problem] = []
        unchecked: list[Problem] = []
        for team in teams:
            for column, name in ((HOME, team.settings.get(HOME)), (_GROUP, team.settings.get(_GROUP))):
                if not name or name in groups or ConversationRef(workspace, name) in homes:
                    continue
                line = team.lines[column]
                try:
                    if not await self._is_there(workspace, column, name):
                        unseen.append(Problem(line, f"{team.name}: {name} {_UNSEEN[column]}"))
                except (TemporaryDeliveryError, RecognitionError):
                    text = f"{team.name}: the platform cannot be asked now whether {name} is there."
                    unchecked.append(Problem(line, text))
        return unseen, unchecked

    async def _is_there(self, workspace: WorkspaceRef, column: str, name: str) -> bool:
        directory = self._people.directory(workspace)
        if column == _GROUP:
            return bool(await directory.group(workspace, name))
        return bool(await directory.members(ConversationRef(workspace, name)))

    async def _newcomers(
        self, workspace: WorkspaceRef, teams: Iterable[FileTeam], people: Iterable[Addressed]
    ) -> tuple[list[Profile], bool]:
        """Look up, once, those of the file's people whom nobody has met yet; say whether everybody was looked at."""
        met = {each.email.casefold() for each in people}
        named = {email for team in teams for email in (*team.supervisors, *team.members)} - met
        found: list[Profile] = []
        if not named:
            return found, True
        try:
            async for profile in self._people.directory(workspace).people(workspace):
                if profile.email.casefold() in named:
                    found.append(tidied(profile))  # noqa: PERF401 who was found before a failure counts
        except (TemporaryDeliveryError, RecognitionError):
            return found, False
        return found, True

    async def _carry_out(self, work: TeamsUnitOfWork, change: TeamChange) -> set[PersonId]:
        """Write one team, and give those who supervise it now or did."""
        now = self._clock.now()
        supervisors = {person for person, role in change.roles.items() if role is Role.SUPERVISOR}
        team = change.team
        if team is None:
            homes = (change.home,) if change.home else ()
            founded = await work.teams.found(change.settings, change.roles, homes, now)
            await plan_digest(work, Team(founded, change.settings, homes, None), now)
            return supervisors
        if change.home is not None and change.home not in team.homes:
            await work.teams.settle_at(team.id, change.home)
        await work.teams.change(team.id, change.settings)
        before = (await work.teams.members([team.id]))[team.id]
        await work.teams.set_members(team.id, change.roles, now)
        await work.teams.readmit(team.id, change.roles)
        changed = await work.teams.team(team.id)
        await plan_digest(work, changed or team, now)
        return supervisors | {each.person for each in before if each.role is Role.SUPERVISOR}

    async def export(self, workspace: WorkspaceRef) -> Exported:
        """Write every team of the workspace's organisation as a file. Raises RecognitionError WORKSPACE_UNKNOWN."""
        organisation = await self._people.organisation(workspace)
        async with self._units(organisation) as work:
            known = await _known(work, workspace)
        here = {each.person: each.email for each in known.people}
        left_out: set[str] = set()
        rows = []
        for team in known.teams:
            members = [each for each in known.members[team.id] if not each.has_left]
            left_out |= {each.name for each in members if each.person not in here}
            emails = {
                role: tuple(here[each.person] for each in members if each.role is role and each.person in here)
                for role in Role
            }
            home = next((each.id for each in team.homes if each.workspace == workspace), None)
            follows = team.settings.members_from is not MembersFrom.LIST
            rows.append(TeamRow(team.settings, emails[Role.SUPERVISOR], () if follows else emails[Role.AGENT], home))
        return Exported(write(rows), len(rows), tuple(sorted(left_out)))


async def _known(work: TeamsUnitOfWork, workspace: WorkspaceRef) -> Known:
    teams = await work.teams.all()
    people = await work.people.addressed(workspace)
    return Known(workspace, people, teams, await work.teams.members([team.id for team in teams]))
