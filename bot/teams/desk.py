"""Teams and absence at the front desk."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from bot.answer import Answer, Visit
from bot.errors import Code, RecognitionError
from bot.identity import ConversationRef
from bot.incoming import ButtonPressed, FormSubmitted
from bot.recognition.commands import ComeBack, Command, GoAway, SetUpTeam
from bot.teams import words
from bot.teams.absence import Absences
from bot.teams.dates import day_meant
from bot.teams.forms import SET_UP, Filled, field_of, filled_in, set_up_form
from bot.teams.model import MembersFrom, TeamSettings
from bot.teams.service import Teams, Wanted
from bot.teams.words import Action


class TeamsDesk:
    """Sets teams up, and notes who is away. A `Room`."""

    commands: Final = (SetUpTeam, GoAway, ComeBack)
    actions: Final = (Action.BACK,)
    forms: Final = (SET_UP,)

    def __init__(self, teams: Teams, absences: Absences) -> None:
        self._teams = teams
        self._absences = absences

    async def obey(self, visit: Visit, command: Command) -> Answer:
        """Do what was typed."""
        match command:
            case SetUpTeam():
                return await self._form(visit)
            case GoAway(until):
                return await self._away(visit, until)
            case _:
                return await self._back(visit)

    async def press(self, visit: Visit, _pressed: ButtonPressed) -> Answer:
        """Be back, in the place of the message that said away."""
        return replace(await self._back(visit), replaces=True)

    async def take_in(self, visit: Visit, submitted: FormSubmitted) -> Answer:
        """Set the team up as the form says."""
        try:
            return await self._set_up(visit, filled_in(submitted))
        except RecognitionError as error:
            error.params.setdefault("field", field_of(error.code))
            raise

    async def _form(self, visit: Visit) -> Answer:
        # On Slack it must open within three seconds of the command: nothing is read that it does not show.
        home = _home(visit)
        standings = await self._teams.standings(visit.person, home)
        groups = self._teams.has_groups(home.workspace)
        if standings is None:
            # Where the zone is not known it is asked for: nobody would notice a wrong one before the first digest.
            settings = TeamSettings("", visit.person.timezone, visit.t.language, members_from=MembersFrom.CHANNEL)
            return Answer(form=set_up_form(visit.t, settings, (visit.person.account,), groups=groups))
        settings = standings.team.settings
        return Answer(form=set_up_form(visit.t, settings, standings.supervisors, standings.agents, groups=groups))

    async def _set_up(self, visit: Visit, filled: Filled) -> Answer:
        home = _home(visit)
        wanted = Wanted(await self._settings(home, filled), filled.supervisors, filled.members)
        done = await self._teams.set_up(visit.person, home, wanted, visit.patience)
        return Answer(reply=words.set_up(visit.t, done, visit.called, visit.zone))

    async def _settings(self, home: ConversationRef, filled: Filled) -> TeamSettings:
        if filled.settings.members_from is not MembersFrom.GROUP:
            return replace(filled.settings, group=None)
        if filled.group:
            return replace(filled.settings, group=await self._teams.group(home.workspace, filled.group))
        return filled.settings

    async def _away(self, visit: Visit, until: str) -> Answer:
        today = self._absences.today(visit.person.timezone)
        if not until.strip():
            absence = await self._absences.now(visit.organisation, visit.person)
            if absence is None:
                return Answer(reply=words.not_away(visit.t, visit.called, today))
            return Answer(reply=words.away(visit.t, absence.ends, today))
        last = day_meant(until, today, visit.t.language)
        visit.patience.reschedule(None)
        await self._absences.away(visit.organisation, visit.person.person, last, visit.person)
        return Answer(reply=words.away(visit.t, last, today))

    async def _back(self, visit: Visit) -> Answer:
        visit.patience.reschedule(None)
        was_away = await self._absences.back(visit.organisation, visit.person)
        return Answer(reply=words.back(visit.t, was_away=was_away))


def _home(visit: Visit) -> ConversationRef:
    if visit.origin.conversation is None:
        raise RecognitionError(Code.NO_HOME, mention=visit.origin.workspace.platform.hears_mentions_only)
    return visit.origin.conversation
