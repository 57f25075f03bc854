"""What a supervisor can do with a nudge, and with nudges at all."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from bot.nudges.model import Reply
from bot.recognition.forms import GIVE, PEOPLE
from bot.teams.model import NudgeHabit
from bot.view.message import Button, Buttons, MessageKind
from tests.memory_nudges import MemoryNudges
from tests.unit.desk import ANNA, BO, CLEO, MAJA, SVEN, button, lines, reply, text_of
from tests.unit.nudged import DAY, NOTE, a_house, fills, nudges, person_of, pressable, sends, tick, told


def answer_of(here, account):
    [nudge] = [each for each in here.books.nudges if each.person == person_of(here, account)]
    return nudge.reply, nudge.until


async def test_recognise_opens_the_form_with_the_person_filled_in():
    here = await a_house(BO)
    message = await told(here)
    # Weeks later, in a process that remembers nothing.
    here.clock.advance(40 * DAY)
    here.open()
    answer = await here.presses(MAJA, button(message, "Recognise"))
    assert answer.form.name == GIVE
    assert {each.name: each.initial for each in answer.form.fields if each.name == PEOPLE} == {PEOPLE: (BO,)}
    given = await here.sends(MAJA, answer.form)
    assert reply(given, MessageKind.RECEIPT)
    assert await here.nudging.settle_overtaken(here.organisation) == 2
    assert "You have recognised Bo Strand." in sends(here)[-1][2]


async def test_a_snooze_keeps_quiet_for_a_week_and_says_so_in_place():
    here = await a_house(ANNA, BO)
    message = await told(here)
    bos = pressable(message, "Snooze a week", 1)
    answer = await here.presses(MAJA, bos)
    assert answer.replaces
    now = lines(reply(answer, MessageKind.NUDGE))
    # A week is no leave to name somebody twice within the team's fortnight.
    assert now[-3:] == ["You will not be told about Bo Strand before Wednesday 2 December.", "[Undo]", NOTE]
    assert "You haven't recognised Anna Ek in 30 days." in now
    assert sends(here)[-1][2] == now
    assert answer_of(here, BO) == (Reply.SNOOZED, date(2026, 12, 1))
    # A second press, days later, moves nothing.
    here.clock.advance(3 * DAY)
    again = await here.presses(MAJA, bos)
    assert lines(reply(again, MessageKind.NUDGE)) == now
    assert answer_of(here, BO) == (Reply.SNOOZED, date(2026, 12, 1))


async def test_a_snooze_of_an_old_nudge_holds():
    here = await a_house(BO)
    message = await told(here)
    here.clock.advance(13 * DAY)
    answer = await here.presses(MAJA, button(message, "Snooze a week"))
    assert "You will not be told about Bo Strand before Tuesday 8 December." in text_of(
        reply(answer, MessageKind.NUDGE)
    )
    before = len(nudges(here))
    for _ in range(7):
        await tick(here)
        assert [e.person for e in here.books.nudges[2:] if e.person] == []
        here.clock.advance(DAY)
    await tick(here)
    assert len(nudges(here)) > before


async def test_away_until_asks_and_then_nobody_is_reminded():
    here = await a_house(BO)
    message = await told(here)
    form = (await here.presses(MAJA, button(message, "Away until…"))).form
    assert form.fields[0].label == "Until when is Bo Strand away?"
    refused = await fills(here, MAJA, form, until="xyzzy")
    assert list(refused.problems) == ["until"]
    assert answer_of(here, BO) == (None, None)
    answer = await fills(here, MAJA, form, until="3 December")
    confirmed = reply(answer, MessageKind.NUDGE_ANSWERED)
    assert lines(confirmed) == ["Bo Strand is away until Thursday 3 December, that day included."]
    assert answer_of(here, BO) == (Reply.AWAY, date(2026, 12, 3))
    [absence] = here.books.absences
    assert (absence.person, absence.ends) == (person_of(here, BO), date(2026, 12, 3))
    assert "Bo Strand is away until Thursday 3 December, that day included." in sends(here)[-1][2]
    # Pressing again shows what stands, and asks no more.
    again = await here.presses(MAJA, button(message, "Away until…"))
    assert "Bo Strand is away until" in text_of(reply(again, MessageKind.NUDGE))
    assert again.form is None


async def test_a_form_sent_in_again_changes_the_absence_and_the_answer():
    here = await a_house(BO)
    message = await told(here)
    form = (await here.presses(MAJA, button(message, "Away until…"))).form
    await fills(here, MAJA, form, until="3 December")
    await fills(here, MAJA, form, until="10 December")
    assert [each.ends.day for each in here.books.absences] == [10]
    assert answer_of(here, BO) == (Reply.AWAY, date(2026, 12, 10))


async def test_not_on_my_team_takes_them_off_for_good():
    here = await a_house(ANNA, BO)
    message = await told(here)
    second = pressable(message, "Not on my team", 1)
    sure = "Take Bo Strand off Phone? They stay off, also when a team follows its channel or group."
    assert second.confirm == sure
    for _ in range(2):
        answer = await here.presses(MAJA, second)
        assert answer.replaces
        now = lines(reply(answer, MessageKind.NUDGE))
        assert "Bo Strand is not on a team of yours any more." in now
        assert "You haven't recognised Anna Ek in 30 days." in now
    [team] = here.books.teams.values()
    assert person_of(here, BO) not in team.members
    assert team.excluded == {person_of(here, BO)}
    assert answer_of(here, BO) == (Reply.NOT_ON_TEAM, None)
    here.clock.advance(20 * DAY)
    before = len(here.books.nudges)
    await tick(here)
    assert person_of(here, BO) not in {each.person for each in here.books.nudges[before:]}


async def answered(here, message, label, nth=0):
    """Answer for the nth person, and give the message as it is then."""
    answer = await here.presses(MAJA, pressable(message, label, nth))
    if answer.form:
        await fills(here, MAJA, answer.form, until="3 December")
        answer = await here.presses(MAJA, pressable(message, label, nth))
    return reply(answer, MessageKind.NUDGE)


@pytest.mark.parametrize("label", ["Snooze a week", "Away until…", "Not on my team"])
async def test_a_slip_can_be_undone(label: str):
    here = await a_house(ANNA, BO)
    message = await told(here)
    [team] = here.books.teams.values()
    members, since = dict(team.members), dict(team.since)
    here.clock.advance(timedelta(minutes=1))
    then = await answered(here, message, label, 1)
    here.clock.advance(timedelta(minutes=1))
    for _ in range(2):
        answer = await here.presses(MAJA, button(then, "Undo"))
        assert answer.replaces
        assert lines(reply(answer, MessageKind.NUDGE)) == lines(message)
    assert sends(here)[-1][2] == lines(message)
    assert answer_of(here, BO) == (None, None)
    assert (here.books.snoozes, here.books.absences, team.excluded) == ({}, [], set())
    assert (team.members, team.since) == (members, since)
    # The buttons that are back work as they did.
    assert lines(await answered(here, message, label, 1)) == lines(then)


async def test_what_is_over_is_not_undone():
    here = await a_house(BO)
    message = await told(here)
    then = await answered(here, message, "Away until…")
    here.clock.advance(16 * DAY)
    now = reply(await here.presses(MAJA, button(then, "Undo")), MessageKind.NUDGE)
    assert answer_of(here, BO) == (Reply.AWAY, date(2026, 12, 3))
    assert "[Undo]" not in lines(now)
    assert len(here.books.absences) == 1


async def test_an_absence_that_was_changed_since_stays():
    here = await a_house(BO)
    message = await told(here)
    then = await answered(here, message, "Away until…")
    await here.types(BO, "away until 10 December")
    await here.presses(MAJA, button(then, "Undo"))
    assert [each.ends for each in here.books.absences] == [date(2026, 12, 10)]
    assert answer_of(here, BO) == (None, None)


async def test_who_leads_no_team_any_more_lets_nobody_in():
    here = await a_house(BO)
    message = await told(here)
    then = await answered(here, message, "Not on my team")
    [team] = here.books.teams.values()
    del team.members[person_of(here, MAJA)]
    await here.presses(MAJA, button(then, "Undo"))
    assert team.excluded == {person_of(here, BO)}


async def test_of_two_undos_at_once_one_counts(monkeypatch: pytest.MonkeyPatch):
    here = await a_house(BO)
    then = await answered(here, await told(here), "Snooze a week")

    async def was_faster(_self, nudge, reply):  # noqa: ARG001 the contract's
        return False

    monkeypatch.setattr(MemoryNudges, "reopen", was_faster)
    await here.presses(MAJA, button(then, "Undo"))
    assert here.books.snoozes


async def test_the_question_names_every_team_that_they_would_leave():
    here = await a_house(BO)
    await here.team("Chat", (BO, ANNA), (MAJA,), home=None)
    await here.team("E-mail", (BO,), (SVEN,), home=None)
    message = await told(here)
    [row] = [r for b in message.blocks if isinstance(b, Buttons) for r in [b.buttons] if r[0].about == "Bo Strand"]
    assert "Take Bo Strand off Chat and Phone? " in row[-1].confirm


@pytest.mark.parametrize("label", ["Snooze a week", "Away until…", "Not on my team"])
async def test_nobody_else_may_press(label: str):
    here = await a_house(BO)
    message = await told(here)
    answer = await here.presses(SVEN, button(message, label))
    assert "too old to work" in text_of(reply(answer, MessageKind.REFUSAL))
    assert answer_of(here, BO) == (None, None)
    assert here.books.teams
    assert all(person_of(here, BO) in team.members for team in here.books.teams.values())


@pytest.mark.parametrize("value", ["", "{}", '{"nudge":"x"}', '{"nudge":"00000000-0000-0000-0000-000000000007"}'])
async def test_a_button_that_is_none_of_ours_does_nothing(value: str):
    here = await a_house(BO)
    message = await told(here)
    action = button(message, "Snooze a week").action
    answer = await here.presses(MAJA, Button(action, "", value))
    assert "too old to work" in text_of(reply(answer, MessageKind.REFUSAL))


async def test_a_person_without_an_account_there_is_picked_by_hand():
    here = await a_house(BO)
    action = button(await told(here), "Recognise").action
    answer = await here.presses(MAJA, Button(action, "", '{"nudge":"00000000-0000-0000-0000-000000000007"}'))
    assert {each.name: each.initial for each in answer.form.fields if each.name == PEOPLE} == {PEOPLE: ()}


async def test_the_absence_of_somebody_who_is_led_no_more_is_not_noted():
    here = await a_house(BO)
    message = await told(here)
    form = (await here.presses(MAJA, button(message, "Away until…"))).form
    await here.presses(MAJA, button(message, "Not on my team"))
    answer = await fills(here, MAJA, form, until="tomorrow")
    assert "too old to work" in next(iter(answer.problems.values()))
    assert here.books.absences == []


async def test_a_form_of_somebody_else_is_refused():
    here = await a_house(BO)
    form = (await here.presses(MAJA, button(await told(here), "Away until…"))).form
    answer = await fills(here, SVEN, form, until="tomorrow")
    assert "too old to work" in next(iter(answer.problems.values()))
    bent = await fills(here, MAJA, type(form)(form.name, "", "", "", form.fields, "{}"), until="tomorrow")
    assert "too old to work" in next(iter(bent.problems.values()))


# --- what is due, and settings ---------------------------------------------------------------------------------------


async def overview(here, sender=MAJA):
    return lines(reply(await here.types(sender, "nudges"), MessageKind.NUDGES_DUE))


async def test_what_is_due_and_why_and_when_the_next_look_is():
    here = await a_house(ANNA, BO, CLEO)
    assert await overview(here) == [
        "Your nudges",
        "Due now",
        "Nobody in Phone: 30 days without recognition by anyone",
        "Anna Ek: not recognised by you in 30 days; in Phone you are told after 14",
        "Bo Strand: not recognised by you in 30 days; in Phone you are told after 14",
        "Cleo Falk: not recognised by you in 30 days; in Phone you are told after 14",
        "How often: On working days, when somebody is due",
        "Next look: Tuesday 20 October at 09:30 (Europe/Stockholm)",
        "[Settings]",
        "Only you see this.",
    ]


async def test_who_waits_and_is_left_alone_is_shown_with_the_reason():
    here = await a_house(ANNA, BO, CLEO, SVEN)
    message = await told(here)
    await here.presses(MAJA, pressable(message, "Snooze a week", 1))
    form = (await here.presses(MAJA, pressable(message, "Away until…", 2))).form
    await fills(here, MAJA, form, until="friday")
    await here.types(MAJA, "<U5> found the missing parcel himself")
    shown = await overview(here)
    assert shown[1:7] == [
        "Nobody is due.",
        "Waiting, and left alone for now",
        "Anna Ek: 30 days, you were told on Wednesday 18 November, and are not again before Wednesday 2 December",
        "Bo Strand: 30 days, snoozed until Wednesday 2 December",
        "Cleo Falk: 30 days, away until Friday 20 November, that day included",
        "1 person was recognised by you in time, or is new.",
    ]
    assert "Next look: Thursday 19 November at 09:30 (Europe/Stockholm)" in shown


async def test_who_wants_no_nudges_is_not_told_that_they_come():
    here = await a_house(ANNA, BO)
    form = await settings_of(here)
    shown = lines(reply(await fills(here, MAJA, form, habit="off"), MessageKind.NUDGES_DUE))
    assert shown[1:5] == [
        "Would be due now",
        "Nobody in Phone: 30 days without recognition by anyone",
        "Anna Ek: not recognised by you in 30 days",
        "Bo Strand: not recognised by you in 30 days",
    ]
    await fills(here, MAJA, form, habit="daily")
    here.clock.advance(DAY)
    await told(here)
    shown = lines(reply(await fills(here, MAJA, form, habit="off"), MessageKind.NUDGES_DUE))
    assert "Anna Ek: 31 days, you were told on Thursday 19 November" in shown


async def test_only_supervisors_have_nudges():
    here = await a_house(BO)
    assert "for supervisors" in text_of(reply(await here.types(BO, "nudges"), MessageKind.REFUSAL))
    settings = button(reply(await here.types(MAJA, "nudges"), MessageKind.NUDGES_DUE), "Settings")
    assert "for supervisors" in text_of(reply(await here.presses(BO, settings), MessageKind.REFUSAL))


async def settings_of(here):
    shown = reply(await here.types(MAJA, "nudges"), MessageKind.NUDGES_DUE)
    return (await here.presses(MAJA, button(shown, "Settings"))).form


async def test_settings_are_a_supervisors_own():
    here = await a_house(BO)
    form = await settings_of(here)
    assert [each.initial for each in form.fields] == [("daily",), "09:30"]
    assert form.fields[1].hint == "In your own time zone, from 08:00 to before 18:00."
    shown = lines(reply(await fills(here, MAJA, form, habit="weekly", at="13"), MessageKind.NUDGES_DUE))
    assert "How often: Once a week, on the first working day" in shown
    assert "Next look: Monday 23 November at 13:00 (Europe/Stockholm)" in shown
    assert [each.initial for each in (await settings_of(here)).fields] == [("weekly",), "13:00"]
    shown = lines(reply(await fills(here, MAJA, form, habit="off"), MessageKind.NUDGES_DUE))
    assert "How often: Never" in shown
    assert not any(line.startswith("Next look") for line in shown)
    assert here.books.wishes[person_of(here, MAJA)].habit is NudgeHabit.OFF
    before = len(nudges(here))
    here.clock.advance(9 * DAY)
    await tick(here)
    assert len(nudges(here)) == before


async def test_settings_that_cannot_be_are_refused():
    here = await a_house(BO)
    form = await settings_of(here)
    assert (await fills(here, MAJA, form, at="23:00")).problems == {
        "at": "Nudges come from 08:00 to before 18:00. Write a time in these hours."
    }
    assert "as a time of day" in (await fills(here, MAJA, form, at="noonish")).problems["at"]
    assert "too old" in next(iter((await fills(here, MAJA, form, habit="hourly")).problems.values()))
    assert here.books.wishes == {}


async def test_a_supervisor_who_is_none_any_more_has_no_settings():
    here = await a_house(BO)
    form = await settings_of(here)
    for team in here.books.teams.values():
        del team.members[person_of(here, MAJA)]
    assert "for supervisors" in next(iter((await fills(here, MAJA, form, habit="weekly")).problems.values()))
