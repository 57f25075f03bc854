"""Making one of persons whose addresses turn out to be the same, once they are known."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from functools import partial
from itertools import groupby, zip_longest
from typing import Any
from uuid import uuid4

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from bot.identity import AccountRef, PersonId, Platform, WorkspaceRef
from bot.linking.model import Known
from bot.linking.rules import address, same_human
from bot.ports import Profile, Standing
from storage.joining import is_busy, let_nobody_write
from storage.portions import portions
from storage.session import Session
from storage.tables import accounts, workspaces
from storage.turn import take_turn
from storage.uniting import tell, unite


async def has_several_workspaces(session: Session) -> bool:
    """Say whether the organisation has: only then anybody can have a second account."""
    own = workspaces.c.organisation_id == session.organisation
    return len(await session.read_for_write(sa.select(workspaces.c.id).where(own).limit(2))) > 1


async def unite_addressed(
    session: Session, profiles: Mapping[AccountRef, Profile]
) -> tuple[Mapping[AccountRef, Profile], bool]:
    """Make one of the persons who have an address in common, now that it is known. Before anything else is written.

    Gives the profiles as they may be stored, and whether anybody became one with another. Where somebody else writes
    for too long, an address that is new is not stored yet: it is new again at the next look.
    """
    before = await _before(session, profiles)
    if not _news(before, profiles) and not await _rounds(session, before, profiles):
        return profiles, False
    # Of two who learn the same address at once, the second sees what the first learnt.
    await take_turn(session)
    before = await _before(session, profiles)
    if not await _rounds(session, before, profiles):
        return profiles, False
    if not await _nobody_else_writes(session):
        later = {each: _for_now(before[each], profiles[each]) for each in _news(before, profiles)}
        return {**profiles, **later}, False
    # Anew, as it is now that nothing changes any more.
    rounds = await _rounds(session, await _before(session, profiles), profiles)
    for pairs in rounds:
        united = await unite(await session.connection(), session.organisation, pairs)
        session.when_durable(partial(tell, united))
    return profiles, bool(rounds)


async def _nobody_else_writes(session: Session) -> bool:
    connection = await session.connection()
    try:
        async with connection.begin_nested():
            await let_nobody_write(connection)
    except DBAPIError as error:
        if not is_busy(error):
            raise
        return False
    return True


async def _before(session: Session, profiles: Mapping[AccountRef, Profile]) -> dict[AccountRef, Any]:
    """Give the rows of accounts that are there, of those who are members with an address now."""
    columns = accounts.c
    asked = [each for each in profiles.values() if each.standing is Standing.MEMBER and each.email]
    found: dict[AccountRef, Any] = {}
    for workspace, some in groupby(asked, key=lambda each: each.account.workspace):
        here = columns.platform == workspace.platform.value, columns.workspace == workspace.id
        rows = await _accounts(session, columns.id, [each.account.id for each in some], *here)
        found |= {_account(row): row for row in rows}
    return found


def _news(before: Mapping[AccountRef, Any], profiles: Mapping[AccountRef, Profile]) -> list[AccountRef]:
    """Give the members whose address was not known before."""
    return [
        account
        for account, row in before.items()
        if row.standing != Standing.MEMBER.value or address(row.email) != address(profiles[account].email)
    ]


def _for_now(row: Any, profile: Profile) -> Profile:
    """Keep the address as it was, so that it is seen to be new; none where it is new only that they are a member."""
    return replace(profile, email="" if address(row.email) == address(profile.email) else row.email)


async def _rounds(
    session: Session, before: Mapping[AccountRef, Any], profiles: Mapping[AccountRef, Profile]
) -> list[dict[PersonId, PersonId]]:
    """Say who becomes whom, one after the other where several become the same."""
    asked = {
        account: Known(PersonId(row.person_id), profiles[account].name, profiles[account].email)
        for account, row in before.items()
    }
    known, places = await _with_the_others(session, asked)
    newly = {PersonId(before[account].person_id) for account in _news(before, profiles)}
    becoming = [_becoming(persons, newly) for persons in same_human(known, places)]
    return [dict(pair for pair in some if pair) for some in zip_longest(*becoming)]


async def known_elsewhere(session: Session, strangers: Collection[Profile]) -> dict[AccountRef, PersonId]:
    """Give who of those without an account is known already, by the same e-mail address in another workspace."""
    asked = {
        each.account: Known(PersonId(uuid4()), each.name, each.email)
        for each in strangers
        if each.standing is Standing.MEMBER and each.email
    }
    known, places = await _with_the_others(session, asked)
    accounts_of = {each.person: account for account, each in asked.items()}
    for person, account in accounts_of.items():
        places[person].append(account.workspace)
    return {
        accounts_of[person]: min(there)
        for persons in same_human(known, places)
        if (there := persons - accounts_of.keys())
        for person in persons & accounts_of.keys()
    }


async def _with_the_others(
    session: Session, asked: Mapping[AccountRef, Known]
) -> tuple[list[Known], defaultdict[PersonId, list[WorkspaceRef]]]:
    """Give them with all members who have one of their addresses, and in which workspaces each has an account."""
    lowered = sa.func.lower(accounts.c.email)
    is_member = accounts.c.standing == Standing.MEMBER.value
    known = [*asked.values()]
    there = await _accounts(session, lowered, {address(each.email) for each in known}, is_member)
    known += [Known(PersonId(row.person_id), row.name, row.email) for row in there if _account(row) not in asked]
    places: defaultdict[PersonId, list[WorkspaceRef]] = defaultdict(list)
    for row in await _accounts(session, accounts.c.person_id, {each.person for each in known}):
        places[PersonId(row.person_id)].append(_account(row).workspace)
    return known, places


def _becoming(persons: frozenset[PersonId], newly: Collection[PersonId]) -> list[tuple[PersonId, PersonId]]:
    stays = min(persons.difference(newly) or persons)
    return [(person, stays) for person in sorted(persons - {stays})]


async def _accounts(
    session: Session, column: sa.ColumnElement[Any], values: Iterable[Any], *conditions: sa.ColumnElement[bool]
) -> list[Any]:
    """Give the organisation's accounts that have one of the values."""
    own = accounts.c.organisation_id == session.organisation
    found: list[Any] = []
    for some in portions(sorted(values)):
        found += await session.read_for_write(sa.select(accounts).where(own, column.in_(some), *conditions))
    return found


def _account(row: Any) -> AccountRef:
    return AccountRef(WorkspaceRef(Platform(row.platform), row.workspace), row.id)
