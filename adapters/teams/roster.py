"""Everyone the bot can see in a tenant, searchable by name. Teams has no search by name, so the lists are kept."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from typing import Final

import structlog

from bot.errors import TemporaryDeliveryError
from bot.hygiene import fold
from bot.ports import Profile, Standing

REFRESH_SECONDS: Final = 600
RETRY_SECONDS: Final = 30
MOST_FOUND: Final = 25

_log = structlog.get_logger(__name__)


class Roster:
    """The kept list. It is fetched at the first search, and again in the background once it is ten minutes old.

    While Teams cannot be asked, an old list answers. However many search, one fetch is under way. `timer` gives
    seconds.
    """

    def __init__(self, everyone: Callable[[], AsyncIterator[Profile]], timer: Callable[[], float]) -> None:
        self._everyone = everyone
        self._timer = timer
        self._people: dict[str, tuple[Profile, str, list[str], str]] | None = None
        self._due = float("-inf")
        self._fetching: asyncio.Task[None] | None = None
        self._learned: dict[str, Profile] = {}
        self._failure = "directory_not_fetched"
        self._incomplete = True

    async def find(self, name: str, *, within: timedelta) -> list[Profile]:
        """Give at most 25 members by handle or name, exact handle first. Raises TemporaryDeliveryError."""
        fetching = self.refresh()
        if self._incomplete and fetching is not None:
            await asyncio.wait({fetching}, timeout=within.total_seconds())
        if self._people is None:
            raise TemporaryDeliveryError(self._failure)
        wanted = fold(name)
        ranked = [
            (rank, folded, profile)
            for profile, folded, words, handle in self._people.values()
            if wanted and (rank := _rank(wanted, folded, words, handle)) is not None
        ]
        ranked.sort(key=lambda each: (each[0], each[1], each[2].account))
        return [profile for _, _, profile in ranked[:MOST_FOUND]]

    def known(self, account: str) -> Profile | None:
        """Give a profile if the list is there and has it."""
        found = (self._people or {}).get(account)
        return found[0] if found else None

    def refresh(self) -> asyncio.Task[None] | None:
        """Begin a fetch if one is due; give the one that is under way."""
        if self._fetching is None and self._timer() >= self._due:
            self._fetching = asyncio.create_task(self._fetch())
        return self._fetching

    def learn(self, profile: Profile) -> None:
        """Take in one profile, also into a list that is being fetched."""
        if self._people is not None:
            self._people[profile.account.id] = _entry(profile)
        if self._fetching:
            self._learned[profile.account.id] = profile

    def forget(self, account: str) -> None:
        """Take somebody off, until they are seen again."""
        (self._people or {}).pop(account, None)

    def outdate(self) -> None:
        """Fetch again at the next search, which waits for it: the bot sees people that it did not."""
        self._due = float("-inf")
        self._incomplete = True

    async def close(self) -> None:
        """Stop fetching."""
        if self._fetching:
            self._fetching.cancel()
            await asyncio.wait({self._fetching})

    async def _fetch(self) -> None:
        wait: float = REFRESH_SECONDS
        self._due = self._timer() + wait
        try:
            found = {profile.account.id: _entry(profile) async for profile in self._everyone()}
            self._incomplete = False
            self._people = found | {account: _entry(profile) for account, profile in self._learned.items()}
        except TemporaryDeliveryError as error:
            self._failure = error.reason
            asked = error.retry_after.total_seconds() if error.retry_after else 0
            self._due = self._timer() + max(RETRY_SECONDS, asked)
            _log.warning("teams_roster_not_fetched", reason=error.reason)
        finally:
            self._learned.clear()
            self._fetching = None


def _entry(profile: Profile) -> tuple[Profile, str, list[str], str]:
    folded = fold(profile.name)
    return profile, folded, folded.split(), fold(profile.handle)


def _rank(wanted: str, folded: str, words: list[str], handle: str) -> int | None:
    """Say how well a name fits: the handle, a whole word, the beginning, or not at all."""
    if handle == wanted:
        return 0
    if wanted in words:
        return 1
    return 2 if folded.startswith(wanted) else None


FINDABLE: Final = frozenset({Standing.MEMBER, Standing.GUEST})
"""Who is meant by a name. Strangers are not, nor those who left."""
