"""Who looks at what: one person's window on one conversation, and its address."""

from __future__ import annotations

from dataclasses import dataclass

from adapters.local.chat import BOT, Roster
from adapters.local.store import StoredAccount, StoredConversation
from bot.i18n import Translator, translator
from bot.identity import ConversationRef


@dataclass(frozen=True, slots=True)
class Window:
    """Who looks at what. The address says both, so that two windows can be two people."""

    me: StoredAccount
    conversation: StoredConversation
    roster: Roster

    @property
    def ref(self) -> ConversationRef:
        """The conversation."""
        return ConversationRef(self.roster.workspace, self.conversation.id)

    @property
    def my_id(self) -> str:
        """The viewer's account id."""
        return self.me.profile.account.id

    @property
    def address(self) -> str:
        """Where this window is."""
        return address(self.me, self.conversation)

    @property
    def t(self) -> Translator:
        """The viewer's language."""
        return translator(self.me.profile.locale)


def address(me: StoredAccount, conversation: StoredConversation) -> str:
    """Say where a person's window on a conversation is."""
    return f"/as/{me.profile.handle}/{BOT if conversation.direct else conversation.id}"


def window(roster: Roster, handle: str, place: str) -> Window | None:
    """Find the window of an address; None if there is no such person, or they are not in that conversation."""
    me = roster.by_handle(handle)
    if me is None:
        return None
    mine = roster.seen_by(me.profile.account.id)
    found = next((one for one in mine if (one.direct and place == BOT) or (not one.direct and place == one.id)), None)
    return None if found is None else Window(me, found, roster)
