"""A contact centre to try things in: people, teams, channels, a month of kudos and talk. Data, the same every time."""

from __future__ import annotations

from adapters.local.sample.centre import AWAY, NAME, WORKSPACE, SampleTeam, channels, people, residents, teams
from adapters.local.sample.chatter import SampleTalk, talk
from adapters.local.sample.month import SampleKudos, history

__all__ = [
    "AWAY",
    "NAME",
    "WORKSPACE",
    "SampleKudos",
    "SampleTalk",
    "SampleTeam",
    "channels",
    "history",
    "people",
    "residents",
    "talk",
    "teams",
]
