"""Who is away until when. Nobody is reminded about somebody who is."""

from __future__ import annotations

from datetime import date
from uuid import uuid4

from bot.errors import Code, RecognitionError
from bot.i18n import zone_of
from bot.identity import OrganisationId, PersonId
from bot.people.model import Colleague
from bot.ports import Clock
from bot.teams.model import Absence
from bot.teams.store import TeamsUnitOfWorkFactory


class Absences:
    """The absences of every organisation's people."""

    def __init__(self, units: TeamsUnitOfWorkFactory, clock: Clock) -> None:
        self._units = units
        self._clock = clock

    def today(self, timezone: str) -> date:
        """Give the day that it is in a zone (an IANA name)."""
        return self._clock.now().astimezone(zone_of(timezone)).date()

    async def away(self, organisation: OrganisationId, person: PersonId, until: date, by: Colleague) -> Absence:
        """Note that somebody is away from today to `until`, that day included, where `by` is.

        It replaces what was noted for these days. Raises RecognitionError DATE_PAST.
        """
        today = self.today(by.timezone)
        if until < today:
            raise RecognitionError(Code.DATE_PAST, written=until.isoformat())
        absence = Absence(uuid4(), person, today, until)
        async with self._units(organisation) as work:
            await work.teams.away(absence, by.person, self._clock.now())
            await work.commit()
        return absence

    async def back(self, organisation: OrganisationId, person: Colleague) -> bool:
        """Note that somebody is back today; False if they were not away."""
        async with self._units(organisation) as work:
            was_away = await work.teams.back(person.person, self.today(person.timezone))
            await work.commit()
        return was_away

    async def now(self, organisation: OrganisationId, person: Colleague) -> Absence | None:
        """Give the absence that somebody has today."""
        today = self.today(person.timezone)
        async with self._units(organisation) as work:
            known = await work.teams.absences([person.person], today)
        return next((each for each in known if each.begins <= today), None)
