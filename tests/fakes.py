"""The time and the storage, in memory: complete, and held to the same contract suite as the real ones."""

from __future__ import annotations

import copy
from collections.abc import AsyncIterator, Callable, Hashable, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import TypeVar
from uuid import uuid4

from bot.errors import GoneError
from bot.identity import (
    AccountRef,
    KudosId,
    OrganisationId,
    PersonId,
    TeamId,
    WorkspaceRef,
)
from bot.people.model import Addressed, Colleague, Workplace
from bot.points.model import Behaviour, EntryKind, LedgerEntry, Programme, Ranked, Tally
from bot.ports import Profile, Standing
from bot.recognition.model import Kudos, Recorded, Recording, RecordOutcome, TeamKudos, Undone
from bot.view.message import Message
from tests.memory_digests import MemoryDigests
from tests.memory_linking import known_elsewhere, unite_addressed
from tests.memory_nudges import MemoryNudges
from tests.memory_outbox import MemoryOutbox
from tests.memory_schedules import MemorySchedules
from tests.memory_store import Books, MemoryStore, OutboxRow
from tests.memory_teams import MemoryTeams

__all__ = ["FakeClock", "MemoryStore", "MemoryUnitsOfWork", "MemoryWorkplaces", "OutboxRow"]

T = TypeVar("T")


class FakeClock:
    """A clock that stands still until it is moved."""

    def __init__(self, now: datetime = datetime(2026, 11, 18, 9, 0, tzinfo=UTC)) -> None:
        self._now = now

    def now(self) -> datetime:
        return self._now

    def advance(self, by: timedelta) -> None:
        self._now += by


class MemoryWorkplaces:
    """Which organisation a workspace belongs to."""

    def __init__(self, store: MemoryStore, behaviours: Sequence[Behaviour] = ()) -> None:
        self._store = store
        self._behaviours = tuple(behaviours)

    async def workplace(self, workspace: WorkspaceRef) -> Workplace | None:
        return self._store.workplaces.get(workspace)

    async def connect(self, workspace: WorkspaceRef, name: str, now: datetime) -> Workplace:  # noqa: ARG002 the contract's
        if workspace not in self._store.workplaces:
            organisation = OrganisationId(uuid4())
            self._store.books[organisation] = Books(name, Programme(behaviours=self._behaviours))
            self._store.workplaces[workspace] = Workplace(workspace, organisation, name)
        return self._store.workplaces[workspace]


class MemoryUnitOfWork:
    """One transaction: what is written is seen by it at once, and by others once it is committed."""

    def __init__(self, store: MemoryStore, organisation: OrganisationId) -> None:
        self.store = store
        self.organisation = organisation
        self._draft: Books | None = None
        self._written: list[Callable[[Books], object]] = []
        self._later: list[Callable[[], None]] = []
        self.people = MemoryPeople(self)
        self.points = MemoryPoints(self)
        self.kudos = MemoryKudos(self)
        self.outbox = MemoryOutbox(self)
        self.schedules = MemorySchedules(self)
        self.teams = MemoryTeams(self)
        self.nudges = MemoryNudges(self)
        self.digests = MemoryDigests(self)

    @property
    def live(self) -> Books:
        return self.store.books[self.organisation]

    @property
    def books(self) -> Books:
        return self._draft or self.live

    def write(self, change: Callable[[Books], T]) -> T:
        self._draft = self._draft or copy.deepcopy(self.live)
        result = change(self._draft)
        self._written.append(change)
        return result

    def hold(self, row: Hashable) -> bool:
        """Hold it until the transaction ends; False if another one does."""
        return self.store.held.setdefault((self.organisation, row), self) is self

    def release(self) -> None:
        for row in [row for row, holder in self.store.held.items() if holder is self]:
            del self.store.held[row]

    def later(self, of_outbox: Callable[[], None]) -> None:
        self._later.append(of_outbox)

    async def commit(self) -> None:
        for change in self._written:
            change(self.live)
        for of_outbox in self._later:
            of_outbox()
        if self._later:
            self.store.on_outbox()
        self._draft = None
        self._written.clear()
        self._later.clear()
        self.release()


class MemoryUnitsOfWork:
    """Opens units of work; satisfies every room's factory."""

    def __init__(self, store: MemoryStore) -> None:
        self._store = store

    @asynccontextmanager
    async def __call__(self, organisation: OrganisationId, /) -> AsyncIterator[MemoryUnitOfWork]:
        unit = MemoryUnitOfWork(self._store, organisation)
        try:
            yield unit
        finally:
            unit.release()


class MemoryPeople:
    """The people of one organisation."""

    def __init__(self, unit: MemoryUnitOfWork) -> None:
        self._unit = unit

    async def colleagues(self, accounts: Sequence[AccountRef]) -> list[Colleague]:
        books = self._unit.books
        return [books.colleague(account) for account in dict.fromkeys(accounts) if account in books.accounts]

    async def welcome(self, profiles: Sequence[Profile], now: datetime) -> bool:  # noqa: ARG002 the contract's
        newcomers = {profile.account: PersonId(uuid4()) for profile in profiles}

        def change(books: Books) -> bool:
            united = unite_addressed(books, {profile.account: profile for profile in profiles})
            for profile in profiles:
                if known := books.accounts.get(profile.account):
                    books.accounts[profile.account] = (known[0], profile)
            for workspace in sorted({profile.account.workspace for profile in profiles}):
                here = [profile for profile in profiles if profile.account.workspace == workspace]
                newcomers.update(known_elsewhere(books, workspace, here))
                for profile in here:
                    known = books.accounts.get(profile.account)
                    person = known[0] if known else newcomers[profile.account]
                    books.persons[person] = profile.name
                    books.accounts[profile.account] = (person, profile)
            return united

        return self._unit.write(change)

    async def account_in(self, workspace: WorkspaceRef, persons: Sequence[PersonId]) -> dict[PersonId, AccountRef]:
        return {
            person: account
            for account, (person, _) in self._unit.books.accounts.items()
            if person in persons and account.workspace == workspace
        }

    async def reached(self, persons: Sequence[PersonId]) -> dict[PersonId, AccountRef]:
        accounts = sorted(
            self._unit.books.accounts.items(), key=lambda each: (each[1][1].standing is not Standing.LEFT, each[0])
        )
        return {person: account for account, (person, _) in accounts if person in persons}

    async def elsewhere(self, workspace: WorkspaceRef) -> dict[WorkspaceRef, list[Profile]]:
        own = self._unit.organisation
        beside = [known for known, each in self._unit.store.workplaces.items() if each.organisation == own]
        return {
            other: [
                profile
                for account, (_, profile) in self._unit.books.accounts.items()
                if account.workspace == other and profile.standing is Standing.MEMBER
            ]
            for other in beside
            if other != workspace
        }

    async def addressed(self, workspace: WorkspaceRef) -> list[Addressed]:
        found = [
            Addressed(person, profile.email, profile.name, profile.standing)
            for account, (person, profile) in self._unit.books.accounts.items()
            if account.workspace == workspace and profile.email
        ]
        return sorted(found, key=lambda each: each.email)

    async def team_members(self, team: TeamId, workspace: WorkspaceRef) -> list[Colleague]:
        books = self._unit.books
        if team not in books.teams:
            return []
        return [
            books.colleague(account)
            for account, (person, _) in books.accounts.items()
            if account.workspace == workspace and person in books.teams[team].members
        ]


class MemoryPoints:
    """The programme, ledger, allowances and balances of one organisation."""

    def __init__(self, unit: MemoryUnitOfWork) -> None:
        self._unit = unit

    async def programme(self) -> Programme:
        return self._unit.books.programme

    async def publish(self, behaviours: Sequence[Behaviour]) -> None:
        def change(books: Books) -> None:
            books.programme = replace(books.programme, behaviours=tuple(behaviours))

        self._unit.write(change)

    async def used(self, person: PersonId, period: date) -> int:
        return self._unit.books.used.get((person, period), 0)

    async def tally(self, person: PersonId, since: datetime, period: date) -> Tally:
        books = self._unit.books
        received = [k for k in books.standing_kudos() if any(each.person == person for each in k.receivers)]
        given = [k for k in books.standing_kudos() if k.giver == person]
        return Tally(
            balance=books.balances.get(person, 0),
            received=len(received),
            given=len(given),
            received_week=sum(k.at >= since for k in received),
            given_week=sum(k.at >= since for k in given),
            used=books.used.get((person, period), 0),
        )

    async def top(self, limit: int) -> list[Ranked]:
        books = self._unit.books
        ranked = [Ranked(person, books.persons[person], points) for person, points in books.balances.items() if points]
        return sorted(ranked, key=lambda each: (-each.points, each.name))[:limit]

    async def entries(self, person: PersonId) -> list[LedgerEntry]:
        return sorted((e for e in self._unit.books.ledger if e.person == person), key=lambda entry: entry.at)


class MemoryKudos:
    """The kudos of one organisation."""

    def __init__(self, unit: MemoryUnitOfWork) -> None:
        self._unit = unit

    async def record(self, recording: Recording) -> Recorded:
        books = self._unit.live
        if not {recording.giver, *(each.person for each in recording.receivers)} <= books.persons.keys():
            raise GoneError
        week = (recording.giver, recording.period)
        used = books.used.get(week, 0)
        first = books.seen.get(recording.request_key)
        if first is not None and first in books.kudos:
            return Recorded(RecordOutcome.SEEN, books.left[first], first)
        if first is not None or used + recording.cost > recording.limit:
            books.seen[recording.request_key] = first or recording.id
            return Recorded(RecordOutcome.OVER_ALLOWANCE, max(recording.limit - used, 0), recording.id)
        left = recording.limit - used - recording.cost
        books.seen[recording.request_key] = recording.id
        books.used[week] = used + recording.cost
        books.left[recording.id] = left
        books.kudos[recording.id] = Kudos(
            id=recording.id,
            giver=recording.giver,
            receivers=recording.receivers,
            reason=recording.reason,
            link=recording.link,
            behaviours=recording.behaviours,
            points=recording.points,
            private=recording.private,
            at=recording.at,
            period=recording.period,
            undone_at=None,
        )
        for each in recording.receivers:
            books.book(LedgerEntry(recording.id, each.person, EntryKind.EARNED, recording.points, recording.at))
        for outgoing in recording.outbox:
            self._unit.store.put(self._unit.organisation, outgoing, recording.at)
        if recording.outbox:
            self._unit.store.on_outbox()
        return Recorded(RecordOutcome.RECORDED, left, recording.id)

    async def get(self, kudos: KudosId) -> Kudos | None:
        return self._unit.books.kudos.get(kudos)

    async def latest(self, giver: PersonId) -> Kudos | None:
        given = [each for each in self._unit.books.kudos.values() if each.giver == giver]
        return max(given, key=lambda each: each.at, default=None)

    async def undo(self, kudos: KudosId, at: datetime, withdrawn: Message) -> Undone:
        def change(books: Books) -> Undone:
            meant = books.kudos[kudos]
            week = (meant.giver, meant.period)
            if meant.undone_at is not None:
                return Undone(now=False, used=books.used[week])
            books.kudos[kudos] = replace(meant, undone_at=at)
            books.used[week] -= meant.points * len(meant.receivers)
            for each in meant.receivers:
                amount = min(meant.points, books.balances[each.person])
                if amount:
                    books.book(LedgerEntry(kudos, each.person, EntryKind.TAKEN_BACK, -amount, at))
            return Undone(now=True, used=books.used[week])

        undone = self._unit.write(change)
        if undone.now:
            unit = self._unit
            unit.later(lambda: unit.store.withdraw(unit.organisation, f"kudos:{kudos}", at, withdrawn))
        return undone

    async def team_week(self, team: TeamId, since: datetime) -> list[TeamKudos]:
        books = self._unit.books
        lines = [
            TeamKudos(
                id=each.id,
                giver=books.persons[each.giver],
                receivers=tuple(books.persons[one.person] for one in each.receivers),
                reason=each.reason,
                by_supervisor=any(one.by_supervisor for one in each.receivers),
                at=each.at,
            )
            for each in books.standing_kudos()
            if not each.private and each.at >= since and any(one.team == team for one in each.receivers)
        ]
        return sorted(lines, key=lambda line: line.at, reverse=True)

    async def last_recognised(self, receiver: PersonId, giver: PersonId | None = None) -> datetime | None:
        return max(
            (
                each.at
                for each in self._unit.books.standing_kudos()
                if any(one.person == receiver for one in each.receivers) and giver in {None, each.giver}
            ),
            default=None,
        )
