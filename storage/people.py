"""People and accounts in SQL."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial
from itertools import groupby
from typing import Final
from uuid import UUID, uuid4

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from bot.identity import AccountRef, ConversationRef, PersonId, Platform, TeamId, WorkspaceRef
from bot.people.model import Addressed, Colleague, Place, Role
from bot.ports import Profile, Standing
from storage import tables
from storage.addressed import has_several_workspaces, known_elsewhere, unite_addressed
from storage.engine import Lookup, Row
from storage.portions import portions
from storage.session import Session
from storage.sqlite_values import as_uuid
from storage.turn import take_turn
from storage.uniting import United, tell

# One row per account, place and home. An account without a team has one row with nothing after `email`.
_COLUMNS: Final = """
    SELECT a.person_id, a.platform, a.workspace, a.id, a.name, a.locale, a.timezone, a.standing, a.admin,
        a.email, t.id AS team_id, t.name AS team_name, m.role, c.platform, c.workspace, c.id
"""
_PLACES: Final = """
    LEFT JOIN memberships m
        ON m.organisation_id = a.organisation_id AND m.person_id = a.person_id AND m.ends_at IS NULL
    LEFT JOIN teams t ON t.organisation_id = m.organisation_id AND t.id = m.team_id
    LEFT JOIN conversations c ON c.organisation_id = m.organisation_id AND c.team_id = m.team_id
"""
_ORDER: Final = "ORDER BY a.person_id, m.begins_at, t.id, c.platform, c.workspace"
# The accounts come as JSON: [[platform, workspace, id], ...].
_COLLEAGUES: Final = Lookup(
    postgresql=f"""
        {_COLUMNS} FROM json_array_elements($2::json) AS asked (account)
        JOIN accounts a ON a.organisation_id = $1
            AND a.platform = asked.account ->> 0 AND a.workspace = asked.account ->> 1 AND a.id = asked.account ->> 2
        {_PLACES} {_ORDER}
    """,
    sqlite=f"""
        {_COLUMNS} FROM json_each(?2) AS asked CROSS JOIN accounts a ON a.organisation_id = ?1
            AND a.platform = json_extract(asked.value, '$[0]')
            AND a.workspace = json_extract(asked.value, '$[1]')
            AND a.id = json_extract(asked.value, '$[2]')
        {_PLACES} {_ORDER}
    """,
)
_IN_TEAM: Final = f"""
    {_COLUMNS} FROM memberships asked
    JOIN accounts a ON a.organisation_id = asked.organisation_id AND a.person_id = asked.person_id
    {_PLACES}
    WHERE asked.organisation_id = $1 AND asked.team_id = $2 AND asked.ends_at IS NULL
        AND a.platform = $3 AND a.workspace = $4
    {_ORDER}
"""
_TEAM_MEMBERS: Final = Lookup(postgresql=_IN_TEAM, sqlite=_IN_TEAM.replace("$", "?"))


class SqlPeople:
    """The people of one organisation."""

    def __init__(self, session: Session) -> None:
        self._session = session

    async def colleagues(self, accounts: Sequence[AccountRef]) -> list[Colleague]:
        """Give those of the accounts that are known, with today's places."""
        asked = [(each.workspace.platform.value, each.workspace.id, each.id) for each in dict.fromkeys(accounts)]
        if not asked:
            return []
        return _colleagues(await self._session.look_up(_COLLEAGUES, self._session.organisation, json.dumps(asked)))

    async def welcome(self, profiles: Sequence[Profile], now: datetime) -> bool:
        """Add accounts that are new, each with a person, and bring the others up to date."""
        # In one order, so that two who welcome the same people do not wait for each other.
        latest: Mapping[AccountRef, Profile] = {
            profile.account: profile for profile in sorted(profiles, key=lambda each: each.account)
        }
        several = await has_several_workspaces(self._session)
        united = False
        if several:
            latest, united = await unite_addressed(self._session, latest)
        known = await self._persons(latest)
        if several and len(known) < len(latest):
            # One who comes in two workspaces at once is seen to be one, and so is one of whom this tells the address.
            await take_turn(self._session)
            known = await self._persons(latest)
            await self._bring_up_to_date({each: latest[each] for each in latest if each in known}, known, now)
        strangers = [profile for account, profile in latest.items() if account not in known]
        for _, some in groupby(strangers, key=lambda each: each.account.workspace):
            await self._add(list(some), now, several=several)
        if strangers:
            known = await self._persons(latest)
        await self._bring_up_to_date(latest, known, now)
        return united

    async def _persons(self, accounts: Iterable[AccountRef]) -> dict[AccountRef, UUID]:
        """Give the persons of accounts that are there."""
        columns = tables.accounts.c
        by_workspace: dict[WorkspaceRef, list[str]] = {}
        for account in accounts:
            by_workspace.setdefault(account.workspace, []).append(account.id)
        found: dict[AccountRef, UUID] = {}
        for workspace, ids in by_workspace.items():
            for some in portions(ids):
                rows = await self._session.read_for_write(
                    sa.select(columns.id, columns.person_id).where(
                        columns.organisation_id == self._session.organisation,
                        columns.platform == workspace.platform.value,
                        columns.workspace == workspace.id,
                        columns.id.in_(some),
                    )
                )
                found |= {AccountRef(workspace, row.id): row.person_id for row in rows}
        return found

    async def _add(self, strangers: Sequence[Profile], now: datetime, *, several: bool) -> None:
        """Add accounts of one workspace, and persons for those who are nobody's yet.

        `several` says that there are other workspaces. If another was first with an account, theirs is the person.
        """
        known = await known_elsewhere(self._session, strangers) if several else {}
        made = {profile.account: known.get(profile.account) or uuid4() for profile in strangers}
        own = {"organisation_id": self._session.organisation}
        if newcomers := [each for each in strangers if each.account not in known]:
            await self._session.write(
                sa.insert(tables.persons),
                [
                    own | {"id": made[each.account], "name": each.name, "email": each.email, "created_at": now}
                    for each in newcomers
                ],
            )
        insert = sqlite.insert if self._session.database.is_sqlite else postgresql.insert
        await self._session.write(
            insert(tables.accounts).on_conflict_do_nothing(index_elements=list(tables.accounts.primary_key)),
            [
                own
                | _account_columns(each.account)
                | _profile_columns(each)
                | {"person_id": made[each.account], "updated_at": now}
                for each in strangers
            ],
        )
        there = await self._persons(made)
        joined = [United(self._session.organisation, known[each], None, (each,)) for each in known]
        self._session.when_durable(partial(tell, joined))
        if lost := [person for account, person in made.items() if account not in known and there[account] != person]:
            await self._session.write(
                sa.delete(tables.persons).where(
                    tables.persons.c.organisation_id == self._session.organisation, tables.persons.c.id.in_(lost)
                )
            )

    async def _bring_up_to_date(
        self, latest: Mapping[AccountRef, Profile], known: Mapping[AccountRef, UUID], now: datetime
    ) -> None:
        own = self._session.organisation
        persons, accounts = tables.persons.c, tables.accounts.c
        if not latest:
            return
        await self._session.write(
            sa.update(tables.persons).where(persons.organisation_id == own, persons.id == sa.bindparam("person")),
            [
                {"person": known[account], "name": profile.name, "email": profile.email}
                for account, profile in latest.items()
            ],
        )
        await self._session.write(
            sa.update(tables.accounts).where(
                accounts.organisation_id == own,
                accounts.platform == sa.bindparam("of_platform"),
                accounts.workspace == sa.bindparam("of_workspace"),
                accounts.id == sa.bindparam("of_id"),
            ),
            [
                {f"of_{name}": value for name, value in _account_columns(account).items()}
                | _profile_columns(profile)
                | {"updated_at": now}
                for account, profile in latest.items()
            ],
        )

    async def account_in(self, workspace: WorkspaceRef, persons: Sequence[PersonId]) -> dict[PersonId, AccountRef]:
        """Give the persons' accounts in a workspace, for those who have one there."""
        columns = tables.accounts.c
        rows = await self._session.read(
            sa.select(columns.person_id, columns.id).where(
                columns.organisation_id == self._session.organisation,
                columns.platform == workspace.platform.value,
                columns.workspace == workspace.id,
                columns.person_id.in_(persons),
            )
        )
        return {PersonId(row.person_id): AccountRef(workspace, row.id) for row in rows}

    async def reached(self, persons: Sequence[PersonId]) -> dict[PersonId, AccountRef]:
        """Give an account of each person, those who have not left first."""
        columns = tables.accounts.c
        rows = await self._session.read(
            sa.select(columns.person_id, columns.platform, columns.workspace, columns.id)
            .where(columns.organisation_id == self._session.organisation, columns.person_id.in_(persons))
            .order_by(columns.standing != Standing.LEFT.value, columns.platform.desc(), columns.workspace.desc())
        )
        # The last of each person's stays.
        return {
            PersonId(row.person_id): AccountRef(WorkspaceRef(Platform(row.platform), row.workspace), row.id)
            for row in rows
        }

    async def elsewhere(self, workspace: WorkspaceRef) -> dict[WorkspaceRef, list[Profile]]:
        """Give the organisation's other workspaces, each with the members who are known there."""
        workspaces, columns = tables.workspaces.c, tables.accounts.c
        own = self._session.organisation
        beside = await self._session.read(
            sa.select(workspaces.platform, workspaces.id).where(
                workspaces.organisation_id == own,
                sa.or_(workspaces.platform != workspace.platform.value, workspaces.id != workspace.id),
            )
        )
        found: dict[WorkspaceRef, list[Profile]] = {WorkspaceRef(Platform(row.platform), row.id): [] for row in beside}
        if found:
            rows = await self._session.read(
                sa.select(tables.accounts).where(
                    columns.organisation_id == own,
                    columns.standing == Standing.MEMBER.value,
                    sa.or_(columns.platform != workspace.platform.value, columns.workspace != workspace.id),
                )
            )
            for row in rows:
                account = AccountRef(WorkspaceRef(Platform(row.platform), row.workspace), row.id)
                known = Profile(account, row.name, row.handle, row.email, row.locale, row.timezone, admin=row.admin)
                found.setdefault(account.workspace, []).append(known)
        return found

    async def addressed(self, workspace: WorkspaceRef) -> list[Addressed]:
        """Give everyone with an account in the workspace that has an e-mail, by e-mail."""
        columns = tables.accounts.c
        rows = await self._session.read(
            sa.select(columns.person_id, columns.email, columns.name, columns.standing)
            .where(
                columns.organisation_id == self._session.organisation,
                columns.platform == workspace.platform.value,
                columns.workspace == workspace.id,
                columns.email != "",
            )
            .order_by(columns.email, columns.id)
        )
        return [Addressed(PersonId(row.person_id), row.email, row.name, Standing(row.standing)) for row in rows]

    async def team_members(self, team: TeamId, workspace: WorkspaceRef) -> list[Colleague]:
        """Give today's members and supervisors of a team who have an account in the workspace."""
        return _colleagues(
            await self._session.look_up(
                _TEAM_MEMBERS, self._session.organisation, team, workspace.platform.value, workspace.id
            )
        )


def _account_columns(account: AccountRef) -> dict[str, str]:
    return {"platform": account.workspace.platform.value, "workspace": account.workspace.id, "id": account.id}


def _profile_columns(profile: Profile) -> dict[str, str | bool]:
    return {
        "name": profile.name,
        "handle": profile.handle,
        "email": profile.email,
        "locale": profile.locale,
        "timezone": profile.timezone,
        "standing": profile.standing.value,
        "admin": profile.admin,
    }


def _colleagues(rows: Sequence[Row]) -> list[Colleague]:
    """Gather the rows of one account, and those of one place."""
    found: dict[AccountRef, Colleague] = {}
    places: dict[AccountRef, dict[TeamId, Place]] = {}
    for person, platform, workspace_id, account_id, name, locale, timezone, standing, admin, email, *place in rows:
        account = AccountRef(WorkspaceRef(Platform(platform), workspace_id), account_id)
        known = places.setdefault(account, {})
        if place[0] is not None:
            team = TeamId(as_uuid(place[0]))
            known[team] = _placed(known.get(team) or Place(team, place[1], Role(place[2])), account, *place[3:])
        found[account] = Colleague(
            person=PersonId(as_uuid(person)),
            account=account,
            name=name,
            locale=locale,
            timezone=timezone,
            standing=Standing(standing),
            admin=bool(admin),
            email=email,
            places=tuple(known.values()),
        )
    return list(found.values())


def _placed(place: Place, account: AccountRef, platform: str | None, workspace: str | None, id: str | None) -> Place:
    """Give the place with one more home, if there is one in the row."""
    if platform is None or workspace is None or id is None:
        return place
    home = ConversationRef(WorkspaceRef(Platform(platform), workspace), id)
    if home.workspace == account.workspace:
        return replace(place, home=home)
    return replace(place, elsewhere=(*place.elsewhere, home))
