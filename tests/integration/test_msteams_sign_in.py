"""The token with which the bot speaks to Teams: until when it is used, and where it is never carried."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

import aiohttp
import pytest
from structlog.testing import capture_logs

from adapters.teams.config import TeamsConfig
from adapters.teams.connector import Connector
from adapters.teams.sign_in import PAUSE_SECONDS, SignIn, SignInRefusedError
from bot.errors import AmbiguousDeliveryError, TemporaryDeliveryError
from tests.servers.connector import APP, PASSWORD, TENANT, Teams, running

WITHIN = timedelta(seconds=6)


class Timer:
    """Seconds that pass when the test says so."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


@asynccontextmanager
async def signing_in(
    teams: Teams, timer: Timer, *, password: str = PASSWORD, tenant: str = TENANT
) -> AsyncIterator[SignIn]:
    sign_in = SignIn(TeamsConfig(APP, password, tenant, stand_in=teams.url), timer)
    try:
        yield sign_in
    finally:
        await sign_in.close()


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


async def test_a_refusal_is_remembered_for_a_while_and_said_once(teams: Teams):
    teams.no_token = "AADSTS7000222: The provided client secret keys are expired."
    timer = Timer()
    async with signing_in(teams, timer) as sign_in:
        with capture_logs() as logged:
            for _ in range(5):
                with pytest.raises(SignInRefusedError):
                    await sign_in.token()
        assert teams.calls["login"] == 1
        [line] = [each for each in logged if each["event"] == "teams_sign_in_refused"]
        assert "TEAMS_APP_PASSWORD has expired" in line["means"]
        # Somebody has mended it.
        teams.no_token = ""
        timer.now += PAUSE_SECONDS
        assert await sign_in.token()


async def test_a_refusal_takes_nobody_the_token_that_still_works(teams: Teams):
    teams.lasting = 299
    async with signing_in(teams, Timer()) as sign_in:
        first = await sign_in.token()
        teams.no_token = "AADSTS7000222: The provided client secret keys are expired."
        assert await sign_in.token() == first
        await teams.until("login", 2)
        assert await sign_in.token() == first


async def test_it_is_tried_before_anybody_needs_it(teams: Teams):
    async with signing_in(teams, Timer()) as sign_in:
        sign_in.begin()
        await teams.until("login", 1)
        assert await sign_in.token()
        assert teams.calls["login"] == 1


async def test_an_emulator_is_not_asked_for_a_token():
    sign_in = SignIn(TeamsConfig("", "", "", anonymous=True))
    sign_in.begin()
    assert await sign_in.token() == ""
    await sign_in.close()


@pytest.mark.parametrize(
    ("said", "means"),
    [
        ("AADSTS7000222: The provided client secret keys for app are expired.", "has expired"),
        ("AADSTS7000215: Invalid client secret provided.", "the secret's ID in place of its Value"),
        ("AADSTS700016: Application with identifier was not found in the directory", "TEAMS_TENANT_ID"),
        ("AADSTS7000112: Application is disabled.", "switched off"),
        ("Something that nobody heard of.", "does not take TEAMS_APP_PASSWORD"),
    ],
)
async def test_what_microsoft_says_is_put_into_words(teams: Teams, said: str, means: str):
    teams.no_token = said
    async with signing_in(teams, Timer()) as sign_in:
        with pytest.raises(SignInRefusedError) as refusal:
            await sign_in.ask()
    assert means in refusal.value.means
    assert refusal.value.said == said


async def test_a_secret_of_another_registration_is_said_to_be_so(teams: Teams):
    async with signing_in(teams, Timer(), password="of-another") as sign_in:
        with pytest.raises(SignInRefusedError) as refusal:
            await sign_in.ask()
    assert "no client secret of the registration in TEAMS_APP_ID" in refusal.value.means
    assert "of-another" not in refusal.value.means + refusal.value.said


async def test_a_tenant_that_microsoft_does_not_know_is_said_to_be_so(teams: Teams):
    async with signing_in(teams, Timer(), tenant=APP) as sign_in:
        with pytest.raises(SignInRefusedError) as refusal:
            await sign_in.ask()
    assert "knows no tenant" in refusal.value.means
    assert refusal.value.said.startswith("AADSTS90002")


async def test_microsoft_out_of_reach_is_no_refusal():
    sign_in = SignIn(TeamsConfig(APP, PASSWORD, TENANT, stand_in="http://127.0.0.1:9"))
    with pytest.raises(TemporaryDeliveryError) as trouble:
        await sign_in.ask()
    assert not isinstance(trouble.value, SignInRefusedError)
    await sign_in.close()


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_what_is_said_to_teams_is_carried_to_no_other_address(teams: Teams, status: int):
    async with running() as other, signing_in(teams, Timer()) as sign_in, aiohttp.ClientSession() as session:
        place = f"{other.service_url}v3/conversations/{other.personal(1)}/activities"
        teams.fail("post", "status", status=status, headers={"Location": place})
        connector = Connector(session, sign_in)
        with pytest.raises(AmbiguousDeliveryError):
            await connector.post(teams.service_url, teams.personal(1), {"text": "for Anna"}, within=WITHIN)
        assert not other.calls
