"""What the local chat understands of typed text."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.local.chat import Roster
from adapters.local.typed import command, segments
from bot.identity import AccountRef, Platform, WorkspaceRef
from bot.incoming import GroupMention, Mention, PlaceMention, Verbatim, Words
from bot.ports import Profile

WORKSPACE = WorkspaceRef(Platform.LOCAL, "here")


@dataclass(frozen=True)
class Account:
    profile: Profile
    role: str = "agent"
    team: str = "Phone"


@dataclass(frozen=True)
class Conversation:
    id: str
    name: str
    topic: str = ""
    direct: bool = False
    members: tuple[str, ...] = ()


ANNA = AccountRef(WORKSPACE, "a1")
ROSTER = Roster(
    WORKSPACE,
    {"a1": Account(Profile(ANNA, "Anna Ek", handle="anna.ek"))},
    {"phone": Conversation("phone", "phone"), "kudos:a1": Conversation("kudos:a1", "kudos", direct=True)},
)
ANNA_MENTIONED = Mention(ANNA, "Anna Ek")


@pytest.mark.parametrize(
    ("typed", "rest"),
    [
        ("/kudos", ""),
        ("  /kudos  ", ""),
        ("/kudos @anna.ek hej", "@anna.ek hej"),
        ("/KUDOS\nhej  du", "hej  du"),
        ("/kudosity", None),
        ("say /kudos", None),
        ("", None),
    ],
)
def test_the_command_is_the_first_word(typed, rest):
    assert command(typed) == rest


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("@anna.ek hej", (ANNA_MENTIONED, Words(" hej"))),
        ("tack @Anna.Ek.", (Words("tack "), ANNA_MENTIONED, Words("."))),
        ("(@anna.ek)", (Words("("), ANNA_MENTIONED, Words(")"))),
        ("@anna hej", (Words("@anna hej"),)),
        ("mail me@anna.ek", (Words("mail me@anna.ek"),)),
        ("`@anna.ek` is a handle", (Verbatim("@anna.ek"), Words(" is a handle"))),
        ("```a\n@anna.ek```", (Verbatim("a\n@anna.ek"),)),
        ("> @anna.ek wrote\nyes", (Verbatim("@anna.ek wrote"), Words("\nyes"))),
        ("see https://x.example/#phone now", (Words("see "), Verbatim("https://x.example/#phone"), Words(" now"))),
        ("@phone all", (GroupMention("phone", "phone"), Words(" all"))),
        ("in #phone", (Words("in "), PlaceMention("phone", "phone"))),
        ("done #ownership", (Words("done #ownership"),)),
        ("@kudos hi", (Words("@kudos hi"),)),
    ],
)
def test_names_groups_channels_and_code_are_found(typed, expected):
    assert segments(typed, ROSTER) == expected


@given(st.text(st.sampled_from("@#`>.- \nanek/:htpsoö😀"), max_size=60))
def test_every_segment_is_found_in_what_was_typed_in_its_order(typed):
    left = typed.casefold()
    for segment in segments(typed, ROSTER):
        match segment:
            case Words(text) | Verbatim(text):
                wanted = text.casefold()
            case Mention():
                wanted = "@anna.ek"
            case GroupMention(_, label) | PlaceMention(_, label):
                wanted = label.casefold()
        before, found, left = left.partition(wanted)
        assert found == wanted
        # Only the marks of code and quotations are left out.
        assert set(before) <= set("`> @#")
