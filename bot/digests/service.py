"""Telling a team its week."""

from __future__ import annotations

from datetime import datetime

from bot.delivery.model import Outgoing
from bot.digests import rules, words
from bot.digests.model import Digest, DigestState, TeamWeek, WeekCount
from bot.digests.store import DigestsUnitOfWork
from bot.i18n import translator, zone_of
from bot.identity import ConversationRef, TeamId
from bot.schedule.model import Slot
from bot.teams.model import Team


async def handle(work: DigestsUnitOfWork, slot: Slot, now: datetime) -> None:
    """Put the digest that a schedule says is due into the outbox, unless the week has one or is skipped.

    It covers up to the slot, not up to `now`: a digest that is late tells what it would have told.
    """
    team = await work.teams.team(TeamId(slot.schedule.subject))
    if team is None:
        return
    since = rules.begin(await work.digests.latest(team.id), slot.at, zone_of(team.settings.timezone))
    digest = Digest(team.id, rules.iso_week(slot.day), since, slot.at, DigestState.POSTED)
    if not await work.digests.add(digest):
        return
    told = await tell(work, team, digest.since, digest.until)
    for home in team.homes:
        await _post(work, digest, home, told, now)


async def tell(work: DigestsUnitOfWork, team: Team, since: datetime, until: datetime) -> words.Told:
    """Write a team's digest of a period, in the team's language."""
    week = await _week(work, team, since, until)
    t = translator(team.settings.language)
    return words.digest(t, team.settings.name, week, await work.points.programme())


async def _week(work: DigestsUnitOfWork, team: Team, since: datetime, until: datetime) -> TeamWeek:
    zone = zone_of(team.settings.timezone)
    bounds = rules.week_bounds(until, zone)
    counts = await work.digests.counts(team.id, bounds)
    return TeamWeek(
        recognised=tuple(await work.digests.recognised(team.id, since, until)),
        private=await work.digests.private(team.id, since, until),
        coverage=await work.digests.coverage(team.id, until - rules.COVERAGE),
        weeks=tuple(
            WeekCount(begins.astimezone(zone).date(), kudos) for begins, kudos in zip(bounds, counts, strict=False)
        ),
    )


def subject_of(digest: Digest) -> str:
    """Name the matter that all messages of a digest are about."""
    return f"digest:{digest.team}:{digest.week}"


async def _post(
    work: DigestsUnitOfWork, digest: Digest, home: ConversationRef, told: words.Told, now: datetime
) -> None:
    subject = subject_of(digest)
    first = f"{subject}:{home.workspace.platform.value}:{home.workspace.id}"
    await work.outbox.put(Outgoing(first, subject, home, told.message), now)
    for number, message in enumerate(told.thread, 1):
        await work.outbox.put(Outgoing(f"{first}:{number}", subject, home, message, under=first), now)
