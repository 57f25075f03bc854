"""Lets the sample's month happen: through the same core and delivery as everything else, at its own past times.

So the ledger, the allowances and the channels of the demo are what they would be had people been at it for a month.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final
from uuid import UUID, uuid5

import structlog

from adapters.local.chat import LocalChat
from adapters.local.sample.calendar import ZONE
from adapters.local.sample.centre import AWAY, WORKSPACE, channels, residents, teams
from adapters.local.sample.chatter import SampleTalk, talk
from adapters.local.sample.month import SampleKudos, history
from adapters.local.typed import segments
from bot.answer import Dispatch
from bot.identity import AccountRef, ConversationRef, PersonId
from bot.incoming import CommandTyped, Origin
from bot.people.model import Role
from bot.people.service import People
from bot.teams.model import Absence, ServiceChannel, TeamSettings
from bot.teams.scheduling import plan_digest, plan_nudges
from bot.teams.store import TeamsUnitOfWorkFactory
from bot.view.message import MessageKind

_BEFORE: Final = timedelta(days=60)
"""How long ago the teams were founded: before the first kudos of the sample."""

_LEAVE: Final = timedelta(days=120)
"""How long those stay away who are away."""

_ABSENCES: Final = UUID("5d0c7a2b-6a53-5f0e-9d37-5b1c8e1f7a10")

_log = structlog.get_logger(__name__)


class PastClock:
    """A clock that is set by hand."""

    def __init__(self, at: datetime) -> None:
        self.at = at

    def now(self) -> datetime:
        """Give the time it was set to."""
        return self.at


@dataclass(frozen=True, slots=True)
class Ground:
    """What the sample is planted in: the core and the chat on one clock, and what delivers at once all that is due."""

    clock: PastClock
    chat: LocalChat
    dispatch: Dispatch
    people: People
    units: TeamsUnitOfWorkFactory
    deliver: Callable[[], Awaitable[int]]


async def plant(ground: Ground, now: datetime) -> None:
    """Fill the chat, unless that was done before. If it broke off, only what lacks is added: each act has its key."""
    if await _is_planted(ground, now):
        return
    ground.clock.at = now - _BEFORE
    await ground.chat.settle(residents(), channels())
    await _found_teams(ground)
    for number, kudos in enumerate(sorted(history(now), key=lambda each: each.at)):
        await _give(ground, number, kudos)
    ground.clock.at = now
    await _plan(ground)
    await _go_away(ground)
    for said in talk(now):
        await ground.chat.say(_place(said), said.author, said.text, _key(said), said.at)
    await ground.chat.settle_unread()


async def _is_planted(ground: Ground, now: datetime) -> bool:
    last = talk(now)[-1]
    return await ground.chat.find(_place(last), _key(last), datetime.min.replace(tzinfo=UTC)) is not None


def _place(said: SampleTalk) -> ConversationRef:
    return ConversationRef(WORKSPACE, said.channel)


def _key(said: SampleTalk) -> str:
    return f"sample:{said.channel}:{said.author}:{said.text}"


async def _found_teams(ground: Ground) -> None:
    organisation = await ground.people.organisation(WORKSPACE)
    for team in teams():
        people = await _persons(ground, (*team.supervisors, *team.agents))
        roles = {
            person: Role.SUPERVISOR if handle in team.supervisors else Role.AGENT for handle, person in people.items()
        }
        home = ConversationRef(WORKSPACE, team.channel)
        settings = TeamSettings(
            team.name, team.timezone, language=team.language, service_channel=ServiceChannel(team.service_channel)
        )
        async with ground.units(organisation) as work:
            if await work.teams.at(home) is None:
                await work.teams.found(settings, roles, [home], ground.clock.now())
                await work.commit()
    # What was read before the teams were founded says that nobody is in one.
    ground.clock.at += timedelta(days=1)


async def _plan(ground: Ground) -> None:
    """Have digests and nudges come from now on."""
    organisation = await ground.people.organisation(WORKSPACE)
    async with ground.units(organisation) as work:
        for team in await work.teams.all():
            await plan_digest(work, team, ground.clock.now())
        supervisors = [handle for team in teams() for handle in team.supervisors]
        await plan_nudges(work, (await _persons(ground, supervisors)).values(), ground.clock.now())
        await work.commit()


async def _go_away(ground: Ground) -> None:
    organisation = await ground.people.organisation(WORKSPACE)
    today = ground.clock.now().astimezone(ZONE).date()
    for handle, person in (await _persons(ground, AWAY)).items():
        absence = Absence(uuid5(_ABSENCES, handle), person, today, today + _LEAVE)
        async with ground.units(organisation) as work:
            if not await work.teams.absences([person], today):
                await work.teams.away(absence, person, ground.clock.now())
                await work.commit()


async def _persons(ground: Ground, handles: Sequence[str]) -> dict[str, PersonId]:
    accounts = [AccountRef(WORKSPACE, handle) for handle in handles]
    return {one.account.id: one.person for one in await ground.people.colleagues(accounts)}


async def _give(ground: Ground, number: int, kudos: SampleKudos) -> None:
    ground.clock.at = kudos.at
    names = " ".join(f"@{handle}" for handle in kudos.receivers)
    private = "private " if kudos.private else ""
    giver = AccountRef(WORKSPACE, kudos.giver)
    typed = segments(f"{private}{names} {kudos.text}", await ground.chat.roster())
    answer = await ground.dispatch.handle(CommandTyped(Origin(WORKSPACE, giver, None, f"sample:{number}"), typed))
    if answer.reply is None or answer.reply.kind is not MessageKind.RECEIPT:
        _log.warning("sample_kudos_refused", number=number, said=answer.reply and answer.reply.summary)
    await ground.deliver()
