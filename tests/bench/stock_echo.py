"""The stock framework to measure against: botbuilder's CloudAdapter with an echo, as Microsoft's samples have it.

https://github.com/microsoft/BotBuilder-Samples, python/02.echo-bot. Keys are fetched from the stand-in,
and the token for the connector is there from the start: the network to Microsoft is not what is measured.
"""

from __future__ import annotations

import sys
from types import SimpleNamespace
from typing import Any

from aiohttp import web
from botbuilder.core import ActivityHandler, TurnContext
from botbuilder.integration.aiohttp import CloudAdapter, ConfigurationBotFrameworkAuthentication
from botframework.connector.auth import MicrosoftAppCredentials, PasswordServiceClientCredentialFactory

from tests.servers.connector import APP, ISSUER, PASSWORD, TENANT


class Echo(ActivityHandler):
    async def on_message_activity(self, turn_context: TurnContext) -> None:
        await turn_context.send_activity(f"Echo: {turn_context.activity.text}")


class SignedIn(MicrosoftAppCredentials):
    def get_access_token(self, force_refresh: bool = False) -> str:  # noqa: ARG002, FBT001, FBT002 as botbuilder has it
        return "bench"


class Credentials(PasswordServiceClientCredentialFactory):
    async def create_credentials(self, *_: Any, **__: Any) -> SignedIn:
        return SignedIn(APP, PASSWORD, TENANT, "https://api.botframework.com")


def app(stand_in: str) -> web.Application:
    """Make the application."""
    settings = SimpleNamespace(
        APP_ID=APP,
        APP_PASSWORD=PASSWORD,
        APP_TYPE="SingleTenant",
        APP_TENANTID=TENANT,
        TO_CHANNEL_FROM_BOT_LOGIN_URL="https://login.microsoftonline.com/botframework.com",
        TO_CHANNEL_FROM_BOT_OAUTH_SCOPE="https://api.botframework.com",
        TO_BOT_FROM_CHANNEL_TOKEN_ISSUER=ISSUER,
        OAUTH_URL="https://token.botframework.com",
        TO_BOT_FROM_CHANNEL_OPENID_METADATA_URL=f"{stand_in}/v1/.well-known/openidconfiguration",
        TO_BOT_FROM_EMULATOR_OPENID_METADATA_URL=f"{stand_in}/v1/.well-known/openidconfiguration",
    )
    credentials = Credentials(APP, PASSWORD, TENANT)
    adapter = CloudAdapter(ConfigurationBotFrameworkAuthentication(settings, credentials_factory=credentials))
    bot = Echo()

    async def messages(request: web.Request) -> web.Response:
        return await adapter.process(request, bot)

    made = web.Application()
    made.router.add_post("/api/messages", messages)
    return made


if __name__ == "__main__":
    web.run_app(app(sys.argv[2]), host="127.0.0.1", port=int(sys.argv[1]), print=None)
