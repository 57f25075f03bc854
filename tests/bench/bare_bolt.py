"""The bare framework to measure against: one Bolt listener that only answers, as fast as Bolt goes.

As Bolt's documentation has it for one workspace: a token, a signing secret, `process_before_response`, ASGI. uvicorn
with uvloop and httptools is the same server as ours. The workspace's address is the second argument.
"""

from __future__ import annotations

import sys
from typing import Any

import uvicorn
from slack_bolt.adapter.asgi.async_handler import AsyncSlackRequestHandler
from slack_bolt.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

SECRET = "bench-signing-secret"


async def answer(ack: Any) -> None:
    await ack("Thank you")


def app(slack: str) -> Any:
    """Make the app."""
    client = AsyncWebClient(token="xoxb-bench", base_url=slack)
    bolt = AsyncApp(client=client, signing_secret=SECRET, process_before_response=True)
    bolt.command("/kudos")(answer)
    return AsyncSlackRequestHandler(bolt)


if __name__ == "__main__":
    port, slack = int(sys.argv[1]), sys.argv[2]
    uvicorn.run(app(slack), host="127.0.0.1", port=port, http="httptools", loop="uvloop", log_level="warning")
