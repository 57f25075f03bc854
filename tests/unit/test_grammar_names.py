"""Names typed as plain text are found, offered as a choice, or left alone; never guessed."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.hygiene import fold, tidy
from bot.identity import AccountRef, Platform, WorkspaceRef
from bot.incoming import Mention, NameChoice, Verbatim, Words
from bot.ports import Profile
from bot.recognition.names import MOST_NAMES, resolve_names

WORKSPACE = WorkspaceRef(Platform.LOCAL, "w")


def profile(id, name, handle=""):
    return Profile(AccountRef(WORKSPACE, id), name, handle)


class Roster:
    """Finds people as `Directory.find` promises, and notes what it was asked."""

    def __init__(self, *profiles):
        self.profiles = profiles
        self.asked = []

    async def __call__(self, name):
        self.asked.append(name)
        folded = fold(name)
        return [
            each
            for each in self.profiles
            if fold(each.handle) == folded or fold(each.name).startswith(folded) or folded in fold(each.name).split()
        ]


ANNA_S = profile("as", "Anna Svensson", "annas")
ANNA_B = profile("ab", "Anna Berg", "anna.b")
ASA = profile("ao", "Åsa Öberg", "asa")
ANNABEL = profile("al", "Annabel Ek", "bel")
INITIAL = profile("ci", "Carl B. Nilsson (Phone)", "carl")
BERGSTROM = profile("lb", "Anna Lind Bergström")
OFFICE = Roster(ANNA_S, ANNA_B, ASA, ANNABEL, INITIAL)


def mention(profile):
    return Mention(profile.account, profile.name)


async def resolved(text, roster=OFFICE):
    return await resolve_names([Words(text)], roster)


@pytest.mark.parametrize(
    ("typed", "person", "rest"),
    [
        ("@Anna Svensson stayed", ANNA_S, " stayed"),
        ("@anna svensson: stayed", ANNA_S, ": stayed"),
        ("@Anna Svensson's patience", ANNA_S, "'s patience"),
        ("@Svensson stayed", ANNA_S, " stayed"),
        ("@annas stayed", ANNA_S, " stayed"),
        ("@anna.b stayed", ANNA_B, " stayed"),
        ("@anna.b, stayed", ANNA_B, ", stayed"),
        ("@Asa Oberg stayed", ASA, " stayed"),
        ("@ÅSA stayed", ASA, " stayed"),
        ("@A\u030asa’s patience", ASA, "’s patience"),
        ("＠åsa stayed", ASA, " stayed"),
        ("@Annab stayed", ANNABEL, " stayed"),
        ("@Carl stayed", INITIAL, " stayed"),
        ("@Carl Nilsson stayed", INITIAL, " stayed"),
        ("@carl nilsson stayed", INITIAL, " stayed"),
        ("@Carl Nilsson's patience", INITIAL, "'s patience"),
        ("@Carl B stayed", INITIAL, " stayed"),
        ("@Anna S stayed", ANNA_S, " stayed"),
        ("@Åsa Ö. stayed", ASA, ". stayed"),
        ("@Annab A stayed", ANNABEL, " A stayed"),
        ("@Carl X stayed", INITIAL, " X stayed"),
        ("@carl b stayed", INITIAL, " b stayed"),
        ("@carl phone calls went well", INITIAL, " phone calls went well"),
        ("@Carl Nilsson Thanks for it", INITIAL, " Thanks for it"),
        ("@Carl: Thanks for it", INITIAL, ": Thanks for it"),
        ("@Carl I saw it", INITIAL, " I saw it"),
        ("@annas Thanks for it", ANNA_S, " Thanks for it"),
    ],
)
async def test_a_name_that_fits_one_person_is_that_person(typed, person, rest):
    assert await resolved(typed) == (mention(person), Words(rest))


async def test_a_name_that_fits_several_is_a_choice_of_those_with_that_very_name():
    assert await resolved("thanks @Anna for it") == (
        Words("thanks "),
        NameChoice("Anna", (mention(ANNA_S), mention(ANNA_B))),
        Words(" for it"),
    )


@pytest.mark.parametrize(
    ("typed", "written", "fitting", "rest"),
    [
        ("@Anna Lind stayed", "Anna", (ANNA_S, ANNA_B), " Lind stayed"),
        ("@Carl Öberg's patience", "Carl", (INITIAL,), " Öberg's patience"),
        ("@Annab Thanks for it", "Annab", (ANNABEL,), " Thanks for it"),
    ],
)
async def test_a_first_name_with_a_surname_that_nobody_has_is_a_doubtful_choice(typed, written, fitting, rest):
    choice = NameChoice(written, tuple(mention(each) for each in fitting), doubtful=True)
    assert await resolved(typed) == (choice, Words(rest))


@pytest.mark.parametrize(
    ("typed", "fitting", "rest"),
    [
        ("@Anna Svenson stayed", (ANNA_S,), " stayed"),
        ("@Anna Bregström stayed", (BERGSTROM,), " stayed"),
        ("@Anna Bergstrom-Lind stayed", (BERGSTROM,), " stayed"),
        ("@Anna Lind Bregström's patience", (BERGSTROM,), "'s patience"),
        ("@Anna Bergg stayed", (ANNA_B,), " stayed"),
        ("@Asa Obreg stayed", (ASA,), " stayed"),
        ("@Anna Bergs stayed", (ANNA_B, BERGSTROM), " stayed"),
    ],
)
async def test_a_surname_that_is_close_to_one_of_theirs_is_part_of_the_name_and_asked_about(typed, fitting, rest):
    choice = NameChoice(typed[1:].split()[0], tuple(mention(each) for each in fitting), doubtful=True)
    assert await resolved(typed, Roster(*OFFICE.profiles, BERGSTROM)) == (choice, Words(rest))


async def test_namesakes_are_a_choice_by_their_full_name():
    twin = profile("a2", "Anna Svensson")

    assert await resolved("@Anna Svensson stayed", Roster(ANNA_S, twin, ANNA_B)) == (
        NameChoice("Anna Svensson", (mention(ANNA_S), mention(twin))),
        Words(" stayed"),
    )


async def test_a_full_name_wins_over_anothers_handle_and_a_handle_over_a_first_name():
    owner = profile("ow", "Bo Ek", "anna")
    roster = Roster(ANNA_S, ANNA_B, owner)

    assert await resolved("@anna Svensson", roster) == (mention(ANNA_S),)
    assert await resolved("@anna svarade", roster) == (mention(owner), Words(" svarade"))


async def test_the_longest_full_name_wins():
    longer = profile("lo", "Anna Svensson Lind")

    assert await resolved("@Anna Svensson Lind stayed", Roster(ANNA_S, longer)) == (mention(longer), Words(" stayed"))


async def test_several_names_are_found_in_one_text_and_asked_for_once():
    roster = Roster(ANNA_S, ASA)

    assert await resolve_names([Words("@annas, @asa"), Words(" (@asa)"), Verbatim("@annas")], roster) == (
        mention(ANNA_S),
        Words(", "),
        mention(ASA),
        Words(" ("),
        mention(ASA),
        Words(")"),
        Verbatim("@annas"),
    )
    assert roster.asked == ["annas", "asa"]


@pytest.mark.parametrize(
    "typed",
    [
        "anna@annas.se",
        "a.b-@annas",
        "@annas@example.com",
        "https://x.social/@annas",
        "@here @channel @everyone @all",
        "@ annas",
        "@nobody stayed",
        "@" + "a" * 81,
        "no name at all",
    ],
)
async def test_what_is_no_name_stays_as_it_is(typed):
    assert await resolved(typed) == (Words(typed),)


async def test_everybody_is_never_looked_up():
    roster = Roster(profile("h", "Here Now", "here"))

    assert await resolved("@here @All", roster) == (Words("@here @All"),)
    assert roster.asked == []


async def test_the_directory_is_asked_thirty_times_at_most():
    roster = Roster(profile("z", "Zed"))

    crowd = " ".join(f"@n{number}" for number in range(30))

    assert await resolved(f"{crowd} @zed", roster) == (Words(f"{crowd} @zed"),)
    assert len(roster.asked) == 30


@given(st.text(st.one_of(st.characters(), st.sampled_from("@@@ annasåbe.'’s#\u0301"))))
async def test_no_text_breaks_look_up_and_what_is_around_names_stays_as_it_was(text):
    whole, done = tidy(text), 0

    for segment in await resolved(text):
        if isinstance(segment, Words):
            assert segment.text in whole[done:]
            done = whole.index(segment.text, done) + len(segment.text)
        else:
            assert whole[done] in "@＠"
            done += 1


async def test_only_so_many_names_become_people():
    """Each may fit many people, and comparing them takes its time."""
    read = await resolved("@annas " * 1_000)
    assert sum(isinstance(each, Mention) for each in read) == MOST_NAMES
    assert read[-1] == Words(" " + "@annas " * (1_000 - MOST_NAMES))


async def test_a_long_text_of_names_is_read_at_once():
    """Were it quadratic, this would take minutes."""
    await resolved("@annas " * 10_000)
    await resolved("@anna " + "svensson " * 20_000)
    await resolved("@Carl " + "Nilsson " * 20_000)
    await resolved("@Carl N" + "ilsson" * 20_000)
