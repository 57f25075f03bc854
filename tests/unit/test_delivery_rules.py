"""When to try again, when to give up, and what to do in doubt."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.delivery import rules
from bot.delivery.model import Failed, InDoubt, Operation, Parcel, TryAgain, Unknown
from bot.identity import ConversationRef, OrganisationId, OutboxId, Platform, WorkspaceRef
from bot.view.message import Message, MessageKind

NOW = datetime(2026, 11, 18, 9, 0, tzinfo=UTC)
SECOND = timedelta(seconds=1)
DAY = timedelta(hours=24)
PARCEL = Parcel(
    id=OutboxId(UUID(int=1)),
    organisation=OrganisationId(UUID(int=2)),
    key="k",
    operation=Operation.SEND,
    target=ConversationRef(WorkspaceRef(Platform.TEAMS, "T1"), "C1"),
    message=Message(MessageKind.SHOUT_OUT, (), "Well done"),
    original=None,
    attempts=1,
    created_at=NOW,
    began_at=NOW,
)


@given(attempts=st.integers(0, 10_000), luck=st.floats(0, 1))
def test_the_wait_is_never_shorter_than_half_a_second_nor_longer_than_five_minutes(attempts: int, luck: float) -> None:
    assert SECOND / 2 <= rules.back_off(attempts, luck) <= timedelta(minutes=5)


@given(attempts=st.integers(1, 8), luck=st.floats(0, 1))
def test_the_wait_doubles_with_each_attempt(attempts: int, luck: float) -> None:
    once, twice = rules.back_off(attempts, luck), rules.back_off(attempts + 1, luck)
    assert abs(twice - 2 * once) <= timedelta(microseconds=2)


def test_luck_spreads_the_wait() -> None:
    assert rules.back_off(3, 0) == 2 * SECOND
    assert rules.back_off(3, 1) == 4 * SECOND


def test_the_platforms_own_wait_is_kept() -> None:
    assert rules.after_temporary(PARCEL, "busy", 30 * SECOND, NOW, 0.5) == TryAgain(NOW + 30 * SECOND, "busy")


@pytest.mark.parametrize(
    ("asked", "kept"),
    [
        (timedelta(days=9), timedelta(hours=1)),
        (timedelta(seconds=-5), timedelta(0)),
        (timedelta(0), timedelta(0)),
    ],
)
def test_an_absurd_wait_is_not_taken_at_its_word(asked: timedelta, kept: timedelta) -> None:
    assert rules.asked_wait(asked) == kept


def test_without_a_wait_asked_for_the_back_off_decides() -> None:
    third = replace(PARCEL, attempts=3)
    assert rules.after_temporary(third, "busy", None, NOW, 1) == TryAgain(NOW + 4 * SECOND, "busy")


def test_a_message_is_given_up_when_its_next_try_would_be_a_day_late() -> None:
    late = NOW + DAY - 2 * SECOND
    assert isinstance(rules.after_temporary(PARCEL, "busy", SECOND, late, 0), TryAgain)
    outcome = rules.after_temporary(PARCEL, "busy", 2 * SECOND, late, 0)
    assert outcome == Failed("given up after a day: busy")


def test_the_platform_is_asked_a_few_seconds_after_the_answer_was_lost() -> None:
    assert rules.after_lost_answer(PARCEL, "cut", NOW + SECOND) == InDoubt(NOW + 6 * SECOND, "cut")


def test_it_is_asked_less_and_less_often() -> None:
    hour = NOW + timedelta(hours=1)
    assert rules.after_lost_answer(PARCEL, "cut", NOW + 60 * SECOND) == InDoubt(NOW + 90 * SECOND, "cut")
    assert rules.after_lost_answer(PARCEL, "cut", hour) == InDoubt(hour + timedelta(minutes=10), "cut")


def test_it_is_asked_when_it_said_it_may_be() -> None:
    assert rules.after_lost_answer(PARCEL, "busy", NOW, 40 * SECOND) == InDoubt(NOW + 40 * SECOND, "busy")


def test_after_a_day_in_doubt_the_operator_decides() -> None:
    assert rules.after_lost_answer(PARCEL, "cut", NOW + DAY) == Unknown("given up after a day: cut")


def test_only_a_send_can_make_a_double() -> None:
    assert [each for each in Operation if not rules.repeatable(each)] == [Operation.SEND]


@pytest.mark.parametrize("kind", MessageKind)
def test_of_what_cannot_be_asked_about_only_a_receivers_note_is_sent_again(kind: MessageKind) -> None:
    parcel = replace(PARCEL, message=Message(kind, (), "Well done"))
    assert rules.send_again_unasked(parcel) == (kind is MessageKind.RECEIVER_NOTE)


def test_even_a_receivers_note_is_sent_again_only_once() -> None:
    note = replace(PARCEL, message=Message(MessageKind.RECEIVER_NOTE, (), "Well done"))
    assert not rules.send_again_unasked(replace(note, attempts=2))


@given(st.text(max_size=2_000))
def test_a_reason_fits_the_operators_list(reason: str) -> None:
    short = rules.short(reason)
    assert len(short) <= 500
    assert short == reason or (len(reason) > 500 and short.endswith("…") and reason.startswith(short[:-1]))
