"""Where the sample's past lies: on working days before now, whenever now is."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from datetime import datetime, time, timedelta
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

ZONE: Final = ZoneInfo("Europe/Stockholm")
_SATURDAY: Final = 5


def moment(now: datetime, days: int, clock: str) -> datetime:
    """Give a time of day ("14:05", Stockholm) on the `days`th working day before today; 1 is the latest. Aware."""
    day = now.astimezone(ZONE).date()
    left = days
    while left:
        day -= timedelta(days=1)
        left -= day.weekday() < _SATURDAY
    return datetime.combine(day, time.fromisoformat(clock), ZONE)


def rows(name: str) -> Iterator[dict[str, str]]:
    """Read one of the tables beside this module. `days` are working days before today, `clock` is Stockholm's."""
    with (Path(__file__).parent / name).open(encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE)
