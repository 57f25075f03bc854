"""Microsoft's side of Teams for the bench: keys, sign-in, and a connector that says yes to everything, fast.

Its key is in the file that the second argument names, so that the load can be signed. `GET /posts` counts posts. It is
as close to the socket as it can be: what it takes, the servers that are measured do not get.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import sys
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import httptools
import jwt
import uvloop
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from tests.servers.connector import ISSUER, TENANT, aad

KID = "bench"


class StandIn:
    """What there is to say."""

    def __init__(self, url: str, key: Path) -> None:
        private = load_pem_private_key(key.read_bytes(), None)
        shown = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(private.public_key()))
        self._url = url
        self._keys = {"keys": [{**shown, "kid": KID, "endorsements": ["msteams"]}]}
        self._ids = itertools.count(1_700_000_000_000)
        self._posts = 0

    def answer(self, method: str, path: str) -> Any:
        """Answer any call."""
        if path.endswith("/activities") and method == "POST":
            self._posts += 1
            return {"id": str(next(self._ids))}
        if path.endswith("/v3/conversations"):
            number = next(self._ids)
            return {"id": f"a:{number}", "activityId": str(number)}
        if "/members/" in path:
            return member(path.rsplit("/", 1)[-1])
        if path.endswith("/pagedmembers"):
            return {"members": []}
        if path.endswith("/v1/.well-known/openidconfiguration"):
            known = {"issuer": ISSUER, "jwks_uri": f"{self._url}/keys"}
            return known | {"id_token_signing_alg_values_supported": ["RS256"]}
        return self._else(path)

    def _else(self, path: str) -> Any:
        if path == "/keys":
            return self._keys
        if path == "/posts":
            return self._posts
        if path.endswith("openid-configuration"):
            base = f"https://login.microsoftonline.com/{TENANT}/oauth2/v2.0"
            return {"issuer": base, "authorization_endpoint": f"{base}/authorize", "token_endpoint": f"{base}/token"}
        return {"token_type": "Bearer", "expires_in": 3600, "access_token": "bench"}


def member(wanted: str) -> dict[str, str]:
    """Somebody by address or directory id."""
    number = int(wanted.removeprefix("29:").removeprefix("29%3A").rsplit("-", 1)[-1])
    return {"id": f"29:{number}", "aadObjectId": aad(number), "name": f"Person {number}", "tenantId": TENANT}


class Connection(asyncio.Protocol):
    """A connection of the server's. The names of what it is told are asyncio's and httptools' own."""

    def __init__(self, stand_in: StandIn) -> None:
        self._stand_in = stand_in
        self._path = ""

    def connection_made(self, transport: Any) -> None:
        self._transport = transport
        self._parser = httptools.HttpRequestParser(self)

    def data_received(self, data: bytes) -> None:
        self._parser.feed_data(data)

    def on_url(self, url: bytes) -> None:
        self._path = unquote(url.partition(b"?")[0].decode())

    def on_message_complete(self) -> None:
        body = json.dumps(self._stand_in.answer(self._parser.get_method().decode(), self._path))
        head = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        self._transport.write(f"{head}{body}".encode())
        if not self._parser.should_keep_alive():
            self._transport.close()


async def main(port: int, key: Path) -> None:
    """Serve until the process is ended."""
    stand_in = StandIn(f"http://127.0.0.1:{port}", key)
    server = await asyncio.get_running_loop().create_server(lambda: Connection(stand_in), "127.0.0.1", port)
    await server.serve_forever()


if __name__ == "__main__":
    uvloop.run(main(int(sys.argv[1]), Path(sys.argv[2])))
