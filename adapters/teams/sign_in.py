"""The token with which the bot speaks to Teams: client credentials of its registration, through msal.

msal waits for the network in the thread that asks, so it is asked in a thread of its own, one question at a time.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from time import monotonic
from typing import Any, Final

import msal  # type: ignore[import-untyped]  # has no types
import requests
import structlog
from msal.exceptions import MsalError  # type: ignore[import-untyped]  # has no types

from adapters.teams.config import LOGIN_URL, TeamsConfig
from bot.errors import Scope, TemporaryDeliveryError

SCOPE: Final = "https://api.botframework.com/.default"
ASK_SECONDS: Final = 3.0
EARLY_SECONDS: Final = 300
"""How long before its end a token is replaced, while it still works."""

PAUSE_SECONDS: Final = 30.0
"""How long a refusal is remembered: somebody has to mend something first, and Microsoft slows down who asks on."""

_CODE: Final = re.compile(r"AADSTS\d+")
_A_NEW_ONE: Final = (
    "Make a new one in the app registration, Certificates & secrets, put its Value into TEAMS_APP_PASSWORD, and "
    "restart the bot."
)
_MEANT: Final = {
    "AADSTS7000222": f"The client secret in TEAMS_APP_PASSWORD has expired. {_A_NEW_ONE}",
    "AADSTS7000215": (
        "TEAMS_APP_PASSWORD is no client secret of the registration in TEAMS_APP_ID. Often it is the secret's ID in "
        f"place of its Value, or another registration's. {_A_NEW_ONE}"
    ),
    "AADSTS700016": (
        "The tenant in TEAMS_TENANT_ID has no registration with the id in TEAMS_APP_ID. Copy both again from the app "
        "registration's Overview."
    ),
    "AADSTS90002": (
        "Microsoft knows no tenant with the id in TEAMS_TENANT_ID. Copy the Directory (tenant) ID again from the app "
        "registration's Overview."
    ),
    "AADSTS7000112": (
        "The registration in TEAMS_APP_ID is switched off in your tenant. Switch it on under Enterprise apps, "
        "Properties."
    ),
    "AADSTS7000229": (
        "The registration in TEAMS_APP_ID has no enterprise app in the tenant in TEAMS_TENANT_ID. Register the app "
        "there, as single tenant."
    ),
}
"""What is wrong, by Microsoft's code, and what helps:
https://learn.microsoft.com/entra/identity-platform/reference-error-codes"""

_MEANT_OTHERWISE: Final = (
    "Microsoft does not take TEAMS_APP_PASSWORD for the registration in TEAMS_APP_ID; it says why."
)

_log = structlog.get_logger(__name__)


class SignInRefusedError(TemporaryDeliveryError):
    """Microsoft gives no token until somebody mends the configuration. `means` says what is wrong, for the operator.

    `reason` is Microsoft's code, or else its word; `said` is its own description, which names no secret.
    """

    def __init__(self, word: str, said: str) -> None:
        code = _CODE.search(said)
        self.means = _MEANT.get(code[0] if code else "", _MEANT_OTHERWISE)
        self.said = said[code.start() if code else 0 :][:200]
        super().__init__(code[0] if code else word, timedelta(seconds=PAUSE_SECONDS), Scope.WORKSPACE)

    def again(self) -> SignInRefusedError:
        """Give the same, to be raised for another who asks."""
        return SignInRefusedError(self.reason, self.said)


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
        self._refusal: SignInRefusedError | None = None
        self._refused_until = float("-inf")

    def begin(self) -> None:
        """Try it in the background, so that a wrong secret is in the log before anybody writes."""
        if not self._emulated:
            self._ask_soon()

    async def token(self) -> str:
        """Give a token; empty for an emulator, which asks for none. Raises TemporaryDeliveryError."""
        if self._emulated:
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

    @property
    def _emulated(self) -> bool:
        return self._config.anonymous and not self._config.password

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
        if self._refusal and self._timer() < self._refused_until:
            raise self._refusal.again()
        try:
            answer = await self.ask()
        except SignInRefusedError as error:
            self._refusal, self._refused_until = error, self._timer() + PAUSE_SECONDS
            _log.error("teams_sign_in_refused", reason=error.reason, means=error.means, said=error.said)
            raise
        except TemporaryDeliveryError as error:
            _log.warning("teams_sign_in_failed", reason=type(error.__cause__).__name__)
            raise
        self._token = answer["access_token"]
        self._ends = self._timer() + float(answer.get("expires_in", 0))
        _log.info("teams_signed_in")

    async def ask(self) -> dict[str, Any]:
        """Ask Microsoft for a token, whatever is known: its answer has one.

        Raises SignInRefusedError, or TemporaryDeliveryError if nobody answers within a few seconds.
        """
        reason = "sign_in_unreachable"
        try:
            async with asyncio.timeout(ASK_SECONDS * 2):
                answer = await asyncio.get_running_loop().run_in_executor(self._thread, self._fetch)
        except (TimeoutError, OSError, ValueError, RuntimeError, KeyError, MsalError) as error:
            # Of a tenant that it does not know, Microsoft says so where msal expects no answer, and swallows it.
            said = str(error.__context__)
            if _CODE.search(said):
                raise SignInRefusedError(reason, said) from error
            raise TemporaryDeliveryError(reason) from error
        if "access_token" not in answer:
            raise SignInRefusedError(str(answer.get("error", "unknown")), str(answer.get("error_description", "")))
        return answer

    def _fetch(self) -> dict[str, Any]:
        # Held here as well: `forget` may be called meanwhile, from the loop's thread.
        client = self._client
        if client is None:
            # A client of its own each time a token was refused: msal would give the refused one from its cache.
            client = self._client = msal.ConfidentialClientApplication(
                self._config.app_id,
                client_credential=self._config.password,
                authority=f"{LOGIN_URL}/{self._config.tenant}",
                http_client=_Http(self._config.login_url),
                instance_discovery=False,
            )
        answer: dict[str, Any] = client.acquire_token_for_client([SCOPE])
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
