"""What the guard lets through and what it turns away, alone and behind a real server."""

from __future__ import annotations

import asyncio
import contextlib
import json
import socket
from hashlib import sha256
from hmac import new as hmac
from urllib.parse import quote

import httpx
import pytest
import uvicorn
from hypothesis import given, settings
from hypothesis import strategies as st
from slack_sdk.signature import SignatureVerifier

from adapters import door
from adapters.door import MAX_BODY, Reply
from adapters.slack.guard import Guard, parse

SECRET = "8f742231b10e8888abcd99yyyzzz85a5"
NOW = 1_700_000_000
FORM = "application/x-www-form-urlencoded"


class Inside:
    """What is behind the guard: remembers what reached it."""

    def __init__(self):
        self.seen = []

    async def __call__(self, verified):
        self.seen.append(verified.body)
        return Reply(b'{"text":"hello"}', b"application/json;charset=utf-8")


def signature(body, stamp=str(NOW), secret=SECRET):
    return "v0=" + hmac(secret.encode(), b"v0:" + str(stamp).encode() + b":" + body, sha256).hexdigest()


def signed(body, stamp=str(NOW)):
    return {"X-Slack-Request-Timestamp": str(stamp), "X-Slack-Signature": signature(body, stamp)}


async def ask(body, headers, method="POST", inside=None):
    """Ask a guard whose clock stands at NOW; give the response and what came through."""
    inside = inside or Inside()
    transport = httpx.ASGITransport(Guard(SECRET, inside, now=lambda: NOW))
    async with httpx.AsyncClient(transport=transport, base_url="http://kudos.test") as client:
        return await client.request(method, "/slack/events", content=body, headers=headers), inside.seen


async def test_what_slack_signed_comes_through():
    body = b"command=%2Fkudos&text=caf%C3%A9&empty="
    response, seen = await ask(body, signed(body))
    assert (response.status_code, response.json()) == (200, {"text": "hello"})
    assert response.headers["content-type"] == "application/json;charset=utf-8"
    assert seen == [{"command": "/kudos", "text": "café", "empty": ""}]


async def test_slacks_own_signer_is_believed():
    body = '{"type":"event_callback"}'
    generated = SignatureVerifier(SECRET).generate_signature(timestamp=str(NOW), body=body)
    headers = {"X-Slack-Request-Timestamp": str(NOW), "X-Slack-Signature": generated}
    response, seen = await ask(body.encode(), headers)
    assert response.status_code == 200
    assert seen == [{"type": "event_callback"}]


@pytest.mark.parametrize(
    ("stamp", "status"),
    [(NOW - 300, 200), (NOW + 300, 200), (NOW - 301, 401), (NOW + 301, 401), (0, 401), ("9" * 12, 401)],
)
async def test_a_time_stamp_is_good_for_five_minutes(stamp, status):
    response, _ = await ask(b"a=1", signed(b"a=1", stamp))
    assert response.status_code == status


@pytest.mark.parametrize(
    "stamp",
    ["abc", "", " ", "-1", "+1700000000", "1.7e9", f"{NOW}.0", f"{NOW} ", "9" * 400, "0x65", "١٧٠٠٠٠٠٠٠٠", "NaN"],
)
async def test_an_odd_time_stamp_is_refused_even_when_signed(stamp):
    headers = {b"X-Slack-Request-Timestamp": stamp.encode(), b"X-Slack-Signature": signature(b"a=1", stamp).encode()}
    response, seen = await ask(b"a=1", headers)
    assert (response.status_code, seen) == (401, [])


@pytest.mark.parametrize(
    "odd",
    [
        "", "v0=", "v0=" + "0" * 64, "v1=" + "a" * 64, "v0=" + "a" * 63, "v0=" + "a" * 65, "a" * 64,
        "v0=" + "A" * 64, "v0=" + "é" * 32, signature(b"a=2"), signature(b"a=1", NOW + 1),
        signature(b"a=1", secret="other"), signature(b"a=1").upper(), f"{signature(b'a=1')}, v0=" + "0" * 64,
    ],
)  # fmt: skip
async def test_an_odd_or_wrong_signature_is_refused(odd):
    headers = {b"X-Slack-Request-Timestamp": str(NOW).encode(), b"X-Slack-Signature": odd.encode()}
    response, seen = await ask(b"a=1", headers)
    assert (response.status_code, seen) == (401, [])


async def test_a_header_that_comes_twice_is_as_good_as_none():
    good = [*signed(b"a=1").items()]
    for doubled in ("X-Slack-Signature", "X-Slack-Request-Timestamp"):
        response, seen = await ask(b"a=1", [*good, (doubled, dict(good)[doubled])])
        assert (response.status_code, seen) == (401, [])


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "OPTIONS", "PATCH"])
async def test_only_post_is_taken_and_only_slack_is_told_so(method):
    response, seen = await ask(b"a=1", signed(b"a=1"), method)
    assert (response.status_code, response.headers["allow"], seen) == (405, "POST", [])
    response, seen = await ask(b"a=1", {}, method)
    assert (response.status_code, seen) == (401, [])


def nested(depth):
    return b'{"a":' * depth + b"1" + b"}" * depth


@pytest.mark.parametrize(
    "body",
    [
        b"text=%ff%fe", b"text=\xff", b'{"a":"\xff"}', b"{", b'{"a":', b'{"a":1}{"b":2}', b"payload=", b"payload=%7B",
        b"payload=[]", b"payload=1", b"payload=null", b"payload=%7B%7D&payload=%7B%7D", b"a=1&a=2", b'{"a":NaN}',
        nested(65), nested(100_000), b'{"a":' + b"[" * 100_000, b"payload=" + quote(nested(10_000)).encode(),
        b"&".join(b"f%d=1" % n for n in range(101)), b'{"a":"\\ud800"}', b'{"a":' + b"9" * 5_000 + b"e99999}",
    ],
    ids=lambda body: repr(body[:24]),
)  # fmt: skip
async def test_a_body_that_slack_would_not_send_is_a_400(body):
    response, seen = await ask(body, signed(body))
    assert (response.status_code, seen) == (400, [])


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (b"", {}),
        (b"nonsense", {"nonsense": ""}),
        (nested(64), json.loads(nested(64))),
        (b"payload=%7B%22a%22%3A%22%C3%A9%22%7D", {"a": "é"}),
        (b"ssl_check=1&token=x", {"ssl_check": "1", "token": "x"}),
    ],
)
def test_bodies_are_read(body, expected):
    assert parse(body) == expected


@given(st.binary(max_size=200) | st.text(max_size=100).map(lambda text: f"payload={text}".encode()))
def test_any_bytes_are_read_or_refused(body):
    with contextlib.suppress(ValueError):
        assert isinstance(parse(body), dict)


ODD = st.one_of(
    st.binary(max_size=80).filter(lambda value: not set(value) & set(b"\r\n\0")),
    st.sampled_from([b"abc", str(NOW).encode(), b"v0=" + b"0" * 64, signature(b"other").encode()]),
)


@settings(deadline=None)
@given(
    st.dictionaries(
        st.sampled_from([b"x-slack-request-timestamp", b"x-slack-signature", b"content-type", b"content-length"]), ODD
    ),
    st.binary(max_size=300),
    st.sampled_from(["POST", "GET", "PUT"]),
)
def test_nothing_unsigned_is_parsed_or_answered_with_anything_but_a_refusal(headers, body, method):
    statuses, seen = asyncio.run(raw(headers, [body], method))
    assert statuses in ([401], [413])
    assert seen == []


async def raw(headers, chunks, method="POST"):
    """Hand a guard one request as a server would; give the statuses it answered and what came through."""
    inside, sent, left = Inside(), [], list(chunks)

    async def receive():
        if not left:
            return {"type": "http.disconnect"}
        return {"type": "http.request", "body": left.pop(0), "more_body": bool(left)}

    async def send(message):
        sent.append(message)

    scope = {"type": "http", "method": method, "path": "/slack/events", "headers": list(headers.items())}
    await Guard(SECRET, inside, now=lambda: NOW)(scope, receive, send)
    return [message["status"] for message in sent if message["type"] == "http.response.start"], inside.seen


def lower(headers):
    return {name.lower().encode(): value.encode() for name, value in headers.items()}


async def test_a_body_in_pieces_is_put_together():
    statuses, seen = await raw(lower(signed(b"a=1&b=2")), [b"a=1", b"", b"&b", b"=2"])
    assert (statuses, seen) == ([200], [{"a": "1", "b": "2"}])


async def test_a_mebibyte_is_taken_and_a_byte_more_is_not():
    largest = b"a=" + b"x" * (MAX_BODY - 2)
    statuses, seen = await raw(lower(signed(largest)), [largest[:1000], largest[1000:]])
    assert (statuses, len(seen)) == ([200], 1)
    statuses, seen = await raw(lower(signed(largest + b"x")), [largest, b"x"])
    assert (statuses, seen) == ([413], [])


async def test_a_body_announced_too_large_is_refused_before_it_is_read():
    headers = lower(signed(b"a=1")) | {b"content-length": str(MAX_BODY + 1).encode()}
    statuses, seen = await raw(headers, [b"a=1"])
    assert (statuses, seen) == ([413], [])


async def test_a_sender_who_leaves_gets_no_answer():
    headers = lower(signed(b"a=1"))
    assert await raw(headers, []) == ([], [])


async def test_a_body_that_never_ends_is_refused_in_time(monkeypatch):
    monkeypatch.setattr(door, "READ_SECONDS", 0.01)
    monkeypatch.setattr(door, "LINGER_SECONDS", 0.01)
    sent = []

    async def receive():
        await asyncio.sleep(0.001)
        return {"type": "http.request", "body": b"a", "more_body": True}

    async def send(message):
        sent.append(message)

    scope = {"type": "http", "method": "POST", "headers": list(lower(signed(b"a")).items())}
    await Guard(SECRET, Inside(), now=lambda: NOW)(scope, receive, send)
    assert sent[0]["status"] == 401
    assert not sent[-1].get("more_body", False)


async def test_a_guard_needs_a_secret_and_speaks_only_http():
    with pytest.raises(ValueError, match="secret"):
        Guard("", Inside())
    with pytest.raises(ValueError, match="websocket"):
        await Guard(SECRET, Inside())({"type": "websocket"}, None, None)


# Behind a real server


@pytest.fixture
async def served():
    """Give the port of a real server with a guard whose clock stands at NOW, and what came through."""
    inside = Inside()
    app = Guard(SECRET, inside, now=lambda: NOW)
    listening = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(app, lifespan="off", log_config=None, timeout_graceful_shutdown=1))
    running = asyncio.create_task(server.serve(sockets=[listening]))
    while not server.started:  # noqa: ASYNC110 - uvicorn says so in no other way
        await asyncio.sleep(0.01)
    yield listening.getsockname()[1], inside.seen
    server.should_exit = True
    await running
    listening.close()


async def wire(port, request):
    """Send bytes as they are and give the status line, reading while writing."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(request)
    try:
        return (await reader.readline()).decode().strip()
    finally:
        writer.close()
        with contextlib.suppress(ConnectionError):
            await writer.wait_closed()


async def test_64_unsigned_mebibytes_are_refused_and_nobody_waits_for_them(served):
    port, seen = served
    size = 64 * 2**20
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(f"POST /slack/events HTTP/1.1\r\nHost: x\r\nContent-Length: {size}\r\n\r\n".encode())
    # The refusal is there before the body is.
    assert (await reader.readline()) == b"HTTP/1.1 401 Unauthorized\r\n"
    await upload(writer, size // 2)
    body = b"command=%2Fkudos"
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}") as client:
        for _ in range(5):
            assert (await client.post("/slack/events", content=body, headers=signed(body))).status_code == 200
    await upload(writer, size // 2)
    assert b"Unauthorized" in await reader.read()
    writer.close()
    assert seen == [{"command": "/kudos"}] * 5


async def upload(writer, size):
    piece = b"x" * 2**16
    for _ in range(size // len(piece)):
        writer.write(piece)
        await writer.drain()


async def test_a_large_chunked_body_with_plausible_headers_is_refused(served):
    port, seen = served

    async def pieces():
        for _ in range(20):
            yield b"x" * 2**16

    headers = {"X-Slack-Request-Timestamp": str(NOW), "X-Slack-Signature": "v0=" + "0" * 64}
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}") as client:
        response = await client.post("/slack/events", content=pieces(), headers=headers)
        assert response.status_code == 413
    assert seen == []


@pytest.mark.parametrize(
    "request_bytes",
    [
        b"POST /slack/events HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\na=1",
        b"GET /slack/events HTTP/1.1\r\nHost: x\r\n\r\n",
        b"POST /slack/events HTTP/1.0\r\n\r\n",
        b"POST /slack/events HTTP/1.1\r\nHost: x\r\nX-Slack-Signature: \xff\xfe\r\nContent-Length: 0\r\n\r\n",
        b"POST /slack/events HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3\r\na=1\r\n0\r\n\r\n",
        b"POST /slack/events?%ff HTTP/1.1\r\nHost: x\r\nContent-Type: x/y; charset=99\r\nContent-Length: 1\r\n\r\n{",
    ],
)
async def test_unsigned_bytes_on_the_wire_are_refused(served, request_bytes):
    port, seen = served
    assert (await wire(port, request_bytes)).split()[1] == "401"
    assert seen == []
