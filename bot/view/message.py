"""Messages as data.

A renderer turns each block into Block Kit, an Adaptive Card or HTML, and has a `fit()` step for its own limits.

The unions are closed: a renderer matches over them and ends in `assert_never`. Types are msgspec structs because
messages wait in the outbox as versioned JSON (see `codec`).
"""

from __future__ import annotations

from enum import StrEnum
from typing import Final, TypeAlias

from msgspec import Struct

from bot.identity import AccountRef


class Style(StrEnum):
    """How our own words are set."""

    PLAIN = "plain"
    STRONG = "strong"
    QUIET = "quiet"


class Text(Struct, frozen=True, tag="text"):
    """Our own words, out of a catalogue. Never anything a person typed."""

    text: str
    style: Style = Style.PLAIN


class Person(Struct, frozen=True, tag="person"):
    """A person's name. With an account of the workspace it is shown to, a renderer may make it a native mention."""

    name: str
    account: AccountRef | None = None


class PeoplesWords(Struct, frozen=True, tag="peoples_words"):
    """What a person typed, cleaned by `hygiene` but hostile all the same: shown only where nothing is parsed."""

    text: str


class Code(Struct, frozen=True, tag="code"):
    """Something to be typed as it stands, such as a command."""

    text: str


class Link(Struct, frozen=True, tag="link"):
    """A labelled https link."""

    text: str
    url: str


Span: TypeAlias = Text | Person | PeoplesWords | Code | Link
Line: TypeAlias = tuple[Span, ...]


class Heading(Struct, frozen=True, tag="heading"):
    """A short title of our own words."""

    text: str


class Paragraph(Struct, frozen=True, tag="paragraph"):
    """One run of text."""

    line: Line


class Quote(Struct, frozen=True, tag="quote"):
    """The reason of a kudos, set apart as a quotation."""

    line: Line


class Fact(Struct, frozen=True, tag="fact"):
    """One label and its value."""

    label: str
    value: Line


class Facts(Struct, frozen=True, tag="facts"):
    """Labelled values, such as points and allowance."""

    facts: tuple[Fact, ...]


class Items(Struct, frozen=True, tag="items"):
    """A list. A renderer that must cut it says how many it left out."""

    lines: tuple[Line, ...]


class Note(Struct, frozen=True, tag="note"):
    """Small print below."""

    line: Line


class Divider(Struct, frozen=True, tag="divider"):
    """A rule between parts."""


class Tone(StrEnum):
    """What a button weighs."""

    NORMAL = "normal"
    PRIMARY = "primary"
    DANGER = "danger"


VALUE_LIMIT: Final = 2_000
"""Characters of what a button or a form carries and brings back. Every platform must have room for so many."""


class Button(Struct, frozen=True, tag="button"):
    """A press that comes back as `ButtonPressed`. `value` has at most VALUE_LIMIT characters.

    `confirm` asks first, and `cancel` is then the word for leaving it. `form` says that the press opens a form, where a
    platform must know that beforehand. `about` is whom or what the button is about, where several have the same label:
    a screen reader says it after the label.
    """

    action: str
    label: str
    value: str = ""
    tone: Tone = Tone.NORMAL
    confirm: str | None = None
    cancel: str = "Cancel"
    form: bool = False
    about: str = ""

    @property
    def spoken(self) -> str:
        """What a screen reader says: the label, and what the button is about."""
        return f"{self.label}: {self.about}" if self.about else self.label


class Buttons(Struct, frozen=True, tag="buttons"):
    """Buttons in a row."""

    buttons: tuple[Button, ...]


class Bar(Struct, frozen=True, tag="bar"):
    """One bar of a chart: its label below and its value, zero or more."""

    label: str
    value: int


class Chart(Struct, frozen=True, tag="chart"):
    """A bar chart over time, oldest first. `text` says its figures in words, for those who cannot see it.

    A renderer shows it as a picture where it can, and else shows `text`.
    """

    title: str
    bars: tuple[Bar, ...]
    text: str


Block: TypeAlias = Heading | Paragraph | Quote | Facts | Items | Note | Divider | Buttons | Chart


class MessageKind(StrEnum):
    """Every kind of message the bot sends; each has an example in the gallery and a line in docs/reference."""

    SHOUT_OUT = "shout_out"
    RECEIVER_NOTE = "receiver_note"
    RECEIPT = "receipt"
    REFUSAL = "refusal"
    CHOICE = "choice"
    UNDONE = "undone"
    WITHDRAWN = "withdrawn"
    MINE = "mine"
    TEAM_WEEK = "team_week"
    BOARD = "board"
    BEHAVIOURS = "behaviours"
    HELP = "help"
    FAULT = "fault"
    TEAM_SET_UP = "team_set_up"
    ABSENCE = "absence"
    NUDGE = "nudge"
    NUDGES_DUE = "nudges_due"
    NUDGE_ANSWERED = "nudge_answered"
    DIGEST = "digest"
    DIGEST_THREAD = "digest_thread"
    DIGEST_PLANNED = "digest_planned"
    LINK_CODE = "link_code"
    LINK_PREVIEW = "link_preview"
    LINK_ANSWERED = "link_answered"


class Message(Struct, frozen=True):
    """What is shown in a conversation.

    `summary` is the plain text for notifications and screen readers: our words and names, no reasons.
    """

    kind: MessageKind
    blocks: tuple[Block, ...]
    summary: str
