"""What an operator is told of Teams before anybody writes: at the start, and by the doctor."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

from tests.integration.test_msteams_front_door import CONFIGURED, ROOT, environment
from tests.servers.connector import Teams

EXPIRED = "AADSTS7000222: The provided client secret keys for app are expired."
UNREACHABLE = "http://127.0.0.1:9"


@asynccontextmanager
async def kudos(*arguments: str, **variables: str) -> AsyncIterator[asyncio.subprocess.Process]:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "kudos", *arguments),
        cwd=ROOT,
        env=variables,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.terminate()
        await process.communicate()


async def logged(variables: Mapping[str, str], *events: str) -> dict[str, dict[str, Any]]:
    """Start `serve`, wait until the log has these events, and give them."""
    found: dict[str, dict[str, Any]] = {}
    async with kudos("serve", **variables) as process, asyncio.timeout(30):
        assert process.stderr is not None
        while not found.keys() >= set(events):
            line = await process.stderr.readline()
            assert line, f"it ended before it said {events}"
            said = json.loads(line)
            found[said["event"]] = said
    return found


async def doctor(variables: Mapping[str, str]) -> tuple[int | None, str]:
    async with kudos("doctor", **variables) as process:
        assert process.stdout is not None
        said = (await process.stdout.read()).decode()
        await process.wait()
        return process.returncode, said


async def test_a_secret_that_microsoft_refuses_is_in_the_log_at_the_start_and_does_not_stop_it(
    sqlite_url: str, teams: Teams
):
    teams.no_token = EXPIRED
    variables = environment(sqlite_url, **CONFIGURED, TEAMS_LOGIN_URL=teams.url)
    said = await logged(variables, "serving", "teams_sign_in_refused")
    assert said["teams_sign_in_refused"]["level"] == "error"
    assert "TEAMS_APP_PASSWORD has expired" in said["teams_sign_in_refused"]["means"]


async def test_the_start_waits_for_no_sign_in(sqlite_url: str, teams: Teams):
    teams.fail("login", "hang")
    await logged(environment(sqlite_url, **CONFIGURED, TEAMS_LOGIN_URL=teams.url), "serving")
    await teams.until("login", 1)


async def test_letting_anybody_in_is_warned_of(sqlite_url: str):
    variables = environment(sqlite_url, TEAMS_ALLOW_ANONYMOUS="true")
    said = await logged(variables, "serving", "teams_anonymous")
    assert said["teams_anonymous"]["level"] == "warning"
    assert "TEAMS_ALLOW_ANONYMOUS" in said["teams_anonymous"]["hint"]
    status, out = await doctor(variables)
    assert (status, "TEAMS_ALLOW_ANONYMOUS is set" in out) == (0, True), out
    assert "No chat platform" not in out


async def test_the_doctor_tries_the_secret(sqlite_url: str, teams: Teams):
    variables = environment(sqlite_url, **CONFIGURED, TEAMS_LOGIN_URL=teams.url)
    status, out = await doctor(variables)
    assert (status, "Microsoft takes TEAMS_APP_PASSWORD" in out) == (0, True), out
    assert "No chat platform" not in out
    assert "TEAMS_ALLOW_ANONYMOUS" not in out
    teams.no_token = EXPIRED
    status, out = await doctor(variables)
    assert (status, "TEAMS_APP_PASSWORD has expired" in out) == (1, True), out
    assert "Microsoft takes" not in out


async def test_the_doctor_says_that_microsoft_is_out_of_reach(sqlite_url: str):
    status, out = await doctor(environment(sqlite_url, **CONFIGURED, TEAMS_LOGIN_URL=UNREACHABLE))
    assert (status, f"{UNREACHABLE} did not answer this machine" in out) == (1, True), out
    assert "Microsoft takes" not in out
