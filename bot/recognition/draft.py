"""A kudos with everything settled but whom some names mean.

The bot asks, and the button that answers carries the draft: nothing is kept in between, so a press next week works too.
"""

from __future__ import annotations

from typing import Final, TypeAlias

from msgspec import Struct, structs

from bot.identity import AccountRef, ConversationRef, WorkspaceRef
from bot.people.model import Colleague
from bot.recognition.service import Wish

SHOWN: Final = 8
"""Candidates that are offered. More than that is quicker narrowed by typing."""


Carried: TypeAlias = str | AccountRef
"""An account as a button carries it: one of the workspace that the button is pressed in is its id alone."""


class Open(Struct, frozen=True, omit_defaults=True):
    """A name that still fits several accounts; or a `doubtful` one, that is asked about even if it fits only one."""

    written: str
    candidates: tuple[Carried, ...]
    doubtful: bool = False


class Draft(Struct, frozen=True, omit_defaults=True):
    """What a choice button carries. Groups and the conversation are of the workspace that the button is pressed in."""

    key: str
    reason: str
    points: int
    named: tuple[Carried, ...] = ()
    groups: tuple[str, ...] = ()
    open: tuple[Open, ...] = ()
    behaviours: tuple[str, ...] = ()
    private: bool = False
    link: str | None = None
    conversation: str | None = None

    def choose(self, account: Carried) -> Draft:
        """Settle the first open name."""
        return structs.replace(self, named=(*self.named, account), open=self.open[1:])

    def wish(self, workspace: WorkspaceRef, giver: Colleague) -> Wish:
        """Give the kudos that this has become."""
        return Wish(
            workspace=workspace,
            giver=giver,
            named=tuple(account_of(workspace, each) for each in self.named),
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


def carried(workspace: WorkspaceRef, account: AccountRef) -> Carried:
    """Give an account as a button of the workspace carries it."""
    return account.id if account.workspace == workspace else account


def account_of(workspace: WorkspaceRef, carried: Carried) -> AccountRef:
    """Give the account that a button of the workspace carried."""
    return AccountRef(workspace, carried) if isinstance(carried, str) else carried
