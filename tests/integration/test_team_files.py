"""The commands that import and export teams, as an operator types them, on real databases."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from bot.identity import AccountRef, OrganisationId
from bot.people.service import People
from bot.teams.roster_service import TeamFiles
from storage.engine import Database
from storage.unit_of_work import UnitsOfWork
from storage.workplaces import SqlWorkplaces
from tests.conftest import apart
from tests.directory import MemoryDirectory
from tests.factories import NOW, WORKSPACE, a_profile
from tests.fakes import FakeClock

ROOT = Path(__file__).parents[2]
FILE = "team,supervisor_email,member_email,time_zone\nPhone,u1@example.com,u2@example.com,Stockholm\n"
PER_TEAM = 14


def run_kudos(url: str, *arguments: str, **variables: str) -> subprocess.CompletedProcess[bytes]:
    env = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    return subprocess.run(
        [sys.executable, "-m", "kudos", *arguments],
        cwd=ROOT,
        env=env | {"DATABASE_URL": url} | variables,
        capture_output=True,
        timeout=60,
        check=False,
    )


async def settle(url: str, people: int = 4, workspaces: int = 1) -> None:
    """Connect workspaces, the first of them with people whom the bot has met."""
    database = Database.open(url)
    try:
        workplaces = SqlWorkplaces(database, ())
        organisation = (await workplaces.connect(WORKSPACE, "Norra", NOW)).organisation
        for number in range(1, workspaces):
            await workplaces.connect(type(WORKSPACE)(WORKSPACE.platform, f"T{number + 1}"), "Södra", NOW)
        async with UnitsOfWork(database)(organisation) as work:
            await work.people.welcome([a_profile(f"U{number}") for number in range(1, people + 1)], NOW)
            await work.commit()
    finally:
        await database.close()


@pytest.fixture
def settled(sqlite_url: str) -> str:
    apart(settle(sqlite_url))
    return sqlite_url


def test_a_file_is_shown_then_applied_then_exported(settled: str, tmp_path: Path):
    file, out = tmp_path / "teams.csv", tmp_path / "out.csv"
    file.write_text(FILE)
    shown = run_kudos(settled, "import-teams", str(file)).stdout.decode()
    assert "  + u2@example.com (member)" in shown
    assert "1 team would change" in shown
    assert run_kudos(settled, "export-teams").stdout.decode("utf-8-sig").splitlines()[1:] == []
    applied = run_kudos(settled, "import-teams", str(file), "--apply")
    assert (applied.returncode, b"1 team changed" in applied.stdout) == (0, True), applied
    assert b"Wrote 1 team to" in run_kudos(settled, "export-teams", "-o", str(out)).stdout
    assert [line.split(",")[:3] for line in out.read_text("utf-8-sig").splitlines()[1:]] == [
        ["Phone", "u1@example.com", ""],
        ["Phone", "", "u2@example.com"],
    ]
    again = run_kudos(settled, "import-teams", str(out), "--apply", "--workspace", "slack:T1")
    assert b"Nothing to change: 1 team already as in the file." in again.stdout


def test_a_hostile_file_is_refused_line_by_line_and_nothing_is_written(settled: str, tmp_path: Path):
    file = tmp_path / "teams.csv"
    rows = [f"Chat,u{number}@nowhere.example,,UTC" for number in range(60)]
    file.write_text(
        FILE + "=cmd|'/c calc'!A1,u1@example.com,,Mars/Base\n\x1b[31mChat,u1@example.com,,\n" + "\n".join(rows)
    )
    refused = run_kudos(settled, "import-teams", str(file), "--apply")
    said = refused.stderr.decode()
    assert refused.returncode == 1
    assert "line 3: “Mars/Base” does not fit time_zone." in said
    assert "\x1b" not in said
    assert "Nothing was written." in said
    assert len(run_kudos(settled, "export-teams").stdout.splitlines()) == 1


def test_many_errors_are_counted_after_the_first(settled: str, tmp_path: Path):
    file = tmp_path / "teams.csv"
    file.write_text(FILE + "".join(f"Phone,,nobody-{number},\n" for number in range(60)))
    said = run_kudos(settled, "import-teams", str(file)).stderr.decode()
    assert said.count("line ") == 50
    assert "and 10 more" in said


def test_people_the_bot_never_met_are_not_guessed_where_slack_is_not_configured(settled: str, tmp_path: Path):
    file = tmp_path / "teams.csv"
    file.write_text(FILE + "Phone,,new@example.com,\n")
    assert b"the platform cannot be asked" in run_kudos(settled, "import-teams", str(file)).stderr


def test_slack_that_does_not_answer_is_not_waited_for(settled: str, tmp_path: Path):
    file = tmp_path / "teams.csv"
    file.write_text(FILE + "Chat,u1@example.com,new@example.com,UTC\n")
    slack = {
        "SECRET_KEY": "k" * 40,
        "SLACK_BOT_TOKEN": "xoxb-1",
        "SLACK_SIGNING_SECRET": "s" * 32,
        "SLACK_API_URL": "http://127.0.0.1:9/api/",
    }
    refused = run_kudos(settled, "import-teams", str(file), **slack)
    assert refused.returncode == 1
    assert b"line 3: Chat has people who are new to the bot, and the platform cannot be asked" in refused.stderr


def test_a_channel_that_cannot_be_looked_up_now_is_said_to_be_unchecked(settled: str, tmp_path: Path):
    file = tmp_path / "teams.csv"
    file.write_text("team,supervisor_email,time_zone,members_from,home_channel\nPhone,u1@example.com,UTC,channel,C9\n")
    shown = run_kudos(settled, "import-teams", str(file))
    assert (shown.returncode, b"Phone: the platform cannot be asked now whether C9 is there." in shown.stderr) == (
        0,
        True,
    ), shown


def test_which_workspace_is_meant_has_to_be_clear(sqlite_url: str, tmp_path: Path):
    file = tmp_path / "teams.csv"
    file.write_text(FILE)
    assert b"No workspace is connected yet" in run_kudos(sqlite_url, "export-teams").stderr
    apart(settle(sqlite_url, workspaces=2))
    assert b"--workspace: slack:T1, slack:T2" in run_kudos(sqlite_url, "import-teams", str(file)).stderr
    assert b"slack:T9 is not connected" in run_kudos(sqlite_url, "export-teams", "--workspace", "slack:T9").stderr


@pytest.mark.parametrize("kind", ["sqlite", "postgres"])
async def test_ten_thousand_people_come_in_with_one_file(request: pytest.FixtureRequest, kind: str):
    """They are new to the bot, all of them: the whole of a large programme on its first day."""
    rows = ["team,supervisor_email,member_email,time_zone"]
    for number in range(10_000):
        team = number // PER_TEAM
        supervisor = f"u{team * PER_TEAM}@example.com"
        rows.append(f"Team {team},{supervisor},u{number}@example.com,Europe/Stockholm")
    database = Database.open(request.getfixturevalue(f"{kind}_url"))
    try:
        workplaces = SqlWorkplaces(database, ())
        organisation: OrganisationId = (await workplaces.connect(WORKSPACE, "Norra", NOW)).organisation
        units, clock = UnitsOfWork(database), FakeClock()
        directory = MemoryDirectory(*(a_profile(f"U{number}", f"Person {number}") for number in range(10_000)))
        people = People(workplaces, units, {WORKSPACE.platform: directory}, clock)
        done: list[int] = []
        plan = await TeamFiles(units, people, clock).apply(WORKSPACE, "\n".join(rows).encode(), done.append)
        assert plan.problems == ()
        assert sum(done) == len(plan.changes) == 10_000 // PER_TEAM + 1
        async with units(organisation) as work:
            teams = await work.teams.all()
            members = await work.teams.members([team.id for team in teams])
            assert sum(map(len, members.values())) == 10_000
            [last] = await work.people.colleagues([AccountRef(WORKSPACE, "U9999")])
        assert last.places[0].team_name == f"Team {9_999 // PER_TEAM}"
        assert not (await TeamFiles(units, people, clock).plan(WORKSPACE, "\n".join(rows).encode())).changes
    finally:
        await database.close()
