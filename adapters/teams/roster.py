"""Everyone the bot can see in a tenant, searchable by name. Teams has no search by name, so the lists are kept."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final

import structlog

from adapters.name_index import NameIndex
from adapters.teams.connector import NOT_THERE
from adapters.teams.store import Place
from bot.errors import DeliveryError, TemporaryDeliveryError
from bot.ports import Profile

REFRESH_SECONDS: Final = 600
RETRY_SECONDS: Final = 30

_log = structlog.get_logger(__name__)


@dataclass(slots=True)
class _Reading:
    """What came of reading every place: who was seen in which, and which could not be read."""

    people: dict[str, Profile] = field(default_factory=dict)
    seen: dict[str, frozenset[str]] = field(default_factory=dict)
    failed: dict[str, DeliveryError] = field(default_factory=dict)


class Roster:
    """The kept list. It is fetched at the first search, and again in the background once it is ten minutes old.

    Of a place that cannot be read, whoever was seen there last stays. However many search, one fetch is under way.
    `places` gives the bot's places and `pages` the members of one, page by page; `timer` gives seconds.
    """

    def __init__(
        self,
        places: Callable[[], Awaitable[list[Place]]],
        pages: Callable[[Place], AsyncIterator[list[Profile]]],
        timer: Callable[[], float],
    ) -> None:
        self._places = places
        self._pages = pages
        self._timer = timer
        self._index = NameIndex()
        self._seen: dict[str, frozenset[str]] = {}
        self._due = float("-inf")
        self._fetching: asyncio.Task[None] | None = None
        self._learned: dict[str, Profile] = {}
        self._incomplete = True
        self._outdated = 0

    async def find(self, name: str, *, within: timedelta) -> list[Profile]:
        """Give at most 25 members by handle or name, exact handle first.

        Raises TemporaryDeliveryError if there are none among those who were read, and some were not read yet; also as
        long as nobody was read, and others may have the name of whoever was met.
        """
        with suppress(TimeoutError):
            async with asyncio.timeout(within.total_seconds()):
                # What is being fetched may be out of date by now: then it is fetched once more.
                while (fetching := self.refresh()) and self._incomplete:
                    await asyncio.wait({fetching})
        found = self._index.find(name)
        if self._incomplete and not (found and self._seen):
            reason = "directory_not_fetched"
            raise TemporaryDeliveryError(reason)
        return found

    def known(self, account: str) -> Profile | None:
        """Give a profile if the list has it."""
        return self._index.get(account)

    def refresh(self) -> asyncio.Task[None] | None:
        """Begin a fetch if one is due; give the one that is under way."""
        if self._fetching is None and self._timer() >= self._due:
            self._fetching = asyncio.create_task(self._fetch())
        return self._fetching

    def learn(self, profile: Profile) -> None:
        """Take in one profile, also into a list that is being fetched."""
        self._index.put(profile)
        if self._fetching:
            self._learned[profile.account.id] = profile

    def forget(self, account: str) -> None:
        """Take somebody off, until they are seen again."""
        self._index.remove(account)

    def outdate(self) -> None:
        """Fetch again at the next search, which waits for it: the bot sees people that it did not."""
        self._due = float("-inf")
        self._incomplete = True
        self._outdated += 1

    async def close(self) -> None:
        """Stop fetching."""
        if self._fetching:
            self._fetching.cancel()
            await asyncio.wait({self._fetching})

    async def _fetch(self) -> None:
        outdated = self._outdated
        self._due = self._timer() + REFRESH_SECONDS
        try:
            reading = await self._read()
        except Exception:  # noqa: BLE001 - storage may fail in any way; the next fetch is another try
            _log.exception("teams_roster_not_fetched")
            self._due = self._timer() + RETRY_SECONDS
        else:
            await self._take(reading, outdated)
        finally:
            self._learned.clear()
            self._fetching = None

    async def _read(self) -> _Reading:
        """Read every place, whatever becomes of the others."""
        reading = _Reading()
        for place in await self._places():
            here: list[Profile] = []
            try:
                async for page in self._pages(place):
                    here += page
            except DeliveryError as error:
                if str(error) not in NOT_THERE:
                    _log.warning("teams_place_not_read", conversation=place.conversation.id, reason=str(error))
                    reading.failed[place.conversation.id] = error
            else:
                reading.seen[place.conversation.id] = frozenset(each.account.id for each in here)
            reading.people |= {each.account.id: each for each in here}
        return reading

    async def _take(self, reading: _Reading, outdated: int) -> None:
        """Make a list of what was read. Where no place could be, the old one stays as it is."""
        passing = [error for error in reading.failed.values() if isinstance(error, TemporaryDeliveryError)]
        if outdated == self._outdated and (passing or (reading.failed and not reading.seen)):
            asked = [error.retry_after.total_seconds() for error in passing if error.retry_after]
            self._due = self._timer() + max([RETRY_SECONDS, *asked])
        if reading.failed and not reading.seen:
            return
        last_seen = {place: self._seen[place] for place in reading.failed if place in self._seen}
        staying = frozenset[str]().union(*last_seen.values()) - reading.people.keys()
        stayed = [profile for account in staying if (profile := self._index.get(account))]
        index = await asyncio.to_thread(NameIndex, [*stayed, *reading.people.values()])
        for profile in self._learned.values():
            index.put(profile)
        self._index = index
        self._seen = reading.seen | last_seen
        never_read = any(
            isinstance(error, TemporaryDeliveryError) and place not in last_seen
            for place, error in reading.failed.items()
        )
        self._incomplete = never_read or outdated != self._outdated
