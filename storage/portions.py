"""Asking about many without asking for more at once than a database takes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, TypeVar

AT_ONCE: Final = 1000
"""Values in one question. Both databases stop somewhere above 32,000."""

_Value = TypeVar("_Value")


def portions(values: Sequence[_Value]) -> list[Sequence[_Value]]:
    """Give them in parts of which each fits into one question."""
    return [values[start : start + AT_ONCE] for start in range(0, len(values), AT_ONCE)]
