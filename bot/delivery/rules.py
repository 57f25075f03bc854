"""When to try again, when to give up, and what to do about a message that may or may not have arrived.

Durations are timedeltas. Nothing here looks at a clock or rolls dice: both are handed in.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from bot.delivery.model import Failed, InDoubt, Operation, Parcel, TryAgain, Unknown
from bot.view.message import MessageKind

CALL_LIMIT: Final = timedelta(seconds=10)
"""How long a platform may take over one call: what the ChatPlatform contract promises."""

GIVE_UP_AFTER: Final = timedelta(hours=24)
"""How old a message may grow. Recognition works when it is prompt; a day later a shout-out would puzzle its readers."""

LONGEST_WAIT: Final = timedelta(hours=1)
"""The most that a platform's own Retry-After is taken at its word."""

LONGEST_PAUSE: Final = timedelta(minutes=1)
"""The most that a whole workspace waits because one of its messages was told to, before the platform is asked again."""

FIND_MARGIN: Final = timedelta(minutes=2)
"""How much earlier than the send the platform is searched, as its clock and ours may differ."""

_FIRST_WAIT: Final = timedelta(seconds=1)
_LONGEST_BACK_OFF: Final = timedelta(minutes=5)
_FIRST_DOUBT: Final = timedelta(seconds=5)
_LONGEST_DOUBT: Final = timedelta(minutes=10)
_LONGEST_REASON: Final = 500

_SEND_AGAIN_UNASKED: Final = frozenset({MessageKind.RECEIVER_NOTE})


def back_off(attempts: int, luck: float) -> timedelta:
    """Say how long to wait after a number of failed attempts.

    Twice as long each time from 1 second to 5 minutes, of which `luck` (0 to 1) decides the second half, so that
    many messages that failed together do not come back together.
    """
    doublings = min(max(attempts - 1, 0), 20)
    full = min(_FIRST_WAIT * (1 << doublings), _LONGEST_BACK_OFF)
    return full * (0.5 + luck / 2)


def asked_wait(retry_after: timedelta) -> timedelta:
    """Take a platform's Retry-After, within reason: not in the past, at most an hour."""
    return min(max(retry_after, timedelta(0)), LONGEST_WAIT)


def pause(retry_after: timedelta) -> timedelta:
    """Say how long the others of a workspace wait where a platform's Retry-After is for them too."""
    return min(asked_wait(retry_after), LONGEST_PAUSE)


def too_old(parcel: Parcel, at: datetime) -> bool:
    """Say whether the message is past its day at that time."""
    return at - parcel.created_at >= GIVE_UP_AFTER


def after_temporary(
    parcel: Parcel, reason: str, retry_after: timedelta | None, now: datetime, luck: float
) -> TryAgain | Failed:
    """Decide after a call that surely delivered nothing."""
    wait = back_off(parcel.attempts, luck) if retry_after is None else asked_wait(retry_after)
    at = now + wait
    if too_old(parcel, at):
        return Failed(short(f"given up after a day: {reason}"))
    return TryAgain(at, short(reason))


def after_lost_answer(
    parcel: Parcel, reason: str, now: datetime, retry_after: timedelta | None = None
) -> InDoubt | Unknown:
    """Decide when a message may or may not have been delivered.

    Ask the platform a few seconds ahead, when the request has either arrived or died, and less often the longer it
    cannot say: half of the time that has passed since the send, from 5 seconds to 10 minutes, or what it asked for.
    """
    if too_old(parcel, now):
        return Unknown(short(f"given up after a day: {reason}"))
    passed = now - (parcel.began_at or now)
    wait = min(max(passed / 2, _FIRST_DOUBT), _LONGEST_DOUBT) if retry_after is None else asked_wait(retry_after)
    return InDoubt(now + wait, short(reason))


def repeatable(operation: Operation) -> bool:
    """Say whether doing it twice is the same as doing it once.

    An update writes the same content again, and removing what is gone is no error; only a send can make a double.
    """
    return operation is not Operation.SEND


def send_again_unasked(parcel: Parcel) -> bool:
    """Say whether to send again a message of which nobody can tell whether it arrived.

    A receiver's note, if it was tried once: without it a person may never learn that they were recognised, and a
    private note seen twice harms nobody. Everything else not: a shout-out posted twice looks like two kudos to a whole
    channel, and an undo could not take back the post that we have no receipt of. Those wait as `unknown` for the
    operator, who can look and have them sent.
    """
    return parcel.message is not None and parcel.message.kind in _SEND_AGAIN_UNASKED and parcel.attempts <= 1


def short(reason: str) -> str:
    """Cut a reason to what an operator's list has room for."""
    return reason if len(reason) <= _LONGEST_REASON else reason[: _LONGEST_REASON - 1] + "…"
