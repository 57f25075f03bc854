"""A file of teams from Microsoft Teams, while some of its places do not answer or do not have the bot any more."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.integration.test_msteams_front_door import CONFIGURED, ROOT, environment
from tests.msteams_house import house
from tests.servers.connector import CHANNEL, GROUP, Teams, person, running

COLUMNS = "team,supervisor_email,member_email,time_zone,members_from,home_channel\n"
PHONE = "Phone,p1@contoso.example,p2@contoso.example,Stockholm,,\n"
SECOND = "19:second@thread.tacv2"


@pytest.fixture
async def teams() -> AsyncIterator[Teams]:
    """Three people everywhere, and two who are only in the second channel."""
    async with running() as server:
        for number, name in ((1, "Anna Ek"), (20, "Eva Ny"), (21, "Fia Ny")):
            server.join(person(number, name), SECOND)
        yield server


@pytest.fixture
async def known(teams: Teams, sqlite_url: str) -> str:
    """A database of a bot that was let into all three places, and whom nobody wrote to."""
    async with house(teams, sqlite_url) as here:
        await here.let_in(CHANNEL, GROUP, SECOND)
    return sqlite_url


async def imported(teams: Teams, url: str, folder: Path, rows: str) -> tuple[int, str]:
    """Import rows for good; give how it ended and what was said."""
    file = folder / "teams.csv"
    file.write_text(COLUMNS + rows)
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "kudos", "import-teams", str(file), "--apply"),
        cwd=ROOT,
        env=environment(url, **CONFIGURED, TEAMS_LOGIN_URL=teams.url),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    out, _ = await process.communicate()
    said = out.decode()
    assert "Traceback" not in said
    return process.returncode or 0, said


async def test_a_channel_that_the_bot_was_taken_out_of_is_named_with_its_team_and_nothing_is_written(
    teams: Teams, known: str, tmp_path: Path
):
    teams.chats[SECOND].bot = False
    rows = PHONE + f"Chat,p1@contoso.example,,Stockholm,channel,{SECOND}\n"
    status, said = await imported(teams, known, tmp_path, rows)
    assert status == 1
    assert f"line 3: Chat: {SECOND} is no channel that the bot can see. Write its id, and add the bot there." in said
    assert "Nothing was written." in said
    # Put right, it goes through.
    teams.chats[SECOND].bot = True
    status, said = await imported(teams, known, tmp_path, rows)
    assert (status, "2 teams changed" in said) == (0, True), said


@pytest.mark.parametrize("silent", [CHANNEL, GROUP])
async def test_a_place_that_does_not_answer_is_no_matter_to_teams_whose_people_are_elsewhere(
    teams: Teams, known: str, tmp_path: Path, silent: str
):
    teams.chats[silent].silent = True
    status, said = await imported(teams, known, tmp_path, PHONE)
    assert (status, "1 team changed" in said) == (0, True), said


async def test_teams_whose_people_may_be_where_nobody_answers_are_named_and_nothing_is_written(
    teams: Teams, known: str, tmp_path: Path
):
    teams.chats[SECOND].silent = True
    rows = PHONE + "Chat,p1@contoso.example,p20@contoso.example,Stockholm,,\nChat,,p21@contoso.example,,,\n"
    status, said = await imported(teams, known, tmp_path, rows)
    assert status == 1
    unasked = "line 3: Chat has people who are new to the bot, and the platform cannot be asked about them now"
    assert f"{unasked}: p20@contoso.example, p21@contoso.example. Try again in some minutes." in said
    assert "Phone has people" not in said
    teams.chats[SECOND].silent = False
    status, said = await imported(teams, known, tmp_path, rows)
    assert (status, "2 teams changed" in said) == (0, True), said


async def test_a_home_that_cannot_be_asked_about_is_named_with_its_team_and_written_unchecked(
    teams: Teams, known: str, tmp_path: Path
):
    rows = PHONE.replace(",,\n", f",,{SECOND}\n")
    teams.chats[SECOND].silent = True
    status, said = await imported(teams, known, tmp_path, rows)
    assert (status, "1 team changed" in said) == (0, True), said
    assert f"line 2: Phone: the platform cannot be asked now whether {SECOND} is there." in said
