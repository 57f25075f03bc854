"""A message on its way.

States: pending → claimed (by a worker, under a lease) → sending → sent | blocked | failed | unknown. `blocked` is a
message to somebody who wants none from the bot, `cancelled` one that was withdrawn before it went out. A `claimed` row
whose lease ran out is pending again. A `sending` row whose lease ran out is in doubt: the platform is asked before
anything is sent again.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import TypeAlias

from bot.identity import OrganisationId, OutboxId, Target
from bot.ports import Receipt
from bot.view.message import Message


class State(StrEnum):
    """Where an outbox row is."""

    PENDING = "pending"
    CLAIMED = "claimed"
    SENDING = "sending"
    SENT = "sent"
    BLOCKED = "blocked"
    FAILED = "failed"
    UNKNOWN = "unknown"
    CANCELLED = "cancelled"


class Operation(StrEnum):
    """What is to be done on the platform."""

    SEND = "send"
    UPDATE = "update"
    REMOVE = "remove"


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A message to be put into the outbox.

    `subject` groups what belongs to one matter ("kudos:<id>"), so that it can be withdrawn together. `key` is unique
    among what the organisation says of it: putting it again changes nothing.

    `under` is the key of a message of the same subject and target, put before: this one continues it, in its thread
    where the platform has threads. If that one is never delivered, this one stands by itself.
    """

    key: str
    subject: str
    target: Target
    message: Message
    under: str | None = None


@dataclass(frozen=True, slots=True)
class Missing:
    """A message that may have arrived and has no receipt: it can be looked for. `since` is when it was first sent."""

    key: str
    since: datetime


@dataclass(frozen=True, slots=True)
class Parcel:
    """An outbox row, claimed by this worker or found in doubt.

    `message` is, for REMOVE, what the message meant becomes where it cannot be taken away, if anything. `original` is
    the receipt of the message that an UPDATE or REMOVE means or that a SEND continues, or `missing` if that is unknown;
    both are None if it was never delivered (then there is nothing to do, but for a SEND, which stands by itself).
    `unreadable` says why the stored message could not be read, if so.
    """

    id: OutboxId
    organisation: OrganisationId
    key: str
    operation: Operation
    target: Target
    message: Message | None
    original: Receipt | None
    attempts: int
    created_at: datetime
    began_at: datetime | None = None
    unreadable: str | None = None
    missing: Missing | None = None


@dataclass(frozen=True, slots=True)
class Sent:
    """Delivered. `receipt` is None for UPDATE and REMOVE."""

    receipt: Receipt | None


@dataclass(frozen=True, slots=True)
class TryAgain:
    """Not delivered; pending again from `at`."""

    at: datetime
    reason: str


@dataclass(frozen=True, slots=True)
class Blocked:
    """Not delivered, for good, since its receiver has blocked the bot: nothing that an operator need mend."""

    reason: str


@dataclass(frozen=True, slots=True)
class Failed:
    """Not delivered, for good."""

    reason: str


@dataclass(frozen=True, slots=True)
class InDoubt:
    """The answer was lost. The row stays `sending`; recovery asks the platform from `at`."""

    at: datetime
    reason: str


@dataclass(frozen=True, slots=True)
class Unknown:
    """Possibly delivered, and nobody can be asked. For the operator to see."""

    reason: str


Outcome: TypeAlias = Sent | TryAgain | Blocked | Failed | InDoubt | Unknown


class Retried(StrEnum):
    """What came of an operator's wish to have a message sent again."""

    PENDING = "pending"
    NOT_THERE = "not there"
    WITHDRAWN = "withdrawn"
    NOT_GIVEN_UP = "not given up"


@dataclass(frozen=True, slots=True)
class Held:
    """One line for the operator: a row that was given up, or waits.

    `kind` is that of its message, or of the one that it changes or takes away.
    """

    id: OutboxId
    key: str
    kind: str
    state: State
    operation: Operation
    target: Target
    attempts: int
    created_at: datetime
    available_at: datetime
    reason: str
