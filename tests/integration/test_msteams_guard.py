"""The door to Teams' requests, over HTTP: bad tokens, rotated keys, a key server that hangs, and odd bodies."""

from __future__ import annotations

import asyncio
import base64
import json
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from io import BytesIO
from typing import Any

import aiohttp
import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from starlette.types import Receive, Scope, Send

from adapters.door import MAX_BODY, Reply
from adapters.teams.activity import Activity
from adapters.teams.guard import Guard
from adapters.teams.tokens import KeySet, Tokens
from tests.servers.asgi import serving
from tests.servers.connector import APP, TENANT, Teams, private_key

HMAC_KEY = "k" * 64
EMULATOR = {"Content-Type": "application/json; charset=utf-8"}


class Door:
    """A guard that is served, and what came through it."""

    def __init__(self, url: str, session: aiohttp.ClientSession, keys: KeySet, seen: list[Activity]) -> None:
        self.url, self.session, self.keys, self.seen = url, session, keys, seen

    async def knock(self, headers: dict[str, str], body: bytes, method: str = "POST") -> int:
        async with self.session.request(method, self.url, data=body, headers=headers) as answer:
            await answer.read()
            return answer.status

    async def deliver(self, token: str, activity: dict[str, Any]) -> int:
        return await self.knock({"Authorization": f"Bearer {token}"}, json.dumps(activity).encode())


Opening = Callable[..., Awaitable[Door]]


@pytest.fixture
async def opening(teams: Teams) -> AsyncIterator[Opening]:
    async with AsyncExitStack() as stack:
        session = await stack.enter_async_context(aiohttp.ClientSession())

        async def open_door(client: str = "127.0.0.1", **options: Any) -> Door:
            seen: list[Activity] = []

            async def take(activity: Activity) -> Reply:
                seen.append(activity)
                return Reply()

            keys = KeySet(f"{teams.url}/v1/.well-known/openidconfiguration", session)
            stack.push_async_callback(keys.close)
            guard = Guard(take, Tokens(APP, keys, time.time), **({"tenant": TENANT} | options))

            async def reached(scope: Scope, receive: Receive, send: Send) -> None:
                await guard({**scope, "client": (client, 4711)}, receive, send)

            return Door(await stack.enter_async_context(serving(reached)), session, keys, seen)

        yield open_door


@pytest.fixture
async def door(opening: Opening) -> Door:
    return await opening()


def tampered(token: str) -> str:
    head, body, signature = token.split(".")
    said = json.loads(base64.urlsafe_b64decode(body + "==")) | {"name": "somebody else"}
    changed = base64.urlsafe_b64encode(json.dumps(said).encode()).rstrip(b"=").decode()
    return f"{head}.{changed}.{signature}"


def headless(head: bytes) -> str:
    return f"{base64.urlsafe_b64encode(head).rstrip(b'=').decode()}.e30.c2ln"


def public_pem(teams: Teams) -> str:
    key = teams.key.public_key()
    return key.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo).decode()


def confused(teams: Teams) -> str:
    """Signed with the public key as if it were a password, which PyJWT itself refuses to make."""
    import hashlib  # noqa: PLC0415 - for this forgery only
    import hmac  # noqa: PLC0415

    def part(thing: Any) -> bytes:
        return base64.urlsafe_b64encode(json.dumps(thing).encode()).rstrip(b"=")

    signed = part({"alg": "HS256", "typ": "JWT", "kid": teams.kid}) + b"." + part(teams.claims())
    mac = hmac.new(public_pem(teams).encode(), signed, hashlib.sha256).digest()
    return (signed + b"." + base64.urlsafe_b64encode(mac).rstrip(b"=")).decode()


BAD: dict[str, Callable[[Teams], str | None]] = {
    "no_header": lambda _: None,
    "another_scheme": lambda t: f"Basic {t.token()}",
    "empty": lambda _: "Bearer ",
    "garbage": lambda _: "Bearer ���.not.a.token".encode().decode("latin-1"),
    "one_part": lambda _: "Bearer abc",
    "two_parts": lambda t: f"Bearer {t.token().rpartition('.')[0]}",
    "head_nested_without_end": lambda _: f"Bearer {headless(b'[' * 5000)}",
    "head_not_json": lambda _: f"Bearer {headless(b'{')}",
    "too_long": lambda t: f"Bearer {t.token(name='x' * 9000)}",
    "unsigned": lambda t: f"Bearer {jwt.encode(t.claims(), None, 'none', headers={'kid': t.kid})}",
    "password_for_a_key": lambda t: f"Bearer {t.token(key=HMAC_KEY, algorithm='HS256')}",
    "public_key_for_a_password": lambda t: f"Bearer {confused(t)}",
    "another_algorithm": lambda t: f"Bearer {t.token(algorithm='RS512')}",
    "forged_with_a_known_name": lambda t: f"Bearer {t.token(key=private_key(1))}",
    "signed_by_an_unknown_key": lambda t: f"Bearer {t.token(key=private_key(1), kid='nobody')}",
    "key_unnamed": lambda t: f"Bearer {jwt.encode(t.claims(), t.key, 'RS256')}",
    "key_named_oddly": lambda t: f"Bearer {t.token(kid='../../etc/passwd')}",
    "tampered": lambda t: f"Bearer {tampered(t.token())}",
    "expired": lambda t: f"Bearer {t.token(exp=int(time.time()) - 301)}",
    "without_an_end": lambda t: f"Bearer {t.token(exp=None)}",
    "not_valid_yet": lambda t: f"Bearer {t.token(nbf=int(time.time()) + 400)}",
    "for_another_bot": lambda t: f"Bearer {t.token(aud='another')}",
    "for_several_bots": lambda t: f"Bearer {t.token(aud=[APP, 'another'])}",
    "for_nobody": lambda t: f"Bearer {t.token(aud=None)}",
    "by_another_issuer": lambda t: f"Bearer {t.token(iss='https://sts.windows.net/x/')}",
    "without_a_service": lambda t: f"Bearer {t.token(serviceurl=None)}",
    "for_another_service": lambda t: f"Bearer {t.token(serviceurl='https://smba.example/')}",
    "service_not_a_text": lambda t: f"Bearer {t.token(serviceurl=['x'])}",
}


@pytest.mark.parametrize("kind", BAD)
async def test_a_bad_token_is_refused_with_401_and_nothing_comes_through(teams: Teams, door: Door, kind: str):
    header = BAD[kind](teams)
    headers = {} if header is None else {"Authorization": header}
    status = await door.knock(headers, json.dumps(teams.message(1, "help")).encode())
    assert status == 401
    assert door.seen == []


async def test_a_good_token_comes_through_and_is_fetched_for_once(teams: Teams, door: Door):
    token = teams.token()
    for _ in range(3):
        assert await door.deliver(token, teams.message(1, "help")) == 200
    assert [each.text for each in door.seen] == ["help"] * 3
    assert teams.calls["keys"] == 1


async def test_five_minutes_of_difference_between_clocks_are_forgiven(teams: Teams, door: Door):
    now = int(time.time())
    assert await door.deliver(teams.token(exp=now - 290), teams.message(1, "help")) == 200
    assert await door.deliver(teams.token(nbf=now + 290), teams.message(1, "help")) == 200


@pytest.mark.parametrize(
    "changed",
    [
        {"channelId": "webchat"},
        {"channelId": None},
        {"serviceUrl": None},
        {"serviceUrl": "https://evil.example/"},
        {"channelData": {"tenant": {"id": "11111111-1111-1111-1111-111111111111"}}},
        {"channelData": None, "conversation": {"id": "a:1"}},
    ],
)
async def test_a_good_token_for_another_activity_is_refused(teams: Teams, door: Door, changed: dict[str, Any]):
    assert await door.deliver(teams.token(), teams.message(1, "help") | changed) == 401
    assert door.seen == []


async def test_a_key_that_may_not_sign_for_teams_is_refused(teams: Teams, door: Door):
    teams.published[teams.kid] = (teams.key, ["webchat", "directline"])
    assert await door.deliver(teams.token(), teams.message(1, "help")) == 401


async def test_a_key_that_signs_for_other_channels_too_lets_only_teams_in(teams: Teams, door: Door):
    teams.published[teams.kid] = (teams.key, ["webchat", "msteams"])
    assert await door.deliver(teams.token(), teams.message(1, "help") | {"channelId": "webchat"}) == 401


async def test_a_rotated_key_works_at_once(teams: Teams, door: Door):
    for kid in ("key-1", "key-2", "key-3"):
        if kid != teams.kid:
            teams.rotate(kid)
        assert await door.deliver(teams.token(), teams.message(1, kid)) == 200
    assert [each.text for each in door.seen] == ["key-1", "key-2", "key-3"]


async def test_inventing_keys_does_not_make_us_ask_for_each(teams: Teams, door: Door):
    await door.deliver(teams.token(), teams.message(1, "help"))
    forger = private_key(1)
    for n in range(30):
        assert await door.deliver(teams.token(key=forger, kid=f"k{n}"), teams.message(1, "x")) == 401
    assert teams.calls["keys"] <= 6


async def test_many_with_one_new_key_ask_once(teams: Teams, door: Door):
    token, activity = teams.token(), teams.message(1, "help")
    assert await asyncio.gather(*(door.deliver(token, activity) for _ in range(20))) == [200] * 20
    assert teams.calls["keys"] == 1


async def test_a_key_server_that_hangs_holds_up_only_who_names_an_unknown_key(teams: Teams, door: Door):
    assert await door.deliver(teams.token(), teams.message(1, "before")) == 200
    teams.keys_hang = True
    waiting = asyncio.create_task(door.deliver(teams.token(key=private_key(1), kid="unknown"), teams.message(1, "x")))
    await teams.until("keys", 2)
    for n in range(20):
        # Each a token not seen before, so that none is let in from memory.
        assert await door.deliver(teams.token(jti=str(n)), teams.message(1, "during")) == 200
    assert not waiting.done()
    assert await waiting == 401


@pytest.mark.parametrize("trouble", ["hangs", "fails"])
async def test_a_key_server_that_cannot_be_asked_is_401_and_recovers(teams: Teams, door: Door, trouble: str):
    teams.keys_hang, teams.keys_status = trouble == "hangs", 503 if trouble == "fails" else 200
    assert await door.deliver(teams.token(), teams.message(1, "x")) == 401
    teams.keys_hang, teams.keys_status = False, 200
    statuses = [await door.deliver(teams.token(), teams.message(1, "x")) for _ in range(3)]
    assert statuses[-1] == 200


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b'"x"',
        b"{}",
        b'{"type": 1}',
        b'{"type":"message","text":{}}',
        b"\xff\xfe",
        b"[" * 9999,
        b'{"type":"message","value":' + b"[" * 99999 + b"]" * 99999 + b"}",
    ],
)
async def test_what_is_no_activity_is_400(teams: Teams, door: Door, body: bytes):
    assert await door.knock({"Authorization": f"Bearer {teams.token()}"}, body) == 400


async def test_too_much_is_413_with_or_without_a_length(teams: Teams, door: Door):
    headers = {"Authorization": f"Bearer {teams.token()}"}
    async with door.session.post(door.url, data=BytesIO(b" " * (MAX_BODY + 1)), headers=headers) as answer:
        assert answer.status == 413

    async def pieces() -> AsyncIterator[bytes]:
        for _ in range(20):
            yield b" " * (MAX_BODY // 16)

    async with door.session.post(door.url, data=pieces(), headers=headers) as answer:
        assert answer.status == 413


async def test_only_posts_are_taken(teams: Teams, door: Door):
    assert await door.knock({"Authorization": f"Bearer {teams.token()}"}, b"", "GET") == 405


async def test_an_emulator_is_let_in_from_this_machine_only_and_answered_there_only(teams: Teams, opening: Opening):
    door = await opening(tenant=None, anonymous=True)
    activity = json.dumps(teams.message(1, "help")).encode()
    assert await door.knock(EMULATOR, activity) == 200
    elsewhere = json.dumps(teams.message(1, "help") | {"serviceUrl": "https://evil.example/"}).encode()
    assert await door.knock(EMULATOR, elsewhere) == 401
    assert await door.knock(EMULATOR | {"Authorization": "Bearer garbage"}, activity) == 401


@pytest.mark.parametrize("client", ["203.0.113.9", "192.168.0.7", "2001:db8::9"])
async def test_nobody_on_another_machine_passes_for_an_emulator(teams: Teams, opening: Opening, client: str):
    door = await opening(client, tenant=None, anonymous=True)
    assert await door.knock(EMULATOR, json.dumps(teams.message(1, "help")).encode()) == 401
    assert door.seen == []


@pytest.mark.parametrize("header", ["X-Forwarded-For", "X-Forwarded-Host", "X-Real-IP", "Forwarded", "Via"])
async def test_nobody_behind_a_proxy_passes_for_an_emulator(teams: Teams, opening: Opening, header: str):
    door = await opening(tenant=None, anonymous=True)
    activity = json.dumps(teams.message(1, "help")).encode()
    assert await door.knock(EMULATOR | {header: "127.0.0.1"}, activity) == 401
    assert door.seen == []


@pytest.mark.parametrize(
    ("service", "status"),
    [
        ("http://localhost:56150/", 200),
        ("http://127.0.1.1:56150/", 200),
        ("http://[::1]:56150/", 200),
        ("http://127.0.0.1.evil.example/", 401),
        ("http://127.0.0.1@evil.example/", 401),
        ("http://192.168.0.7/", 401),
        ("http://[", 401),
        ("", 401),
    ],
)
async def test_every_name_of_this_machine_is_an_emulators(teams: Teams, opening: Opening, service: str, status: int):
    door = await opening(tenant=None, anonymous=True)
    activity = teams.message(1, "help") | {"serviceUrl": service}
    assert await door.knock(EMULATOR, json.dumps(activity).encode()) == status


@pytest.mark.parametrize(
    "headers",
    [
        {"Content-Type": "text/plain"},
        {"Content-Type": "text/plain; application/json"},
        {"Content-Type": "text/plain", "Origin": "https://evil.example"},
        {"Content-Type": "application/json", "Origin": "https://evil.example"},
        {"Content-Type": "application/json", "Origin": "null"},
    ],
)
async def test_no_page_in_a_browser_passes_for_an_emulator(teams: Teams, opening: Opening, headers: dict[str, str]):
    door = await opening(tenant=None, anonymous=True)
    assert await door.knock(headers, json.dumps(teams.message(1, "help")).encode()) == 401
    assert door.seen == []


def test_a_guard_for_every_tenant_is_refused():
    async def take(_: Activity) -> Reply:
        return Reply()

    with pytest.raises(ValueError, match="every tenant"):
        Guard(take, None, None)
