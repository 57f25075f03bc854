"""Telling a team its week."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from bot.delivery.model import Outgoing
from bot.digests import rules, words
from bot.digests.model import Digest, DigestState, TeamWeek, WeekCount
from bot.digests.store import DigestsUnitOfWork
from bot.i18n import translator, zone_of
from bot.identity import ConversationRef, TeamId
from bot.recognition.model import Kudos
from bot.schedule.model import Slot
from bot.schedule.rules import iso_week
from bot.teams.model import Team

_FEWER: Final = 4
"""Messages that a thread can have fewer without one kudos: those beside it move together, here and in the message."""


async def handle(work: DigestsUnitOfWork, slot: Slot, now: datetime) -> None:
    """Put the digest that a schedule says is due into the outbox, unless the week has one or is skipped.

    It covers up to just before the slot, not up to `now`: a digest that is late tells what it would have told.
    """
    team = await work.teams.team(TeamId(slot.schedule.subject))
    if team is None:
        return
    until = slot.at - rules.RECORDED
    since = await begin(work, team, until)
    digest = Digest(team.id, iso_week(slot.day), since, until, DigestState.POSTED)
    if not await work.digests.add(digest):
        return
    told = await tell(work, team, await week_of(work, team, since, until))
    for home in team.homes:
        await _post(work, digest, home, told, now)


async def correct(work: DigestsUnitOfWork, kudos: Kudos, now: datetime) -> None:
    """Have the digests that told of a kudos say what they would have said without it, now that it is taken back.

    A kudos can be taken back for a day, so that it can only be in the latest digest of its receivers' teams.
    """
    for team_id in sorted({each.team for each in kudos.receivers if each.team is not None}):
        # Of several that are taken back at once, each is to see that the others are gone.
        await work.teams.hold(team_id)
        team, digest = await work.teams.team(team_id), await work.digests.latest(team_id)
        if team is None or digest is None or not digest.since <= kudos.at < digest.until:
            continue
        told = await tell(work, team, await week_of(work, team, digest.since, digest.until))
        subject = subject_of(digest)
        for home in team.homes:
            first = _key(digest, home)
            if not await work.outbox.change(subject, first, told.message, now):
                # A home that the team has had only since.
                continue
            for number, message in enumerate((*told.thread, *[None] * _FEWER), 1):
                key = f"{first}:{number}"
                is_there = await work.outbox.change(subject, key, message, now)
                if message is not None and not is_there:
                    # Without one kudos, others fill pages less well, and may need one more.
                    await work.outbox.put(Outgoing(key, subject, home, message, under=first), now)


async def begin(work: DigestsUnitOfWork, team: Team, until: datetime) -> datetime:
    """Say from when a team's digest tells that covers up to a moment."""
    posted, skipped = await work.digests.latest(team.id), await work.digests.skipped(team.id, until)
    return rules.begin(posted, skipped, until, zone_of(team.settings.timezone))


async def tell(work: DigestsUnitOfWork, team: Team, week: TeamWeek) -> words.Told:
    """Write a team's digest, in the team's language."""
    t = translator(team.settings.language)
    return words.digest(t, team.settings.name, week, await work.points.programme())


async def week_of(work: DigestsUnitOfWork, team: Team, since: datetime, until: datetime) -> TeamWeek:
    """Gather what a team's digest of a period is written from."""
    zone = zone_of(team.settings.timezone)
    bounds = rules.week_bounds(until, zone)
    counts = await work.digests.counts(team.id, bounds)
    return TeamWeek(
        recognised=tuple(await work.digests.recognised(team.id, since, until)),
        private=await work.digests.private(team.id, since, until),
        coverage=await work.digests.coverage(team.id, until - rules.COVERAGE),
        weeks=tuple(
            # A week that begins a moment before midnight is called by the day that follows.
            WeekCount((begins + rules.RECORDED).astimezone(zone).date(), kudos)
            for begins, kudos in zip(bounds, counts, strict=False)
        ),
    )


def subject_of(digest: Digest) -> str:
    """Name the matter that all messages of a digest are about."""
    return f"digest:{digest.team}:{digest.week}"


def _key(digest: Digest, home: ConversationRef) -> str:
    return f"{subject_of(digest)}:{home.workspace.platform.value}:{home.workspace.id}"


async def _post(
    work: DigestsUnitOfWork, digest: Digest, home: ConversationRef, told: words.Told, now: datetime
) -> None:
    subject = subject_of(digest)
    first = _key(digest, home)
    await work.outbox.put(Outgoing(first, subject, home, told.message), now)
    for number, message in enumerate(told.thread, 1):
        await work.outbox.put(Outgoing(f"{first}:{number}", subject, home, message, under=first), now)
