"""What a nudge's message says at this moment, read within the unit of work that is about to say it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from bot.i18n import translator, zone_of
from bot.identity import PersonId
from bot.incoming import Manner
from bot.nudges import words
from bot.nudges.model import Nudge, Reply, Situation
from bot.nudges.store import NudgesUnitOfWork
from bot.nudges.words import Told
from bot.people.model import Colleague
from bot.teams.model import Leading
from bot.view.message import Message

LATELY: Final = timedelta(days=30)
"""How far back what others said is shown: older words are no news, and start no sentence of today's."""

EVIDENCE: Final = 2
"""Words of others shown of each person: enough to begin from, short enough for three people in one message."""


async def reader_of(work: NudgesUnitOfWork, supervisor: PersonId, timezone: str = "") -> Colleague | None:
    """Give the supervisor where they are told; None if no account of theirs is left.

    `timezone` stands in for theirs where that is not known.
    """
    account = await work.nudges.account(supervisor)
    known = await work.people.colleagues([account]) if account else []
    return next((replace(each, timezone=each.timezone or timezone) for each in known), None)


async def situation(work: NudgesUnitOfWork, supervisor: PersonId, leading: Leading, now: datetime) -> Situation:
    """Read everything that a decision is made from."""
    today = now.astimezone(zone_of(leading.timezone)).date()
    absences = await work.teams.absences([supervisor], today)
    return Situation(
        supervisor=supervisor,
        timezone=leading.timezone,
        wishes=leading.wishes,
        away=any(each.begins <= today for each in absences),
        reports=tuple(await work.nudges.reports(supervisor, now)),
        teams=tuple(await work.nudges.teams(supervisor)),
    )


async def message_now(
    work: NudgesUnitOfWork, key: str, reader: Colleague, now: datetime, command: str, *, is_out: bool = True
) -> Message | None:
    """Draw a message as it stands now. One that is not out leaves out who was recognised; None if nobody is left."""
    nudges = await work.nudges.of_message(key)
    shown = [each for each in nudges if is_out or each.reply is not Reply.RECOGNISED]
    return await drawn(work, shown, reader, now, command) if shown else None


async def drawn(
    work: NudgesUnitOfWork, nudges: Sequence[Nudge], reader: Colleague, now: datetime, command: str
) -> Message:
    """Draw a message of these nudges, of which there is at least one."""
    waiting = [each.person for each in nudges if each.person is not None and each.reply is None]
    accounts = await work.people.account_in(reader.account.workspace, waiting)
    evidence = await work.nudges.evidence(waiting, nudges[0].sent_at - LATELY, EVIDENCE, reader.person)
    reports = await work.nudges.reports(nudges[0].supervisor, now) if waiting else []
    teams = {each.person: each.teams for each in reports}
    parts = [
        Told(each, accounts.get(each.person), tuple(evidence.get(each.person, ())), teams.get(each.person, ()))
        if each.person
        else Told(each)
        for each in nudges
    ]
    zone = zone_of(reader.timezone)
    command = Manner.of(reader.account.workspace.platform, alone=True).called(command)
    return words.nudge(translator(reader.locale), parts, now.astimezone(zone).date(), zone, command)
