"""What a decision about a supervisor's nudges is made from, in SQL: a statement each, from summaries.

Memberships, last recognised, nudges, snoozes and absences are read; kudos themselves only for the few people who are
named.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime, timedelta
from typing import Any, Final
from uuid import UUID

import sqlalchemy as sa

from bot.i18n import zone_of
from bot.identity import AccountRef, KudosId, OrganisationId, PersonId, Platform, TeamId, WorkspaceRef
from bot.nudges.model import Evidence, Report, TeamState
from bot.people.model import Role
from bot.ports import Standing
from storage.memberships import own_zone, still_here
from storage.session import Session
from storage.tables import (
    absences,
    accounts,
    conversations,
    kudos,
    kudos_receivers,
    last_recognised,
    last_recognised_by,
    memberships,
    nudges,
    persons,
    snoozes,
    teams,
)

_DAY: Final = timedelta(days=1)


async def account(session: Session, supervisor: PersonId) -> AccountRef | None:
    """Give the account to which a supervisor is told."""
    led = _led(session, supervisor)
    homes = sa.join(
        led,
        conversations,
        sa.and_(conversations.c.organisation_id == led.c.organisation_id, conversations.c.team_id == led.c.team_id),
    )
    rows = await session.read(
        sa.select(accounts.c.platform, accounts.c.workspace, accounts.c.id)
        .select_from(
            accounts.outerjoin(
                homes,
                sa.and_(
                    led.c.person_id == accounts.c.person_id,
                    conversations.c.platform == accounts.c.platform,
                    conversations.c.workspace == accounts.c.workspace,
                ),
            )
        )
        .where(
            accounts.c.organisation_id == session.organisation,
            accounts.c.person_id == supervisor,
            accounts.c.standing != Standing.LEFT.value,
        )
        .order_by(
            conversations.c.id.is_(None),
            led.c.begins_at,
            conversations.c.id,
            accounts.c.platform,
            accounts.c.workspace,
        )
        .limit(1)
    )
    return next((AccountRef(WorkspaceRef(Platform(row.platform), row.workspace), row.id) for row in rows), None)


async def reports(session: Session, supervisor: PersonId, now: datetime) -> list[Report]:
    """Give everyone whom the supervisor leads, once, by name."""
    own, led = session.organisation, _led(session, supervisor)
    told = (
        sa.select(sa.func.max(nudges.c.sent_at))
        .where(
            nudges.c.organisation_id == own,
            nudges.c.supervisor_id == supervisor,
            nudges.c.person_id == memberships.c.person_id,
        )
        .scalar_subquery()
    )
    rows = await session.read(
        sa.select(
            memberships.c.person_id,
            memberships.c.begins_at,
            led.c.begins_at.label("led_since"),
            persons.c.name,
            teams.c.id.label("team_id"),
            teams.c.name.label("team_name"),
            teams.c.nudge_days,
            teams.c.timezone,
            own_zone().label("own_zone"),
            last_recognised_by.c.at.label("by_supervisor"),
            last_recognised.c.at.label("by_anyone"),
            snoozes.c.until,
            told.label("told"),
            still_here().label("still_here"),
        )
        .select_from(
            led.join(
                memberships,
                sa.and_(
                    memberships.c.organisation_id == led.c.organisation_id,
                    memberships.c.team_id == led.c.team_id,
                    memberships.c.ends_at.is_(None),
                    # Who leads the team beside the supervisor is led by somebody else.
                    memberships.c.role == Role.AGENT.value,
                ),
            )
            .join(teams, sa.and_(teams.c.organisation_id == own, teams.c.id == memberships.c.team_id))
            .join(persons, sa.and_(persons.c.organisation_id == own, persons.c.id == memberships.c.person_id))
            .outerjoin(
                last_recognised_by,
                sa.and_(
                    last_recognised_by.c.organisation_id == own,
                    last_recognised_by.c.receiver_id == memberships.c.person_id,
                    last_recognised_by.c.giver_id == supervisor,
                ),
            )
            .outerjoin(
                last_recognised,
                sa.and_(
                    last_recognised.c.organisation_id == own,
                    last_recognised.c.receiver_id == memberships.c.person_id,
                ),
            )
            .outerjoin(
                snoozes,
                sa.and_(
                    snoozes.c.organisation_id == own,
                    snoozes.c.supervisor_id == supervisor,
                    snoozes.c.person_id == memberships.c.person_id,
                ),
            )
        )
        .order_by(persons.c.name, memberships.c.person_id, teams.c.nudge_days, memberships.c.begins_at, teams.c.id)
    )
    leaves = await _leaves(session, led, now.date())
    found: dict[PersonId, Report] = {}
    names: dict[UUID, list[str]] = {}
    for row in sorted(rows, key=lambda each: str(each.team_name)):
        names.setdefault(row.person_id, []).append(row.team_name)
    for row in rows:
        report = _report(row, now, leaves.get(row.person_id, ()), names[row.person_id])
        found.setdefault(report.person, report)
    return list(found.values())


async def _leaves(session: Session, led: sa.Subquery, day: date) -> dict[UUID, list[tuple[date, date]]]:
    """Give the absences, of everyone in these teams, that may hold somewhere on earth while it is this day in UTC."""
    members = (
        sa.select(memberships.c.person_id)
        .select_from(
            led.join(
                memberships,
                sa.and_(memberships.c.organisation_id == led.c.organisation_id, memberships.c.team_id == led.c.team_id),
            )
        )
        .where(memberships.c.ends_at.is_(None))
    )
    rows = await session.read(
        sa.select(absences.c.person_id, absences.c.begins, absences.c.ends).where(
            absences.c.organisation_id == session.organisation,
            absences.c.person_id.in_(members),
            absences.c.begins <= day + _DAY,
            absences.c.ends >= day - _DAY,
        )
    )
    found: dict[UUID, list[tuple[date, date]]] = {}
    for row in rows:
        found.setdefault(row.person_id, []).append((row.begins, row.ends))
    return found


async def teams_led(session: Session, supervisor: PersonId) -> list[TeamState]:
    """Give the teams that the supervisor leads, by name."""
    own, led = session.organisation, _led(session, supervisor)
    recognised = (
        sa.select(sa.func.max(last_recognised.c.at))
        .select_from(recognised_members())
        .where(memberships.c.organisation_id == own, memberships.c.team_id == led.c.team_id)
        .scalar_subquery()
    )
    told = (
        sa.select(sa.func.max(nudges.c.sent_at))
        .where(
            nudges.c.organisation_id == own,
            nudges.c.supervisor_id == supervisor,
            nudges.c.person_id.is_(None),
            nudges.c.team_id == led.c.team_id,
        )
        .scalar_subquery()
    )
    rows = await session.read(
        sa.select(
            teams.c.id,
            teams.c.name,
            teams.c.nudge_days,
            teams.c.working_days,
            led.c.begins_at,
            recognised.label("recognised"),
            told.label("told"),
        )
        .select_from(led.join(teams, sa.and_(teams.c.organisation_id == own, teams.c.id == led.c.team_id)))
        .order_by(teams.c.name, teams.c.id)
    )
    return [
        TeamState(
            team=TeamId(row.id),
            name=row.name,
            nudge_days=row.nudge_days,
            working_days=frozenset(int(day) for day in row.working_days),
            since=row.begins_at,
            last_recognised=row.recognised,
            last_nudged=row.told,
        )
        for row in rows
    ]


def _led(session: Session, supervisor: PersonId) -> sa.Subquery:
    """Give the supervisor's own memberships today, as a supervisor."""
    return (
        sa.select(memberships)
        .where(
            memberships.c.organisation_id == session.organisation,
            memberships.c.person_id == supervisor,
            memberships.c.role == Role.SUPERVISOR.value,
            memberships.c.ends_at.is_(None),
        )
        .subquery("led")
    )


async def evidence(
    session: Session, persons: Collection[PersonId], since: datetime, limit: int, besides: PersonId
) -> dict[PersonId, list[Evidence]]:
    """Give what others than `besides` said of people since a moment, newest first."""
    said = _said(session.organisation, persons, since, besides)
    rows = await session.read(
        sa.select(said).where(said.c.nth <= limit).order_by(said.c.created_at.desc(), said.c.kudos_id.desc())
    )
    found: dict[PersonId, list[Evidence]] = {}
    for row in rows:
        each = Evidence(KudosId(row.kudos_id), row.giver, row.reason, row.link, row.created_at)
        found.setdefault(PersonId(row.person_id), []).append(each)
    return found


def recognised_members() -> sa.Join:
    """Join today's members of teams to when they were last recognised by anyone."""
    return memberships.join(
        last_recognised,
        sa.and_(
            last_recognised.c.organisation_id == memberships.c.organisation_id,
            last_recognised.c.receiver_id == memberships.c.person_id,
            memberships.c.ends_at.is_(None),
        ),
    )


def _said(own: OrganisationId, about: Collection[PersonId], since: datetime, besides: PersonId) -> sa.Subquery:
    nth = sa.func.row_number().over(
        partition_by=kudos_receivers.c.person_id,
        order_by=[kudos_receivers.c.created_at.desc(), kudos_receivers.c.kudos_id.desc()],
    )
    return (
        sa.select(
            kudos_receivers.c.person_id,
            kudos_receivers.c.kudos_id,
            kudos_receivers.c.created_at,
            kudos.c.reason,
            kudos.c.link,
            persons.c.name.label("giver"),
            nth.label("nth"),
        )
        .select_from(
            kudos_receivers.join(
                kudos, sa.and_(kudos.c.organisation_id == own, kudos.c.id == kudos_receivers.c.kudos_id)
            ).join(persons, sa.and_(persons.c.organisation_id == own, persons.c.id == kudos.c.giver_id))
        )
        .where(
            kudos_receivers.c.organisation_id == own,
            kudos_receivers.c.person_id.in_(list(about)),
            kudos_receivers.c.created_at >= since,
            kudos.c.giver_id != besides,
            kudos.c.private.is_(False),
            kudos.c.undone_at.is_(None),
        )
        .subquery("said")
    )


def _report(row: Any, now: datetime, leaves: Collection[tuple[date, date]], names: Collection[str]) -> Report:
    there = now.astimezone(zone_of(row.own_zone or row.timezone)).date()
    return Report(
        person=PersonId(row.person_id),
        name=row.name,
        team=TeamId(row.team_id),
        team_name=row.team_name,
        since=max(row.begins_at, row.led_since),
        nudge_days=row.nudge_days,
        last_by_supervisor=row.by_supervisor,
        last_by_anyone=row.by_anyone,
        last_nudged=row.told,
        snoozed_until=row.until,
        away_until=max((ends for begins, ends in leaves if begins <= there <= ends), default=None),
        has_left=not row.still_here,
        teams=tuple(names),
    )
