"""Microsoft's side of Teams for the bench: keys, sign-in, and a connector that says yes to everything, fast.

Its key is in the file that the second argument names, so that the load can be signed. `GET /posts` counts posts.
"""

from __future__ import annotations

import itertools
import json
import sys
from pathlib import Path
from typing import Any

import jwt
import uvicorn
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from tests.servers.connector import ISSUER, TENANT, aad

KID = "bench"


class StandIn:
    """An ASGI app."""

    def __init__(self, url: str, key: Path) -> None:
        private = load_pem_private_key(key.read_bytes(), None)
        shown = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(private.public_key()))
        self._url = url
        self._keys = {"keys": [{**shown, "kid": KID, "endorsements": ["msteams"]}]}
        self._ids = itertools.count(1_700_000_000_000)
        self._posts = 0

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            return
        while (await receive()).get("more_body"):
            pass
        body = json.dumps(self._answer(scope["method"], scope["path"])).encode()
        headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    def _answer(self, method: str, path: str) -> Any:
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


if __name__ == "__main__":
    port = int(sys.argv[1])
    app = StandIn(f"http://127.0.0.1:{port}", Path(sys.argv[2]))
    uvicorn.run(app, host="127.0.0.1", port=port, http="httptools", loop="uvloop", log_level="warning", lifespan="off")
