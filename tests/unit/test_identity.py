"""Ids that sort by when they were made."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import RFC_4122

from hypothesis import given
from hypothesis import strategies as st

from bot.identity import id_made_at

MOMENTS = st.datetimes(datetime(1990, 1, 1), datetime(2200, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 they get one


@given(MOMENTS, st.timedeltas(timedelta(milliseconds=1), timedelta(days=400)))
def test_a_later_id_is_greater(moment, later):
    assert id_made_at(moment) < id_made_at(moment + later)


@given(MOMENTS)
def test_ids_of_one_moment_differ_and_say_their_version(moment):
    made = [id_made_at(moment) for _ in range(20)]
    assert len(set(made)) == 20
    assert {(each.version, each.variant) for each in made} == {(7, RFC_4122)}
