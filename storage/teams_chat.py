"""What must be remembered of Microsoft Teams to write to somebody there.

It is platform plumbing and belongs to a workspace, not to an organisation.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, TypeAlias

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.identity import AccountRef, ConversationRef, Platform, WorkspaceRef
from bot.ports import Profile, Standing
from storage.engine import Database
from storage.retry import persistently
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
    sa.Index("ix_teams_contacts_workspace_chat", "workspace", "chat"),
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


_Step: TypeAlias = tuple[sa.Executable, Sequence[Mapping[str, object]] | None]
"""A statement, and the rows that it is executed for; None if it needs none."""


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
        row = {"workspace": conversation.workspace.id, "id": conversation.id, "service": service, "team": team}
        await self._write([(self._upsert(places, ("service", "team")), [row])])

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

    async def in_chat(self, workspace: WorkspaceRef, chat: str) -> TeamsContact | None:
        """Give the person with whom the bot has this chat."""
        return await self._contact(workspace, contacts.c.chat == chat)

    async def known(self, workspace: WorkspaceRef, ids: Collection[str]) -> list[TeamsContact]:
        """Give those of some hundreds of people who are there, in any order."""
        these = (contacts.c.workspace == workspace.id, contacts.c.id.in_(ids))
        return [_contact(row) for row in await self._read(sa.select(contacts).where(*these))]

    async def contacts(self, workspace: WorkspaceRef, after: str, most: int) -> list[TeamsContact]:
        """Give the first people whose ids come after an id, in the order of their ids; at most `most`."""
        these = (contacts.c.workspace == workspace.id, contacts.c.id > after)
        rows = await self._read(sa.select(contacts).where(*these).order_by(contacts.c.id).limit(most))
        return [_contact(row) for row in rows]

    async def keep_contacts(self, workspace: WorkspaceRef, news: Mapping[str, Mapping[str, object]]) -> None:
        """Change what is named of people, by their ids, and nothing else, in one go; add those who are not there."""
        alike: dict[tuple[str, ...], list[dict[str, object]]] = defaultdict(list)
        # In the order of their ids, so that two processes rarely wait for each other in a circle.
        for id_, new in sorted(news.items()):
            alike[tuple(sorted(new))].append({"workspace": workspace.id, "id": id_, **_NOBODY, **new})
        await self._write([(self._upsert(contacts, columns), rows) for columns, rows in alike.items()])

    async def _contact(self, workspace: WorkspaceRef, which: sa.ColumnElement[bool]) -> TeamsContact | None:
        rows = await self._read(sa.select(contacts).where(contacts.c.workspace == workspace.id, which).limit(1))
        return _contact(rows[0]) if rows else None

    async def _read(self, query: sa.Select[Any]) -> list[Any]:
        return await persistently(lambda: self._read_once(query))

    async def _read_once(self, query: sa.Select[Any]) -> list[Any]:
        async with self._database.reading() as connection:
            return list((await connection.execute(query)).all())

    async def _forget(self, workspace: WorkspaceRef, which: sa.ColumnElement[bool]) -> None:
        await self._write([(sa.delete(places).where(places.c.workspace == workspace.id, which), None)])

    async def _write(self, steps: Sequence[_Step]) -> None:
        """Write in one transaction what may be written twice."""
        await persistently(lambda: self._write_once(steps))

    async def _write_once(self, steps: Sequence[_Step]) -> None:
        async with self._database.writing() as connection:
            for statement, rows in steps:
                await connection.execute(statement, rows)

    def _upsert(self, table: sa.Table, columns: Iterable[str]) -> sa.Executable:
        """Add rows; in those that are there, set some columns."""
        insert = (sqlite.insert if self._database.is_sqlite else postgresql.insert)(table)
        changed = {column: insert.excluded[column] for column in columns}
        return insert.on_conflict_do_update(index_elements=list(table.primary_key), set_=changed)


async def forget_block(connection: AsyncConnection, account: AccountRef) -> None:
    """Forget that somebody blocked the bot, if they are known here: Teams says so again if they still do."""
    known = (contacts.c.workspace == account.workspace.id, contacts.c.id == account.id)
    await connection.execute(
        sa.update(contacts).where(*known, contacts.c.blocked_at.is_not(None)).values(blocked_at=None)
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
