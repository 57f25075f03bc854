"""For how long a token and a key of Microsoft's are good, by a clock that the test moves."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import aiohttp
import pytest

from adapters.teams.tokens import REFRESH_SECONDS, RETRY_SECONDS, InvalidTokenError, KeySet, SigningKey, Tokens
from tests.servers.connector import APP, Teams

MINUTE = 60


@dataclass
class Timer:
    """Seconds that pass when the test says so."""

    now: float = field(default_factory=lambda: float(int(time.time())))

    def __call__(self) -> float:
        return self.now


class Keys(KeySet):
    """Keys that can be taken back from one moment to the next."""

    taken_back = False

    async def find(self, kid: str) -> SigningKey | None:
        return None if self.taken_back else await super().find(kid)


@pytest.fixture
def timer() -> Timer:
    return Timer()


@pytest.fixture
async def keys(teams: Teams, timer: Timer) -> AsyncIterator[Keys]:
    async with aiohttp.ClientSession() as session:
        made = Keys(f"{teams.url}/v1/.well-known/openidconfiguration", session, timer)
        yield made
        await made.close()


@pytest.mark.parametrize(("lasts", "remembered"), [(MINUTE, MINUTE), (60 * MINUTE, 10 * MINUTE)])
async def test_a_good_token_is_remembered_for_ten_minutes_and_never_beyond_its_own_end(
    teams: Teams, timer: Timer, keys: Keys, lasts: int, remembered: int
):
    tokens = Tokens(APP, keys, timer)
    began = timer.now
    token = teams.token(exp=int(began) + lasts)
    said = await tokens.check(token)
    # From here on only what is remembered is good.
    keys.taken_back = True
    timer.now = began + remembered - 1
    assert await tokens.check(token) == said
    timer.now = began + remembered
    with pytest.raises(InvalidTokenError):
        await tokens.check(token)


async def test_keys_are_fetched_anew_each_day_so_that_one_taken_back_is_good_no_more(
    teams: Teams, timer: Timer, keys: Keys
):
    old = teams.kid
    assert await keys.find(old)
    teams.rotate("key-2")
    timer.now += REFRESH_SECONDS - 1
    assert await keys.find(old)
    assert teams.calls["keys"] == 1
    timer.now += 1
    # Nobody waits for the new ones.
    assert await keys.find(old)
    await teams.until("keys", 2)
    assert await keys.find("key-2")
    assert await keys.find(old) is None


async def test_keys_that_cannot_be_fetched_stay_good_and_are_asked_for_again_in_a_minute(
    teams: Teams, timer: Timer, keys: Keys
):
    assert await keys.find(teams.kid)
    teams.keys_status = 503
    timer.now += REFRESH_SECONDS
    assert await keys.find(teams.kid)
    await teams.until("keys", 2)
    # Who names an unknown one has waited for the fetch that failed.
    assert await keys.find("unknown") is None
    asked = teams.calls["keys"]
    timer.now += RETRY_SECONDS - 1
    assert await keys.find(teams.kid)
    timer.now += 1
    assert await keys.find(teams.kid)
    await teams.until("keys", asked + 1)
    assert teams.calls["keys"] == asked + 1
