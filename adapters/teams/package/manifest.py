"""The manifest of the Teams app and its texts in a language, as schema 1.29 has them.

https://learn.microsoft.com/microsoft-365/extensibility/schema/. Why each permission is asked for is in
docs/install-teams.md; a test holds the two together.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Final

from adapters.teams.package import words
from adapters.teams.package.words import Entry
from bot.i18n import LANGUAGES, SOURCE, Translator

COLOR: Final = "color.png"
OUTLINE: Final = "outline.png"

VERSION: Final = "1.0.0"
"""The package's own version, if none is given. Teams takes a changed package only under a higher one."""

PERMISSIONS: Final = ("identity", "messageTeamMembers")
"""No permission to read a conversation: Teams shows the bot what is addressed to it without one."""

ACCENT: Final = "#0f766e"
"""The ground of the colour icon."""

MAX_PUBLISHER: Final = 32

_SCHEMAS: Final = "https://developer.microsoft.com/json-schemas/teams/v1.29"
_ADDRESS: Final = re.compile(r"https://(?P<host>[a-z0-9-]+(?:\.[a-z0-9-]+)+(?::\d{1,5})?)/?", re.IGNORECASE)
_INSIDE: Final = (".local", ".localhost", ".internal", ".intranet", ".lan", ".home", ".home.arpa", ".corp")
"""Names that mean something within a network only."""

_GUID: Final = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_COMMAND: Final = re.compile(r"/[a-z0-9_-]{1,31}")
_VERSION: Final = re.compile(r"(?:0|[1-9]\d{0,4})(?:\.(?:0|[1-9]\d{0,4})){2}")
_PAGE: Final = re.compile(r"https://[^\s/]+\.[^\s/]+(?:/\S*)?")


@dataclass(frozen=True, slots=True)
class App:
    """What a package is made from. Raises ValueError with a sentence for what Teams would not take.

    `url` is where Teams reaches the bot: https, without a path. `id` is the app registration's, a GUID. `command` is
    the word before a kudos, with its slash. `publisher` and `about`, the address of a page, are shown to people who
    ask who is behind the app; without `about` it is the bot's own address. `slash` asks for slash commands.
    """

    url: str
    id: str
    command: str = "/kudos"
    publisher: str = "Kudos"
    about: str = ""
    version: str = VERSION
    slash: bool = False

    def __post_init__(self) -> None:
        """Refuse what Teams would."""
        for complaint in _complaints(self):
            raise ValueError(complaint)

    @property
    def host(self) -> str:
        """The host of `url`, with its port if it has one."""
        found = _ADDRESS.fullmatch(self.url)
        return found["host"].lower() if found else ""


def manifest(app: App, t: Translator) -> dict[str, Any]:
    """Give the manifest with its texts in one language."""
    about = app.about or f"https://{app.host}"
    shown = words.introduction(t, _word(app))
    return {
        "$schema": f"{_SCHEMAS}/MicrosoftTeams.schema.json",
        "manifestVersion": "1.29",
        "version": app.version,
        "id": app.id.lower(),
        "developer": {
            "name": app.publisher,
            "websiteUrl": about,
            "privacyUrl": about,
            "termsOfUseUrl": about,
        },
        "localizationInfo": {
            "defaultLanguageTag": SOURCE,
            "defaultLanguageFile": texts_file(SOURCE),
            "additionalLanguages": [
                {"languageTag": language, "file": texts_file(language)} for language in LANGUAGES if language != SOURCE
            ],
        },
        "name": {"short": shown.name, "full": shown.full_name},
        "description": {"short": shown.short, "full": shown.full},
        "icons": {"color": COLOR, "outline": OUTLINE},
        "accentColor": ACCENT,
        "bots": [_bot(app, t)],
        "composeExtensions": [_extension(app, t)],
        "defaultInstallScope": "personal",
        "defaultGroupCapability": {"team": "bot", "groupchat": "bot"},
        "permissions": list(PERMISSIONS),
        "validDomains": [app.host],
    }


def texts(app: App, t: Translator) -> dict[str, str]:
    """Give the texts of the manifest in one language, each under its place: what a localisation file holds."""
    made = manifest(app, t)
    found = {"$schema": f"{_SCHEMAS}/MicrosoftTeams.Localization.schema.json"}
    for part in ("name", "description"):
        found |= {f"{part}.{length}": made[part][length] for length in ("short", "full")}
    for position, menu in enumerate(made["bots"][0]["commandLists"]):
        found |= _placed(f"bots[0].commandLists[{position}]", menu["commands"])
    return found | _placed("composeExtensions[0]", made["composeExtensions"][0]["commands"])


def texts_file(language: str) -> str:
    """Give the name of a language's file in the package."""
    return f"{language}.json"


def _bot(app: App, t: Translator) -> dict[str, Any]:
    shared: dict[str, Any] = {
        "scopes": ["team", "groupChat"],
        "commands": _commands(words.shared_menu(t, _word(app))),
    }
    made: dict[str, Any] = {
        "botId": app.id.lower(),
        "scopes": ["personal", "team", "groupChat"],
        "isNotificationOnly": False,
        "supportsFiles": False,
        "supportsCalling": False,
        "supportsVideo": False,
        "commandLists": [
            {"scopes": ["personal"], "commands": _commands(words.personal_menu(t, _word(app)))},
            shared,
        ],
    }
    if app.slash:
        # Only where others read along: what comes after a slash reaches the bot alone.
        shared["triggers"] = ["mention", "slash"]
        made["supportsTargetedMessages"] = True
    return made


def _extension(app: App, t: Translator) -> dict[str, Any]:
    """Give what opens the form. Its first content is fetched from the bot, so there is none in the manifest."""
    compose: dict[str, Any] = {
        "id": "giveKudos",
        "type": "action",
        "context": ["compose"],
        "fetchTask": True,
        **words.compose_entry(t)._asdict(),
    }
    if app.slash:
        compose["triggers"] = ["slash"]
    message = {
        "id": "giveKudosForMessage",
        "type": "action",
        "context": ["message"],
        "fetchTask": True,
        **words.message_entry(t)._asdict(),
    }
    return {"botId": app.id.lower(), "commands": [compose, message]}


def _commands(menu: Iterable[Entry]) -> list[dict[str, str]]:
    return [entry._asdict() for entry in menu]


def _placed(where: str, commands: list[dict[str, Any]]) -> dict[str, str]:
    return {
        f"{where}.commands[{position}].{part}": command[part]
        for position, command in enumerate(commands)
        for part in Entry._fields
    }


def _complaints(app: App) -> Iterator[str]:
    if complaint := _of_address(app.url):
        yield f"{complaint}: give an address such as https://kudos.example, not {app.url!r}"
    if not _GUID.fullmatch(app.id):
        yield (
            f"{app.id!r} is no application ID, which looks like 0f8fad5b-d9cb-469f-a165-70867728950e: copy it from the "
            "app registration's Overview"
        )
    if not _COMMAND.fullmatch(app.command):
        yield f"{app.command!r} is no command: a slash, then up to 31 small letters, digits, - or _"
    if not app.publisher.strip() or len(app.publisher) > MAX_PUBLISHER:
        yield f"{app.publisher!r} is no name of a publisher, which has 1 to {MAX_PUBLISHER} characters"
    if app.about and not _PAGE.fullmatch(app.about):
        yield f"{app.about!r} is no page that people could open: give an address that begins with https://"
    if not _VERSION.fullmatch(app.version):
        yield f"{app.version!r} is no version of a package: give three numbers, such as {VERSION}"


def _of_address(url: str) -> str:
    """Say why Teams could not reach the bot there; nothing if it could."""
    scheme, _, rest = url.partition("://")
    name, colon, port = rest.partition("/")[0].rpartition("@")[2].rpartition(":")
    host = (name if colon and not port.endswith("]") else f"{name}{colon}{port}").strip("[]").lower()
    if scheme != "https" or not host:
        return "Teams calls https addresses only"
    if not _is_public(host):
        return f"Teams calls from the internet, where {host} means nothing"
    if colon and not (port.isdecimal() and int(port) in range(1, 2**16)):
        return "What stands behind the colon is no port"
    return "" if _ADDRESS.fullmatch(url) else "Ours has a host, perhaps a port, and no path or anything else"


def _is_public(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_global
    except ValueError:
        return "." in host and not host.endswith(_INSIDE)


def _word(app: App) -> str:
    return app.command.removeprefix("/")
