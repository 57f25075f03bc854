"""What is offered with a code, and what would join."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from bot.identity import OrganisationId, PersonId


@dataclass(frozen=True, slots=True)
class Offer:
    """An organisation that lets another join it, until `until` (aware, in UTC)."""

    organisation: OrganisationId
    until: datetime


@dataclass(frozen=True, slots=True)
class Attempt:
    """What typing a code came to. With `refused`, nothing was looked at: too many wrong codes came from there."""

    offer: Offer | None = None
    refused: bool = False


@dataclass(frozen=True, slots=True)
class Known:
    """A member's account, by which the same human is found on the other side."""

    person: PersonId
    name: str
    email: str


@dataclass(frozen=True, slots=True)
class Side:
    """One of two organisations that would join. `people` counts its members, `teams` are names."""

    name: str
    people: int
    teams: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Preview:
    """What would join: `staying` gave the code and keeps its programme; `united` are those who would become one.

    `renamed` are the old and the new names of teams that join and are called as one of those staying.
    """

    staying: Side
    joining: Side
    united: tuple[str, ...]
    renamed: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Joined:
    """What has joined. `name` is the organisation's, `united` how many people became one; `renamed` as in a preview."""

    name: str
    united: int
    renamed: tuple[tuple[str, str], ...] = ()
