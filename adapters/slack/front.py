"""The Slack adapter put together, for the front door."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Final

import aiohttp
import structlog
from starlette.routing import BaseRoute, Route

from adapters.slack.calls import Identity
from adapters.slack.config import SlackConfig
from adapters.slack.directory import SlackDirectory
from adapters.slack.events import Hearers
from adapters.slack.inbound import slack_app
from adapters.slack.install import Installation
from adapters.slack.outbound import SlackPlatform
from bot.answer import Dispatch
from bot.errors import TemporaryDeliveryError
from bot.identity import WorkspaceRef

PATH: Final = "/slack/events"

_FIRST_WAIT: Final = 1.0
_LONGEST_WAIT: Final = 30.0

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Slack:
    """A connected workspace and its two ends."""

    workspace: WorkspaceRef
    name: str
    platform: SlackPlatform
    directory: SlackDirectory
    routes: list[BaseRoute]


async def connect(config: SlackConfig, dispatch: Dispatch, hearers: Hearers, stack: AsyncExitStack) -> Slack:
    """Connect to the one workspace that the token is for, waiting for Slack as long as it takes.

    Raises PermanentDeliveryError if Slack refuses the token. What is opened is closed by `stack`.
    """
    # No total time limit here: each call has its own. No cookies: the workspace's answers are nobody's session.
    session = await stack.enter_async_context(
        aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=100, keepalive_timeout=60), cookie_jar=aiohttp.DummyCookieJar()
        )
    )
    installation = Installation(config, session)
    identity = await _identity(installation)
    workspace = identity.workspace
    platform = SlackPlatform(config.bot_token, config.api_url, workspace, session, config.chart_address)
    directory = SlackDirectory(config.bot_token, config.api_url, workspace, session)
    # The first name that somebody types must not wait for everybody's.
    directory.warm()
    stack.push_async_callback(directory.close)
    app = slack_app(config, dispatch, platform, directory, hearers, session=session, installation=installation)
    return Slack(workspace, identity.name, platform, directory, [Route(PATH, app)])


async def _identity(installation: Installation) -> Identity:
    wait = _FIRST_WAIT
    while True:
        try:
            return await installation.identity()
        except TemporaryDeliveryError as error:
            _log.warning("slack_unreachable", reason=error.reason, again_in_seconds=wait)
            await asyncio.sleep(wait)
            wait = min(wait * 2, _LONGEST_WAIT)
