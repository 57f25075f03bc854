"""People by name, for platforms that have no search of their own: an index over everyone, looked into for each name."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections import defaultdict
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Final

from bot.hygiene import fold
from bot.ports import Profile, Standing

MOST_FOUND: Final = 25

FINDABLE: Final = frozenset({Standing.MEMBER, Standing.GUEST})
"""Who is meant by a name. Bots and strangers are not, nor those who left."""


class NameIndex:
    """Those of some people who can be meant by a name.

    A hundred thousand names take a second to prepare: not on the event loop.
    """

    def __init__(self, profiles: Iterable[Profile] = ()) -> None:
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
        self.remove(profile.account.id)
        if self._enter(profile):
            insort(self._names, (fold(profile.name), profile.account.id))

    def remove(self, account: str) -> None:
        """Take somebody out, if they are in it."""
        old = self._profiles.pop(account, None)
        if old is None:
            return
        self._by_handle[fold(old.handle)].discard(account)
        for word in fold(old.name).split():
            self._by_word[word].discard(account)
        del self._names[bisect_left(self._names, (fold(old.name), account))]

    def find(self, name: str) -> list[Profile]:
        """Give at most 25: those with this handle, then this word in their name, then those whose name begins so."""
        wanted = fold(name)
        if not wanted:
            return []
        found = dict.fromkeys(self._in_order(self._by_handle.get(wanted, set())))
        found |= dict.fromkeys(self._in_order(self._by_word.get(wanted, set())))
        found |= dict.fromkeys(islice(self._beginning_with(wanted), MOST_FOUND))
        return [self._profiles[account] for account in islice(found, MOST_FOUND)]

    def _enter(self, profile: Profile) -> bool:
        if profile.standing not in FINDABLE:
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
