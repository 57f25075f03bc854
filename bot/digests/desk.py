"""Digests at the front desk: looking at the next one, and moving it."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import assert_never

from bot.answer import Answer, Visit
from bot.digests import rules, words
from bot.digests.model import Digest, DigestState
from bot.digests.service import begin, tell, week_of
from bot.digests.store import DigestsUnitOfWork, DigestsUnitOfWorkFactory
from bot.digests.words import Action, Clocks, Meant, Plan
from bot.errors import Code, RecognitionError
from bot.i18n import zone_of
from bot.identity import TeamId
from bot.incoming import ButtonPressed, FormSubmitted
from bot.people.model import Role
from bot.ports import Clock
from bot.recognition.commands import Command, ShowDigest
from bot.schedule.model import Kind, Rhythm
from bot.schedule.rules import next_after
from bot.teams.model import Team
from bot.teams.rules import refuse_unless_theirs
from bot.view.codec import UnreadableViewError, unpack


class DigestDesk:
    """Shows a team's people what its next digest would say, and lets its supervisors skip or postpone it.

    Satisfies `bot.answer.Room`.
    """

    commands: Collection[type] = (ShowDigest,)
    actions: Collection[str] = tuple(Action)
    forms: Collection[str] = ()

    def __init__(self, units: DigestsUnitOfWorkFactory, clock: Clock) -> None:
        self._units = units
        self._clock = clock

    async def obey(self, visit: Visit, command: Command) -> Answer:  # noqa: ARG002 - it is always ShowDigest, bare
        """Show the digest of the visitor's team. Raises RecognitionError NO_TEAM or NO_DIGEST."""
        now = self._clock.now()
        async with self._units(visit.organisation) as work:
            team = await _team_of(work, visit)
            rhythm, due = await _due(work, team)
            week = await week_of(work, team, await begin(work, team, now), now)
            told = await tell(work, team, week)
            may_move = await _may_move(work, team, visit)
            plan = _plan(team, rhythm, due, await self._usual(work, team, rhythm)) if may_move else None
        return Answer(reply=words.preview(visit.t, told, plan, _clocks(visit, team)))

    async def press(self, visit: Visit, pressed: ButtonPressed) -> Answer:
        """Skip a digest, postpone it or put it back. Raises RecognitionError STALE_BUTTON, NOT_YOUR_TEAM or NO_DIGEST.

        A button that means a digest which is no more does nothing, and says when the next one comes.
        """
        try:
            meant = unpack(pressed.value, Meant)
        except UnreadableViewError as error:
            raise RecognitionError(Code.STALE_BUTTON) from error
        action = Action(pressed.action)
        async with self._units(visit.organisation) as work:
            team = await work.teams.team(TeamId(meant.team))
            if team is None:
                raise RecognitionError(Code.STALE_BUTTON)
            refuse_unless_theirs(visit.person, team, (await work.teams.members([team.id]))[team.id])
            rhythm, due = await _due(work, team)
            usual = await self._usual(work, team, rhythm)
            plan = _plan(team, rhythm, due, usual)
            moved = await self._move(work, visit, team, plan, action) if due == meant.at else None
        done, plan = action if moved else None, _plan(team, rhythm, moved or due, usual)
        return Answer(reply=words.planned(visit.t, done, plan, _clocks(visit, team)), replaces=True)

    async def take_in(self, visit: Visit, submitted: FormSubmitted) -> Answer:  # noqa: ARG002 - it has no forms
        """Answer no form: there is none."""
        raise RecognitionError(Code.STALE_BUTTON)

    async def _usual(self, work: DigestsUnitOfWork, team: Team, rhythm: Rhythm) -> datetime | None:
        """Say when the digest would come if nobody had moved it: not in a week that had its own."""
        usual = next_after(rhythm, self._clock.now())
        while usual is not None and await _had_its_own(work, team, usual):
            usual = next_after(rhythm, usual)
        return usual

    async def _move(
        self, work: DigestsUnitOfWork, visit: Visit, team: Team, plan: Plan, action: Action
    ) -> datetime | None:
        """Move the digest as the button says and give when it comes now; None if it cannot be moved like that."""
        moved = _moved(plan, action)
        if moved is None:
            return None
        visit.patience.reschedule(None)
        zone = zone_of(team.settings.timezone)
        if action is Action.SKIP:
            since, week = await begin(work, team, plan.at), rules.week_of(plan.at, zone)
            await work.digests.add(Digest(team.id, week, since, plan.at, DigestState.SKIPPED))
        if action is Action.USUAL:
            for week in rules.weeks_between(moved, plan.at, zone):
                await work.digests.resume(team.id, week)
        await work.schedules.move(Kind.DIGEST, team.id, moved)
        await work.commit()
        return moved


async def _had_its_own(work: DigestsUnitOfWork, team: Team, at: datetime) -> bool:
    """Say whether the week of a moment is over for digests. One that was skipped can be taken up again."""
    noted = await work.digests.of_week(team.id, rules.week_of(at, zone_of(team.settings.timezone)))
    return noted is not None and noted.state is not DigestState.SKIPPED


def _plan(team: Team, rhythm: Rhythm, due: datetime, usual: datetime | None) -> Plan:
    sooner = usual if usual is not None and usual < due else None
    later = rules.postponed(due, zone_of(team.settings.timezone))
    return Plan(team.id, due, next_after(rhythm, due), later, sooner)


def _clocks(visit: Visit, team: Team) -> Clocks:
    return Clocks(zone_of(team.settings.timezone), visit.zone)


def _moved(plan: Plan, action: Action) -> datetime | None:
    match action:
        case Action.SKIP:
            return plan.following
        case Action.LATER:
            return plan.later
        case Action.USUAL:
            return plan.usual
        case _:
            assert_never(action)


async def _team_of(work: DigestsUnitOfWork, visit: Visit) -> Team:
    """Give the team of this channel if the visitor is in it, else the first they supervise, else their first."""
    places = sorted(visit.person.places, key=lambda place: place.role is not Role.SUPERVISOR)
    here = visit.origin.conversation
    at_home = await work.teams.at(here) if here else None
    if at_home is not None and (visit.person.admin or any(place.team == at_home.id for place in places)):
        return at_home
    team = await work.teams.team(places[0].team) if places else None
    if team is None:
        raise RecognitionError(Code.NO_TEAM)
    return team


async def _due(work: DigestsUnitOfWork, team: Team) -> tuple[Rhythm, datetime]:
    """Give the rhythm of a team's digest and when it is due next."""
    schedule = await work.schedules.get(Kind.DIGEST, team.id)
    if schedule is None or schedule.next_at is None:
        raise RecognitionError(Code.NO_DIGEST)
    return schedule.rhythm, schedule.next_at


async def _may_move(work: DigestsUnitOfWork, team: Team, visit: Visit) -> bool:
    try:
        refuse_unless_theirs(visit.person, team, (await work.teams.members([team.id]))[team.id])
    except RecognitionError:
        return False
    return True
