"""Whom and which places the bot knows in Teams: in memory, kept in storage, fresh from every activity."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from dataclasses import fields, replace
from datetime import UTC, datetime
from time import monotonic
from typing import Any, Final, cast

from adapters.teams.activity import Activity
from adapters.teams.config import EMULATED
from adapters.teams.store import Contact, News, Place, TeamsStore, contact_of
from bot.errors import RecognitionError
from bot.hygiene import clean
from bot.identity import AccountRef, ConversationRef, WorkspaceRef
from bot.memory import Memory
from bot.ports import Profile, Standing

_KEPT: Final = 50_000
_FRESH_SECONDS: Final = 600
"""How long another process's news may stay unseen where nothing depends on it."""

_HEARD_SECONDS: Final = 86_400
_PAGE: Final = 500
_NAME: Final = 80

CARD: Final = "adaptiveCard/action"
_HAPPENED: Final = frozenset({"conversationUpdate", "installationUpdate"})
_OWN: Final = _HAPPENED | {"message"}


async def _nobody_hears(_: Profile) -> None:
    """Tell nobody."""


class Contacts:
    """The contacts and places of one tenant.

    `learn` hears of whoever has left, or is back. `timer` gives seconds and may start anywhere; `now` is aware.
    """

    def __init__(
        self,
        workspace: WorkspaceRef,
        store: TeamsStore,
        learn: Callable[[Profile], Awaitable[None]] = _nobody_hears,
        *,
        timer: Callable[[], float] = monotonic,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self.workspace = workspace
        self.tenant = "" if workspace.id == EMULATED else workspace.id
        """Whose people are members. An emulator's is known once something came from it."""
        self._emulated = not self.tenant
        self._store = store
        self._learn = learn
        self._timer = timer
        self._now = now
        self._known: Memory[str, Contact] = Memory(_KEPT, _FRESH_SECONDS, timer)
        self._addresses: Memory[str, str] = Memory(_KEPT, _FRESH_SECONDS, timer)
        self._chats: Memory[str, str] = Memory(_KEPT, _FRESH_SECONDS, timer)
        self._heard: Memory[str, datetime] = Memory(_KEPT, _HEARD_SECONDS, timer)
        self._places: dict[str, Place] | None = None
        self._places_due = float("-inf")
        self.entered = 0
        """Counts the places that were new. Who keeps lists of people looks at it."""

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
            await self._learn(profile(gone))
        return await self._change(contact, gone)

    async def places(self) -> list[Place]:
        """Give every place the bot is in."""
        return list((await self._all_places()).values())

    async def place(self, conversation: ConversationRef) -> Place | None:
        """Give one of them."""
        return (await self._all_places()).get(conversation.id)

    async def keep_place(self, place: Place) -> None:
        """Take in a place; storage is written only where something is new."""
        places = await self._all_places()
        known = places.get(place.conversation.id)
        if known and not place.team:
            place = replace(place, team=known.team)
        if known != place:
            await self._store.keep_place(place.conversation, place.service, place.team)
            self.entered += known is None
            places[place.conversation.id] = place

    async def forget_place(self, conversation: ConversationRef) -> None:
        """Forget a place that the bot has left, if it is known."""
        if (await self._all_places()).pop(conversation.id, None):
            await self._store.forget_place(conversation)

    async def forget_team(self, team: str) -> None:
        """Forget every channel of a team that the bot has left."""
        # A group chat is of no team.
        if team:
            await self._store.forget_team(self.workspace, team)
            self.look_anew()

    def look_anew(self) -> None:
        """Read the places again before they are used: another process may have kept or forgotten some."""
        self._places = None

    async def service(self, conversation: ConversationRef) -> str:
        """Give the region where a conversation is written to; empty if none is known."""
        place = await self.place(conversation)
        return place.service if place else self._chats.get(conversation.id) or await self.any_service()

    async def any_service(self) -> str:
        """Give the region to write to somebody who was never met; empty if none is known."""
        found = await self._store.services(self.workspace)
        return found[0] if found else ""

    async def noticed(self, activity: Activity) -> Contact | None:
        """Take in who acted and where, as an activity says; None if nobody with a directory id did."""
        sender = activity.sender
        # A message's menu and the compose box offer the form in any chat of its person, also where the bot is not.
        own = activity.type in _OWN or activity.name == CARD
        conversation = activity.conversation if own else None
        if self._emulated:
            self.tenant = activity.tenant or self.tenant
        service = activity.service_url or ""
        if conversation and conversation.id and not conversation.personal:
            here = ConversationRef(self.workspace, conversation.place)
            await self.keep_place(Place(here, service, team_of(activity)))
        if sender is None or not sender.aad_object_id:
            return None
        account = AccountRef(self.workspace, sender.aad_object_id.lower())
        own_chat = conversation is not None and conversation.personal
        if own_chat:
            self._heard.keep(account.id, self._now())
        # Who comes is looked at anew; for whoever writes, what is in memory must do.
        look = self.fresh if activity.type in _HAPPENED else self.contact
        known = await look(account) or Contact(account)
        locale, timezone = _settings(activity)
        chat = conversation.id if conversation and own_chat else known.chat
        fresh = replace(
            known,
            address=sender.id or known.address,
            name=clean(sender.name or "", _NAME) or known.name,
            locale=locale or known.locale,
            timezone=timezone or known.timezone,
            standing=Standing.STRANGER if _foreign(sender.tenant_id or "", self.tenant) else known.standing,
            chat=chat,
            service=service or known.service,
            # Who writes to the bot wants to hear from it.
            blocked_at=None if own_chat else known.blocked_at,
        )
        return await self._change(known, fresh)

    async def met(self, member: dict[str, Any], service: str) -> Contact | None:
        """Take in a member of a conversation as Teams describes one; None if it is no person with a directory id."""
        id_ = member.get("aadObjectId") or member.get("objectId")
        if not isinstance(id_, str) or not id_:
            return None
        account = AccountRef(self.workspace, id_.lower())
        known = await self.contact(account) or Contact(account)
        fresh = replace(
            known,
            address=_text(member, "id") or known.address,
            name=clean(_text(member, "name"), _NAME) or known.name,
            email=_text(member, "email") or known.email,
            standing=standing(member, self.tenant, known.standing),
            service=known.service or service,
        )
        if known.standing is Standing.LEFT:
            # An organisation that is not there yet knows nobody who could be back.
            with suppress(RecognitionError):
                await self._learn(profile(fresh))
        return await self._change(known, fresh)

    async def blocked(self, account: AccountRef, at: datetime) -> None:
        """Note that somebody wants nothing from the bot."""
        known = await self.contact(account) or Contact(account)
        await self._change(known, replace(known, blocked_at=at))

    async def _change(self, known: Contact, fresh: Contact) -> Contact:
        """Write what is new about somebody, and nothing else: other processes write too."""
        news = {name: value for name in _NEWS if (value := getattr(fresh, name)) != getattr(known, name)}
        if not news:
            return fresh
        written = {**news, "handle": profile(fresh).handle} if "email" in news else news
        await self._store.keep_contact(fresh.account, cast("News", written))
        latest = replace(self._known.get(fresh.account.id) or fresh, **news)
        self._remember(latest)
        return latest

    def _remember(self, contact: Contact) -> None:
        self._known.keep(contact.account.id, contact)
        if contact.address:
            self._addresses.keep(contact.address, contact.account.id)
        if contact.chat:
            self._chats.keep(contact.chat, contact.service)

    async def _all_places(self) -> dict[str, Place]:
        if self._places is None or self._timer() >= self._places_due:
            read = await self._store.places(self.workspace)
            self._places = {each.conversation.id: Place(each.conversation, each.service, each.team) for each in read}
            self._places_due = self._timer() + _FRESH_SECONDS
        return self._places


def profile(contact: Contact) -> Profile:
    """Give a contact as the core knows people."""
    return Profile(
        account=contact.account,
        name=contact.name,
        handle=contact.email.partition("@")[0],
        email=contact.email,
        locale=contact.locale,
        timezone=contact.timezone,
        standing=contact.standing,
    )


def standing(member: dict[str, Any], tenant: str, known: Standing = Standing.MEMBER) -> Standing:
    """Say what a member of a conversation is, in a tenant, who was `known` as something.

    An id belongs to one tenant for good: a stranger stays one unless Teams says that they are of this tenant. With an
    empty one nobody is a stranger.
    """
    theirs = _text(member, "tenantId")
    if _foreign(theirs, tenant) or (known is Standing.STRANGER and tenant and not theirs):
        return Standing.STRANGER
    if _text(member, "userRole") in {"guest", "anonymous"}:
        return Standing.GUEST
    return Standing.MEMBER


def team_of(activity: Activity) -> str:
    """Give Teams' id of the team that an activity is about; empty if it is about none."""
    team = activity.channel_data.team if activity.channel_data else None
    return (team.id or team.aad_group_id or "") if team else ""


def _foreign(theirs: str, tenant: str) -> bool:
    return bool(theirs and tenant) and theirs.casefold() != tenant.casefold()


def _text(member: dict[str, Any], name: str) -> str:
    value = member.get(name)
    return value if isinstance(value, str) else ""


def _settings(activity: Activity) -> tuple[str, str]:
    """Give the locale and the time zone of the sender's device."""
    info = next((entity for entity in activity.entities or () if entity.type == "clientInfo"), None)
    locale = activity.locale or (info.locale if info else None) or ""
    timezone = activity.local_timezone or (info.timezone if info else None) or ""
    return locale[:35], timezone[:64]


_NEWS: Final = tuple(field.name for field in fields(Contact) if field.name != "account")
