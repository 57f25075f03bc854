"""Giving codes, showing what would join, and joining."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from bot.errors import Code, RecognitionError
from bot.identity import OrganisationId, WorkspaceRef
from bot.linking.model import Joined, Preview
from bot.linking.rules import VALID, new_code, read_code, sealed
from bot.linking.store import Links
from bot.people.model import Colleague
from bot.people.service import People
from bot.points.model import Programme
from bot.points.service import Points
from bot.ports import Clock, Standing


@dataclass(frozen=True, slots=True)
class Given:
    """A code that works until a moment (aware, in UTC)."""

    code: str
    until: datetime


@dataclass(frozen=True, slots=True)
class Looked:
    """What a code would join, what counts for all of it afterwards, and what to say to do it."""

    code: str
    staying: OrganisationId
    preview: Preview
    programme: Programme


class Linking:
    """The use cases. `key` is the secret under which codes are stored; with another one, codes given before are wrong.

    Only whoever administers the workspace may do any of it: every method raises RecognitionError NOT_AN_ADMIN, with
    the names of those who could. Another organisation is shown, and joined, only on a code that its administrator gave.
    """

    def __init__(self, links: Links, people: People, points: Points, clock: Clock, key: bytes) -> None:
        self._links = links
        self._people = people
        self._points = points
        self._clock = clock
        self._key = key

    async def give_code(self, person: Colleague) -> Given:
        """Make up a code with which another organisation can join the person's. The code before it works no more."""
        await self._check(person)
        now = self._clock.now()
        code, until = new_code(), now + VALID
        organisation = await self._people.organisation(person.account.workspace)
        await self._links.offer(organisation, sealed(self._key, code), person.person, now, until)
        return Given(code, until)

    async def look(self, person: Colleague, written: str) -> Looked:
        """Say what a code would join. Raises LINK_CODE_WRONG, LINK_CODE_OWN or TOO_MANY_CODES."""
        await self._check(person)
        workspace = person.account.workspace
        code, staying = await self._meant(workspace, written)
        joining = await self._people.organisation(workspace)
        if joining == staying:
            raise RecognitionError(Code.LINK_CODE_OWN)
        return Looked(code, staying, await self._links.preview(staying, joining), await self._points.programme(staying))

    async def join(self, person: Colleague, written: str, staying: OrganisationId) -> Joined | None:
        """Let the person's organisation become part of the one that was shown; None if it has already.

        Raises as `look` does, and TOO_SLOW if others write all the time.
        """
        await self._check(person)
        workspace = person.account.workspace
        if await self._people.organisation(workspace) == staying:
            return None
        code, offered = await self._meant(workspace, written)
        if offered != staying:
            raise RecognitionError(Code.LINK_CODE_WRONG)
        try:
            joined = await self._links.join(workspace, sealed(self._key, code), self._clock.now())
        except TimeoutError as error:
            raise RecognitionError(Code.TOO_SLOW) from error
        # At once here; other processes notice within a minute, or when what they have in mind turns out to be gone.
        self._people.forget_everything()
        if joined is None and await self._people.organisation(workspace) != staying:
            raise RecognitionError(Code.LINK_CODE_WRONG)
        return joined

    async def _meant(self, workspace: WorkspaceRef, written: str) -> tuple[str, OrganisationId]:
        code = read_code(written)
        if code is None:
            raise RecognitionError(Code.LINK_CODE_WRONG)
        attempt = await self._links.attempt(workspace, sealed(self._key, code), self._clock.now())
        if attempt.refused:
            raise RecognitionError(Code.TOO_MANY_CODES)
        if attempt.offer is None:
            raise RecognitionError(Code.LINK_CODE_WRONG)
        return code, attempt.offer.organisation

    async def _check(self, person: Colleague) -> None:
        if not person.admin or person.standing is not Standing.MEMBER:
            raise RecognitionError(Code.NOT_AN_ADMIN, whom=(await self._links.admins(person.account.workspace))[:3])
