"""What is asked about the person of each membership, in statements that read memberships."""

from __future__ import annotations

from typing import Final

import sqlalchemy as sa

from bot.ports import Standing
from storage import tables

_accounts: Final = tables.accounts.c
_memberships: Final = tables.memberships.c

_OF_MEMBER: Final = (
    _accounts.organisation_id == _memberships.organisation_id,
    _accounts.person_id == _memberships.person_id,
)


def still_here() -> sa.Exists:
    """Ask whether a member has an account that has not left."""
    return sa.exists().where(*_OF_MEMBER, _accounts.standing != Standing.LEFT.value)


def own_zone() -> sa.ScalarSelect[str]:
    """Ask for a member's own time zone: that of the first of their accounts that has one."""
    return (
        sa.select(_accounts.timezone)
        .where(*_OF_MEMBER, _accounts.timezone != "")
        .order_by(_accounts.platform, _accounts.workspace)
        .limit(1)
        .correlate(tables.memberships)
        .scalar_subquery()
    )
