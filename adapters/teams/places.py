"""Which channels and groups the bot is in, in Teams: in memory, and kept in storage."""

from __future__ import annotations

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
        self.entered = 0
        """Counts the places that were new. Who keeps lists of people looks at it."""

    async def all(self) -> list[Place]:
        """Give every place."""
        return list((await self._read()).values())

    async def one(self, conversation: ConversationRef) -> Place | None:
        """Give one of them; None if the bot is not in it."""
        return (await self._read()).get(conversation.id)

    async def keep(self, place: Place) -> None:
        """Take in a place; storage is written only where something is new."""
        places = await self._read()
        known = places.get(place.conversation.id)
        if known and not place.team:
            place = replace(place, team=known.team)
        if known != place:
            await self._store.keep_place(place.conversation, place.service, place.team)
            self.entered += known is None
            places[place.conversation.id] = place

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
