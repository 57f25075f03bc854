"""Taking a kudos back, in the unit of work's transaction and the organisation's turn."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa

from bot.identity import PersonId
from bot.points.model import EntryKind
from bot.recognition.model import Kudos, Undone
from bot.view.message import Message
from storage.outbox import IDLE, OUT, cancel, is_sent, is_withdrawn, rows_about, take_away
from storage.session import Session
from storage.tables import (
    allowances,
    balances,
    kudos,
    kudos_receivers,
    last_recognised,
    last_recognised_by,
    ledger_entries,
)
from storage.turn import take_turn


async def undo(session: Session, meant: Kudos, at: datetime, withdrawn: Message) -> Undone:
    """Take it back, once. `at` is aware, in UTC."""
    own = session.organisation
    await take_turn(session)
    marked = await session.write(
        sa.update(kudos)
        .where(kudos.c.organisation_id == own, kudos.c.id == meant.id, kudos.c.undone_at.is_(None))
        .values(undone_at=at)
    )
    if not marked.rowcount:
        return Undone(now=False, used=await _used(session, meant))
    cost = meant.points * len(meant.receivers)
    used = allowances.c.used
    await session.write(
        sa.update(allowances).where(*_week(session, meant)).values(used=sa.case((used > cost, used - cost), else_=0))
    )
    for each in meant.receivers:
        await _restore_last_recognised(session, each.person, meant.giver)
        await _take_points_back(session, meant, each.person, at)
    await _withdraw(session, f"kudos:{meant.id}", at, withdrawn)
    return Undone(now=True, used=await _used(session, meant))


async def _used(session: Session, meant: Kudos) -> int:
    rows = await session.read(sa.select(allowances.c.used).where(*_week(session, meant)))
    return rows[0].used if rows else 0


def _week(session: Session, meant: Kudos) -> Sequence[sa.ColumnElement[bool]]:
    return (
        allowances.c.organisation_id == session.organisation,
        allowances.c.person_id == meant.giver,
        allowances.c.period == meant.period,
    )


async def _restore_last_recognised(session: Session, receiver: PersonId, giver: PersonId) -> None:
    own = session.organisation
    latest = (
        sa.select(kudos_receivers.c.created_at)
        .select_from(
            kudos_receivers.join(
                kudos,
                sa.and_(
                    kudos.c.organisation_id == kudos_receivers.c.organisation_id,
                    kudos.c.id == kudos_receivers.c.kudos_id,
                ),
            )
        )
        .where(
            kudos_receivers.c.organisation_id == own,
            kudos_receivers.c.person_id == receiver,
            kudos.c.undone_at.is_(None),
        )
        .order_by(kudos_receivers.c.created_at.desc())
        .limit(1)
    )
    by_anyone = (last_recognised.c.organisation_id == own, last_recognised.c.receiver_id == receiver)
    by_giver = (
        last_recognised_by.c.organisation_id == own,
        last_recognised_by.c.receiver_id == receiver,
        last_recognised_by.c.giver_id == giver,
    )
    await _set_or_delete(session, last_recognised, by_anyone, latest)
    await _set_or_delete(session, last_recognised_by, by_giver, latest.where(kudos.c.giver_id == giver))


async def _set_or_delete(
    session: Session, table: sa.Table, row: Sequence[sa.ColumnElement[bool]], latest: sa.Select[tuple[datetime]]
) -> None:
    found = await session.read_for_write(latest)
    if found:
        await session.write(sa.update(table).where(*row).values(at=found[0][0]))
    else:
        await session.write(sa.delete(table).where(*row))


async def _take_points_back(session: Session, meant: Kudos, receiver: PersonId, at: datetime) -> None:
    """Take what is left of the points; what was spent stays spent."""
    row = (balances.c.organisation_id == session.organisation, balances.c.person_id == receiver)
    balance = await session.read_for_write(sa.select(balances.c.points).where(*row).with_for_update())
    amount = min(meant.points, balance[0].points if balance else 0)
    if not amount:
        return
    await session.write(sa.update(balances).where(*row).values(points=balances.c.points - amount))
    await session.write(
        sa.insert(ledger_entries).values(
            organisation_id=session.organisation,
            person_id=receiver,
            kudos_id=meant.id,
            kind=EntryKind.TAKEN_BACK.value,
            amount=-amount,
            created_at=at,
        )
    )


async def _withdraw(session: Session, subject: str, at: datetime, withdrawn: Message) -> None:
    """Cancel what is not out; behind each message that is, or may be, put one that takes it away.

    What failed is cancelled too, or an operator could have it sent again.
    """
    rows = await rows_about(session, subject)
    await cancel(session, [row for row in rows if row.state in IDLE], at)
    out = [row for row in rows if is_sent(row) and row.state in OUT and not is_withdrawn(row, rows)]
    await take_away(session, out, rows, withdrawn, at)
