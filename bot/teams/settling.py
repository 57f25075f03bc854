"""What becomes of a team that somebody sets up in a conversation: founded, changed, or come from another workspace."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import Enum, auto

from bot.errors import Code, RecognitionError
from bot.hygiene import fold
from bot.identity import AccountRef, ConversationRef, PersonId, TeamId, WorkspaceRef
from bot.people.model import Colleague, Role
from bot.ports import Standing
from bot.teams.model import Member, MembersFrom, Team, TeamSettings
from bot.teams.rules import refuse_unless_theirs
from bot.teams.store import TeamsUnitOfWork


@dataclass(frozen=True, slots=True)
class Picked:
    """A team as somebody wants it, its people looked up. `agents` of None are those who are there already."""

    by: Colleague
    home: ConversationRef
    settings: TeamSettings
    supervisors: list[Colleague]
    agents: list[Colleague] | None


class Come(Enum):
    """How a team comes to meet here."""

    FOUNDED = auto()
    FROM_ELSEWHERE = auto()
    HERE_BEFORE = auto()


async def settled(work: TeamsUnitOfWork, picked: Picked, now: datetime) -> tuple[Come, Team]:
    """Change the team that meets here, give one from another workspace its home here, or found one.

    Raises RecognitionError NOT_YOUR_TEAM and TEAM_NAME_TAKEN, and HomeTakenError.
    """
    here = await work.teams.at(picked.home)
    if here is not None:
        return Come.HERE_BEFORE, await _changed(work, here, picked)
    elsewhere = await _led_elsewhere(work, picked)
    if elsewhere is None:
        _refuse_taken_name(picked.settings.name, await work.teams.all())
        return Come.FOUNDED, await _founded(work, picked, now)
    # It stays as it was decided there: this form began without knowing it.
    await work.teams.hold(elsewhere.id)
    await work.teams.settle_at(elsewhere.id, picked.home)
    return Come.FROM_ELSEWHERE, replace(elsewhere, homes=(*elsewhere.homes, picked.home))


async def _led_elsewhere(work: TeamsUnitOfWork, picked: Picked) -> Team | None:
    """Give the team of this name that meets in other workspaces only, and that whoever sets it up here leads there."""
    for team in await work.teams.all():
        is_elsewhere = team.homes and all(home.workspace != picked.home.workspace for home in team.homes)
        if is_elsewhere and fold(team.settings.name) == fold(picked.settings.name):
            members = (await work.teams.members([team.id]))[team.id]
            if picked.by.person in supervisors_of(members):
                return team
    return None


def _refuse_taken_name(name: str, teams: Iterable[Team]) -> None:
    """Keep names apart, whatever their capitals: files, and people, know a team by its name."""
    if any(fold(each.settings.name) == fold(name) for each in teams):
        raise RecognitionError(Code.TEAM_NAME_TAKEN, name=name)


async def _founded(work: TeamsUnitOfWork, picked: Picked, now: datetime) -> Team:
    team = await work.teams.found(picked.settings, {}, [picked.home], now, founder=picked.by.person)
    return Team(team, picked.settings, (picked.home,), picked.by.person)


async def _changed(work: TeamsUnitOfWork, team: Team, picked: Picked) -> Team:
    await work.teams.hold(team.id)
    refuse_unless_theirs(picked.by, team, (await work.teams.members([team.id]))[team.id])
    if fold(team.settings.name) != fold(picked.settings.name):
        _refuse_taken_name(picked.settings.name, await work.teams.all())
    await work.teams.change(team.id, picked.settings)
    return replace(team, settings=picked.settings)


async def shown_in(work: TeamsUnitOfWork, team: TeamId, workspace: WorkspaceRef) -> dict[PersonId, AccountRef]:
    """Give those whom a workspace's form of the team can show: who has not left there, each with their account."""
    known = await work.people.team_members(team, workspace)
    return {each.person: each.account for each in known if each.standing is not Standing.LEFT}


async def roles_of(
    work: TeamsUnitOfWork, team: Team, before: Collection[Member], picked: Picked, come: Come
) -> Mapping[PersonId, Role]:
    """Give everyone who is in the team from now on.

    Those whom the form does not show stay as they are: nobody here could have named them. Of those who have left
    everywhere that holds for supervisors; agents go. So does everybody stay where the team comes from elsewhere; and
    whoever may be in another of its channels, until it is kept in step with them all.
    """
    shown = await shown_in(work, team.id, picked.home.workspace)
    follows_others = picked.settings.members_from is MembersFrom.CHANNEL and len(team.homes) > 1
    agents_stay = picked.agents is None or follows_others
    stay = [
        each
        for each in before
        if come is Come.FROM_ELSEWHERE
        or (each.person not in shown and (each.role is Role.SUPERVISOR or not each.has_left))
        or (agents_stay and each.role is Role.AGENT and not each.has_left)
    ]
    supervisors = [each.person for each in picked.supervisors]
    agents = [each.person for each in picked.agents or ()]
    if picked.settings.members_from is MembersFrom.LIST:
        await work.teams.readmit(team.id, [*supervisors, *agents])
    else:
        await work.teams.readmit(team.id, supervisors)
        excluded = await work.teams.excluded(team.id)
        agents = [each for each in agents if each not in excluded]
    return (
        dict.fromkeys(agents, Role.AGENT)
        | {each.person: each.role for each in stay}
        | dict.fromkeys(supervisors, Role.SUPERVISOR)
    )


def supervisors_of(members: Iterable[Member]) -> set[PersonId]:
    """Give those who lead the team."""
    return {each.person for each in members if each.role is Role.SUPERVISOR}
