"""Somebody gives kudos: what they, the receivers and the team read, and what it does to points and allowance."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from bot.delivery.model import State
from bot.identity import AccountRef, Platform, WorkspaceRef
from bot.points.model import MAX_RECEIVERS
from bot.view.message import Link, MessageKind, Note, Person
from tests.factories import a_channel, a_profile, an_account
from tests.unit.desk import (
    ANNA,
    BO,
    CLEO,
    FLOOR,
    GUEST,
    HOME,
    LEAVER,
    MAJA,
    ROBOT,
    SAID,
    SVEN,
    button,
    desk,
    lines,
    reply,
    text_of,
)

RECEIPT, NOTE, SHOUT_OUT, REFUSAL = (
    MessageKind.RECEIPT,
    MessageKind.RECEIVER_NOTE,
    MessageKind.SHOUT_OUT,
    MessageKind.REFUSAL,
)


async def test_giver_receiver_and_everyone_here_read_about_it():
    office = await desk()

    receipt = reply(await office.types(MAJA, f"<U2> {SAID} #ownership"), RECEIPT)

    assert lines(receipt) == [
        "You recognised Anna Ek. They have been told, and everyone here sees it.",
        SAID,
        "#ownership · 10 points",
        "90 points left to give of 100 this week; refills on Monday 23 November.",
        "[Undo]",
    ]
    [shout_out] = office.told(FLOOR)
    assert lines(shout_out.message) == ["Maja Lindqvist recognised Anna Ek", SAID, "#ownership · 10 points"]
    [note] = office.told(ANNA)
    assert lines(note.message) == ["Maja Lindqvist recognised you", SAID, "#ownership · 10 points"]
    assert [each.kind for each in office.posted] == [SHOUT_OUT, NOTE]
    assert (office.balance(ANNA), office.balance(MAJA)) == (10, 0)
    assert office.metrics == {"ok": 1}


async def test_undo_carries_the_kudos_and_nothing_else():
    office = await desk()

    receipt = reply(await office.types(MAJA, f"<U2> {SAID}"), RECEIPT)

    [kudos] = office.kudos
    assert UUID(button(receipt, "Undo").value) == kudos.id


async def test_names_are_mentions_where_the_platform_can_make_them():
    office = await desk()

    await office.types(MAJA, f"<U2> {SAID}")

    [shout_out] = office.told(FLOOR)
    spans = shout_out.message.blocks[0].line
    assert [span for span in spans if isinstance(span, Person)] == [
        Person("Maja Lindqvist", MAJA),
        Person("Anna Ek", ANNA),
    ]


async def test_a_summary_tells_no_reason():
    """Notifications are read over somebody's shoulder."""
    office = await desk()

    receipt = reply(await office.types(MAJA, f"<U2> {SAID}"), RECEIPT)

    assert receipt.summary == "You recognised Anna Ek."
    assert {each.message.summary for each in office.posted} == {
        "Maja Lindqvist recognised Anna Ek",
        "Maja Lindqvist recognised you",
    }


async def test_asked_for_points_move_to_each_receiver():
    office = await desk()

    receipt = reply(await office.types(MAJA, f"<U2> and <U3> {SAID} +20"), RECEIPT)

    assert lines(receipt)[0] == (
        "You recognised Anna Ek and Bo Strand. They have been told, and everyone here sees it."
    )
    assert "20 points each" in text_of(receipt)
    assert "60 points left to give of 100" in text_of(receipt)
    assert (office.balance(ANNA), office.balance(BO)) == (20, 20)
    [shout_out] = office.told(FLOOR)
    assert lines(shout_out.message)[0] == "Maja Lindqvist recognised Anna Ek and Bo Strand"
    assert [lines(office.told(each)[0].message)[0] for each in (ANNA, BO)] == [
        "Maja Lindqvist recognised you and Bo Strand",
        "Maja Lindqvist recognised you and Anna Ek",
    ]


async def test_each_reads_it_in_their_own_language():
    office = await desk()

    receipt = reply(await office.types(MAJA, f"<U4> {SAID} #ägarskap"), RECEIPT)

    assert "#ownership" in text_of(receipt)
    assert lines(office.told(FLOOR)[0].message)[0] == "Maja Lindqvist recognised Cleo Falk"
    note = office.told(CLEO)[0].text
    assert "#ägarskap · 10 poäng" in note
    assert "recognised" not in note


async def test_whose_language_nobody_knows_reads_it_in_the_givers():
    office = await desk()
    office.speak("", ANNA)

    await office.types(CLEO, "<U2> <U3> stannade kvar tills det var löst #ownership")

    note = office.told(ANNA)[0].text
    assert "Cleo Falk gav kudos till dig" in note
    assert "#ägarskap · 10 poäng" in note
    assert "recognised you" in office.told(BO)[0].text


async def test_a_giver_whose_language_nobody_knows_shouts_in_the_first_receivers():
    office = await desk()
    office.speak("", MAJA)

    receipt = reply(await office.types(MAJA, "<U4> stannade kvar tills det var löst #ownership"), RECEIPT)

    assert "#ägarskap · 10 poäng" in office.told(FLOOR)[0].text
    assert "You recognised" in text_of(receipt)


async def test_a_swedish_giver_is_answered_in_swedish_and_shouts_in_it():
    office = await desk()

    receipt = text_of(reply(await office.types(CLEO, "<U2> stannade kvar tills det var löst +20"), RECEIPT))

    assert "80 poäng kvar att ge av 100" in receipt
    assert "måndag 23 november" in receipt
    assert "points" not in receipt + office.told(FLOOR)[0].text
    assert "20 points" in office.told(ANNA)[0].text


async def test_a_reason_first_is_the_whole_text_with_names_in_it_and_no_ids():
    office = await desk()

    await office.types(MAJA, "Thanks <U2> for staying so late with <U3|>")

    [kudos] = office.kudos
    assert kudos.reason == "Thanks @Anna Ek for staying so late with @Bo Strand"
    assert len(kudos.receivers) == 2


async def test_somebody_mentioned_in_the_reason_is_named_and_gets_nothing():
    office = await desk()

    receipt = reply(await office.types(MAJA, "<U2> helped <U3|bo> with a hard call"), RECEIPT)

    assert lines(receipt)[1] == "helped @Bo Strand with a hard call"
    assert not office.told(BO)


async def test_a_repeat_changes_nothing_and_answers_the_same():
    office = await desk()

    first = await office.types(MAJA, f"<U2> {SAID} +20", key="again")
    posted = office.posted
    await office.types(MAJA, f"<U3> {SAID}")
    again = await office.types(MAJA, f"<U2> {SAID} +20", key="again")

    assert again == first
    assert office.balance(ANNA) == 20
    assert [each for each in office.posted if each.target != BO][: len(posted)] == posted
    assert len(office.kudos) == 2


async def test_a_repeat_says_what_was_recorded_even_if_the_group_has_changed_since():
    office = await desk()
    office.directory.groups = {"G1": (ANNA, BO)}
    first = await office.types(MAJA, f"<G1> {SAID}", key="again")
    office.directory.groups = {"G1": (ANNA, BO, CLEO)}

    again = await office.types(MAJA, f"<G1> {SAID}", key="again")

    assert again == first


async def test_a_repeat_after_the_week_has_turned_answers_as_in_its_own_week():
    office = await desk(datetime(2026, 11, 22, 22, 59, tzinfo=UTC))
    first = await office.types(MAJA, f"<U2> {SAID}", key="again")
    office.clock.advance(timedelta(minutes=2))

    assert await office.types(MAJA, f"<U2> {SAID}", key="again") == first


async def test_forty_at_once_give_one_kudos():
    office = await desk()

    answers = await asyncio.gather(*(office.types(MAJA, f"<U2> {SAID}", key="same") for _ in range(40)))

    assert all(answer == answers[0] for answer in answers)
    assert len(office.kudos) == 1
    assert len(office.posted) == 2


async def test_two_people_may_act_under_one_key():
    """Some platforms' ids are unique per person only."""
    office = await desk()

    await office.types(MAJA, f"<U2> {SAID}", key="same")
    await office.types(BO, f"<U2> {SAID}", key="same")

    assert office.balance(ANNA) == 20


async def test_a_group_is_its_members_without_the_giver_and_those_who_cannot_receive():
    office = await desk()
    office.directory.groups = {"G1": (MAJA, ANNA, ROBOT, GUEST, LEAVER, BO, ANNA, an_account("U99"))}

    receipt = reply(await office.types(MAJA, f"<U3> <G1> {SAID}"), RECEIPT)

    assert "You recognised Bo Strand and Anna Ek." in text_of(receipt)
    assert [office.balance(each) for each in (ANNA, BO, MAJA, ROBOT)] == [10, 10, 0, 0]


async def test_as_many_as_fit_may_receive_and_the_list_is_written_out():
    office = await desk()
    crowd = [a_profile(f"U1{n:02}", f"Agent {n}") for n in range(MAX_RECEIVERS)]
    office.directory.put(*crowd)
    office.directory.groups = {"G1": tuple(each.account for each in crowd)}
    office.programme(allowance_agent=1000)

    receipt = reply(await office.types(MAJA, f"<G1> {SAID}"), RECEIPT)

    assert "Agent 23 and Agent 24" in text_of(receipt)
    assert all(office.balance(each.account) == 10 for each in crowd)


async def test_private_kudos_are_known_to_their_receivers_alone():
    office = await desk()
    await office.team("Phone", (MAJA, ANNA, BO), home=HOME)

    receipt = reply(await office.types(MAJA, f"private <U2> {SAID}"), RECEIPT)

    assert "It is private: only Anna Ek knows." in text_of(receipt)
    assert [(each.target, each.kind) for each in office.posted] == [(ANNA, NOTE)]
    assert lines(office.posted[0].message)[-1] == "This is private: only you can see it."
    assert office.balance(ANNA) == 10
    week = text_of(reply(await office.types(BO, "team"), MessageKind.TEAM_WEEK))
    assert SAID not in week
    assert "Nothing yet this week" in week


async def test_private_kudos_to_two_say_so():
    office = await desk()

    receipt = reply(await office.types(MAJA, f"private <U2> <U3> {SAID}"), RECEIPT)

    assert "It is private: only Anna Ek and Bo Strand know." in text_of(receipt)


async def test_a_team_with_a_home_sees_it_there():
    office = await desk()
    await office.team("Phone", (MAJA, ANNA), home=HOME)

    receipt = reply(await office.types(MAJA, f"<U2> {SAID}"), RECEIPT)

    assert "They have been told, and the team sees it in its channel." in text_of(receipt)
    assert [(each.target, each.kind) for each in office.posted] == [(HOME, SHOUT_OUT), (ANNA, NOTE)]


async def test_in_the_home_itself_everyone_here_sees_it():
    office = await desk()
    await office.team("Phone", (MAJA, ANNA), home=HOME)

    receipt = reply(await office.types(MAJA, f"<U2> {SAID}", conversation=HOME), RECEIPT)

    assert "everyone here sees it" in text_of(receipt)
    assert len(office.told(HOME)) == 1


async def test_receivers_of_two_teams_are_celebrated_in_both_homes():
    office = await desk()
    other = a_channel("C3")
    await office.team("Phone", (MAJA, ANNA), home=HOME)
    await office.team("E-mail", (BO,), home=other)

    receipt = reply(await office.types(MAJA, f"<U2> <U3> {SAID}", conversation=HOME), RECEIPT)

    assert "the team sees it in its channel" in text_of(receipt)
    assert [each.target for each in office.posted] == [HOME, other, ANNA, BO]


async def test_a_team_without_a_home_sees_it_where_it_was_given():
    office = await desk()
    await office.team("Phone", (MAJA, ANNA), home=None)

    await office.types(MAJA, f"<U2> {SAID}")

    assert [each.target for each in office.posted] == [FLOOR, ANNA]
    assert "Maja Lindqvist to Anna Ek" in text_of(reply(await office.types(MAJA, "team"), MessageKind.TEAM_WEEK))


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        (f"<U2> {SAID}", "I cannot post here, so only Anna Ek was told."),
        (f"<U2> <U3> {SAID}", "I cannot post here, so only Anna Ek and Bo Strand were told."),
    ],
)
async def test_where_the_bot_cannot_post_the_receipt_says_that_only_the_receivers_know(typed, says):
    office = await desk()
    office.directory.closed = {FLOOR}

    receipt = reply(await office.types(MAJA, typed), RECEIPT)

    assert says in text_of(receipt)
    assert {each.kind for each in office.posted} == {NOTE}


async def test_without_a_conversation_only_the_receiver_is_told():
    office = await desk()

    receipt = reply(await office.types(MAJA, f"<U2> {SAID}", conversation=None), RECEIPT)

    assert "Only Anna Ek was told." in text_of(receipt)
    assert [each.target for each in office.posted] == [ANNA]


async def test_a_directory_that_is_down_does_not_stop_kudos_between_people_known():
    office = await desk()
    await office.meet(MAJA, ANNA)
    office.directory.down = True

    receipt = reply(await office.types(MAJA, f"<U2> {SAID}"), RECEIPT)

    assert "everyone here sees it" in text_of(receipt)
    assert [each.target for each in office.posted] == [FLOOR, ANNA]


@pytest.mark.parametrize("typed", [f"<U3> {SAID}", f"<G1> {SAID}", f"@Bo {SAID}", "<U2> helped <U3> with a call"])
async def test_a_directory_that_is_down_is_owned_up_to_when_somebody_unknown_is_meant(typed):
    office = await desk()
    await office.meet(MAJA, ANNA)
    office.directory.down = True

    refusal = reply(await office.types(MAJA, typed), REFUSAL)

    assert text_of(refusal) == "I cannot look people up right now. Nothing was recorded; please try again in a minute."
    assert not office.kudos


async def test_a_supervisor_may_give_more_and_is_seen_to_recognise():
    office = await desk()
    await office.team("Phone", (ANNA,), (SVEN,), home=HOME)

    receipt = reply(await office.types(SVEN, f"<U2> {SAID}"), RECEIPT)

    assert "190 points left to give of 200 this week" in text_of(receipt)
    assert lines(office.told(HOME)[0].message)[-1] == "10 points · Supervisor recognition"
    assert office.told(ANNA)[0].text.endswith("10 points · Supervisor recognition")
    [kudos] = office.kudos
    assert kudos.receivers[0].by_supervisor


async def test_a_supervisor_of_another_team_is_a_peer():
    office = await desk()
    await office.team("Phone", (ANNA,), home=HOME)
    await office.team("E-mail", (BO,), (SVEN,), home=FLOOR)

    await office.types(SVEN, f"<U2> {SAID}")

    assert "Supervisor" not in office.told(HOME)[0].text


async def spend(office, giver, points=100):
    while points > 0:
        await office.types(giver, f"<U2> {SAID} +{min(points, 25)}")
        points -= 25


async def test_the_allowance_ends_with_a_refusal_that_says_when_it_refills():
    office = await desk()
    await spend(office, MAJA, 90)

    refusal = reply(await office.types(MAJA, f"<U2> <U3> {SAID}"), REFUSAL)

    assert text_of(refusal) == (
        "This needs 20 points, and you have 10 left this week. Your allowance refills on Monday 23 November at 00:00."
    )
    assert (office.balance(ANNA), office.balance(BO)) == (90, 0)
    assert not office.told(BO)
    assert reply(await office.types(MAJA, f"<U3> {SAID}"), RECEIPT)


@pytest.mark.parametrize(
    ("monday", "zone"),
    [
        (datetime(2026, 11, 22, 23, tzinfo=UTC), "Europe/Stockholm"),
        (datetime(2026, 10, 25, 23, tzinfo=UTC), "Europe/Stockholm"),  # the clocks went back on the Sunday
        (datetime(2026, 3, 29, 22, tzinfo=UTC), "Europe/Stockholm"),  # and forward
        (datetime(2026, 11, 22, 18, 30, tzinfo=UTC), "Asia/Kolkata"),
        (datetime(2026, 11, 23, 5, tzinfo=UTC), "America/New_York"),
        (datetime(2026, 11, 23, tzinfo=UTC), "Mars/Olympus"),
    ],
)
async def test_the_allowance_is_full_again_on_monday_at_midnight_of_the_giver(monday, zone):
    office = await desk(monday - timedelta(minutes=1))
    office.directory.put(replace(office.directory.profiles[MAJA], timezone=zone))
    await spend(office, MAJA)

    office.clock.advance(timedelta(seconds=59))
    reply(await office.types(MAJA, f"<U3> {SAID}"), REFUSAL)
    office.clock.advance(timedelta(seconds=1))
    receipt = reply(await office.types(MAJA, f"<U3> {SAID}"), RECEIPT)

    assert "90 points left to give of 100" in text_of(receipt)


async def test_an_allowance_lasts_from_monday_through_a_week_with_a_clock_change():
    office = await desk(datetime(2026, 10, 18, 22, tzinfo=UTC))
    await spend(office, MAJA)

    office.clock.advance(timedelta(days=7))

    reply(await office.types(MAJA, f"<U3> {SAID}"), REFUSAL)


async def test_nobody_else_pays():
    office = await desk()
    await spend(office, MAJA)

    assert "90 points left" in text_of(reply(await office.types(BO, f"<U2> {SAID}"), RECEIPT))


async def test_a_link_to_the_message_goes_with_it():
    office = await desk()
    link = "https://example.slack.com/archives/C1/p1"
    form = await office.uses_shortcut(MAJA, ANNA, link)

    reply(await office.sends(MAJA, form), RECEIPT)

    note = office.told(ANNA)[0].message.blocks[-1]
    assert isinstance(note, Note)
    assert note.line[-1] == Link("The message it is about", link)


async def test_what_waits_in_the_outbox_waits_to_be_sent():
    office = await desk()
    woken = []
    office.store.on_outbox = lambda: woken.append(True)

    await office.types(MAJA, f"<U2> {SAID}")

    assert {each.state for each in office.posted} == {State.PENDING}
    assert woken == [True]


async def test_a_workspace_never_connected_is_told_so():
    office = await desk()
    elsewhere = WorkspaceRef(Platform.SLACK, "T404")
    office.directory.put(a_profile("U1", workspace=elsewhere, locale="sv-SE"))

    answer = await office.types(AccountRef(elsewhere, "U1"), f"<U2> {SAID}")

    assert "arbetsyta" in text_of(reply(answer, REFUSAL))
    assert not office.posted
