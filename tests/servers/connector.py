"""Microsoft's side of Teams, as HTTP: signing keys, sign-in, and the Bot Connector's REST API.

It is strict about what Teams is strict about (tokens, tenants, sizes, mentions), keeps what was posted, and fails when
told to. https://learn.microsoft.com/azure/bot-service/rest-api/bot-framework-rest-connector-api-reference
"""

from __future__ import annotations

import asyncio
import itertools
import json
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Final
from urllib.parse import unquote

import jwt
from aiohttp import web
from cryptography.hazmat.primitives.asymmetric import rsa

APP: Final = "5d1e4f5e-8a52-4c1c-9a5e-3f1b0c1d2e3f"
PASSWORD: Final = "app-secret"
TENANT: Final = "72f988bf-86f1-41af-91ab-2d7cd011db47"
BOT: Final = f"28:{APP}"
CHANNEL: Final = "19:phone@thread.tacv2"
GROUP: Final = "19:group@thread.v2"
ISSUER: Final = "https://api.botframework.com"

LARGEST: Final = 28 * 1024
"""Bytes of an activity. Teams says 413 somewhat above."""


def aad(number: int) -> str:
    """The directory id of the nth person."""
    return f"00000000-0000-4000-8000-{number:012}"


def person(number: int, name: str, **more: Any) -> dict[str, Any]:
    """A member as Teams describes one."""
    return {
        "id": f"29:{number}",
        "aadObjectId": aad(number),
        "name": name,
        "email": f"p{number}@contoso.example",
        "userPrincipalName": f"p{number}@contoso.example",
        "tenantId": TENANT,
        "userRole": "user",
        **more,
    }


@cache
def private_key(number: int) -> rsa.RSAPrivateKey:  # noqa: ARG001 each number has a key of its own
    """The nth key. Making one takes a tenth of a second."""
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


@dataclass
class Post:
    """A message that stands in a conversation; `thread` is the message it continues."""

    conversation: str
    id: str
    thread: str | None
    activity: dict[str, Any]
    deleted: bool = False
    changes: int = 0

    @property
    def card(self) -> dict[str, Any]:
        """Its card."""
        card: dict[str, Any] = self.activity["attachments"][0]["content"]
        return card


@dataclass
class Fault:
    """What goes wrong at the next call of an operation."""

    kind: str
    status: int = 500
    headers: dict[str, str] = field(default_factory=dict)
    code: str = "ServiceError"


@dataclass
class Chat:
    """A conversation and who is in it. `bot`: the bot is, too; `unseen` is the word that refuses it the members.

    `silent`: nothing about it is answered but that the service is not there now.
    """

    id: str
    kind: str
    members: list[str]
    blocked: bool = False
    bot: bool = True
    unseen: str = ""
    silent: bool = False
    region: str = "emea"


class Teams:
    """The whole of it. `url` is its address once it runs; `service_url` is what activities name."""

    def __init__(self) -> None:
        self.url = ""
        self.key = private_key(0)
        self.kid = "key-1"
        self.published: dict[str, tuple[rsa.RSAPrivateKey, list[str]]] = {self.kid: (self.key, ["msteams"])}
        self.keys_hang = False
        self.keys_status = 200
        self.people: dict[str, dict[str, Any]] = {}
        self.chats: dict[str, Chat] = {}
        self.moved: dict[int, str] = {}
        self.posts: list[Post] = []
        self.calls: Counter[str] = Counter()
        self.faults: dict[str, list[Fault]] = {}
        self.issued: set[str] = set()
        self.by_address_alone = False
        self.lasting = 3600
        self.no_token = ""
        self.rotated = 0
        self.called = asyncio.Event()
        self.released = asyncio.Event()
        self.held = 0
        self._ids = itertools.count(1700000000000)
        for each in (person(1, "Anna Ek"), person(2, "Bo Svensson"), person(3, "Cat Öberg")):
            self.join(each)
        self.join(person(4, "Dana Guest", userRole="guest"))
        self.join(person(5, "Eve Elsewhere", tenantId="11111111-1111-1111-1111-111111111111"))

    # --- the world ---

    def join(self, member: dict[str, Any], *chats: str) -> None:
        """Let somebody into conversations; without any named, into the channel and the group."""
        self.people[member["aadObjectId"]] = member
        for name in chats or (CHANNEL, GROUP):
            kind = "channel" if name.endswith("tacv2") else "groupChat"
            self.chats.setdefault(name, Chat(name, kind, [])).members.append(member["aadObjectId"])

    def personal(self, number: int) -> str:
        """The id of somebody's chat with the bot, made if need be."""
        chat = self.moved.get(number, f"a:{number}")
        self.chats.setdefault(chat, Chat(chat, "personal", [aad(number)]))
        return chat

    def move(self, number: int) -> str:
        """Make somebody's chat with the bot one that is no more, as for a new registration; give the one there is."""
        self.chats.pop(self.personal(number))
        self.moved[number] = f"a:moved-{number}"
        return self.moved[number]

    def fail(self, operation: str, kind: str, **how: Any) -> None:
        """Make the next call go wrong: `status`, `hang`, `drop_before` or `drop_after`.

        `pass` lets it go right, and `hold` only once `released` is set.
        """
        self.faults.setdefault(operation, []).append(Fault(kind, **how))

    def _count(self, operation: str) -> None:
        self.calls[operation] += 1
        self.called.set()

    async def until(self, operation: str, times: int) -> None:
        """Wait until an operation has been called so often."""
        async with asyncio.timeout(60):
            while self.calls[operation] < times:
                self.called.clear()
                await self.called.wait()

    async def eventually(self, holds: Callable[[], bool]) -> None:
        """Wait until calls have made something true."""
        async with asyncio.timeout(10):
            while not holds():
                self.called.clear()
                await self.called.wait()

    def standing(self, conversation: str) -> list[Post]:
        """What stands in a conversation, oldest first."""
        return [post for post in self.posts if post.conversation == conversation and not post.deleted]

    def rotate(self, kid: str) -> None:
        """Sign with a new key from now on, and publish no other."""
        self.rotated += 1
        self.key, self.kid = private_key(100 + self.rotated), kid
        self.published = {kid: (self.key, ["msteams"])}

    @property
    def service_url(self) -> str:
        """Where the connector is."""
        return self.service("emea")

    def service(self, region: str) -> str:
        """Where the connector of a region is."""
        return f"{self.url}/{region}/"

    def claims(self, **changed: Any) -> dict[str, Any]:
        """What a good token says. None takes a claim away."""
        now = int(time.time())
        said = {"iss": ISSUER, "aud": APP, "serviceurl": self.service_url, "nbf": now - 300, "exp": now + 3600}
        return {name: value for name, value in (said | changed).items() if value is not None}

    def token(self, *, kid: str | None = None, key: Any = None, algorithm: str = "RS256", **changed: Any) -> str:
        """Sign a token as Microsoft does, or nearly."""
        headers = {"kid": self.kid if kid is None else kid, "x5t": "x"}
        return jwt.encode(self.claims(**changed), key or self.key, algorithm, headers=headers)

    # --- what Teams sends ---

    def activity(self, kind: str, by: int, conversation: str | None = None, **more: Any) -> dict[str, Any]:
        """An activity of somebody, in their own chat with the bot unless another is named."""
        chat = conversation or self.personal(by)
        place = chat.partition(";")[0]
        who = self.people[aad(by)]
        made = {
            "type": kind,
            "id": str(next(self._ids)),
            "timestamp": "2026-11-18T13:05:00.123Z",
            "serviceUrl": self.service(self.chats[place].region),
            "channelId": "msteams",
            "from": {"id": who["id"], "name": who["name"], "aadObjectId": who["aadObjectId"]},
            "recipient": {"id": BOT, "name": "Kudos"},
            "conversation": {"id": chat, "conversationType": self.chats[place].kind, "tenantId": TENANT},
            "channelData": {"tenant": {"id": TENANT}},
            "entities": [],
        }
        if self.chats[place].kind == "channel":
            made["channelData"] |= {"channel": {"id": place}, "team": {"id": place, "name": "Phone"}}
        return made | more

    def message(self, by: int, text: str, conversation: str | None = None, *mentioned: int, **more: Any) -> Any:
        """A message; `@` and `{n}` in the text stand for mentions of the bot and of the nth of `mentioned`."""
        entities: list[dict[str, Any]] = []

        def mention(id_: str, name: str) -> str:
            tag = f"<at>{name}</at>"
            entities.append({"type": "mention", "text": tag, "mentioned": {"id": id_, "name": name}})
            return tag

        pieces = []
        for piece in text.split(" "):
            if piece == "@":
                pieces.append(mention(BOT, "Kudos"))
            elif piece.startswith("{"):
                number = mentioned[int(piece[1])]
                pieces.append(mention(f"29:{number}", self.people[aad(number)]["name"]) + piece[3:])
            else:
                pieces.append(piece)
        entities.append({"type": "clientInfo", "locale": "en-GB", "country": "SE", "timezone": "Europe/Stockholm"})
        return self.activity("message", by, conversation, text=" ".join(pieces), entities=entities, **more)

    def invoke(self, by: int, name: str, value: Any, conversation: str | None = None, **more: Any) -> dict[str, Any]:
        """Something that Teams wants an answer to."""
        return self.activity("invoke", by, conversation, name=name, value=value, **more)

    # --- HTTP ---

    def app(self) -> web.Application:
        """Give the application."""
        app = web.Application(client_max_size=2**21)
        app.router.add_get("/v1/.well-known/openidconfiguration", self._about_keys)
        app.router.add_get("/v1/.well-known/keys", self._keys)
        app.router.add_get("/{tenant}/v2.0/.well-known/openid-configuration", self._about_login)
        app.router.add_post("/{tenant}/oauth2/v2.0/token", self._login)
        app.router.add_post("/{region}/v3/conversations", self._create)
        at = "/{region}/v3/conversations/{conversation}"
        app.router.add_post(at + "/activities", self._post)
        app.router.add_put(at + "/activities/{activity}", self._put)
        app.router.add_delete(at + "/activities/{activity}", self._delete)
        app.router.add_get(at + "/pagedmembers", self._members)
        app.router.add_get(at + "/members/{member}", self._member)
        return app

    async def _about_keys(self, _: web.Request) -> web.Response:
        self._count("keys")
        if self.keys_hang:
            await asyncio.sleep(3600)
        if self.keys_status != 200:
            return web.Response(status=self.keys_status)
        return web.json_response({"issuer": ISSUER, "jwks_uri": f"{self.url}/v1/.well-known/keys"})

    async def _keys(self, _: web.Request) -> web.Response:
        shown = [
            {
                **json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(key.public_key())),
                "kid": kid,
                "use": "sig",
                "endorsements": endorsed,
            }
            for kid, (key, endorsed) in self.published.items()
        ]
        return web.json_response({"keys": [{"kty": "EC", "kid": "of-another-kind"}, *shown]})

    def _no_token(self, why: str) -> web.Response:
        return web.json_response({"error": "invalid_client", "error_description": why}, status=401)

    async def _about_login(self, request: web.Request) -> web.Response:
        if request.match_info["tenant"] != TENANT:
            return self._no_token("AADSTS90002: Tenant 'x' not found.")
        base = f"https://login.microsoftonline.com/{request.match_info['tenant']}"
        return web.json_response(
            {
                "issuer": f"{base}/v2.0",
                "authorization_endpoint": f"{base}/oauth2/v2.0/authorize",
                "token_endpoint": f"{base}/oauth2/v2.0/token",
            }
        )

    async def _login(self, request: web.Request) -> web.StreamResponse:
        if failed := await self._fault("login"):
            return failed
        sent = await request.post()
        right = (sent.get("client_id"), sent.get("client_secret"), request.match_info["tenant"])
        if right != (APP, PASSWORD, TENANT) or sent.get("scope") != "https://api.botframework.com/.default":
            return self._no_token("AADSTS7000215: Invalid client secret provided.")
        if self.no_token:
            return self._no_token(self.no_token)
        token = f"connector-{self.calls['login']}"
        self.issued.add(token)
        return web.json_response({"token_type": "Bearer", "expires_in": self.lasting, "access_token": token})

    async def _fault(self, operation: str) -> web.StreamResponse | None:
        self._count(operation)
        waiting = self.faults.get(operation)
        if not waiting or waiting[0].kind == "drop_after":
            return None
        fault = waiting.pop(0)
        if fault.kind == "pass":
            return None
        if fault.kind == "hold":
            self.held += 1
            self.called.set()
            try:
                await self.released.wait()
            finally:
                self.held -= 1
            return None
        if fault.kind == "hang":
            await asyncio.sleep(3600)
        if fault.kind == "drop_before":
            raise _DroppedError
        body = {"error": {"code": fault.code, "message": "as told"}}
        return web.json_response(body, status=fault.status, headers=fault.headers)

    def _drop_after(self, operation: str) -> None:
        waiting = self.faults.get(operation)
        if waiting and waiting[0].kind == "drop_after":
            waiting.pop(0)
            raise _DroppedError

    async def _enter(self, request: web.Request, operation: str) -> tuple[Chat | None, web.StreamResponse | None]:
        if failed := await self._fault(operation):
            return None, failed
        if request.headers.get("Authorization", "").removeprefix("Bearer ") not in self.issued:
            return None, _refused(401, "Unauthorized")
        named = unquote(request.match_info.get("conversation", ""))
        chat = self.chats.get(named.partition(";")[0])
        if named and (chat is None or chat.region != request.match_info["region"]):
            return None, _refused(404, "ConversationNotFound")
        if chat and chat.silent:
            return None, _refused(503, "ServiceUnavailable")
        if chat and chat.unseen and request.method == "GET":
            return None, _refused(403, chat.unseen)
        if chat and not chat.bot:
            return None, _refused(403, "BotNotInConversationRoster")
        if chat and chat.blocked and request.method != "GET":
            return None, _refused(403, "MessageWritesBlocked")
        return chat, None

    async def _create(self, request: web.Request) -> web.StreamResponse:
        _, failed = await self._enter(request, "create")
        if failed:
            return failed
        asked = await request.json()
        if asked.get("tenantId") != TENANT or asked["bot"]["id"] != BOT:
            return _refused(400, "BadArgument")
        if asked.get("isGroup"):
            channel = asked["channelData"]["channel"]["id"]
            if channel not in self.chats or self.chats[channel].region != request.match_info["region"]:
                return _refused(404, "ConversationNotFound")
            if not self.chats[channel].bot:
                return _refused(403, "BotNotInConversationRoster")
            if self.chats[channel].blocked:
                return _refused(403, "MessageWritesBlocked")
            made = self._stand(channel, None, asked["activity"])
            if isinstance(made, web.Response):
                return made
            self._drop_after("create")
            return web.json_response({"id": f"{channel};messageid={made.id}", "activityId": made.id}, status=201)
        (member,) = asked["members"]
        known = next((each for each in self.people.values() if member["id"] in (each["id"], each["aadObjectId"])), None)
        if known is None:
            return _refused(403, "BotNotInConversationRoster")
        chat = self.personal(int(known["aadObjectId"].rpartition("-")[2]))
        self._drop_after("create")
        return web.json_response({"id": chat}, status=201)

    async def _post(self, request: web.Request) -> web.StreamResponse:
        chat, failed = await self._enter(request, "post")
        if failed or chat is None:
            return failed or _refused(404, "ConversationNotFound")
        named = unquote(request.match_info["conversation"])
        made = self._stand(chat.id, named.partition(";messageid=")[2] or None, await request.json())
        if isinstance(made, web.Response):
            return made
        self._drop_after("post")
        return web.json_response({"id": made.id}, status=201)

    def _stand(self, conversation: str, thread: str | None, activity: dict[str, Any]) -> Post | web.Response:
        if complaint := _complaint(activity, self.chats[conversation]):
            return _refused(complaint[0], complaint[1])
        post = Post(conversation, str(next(self._ids)), thread, activity)
        self.posts.append(post)
        self.called.set()
        return post

    async def _put(self, request: web.Request) -> web.StreamResponse:
        _, failed = await self._enter(request, "put")
        if failed:
            return failed
        post = self._named(request)
        if post is None:
            return _refused(404, "ActivityNotFoundInConversation")
        changed = await request.json()
        if complaint := _complaint(changed, self.chats[post.conversation]):
            return _refused(complaint[0], complaint[1])
        post.activity = changed
        post.changes += 1
        self.called.set()
        self._drop_after("put")
        return web.json_response({"id": post.id})

    async def _delete(self, request: web.Request) -> web.StreamResponse:
        _, failed = await self._enter(request, "delete")
        if failed:
            return failed
        post = self._named(request)
        if post is None:
            return _refused(404, "ActivityNotFoundInConversation")
        post.deleted = True
        self.called.set()
        return web.Response()

    def _named(self, request: web.Request) -> Post | None:
        place = unquote(request.match_info["conversation"]).partition(";")[0]
        wanted = request.match_info["activity"]
        return next((post for post in self.standing(place) if post.id == wanted), None)

    async def _members(self, request: web.Request) -> web.StreamResponse:
        chat, failed = await self._enter(request, "members")
        if failed or chat is None:
            return failed or _refused(404, "ConversationNotFound")
        start = int(request.query.get("continuationToken") or 0)
        size = min(int(request.query.get("pageSize", 200)), 500)
        shown = [self.people[member] for member in chat.members[start : start + size] if member in self.people]
        more = {"continuationToken": str(start + size)} if len(chat.members) > start + size else {}
        return web.json_response({"members": shown, **more})

    async def _member(self, request: web.Request) -> web.StreamResponse:
        chat, failed = await self._enter(request, "member")
        if failed or chat is None:
            return failed or _refused(404, "ConversationNotFound")
        wanted = unquote(request.match_info["member"])
        for member in chat.members:
            found = self.people.get(member)
            known = (found["id"],) if found and self.by_address_alone else found and (found["id"], found["aadObjectId"])
            if known and wanted in known:
                return web.json_response(found)
        return _refused(404, "MemberNotFoundInConversation")


class _DroppedError(Exception):
    """The connection goes, and with it the answer."""


def _complaint(activity: dict[str, Any], chat: Chat) -> tuple[int, str] | None:
    if len(json.dumps(activity, ensure_ascii=False).encode()) > LARGEST:
        return 413, "MessageSizeTooBig"
    for attachment in activity.get("attachments", ()):
        card = attachment["content"]
        text = json.dumps(card, ensure_ascii=False)
        for entity in (card.get("msteams") or {}).get("entities", ()):
            if entity["type"] != "mention" or entity["text"] not in text:
                return 400, "BadSyntax"
            # Teams drops it and may show the next mention at the wrong name, which nobody would notice here.
            if entity["mentioned"]["id"] not in chat.members:
                return 400, "MentionOfSomebodyElse"
    if not activity.get("text") and not activity.get("attachments"):
        return 400, "BadSyntax"
    return None


def _refused(status: int, code: str) -> web.Response:
    return web.json_response({"error": {"code": code, "message": code}}, status=status)


@web.middleware
async def _dropping(request: web.Request, handler: Any) -> web.StreamResponse:
    try:
        answer: web.StreamResponse = await handler(request)
    except _DroppedError:
        if request.transport:
            request.transport.abort()
        return web.Response()
    return answer


@asynccontextmanager
async def running(port: int = 0) -> AsyncIterator[Teams]:
    """Run it on this machine."""
    teams = Teams()
    app = teams.app()
    app.middlewares.append(_dropping)
    runner = web.AppRunner(app, shutdown_timeout=0.1, handler_cancellation=True)
    await runner.setup()
    try:
        site = web.TCPSite(runner, "127.0.0.1", port)
        await site.start()
        teams.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
        yield teams
    finally:
        await runner.cleanup()
