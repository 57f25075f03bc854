"""What joining organisations asks of storage. It concerns two of them, so it belongs to neither's unit of work."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

from bot.identity import OrganisationId, PersonId, WorkspaceRef
from bot.linking.model import Attempt, Joined, Preview


class Links(Protocol):
    """Codes, and the joining itself. Codes come and go sealed: see `rules.sealed`. Moments are aware, in UTC."""

    async def admins(self, workspace: WorkspaceRef) -> list[str]:
        """Give the names of those who administer a workspace, as far as they are known, in order."""
        ...

    async def offer(
        self, organisation: OrganisationId, code: str, by: PersonId, now: datetime, until: datetime
    ) -> None:
        """Let whoever has the code join the organisation, until a moment. The code before it works no more."""
        ...

    async def attempt(self, workspace: WorkspaceRef, code: str, now: datetime) -> Attempt:
        """Look up a code typed in a workspace.

        A wrong one is counted, and with MOST_WRONG of them from the workspace in the last WRONG_WINDOW every further
        one is refused, the right one too. Of many at once, no more than that are looked at.
        """
        ...

    async def preview(self, staying: OrganisationId, joining: OrganisationId) -> Preview:
        """Say what would join. Changes nothing."""
        ...

    async def join(self, workspace: WorkspaceRef, code: str, now: datetime) -> Joined | None:
        """Let the workspace's organisation become part of the one that the code is of, in one transaction.

        Everything that the first has is the second's afterwards, but its programme, and it is gone. People who are the
        same on both sides (`rules.same_people`) become one: what they gave and got adds up, and of what can only be
        once, the staying side's counts. The code is used up.

        None if the code is not valid, or of the same organisation. Raises TimeoutError if it cannot be had that nobody
        else writes meanwhile; nothing has happened then.
        """
        ...
