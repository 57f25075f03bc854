"""What tests of the Microsoft Teams side begin with. A module with a beginning of its own has its own."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from tests.msteams_house import House, house
from tests.servers.connector import CHANNEL, GROUP, Teams, running


@pytest.fixture
async def teams() -> AsyncIterator[Teams]:
    """Microsoft's side, with its people, of whom none has met the bot."""
    async with running() as server:
        yield server


@pytest.fixture
async def here(teams: Teams, sqlite_url: str) -> AsyncIterator[House]:
    """The bot as it is served, in a channel and a group chat."""
    async with house(teams, sqlite_url) as served:
        await served.let_in(CHANNEL, GROUP)
        yield served
