"""Whatever comes without Slack's signature is turned away by the whole bot, and nobody who has one waits for it."""

from __future__ import annotations

import asyncio
import gzip
import random
import re
import time
from collections.abc import AsyncIterator, Sequence
from urllib.parse import quote, urlsplit

import pytest

from tests.e2e.slack_house import Served, served
from tests.servers import slack_api

PATH = "/slack/events"
LARGE = 64 * 2**20
FORM = "application/x-www-form-urlencoded"
REASON = "stayed with a caller until it was solved"


@pytest.fixture
async def bot(sqlite_url: str) -> AsyncIterator[Served]:
    async with slack_api.running() as slack, served(sqlite_url, slack.api_url) as running:
        yield running


def request(method: str, headers: Sequence[tuple[str, str]] = (), body: bytes = b"", *, length: bool = True) -> bytes:
    """Write a request as it goes over the wire."""
    lines = [f"{method} {PATH} HTTP/1.1", "Host: kudos.example", *(f"{name}: {value}" for name, value in headers)]
    if length:
        lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join([*lines, "", ""]).encode("latin-1") + body


def plausible() -> list[tuple[str, str]]:
    """Make headers that look like Slack's and are not: with them a body is read before it is refused."""
    return [("X-Slack-Request-Timestamp", str(int(time.time()))), ("X-Slack-Signature", "v0=" + "0" * 64)]


def chunked(*pieces: bytes) -> bytes:
    return b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in (*pieces, b""))


def nested(depth: int) -> bytes:
    return b'{"a":' * depth + b"1" + b"}" * depth


BODIES = {
    "nothing": b"",
    "a command": b"command=%2Fkudos&text=help&team_id=T1&user_id=U2&trigger_id=1.1.a",
    "half a JSON": b'{"type": "event_callback", "event": {',
    "a deep JSON": nested(100_000),
    "a broken payload": b"payload=" + quote('{"type":').encode(),
    "a payload that is no object": b"payload=%5B%5D",
    "a deep payload": b"payload=" + quote(nested(10_000)).encode(),
    "no UTF-8": b"text=\xff\xfe&user_name=%ff%fe",
    "ten thousand fields": b"&".join(b"f%d=1" % n for n in range(10_000)),
    "zeros": b"\0" * 10_000,
    "zipped": gzip.compress(b"command=%2Fkudos" * 1_000),
    "Slack's own probe": b"ssl_check=1&token=x",
    "a challenge": b'{"type":"url_verification","challenge":"c"}',
    "a mebibyte": b"a=" + b"x" * (2**20 - 2),
}

KINDS = [FORM, "application/json", "text/html", "multipart/form-data; boundary=x", "x/y; charset=99", "", "\xff\xfe"]

TIMES = ["abc", "", "-1", "1.7e9", "9" * 400, "0x65", "NaN", "0", "99999999999", "\xb2\xb3"]

SIGNATURES = ["", "v0=", "v0=" + "0" * 64, "v1=" + "a" * 64, "v0=" + "A" * 64, "v0=" + "\xe9" * 64, "x" * 60_000]

METHODS = ["GET", "HEAD", "PUT", "DELETE", "OPTIONS", "PATCH", "TRACE"]


def shapes() -> dict[str, tuple[bytes, int]]:
    """Give requests that nobody signed, each with the status it deserves."""
    large = [("Content-Length", str(LARGE))]
    plain = {
        **{f"bare: {name}": request("POST", body=body) for name, body in BODIES.items()},
        **{f"plausible: {name}": request("POST", plausible(), body) for name, body in BODIES.items()},
        **{f"kind {kind}": request("POST", [*plausible(), ("Content-Type", kind)], b"a=1") for kind in KINDS},
        **{f"time {at[:9]}": request("POST", [("X-Slack-Request-Timestamp", at), plausible()[1]]) for at in TIMES},
        **{f"signature {s[:9]}": request("POST", [plausible()[0], ("X-Slack-Signature", s)]) for s in SIGNATURES},
        **{f"method {method}": request(method, plausible()) for method in METHODS},
        **{f"bare method {method}": request(method) for method in METHODS},
        "no time": request("POST", plausible()[1:]),
        "no signature": request("POST", plausible()[:1]),
        "headers twice": request("POST", plausible() * 2),
        "many headers": request("POST", [(f"X-{n}", "x" * 100) for n in range(500)]),
        "zipped": request("POST", [*plausible(), ("Content-Encoding", "gzip")], BODIES["zipped"]),
        "chunked": request("POST", [*plausible(), ("Transfer-Encoding", "chunked")], length=False)
        + chunked(b"a=", b"1"),
        "an upgrade": request("GET", [("Connection", "Upgrade"), ("Upgrade", "websocket"), *WEBSOCKET]),
        "HTTP/1.0": f"POST {PATH} HTTP/1.0\r\n\r\n".encode(),
        "large, bare": request("POST", large, length=False) + b"a=",
        "asks first": request("POST", [("Expect", "100-continue")], b"a=1"),
    }
    too_large = {
        "large, plausible": request("POST", [*plausible(), *large], length=False) + b"a=",
        "large by a byte": request("POST", plausible(), b"x" * (2**20 + 1)),
        "chunked, large": request("POST", [*plausible(), ("Transfer-Encoding", "chunked")], length=False)
        + chunked(*[b"x" * 2**16] * 17),
    }
    return {name: (sent, 401) for name, sent in plain.items()} | {name: (sent, 413) for name, sent in too_large.items()}


WEBSOCKET = [("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="), ("Sec-WebSocket-Version", "13")]


async def status(bot: Served, sent: bytes) -> int:
    """Send bytes as they are, and give the status that they are answered with."""
    reader, writer = await _connected(bot)
    try:
        writer.write(sent)
        return await _status(reader)
    finally:
        await _gone(writer)


async def _connected(bot: Served) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    address = urlsplit(str(bot.http.base_url))
    return await asyncio.open_connection(address.hostname, address.port)


async def _status(reader: asyncio.StreamReader) -> int:
    return int((await reader.readline()).split()[1])


async def _gone(writer: asyncio.StreamWriter) -> None:
    writer.transport.abort()


async def seen(bot: Served) -> set[int]:
    """Give the statuses that Slack's address has answered with so far."""
    metrics = (await bot.http.get("/metrics")).text
    found = re.findall(r'kudos_http_seconds_count\{route="/slack/events",status="(\d+)"\}', metrics)
    return {int(each) for each in found}


async def test_every_odd_request_is_refused_while_people_are_answered(bot: Served) -> None:
    """All at once, from many connections, with signed commands in between."""
    odd = shapes()
    answers = asyncio.gather(*(status(bot, sent) for sent, _ in odd.values()))
    helped = [await bot.command("help", trigger=f"1.1.{number}") for number in range(20)]
    given = await bot.command(f"<@U3> {REASON}")
    assert dict(zip(odd, await answers, strict=True)) == {name: deserved for name, (_, deserved) in odd.items()}
    assert all("How to give kudos" in each["text"] for each in helped)
    assert "You recognised" in given["text"]
    assert await seen(bot) == {200, 401, 413}


async def test_any_bytes_and_headers_are_refused(bot: Served) -> None:
    """Three hundred requests made of odd pieces."""
    dice = random.Random("unsigned")  # noqa: S311 the same requests in every run
    sent = [
        request(
            dice.choice(["POST", *METHODS]),
            [
                *dice.sample(plausible(), dice.randint(0, 2)),
                ("X-Slack-Signature", dice.choice(SIGNATURES[:5])),
                ("Content-Type", dice.choice(KINDS)),
            ],
            dice.choice([dice.randbytes(dice.randint(0, 5_000)), *BODIES.values()]),
        )
        for _ in range(300)
    ]
    for start in range(0, len(sent), 30):
        assert set(await asyncio.gather(*(status(bot, each) for each in sent[start : start + 30]))) == {401}


async def test_nobody_waits_for_who_sends_slowly_or_a_great_deal(bot: Served) -> None:
    """A hundred senders that stop half-way and one with 64 MiB hold up none of the commands that are signed."""
    slow = [await _connected(bot) for _ in range(100)]
    for number, (_, writer) in enumerate(slow):
        # Half of them stop in their headers, half in their body.
        whole = request("POST", [*plausible(), ("Content-Length", "5000")], b"text=", length=False)
        writer.write(whole if number % 2 else whole[:60])
    reader, writer = await _connected(bot)
    writer.write(request("POST", [("Content-Length", str(LARGE))], length=False))
    assert await _status(reader) == 401  # before its body is there
    uploading = asyncio.create_task(_upload(writer))
    refused = [asyncio.create_task(_status(each)) for each, _ in slow[1::2]]
    for number in range(20):
        assert "How to give kudos" in (await bot.command("help", trigger=f"1.1.{number}"))["text"]
    assert not any(each.done() for each in refused)
    assert set(await asyncio.gather(*refused)) == {401}
    await uploading
    assert b"Unauthorized" in await reader.read()
    for _, each in [*slow, (reader, writer)]:
        await _gone(each)
    assert await seen(bot) == {200, 401}


async def _upload(writer: asyncio.StreamWriter) -> None:
    for _ in range(LARGE // 2**16):
        writer.write(b"x" * 2**16)
        await writer.drain()


async def test_what_is_no_http_at_all_ends_without_a_fault_of_ours(bot: Served) -> None:
    for sent in (b"\x16\x03\x01\x02\0", b"POST\r\n\r\n", b"GET / HTTP/9.9\r\n\r\n", request("P\xd6ST"), b"\0" * 100):
        reader, writer = await _connected(bot)
        writer.write(sent)
        writer.write_eof()
        assert (await reader.readline())[:13] in {b"", b"HTTP/1.1 400 "}
        await _gone(writer)
    assert "How to give kudos" in (await bot.command("help"))["text"]


async def test_slack_alone_is_told_that_only_post_is_taken(bot: Served) -> None:
    assert {(await bot.signed({"a": "1"}, method)).status_code for method in METHODS} == {405}
