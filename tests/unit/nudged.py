"""A team of three and their supervisor at the front desk, whom nobody recognised for a month."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from bot.delivery.model import Operation, State
from bot.identity import AccountRef, PersonId
from bot.incoming import FormSubmitted
from bot.schedule.model import Kind
from bot.schedule.service import Ticker
from bot.teams.scheduling import plan_nudges
from bot.view.form import ChoiceField, Form, TextField
from bot.view.message import Button, Buttons, Message, MessageKind
from tests.memory_schedules import MemoryDueSchedules
from tests.unit.desk import ANNA, BO, CLEO, MAJA, Desk, desk, lines

LOOK = datetime(2026, 11, 18, 8, 30, tzinfo=UTC)
"""Half past nine on a Wednesday in Stockholm."""
DAY = timedelta(days=1)
NOTE = "Only you see this. /kudos nudges shows who is due, and lets you choose when you are told."
BUTTONS = ["[Recognise]", "[Snooze a week]", "[Away until…]", "[Not on my team]"]


class Silent:
    """Metrics that nobody reads."""

    def count(self, name: str, amount: int = 1, **labels: str) -> None: ...

    def observe(self, name: str, seconds: float, **labels: str) -> None: ...


async def a_house(*agents: AccountRef, supervisors: tuple[AccountRef, ...] = (MAJA,), days: int = 30) -> Desk:
    """Found a team so many days before LOOK."""
    here = await desk(LOOK - days * DAY)
    await here.team("Phone", agents or (ANNA, BO, CLEO), supervisors)
    async with here.units(here.organisation) as work:
        await plan_nudges(work, [person_of(here, each) for each in supervisors], here.clock.now())
        await work.commit()
    here.clock.advance(days * DAY)
    return here


def person_of(here: Desk, account: AccountRef) -> PersonId:
    return here.books.accounts[account][0]


async def tick(here: Desk) -> None:
    """Take all looks that are due."""
    handlers = {Kind.NUDGES: here.nudging.handle}
    await Ticker(MemoryDueSchedules(here.store), here.units, handlers, here.clock, Silent()).tick()


def nudges(here: Desk, to: AccountRef = MAJA) -> list[Message]:
    return [each.message for each in here.told(to) if each.kind is MessageKind.NUDGE]


def sends(here: Desk) -> list[tuple[Operation, State, list[str]]]:
    """Everything that the outbox holds of nudges."""
    return [
        (row.operation, row.state, lines(row.message))
        for row in here.store.outbox.values()
        if row.message and row.message.kind is MessageKind.NUDGE
    ]


def deliver(here: Desk) -> None:
    for row in here.store.outbox.values():
        row.state = State.SENT


async def told(here: Desk, to: AccountRef = MAJA) -> Message:
    """Take the look, deliver what it says, and give that."""
    await tick(here)
    [message] = nudges(here, to)
    deliver(here)
    return message


def pressable(message: Message, label: str, nth: int = 0) -> Button:
    """Give the button of the nth person of a message."""
    rows = [block.buttons for block in message.blocks if isinstance(block, Buttons)]
    return [each for row in rows for each in row if each.label == label][nth]


async def until(done: Callable[[], bool]) -> None:
    """Let others run until it is so."""
    async with asyncio.timeout(60):
        while not done():  # noqa: ASYNC110 there is no event for it: what is waited for is in storage
            await asyncio.sleep(0)


async def fills(here: Desk, sender: AccountRef, form: Form, **values: str):
    """Send a form in with these values, and what it began with elsewhere."""
    choices = {each.name: each.initial for each in form.fields if isinstance(each, ChoiceField)}
    choices |= {name: (value,) for name, value in values.items() if name in choices}
    texts = {each.name: values.get(each.name, each.initial) for each in form.fields if isinstance(each, TextField)}
    return await here.dispatcher.handle(FormSubmitted(here.origin(sender), form.name, form.state, {}, choices, texts))
