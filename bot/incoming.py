"""What an adapter hands to the core: one act of one person, with no platform syntax left in it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final, TypeAlias, assert_never

from bot.identity import AccountRef, ConversationRef, Platform, WorkspaceRef


@dataclass(frozen=True, slots=True)
class Words:
    """Ordinary text as typed. Tags, points, names and command words are looked for in it."""

    text: str


@dataclass(frozen=True, slots=True)
class Mention:
    """A person the platform itself resolved. `label` is the visible name without an at sign; it may be empty."""

    account: AccountRef
    label: str


@dataclass(frozen=True, slots=True)
class GroupMention:
    """A user group the platform itself resolved. `id` is the platform's."""

    id: str
    label: str


@dataclass(frozen=True, slots=True)
class PlaceMention:
    """A conversation named in text. Slack turns `#ownership` into one if a channel is called so."""

    id: str
    label: str


@dataclass(frozen=True, slots=True)
class Verbatim:
    """Text inside code, a quote or a link: shown, never read as a command, a name or a tag."""

    text: str


@dataclass(frozen=True, slots=True)
class NameChoice:
    """A name typed as plain text that does not say for certain who is meant. Made by name look-up, not by adapters.

    It fits several people; or it is `doubtful`, and even the only one whom it fits has to be asked about.
    """

    written: str
    candidates: tuple[Mention, ...]
    doubtful: bool = False


Segment: TypeAlias = Words | Mention | GroupMention | PlaceMention | Verbatim | NameChoice


OWN_NAME: Final = "@Kudos"
"""The bot as it is mentioned."""


class Manner(StrEnum):
    """How people call the bot where they are, and name each other to it: what examples must show."""

    COMMAND = "command"  # /kudos @Anna
    MENTION = "mention"  # @Kudos @Anna
    ALONE = "alone"  # kudos Anna Berg: nobody else is there to be mentioned

    @staticmethod
    def of(platform: Platform, *, alone: bool) -> Manner:
        """Give the manner of a platform. `alone`: in the chat between one person and the bot."""
        if not platform.hears_mentions_only:
            return Manner.COMMAND
        return Manner.ALONE if alone else Manner.MENTION

    def called(self, command: str) -> str:
        """Give what people begin with, where the command is called so."""
        match self:
            case Manner.COMMAND:
                return command
            case Manner.MENTION:
                return OWN_NAME
            case Manner.ALONE:
                return command.removeprefix("/")
            case _:
                assert_never(self)


@dataclass(frozen=True, slots=True)
class Origin:
    """Who acted, where, and the platform's own id of the act.

    `request_key` is unique per act within the workspace and the same when the platform repeats the act.
    `conversation` is None where the act has no place (a global shortcut).
    """

    workspace: WorkspaceRef
    sender: AccountRef
    conversation: ConversationRef | None
    request_key: str

    @property
    def manner(self) -> Manner:
        """How the bot is called here."""
        return Manner.of(self.workspace.platform, alone=self.conversation is None)


@dataclass(frozen=True, slots=True)
class CommandTyped:
    """`/kudos` and what followed it."""

    origin: Origin
    segments: tuple[Segment, ...]


@dataclass(frozen=True, slots=True)
class ButtonPressed:
    """A button of one of our messages or forms. `action` and `value` are what `view.message.Button` carried."""

    origin: Origin
    action: str
    value: str


@dataclass(frozen=True, slots=True)
class FormSubmitted:
    """One of our forms, sent in. `state` is the form's own, back unchanged. Values are keyed by field name.

    People fields give AccountRefs, choice fields their option values, text fields a string, tick boxes a bool.
    """

    origin: Origin
    form: str
    state: str
    people: Mapping[str, tuple[AccountRef, ...]] = field(default_factory=dict)
    choices: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    texts: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ShortcutUsed:
    """The shortcut to give kudos.

    From a message's menu, `about` is its author and `link` leads to it; from the compose box both are None.
    """

    origin: Origin
    about: AccountRef | None = None
    link: str | None = None


Incoming: TypeAlias = CommandTyped | ButtonPressed | FormSubmitted | ShortcutUsed
