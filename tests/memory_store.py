"""What is stored, in memory: each organisation's books, and the outbox of all."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from uuid import UUID, uuid4

from bot.delivery.model import Operation, Outgoing, State
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
from bot.people.model import Colleague, Place, Role, Workplace
from bot.points.model import LedgerEntry, Programme
from bot.ports import Profile, Receipt
from bot.recognition.model import Kudos
from bot.schedule.model import Kind, Schedule
from bot.teams.model import Absence, NudgeWishes, TeamSettings
from bot.view.message import Message


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


@dataclass(slots=True)
class MemoryTeam:
    """A team as it is today. `since` is when each membership began."""

    settings: TeamSettings
    members: dict[PersonId, Role]
    since: dict[PersonId, datetime]
    homes: tuple[ConversationRef, ...]
    founder: PersonId | None = None
    excluded: set[PersonId] = field(default_factory=set)


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
    kudos: dict[KudosId, Kudos] = field(default_factory=dict)
    left: dict[KudosId, int] = field(default_factory=dict)
    seen: dict[str, KudosId] = field(default_factory=dict)
    ledger: list[LedgerEntry] = field(default_factory=list)
    balances: dict[PersonId, int] = field(default_factory=dict)
    used: dict[tuple[PersonId, date], int] = field(default_factory=dict)
    schedules: dict[tuple[Kind, UUID], Schedule] = field(default_factory=dict)

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
                )
                for team_id, team in self.teams.items()
                if person in team.members
            ),
            admin=profile.admin,
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
        if any(row.organisation == organisation and row.key == outgoing.key for row in self.outbox.values()):
            return
        row_id = OutboxId(uuid4())
        self.outbox[row_id] = OutboxRow(
            organisation=organisation,
            id=row_id,
            key=outgoing.key,
            subject=outgoing.subject,
            target=outgoing.target,
            operation=Operation.SEND,
            original_id=None,
            message=outgoing.message,
            created_at=at,
            available_at=at,
        )

    def withdraw(self, organisation: OrganisationId, subject: str, at: datetime, withdrawn: Message) -> None:
        for row in list(self.outbox.values()):
            if (row.organisation, row.subject) != (organisation, subject):
                continue
            if row.state in {State.PENDING, State.CLAIMED, State.FAILED}:
                row.state = State.CANCELLED
                row.settled_at = at
            elif row.operation is Operation.SEND and row.state in {State.SENDING, State.SENT, State.UNKNOWN}:
                row_id = OutboxId(uuid4())
                self.outbox[row_id] = OutboxRow(
                    organisation=organisation,
                    id=row_id,
                    key=f"{row.key}:remove",
                    subject=subject,
                    target=row.target,
                    operation=Operation.REMOVE,
                    original_id=row.id,
                    message=withdrawn,
                    created_at=at,
                    available_at=at,
                )
