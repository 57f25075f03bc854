"""Ordinary talk, so that the channels look like places where people work."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from adapters.local.sample.calendar import moment, rows


@dataclass(frozen=True, slots=True)
class SampleTalk:
    """Something said: where (channel id), by whom (handle), what, when (aware)."""

    channel: str
    author: str
    text: str
    at: datetime


def talk(now: datetime) -> list[SampleTalk]:
    """Give what was said before now, oldest first."""
    said = [
        SampleTalk(row["channel"], row["author"], row["text"], moment(now, int(row["days"]), row["clock"]))
        for row in rows("talk.tsv")
    ]
    return sorted(said, key=lambda one: one.at)
