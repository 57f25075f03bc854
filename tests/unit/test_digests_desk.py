"""What people can do with the next digest before it comes."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.digests.desk import DigestDesk
from bot.digests.model import DigestState
from bot.digests.words import Action, Meant
from bot.errors import RecognitionError
from bot.people.model import Role
from bot.schedule.model import Kind
from bot.teams.scheduling import plan_digest
from bot.view.codec import pack
from bot.view.message import Button, MessageKind
from tests.factories import a_channel, a_team
from tests.unit.desk import ANNA, BO, FLOOR, HOME, MAJA, SVEN, Desk, button, lines, reply, text_of
from tests.unit.test_digests import DAY, SLOT, WEEK, a_house, change, digests, fall_due, give, plan, team_of

SUPERVISORS = ["Skip this one", "A day later"]


async def preview(here: Desk, who, conversation=FLOOR):
    answer = await here.types(who, "digest", conversation=conversation)
    assert not answer.replaces
    return reply(answer, MessageKind.DIGEST_PLANNED)


def shown(message) -> list[str]:
    return [line[1:-1] for line in lines(message) if line.startswith("[")]


def due(here: Desk):
    return here.books.schedules[Kind.DIGEST, team_of(here)].next_at


async def press(here: Desk, who, message, label: str):
    answer = await here.presses(who, button(message, label))
    assert answer.replaces
    return reply(answer, MessageKind.DIGEST_PLANNED)


async def test_an_agent_sees_what_it_would_say_now_and_no_more():
    here = await a_house(before=2 * DAY)
    await give(here, SVEN, ANNA, at=here.clock.now() - DAY, reason="found the lost parcel")
    await give(here, SVEN, BO, at=here.clock.now() - 8 * DAY, reason="a week ago")
    seen = lines(await preview(here, ANNA))

    assert seen[0] == "Only you can see this. Posted now, the digest would say:"
    assert "Sven Holm to Anna Ek: found the lost parcel" in seen
    assert "a week ago" not in "\n".join(seen)
    assert not [line for line in seen if "next digest" in line or line.startswith("[")]
    assert not here.posted


async def test_a_preview_goes_on_where_the_last_digest_ended():
    here = await a_house()
    await give(here, SVEN, ANNA, reason="told already")
    await fall_due(here)
    here.clock.advance(timedelta(hours=1))

    assert "told already" not in text_of(await preview(here, ANNA))


async def test_a_supervisor_sees_when_it_comes_and_may_move_it():
    here = await a_house(before=2 * DAY)
    message = await preview(here, MAJA)

    assert "The next digest is posted Monday 23 November at 09:00." in lines(message)
    assert shown(message)[-2:] == SUPERVISORS


async def test_whose_clock_shows_another_time_reads_whose_time_it_is():
    here = await a_house(before=2 * DAY)
    here.directory.profiles[MAJA] = replace(here.directory.profiles[MAJA], timezone="Europe/London")
    here.clock.advance(timedelta(minutes=2))
    message = await preview(here, MAJA)
    assert "The next digest is posted Monday 23 November at 09:00 (Stockholm)." in lines(message)

    moved = await press(here, MAJA, message, "A day later")
    assert "The next digest is posted Tuesday 24 November at 09:00 (Stockholm)." in lines(moved)


async def test_an_administrator_may_in_the_teams_channel():
    here = await a_house(before=2 * DAY)
    here.directory.profiles[SVEN] = replace(here.directory.profiles[SVEN], admin=True)
    here.clock.advance(timedelta(minutes=2))

    assert shown(await preview(here, SVEN, HOME))[-2:] == SUPERVISORS


async def test_skipping_leaves_the_week_out_and_its_kudos_come_in_the_next():
    here = await a_house()
    await give(here, SVEN, ANNA, reason="of the skipped week")
    message = await preview(here, MAJA)
    while due(here) < SLOT:
        message = await press(here, MAJA, message, "Skip this one")
    answer = await press(here, MAJA, message, "Skip this one")

    assert lines(answer)[0] == "That digest is skipped. Its kudos will be in the next one."
    assert "Monday 30 November at 09:00" in text_of(answer)
    assert here.books.digests[team_of(here), "2026-W48"].state is DigestState.SKIPPED
    await fall_due(here, SLOT)
    assert not digests(here)
    await fall_due(here, SLOT + WEEK)
    assert len(digests(here)) == 1


async def test_kudos_of_several_skipped_weeks_are_all_in_the_next_one():
    here = await a_house()
    await fall_due(here, SLOT)
    await plan(here)
    for week in range(4):
        await give(here, SVEN, ANNA, at=SLOT + week * WEEK + DAY, reason=f"of week {week}")
    for week in range(1, 4):
        await put_off(here, SLOT + week * WEEK)
    await fall_due(here, SLOT + 4 * WEEK)

    told = text_of(digests(here)[-1].message)
    assert [week for week in range(4) if f"of week {week}" in told] == [0, 1, 2, 3]


async def put_off(here, at):
    """Skip the digest that is due at a moment, and let the moment pass."""
    message = await preview(here, MAJA)
    assert due(here) == at
    await press(here, MAJA, message, "Skip this one")
    here.clock.advance(at - here.clock.now())


async def test_skipping_twice_with_one_button_skips_once():
    here = await a_house(before=2 * DAY)
    message = await preview(here, MAJA)
    await press(here, MAJA, message, "Skip this one")
    again = await press(here, MAJA, message, "Skip this one")

    assert lines(again)[0].startswith("The next digest is posted Monday 30 November")
    assert due(here) == SLOT + WEEK


async def test_a_day_later_is_one_day_however_often_it_is_pressed():
    here = await a_house(before=2 * DAY)
    message = await preview(here, MAJA)
    answer = await press(here, MAJA, message, "A day later")
    await press(here, MAJA, message, "A day later")

    assert lines(answer)[0] == "The digest comes a day later."
    assert shown(answer) == [*SUPERVISORS, "Back to the usual time"]
    assert due(here) == SLOT + DAY
    await press(here, MAJA, answer, "A day later")
    assert due(here) == SLOT + 2 * DAY


async def test_on_the_last_day_of_a_week_there_is_no_later():
    here = await a_house(before=2 * DAY)
    change(here, digest_day=7)
    await plan(here)
    message = await preview(here, MAJA)
    assert shown(message)[-1] == "Skip this one"
    meant = pack(Meant(team_of(here), due(here)))
    before = due(here)
    answer = await here.presses(MAJA, Button(Action.LATER, "A day later", meant))

    assert due(here) == before
    assert lines(answer.reply)[0].startswith("The next digest is posted Sunday")


async def test_what_was_postponed_can_come_at_its_usual_time():
    here = await a_house(before=2 * DAY)
    answer = await press(here, MAJA, await preview(here, MAJA), "A day later")
    answer = await press(here, MAJA, answer, "Back to the usual time")

    assert lines(answer)[0] == "The digest is back at its usual time."
    assert shown(answer) == SUPERVISORS
    assert due(here) == SLOT


async def test_there_is_no_way_back_into_a_week_that_had_its_digest():
    here = await a_house(before=2 * DAY)
    here.clock.advance(SLOT - here.clock.now())
    await fall_due(here)
    change(here, digest_day=2)
    async with here.units(here.organisation) as work:
        await plan_digest(work, await work.teams.team(team_of(here)), here.clock.now())
        await work.commit()
    assert due(here) == SLOT + WEEK + DAY
    assert shown(await preview(here, MAJA))[-2:] == SUPERVISORS


async def test_what_was_skipped_can_come_after_all():
    here = await a_house(before=2 * DAY)
    answer = await press(here, MAJA, await preview(here, MAJA), "Skip this one")
    answer = await press(here, MAJA, answer, "Skip this one")
    assert due(here) == SLOT + 2 * WEEK
    await press(here, MAJA, answer, "Back to the usual time")

    assert due(here) == SLOT
    assert not here.books.digests
    await fall_due(here)
    assert len(digests(here)) == 1


async def test_there_is_no_way_back_to_what_is_past():
    here = await a_house(before=2 * DAY)
    answer = await press(here, MAJA, await preview(here, MAJA), "A day later")
    here.clock.advance(SLOT + timedelta(hours=1) - here.clock.now())

    assert shown(await preview(here, MAJA))[-2:] == SUPERVISORS
    await press(here, MAJA, answer, "Back to the usual time")
    assert due(here) == SLOT + DAY


async def test_a_button_of_a_digest_that_has_come_does_nothing():
    here = await a_house(before=2 * DAY)
    message = await preview(here, MAJA)
    await fall_due(here)
    here.books.schedules[Kind.DIGEST, team_of(here)] = replace(
        here.books.schedules[Kind.DIGEST, team_of(here)], next_at=SLOT + WEEK
    )
    await press(here, MAJA, message, "Skip this one")

    assert here.books.digests[team_of(here), "2026-W48"].state is DigestState.POSTED
    assert due(here) == SLOT + WEEK


async def test_only_those_whose_team_it_is_may_press():
    here = await a_house(before=2 * DAY)
    message = await preview(here, MAJA)
    before = due(here)
    answer = await here.presses(ANNA, button(message, "Skip this one"))

    assert reply(answer, MessageKind.REFUSAL)
    assert due(here) == before


@pytest.mark.parametrize(
    "value", ["", "{}", '{"team":"00000000-0000-0000-0000-000000000001","at":"2026-11-23T08:00:00Z"}']
)
async def test_a_button_that_means_nothing_is_too_old(value: str):
    here = await a_house(before=2 * DAY)
    answer = await here.presses(MAJA, Button(Action.SKIP, "Skip this one", value))

    assert "too old" in text_of(reply(answer, MessageKind.REFUSAL))


async def test_the_team_is_that_of_the_channel_for_those_who_are_in_it():
    here = await a_house(before=2 * DAY)
    other = a_channel("C9")
    async with here.units(here.organisation) as work:
        anna, maja = here.books.accounts[ANNA][0], here.books.accounts[MAJA][0]
        await work.teams.found(a_team("E-mail"), {anna: Role.AGENT, maja: Role.AGENT}, (other,), here.clock.now())
        await work.commit()
    here.clock.advance(timedelta(minutes=2))
    second = list(here.books.teams)[1]
    for kind, team in list(here.books.schedules):
        here.books.schedules[kind, second] = replace(here.books.schedules[kind, team], subject=second)

    assert "The week in E-mail" in text_of(await preview(here, ANNA, other))
    assert "The week in Phone" in text_of(await preview(here, ANNA, HOME))
    assert "The week in Phone" in text_of(await preview(here, BO, other))
    # The one that she supervises comes first; shortcuts have no place.
    assert "The week in Phone" in text_of(await preview(here, MAJA, None))


async def test_who_is_in_no_team_is_told():
    here = await a_house(before=2 * DAY)
    answer = await here.types(SVEN, "digest", conversation=HOME)

    assert "not in a team" in text_of(reply(answer, MessageKind.REFUSAL))


async def test_a_team_without_a_digest_says_so():
    here = await a_house(before=2 * DAY)
    change(here, digest_day=None)
    await plan(here)
    answer = await here.types(ANNA, "digest")
    assert "This team has no digest." in text_of(reply(answer, MessageKind.REFUSAL))

    here.books.schedules.clear()
    answer = await here.types(ANNA, "digest")
    assert "This team has no digest." in text_of(reply(answer, MessageKind.REFUSAL))


async def test_the_reader_is_spoken_to_in_their_language_and_the_digest_in_the_teams():
    here = await a_house(before=2 * DAY)
    here.speak("sv-SE", MAJA)
    here.clock.advance(timedelta(minutes=2))
    seen = lines(await preview(here, MAJA))

    assert seen[0] == "Bara du ser det här. Om veckobrevet kom nu skulle det säga:"
    assert "The week in Phone" in seen
    assert "Nästa veckobrev kommer måndag 23 november kl. 09:00." in seen


async def test_it_takes_in_no_forms():
    here = await a_house()

    with pytest.raises(RecognitionError):
        await DigestDesk(here.units, here.clock).take_in(None, None)
