"""The page about commands says what is true."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from bot.identity import AccountRef, Platform, WorkspaceRef
from bot.incoming import Words
from bot.ports import Profile
from bot.recognition.commands import AWAY_WORDS, COMMAND_WORDS, LINK_WORDS, GiveKudos, GoAway, LinkWorkspaces
from bot.recognition.grammar import parse
from bot.recognition.names import resolve_names
from bot.recognition.rules import settle_reason

PAGE = (Path(__file__).parents[2] / "docs" / "reference" / "commands.md").read_text("utf-8")
EXAMPLES = re.findall(r"^/kudos (.+)$", PAGE, re.MULTILINE)
ROSTER = [Profile(AccountRef(WorkspaceRef(Platform.LOCAL, "w"), name), f"{name} Ek") for name in ("Anna", "Bo", "Kim")]


async def find(name):
    return [profile for profile in ROSTER if profile.name.startswith(name)]


def test_there_are_examples_in_both_languages():
    assert len(EXAMPLES) >= 15
    assert any("och" in example for example in EXAMPLES)


@pytest.mark.parametrize("example", EXAMPLES)
async def test_every_example_can_be_copied(example):
    command = parse(await resolve_names([Words(example)], find))

    assert isinstance(command, GiveKudos)
    assert settle_reason(command.reason)
    assert command.private == example.startswith("priva")
    assert command.points == (20 if "+20" in example else None)
    assert len(command.tags) == example.count("#")


@pytest.mark.parametrize(
    "word", [*AWAY_WORDS, *LINK_WORDS, *(word for words in COMMAND_WORDS.values() for word in words)]
)
def test_every_command_word_is_on_the_page(word):
    assert f"`{word}`" in PAGE or f"`/kudos {word}`" in PAGE


@pytest.mark.parametrize("text", re.findall(r"`/kudos (\S+)`", PAGE))
def test_every_command_on_the_page_works(text):
    command = parse([Words(text)])
    assert isinstance(command, GoAway | LinkWorkspaces) or command in COMMAND_WORDS
