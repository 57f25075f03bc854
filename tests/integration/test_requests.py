"""What is noted of acts is kept while they may be repeated, and not for ever."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa

from storage import requests
from storage.engine import Database
from storage.requests import forget_requests
from storage.tables import seen_requests
from storage.workplaces import SqlWorkplaces
from tests.factories import NOW, OWNERSHIP, WORKSPACE

SECOND = timedelta(seconds=1)


@pytest.mark.parametrize("url", ["sqlite_url", "postgres_url"])
async def test_old_requests_are_forgotten_and_recent_ones_kept(request, url, monkeypatch):
    monkeypatch.setattr(requests, "_FORGOTTEN_AT_ONCE", 3)
    database = Database.open(request.getfixturevalue(url))
    try:
        organisation = (await SqlWorkplaces(database, [OWNERSHIP]).connect(WORKSPACE, "Acme", NOW)).organisation
        seen = [
            {"organisation_id": organisation, "key": f"k{age}", "kudos_id": organisation, "seen_at": NOW - SECOND * age}
            for age in range(10)
        ]
        async with database.writing() as connection:
            await connection.execute(sa.insert(seen_requests), seen)
        assert await forget_requests(database, NOW - SECOND) == 8
        async with database.reading() as connection:
            assert set(await connection.scalars(sa.select(seen_requests.c.key))) == {"k0", "k1"}
    finally:
        await database.close()
