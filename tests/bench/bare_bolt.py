"""The bare framework to measure against: one Bolt listener that only answers, as fast as Bolt goes.

`process_before_response`, ASGI, uvicorn with uvloop and httptools: the same server as ours, without any work.
"""

from __future__ import annotations

import sys
from typing import Any

import uvicorn
from slack_bolt.adapter.asgi.async_handler import AsyncSlackRequestHandler
from slack_bolt.async_app import AsyncApp
from slack_bolt.authorization import AuthorizeResult

SECRET = "bench-signing-secret"


async def authorize(**_: Any) -> AuthorizeResult:
    return AuthorizeResult(enterprise_id=None, team_id="T1", bot_user_id="U0BOT", bot_token="xoxb-bench")


async def answer(ack: Any) -> None:
    await ack("Thank you")


def app() -> Any:
    """Make the app."""
    bolt = AsyncApp(signing_secret=SECRET, authorize=authorize, process_before_response=True)
    bolt.command("/kudos")(answer)
    return AsyncSlackRequestHandler(bolt)


if __name__ == "__main__":
    uvicorn.run(app(), host="127.0.0.1", port=int(sys.argv[1]), http="httptools", loop="uvloop", log_level="warning")
