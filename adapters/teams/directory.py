"""Teams as a Directory: who is in the places that the bot is in. It sees nobody else, and asks for no right to."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from dataclasses import replace
from datetime import timedelta
from time import monotonic
from typing import Any, Final, TypeVar

import structlog
from cachetools import TTLCache

from adapters.name_index import FINDABLE
from adapters.teams.addresses import BOT, is_object_id
from adapters.teams.connector import NOT_THERE, Connector
from adapters.teams.contacts import Contacts
from adapters.teams.roster import Roster
from adapters.teams.store import Contact, Place
from bot.errors import DeliveryError, PermanentDeliveryError, TemporaryDeliveryError
from bot.identity import AccountRef, ConversationRef, WorkspaceRef
from bot.memory import Memory
from bot.ports import Profile, Standing

_INTERACTIVE: Final = timedelta(seconds=2)
"""For one answer somebody waits for: Teams gives a button 3 seconds in all."""

_BULK: Final = timedelta(seconds=15)
_PERSON_SECONDS: Final = 600
_CONVERSATION_SECONDS: Final = 120
_PEOPLE: Final = 50_000
_OTHERS: Final = 5_000
_PAGE: Final = 500
"""Members of a page. Teams gives no more, and no fewer than 50."""

_SILENT: Final = 3
"""Places that do not answer, after which the rest is not asked: each is waited for."""

_PLACES: Final = 8
"""Places in which one person is looked for at once."""

_log = structlog.get_logger(__name__)

V = TypeVar("V")


class TeamsDirectory:
    """The directory of one tenant, as far as the bot sees it. `timer` gives seconds and may start anywhere."""

    def __init__(self, contacts: Contacts, connector: Connector, timer: Callable[[], float] = monotonic) -> None:
        self._workspace = contacts.workspace
        self._contacts = contacts
        self._connector = connector
        self._people: TTLCache[str, Profile | None] = TTLCache(_PEOPLE, _PERSON_SECONDS, timer)
        self._members: TTLCache[str, list[AccountRef]] = TTLCache(_OTHERS, _CONVERSATION_SECONDS, timer)
        self._heard: Memory[str, ConversationRef] = Memory(_PEOPLE, _PERSON_SECONDS, timer)
        self._asking: dict[str, asyncio.Task[Profile | None]] = {}
        self._counting: dict[str, asyncio.Task[list[AccountRef]]] = {}
        self._roster = Roster(contacts.places.all, self._in_bulk, timer)
        self._entered = contacts.places.entered

    async def person(self, account: AccountRef) -> Profile | None:
        """Give an account's profile; one round of questions for all who ask for the same account at once."""
        if account.workspace != self._workspace:
            return None
        if account.id.startswith(BOT):
            return Profile(account, "Bot", standing=Standing.BOT)
        if not is_object_id(account.id):
            return None
        if account.id in self._people:
            return self._people[account.id]
        return await _once(self._asking, account.id, lambda: self._find_out(account))

    async def find(self, workspace: WorkspaceRef, name: str) -> list[Profile]:
        """Give members by handle or name, from lists that are at most some minutes old."""
        if workspace != self._workspace:
            return []
        if self._entered != self._contacts.places.entered:
            self._entered = self._contacts.places.entered
            self._roster.outdate()
        return await self._roster.find(name, within=_INTERACTIVE)

    @property
    def has_groups(self) -> bool:
        """A bot cannot read Teams' tags without a permission that it does not ask for."""
        return False

    async def group(self, workspace: WorkspaceRef, group: str) -> list[AccountRef]:  # noqa: ARG002 there are none
        """Give nobody."""
        return []

    async def find_group(self, workspace: WorkspaceRef, name: str) -> str | None:  # noqa: ARG002 there are none
        """Give none."""
        return None

    async def members(self, conversation: ConversationRef) -> list[AccountRef]:
        """Give the accounts in a conversation. However many pages they are, one who stops waiting loses none."""
        if conversation.workspace != self._workspace:
            return []
        known = self._members.get(conversation.id)
        if known is None:
            known = await _once(self._counting, conversation.id, lambda: self._ask_members(conversation))
        return list(known)

    async def exceeds(self, place: Place, most: int) -> bool:
        """Say whether more than so many are in a place, of at most some hundreds. Raises a DeliveryError."""
        service, here = place.service, place.conversation.id
        page = await self._connector.members(service, here, "", most=_PAGE, within=_INTERACTIVE)
        return len(_list(page)) > most

    async def can_post(self, conversation: ConversationRef) -> bool:
        """Say whether the bot is in a channel or group chat. A direct chat is between two: nobody else sees it."""
        if conversation.workspace != self._workspace:
            return False
        return await self._contacts.places.one(conversation) is not None

    async def people(self, workspace: WorkspaceRef) -> AsyncIterator[Profile]:
        """Go through everyone the bot can see, page by page, fresh from Teams.

        Raises TemporaryDeliveryError for a place that did not answer, after everybody of the others; and at once if
        several did not: then it is Teams.
        """
        seen: set[str] = set()
        silent: list[TemporaryDeliveryError] = []
        for place in await self._contacts.places.all() if workspace == self._workspace else ():
            try:
                async for page in self._in_bulk(place):
                    for each in page:
                        if each.account.id not in seen and each.standing in FINDABLE:
                            seen.add(each.account.id)
                            yield each
            except PermanentDeliveryError as error:
                _log.warning("teams_place_not_seen", conversation=place.conversation.id, reason=error.reason)
            except TemporaryDeliveryError as error:
                _log.warning("teams_place_silent", conversation=place.conversation.id, reason=error.reason)
                silent.append(error)
                if len(silent) == _SILENT:
                    break
        if silent:
            raise silent[0]

    async def everybody(self) -> frozenset[str]:
        """Give the ids of all who are in the bot's places, fresh from Teams; none unless every place told of some."""
        self._contacts.places.look_anew()
        places = await self._contacts.places.all()
        seen: set[str] = set()
        for place in places:
            try:
                here = {each.account.id async for page in self._in_bulk(place) for each in page}
            except DeliveryError:
                return frozenset()
            if not here:
                # Somebody let the bot in: rather than nobody, it was not told who is there.
                _log.warning("teams_place_empty", conversation=place.conversation.id)
                return frozenset()
            seen |= here
        self._contacts.places.look_anew()
        # Where the bot came to meanwhile, somebody may be who is nowhere else.
        return frozenset(seen if await self._contacts.places.all() == places else ())

    def peek(self, address: str) -> AccountRef | None:
        """Say who is behind an address if that is in memory: most are, and looking costs nothing."""
        return self._contacts.peek(address)

    async def whose(self, address: str, conversation: ConversationRef) -> AccountRef | None:
        """Say who is behind an address that a message names; None if Teams knows nobody of it."""
        known = await self._contacts.addressed(address)
        if known is None:
            service = await self._contacts.service(conversation)
            found = await self._ask_place(service, conversation.id, address)
            known = await self._contacts.met(found, service) if found else None
            if known:
                self._people[known.account.id] = self._contacts.profile(known)
        return known.account if known else None

    def warm(self) -> None:
        """Begin to fetch the lists that `find` searches, so that the first search need not wait."""
        self._roster.refresh()

    def heard_from(self, contact: Contact, here: ConversationRef) -> None:
        """Take in what an act told of its person: where they are, their language, time zone, and another tenant."""
        self._heard.keep(contact.account.id, here)
        known = self._people.get(contact.account.id)
        if known is None:
            # Whoever was nobody just now is somebody.
            self._people.pop(contact.account.id, None)
        else:
            standing = Standing.STRANGER if contact.standing is Standing.STRANGER else known.standing
            if (known.locale, known.timezone, known.standing) != (contact.locale, contact.timezone, standing):
                fresh = replace(known, locale=contact.locale, timezone=contact.timezone, standing=standing)
                self._people[contact.account.id] = fresh

    def changed(self, conversation: ConversationRef, accounts: list[str]) -> None:
        """Forget what was known of a conversation that somebody joined or left, and of them."""
        self._members.pop(conversation.id, None)
        # What is being read may be of before.
        self._counting.pop(conversation.id, None)
        for account in accounts:
            self.forget(account)

    def forget(self, account: str) -> None:
        """Forget what was known of a person."""
        self._people.pop(account, None)
        self._roster.forget(account)

    async def close(self) -> None:
        """Stop asking."""
        for asking in [*self._asking.values(), *self._counting.values()]:
            asking.cancel()
        await self._roster.close()

    async def _find_out(self, account: AccountRef) -> Profile | None:
        found = await self._ask_person(account)
        # Who is said to have left may be back at any moment.
        if found is None or found.standing is not Standing.LEFT:
            self._people[account.id] = found
        return found

    async def _ask_members(self, conversation: ConversationRef) -> list[AccountRef]:
        place = Place(conversation, await self._contacts.service(conversation))
        try:
            found = [each.account async for page in self._in_bulk(place) for each in page]
        except PermanentDeliveryError:
            found = []
        if self._counting.get(conversation.id) is asyncio.current_task():
            self._members[conversation.id] = found
        return found

    async def _ask_person(self, account: AccountRef) -> Profile | None:
        """Ask where they are most likely: where they acted, their own chat with the bot, then the bot's places.

        Who is found nowhere is what they were: only `Leavers` asks enough to say that somebody left. Raises a
        DeliveryError if they were not found, and some place could not be asked.
        """
        contact = await self._contacts.contact(account)
        listed = self._roster.known(account.id)
        # An id belongs to one tenant for good.
        if contact and (contact.standing is Standing.STRANGER or (listed and listed.standing is contact.standing)):
            return self._contacts.profile(contact)
        try:
            async with asyncio.timeout(_INTERACTIVE.total_seconds()):
                found = await self._look_for(account, contact)
        except TimeoutError as error:
            # The list of everybody will tell. Until then it is not known what they are.
            self._roster.refresh()
            if contact and contact.standing is not Standing.MEMBER:
                return self._contacts.profile(contact)
            reason = "person_not_found_in_time"
            raise TemporaryDeliveryError(reason) from error
        except PermanentDeliveryError:
            # A place that the bot never sees may be where they are.
            found = None
        # They may have acted meanwhile, or another process may know better.
        met = await (self._contacts.met(*found) if found else self._contacts.fresh(account))
        if found and met and met.standing in FINDABLE:
            self._roster.learn(self._contacts.profile(met))
        return self._contacts.profile(met) if met else None

    async def _look_for(self, account: AccountRef, contact: Contact | None) -> tuple[dict[str, Any], str] | None:
        """Ask everywhere, some places at a time; give what Teams says of somebody and the region that said it."""
        where = [(place.conversation.id, place.service) for place in await self._contacts.places.all()]
        if contact and contact.chat:
            where.insert(0, (contact.chat, contact.service))
        acted = self._heard.get(account.id)
        where.sort(key=lambda each: acted is None or each[0] != acted.id)
        # Teams knows people by both; an emulator may know them by their address alone.
        names = [name for name in dict.fromkeys((contact.address if contact else "", account.id)) if name]
        failures: list[DeliveryError] = []
        for start in range(0, len(where), _PLACES):
            for name in names:
                found = await self._ask_places(where[start : start + _PLACES], name, failures)
                if found:
                    return found
        if failures:
            # One that passes goes first: until then, nothing is certain.
            raise min(failures, key=lambda each: isinstance(each, PermanentDeliveryError))
        return None

    async def _ask_places(
        self, where: list[tuple[str, str]], name: str, failures: list[DeliveryError]
    ) -> tuple[dict[str, Any], str] | None:
        """Ask for a member in some places at once; None if they are in none. Adds to `failures`."""
        asked = [self._ask_place(service, id_, name) for id_, service in where]
        answers = await asyncio.gather(*asked, return_exceptions=True)
        for (_, service), answer in zip(where, answers, strict=True):
            if isinstance(answer, dict):
                return answer, service
            if isinstance(answer, DeliveryError):
                failures.append(answer)
            elif isinstance(answer, BaseException):
                raise answer
        return None

    async def _ask_place(self, service: str, conversation: str, name: str) -> dict[str, Any] | None:
        """Ask for a member; None if there is none. A place that the bot is not in any more is forgotten."""
        try:
            return await self._connector.member(service, conversation, name, within=_INTERACTIVE)
        except PermanentDeliveryError as error:
            if error.reason not in NOT_THERE:
                raise
            await self._contacts.places.forget(ConversationRef(self._workspace, conversation))
            return None

    def _in_bulk(self, place: Place) -> AsyncIterator[list[Profile]]:
        """Go through the members of a place, which may take a while."""
        return self._pages(place, _BULK)

    async def _pages(self, place: Place, within: timedelta) -> AsyncIterator[list[Profile]]:
        """Go through the members of a conversation. Raises PermanentDeliveryError if the bot cannot see it.

        A place that it is not in any more is forgotten.
        """
        after: str | None = ""
        while after is not None:
            try:
                page = await self._connector.members(
                    place.service, place.conversation.id, after, most=_PAGE, within=within
                )
            except PermanentDeliveryError as error:
                if error.reason in NOT_THERE:
                    await self._contacts.places.forget(place.conversation)
                elif after:
                    # Members that are left out would pass for people who left.
                    raise TemporaryDeliveryError(error.reason) from error
                raise
            yield [self._contacts.profile(met) for met in await self._contacts.met_all(_list(page), place.service)]
            after = page.get("continuationToken") or None


async def _once(asking: dict[str, asyncio.Task[V]], key: str, ask: Callable[[], Coroutine[Any, Any, V]]) -> V:
    """Ask, or wait for the answer to what is asked already."""
    task = asking.get(key)
    if task is None:
        task = asking[key] = asyncio.create_task(ask())
        task.add_done_callback(lambda done: _asked(asking, key, done))
    # One who stops waiting must not take the answer from the others.
    return await asyncio.shield(task)


def _asked(asking: dict[str, asyncio.Task[V]], key: str, done: asyncio.Task[V]) -> None:
    if asking.get(key) is done:
        del asking[key]
    if not done.cancelled():
        done.exception()  # looked at here, in case nobody waits any more


def _list(page: dict[str, Any]) -> list[dict[str, Any]]:
    found = page.get("members")
    if not isinstance(found, list):
        reason = "members_unreadable"
        raise TemporaryDeliveryError(reason)
    return [each for each in found if isinstance(each, dict)]
