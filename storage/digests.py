"""Digests in SQL: what a team's week was, and which weeks were told."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from itertools import pairwise
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from bot.digests.model import Coverage, Digest, DigestState, Recognised
from bot.identity import KudosId, PersonId, TeamId
from bot.people.model import Role
from storage import tables
from storage.memberships import still_here
from storage.session import Rows, Session

_kudos = tables.kudos.c
_received = tables.kudos_receivers.c
_digests = tables.digests.c


class SqlDigests:
    """The digests of one organisation."""

    def __init__(self, session: Session) -> None:
        self._session = session

    async def add(self, digest: Digest) -> bool:
        """Note a week's digest, unless the team has one of that week."""
        insert = sqlite.insert if self._session.database.is_sqlite else postgresql.insert
        added = await self._session.write(
            insert(tables.digests)
            .values(
                organisation_id=self._session.organisation,
                team_id=digest.team,
                week=digest.week,
                since=digest.since,
                until=digest.until,
                state=digest.state.value,
            )
            .on_conflict_do_nothing()
        )
        return added.rowcount == 1

    async def of_week(self, team: TeamId, week: str) -> Digest | None:
        """Give the digest of a week."""
        return await self._first(self._of(team).where(_digests.week == week))

    async def latest(self, team: TeamId) -> Digest | None:
        """Give the team's latest posted digest."""
        return await self._latest(self._of(team).where(_digests.state == DigestState.POSTED.value))

    async def skipped(self, team: TeamId, before: datetime) -> Digest | None:
        """Give the team's latest skipped digest that would have covered up to an earlier moment than `before`."""
        skipped = self._of(team).where(_digests.state == DigestState.SKIPPED.value, _digests.until < before)
        return await self._latest(skipped)

    async def resume(self, team: TeamId, week: str) -> None:
        """Forget that a week was skipped."""
        await self._session.write(
            sa.delete(tables.digests).where(
                _digests.organisation_id == self._session.organisation,
                _digests.team_id == team,
                _digests.week == week,
                _digests.state == DigestState.SKIPPED.value,
            )
        )

    async def recognised(self, team: TeamId, since: datetime, until: datetime) -> list[Recognised]:
        """Give the team's kudos from `since` to before `until`, oldest first, without private and undone ones."""
        giver, receiver = tables.persons.alias("giver"), tables.persons.alias("receiver")
        told = (*self._received(team, since, until), _kudos.private.is_(False))
        rows = await self._session.read(
            sa.select(
                _kudos.id,
                _kudos.giver_id,
                giver.c.name.label("giver_name"),
                _received.person_id,
                receiver.c.name.label("receiver_name"),
                _kudos.reason,
                _kudos.link,
                _received.by_supervisor,
                _kudos.created_at,
            )
            .select_from(
                _of_kudos(tables.kudos_receivers)
                .join(giver, sa.and_(giver.c.organisation_id == _kudos.organisation_id, giver.c.id == _kudos.giver_id))
                .join(
                    receiver,
                    sa.and_(
                        receiver.c.organisation_id == _received.organisation_id, receiver.c.id == _received.person_id
                    ),
                )
            )
            .where(*told)
            .order_by(_received.created_at, _kudos.id, _received.position)
        )
        tags = tables.kudos_behaviours.c
        named = await self._session.read(
            sa.select(tags.kudos_id, tags.code)
            .where(
                tags.organisation_id == self._session.organisation,
                tags.kudos_id.in_(
                    sa.select(_received.kudos_id).select_from(_of_kudos(tables.kudos_receivers)).where(*told)
                ),
            )
            .order_by(tags.kudos_id, tags.position)
        )
        return _gather(rows, named)

    async def private(self, team: TeamId, since: datetime, until: datetime) -> int:
        """Count the team's private kudos from `since` to before `until`, without undone ones."""
        rows = await self._session.read(
            sa.select(sa.func.count(sa.distinct(_kudos.id)).label("kudos"))
            .select_from(_of_kudos(tables.kudos_receivers))
            .where(*self._received(team, since, until), _kudos.private.is_(True))
        )
        return int(rows[0].kudos)

    async def counts(self, team: TeamId, bounds: Sequence[datetime]) -> list[int]:
        """Count the team's kudos between each bound and the next, private ones included, undone ones not."""
        columns: list[Any] = [
            sa.func.count(
                sa.distinct(sa.case((sa.and_(_received.created_at >= since, _received.created_at < until), _kudos.id)))
            )
            for since, until in pairwise(bounds)
        ]
        if not columns:
            return []
        question: sa.Select[Any] = (
            sa.select(*columns)
            .select_from(_of_kudos(tables.kudos_receivers))
            .where(*self._received(team, bounds[0], bounds[-1]))
        )
        rows = await self._session.read(question)
        return [int(count) for count in rows[0]]

    async def coverage(self, team: TeamId, since: datetime) -> Coverage:
        """Count today's agents of the team who were recognised by anyone since a moment."""
        memberships, latest = tables.memberships.c, tables.last_recognised.c
        recognised = sa.exists().where(
            latest.organisation_id == memberships.organisation_id,
            latest.receiver_id == memberships.person_id,
            latest.at >= since,
        )
        figures: list[Any] = [
            sa.func.count().label("members"),
            sa.func.count(sa.case((recognised, 1))).label("recognised"),
        ]
        question: sa.Select[Any] = sa.select(*figures).where(
            memberships.organisation_id == self._session.organisation,
            memberships.team_id == team,
            memberships.ends_at.is_(None),
            memberships.role == Role.AGENT.value,
            still_here(),
        )
        rows = await self._session.read(question)
        return Coverage(recognised=int(rows[0].recognised), members=int(rows[0].members))

    def _of(self, team: TeamId) -> sa.Select[Any]:
        own = self._session.organisation
        return sa.select(tables.digests).where(_digests.organisation_id == own, _digests.team_id == team)

    def _received(self, team: TeamId, since: datetime, until: datetime) -> tuple[sa.ColumnElement[bool], ...]:
        return (
            _received.organisation_id == self._session.organisation,
            _received.team_id == team,
            _received.created_at >= since,
            _received.created_at < until,
            _kudos.undone_at.is_(None),
        )

    async def _latest(self, question: sa.Select[Any]) -> Digest | None:
        return await self._first(question.order_by(_digests.until.desc()).limit(1))

    async def _first(self, question: sa.Select[Any]) -> Digest | None:
        rows = await self._session.read(question)
        if not rows:
            return None
        row = rows[0]
        return Digest(TeamId(row.team_id), row.week, row.since, row.until, DigestState(row.state))


def _of_kudos(receivers: sa.Table) -> sa.Join:
    return receivers.join(
        tables.kudos,
        sa.and_(receivers.c.organisation_id == _kudos.organisation_id, receivers.c.kudos_id == _kudos.id),
    )


def _gather(rows: Rows, named: Rows) -> list[Recognised]:
    """Make one of the rows of one kudos, of which there is one per receiver."""
    behaviours: dict[KudosId, tuple[str, ...]] = {}
    for tag in named:
        behaviours[tag.kudos_id] = (*behaviours.get(tag.kudos_id, ()), tag.code)
    gathered: dict[KudosId, Recognised] = {}
    for row in rows:
        before = gathered.get(row.id)
        gathered[row.id] = Recognised(
            kudos=KudosId(row.id),
            giver=PersonId(row.giver_id),
            giver_name=row.giver_name,
            receivers=(*(before.receivers if before else ()), (PersonId(row.person_id), row.receiver_name)),
            reason=row.reason,
            link=row.link,
            behaviours=behaviours.get(row.id, ()),
            by_supervisor=row.by_supervisor or (before is not None and before.by_supervisor),
            at=row.created_at,
        )
    return list(gathered.values())
