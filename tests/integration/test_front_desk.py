"""The front desk over real databases: what people read is what it is over storage in memory."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from bot.identity import KudosId
from bot.points.behaviours import default_behaviours
from bot.view.message import MessageKind
from storage.engine import Database
from storage.unit_of_work import UnitsOfWork
from storage.workplaces import SqlWorkplaces
from tests.factories import WORKSPACE, a_profile
from tests.unit.desk import ANNA, CLEO, MAJA, SAID, Desk, button, lines, reply, text_of

RECEIPT = MessageKind.RECEIPT


@pytest.fixture(params=["sqlite_url", "postgres_url"])
async def office(request):
    """A front desk over a database of its own."""
    database = Database.open(request.getfixturevalue(request.param))
    desk = Desk()
    desk.units = UnitsOfWork(database)
    desk.workplaces = SqlWorkplaces(database, default_behaviours())
    desk.open()
    await desk.workplaces.connect(WORKSPACE, "Norra", desk.clock.now())
    yield desk
    await database.close()


async def test_kudos_are_given_repeated_read_and_taken_back(office):
    first = await office.types(MAJA, f"<U4> <U2> {SAID} #ideas #ownership +20", key="again")
    receipt = reply(first, RECEIPT)
    assert lines(receipt)[0].startswith("You recognised Cleo Falk and Anna Ek.")
    assert lines(receipt)[2:4] == [
        "#ideas · #ownership · 20 points each",
        "60 points left to give of 100 this week; refills on Monday 23 November.",
    ]

    office.clock.advance(timedelta(minutes=2))
    assert await office.types(MAJA, f"<U3> {SAID}", key="again") == first

    assert "Your points: 20" in text_of((await office.types(ANNA, "me")).reply)
    assert "Dina poäng: 20" in text_of((await office.types(CLEO, "jag")).reply)
    undo = button(receipt, "Undo")
    assert "100 points left" in text_of(reply(await office.presses(MAJA, undo), MessageKind.UNDONE))
    assert "already taken back" in text_of(reply(await office.presses(MAJA, undo), MessageKind.REFUSAL))
    assert "Your points: 0" in text_of((await office.types(ANNA, "me")).reply)


async def test_a_question_answered_twice_gives_once(office):
    office.directory.put(a_profile("U20", "Anna Berg"))
    question = reply(await office.types(MAJA, f"@Anna {SAID}"), MessageKind.CHOICE)

    answers = await asyncio.gather(*(office.presses(MAJA, button(question, f"Anna {who}")) for who in ("Ek", "Berg")))

    assert answers[0] == answers[1]
    assert "Given: 1 kudos" in text_of((await office.types(MAJA, "me")).reply)


async def test_forty_at_once_with_an_allowance_for_ten(office):
    await office.types(MAJA, "me")
    answers = await asyncio.gather(*(office.types(MAJA, f"<U2> {SAID} {number}") for number in range(40)))

    said = [text_of(answer.reply) for answer in answers if answer.reply.kind is RECEIPT]
    refused = [text_of(answer.reply) for answer in answers if answer.reply.kind is MessageKind.REFUSAL]
    assert (len(said), len(refused)) == (10, 30)
    assert {int(each.splitlines()[3].split()[0]) for each in said} == set(range(0, 100, 10))
    assert all(each.startswith("This needs 10 points, and you have 0 left this week.") for each in refused)


async def test_what_was_recorded_is_what_was_said(office):
    receipt = reply(await office.types(MAJA, f"private <U2> {SAID} #ideas"), RECEIPT)

    async with office.units(await office.people.organisation(WORKSPACE)) as work:
        kudos = await work.kudos.latest((await office.people.colleague(MAJA)).person)

    assert kudos is not None
    assert str(KudosId(kudos.id)) == button(receipt, "Undo").value
    assert (kudos.reason, kudos.behaviours, kudos.points, kudos.private) == (SAID, ("ideas",), 10, True)
