"""A kudos, and what is decided before it is recorded."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from bot.delivery.model import Outgoing
from bot.identity import ConversationRef, KudosId, PersonId, TeamId


@dataclass(frozen=True, slots=True)
class Receiving:
    """One receiver's part in a kudos: their team at the time, and whether the giver supervised them then."""

    person: PersonId
    team: TeamId | None
    by_supervisor: bool


@dataclass(frozen=True, slots=True)
class Recording:
    """Everything that recording a kudos writes, decided. `points` are per receiver; `at` is aware, in UTC.

    The allowance guard: `cost` more is used of `limit` in the giver's week that began on `period`, or nothing is
    recorded at all.
    """

    id: KudosId
    request_key: str
    giver: PersonId
    receivers: tuple[Receiving, ...]
    reason: str
    link: str | None
    behaviours: tuple[str, ...]
    points: int
    private: bool
    conversation: ConversationRef | None
    at: datetime
    period: date
    limit: int
    outbox: tuple[Outgoing, ...]

    @property
    def cost(self) -> int:
        """Allowance points that it uses."""
        return self.points * len(self.receivers)


class RecordOutcome(StrEnum):
    """What recording came to."""

    RECORDED = "recorded"
    SEEN = "seen"
    OVER_ALLOWANCE = "over_allowance"


@dataclass(frozen=True, slots=True)
class Recorded:
    """The outcome, and the giver's allowance left right after the act: the same number when the act is repeated.

    `kudos` is the one that the act made when it was first seen. For OVER_ALLOWANCE, `left` is what is left now. A
    repeat of a recorded act is SEEN; a repeat of a refused one is OVER_ALLOWANCE again.
    """

    outcome: RecordOutcome
    left: int
    kudos: KudosId


@dataclass(frozen=True, slots=True)
class Kudos:
    """A kudos as recorded."""

    id: KudosId
    giver: PersonId
    receivers: tuple[Receiving, ...]
    reason: str
    link: str | None
    behaviours: tuple[str, ...]
    points: int
    private: bool
    at: datetime
    period: date
    undone_at: datetime | None


@dataclass(frozen=True, slots=True)
class Undone:
    """What undoing came to.

    `now` is False if it was undone before; `used` is what the giver has used of the kudos' own week after it.
    """

    now: bool
    used: int


@dataclass(frozen=True, slots=True)
class TeamKudos:
    """One line of a team's week: who recognised whom for what. Never private, never undone."""

    id: KudosId
    giver: str
    receivers: tuple[str, ...]
    reason: str
    by_supervisor: bool
    at: datetime
