"""Nudges in SQL: what is decided from, what was said, and what became of it.

Everything about one supervisor is read from summaries in a statement each: memberships, last recognised, nudges,
snoozes, absences. Kudos themselves are read only for the few people who are named.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from bot.identity import AccountRef, KudosId, NudgeId, OrganisationId, PersonId, Platform, TeamId, WorkspaceRef
from bot.nudges.model import Evidence, Nudge, Reply, Report, TeamState
from bot.nudges.store import IN_THE_MAKING
from bot.people.model import Role
from bot.ports import Standing
from storage.engine import Database
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


class SqlNudges:
    """The nudges of one organisation."""

    def __init__(self, session: Session) -> None:
        self._session = session

    async def account(self, supervisor: PersonId) -> AccountRef | None:
        """Give the account to which a supervisor is told."""
        led = self._led(supervisor)
        homes = sa.join(
            led,
            conversations,
            sa.and_(conversations.c.organisation_id == led.c.organisation_id, conversations.c.team_id == led.c.team_id),
        )
        rows = await self._session.read(
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
                accounts.c.organisation_id == self._session.organisation,
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

    async def reports(self, supervisor: PersonId, today: date) -> list[Report]:
        """Give everyone whom the supervisor leads, once, by name."""
        own, led = self._session.organisation, self._led(supervisor)
        told = (
            sa.select(sa.func.max(nudges.c.sent_at))
            .where(
                nudges.c.organisation_id == own,
                nudges.c.supervisor_id == supervisor,
                nudges.c.person_id == memberships.c.person_id,
            )
            .scalar_subquery()
        )
        away = sa.exists().where(
            absences.c.organisation_id == own,
            absences.c.person_id == memberships.c.person_id,
            absences.c.begins <= today,
            absences.c.ends >= today,
        )
        still_here = sa.exists().where(
            accounts.c.organisation_id == own,
            accounts.c.person_id == memberships.c.person_id,
            accounts.c.standing != Standing.LEFT.value,
        )
        rows = await self._session.read(
            sa.select(
                memberships.c.person_id,
                memberships.c.begins_at,
                led.c.begins_at.label("led_since"),
                persons.c.name,
                teams.c.id.label("team_id"),
                teams.c.name.label("team_name"),
                teams.c.nudge_days,
                last_recognised_by.c.at.label("by_supervisor"),
                last_recognised.c.at.label("by_anyone"),
                snoozes.c.until,
                told.label("told"),
                away.label("away"),
                still_here.label("still_here"),
            )
            .select_from(
                led.join(
                    memberships,
                    sa.and_(
                        memberships.c.organisation_id == led.c.organisation_id,
                        memberships.c.team_id == led.c.team_id,
                        memberships.c.ends_at.is_(None),
                        memberships.c.person_id != supervisor,
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
        found: dict[PersonId, Report] = {}
        for row in rows:
            found.setdefault(PersonId(row.person_id), _report(row))
        return list(found.values())

    async def teams(self, supervisor: PersonId) -> list[TeamState]:
        """Give the teams that the supervisor leads, by name."""
        own, led = self._session.organisation, self._led(supervisor)
        recognised = (
            sa.select(sa.func.max(last_recognised.c.at))
            .select_from(_recognised_members())
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
        rows = await self._session.read(
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

    def _led(self, supervisor: PersonId) -> sa.Subquery:
        """Give the supervisor's own memberships today, as a supervisor."""
        return (
            sa.select(memberships)
            .where(
                memberships.c.organisation_id == self._session.organisation,
                memberships.c.person_id == supervisor,
                memberships.c.role == Role.SUPERVISOR.value,
                memberships.c.ends_at.is_(None),
            )
            .subquery("led")
        )

    async def evidence(
        self, persons: Collection[PersonId], since: datetime, limit: int, besides: PersonId
    ) -> dict[PersonId, list[Evidence]]:
        """Give what others than `besides` said of people since a moment, newest first."""
        said = _said(self._session.organisation, persons, since, besides)
        rows = await self._session.read(
            sa.select(said).where(said.c.nth <= limit).order_by(said.c.created_at.desc(), said.c.kudos_id.desc())
        )
        found: dict[PersonId, list[Evidence]] = {}
        for row in rows:
            each = Evidence(KudosId(row.kudos_id), row.giver, row.reason, row.link, row.created_at)
            found.setdefault(PersonId(row.person_id), []).append(each)
        return found

    async def add(self, told: Sequence[Nudge]) -> None:
        """Write what a supervisor is told, all in one message."""
        await self._session.write(
            sa.insert(nudges),
            [
                {
                    "organisation_id": self._session.organisation,
                    "id": each.id,
                    "supervisor_id": each.supervisor,
                    "person_id": each.person,
                    "team_id": each.team,
                    "message_key": each.message_key,
                    "position": position,
                    "days": each.days,
                    "sent_at": each.sent_at,
                    "reply": each.reply,
                    "replied_at": each.replied_at,
                    "until": each.until,
                }
                for position, each in enumerate(told)
            ],
        )

    async def nudge(self, nudge: NudgeId) -> Nudge | None:
        """Give one."""
        found = await self._nudges(self._all().where(nudges.c.id == nudge))
        return found[0] if found else None

    async def of_message(self, message_key: str) -> list[Nudge]:
        """Give those of one message, in the order they were added."""
        return await self._nudges(self._all().where(nudges.c.message_key == message_key).order_by(nudges.c.position))

    async def answer(self, nudge: NudgeId, reply: Reply, at: datetime, until: date | None = None) -> bool:
        """Note what became of one; False if something had become of it before, which stays."""
        noted = await self._session.write(
            sa.update(nudges)
            .where(
                nudges.c.organisation_id == self._session.organisation, nudges.c.id == nudge, nudges.c.reply.is_(None)
            )
            .values(reply=reply.value, replied_at=at, until=until)
        )
        return noted.rowcount == 1

    async def open_of(self, supervisor: PersonId, persons: Collection[PersonId]) -> list[Nudge]:
        """Give nudges to the supervisor about these people of which nothing has become, the oldest first."""
        return await self._nudges(
            self._all()
            .where(
                nudges.c.supervisor_id == supervisor, nudges.c.person_id.in_(list(persons)), nudges.c.reply.is_(None)
            )
            .order_by(nudges.c.sent_at, nudges.c.id)
        )

    async def overtaken(self, limit: int, supervisor: PersonId | None = None) -> list[Nudge]:
        """Give open nudges, to one supervisor or to all, who have recognised the person since; the oldest first."""
        to = sa.true() if supervisor is None else nudges.c.supervisor_id == supervisor
        return await self._nudges(
            self._all()
            .where(to, _is_overtaken(self._session.database))
            .order_by(nudges.c.sent_at, nudges.c.id)
            .limit(limit)
        )

    async def snooze(self, supervisor: PersonId, person: PersonId, until: datetime) -> None:
        """Keep quiet about a person to this supervisor until a moment; replaces an earlier snooze."""
        insert = sqlite.insert if self._session.database.is_sqlite else postgresql.insert
        await self._session.write(
            insert(snoozes)
            .values(organisation_id=self._session.organisation, supervisor_id=supervisor, person_id=person, until=until)
            .on_conflict_do_update(
                index_elements=["organisation_id", "supervisor_id", "person_id"], set_={"until": until}
            )
        )

    def _all(self) -> sa.Select[Any]:
        own = self._session.organisation
        named = sa.and_(persons.c.organisation_id == own, persons.c.id == nudges.c.person_id)
        return (
            sa.select(nudges, persons.c.name.label("name"), teams.c.name.label("team_name"))
            .select_from(
                nudges.outerjoin(persons, named).join(
                    teams, sa.and_(teams.c.organisation_id == own, teams.c.id == nudges.c.team_id)
                )
            )
            .where(nudges.c.organisation_id == own)
        )

    async def _nudges(self, statement: sa.Select[Any]) -> list[Nudge]:
        return [_nudge(row) for row in await self._session.read(statement)]


class SqlOvertaken:
    """A look across all organisations, for the tick."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def organisations(self, since: datetime) -> list[OrganisationId]:
        """Give organisations with overtaken nudges that were sent since a moment."""
        async with self._database.reading() as connection:
            rows = await connection.execute(
                sa.select(nudges.c.organisation_id)
                .where(nudges.c.sent_at >= since, _is_overtaken(self._database))
                .distinct()
            )
            return [OrganisationId(row.organisation_id) for row in rows]


def _is_overtaken(database: Database) -> sa.ColumnElement[bool]:
    since: sa.ColumnElement[Any] = (
        sa.func.datetime(nudges.c.sent_at, f"-{IN_THE_MAKING.seconds} seconds")
        if database.is_sqlite
        else sa.type_coerce(nudges.c.sent_at, sa.DateTime(timezone=True)) - IN_THE_MAKING
    )
    by_supervisor = sa.exists().where(
        last_recognised_by.c.organisation_id == nudges.c.organisation_id,
        last_recognised_by.c.receiver_id == nudges.c.person_id,
        last_recognised_by.c.giver_id == nudges.c.supervisor_id,
        last_recognised_by.c.at >= since,
    )
    in_team = (
        sa.exists()
        .select_from(_recognised_members())
        .where(
            memberships.c.organisation_id == nudges.c.organisation_id,
            memberships.c.team_id == nudges.c.team_id,
            last_recognised.c.at >= since,
        )
    )
    return sa.and_(nudges.c.reply.is_(None), sa.or_(by_supervisor, sa.and_(nudges.c.person_id.is_(None), in_team)))


def _recognised_members() -> sa.Join:
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


def _report(row: Any) -> Report:
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
        away=bool(row.away),
        has_left=not row.still_here,
    )


def _nudge(row: Any) -> Nudge:
    return Nudge(
        id=NudgeId(row.id),
        supervisor=PersonId(row.supervisor_id),
        person=PersonId(row.person_id) if row.person_id else None,
        team=TeamId(row.team_id),
        message_key=row.message_key,
        days=row.days,
        sent_at=row.sent_at,
        reply=Reply(row.reply) if row.reply else None,
        replied_at=row.replied_at,
        until=row.until,
        name=row.name or "",
        team_name=row.team_name,
    )
