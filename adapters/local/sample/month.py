"""A month of kudos as people really write them, in both languages."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from adapters.local.sample.calendar import moment, rows


@dataclass(frozen=True, slots=True)
class SampleKudos:
    """One kudos of the past. Handles; the text as typed, with its #behaviour; when, aware."""

    giver: str
    receivers: tuple[str, ...]
    text: str
    at: datetime
    private: bool


def history(now: datetime) -> list[SampleKudos]:
    """Give the month's kudos, oldest first."""
    given = [
        SampleKudos(
            row["giver"],
            tuple(row["receivers"].split()),
            row["text"],
            moment(now, int(row["days"]), row["clock"]),
            row["seen"] == "private",
        )
        for row in rows("kudos.tsv")
    ]
    return sorted(given, key=lambda one: one.at)
