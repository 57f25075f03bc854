"""How Teams writes ids: of bots and people as one registration addresses them, and of people in the directory."""

from __future__ import annotations

import re
from typing import Final

BOT: Final = "28:"
"""A bot's id begins so, and goes on with its registration's."""

USER: Final = "29:"
"""A person's begins so. It is good for one registration only."""

_OBJECT_ID: Final = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)


def is_object_id(id: str) -> bool:
    """Say whether it is an id in the directory. An emulator may know people by it, and by no other."""
    return _OBJECT_ID.fullmatch(id) is not None
