"""What a card carries along and brings back, sealed: the reader's client holds it in between and could change it."""

from __future__ import annotations

import hmac
from base64 import urlsafe_b64encode
from hashlib import sha256
from typing import Any, Final

import msgspec

KEY: Final = "kudos"
"""Under which name our own things are in a card's data, beside the values of its inputs."""

_BYTES: Final = 12


class Pressed(msgspec.Struct, frozen=True, omit_defaults=True):
    """A button."""

    do: str
    value: str = ""
    seal: str = ""


class Sent(msgspec.Struct, frozen=True, omit_defaults=True):
    """A form. `drawn` is the form itself as JSON, to draw it again; `id` is its own; `place` is where it is about."""

    drawn: str
    id: str
    place: str = ""
    seal: str = ""


class Seal:
    """Seals with a key of its own, made of the bot's secret key: cards outlive every other secret."""

    def __init__(self, secret: bytes) -> None:
        if not secret:
            reason = "a seal without a secret is none"
            raise ValueError(reason)
        self._key = sha256(b"kudos teams seal\0" + secret).digest()

    def button(self, do: str, value: str) -> dict[str, Any]:
        """Give a button's data."""
        return {KEY: msgspec.to_builtins(Pressed(do, value, self._over("button", do, value)))}

    def form(self, drawn: str, id: str, place: str) -> dict[str, Any]:
        """Give a form's data."""
        return {KEY: msgspec.to_builtins(Sent(drawn, id, place, self._over("form", drawn, id, place)))}

    def open(self, data: Any) -> Pressed | Sent | None:
        """Read data that came back; None if it is not ours or was changed."""
        kept = data.get(KEY) if isinstance(data, dict) else None
        try:
            if isinstance(kept, dict) and "drawn" in kept:
                sent = msgspec.convert(kept, Sent)
                return sent if self._holds(sent.seal, "form", sent.drawn, sent.id, sent.place) else None
            pressed = msgspec.convert(kept, Pressed)
        except msgspec.ValidationError:
            return None
        return pressed if self._holds(pressed.seal, "button", pressed.do, pressed.value) else None

    def _holds(self, seal: str, *parts: str) -> bool:
        return hmac.compare_digest(self._over(*parts).encode(), seal.encode(errors="replace"))

    def _over(self, *parts: str) -> str:
        mac = hmac.new(self._key, msgspec.json.encode(parts), sha256).digest()
        return urlsafe_b64encode(mac[:_BYTES]).decode()
