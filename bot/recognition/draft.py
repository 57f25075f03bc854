"""A kudos with everything settled but whom some names mean.

The bot asks, and the button that answers carries the draft: nothing is kept in between, so a press next week works too.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from msgspec import Struct, structs

from bot.identity import AccountRef, ConversationRef, WorkspaceRef
from bot.people.model import Colleague
from bot.recognition.service import Wish

SHOWN: Final = 8
"""Candidates that are offered. More than that is quicker narrowed by typing."""


class Open(Struct, frozen=True):
    """A name that still fits several accounts."""

    written: str
    candidates: tuple[str, ...]


class Draft(Struct, frozen=True, omit_defaults=True):
    """What a choice button carries. Ids are of the workspace that the button is pressed in."""

    key: str
    reason: str
    points: int
    named: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    open: tuple[Open, ...] = ()
    behaviours: tuple[str, ...] = ()
    private: bool = False
    link: str | None = None
    conversation: str | None = None

    def choose(self, account: str) -> Draft:
        """Settle the first open name."""
        return structs.replace(self, named=(*self.named, account), open=self.open[1:])

    def wish(self, workspace: WorkspaceRef, giver: Colleague) -> Wish:
        """Give the kudos that this has become."""
        return Wish(
            workspace=workspace,
            giver=giver,
            named=_accounts(workspace, self.named),
            groups=self.groups,
            reason=self.reason,
            behaviours=self.behaviours,
            points=self.points,
            private=self.private,
            link=self.link,
            conversation=ConversationRef(workspace, self.conversation) if self.conversation else None,
            # With the giver in it, what a button carries can never name another person's act.
            request_key=f"{workspace.platform}:{workspace.id}:{giver.account.id}:{self.key}",
        )


def _accounts(workspace: WorkspaceRef, ids: Sequence[str]) -> tuple[AccountRef, ...]:
    return tuple(AccountRef(workspace, account) for account in ids)
