"""Telling Microsoft's requests from forged ones: the token that the Bot Framework sends with each.

The rules are those of https://learn.microsoft.com/azure/bot-service/rest-api/bot-framework-rest-connector-authentication,
"Authenticate requests from the Bot Connector service to your bot", steps 1 to 8.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from time import monotonic
from typing import Any, Final

import aiohttp
import jwt
import msgspec
import structlog

from bot.memory import Memory

ISSUER: Final = "https://api.botframework.com"
ALGORITHM: Final = "RS256"
SKEW_SECONDS: Final = 300
LONGEST: Final = 8192
"""Characters of a token. Microsoft's have about 1,200."""

REFRESH_SECONDS: Final = 24 * 3600
RETRY_SECONDS: Final = 60
FETCH_SECONDS: Final = 4.0
WAIT_SECONDS: Final = 2.0
"""For a request whose key is not known yet. Teams gives a button three seconds."""

FETCHES_AT_ONCE: Final = 5
"""Looks for an unknown key that may follow each other at once; after that, one a minute. Anybody can name new keys."""

_KEPT_SECONDS: Final = 600
_KEPT: Final = 1_000
_MOST_KEYS: Final = 200
_MOST_BYTES: Final = 2**20

_log = structlog.get_logger(__name__)


class InvalidTokenError(Exception):
    """A token that is not Microsoft's, not for this bot, or not for this activity. `reason` is for the log."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class SigningKey:
    """A key and the channels that it may sign for."""

    key: jwt.PyJWK
    endorsements: frozenset[str]


@dataclass(frozen=True, slots=True)
class Claims:
    """What a good token says. Times are Unix time in seconds."""

    service_url: str
    endorsements: frozenset[str]
    expires: float

    def vouch_for(self, service_url: str | None, channel: str | None) -> None:
        """Check that the token was made for this activity. Raises InvalidTokenError."""
        if not service_url or service_url.rstrip("/") != self.service_url.rstrip("/"):
            reason = "service_url"
            raise InvalidTokenError(reason)
        if not channel or channel not in self.endorsements:
            reason = "endorsements"
            raise InvalidTokenError(reason)


class _Header(msgspec.Struct):
    alg: str
    kid: str


class KeySet:
    """Microsoft's signing keys, kept for a day and looked for anew when an unknown one is named.

    Whoever names a known key never waits: keys that are a day old go on working while new ones are fetched, however
    long that takes. `timer` gives seconds and may start anywhere.
    """

    def __init__(self, url: str, session: aiohttp.ClientSession, timer: Callable[[], float] = monotonic) -> None:
        self._url = url
        self._session = session
        self._timer = timer
        self._keys: Mapping[str, SigningKey] = {}
        self._due = float("-inf")
        self._fetching: asyncio.Task[None] | None = None
        self._allowed = float(FETCHES_AT_ONCE)
        self._counted = timer()

    async def find(self, kid: str) -> SigningKey | None:
        """Give a key by its id; None if Microsoft has none of it, as far as can be known within two seconds."""
        if known := self._keys.get(kid):
            if self._timer() >= self._due:
                self._fetch_soon()
            return known
        if self._fetching is None and not self._may_look():
            return None
        fetching = self._fetch_soon()
        await asyncio.wait({fetching}, timeout=WAIT_SECONDS)
        return self._keys.get(kid)

    async def close(self) -> None:
        """Stop fetching."""
        if self._fetching:
            self._fetching.cancel()
            with suppress(asyncio.CancelledError):
                await self._fetching

    def _may_look(self) -> bool:
        now = self._timer()
        self._allowed = min(FETCHES_AT_ONCE, self._allowed + (now - self._counted) / RETRY_SECONDS)
        self._counted = now
        if not self._keys:
            return True
        if self._allowed < 1:
            return False
        self._allowed -= 1
        return True

    def _fetch_soon(self) -> asyncio.Task[None]:
        if self._fetching is None:
            self._fetching = asyncio.create_task(self._fetch())
        return self._fetching

    async def _fetch(self) -> None:
        try:
            async with asyncio.timeout(FETCH_SECONDS):
                about = await self._get(self._url)
                found = _read(await self._get(str(about.get("jwks_uri", ""))))
            self._keys = found
            self._due = self._timer() + REFRESH_SECONDS
        except Exception as error:  # noqa: BLE001 - whatever a key server sends, the keys we have stay good
            self._due = self._timer() + RETRY_SECONDS
            _log.warning("teams_keys_not_fetched", reason=type(error).__name__)
        finally:
            self._fetching = None

    async def _get(self, url: str) -> dict[str, Any]:
        async with self._session.get(url, raise_for_status=True) as response:
            raw = await response.content.read(_MOST_BYTES)
            while more := await response.content.read(_MOST_BYTES - len(raw)):
                raw += more
            return msgspec.json.decode(raw, type=dict[str, Any])


def _read(key_set: Mapping[str, Any]) -> dict[str, SigningKey]:
    found: dict[str, SigningKey] = {}
    for each in key_set["keys"][:_MOST_KEYS]:
        # One key of a kind we do not know must not take the others away.
        with suppress(jwt.PyJWTError, KeyError, TypeError, ValueError):
            if each["kty"] == "RSA":
                found[each["kid"]] = SigningKey(jwt.PyJWK(each, ALGORITHM), frozenset(each.get("endorsements") or ()))
    if not found:
        reason = "no keys"
        raise ValueError(reason)
    return found


class Tokens:
    """Checks tokens for one app. `now` gives Unix time in seconds.

    Microsoft sends the same token many times, so a good one is remembered for some minutes, never beyond its end.
    """

    def __init__(self, app_id: str, keys: KeySet, now: Callable[[], float]) -> None:
        if not app_id:
            reason = "without an app id every token of Microsoft's would do"
            raise ValueError(reason)
        self._app_id = app_id
        self._keys = keys
        self._now = now
        self._good: Memory[str, Claims] = Memory(_KEPT, _KEPT_SECONDS, now)

    async def check(self, token: str) -> Claims:
        """Give what a token says. Raises InvalidTokenError and nothing else."""
        known = self._good.get(token)
        if known is not None and self._now() < known.expires:
            return known
        try:
            claims = await self._check(token)
        except InvalidTokenError:
            raise
        except Exception as error:
            raise InvalidTokenError(type(error).__name__) from error
        self._good.keep(token, claims)
        return claims

    async def _check(self, token: str) -> Claims:
        if len(token) > LONGEST:
            reason = "too_long"
            raise InvalidTokenError(reason)
        header = msgspec.convert(jwt.get_unverified_header(token), _Header)
        if header.alg != ALGORITHM:
            reason = "algorithm"
            raise InvalidTokenError(reason)
        # All that costs nothing comes before a look for the key.
        self._decode(token, None)
        key = await self._keys.find(header.kid)
        if key is None:
            reason = "unknown_key"
            raise InvalidTokenError(reason)
        said = self._decode(token, key.key)
        service_url = said.get("serviceurl")
        if not isinstance(service_url, str) or not service_url:
            reason = "service_url"
            raise InvalidTokenError(reason)
        return Claims(service_url, key.endorsements, float(said["exp"]))

    def _decode(self, token: str, key: jwt.PyJWK | None) -> dict[str, Any]:
        """Read a token. Without a key everything but the signature is checked."""
        options: Any = {
            "require": ["exp", "iss", "aud"],
            "strict_aud": True,
            "verify_signature": key is not None,
            "verify_exp": True,
            "verify_nbf": True,
            "verify_iat": True,
            "verify_aud": True,
            "verify_iss": True,
        }
        said: dict[str, Any] = jwt.decode(
            token,
            key or "",
            algorithms=[ALGORITHM],
            audience=self._app_id,
            issuer=ISSUER,
            leeway=SKEW_SECONDS,
            options=options,
        )
        return said
