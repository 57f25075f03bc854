"""What is stored, in memory: each organisation's books, and the outbox of all."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from uuid import UUID, uuid4

from bot.delivery.model import Operation, Outgoing, State
from bot.digests.model import Digest
from bot.identity import (
    AccountRef,
    ConversationRef,
    KudosId,
    OrganisationId,
    OutboxId,
    PersonId,
    Target,
    TeamId,
    WorkspaceRef,
)
from bot.nudges.model import Nudge
from bot.people.model import Colleague, Place, Role, Workplace
from bot.points.model import LedgerEntry, Programme
from bot.ports import Profile, Receipt
from bot.recognition.model import Kudos
from bot.schedule.model import Kind, Schedule
from bot.teams.model import Absence, NudgeWishes, TeamSettings
from bot.view.message import Message

_IDLE = frozenset({State.PENDING, State.CLAIMED, State.BLOCKED, State.FAILED})


@dataclass(slots=True)
class OutboxRow:
    """A message in the outbox. The same fields as the table's."""

    organisation: OrganisationId
    id: OutboxId
    key: str
    subject: str
    target: Target
    operation: Operation
    original_id: OutboxId | None
    message: Message | None
    created_at: datetime
    available_at: datetime
    state: State = State.PENDING
    attempts: int = 0
    worker: str | None = None
    lease_until: datetime | None = None
    began_at: datetime | None = None
    settled_at: datetime | None = None
    receipt: Receipt | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class MemoryExclusion:
    """Who took somebody off a team and when, and the role and beginning of the membership that this ended."""

    by: PersonId
    at: datetime
    role: Role
    since: datetime


@dataclass(slots=True)
class MemoryTeam:
    """A team as it is today. `since` is when each membership began."""

    settings: TeamSettings
    members: dict[PersonId, Role]
    since: dict[PersonId, datetime]
    homes: tuple[ConversationRef, ...]
    founder: PersonId | None = None
    excluded: set[PersonId] = field(default_factory=set)
    exclusions: dict[PersonId, MemoryExclusion] = field(default_factory=dict)


@dataclass(slots=True)
class Books:
    """Everything that one organisation has in storage, but its outbox."""

    name: str
    programme: Programme
    persons: dict[PersonId, str] = field(default_factory=dict)
    accounts: dict[AccountRef, tuple[PersonId, Profile]] = field(default_factory=dict)
    teams: dict[TeamId, MemoryTeam] = field(default_factory=dict)
    absences: list[Absence] = field(default_factory=list)
    wishes: dict[PersonId, NudgeWishes] = field(default_factory=dict)
    nudges: list[Nudge] = field(default_factory=list)
    snoozes: dict[tuple[PersonId, PersonId], datetime] = field(default_factory=dict)
    kudos: dict[KudosId, Kudos] = field(default_factory=dict)
    left: dict[KudosId, int] = field(default_factory=dict)
    seen: dict[str, KudosId] = field(default_factory=dict)
    ledger: list[LedgerEntry] = field(default_factory=list)
    balances: dict[PersonId, int] = field(default_factory=dict)
    used: dict[tuple[PersonId, date], int] = field(default_factory=dict)
    schedules: dict[tuple[Kind, UUID], Schedule] = field(default_factory=dict)
    digests: dict[tuple[TeamId, str], Digest] = field(default_factory=dict)

    def standing_kudos(self) -> Iterable[Kudos]:
        return (each for each in self.kudos.values() if each.undone_at is None)

    def book(self, entry: LedgerEntry) -> None:
        self.ledger.append(entry)
        self.balances[entry.person] = self.balances.get(entry.person, 0) + entry.amount

    def colleague(self, account: AccountRef) -> Colleague:
        person, profile = self.accounts[account]
        return Colleague(
            person=person,
            account=account,
            name=profile.name,
            locale=profile.locale,
            timezone=profile.timezone,
            standing=profile.standing,
            places=tuple(
                Place(
                    team_id,
                    team.settings.name,
                    team.members[person],
                    next((home for home in team.homes if home.workspace == account.workspace), None),
                    tuple(home for home in team.homes if home.workspace != account.workspace),
                )
                for team_id, team in self.teams.items()
                if person in team.members
            ),
            admin=profile.admin,
            email=profile.email,
        )


class MemoryStore:
    """All organisations' books, and the outbox. `on_outbox` is called after every commit that put something there."""

    def __init__(self) -> None:
        self.books: dict[OrganisationId, Books] = {}
        self.workplaces: dict[WorkspaceRef, Workplace] = {}
        self.outbox: dict[OutboxId, OutboxRow] = {}
        self.held: dict[tuple[OrganisationId, Hashable], object] = {}
        self.on_outbox: Callable[[], None] = lambda: None

    def put(self, organisation: OrganisationId, outgoing: Outgoing, at: datetime) -> None:
        about = self._about(organisation, outgoing.subject)
        if any(row.key == outgoing.key for row in about):
            return
        parent = (row.id for row in about if (row.key, row.target) == (outgoing.under, outgoing.target))
        self._add(
            OutboxRow(
                organisation=organisation,
                id=OutboxId(uuid4()),
                key=outgoing.key,
                subject=outgoing.subject,
                target=outgoing.target,
                operation=Operation.SEND,
                original_id=next(parent, None),
                message=outgoing.message,
                created_at=at,
                available_at=at,
            )
        )

    def change(
        self, organisation: OrganisationId, subject: str, key: str, message: Message | None, *, at: datetime
    ) -> None:
        meant = next((row for row in self._about(organisation, subject) if row.key == key), None)
        if meant is None or self.withdrawn(meant):
            return
        if meant.state in _IDLE:
            _say_instead(meant, message, at)
            return
        updates = [
            row for row in self.outbox.values() if row.original_id == meant.id and row.operation is Operation.UPDATE
        ]
        for row in updates:
            if row.state in _IDLE:
                _say_instead(row, None, at)
        name = "remove" if message is None else f"update:{len(updates) + 1}"
        self._follow(meant, Operation.UPDATE if message else Operation.REMOVE, name, message, at)

    def withdraw(self, organisation: OrganisationId, subject: str, at: datetime, withdrawn: Message) -> None:
        for row in self._about(organisation, subject):
            if row.state in _IDLE:
                _say_instead(row, None, at)
            elif row.operation is Operation.SEND and not self.withdrawn(row):
                self._follow(row, Operation.REMOVE, "remove", withdrawn, at)

    def withdrawn(self, row: OutboxRow) -> bool:
        return row.state is State.CANCELLED or any(
            each.original_id == row.id and each.operation is Operation.REMOVE for each in self.outbox.values()
        )

    def is_out(self, organisation: OrganisationId, subject: str, key: str) -> bool:
        return all(row.state not in _IDLE for row in self._about(organisation, subject) if row.key == key)

    def _about(self, organisation: OrganisationId, subject: str) -> list[OutboxRow]:
        return [row for row in self.outbox.values() if (row.organisation, row.subject) == (organisation, subject)]

    def _follow(self, meant: OutboxRow, operation: Operation, name: str, message: Message | None, at: datetime) -> None:
        self._add(
            OutboxRow(
                organisation=meant.organisation,
                id=OutboxId(uuid4()),
                key=f"{meant.key}:{name}",
                subject=meant.subject,
                target=meant.target,
                operation=operation,
                original_id=meant.id,
                message=message,
                created_at=at,
                available_at=at,
            )
        )

    def _add(self, row: OutboxRow) -> None:
        before = (each.created_at for each in self._about(row.organisation, row.subject) if each.target == row.target)
        row.created_at = max([row.created_at, *(moment + timedelta(microseconds=1) for moment in before)])
        self.outbox[row.id] = row


def _say_instead(row: OutboxRow, message: Message | None, at: datetime) -> None:
    if message is None:
        row.state = State.CANCELLED
        row.settled_at = at
        return
    row.message = message
    if row.state is State.CLAIMED:
        row.state = State.PENDING
        row.worker = row.lease_until = None
