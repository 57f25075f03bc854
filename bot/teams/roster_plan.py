"""What a file of teams would change. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from bot.hygiene import fold
from bot.identity import ConversationRef, PersonId, TeamId, WorkspaceRef
from bot.people.model import Addressed, Role
from bot.ports import Standing
from bot.teams.model import Member, MembersFrom, Team, TeamSettings
from bot.teams.roster_file import HOME, MEMBER, SUPERVISOR, FileTeam, Problem, cells_of


@dataclass(frozen=True, slots=True)
class Known:
    """What stands: the workspace's people, and every team with its people.

    Without `everybody`, the platform did not tell of all who are there: who is not among `people` may be there too.
    """

    workspace: WorkspaceRef
    people: Sequence[Addressed]
    teams: Sequence[Team]
    members: Mapping[TeamId, Sequence[Member]]
    everybody: bool = True


@dataclass(frozen=True, slots=True)
class TeamChange:
    """One team as the file wants it. `team` is the one that stands, if any; `lines` say the difference."""

    team: Team | None
    settings: TeamSettings
    home: ConversationRef | None
    roles: Mapping[PersonId, Role]
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Plan:
    """What the file would change. With problems, nothing. `unchanged` counts teams that are as the file has them.

    `unchecked` tells of channels and groups that the platform could not be asked about.
    """

    changes: tuple[TeamChange, ...] = ()
    unchanged: int = 0
    problems: tuple[Problem, ...] = ()
    unchecked: tuple[Problem, ...] = ()


_MOST_NAMED: Final = 3
"""E-mails in one sentence."""

_CANNOT: Final = {
    Standing.BOT: "is a bot",
    Standing.GUEST: "is a guest",
    Standing.STRANGER: "is of another company",
    Standing.LEFT: "has left",
}


def planned(file: Iterable[FileTeam], known: Known) -> Plan:
    """Compare a file with what stands."""
    planner = _Planner(known)
    changes = [planner.change(team) for team in file]
    wrong = sorted(planner.problems, key=lambda problem: problem.line)
    if wrong:
        return Plan(problems=tuple(wrong))
    different = tuple(change for change in changes if change is not None and change.lines)
    return Plan(different, len(changes) - len(different))


class _Planner:
    """Takes one team after the other, and collects what is wrong."""

    def __init__(self, known: Known) -> None:
        self.problems: list[Problem] = []
        self._known = known
        self._by_name: dict[str, list[Team]] = {}
        self._by_home: dict[ConversationRef, Team] = {}
        for team in known.teams:
            self._by_name.setdefault(fold(team.settings.name), []).append(team)
            self._by_home |= dict.fromkeys(team.homes, team)
        self._people: dict[str, list[Addressed]] = {}
        for each in known.people:
            self._people.setdefault(each.email.casefold(), []).append(each)
        self._email_of = {each.person: each.email.casefold() for each in known.people}
        self._homes_wanted: dict[ConversationRef, int] = {}
        self._meant: dict[TeamId, int] = {}

    def change(self, wanted: FileTeam) -> TeamChange | None:
        """Say what becomes of one team; None if something about it is wrong."""
        so_far = len(self.problems)
        home = self._home(wanted)
        team = self._standing(wanted, home)
        if team is not None:
            if line := self._meant.get(team.id):
                self._wrong(
                    wanted.line, f"{wanted.name} and the team in line {line} are the same, by home and by name."
                )
            self._meant[team.id] = wanted.line
        settings = self._settings(wanted, team)
        self._check_followed(wanted, settings, team, home)
        before = self._known.members.get(team.id, ()) if team else ()
        self._refuse_unasked(wanted)
        roles = self._roles(wanted, settings, before)
        if len(self.problems) > so_far:
            return None
        lines = (*self._settings_lines(team, settings, home), *self._people_lines(before, roles))
        if team is None:
            lines = (f"new team: {', '.join(f'{name} {cell}' for name, cell in _cells(settings, home))}", *lines)
            if settings.digest_day and home is None:
                lines = (lines[0], "no digest comes without a home_channel", *lines[1:])
        return TeamChange(team, settings, home, roles, lines)

    def _wrong(self, line: int, text: str) -> None:
        self.problems.append(Problem(line, text))

    def _home(self, wanted: FileTeam) -> ConversationRef | None:
        if HOME not in wanted.settings:
            return None
        home = ConversationRef(self._known.workspace, wanted.settings[HOME])
        line = wanted.lines[HOME]
        if before := self._homes_wanted.get(home):
            self._wrong(line, f"{home.id} is another team's home_channel in line {before}.")
        self._homes_wanted[home] = line
        return home

    def _standing(self, wanted: FileTeam, home: ConversationRef | None) -> Team | None:
        """Find the team that is meant: the one that meets there, or else the one of this name."""
        called = self._by_name.get(fold(wanted.name), [])
        if home is not None and (there := self._by_home.get(home)):
            if called and there not in called:
                self._wrong(wanted.lines[HOME], f"{home.id} is the home of the team {there.settings.name}.")
            return there
        if len(called) > 1:
            self._wrong(wanted.line, f"Several teams are called {wanted.name}. Say which by its home_channel.")
        return called[0] if called else None

    def _settings(self, wanted: FileTeam, team: Team | None) -> TeamSettings:
        given = {name: value for name, value in wanted.settings.items() if name != HOME}
        if team is not None:
            return replace(team.settings, **given, name=wanted.name)
        if "timezone" not in given and "time_zone" not in wanted.unread:
            self._wrong(wanted.line, f"{wanted.name} is a new team: write its time_zone.")
        return TeamSettings(wanted.name, given.pop("timezone", ""), **given)

    def _check_followed(
        self, wanted: FileTeam, settings: TeamSettings, team: Team | None, home: ConversationRef | None
    ) -> None:
        """Refuse to begin to follow what cannot be seen: that is done from where the team meets."""
        source = settings.members_from
        begins = source is not MembersFrom.LIST and (team is None or team.settings.members_from is not source)
        if begins and home is None and HOME not in wanted.unread and not (team and team.homes):
            self._wrong(wanted.line, f"{wanted.name}'s members follow its {source.value}: write its home_channel.")

    def _roles(self, wanted: FileTeam, settings: TeamSettings, before: Iterable[Member]) -> dict[PersonId, Role]:
        supervisors = self._persons(wanted.supervisors)
        members = self._persons(wanted.members)
        if not wanted.supervisors and SUPERVISOR not in wanted.unread:
            self._wrong(wanted.line, f"{wanted.name} has no supervisor in this file.")
        if settings.members_from is MembersFrom.LIST:
            # Those whom the workspace does not know by e-mail cannot be named in a file of it.
            roles = {each.person: each.role for each in before if each.person not in self._email_of}
            self._check_members(wanted, before)
        else:
            roles = {each.person: each.role for each in before if each.role is Role.AGENT}
            only = [email for email in wanted.members if email not in wanted.supervisors]
            if only:
                follows = f"{wanted.name}'s members follow its {settings.members_from.value}"
                reason = f"{follows}: leave member_email empty, or write list under members_from."
                self._wrong(wanted.members[only[0]], reason)
        return roles | dict.fromkeys(members, Role.AGENT) | dict.fromkeys(supervisors, Role.SUPERVISOR)

    def _check_members(self, wanted: FileTeam, before: Iterable[Member]) -> None:
        """Refuse a list of supervisors alone, as the form does, unless nobody else is in the team as it stands."""
        others = wanted.members.keys() - wanted.supervisors.keys()
        roles = {each.role for each in before}
        if others or wanted.unread & {MEMBER, "members_from"} or roles == {Role.SUPERVISOR}:
            return
        self._wrong(wanted.line, f"{wanted.name} has no members in this file: name them under {MEMBER}.")

    def _refuse_unasked(self, wanted: FileTeam) -> None:
        """Say once of a team whom nobody could be asked about: there may be as many as the file has people."""
        named = dict.fromkeys((*wanted.supervisors, *wanted.members))
        new = [] if self._known.everybody else [email for email in named if email not in self._people]
        if new:
            more = f" and {len(new) - _MOST_NAMED} more" if len(new) > _MOST_NAMED else ""
            self._wrong(
                wanted.line,
                f"{wanted.name} has people who are new to the bot, and the platform cannot be asked about them now: "
                f"{', '.join(new[:_MOST_NAMED])}{more}. Try again in some minutes.",
            )

    def _persons(self, emails: Mapping[str, int]) -> list[PersonId]:
        found = (self._person(email, line) for email, line in emails.items())
        return [each for each in found if each is not None]

    def _person(self, email: str, line: int) -> PersonId | None:
        everyone = self._people.get(email, [])
        here = {each.person for each in everyone if each.standing is Standing.MEMBER}
        if len(here) == 1:
            return here.pop()
        if here:
            self._wrong(line, f"Several people have the e-mail {email}.")
        elif everyone:
            self._wrong(line, f"{email} {_CANNOT[everyone[0].standing]}, and cannot be in a team.")
        elif self._known.everybody:
            self._wrong(line, f"Nobody in the workspace has the e-mail {email}.")
        return None

    def _settings_lines(
        self, team: Team | None, settings: TeamSettings, home: ConversationRef | None
    ) -> tuple[str, ...]:
        if team is None:
            return ()
        here = next((each for each in team.homes if each.workspace == self._known.workspace), None)
        before = dict(_cells(team.settings, here))
        lines = [
            f"{column}: {before.get(column) or 'none'} → {cell}"
            for column, cell in _cells(settings, home or here)
            if before.get(column) != cell
        ]
        if team.settings.name != settings.name:
            lines.insert(0, f"name: {team.settings.name} → {settings.name}")
        return tuple(lines)

    def _people_lines(self, before: Collection[Member], roles: Mapping[PersonId, Role]) -> tuple[str, ...]:
        was = {each.person: each.role for each in before}
        names = {each.person: each.email or each.name for each in before} | self._email_of
        lines = [f"+ {names[person]} ({_called(role)})" for person, role in roles.items() if person not in was]
        lines += [f"- {names[person]} ({_called(role)})" for person, role in was.items() if person not in roles]
        lines += [
            f"{names[person]}: {_called(was[person])} → {_called(role)}"
            for person, role in roles.items()
            if person in was and was[person] is not role
        ]
        return tuple(sorted(lines))


def _cells(settings: TeamSettings, home: ConversationRef | None) -> list[tuple[str, str]]:
    return [(column, cell) for column, cell in cells_of(settings, home.id if home else None).items() if cell]


def _called(role: Role) -> str:
    return "member" if role is Role.AGENT else "supervisor"
