"""Slack as a Directory: who is in the workspace, its groups and its conversations, kept at hand for a few minutes."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Hashable, Mapping
from datetime import timedelta
from time import monotonic
from typing import Any, Final, TypeAlias, TypeVar

import aiohttp
import structlog
from cachetools import TTLCache

from adapters.slack import calls
from adapters.slack.people import profile
from adapters.slack.roster import Roster
from bot.errors import PermanentDeliveryError, TemporaryDeliveryError
from bot.hygiene import fold
from bot.identity import AccountRef, ConversationRef, WorkspaceRef
from bot.ports import Profile

T = TypeVar("T")
_Group: TypeAlias = tuple[str, str, str]
"""Id, handle and name of a user group, the latter two folded."""

_INTERACTIVE: Final = timedelta(seconds=2)
"""For one answer somebody waits for: Slack gives a command 3 seconds in all."""

_BULK: Final = timedelta(minutes=2)
"""For one page of a long list in the background, with one Retry-After waited out."""

_PERSON_SECONDS: Final = 600
_GROUP_SECONDS: Final = 120
_CONVERSATION_SECONDS: Final = 120
_PEOPLE: Final = 50_000
_OTHERS: Final = 5_000
_PAGE: Final = 200

_UNSEEN: Final = frozenset({"channel_not_found", "not_in_channel", "missing_scope", "fetch_members_failed"})

log = structlog.get_logger(__name__)


class SlackDirectory:
    """The directory of one Slack workspace.

    People and conversations are remembered for some minutes and kept fresh by events in between: hand users from
    `user_change` and `team_join` to `learn`, and conversations whose membership changed to `joined` and `left`.
    `timer` gives seconds and may start anywhere.
    """

    def __init__(
        self,
        token: str,
        api_url: str,
        workspace: WorkspaceRef,
        session: aiohttp.ClientSession,
        timer: Callable[[], float] = monotonic,
    ) -> None:
        self._workspace = workspace
        self._slack = calls.client(token, api_url, session)
        self._patient = calls.client(token, api_url, session, wait_for_rate=True)
        self._people: TTLCache[str, Profile | None] = TTLCache(_PEOPLE, _PERSON_SECONDS, timer)
        self._groups: TTLCache[str, list[AccountRef]] = TTLCache(_OTHERS, _GROUP_SECONDS, timer)
        self._group_lists: TTLCache[str, list[_Group]] = TTLCache(1, _GROUP_SECONDS, timer)
        self._members: TTLCache[str, list[AccountRef]] = TTLCache(_OTHERS, _CONVERSATION_SECONDS, timer)
        self._postable: TTLCache[str, bool] = TTLCache(_OTHERS, _CONVERSATION_SECONDS, timer)
        self._asking: dict[Hashable, asyncio.Future[Any]] = {}
        self._roster = Roster(self._everyone, timer)

    async def person(self, account: AccountRef) -> Profile | None:
        """Give an account's profile; one Slack call for all who ask for the same account at once."""
        if account.workspace != self._workspace:
            return None
        return await self._cached(self._people, account.id, self._ask_person)

    async def find(self, workspace: WorkspaceRef, name: str) -> list[Profile]:
        """Give members by handle or name, from a list of the whole workspace that is at most some minutes old.

        The first search waits for the list, for at most 2 seconds; while it is still being fetched, that is a
        TemporaryDeliveryError.
        """
        if workspace != self._workspace:
            return []
        return await self._roster.find(name, within=_INTERACTIVE)

    @property
    def has_groups(self) -> bool:
        """Slack has user groups."""
        return True

    async def group(self, workspace: WorkspaceRef, group: str) -> list[AccountRef]:
        """Give the accounts in a user group."""
        if workspace != self._workspace:
            return []
        return self._expected(await self._cached(self._groups, group, self._ask_group))

    async def find_group(self, workspace: WorkspaceRef, name: str) -> str | None:
        """Give the id of the user group with this handle or, if there is none, this name."""
        wanted = fold(name)
        if workspace != self._workspace or not wanted:
            return None
        groups = await self._cached(self._group_lists, "", self._ask_groups)
        by_name = {name: group for group, _, name in groups}
        return {handle: group for group, handle, _ in groups}.get(wanted) or by_name.get(wanted)

    async def members(self, conversation: ConversationRef) -> list[AccountRef]:
        """Give the accounts in a conversation."""
        if conversation.workspace != self._workspace:
            return []
        return self._expected(await self._cached(self._members, conversation.id, self._ask_members))

    def _expected(self, accounts: list[AccountRef]) -> list[AccountRef]:
        """Have at hand who will be asked for next, all at once: a call for each would run into Slack's limits."""
        for account in accounts:
            if account.id not in self._people and (known := self._roster.known(account.id)):
                self._people[account.id] = known
        return accounts

    async def can_post(self, conversation: ConversationRef) -> bool:
        """Say whether the bot may post there for all to see: where it is a member, and in any public channel.

        It joins a public channel to post. A direct chat is between two: nothing there is for all to see.
        """
        if conversation.workspace != self._workspace:
            return False
        return await self._cached(self._postable, conversation.id, self._ask_postable)

    async def people(self, workspace: WorkspaceRef) -> AsyncIterator[Profile]:
        """Go through everyone in the workspace, page by page, fresh from Slack."""
        if workspace == self._workspace:
            async for each in self._everyone():
                yield each

    def warm(self) -> None:
        """Begin to fetch the list that `find` searches, so that the first search need not wait."""
        self._roster.refresh()

    def learn(self, user: Mapping[str, Any]) -> None:
        """Take in a user object of an event. One without a locale keeps the locale known before."""
        known = self._people.get(str(user.get("id")))
        fresh = profile(user, self._workspace, locale=known.locale if known else "")
        self._people[fresh.account.id] = fresh
        self._roster.learn(fresh)

    def joined(self, channel: str) -> None:
        """Forget what was known of a conversation that somebody joined."""
        self._members.pop(channel, None)
        self._postable.pop(channel, None)

    def left(self, channel: str) -> None:
        """Forget what was known of a conversation that somebody left."""
        self.joined(channel)

    async def close(self) -> None:
        """Stop fetching."""
        await self._roster.close()

    async def _cached(self, cache: TTLCache[str, T], name: str, ask: Callable[[str], Awaitable[T]]) -> T:
        with contextlib.suppress(KeyError):
            return cache[name]
        key = (id(cache), name)
        asking = self._asking.get(key)
        if asking is None:
            asking = asyncio.ensure_future(ask(name))
            self._asking[key] = asking
            asking.add_done_callback(lambda done: self._asked(key, done))
        # One who stops waiting must not take the answer from the others.
        answer: T = await asyncio.shield(asking)
        cache[name] = answer
        return answer

    def _asked(self, key: Hashable, done: asyncio.Future[Any]) -> None:
        del self._asking[key]
        if not done.cancelled():
            done.exception()  # looked at here, in case nobody waits any more

    async def _ask_person(self, user: str) -> Profile | None:
        call = self._slack.users_info(user=user, include_locale=True)
        answer = await _ask(call, unless=frozenset({"user_not_found", "user_not_visible"}))
        return profile(answer["user"], self._workspace) if answer else None

    async def _ask_group(self, group: str) -> list[AccountRef]:
        call = self._slack.usergroups_users_list(usergroup=group)
        answer = await _ask(call, unless=frozenset({"no_such_subteam", "subteam_not_found"}))
        return self._accounts(answer["users"]) if answer else []

    async def _ask_groups(self, _: str) -> list[_Group]:
        answer = await _ask(self._slack.usergroups_list())
        return [
            (group["id"], fold(group.get("handle") or ""), fold(group.get("name") or ""))
            for group in (answer or {}).get("usergroups", ())
        ]

    async def _ask_members(self, channel: str) -> list[AccountRef]:
        members: list[AccountRef] = []
        cursor: str | None = ""
        while cursor is not None:
            call = self._slack.conversations_members(channel=channel, limit=_PAGE, cursor=cursor or None)
            answer = await _ask(call, unless=_UNSEEN)
            if answer is None:
                return []
            members += self._accounts(answer["members"])
            cursor = (answer.get("response_metadata") or {}).get("next_cursor") or None
        return members

    async def _ask_postable(self, channel: str) -> bool:
        answer = await _ask(self._slack.conversations_info(channel=channel), unless=_UNSEEN)
        if answer is None:
            return False
        shown = answer["channel"]
        if shown.get("is_archived") or shown.get("is_frozen"):
            return False
        if shown.get("is_im"):
            return False
        return bool(shown.get("is_member")) or not (shown.get("is_private") or shown.get("is_mpim"))

    def _accounts(self, users: list[str]) -> list[AccountRef]:
        return [AccountRef(self._workspace, user) for user in users]

    async def _everyone(self) -> AsyncIterator[Profile]:
        cursor: str | None = ""
        while cursor is not None:
            call = self._patient.users_list(limit=_PAGE, include_locale=True, cursor=cursor or None)
            answer = await _ask(call, within=_BULK)
            for user in (answer or {}).get("members", ()):
                yield profile(user, self._workspace)
            cursor = ((answer or {}).get("response_metadata") or {}).get("next_cursor") or None


async def _ask(
    call: Awaitable[Any], *, unless: frozenset[str] = frozenset(), within: timedelta = _INTERACTIVE
) -> Mapping[str, Any] | None:
    """Ask Slack; None if it answers that there is no such thing to be seen. Raises TemporaryDeliveryError."""
    try:
        return await calls.ask(call, within=within)
    except PermanentDeliveryError as error:
        if error.reason in unless:
            return None
        # Somebody has to mend the token or its scopes; until then the directory is away.
        log.warning("slack_directory_refused", reason=error.reason)
        raise TemporaryDeliveryError(error.reason) from error
