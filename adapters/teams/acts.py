"""From an activity to the act that it is."""

from __future__ import annotations

import asyncio
from typing import Any, Final, TypeGuard

from msgspec.structs import replace

from adapters.teams import forms, mentions, typed
from adapters.teams.activity import Account, Activity
from adapters.teams.addresses import BOT
from adapters.teams.directory import TeamsDirectory
from adapters.teams.seal import Pressed, Seal, Sent
from bot.errors import Code, RecognitionError, TemporaryDeliveryError
from bot.identity import AccountRef, ConversationRef, WorkspaceRef
from bot.incoming import ButtonPressed, CommandTyped, FormSubmitted, Incoming, Origin, Segment, ShortcutUsed
from bot.ports import Profile

PATIENCE_SECONDS: Final = 2.5
"""For finding out who is named in a message."""

MOST_TEXT: Final = 32_768
"""Characters of a message that are read: more than Teams lets anybody write (28 KB), and quickly read."""

MOST_LINK: Final = 2_048
"""Characters of a link. A longer one leads nowhere in most browsers, and is none."""

_STALE: Final = "stale"
"""The action of a button that cannot be read any more. No room has it."""


class Acts:
    """Reads acts of people in one tenant. `command` is the word that people may type before a kudos, with its slash."""

    def __init__(self, workspace: WorkspaceRef, directory: TeamsDirectory, seal: Seal, command: str) -> None:
        self._workspace = workspace
        self._directory = directory
        self._seal = seal
        self._command = command

    async def message(self, activity: Activity, sender: AccountRef) -> Incoming:
        """Give the act of a message: a command, or what an old client sends for a button or a form.

        Raises RecognitionError with DIRECTORY_UNAVAILABLE.
        """
        if isinstance(activity.value, dict) and not (activity.text or "").strip():
            return self.sent(activity, sender, activity.value)
        origin = self.origin(activity, sender)
        try:
            return CommandTyped(origin, await self._segments(activity))
        except (TemporaryDeliveryError, TimeoutError) as error:
            raise RecognitionError(Code.DIRECTORY_UNAVAILABLE) from error

    def sent(self, activity: Activity, sender: AccountRef, data: Any) -> Incoming:
        """Give the act of a button or a form by what its card carried."""
        match self._seal.open(data):
            case Pressed(do=do, value=value):
                return ButtonPressed(self.origin(activity, sender), do, value)
            case Sent() as sent if form := forms.drawn(sent):
                origin = self.origin(activity, sender, key=f"form:{sent.id}", place=sent.place)
                filled = forms.read(form, data, self._workspace)
                return FormSubmitted(origin, form.name, form.state, filled.people, filled.choices, filled.texts)
            case _:
                return ButtonPressed(self.origin(activity, sender), _STALE, "")

    def form_of(self, data: Any) -> Sent | None:
        """Give what a form's card carried along; None if it was no form of ours."""
        opened = self._seal.open(data)
        return opened if isinstance(opened, Sent) else None

    def extension(self, activity: Activity, sender: AccountRef) -> ShortcutUsed:
        """Give the act of the message extension: from the compose box, or from a message's menu."""
        origin = self.origin(activity, sender)
        match activity.value:
            case {"messagePayload": {"from": {"user": {"id": str() as author}}, **message}}:
                link = message.get("linkToMessage")
                return ShortcutUsed(
                    origin, AccountRef(self._workspace, author.lower()), link if _is_link(link) else None
                )
            case {"messagePayload": {"linkToMessage": link}} if _is_link(link):
                return ShortcutUsed(origin, None, link)
            case _:
                return ShortcutUsed(origin)

    def origin(self, activity: Activity, sender: AccountRef, *, key: str = "", place: str = "") -> Origin:
        """Say who acted and where; a chat between two is nowhere. `place` is what a form was opened from."""
        where = activity.conversation
        here = place or (where.place if where and not where.personal else "")
        conversation = ConversationRef(self._workspace, here) if here else None
        return Origin(self._workspace, sender, conversation, key or f"{where.id if where else ''}:{activity.id}")

    async def _segments(self, activity: Activity) -> tuple[Segment, ...]:
        if len(activity.text or "") > MOST_TEXT:
            # Nothing else runs while it is read, which takes time in proportion to its length.
            activity = replace(activity, text=(activity.text or "")[:MOST_TEXT])
        personal = activity.conversation is None or activity.conversation.personal
        people = self._mentioned(activity)
        known = {id_: account for id_ in people if (account := self._directory.peek(id_))}
        if not personal and len(known) == len(people):
            # Nobody has to be asked for, so nothing can take long.
            return self._called(activity, known, personal=False)[0]
        async with asyncio.timeout(PATIENCE_SECONDS):
            known |= await self._asked(activity, [each for id_, each in people.items() if id_ not in known])
            rest, certain = self._called(activity, known, personal=personal)
            return await typed.named(rest, self._find, sure=certain) if personal else rest

    def _called(
        self, activity: Activity, accounts: dict[str, AccountRef], *, personal: bool
    ) -> tuple[tuple[Segment, ...], bool]:
        """Give what was said to the bot, and whether it was called by its command."""
        return typed.called(mentions.segments(activity, accounts), self._command, personal=personal)

    async def _find(self, name: str) -> list[Profile]:
        return await self._directory.find(self._workspace, name)

    def _mentioned(self, activity: Activity) -> dict[str, Account]:
        """Give the people whom the text mentions, by address. The bot itself is nobody."""
        own = activity.recipient.id if activity.recipient else None
        return {each.id: each for each in mentions.mentioned(activity) if each.id != own and mentions.is_person(each)}

    async def _asked(self, activity: Activity, people: list[Account]) -> dict[str, AccountRef]:
        """Find out who is behind some addresses."""
        where = ConversationRef(self._workspace, activity.conversation.place if activity.conversation else "")
        found = await asyncio.gather(*(self._account(each.id, each.aad_object_id, where) for each in people))
        return {each.id: account for each, account in zip(people, found, strict=True)}

    async def _account(self, address: str, object_id: str | None, where: ConversationRef) -> AccountRef:
        if object_id:
            return AccountRef(self._workspace, object_id.lower())
        if address.startswith(BOT):
            return AccountRef(self._workspace, address)
        # Whom Teams does not know stays an address: the core says that there is no such person.
        return await self._directory.whose(address, where) or AccountRef(self._workspace, address.lower())


def _is_link(link: object) -> TypeGuard[str]:
    return isinstance(link, str) and len(link) <= MOST_LINK and link.startswith("https://")
