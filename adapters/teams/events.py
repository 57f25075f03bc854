"""What happens in Teams without anybody acting: the bot comes and goes, and so do people and places."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

import structlog

from adapters.teams.activity import Account, Activity
from adapters.teams.answers import Answers
from adapters.teams.contacts import Contacts
from adapters.teams.directory import TeamsDirectory
from adapters.teams.sightings import place_of, team_of
from adapters.teams.store import Contact, Place
from bot.answer import Answer
from bot.errors import DeliveryError, RecognitionError
from bot.i18n import Translator, translator
from bot.identity import AccountRef, ConversationRef
from bot.ports import Profile
from bot.recognition import help_words

_WELCOMED: Final = 20
"""People of one activity who are looked at. The rest of a large team is met when it acts or is named."""

_MOST_GREETED: Final = 100
"""People in a place. In a larger one a hello counts as spam:
https://learn.microsoft.com/microsoftteams/platform/bots/how-to/conversations/channel-and-group-conversations"""

_AT_ONCE: Final = 10
"""Of them at a time. Each may take some seconds, and Teams sends again what is not answered in 15."""

_PLACES_CHANGE: Final = frozenset(
    {"channelDeleted", "channelRestored", "teamDeleted", "teamHardDeleted", "teamRestored"}
)
"""Events after which the bot is in other places. What memory holds of them another process may have changed."""

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Hearers:
    """Who in the core hears of what happens: of people who change, and who come to a place or leave it.

    `heard` is told with every act what it says of its person: their locale and time zone, empty if it does not.
    """

    learn: Callable[[Profile], Awaitable[None]]
    heard: Callable[[AccountRef, str, str], None]
    joined: Callable[[ConversationRef, AccountRef], Awaitable[None]]
    left: Callable[[ConversationRef, AccountRef], Awaitable[None]]


class Events:
    """The events of one tenant."""

    def __init__(
        self, contacts: Contacts, directory: TeamsDirectory, answers: Answers, *, hearers: Hearers, command: str
    ) -> None:
        self._contacts = contacts
        self._directory = directory
        self._answers = answers
        self._hearers = hearers
        self._command = command

    async def take_in(self, activity: Activity) -> None:
        """Take in an event. Doing it twice changes nothing."""
        here = ConversationRef(self._contacts.workspace, activity.conversation.place if activity.conversation else "")
        event = activity.channel_data.event_type if activity.channel_data else None
        left = self._bot_left(activity)
        if left or event in _PLACES_CHANGE or self._bot_came(activity):
            self._contacts.places.look_anew()
        if left:
            await self._left(activity, here, whole=event != "channelMemberRemoved")
            return
        channel = self._channel(activity) or here
        match event:
            case "channelDeleted":
                await self._contacts.places.forget(channel)
                return
            case "teamDeleted" | "teamHardDeleted":
                await self._contacts.places.forget_team(team_of(activity))
                return
            case "channelRestored":
                await self._contacts.places.keep(Place(channel, activity.service_url or "", team_of(activity)))
            case _:
                pass
        entered = await self._entered(activity)
        contact = await self._contacts.noticed(activity)
        if contact and activity.in_own_chat and _was_added(activity):
            await self._greet(activity, contact)
        if entered:
            await self._say_hello(entered, translator(contact.locale) if contact else translator(activity.locale or ""))
        changed = [*(activity.members_added or ()), *(activity.members_removed or ())]
        accounts = [each.aad_object_id.lower() for each in changed if each.aad_object_id]
        self._directory.changed(here, accounts)
        await self._hear(here, activity.members_added or (), activity.members_removed or ())

    def _bot_left(self, activity: Activity) -> bool:
        if activity.type == "installationUpdate":
            return (activity.action or "").startswith("remove")
        return _is_among(activity, activity.members_removed)

    def _bot_came(self, activity: Activity) -> bool:
        return activity.type == "installationUpdate" or _is_among(activity, activity.members_added)

    async def _entered(self, activity: Activity) -> Place | None:
        """Give the channel or group chat that the bot is new in. Teams tells twice of it, and again of upgrades."""
        came = _was_added(activity) or _is_among(activity, activity.members_added)
        place = place_of(activity, self._contacts.workspace)
        return place if came and place and await self._contacts.places.keep(place) else None

    async def _greet(self, activity: Activity, contact: Contact) -> None:
        """Say what the bot is for: an empty chat says nothing of that, and Teams' store asks for it."""
        self._hearers.heard(contact.account, contact.locale, contact.timezone)
        greeting = help_words.greeting(translator(contact.locale), self._command)
        try:
            await self._answers.to_message(activity, contact.account, Answer(reply=greeting), None)
        except DeliveryError as error:
            _log.info("teams_not_greeted", reason=str(error))

    async def _say_hello(self, place: Place, t: Translator) -> None:
        """Tell everyone in a place that the bot is there now, and what for."""
        try:
            if not await self._directory.exceeds(place, _MOST_GREETED):
                await self._answers.to_place(place.conversation, help_words.hello(t, self._command))
        except DeliveryError as error:
            _log.info("teams_not_greeted", conversation=place.conversation.id, reason=str(error))

    def _channel(self, activity: Activity) -> ConversationRef | None:
        """Give the channel that an event is about, which may be told in another one of its team."""
        channel = activity.channel_data.channel if activity.channel_data else None
        return ConversationRef(self._contacts.workspace, channel.id) if channel and channel.id else None

    async def _left(self, activity: Activity, here: ConversationRef, *, whole: bool) -> None:
        """Take in that the bot was taken out: of a channel, or of the `whole` team, which is told in one channel."""
        _log.info("teams_bot_removed", conversation=here.id)
        if not activity.in_own_chat:
            await self._contacts.places.forget(here if whole else self._channel(activity) or here)
            if whole:
                await self._contacts.places.forget_team(team_of(activity))
        elif activity.sender and activity.sender.aad_object_id:
            account = AccountRef(self._contacts.workspace, activity.sender.aad_object_id.lower())
            await self._contacts.blocked(account, datetime.now(UTC))

    async def _hear(self, here: ConversationRef, came: tuple[Account, ...], went: tuple[Account, ...]) -> None:
        """Tell the core who came and went. One who is slow to be found holds up few others."""
        at_once = asyncio.Semaphore(_AT_ONCE)

        async def tell(account: AccountRef, tell_of: Callable[[ConversationRef, AccountRef], Awaitable[None]]) -> None:
            async with at_once:
                with suppress(DeliveryError, RecognitionError):
                    await tell_of(here, account)

        telling = [tell(account, self._welcome) for account in self._people(came)]
        telling += [tell(account, self._hearers.left) for account in self._people(went)]
        failed = [each for each in await asyncio.gather(*telling, return_exceptions=True) if each is not None]
        if failed:
            raise failed[0]

    async def _welcome(self, here: ConversationRef, account: AccountRef) -> None:
        if profile := await self._directory.person(account):
            await self._hearers.learn(profile)
            await self._hearers.joined(here, account)

    def _people(self, members: tuple[Account, ...]) -> list[AccountRef]:
        ids = [each.aad_object_id.lower() for each in members if each.aad_object_id]
        return [AccountRef(self._contacts.workspace, id_) for id_ in ids[:_WELCOMED]]


def _was_added(activity: Activity) -> bool:
    """Say whether the bot was installed just now. An upgrade is another action."""
    return activity.type == "installationUpdate" and activity.action == "add"


def _is_among(activity: Activity, members: tuple[Account, ...] | None) -> bool:
    """Say whether the bot is one of those who came or went."""
    own = activity.recipient.id if activity.recipient else None
    return any(each.id == own for each in members or ())
