"""A digest in Slack: within its limits, with nobody left out, whoever they are and whatever was said."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.charts.addresses import addresses
from adapters.slack.render import render
from bot.digests import words
from bot.digests.model import Coverage, Recognised, TeamWeek, WeekCount
from bot.gallery import week_of_kudos
from bot.hygiene import REASON_LIMIT
from bot.i18n import LANGUAGES, translator
from bot.identity import KudosId, PersonId, Platform, WorkspaceRef
from bot.people.service import NAME_LIMIT
from bot.points.behaviours import default_behaviours
from bot.points.model import MAX_RECEIVERS, Programme
from tests.block_judges import judge_message

HERE = WorkspaceRef(Platform.SLACK, "T1")
PROGRAMME = Programme(behaviours=default_behaviours())
NOW = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
PICTURES = addresses("https://kudos.example", b"k" * 40)

names = st.text(st.sampled_from("aåÅ😀 <@U1>&*_"), min_size=1, max_size=NAME_LIMIT)
reasons = st.one_of(
    st.just("stayed with a caller"),
    st.text(st.sampled_from("xå😀&<>@ \n"), min_size=3, max_size=REASON_LIMIT),
)


def a_week(told: list[tuple[str, list[str], str]]) -> TeamWeek:
    """Give a week in which everyone has a name of their own."""
    recognised = tuple(
        Recognised(
            kudos=KudosId(UUID(int=number)),
            giver=PersonId(UUID(int=number)),
            giver_name=giver,
            receivers=tuple(
                (PersonId(UUID(int=number * 100 + each)), f"{name[: NAME_LIMIT - 8]}§{number}.{each}§")
                for each, name in enumerate(receivers)
            ),
            reason=reason,
            link="https://example.com/1",
            behaviours=("ownership",),
            by_supervisor=bool(number % 2),
            at=NOW,
        )
        for number, (giver, receivers, reason) in enumerate(told)
    )
    weeks = tuple(WeekCount((NOW - timedelta(weeks=back)).date(), 99_999) for back in range(8, 0, -1))
    return TeamWeek(recognised, 3, Coverage(11, 14), weeks)


def rendered(week: TeamWeek, language: str) -> list[dict]:
    told = words.digest(translator(language), "T" * 60, week, PROGRAMME)
    return [render(message, HERE, PICTURES) for message in (told.message, *told.thread)]


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.tuples(names, st.lists(names, min_size=1, max_size=3), reasons), min_size=60, max_size=60),
    st.sampled_from(LANGUAGES),
)
def test_sixty_kudos_fit_and_nobody_is_left_out(told: list[tuple[str, list[str], str]], language: str):
    week = a_week(told)
    made = rendered(week, language)

    for content in made:
        judge_message(content)
    everything = json.dumps([content["blocks"] for content in made], ensure_ascii=False)
    for each in week.recognised:
        for _, name in each.receivers:
            assert name[name.index("§") :] in everything


def test_a_kudos_to_as_many_as_can_be_names_each_of_them():
    names = [f"{'Wolfeschlegelsteinhausen'} {number}" for number in range(MAX_RECEIVERS)]
    week = a_week([("Anna Ek", names, "x" * REASON_LIMIT)] * 60)

    everything = json.dumps([content["blocks"] for content in rendered(week, "en")], ensure_ascii=False)
    for each in week.recognised:
        for _, name in each.receivers:
            assert name in everything


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kudos", [0, 1, 3, 60])
def test_nothing_of_an_ordinary_digest_is_cut(kudos: int, language: str):
    told = words.digest(translator(language), "Phone", week_of_kudos(translator(language), kudos), PROGRAMME)
    for message in (told.message, *told.thread):
        content = render(message, HERE, PICTURES)
        judge_message(content)
        assert len(content["blocks"]) == len(message.blocks)
        assert "…" not in json.dumps(content["blocks"], ensure_ascii=False)


def test_a_digest_pings_nobody():
    everything = json.dumps(rendered(week_of_kudos(translator("en"), 60), "en"))

    assert '"type": "user"' not in everything
