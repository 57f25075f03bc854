"""Teams as an operator switches it on: off without its variables, stopped by half of them, an emulator let in."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import aiohttp
import pytest
import sqlalchemy as sa

from bot.identity import Platform, WorkspaceRef
from storage import tables
from storage.engine import Database
from storage.workplaces import SqlWorkplaces
from tests.conftest import apart
from tests.factories import NOW
from tests.msteams_cards import elements
from tests.msteams_house import inputs, of_form, words
from tests.servers.connector import APP, BOT, CHANNEL, PASSWORD, TENANT, Post, Teams, aad, person

ROOT = Path(__file__).parents[2]
CONFIGURED = {"TEAMS_APP_ID": APP, "TEAMS_APP_PASSWORD": PASSWORD, "TEAMS_TENANT_ID": TENANT}


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


class Served:
    """A bot that serves the tenant, and what its people do."""

    def __init__(self, address: str, teams: Teams, http: aiohttp.ClientSession) -> None:
        self.address, self.teams, self.http = address, teams, http

    async def send(self, activity: Any) -> Any:
        """Deliver an activity; give the answer, if it is one that Teams waits for."""
        headers = {"Authorization": f"Bearer {self.teams.token()}"}
        async with self.http.post(f"{self.address}/api/messages", json=activity, headers=headers) as answer:
            assert answer.status == 200
            body = await answer.read()
            return json.loads(body) if body else None

    async def say(self, by: int, text: str, where: str | None = None, *mentioned: int) -> Post:
        """Have somebody type something; give what they are shown in their own chat."""
        chat = self.teams.personal(by)
        before = len(self.teams.standing(chat))
        await self.send(self.teams.message(by, text, where, *mentioned))
        return (await self.standing(chat, before + 1))[before]

    async def standing(self, conversation: str, least: int) -> list[Post]:
        """Wait until so many messages stand in a conversation."""
        async with asyncio.timeout(30):
            while len(posts := self.teams.standing(conversation)) < least:
                self.teams.called.clear()
                await self.teams.called.wait()
        return posts

    async def set_up(self, by: int) -> None:
        """Have somebody set up the channel's team."""
        form = await self.say(by, "@ setup", CHANNEL)
        (save,) = form.card["actions"]
        data = of_form(form.card, name="Phone", digest_day="5", digest_time="15:00")
        value = {"action": {"type": "Action.Execute", "verb": save.get("verb"), "data": data}}
        saved = self.teams.invoke(by, "adaptiveCard/action", value, form.conversation, replyToId=form.id)
        assert "Phone is set up" in words((await self.send(saved))["value"])

    async def in_the_team(self, number: int) -> bool:
        """Say whether somebody sees a team's week as theirs."""
        return "Phone" in words((await self.say(number, "team")).card)


async def a_digest_falls_due(url: str) -> None:
    """Let the kudos that were given be some minutes old, and the digest come now."""
    now = datetime.now(UTC)
    database = Database.open(url)
    try:
        async with database.writing() as connection:
            for table in (tables.kudos, tables.kudos_receivers):
                await connection.execute(sa.update(table).values(created_at=now - timedelta(minutes=5)))
            await connection.execute(sa.update(tables.schedules).values(next_at=now))
    finally:
        await database.close()


async def test_what_the_operator_sets_and_who_comes_and_goes_is_told_to_teams(sqlite_url: str, teams: Teams):
    admin, supervisor, agent, newcomer = 1, 2, 3, 6
    configured = CONFIGURED | {"TEAMS_APP_ID": APP.upper(), "TEAMS_TENANT_ID": TENANT.upper()}
    addresses = {"TEAMS_LOGIN_URL": teams.url, "PUBLIC_URL": "https://kudos.example"}
    async with (
        served(sqlite_url, **configured, **addresses, TEAMS_ADMINS=aad(admin).upper()) as address,
        aiohttp.ClientSession() as http,
    ):
        bot = Served(address, teams, http)
        await bot.send(teams.activity("conversationUpdate", supervisor, CHANNEL, membersAdded=[{"id": BOT}]))
        (hello,) = teams.standing(CHANNEL)
        assert "as its supervisor: @Kudos setup" in words(hello.card)
        await bot.set_up(supervisor)

        # Whom the operator named administers every team, and nobody else does.
        assert inputs((await bot.say(admin, "@ setup", CHANNEL)).card)["name"]["value"] == "Phone"
        assert not inputs((await bot.say(agent, "@ setup", CHANNEL)).card)

        # The team is whoever is in its channel.
        came, gone = person(newcomer, "Dev Patel"), teams.people[aad(agent)]
        teams.join(came)
        assert not await bot.in_the_team(newcomer)
        assert await bot.in_the_team(agent)
        await bot.send(teams.activity("conversationUpdate", newcomer, CHANNEL, membersAdded=[came]))
        teams.chats[CHANNEL].members.remove(aad(agent))
        await bot.send(teams.activity("conversationUpdate", supervisor, CHANNEL, membersRemoved=[gone]))
        assert await bot.in_the_team(newcomer)
        assert not await bot.in_the_team(agent)

        # The digest has a picture, which is fetched from here.
        stood = len(teams.standing(CHANNEL))
        await bot.say(admin, "@ {0} stayed with a caller until it was solved", CHANNEL, supervisor)
        await bot.standing(CHANNEL, stood + 1)
        await a_digest_falls_due(sqlite_url)
        digest = (await bot.standing(CHANNEL, stood + 2))[-1]
        assert "The week in Phone" in words(digest.card)
        [image] = [each for each in elements(digest.card["body"]) if each["type"] == "Image"]
        picture = urlsplit(image["url"])
        assert f"{picture.scheme}://{picture.netloc}" == "https://kudos.example"
        async with http.get(f"{address}{picture.path}") as answer:
            assert (answer.status, answer.content_type) == (200, "image/png")


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
