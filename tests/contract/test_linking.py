"""What every storage does when two organisations become one."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from uuid import uuid4

import pytest

from bot.delivery.model import Outgoing, State
from bot.digests.model import Digest, DigestState
from bot.identity import KudosId, NudgeId, Platform, WorkspaceRef
from bot.linking.model import Attempt, Offer, Side
from bot.linking.rules import MOST_WRONG, VALID, WRONG_WINDOW
from bot.nudges.model import Nudge, Reply
from bot.people.model import Role
from bot.points.model import Programme
from bot.ports import Standing
from bot.recognition.model import RecordOutcome
from bot.schedule.model import Kind, Rhythm, Schedule
from bot.teams.model import Absence, NudgeHabit, NudgeWishes
from tests.factories import (
    IDEAS,
    MONDAY,
    NOW,
    WITHDRAWN,
    WORKSPACE,
    a_channel,
    a_message,
    a_profile,
    a_recording,
    a_team,
    an_account,
)

LOCAL = WorkspaceRef(Platform.LOCAL, "demo")
DAY = timedelta(days=1)
CODE = "sealed"
LATER = NOW + timedelta(hours=1)


@pytest.fixture
async def other(storage):
    return await storage.organisation(LOCAL)


async def do(storage, organisation, change):
    async with storage.units(organisation) as unit:
        done = await change(unit)
        await unit.commit()
        return done


async def ask(storage, organisation, question):
    async with storage.units(organisation) as unit:
        return await question(unit)


async def welcome(storage, organisation, *profiles):
    """Welcome people; give them in that order."""
    await do(storage, organisation, lambda unit: unit.people.welcome(profiles, NOW))
    found = await ask(storage, organisation, lambda unit: unit.people.colleagues([each.account for each in profiles]))
    persons = {each.account: each.person for each in found}
    return [persons[profile.account] for profile in profiles]


def here(id, name, email="", **changed):
    return replace(a_profile(id, name), email=email or f"{id}@here.example", **changed)


def there(id, name, email="", **changed):
    return replace(a_profile(id, name, workspace=LOCAL), email=email or f"{id}@there.example", **changed)


async def recognise(storage, organisation, giver, *receivers, **changed):
    recording = a_recording(giver, *receivers, **changed)
    async with storage.units(organisation) as unit:
        recorded = await unit.kudos.record(recording)
    assert recorded.outcome is RecordOutcome.RECORDED
    return recording.id


async def join(storage, organisation, workspace=LOCAL):
    await storage.links.offer(organisation, CODE, uuid4(), NOW, NOW + VALID)
    return await storage.links.join(workspace, CODE, NOW)


async def test_a_code_that_was_offered_is_known_until_its_time_is_over(storage, organisation, other):
    await storage.links.offer(organisation, CODE, uuid4(), NOW, NOW + VALID)
    expected = Attempt(Offer(organisation, NOW + VALID))
    assert await storage.links.attempt(LOCAL, CODE, NOW) == expected
    assert await storage.links.attempt(LOCAL, CODE, NOW + VALID - timedelta(seconds=1)) == expected
    assert await storage.links.attempt(LOCAL, CODE, NOW + VALID) == Attempt()
    assert await storage.links.join(LOCAL, CODE, NOW + VALID) is None
    assert await storage.organisation(LOCAL) == other


async def test_the_code_before_works_no_more(storage, organisation, other):
    await storage.links.offer(organisation, "first", uuid4(), NOW, NOW + VALID)
    await storage.links.offer(organisation, "second", uuid4(), NOW, NOW + VALID)
    await storage.links.offer(other, "theirs", uuid4(), NOW, NOW + VALID)
    assert await storage.links.attempt(LOCAL, "first", NOW) == Attempt()
    assert (await storage.links.attempt(LOCAL, "second", NOW)).offer == Offer(organisation, NOW + VALID)


async def test_after_a_few_wrong_codes_none_is_looked_at_for_an_hour(storage, organisation, other):
    await storage.links.offer(other, CODE, uuid4(), NOW, NOW + 2 * WRONG_WINDOW)
    for number in range(MOST_WRONG):
        assert await storage.links.attempt(WORKSPACE, f"wrong {number}", NOW) == Attempt()
    assert await storage.links.attempt(WORKSPACE, CODE, NOW) == Attempt(refused=True)
    late = NOW + WRONG_WINDOW - timedelta(seconds=1)
    assert await storage.links.attempt(WORKSPACE, CODE, late) == Attempt(refused=True)
    assert (await storage.links.attempt(WORKSPACE, CODE, NOW + WRONG_WINDOW)).offer is not None
    assert await storage.links.attempt(LOCAL, "wrong", NOW) == Attempt(), "another workspace has tries of its own"
    assert organisation != other


async def test_right_codes_are_not_counted(storage, organisation, other):
    await storage.links.offer(other, CODE, uuid4(), NOW, NOW + VALID)
    for _ in range(MOST_WRONG + 1):
        assert (await storage.links.attempt(WORKSPACE, CODE, NOW)).offer is not None
    assert organisation != other


async def test_of_many_wrong_codes_at_once_only_a_few_are_looked_at(storage, organisation):
    tries = await asyncio.gather(*(storage.links.attempt(WORKSPACE, f"wrong {n}", NOW) for n in range(12)))
    assert [each.refused for each in tries].count(False) == MOST_WRONG
    assert organisation


async def test_who_administers_a_workspace_is_known_by_name(storage, organisation, other):
    await welcome(
        storage,
        organisation,
        here("U1", "Siv Berg", admin=True),
        here("U2", "Anna Ek", admin=True),
        here("U3", "Bo Lind"),
        here("U4", "Gone Too", admin=True, standing=Standing.LEFT),
    )
    await welcome(storage, other, there("U5", "Not Here", admin=True))
    assert await storage.links.admins(WORKSPACE) == ["Anna Ek", "Siv Berg"]


async def test_what_would_join_is_shown_and_nothing_joins(storage, organisation, other):
    anna, _, _ = await welcome(
        storage,
        organisation,
        here("U1", "Anna Ek", "anna@example.com"),
        here("U2", "Bo Lind"),
        here("U3", "Helper", standing=Standing.BOT),
    )
    await welcome(
        storage, other, there("L1", "Anna E", "Anna@Example.com"), there("L2", "Cleo Ray"), there("L3", "Dan Holm")
    )
    await do(storage, organisation, lambda unit: unit.teams.found(a_team("Phone"), {anna: Role.AGENT}, [], NOW))
    await do(storage, other, lambda unit: unit.teams.found(a_team("Chat"), {}, [], NOW))
    shown = await storage.links.preview(organisation, other)
    assert shown.staying == Side("Acme", 2, ("Phone",))
    assert shown.joining == Side("Acme", 3, ("Chat",))
    assert shown.united == ("Anna Ek",)
    assert await storage.organisation(LOCAL) == other
    assert len(await ask(storage, other, lambda unit: unit.people.addressed(LOCAL))) == 3


async def test_nothing_joins_without_a_valid_code_or_with_ones_own(storage, organisation, other):
    await storage.links.offer(organisation, CODE, uuid4(), NOW, NOW + VALID)
    assert await storage.links.join(LOCAL, "another", NOW) is None
    assert await storage.links.join(WORKSPACE, CODE, NOW) is None
    assert (await storage.organisation(), await storage.organisation(LOCAL)) == (organisation, other)


async def test_a_workspace_that_joined_is_of_the_other_organisation_and_its_own_is_gone(storage, organisation, other):
    await do(storage, organisation, lambda unit: unit.points.publish([IDEAS]))
    await storage.links.offer(other, "theirs", uuid4(), NOW, NOW + VALID)
    await storage.links.attempt(LOCAL, "wrong", NOW)
    joined = await join(storage, organisation)
    assert (joined.name, joined.united) == ("Acme", 0)
    assert (await storage.workplaces.workplace(LOCAL)).organisation == organisation
    assert (await storage.workplaces.workplace(WORKSPACE)).organisation == organisation
    assert await storage.inside.left_of(other) == set()
    programme = await ask(storage, organisation, lambda unit: unit.points.programme())
    assert programme == Programme(behaviours=(IDEAS,)), "the programme is that of the side which gave the code"
    assert await storage.links.join(LOCAL, CODE, NOW) is None, "the code is used up"
    assert (await storage.links.attempt(WORKSPACE, "theirs", NOW)).offer is None, "so is the other side's"


async def test_the_same_human_becomes_one_and_everyone_else_stays(storage, organisation, other):
    anna, bo = await welcome(
        storage, organisation, here("U1", "Anna Ek", "anna@example.com"), here("U2", "Bo Lind", "bo@example.com")
    )
    _, gone, cleo = await welcome(
        storage,
        other,
        there("L1", "Anna E", "ANNA@example.com"),
        there("L2", "Bo L", "bo@example.com", standing=Standing.LEFT),
        there("L3", "Cleo Ray"),
    )
    joined = await join(storage, organisation)
    assert joined.united == 1
    accounts = [an_account(each, LOCAL) for each in ("L1", "L2", "L3")]
    found = await ask(storage, organisation, lambda unit: unit.people.colleagues([an_account(), *accounts]))
    assert {each.account.id: each.person for each in found} == {"U1": anna, "L1": anna, "L2": gone, "L3": cleo}
    assert await ask(storage, organisation, lambda unit: unit.people.account_in(LOCAL, [anna, bo])) == {
        anna: an_account("L1", LOCAL)
    }


async def test_what_they_gave_and_got_adds_up(storage, organisation, other):
    anna, bo = await welcome(
        storage, organisation, here("U1", "Anna Ek", "anna@example.com"), here("U2", "Bo Lind", "bo@example.com")
    )
    ann, beau, cleo = await welcome(
        storage,
        other,
        there("L1", "Anna E", "anna@example.com"),
        there("L2", "Bo L", "bo@example.com"),
        there("L3", "Cleo Ray"),
    )
    await recognise(storage, organisation, anna, bo, points=10)
    await recognise(storage, other, ann, beau, cleo, points=7, at=LATER)
    await recognise(storage, other, cleo, ann, points=5, at=LATER)
    taken_back = await recognise(storage, other, beau, ann, points=20)
    await do(storage, other, lambda unit: unit.kudos.undo(taken_back, LATER, WITHDRAWN))
    last_week = MONDAY - 7 * DAY
    await recognise(storage, other, ann, cleo, points=3, at=NOW - 7 * DAY, period=last_week)
    await join(storage, organisation)

    async def tally(person):
        return await ask(storage, organisation, lambda unit: unit.points.tally(person, NOW - DAY, MONDAY))

    async def last(receiver, giver=None):
        return await ask(storage, organisation, lambda unit: unit.kudos.last_recognised(receiver, giver))

    of_anna, of_bo, of_cleo = [await tally(each) for each in (anna, bo, cleo)]
    assert (of_anna.used, of_anna.balance, of_anna.given, of_anna.received) == (24, 5, 3, 1)
    assert (of_bo.used, of_bo.balance, of_bo.given, of_bo.received) == (0, 17, 0, 2)
    assert (of_cleo.used, of_cleo.balance) == (5, 10)
    assert await ask(storage, organisation, lambda unit: unit.points.used(anna, last_week)) == 3
    assert (await last(bo), await last(bo, anna), await last(anna, cleo), await last(cleo, anna)) == (LATER,) * 4
    assert await last(anna, bo) is None
    entries = await ask(storage, organisation, lambda unit: unit.points.entries(anna))
    assert sorted(each.amount for each in entries) == [-20, 5, 20]
    assert await storage.inside.findings() == []


async def test_older_recognition_does_not_overtake_newer(storage, organisation, other):
    anna, bo = await welcome(
        storage, organisation, here("U1", "Anna Ek", "anna@example.com"), here("U2", "Bo Lind", "bo@example.com")
    )
    ann, beau = await welcome(
        storage, other, there("L1", "Anna E", "anna@example.com"), there("L2", "Bo L", "bo@example.com")
    )
    await recognise(storage, organisation, anna, bo, at=LATER)
    await recognise(storage, other, ann, beau, at=NOW)
    await join(storage, organisation)
    for giver in (None, anna):
        assert await ask(storage, organisation, lambda unit, g=giver: unit.kudos.last_recognised(bo, g)) == LATER
    assert await storage.inside.findings() == []


async def test_a_kudos_of_before_can_be_taken_back_after(storage, organisation, other):
    await welcome(storage, organisation, here("U1", "Anna Ek", "anna@example.com"))
    ann, cleo = await welcome(storage, other, there("L1", "Anna E", "anna@example.com"), there("L2", "Cleo Ray"))
    kudos = await recognise(storage, other, ann, cleo, request_key="first")
    await storage.inside.deliver(f"kudos:{kudos}:shout_out", State.SENT)
    await join(storage, organisation)
    [anna] = await ask(storage, organisation, lambda unit: unit.people.colleagues([an_account()]))
    latest = await ask(storage, organisation, lambda unit: unit.kudos.latest(anna.person))
    assert (latest.id, latest.giver, [each.person for each in latest.receivers]) == (kudos, anna.person, [cleo])
    undone = await do(storage, organisation, lambda unit: unit.kudos.undo(kudos, LATER, WITHDRAWN))
    assert (undone.now, undone.used) == (True, 0)
    states = {each.key: each.state for each in await storage.inside.posted(organisation)}
    assert states == {
        f"kudos:{kudos}:shout_out": State.SENT,
        f"kudos:{kudos}:shout_out:remove": State.PENDING,
        f"kudos:{kudos}:note": State.CANCELLED,
    }
    assert await storage.inside.findings() == []


async def test_an_act_of_before_is_not_repeated_after(storage, organisation, other):
    ann, cleo = await welcome(storage, other, there("L1", "Anna E"), there("L2", "Cleo Ray"))
    kudos = await recognise(storage, other, ann, cleo, request_key="the act")
    await join(storage, organisation)
    async with storage.units(organisation) as unit:
        again = await unit.kudos.record(a_recording(ann, cleo, request_key="the act"))
    assert (again.outcome, again.kudos) == (RecordOutcome.SEEN, kudos)


async def test_teams_come_along_with_their_people_homes_and_digests(storage, organisation, other):
    anna, bo = await welcome(
        storage, organisation, here("U1", "Anna Ek", "anna@example.com"), here("U2", "Bo Lind", "bo@example.com")
    )
    ann, beau, cleo = await welcome(
        storage,
        other,
        there("L1", "Anna E", "anna@example.com"),
        there("L2", "Bo L", "bo@example.com"),
        there("L3", "Cleo Ray"),
    )
    phone = await do(
        storage,
        organisation,
        lambda unit: unit.teams.found(a_team("Phone"), {anna: Role.AGENT}, [a_channel("C1")], NOW),
    )
    home = a_channel("chat", LOCAL)
    chat = await do(
        storage,
        other,
        lambda unit: unit.teams.found(
            a_team("Chat"), {ann: Role.SUPERVISOR, cleo: Role.AGENT}, [home], NOW, founder=ann
        ),
    )
    await do(storage, other, lambda unit: unit.teams.exclude(chat, beau, ann, NOW))
    digest = Digest(chat, "2026-W46", NOW - 7 * DAY, NOW, DigestState.POSTED)
    await do(storage, other, lambda unit: unit.digests.add(digest))
    await recognise(storage, other, ann, cleo, team=chat)
    await join(storage, organisation)
    kept = await ask(storage, organisation, lambda unit: unit.teams.team(chat))
    assert (kept.settings, kept.homes, kept.founder) == (a_team("Chat"), (home,), anna)
    members = await ask(storage, organisation, lambda unit: unit.teams.members([phone, chat]))
    assert [(each.person, each.role) for each in members[chat]] == [(anna, Role.SUPERVISOR), (cleo, Role.AGENT)]
    assert [each.person for each in members[phone]] == [anna]
    assert await ask(storage, organisation, lambda unit: unit.teams.excluded(chat)) == {bo}
    assert await ask(storage, organisation, lambda unit: unit.digests.latest(chat)) == digest
    [line] = await ask(storage, organisation, lambda unit: unit.kudos.team_week(chat, NOW - DAY))
    assert (line.giver, line.receivers) in {("Anna Ek", ("Cleo Ray",)), ("Anna E", ("Cleo Ray",))}
    # A team of one side can have a home on the other's platform from now on.
    await do(storage, organisation, lambda unit: unit.teams.settle_at(phone, a_channel("phone", LOCAL)))


async def test_a_team_that_joins_is_told_apart_from_one_of_the_same_name(storage, organisation, other):
    for side, names in ((organisation, ["Phone"]), (other, ["phone", "Chat"])):
        for name in names:
            await do(storage, side, lambda unit, name=name: unit.teams.found(a_team(name), {}, [], NOW))
    shown = await storage.links.preview(organisation, other)
    side = shown.joining.name
    assert shown.renamed == (("phone", f"phone ({side})"),)
    joined = await join(storage, organisation)
    assert joined.renamed == shown.renamed
    teams = await ask(storage, organisation, lambda unit: unit.teams.all())
    assert sorted(each.settings.name for each in teams) == ["Chat", "Phone", f"phone ({side})"]


async def test_what_supervisors_were_told_and_wished_comes_along(storage, organisation, other):
    siv, bo = await welcome(
        storage, organisation, here("U1", "Siv Berg", "siv@example.com"), here("U2", "Bo Lind", "bo@example.com")
    )
    sivan, beau, cleo = await welcome(
        storage,
        other,
        there("L1", "Siv B", "siv@example.com"),
        there("L2", "Bo L", "bo@example.com"),
        there("L3", "Cleo Ray", "cleo@example.com"),
    )
    members = {sivan: Role.SUPERVISOR, beau: Role.AGENT, cleo: Role.AGENT}
    team = await do(storage, other, lambda unit: unit.teams.found(a_team("Chat"), members, [], NOW - 30 * DAY))
    nudge = Nudge(NudgeId(uuid4()), sivan, beau, team, "monday", 14, NOW)
    until = datetime(2026, 11, 30, tzinfo=UTC)
    await do(storage, other, lambda unit: unit.nudges.add([nudge]))
    await do(storage, other, lambda unit: unit.nudges.snooze(sivan, beau, until))
    await do(storage, other, lambda unit: unit.nudges.snooze(sivan, cleo, until))
    await do(storage, other, lambda unit: unit.nudges.answer(nudge.id, Reply.SNOOZED, NOW, until.date()))
    await do(storage, organisation, lambda unit: unit.nudges.snooze(siv, bo, until + DAY))
    away = Absence(uuid4(), beau, NOW.date(), NOW.date() + DAY)
    await do(storage, other, lambda unit: unit.teams.away(away, sivan, NOW))
    ours, theirs = NudgeWishes(NudgeHabit.WEEKLY, time(8, 0)), NudgeWishes(NudgeHabit.OFF, time(7, 0))
    await do(storage, organisation, lambda unit: unit.teams.wish(siv, ours))
    await do(storage, other, lambda unit: unit.teams.wish(sivan, theirs))
    await do(storage, other, lambda unit: unit.teams.wish(beau, theirs))
    await join(storage, organisation)
    told = await ask(storage, organisation, lambda unit: unit.nudges.nudge(nudge.id))
    assert (told.supervisor, told.person, told.reply) == (siv, bo, Reply.SNOOZED)
    reports = await ask(storage, organisation, lambda unit: unit.nudges.reports(siv, NOW))
    assert {each.person: (each.snoozed_until, each.away) for each in reports} == {
        bo: (until + DAY, True),
        cleo: (until, False),
    }
    assert await ask(storage, organisation, lambda unit: unit.teams.wishes(siv)) == ours
    assert await ask(storage, organisation, lambda unit: unit.teams.wishes(bo)) == theirs
    [absence] = await ask(storage, organisation, lambda unit: unit.teams.absences([bo], NOW.date()))
    assert absence == replace(away, person=bo)
    assert (await ask(storage, organisation, lambda unit: unit.nudges.account(siv))).id in {"U1", "L1"}


async def test_each_supervisor_has_one_schedule(storage, organisation, other):
    siv, bo = await welcome(
        storage, organisation, here("U1", "Siv Berg", "siv@example.com"), here("U2", "Bo Lind", "bo@example.com")
    )
    sivan, beau, cleo = await welcome(
        storage,
        other,
        there("L1", "Siv B", "siv@example.com"),
        there("L2", "Bo L", "bo@example.com"),
        there("L3", "Cleo Ray"),
    )
    rhythm = Rhythm(time(9, 30), frozenset({1, 2, 3}), "Europe/Stockholm")
    ours = Schedule(Kind.NUDGES, siv, rhythm, LATER)
    team = uuid4()
    await do(storage, organisation, lambda unit: unit.schedules.put(ours))
    for each in (
        Schedule(Kind.NUDGES, sivan, rhythm, NOW),
        Schedule(Kind.NUDGES, beau, rhythm, NOW),
        Schedule(Kind.NUDGES, cleo, rhythm, NOW),
        Schedule(Kind.DIGEST, team, rhythm, NOW),
    ):
        await do(storage, other, lambda unit, each=each: unit.schedules.put(each))
    await join(storage, organisation)
    due = {(each.kind, each.subject, each.at) for each in await storage.due.coming(10)}
    assert due == {
        (Kind.NUDGES, siv, LATER),
        (Kind.NUDGES, bo, NOW),
        (Kind.NUDGES, cleo, NOW),
        (Kind.DIGEST, team, NOW),
    }
    assert {each.organisation for each in await storage.due.coming(10)} == {organisation}


async def test_messages_on_their_way_arrive(storage, organisation, other):
    target = a_channel("chat", LOCAL)
    waiting = Outgoing("a:1", "a", target, a_message())
    await do(storage, other, lambda unit: unit.outbox.put(waiting, NOW))
    claimed = await storage.queue.claim(NOW, 10, "worker", timedelta(minutes=1), {Platform.LOCAL})
    await join(storage, organisation)
    [parcel] = claimed
    assert await storage.queue.begin_send(parcel.id, "worker", NOW, timedelta(minutes=1))
    [row] = await storage.inside.posted(organisation)
    assert (row.key, row.state) == ("a:1", State.SENDING)


async def test_a_kudos_given_meanwhile_is_in_the_other_organisation_or_in_none(storage, organisation, other):
    await welcome(storage, organisation, here("U1", "Anna Ek", "anna@example.com"))
    ann, cleo = await welcome(storage, other, there("L1", "Anna E", "anna@example.com"), there("L2", "Cleo Ray"))

    async def give():
        async with storage.units(other) as unit:
            return await unit.kudos.record(a_recording(ann, cleo, points=1))

    given = await asyncio.gather(
        *(give() for _ in range(10)), join(storage, organisation), *(give() for _ in range(10)), return_exceptions=True
    )
    recorded = [each for each in given if getattr(each, "outcome", None) is RecordOutcome.RECORDED]
    assert all(isinstance(each, Exception) for each in given if each not in recorded and not hasattr(each, "united"))
    tally = await ask(storage, organisation, lambda unit: unit.points.tally(cleo, NOW - DAY, MONDAY))
    assert (tally.received, tally.balance) == (len(recorded), len(recorded))
    with pytest.raises(Exception, match=r".*"):
        await give()
    assert await storage.inside.left_of(other) == set()
    assert await storage.inside.findings() == []


async def test_joining_many_times_at_once_joins_once(storage, organisation, other):
    await storage.links.offer(organisation, CODE, uuid4(), NOW, NOW + VALID)
    await storage.links.offer(other, "back", uuid4(), NOW, NOW + VALID)
    joined = await asyncio.gather(
        *(storage.links.join(LOCAL, CODE, NOW) for _ in range(4)),
        *(storage.links.join(WORKSPACE, "back", NOW) for _ in range(4)),
    )
    assert sum(each is not None for each in joined) == 1
    assert await storage.organisation() == await storage.organisation(LOCAL)


async def test_who_comes_later_is_known_by_their_email(storage, organisation, other):
    anna, bo = await welcome(
        storage, organisation, here("U1", "Anna Ek", "anna@example.com"), here("U2", "Bo Lind", "bo@example.com")
    )
    await join(storage, organisation)
    found = await welcome(
        storage,
        organisation,
        there("L1", "Anna E", "Anna@example.com"),
        there("L2", "Bo L", "bo@example.com", standing=Standing.GUEST),
        there("L3", "Cleo Ray"),
    )
    assert found[0] == anna
    assert len({anna, bo, *found}) == 4, "a guest is not whoever has the address here"
    [again] = await welcome(storage, organisation, there("L4", "Anna Two", "anna@example.com"))
    assert again not in {anna, bo, *found}, "nobody has two accounts in one workspace"
    assert other != organisation


async def test_of_two_with_one_address_nobody_is_guessed(storage, organisation, other):
    [anna] = await welcome(storage, organisation, here("U1", "Anna Ek", "anna@example.com"))
    await join(storage, organisation)
    twins = there("L1", "Anna E", "anna@example.com"), there("L2", "Anna F", "anna@example.com")
    assert len({anna, *await welcome(storage, organisation, *twins)}) == 3
    assert other != organisation


async def test_two_organisations_that_are_not_joined_share_nobody(storage, organisation, other):
    [anna] = await welcome(storage, organisation, here("U1", "Anna Ek", "anna@example.com"))
    [ann] = await welcome(storage, other, there("L1", "Anna E", "anna@example.com"))
    assert anna != ann


async def test_the_kudos_that_are_there_already_are_left_alone(storage, organisation, other):
    anna, bo = await welcome(storage, organisation, here("U1", "Anna Ek"), here("U2", "Bo Lind"))
    kudos = await recognise(storage, organisation, anna, bo)
    third = await storage.organisation(WorkspaceRef(Platform.SLACK, "T3"))
    await join(storage, organisation)
    assert (await ask(storage, organisation, lambda unit: unit.kudos.get(KudosId(kudos)))).giver == anna
    assert await storage.inside.left_of(third) != set()
    assert other != third
