"""`./run bench teams`: signed activity in, kudos committed, answer posted; beside a stock CloudAdapter that echoes.

The two alternate in one run, so that a busy moment of the machine meets both. Ratios are what counts; absolute numbers
are of the machine they were taken on. Afterwards rows and posts are counted: nothing may have been taken in and not
recorded, or recorded and not answered.
"""

from __future__ import annotations

import argparse
import itertools
import json
import secrets
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from statistics import median
from typing import Any
from urllib.request import urlopen

import jwt
import uvloop
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from tests.bench.load import Measured, run
from tests.bench.slack import PER_GIVER, count, free_port, postgres, process
from tests.bench.teams_stand_in import KID
from tests.servers.connector import APP, BOT, CHANNEL, ISSUER, PASSWORD, TENANT, aad, private_key

THROUGHPUT_LEAST = 10.0

_ids = itertools.count(1)


class Load:
    """Makes requests as Teams sends them, all with one token, as Teams does within an hour."""

    def __init__(self, service: str) -> None:
        now = int(time.time())
        claims = {"iss": ISSUER, "aud": APP, "serviceurl": service, "nbf": now - 60, "exp": now + 3600}
        self._token = jwt.encode(claims, private_key(0), "RS256", headers={"kid": KID})
        self._service = service

    def request(self, by: int, text: str, *mentioned: tuple[str, str]) -> bytes:
        """Make one message in the channel."""
        tags = [f"<at>{name}</at>" for _, name in mentioned]
        entities: list[dict[str, Any]] = [
            {"type": "mention", "text": tag, "mentioned": {"id": id_, "name": name}}
            for tag, (id_, name) in zip(tags, mentioned, strict=True)
        ]
        entities.append({"type": "clientInfo", "locale": "en-GB", "country": "SE", "timezone": "Europe/Stockholm"})
        activity = {
            "type": "message",
            "id": f"{next(_ids)}.{secrets.token_hex(4)}",
            "timestamp": "2026-11-18T13:05:00.123Z",
            "serviceUrl": self._service,
            "channelId": "msteams",
            "from": {"id": f"29:{by}", "name": f"Person {by}", "aadObjectId": aad(by)},
            "recipient": {"id": BOT, "name": "Kudos"},
            "conversation": {"id": CHANNEL, "conversationType": "channel", "tenantId": TENANT, "isGroup": True},
            "channelData": {"tenant": {"id": TENANT}, "channel": {"id": CHANNEL}, "team": {"id": CHANNEL}},
            "entities": entities,
            "textFormat": "plain",
            "text": " ".join([*tags, text]),
        }
        body = json.dumps(activity)
        head = (
            "POST /api/messages HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json; charset=utf-8\r\n"
            f"Authorization: Bearer {self._token}\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        return f"{head}{body}".encode()

    def kudos(self, givers: Iterator[int], number: int) -> list[bytes]:
        """Make `number` kudos for one receiver."""
        named = (BOT, "Kudos"), ("29:2", "Person 2")
        return [
            self.request(next(givers), f"stayed with caller {at} until it was solved #ownership", *named)
            for at in range(number)
        ]


def report(name: str, ours: Sequence[Measured], stock: Sequence[Measured], at_once: int) -> float:
    """Print one comparison and give its ratio: the middle one of the rounds', each of which met the same machine."""
    ratio = median(o.throughput / s.throughput for o, s in zip(ours, stock, strict=True))
    print(
        f"{name:12} {at_once} at once {median(o.throughput for o in ours):7.0f} /s   "
        f"stock echo {median(s.throughput for s in stock):7.0f} /s   ratio {ratio:5.1f}   "
        f"(at least {THROUGHPUT_LEAST:.0f})   slowest {max(o.worst for o in ours) * 1e3:.0f} ms"
    )
    return ratio


def posted(stand_in: int) -> int:
    """Count what was posted to the stand-in."""
    with urlopen(f"http://127.0.0.1:{stand_in}/posts", timeout=5) as answer:
        number: int = json.load(answer)
        return number


async def compare(name: str, url: str, *, stock: int, stand_in: int, options: argparse.Namespace) -> bool:
    """Measure one database beside the stock echo; say whether it holds."""
    rounds, size, at_once = options.rounds, options.size, options.at_once
    port = free_port()
    here = f"http://127.0.0.1:{stand_in}"
    environment = {
        "DATABASE_URL": url,
        "SECRET_KEY": secrets.token_urlsafe(48),
        "TEAMS_APP_ID": APP,
        "TEAMS_APP_PASSWORD": PASSWORD,
        "TEAMS_TENANT_ID": TENANT,
        "TEAMS_LOGIN_URL": here,
        "HOST": "127.0.0.1",
        "PORT": str(port),
        "LOG_LEVEL": "error",
    }
    load = Load(f"{here}/emea/")
    needed = rounds * size
    people = range(10, 11 + needed // PER_GIVER)
    givers = itertools.chain.from_iterable(itertools.repeat(number, PER_GIVER) for number in people)
    measured: dict[str, list[Measured]] = {"stock": [], "ours": []}
    with process(port, "kudos", "serve", path="/readyz", env=environment):
        # Everybody has been met, and has a chat with the bot, before it counts.
        await run(port, [load.request(each, "behaviours", (BOT, "Kudos")) for each in (2, *people)], 8)
        await run(stock, [load.request(1, "hello", (BOT, "Kudos")) for _ in range(20)], 16)
        answers = 0
        for _ in range(rounds):
            echoes = [load.request(1, "hello", (BOT, "Kudos")) for _ in range(size // 10)]
            measured["stock"].append(await run(stock, echoes, at_once))
            before = posted(stand_in)
            measured["ours"].append(await run(port, load.kudos(givers, size), at_once))
            answers += posted(stand_in) - before
        rows = await count(url)
    ratio = report(name, measured["ours"], measured["stock"], at_once)
    print(f"{name:12} rows afterwards {rows} and {answers} posts for {needed} taken in")
    expected = {"kudos": needed, "kudos_receivers": needed, "ledger_entries": needed, "outbox": 2 * needed}
    complete = all(rows[table] == number for table, number in expected.items()) and answers >= needed
    refused = [body for each in measured["ours"] for body in each.answers if body]
    echoed = [body for each in measured["stock"] for body in each.answers if body not in {b"", b"HTTP 201"}]
    if refused or echoed:
        print(f"{name:12} refused: ours {refused[:1]!r}, stock {echoed[:1]!r}")
    return complete and not refused and not echoed and ratio >= THROUGHPUT_LEAST


async def main() -> int:
    """Measure both databases."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--at-once", type=int, default=16, help="connections, for both")
    parser.add_argument("--size", type=int, default=500, help="kudos of a round; the echo gets a tenth")
    parser.add_argument("--only", choices=["postgresql", "sqlite"])
    options = parser.parse_args()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="kudos-bench-")))
        key = folder / "key.pem"
        key.write_bytes(private_key(0).private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
        stock, stand_in = free_port(), free_port()
        stack.enter_context(process(stand_in, "tests.bench.teams_stand_in", str(stand_in), str(key), path="/posts"))
        here = f"http://127.0.0.1:{stand_in}"
        stack.enter_context(process(stock, "tests.bench.stock_echo", str(stock), here, path="/"))
        urls: dict[str, str] = {}
        if options.only != "postgresql":
            urls["SQLite"] = f"sqlite:///{folder / 'kudos.db'}"
        if options.only != "sqlite":
            urls["PostgreSQL"] = stack.enter_context(postgres())
        held = [await compare(name, url, stock=stock, stand_in=stand_in, options=options) for name, url in urls.items()]
    print("It holds." if all(held) else "It does not hold.")
    return 0 if all(held) else 1


if __name__ == "__main__":
    sys.exit(uvloop.run(main()))
