"""The people and places of the pretended Slack workspace, as Slack's Web API shows them."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass, field
from typing import Any

TEAM = "T1"
BOT_USER = "U0BOT"
BOT_ID = "B0BOT"
APP_ID = "A0KUDOS"
TOKEN = "xoxb-test"


def user(id: str, name: str, **more: Any) -> dict[str, Any]:
    """Make a user object. `more` overrides top-level fields; `email` goes into the profile."""
    email = more.pop("email", f"{id.lower()}@kudos.example")
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    made: dict[str, Any] = {
        "id": id,
        "team_id": TEAM,
        "name": plain.replace(" ", "."),
        "real_name": name,
        "deleted": False,
        "is_bot": False,
        "is_restricted": False,
        "is_ultra_restricted": False,
        "tz": "Europe/Stockholm",
        "locale": "en-GB",
        "profile": {"real_name": name, "display_name": plain.split()[0], "email": email, "team": TEAM},
    }
    return made | more


@dataclass
class Channel:
    """A conversation. The bot sees a private one only as a member."""

    id: str
    name: str = ""
    private: bool = False
    archived: bool = False
    members: list[str] = field(default_factory=list)
    im: bool = False

    def shown(self) -> dict[str, Any]:
        """Give it as conversations.info does."""
        if self.im:
            return {"id": self.id, "is_im": True, "is_archived": False, "user": self.members[0]}
        return {
            "id": self.id,
            "name": self.name,
            "is_channel": True,
            "is_im": False,
            "is_private": self.private,
            "is_archived": self.archived,
            "is_member": BOT_USER in self.members,
            "is_ext_shared": False,
        }


@dataclass
class Group:
    """A user group. Its name is its handle unless it has one."""

    id: str
    handle: str
    users: list[str]
    name: str = ""


def people() -> list[dict[str, Any]]:
    """Make the workspace's people: members, and one of each who cannot be recognised."""
    return [
        user(BOT_USER, "Kudos", is_bot=True),
        user("USLACKBOT", "Slackbot"),
        user("U1", "Anna Berg", locale="sv-SE"),
        user("U2", "Bo Ek"),
        user("U3", "Cleo Farrow", tz="Europe/London"),
        user("U4", "Anna Ågren", locale="sv-SE"),
        user("W5", "Dev Patel", tz="Asia/Kolkata"),
        user("U6", "Guest Person", is_restricted=True),
        user("U7", "Outside Person", is_stranger=True, team_id="T9"),
        user("U8", "Gone Person", deleted=True),
        user("U9", "Robot", is_bot=True),
    ]


def channels() -> list[Channel]:
    """Make the workspace's channels."""
    return [
        Channel("C1", "phone-team", members=[BOT_USER, "U1", "U2", "U3"]),
        Channel("C2", "general", members=["U1", "U2", "U3", "U4"]),
        Channel("C3", "old-team", archived=True, members=[BOT_USER, "U1"]),
        Channel("G1", "leads", private=True, members=[BOT_USER, "U1", "U2"]),
        Channel("G2", "secret", private=True, members=["U1"]),
    ]


def groups() -> list[Group]:
    """Make the workspace's user groups."""
    return [Group("S1", "phone-team", ["U1", "U2", "U3"]), Group("S2", "nobody", [])]
