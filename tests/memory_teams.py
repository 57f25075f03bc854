"""Teams, absence and supervisors' wishes, in memory."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING
from uuid import uuid4

from bot.identity import ConversationRef, PersonId, TeamId
from bot.people.model import Role
from bot.ports import Standing
from bot.teams.model import Absence, Leading, Member, NudgeWishes, Team, TeamSettings
from bot.teams.store import HomeTakenError
from tests.memory_store import Books, MemoryExclusion, MemoryTeam

if TYPE_CHECKING:
    from tests.fakes import MemoryUnitOfWork


class MemoryTeams:
    """The teams of one organisation."""

    def __init__(self, unit: MemoryUnitOfWork) -> None:
        self._unit = unit

    async def team(self, team: TeamId) -> Team | None:
        kept = self._unit.books.teams.get(team)
        return _team(team, kept) if kept else None

    async def at(self, conversation: ConversationRef) -> Team | None:
        return next(
            (_team(team, kept) for team, kept in self._unit.books.teams.items() if conversation in kept.homes), None
        )

    async def all(self) -> list[Team]:
        found = [_team(team, kept) for team, kept in self._unit.books.teams.items()]
        return sorted(found, key=lambda team: team.settings.name)

    async def found(
        self,
        settings: TeamSettings,
        members: Mapping[PersonId, Role],
        homes: Sequence[ConversationRef],
        now: datetime,
        *,
        founder: PersonId | None = None,
    ) -> TeamId:
        team = TeamId(uuid4())

        def change(books: Books) -> None:
            for home in homes:
                _refuse_taken(books, team, home)
            books.teams[team] = MemoryTeam(settings, dict(members), dict.fromkeys(members, now), tuple(homes), founder)

        self._unit.write(change)
        return team

    async def change(self, team: TeamId, settings: TeamSettings) -> None:
        def change(books: Books) -> None:
            books.teams[team].settings = settings

        self._unit.write(change)

    async def settle_at(self, team: TeamId, home: ConversationRef) -> None:
        def change(books: Books) -> None:
            _refuse_taken(books, team, home)
            kept = books.teams[team]
            kept.homes = (*(each for each in kept.homes if each.workspace != home.workspace), home)

        self._unit.write(change)

    async def hold(self, team: TeamId) -> None:
        """In memory everything happens one after the other."""

    async def members(self, teams: Collection[TeamId]) -> dict[TeamId, list[Member]]:
        books = self._unit.books
        return {team: _members(books, books.teams[team]) if team in books.teams else [] for team in teams}

    async def set_members(self, team: TeamId, members: Mapping[PersonId, Role], now: datetime) -> bool:
        def change(books: Books) -> bool:
            kept = books.teams[team]
            if kept.members == members:
                return False
            kept.since = {
                person: kept.since[person] if kept.members.get(person) is role else now
                for person, role in members.items()
            }
            kept.members = dict(members)
            return True

        return self._unit.write(change)

    async def exclude(self, team: TeamId, person: PersonId, by: PersonId, now: datetime) -> None:
        def change(books: Books) -> None:
            kept = books.teams[team]
            if person in kept.members:
                kept.exclusions[person] = MemoryExclusion(by, now, kept.members.pop(person), kept.since.pop(person))
            kept.excluded.add(person)

        self._unit.write(change)

    async def reinstate(self, team: TeamId, person: PersonId, by: PersonId, since: datetime) -> None:
        def change(books: Books) -> None:
            kept = books.teams[team]
            past = kept.exclusions.get(person)
            if person in kept.excluded and past is not None and past.by == by and past.at >= since:
                kept.excluded.remove(person)
                kept.members[person], kept.since[person] = past.role, past.since

        self._unit.write(change)

    async def excluded(self, team: TeamId) -> set[PersonId]:
        return set(self._unit.books.teams[team].excluded)

    async def readmit(self, team: TeamId, persons: Collection[PersonId]) -> None:
        def change(books: Books) -> None:
            books.teams[team].excluded.difference_update(persons)

        self._unit.write(change)

    async def leading(self, persons: Collection[PersonId]) -> dict[PersonId, Leading]:
        books = self._unit.books
        found = {}
        for person in persons:
            led = [(team, kept) for team, kept in books.teams.items() if kept.members.get(person) is Role.SUPERVISOR]
            led.sort(key=lambda each: (each[1].since[person], each[0]))
            zones = [profile.timezone for owner, profile in books.accounts.values() if owner == person]
            if led:
                found[person] = Leading(
                    teams=tuple(team for team, _ in led),
                    working_days=frozenset[int]().union(*(kept.settings.working_days for _, kept in led)),
                    timezone=next(filter(None, zones), led[0][1].settings.timezone),
                    wishes=books.wishes.get(person, NudgeWishes()),
                )
        return found

    async def absences(self, persons: Collection[PersonId], since: date) -> list[Absence]:
        found = [each for each in self._unit.books.absences if each.person in persons and each.ends >= since]
        return sorted(found, key=lambda each: (each.begins, each.ends))

    async def away(self, absence: Absence, by: PersonId, now: datetime) -> None:  # noqa: ARG002 the contract's
        def change(books: Books) -> None:
            books.absences = [
                *(
                    each
                    for each in books.absences
                    if each.person != absence.person or each.begins > absence.ends or each.ends < absence.begins
                ),
                absence,
            ]

        self._unit.write(change)

    async def back(self, person: PersonId, today: date) -> bool:
        def change(books: Books) -> bool:
            meant = [each for each in books.absences if each.person == person and each.begins <= today <= each.ends]
            books.absences = [each for each in books.absences if each not in meant]
            books.absences += [replace(each, ends=today - timedelta(days=1)) for each in meant if each.begins < today]
            return bool(meant)

        return self._unit.write(change)

    async def wishes(self, supervisor: PersonId) -> NudgeWishes:
        return self._unit.books.wishes.get(supervisor, NudgeWishes())

    async def wish(self, supervisor: PersonId, wishes: NudgeWishes) -> None:
        def change(books: Books) -> None:
            books.wishes[supervisor] = wishes

        self._unit.write(change)


def _team(team: TeamId, kept: MemoryTeam) -> Team:
    return Team(team, kept.settings, kept.homes, kept.founder)


def _members(books: Books, kept: MemoryTeam) -> list[Member]:
    found = []
    for person, role in kept.members.items():
        profiles = [profile for owner, profile in books.accounts.values() if owner == person]
        has_left = all(profile.standing is Standing.LEFT for profile in profiles)
        email = profiles[-1].email if profiles else ""
        found.append(Member(person, books.persons[person], email, role, kept.since[person], has_left))
    return sorted(found, key=lambda member: (member.name, member.person))


def _refuse_taken(books: Books, team: TeamId, home: ConversationRef) -> None:
    if any(home in kept.homes for other, kept in books.teams.items() if other != team):
        raise HomeTakenError(home.id)
