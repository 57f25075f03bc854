"""The programme that an organisation runs, and what the ledger says."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from functools import cached_property
from typing import Final

import regex

from bot.hygiene import fold
from bot.identity import KudosId, PersonId

_JOINS: Final = regex.compile(r"[-_\s]+")


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


@dataclass(frozen=True)
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

    @cached_property
    def published(self) -> Mapping[str, Behaviour]:
        """The behaviours by code."""
        return {behaviour.code: behaviour for behaviour in self.behaviours}

    @cached_property
    def codes(self) -> Mapping[str, str]:
        """The behaviours' codes by every `comparable` name: their tags in all languages, and the codes themselves."""
        return {
            comparable(name): each.code
            for each in self.behaviours
            for name in (each.code, *(words.tag for words in each.words.values()))
        }


def comparable(name: str) -> str:
    """Give a form of a behaviour's name in which case, accents and what joins its words do not matter."""
    return _JOINS.sub("", fold(name))


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
class Tally:
    """A person's own figures: points held, kudos received and given, in all and this week, and allowance used in it."""

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


@dataclass(frozen=True, slots=True)
class Allowance:
    """What a giver may give in the week that began on `period` (a Monday, in their zone) and what is used of it."""

    period: date
    limit: int
