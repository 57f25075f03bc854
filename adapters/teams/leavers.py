"""Guesses who has left the tenant. Teams tells a bot nothing of it: they are in none of its places any more."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Final

import structlog

from adapters.name_index import FINDABLE
from adapters.teams.connector import Connector
from adapters.teams.contacts import Contacts
from adapters.teams.directory import TeamsDirectory
from adapters.teams.store import Contact
from bot.errors import DeliveryError
from bot.identity import AccountRef

REST_SECONDS: Final = 6 * 3600
"""Between two searches. Each reads the members of every place, and may ask for somebody in their own chat."""

HANDFUL: Final = 5
"""So many may go at once, however few there are."""

_SHARE: Final = 3
"""Of more than a handful, at most every third. Rather than leave so many at once, they are out of the bot's sight."""

_ASK: Final = timedelta(seconds=15)

_log = structlog.get_logger(__name__)


class Leavers:
    """Looks for those who have left one tenant, at once and again after a `rest` in seconds."""

    def __init__(
        self, contacts: Contacts, directory: TeamsDirectory, connector: Connector, rest: float = REST_SECONDS
    ) -> None:
        self._contacts = contacts
        self._directory = directory
        self._connector = connector
        self._rest = rest
        self._looking: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to look."""
        self._looking = asyncio.create_task(self._keep_looking())

    async def close(self) -> None:
        """Stop looking."""
        if self._looking:
            self._looking.cancel()
            await asyncio.wait({self._looking})

    async def look(self) -> None:
        """Look once. Nobody is taken for gone unless every place was asked, and their chat with the bot.

        Nor is anybody where more seem to be gone than leave within hours: that is said in the log.
        """
        # Before the places are asked: whoever is met first meanwhile may be in one that was asked before.
        known = [each.account async for each in self._contacts.everyone() if _is_here(each)]
        seen = await self._directory.everybody() if known else frozenset()
        if not seen:
            return
        missing = [account for account in known if account.id not in seen]
        gone = [each for account in missing if (each := await self._gone(account))]
        if len(gone) > max(HANDFUL, len(known) // _SHARE):
            _log.warning("teams_leavers_too_many", found=len(gone), known=len(known))
            return
        for each in gone:
            await self._contacts.left(each)
            self._directory.forget(each.account.id)
        _log.info("teams_leavers_looked_for", found=len(gone))

    async def _keep_looking(self) -> None:
        while True:
            try:
                await self.look()
            except Exception:  # noqa: BLE001 - storage may fail in any way; the next look is another try
                _log.exception("teams_leavers_not_found")
            await asyncio.sleep(self._rest)

    async def _gone(self, account: AccountRef) -> Contact | None:
        """Give somebody who is in no place; None if Teams knows them in their own chat, or that cannot be said."""
        contact = await self._contacts.fresh(account)
        # Since the places were asked, they may have blocked the bot.
        if contact is None or not _is_here(contact):
            return None
        try:
            is_known = contact.chat and await self._asked(contact)
        except DeliveryError as error:
            _log.info("teams_leaver_not_asked_for", reason=str(error))
            return None
        return None if is_known else contact

    async def _asked(self, contact: Contact) -> bool:
        """Say whether Teams still knows somebody in their own chat with the bot. Raises a DeliveryError."""
        # An emulator may know people by their address alone.
        for name in filter(None, (contact.account.id, contact.address)):
            if await self._connector.member(contact.service, contact.chat, name, within=_ASK):
                return True
        return False


def _is_here(contact: Contact) -> bool:
    """Say whether somebody counts as being in the tenant. One who blocked the bot is out of its sight."""
    return contact.standing in FINDABLE and contact.blocked_at is None
