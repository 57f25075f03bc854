"""A digest of a large team with long names: everyone is named, or those who are not are counted, on every platform."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from adapters.charts.addresses import addresses
from adapters.slack.render import render as in_slack
from adapters.teams.render import render as in_teams
from bot.digests import words
from bot.digests.model import Coverage, Recognised, TeamWeek, WeekCount
from bot.digests.rules import SHOWN, everyone, fold
from bot.hygiene import REASON_LIMIT
from bot.i18n import LANGUAGES, translator
from bot.identity import KudosId, PersonId, Platform, WorkspaceRef
from bot.people.service import NAME_LIMIT
from bot.points.behaviours import default_behaviours
from bot.points.model import MAX_RECEIVERS, Programme
from bot.view.message import Message
from tests.block_judges import judge_message
from tests.msteams_cards import LARGEST, SEAL, weight

PROGRAMME = Programme(behaviours=default_behaviours())
NOW = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
PICTURES = addresses("https://kudos.example", b"k" * 40)
LINK = "https://teams.microsoft.com/l/message/19%3A" + "a" * 32 + "%40thread.tacv2/1700000000000?tenantId=" + "b" * 36


def a_name(number: int, letters: int, letter: str = "å") -> str:
    return f"{number:03} {letter * letters}"[:letters]


def a_week(people: int, letters: int, reason: int = 60, letter: str = "å") -> TeamWeek:
    """Give a week in which each person recognised another, and was recognised."""
    recognised = tuple(
        Recognised(
            kudos=KudosId(UUID(int=number)),
            giver=PersonId(UUID(int=giver)),
            giver_name=a_name(giver, letters, letter),
            receivers=((PersonId(UUID(int=number)), a_name(number, letters, letter)),),
            reason="stayed ".ljust(reason, letter),
            link=LINK,
            behaviours=("ownership",),
            by_supervisor=bool(number % 2),
            at=NOW,
        )
        for number in range(people)
        for giver in ((number + 1) % people,)
    )
    weeks = tuple(WeekCount((NOW - timedelta(weeks=back)).date(), 99_999) for back in range(8, 0, -1))
    return TeamWeek(recognised, 3, Coverage(people, people + 4), weeks)


def digest(week: TeamWeek, language: str = "en") -> Message:
    return words.digest(translator(language), "T" * 60, week, PROGRAMME).message


def shown_in_teams(message: Message) -> list[str]:
    """Give what each part of a card shows as text."""
    made = in_teams(message, SEAL, PICTURES)
    assert weight(made) <= LARGEST
    body = made["attachments"][0]["content"]["body"]
    return ["".join(run["text"] for run in element.get("inlines", ())) for element in body]


def shown_in_slack(message: Message) -> list[str]:
    """Give what each part of a message shows as text; each line of a list by itself."""
    made = in_slack(message, WorkspaceRef(Platform.SLACK, "T1"), PICTURES)
    judge_message(made)
    return [line for block in made["blocks"] for line in _lines(block)]


def _lines(block: dict[str, Any]) -> list[str]:
    if block["type"] == "header":
        return [block["text"]["text"]]
    pieces = block.get("elements", [])
    if pieces and pieces[0]["type"].startswith("rich_text"):
        return [line for piece in pieces for line in _lines(piece)]
    return ["".join(str(piece.get("text", "")) for piece in pieces)]


Shown = Callable[[Message], list[str]]
platforms = pytest.mark.parametrize("shown", [shown_in_teams, shown_in_slack])


@platforms
@pytest.mark.parametrize("language", LANGUAGES)
def test_sixty_people_with_long_names_are_all_named_beside_ten_kudos(shown: Shown, language: str):
    week = a_week(60, 30)
    said = shown(digest(week, language))
    for name in everyone(week.recognised):
        assert name in said[1]
    kudos = [line for line in said if LINK_WORDS[language] in line]
    assert len(kudos) == SHOWN
    assert not [line for line in said if "…" in line or "+" in line]


LINK_WORDS = {"en": "The message it is about", "sv": "Meddelandet det gäller"}


@platforms
def test_who_is_thanked_last_is_followed_by_how_many_more(shown: Shown):
    last = shown(digest(a_week(60, 30)))[-1]
    named = last.count("å" * 26)
    assert 10 < named < 60
    assert last.endswith(f" and {60 - named} more for saying it.")


@platforms
def test_of_more_people_than_anybody_reads_the_others_are_counted(shown: Shown):
    said = shown(digest(a_week(100, 7)))
    assert said[1].endswith(f"{a_name(79, 7)} and 20 more.")


@platforms
@settings(max_examples=40, deadline=None)
@given(
    people=st.integers(min_value=4, max_value=300),
    letters=st.integers(min_value=5, max_value=NAME_LIMIT),
    reason=st.integers(min_value=12, max_value=REASON_LIMIT),
    language=st.sampled_from(LANGUAGES),
)
@example(people=80, letters=23, reason=180, language="en")
@example(people=300, letters=5, reason=220, language="sv")
def test_however_many_they_are_no_kudos_is_cut_and_names_are_complete_or_counted(
    shown: Shown, people: int, letters: int, reason: int, language: str
):
    week = a_week(people, letters, reason)
    said = shown(digest(week, language))
    everything = json.dumps(said, ensure_ascii=False)
    for each in fold(week.recognised).shown:
        assert each.reason in everything
    assert not [line for line in said if "…" in line or "+" in line]
    missing = people - sum(name in said[1] for name in everyone(week.recognised))
    assert said[1].endswith(f" {missing} {MORE[language]}." if missing else ".")


MORE = {"en": "more", "sv": "till"}


@platforms
def test_a_kudos_to_as_many_as_can_be_with_the_longest_names_names_each_of_them(shown: Shown):
    everybody = tuple((PersonId(UUID(int=number)), a_name(number, NAME_LIMIT)) for number in range(MAX_RECEIVERS))
    (each, *_) = a_week(1, NAME_LIMIT, REASON_LIMIT).recognised
    week = replace(a_week(1, NAME_LIMIT), recognised=(replace(each, receivers=everybody),))
    said = shown(digest(week))
    assert not [name for _, name in everybody if name not in said[1]]


@platforms
@pytest.mark.parametrize("letters", [5, 8, 30])
def test_kudos_to_the_whole_team_are_all_told_in_the_message_and_its_thread(shown: Shown, letters: int):
    everybody = tuple((PersonId(UUID(int=number)), a_name(number, letters)) for number in range(MAX_RECEIVERS))
    week = a_week(40, letters)
    week = replace(week, recognised=tuple(replace(each, receivers=everybody) for each in week.recognised))
    told = words.digest(translator("en"), "Phone", week, PROGRAMME)
    said = [line for message in (told.message, *told.thread) for line in shown(message)]
    kudos = [line for line in said if LINK_WORDS["en"] in line]
    assert len(kudos) == 40
    assert not [name for _, name in everybody for line in kudos if name not in line]


def test_names_for_which_a_platform_has_no_room_end_in_an_ellipsis():
    assert shown_in_slack(digest(a_week(80, 23, letter="😀")))[1].endswith("…")
