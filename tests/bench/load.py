"""A load generator that costs little: requests are signed beforehand and written to open connections in turn."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median
from urllib.parse import urlencode

from slack_sdk.signature import SignatureVerifier


@dataclass(frozen=True)
class Measured:
    """What one round came to. Seconds; `answers` are the bodies."""

    throughput: float
    p50: float
    worst: float
    answers: list[bytes]


def slash_command(secret: str, *, user: str, text: str, trigger: str, command: str = "/kudos") -> bytes:
    """Make the HTTP request that Slack would send for a slash command."""
    body = urlencode(
        {
            "token": "unused",
            "team_id": "T1",
            "team_domain": "bench",
            "channel_id": "C1",
            "channel_name": "phone",
            "user_id": user,
            "user_name": user.lower(),
            "command": command,
            "text": text,
            "api_app_id": "A0KUDOS",
            "is_enterprise_install": "false",
            "response_url": "http://127.0.0.1:9/response",
            "trigger_id": trigger,
        }
    )
    at = str(int(time.time()))
    signature = SignatureVerifier(secret).generate_signature(timestamp=at, body=body)
    head = (
        "POST /slack/events HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/x-www-form-urlencoded\r\n"
        f"X-Slack-Request-Timestamp: {at}\r\nX-Slack-Signature: {signature}\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return f"{head}{body}".encode()


async def run(port: int, requests: Sequence[bytes], at_once: int) -> Measured:
    """Send all requests over `at_once` connections, each waiting for its answer before the next."""
    waiting = iter(requests)
    times: list[float] = []
    answers: list[bytes] = []

    async def worker() -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        for request in waiting:
            began = time.perf_counter()
            writer.write(request)
            head = await reader.readuntil(b"\r\n\r\n")
            length = next(
                (int(line[15:]) for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")), 0
            )
            body = await reader.readexactly(length)
            times.append(time.perf_counter() - began)
            status = head.split(b" ", 2)[1]
            answers.append(body if status == b"200" else b"HTTP " + status)
        writer.close()
        await writer.wait_closed()

    began = time.perf_counter()
    await asyncio.gather(*(worker() for _ in range(at_once)))
    took = time.perf_counter() - began
    return Measured(len(requests) / took, median(times), max(times), answers)
