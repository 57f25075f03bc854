"""Nudges in memory: complete, and held to the same contract suite as the real ones."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import TYPE_CHECKING

from bot.i18n import zone_of
from bot.identity import AccountRef, NudgeId, OrganisationId, PersonId, TeamId
from bot.nudges.model import Evidence, Nudge, Reply, Report, TeamState
from bot.nudges.store import IN_THE_MAKING
from bot.people.model import Role
from bot.ports import Standing
from tests.memory_store import Books, MemoryStore, MemoryTeam

if TYPE_CHECKING:
    from tests.fakes import MemoryUnitOfWork


class MemoryNudges:
    """The nudges of one organisation."""

    def __init__(self, unit: MemoryUnitOfWork) -> None:
        self._unit = unit

    async def account(self, supervisor: PersonId) -> AccountRef | None:
        books = self._unit.books
        own = sorted(
            account
            for account, (person, profile) in books.accounts.items()
            if person == supervisor and profile.standing is not Standing.LEFT
        )
        led = sorted((team.since[supervisor], team) for _, team in _led(books, supervisor))
        at_home = [a for _, team in led for home in team.homes for a in own if a.workspace == home.workspace]
        return next(iter([*at_home, *own]), None)

    async def reports(self, supervisor: PersonId, now: datetime) -> list[Report]:
        books = self._unit.books
        found = [
            self._report(supervisor, person, team, now)
            for team, kept in _led(books, supervisor)
            for person, role in kept.members.items()
            if role is Role.AGENT
        ]
        found.sort(key=lambda each: (each.name, each.person, each.nudge_days, each.since))
        once: dict[PersonId, Report] = {}
        for each in found:
            once.setdefault(each.person, each)
        return list(once.values())

    def _report(self, supervisor: PersonId, person: PersonId, team: TeamId, now: datetime) -> Report:
        books = self._unit.books
        kept = books.teams[team]
        told = [each.sent_at for each in books.nudges if (each.supervisor, each.person) == (supervisor, person)]
        own = [profile for _, (owner, profile) in sorted(books.accounts.items()) if owner == person]
        zone = next((profile.timezone for profile in own if profile.timezone), kept.settings.timezone)
        today = now.astimezone(zone_of(zone)).date()
        return Report(
            person=person,
            name=books.persons[person],
            team=team,
            team_name=kept.settings.name,
            since=max(kept.since[person], kept.since[supervisor]),
            nudge_days=kept.settings.nudge_days,
            last_by_supervisor=_last(books, {person}, supervisor),
            last_by_anyone=_last(books, {person}),
            last_nudged=max(told, default=None),
            snoozed_until=books.snoozes.get((supervisor, person)),
            away_until=max(
                (e.ends for e in books.absences if e.person == person and e.begins <= today <= e.ends), default=None
            ),
            has_left=all(profile.standing is Standing.LEFT for profile in own),
            teams=tuple(sorted(each.settings.name for _, each in _led(books, supervisor) if person in each.members)),
        )

    async def teams(self, supervisor: PersonId) -> list[TeamState]:
        books = self._unit.books
        found = []
        for team, kept in _led(books, supervisor):
            told = [
                each.sent_at
                for each in books.nudges
                if (each.supervisor, each.person, each.team) == (supervisor, None, team)
            ]
            found.append(
                TeamState(
                    team=team,
                    name=kept.settings.name,
                    nudge_days=kept.settings.nudge_days,
                    working_days=kept.settings.working_days,
                    since=kept.since[supervisor],
                    last_recognised=_last(books, set(kept.members)),
                    last_nudged=max(told, default=None),
                )
            )
        return sorted(found, key=lambda each: (each.name, each.team))

    async def evidence(
        self, persons: Collection[PersonId], since: datetime, limit: int, besides: PersonId
    ) -> dict[PersonId, list[Evidence]]:
        books = self._unit.books
        said = sorted(
            (
                each
                for each in books.standing_kudos()
                if each.at >= since and not each.private and each.giver != besides
            ),
            key=lambda each: (each.at, each.id),
            reverse=True,
        )
        found = {
            person: [
                Evidence(each.id, books.persons[each.giver], each.reason, each.link, each.at)
                for each in said
                if any(one.person == person for one in each.receivers)
            ][:limit]
            for person in persons
        }
        return {person: each for person, each in found.items() if each}

    async def add(self, told: Sequence[Nudge]) -> None:
        def change(books: Books) -> None:
            books.nudges.extend(told)

        self._unit.write(change)

    async def nudge(self, nudge: NudgeId) -> Nudge | None:
        return next((each for each in self._all() if each.id == nudge), None)

    async def of_message(self, message_key: str) -> list[Nudge]:
        return [each for each in self._all() if each.message_key == message_key]

    async def waiting(self, persons: Collection[PersonId], since: datetime) -> list[Nudge]:
        found = [e for e in self._all() if e.person in persons and e.sent_at >= since and e.reply is None]
        return sorted(found, key=lambda each: (each.sent_at, each.id))

    async def answer(self, nudge: NudgeId, reply: Reply, at: datetime, until: date | None = None) -> bool:
        def change(books: Books) -> bool:
            for index, each in enumerate(books.nudges):
                if each.id == nudge and each.reply is None:
                    books.nudges[index] = replace(each, reply=reply, replied_at=at, until=until)
                    return True
            return False

        return self._unit.write(change)

    async def reopen(self, nudge: NudgeId, reply: Reply) -> bool:
        def change(books: Books) -> bool:
            for index, each in enumerate(books.nudges):
                if each.id == nudge and each.reply is reply:
                    books.nudges[index] = replace(each, reply=None, replied_at=None, until=None)
                    return True
            return False

        return self._unit.write(change)

    async def overtaken(self, limit: int, supervisor: PersonId | None = None) -> list[Nudge]:
        said = [each for each in self._all() if supervisor in {None, each.supervisor}]
        found = [each for each in said if _is_overtaken(self._unit.books, each)]
        return sorted(found, key=lambda each: each.sent_at)[:limit]

    async def snooze(self, supervisor: PersonId, person: PersonId, until: datetime) -> None:
        def change(books: Books) -> None:
            books.snoozes[supervisor, person] = until

        self._unit.write(change)

    async def unsnooze(self, supervisor: PersonId, person: PersonId) -> None:
        def change(books: Books) -> None:
            books.snoozes.pop((supervisor, person), None)

        self._unit.write(change)

    def _all(self) -> list[Nudge]:
        books = self._unit.books
        return [
            replace(
                each,
                name=books.persons[each.person] if each.person else "",
                team_name=books.teams[each.team].settings.name,
            )
            for each in books.nudges
        ]


class MemoryOvertaken:
    """A look across all organisations."""

    def __init__(self, store: MemoryStore) -> None:
        self._store = store

    async def organisations(self, since: datetime) -> list[OrganisationId]:
        return [
            organisation
            for organisation, books in self._store.books.items()
            if any(each.sent_at >= since and _is_overtaken(books, each) for each in books.nudges)
        ]


def _led(books: Books, supervisor: PersonId) -> Iterator[tuple[TeamId, MemoryTeam]]:
    return ((team, kept) for team, kept in books.teams.items() if kept.members.get(supervisor) is Role.SUPERVISOR)


def _last(books: Books, persons: Collection[PersonId], giver: PersonId | None = None) -> datetime | None:
    return max(
        (
            each.at
            for each in books.standing_kudos()
            if giver in {None, each.giver} and any(one.person in persons for one in each.receivers)
        ),
        default=None,
    )


def _is_overtaken(books: Books, nudge: Nudge) -> bool:
    if nudge.reply is not None:
        return False
    if nudge.person is None:
        last = _last(books, set(books.teams[nudge.team].members))
    else:
        last = _last(books, {nudge.person}, nudge.supervisor)
    return last is not None and last >= nudge.sent_at - IN_THE_MAKING
