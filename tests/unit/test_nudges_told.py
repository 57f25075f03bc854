"""What supervisors are told when a look is due, and what becomes of it when somebody is recognised after all."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import time, timedelta
from uuid import UUID, uuid4

from bot.delivery.model import Operation, State
from bot.nudges.model import Reply
from bot.ports import Standing
from bot.schedule.model import Kind, Rhythm, Schedule
from bot.schedule.rules import slot_of
from bot.teams.model import Absence, NudgeHabit, NudgeWishes
from bot.view.message import Buttons
from tests.unit.desk import ANNA, BO, CLEO, MAJA, SVEN, lines
from tests.unit.nudged import BUTTONS, DAY, LOOK, NOTE, a_house, nudges, person_of, sends, tick, told, until


async def test_the_message_says_who_how_long_and_what_others_said():
    here = await a_house(BO)
    here.clock.advance(-3 * DAY)
    await here.types(ANNA, "<U3> stayed with a caller for an hour")
    await here.types(SVEN, "private <U3> helped me through that week")
    here.clock.advance(3 * DAY)
    message = await told(here)
    assert lines(message) == [
        "You haven't recognised Bo Strand in 30 days.",
        "What others said lately:",
        "Anna Ek: stayed with a caller for an hour · Sunday 15 November",
        *BUTTONS,
        NOTE,
    ]
    assert message.summary == "You haven't recognised Bo Strand in 30 days."
    [row] = [row for row in here.store.outbox.values() if row.target == MAJA]
    assert row.key == row.subject == f"nudge:{person_of(here, MAJA)}:2026-11-18"


async def test_three_at_once_each_with_buttons_and_a_quiet_team_once():
    here = await a_house(ANNA, BO, CLEO, SVEN)
    message = await told(here)
    assert lines(message) == [
        "Nobody in Phone has been recognised in 30 days.",
        "[Recognise somebody]",
        "---",
        "You haven't recognised Anna Ek in 30 days.",
        *BUTTONS,
        "---",
        "You haven't recognised Bo Strand in 30 days.",
        *BUTTONS,
        "---",
        "You haven't recognised Cleo Falk in 30 days.",
        *BUTTONS,
        NOTE,
    ]
    assert message.summary == "You haven't recognised Anna Ek, Bo Strand and Cleo Falk lately."
    confirmed = [
        each for block in message.blocks if isinstance(block, Buttons) for each in block.buttons if each.confirm
    ]
    assert [each.label for each in confirmed] == ["Not on my team"] * 3
    rows = [block.buttons for block in message.blocks if isinstance(block, Buttons)][1:]
    assert [row[0].spoken for row in rows] == [f"Recognise: {name}" for name in ("Anna Ek", "Bo Strand", "Cleo Falk")]
    spoken = [each.spoken for row in rows for each in row]
    assert len(set(spoken)) == len(spoken) == 12
    here.clock.advance(DAY)
    await tick(here)
    [_, second] = nudges(here)
    assert lines(second)[0] == "You haven't recognised Sven Holm in 31 days."


async def test_nobody_hears_of_the_same_person_twice_within_the_days():
    here = await a_house(BO)
    said = 0
    for day in range(60):
        await tick(here)
        if len(nudges(here)) > said:
            said = len(nudges(here))
            assert day % 14 in {0, 1, 2}, day
        here.clock.advance(DAY)
    assert said == 5


async def test_a_supervisor_is_spoken_to_in_their_language():
    here = await a_house(BO, supervisors=(CLEO,))
    message = await told(here, CLEO)
    assert "Du har inte uppmärksammat Bo Strand på 30 dagar." in lines(message)


async def test_looks_come_as_wished_where_the_supervisor_is():
    here = await a_house(BO)
    async with here.units(here.organisation) as work:
        await work.teams.wish(person_of(here, MAJA), NudgeWishes(NudgeHabit.WEEKLY, time(11)))
        await work.commit()
    await tick(here)
    assert nudges(here) == []
    kept = here.books.schedules[Kind.NUDGES, person_of(here, MAJA)]
    assert kept.rhythm == Rhythm(time(11), frozenset({1}), "Europe/Stockholm")


async def test_whoever_leads_nobody_any_more_is_looked_at_no_more():
    here = await a_house(BO)
    maja = person_of(here, MAJA)
    for team in here.books.teams.values():
        del team.members[maja]
    await tick(here)
    assert nudges(here) == []
    assert (Kind.NUDGES, maja) not in here.books.schedules


async def test_a_supervisor_without_an_account_left_is_told_nothing():
    here = await a_house(BO)
    person, profile = here.books.accounts[MAJA]
    here.books.accounts[MAJA] = (person, replace(profile, standing=Standing.LEFT))
    await tick(here)
    assert nudges(here) == []


async def test_a_supervisor_who_is_away_is_told_nothing():
    here = await a_house(BO)
    maja = person_of(here, MAJA)
    here.books.absences.append(Absence(uuid4(), maja, LOOK.date(), LOOK.date()))
    await tick(here)
    assert nudges(here) == []
    # An absence that is yet to come keeps nobody quiet.
    here.clock.advance(DAY)
    here.books.absences[:] = [Absence(uuid4(), maja, (LOOK + 2 * DAY).date(), (LOOK + 9 * DAY).date())]
    await tick(here)
    assert len(nudges(here)) == 1


async def test_one_message_a_day_however_often_the_slot_is_carried_out():
    here = await a_house(BO)
    await told(here)
    schedule = Schedule(
        Kind.NUDGES, person_of(here, MAJA), Rhythm(time(9, 30), frozenset({3}), "Europe/Stockholm"), LOOK
    )
    here.books.nudges[0] = replace(here.books.nudges[0], sent_at=LOOK - 20 * DAY)
    async with here.units(here.organisation) as work:
        await here.nudging.handle(work, slot_of(schedule, LOOK), LOOK)
        await work.commit()
    assert len(nudges(here)) == 1


# --- recognised after all --------------------------------------------------------------------------------------------


async def settled(here):
    return await here.nudging.settle_overtaken(here.organisation)


async def test_a_nudge_that_was_sent_is_told_that_it_is_done():
    here = await a_house(ANNA, BO)
    here.clock.advance(-DAY)
    await here.types(BO, "<U2> stayed with a caller for an hour")
    here.clock.advance(DAY)
    await told(here)
    here.clock.advance(timedelta(minutes=2))
    await here.types(MAJA, "<U3> found the missing parcel himself")
    assert await settled(here) == 1
    update = sends(here)[-1]
    assert update[:2] == (Operation.UPDATE, State.PENDING)
    assert update[2][-3:] == ["---", "You have recognised Bo Strand.", NOTE]
    assert BUTTONS[0] in update[2]
    assert [each.reply for each in here.books.nudges] == [None, Reply.RECOGNISED]
    assert await settled(here) == 0
    await here.types(MAJA, "<U2> found the other parcel herself")
    assert await settled(here) == 1
    assert sends(here)[-1][2] == ["You have recognised Anna Ek.", "---", "You have recognised Bo Strand.", NOTE]
    assert nudges(here)[-1].summary == "You have recognised Anna Ek."


async def test_a_nudge_that_is_not_out_leaves_the_person_out_or_is_not_sent():
    here = await a_house(ANNA, BO)
    here.clock.advance(-DAY)
    await here.types(BO, "<U2> stayed with a caller for an hour")
    here.clock.advance(DAY)
    await tick(here)
    await here.types(MAJA, "<U3> found the missing parcel himself")
    assert await settled(here) == 1
    [(operation, state, said)] = sends(here)
    assert (operation, state) == (Operation.SEND, State.PENDING)
    assert not any(line.endswith("recognised Bo Strand.") for line in said)
    assert said[0] == "You haven't recognised Anna Ek in 30 days."
    await here.types(MAJA, "<U2> found the other parcel herself")
    assert await settled(here) == 1
    [(operation, state, _)] = sends(here)
    assert (operation, state) == (Operation.SEND, State.CANCELLED)


async def test_what_is_taken_back_is_quoted_no_more():
    here = await a_house(BO)
    here.clock.advance(-timedelta(hours=2))
    await here.types(ANNA, "<U3> stayed with a caller for an hour")
    here.clock.advance(timedelta(hours=2))
    assert "Anna Ek: stayed with a caller for an hour · Wednesday 18 November" in lines(await told(here))
    await here.types(ANNA, "undo")
    update = sends(here)[-1]
    assert update[:2] == (Operation.UPDATE, State.PENDING)
    assert update[2] == ["You haven't recognised Bo Strand in 30 days.", *BUTTONS, NOTE]


async def test_a_message_that_cannot_quote_it_is_left_alone():
    here = await a_house(BO)
    here.clock.advance(-timedelta(hours=2))
    await here.types(ANNA, "private <U3> helped me through that week")
    await here.types(MAJA, "<U2> found the missing parcel herself")
    here.clock.advance(timedelta(hours=2))
    await told(here)
    before = sends(here)
    await here.types(ANNA, "undo")
    await here.types(MAJA, "<U3> found the missing parcel himself")
    await here.types(MAJA, "undo")
    assert sends(here) == before


async def test_a_quiet_team_is_done_when_anyone_in_it_is_recognised():
    here = await a_house(BO)
    await told(here)
    await here.types(ANNA, "<U3> found the missing parcel himself")
    assert await settled(here) == 1
    assert sends(here)[-1][2][:3] == [
        "Nobody in Phone had been recognised in 30 days; now somebody has.",
        "---",
        "You haven't recognised Bo Strand in 30 days.",
    ]


async def test_a_quiet_team_alone_is_said_in_the_notification():
    here = await a_house(BO)
    here.books.snoozes[person_of(here, MAJA), person_of(here, BO)] = LOOK - DAY
    message = await told(here)
    assert message.summary == "You haven't recognised Bo Strand in 30 days."
    here.books.nudges[1] = replace(here.books.nudges[1], reply=Reply.NOT_ON_TEAM)
    await here.types(MAJA, "<U3> found the missing parcel himself")
    await settled(here)
    assert nudges(here)[-1].summary == "Nobody in Phone had been recognised in 30 days; now somebody has."


async def test_a_nudge_to_somebody_who_left_is_only_noted():
    here = await a_house(BO)
    await told(here)
    await here.types(MAJA, "<U3> found the missing parcel himself")
    person, profile = here.books.accounts[MAJA]
    here.books.accounts[MAJA] = (person, replace(profile, standing=Standing.LEFT))
    before = len(sends(here))
    assert await settled(here) == 2
    assert len(sends(here)) == before


async def test_more_than_fit_one_transaction_are_settled_all():
    here = await a_house(BO)
    await told(here)
    [first] = [each for each in here.books.nudges if each.person]
    here.books.nudges += [replace(first, id=uuid4(), message_key=f"old:{n}") for n in range(120)]
    await here.types(MAJA, "<U3> found the missing parcel himself")
    assert await settled(here) == 122
    assert {each.reply for each in here.books.nudges} == {Reply.RECOGNISED}


async def test_the_tick_settles_every_organisation():
    here = await a_house(BO)
    await told(here)
    await here.types(MAJA, "<U3> found the missing parcel himself")
    await here.nudging.tick()
    assert {each.reply for each in here.books.nudges} == {Reply.RECOGNISED}


async def test_what_a_supervisor_gives_is_noticed_and_settled_soon():
    here = await a_house(BO)
    await told(here)
    await here.types(MAJA, "<U3> found the missing parcel himself")
    stop = asyncio.Event()
    running = asyncio.create_task(here.nudging.run(stop))
    here.nudging.noticed(here.organisation, await here.people.colleague(ANNA))
    for _ in range(5):
        await asyncio.sleep(0)
    assert {each.reply for each in here.books.nudges} == {None}
    here.nudging.noticed(here.organisation, await here.people.colleague(MAJA))
    await until(lambda: all(each.reply is Reply.RECOGNISED for each in here.books.nudges))
    stop.set()
    await running


async def test_a_failure_ends_nothing():
    here = await a_house(BO)
    await told(here)
    await here.types(MAJA, "<U3> found the missing parcel himself")
    maja = await here.people.colleague(MAJA)
    stop = asyncio.Event()
    running = asyncio.create_task(here.nudging.run(stop))
    here.nudging.noticed(UUID(int=0), maja)
    for _ in range(5):
        await asyncio.sleep(0)
    here.nudging.noticed(here.organisation, maja)
    await until(lambda: all(each.reply is Reply.RECOGNISED for each in here.books.nudges))
    stop.set()
    await running
