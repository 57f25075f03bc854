"""The local chat as the core sees it: a place to deliver to."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from adapters.local.chat import LocalChat
from bot.errors import AmbiguousDeliveryError, PermanentDeliveryError, TemporaryDeliveryError
from bot.identity import Target
from bot.ports import Capabilities, Receipt
from bot.view.form import Form
from bot.view.message import Message

_CAPABILITIES: Final = Capabilities(find_sent=True, remove=True)


class LocalPlatform:
    """ChatPlatform for the local chat. What can fail is its database, and that is reported as delivery errors."""

    def __init__(self, chat: LocalChat) -> None:
        self._chat = chat

    @property
    def capabilities(self) -> Capabilities:
        """Everything: messages can be found by key and taken away."""
        return _CAPABILITIES

    async def send(self, target: Target, message: Message, key: str, under: Receipt | None = None) -> Receipt:
        """Post a message, or what continues one."""
        try:
            there = await self._chat.has(target)
        except Exception as error:
            raise TemporaryDeliveryError(type(error).__name__) from error
        if not there:
            reason = "conversation_not_found"
            raise PermanentDeliveryError(reason)
        try:
            return await self._chat.post(target, message, key, under=under)
        except Exception as error:
            # The commit's own answer may be what was lost.
            raise AmbiguousDeliveryError(type(error).__name__) from error

    async def update(self, receipt: Receipt, message: Message) -> None:
        """Replace a message's content."""
        try:
            changed = await self._chat.change(receipt, message)
        except Exception as error:
            raise AmbiguousDeliveryError(type(error).__name__) from error
        if not changed:
            reason = "message_not_found"
            raise PermanentDeliveryError(reason)

    async def remove(self, receipt: Receipt) -> None:
        """Take a message away."""
        try:
            await self._chat.remove(receipt)
        except Exception as error:
            raise AmbiguousDeliveryError(type(error).__name__) from error

    async def find_sent(
        self,
        target: Target,
        key: str,
        since: datetime,
        under: Receipt | None = None,  # noqa: ARG002 - a key is found wherever it is
    ) -> Receipt | None:
        """Say where the message with this key is."""
        try:
            return await self._chat.find(target, key, since)
        except Exception as error:
            raise TemporaryDeliveryError(type(error).__name__) from error

    async def open_form(self, trigger: str, form: Form) -> None:
        """Refuse: here a form is shown in the answer to the act that asked for it, and there is no trigger."""
        reason = f"no trigger {trigger!r} for form {form.name!r}"
        raise PermanentDeliveryError(reason)
