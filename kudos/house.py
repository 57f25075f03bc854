"""The core over one database, put together."""

from __future__ import annotations

import asyncio
import secrets
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from typing import Final

import structlog

from adapters.observability import PrometheusMetrics
from adapters.scheduler import Metronome, Tick
from adapters.settings import Settings
from bot.delivery.service import Delivery
from bot.digests import service as digests
from bot.digests.desk import DigestDesk
from bot.dispatch import Dispatcher
from bot.identity import Platform, WorkspaceRef
from bot.linking.desk import LinkingDesk
from bot.linking.service import Linking
from bot.nudges.desk import NudgesDesk
from bot.nudges.service import Nudging, withdraw_quotes
from bot.people.service import People
from bot.points.behaviours import default_behaviours
from bot.points.service import Points
from bot.ports import ChatPlatform, Clock, Directory
from bot.recognition.asking import Asking
from bot.recognition.model import Kudos
from bot.recognition.service import Recognition
from bot.recognition.store import RecognitionUnitOfWork
from bot.schedule.model import Kind
from bot.schedule.service import Ticker
from bot.teams.absence import Absences
from bot.teams.desk import TeamsDesk
from bot.teams.service import Teams
from storage.delivery import SqlDeliveryQueue
from storage.engine import Database
from storage.linking import SqlLinks
from storage.nudges import SqlOvertaken
from storage.requests import forget_requests
from storage.schedules import SqlDueSchedules
from storage.unit_of_work import SqlUnitOfWork, UnitsOfWork
from storage.workplaces import SqlWorkplaces

KEPT: Final = timedelta(days=30)
"""How long delivered messages stay in the outbox: an undo needs them for a day, an operator's question for longer."""

_log = structlog.get_logger(__name__)


def _corrections(command: str) -> Callable[[RecognitionUnitOfWork, Kudos, datetime], Awaitable[None]]:
    async def correct(work: RecognitionUnitOfWork, kudos: Kudos, now: datetime) -> None:
        # The one unit of work satisfies every room; only here is it known that this one is it.
        if isinstance(work, SqlUnitOfWork):
            await digests.correct(work, kudos, now)
            await withdraw_quotes(work, kudos, now, command)

    return correct


class Bot:
    """The core over one database. Platforms join it as they become known."""

    def __init__(self, settings: Settings, database: Database, clock: Clock, metrics: PrometheusMetrics) -> None:
        self.platforms: dict[Platform, ChatPlatform] = {}
        self.directories: dict[Platform, Directory] = {}
        self.clock = clock
        self.metrics = metrics
        self.queue = SqlDeliveryQueue(database)
        self.workplaces = SqlWorkplaces(database, default_behaviours())
        self.units = UnitsOfWork(database)
        self.people = People(self.workplaces, self.units, self.directories, clock)
        self.points = Points(self.units, clock)
        self.teams = Teams(self.units, self.people, clock)
        self.nudging = Nudging(self.units, SqlOvertaken(database), clock, settings.kudos_command)
        self.recognition = Recognition(
            self.units,
            self.people,
            self.points,
            clock,
            given=self.nudging.noticed,
            undone=_corrections(settings.kudos_command),
        )
        linking = Linking(
            SqlLinks(database), self.people, self.points, clock, settings.secret_key.get_secret_value().encode()
        )
        self.dispatcher = Dispatcher(
            self.people,
            self.points,
            self.recognition,
            clock,
            metrics=metrics,
            rooms=(
                TeamsDesk(self.teams, Absences(self.units, clock)),
                NudgesDesk(self.units, Asking(self.people, self.points), self.teams, clock),
                DigestDesk(self.units, clock),
                LinkingDesk(linking),
            ),
            command=settings.kudos_command,
        )
        self.due = SqlDueSchedules(database)
        self.ticker: Ticker[SqlUnitOfWork] = Ticker(
            self.due,
            self.units,
            {Kind.DIGEST: digests.handle, Kind.NUDGES: self.nudging.handle},
            clock,
            metrics,
        )
        worker = f"{socket.gethostname()}:{secrets.token_hex(4)}"
        self.delivery = Delivery(self.queue, self.platforms, clock, metrics, worker, lease=settings.delivery_lease)
        self._workspaces: list[WorkspaceRef] = []
        self._database = database

    async def welcome(self, workspace: WorkspaceRef, name: str, platform: ChatPlatform, directory: Directory) -> None:
        """Let a platform in, and read what a first form needs, so that opening it touches no storage."""
        self.platforms[workspace.platform] = platform
        self.directories[workspace.platform] = directory
        self._workspaces.append(workspace)
        await self.workplaces.connect(workspace, name, self.clock.now())
        await self.points.programme(await self.people.organisation(workspace))

    async def live(self) -> int:
        """Carry out and deliver what is due at this moment; say how many messages were taken up."""
        await self.ticker.tick()
        await self.nudging.tick()
        return await self.delivery.deliver_due()

    async def next_due(self) -> datetime | None:
        """Say when a schedule is due next."""
        return next((due.at for due in await self.due.coming(1)), None)

    async def measure(self) -> None:
        """Set the gauges."""
        for state_, number in (await self.queue.counts()).items():
            self.metrics.gauge("kudos_outbox_messages", number, state=state_.value)

    async def keep_in_step(self) -> None:
        """Let teams follow their channels and groups, in case that somebody's coming or going was not heard of."""
        for workspace in self._workspaces:
            await self.teams.keep_all_in_step(workspace)

    async def tidy(self) -> None:
        """Delete what nobody needs any more."""
        purged = await self.queue.purge(self.clock.now() - KEPT)
        _log.info("outbox_purged", rows=purged)
        forgotten = await forget_requests(self._database, self.clock.now() - KEPT)
        _log.info("requests_forgotten", rows=forgotten)

    @asynccontextmanager
    async def working(self) -> AsyncIterator[None]:
        """Deliver and tick while inside; end both in order on leaving."""
        stop = asyncio.Event()
        self._database.on_outbox = self.delivery.wake
        running = [asyncio.create_task(self.delivery.run(stop)), asyncio.create_task(self.nudging.run(stop))]
        metronome = Metronome(
            [
                Tick("schedules", timedelta(seconds=5), self.ticker.tick),
                Tick("nudges", timedelta(minutes=1), self.nudging.tick),
                Tick("teams", timedelta(hours=6), self.keep_in_step),
                Tick("tidy", timedelta(hours=6), self.tidy),
            ]
        )
        metronome.start()
        try:
            yield
        finally:
            stop.set()
            await asyncio.gather(metronome.stop(), *running)
