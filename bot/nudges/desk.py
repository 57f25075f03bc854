"""Nudges at the front desk: who is due, the buttons of a nudge, and a supervisor's own settings."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Final
from uuid import uuid4

from bot.answer import Answer, Visit
from bot.errors import Code, RecognitionError
from bot.i18n import language_of, zone_of
from bot.identity import AccountRef, NudgeId
from bot.incoming import ButtonPressed, FormSubmitted
from bot.nudges import forms, words
from bot.nudges.model import Nudge, Reply
from bot.nudges.rules import can_take_back, look, quiet_teams, quiet_until
from bot.nudges.service import change_message
from bot.nudges.store import NudgesUnitOfWork, NudgesUnitOfWorkFactory
from bot.nudges.telling import message_now, situation
from bot.nudges.words import Action, Meant, Overview
from bot.ports import Clock
from bot.recognition.asking import Asking
from bot.recognition.commands import Command, ShowNudges
from bot.schedule.model import Kind
from bot.teams.dates import day_meant
from bot.teams.model import Absence, Leading
from bot.teams.scheduling import plan_nudges
from bot.teams.service import Teams
from bot.view.codec import UnreadableViewError, unpack
from bot.view.message import Message

SNOOZE: Final = timedelta(days=7)
"""How long a snooze lasts, from midnight where the supervisor is: "a week" is over on the same day of the next one."""


class NudgesDesk:
    """Shows what is due, and answers the buttons and forms of nudges. A `Room`.

    Only the supervisor who was told may answer. What has become of somebody is noted once: the first press counts, and
    every later one shows what stands.
    """

    commands: Final = (ShowNudges,)
    actions: Final = tuple(Action)
    forms: Final = (forms.AWAY, forms.SETTINGS)

    def __init__(self, units: NudgesUnitOfWorkFactory, asking: Asking, teams: Teams, clock: Clock) -> None:
        self._units = units
        self._asking = asking
        self._teams = teams
        self._clock = clock

    async def obey(self, visit: Visit, _command: Command) -> Answer:
        """Show a supervisor who is due and why."""
        async with self._units(visit.organisation) as work:
            return Answer(reply=await self._overview(work, visit))

    async def press(self, visit: Visit, pressed: ButtonPressed) -> Answer:
        """Answer a button. Nothing is read before the form to recognise somebody: Slack gives three seconds."""
        if pressed.action == Action.SETTINGS:
            async with self._units(visit.organisation) as work:
                leading = await _leading(work, visit)
            return Answer(form=forms.settings_form(visit.t, leading.wishes))
        meant = _meant(pressed.value)
        if pressed.action == Action.RECOGNISE:
            about = AccountRef(visit.origin.workspace, meant.account) if meant.account else None
            return Answer(form=await self._asking.form(visit.origin, about))
        async with self._units(visit.organisation) as work:
            nudge = await _own(work, visit, meant.nudge)
            if pressed.action == Action.AWAY and nudge.reply is None:
                return Answer(form=forms.away_form(visit.t, nudge))
        # What is being written is not cut off half-way.
        visit.patience.reschedule(None)
        if pressed.action == Action.NOT_ON_TEAM and nudge.reply is None and nudge.person is not None:
            await self._teams.not_on_team(visit.organisation, visit.person.person, nudge.person)
        async with self._units(visit.organisation) as work:
            if pressed.action == Action.SNOOZE:
                await self._snooze(work, visit, nudge)
            elif pressed.action == Action.NOT_ON_TEAM:
                await work.nudges.answer(nudge.id, Reply.NOT_ON_TEAM, self._clock.now())
            elif pressed.action == Action.UNDO:
                await self._take_back(work, visit, nudge)
            shown = await self._changed(work, visit, nudge)
            await work.commit()
        return Answer(reply=shown, replaces=True)

    async def take_in(self, visit: Visit, submitted: FormSubmitted) -> Answer:
        """Answer a form that was sent in."""
        if submitted.form == forms.SETTINGS:
            return await self._settle(visit, submitted)
        return await self._away(visit, submitted)

    async def _snooze(self, work: NudgesUnitOfWork, visit: Visit, nudge: Nudge) -> None:
        now, supervisor = self._clock.now(), visit.person.person
        until = datetime.combine(self._today(visit) + SNOOZE, time(), visit.zone)
        named = [e for e in await work.nudges.reports(supervisor, now) if e.person == nudge.person]
        again = max([until.date(), *filter(None, (quiet_until(each, visit.zone) for each in named))])
        answered = await work.nudges.answer(nudge.id, Reply.SNOOZED, now, again - timedelta(days=1))
        if answered and nudge.person is not None:
            await work.nudges.snooze(supervisor, nudge.person, until)

    async def _take_back(self, work: NudgesUnitOfWork, visit: Visit, nudge: Nudge) -> None:
        person, supervisor, today = nudge.person, visit.person.person, self._today(visit)
        if person is None or nudge.reply is None or not can_take_back(nudge, today):
            return
        if not await work.nudges.reopen(nudge.id, nudge.reply):
            return
        if nudge.reply is Reply.SNOOZED:
            await work.nudges.unsnooze(supervisor, person)
        elif nudge.reply is Reply.AWAY:
            known = await work.teams.absences([person], today)
            # An absence that was changed since is somebody else's word.
            if any(each.begins <= today and each.ends == nudge.until for each in known):
                await work.teams.back(person, today)
        else:
            led = (await work.teams.leading([supervisor])).get(supervisor)
            for team in sorted(led.teams) if led else ():
                await work.teams.reinstate(team, person, supervisor, nudge.sent_at)
            await plan_nudges(work, [person], self._clock.now())

    async def _away(self, visit: Visit, submitted: FormSubmitted) -> Answer:
        try:
            state = unpack(submitted.state, forms.AwayState)
        except UnreadableViewError as error:
            raise RecognitionError(Code.STALE_BUTTON) from error
        today = self._today(visit)
        try:
            until = day_meant(submitted.texts.get(forms.UNTIL, ""), today, language_of(visit.person.locale))
        except RecognitionError as error:
            raise RecognitionError(error.code, **{**error.params, "field": forms.UNTIL}) from error
        visit.patience.reschedule(None)
        now = self._clock.now()
        async with self._units(visit.organisation) as work:
            nudge = await _own(work, visit, state.nudge)
            reports = await work.nudges.reports(visit.person.person, now)
            if nudge.person is None or nudge.person not in {each.person for each in reports}:
                raise RecognitionError(Code.STALE_BUTTON)
            await work.teams.away(Absence(uuid4(), nudge.person, today, until), visit.person.person, now)
            if nudge.reply is Reply.AWAY:
                await work.nudges.reopen(nudge.id, nudge.reply)
            await work.nudges.answer(nudge.id, Reply.AWAY, now, until)
            await self._changed(work, visit, nudge)
            await work.commit()
        return Answer(reply=words.answered(visit.t, nudge, until, today))

    async def _settle(self, visit: Visit, submitted: FormSubmitted) -> Answer:
        wishes = forms.wishes_in(submitted)
        visit.patience.reschedule(None)
        async with self._units(visit.organisation) as work:
            await _leading(work, visit)
            await work.teams.wish(visit.person.person, wishes)
            await plan_nudges(work, [visit.person.person], self._clock.now())
            shown = await self._overview(work, visit)
            await work.commit()
        return Answer(reply=shown)

    async def _overview(self, work: NudgesUnitOfWork, visit: Visit) -> Message:
        now, supervisor = self._clock.now(), visit.person.person
        leading = await _leading(work, visit)
        known = await situation(work, supervisor, leading, now)
        schedule = await work.schedules.get(Kind.NUDGES, supervisor)
        shown = Overview(
            teams=tuple(quiet_teams(known, now)),
            standings=tuple(look(known, now)),
            wishes=leading.wishes,
            next_at=schedule.next_at if schedule else None,
            timezone=leading.timezone,
            today=now.astimezone(zone_of(leading.timezone)).date(),
        )
        return words.due(visit.t, shown, zone_of(leading.timezone))

    async def _changed(self, work: NudgesUnitOfWork, visit: Visit, nudge: Nudge) -> Message | None:
        """Have the message say what stands now; give it as it is shown at once where the button was."""
        now = self._clock.now()
        await change_message(work, nudge.message_key, nudge.supervisor, now, visit.command)
        return await message_now(work, nudge.message_key, visit.person, now, visit.command)

    def _today(self, visit: Visit) -> date:
        return self._clock.now().astimezone(visit.zone).date()


def _meant(value: str) -> Meant:
    try:
        return unpack(value, Meant)
    except UnreadableViewError as error:
        raise RecognitionError(Code.STALE_BUTTON) from error


async def _own(work: NudgesUnitOfWork, visit: Visit, id: NudgeId) -> Nudge:
    """Give a nudge to whom it was said. Raises RecognitionError STALE_BUTTON for anybody else."""
    nudge = await work.nudges.nudge(id)
    if nudge is None or nudge.supervisor != visit.person.person:
        raise RecognitionError(Code.STALE_BUTTON)
    return nudge


async def _leading(work: NudgesUnitOfWork, visit: Visit) -> Leading:
    """Give what somebody leads. Raises RecognitionError NOT_A_SUPERVISOR."""
    leading = (await work.teams.leading([visit.person.person])).get(visit.person.person)
    if leading is None:
        raise RecognitionError(Code.NOT_A_SUPERVISOR)
    return leading
