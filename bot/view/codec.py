"""Messages and forms as versioned JSON, for the outbox and for what a button or form carries along.

A row written by one release may be read by the next, and during a rolling upgrade by the one before: new fields get
defaults, and a change that an older reader would misread raises `VERSION`.
"""

from __future__ import annotations

from typing import Final, TypeVar

import msgspec

from bot.view.message import Message

VERSION: Final = 1

_UNREADABLE: Final = (msgspec.DecodeError, UnicodeError, RecursionError)
"""What msgspec raises for text that is not what was asked for, not Unicode, or nested without end."""


class _Envelope(msgspec.Struct, frozen=True):
    v: int
    message: msgspec.Raw


class UnreadableViewError(ValueError):
    """The JSON is not a message of a version this release reads."""


_encoder = msgspec.json.Encoder()
_envelopes = msgspec.json.Decoder(_Envelope)
_messages = msgspec.json.Decoder(Message)

T = TypeVar("T", bound=msgspec.Struct)


def encode(message: Message) -> str:
    """Give a message as JSON text."""
    return _encoder.encode({"v": VERSION, "message": message}).decode()


def decode(text: str | bytes) -> Message:
    """Read what `encode` wrote. Raises UnreadableViewError."""
    try:
        envelope = _envelopes.decode(text)
        if envelope.v != VERSION:
            reason = f"version {envelope.v}"
            raise UnreadableViewError(reason)
        return _messages.decode(envelope.message)
    except _UNREADABLE as error:
        raise UnreadableViewError(str(error)) from error


def pack(value: msgspec.Struct) -> str:
    """Give a small struct as the text that a button's value or a form's state carries."""
    return _encoder.encode(value).decode()


def unpack(text: str, kind: type[T]) -> T:
    """Read what `pack` wrote. Raises UnreadableViewError: the text has been outside and may be anything."""
    try:
        return msgspec.json.decode(text, type=kind)
    except _UNREADABLE as error:
        raise UnreadableViewError(str(error)) from error
