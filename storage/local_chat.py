"""What the local chat keeps in SQL: its people, conversations and messages, and how far its clock is ahead."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.identity import AccountRef, ConversationRef, WorkspaceRef
from bot.ports import Profile, Standing
from storage.engine import Database
from storage.local_chat_tables import accounts, clocks, conversations, members, messages

_HEAD: Final = "head"
"""The role of whoever administers the chat: a head of several teams, as on any platform."""


@dataclass(frozen=True, slots=True)
class LocalAccount:
    """Someone who uses the local chat."""

    profile: Profile
    role: str
    team: str


@dataclass(frozen=True, slots=True)
class LocalConversation:
    """A channel or a conversation with the bot. `members` are account ids."""

    id: str
    name: str
    topic: str
    direct: bool
    members: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class LocalMessage:
    """A message. `author` is None for the bot, whose words are in `view` as JSON. Times are aware, in UTC.

    `under` is the id of the message that it continues.
    """

    id: str
    author: str | None
    private_to: str | None
    at: datetime
    text: str
    view: str | None
    edited_at: datetime | None
    under: str | None
    removed: bool


class LocalChatStore:
    """The store that the local chat asks for, on SQLite or PostgreSQL. Every method commits by itself."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def put_account(self, profile: Profile, role: str, team: str) -> None:
        """Add an account, or bring it up to date."""
        key = {"workspace": profile.account.workspace.id, "id": profile.account.id}
        values = {
            "name": profile.name,
            "handle": profile.handle,
            "email": profile.email,
            "locale": profile.locale,
            "timezone": profile.timezone,
            "standing": profile.standing.value,
            "role": role,
            "team": team,
        }
        async with self._database.writing() as connection:
            await _put(connection, accounts, key, values)

    async def accounts(self, workspace: WorkspaceRef) -> list[LocalAccount]:
        """Give everyone, in the order they were added."""
        query = sa.select(accounts).where(accounts.c.workspace == workspace.id).order_by(accounts.c.position)
        async with self._database.reading() as connection:
            rows = (await connection.execute(query)).all()
        return [
            LocalAccount(
                Profile(
                    AccountRef(workspace, row.id),
                    row.name,
                    handle=row.handle,
                    email=row.email,
                    locale=row.locale,
                    timezone=row.timezone,
                    standing=Standing(row.standing),
                    admin=row.role == _HEAD,
                ),
                row.role,
                row.team,
            )
            for row in rows
        ]

    async def put_conversation(
        self, conversation: ConversationRef, name: str, topic: str, people: Sequence[str], *, direct: bool
    ) -> None:
        """Add a conversation, or bring it up to date. Members who are in it stay."""
        workspace = conversation.workspace.id
        key = {"workspace": workspace, "id": conversation.id}
        async with self._database.writing() as connection:
            await _put(connection, conversations, key, {"name": name, "topic": topic, "direct": direct})
            for member in people:
                of = {"workspace": workspace, "conversation": conversation.id, "account": member}
                await _put(connection, members, of, {})

    async def conversations(self, workspace: WorkspaceRef) -> list[LocalConversation]:
        """Give all conversations with their members, in the order they were added."""
        known = (
            sa.select(conversations).where(conversations.c.workspace == workspace.id).order_by(conversations.c.position)
        )
        there = (
            sa.select(members.c.conversation, members.c.account)
            .where(members.c.workspace == workspace.id)
            .order_by(members.c.position)
        )
        async with self._database.reading() as connection:
            rows = (await connection.execute(known)).all()
            pairs = (await connection.execute(there)).all()
        by_conversation: dict[str, list[str]] = {}
        for pair in pairs:
            by_conversation.setdefault(pair.conversation, []).append(pair.account)
        return [
            LocalConversation(row.id, row.name, row.topic, row.direct, tuple(by_conversation.get(row.id, ())))
            for row in rows
        ]

    async def add_message(
        self,
        conversation: ConversationRef,
        id: str,
        *,
        author: str | None,
        at: datetime,
        key: str,
        text: str = "",
        view: str | None = None,
        private_to: str | None = None,
        under: str | None = None,
    ) -> str:
        """Add a message and give its id; if the conversation has one with this key, add nothing and give that id."""
        row = {**_in(conversation), "id": id, "author": author, "at": at, "key": key, "text": text, "view": view}
        try:
            async with self._database.writing() as connection:
                await connection.execute(messages.insert().values(**row, private_to=private_to, under=under))
        except IntegrityError:
            same = sa.select(messages.c.id).where(*_within(conversation), messages.c.key == key)
            async with self._database.reading() as connection:
                first = (await connection.execute(same)).scalar()
            if first is None:
                raise
            return str(first)
        return id

    async def message(self, conversation: ConversationRef, id: str) -> LocalMessage | None:
        """Give a message, removed or not."""
        return await self._one(sa.select(messages).where(*_within(conversation), messages.c.id == id))

    async def message_with_key(self, conversation: ConversationRef, key: str, since: datetime) -> LocalMessage | None:
        """Give the message with this key written at `since` or later, removed or not."""
        return await self._one(
            sa.select(messages).where(*_within(conversation), messages.c.key == key, messages.c.at >= since)
        )

    async def messages(self, conversation: ConversationRef, viewer: str, limit: int) -> list[LocalMessage]:
        """Give the newest messages that the viewer may see, oldest first, without removed ones.

        What continues a message is given right after it, and is not counted in `limit`.
        """
        newest = (
            sa.select(messages)
            .where(*_within(conversation), *_visible_to(viewer), _stands_alone())
            .order_by(messages.c.at.desc(), messages.c.id.desc())
            .limit(limit)
        )
        async with self._database.reading() as connection:
            rows = (await connection.execute(newest)).all()
            continuing = (
                sa.select(messages)
                .where(*_within(conversation), *_visible_to(viewer), messages.c.under.in_([row.id for row in rows]))
                .order_by(messages.c.at, messages.c.id)
            )
            replies = (await connection.execute(continuing)).all()
        by_first: dict[str, list[LocalMessage]] = {}
        for reply in replies:
            by_first.setdefault(reply.under, []).append(_message(reply))
        return [message for row in reversed(rows) for message in (_message(row), *by_first.get(row.id, ()))]

    async def change_message(self, conversation: ConversationRef, id: str, view: str, at: datetime) -> bool:
        """Give a message new content; False if it is not there or was removed."""
        query = (
            messages.update()
            .where(*_within(conversation), messages.c.id == id, messages.c.removed_at.is_(None))
            .values(view=view, edited_at=at)
        )
        async with self._database.writing() as connection:
            return (await connection.execute(query)).rowcount == 1

    async def remove_message(self, conversation: ConversationRef, id: str, at: datetime) -> None:
        """Take a message away. Its key stays used."""
        query = (
            messages.update()
            .where(*_within(conversation), messages.c.id == id, messages.c.removed_at.is_(None))
            .values(removed_at=at)
        )
        async with self._database.writing() as connection:
            await connection.execute(query)

    async def mark_read(self, conversation: ConversationRef, viewer: str, at: datetime) -> None:
        """Note that a member has seen everything up to a time."""
        query = members.update().where(
            members.c.workspace == conversation.workspace.id,
            members.c.conversation == conversation.id,
            members.c.account == viewer,
        )
        async with self._database.writing() as connection:
            await connection.execute(query.values(read_at=at))

    async def unread(self, workspace: WorkspaceRef, viewer: str) -> dict[str, int]:
        """Count, by conversation, the messages of others that a member may see and has not seen.

        A message and all that continues it count once.
        """
        whole = sa.func.coalesce(messages.c.under, messages.c.id)
        query = (
            sa.select(messages.c.conversation, sa.func.count(sa.distinct(whole)))
            .join(
                members,
                sa.and_(members.c.workspace == messages.c.workspace, members.c.conversation == messages.c.conversation),
            )
            .where(
                messages.c.workspace == workspace.id,
                members.c.account == viewer,
                sa.or_(members.c.read_at.is_(None), messages.c.at > members.c.read_at),
                sa.or_(messages.c.author.is_(None), messages.c.author != viewer),
                *_visible_to(viewer),
            )
            .group_by(messages.c.conversation)
        )
        async with self._database.reading() as connection:
            rows = (await connection.execute(query)).all()
        return {conversation: number for conversation, number in rows}  # noqa: C416 - rows are not pairs to mypy

    async def ahead(self, workspace: WorkspaceRef) -> timedelta:
        """Give how far the workspace's clock is ahead; nothing if it was never moved."""
        query = sa.select(clocks.c.ahead_seconds).where(clocks.c.workspace == workspace.id)
        async with self._database.reading() as connection:
            return timedelta(seconds=(await connection.execute(query)).scalar() or 0)

    async def move_ahead(self, workspace: WorkspaceRef, ahead: timedelta) -> None:
        """Note how far the workspace's clock is ahead, unless it is farther ahead already."""
        # Rounded up: after a restart, nothing that has happened lies in the future.
        seconds = -(-ahead // timedelta(seconds=1))
        same = clocks.c.workspace == workspace.id
        later = clocks.update().where(same, clocks.c.ahead_seconds < seconds).values(ahead_seconds=seconds)
        async with self._database.writing() as connection:
            if (await connection.execute(sa.select(clocks.c.ahead_seconds).where(same))).scalar() is None:
                first = clocks.insert().values(workspace=workspace.id, ahead_seconds=seconds)
                await connection.execute(first)
            else:
                await connection.execute(later)

    async def _one(self, query: sa.Select[tuple[object, ...]]) -> LocalMessage | None:
        async with self._database.reading() as connection:
            row = (await connection.execute(query)).one_or_none()
        return None if row is None else _message(row)


async def _put(
    connection: AsyncConnection, table: sa.Table, key: Mapping[str, str], values: Mapping[str, object]
) -> None:
    same = [table.c[name] == value for name, value in key.items()]
    if (await connection.execute(sa.select(sa.literal(1)).select_from(table).where(*same))).scalar() is None:
        last = sa.select(sa.func.coalesce(sa.func.max(table.c.position), 0)).scalar_subquery()
        await connection.execute(table.insert().values(**key, **values, position=last + 1))
    elif values:
        await connection.execute(table.update().where(*same).values(**values))


def _in(conversation: ConversationRef) -> dict[str, str]:
    return {"workspace": conversation.workspace.id, "conversation": conversation.id}


def _within(conversation: ConversationRef) -> tuple[sa.ColumnElement[bool], ...]:
    return messages.c.workspace == conversation.workspace.id, messages.c.conversation == conversation.id


def _visible_to(viewer: str) -> tuple[sa.ColumnElement[bool], ...]:
    return (
        messages.c.removed_at.is_(None),
        sa.or_(messages.c.private_to.is_(None), messages.c.private_to == viewer),
    )


def _stands_alone() -> sa.ColumnElement[bool]:
    """Say of a message that it continues none that is still there."""
    first = messages.alias()
    there = sa.exists().where(
        first.c.workspace == messages.c.workspace,
        first.c.conversation == messages.c.conversation,
        first.c.id == messages.c.under,
        first.c.removed_at.is_(None),
    )
    return sa.or_(messages.c.under.is_(None), ~there)


def _message(row: sa.Row[tuple[object, ...]]) -> LocalMessage:
    return LocalMessage(
        row.id,
        row.author,
        row.private_to,
        row.at,
        row.text,
        row.view,
        row.edited_at,
        row.under,
        removed=row.removed_at is not None,
    )
