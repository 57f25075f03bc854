"""A year of weekly digests, from the teams' settings to the outbox: each at nine in the morning there, none twice."""

from __future__ import annotations

import random
from collections import Counter
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from adapters.observability import PrometheusMetrics
from bot.digests import service as digests
from bot.digests.rules import RECORDED
from bot.schedule.model import CATCH_UP, Kind
from bot.schedule.service import Ticker
from bot.teams.scheduling import plan_digest
from tests.factories import WORKSPACE, a_channel, a_team
from tests.fakes import FakeClock, MemoryStore, MemoryUnitsOfWork, MemoryWorkplaces
from tests.memory_schedules import MemoryDueSchedules

ZONES = ("Europe/Stockholm", "America/New_York", "Asia/Kolkata", "Australia/Adelaide", "Pacific/Apia")
BEGIN = datetime(2026, 1, 1, 5, 17, tzinfo=UTC)
END = datetime(2027, 1, 1, 5, 17, tzinfo=UTC)
MONDAYS = [
    datetime.combine(datetime(2026, 1, 5, tzinfo=UTC).date() + timedelta(weeks=week), time(9)) for week in range(52)
]
"""The year's, as the clock on the wall shows them everywhere."""


@pytest.mark.parametrize("nap", [timedelta(minutes=30), CATCH_UP], ids=["awake", "asleep up to a day at a time"])
async def test_each_team_has_a_digest_every_monday_at_nine_of_its_own(nap: timedelta) -> None:
    clock, store, naps = FakeClock(BEGIN), MemoryStore(), random.Random("naps")  # noqa: S311 nothing secret
    units = MemoryUnitsOfWork(store)
    organisation = (await MemoryWorkplaces(store).connect(WORKSPACE, "Acme", BEGIN)).organisation
    async with units(organisation) as work:
        for zone in ZONES:
            settings = a_team(zone, zone, digest_day=1, digest_time=time(9))
            await work.teams.found(settings, {}, [a_channel(zone)], BEGIN)
        for team in await work.teams.all():
            await plan_digest(work, team, BEGIN)
        await work.commit()
    lateness, metrics = [], PrometheusMetrics()
    while clock.now() < END:
        # A process begins anew after each sleep: it knows nothing but what is stored.
        before = set(store.books[organisation].digests)
        await Ticker(MemoryDueSchedules(store), units, {Kind.DIGEST: digests.handle}, clock, metrics).tick()
        made = [each for key, each in store.books[organisation].digests.items() if key not in before]
        lateness += [clock.now() - each.until - RECORDED for each in made]
        clock.advance(min(timedelta(seconds=naps.uniform(1, nap.total_seconds())), END - clock.now()))
    books = store.books[organisation]
    for team in books.teams:
        zone = ZoneInfo(books.teams[team].settings.timezone)
        told = sorted((each.until + RECORDED).astimezone(zone) for each in books.digests.values() if each.team == team)
        assert [each.replace(tzinfo=None) for each in told] == MONDAYS
    posted = Counter(row.target.id for row in store.outbox.values())
    assert posted == dict.fromkeys(ZONES, len(MONDAYS))
    assert max(lateness) <= nap
    assert min(lateness) >= timedelta(0)
