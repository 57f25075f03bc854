"""Which workspace a token is for, and Bolt's question whether a request may go on."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Any, Final

import aiohttp
import structlog
from slack_bolt.authorization import AuthorizeResult
from slack_bolt.authorization.async_authorize import AsyncAuthorize

from adapters.slack.calls import Identity, identify
from adapters.slack.config import SlackConfig
from bot.errors import DeliveryError

ASK_SECONDS: Final = 2.0
"""Time limit of `auth.test`, which a person may be waiting for; Slack gives up on us after 3."""

PAUSE_SECONDS: Final = 15.0
"""After a failed `auth.test`, no request asks again for this long."""

_log = structlog.get_logger(__name__)


class Installation:
    """The one workspace that SLACK_BOT_TOKEN is for.

    A token's workspace never changes, so the answer is kept until `forget`.
    """

    def __init__(
        self, config: SlackConfig, session: aiohttp.ClientSession, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self.token = config.bot_token
        self._api_url = config.api_url
        self._session = session
        self._monotonic = monotonic
        self._identity: Identity | None = None
        self._asking = asyncio.Lock()
        self._quiet_until = 0.0

    async def identity(self) -> Identity:
        """Give the identity, asking Slack once.

        Raises PermanentDeliveryError if Slack refuses the token, TemporaryDeliveryError if it cannot be asked.
        """
        async with self._asking:
            if self._identity is None:
                self._identity = await identify(self.token, self._api_url, self._session)
            return self._identity

    async def identity_soon(self) -> Identity | None:
        """Give the identity or None; for a request that must not wait for what just failed."""
        if self._identity is None and self._monotonic() >= self._quiet_until:
            try:
                async with asyncio.timeout(ASK_SECONDS):
                    return await self.identity()
            except (DeliveryError, TimeoutError) as error:
                self._quiet_until = self._monotonic() + PAUSE_SECONDS
                _log.warning("slack_identity_unknown", reason=str(error) or type(error).__name__)
        return self._identity

    def forget(self) -> None:
        """Ask again next time: the token was revoked, or the app removed."""
        self._identity = None
        self._quiet_until = 0.0


class Authorize(AsyncAuthorize):
    """Bolt's hook. A request from another workspace gets a result without a token, and `inbound` leaves it alone.

    While Slack cannot say which workspace the token is for, requests pass: the core refuses workspaces that were
    never connected, and people go on giving kudos.
    """

    def __init__(self, installation: Installation) -> None:
        self._installation = installation

    async def __call__(self, *, team_id: str | None, enterprise_id: str | None, **_: Any) -> AuthorizeResult:
        """Answer for one request."""
        identity = await self._installation.identity_soon()
        ours = identity is None or identity.workspace.id == team_id
        return AuthorizeResult(
            enterprise_id=enterprise_id,
            team_id=team_id,
            bot_user_id=identity.bot_user if identity else None,
            bot_token=self._installation.token if ours else None,
        )
