"""What can be meant by what was typed after `/kudos`, and the words for it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final, TypeAlias

from bot.incoming import GroupMention, Mention, NameChoice, Segment


@dataclass(frozen=True, slots=True)
class UnknownName:
    """A name typed as plain text among the receivers that look-up did not find. `written` is without the at sign.

    `told` is the name as it is told back: with the words behind it that look like more of it.
    """

    written: str
    told: str = field(default="", compare=False)


Receiver: TypeAlias = Mention | GroupMention | NameChoice | UnknownName


@dataclass(frozen=True, slots=True)
class Tag:
    """A behaviour asked for. `name` is casefolded, in NFC.

    It is not `certain` where it came as the name of a conversation, which may be meant as one.
    """

    name: str
    certain: bool = True


@dataclass(frozen=True, slots=True)
class Reason:
    """What was said of the receivers. `points` is what was asked for, unchecked; `tags` are certain ones first."""

    reason: tuple[Segment, ...]
    tags: tuple[Tag, ...]
    points: int | None


@dataclass(frozen=True, slots=True)
class GiveKudos:
    """Give kudos. `reason`, `tags` and `points` are those of a `Reason`; each receiver and each tag is there once."""

    receivers: tuple[Receiver, ...]
    reason: tuple[Segment, ...] = ()
    tags: tuple[Tag, ...] = ()
    points: int | None = None
    private: bool = False


@dataclass(frozen=True, slots=True)
class OpenForm:
    """Nothing was typed: the form is wanted."""


@dataclass(frozen=True, slots=True)
class Undo:
    """Take back the last kudos."""


@dataclass(frozen=True, slots=True)
class ShowMine:
    """Show what I gave, got and may still give."""


@dataclass(frozen=True, slots=True)
class ShowTeam:
    """Show my team's week."""


@dataclass(frozen=True, slots=True)
class ShowBoard:
    """Show the board."""


@dataclass(frozen=True, slots=True)
class ShowBehaviours:
    """Show the published behaviours."""


@dataclass(frozen=True, slots=True)
class ShowHelp:
    """Show examples."""


@dataclass(frozen=True, slots=True)
class SetUpTeam:
    """Set up the team of this channel."""


@dataclass(frozen=True, slots=True)
class GoAway:
    """Note that I am away. `until` is what was typed about when, perhaps empty."""

    until: str


@dataclass(frozen=True, slots=True)
class ComeBack:
    """I am back."""


@dataclass(frozen=True, slots=True)
class ShowNudges:
    """Show a supervisor whom they would be told of, and why."""


@dataclass(frozen=True, slots=True)
class ShowDigest:
    """Show what the team's next digest would say."""


@dataclass(frozen=True, slots=True)
class LinkWorkspaces:
    """Join this workspace to another. `code` is what was typed after it; empty asks for a code."""

    code: str


Subcommand: TypeAlias = (
    Undo | ShowMine | ShowTeam | ShowBoard | ShowBehaviours | ShowHelp | SetUpTeam | ComeBack | ShowNudges | ShowDigest
)
Command: TypeAlias = GiveKudos | OpenForm | GoAway | LinkWorkspaces | Subcommand

COMMAND_WORDS: Final[dict[Subcommand, tuple[str, ...]]] = {
    Undo(): ("undo", "ångra"),
    ShowMine(): ("me", "mine", "jag", "mig", "mina", "mitt"),
    ShowTeam(): ("team", "lag", "laget", "teamet", "gruppen"),
    ShowBoard(): ("board", "boards", "leaderboard", "topplista", "topplistan", "tavla", "tavlan"),
    ShowBehaviours(): ("behaviours", "behaviors", "behaviour", "behavior", "beteenden", "beteende"),
    ShowHelp(): ("help", "hjälp", "?"),
    SetUpTeam(): ("setup", "set up", "ställ in", "inställningar"),
    ComeBack(): ("back", "tillbaka"),
    ShowNudges(): ("nudges", "nudge", "påminnelser", "påminnelse"),
    ShowDigest(): ("digest", "veckobrev", "veckobrevet"),
}
"""The words of each subcommand, English first. Case and accents do not matter."""

AWAY_WORDS: Final = ("away", "borta", "ledig", "frånvarande")
"""The words after which comes until when. Case and accents do not matter."""

LINK_WORDS: Final = ("link", "koppla")
"""The words after which comes the code, if anything. Case and accents do not matter."""

PRIVATE_WORDS: Final = ("privately", "private", "privat")
"""The words ahead of the receivers by which only they are told. Case does not matter."""
