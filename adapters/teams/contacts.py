"""Whom and which places the bot knows in Teams: in memory, kept in storage, fresh from every activity."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from time import monotonic
from typing import Any, Final

from adapters.teams.activity import Activity
from adapters.teams.config import EMULATED
from adapters.teams.store import Contact, Place, TeamsStore, contact_of
from bot.hygiene import clean
from bot.identity import AccountRef, ConversationRef, WorkspaceRef
from bot.memory import Memory
from bot.ports import Profile, Standing

_KEPT: Final = 50_000
_FRESH_SECONDS: Final = 600
"""How long another replica's news may stay unseen."""

_NAME: Final = 80

CARD: Final = "adaptiveCard/action"
_OWN: Final = frozenset({"message", "conversationUpdate", "installationUpdate"})


class Contacts:
    """The contacts and places of one tenant. `timer` gives seconds and may start anywhere."""

    def __init__(self, workspace: WorkspaceRef, store: TeamsStore, timer: Callable[[], float] = monotonic) -> None:
        self.workspace = workspace
        self.tenant = "" if workspace.id == EMULATED else workspace.id
        """Whose people are members. An emulator's is known once something came from it."""
        self._emulated = not self.tenant
        self._store = store
        self._timer = timer
        self._known: Memory[str, Contact] = Memory(_KEPT, _FRESH_SECONDS, timer)
        self._addresses: Memory[str, str] = Memory(_KEPT, _FRESH_SECONDS, timer)
        self._chats: Memory[str, str] = Memory(_KEPT, _FRESH_SECONDS, timer)
        self._places: dict[str, Place] | None = None
        self._places_due = float("-inf")
        self.entered = 0
        """Counts the places that were new. Who keeps lists of people looks at it."""

    async def contact(self, account: AccountRef) -> Contact | None:
        """Give a person, if they were met."""
        known = self._known.get(account.id)
        if known is None:
            stored = await self._store.contact(account)
            if stored is not None:
                known = contact_of(stored)
                self._remember(known)
        return known

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
        if self._known.get(contact.account.id) == contact:
            return
        await self._store.keep_contact(
            profile(contact),
            address=contact.address,
            chat=contact.chat,
            service=contact.service,
            blocked_at=contact.blocked_at,
        )
        self._remember(contact)

    async def places(self) -> list[Place]:
        """Give every place the bot is in."""
        return list((await self._all_places()).values())

    async def place(self, conversation: ConversationRef) -> Place | None:
        """Give one of them."""
        return (await self._all_places()).get(conversation.id)

    async def keep_place(self, place: Place) -> None:
        """Take in a place; storage is written only where something is new."""
        known = await self._all_places()
        if known.get(place.conversation.id) != place:
            await self._store.keep_place(place.conversation, place.service)
            self.entered += place.conversation.id not in known
            known[place.conversation.id] = place

    async def forget_place(self, conversation: ConversationRef) -> None:
        """Forget a place that the bot has left."""
        (await self._all_places()).pop(conversation.id, None)
        await self._store.forget_place(conversation)

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
            await self.keep_place(Place(here, service))
        if sender is None or not sender.aad_object_id:
            return None
        account = AccountRef(self.workspace, sender.aad_object_id.lower())
        known = await self.contact(account) or Contact(account)
        locale, timezone = _settings(activity)
        chat = conversation.id if conversation and conversation.personal else known.chat
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
            blocked_at=None if conversation and conversation.personal else known.blocked_at,
        )
        await self.keep(fresh)
        return fresh

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
            standing=standing(member, self.tenant),
            service=known.service or service,
        )
        await self.keep(fresh)
        return fresh

    async def blocked(self, account: AccountRef, at: datetime) -> None:
        """Note that somebody wants nothing from the bot."""
        known = await self.contact(account) or Contact(account)
        await self.keep(replace(known, blocked_at=at))

    def _remember(self, contact: Contact) -> None:
        self._known.keep(contact.account.id, contact)
        if contact.address:
            self._addresses.keep(contact.address, contact.account.id)
        if contact.chat:
            self._chats.keep(contact.chat, contact.service)

    async def _all_places(self) -> dict[str, Place]:
        if self._places is None or self._timer() >= self._places_due:
            read = await self._store.places(self.workspace)
            self._places = {each.conversation.id: Place(each.conversation, each.service) for each in read}
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


def standing(member: dict[str, Any], tenant: str) -> Standing:
    """Say what a member of a conversation is, in a tenant; with an empty one nobody is a stranger."""
    if _foreign(_text(member, "tenantId"), tenant):
        return Standing.STRANGER
    if _text(member, "userRole") in {"guest", "anonymous"}:
        return Standing.GUEST
    return Standing.MEMBER


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
