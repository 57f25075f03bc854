"""Joining workspaces at the front desk."""

from __future__ import annotations

from typing import Final

from bot.answer import Answer, Visit
from bot.errors import Code, RecognitionError
from bot.incoming import ButtonPressed, FormSubmitted
from bot.linking import words
from bot.linking.service import Linking
from bot.linking.words import Action, JoinState
from bot.recognition.commands import Command, LinkWorkspaces
from bot.view.codec import UnreadableViewError, unpack


class LinkingDesk:
    """Gives codes, shows what would join, and joins. A `Room`."""

    commands: Final = (LinkWorkspaces,)
    actions: Final = tuple(Action)
    forms: Final = ()

    def __init__(self, linking: Linking) -> None:
        self._linking = linking

    async def obey(self, visit: Visit, command: Command) -> Answer:
        """Give a code, or show what the one that was typed would join."""
        if isinstance(command, LinkWorkspaces) and command.code:
            return Answer(reply=words.preview(visit.t, await self._linking.look(visit.person, command.code)))
        given = await self._linking.give_code(visit.person)
        return Answer(reply=words.code(visit.t, given, visit.zone, visit.command))

    async def press(self, visit: Visit, pressed: ButtonPressed) -> Answer:
        """Join, or leave it, in the place of what was shown."""
        if pressed.action == Action.LEAVE:
            return Answer(reply=words.left(visit.t), replaces=True)
        try:
            state = unpack(pressed.value, JoinState)
        except UnreadableViewError as error:
            raise RecognitionError(Code.STALE_BUTTON) from error
        # What is being written is not cut off half-way.
        visit.patience.reschedule(None)
        joined = await self._linking.join(visit.person, state.code, state.staying)
        return Answer(reply=words.joined(visit.t, joined), replaces=True)

    async def take_in(self, _visit: Visit, _submitted: FormSubmitted) -> Answer:
        """Refuse: there is no form here."""
        raise RecognitionError(Code.STALE_BUTTON)
