"""The same storage three times: in memory, on SQLite, on PostgreSQL."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Protocol

import pytest
import sqlalchemy as sa

from bot.delivery.model import State
from bot.identity import OrganisationId, OutboxId, PersonId
from storage import tables
from storage.delivery import SqlDeliveryQueue
from storage.doctor import examine
from storage.engine import Database
from storage.linking import SqlLinks
from storage.nudges import SqlOvertaken
from storage.schedules import SqlDueSchedules
from storage.unit_of_work import UnitsOfWork
from storage.workplaces import SqlWorkplaces
from tests.factories import IDEAS, NOW, OWNERSHIP, WORKSPACE, a_profile
from tests.fakes import MemoryStore, MemoryUnitsOfWork, MemoryWorkplaces
from tests.memory_linking import MemoryLinks
from tests.memory_nudges import MemoryOvertaken
from tests.memory_queue import MemoryQueue
from tests.memory_schedules import MemoryDueSchedules


@dataclass(frozen=True)
class Posted:
    """What a test looks at in the outbox."""

    id: OutboxId
    key: str
    operation: str
    state: str
    original_id: OutboxId | None
    message_kind: str
    target: str


class Inside(Protocol):
    """What a test does to storage behind the contract's back."""

    async def posted(self, organisation: OrganisationId) -> list[Posted]: ...
    async def deliver(self, key: str, state: State) -> None: ...
    async def spend(self, organisation: OrganisationId, person: PersonId, points: int) -> None: ...
    async def findings(self) -> list[object]: ...
    async def left_of(self, organisation: OrganisationId) -> set[str]: ...


class InsideMemory:
    def __init__(self, store: MemoryStore) -> None:
        self._store = store

    async def posted(self, organisation):
        return [
            Posted(
                row.id,
                row.key,
                row.operation,
                row.state,
                row.original_id,
                row.message.kind if row.message else "",
                row.target.id,
            )
            for row in self._store.outbox.values()
            if row.organisation == organisation
        ]

    async def deliver(self, key, state):
        for row in self._store.outbox.values():
            if row.key == key:
                row.state = state

    async def spend(self, organisation, person, points):
        self._store.books[organisation].balances[person] -= points

    async def findings(self):
        return [
            (person, points)
            for books in self._store.books.values()
            for person, points in books.balances.items()
            if points != sum(each.amount for each in books.ledger if each.person == person)
        ]

    async def left_of(self, organisation):
        return {"books"} if organisation in self._store.books else set()


class InsideSql:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def posted(self, organisation):
        async with self._database.reading() as connection:
            rows = await connection.execute(
                sa.select(tables.outbox)
                .where(tables.outbox.c.organisation_id == organisation)
                .order_by(tables.outbox.c.created_at)
            )
            return [
                Posted(
                    row.id,
                    row.key,
                    row.operation,
                    row.state,
                    row.original_id,
                    row.kind if row.message else "",
                    row.target_id,
                )
                for row in rows
            ]

    async def deliver(self, key, state):
        async with self._database.writing() as connection:
            await connection.execute(sa.update(tables.outbox).where(tables.outbox.c.key == key).values(state=state))

    async def spend(self, organisation, person, points):
        balances = tables.balances
        async with self._database.writing() as connection:
            await connection.execute(
                sa.update(balances)
                .where(balances.c.organisation_id == organisation, balances.c.person_id == person)
                .values(points=balances.c.points - points)
            )

    async def findings(self):
        return await examine(self._database)

    async def left_of(self, organisation):
        async with self._database.reading() as connection:
            return {
                table.name
                for table in tables.metadata.sorted_tables
                for column in table.c
                if column.name == "organisation_id" or (table is tables.organisations and column.name == "id")
                if await connection.scalar(sa.select(sa.func.count()).where(column == organisation))
            }


class Storage:
    """One storage under test, with two organisations connected to it."""

    def __init__(self, units, workplaces, due, queue, *, overtaken, links, inside: Inside, root) -> None:
        self.units = units
        self.workplaces = workplaces
        self.due = due
        self.queue = queue
        self.overtaken = overtaken
        self.links = links
        self.inside = inside
        self.wakes = 0
        root.on_outbox = self._wake

    def _wake(self) -> None:
        self.wakes += 1

    async def organisation(self, workspace=WORKSPACE) -> OrganisationId:
        return (await self.workplaces.connect(workspace, "Acme", NOW)).organisation

    async def people(self, organisation: OrganisationId, *names: str, workspace=WORKSPACE) -> list[PersonId]:
        """Welcome people with accounts U1, U2 …; give them in that order."""
        profiles = [a_profile(f"U{number}", name, workspace=workspace) for number, name in enumerate(names, 1)]
        async with self.units(organisation) as unit:
            await unit.people.welcome(profiles, NOW)
            await unit.commit()
        async with self.units(organisation) as unit:
            found = {each.account: each.person for each in await unit.people.colleagues([p.account for p in profiles])}
        return [found[profile.account] for profile in profiles]


@pytest.fixture(params=["memory", "sqlite", "postgres"])
async def storage(request: pytest.FixtureRequest) -> AsyncIterator[Storage]:
    if request.param == "memory":
        store = MemoryStore()
        workplaces = MemoryWorkplaces(store, (OWNERSHIP, IDEAS))
        due, queue = MemoryDueSchedules(store), MemoryQueue(store)
        yield Storage(
            MemoryUnitsOfWork(store),
            workplaces,
            due,
            queue,
            overtaken=MemoryOvertaken(store),
            links=MemoryLinks(store),
            inside=InsideMemory(store),
            root=store,
        )
        return
    database = Database.open(request.getfixturevalue(f"{request.param}_url"))
    try:
        workplaces = SqlWorkplaces(database, (OWNERSHIP, IDEAS))
        due, queue = SqlDueSchedules(database), SqlDeliveryQueue(database)
        yield Storage(
            UnitsOfWork(database),
            workplaces,
            due,
            queue,
            overtaken=SqlOvertaken(database),
            links=SqlLinks(database),
            inside=InsideSql(database),
            root=database,
        )
    finally:
        await database.close()


@pytest.fixture
async def organisation(storage: Storage) -> OrganisationId:
    return await storage.organisation()
