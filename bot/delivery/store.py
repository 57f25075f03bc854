"""What delivery asks of storage. It works across organisations: it is the operator's, not a customer's."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Protocol

from bot.delivery.model import Held, Outcome, Outgoing, Parcel, Retried, State
from bot.identity import OutboxId, Platform
from bot.view.message import Message


class Outbox(Protocol):
    """What rooms put messages into, within their own transaction. Times are aware, in UTC."""

    async def put(self, outgoing: Outgoing, at: datetime) -> bool:
        """Put a message. False if one of this subject and key was put before, which stays as it is.

        What is put of one subject for one target goes out in the order in which it was put.
        """
        ...

    async def change(self, subject: str, key: str, message: Message | None, at: datetime) -> bool:
        """Make a message say something else; None takes it back. False if there is no such message.

        One that is not begun says it when it goes out, or is cancelled. Behind one that may be out an UPDATE is put, or
        a REMOVE; of several changes that wait, the last counts, but what was taken back stays so.
        """
        ...

    async def is_out(self, subject: str, key: str) -> bool:
        """Say whether a message may have been delivered, as one has that is no longer known.

        If not, nobody begins it before the transaction ends.
        """
        ...


class DeliveryQueue(Protocol):
    """The outbox as a queue that several workers share. Times are aware, in UTC.

    Order: of one conversation's rows (same target), only the oldest unsettled one (pending, claimed or sending) can
    be claimed. Every method commits by itself.

    A parcel's `attempts` are the sends begun; its `began_at` is set only while a send is in doubt, to when the first
    one in doubt began.
    """

    async def claim(
        self, now: datetime, limit: int, worker: str, lease: timedelta, platforms: Collection[Platform]
    ) -> list[Parcel]:
        """Claim up to `limit` rows of these platforms that are due, oldest first, until `now + lease`.

        Due: pending with `available_at <= now`, or claimed with a lease that ran out. No row is given to two workers
        while a lease holds.
        """
        ...

    async def begin_send(self, id: OutboxId, worker: str, now: datetime, lease: timedelta) -> bool:
        """Note that the call is about to be made, durably, with a fresh lease.

        False if the claim was lost or the row cancelled: then do not send. A row behind which its REMOVE waits is
        cancelled here: what is withdrawn is not sent any more, whatever came of an earlier attempt.
        """
        ...

    async def settle(self, id: OutboxId, worker: str, outcome: Outcome, now: datetime, hold: timedelta) -> None:
        """Write what came of it.

        After Sent, no other row of the same target becomes due before `now + hold`, also one that is put later, which
        keeps the pace across workers.

        A row this worker no longer holds is left alone.
        """
        ...

    async def in_doubt(
        self, now: datetime, limit: int, worker: str, lease: timedelta, platforms: Collection[Platform]
    ) -> list[Parcel]:
        """Take over these platforms' rows in `sending` whose lease ran out, with a fresh lease, oldest first."""
        ...

    async def release(self, worker: str, now: datetime) -> int:
        """Give back all this worker has claimed and not begun (they are pending at once); say how many."""
        ...

    async def next_due(self, platforms: Collection[Platform]) -> datetime | None:
        """Say when the next row of these platforms becomes claimable or in doubt; None if nothing waits."""
        ...

    async def held(self, states: Sequence[State], limit: int) -> list[Held]:
        """Give rows in these states, oldest first, for the operator."""
        ...

    async def counts(self) -> dict[State, int]:
        """Count the rows of each state but sent, blocked and cancelled, which ask nothing of anybody."""
        ...

    async def blocked(self) -> int:
        """Count the rows that are blocked, for the operator. Unlike `counts`, it may read every row."""
        ...

    async def retry(self, id: OutboxId, now: datetime) -> Retried:
        """Make a blocked, failed or unknown row pending again, by an operator's decision, or say why that cannot be.

        With it goes what is remembered of its receiver having blocked the bot: the platform is to say so anew.
        """
        ...

    async def purge(self, before: datetime) -> int:
        """Delete sent, blocked and cancelled rows settled before a time.

        Say how many. Receipts needed for undo must be younger than that.
        """
        ...
