"""Names that somebody types to the bot in Teams, alone with it, where nobody can be mentioned."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.name_index import NameIndex
from adapters.teams.typed import named
from bot.errors import Code, RecognitionError, TemporaryDeliveryError
from bot.identity import AccountRef, Platform, WorkspaceRef
from bot.incoming import Mention, NameChoice, Verbatim, Words
from bot.ports import Profile
from bot.recognition.commands import UnknownName
from bot.recognition.grammar import parse
from bot.recognition.names import resolve_names
from bot.recognition.render_command import reason_text

WORKSPACE = WorkspaceRef(Platform.TEAMS, "t")
ELSEWHERE = WorkspaceRef(Platform.SLACK, "T1")
SAID = "tog kvällspasset"


def index(workspace, *names):
    return NameIndex([Profile(AccountRef(workspace, name), name) for name in names])


HERE = index(
    WORKSPACE,
    *("Alva Bergman", "Elsa Bergman", "Hugo Bergman", "Alva Dahl", "Cecilia Dahl", "Elsa Dahl", "Ines Dahl"),
    *("Cecilia Ekström", "Theodor Lind", "Hedda Ek", "Åke Tack", "Carl B. Nilsson (Phone)"),
)
THERE = index(ELSEWHERE, "Slava Persson")


async def find(name):
    return HERE.find(name)


async def find_elsewhere(name):
    return THERE.find(name)


async def read(text, *, sure=True):
    """Understand what was typed behind `kudos`, as it is from the adapter to the kudos."""
    segments = await named([Words(text)], find, sure=sure)
    return parse(await resolve_names(segments, find, find_elsewhere))


def names(command):
    """Who receives: in brackets who is asked about, and with a question mark who is not known."""
    said = []
    for each in command.receivers:
        match each:
            case Mention(label=label):
                said.append(label)
            case NameChoice(candidates=candidates, doubtful=doubtful):
                said.append([one.label for one in candidates] + ["…"] * doubtful)
            case UnknownName(told=told):
                said.append(f"{told}?")
    return said


@pytest.mark.parametrize(
    ("typed", "people"),
    [
        (
            "alva bergman, elsa bergman, hugo bergman and Zlatan",
            ["Alva Bergman", "Elsa Bergman", "Hugo Bergman", "Zlatan?"],
        ),
        ("Cecilia Dahl, Zlatan och Elsa Dahl", ["Cecilia Dahl", "Zlatan?", "Elsa Dahl"]),
        ("Cecilia Dahl, Zlatan Öst, Elsa Dahl", ["Cecilia Dahl", "Zlatan Öst?", "Elsa Dahl"]),
        ("Cecilia Dahl & Zlatan, hugo och @Moa", ["Cecilia Dahl", "Zlatan?", "Hugo Bergman", "Moa?"]),
        ("Zlatan, Moa och Elsa Dahl", ["Zlatan?", "Moa?", "Elsa Dahl"]),
        ("@Hugo, Zlatan och ines", ["Hugo Bergman", "Zlatan?", "Ines Dahl"]),
        ("Hugo, @Zlatan och ines", ["Hugo Bergman", "Zlatan?", "Ines Dahl"]),
        ("Hugo, Zlatan och Moa", ["Hugo Bergman", "Zlatan?", "Moa?"]),
        ("Zlatan", ["Zlatan?"]),
    ],
)
async def test_who_is_not_known_is_told_and_nobody_is_left_out(typed, people):
    command = await read(f"{typed} {SAID}")

    assert names(command) == people
    assert reason_text(command.reason) == SAID


@pytest.mark.parametrize(
    ("typed", "people"),
    [
        ("Ines Dahl Alva Dahl", ["Ines Dahl", "Alva Dahl"]),
        ("ines dahl alva dahl, hugo", ["Ines Dahl", "Alva Dahl", "Hugo Bergman"]),
        ("Hugo Bergman Carl Nilsson", ["Hugo Bergman", "Carl B. Nilsson (Phone)"]),
        ("Hugo Bergman Ines Dhal", ["Hugo Bergman", ["Ines Dahl", "…"]]),
        ("Hugo och Cecilia", ["Hugo Bergman", ["Cecilia Dahl", "Cecilia Ekström"]]),
        ("Hugo, Cecilia Dhal", ["Hugo Bergman", ["Cecilia Dahl", "…"]]),
        ("Slava Persson och hugo", ["Slava Persson", "Hugo Bergman"]),
        ("Hugo, Slava Persson & Ines", ["Hugo Bergman", "Slava Persson", "Ines Dahl"]),
        ("Hugo och Slava Persson", ["Hugo Bergman", "Slava Persson"]),
        ("Hugo, Hed", ["Hugo Bergman", ["Hedda Ek", "…"]]),
        ("Hugo and Alv", ["Hugo Bergman", ["Alva Bergman", "Alva Dahl", "…"]]),
        ("Hugo and Åke Tack", ["Hugo Bergman", "Åke Tack"]),
        ("Hed", ["Hedda Ek"]),
    ],
)
async def test_all_who_are_named_receive_or_are_asked_about(typed, people):
    command = await read(f"{typed} {SAID}")

    assert names(command) == people
    assert reason_text(command.reason) == SAID


@pytest.mark.parametrize(
    ("typed", "reason"),
    [
        ("hugo, Thanks for the help", "Thanks for the help"),
        ("Hugo och Tack för hjälpen", "Tack för hjälpen"),
        ("hugo, tack för hjälpen", "tack för hjälpen"),
        ("Hugo and I stayed late", "and I stayed late"),
        ("Hugo, he stayed late", "he stayed late"),
        ("Hugo and the team stayed", "and the team stayed"),
        ("Hugo the team stayed", "the team stayed"),
        ("Hugo Bergman Ines saw it all", "Ines saw it all"),
        ("Hugo, Great to see you stay", "Great to see you stay"),
        ("Hugo: Ines Dahl told me of it", "Ines Dahl told me of it"),
        ("Hugo – Zlatan och Ines tog det", "Zlatan och Ines tog det"),
        ("  hugo,\n\nstayed   late", "stayed late"),
    ],
)
@pytest.mark.parametrize("sure", [True, False])
async def test_what_is_said_to_somebody_names_nobody(typed, reason, sure):
    command = await read(typed, sure=sure)

    assert names(command) == ["Hugo Bergman"]
    assert reason_text(command.reason) == reason


async def test_what_follows_the_words_stays():
    segments = await named([Words("Hugo och Zlatan "), Verbatim("code")], find, sure=True)

    assert segments[-1] == Verbatim("code")
    assert names(parse(segments)) == ["Hugo Bergman", "Zlatan?"]


@pytest.mark.parametrize("typed", ["Zlatan, Hugo tog det", "@Zlatan tog det", "? Hugo", ""])
async def test_unless_somebody_is_meant_for_certain_a_text_is_what_it_was(typed):
    assert await named([Words(typed)], find, sure=False) == (Words(typed),)


async def incomplete(name):
    if found := HERE.find(name):
        return found
    reason = "not_read_yet"
    raise TemporaryDeliveryError(reason)


async def test_a_reason_is_one_also_while_some_people_are_not_read_yet():
    assert names(parse(await named([Words("Hugo Bergman stayed late")], incomplete, sure=True))) == ["Hugo Bergman"]


@pytest.mark.parametrize("typed", ["Zlatan", "Hugo Bergman Zlatan Öst", "Hugo, Zlatan", "hugo och zlatan"])
async def test_who_may_be_among_the_people_not_read_yet_is_no_part_of_the_reason(typed):
    with pytest.raises(TemporaryDeliveryError):
        await named([Words(f"{typed} {SAID}")], incomplete, sure=True)


async def test_only_so_many_are_looked_up():
    asked = []

    async def note(name):
        asked.append(name)
        return HERE.find(name)

    await named([Words("Hugo och " * 5_000)], note, sure=True)

    assert len(asked) == 60


WORDS = ["Hugo", "alva dahl", "Cecilia", "Dhal", "Zlatan", "Slava Persson", "Tack", "he", "The", "@", "@Moa", "I"]
PIECES = st.sampled_from([*WORDS, "private", " ", " ", ", ", " och ", " & ", ": ", " tog det ", "+20", "’s"])


@given(
    st.sampled_from(["Hugo Bergman", "alva dahl", "Cecilia", "@Hugo", "Slava Persson", "Zlatan", "Cecilia Dhal"]),
    st.sampled_from([" and ", " och ", ", ", " & ", ", och ", "＆"]),
    st.sampled_from(["Elsa Dahl", "elsa dahl", "@Elsa Dahl", "Elsa Dhal"]),
    st.lists(PIECES).map("".join),
)
async def test_whoever_is_named_behind_the_first_is_a_receiver_whatever_is_said(first, between, second, said):
    try:
        command = await read(f"{first}{between}{second} {said}")
    except RecognitionError as error:
        assert error.code is Code.POINTS_AMBIGUOUS  # noqa: PT017 - the other outcome is a kudos
        return
    assert any("Elsa Dahl" in each for each in names(command)[1:])
