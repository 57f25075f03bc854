"""The sample contact centre: believable, within its own rules, the same every time."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest

from adapters.local import sample
from adapters.local.sample.calendar import ZONE
from bot.points.behaviours import default_behaviours
from bot.points.model import Programme

# A Sunday night, a Monday morning, and the first working day after the clocks changed.
NOWS = [
    datetime(2026, 11, 22, 2, 33, tzinfo=UTC),
    datetime(2026, 11, 23, 7, 0, tzinfo=UTC),
    datetime(2026, 10, 26, 8, 0, tzinfo=UTC),
]
HANDLES = {profile.handle for profile in sample.people()}


def test_three_teams_with_a_supervisor_each_and_some_fifteen_agents():
    assert [team.name for team in sample.teams()] == ["Phone", "E-mail", "Chat"]
    assert all(len(team.supervisors) == 1 for team in sample.teams())
    assert sum(len(team.agents) for team in sample.teams()) == 15
    assert {profile.locale for profile in sample.people()} == {"sv-SE", "en-GB"}
    assert len({profile.timezone for profile in sample.people()}) == 2


def test_channels_hold_people_who_exist():
    for channel in sample.channels():
        assert set(channel.members) <= HANDLES


@pytest.mark.parametrize("now", NOWS)
def test_everything_happened_in_working_hours_before_now(now):
    history, talk = sample.history(now), sample.talk(now)
    assert 60 <= len(history) <= 80
    for at in [one.at for one in history] + [one.at for one in talk]:
        local = at.astimezone(ZONE)
        assert at < now
        assert local.weekday() < 5
        assert 8 <= local.hour < 18
    assert now - history[0].at > timedelta(days=25)
    assert [one.at for one in history] == sorted(one.at for one in history)
    assert history == sample.history(now)


def test_every_kudos_could_be_given():
    tags = {words.tag for behaviour in default_behaviours() for words in behaviour.words.values()}
    for kudos in sample.history(NOWS[0]):
        assert kudos.giver in HANDLES
        assert set(kudos.receivers) <= HANDLES - {kudos.giver}
        written = [word[1:] for word in kudos.text.split() if word.startswith("#")]
        assert written
        assert set(written) <= tags


@pytest.mark.parametrize("now", NOWS)
def test_nobody_gives_more_than_an_allowance(now):
    programme = Programme()
    given: Counter[tuple[str, int]] = Counter()
    for kudos in sample.history(now):
        week = kudos.at.astimezone(ZONE).isocalendar().week
        points = 20 if kudos.text.endswith("+20") else programme.points_default
        given[kudos.giver, week] += points * len(kudos.receivers)
    assert max(given.values()) <= programme.allowance_agent


def test_both_languages_private_and_several_receivers_are_there():
    history = sample.history(NOWS[0])
    assert any(kudos.private for kudos in history)
    assert any(len(kudos.receivers) > 1 for kudos in history)
    swedish = sum(any(letter in kudos.text for letter in "åäö") for kudos in history)
    assert 20 < swedish < len(history) - 20


@pytest.mark.parametrize("now", NOWS)
def test_each_supervisor_has_somebody_to_notice_of_whom_others_have_spoken(now):
    history = [kudos for kudos in sample.history(now) if not kudos.private]
    for team in sample.teams():
        (supervisor,) = team.supervisors
        long_ago = now - timedelta(days=14)
        noticed = {
            receiver
            for kudos in sample.history(now)
            for receiver in kudos.receivers
            if kudos.giver == supervisor and kudos.at > long_ago
        }
        waiting = {handle for handle in team.agents if handle not in noticed} - set(sample.AWAY)
        assert waiting
        spoken_of = {receiver for kudos in history for receiver in kudos.receivers if kudos.giver != supervisor}
        assert waiting <= spoken_of


def test_somebody_is_on_leave():
    agents = {handle for team in sample.teams() for handle in team.agents}
    assert set(sample.AWAY) < agents
