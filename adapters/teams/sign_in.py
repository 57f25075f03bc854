"""The token with which the bot speaks to Teams: client credentials of its registration, through msal.

msal waits for the network in the thread that asks, so it is asked in a thread of its own, one question at a time.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from time import monotonic
from typing import Any, Final

import msal  # type: ignore[import-untyped]  # has no types
import requests
import structlog

from adapters.teams.config import LOGIN_URL, TeamsConfig
from bot.errors import TemporaryDeliveryError

SCOPE: Final = "https://api.botframework.com/.default"
ASK_SECONDS: Final = 3.0
EARLY_SECONDS: Final = 300
"""How long before its end a token is replaced, while it still works."""

_log = structlog.get_logger(__name__)


class SignIn:
    """Gives the token. Whoever asks while it is being fetched waits for the same one. `timer` gives seconds."""

    def __init__(self, config: TeamsConfig, timer: Callable[[], float] = monotonic) -> None:
        self._config = config
        self._timer = timer
        self._thread = ThreadPoolExecutor(1, "teams-sign-in")
        self._client: Any = None
        self._token = ""
        self._ends = float("-inf")
        self._asking: asyncio.Task[None] | None = None

    async def token(self) -> str:
        """Give a token; empty for an emulator, which asks for none. Raises TemporaryDeliveryError."""
        if self._config.anonymous and not self._config.password:
            return ""
        left = self._ends - self._timer()
        if left < EARLY_SECONDS:
            asking = self._ask_soon()
            if left <= 0:
                # One who stops waiting must not take the answer from the others.
                await asyncio.shield(asking)
        return self._token

    def forget(self, token: str) -> None:
        """Forget a token that Teams refused."""
        if token == self._token:
            self._ends = float("-inf")
            self._client = None

    async def close(self) -> None:
        """Ask no more."""
        if self._asking:
            self._asking.cancel()
        self._thread.shutdown(wait=False, cancel_futures=True)

    def _ask_soon(self) -> asyncio.Task[None]:
        if self._asking is None:
            self._asking = asyncio.create_task(self._ask())
            self._asking.add_done_callback(self._asked)
        return self._asking

    def _asked(self, done: asyncio.Task[None]) -> None:
        self._asking = None
        if not done.cancelled():
            done.exception()  # looked at here, in case nobody waits any more

    async def _ask(self) -> None:
        try:
            async with asyncio.timeout(ASK_SECONDS * 2):
                answer = await asyncio.get_running_loop().run_in_executor(self._thread, self._fetch)
        except (TimeoutError, OSError, ValueError, RuntimeError, KeyError, msal.MsalError) as error:
            reason = "sign_in_unreachable"
            _log.warning("teams_sign_in_failed", reason=type(error).__name__)
            raise TemporaryDeliveryError(reason) from error
        if "access_token" not in answer:
            # Somebody has to mend the secret; until then nothing goes out. The description names no secret.
            reason = str(answer.get("error", "unknown"))
            _log.error("teams_sign_in_refused", reason=reason, said=str(answer.get("error_description", ""))[:200])
            raise TemporaryDeliveryError(reason)
        self._token = answer["access_token"]
        self._ends = self._timer() + float(answer.get("expires_in", 0))

    def _fetch(self) -> dict[str, Any]:
        if self._client is None:
            # A client of its own each time a token was refused: msal would give the refused one from its cache.
            self._client = msal.ConfidentialClientApplication(
                self._config.app_id,
                client_credential=self._config.password,
                authority=f"{LOGIN_URL}/{self._config.tenant}",
                http_client=_Http(self._config.login_url),
                instance_discovery=False,
            )
        answer: dict[str, Any] = self._client.acquire_token_for_client([SCOPE])
        return answer


class _Http:
    """What msal calls: with a time limit, and with a stand-in's address in place of Microsoft's in tests."""

    def __init__(self, login_url: str) -> None:
        self._login_url = login_url
        self._session = requests.Session()

    def get(self, url: str, **given: Any) -> Any:
        return self._session.get(self._here(url), timeout=ASK_SECONDS, **given)

    def post(self, url: str, **given: Any) -> Any:
        return self._session.post(self._here(url), timeout=ASK_SECONDS, **given)

    def close(self) -> None:
        self._session.close()

    def _here(self, url: str) -> str:
        return url.replace(LOGIN_URL, self._login_url, 1)
