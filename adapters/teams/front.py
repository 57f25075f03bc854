"""The Teams adapter put together, for the front door."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from http import HTTPStatus
from typing import Final

import aiohttp
import msgspec
from starlette.routing import BaseRoute, Route

from adapters.door import JSON, Reply
from adapters.teams.activity import Activity
from adapters.teams.acts import Acts
from adapters.teams.answers import Answers
from adapters.teams.config import TeamsConfig
from adapters.teams.connector import Connector
from adapters.teams.contacts import Contacts
from adapters.teams.desk import FrontDesk
from adapters.teams.directory import TeamsDirectory
from adapters.teams.events import Events, Hearers
from adapters.teams.guard import Guard
from adapters.teams.leavers import Leavers
from adapters.teams.outbound import TeamsPlatform
from adapters.teams.render import ChartAddress, nowhere
from adapters.teams.sdk import Turns
from adapters.teams.seal import Seal
from adapters.teams.sign_in import SignIn
from adapters.teams.store import TeamsStore
from adapters.teams.tokens import KeySet, Tokens
from bot.answer import Dispatch
from bot.identity import WorkspaceRef

PATH: Final = "/api/messages"
NAME: Final = "Microsoft Teams"
"""What a tenant is called here: Teams does not tell a bot its name."""


@dataclass(frozen=True, slots=True)
class Teams:
    """A connected tenant and its two ends."""

    workspace: WorkspaceRef
    name: str
    platform: TeamsPlatform
    directory: TeamsDirectory
    routes: list[BaseRoute]


async def connect(
    config: TeamsConfig,
    dispatch: Dispatch,
    hearers: Hearers,
    stack: AsyncExitStack,
    *,
    store: TeamsStore,
    secret_key: bytes,
    chart_address: ChartAddress = nowhere,
) -> Teams:
    """Connect to the tenant that the registration is for, without waiting for Microsoft.

    `secret_key` is what cards are sealed with. What is opened is closed by `stack`.
    """
    # No total time limit here: each call has its own. No cookies: the tenant's answers are nobody's session.
    session = await stack.enter_async_context(
        aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=100, keepalive_timeout=60),
            cookie_jar=aiohttp.DummyCookieJar(),
            timeout=aiohttp.ClientTimeout(total=None),
        )
    )
    sign_in = SignIn(config)
    stack.push_async_callback(sign_in.close)
    sign_in.begin()
    connector = Connector(session, sign_in)
    workspace = config.workspace
    contacts = Contacts(workspace, store, hearers.learn, admins=config.admins)
    seal = Seal(secret_key)
    directory = TeamsDirectory(contacts, connector)
    platform = TeamsPlatform(
        config.app_id, contacts, connector, seal, members=directory.members, chart_address=chart_address
    )
    # The first name that somebody types must not wait for everybody's.
    directory.warm()
    stack.push_async_callback(directory.close)
    leavers = Leavers(contacts, directory, connector)
    leavers.start()
    stack.push_async_callback(leavers.close)
    answers = Answers(platform, directory, contacts, seal, chart_address)
    stack.push_async_callback(answers.close)
    desk = FrontDesk(
        dispatch,
        Acts(workspace, directory, seal, config.command),
        answers,
        contacts,
        directory,
        events=Events(contacts, directory, answers, hearers=hearers, command=config.command),
        hearers=hearers,
        command=config.command,
    )
    guard = Guard(_door(desk), _tokens(config, session, stack), config.tenant or None, anonymous=config.anonymous)
    return Teams(workspace, NAME, platform, directory, [Route(PATH, guard)])


def _tokens(config: TeamsConfig, session: aiohttp.ClientSession, stack: AsyncExitStack) -> Tokens | None:
    if not config.app_id:
        return None
    keys = KeySet(config.keys_url, session)
    stack.push_async_callback(keys.close)
    return Tokens(config.app_id, keys, time.time)


def _door(desk: FrontDesk) -> Callable[[Activity], Awaitable[Reply]]:
    turns = Turns(desk)

    async def take(activity: Activity) -> Reply:
        answer = await turns.take(activity)
        if answer is not None:
            return Reply(msgspec.json.encode(answer), JSON)
        # What Teams asks and nobody answers is "not implemented", as botbuilder says too.
        return Reply(status=HTTPStatus.NOT_IMPLEMENTED) if activity.type == "invoke" else Reply()

    return take
