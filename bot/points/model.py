"""The programme that an organisation runs, and what the ledger says."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Final

from bot.identity import KudosId, PersonId


class Serves(StrEnum):
    """Whom a behaviour serves. There is no fourth: a behaviour that serves none of these is not worth points."""

    CUSTOMER = "customer"
    COLLEAGUE = "colleague"
    BUSINESS = "business"


@dataclass(frozen=True, slots=True)
class BehaviourWords:
    """A behaviour in one language: what is typed after `#`, and what it means in a sentence."""

    tag: str
    meaning: str


@dataclass(frozen=True, slots=True)
class Behaviour:
    """A published thing worth recognising. `code` never changes; `words` is keyed by language ("en", "sv")."""

    code: str
    serves: Serves
    words: dict[str, BehaviourWords] = field(hash=False)


@dataclass(frozen=True, slots=True)
class Programme:
    """What an organisation has decided about points. Every giver has the same bounds per kudos.

    Points are per receiver. Allowances are per week, from Monday 00:00 in the giver's zone.
    """

    points_default: int = 10
    points_least: int = 5
    points_most: int = 25
    allowance_agent: int = 100
    allowance_supervisor: int = 200
    boards: bool = False
    behaviours: tuple[Behaviour, ...] = ()


MAX_RECEIVERS: Final = 25
"""Receivers of one kudos, groups counted by head. More than that is an announcement, not recognition."""


class EntryKind(StrEnum):
    """Why points moved."""

    EARNED = "earned"
    TAKEN_BACK = "taken_back"


@dataclass(frozen=True, slots=True)
class LedgerEntry:
    """One movement of one person's points. `amount` is negative when points leave."""

    kudos: KudosId
    person: PersonId
    kind: EntryKind
    amount: int
    at: datetime


@dataclass(frozen=True, slots=True)
class Standings:
    """A person's own figures. `used` is of this week's allowance; a week begins on Monday, in their zone."""

    balance: int
    received: int
    given: int
    received_week: int
    given_week: int
    used: int


@dataclass(frozen=True, slots=True)
class Ranked:
    """One line of a board."""

    person: PersonId
    name: str
    points: int
