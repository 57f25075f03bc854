"""Reading the programme, a person's own figures and the board."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Final

from bot.errors import Code, RecognitionError
from bot.identity import OrganisationId
from bot.memory import Memory
from bot.people.model import Colleague
from bot.points.model import Programme, Ranked, Tally
from bot.points.rules import week_of, week_start
from bot.points.store import PointsUnitOfWorkFactory
from bot.ports import Clock

FRESH_SECONDS: Final = 60
"""How long a programme is trusted without a look: an edit shows everywhere within a minute."""

BOARD_LINES: Final = 10


@dataclass(frozen=True, slots=True)
class Mine:
    """A person's own figures and what is left of their allowance."""

    tally: Tally
    limit: int

    @property
    def left(self) -> int:
        """Points that may still be given this week."""
        return max(0, self.limit - self.tally.used)


class Points:
    """The programmes of all organisations, and reading what they add up to."""

    def __init__(self, units: PointsUnitOfWorkFactory, clock: Clock) -> None:
        self._units = units
        self._clock = clock
        self._programmes: Memory[OrganisationId, Programme] = Memory(
            10_000, FRESH_SECONDS, lambda: clock.now().timestamp()
        )
        self._last: dict[OrganisationId, Programme] = {}

    async def programme(self, organisation: OrganisationId) -> Programme:
        """Give the organisation's programme."""
        programme = self._programmes.get(organisation)
        if programme is None:
            async with self._units(organisation) as work:
                programme = await work.points.programme()
            self._last[organisation] = programme
            self._programmes.keep(organisation, programme)
        return programme

    def peek(self, organisation: OrganisationId) -> Programme | None:
        """Give the programme as last read, however old, without touching storage."""
        return self._last.get(organisation)

    def week(self, person: Colleague) -> date:
        """Give the Monday of the week that it is for the person."""
        return week_of(self._clock.now(), person.timezone)

    async def mine(self, organisation: OrganisationId, person: Colleague) -> Mine:
        """Give a person's own figures, as of now."""
        programme = await self.programme(organisation)
        period = self.week(person)
        async with self._units(organisation) as work:
            tally = await work.points.tally(person.person, week_start(period, person.timezone), period)
        return Mine(tally, allowance_of(programme, person))

    async def board(self, organisation: OrganisationId) -> list[Ranked]:
        """Give the board. Raises RecognitionError BOARDS_OFF unless the programme has switched boards on."""
        if not (await self.programme(organisation)).boards:
            raise RecognitionError(Code.BOARDS_OFF)
        async with self._units(organisation) as work:
            return await work.points.top(BOARD_LINES)


def allowance_of(programme: Programme, person: Colleague) -> int:
    """Give the points a person may give in a week."""
    return programme.allowance_supervisor if person.is_supervisor else programme.allowance_agent
