"""The programme, the ledger and its sums in SQL."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import date, datetime
from functools import lru_cache
from typing import Any, Final

import sqlalchemy as sa

from bot.identity import KudosId, OrganisationId, PersonId
from bot.points.model import (
    Behaviour,
    BehaviourWords,
    EntryKind,
    LedgerEntry,
    Programme,
    Ranked,
    Serves,
    Tally,
)
from storage import tables
from storage.engine import Lookup
from storage.session import Session

_PROGRAMME_SQL: Final = """
    SELECT o.points_default, o.points_least, o.points_most, o.allowance_agent, o.allowance_supervisor, o.boards,
        b.code, b.serves, CAST(b.words AS text)
    FROM organisations o LEFT JOIN behaviours b ON b.organisation_id = o.id
    WHERE o.id = $1 ORDER BY b.position
"""
_PROGRAMME: Final = Lookup(postgresql=_PROGRAMME_SQL, sqlite=_PROGRAMME_SQL.replace("$", "?"))
_USED_SQL: Final = "SELECT used FROM allowances WHERE organisation_id = $1 AND person_id = $2 AND period = $3"
_USED: Final = Lookup(postgresql=_USED_SQL, sqlite=_USED_SQL.replace("$", "?"))


class SqlPoints:
    """The programme, ledger, allowances and balances of one organisation."""

    def __init__(self, session: Session) -> None:
        self._session = session

    async def programme(self) -> Programme:
        """Give the programme with its behaviours in the order they are shown."""
        rows = await self._session.look_up(_PROGRAMME, self._session.organisation)
        default, least, most, agent, supervisor, boards = rows[0][:6]
        return Programme(
            points_default=default,
            points_least=least,
            points_most=most,
            allowance_agent=agent,
            allowance_supervisor=supervisor,
            boards=bool(boards),
            behaviours=tuple(_behaviour(*row[6:]) for row in rows if row[6] is not None),
        )

    async def publish(self, behaviours: Sequence[Behaviour]) -> None:
        """Replace the list of behaviours. Those no longer listed stay on the kudos that carry them."""
        organisation = self._session.organisation
        # Two who publish at once take turns.
        await self._session.read_for_write(
            sa.select(tables.organisations.c.id).where(tables.organisations.c.id == organisation).with_for_update()
        )
        await self._session.write(
            sa.delete(tables.behaviours).where(tables.behaviours.c.organisation_id == organisation)
        )
        if behaviours:
            await self._session.write(sa.insert(tables.behaviours), behaviour_rows(organisation, behaviours))

    async def used(self, person: PersonId, period: date) -> int:
        """Give the allowance points used in the week that began on `period`."""
        rows = await self._session.look_up(_USED, self._session.organisation, person, period)
        return int(rows[0][0]) if rows else 0

    async def tally(self, person: PersonId, since: datetime, period: date) -> Tally:
        """Give a person's figures. Counts are of kudos not undone, private ones included."""
        organisation = self._session.organisation
        kudos, receivers, balances = tables.kudos.c, tables.kudos_receivers.c, tables.balances.c
        balance = sa.select(balances.points).where(
            balances.organisation_id == organisation, balances.person_id == person
        )
        received = (
            sa.select(sa.func.count())
            .select_from(
                tables.kudos_receivers.join(
                    tables.kudos,
                    sa.and_(kudos.organisation_id == receivers.organisation_id, kudos.id == receivers.kudos_id),
                )
            )
            .where(receivers.organisation_id == organisation, receivers.person_id == person, kudos.undone_at.is_(None))
        )
        given = (
            sa.select(sa.func.count())
            .select_from(tables.kudos)
            .where(kudos.organisation_id == organisation, kudos.giver_id == person, kudos.undone_at.is_(None))
        )
        rows = await self._session.read(
            sa.select(
                sa.func.coalesce(balance.scalar_subquery(), 0),
                received.scalar_subquery(),
                given.scalar_subquery(),
                received.where(receivers.created_at >= since).scalar_subquery(),
                given.where(kudos.created_at >= since).scalar_subquery(),
                _used(organisation, person, period),
            )
        )
        balance_now, received_ever, given_ever, received_lately, given_lately, used = rows[0]
        return Tally(
            balance=balance_now,
            received=received_ever,
            given=given_ever,
            received_week=received_lately,
            given_week=given_lately,
            used=used,
        )

    async def top(self, limit: int) -> list[Ranked]:
        """Give those with the highest balances above zero, highest first, then by name."""
        balances, persons = tables.balances.c, tables.persons.c
        rows = await self._session.read(
            sa.select(persons.id, persons.name, balances.points)
            .select_from(
                tables.balances.join(
                    tables.persons,
                    sa.and_(persons.organisation_id == balances.organisation_id, persons.id == balances.person_id),
                )
            )
            .where(balances.organisation_id == self._session.organisation, balances.points > 0)
            .order_by(balances.points.desc(), persons.name)
            .limit(limit)
        )
        return [Ranked(PersonId(row.id), row.name, row.points) for row in rows]

    async def entries(self, person: PersonId) -> list[LedgerEntry]:
        """Give a person's ledger, oldest first."""
        columns = tables.ledger_entries.c
        rows = await self._session.read(
            sa.select(columns.kudos_id, columns.kind, columns.amount, columns.created_at)
            .where(columns.organisation_id == self._session.organisation, columns.person_id == person)
            .order_by(columns.created_at, columns.kind)
        )
        return [
            LedgerEntry(KudosId(row.kudos_id), person, EntryKind(row.kind), row.amount, row.created_at) for row in rows
        ]


def behaviour_rows(organisation: OrganisationId, behaviours: Sequence[Behaviour]) -> list[dict[str, object]]:
    """Give the rows that a list of behaviours is kept as."""
    return [
        {
            "organisation_id": organisation,
            "code": each.code,
            "serves": each.serves.value,
            "words": {language: [words.tag, words.meaning] for language, words in each.words.items()},
            "position": position,
        }
        for position, each in enumerate(behaviours)
    ]


# Every kudos asks for the same few; what is read out of the JSON is never changed.
@lru_cache(maxsize=1024)
def _behaviour(code: str, serves: str, words: str) -> Behaviour:
    return Behaviour(
        code,
        Serves(serves),
        {language: BehaviourWords(tag, meaning) for language, (tag, meaning) in json.loads(words).items()},
    )


def _used(organisation: OrganisationId, person: PersonId, period: date) -> sa.ColumnElement[Any]:
    columns = tables.allowances.c
    return sa.func.coalesce(
        sa.select(columns.used)
        .where(columns.organisation_id == organisation, columns.person_id == person, columns.period == period)
        .scalar_subquery(),
        0,
    )
