"""The people of the sample contact centre, their teams and channels."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from adapters.local.chat import Channel, Resident
from bot.identity import AccountRef, Platform, WorkspaceRef
from bot.ports import Profile

NAME: Final = "Northlight Contact Centre"
WORKSPACE: Final = WorkspaceRef(Platform.LOCAL, "northlight")

_STOCKHOLM: Final = "Europe/Stockholm"
_LONDON: Final = "Europe/London"


@dataclass(frozen=True, slots=True)
class SampleTeam:
    """A team: its name, its channel's id, what its customers use, its zone and language, its people's handles."""

    name: str
    channel: str
    service_channel: str
    timezone: str
    language: str
    supervisors: tuple[str, ...]
    agents: tuple[str, ...]


# Handle, name, role, team, locale, zone. Two Annas, so that a first name alone is a question; one very long name.
_PEOPLE: Final = (
    ("maja.lindqvist", "Maja Lindqvist", "agent", "Phone", "en-GB", _STOCKHOLM),
    ("anna.bergstrom", "Anna Bergström", "agent", "Phone", "sv-SE", _STOCKHOLM),
    ("oskar.nyberg", "Oskar Nyberg", "agent", "Phone", "sv-SE", _STOCKHOLM),
    ("amina.yusuf", "Amina Yusuf", "agent", "Phone", "en-GB", _STOCKHOLM),
    ("tomasz.zielinski", "Tomasz Zieliński", "agent", "Phone", "en-GB", _STOCKHOLM),
    ("karin.astrom", "Karin Åström", "supervisor", "Phone", "sv-SE", _STOCKHOLM),
    ("bo.sandstrom", "Bo Sandström", "agent", "E-mail", "sv-SE", _STOCKHOLM),
    ("anna.kowalska", "Anna Kowalska", "agent", "E-mail", "en-GB", _LONDON),
    ("leyla.demirtas", "Leyla Demirtaş", "agent", "E-mail", "sv-SE", _STOCKHOLM),
    ("sofia.hellgren", "Sofia Hellgren", "agent", "E-mail", "sv-SE", _STOCKHOLM),
    ("james.whitfield", "James Whitfield", "agent", "E-mail", "en-GB", _LONDON),
    ("daniel.okafor", "Daniel Okafor", "supervisor", "E-mail", "en-GB", _LONDON),
    ("elias.virtanen", "Elias Virtanen", "agent", "Chat", "sv-SE", _STOCKHOLM),
    ("priya.raman", "Priya Raman", "agent", "Chat", "en-GB", _LONDON),
    ("nils.andersson", "Nils Andersson", "agent", "Chat", "sv-SE", _STOCKHOLM),
    ("zara.haddad", "Zara Haddad", "agent", "Chat", "en-GB", _STOCKHOLM),
    (
        "alexandra.wennergren",
        "Alexandra Wennergren-Papadopoulos af Ekenstam",
        "agent",
        "Chat",
        "sv-SE",
        _STOCKHOLM,
    ),
    ("petra.holm", "Petra Holm", "supervisor", "Chat", "sv-SE", _STOCKHOLM),
    ("ingrid.falk", "Ingrid Falk", "head", "", "sv-SE", _STOCKHOLM),
)

_CHANNEL_OF: Final = {"Phone": "phone", "E-mail": "email", "Chat": "chat"}

_LANGUAGE_OF: Final = {"Phone": "en", "E-mail": "en", "Chat": "sv"}

AWAY: Final = ("priya.raman",)
"""Who is on leave, so that one sees that nobody is told of her."""

_TOPICS: Final = {
    "all-hands": "Everyone at Northlight. News, thanks and birthdays.",
    "phone": "Team Phone: who is on, what is odd today, who did well.",
    "email": "Team E-mail: templates, tricky cases, thanks.",
    "chat": "Team Chat: live chat and messaging, 08–20.",
}


def people() -> list[Profile]:
    """Give everyone."""
    return [one.profile for one in residents()]


def residents() -> list[Resident]:
    """Give everyone with what they are and where."""
    return [
        Resident(
            Profile(
                AccountRef(WORKSPACE, handle),
                name,
                handle=handle,
                email=f"{handle}@northlight.example",
                locale=locale,
                timezone=timezone,
            ),
            role,
            team,
        )
        for handle, name, role, team, locale, timezone in _PEOPLE
    ]


def teams() -> list[SampleTeam]:
    """Give the teams. The head of the centre is in none."""
    return [
        SampleTeam(
            name,
            channel,
            channel,
            _STOCKHOLM,
            _LANGUAGE_OF[name],
            tuple(handle for handle, _, role, team, _, _ in _PEOPLE if team == name and role == "supervisor"),
            tuple(handle for handle, _, role, team, _, _ in _PEOPLE if team == name and role == "agent"),
        )
        for name, channel in _CHANNEL_OF.items()
    ]


def channels() -> list[Channel]:
    """Give the channels: one for all, one per team with the head of the centre in each."""
    everyone = tuple(handle for handle, *_ in _PEOPLE)
    head = tuple(handle for handle, _, role, *_ in _PEOPLE if role == "head")
    by_team = [
        Channel(team.channel, team.channel, _TOPICS[team.channel], (*team.supervisors, *team.agents, *head))
        for team in teams()
    ]
    return [Channel("all-hands", "all-hands", _TOPICS["all-hands"], everyone), *by_team]
