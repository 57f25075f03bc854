"""Whom the bot knows in Teams: in memory, kept in storage, fresh from every activity."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import suppress
from dataclasses import fields, replace
from datetime import UTC, datetime
from time import monotonic
from typing import Any, Final, cast

from adapters.teams import sightings
from adapters.teams.activity import Activity
from adapters.teams.config import EMULATED
from adapters.teams.places import FRESH_SECONDS, Places
from adapters.teams.store import Contact, News, TeamsStore, contact_of
from bot.errors import RecognitionError
from bot.identity import AccountRef, ConversationRef, WorkspaceRef
from bot.memory import Memory
from bot.ports import Profile, Standing

_KEPT: Final = 50_000
_HEARD_SECONDS: Final = 86_400
_LOOKED_SECONDS: Final = 60
"""How long another process's news of somebody may stay unseen who writes to the bot."""

_PAGE: Final = 500


async def _nobody_hears(_: Profile) -> None:
    """Tell nobody."""


class Contacts:
    """The contacts of one tenant, and the places where they are met.

    `learn` hears of whoever has left, or is back. `admins` administer the bot, by their Entra object ids in small
    letters: Teams tells a bot nothing of it. `timer` gives seconds and may start anywhere; `now` is aware.
    """

    def __init__(
        self,
        workspace: WorkspaceRef,
        store: TeamsStore,
        learn: Callable[[Profile], Awaitable[None]] = _nobody_hears,
        *,
        admins: frozenset[str] = frozenset(),
        timer: Callable[[], float] = monotonic,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self.workspace = workspace
        self.places = Places(workspace, store, timer)
        self.tenant = "" if workspace.id == EMULATED else workspace.id
        """Whose people are members. An emulator's is known once something came from it."""
        self._emulated = not self.tenant
        self._store = store
        self._learn = learn
        self._admins = admins
        self._timer = timer
        self._now = now
        self._known: Memory[str, Contact] = Memory(_KEPT, FRESH_SECONDS, timer)
        self._addresses: Memory[str, str] = Memory(_KEPT, FRESH_SECONDS, timer)
        self._chats: Memory[str, str] = Memory(_KEPT, FRESH_SECONDS, timer)
        self._heard: Memory[str, datetime] = Memory(_KEPT, _HEARD_SECONDS, timer)
        self._looked: Memory[str, bool] = Memory(_KEPT, _LOOKED_SECONDS, timer)

    async def contact(self, account: AccountRef) -> Contact | None:
        """Give a person, if they were met."""
        return self._known.get(account.id) or await self.fresh(account)

    async def fresh(self, account: AccountRef) -> Contact | None:
        """Give a person as storage has them now: another process may know better than what is in memory."""
        stored = await self._store.contact(account)
        if stored is None:
            return None
        found = contact_of(stored)
        self._remember(found)
        heard = self._heard.get(account.id)
        if found.blocked_at and heard and found.blocked_at < heard:
            # Another process was refused before they wrote to this one, which had not heard of it.
            return await self._change(found, replace(found, blocked_at=None))
        return found

    async def everyone(self) -> AsyncIterator[Contact]:
        """Go through everyone who was met, as storage has them."""
        after = ""
        while page := await self._store.contacts(self.workspace, after, _PAGE):
            for stored in page:
                yield contact_of(stored)
            after = page[-1].profile.account.id

    def peek(self, address: str) -> AccountRef | None:
        """Say who has an address if it is in memory."""
        account = self._addresses.get(address)
        return AccountRef(self.workspace, account) if account else None

    async def addressed(self, address: str) -> Contact | None:
        """Give the person with an address, if they were met."""
        account = self._addresses.get(address)
        if account is not None:
            return await self.contact(AccountRef(self.workspace, account))
        stored = await self._store.addressed(self.workspace, address)
        if stored is None:
            return None
        found = contact_of(stored)
        self._remember(found)
        return found

    async def keep(self, contact: Contact) -> None:
        """Take in a person; storage is written only where something is new."""
        await self._change(await self.contact(contact.account) or Contact(contact.account), contact)

    async def left(self, contact: Contact) -> Contact:
        """Take in, and tell, that somebody is in the tenant no more."""
        gone = replace(contact, standing=Standing.LEFT)
        if contact.standing is not Standing.LEFT:
            # Before it is kept: if telling fails, they are still to be found.
            await self._learn(self.profile(gone))
        return await self._change(contact, gone)

    async def service(self, conversation: ConversationRef) -> str:
        """Give the region where a conversation is written to; empty if none is known."""
        if place := await self.places.one(conversation):
            return place.service
        known = self._chats.get(conversation.id)
        if not known and (stored := await self._store.in_chat(self.workspace, conversation.id)):
            self._remember(contact_of(stored))
            known = stored.service
        return known or await self.any_service()

    async def any_service(self) -> str:
        """Give the region to write to somebody who was never met; empty if none is known."""
        found = await self._store.services(self.workspace)
        return found[0] if found else ""

    async def noticed(self, activity: Activity) -> Contact | None:
        """Take in who acted and where, as an activity says; None if nobody with a directory id did."""
        if self._emulated:
            self.tenant = activity.tenant or self.tenant
        if place := sightings.place_of(activity, self.workspace):
            await self.places.keep(place)
        sender = sightings.sender_of(activity)
        return await self._acted(AccountRef(self.workspace, sender), activity) if sender else None

    async def met(self, member: dict[str, Any], service: str) -> Contact | None:
        """Take in a member of a conversation as Teams describes one; None if it is no person with a directory id."""
        return next(iter(await self.met_all([member], service)), None)

    async def met_all(self, members: Iterable[dict[str, Any]], service: str) -> list[Contact]:
        """Take in members of a conversation: those of them who are people with a directory id.

        However many there are, storage is asked once, and written once where something is new.
        """
        people = {id_: member for member in members if (id_ := sightings.member_of(member))}
        if not people:
            return []
        stored = await self._store.known(self.workspace, list(people))
        known = {each.profile.account.id: contact_of(each) for each in stored}
        met: list[Contact] = []
        news: dict[str, News] = {}
        for id_, member in people.items():
            before = known.get(id_) or Contact(AccountRef(self.workspace, id_))
            fresh = sightings.described(before, member, self.tenant, service)
            if before.standing is Standing.LEFT:
                await self._learn_of_return(fresh)
            if new := _news(before, fresh):
                news[id_] = new
            met.append(fresh)
        if news:
            await self._store.keep_contacts(self.workspace, news)
        for each in met:
            self._remember(each)
        return met

    async def blocked(self, account: AccountRef, at: datetime) -> None:
        """Note that somebody wants nothing from the bot."""
        known = await self.contact(account) or Contact(account)
        await self._change(known, replace(known, blocked_at=at))

    def profile(self, contact: Contact) -> Profile:
        """Give a contact as the core knows people."""
        return Profile(
            account=contact.account,
            name=contact.name,
            handle=_handle(contact),
            email=contact.email,
            locale=contact.locale,
            timezone=contact.timezone,
            standing=contact.standing,
            admin=contact.account.id in self._admins,
        )

    async def _acted(self, account: AccountRef, activity: Activity) -> Contact:
        look = self.contact
        if sightings.chat_of(activity):
            self._heard.keep(account.id, self._now())
            # Another process may have been refused since. To look for it with every message would cost too much.
            if not self._looked.get(account.id):
                self._looked.keep(account.id, value=True)
                look = self.fresh
        if activity.type in sightings.HAPPENED:
            look = self.fresh
        known = await look(account) or Contact(account)
        fresh = sightings.acted(known, activity, self.tenant)
        if known.standing is Standing.LEFT:
            await self._learn_of_return(fresh)
        return await self._change(known, fresh)

    async def _learn_of_return(self, contact: Contact) -> None:
        # An organisation that is not there yet knows nobody who could be back.
        with suppress(RecognitionError):
            await self._learn(self.profile(contact))

    async def _change(self, known: Contact, fresh: Contact) -> Contact:
        """Write what is new about somebody, and nothing else: other processes write too."""
        if fresh == known:
            return fresh
        news = _news(known, fresh)
        await self._store.keep_contacts(self.workspace, {fresh.account.id: news})
        latest = self._known.get(fresh.account.id)
        merged = replace(latest, **{name: getattr(fresh, name) for name in _NEWS if name in news}) if latest else fresh
        self._remember(merged)
        return merged

    def _remember(self, contact: Contact) -> None:
        self._known.keep(contact.account.id, contact)
        if contact.address:
            self._addresses.keep(contact.address, contact.account.id)
        if contact.chat:
            self._chats.keep(contact.chat, contact.service)


def _news(known: Contact, fresh: Contact) -> News:
    """Give what is new about somebody."""
    news = {name: value for name in _NEWS if (value := getattr(fresh, name)) != getattr(known, name)}
    return cast("News", {**news, "handle": _handle(fresh)} if "email" in news else news)


def _handle(contact: Contact) -> str:
    return contact.email.partition("@")[0]


_NEWS: Final = tuple(field.name for field in fields(Contact) if field.name != "account")
