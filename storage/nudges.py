"""Nudges in SQL: what was said, and what became of it. `nudge_situations` reads what is decided from."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from bot.identity import AccountRef, NudgeId, OrganisationId, PersonId, TeamId
from bot.nudges.model import Evidence, Nudge, Reply, Report, TeamState
from bot.nudges.store import IN_THE_MAKING
from storage import nudge_situations
from storage.engine import Database
from storage.session import Session
from storage.tables import (
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
        return await nudge_situations.account(self._session, supervisor)

    async def reports(self, supervisor: PersonId, now: datetime) -> list[Report]:
        """Give everyone whom the supervisor leads, once, by name."""
        return await nudge_situations.reports(self._session, supervisor, now)

    async def teams(self, supervisor: PersonId) -> list[TeamState]:
        """Give the teams that the supervisor leads, by name."""
        return await nudge_situations.teams_led(self._session, supervisor)

    async def evidence(
        self, persons: Collection[PersonId], since: datetime, limit: int, besides: PersonId
    ) -> dict[PersonId, list[Evidence]]:
        """Give what others than `besides` said of people since a moment, newest first."""
        return await nudge_situations.evidence(self._session, persons, since, limit, besides)

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

    async def waiting(self, persons: Collection[PersonId], since: datetime) -> list[Nudge]:
        """Give nudges about people that were sent since a moment and have no answer yet, the oldest first."""
        return await self._nudges(
            self._all()
            .where(nudges.c.person_id.in_(list(persons)), nudges.c.sent_at >= since, nudges.c.reply.is_(None))
            .order_by(nudges.c.sent_at, nudges.c.id)
        )

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

    async def reopen(self, nudge: NudgeId, reply: Reply) -> bool:
        """Take the answer to one back; False if it has another, or none."""
        reopened = await self._session.write(
            sa.update(nudges)
            .where(
                nudges.c.organisation_id == self._session.organisation,
                nudges.c.id == nudge,
                nudges.c.reply == reply.value,
            )
            .values(reply=None, replied_at=None, until=None)
        )
        return reopened.rowcount == 1

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

    async def unsnooze(self, supervisor: PersonId, person: PersonId) -> None:
        """End the snooze, if there is one."""
        await self._session.write(
            sa.delete(snoozes).where(
                snoozes.c.organisation_id == self._session.organisation,
                snoozes.c.supervisor_id == supervisor,
                snoozes.c.person_id == person,
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
        .select_from(nudge_situations.recognised_members())
        .where(
            memberships.c.organisation_id == nudges.c.organisation_id,
            memberships.c.team_id == nudges.c.team_id,
            last_recognised.c.at >= since,
        )
    )
    return sa.and_(nudges.c.reply.is_(None), sa.or_(by_supervisor, sa.and_(nudges.c.person_id.is_(None), in_team)))


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
