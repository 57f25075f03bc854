"""Everyone in a workspace, searchable by name. Slack has no search by name, so the list is fetched and kept."""

from __future__ import annotations

import asyncio
from bisect import bisect_left, insort
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from datetime import timedelta
from itertools import islice
from typing import Final

import structlog

from bot.errors import TemporaryDeliveryError
from bot.hygiene import fold
from bot.ports import Profile, Standing

REFRESH_SECONDS: Final = 600
RETRY_SECONDS: Final = 30
MOST_FOUND: Final = 25

log = structlog.get_logger(__name__)


class Roster:
    """The kept list. It is fetched at the first search, and again in the background once it is ten minutes old.

    While Slack cannot be asked, an old list answers; a failed fetch is tried again after half a minute at the
    earliest. However many search, one fetch is under way. `timer` gives seconds.
    """

    def __init__(self, everyone: Callable[[], AsyncIterator[Profile]], timer: Callable[[], float]) -> None:
        self._everyone = everyone
        self._timer = timer
        self._index: _Index | None = None
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
            # A hundred thousand names take a second to prepare: not on the event loop.
            index = await asyncio.to_thread(_Index, profiles)
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


class _Index:
    """Only members and guests are in it: bots, strangers and those who left are not meant by a name."""

    def __init__(self, profiles: Iterable[Profile]) -> None:
        self._profiles: dict[str, Profile] = {}
        self._by_handle: defaultdict[str, set[str]] = defaultdict(set)
        self._by_word: defaultdict[str, set[str]] = defaultdict(set)
        for profile in profiles:
            self._enter(profile)
        self._names = sorted((fold(profile.name), account) for account, profile in self._profiles.items())

    def get(self, account: str) -> Profile | None:
        """Give a profile by account id."""
        return self._profiles.get(account)

    def put(self, profile: Profile) -> None:
        """Add a profile or replace it."""
        account = profile.account.id
        old = self._profiles.pop(account, None)
        if old is not None:
            self._by_handle[fold(old.handle)].discard(account)
            for word in fold(old.name).split():
                self._by_word[word].discard(account)
            del self._names[bisect_left(self._names, (fold(old.name), account))]
        if self._enter(profile):
            insort(self._names, (fold(profile.name), account))

    def find(self, name: str) -> list[Profile]:
        """Give those with this handle, then those with this word in their name, then those whose name begins so."""
        wanted = fold(name)
        if not wanted:
            return []
        found = dict.fromkeys(self._in_order(self._by_handle.get(wanted, set())))
        found |= dict.fromkeys(self._in_order(self._by_word.get(wanted, set())))
        found |= dict.fromkeys(islice(self._beginning_with(wanted), MOST_FOUND))
        return [self._profiles[account] for account in islice(found, MOST_FOUND)]

    def _enter(self, profile: Profile) -> bool:
        if profile.standing not in {Standing.MEMBER, Standing.GUEST}:
            return False
        account = profile.account.id
        self._profiles[account] = profile
        self._by_handle[fold(profile.handle)].add(account)
        for word in fold(profile.name).split():
            self._by_word[word].add(account)
        return True

    def _in_order(self, accounts: set[str]) -> list[str]:
        return sorted(accounts, key=lambda account: (fold(self._profiles[account].name), account))

    def _beginning_with(self, start: str) -> Iterator[str]:
        for at in range(bisect_left(self._names, (start, "")), len(self._names)):
            name, account = self._names[at]
            if not name.startswith(start):
                return
            yield account
