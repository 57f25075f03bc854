"""A giver takes a kudos back, by command and by button."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from bot.delivery.model import Operation, State
from bot.i18n import translator
from bot.recognition import words
from bot.recognition.model import Undone
from bot.recognition.words import Action
from bot.view.message import Button, MessageKind
from tests.fakes import MemoryKudos
from tests.unit.desk import ANNA, BO, CLEO, FLOOR, MAJA, SAID, button, desk, lines, reply, text_of

RECEIPT, UNDONE, REFUSAL = MessageKind.RECEIPT, MessageKind.UNDONE, MessageKind.REFUSAL


async def given(office, text=f"<U2> {SAID}", giver=MAJA):
    """Give a kudos, and give its Undo button."""
    receipt = reply(await office.types(giver, text), RECEIPT)
    [undo] = [each for each in receipt.blocks[-1].buttons if each.action == Action.UNDO]
    return undo


async def test_the_button_takes_back_points_allowance_and_messages():
    office = await desk()
    undo = await given(office, f"<U2> <U3> {SAID} +20")

    answer = await office.presses(MAJA, undo)

    assert lines(reply(answer, UNDONE)) == [
        "Taken back. Its messages are removed, and nobody is told.",
        "100 points left to give of 100 this week.",
    ]
    assert answer.replaces
    assert (office.balance(ANNA), office.balance(BO)) == (0, 0)
    assert {each.state for each in office.posted} == {State.CANCELLED}


async def test_the_command_takes_back_the_latest():
    office = await desk()
    await given(office, f"<U3> {SAID}")
    office.clock.advance(timedelta(minutes=1))
    await given(office, f"<U2> {SAID} twice")

    answer = await office.types(MAJA, "undo")

    assert lines(reply(answer, UNDONE))[1] == f"{SAID} twice"
    assert "90 points left to give" in text_of(reply(answer, UNDONE))
    assert not answer.replaces
    assert (office.balance(ANNA), office.balance(BO)) == (0, 10)


async def test_the_swedish_command_is_answered_in_swedish():
    office = await desk()
    await given(office, "<U2> stannade kvar tills det var löst", CLEO)

    assert "100 poäng kvar" in text_of(reply(await office.types(CLEO, "ångra"), UNDONE))


async def test_messages_that_are_out_are_removed():
    office = await desk()
    undo = await given(office)
    for row in office.store.outbox.values():
        row.state = State.SENT

    await office.presses(MAJA, undo)

    removals = [row for row in office.store.outbox.values() if row.operation is Operation.REMOVE]
    assert [row.target for row in removals] == [FLOOR, ANNA]
    assert {row.message for row in removals} == {words.withdrawn(translator("en"))}


async def test_where_a_message_cannot_be_removed_it_says_so_in_the_givers_language():
    office = await desk()
    undo = await given(office, "<U2> stannade kvar tills det var löst", CLEO)
    for row in office.store.outbox.values():
        row.state = State.SENT

    await office.presses(CLEO, undo)

    removals = [row for row in office.store.outbox.values() if row.operation is Operation.REMOVE]
    assert {row.message.summary for row in removals} == {"Meddelandet drogs tillbaka."}


async def test_taken_back_kudos_are_gone_from_the_week_and_the_figures():
    office = await desk()
    await office.team("Phone", (MAJA, ANNA))
    await office.presses(MAJA, await given(office))

    assert SAID not in text_of(reply(await office.types(ANNA, "team"), MessageKind.TEAM_WEEK))
    assert "Received: 0 kudos" in text_of(reply(await office.types(ANNA, "me"), MessageKind.MINE))


async def test_the_second_time_it_says_that_it_is_taken_back_already():
    office = await desk()
    undo = await given(office)
    await office.presses(MAJA, undo)

    pressed, typed = await office.presses(MAJA, undo), await office.types(MAJA, "undo")
    assert text_of(reply(pressed, REFUSAL)) == "That kudos is already taken back."
    assert text_of(reply(typed, REFUSAL)) == (
        "Your latest kudos is already taken back. To take back an older one, press Undo on its receipt."
    )
    assert (pressed.replaces, typed.replaces) == (True, False)
    assert office.balance(ANNA) == 0
    assert "90 points left" in text_of(reply(await office.types(MAJA, f"<U2> {SAID}"), RECEIPT))


async def test_the_very_same_kudos_soon_after_is_told_to_be_a_second_one():
    office = await desk()
    again = "You gave the same a moment ago, and both count."
    await given(office)
    second = reply(await office.types(MAJA, f"<U2> {SAID}"), RECEIPT)
    others = [
        reply(await office.types(giver, text), RECEIPT)
        for giver, text in ((MAJA, f"<U3> {SAID}"), (MAJA, f"<U2> {SAID} twice"), (BO, f"<U2> {SAID}"))
    ]
    assert again in text_of(second)
    assert [each for each in others if again in text_of(each)] == []
    office.clock.advance(timedelta(minutes=3))
    assert again not in text_of(reply(await office.types(MAJA, f"<U2> {SAID}"), RECEIPT))


async def test_a_kudos_given_anew_after_it_was_taken_back_is_no_second_one():
    office = await desk()
    await office.presses(MAJA, await given(office))
    assert "both count" not in text_of(reply(await office.types(MAJA, f"<U2> {SAID}"), RECEIPT))


async def test_two_presses_at_once_take_back_once(monkeypatch):
    """Storage says which came first, when both found the kudos standing."""
    office = await desk()
    undo = await given(office)

    async def beaten(*_):
        return Undone(now=False, used=0)

    monkeypatch.setattr(MemoryKudos, "undo", beaten)

    assert text_of(reply(await office.presses(MAJA, undo), REFUSAL)) == "That kudos is already taken back."


async def test_without_any_kudos_there_is_nothing_to_take_back():
    office = await desk()
    await given(office, giver=BO)

    assert "nothing to take back" in text_of(reply(await office.types(MAJA, "undo"), REFUSAL))
    gone = Button(Action.UNDO, "Undo", "00000000-0000-0000-0000-000000000000")
    assert "nothing to take back" in text_of(reply(await office.presses(MAJA, gone), REFUSAL))


async def test_another_persons_kudos_stands():
    office = await desk()
    undo = await given(office)

    refusal = reply(await office.presses(ANNA, undo), REFUSAL)

    assert text_of(refusal) == "Only the one who gave a kudos can take it back."
    assert office.balance(ANNA) == 10


async def test_it_can_be_taken_back_for_a_day_and_no_longer():
    office = await desk()
    undo = await given(office)
    office.clock.advance(timedelta(hours=24, seconds=1))

    for answer in (await office.presses(MAJA, undo), await office.types(MAJA, "undo")):
        assert text_of(reply(answer, REFUSAL)) == ("A kudos can be taken back within 24 hours, and this one is older.")
    assert office.balance(ANNA) == 10

    second = await given(office)
    office.clock.advance(timedelta(hours=24))
    reply(await office.presses(MAJA, second), UNDONE)


async def test_of_an_earlier_week_nothing_is_said_of_this_weeks_allowance():
    sunday = datetime(2026, 11, 22, 20, tzinfo=UTC)
    office = await desk(sunday)
    undo = await given(office)
    office.clock.advance(timedelta(hours=4))

    answer = reply(await office.presses(MAJA, undo), UNDONE)

    assert lines(answer) == ["Taken back. Its messages are removed, and nobody is told."]
    assert "100 this week" in text_of(reply(await office.types(MAJA, "me"), MessageKind.MINE))


async def test_points_already_spent_are_not_taken():
    office = await desk()
    undo = await given(office)
    office.books.balances[office.books.accounts[ANNA][0]] = 4

    await office.presses(MAJA, undo)

    assert office.balance(ANNA) == 0


async def test_an_undo_button_with_something_else_in_it_is_stale():
    office = await desk()
    office.metrics.clear()

    for value in ("", "7", "undo", "{}", "\ud800", "0" * 5000):
        refusal = reply(await office.presses(MAJA, Button(Action.UNDO, "Undo", value)), REFUSAL)
        assert text_of(refusal) == "That button is too old to work. Type /kudos to start again."


async def test_a_repeat_of_a_kudos_taken_back_does_not_give_it_again():
    office = await desk()
    first = await office.types(MAJA, f"<U2> {SAID}", key="again")
    await office.presses(MAJA, button(first.reply, "Undo"))

    assert await office.types(MAJA, f"<U2> {SAID}", key="again") == first
    assert office.balance(ANNA) == 0
