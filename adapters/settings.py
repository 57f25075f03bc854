"""The configuration: environment variables, read once at the front door.

Half a configuration stops the start with a `SettingsError`: sentences that name the variable and say what to do. No
value of a variable is ever part of one, since half of them are secrets.
"""

from __future__ import annotations

import ipaddress
import os
import re
import secrets
from collections.abc import Iterator
from datetime import timedelta
from enum import StrEnum
from typing import Annotated, Final
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

SECRET_KEY_LEAST: Final = 32
"""Characters of SECRET_KEY: 32 of base64 are 192 bits, beyond any guessing."""

MAKE_A_KEY: Final = "python3 -c 'import secrets; print(secrets.token_urlsafe(48))'"

SLACK_API: Final = "https://slack.com/api/"


class SettingsError(Exception):
    """The configuration cannot be started with. Its text is for the operator, a sentence per line."""


class Use(StrEnum):
    """What a command needs of the configuration.

    SERVE needs all of it. ASK needs the database, and the chat platforms to ask them something. MAINTAIN needs the
    database only, and takes any other setting that cannot be used as if it were not set. DEMO needs nothing, and takes
    neither secrets nor chat platforms from the environment, so that trying it out never touches the real thing.
    """

    SERVE = "serve"
    ASK = "ask"
    MAINTAIN = "maintain"
    DEMO = "demo"


class LogFormat(StrEnum):
    """How log lines are written. AUTO is CONSOLE where the error output is a terminal, JSON elsewhere."""

    AUTO = "auto"
    CONSOLE = "console"
    JSON = "json"


_DATABASES: Final = re.compile(r"sqlite(\+aiosqlite)?:///(?!:memory:).+|postgres(ql)?(\+asyncpg)?://.+")

_GUID: Final = r"^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$"
_GUID_EXAMPLE: Final = "0f8fad5b-d9cb-469f-a165-70867728950e"

_EXPECTED: Final = {
    "DATABASE_URL": "begins with sqlite:/// and a path, or with postgresql://, for example postgresql://kudos:PASSWORD@localhost/kudos",
    "SECRET_KEY": f"is at least {SECRET_KEY_LEAST} characters that nobody can guess; make one with: {MAKE_A_KEY}",
    "PUBLIC_URL": "is the address people reach the bot at, such as https://kudos.example; http:// only on this machine",
    "PORT": "is a whole number from 0 to 65535",
    "SLACK_API_URL": "begins with https:// (http:// only for this machine itself); leave it unset to use Slack's own",
    "TEAMS_APP_ID": f"is the app registration's Application (client) ID, such as {_GUID_EXAMPLE}",
    "TEAMS_TENANT_ID": f"is the Directory (tenant) ID of your organisation, such as {_GUID_EXAMPLE}",
    "TEAMS_ADMINS": f"is Object IDs of people in Microsoft Entra with commas between them, such as {_GUID_EXAMPLE}",
    "TEAMS_ALLOW_ANONYMOUS": "is true or false; leave it unset but for an emulator on this machine",
    "TEAMS_LOGIN_URL": "is an address on this machine, such as http://127.0.0.1:4100; unset, it is Microsoft's own",
    "KUDOS_COMMAND": "is a slash and up to 31 small letters, digits, - or _, such as /kudos",
    "DELIVERY_LEASE_SECONDS": "is a number of seconds from 1 to 3600",
    "LOG_FORMAT": "is auto, console or json",
    "LOG_LEVEL": "is debug, info, warning or error",
}

_NOT_YET: Final = {
    "SLACK_CLIENT_ID": "installing into several Slack workspaces",
    "SLACK_CLIENT_SECRET": "installing into several Slack workspaces",
    "SLACK_APP_TOKEN": "Slack's Socket Mode",
}


def is_loopback(host: str) -> bool:
    """Say whether a host name means this machine and no other."""
    if host.lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _known_database(url: SecretStr) -> SecretStr:
    if not _DATABASES.fullmatch(url.get_secret_value()):
        raise ValueError
    return url


def _safe_address(url: str) -> str:
    """Refuse an address over which secrets would travel in clear text."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    if not host or not (parts.scheme == "https" or (parts.scheme == "http" and is_loopback(host))):
        raise ValueError
    return url.rstrip("/")


def _on_this_machine(url: str) -> str:
    """Refuse an address elsewhere: who may name Microsoft's keys may forge its requests."""
    if not is_loopback(urlsplit(url).hostname or ""):
        raise ValueError
    return _safe_address(url)


def _object_ids(ids: str) -> str:
    """Refuse what is no list of directory ids: a name or an address would make nobody an administrator."""
    # A comma too many names nobody.
    named = [each.strip() for each in ids.split(",") if each.strip()]
    if not named or not all(re.match(_GUID, each) for each in named):
        raise ValueError
    return ",".join(named)


def _long_enough(key: SecretStr) -> SecretStr:
    if len(key.get_secret_value()) < SECRET_KEY_LEAST:
        raise ValueError
    return key


class Settings(BaseSettings):
    """Everything that can be configured, under the variable of the same name. docs/reference/settings.md explains it.

    `slack_api_url` ends in a slash; `public_url` does not.
    """

    model_config = SettingsConfigDict(frozen=True, extra="ignore", env_ignore_empty=True)

    database_url: Annotated[SecretStr, AfterValidator(_known_database)] = SecretStr("sqlite:///var/kudos.db")
    secret_key: Annotated[SecretStr, AfterValidator(_long_enough)]
    public_url: Annotated[str, AfterValidator(_safe_address)] = "http://127.0.0.1:8000"
    host: str = "127.0.0.1"
    port: int = Field(default=8000, ge=0, le=65535)
    slack_signing_secret: SecretStr | None = None
    slack_bot_token: SecretStr | None = None
    slack_api_url: Annotated[str, AfterValidator(_safe_address), AfterValidator(lambda url: f"{url}/")] = SLACK_API
    teams_app_id: str | None = Field(default=None, pattern=_GUID)
    teams_app_password: SecretStr | None = None
    teams_tenant_id: str | None = Field(default=None, pattern=_GUID)
    teams_admins: Annotated[str, AfterValidator(_object_ids)] | None = None
    teams_allow_anonymous: bool = False
    teams_login_url: Annotated[str, AfterValidator(_on_this_machine)] | None = None
    kudos_command: str = Field(default="/kudos", pattern=r"^/[a-z0-9_-]{1,31}$")
    delivery_lease_seconds: float = Field(default=30, ge=1, le=3600)
    log_format: LogFormat = LogFormat.AUTO
    log_level: str = Field(default="info", pattern=r"^(debug|info|warning|error)$")

    @property
    def slack_enabled(self) -> bool:
        """Whether a Slack workspace is configured."""
        return self.slack_bot_token is not None

    @property
    def teams_enabled(self) -> bool:
        """Whether a Teams tenant is configured, or an emulator of one is let in."""
        return self.teams_app_id is not None or self.teams_allow_anonymous

    @property
    def teams_administrators(self) -> frozenset[str]:
        """The Entra object ids of those who administer the bot in Teams, in small letters."""
        return frozenset((self.teams_admins or "").lower().split(",")) - {""}

    @property
    def delivery_lease(self) -> timedelta:
        """How long a worker may hold a message before another takes it over."""
        return timedelta(seconds=self.delivery_lease_seconds)


def load_settings(use: Use = Use.SERVE) -> Settings:
    """Read the environment. Raises SettingsError with everything that is wrong, not only the first."""
    given = _not_from_the_environment(use)
    try:
        settings = Settings.model_validate(given)
    except ValidationError as error:
        wrong = {str(problem["loc"][0]): str(problem["type"]) for problem in error.errors()}
        if use is Use.MAINTAIN and "database_url" not in wrong:
            unset = {name: Settings.model_fields[name].get_default() for name in wrong}
            return Settings.model_validate(given | unset)
        raise SettingsError("\n".join(_sentence(name.upper(), kind) for name, kind in wrong.items())) from None
    problems = {
        Use.SERVE: _half_configured,
        Use.ASK: _half_configured,
        Use.MAINTAIN: lambda _: iter(()),
        Use.DEMO: _not_for_the_demo,
    }[use](settings)
    if text := "\n".join(problems):
        raise SettingsError(text)
    return settings


def _not_from_the_environment(use: Use) -> dict[str, object]:
    passing_key = secrets.token_urlsafe(SECRET_KEY_LEAST)
    match use:
        case Use.SERVE:
            return {}
        case Use.ASK | Use.MAINTAIN:
            return {"secret_key": passing_key}
        case Use.DEMO:
            own: dict[str, object] = {
                "secret_key": passing_key,
                "public_url": "http://127.0.0.1:8000",
                "slack_signing_secret": None,
                "slack_bot_token": None,
                "slack_api_url": SLACK_API,
                "teams_app_id": None,
                "teams_app_password": None,
                "teams_tenant_id": None,
                "teams_admins": None,
                "teams_allow_anonymous": False,
                "teams_login_url": None,
            }
            if not os.environ.get("LOG_LEVEL"):
                own["log_level"] = "warning"  # the invitation is what a person should see, not each delivery
            return own if os.environ.get("DATABASE_URL") else own | {"database_url": "sqlite:///var/demo.db"}


def _sentence(name: str, kind: str) -> str:
    start = f"{name} is not set. It" if kind == "missing" else f"{name} cannot be used as it is. It"
    return f"{start} {_EXPECTED[name]}."


def _half_configured(settings: Settings) -> Iterator[str]:
    for name, what in _NOT_YET.items():
        if os.environ.get(name):
            yield f"{name} is set, but {what} is not part of this release: unset it."
    if settings.slack_bot_token and not settings.slack_signing_secret:
        yield (
            "SLACK_SIGNING_SECRET is not set, though SLACK_BOT_TOKEN is: without it Slack's requests cannot be told "
            "from forged ones. Copy it from your Slack app's page, Basic Information, App Credentials."
        )
    if settings.slack_signing_secret and not settings.slack_bot_token:
        yield (
            "SLACK_BOT_TOKEN is not set, though SLACK_SIGNING_SECRET is: without it nothing can be posted. Copy it "
            "from your Slack app's page, OAuth & Permissions, Bot User OAuth Token."
        )
    yield from _half_of_teams(settings)


_OF_TEAMS: Final = {
    "TEAMS_APP_ID": "the app registration's Overview, Application (client) ID",
    "TEAMS_APP_PASSWORD": "the app registration's Certificates & secrets, Client secrets, the Value of a new one",
    "TEAMS_TENANT_ID": "the app registration's Overview, Directory (tenant) ID",
}


def _half_of_teams(settings: Settings) -> Iterator[str]:
    missing = [name for name in _OF_TEAMS if getattr(settings, name.lower()) is None]
    if settings.teams_app_id is None and settings.teams_allow_anonymous:
        # An emulator has no registration; a tenant may name the workspace all the same.
        missing = ["TEAMS_APP_ID"] if settings.teams_app_password else []
    if 0 < len(missing) < len(_OF_TEAMS):
        for name in missing:
            yield f"{name} is not set, though other TEAMS_ variables are. Copy it from {_OF_TEAMS[name]}."
    yield from _mixed_up_in_teams(settings)
    if settings.teams_allow_anonymous and settings.teams_app_password:
        yield (
            "TEAMS_ALLOW_ANONYMOUS is set together with TEAMS_APP_PASSWORD: whoever is on this machine could act as "
            "anybody in your tenant. Unset TEAMS_ALLOW_ANONYMOUS, or for an emulator TEAMS_APP_PASSWORD."
        )
    if settings.teams_admins and not settings.teams_enabled:
        yield "TEAMS_ADMINS is set, but Teams is not switched on: set TEAMS_APP_ID and what goes with it, or unset it."
    if settings.teams_allow_anonymous and not (
        is_loopback(settings.host) and is_loopback(urlsplit(settings.public_url).hostname or "")
    ):
        yield (
            "TEAMS_ALLOW_ANONYMOUS is set, but HOST or PUBLIC_URL is not this machine alone: anybody could act as "
            "anybody. Unset it, or let both be 127.0.0.1."
        )


def _mixed_up_in_teams(settings: Settings) -> Iterator[str]:
    """Find what stands beside the right value on Microsoft's page and was copied in its place."""
    password = settings.teams_app_password
    if password and re.match(_GUID, password.get_secret_value().strip()):
        yield (
            "TEAMS_APP_PASSWORD looks like the Secret ID of a client secret, and its Value is needed. Microsoft shows "
            "the Value only once: make a new secret under Certificates & secrets, and copy that column."
        )
    app, tenant = settings.teams_app_id, settings.teams_tenant_id
    if app and tenant and app.lower() == tenant.lower():
        yield (
            "TEAMS_TENANT_ID is the same as TEAMS_APP_ID, which cannot be. The app registration's Overview has both: "
            "Application (client) ID is TEAMS_APP_ID, Directory (tenant) ID is TEAMS_TENANT_ID."
        )


def _not_for_the_demo(settings: Settings) -> Iterator[str]:
    if not is_loopback(settings.host):
        yield (
            "HOST is set to an address that others can reach, but the demo has no login: anyone could be anyone. Unset "
            "it, or set it to 127.0.0.1."
        )
    if not settings.database_url.get_secret_value().startswith("sqlite"):
        yield "DATABASE_URL is set, but the demo puts sample people into a database of its own: unset it."
