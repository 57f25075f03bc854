"""The token with which the bot speaks to Teams: until when it is used, and where it is never carried."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

import aiohttp
import pytest

from adapters.teams.config import TeamsConfig
from adapters.teams.connector import Connector
from adapters.teams.sign_in import SignIn
from bot.errors import AmbiguousDeliveryError
from tests.servers.connector import APP, PASSWORD, TENANT, Teams, running

WITHIN = timedelta(seconds=6)


class Timer:
    """Seconds that pass when the test says so."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


@asynccontextmanager
async def signing_in(teams: Teams, timer: Timer) -> AsyncIterator[SignIn]:
    sign_in = SignIn(TeamsConfig(APP, PASSWORD, TENANT, stand_in=teams.url), timer)
    try:
        yield sign_in
    finally:
        await sign_in.close()


@pytest.fixture
async def teams() -> AsyncIterator[Teams]:
    async with running() as server:
        yield server


async def test_a_token_is_not_used_beyond_its_end(teams: Teams):
    # Less than what msal itself would give again from its memory, by a clock that nobody moves.
    teams.lasting = 299
    timer = Timer()
    async with signing_in(teams, timer) as sign_in:
        first = await sign_in.token()
        timer.now += teams.lasting
        # Whoever asks now waits: the old one would be refused.
        assert await sign_in.token() != first
        assert teams.calls["login"] == 2


async def test_a_token_that_ends_soon_is_replaced_while_it_is_used(teams: Teams):
    teams.lasting = 299
    async with signing_in(teams, Timer()) as sign_in:
        first = await sign_in.token()
        teams.fail("login", "hold")
        # Sign-in hangs, and nobody notices.
        assert await sign_in.token() == first
        await teams.until("login", 2)
        teams.released.set()


async def test_a_token_with_time_left_is_used_again(teams: Teams):
    teams.lasting = 3600
    timer = Timer()
    async with signing_in(teams, timer) as sign_in:
        first = await sign_in.token()
        timer.now += 3300
        assert await sign_in.token() == first
        assert teams.calls["login"] == 1


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_what_is_said_to_teams_is_carried_to_no_other_address(teams: Teams, status: int):
    async with running() as other, signing_in(teams, Timer()) as sign_in, aiohttp.ClientSession() as session:
        place = f"{other.service_url}v3/conversations/{other.personal(1)}/activities"
        teams.fail("post", "status", status=status, headers={"Location": place})
        connector = Connector(session, sign_in)
        with pytest.raises(AmbiguousDeliveryError):
            await connector.post(teams.service_url, teams.personal(1), {"text": "for Anna"}, within=WITHIN)
        assert not other.calls
