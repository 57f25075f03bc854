"""Addresses of charts: `/charts/TOKEN.png`, where the token is the chart itself, under our seal.

Nothing is stored and nothing looked up, nobody's name is in it, and nobody else can have us draw something.
"""

from __future__ import annotations

import asyncio
import binascii
import hmac
import zlib
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable
from functools import lru_cache
from hashlib import sha256
from typing import Final

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from bot.ports import ChartRenderer
from bot.view.message import Bar, Chart

TOKEN_MOST: Final = 2000
"""Characters of a token: eight weeks take some 200, and Slack takes addresses of 3,000."""

_PURPOSE: Final = b"kudos charts 1"
"""Separates this use of the secret from every other, and this form of token from a later one."""

_SEAL: Final = 16
_CHART_MOST: Final = 20_000
_KEPT: Final = 64
_AGE: Final = "public, max-age=31536000, immutable"

_bars_of: Final = msgspec.json.Decoder(tuple[tuple[str, int], ...])


def chart_url(public_url: str, key: bytes, chart: Chart) -> str:
    """Give the address of a chart's picture. `public_url` has no slash at its end; `key` is the secret key."""
    return f"{public_url}/charts/{seal(key, chart)}.png"


def seal(key: bytes, chart: Chart) -> str:
    """Give the chart's token. Of a chart, its picture shows the bars alone, so they are all that is in it."""
    bars = msgspec.json.encode([(bar.label, bar.value) for bar in chart.bars])
    packed = zlib.compress(bars, level=9, wbits=-zlib.MAX_WBITS)
    return urlsafe_b64encode(_seal(key, packed) + packed).rstrip(b"=").decode()


def unseal(key: bytes, token: str) -> Chart | None:
    """Give the chart of a token of ours; None for any other."""
    try:
        sealed = urlsafe_b64decode(token[:TOKEN_MOST] + "=" * (-len(token) % 4))
    except (binascii.Error, ValueError):
        return None
    packed = sealed[_SEAL:]
    if len(token) > TOKEN_MOST or not hmac.compare_digest(_seal(key, packed), sealed[:_SEAL]):
        return None
    bars = _bars_of.decode(zlib.decompressobj(-zlib.MAX_WBITS).decompress(packed, _CHART_MOST))
    return Chart("", tuple(Bar(label, value) for label, value in bars), "")


def routes(charts: ChartRenderer, key: bytes) -> list[BaseRoute]:
    """Give the route under which chats fetch pictures. Whoever has an address may: it says a few numbers of weeks."""
    draw = lru_cache(_KEPT)(charts.png)

    async def picture(request: Request) -> Response:
        chart = unseal(key, request.path_params["token"])
        if chart is None:
            return Response(status_code=404)
        return Response(
            await asyncio.to_thread(draw, chart),
            media_type="image/png",
            headers={"Cache-Control": _AGE, "X-Content-Type-Options": "nosniff"},
        )

    return [Route("/charts/{token}.png", picture, methods=["GET"])]


def addresses(public_url: str, key: bytes) -> Callable[[Chart], str | None]:
    """Give what tells a platform where to fetch a chart."""
    return lambda chart: chart_url(public_url, key, chart)


def _seal(key: bytes, packed: bytes) -> bytes:
    own = hmac.digest(key, _PURPOSE, sha256)
    return hmac.digest(own, packed, sha256)[:_SEAL]
