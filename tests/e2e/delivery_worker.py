"""A delivery worker in a process of its own, made to be killed.

`python -m tests.e2e.delivery_worker DATABASE_URL SLACK_API_URL NAME`. Leases are short, so that the next one need not
wait long for what this one leaves behind.
"""

from __future__ import annotations

import asyncio
import sys
from datetime import UTC, datetime, timedelta

import aiohttp

from adapters.slack.outbound import SlackPlatform
from bot.delivery.service import Delivery
from bot.identity import Platform, WorkspaceRef
from storage.delivery import SqlDeliveryQueue
from storage.engine import Database
from tests.servers.slack_world import TEAM, TOKEN


class SystemClock:
    def now(self) -> datetime:
        return datetime.now(UTC)


class NoMetrics:
    def count(self, name: str, amount: int = 1, **labels: str) -> None:
        pass

    def observe(self, name: str, seconds: float, **labels: str) -> None:
        pass


async def main(database_url: str, api_url: str, name: str) -> None:
    database = Database.open(database_url)
    async with aiohttp.ClientSession() as session:
        slack = SlackPlatform(TOKEN, api_url, WorkspaceRef(Platform.SLACK, TEAM), session)
        worker = Delivery(
            SqlDeliveryQueue(database),
            {Platform.SLACK: slack},
            SystemClock(),
            NoMetrics(),
            name,
            lease=timedelta(seconds=4),
            pace=timedelta(seconds=0.2),
        )
        await worker.run(asyncio.Event())


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
