"""A ticker and a delivery in a process of its own, made to be killed.

`python -m tests.e2e.schedule_worker DATABASE_URL SLACK_API_URL NAME`. It stands for the bot with one kind of schedule,
whose handler puts one message for its subject. Leases are short, so that the others need not wait long for what it
leaves behind.
"""

from __future__ import annotations

import asyncio
import sys
from datetime import datetime, timedelta

import aiohttp

from adapters.observability import PrometheusMetrics, SystemClock
from adapters.scheduler import Metronome, Tick
from adapters.slack.outbound import SlackPlatform
from bot.delivery.model import Outgoing
from bot.delivery.service import Delivery
from bot.identity import ConversationRef, Platform, WorkspaceRef
from bot.schedule.model import Kind, Slot
from bot.schedule.service import Ticker
from bot.view.message import Message, MessageKind, Paragraph, Text
from storage.delivery import SqlDeliveryQueue
from storage.engine import Database
from storage.schedules import SqlDueSchedules
from storage.unit_of_work import SqlUnitOfWork, UnitsOfWork
from tests.servers.slack_world import TEAM, TOKEN

WORKSPACE = WorkspaceRef(Platform.SLACK, TEAM)


async def carry_out(work: SqlUnitOfWork, slot: Slot, now: datetime) -> None:
    """Put one message, slowly enough to be killed before and after."""
    subject = slot.schedule.subject
    text = f"It is {slot.day}"
    message = Message(MessageKind.SHOUT_OUT, (Paragraph((Text(text),)),), text)
    target = ConversationRef(WORKSPACE, f"C{subject.int}")
    await asyncio.sleep(0.005)
    put = await work.outbox.put(Outgoing(f"{subject.int}:{slot.day}", f"subject:{subject}", target, message), now)
    await asyncio.sleep(0.005)
    if not put:
        twice = f"{target.id} had its message before"
        raise AssertionError(twice)


async def main(database_url: str, api_url: str, name: str) -> None:
    database = Database.open(database_url)
    clock, metrics = SystemClock(), PrometheusMetrics()
    async with aiohttp.ClientSession() as session:
        slack = SlackPlatform(TOKEN, api_url, WORKSPACE, session)
        delivery = Delivery(
            SqlDeliveryQueue(database), {Platform.SLACK: slack}, clock, metrics, name, lease=timedelta(seconds=4)
        )
        database.on_outbox = delivery.wake
        ticker = Ticker(
            SqlDueSchedules(database), UnitsOfWork(database), dict.fromkeys(Kind, carry_out), clock, metrics
        )
        Metronome([Tick("schedules", timedelta(seconds=0.2), ticker.tick)]).start()
        await delivery.run(asyncio.Event())


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
