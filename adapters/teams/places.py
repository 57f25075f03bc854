"""Which channels and groups the bot is in, in Teams: in memory, and kept in storage."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from typing import Final

from adapters.teams.store import Place, TeamsStore
from bot.identity import ConversationRef, WorkspaceRef

FRESH_SECONDS: Final = 600
"""How long another process's news may stay unseen where nothing depends on it."""


class Places:
    """The places of one tenant. `timer` gives seconds and may start anywhere."""

    def __init__(self, workspace: WorkspaceRef, store: TeamsStore, timer: Callable[[], float]) -> None:
        self._workspace = workspace
        self._store = store
        self._timer = timer
        self._known: dict[str, Place] | None = None
        self._due = float("-inf")
        self._keeping = asyncio.Lock()
        self.entered = 0
        """Counts the places that were new. Who keeps lists of people looks at it."""

    async def all(self) -> list[Place]:
        """Give every place."""
        return list((await self._read()).values())

    async def one(self, conversation: ConversationRef) -> Place | None:
        """Give one of them; None if the bot is not in it."""
        return (await self._read()).get(conversation.id)

    async def keep(self, place: Place) -> bool:
        """Take in a place; storage is written only where something is new. Say whether the place is.

        Of several who bring the same one at once, one is told that it is new.
        """
        if _with_team(place, known := await self.one(place.conversation)) == known:
            return False
        async with self._keeping:
            # What memory holds may be of before another was kept.
            self.look_anew()
            known = await self.one(place.conversation)
            place = _with_team(place, known)
            if place != known:
                await self._store.keep_place(place.conversation, place.service, place.team)
                self.entered += known is None
                (await self._read())[place.conversation.id] = place
            return known is None

    async def forget(self, conversation: ConversationRef) -> None:
        """Forget a place that the bot has left, if it is known."""
        if (await self._read()).pop(conversation.id, None):
            await self._store.forget_place(conversation)

    async def forget_team(self, team: str) -> None:
        """Forget every channel of a team that the bot has left."""
        # A group chat is of no team.
        if team:
            await self._store.forget_team(self._workspace, team)
            self.look_anew()

    def look_anew(self) -> None:
        """Read the places again before they are used: another process may have kept or forgotten some."""
        self._known = None

    async def _read(self) -> dict[str, Place]:
        if self._known is None or self._timer() >= self._due:
            read = await self._store.places(self._workspace)
            self._known = {each.conversation.id: Place(each.conversation, each.service, each.team) for each in read}
            self._due = self._timer() + FRESH_SECONDS
        return self._known


def _with_team(place: Place, known: Place | None) -> Place:
    """Give a place with the team that it is known to be of, if it does not say so itself."""
    return replace(place, team=known.team) if known and not place.team else place
