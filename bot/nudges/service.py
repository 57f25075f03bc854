"""Telling supervisors, and what becomes of it: when a look is due, and when somebody is recognised after all."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta
from typing import Final

import structlog

from bot.delivery.model import Outgoing
from bot.identity import NudgeId, OrganisationId, PersonId, id_made_at
from bot.nudges.model import Decision, Nudge, Reply
from bot.nudges.rules import decide
from bot.nudges.store import NudgesUnitOfWork, NudgesUnitOfWorkFactory, Overtaken
from bot.nudges.telling import drawn, message_now, reader_of, situation
from bot.people.model import Colleague
from bot.ports import Clock
from bot.recognition.model import Kudos
from bot.schedule.model import Kind, Rhythm, Slot
from bot.teams.rules import nudge_rhythm

AT_ONCE: Final = 100
"""Overtaken nudges settled in one transaction."""

STILL_OPEN: Final = timedelta(days=35)
"""How far back the tick looks for overtaken nudges. Messages are kept for 30 days; older ones cannot be changed."""

_log = structlog.get_logger(__name__)


class Nudging:
    """Tells supervisors. `command` is the slash command's name as people type it here."""

    def __init__(self, units: NudgesUnitOfWorkFactory, overtaken: Overtaken, clock: Clock, command: str) -> None:
        self._units = units
        self._overtaken = overtaken
        self._clock = clock
        self._command = command
        self._noticed: set[tuple[OrganisationId, PersonId]] = set()
        self._woken = asyncio.Event()

    async def handle(self, work: NudgesUnitOfWork, slot: Slot, now: datetime) -> Rhythm | None:
        """Take a look for one supervisor, in the ticker's unit of work; give the rhythm as it is from now on.

        Says at most one message on each day of the slot. Whoever leads nobody any more is looked at no more.
        """
        supervisor = PersonId(slot.schedule.subject)
        leading = (await work.teams.leading([supervisor])).get(supervisor)
        if leading is None:
            await work.schedules.drop(Kind.NUDGES, supervisor)
            return None
        reader = await reader_of(work, supervisor, leading.timezone)
        key = f"nudge:{supervisor}:{slot.day.isoformat()}"
        if reader is not None and not await work.nudges.of_message(key):
            decision = decide(await situation(work, supervisor, leading, now), now)
            if nudges := _nudges(decision, supervisor, key, now):
                await work.nudges.add(nudges)
                said = await drawn(work, await work.nudges.of_message(key), reader, now, self._command)
                await work.outbox.put(Outgoing(key, key, reader.account, said), now)
        return nudge_rhythm(leading)

    def noticed(self, organisation: OrganisationId, giver: Colleague) -> None:
        """Have it looked after, soon and elsewhere, that somebody gave kudos: a nudge may have become pointless."""
        if giver.is_supervisor:
            self._noticed.add((organisation, giver.person))
            self._woken.set()

    async def run(self, stop: asyncio.Event) -> None:
        """Settle what was noticed, until `stop` is set. What fails is logged, and left to the tick."""
        stopping = asyncio.create_task(stop.wait())
        try:
            while not stop.is_set():
                waking = asyncio.create_task(self._woken.wait())
                await asyncio.wait({waking, stopping}, return_when=asyncio.FIRST_COMPLETED)
                waking.cancel()
                self._woken.clear()
                await self._settle_noticed()
        finally:
            stopping.cancel()

    async def _settle_noticed(self) -> None:
        while self._noticed:
            organisation, supervisor = self._noticed.pop()
            try:
                await self.settle_overtaken(organisation, supervisor)
            except Exception:  # noqa: BLE001  # storage may fail in any way; the tick comes in a minute
                _log.warning("nudges_not_settled", exc_info=True)

    async def tick(self) -> None:
        """Settle overtaken nudges of all organisations: also those of a process that died after the kudos."""
        for organisation in await self._overtaken.organisations(self._clock.now() - STILL_OPEN):
            await self.settle_overtaken(organisation)

    async def settle_overtaken(self, organisation: OrganisationId, supervisor: PersonId | None = None) -> int:
        """Note which open nudges, to one supervisor or to all, were overtaken and change their messages; say how many.

        A message that is not out leaves those people out, and is not sent if nobody is left in it. One that may be
        out says that it is done.
        """
        settled = 0
        while True:
            async with self._units(organisation) as work:
                now = self._clock.now()
                overtaken = await work.nudges.overtaken(AT_ONCE, supervisor)
                for each in overtaken:
                    await work.nudges.answer(each.id, Reply.RECOGNISED, now)
                for key, told in {each.message_key: each.supervisor for each in overtaken}.items():
                    await change_message(work, key, told, now, self._command)
                await work.commit()
            settled += len(overtaken)
            if len(overtaken) < AT_ONCE:
                return settled


async def withdraw_quotes(work: NudgesUnitOfWork, kudos: Kudos, now: datetime, command: str) -> None:
    """Have the messages that quote a kudos say what others say without it, now that it is taken back.

    Any message still there that waits for an answer about one of its receivers may quote it: also an older one, which
    was drawn anew since.
    """
    if kudos.private:
        return
    quoting = await work.nudges.waiting({each.person for each in kudos.receivers}, now - STILL_OPEN)
    messages = {each.message_key: each.supervisor for each in quoting if each.supervisor != kudos.giver}
    for key, supervisor in messages.items():
        await change_message(work, key, supervisor, now, command)


async def change_message(work: NudgesUnitOfWork, key: str, supervisor: PersonId, now: datetime, command: str) -> None:
    """Have a nudge's message say what stands now."""
    reader = await reader_of(work, supervisor)
    if reader is None:
        return
    is_out = await work.outbox.is_out(key, key)
    message = await message_now(work, key, reader, now, command, is_out=is_out)
    await work.outbox.change(key, key, message, now)


def _nudges(decision: Decision, supervisor: PersonId, key: str, now: datetime) -> list[Nudge]:
    about = [(None, due.state.team, due.days) for due in decision.teams]
    people = [(due.report.person, due.report.team, due.days) for due in decision.people]
    return [
        Nudge(NudgeId(id_made_at(now)), supervisor, person, team, key, days, now)
        for person, team, days in (*about, *people)
    ]
