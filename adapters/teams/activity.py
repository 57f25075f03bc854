"""Activities, as far as we read them. Fields are the Bot Framework's own; what there is besides is not looked at.

https://github.com/microsoft/botframework-sdk/blob/main/specs/botframework-activity/botframework-activity.md, and
Teams' own additions in `channelData`.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from typing import Any, Final, TypeVar, get_args, get_origin

import msgspec

TEAMS: Final = "msteams"

_THREAD: Final = ";messageid="


class _Read(msgspec.Struct, frozen=True, rename="camel"):
    """Read from JSON with Teams' spelling of names."""


class Account(_Read, frozen=True):
    """A person or a bot. `id` is an address that only this bot can use; `aad_object_id` is who it is."""

    id: str = ""
    name: str | None = None
    aad_object_id: str | None = None
    tenant_id: str | None = None


class Conversation(_Read, frozen=True):
    """A chat. In a channel `id` may name a thread of it."""

    id: str = ""
    conversation_type: str | None = None
    tenant_id: str | None = None
    name: str | None = None

    @property
    def place(self) -> str:
        """The id without the thread."""
        return self.id.partition(_THREAD)[0]

    @property
    def personal(self) -> bool:
        """Whether it is between one person and the bot. Anything that does not say what it is counts as such."""
        return self.conversation_type in {None, "personal"}


class Entity(_Read, frozen=True):
    """Something about the text: a mention, or what the sender's device is set to."""

    type: str = ""
    text: str | None = None
    mentioned: Account | None = None
    locale: str | None = None
    timezone: str | None = None


class Attachment(_Read, frozen=True):
    """What comes with a message: its text once more as HTML, a file, a picture."""

    content_type: str | None = None
    content: Any = None


class Named(_Read, frozen=True):
    """A thing with an id: the tenant, the team, the channel."""

    id: str | None = None
    name: str | None = None
    aad_group_id: str | None = None


class ChannelData(_Read, frozen=True):
    """What Teams adds."""

    tenant: Named | None = None
    team: Named | None = None
    channel: Named | None = None
    event_type: str | None = None


class Activity(_Read, frozen=True):
    """One thing that happened in Teams."""

    type: str
    id: str | None = None
    channel_id: str | None = None
    service_url: str | None = None
    sender: Account | None = msgspec.field(name="from", default=None)
    recipient: Account | None = None
    conversation: Conversation | None = None
    text: str | None = None
    attachments: tuple[Attachment, ...] | None = None
    locale: str | None = None
    local_timezone: str | None = None
    entities: tuple[Entity, ...] | None = None
    name: str | None = None
    value: Any = None
    action: str | None = None
    reply_to_id: str | None = None
    members_added: tuple[Account, ...] | None = None
    members_removed: tuple[Account, ...] | None = None
    channel_data: ChannelData | None = None

    @property
    def in_own_chat(self) -> bool:
        """Whether it is from somebody's own chat with the bot."""
        return self.conversation is not None and self.conversation.personal

    @property
    def tenant(self) -> str | None:
        """The tenant that it is from, as Teams says in one of two places."""
        if self.channel_data and self.channel_data.tenant and self.channel_data.tenant.id:
            return self.channel_data.tenant.id
        return self.conversation.tenant_id if self.conversation else None


class UnreadableActivityError(ValueError):
    """It is not shaped as an activity should be."""


_decoder: Final = msgspec.json.Decoder(Activity)

_NEEDED: Final = frozenset(
    {"type", "id", "channel_id", "service_url", "sender", "recipient", "conversation", "text", "mentioned"}
)
"""What must fit where it is said: without it, what it is part of says something else."""

S = TypeVar("S", bound=_Read)


def read(raw: bytes) -> Activity:
    """Read an activity. Raises UnreadableActivityError.

    Teams may send what nobody foresaw: of what is not shaped as we know it, what we can do without is left out.
    """
    try:
        try:
            return _decoder.decode(raw)
        except msgspec.ValidationError:
            return _what_fits(Activity, msgspec.json.decode(raw))
    except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
        # The kind only: a validation's text may quote what somebody wrote.
        raise UnreadableActivityError(type(error).__name__) from error


def _what_fits(kind: type[S], said: Any) -> S:
    """Read what there is of it. Raises ValidationError if something needed does not fit."""
    fields = msgspec.structs.fields(kind)
    if not isinstance(said, dict) or any(field.required and field.encode_name not in said for field in fields):
        raise msgspec.ValidationError
    found: dict[str, Any] = {}
    for field in fields:
        try:
            if field.encode_name in said:
                found[field.name] = _fitted(field.type, said[field.encode_name])
        except msgspec.ValidationError:
            if field.name in _NEEDED:
                raise
    return kind(**found)


def _fitted(kind: Any, said: Any) -> Any:
    try:
        return msgspec.convert(said, kind)
    except msgspec.ValidationError:
        for each in get_args(kind):
            if get_origin(each) is tuple and isinstance(said, list):
                return tuple(_those_that_fit(get_args(each)[0], said))
            if isinstance(each, type) and issubclass(each, _Read):
                return _what_fits(each, said)
        raise


def _those_that_fit(kind: type[S], said: list[Any]) -> Iterator[S]:
    for each in said:
        with suppress(msgspec.ValidationError):
            yield _what_fits(kind, each)


def data_of(activity: Activity) -> Any:
    """Give what the card brought back with which an invoke began; empty if there was none."""
    match activity.value:
        case {"action": {"data": data}} | {"data": data}:
            return data
        case _:
            return {}
