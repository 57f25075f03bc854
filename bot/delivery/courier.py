"""One message's way: note it, call the platform, write down what came of it; or find out what came of it before."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final, assert_never

import structlog

from bot.delivery import rules
from bot.delivery.model import Blocked, Failed, InDoubt, Operation, Outcome, Parcel, Sent, TryAgain, Unknown
from bot.delivery.store import DeliveryQueue
from bot.errors import AmbiguousDeliveryError, BlockedError, PermanentDeliveryError, Scope, TemporaryDeliveryError
from bot.identity import Platform, Target, WorkspaceRef
from bot.ports import Capabilities, ChatPlatform, Clock, Metrics, Receipt
from bot.view.message import Message

_NOTHING: Final = timedelta(0)
_SETTLE_TRIES: Final = 10
_NO_MESSAGE: Final = "unreadable: no message"
_PAUSED: Final = "the workspace asked for a pause"

_log = structlog.get_logger(__name__)


class Courier:
    """Carries single messages for one worker. What its arguments mean is said at `Delivery`."""

    def __init__(
        self,
        queue: DeliveryQueue,
        platforms: Mapping[Platform, ChatPlatform],
        clock: Clock,
        metrics: Metrics,
        *,
        worker: str,
        lease: timedelta,
        luck: Callable[[], float],
    ) -> None:
        self._queue = queue
        self._platforms = platforms
        self._clock = clock
        self._metrics = metrics
        self._worker = worker
        self._lease = lease
        self._luck = luck
        # The lease must outlive the call by far, or the next worker would ask while the answer is still on its way.
        self._call_limit = min(rules.CALL_LIMIT, lease / 2).total_seconds()
        self._paused: dict[WorkspaceRef, datetime] = {}
        self._slowed: dict[WorkspaceRef, tuple[Target, datetime]] = {}

    async def deliver(self, parcel: Parcel) -> bool:
        """Deliver a message that surely has not arrived.

        True if the conversation's next message may follow at once. Raises what the queue raises; the lease then
        brings the row to a next worker.
        """
        platform = self._platforms[parcel.target.workspace.platform]
        outcome = self._without_a_call(parcel, platform.capabilities)
        if outcome is not None:
            await self._settle(parcel, outcome, _NOTHING)
            return True
        if not await self._begin(parcel):
            _log.info("delivery_claim_lost")
            return True
        begun = replace(parcel, attempts=parcel.attempts + 1, began_at=parcel.began_at or self._clock.now())
        outcome = await self._attempt(platform, begun)
        await self._settle(begun, outcome, platform.capabilities.pace)
        return not isinstance(outcome, Sent)

    async def recover(self, parcel: Parcel) -> bool:
        """Find out whether a message arrived, and deliver it if not. Answers and raises as `deliver` does."""
        verdict = await self._ask(parcel)
        if verdict is None:
            return await self.deliver(parcel)
        pace = self._platforms[parcel.target.workspace.platform].capabilities.pace
        await self._settle(parcel, verdict, pace)
        return not isinstance(verdict, Sent)

    def _without_a_call(self, parcel: Parcel, capabilities: Capabilities) -> Outcome | None:
        """Give what can be decided without the platform, or None if it must be called."""
        if parcel.unreadable is not None:
            return Failed(rules.short(f"unreadable: {parcel.unreadable}"))
        if rules.repeatable(parcel.operation) and parcel.original is None:
            if parcel.missing is None:
                # What it is about was never delivered.
                return Sent(None)
            if not capabilities.find_sent:
                return Unknown("what it is about may have arrived: the platform cannot be asked")
        if parcel.operation is Operation.REMOVE and not capabilities.remove and parcel.message is None:
            return Failed("this platform cannot take a message away")
        until = self._paused_until(parcel.target.workspace, self._clock.now())
        return TryAgain(until, _PAUSED) if until else None

    async def _begin(self, parcel: Parcel) -> bool:
        try:
            return await self._queue.begin_send(parcel.id, self._worker, self._clock.now(), self._lease)
        except Exception:
            # It may have been noted all the same. We know that no call was made, and a later reader would not.
            if parcel.began_at is None:
                await self._settle(parcel, TryAgain(self._clock.now(), "the outbox was away"), _NOTHING)
            raise

    async def _attempt(self, platform: ChatPlatform, parcel: Parcel) -> Outcome:
        try:
            async with asyncio.timeout(self._call_limit):
                return Sent(await self._call(platform, parcel))
        except TemporaryDeliveryError as error:
            now = self._clock.now()
            self._heed(parcel.target, error, now)
            return rules.after_temporary(parcel, error.reason, error.retry_after, now, self._luck())
        except BlockedError as error:
            return Blocked(rules.short(error.reason))
        except PermanentDeliveryError as error:
            return Failed(rules.short(error.reason))
        except Exception as error:  # noqa: BLE001  # whatever else went wrong, the message may have arrived
            return rules.after_lost_answer(parcel, self._doubt(error), self._clock.now())

    async def _call(self, platform: ChatPlatform, parcel: Parcel) -> Receipt | None:
        match parcel:
            case Parcel(operation=Operation.SEND, message=Message() as message):
                return await platform.send(parcel.target, message, parcel.key, await self._under(platform, parcel))
            case Parcel(operation=Operation.REMOVE):
                original = await self._original(platform, parcel)
                if original is not None:
                    await self._take_away(platform, original, parcel.message)
            case Parcel(operation=Operation.UPDATE, message=Message() as message):
                original = await self._original(platform, parcel)
                if original is not None:
                    await platform.update(original, message)
            case _:
                raise PermanentDeliveryError(_NO_MESSAGE)
        return None

    async def _original(self, platform: ChatPlatform, parcel: Parcel) -> Receipt | None:
        if parcel.missing is None:
            return parcel.original
        return await platform.find_sent(parcel.target, parcel.missing.key, parcel.missing.since - rules.FIND_MARGIN)

    async def _under(self, platform: ChatPlatform, parcel: Parcel) -> Receipt | None:
        """Give the message that a SEND continues. Where it is not to be found, this one stands by itself."""
        if parcel.missing is None or not platform.capabilities.find_sent:
            return parcel.original
        try:
            return await self._original(platform, parcel)
        except PermanentDeliveryError as error:
            _log.info("delivery_nothing_to_continue", reason=error.reason)
            return None

    async def _take_away(self, platform: ChatPlatform, original: Receipt, instead: Message | None) -> None:
        """Remove it. Where that cannot be done, or a workspace forbids it, its words go all the same."""
        if instead is None:
            return await platform.remove(original)
        if platform.capabilities.remove:
            try:
                return await platform.remove(original)
            except PermanentDeliveryError as error:
                _log.info("delivery_not_removable", reason=error.reason)
        return await platform.update(original, instead)

    async def _ask(self, parcel: Parcel) -> Outcome | None:
        """Give what is to be settled, or None if the message is to be delivered (again)."""
        if rules.repeatable(parcel.operation):
            return None
        platform = self._platforms[parcel.target.workspace.platform]
        if not platform.capabilities.find_sent:
            return self._unasked(parcel, "the platform cannot be asked")
        until = self._paused_until(parcel.target.workspace, self._clock.now())
        return InDoubt(until, _PAUSED) if until else await self._find(platform, parcel)

    async def _find(self, platform: ChatPlatform, parcel: Parcel) -> Outcome | None:
        since = (parcel.began_at or parcel.created_at) - rules.FIND_MARGIN
        try:
            async with asyncio.timeout(self._call_limit):
                receipt = await self._found(platform, parcel, since)
        except TemporaryDeliveryError as error:
            now = self._clock.now()
            self._heed(parcel.target, error, now)
            return rules.after_lost_answer(parcel, error.reason, now, error.retry_after)
        except PermanentDeliveryError as error:
            return self._unasked(parcel, error.reason)
        except Exception as error:  # noqa: BLE001  # not knowing is no reason to send again
            return rules.after_lost_answer(parcel, self._doubt(error), self._clock.now())
        return None if receipt is None else Sent(receipt)

    async def _found(self, platform: ChatPlatform, parcel: Parcel, since: datetime) -> Receipt | None:
        under = await self._under(platform, parcel)
        if under is not None:
            receipt = await platform.find_sent(parcel.target, parcel.key, since, under)
            if receipt is not None:
                return receipt
        # Also where it was sent before anybody knew what it continues.
        return await platform.find_sent(parcel.target, parcel.key, since)

    def _unasked(self, parcel: Parcel, why: str) -> Outcome | None:
        return None if rules.send_again_unasked(parcel) else Unknown(rules.short(f"may have arrived: {why}"))

    def _doubt(self, error: Exception) -> str:
        match error:
            case AmbiguousDeliveryError():
                return error.reason
            case TimeoutError():
                return f"no answer within {self._call_limit:g} s"
            case _:
                _log.error("delivery_unexpected_error", exc_info=error)
                return f"unexpected {type(error).__name__}"

    def _heed(self, target: Target, error: TemporaryDeliveryError, now: datetime) -> None:
        """Pause the others of a workspace if they are meant too. The conversation itself waits behind its message."""
        if error.retry_after is None or error.scope is Scope.CONVERSATION:
            return
        workspace = target.workspace
        until = now + rules.pause(error.retry_after)
        if error.scope is Scope.UNSAID:
            before, still = self._slowed.get(workspace, (target, now))
            self._slowed[workspace] = (target, until)
            if before == target or still <= now:
                return
            # Two conversations at once are told so: it is not about one of them.
        self._paused[workspace] = max(until, self._paused.get(workspace, until))

    def _paused_until(self, workspace: WorkspaceRef, now: datetime) -> datetime | None:
        until = self._paused.get(workspace)
        if until is not None and until <= now:
            del self._paused[workspace]
            return None
        return until

    async def _settle(self, parcel: Parcel, outcome: Outcome, hold: timedelta) -> None:
        """Write it down, if need be over a database's restart: what was sent must not be forgotten."""
        self._report(parcel, outcome)
        for attempt in range(1, _SETTLE_TRIES):
            try:
                return await self._queue.settle(parcel.id, self._worker, outcome, self._clock.now(), hold)
            except Exception:  # noqa: BLE001  # the queue may fail in any way while its database is away
                _log.warning("delivery_not_settled_yet", attempt=attempt, exc_info=True)
                await asyncio.sleep(rules.back_off(attempt, self._luck()).total_seconds() / 10)
        return await self._queue.settle(parcel.id, self._worker, outcome, self._clock.now(), hold)

    def _report(self, parcel: Parcel, outcome: Outcome) -> None:
        platform = parcel.target.workspace.platform.value
        match outcome:
            case Sent():
                word = "sent"
                age = (self._clock.now() - parcel.created_at).total_seconds()
                self._metrics.observe("kudos_delivery_seconds", max(age, 0.0), platform=platform)
                _log.info("delivered", operation=parcel.operation.value, attempts=parcel.attempts)
            case TryAgain(reason=reason):
                word = "try_again"
                _log.info("delivery_postponed", reason=reason, attempts=parcel.attempts)
            case InDoubt(reason=reason):
                word = "in_doubt"
                _log.warning("delivery_in_doubt", reason=reason, attempts=parcel.attempts)
            case Blocked(reason=reason):
                word = "blocked"
                _log.info("delivery_blocked", reason=reason, attempts=parcel.attempts)
            case Failed(reason=reason):
                word = "failed"
                _log.error("delivery_failed", reason=reason, attempts=parcel.attempts)
            case Unknown(reason=reason):
                word = "unknown"
                _log.error("delivery_unknown", reason=reason, attempts=parcel.attempts)
            case _:
                assert_never(outcome)
        self._metrics.count("kudos_deliveries_total", platform=platform, outcome=word)
