"""Codes, and who is the same human."""

from __future__ import annotations

from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.identity import PersonId, Platform, TeamId, WorkspaceRef
from bot.linking.model import Known
from bot.linking.rules import (
    ALPHABET,
    LENGTH,
    TEAM_NAME,
    names_apart,
    new_code,
    read_code,
    same_human,
    same_people,
    sealed,
    shown,
)
from bot.teams.rules import NAME_LIMIT

CODE = "4K7QX9M2PT6D"


def person(number: int) -> PersonId:
    return PersonId(UUID(int=number))


def known(number: int, email: str) -> Known:
    return Known(person(number), "", email)


def test_codes_are_long_random_and_easy_to_read_aloud():
    codes = {new_code() for _ in range(200)}
    assert len(codes) == 200
    assert all(len(code) == LENGTH and set(code) <= set(ALPHABET) for code in codes)
    assert not set("ILOU") & set(ALPHABET)
    assert len(ALPHABET) ** LENGTH == 2**60
    assert shown(CODE) == "4K7Q-X9M2-PT6D"


@pytest.mark.parametrize(
    "written", ["4K7Q-X9M2-PT6D", "4k7qx9m2pt6d", " 4K7Q X9M2 PT6D ", "4K7Q–X9M2–PT6D", "4K7Q\u2011X9M2\u2011PT6D"]
)
def test_a_code_is_read_in_any_case_and_grouping(written):
    assert read_code(written) == CODE


def test_letters_that_are_misread_stand_for_what_was_meant():
    assert read_code("OIL0-1111-2222") == "011011112222"


@pytest.mark.parametrize(
    "written", ["", "4K7Q", "4K7Q-X9M2-PT6", "4K7Q-X9M2-PT6DD", "4K7Q-X9M2-PT6U", "ÅÄÖÅ-ÄÖÅÄ-ÖÅÄÖ"]
)
def test_what_cannot_be_a_code_is_none(written):
    assert read_code(written) is None


def test_a_code_is_stored_so_that_it_cannot_be_read_and_depends_on_the_key():
    kept = sealed(b"key", CODE)
    assert CODE not in kept
    assert kept == sealed(b"key", CODE)
    assert len({kept, sealed(b"other", CODE), sealed(b"key", CODE[::-1])}) == 3


def test_the_same_address_is_the_same_human_whatever_its_case():
    there = [known(1, "Anna@Example.com"), known(2, "bo@example.com"), known(3, "")]
    here = [known(11, "anna@example.COM "), known(12, "cleo@example.com"), known(13, "")]
    assert same_people(there, here) == {person(11): person(1)}


def test_nobody_is_guessed():
    twins_there = [known(1, "a@x"), known(2, "a@x")]
    twins_here = [known(11, "a@x"), known(12, "a@x")]
    between = [known(11, "a@x"), known(11, "b@x")]
    assert same_people(twins_there, [known(11, "a@x")]) == {}
    assert same_people([known(1, "a@x")], twins_here) == {}
    assert same_people([known(1, "a@x"), known(2, "b@x")], between) == {}


def test_several_accounts_of_one_human_are_one():
    there = [known(1, "a@x"), known(1, "b@x")]
    assert same_people(there, [known(11, "a@x"), known(11, "b@x"), known(11, "c@x")]) == {person(11): person(1)}


@given(
    st.lists(st.builds(known, st.integers(1, 6), st.sampled_from(["", "a@x", "A@X", "b@x", "c@x"])), max_size=8),
    st.lists(st.builds(known, st.integers(11, 16), st.sampled_from(["", "a@x", "b@x", "d@x"])), max_size=8),
)
def test_nobody_becomes_two_and_no_two_become_one(there, here):
    pairs = same_people(there, here)
    assert len(set(pairs.values())) == len(pairs)
    assert set(pairs) <= {each.person for each in here}
    assert set(pairs.values()) <= {each.person for each in there}


HERE, THERE, ELSEWHERE = (WorkspaceRef(Platform.SLACK, each) for each in ("T1", "T2", "T3"))


def humans(*accounts: tuple[int, str, WorkspaceRef]) -> set[frozenset[int]]:
    places: dict[PersonId, set[WorkspaceRef]] = {}
    for number, _, workspace in accounts:
        places.setdefault(person(number), set()).add(workspace)
    found = same_human([known(number, email) for number, email, _ in accounts], places)
    return {frozenset(each.int for each in persons) for persons in found}


def test_persons_of_one_address_in_different_workspaces_are_one_human():
    assert humans((1, "a@x", HERE), (2, "A@X ", THERE), (3, "b@x", THERE), (4, "", HERE)) == {frozenset({1, 2})}
    assert humans((1, "a@x", HERE), (2, "a@x", THERE), (3, "a@x", ELSEWHERE)) == {frozenset({1, 2, 3})}
    assert humans((1, "a@x", HERE), (1, "b@x", THERE), (2, "b@x", ELSEWHERE)) == {frozenset({1, 2})}
    assert humans((1, "a@x", HERE), (1, "b@x", HERE), (2, "b@x", THERE), (2, "a@x", THERE)) == {frozenset({1, 2})}


def test_of_persons_of_one_address_nobody_is_guessed_either():
    assert humans((1, "a@x", HERE), (2, "a@x", HERE)) == set()
    assert humans((1, "a@x", HERE), (2, "a@x", THERE), (3, "a@x", THERE)) == set()
    assert humans((1, "a@x", HERE), (1, "b@x", HERE), (2, "a@x", THERE), (3, "b@x", ELSEWHERE)) == set()
    assert humans((1, "a@x", HERE), (1, "c@x", THERE), (2, "a@x", THERE)) == set()


def test_teams_of_one_name_are_told_apart_by_their_side():
    first, second, third = (TeamId(uuid4()) for _ in range(3))
    here = {first: "phone", second: "Phone (Norra)", third: "Chat"}
    assert names_apart(["Phone"], here, "Norra") == {first: "phone (Norra 2)"}
    assert names_apart(["Mail"], here, "Norra") == {}


def test_a_teams_new_name_is_as_long_as_a_name_may_be():
    team = TeamId(uuid4())
    new = names_apart(["x" * TEAM_NAME], {team: "X" * TEAM_NAME}, "N" * 200)[team]
    assert len(new) == TEAM_NAME == NAME_LIMIT
    assert new.startswith("XXX")
    assert new.endswith("NNN)")
