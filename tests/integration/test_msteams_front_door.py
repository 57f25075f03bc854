"""Teams as an operator switches it on: off without its variables, stopped by half of them, an emulator let in."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from bot.identity import Platform, WorkspaceRef
from storage.engine import Database
from storage.people import SqlWorkplaces
from tests.conftest import apart
from tests.factories import NOW
from tests.servers.connector import APP, BOT, CHANNEL, PASSWORD, TENANT, Teams, running

ROOT = Path(__file__).parents[2]
CONFIGURED = {"TEAMS_APP_ID": APP, "TEAMS_APP_PASSWORD": PASSWORD, "TEAMS_TENANT_ID": TENANT}


@pytest.fixture
async def teams() -> AsyncIterator[Teams]:
    async with running() as server:
        yield server


def environment(url: str, **variables: str) -> dict[str, str]:
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    return kept | {"DATABASE_URL": url, "SECRET_KEY": "k" * 40, "PORT": "0", "LOG_FORMAT": "json"} | variables


@asynccontextmanager
async def served(url: str, **variables: str) -> AsyncIterator[str]:
    """Run `kudos serve` and give its address."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "kudos", "serve"),
        cwd=ROOT,
        env=environment(url, **variables),
        stderr=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    assert process.stderr is not None
    assert process.stdout is not None
    address = ""
    try:
        async with asyncio.timeout(30):
            while not address:
                line = await process.stderr.readline()
                assert line, "it ended before it served"
                if b'"serving"' in line:
                    address = json.loads(line)["address"]
        yield address
    finally:
        process.terminate()
        await process.communicate()


@pytest.mark.parametrize("missing", CONFIGURED)
@pytest.mark.parametrize("command", ["serve", "worker", "import-teams README.md", "doctor"])
def test_half_a_configuration_stops_whatever_needs_teams_and_names_what_is_missing(
    sqlite_url: str, command: str, missing: str
):
    apart(join_tenant(sqlite_url))
    given = {name: value for name, value in CONFIGURED.items() if name != missing}
    done = subprocess.run(
        [sys.executable, "-m", "kudos", *command.split()],
        cwd=ROOT,
        env=environment(sqlite_url, **given),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    said = done.stdout + done.stderr
    assert done.returncode != 0
    assert f"{missing} is not set, though other TEAMS_ variables are" in said
    assert "Traceback" not in said
    assert PASSWORD not in said


async def join_tenant(url: str) -> None:
    """Connect the tenant, as an earlier start of the bot did."""
    database = Database.open(url)
    try:
        await SqlWorkplaces(database, ()).connect(WorkspaceRef(Platform.TEAMS, TENANT), "Contoso", NOW)
    finally:
        await database.close()


@pytest.mark.parametrize("more", [{"HOST": "0.0.0.0"}, {"PUBLIC_URL": "https://kudos.example"}])  # noqa: S104 refused
def test_nobody_is_let_in_without_a_token_where_others_can_come(sqlite_url: str, more: dict[str, str]):
    done = subprocess.run(
        [sys.executable, "-m", "kudos", "serve"],
        cwd=ROOT,
        env=environment(sqlite_url, TEAMS_ALLOW_ANONYMOUS="true", **more),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode != 0
    assert "TEAMS_ALLOW_ANONYMOUS" in done.stderr


async def test_without_its_variables_teams_is_off(sqlite_url: str, teams: Teams):
    async with (
        served(sqlite_url) as address,
        aiohttp.ClientSession() as http,
        http.post(f"{address}/api/messages", json=teams.message(1, "help")) as answer,
    ):
        assert answer.status == 404


def test_what_is_off_is_not_imported():
    program = (
        "import sys, kudos.command_line; print([n for n in sys.modules if n.startswith(('botb', 'adapters.teams'))])"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, timeout=60, check=True
    )
    assert done.stdout.strip() == "[]"


async def test_configured_it_answers_through_the_connector_and_refuses_who_has_no_token(sqlite_url: str, teams: Teams):
    async with (
        served(sqlite_url, **CONFIGURED, TEAMS_LOGIN_URL=teams.url) as address,
        aiohttp.ClientSession() as http,
    ):
        url = f"{address}/api/messages"
        async with http.post(url, json=teams.message(1, "help")) as answer:
            assert answer.status == 401
        headers = {"Authorization": f"Bearer {teams.token()}"}
        kudos = teams.message(1, "@ {0} stayed with a caller until it was solved", CHANNEL, 2)
        async with http.post(url, json=kudos, headers=headers) as answer:
            assert answer.status == 200
        await teams.until("post", 2)
        assert len(teams.standing("a:1")) == 1


async def test_a_file_names_a_tenants_people_whom_nobody_met_yet(sqlite_url: str, teams: Teams, tmp_path: Path):
    configured = CONFIGURED | {"TEAMS_LOGIN_URL": teams.url}
    async with served(sqlite_url, **configured) as address, aiohttp.ClientSession() as http:
        headers = {"Authorization": f"Bearer {teams.token()}"}
        added = teams.activity("conversationUpdate", 1, CHANNEL, membersAdded=[{"id": BOT}])
        async with http.post(f"{address}/api/messages", json=added, headers=headers) as answer:
            assert answer.status == 200
    file = tmp_path / "teams.csv"
    lines = ("team,supervisor_email,member_email,time_zone", "Phone,p2@contoso.example,p3@contoso.example,Stockholm")
    file.write_text("\n".join(lines))

    async def run_kudos(*arguments: str) -> tuple[int | None, str]:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "kudos", *arguments),
            cwd=ROOT,
            env=environment(sqlite_url, **configured),
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        out, _ = await process.communicate()
        return process.returncode, out.decode()

    status, out = await run_kudos("import-teams", str(file), "--apply")
    assert (status, "1 team changed" in out) == (0, True), out
    status, out = await run_kudos("export-teams")
    assert (status, "p3@contoso.example" in out) == (0, True), out


async def test_an_emulator_without_a_token_is_answered(sqlite_url: str, teams: Teams):
    teams.issued.add("")
    async with served(sqlite_url, TEAMS_ALLOW_ANONYMOUS="true") as address, aiohttp.ClientSession() as http:
        async with http.post(f"{address}/api/messages", json=teams.message(1, "help")) as answer:
            assert answer.status == 200
        assert len(teams.standing("a:1")) == 1


@pytest.mark.parametrize("by_address_alone", [False, True])
async def test_an_emulators_people_are_members_of_the_tenant_that_it_says(
    sqlite_url: str, teams: Teams, *, by_address_alone: bool
):
    teams.issued.add("")
    teams.by_address_alone = by_address_alone
    async with served(sqlite_url, TEAMS_ALLOW_ANONYMOUS="true") as address, aiohttp.ClientSession() as http:

        async def answered(activity: Any) -> str:
            async with http.post(f"{address}/api/messages", json=activity) as answer:
                assert answer.status == 200
            return json.dumps(teams.standing("a:1")[-1].card)

        assert "How to give kudos" in await answered(teams.message(1, "help"))
        kudos = "@ {0} stayed with a caller until it was solved"
        assert "You recognised" in await answered(teams.message(1, kudos, CHANNEL, 2))
        # Somebody of another tenant is none of them.
        assert "You recognised" not in await answered(teams.message(1, kudos, CHANNEL, 5))
        # Somebody whose address is known before anybody asked about them.
        await answered(teams.message(3, "help"))
        assert "You recognised" in await answered(teams.message(1, kudos, CHANNEL, 3))
