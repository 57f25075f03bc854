"""Teams as a ChatPlatform: posts, changes and removes messages. It cannot be asked what was sent."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, Final, TypeAlias, assert_never

import structlog

from adapters.teams import render
from adapters.teams.addresses import BOT
from adapters.teams.connector import NOT_THERE, Connector, Doubt
from adapters.teams.contacts import Contacts
from adapters.teams.render import ChartAddress, Json
from adapters.teams.seal import Seal
from adapters.teams.store import Contact
from bot.errors import BlockedError, DeliveryError, PermanentDeliveryError
from bot.identity import AccountRef, ConversationRef, Target, WorkspaceRef
from bot.ports import Capabilities, Receipt
from bot.view.form import Form
from bot.view.message import Message

BLOCKED: Final = frozenset({"MessageWritesBlocked", "UserBlocked"})
"""Teams' words for somebody who blocked or removed the bot."""

NO_CHAT: Final = "no_chat_with_person"
"""How the reason begins where Teams lets the bot begin no chat with somebody. Teams' own word follows."""

_WRITE: Final = timedelta(seconds=6)
_OPEN: Final = timedelta(seconds=3)
_LOOK: Final = timedelta(seconds=2)

_PACE: Final = timedelta(seconds=2)
"""Teams takes 1,800 messages an hour in a conversation, however they are spread:
https://learn.microsoft.com/microsoftteams/platform/bots/how-to/rate-limit"""

_CHANNELS: Final = ("@thread.tacv2", "@thread.skype")
_REMOVED: Final = frozenset({"ActivityNotFoundInConversation", "ConversationNotFound", "http_404"})
_NOT_IN: Final = "BotNotInConversationRoster"

_log = structlog.get_logger(__name__)

Members: TypeAlias = Callable[[ConversationRef], Awaitable[Collection[AccountRef]]]
"""Says who is in a channel or group. Raises a DeliveryError."""


async def nobody(_: ConversationRef) -> Collection[AccountRef]:
    """Say that nobody is known to be there, so that nobody is mentioned."""
    return ()


class TeamsPlatform:
    """One tenant, through the Bot Connector.

    A message to a person goes into their chat with the bot, which is begun if there is none yet; one to a channel
    begins a thread. A call is cut off after at most 10 seconds. `members` says who can be mentioned where.
    """

    def __init__(
        self,
        app_id: str,
        contacts: Contacts,
        connector: Connector,
        seal: Seal,
        *,
        members: Members = nobody,
        chart_address: ChartAddress = render.nowhere,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._bot = {"id": f"{BOT}{app_id}"}
        self._workspace = contacts.workspace
        self._contacts = contacts
        self._connector = connector
        self._seal = seal
        self._members = members
        self._chart_address = chart_address
        self._now = now

    @property
    def capabilities(self) -> Capabilities:
        """Teams cannot be asked what was sent, and lets a bot delete its own messages."""
        return Capabilities(find_sent=False, remove=True, pace=_PACE)

    async def send(self, target: Target, message: Message, key: str, under: Receipt | None = None) -> Receipt:  # noqa: ARG002 Teams keeps no key
        """Post a message, to a person as storage knows them now: another process may have heard that they want none."""
        self._own(target.workspace)
        if isinstance(target, AccountRef):
            await self._contacts.fresh(target)
        return await self.send_activity(target, await self._drawn(message, target), under)

    async def send_activity(self, target: Target, activity: Json, under: Receipt | None = None) -> Receipt:
        """Post an activity that is drawn already."""
        self._own(target.workspace)
        match target:
            case AccountRef():
                return await self._to_person(target, activity)
            case ConversationRef(id=id_):
                thread = f"{id_};messageid={under.message}" if under and id_.endswith(_CHANNELS) else ""
                try:
                    return await self._to_place(target, activity, thread)
                except PermanentDeliveryError as error:
                    # A thread may be gone, and its channel there.
                    if error.reason == _NOT_IN or (error.reason in NOT_THERE and not thread):
                        await self._contacts.places.forget(target)
                    raise
            case _:
                assert_never(target)

    async def answer(self, service: str, chat: str, activity: Json) -> None:
        """Post an activity where something came from just now, whatever storage knows of it."""
        await self._connector.post(service, chat, activity, within=_WRITE)

    async def update(self, receipt: Receipt, message: Message) -> None:
        """Replace a message's content."""
        await self.update_activity(receipt, await self._drawn(message, receipt.conversation))

    async def update_activity(self, receipt: Receipt, activity: Json) -> None:
        """Replace a message's content by an activity that is drawn already."""
        self._own(receipt.conversation.workspace)
        service = await self._contacts.service(receipt.conversation)
        await self._connector.put(service, receipt.conversation.id, receipt.message, activity, within=_WRITE)

    async def remove(self, receipt: Receipt) -> None:
        """Delete a message."""
        self._own(receipt.conversation.workspace)
        service = await self._contacts.service(receipt.conversation)
        try:
            await self._connector.delete(service, receipt.conversation.id, receipt.message, within=_WRITE)
        except PermanentDeliveryError as error:
            if error.reason not in _REMOVED:
                raise

    async def find_sent(
        self,
        target: Target,  # noqa: ARG002 nothing can be asked
        key: str,  # noqa: ARG002 likewise
        since: datetime,  # noqa: ARG002 likewise
        under: Receipt | None = None,  # noqa: ARG002 likewise
    ) -> Receipt | None:
        """Refuse: Teams has no way to ask a bot's own messages back. See `capabilities`."""
        reason = "cannot_be_asked"
        raise PermanentDeliveryError(reason)

    async def open_form(self, trigger: str, form: Form) -> None:  # noqa: ARG002 nothing is opened from here
        """Refuse: a dialog opens only as the answer to an act, which `answers` gives."""
        reason = "no_form_outside_an_act"
        raise PermanentDeliveryError(reason)

    async def _to_person(self, account: AccountRef, activity: Json) -> Receipt:
        contact = await self._contacts.contact(account)
        if contact and contact.blocked_at:
            contact = await self._contacts.fresh(account)
        contact = contact or Contact(account)
        if contact.blocked_at:
            reason = "MessageWritesBlocked"
            raise BlockedError(reason)
        try:
            return await self._in_chat(contact, activity)
        except PermanentDeliveryError as error:
            if error.reason in BLOCKED:
                await self._contacts.blocked(account, self._now())
                raise BlockedError(error.reason) from error
            raise

    async def _in_chat(self, contact: Contact, activity: Json) -> Receipt:
        """Post in somebody's chat, or in a new one if there is none, or Teams says that it is none of the bot's."""
        if contact.chat:
            try:
                return await self._post(contact, activity)
            except PermanentDeliveryError as error:
                if error.reason not in NOT_THERE:
                    raise
                # The chat may have been another registration's. Nothing was posted in it.
                _log.info("teams_chat_gone", account=contact.account.id, reason=error.reason)
                contact = replace(contact, chat="")
                await self._contacts.keep(contact)
        return await self._post(await self._begin_chat(contact), activity)

    async def _post(self, contact: Contact, activity: Json) -> Receipt:
        posted = await self._connector.post(contact.service, contact.chat, activity, within=_WRITE)
        return Receipt(ConversationRef(self._workspace, contact.chat), posted)

    async def _begin_chat(self, contact: Contact) -> Contact:
        """Begin a chat with somebody. Raises PermanentDeliveryError with `NO_CHAT` and Teams' word if none can be."""
        service = contact.service or await self._contacts.any_service()
        refused = ""
        # An address holds for one registration only, and may be another's. The directory id holds for all of them.
        for name in dict.fromkeys((contact.address or contact.account.id, contact.account.id)):
            try:
                # Beginning it again gives the same chat.
                answer = await self._connector.begin(
                    service, self._asked(isGroup=False, members=[{"id": name}]), within=_OPEN, doubt=Doubt.HARMLESS
                )
            except PermanentDeliveryError as error:
                if error.reason in BLOCKED:
                    raise
                refused = error.reason
            else:
                begun = replace(contact, service=service, chat=str(answer.get("id", "")))
                await self._contacts.keep(begun)
                return begun
        reason = f"{NO_CHAT}: {refused}"
        raise PermanentDeliveryError(reason)

    async def _to_place(self, place: ConversationRef, activity: Json, thread: str) -> Receipt:
        """Post where several see it: in a thread that is named, or else in a new one in a channel."""
        if place.id.endswith(_CHANNELS) and not thread:
            return await self._begin_thread(place, activity)
        service = await self._contacts.service(place)
        return Receipt(place, await self._connector.post(service, thread or place.id, activity, within=_WRITE))

    async def _begin_thread(self, channel: ConversationRef, activity: Json) -> Receipt:
        asked = self._asked(isGroup=True, channelData={"channel": {"id": channel.id}}, activity=activity)
        service = await self._contacts.service(channel)
        answer = await self._connector.begin(service, asked, within=_WRITE, doubt=Doubt.MATTERS)
        begun = str(answer.get("activityId") or str(answer.get("id", "")).partition(";messageid=")[2])
        return Receipt(channel, begun)

    def _asked(self, **more: Any) -> Json:
        tenant = self._contacts.tenant
        data = {"tenant": {"id": tenant}, **more.pop("channelData", {})}
        return {"bot": self._bot, "tenantId": tenant, "channelData": data, **more}

    async def _drawn(self, message: Message, target: Target) -> Json:
        return render.render(message, self._seal, self._chart_address, await self._here(target))

    async def _here(self, target: Target) -> frozenset[AccountRef]:
        """Give who can be mentioned: whoever is in a channel or group, and nobody in a chat between two."""
        if isinstance(target, AccountRef) or await self._contacts.places.one(target) is None:
            return frozenset()
        try:
            async with asyncio.timeout(_LOOK.total_seconds()):
                return frozenset(await self._members(target))
        except (DeliveryError, TimeoutError):
            # Names will do: nobody waits for a shout-out only to be mentioned in it.
            return frozenset()

    def _own(self, workspace: WorkspaceRef) -> None:
        if workspace != self._workspace:
            reason = "workspace_not_connected"
            raise PermanentDeliveryError(reason)
