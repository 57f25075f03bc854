"""The commands as an operator types them."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from uuid import UUID, uuid4

import pytest

from adapters.observability import PrometheusMetrics, SystemClock
from adapters.settings import Use, load_settings
from kudos.house import Bot
from storage.engine import Database

ROOT = Path(__file__).parents[2]
SECRET_KEY = "k" * 40


class Refusing(BaseHTTPRequestHandler):
    """Answers every call as Slack does to a wrong token."""

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        body = b'{"ok": false, "error": "invalid_auth"}'
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def slack_that_refuses() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Refusing) as server:
        threading.Thread(target=server.serve_forever).start()
        yield f"http://127.0.0.1:{server.server_port}/api/"
        server.shutdown()


def run_kudos(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run a command in an environment of its own."""
    env = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    return subprocess.run(
        [sys.executable, "-m", "kudos", *arguments],
        cwd=ROOT,
        env=env | environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def older(url: str) -> None:
    """Make a database one that the release before this one left."""
    with sqlite3.connect(url.removeprefix("sqlite:///")) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '0001'")
    connection.close()


def test_migrate_makes_the_tables_and_then_has_nothing_to_do(empty_sqlite_url):
    assert "is up to date now" in run_kudos("migrate", DATABASE_URL=empty_sqlite_url).stdout
    assert "was up to date" in run_kudos("migrate", DATABASE_URL=empty_sqlite_url).stdout


@pytest.mark.parametrize("command", ["serve", "demo", "outbox"])
def test_a_database_of_an_older_release_is_refused_with_the_command_to_run(sqlite_url, command):
    older(sqlite_url)
    done = run_kudos(command, DATABASE_URL=sqlite_url, SECRET_KEY=SECRET_KEY)
    assert done.returncode == 1
    assert "python -m kudos migrate" in done.stderr


def test_a_database_of_something_else_is_left_alone(tmp_path):
    file = tmp_path / "theirs.db"
    with sqlite3.connect(file) as connection:
        connection.execute("CREATE TABLE theirs (id INTEGER)")
    connection.close()
    for command in ("migrate", "doctor"):
        done = run_kudos(command, DATABASE_URL=f"sqlite:///{file}", SECRET_KEY=SECRET_KEY)
        assert done.returncode == 1
        assert "one of its own" in done.stderr


@pytest.mark.parametrize(
    ("environment", "variable"),
    [
        ({}, "SECRET_KEY"),
        ({"SECRET_KEY": SECRET_KEY, "SLACK_BOT_TOKEN": "xoxb-1"}, "SLACK_SIGNING_SECRET"),
        ({"SECRET_KEY": SECRET_KEY, "SLACK_SIGNING_SECRET": "s"}, "SLACK_BOT_TOKEN"),
        ({"SECRET_KEY": SECRET_KEY, "DATABASE_URL": "mysql://x"}, "DATABASE_URL"),
    ],
)
def test_half_a_configuration_stops_the_start_with_a_sentence(sqlite_url, environment, variable):
    done = run_kudos("serve", **{"DATABASE_URL": sqlite_url} | environment)
    assert done.returncode == 1
    assert f"{variable} " in done.stderr
    assert "Traceback" not in done.stderr


def test_a_token_that_slack_refuses_stops_the_start(sqlite_url, slack_that_refuses):
    done = run_kudos(
        "serve",
        DATABASE_URL=sqlite_url,
        SECRET_KEY=SECRET_KEY,
        SLACK_BOT_TOKEN="xoxb-wrong",
        SLACK_SIGNING_SECRET="s",
        SLACK_API_URL=slack_that_refuses,
        PORT="0",
    )
    assert done.returncode == 1
    assert "SLACK_BOT_TOKEN" in done.stderr
    assert "invalid_auth" in done.stderr
    assert "xoxb-wrong" not in done.stderr + done.stdout


def test_the_doctor_finds_what_is_wrong_and_mends_it_when_told(sqlite_url):
    with sqlite3.connect(sqlite_url.removeprefix("sqlite:///")) as connection:
        own, anna, long_ago = "a" * 32, "b" * 32, "2026-01-01 00:00:00.000000"
        connection.execute(
            "INSERT INTO organisations VALUES (?, 'x', 10, 5, 25, 100, 200, 0, ?)",
            (own, long_ago),
        )
        connection.execute("INSERT INTO persons VALUES (?, ?, 'Anna', '', ?)", (own, anna, long_ago))
        connection.execute("INSERT INTO balances VALUES (?, ?, 70)", (own, anna))
    connection.close()
    examined = run_kudos("doctor", DATABASE_URL=sqlite_url, SECRET_KEY=SECRET_KEY)
    assert examined.returncode == 1
    assert "balances: 1" in examined.stdout
    assert "--repair" in examined.stdout
    assert run_kudos("doctor", "--repair", DATABASE_URL=sqlite_url, SECRET_KEY=SECRET_KEY).returncode == 0
    again = run_kudos("doctor", DATABASE_URL=sqlite_url, SECRET_KEY=SECRET_KEY)
    assert again.returncode == 0
    assert "agree" in again.stdout


@pytest.mark.parametrize(
    ("variable", "value"), [("TEAMS_ADMINS", "anna@example.com"), ("TEAMS_APP_ID", "x"), ("LOG_LEVEL", "loud")]
)
def test_the_doctor_says_what_is_wrong_with_a_setting_and_goes_on(sqlite_url, variable, value):
    done = run_kudos("doctor", DATABASE_URL=sqlite_url, SECRET_KEY=SECRET_KEY, **{variable: value})
    assert done.stdout.startswith(f"wrong  configuration: {variable} cannot be used as it is."), done
    assert ("ok     database and migrations" in done.stdout, done.returncode) == (True, 1), done


def test_the_doctor_says_that_no_platform_is_connected_and_finds_no_fault_in_it(sqlite_url):
    said = "No chat platform is connected"
    bare = run_kudos("doctor", DATABASE_URL=sqlite_url, SECRET_KEY=SECRET_KEY)
    assert (bare.returncode, said in bare.stdout) == (0, True)
    slack = {"SLACK_BOT_TOKEN": "xoxb-1", "SLACK_SIGNING_SECRET": "s"}
    connected = run_kudos("doctor", DATABASE_URL=sqlite_url, SECRET_KEY=SECRET_KEY, **slack)
    assert (connected.returncode, said in connected.stdout) == (0, False)


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1", "kudos.example"])  # noqa: S104 that is the point
def test_the_demo_is_for_this_machine_alone(empty_sqlite_url, host):
    done = run_kudos("demo", DATABASE_URL=empty_sqlite_url, HOST=host, PORT="0")
    assert done.returncode == 1
    assert "HOST " in done.stderr
    assert "no login" in done.stderr
    assert "Traceback" not in done.stderr


def test_the_manifest_is_what_slack_takes():
    done = run_kudos("slack-manifest", "--url", "https://kudos.example", "--command", "/thanks")
    manifest = json.loads(done.stdout)
    command = manifest["features"]["slash_commands"][0]
    assert command["command"] == "/thanks"
    assert command["should_escape"] is True
    assert command["url"] == "https://kudos.example/slack/events"


def test_a_manifest_without_https_is_refused_with_a_sentence():
    done = run_kudos("slack-manifest", "--url", "http://kudos.example")
    assert done.returncode == 1
    assert "https" in done.stderr
    assert "Traceback" not in done.stderr


def put_message(url: str, state: str, takes_away: str | None = None) -> str:
    """Put a row into the outbox, one that takes another away if that is named; give its id."""
    id_ = uuid4()
    row = {
        "organisation_id": "a" * 32,
        "id": id_.hex,
        "key": str(id_),
        "subject": "s",
        "platform": "teams",
        "workspace": "T1",
        "target_kind": "account",
        "target_id": "O1",
        "lane": "l",
        "operation": "remove" if takes_away else "send",
        "original_id": UUID(takes_away).hex if takes_away else None,
        "kind": "receiver_note",
        "state": state,
        "created_at": "2026-01-01 00:00:00.000000",
        "available_at": "2026-01-01 00:00:00.000000",
        "attempts": 1,
        "reason": "MessageWritesBlocked",
    }
    with sqlite3.connect(url.removeprefix("sqlite:///")) as connection:
        values = ", ".join(f":{name}" for name in row)
        connection.execute(f"INSERT INTO outbox ({', '.join(row)}) VALUES ({values})", row)  # noqa: S608 ours
    connection.close()
    return str(id_)


def test_the_outbox_says_which_message_it_is_why_it_waits_and_what_helps(sqlite_url):
    put_message(sqlite_url, "blocked")
    listed = run_kudos("outbox", DATABASE_URL=sqlite_url).stdout
    assert "failed: 0" in listed
    assert "blocked: 1" in listed
    assert "blocked   send   receiver_note" in listed
    assert "MessageWritesBlocked\n    Teams: they have blocked or removed the bot." in listed


def test_retrying_what_is_no_message_says_so(sqlite_url):
    assert "not the id of a message" in run_kudos("outbox", "--retry", "x", DATABASE_URL=sqlite_url).stderr
    unknown = "01a2013d-3c92-703c-9176-8e5ecd67aa6f"
    refused = run_kudos("outbox", "--retry", unknown, DATABASE_URL=sqlite_url)
    assert (refused.returncode, f"There is no message {unknown}." in refused.stderr) == (1, True), refused


@pytest.mark.parametrize(
    ("state", "status", "said"),
    [
        ("blocked", 0, "It goes out again with the next delivery."),
        ("sent", 1, "is neither failed, unknown nor blocked, so it is not sent again."),
    ],
)
def test_retrying_sends_again_what_was_given_up_and_nothing_else(sqlite_url, state, status, said):
    id_ = put_message(sqlite_url, state)
    done = run_kudos("outbox", "--retry", id_, DATABASE_URL=sqlite_url)
    assert (done.returncode, said in done.stdout + done.stderr) == (status, True), done


def test_retrying_what_was_taken_back_says_so(sqlite_url):
    id_ = put_message(sqlite_url, "unknown")
    put_message(sqlite_url, "pending", takes_away=id_)
    done = run_kudos("outbox", "--retry", id_, DATABASE_URL=sqlite_url)
    assert (done.returncode, f"{id_} has been taken back since" in done.stderr) == (1, True), done


@pytest.mark.parametrize("url", ["postgresql://127.0.0.1:9/none", "postgresql://host:port/none"])
def test_a_database_that_cannot_be_reached_is_said_in_a_sentence(url):
    done = run_kudos("outbox", DATABASE_URL=url)
    assert done.returncode == 1
    assert "DATABASE_URL" in done.stderr
    assert "Traceback" not in done.stderr


def test_looking_at_the_outbox_makes_no_tables(empty_sqlite_url):
    Path(empty_sqlite_url.removeprefix("sqlite:///")).touch()
    for _ in range(2):
        done = run_kudos("outbox", DATABASE_URL=empty_sqlite_url)
        assert (done.returncode, "is empty" in done.stderr) == (1, True), done


@pytest.mark.parametrize(
    "command", ["doctor", "doctor --repair", "outbox", "schedule", "export-teams", "import-teams README.md"]
)
def test_what_only_looks_makes_no_file_and_no_directory_for_it(tmp_path, command):
    """The path is mostly a slip of the pen: an empty database there would only hide it."""
    database = tmp_path / "nowhere" / "x.db"
    done = run_kudos(*command.split(), DATABASE_URL=f"sqlite:///{database}", SECRET_KEY=SECRET_KEY)
    assert (done.returncode, f"There is no file {database} yet" in done.stderr) == (1, True), done
    assert ("`python -m kudos serve`" in done.stderr, "check DATABASE_URL" in done.stderr) == (True, True)
    assert list(tmp_path.iterdir()) == []


def test_on_sqlite_a_worker_beside_serve_is_refused_with_a_sentence(sqlite_url):
    refused = run_kudos("worker", DATABASE_URL=sqlite_url, SECRET_KEY="x" * 40)
    assert (refused.returncode, "On SQLite there is one process: serve." in refused.stderr) == (1, True), refused


@pytest.mark.parametrize("command", ["schedule", "outbox"])
def test_a_list_of_nothing_is_refused(sqlite_url, command):
    refused = run_kudos(command, "--limit", "0", DATABASE_URL=sqlite_url)
    assert (refused.returncode, "Invalid value for '--limit'" in refused.stderr) == (2, True), refused


async def test_what_is_decided_wakes_the_delivery(sqlite_url):
    """Without it a shout-out would wait for the next look, a second away."""
    database = Database.open(sqlite_url)
    bot = Bot(load_settings(Use.MAINTAIN), database, SystemClock(), PrometheusMetrics())
    async with bot.working():
        assert database.on_outbox == bot.delivery.wake
    await database.close()
