"""What an activity tells of whoever acted."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from msgspec.structs import replace

from adapters.teams.activity import Account, Activity, Conversation
from adapters.teams.sightings import acted
from adapters.teams.store import Contact
from bot.identity import AccountRef, Platform, WorkspaceRef
from bot.ports import Standing

TENANT = WorkspaceRef(Platform.TEAMS, "tenant")
MET = Contact(
    account=AccountRef(TENANT, "anna"),
    address="29:anna",
    name="Anna Berg",
    email="anna@example.com",
    locale="sv-SE",
    timezone="Europe/Stockholm",
    standing=Standing.GUEST,
    chat="a:anna",
    service="https://emea/",
    blocked_at=datetime(2026, 11, 2, tzinfo=UTC),
)
IN_CHANNEL = Activity(type="message", conversation=Conversation("19:phone@thread.tacv2", "channel"))


def test_an_act_that_tells_nothing_leaves_what_is_known():
    assert acted(MET, IN_CHANNEL, "tenant") == MET


@pytest.mark.parametrize(
    ("told", "known"),
    [
        ({"sender": Account("29:new")}, {"address": "29:new"}),
        ({"sender": Account("29:anna", " Anna\u202e  Lind ")}, {"name": "Anna Lind"}),
        ({"sender": Account("29:anna", tenant_id="another")}, {"standing": Standing.STRANGER}),
        ({"locale": "en-GB"}, {"locale": "en-GB"}),
        ({"local_timezone": "Europe/London"}, {"timezone": "Europe/London"}),
        ({"service_url": "https://amer/"}, {"service": "https://amer/"}),
        ({"conversation": Conversation("a:new", "personal")}, {"chat": "a:new", "blocked_at": None}),
    ],
)
def test_an_act_that_tells_something_changes_that_alone(told, known):
    fresh = acted(MET, replace(IN_CHANNEL, **told), "tenant")
    assert {name: getattr(fresh, name) for name in known} == known
    assert {name for name in Contact.__dataclass_fields__ if getattr(fresh, name) != getattr(MET, name)} == set(known)
