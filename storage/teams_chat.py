"""What must be remembered of Microsoft Teams to write to somebody there.

It is platform plumbing and belongs to a workspace, not to an organisation.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from bot.identity import AccountRef, ConversationRef, Platform, WorkspaceRef
from bot.ports import Profile, Standing
from storage.engine import Database
from storage.tables import Instant, metadata

places: Final = sa.Table(
    "teams_places",
    metadata,
    sa.Column("workspace", sa.Text(), primary_key=True),
    sa.Column("id", sa.Text(), primary_key=True),
    sa.Column("service", sa.Text(), nullable=False),
    sa.Column("team", sa.Text(), nullable=False, server_default=""),
)

contacts: Final = sa.Table(
    "teams_contacts",
    metadata,
    sa.Column("workspace", sa.Text(), primary_key=True),
    sa.Column("id", sa.Text(), primary_key=True),
    sa.Column("address", sa.Text(), nullable=False),
    sa.Column("name", sa.Text(), nullable=False),
    sa.Column("handle", sa.Text(), nullable=False),
    sa.Column("email", sa.Text(), nullable=False),
    sa.Column("locale", sa.Text(), nullable=False),
    sa.Column("timezone", sa.Text(), nullable=False),
    sa.Column("standing", sa.Text(), nullable=False),
    sa.Column("chat", sa.Text(), nullable=False),
    sa.Column("service", sa.Text(), nullable=False),
    sa.Column("blocked_at", Instant(), nullable=True),
    sa.Index("ix_teams_contacts_workspace_address", "workspace", "address"),
)


@dataclass(frozen=True, slots=True)
class TeamsPlace:
    """A channel or group chat that the bot is in, where its region is written to, and the team of a channel."""

    conversation: ConversationRef
    service: str
    team: str


@dataclass(frozen=True, slots=True)
class TeamsContact:
    """A person, the id by which this bot addresses them, and their chat with it. Times are aware, in UTC."""

    profile: Profile
    address: str
    chat: str
    service: str
    blocked_at: datetime | None


class TeamsChatStore:
    """The store that the Teams adapter asks for, on SQLite or PostgreSQL. Every method commits by itself."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def places(self, workspace: WorkspaceRef) -> list[TeamsPlace]:
        """Give every place the bot is in, in the order of their ids."""
        rows = await self._read(sa.select(places).where(places.c.workspace == workspace.id).order_by(places.c.id))
        return [TeamsPlace(ConversationRef(workspace, row.id), row.service, row.team) for row in rows]

    async def keep_place(self, conversation: ConversationRef, service: str, team: str) -> None:
        """Add a place or replace it."""
        values = {"service": service, "team": team}
        await self._put(places, {"workspace": conversation.workspace.id, "id": conversation.id}, values, values)

    async def forget_place(self, conversation: ConversationRef) -> None:
        """Forget a place, if it is there."""
        await self._forget(conversation.workspace, places.c.id == conversation.id)

    async def forget_team(self, workspace: WorkspaceRef, team: str) -> None:
        """Forget every place of a team."""
        await self._forget(workspace, places.c.team == team)

    async def services(self, workspace: WorkspaceRef) -> list[str]:
        """Give the regions of places and contacts, each once, those of most first."""
        every = sa.union_all(
            *(
                sa.select(table.c.service).where(table.c.workspace == workspace.id, table.c.service != "")
                for table in (places, contacts)
            )
        ).subquery()
        counted = sa.func.count().desc()
        rows = await self._read(sa.select(every.c.service).group_by(every.c.service).order_by(counted, every.c.service))
        return [row.service for row in rows]

    async def contact(self, account: AccountRef) -> TeamsContact | None:
        """Give a person."""
        return await self._contact(account.workspace, contacts.c.id == account.id)

    async def addressed(self, workspace: WorkspaceRef, address: str) -> TeamsContact | None:
        """Give the person with this address."""
        return await self._contact(workspace, contacts.c.address == address)

    async def contacts(self, workspace: WorkspaceRef, after: str, most: int) -> list[TeamsContact]:
        """Give the first people whose ids come after an id, in the order of their ids; at most `most`."""
        these = (contacts.c.workspace == workspace.id, contacts.c.id > after)
        rows = await self._read(sa.select(contacts).where(*these).order_by(contacts.c.id).limit(most))
        return [_contact(row) for row in rows]

    async def keep_contact(self, account: AccountRef, news: Mapping[str, object]) -> None:
        """Change what is named of a person, and nothing else; add somebody who is not there."""
        key = {"workspace": account.workspace.id, "id": account.id}
        await self._put(contacts, key, {**_NOBODY, **news}, news)

    async def _contact(self, workspace: WorkspaceRef, which: sa.ColumnElement[bool]) -> TeamsContact | None:
        rows = await self._read(sa.select(contacts).where(contacts.c.workspace == workspace.id, which).limit(1))
        return _contact(rows[0]) if rows else None

    async def _read(self, query: sa.Select[Any]) -> list[Any]:
        async with self._database.reading() as connection:
            return list((await connection.execute(query)).all())

    async def _forget(self, workspace: WorkspaceRef, which: sa.ColumnElement[bool]) -> None:
        async with self._database.writing() as connection:
            await connection.execute(sa.delete(places).where(places.c.workspace == workspace.id, which))

    async def _put(
        self, table: sa.Table, key: Mapping[str, Any], values: Mapping[str, Any], changed: Mapping[str, Any]
    ) -> None:
        """Add a row with `values`; in one that is there, set what is `changed`."""
        insert = sqlite.insert if self._database.is_sqlite else postgresql.insert
        statement = insert(table).values(**key, **values)
        async with self._database.writing() as connection:
            await connection.execute(
                statement.on_conflict_do_update(index_elements=list(table.primary_key), set_=dict(changed))
            )


_NOBODY: Final[Mapping[str, object]] = {
    "address": "",
    "name": "",
    "handle": "",
    "email": "",
    "locale": "",
    "timezone": "",
    "standing": Standing.MEMBER,
    "chat": "",
    "service": "",
    "blocked_at": None,
}
"""Somebody of whom nothing is known."""


def _contact(row: Any) -> TeamsContact:
    profile = Profile(
        AccountRef(WorkspaceRef(Platform.TEAMS, row.workspace), row.id),
        row.name,
        handle=row.handle,
        email=row.email,
        locale=row.locale,
        timezone=row.timezone,
        standing=Standing(row.standing),
    )
    return TeamsContact(profile, row.address, row.chat, row.service, row.blocked_at)
