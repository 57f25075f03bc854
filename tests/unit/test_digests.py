"""What a team is told of its week, and what becomes of it later."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import count
from uuid import uuid4

import pytest

from bot.delivery.model import Operation, State
from bot.digests.model import DigestState
from bot.digests.service import handle
from bot.identity import Platform, TeamId, WorkspaceRef
from bot.schedule.model import Kind, Rhythm, Schedule
from bot.schedule.rules import latest_due, next_after
from bot.teams.rules import digest_rhythm
from bot.view.message import Chart, MessageKind
from tests.factories import a_channel, a_recording
from tests.unit.desk import ANNA, BO, CLEO, HOME, MAJA, SVEN, Desk, buttons, desk, lines, text_of

SLOT = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
"""Monday 09:00 in Stockholm."""

DAY = timedelta(days=1)
WEEK = timedelta(days=7)
HOUR = timedelta(hours=1)


async def a_house(*, before: timedelta = 30 * DAY) -> Desk:
    """Give a desk with the team Phone: Anna, Bo and Cleo, whom Maja supervises. Sven is of no team."""
    here = await desk(SLOT - before)
    await here.team("Phone", (ANNA, BO, CLEO), (MAJA,))
    await here.meet(SVEN)
    await plan(here)
    return here


def team_of(here: Desk) -> TeamId:
    return next(iter(here.books.teams))


async def plan(here: Desk) -> None:
    async with here.units(here.organisation) as work:
        team = await work.teams.team(team_of(here))
        rhythm = digest_rhythm(team)
        await work.schedules.put(Schedule(Kind.DIGEST, team.id, rhythm, next_after(rhythm, here.clock.now())))
        await work.commit()


def change(here: Desk, **settings) -> None:
    team = here.books.teams[team_of(here)]
    team.settings = replace(team.settings, **settings)


async def fall_due(here: Desk, at: datetime = SLOT) -> None:
    """Let the schedule fall due at a moment, as the ticker would."""
    here.clock.advance(at - here.clock.now())
    async with here.units(here.organisation) as work:
        schedule = await work.schedules.get(Kind.DIGEST, team_of(here))
        await handle(work, latest_due(replace(schedule, next_at=at), at, at), here.clock.now())
        await work.commit()


_acts = count(1)


async def give(here: Desk, giver, *receivers, at=SLOT - DAY, reason="stayed with a caller", **more):
    """Record a kudos of the past."""
    persons = here.books.accounts
    recording = a_recording(
        persons[giver][0],
        *(persons[each][0] for each in receivers),
        team=team_of(here),
        reason=reason,
        at=at,
        outbox=False,
        limit=100_000,
        **more,
    )
    async with here.units(here.organisation) as work:
        await work.kudos.record(recording)
    return recording


def digests(here: Desk):
    return [each for each in here.told(HOME) if each.kind is MessageKind.DIGEST]


def thread(here: Desk):
    return [each.message for each in here.told(HOME) if each.kind is MessageKind.DIGEST_THREAD]


async def test_a_week_is_told_with_who_said_what():
    here = await a_house()
    await give(here, BO, ANNA, CLEO, reason="covered the late shift", behaviours=("ownership", "ideas"))
    await give(here, MAJA, BO, at=SLOT - 2 * DAY, by_supervisor=True, link="https://example.com/1")
    await give(here, SVEN, ANNA, at=SLOT - 3 * DAY, reason="found the lost parcel", private=True)
    await fall_due(here)

    [digest] = digests(here)
    assert lines(digest.message) == [
        "The week in Phone",
        "Maja Lindqvist to Bo Strand: stayed with a caller · Supervisor recognition · The message it is about",
        "Bo Strand to Anna Ek and Cleo Falk: covered the late shift",
        "What it was for: #ownership × 2 · #ideas",
        "The last eight weeks",
        "1 more was given in private.",
        "Everyone in the team was recognised in the last 30 days.",
        "Thanks to Bo Strand and Maja Lindqvist for saying it.",
    ]
    assert digest.message.summary == "The week in Phone: 2 kudos for 3 people"
    assert not thread(here)


async def test_a_longer_week_begins_with_everyones_name():
    here = await a_house()
    for receiver in (ANNA, BO, CLEO, ANNA):
        await give(here, SVEN, receiver)
    await fall_due(here)

    [digest] = digests(here)
    assert lines(digest.message)[1] == "4 kudos for 3 people: Anna Ek, Bo Strand and Cleo Falk."


async def test_a_long_week_goes_on_in_the_thread():
    here = await a_house()
    for number in range(35):
        await give(here, SVEN, (ANNA, BO)[number % 2], at=SLOT - DAY + number * timedelta(minutes=1))
    await give(here, SVEN, CLEO, at=SLOT - timedelta(minutes=2))
    await fall_due(here)

    [digest] = digests(here)
    assert "And 26 more, in the thread." in text_of(digest.message)
    assert "Sven Holm to Cleo Falk" in text_of(digest.message)
    assert [len(lines(message)) for message in thread(here)] == [10, 10, 6]
    rows = [row for row in here.store.outbox.values() if row.target == HOME]
    first = next(row for row in rows if row.message.kind is MessageKind.DIGEST)
    assert {row.original_id for row in rows if row is not first} == {first.id}


async def test_the_chart_shows_eight_weeks_and_says_their_figures():
    here = await a_house()
    await give(here, SVEN, ANNA)
    await give(here, SVEN, ANNA, at=SLOT - WEEK - DAY, private=True)
    await give(here, SVEN, ANNA, at=SLOT - WEEK - DAY)
    await fall_due(here)

    [chart] = [block for block in digests(here)[0].message.blocks if isinstance(block, Chart)]
    assert [bar.value for bar in chart.bars] == [0, 0, 0, 0, 0, 0, 2, 1]
    assert chart.bars[-1].label == "16 Nov"
    assert chart.text.startswith("Kudos in the weeks from: 28 Sept 0, 5 Oct 0,")
    assert chart.text.endswith("9 Nov 2 and 16 Nov 1.")


async def test_coverage_counts_and_never_names():
    here = await a_house()
    await give(here, SVEN, ANNA)
    await fall_due(here)

    text = text_of(digests(here)[0].message)
    assert "1 of 3 was recognised in the last 30 days." in text
    assert "Bo" not in text


async def test_nothing_is_said_of_coverage_where_nobody_of_the_agents_was_recognised():
    here = await a_house()
    await give(here, SVEN, MAJA)
    await fall_due(here)

    assert "30 days" not in text_of(digests(here)[0].message)


async def test_a_behaviour_that_is_no_longer_published_is_left_out():
    here = await a_house()
    await give(here, SVEN, ANNA, behaviours=("bygone",))
    await fall_due(here)

    assert "What it was for" not in text_of(digests(here)[0].message)


@pytest.mark.parametrize("private", [0, 1])
async def test_a_quiet_week_is_a_prompt(private: int):
    here = await a_house()
    for _ in range(private):
        await give(here, SVEN, ANNA, private=True)
    await fall_due(here)

    [digest] = digests(here)
    assert lines(digest.message) == [
        "The week in Phone",
        "It was a quiet week for kudos. Who helped you, or a customer, in a way that is worth a few words?",
        *(["1 kudos was given in private."] * private),
        "[Give kudos]",
    ]
    form = await here.presses(ANNA, buttons(digest.message)[0])
    assert form.form is not None


async def test_every_quiet_week_has_its_prompt():
    here = await a_house()
    for week in range(5):
        await fall_due(here, SLOT + week * WEEK)

    assert ["It was a quiet week for kudos." in text_of(each.message) for each in digests(here)] == [True] * 5


async def test_it_speaks_the_teams_language():
    here = await a_house()
    change(here, language="sv")
    await give(here, BO, ANNA)
    await fall_due(here)

    text = text_of(digests(here)[0].message)
    assert "Veckan i Phone" in text
    assert "Bo Strand till Anna Ek" in text
    assert "#ägarskap" in text


async def test_a_late_digest_tells_what_it_would_have_told_and_the_rest_comes_next_week():
    here = await a_house()
    await give(here, SVEN, ANNA, at=SLOT - timedelta(minutes=2), reason="the one before")
    await give(here, SVEN, BO, at=SLOT + timedelta(minutes=1), reason="the one after")
    schedule = here.books.schedules[Kind.DIGEST, team_of(here)]
    here.clock.advance(SLOT + timedelta(hours=3) - here.clock.now())
    async with here.units(here.organisation) as work:
        slot = latest_due(replace(schedule, next_at=SLOT), SLOT, here.clock.now())
        await handle(work, slot, here.clock.now())
        await work.commit()
    await fall_due(here, SLOT + WEEK)

    one, two = (text_of(each.message) for each in digests(here))
    assert "the one before" in one
    assert "the one after" not in one
    assert "the one before" not in two
    assert "the one after" in two


async def test_a_kudos_that_is_recorded_while_the_digest_is_written_is_in_the_next_one():
    here = await a_house()
    await fall_due(here)
    await give(here, SVEN, ANNA, at=SLOT - timedelta(seconds=2), reason="just before nine")
    await fall_due(here, SLOT + WEEK)

    assert "just before nine" in text_of(digests(here)[-1].message)


async def test_a_digest_at_midnight_has_weeks_that_begin_on_its_own_day():
    here = await a_house()
    await give(here, SVEN, ANNA)
    await fall_due(here, SLOT - 9 * HOUR)

    [chart] = [block for block in digests(here)[0].message.blocks if isinstance(block, Chart)]
    assert chart.bars[-1].label == "16 Nov"


async def test_a_week_has_one_digest():
    here = await a_house()
    await give(here, SVEN, ANNA)
    await fall_due(here)
    await fall_due(here, SLOT + DAY)

    assert len(digests(here)) == 1


async def test_every_home_of_a_team_is_told():
    here = await a_house()
    other = a_channel("C7", WorkspaceRef(Platform.LOCAL, "L1"))
    here.books.teams[team_of(here)].homes = (HOME, other)
    for _ in range(11):
        await give(here, SVEN, ANNA)
    await fall_due(here)

    kinds = [MessageKind.DIGEST, MessageKind.DIGEST_THREAD]
    assert [each.kind for each in here.told(HOME)] == kinds
    assert [each.kind for each in here.told(other)] == kinds


async def test_a_team_that_is_no_more_is_told_nothing():
    here = await a_house()
    slot = latest_due(Schedule(Kind.DIGEST, uuid4(), Rhythm(SLOT.time(), frozenset({1}), "UTC"), SLOT), SLOT, SLOT)
    async with here.units(here.organisation) as work:
        await handle(work, slot, SLOT)
        await work.commit()

    assert not here.posted
    assert not here.books.digests


async def test_names_beyond_reading_are_counted():
    here = await a_house()
    for account, (person, profile) in here.books.accounts.items():
        name = f"{profile.name} {'x' * 700}"
        here.books.persons[person] = name
        here.books.accounts[account] = (person, replace(profile, name=name))
    for receiver in (ANNA, BO, CLEO, ANNA):
        await give(here, SVEN, receiver)
    await fall_due(here)

    assert lines(digests(here)[0].message)[1].endswith(" and 1 more.")


async def undo(here: Desk, giver, recording) -> None:
    answer = await here.types(giver, "undo")
    assert answer.reply.kind is MessageKind.UNDONE, text_of(answer.reply)
    assert here.books.kudos[recording.id].undone_at


async def test_a_kudos_taken_back_after_the_digest_is_gone_from_it():
    here = await a_house()
    await give(here, BO, ANNA, reason="found the lost parcel")
    mistaken = await give(here, SVEN, CLEO, at=SLOT - timedelta(hours=1), reason="said by mistake")
    await fall_due(here)
    for row in here.store.outbox.values():
        row.state = State.SENT
    await undo(here, SVEN, mistaken)

    [update] = [row for row in here.store.outbox.values() if row.operation is Operation.UPDATE]
    assert "said by mistake" not in text_of(update.message)
    assert "found the lost parcel" in text_of(update.message)


async def test_a_thread_that_has_become_shorter_loses_its_last_message():
    here = await a_house()
    for _ in range(10):
        await give(here, BO, ANNA)
    mistaken = await give(here, SVEN, ANNA, at=SLOT - timedelta(hours=1), reason="said by mistake")
    await fall_due(here)
    for row in here.store.outbox.values():
        row.state = State.SENT
    assert "said by mistake" in text_of(thread(here)[0])
    await undo(here, SVEN, mistaken)

    [removed] = [row for row in here.store.outbox.values() if row.operation is Operation.REMOVE]
    original = here.store.outbox[removed.original_id]
    assert original.message.kind is MessageKind.DIGEST_THREAD


async def test_a_thread_that_has_become_longer_leaves_nobody_out():
    here = await a_house()
    mistaken = await give(here, CLEO, BO, at=SLOT - 13 * HOUR, reason="said by mistake".ljust(30, "."))
    # Without it, Bo's next one takes much of the room that others of Anna's had in the message.
    lengths = [
        (ANNA, 490),
        (ANNA, 240),
        *[(ANNA, 490)] * 4,
        (BO, 240),
        (ANNA, 240),
        (ANNA, 490),
        (ANNA, 240),
        (BO, 490),
    ]
    reasons = [f"number {n:02}".ljust(length, ".") for n, (_, length) in enumerate(lengths)]
    for n, ((receiver, _), reason) in enumerate(zip(lengths, reasons, strict=True)):
        await give(here, SVEN, receiver, at=SLOT - (12 - n) * HOUR, reason=reason)
    await fall_due(here)
    assert len(thread(here)) == 1
    await undo(here, CLEO, mistaken)

    said = " ".join(text_of(each.message) for each in here.told(HOME))
    assert len(thread(here)) == 2
    assert not [reason for reason in reasons if reason not in said]


async def test_a_home_that_is_new_since_is_not_told_of_the_past():
    here = await a_house()
    for _ in range(11):
        await give(here, SVEN, ANNA)
    mistaken = await give(here, SVEN, ANNA, at=SLOT - timedelta(hours=1))
    await fall_due(here)
    moved = a_channel("C7", WorkspaceRef(Platform.LOCAL, "L1"))
    here.books.teams[team_of(here)].homes = (moved,)
    await undo(here, SVEN, mistaken)

    assert not here.told(moved)


async def test_a_digest_not_yet_sent_says_it_without_the_kudos():
    here = await a_house()
    mistaken = await give(here, SVEN, CLEO, at=SLOT - timedelta(hours=1), reason="said by mistake")
    await fall_due(here)
    await undo(here, SVEN, mistaken)

    [digest] = digests(here)
    assert "It was a quiet week" in text_of(digest.message)


async def test_taking_back_a_kudos_that_was_in_no_digest_changes_none():
    here = await a_house()
    await give(here, BO, ANNA)
    await fall_due(here)
    before = [row.message for row in here.store.outbox.values()]
    late = await give(here, SVEN, CLEO, at=SLOT + timedelta(minutes=1))
    here.clock.advance(timedelta(hours=1))
    await undo(here, SVEN, late)

    assert [row.message for row in here.store.outbox.values()] == before


async def test_taking_back_before_any_digest_changes_none():
    here = await a_house()
    mistaken = await give(here, SVEN, CLEO, at=here.clock.now())
    await undo(here, SVEN, mistaken)

    assert not here.posted
    assert not [each for each in here.books.digests.values() if each.state is DigestState.POSTED]
