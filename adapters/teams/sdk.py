"""The one place that knows botbuilder: the turn, and which handler an activity goes to.

What it is used for is what it does well. What of it is broken is not touched: tokens are checked before (`guard`),
activities are read before (`activity`), invokes are answered with plain dictionaries, and nothing is sent through its
connector.
"""

from __future__ import annotations

from typing import Any, Final, NoReturn, Protocol

from botbuilder.core import ActivityHandler, BotAdapter, TurnContext  # type: ignore[import-untyped]  # has no types
from botbuilder.schema import Activity as SdkActivity  # type: ignore[import-untyped]  # likewise

from adapters.teams.activity import Activity

_READ: Final = "kudos.activity"
_ANSWER: Final = "kudos.answer"


class Desk(Protocol):
    """What is behind the turn."""

    async def message(self, activity: Activity) -> None:
        """Somebody wrote to the bot, or pressed a button of an old client."""
        ...

    async def invoke(self, activity: Activity) -> dict[str, Any] | None:
        """Teams wants an answer. None: it is nothing of ours."""
        ...

    async def happened(self, activity: Activity) -> None:
        """People or the bot came or went."""
        ...


class Turns(BotAdapter):  # type: ignore[misc]  # botbuilder has no types
    """Takes an activity through a turn. Whatever a handler raises comes out of `take`."""

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self._bot = _Bot(desk)

    async def take(self, activity: Activity) -> dict[str, Any] | None:
        """Give the answer to an invoke; None for all else, and for an invoke that is nothing of ours."""
        # A turn is told what it goes by; what the handlers read is our own.
        context = TurnContext(self, SdkActivity(type=activity.type, name=activity.name))
        context.turn_state[_READ] = activity
        await self.run_pipeline(context, self._bot.on_turn)
        answer: dict[str, Any] | None = context.turn_state.get(_ANSWER)
        return answer

    async def send_activities(self, context: TurnContext, activities: list[SdkActivity]) -> NoReturn:
        """Refuse: answers go through the connector, which is outbound's."""
        raise NotImplementedError

    async def update_activity(self, context: TurnContext, activity: SdkActivity) -> NoReturn:
        """Refuse likewise."""
        raise NotImplementedError

    async def delete_activity(self, context: TurnContext, reference: Any) -> NoReturn:
        """Refuse likewise."""
        raise NotImplementedError


class _Bot(ActivityHandler):  # type: ignore[misc]  # botbuilder has no types
    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self._desk = desk

    async def on_message_activity(self, turn_context: TurnContext) -> None:
        await self._desk.message(_read(turn_context))

    async def on_invoke_activity(self, turn_context: TurnContext) -> None:
        # Its own takes a string in an answer for a fault of ours and crashes.
        turn_context.turn_state[_ANSWER] = await self._desk.invoke(_read(turn_context))

    async def on_conversation_update_activity(self, turn_context: TurnContext) -> None:
        # Its own asks Teams about every member added, one by one.
        await self._desk.happened(_read(turn_context))

    async def on_installation_update(self, turn_context: TurnContext) -> None:
        await self._desk.happened(_read(turn_context))


def _read(context: TurnContext) -> Activity:
    activity: Activity = context.turn_state[_READ]
    return activity
