"""Everyone in a workspace, searchable by name. Slack has no search by name, so the list is fetched and kept."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from typing import Final

import structlog

from adapters.name_index import NameIndex
from bot.errors import TemporaryDeliveryError
from bot.ports import Profile

REFRESH_SECONDS: Final = 600
RETRY_SECONDS: Final = 30

log = structlog.get_logger(__name__)


class Roster:
    """The kept list. It is fetched at the first search, and again in the background once it is ten minutes old.

    While Slack cannot be asked, an old list answers; a failed fetch is tried again after half a minute at the
    earliest. However many search, one fetch is under way. `timer` gives seconds.
    """

    def __init__(self, everyone: Callable[[], AsyncIterator[Profile]], timer: Callable[[], float]) -> None:
        self._everyone = everyone
        self._timer = timer
        self._index: NameIndex | None = None
        self._due = float("-inf")
        self._fetching: asyncio.Task[None] | None = None
        self._learned: dict[str, Profile] = {}
        self._failure = "directory_not_fetched"

    async def find(self, name: str, *, within: timedelta) -> list[Profile]:
        """Give at most 25 members by handle or name, exact handle first. Raises TemporaryDeliveryError."""
        fetching = self.refresh()
        if self._index is None and fetching is not None:
            await asyncio.wait({fetching}, timeout=within.total_seconds())
        if self._index is None:
            raise TemporaryDeliveryError(self._failure)
        return self._index.find(name)

    def known(self, account: str) -> Profile | None:
        """Give a member's or guest's profile if the list is there and has it."""
        return self._index.get(account) if self._index else None

    def refresh(self) -> asyncio.Task[None] | None:
        """Begin a fetch if one is due; give the one that is under way."""
        if self._fetching is None and self._timer() >= self._due:
            self._fetching = asyncio.create_task(self._fetch())
        return self._fetching

    def learn(self, profile: Profile) -> None:
        """Take in one changed profile, also into a list that is being fetched."""
        if self._index:
            self._index.put(profile)
        if self._fetching:
            self._learned[profile.account.id] = profile

    async def close(self) -> None:
        """Stop fetching."""
        if self._fetching:
            self._fetching.cancel()
            await asyncio.wait({self._fetching})

    async def _fetch(self) -> None:
        wait: float = REFRESH_SECONDS
        try:
            profiles = [profile async for profile in self._everyone()]
            index = await asyncio.to_thread(NameIndex, profiles)
            for profile in self._learned.values():
                index.put(profile)
            self._index = index
        except TemporaryDeliveryError as error:
            self._failure = error.reason
            asked = error.retry_after.total_seconds() if error.retry_after else 0
            wait = max(RETRY_SECONDS, asked)
            log.warning("slack_roster_not_fetched", reason=error.reason)
        finally:
            self._learned.clear()
            self._due = self._timer() + wait
            self._fetching = None
