"""Two workspaces on two platforms with one front desk, over any storage: what people do, and what they get to see."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import timedelta
from itertools import count

from bot.answer import Answer
from bot.delivery.model import Sent, State
from bot.digests import service as digests
from bot.digests.desk import DigestDesk
from bot.dispatch import Dispatcher
from bot.identity import AccountRef, ConversationRef, Platform, Target, WorkspaceRef
from bot.incoming import ButtonPressed, CommandTyped, FormSubmitted, Mention, Origin, Words
from bot.linking.desk import LinkingDesk
from bot.linking.service import Linking
from bot.nudges.desk import NudgesDesk
from bot.nudges.service import Nudging
from bot.people.model import Role
from bot.people.service import People
from bot.points.behaviours import default_behaviours
from bot.points.service import Points
from bot.recognition.asking import Asking
from bot.recognition.forms import GIVE
from bot.recognition.service import Recognition
from bot.schedule.model import Kind
from bot.schedule.service import Ticker
from bot.teams.absence import Absences
from bot.teams.desk import TeamsDesk
from bot.teams.scheduling import plan_digest, plan_nudges
from bot.teams.service import Teams
from bot.view.message import Button, Message
from tests.directory import MemoryDirectory
from tests.factories import a_profile, a_team
from tests.fakes import FakeClock, MemoryStore, MemoryUnitsOfWork, MemoryWorkplaces
from tests.memory_linking import MemoryLinks
from tests.memory_nudges import MemoryOvertaken
from tests.memory_queue import MemoryQueue
from tests.memory_schedules import MemoryDueSchedules

SLACK = WorkspaceRef(Platform.SLACK, "T1")
LOCAL = WorkspaceRef(Platform.LOCAL, "demo")
SAID = "stayed with a caller until it was solved"


class Outcomes(Counter[str]):
    """Counts acts by their outcome; the ticker's figures do not matter here."""

    def count(self, name: str, amount: int = 1, **labels: str) -> None:
        if name == "kudos_acts_total":
            self[labels["outcome"]] += amount

    def observe(self, name: str, seconds: float, **labels: str) -> None:
        """Leave it."""


class Process:
    """One process of the bot: its caches are its own, the storage is everybody's."""

    def __init__(self, houses: Houses) -> None:
        units, clock = houses.units, houses.clock
        self.metrics = Outcomes()
        self.people = People(houses.workplaces, units, houses.directories, clock)
        self.points = Points(units, clock)
        self.teams = Teams(units, self.people, clock)
        self.nudging = Nudging(units, houses.overtaken, clock, "/kudos")
        self.recognition = Recognition(
            units, self.people, self.points, clock, given=self.nudging.noticed, undone=digests.correct
        )
        self.dispatcher = Dispatcher(
            self.people,
            self.points,
            self.recognition,
            clock,
            metrics=self.metrics,
            rooms=(
                TeamsDesk(self.teams, Absences(units, clock)),
                NudgesDesk(units, Asking(self.people, self.points), self.teams, clock),
                DigestDesk(units, clock),
                LinkingDesk(Linking(houses.links, self.people, self.points, clock, b"key")),
            ),
            command="/kudos",
            patience=60.0,
        )
        handlers = {Kind.DIGEST: digests.handle, Kind.NUDGES: self.nudging.handle}
        self.ticker = Ticker(houses.due, units, handlers, clock, self.metrics)


class Houses:
    """Storage, two platforms' directories, and one process (`also` for more)."""

    def __init__(self, *, units=None, workplaces=None, links=None, overtaken=None, due=None, queue=None, clock=None):
        store = MemoryStore()
        self.store = store
        self.clock = clock or FakeClock()
        self.units = units or MemoryUnitsOfWork(store)
        self.workplaces = workplaces or MemoryWorkplaces(store, default_behaviours())
        self.links = links or MemoryLinks(store)
        self.overtaken = overtaken or MemoryOvertaken(store)
        self.due = due or MemoryDueSchedules(store)
        self.queue = queue or MemoryQueue(store)
        self.directories = {Platform.SLACK: MemoryDirectory(), Platform.LOCAL: MemoryDirectory()}
        self._acts = count(1)
        self.process = Process(self)

    def also(self) -> Process:
        """Start another process."""
        return Process(self)

    async def connect(self, workspace: WorkspaceRef, name: str, *people: tuple[str, str], admin: int = 0) -> None:
        """Connect a workspace of people with an id and a name; the one in place `admin` administers it."""
        await self.workplaces.connect(workspace, name, self.clock.now())
        for place, (account, called) in enumerate(people):
            email = f"{called.lower().replace(' ', '.')}@example.com"
            profile = replace(a_profile(account, called, workspace=workspace), email=email, admin=place == admin)
            self.directories[workspace.platform].put(profile)

    async def organisation(self, workspace: WorkspaceRef):
        return (await self.workplaces.workplace(workspace)).organisation

    async def team(self, name, agents, supervisors, homes, **settings):
        """Found a team, with its schedules, a month ago."""
        organisation = await self.organisation(supervisors[0].workspace)
        at = self.clock.now() - timedelta(days=40)
        met = await self.process.people.met([*agents, *supervisors])
        members = {met[each].person: Role.AGENT for each in agents}
        members |= {met[each].person: Role.SUPERVISOR for each in supervisors}
        async with self.units(organisation) as work:
            team = await work.teams.found(a_team(name, **settings), members, homes, at)
            await plan_digest(work, await work.teams.team(team), self.clock.now())
            await plan_nudges(work, [met[each].person for each in supervisors], self.clock.now())
            await work.commit()
        self.process.people.forget([*agents, *supervisors])
        return team

    def origin(self, sender: AccountRef, conversation: ConversationRef | None = None, key: str = "") -> Origin:
        return Origin(sender.workspace, sender, conversation, key or f"act-{next(self._acts)}")

    async def types(
        self, sender: AccountRef, *parts: str | AccountRef, process: Process | None = None, conversation=None, key=""
    ) -> Answer:
        """Type after the command; an account is a native mention."""
        segments = tuple(Words(part) if isinstance(part, str) else Mention(part, "") for part in parts)
        typed = CommandTyped(self.origin(sender, conversation, key), segments)
        return await (process or self.process).dispatcher.handle(typed)

    async def presses(self, sender: AccountRef, button: Button, process: Process | None = None) -> Answer:
        pressed = ButtonPressed(self.origin(sender), button.action, button.value)
        return await (process or self.process).dispatcher.handle(pressed)

    async def fills_in(self, sender: AccountRef, state: str, *people: AccountRef) -> Answer:
        """Send the form in."""
        filled = FormSubmitted(self.origin(sender), GIVE, state, {"people": people}, {}, {"reason": SAID})
        return await self.process.dispatcher.handle(filled)

    async def outgoing(self) -> list[tuple[Target, Message]]:
        """Take up everything that is on its way, and call it delivered."""
        found = []
        while claimed := await self.queue.claim(self.clock.now(), 100, "w", timedelta(minutes=1), set(Platform)):
            for parcel in claimed:
                found.append((parcel.target, parcel.message))
                now = self.clock.now()
                assert await self.queue.begin_send(parcel.id, "w", now, timedelta(minutes=1))
                await self.queue.settle(parcel.id, "w", Sent(None), now, timedelta())
        return found

    def waiting(self) -> list[tuple[Target, Message]]:
        """Look at what is on its way, in memory."""
        return [
            (row.target, row.message)
            for row in self.store.outbox.values()
            if row.message and row.state is State.PENDING
        ]
