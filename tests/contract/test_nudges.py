"""What every storage does with nudges: what is decided from, what was said, and what became of it."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from uuid import UUID, uuid4

import pytest

from bot.identity import NudgeId, Platform, WorkspaceRef
from bot.nudges.model import Evidence, Nudge, Reply
from bot.people.model import Role
from bot.ports import Standing
from bot.teams.model import Absence
from tests.factories import NOW, WITHDRAWN, a_channel, a_profile, a_recording, a_team, an_account

LOCAL = WorkspaceRef(Platform.LOCAL, "demo")
TODAY = NOW.date()
DAY = timedelta(days=1)
NOBODY = NudgeId(UUID(int=7))


async def do(storage, organisation, change):
    async with storage.units(organisation) as unit:
        done = await change(unit)
        await unit.commit()
        return done


async def ask(storage, organisation, question):
    async with storage.units(organisation) as unit:
        return await question(unit.nudges)


async def a_led_team(storage, organisation, supervisors, agents, *, at=NOW - 30 * DAY, homes=(), **settings):
    members = dict.fromkeys(agents, Role.AGENT) | dict.fromkeys(supervisors, Role.SUPERVISOR)
    return await do(storage, organisation, lambda unit: unit.teams.found(a_team(**settings), members, homes, at))


async def recognise(storage, organisation, giver, *receivers, **changed):
    recording = a_recording(giver, *receivers, outbox=False, points=1, **changed)
    async with storage.units(organisation) as unit:
        await unit.kudos.record(recording)
    return recording.id


def a_nudge(supervisor, person, team, *, at=NOW, key="monday", **changed) -> Nudge:
    ordinary = Nudge(NudgeId(uuid4()), supervisor, person, team, key, 14, at)
    return replace(ordinary, **changed)


async def told(storage, organisation, *nudges):
    await do(storage, organisation, lambda unit: unit.nudges.add(nudges))


async def reports_of(storage, organisation, supervisor, now=NOW):
    return {each.name: each for each in await ask(storage, organisation, lambda n: n.reports(supervisor, now))}


@pytest.fixture
async def crew(storage, organisation):
    """A supervisor, two agents, and another supervisor."""
    return await storage.people(organisation, "Maja Lind", "Anna Ek", "Bo Strand", "Siv Berg")


async def test_reports_are_everyone_the_supervisor_leads(storage, organisation, crew):
    maja, anna, bo, siv = crew
    team = await a_led_team(storage, organisation, [maja, siv], [anna], name="Phone", nudge_days=21)
    await a_led_team(storage, organisation, [siv], [bo, maja], name="E-mail")
    reports = await reports_of(storage, organisation, maja)
    assert sorted(reports) == ["Anna Ek"]
    anna_there = reports["Anna Ek"]
    assert (anna_there.person, anna_there.team, anna_there.team_name) == (anna, team, "Phone")
    assert (anna_there.since, anna_there.nudge_days) == (NOW - 30 * DAY, 21)
    assert anna_there.last_by_supervisor is anna_there.last_by_anyone is anna_there.last_nudged is None
    assert anna_there.snoozed_until is None
    assert not anna_there.away
    assert not anna_there.has_left
    assert sorted(await reports_of(storage, organisation, siv)) == ["Anna Ek", "Bo Strand", "Maja Lind"]
    assert await reports_of(storage, organisation, anna) == {}


async def test_of_several_teams_the_shortest_patience_counts(storage, organisation, crew):
    maja, anna, _, _ = crew
    await a_led_team(storage, organisation, [maja], [anna], name="Long", nudge_days=30)
    short = await a_led_team(storage, organisation, [maja], [anna], name="Short", nudge_days=7)
    reports = await reports_of(storage, organisation, maja)
    assert (reports["Anna Ek"].team, reports["Anna Ek"].nudge_days) == (short, 7)
    assert reports["Anna Ek"].teams == ("Long", "Short")


async def test_nobody_is_counted_before_both_were_there(storage, organisation, crew):
    """Not before the person joined, and not before the supervisor began to lead the team."""
    maja, anna, bo, _ = crew
    team = await a_led_team(storage, organisation, [maja], [anna])
    await a_led_team(storage, organisation, [], [bo])
    everyone = {maja: Role.SUPERVISOR, anna: Role.AGENT, bo: Role.AGENT}
    await do(storage, organisation, lambda unit: unit.teams.set_members(team, everyone, NOW - 5 * DAY))
    reports = await reports_of(storage, organisation, maja)
    assert reports["Anna Ek"].since == NOW - 30 * DAY
    assert reports["Bo Strand"].since == NOW - 5 * DAY
    _, _, _, siv = crew
    everyone[siv] = Role.SUPERVISOR
    await do(storage, organisation, lambda unit: unit.teams.set_members(team, everyone, NOW - DAY))
    assert {each.since for each in (await reports_of(storage, organisation, siv)).values()} == {NOW - DAY}
    [state] = await ask(storage, organisation, lambda nudges: nudges.teams(siv))
    assert state.since == NOW - DAY


async def test_reports_know_the_last_recognition(storage, organisation, crew):
    maja, anna, bo, _ = crew
    await a_led_team(storage, organisation, [maja], [anna, bo])
    await recognise(storage, organisation, maja, anna, at=NOW - 20 * DAY)
    await recognise(storage, organisation, bo, anna, at=NOW - 2 * DAY, private=True)
    undone = await recognise(storage, organisation, maja, anna, at=NOW - DAY)
    await do(storage, organisation, lambda unit: unit.kudos.undo(undone, NOW, WITHDRAWN))
    anna_there = (await reports_of(storage, organisation, maja))["Anna Ek"]
    assert anna_there.last_by_supervisor == NOW - 20 * DAY
    assert anna_there.last_by_anyone == NOW - 2 * DAY


async def test_reports_know_what_keeps_quiet(storage, organisation, crew):
    maja, anna, bo, siv = crew
    team = await a_led_team(storage, organisation, [maja, siv], [anna, bo])
    await told(storage, organisation, a_nudge(maja, anna, team, at=NOW - 9 * DAY, key="a"))
    await told(storage, organisation, a_nudge(maja, anna, team, at=NOW - DAY, key="b"))
    await told(storage, organisation, a_nudge(siv, bo, team, key="c"))
    await do(storage, organisation, lambda unit: unit.nudges.snooze(maja, bo, NOW + DAY))
    await do(storage, organisation, lambda unit: unit.nudges.snooze(maja, bo, NOW + 7 * DAY))
    away = Absence(uuid4(), bo, TODAY, TODAY + DAY)
    await do(storage, organisation, lambda unit: unit.teams.away(away, maja, NOW))
    reports = await reports_of(storage, organisation, maja)
    assert reports["Anna Ek"].last_nudged == NOW - DAY
    assert reports["Bo Strand"].last_nudged is None
    assert reports["Bo Strand"].snoozed_until == NOW + 7 * DAY
    looks = [(await reports_of(storage, organisation, maja, NOW + n * DAY))["Bo Strand"] for n in range(-1, 3)]
    assert [each.away_until for each in looks] == [None, TODAY + DAY, TODAY + DAY, None]
    assert (await reports_of(storage, organisation, siv))["Bo Strand"].snoozed_until is None


async def test_who_has_left_is_known(storage, organisation, crew):
    maja, anna, _, _ = crew
    await a_led_team(storage, organisation, [maja], [anna])
    gone = a_profile("U2", "Anna Ek", standing=Standing.LEFT)
    await do(storage, organisation, lambda unit: unit.people.welcome([gone], NOW))
    assert (await reports_of(storage, organisation, maja))["Anna Ek"].has_left


@pytest.mark.parametrize(
    ("own", "team_zone", "away"),
    [
        # At 09:00 in UTC it is still the 18th in Los Angeles, and 22:00 that day in Apia; twelve hours on, the 19th.
        ("America/Los_Angeles", "Pacific/Apia", [True, True, False]),
        ("Pacific/Apia", "America/Los_Angeles", [True, False, False]),
        ("", "America/Los_Angeles", [True, True, False]),
        ("", "Pacific/Apia", [True, False, False]),
    ],
)
async def test_who_is_away_is_so_by_the_day_where_they_are(storage, organisation, crew, *, own, team_zone, away):
    maja, anna, _, _ = crew
    await do(storage, organisation, lambda u: u.people.welcome([a_profile("U2", "Anna Ek", timezone=own)], NOW))
    await a_led_team(storage, organisation, [maja], [anna], timezone=team_zone)
    leave = Absence(uuid4(), anna, TODAY - 9 * DAY, TODAY)
    await do(storage, organisation, lambda unit: unit.teams.away(leave, anna, NOW))
    looks = [await reports_of(storage, organisation, maja, NOW + n * DAY / 2) for n in range(3)]
    assert [each["Anna Ek"].away for each in looks] == away


async def test_teams_know_when_anyone_was_recognised_in_them(storage, organisation, crew):
    maja, anna, bo, siv = crew
    team = await a_led_team(storage, organisation, [maja], [anna], name="Phone", working_days=frozenset({1, 7}))
    quiet = await a_led_team(storage, organisation, [maja], [bo], name="Quiet", nudge_days=30)
    await a_led_team(storage, organisation, [siv], [maja])
    await recognise(storage, organisation, bo, anna, at=NOW - 3 * DAY)
    await recognise(storage, organisation, bo, anna, at=NOW - 8 * DAY)
    await told(storage, organisation, a_nudge(maja, None, quiet, at=NOW - 2 * DAY))
    first, second = await ask(storage, organisation, lambda nudges: nudges.teams(maja))
    assert (first.team, first.name) == (team, "Phone")
    assert (first.working_days, first.nudge_days, first.since) == (frozenset({1, 7}), 14, NOW - 30 * DAY)
    assert (first.last_recognised, first.last_nudged) == (NOW - 3 * DAY, None)
    assert (second.name, second.nudge_days) == ("Quiet", 30)
    assert (second.last_recognised, second.last_nudged) == (None, NOW - 2 * DAY)
    assert await ask(storage, organisation, lambda nudges: nudges.teams(anna)) == []


async def test_evidence_is_what_others_said_openly_and_lately(storage, organisation, crew):
    maja, anna, bo, siv = crew
    link = "https://example.slack.com/archives/C1/p1"
    newest = await recognise(storage, organisation, bo, anna, siv, reason="third thing done", link=link)
    await recognise(storage, organisation, siv, anna, at=NOW - DAY, reason="second thing done")
    await recognise(storage, organisation, siv, anna, at=NOW - 2 * DAY, reason="first thing done")
    await recognise(storage, organisation, siv, anna, at=NOW - 40 * DAY, reason="too long ago")
    await recognise(storage, organisation, maja, anna, reason="her own words")
    await recognise(storage, organisation, bo, anna, private=True, reason="between the two")
    undone = await recognise(storage, organisation, bo, anna, reason="taken back again")
    await do(storage, organisation, lambda unit: unit.kudos.undo(undone, NOW, WITHDRAWN))

    async def said(limit):
        return await ask(storage, organisation, lambda n: n.evidence([anna, siv, maja], NOW - 30 * DAY, limit, maja))

    all_of_it = await said(9)
    assert [each.reason for each in all_of_it[anna]] == ["third thing done", "second thing done", "first thing done"]
    assert all_of_it[siv] == [Evidence(newest, "Bo Strand", "third thing done", link, NOW)]
    assert maja not in all_of_it
    assert [each.reason for each in (await said(2))[anna]] == ["third thing done", "second thing done"]


async def test_a_nudge_is_found_as_it_was_said(storage, organisation, crew):
    maja, anna, bo, _ = crew
    team = await a_led_team(storage, organisation, [maja], [anna, bo], name="Phone")
    whole, second, first = (a_nudge(maja, each, team) for each in (None, bo, anna))
    await told(storage, organisation, whole, second, first)
    await told(storage, organisation, a_nudge(maja, anna, team, key="tuesday"))
    found = await ask(storage, organisation, lambda nudges: nudges.of_message("monday"))
    assert found == [
        replace(whole, team_name="Phone"),
        replace(second, name="Bo Strand", team_name="Phone"),
        replace(first, name="Anna Ek", team_name="Phone"),
    ]
    assert await ask(storage, organisation, lambda nudges: nudges.nudge(second.id)) == found[1]
    assert await ask(storage, organisation, lambda nudges: nudges.nudge(NOBODY)) is None


async def test_the_first_answer_stays(storage, organisation, crew):
    maja, anna, _, _ = crew
    team = await a_led_team(storage, organisation, [maja], [anna])
    nudge = a_nudge(maja, anna, team)
    await told(storage, organisation, nudge)

    def answered(*answer):
        return do(storage, organisation, lambda unit: unit.nudges.answer(*answer))

    assert await answered(nudge.id, Reply.SNOOZED, NOW + DAY, date(2026, 11, 26))
    assert not await answered(nudge.id, Reply.NOT_ON_TEAM, NOW + 2 * DAY)
    assert not await answered(NOBODY, Reply.RECOGNISED, NOW)
    kept = await ask(storage, organisation, lambda nudges: nudges.nudge(nudge.id))
    assert (kept.reply, kept.replied_at, kept.until) == (Reply.SNOOZED, NOW + DAY, date(2026, 11, 26))


async def test_an_answer_is_taken_back_once(storage, organisation, crew):
    maja, anna, _, _ = crew
    team = await a_led_team(storage, organisation, [maja], [anna])
    nudge = a_nudge(maja, anna, team)
    await told(storage, organisation, nudge)
    await do(storage, organisation, lambda unit: unit.nudges.answer(nudge.id, Reply.SNOOZED, NOW, TODAY))

    def reopened(id_, reply):
        return do(storage, organisation, lambda unit: unit.nudges.reopen(id_, reply))

    assert not await reopened(nudge.id, Reply.AWAY)
    assert not await reopened(NOBODY, Reply.SNOOZED)
    assert await reopened(nudge.id, Reply.SNOOZED)
    assert not await reopened(nudge.id, Reply.SNOOZED)
    kept = await ask(storage, organisation, lambda nudges: nudges.nudge(nudge.id))
    assert (kept.reply, kept.replied_at, kept.until) == (None, None, None)


async def test_a_snooze_can_be_ended(storage, organisation, crew):
    maja, anna, bo, siv = crew
    await a_led_team(storage, organisation, [maja, siv], [anna, bo])
    for supervisor, person in ((maja, anna), (maja, bo), (siv, anna)):
        await do(storage, organisation, lambda u, s=supervisor, p=person: u.nudges.snooze(s, p, NOW + DAY))
    for _ in range(2):
        await do(storage, organisation, lambda unit: unit.nudges.unsnooze(maja, anna))
    mine, hers = [await reports_of(storage, organisation, each) for each in (maja, siv)]
    assert [mine[name].snoozed_until for name in ("Anna Ek", "Bo Strand")] == [None, NOW + DAY]
    assert hers["Anna Ek"].snoozed_until == NOW + DAY


async def test_nudges_that_wait_are_found_by_the_people_they_are_about(storage, organisation, crew):
    maja, anna, bo, siv = crew
    team = await a_led_team(storage, organisation, [maja, siv], [anna, bo])
    first, second = a_nudge(maja, anna, team), a_nudge(siv, anna, team, key="hers", at=NOW + DAY)
    old, done = (a_nudge(maja, anna, team, key=key, at=at) for key, at in (("old", NOW - DAY), ("done", NOW)))
    for each in (second, first, old, done, a_nudge(maja, bo, team, key="bo"), a_nudge(maja, None, team, key="all")):
        await told(storage, organisation, each)
    await do(storage, organisation, lambda unit: unit.nudges.answer(done.id, Reply.SNOOZED, NOW, TODAY))
    found = await ask(storage, organisation, lambda nudges: nudges.waiting([anna], NOW))
    assert [each.id for each in found] == [first.id, second.id]


async def test_a_nudge_is_overtaken_when_the_supervisor_recognises_the_person(storage, organisation, crew):
    maja, anna, bo, siv = crew
    team = await a_led_team(storage, organisation, [maja, siv], [anna, bo])
    nudge, hers = a_nudge(maja, anna, team), a_nudge(siv, anna, team, key="hers")
    await told(storage, organisation, nudge, a_nudge(maja, bo, team))
    await told(storage, organisation, hers)
    await recognise(storage, organisation, maja, anna, at=NOW - DAY)
    await recognise(storage, organisation, bo, anna, at=NOW + DAY)
    assert await ask(storage, organisation, lambda nudges: nudges.overtaken(10)) == []
    assert await storage.overtaken.organisations(NOW) == []
    await recognise(storage, organisation, maja, anna, at=NOW + 2 * DAY)
    [found] = await ask(storage, organisation, lambda nudges: nudges.overtaken(10))
    assert found.id == nudge.id
    assert await ask(storage, organisation, lambda nudges: nudges.overtaken(10, maja)) == [found]
    assert await ask(storage, organisation, lambda nudges: nudges.overtaken(10, siv)) == []
    assert await storage.overtaken.organisations(NOW) == [organisation]
    assert await storage.overtaken.organisations(NOW + DAY) == []
    await do(storage, organisation, lambda unit: unit.nudges.answer(nudge.id, Reply.RECOGNISED, NOW))
    assert await ask(storage, organisation, lambda nudges: nudges.overtaken(10)) == []
    assert await storage.overtaken.organisations(NOW) == []


async def test_a_nudge_about_a_team_is_overtaken_by_anyone(storage, organisation, crew):
    maja, anna, bo, siv = crew
    team = await a_led_team(storage, organisation, [maja], [anna])
    early, late = a_nudge(maja, None, team), a_nudge(maja, None, team, at=NOW + DAY, key="late")
    await told(storage, organisation, late)
    await told(storage, organisation, early)
    await recognise(storage, organisation, bo, siv, at=NOW + 2 * DAY)
    assert await ask(storage, organisation, lambda nudges: nudges.overtaken(10)) == []
    await recognise(storage, organisation, bo, anna, at=NOW + 2 * DAY)
    found = await ask(storage, organisation, lambda nudges: nudges.overtaken(10))
    assert [each.id for each in found] == [early.id, late.id]
    assert [each.id for each in await ask(storage, organisation, lambda nudges: nudges.overtaken(1))] == [early.id]


@pytest.mark.parametrize(
    ("before", "counts"), [(timedelta(seconds=60), True), (timedelta(seconds=59), True), (timedelta(seconds=61), False)]
)
async def test_a_kudos_that_was_begun_before_the_look_and_recorded_after_it_counts(
    storage, organisation, crew, *, before, counts
):
    maja, anna, _, _ = crew
    team = await a_led_team(storage, organisation, [maja], [anna])
    await told(storage, organisation, a_nudge(maja, anna, team), a_nudge(maja, None, team))
    await recognise(storage, organisation, maja, anna, at=NOW - before)
    overtaken = await ask(storage, organisation, lambda nudges: nudges.overtaken(10))
    assert len(overtaken) == (2 if counts else 0)


async def test_a_supervisor_is_told_where_their_team_is_at_home(storage, organisation, crew):
    maja, anna, _, _ = crew
    local = a_profile("maja", "Maja Lind", workspace=LOCAL)

    async def account():
        return await ask(storage, organisation, lambda nudges: nudges.account(maja))

    assert await account() == an_account("U1")
    await storage.workplaces.connect(LOCAL, "Acme", NOW)
    await do(storage, organisation, lambda unit: unit.people.welcome([local], NOW))
    # Another person's account does not count, wherever their team is at home.
    await a_led_team(storage, organisation, [anna], [maja], homes=(a_channel("floor", LOCAL),))
    assert await account() == an_account("U1")
    await a_led_team(storage, organisation, [maja], [anna], homes=(a_channel("C3"),), at=NOW - 3 * DAY)
    assert await account() == an_account("U1")
    gone = a_profile("U1", "Maja Lind", standing=Standing.LEFT)
    await do(storage, organisation, lambda unit: unit.people.welcome([gone], NOW))
    assert await account() is None


async def test_organisations_know_nothing_of_each_other(storage, organisation, crew):
    maja, anna, _, _ = crew
    team = await a_led_team(storage, organisation, [maja], [anna])
    nudge = a_nudge(maja, anna, team)
    await told(storage, organisation, nudge)
    await recognise(storage, organisation, maja, anna, at=NOW + DAY)
    other = await storage.organisation(LOCAL)
    async with storage.units(other) as unit:
        assert await unit.nudges.nudge(nudge.id) is None
        assert await unit.nudges.of_message("monday") == []
        assert await unit.nudges.reports(maja, NOW) == []
        assert await unit.nudges.teams(maja) == []
        assert await unit.nudges.evidence([anna], NOW - 30 * DAY, 5, anna) == {}
        assert await unit.nudges.overtaken(10) == []
        assert await unit.nudges.account(maja) is None
        assert not await unit.nudges.answer(nudge.id, Reply.SNOOZED, NOW)
