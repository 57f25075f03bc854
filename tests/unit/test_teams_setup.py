"""Setting a team up in its channel: the form, what it refuses, and what is said back."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, time

import pytest

from bot.answer import Answer
from bot.digests.model import Digest, DigestState
from bot.errors import TemporaryDeliveryError
from bot.i18n import translator
from bot.identity import AccountRef, Platform, WorkspaceRef
from bot.incoming import FormSubmitted
from bot.people.model import Role
from bot.ports import Standing
from bot.schedule.model import Kind
from bot.teams.model import MembersFrom, NudgeHabit, NudgeWishes, ServiceChannel
from bot.teams.service import Teams, Wanted
from bot.view.form import ChoiceField, Form, PeopleField, TextField
from bot.view.message import MessageKind
from tests.factories import a_channel, a_profile, a_team, an_account
from tests.unit.desk import (
    ANNA,
    BO,
    CLEO,
    FLOOR,
    GUEST,
    LEAVER,
    MAJA,
    ROBOT,
    STRANGER,
    SVEN,
    Desk,
    desk,
    lines,
    reply,
    text_of,
)

ELSEWHERE = WorkspaceRef(Platform.LOCAL, "demo")
GONE = {ANNA: "Anna Ek", BO: "Bo Strand"}


async def opens(here: Desk, sender: AccountRef = MAJA, conversation=FLOOR) -> Form:
    answer = await here.types(sender, "setup", conversation=conversation)
    assert answer.form is not None, text_of(answer.reply) if answer.reply else answer
    return answer.form


async def sends(here: Desk, form: Form, sender: AccountRef = MAJA, conversation=FLOOR, **given) -> Answer:
    """Send the form in as it came, but for what is given."""
    people, choices, texts = {}, {}, {}
    for field in form.fields:
        value = given.pop(field.name, field.initial)
        match field:
            case PeopleField():
                people[field.name] = tuple(value)
            case ChoiceField():
                choices[field.name] = (value,) if isinstance(value, str) else tuple(value)
            case TextField():
                texts[field.name] = value
    assert not given
    submitted = FormSubmitted(here.origin(sender, conversation), form.name, form.state, people, choices, texts)
    return await here.dispatcher.handle(submitted)


async def sets_up(here: Desk, sender: AccountRef = MAJA, conversation=FLOOR, **given) -> list[str]:
    """Set the channel's team up, and read what is said back."""
    given = {"name": "Phone"} | given if not here.books.teams else given
    answer = await sends(here, await opens(here, sender, conversation), sender, conversation, **given)
    assert not answer.problems
    return lines(reply(answer, MessageKind.TEAM_SET_UP))


def problem(answer: Answer, field: str) -> str:
    assert list(answer.problems) == [field], answer
    return answer.problems[field]


def fields(form: Form) -> dict[str, object]:
    return {field.name: field.initial for field in form.fields}


def team(here: Desk):
    [kept] = here.books.teams.values()
    return kept


def roles(here: Desk) -> dict[str, Role]:
    return {here.books.persons[person]: role for person, role in team(here).members.items()}


async def schedule(here: Desk, kind: Kind, subject):
    async with here.units(here.organisation) as work:
        return await work.schedules.get(kind, subject)


async def nudged(here: Desk, *accounts: AccountRef) -> list[AccountRef]:
    """Give those of the accounts who have a schedule of nudges."""
    return [each for each in accounts if await schedule(here, Kind.NUDGES, here.books.accounts[each][0])]


async def admin(here: Desk, account: AccountRef) -> None:
    here.directory.profiles[account] = replace(here.directory.profiles[account], admin=True)


async def test_the_form_begins_with_the_channel_and_whoever_opens_it():
    here = await desk()
    form = await opens(here, CLEO)
    assert form.title == translator("sv")("This channel's team")
    assert fields(form) == {
        "name": "",
        "supervisors": (CLEO,),
        "members_from": ("channel",),
        "members": (),
        "group": "",
        "service_channel": ("mixed",),
        "time_zone": "Europe/Stockholm",
        "working_days": ("1", "2", "3", "4", "5"),
        "digest_day": ("1",),
        "digest_time": "09:00",
        "nudge_days": "14",
        "language": ("sv",),
    }


async def test_where_the_zone_of_a_person_is_not_known_the_form_asks_for_it():
    here = await desk()
    here.directory.put(replace(a_profile("U1"), timezone=""))
    form = await opens(here)
    assert fields(form)["time_zone"] == ""
    assert (await sends(here, form, name="Phone")).problems == {
        "time_zone": "Which time zone? Write it like Europe/Stockholm."
    }


async def test_what_was_decided_is_said_back():
    here = await desk()
    said = await sets_up(
        here,
        name=" Phone,  evenings ",
        supervisors=(MAJA, ANNA),
        service_channel="phone",
        time_zone="kolkata",
        working_days=("1", "2", "6"),
        digest_day="5",
        digest_time="4 pm",
        nudge_days="21",
        language="sv",
    )
    assert said == [
        "Phone, evenings is set up",
        "Supervisors: Anna Ek and Maja Lindqvist",
        "Members: 3 people besides them, in step with this channel",
        "Service channel: Phone",
        "Time zone: Asia/Kolkata",
        "Working days: Monday, Tuesday and Saturday",
        "Weekly digest: Friday at 16:00",
        "Next digest: Friday 20 November at 16:00 (Kolkata)",
        "Nudges: A supervisor is told after 21 days without recognition",
        "Language of the digest: Swedish",
        "Its supervisors, whoever set it up and the administrators of this workspace can change it with /kudos setup.",
    ]
    settings = team(here).settings
    assert settings == a_team(
        "Phone, evenings",
        "Asia/Kolkata",
        language="sv",
        service_channel=ServiceChannel.PHONE,
        working_days=frozenset({1, 2, 6}),
        digest_day=5,
        digest_time=time(16),
        nudge_days=21,
        members_from=MembersFrom.CHANNEL,
    )
    assert team(here).homes == (FLOOR,)


async def test_a_team_of_the_channel_has_its_people_without_bots_guests_and_those_who_left():
    here = await desk()
    await sets_up(here)
    assert roles(here) == {
        "Maja Lindqvist": Role.SUPERVISOR,
        "Anna Ek": Role.AGENT,
        "Bo Strand": Role.AGENT,
        "Cleo Falk": Role.AGENT,
        "Sven Holm": Role.AGENT,
    }


async def test_a_team_of_a_list_has_those_picked():
    here = await desk()
    said = await sets_up(here, members_from="list", members=(BO, MAJA, ANNA))
    assert "Members: 2 people besides them, a fixed list" in said
    assert roles(here) == {"Maja Lindqvist": Role.SUPERVISOR, "Anna Ek": Role.AGENT, "Bo Strand": Role.AGENT}


async def test_a_team_of_a_group_has_its_people_and_keeps_the_group():
    here = await desk()
    here.directory.groups = {"S1": (ANNA, ROBOT, BO)}
    here.directory.group_names = {"phone-team": "S1"}
    said = await sets_up(here, members_from="group", group="@Phone-Team")
    assert "Members: 2 people besides them, in step with the user group" in said
    assert (team(here).settings.group, len(roles(here))) == ("S1", 3)
    form = await opens(here)
    assert fields(form)["group"] == ""
    assert "Leave it empty" in next(field.hint for field in form.fields if field.name == "group")
    await sets_up(here)
    assert team(here).settings.group == "S1"
    await sets_up(here, members_from="channel")
    assert team(here).settings.group is None


async def test_where_the_platform_has_no_groups_the_form_offers_none():
    here = await desk()
    here.directory.has_groups = False
    for _ in range(2):
        form = await opens(here)
        assert "group" not in fields(form)
        assert sources(form) == ["channel", "list"]
        await sets_up(here)


async def test_a_team_that_follows_a_group_elsewhere_keeps_it_where_there_are_no_groups():
    here = await desk()
    here.directory.groups = {"S1": (ANNA, BO)}
    here.directory.group_names = {"phone-team": "S1"}
    await sets_up(here, members_from="group", group="phone-team")
    here.directory.has_groups, here.directory.groups = False, {}
    form = await opens(here)
    assert "group" not in fields(form)
    assert sources(form) == ["channel", "list", "group"]
    await sets_up(here, nudge_days="21")
    assert (team(here).settings.group, team(here).settings.nudge_days) == ("S1", 21)
    assert roles(here) == {"Maja Lindqvist": Role.SUPERVISOR, "Anna Ek": Role.AGENT, "Bo Strand": Role.AGENT}
    await sets_up(here, members_from="list", members=(ANNA,))
    assert team(here).settings.group is None
    assert sources(await opens(here)) == ["channel", "list"]


def sources(form: Form) -> list[str]:
    """Say what a team's members can come from."""
    (field,) = [each for each in form.fields if isinstance(each, ChoiceField) and each.name == "members_from"]
    return [option.value for option in field.options]


async def test_without_a_digest_none_is_due_and_without_working_days_nobody_is_nudged():
    here = await desk()
    said = await sets_up(here, digest_day="none")
    assert "Weekly digest: No digest" in said
    assert not [line for line in said if line.startswith("Next digest")]
    [team_id] = here.books.teams
    assert (await schedule(here, Kind.DIGEST, team_id)).next_at is None
    said = await sets_up(here, digest_day="1", working_days=())
    assert "Working days: No days, so nobody is nudged" in said
    assert "Next digest: Monday 23 November at 09:00" in said
    assert (await schedule(here, Kind.DIGEST, team_id)).next_at is not None
    assert (await schedule(here, Kind.NUDGES, here.books.accounts[MAJA][0])).next_at is None


async def test_digest_and_nudges_are_due_at_local_times():
    here = await desk(datetime(2026, 11, 18, 9, 0, tzinfo=UTC))
    here.directory.put(a_profile("U2", "Anna Ek", timezone="America/New_York"))
    await sets_up(here, supervisors=(MAJA, ANNA))
    [team_id] = here.books.teams
    assert (await schedule(here, Kind.DIGEST, team_id)).next_at == datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
    nudges = [await schedule(here, Kind.NUDGES, here.books.accounts[each][0]) for each in (MAJA, ANNA)]
    assert [each.next_at for each in nudges] == [
        datetime(2026, 11, 19, 8, 30, tzinfo=UTC),
        datetime(2026, 11, 18, 14, 30, tzinfo=UTC),
    ]


async def test_a_postponed_digest_stays_so_while_day_and_time_do():
    here = await desk()
    await sets_up(here)
    [team_id] = here.books.teams
    later = datetime(2026, 11, 25, 8, 0, tzinfo=UTC)
    async with here.units(here.organisation) as work:
        await work.schedules.move(Kind.DIGEST, team_id, later)
        await work.commit()
    await sets_up(here, name="Phones")
    assert (await schedule(here, Kind.DIGEST, team_id)).next_at == later
    await sets_up(here, digest_time="10:00")
    assert (await schedule(here, Kind.DIGEST, team_id)).next_at == datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


async def test_a_week_that_had_its_digest_gets_no_other_and_the_answer_names_the_one_that_comes():
    here = await desk()
    await sets_up(here)
    [team_id] = here.books.teams
    async with here.units(here.organisation) as work:
        for week, state in (("2026-W47", DigestState.POSTED), ("2026-W48", DigestState.SKIPPED)):
            await work.digests.add(Digest(team_id, week, here.clock.now(), here.clock.now(), state))
        await work.commit()
    said = await sets_up(here, digest_day="5")
    assert "Next digest: Friday 4 December at 09:00" in said
    assert (await schedule(here, Kind.DIGEST, team_id)).next_at == datetime(2026, 12, 4, 8, 0, tzinfo=UTC)


async def test_two_teams_never_have_one_name_whatever_the_capitals():
    here = await desk()
    await here.team("Phone", (BO,), (ANNA,), a_channel("C9"))
    answer = await sends(here, await opens(here), name="PHONE ")
    assert problem(answer, "name") == "There is a team called PHONE already. Choose another name."
    assert len(here.books.teams) == 1
    reply(await sends(here, await opens(here), name="Chat"), MessageKind.TEAM_SET_UP)
    assert "Choose another name" in problem(await sends(here, await opens(here), name="phone"), "name")
    reply(await sends(here, await opens(here), name="CHAT"), MessageKind.TEAM_SET_UP)
    assert [kept.settings.name for kept in here.books.teams.values()] == ["Phone", "CHAT"]


async def test_who_no_longer_supervises_any_team_is_nudged_no_more():
    here = await desk()
    await sets_up(here, supervisors=(MAJA, ANNA, BO))
    await here.team("Chat", (), (BO,))
    assert await nudged(here, MAJA, ANNA, BO) == [MAJA, ANNA, BO]
    answer = await sends(here, await opens(here), supervisors=(MAJA,))
    assert answer.reply
    assert await nudged(here, MAJA, ANNA, BO) == [MAJA, BO]


async def test_the_form_shows_what_stands_and_keeps_it():
    here = await desk()
    await sets_up(here, supervisors=(ANNA,), members_from="list", members=(BO, CLEO), digest_day="none")
    before = team(here)
    form = await opens(here, ANNA)
    shown = fields(form)
    assert (shown["name"], shown["supervisors"], set(shown["members"])) == ("Phone", (ANNA,), {BO, CLEO})
    assert (shown["members_from"], shown["digest_day"]) == (("list",), ("none",))
    said = await sets_up(here, ANNA)
    assert said[0] == "Phone is changed"
    assert team(here) == before


async def test_only_its_own_people_change_a_team_and_others_are_told_whom_to_ask():
    here = await desk()
    await sets_up(here, supervisors=(ANNA, BO))
    refused = await here.types(SVEN, "setup")
    asked = text_of(reply(refused, MessageKind.REFUSAL))
    assert asked == "Only the team's supervisors can change this. Please ask Anna Ek and Bo Strand."
    form = await opens(here, ANNA)
    assert "Anna Ek" in problem(await sends(here, form, SVEN), "name")
    for allowed in (MAJA, BO):
        assert (await opens(here, allowed)).name == "team"
    await admin(here, SVEN)
    here.open()
    assert (await sets_up(here, SVEN))[0] == "Phone is changed"


async def test_a_team_whose_supervisors_have_all_left_is_for_administrators():
    here = await desk()
    await sets_up(here, supervisors=(ANNA,))
    here.directory.put(a_profile("U2", "Anna Ek", standing=Standing.LEFT))
    await here.meet(ANNA)
    refused = await here.types(SVEN, "setup")
    assert "An administrator of this workspace can change it" in text_of(reply(refused, MessageKind.REFUSAL))


async def test_a_team_is_set_up_where_it_meets():
    here = await desk()
    for conversation in (None, FLOOR):
        here.directory.closed = {FLOOR}
        refused = await here.types(MAJA, "setup", conversation=conversation)
        assert "in the team's own channel" in text_of(reply(refused, MessageKind.REFUSAL))
    here.directory.conversations[FLOOR] = ()
    refused = await here.types(MAJA, "setup")
    assert "Invite me to it" in text_of(reply(refused, MessageKind.REFUSAL))


async def test_a_directory_that_is_away_is_owned_up_to():
    here = await desk()
    form = await opens(here)
    here.directory.down = True
    refused = await here.types(MAJA, "setup")
    assert "cannot look people up" in text_of(reply(refused, MessageKind.REFUSAL))
    assert "cannot look people up" in problem(await sends(here, form, name="Phone"), "name")
    assert not here.books.teams


@pytest.mark.parametrize(
    ("given", "field", "said"),
    [
        ({"name": "  "}, "name", "What is the team called"),
        ({"supervisors": ()}, "supervisors", "at least one supervisor"),
        ({"supervisors": (ROBOT,)}, "supervisors", "Helper is a bot"),
        ({"supervisors": (an_account("U99"),)}, "supervisors", "cannot find that person"),
        ({"members_from": "list"}, "members", "Nobody would be in this team"),
        ({"members_from": "list", "members": (BO, GUEST)}, "members", "Gustav Gran is a guest"),
        ({"members_from": "list", "members": (STRANGER,)}, "members", "Stina Främling is a guest"),
        ({"members_from": "list", "members": (LEAVER,)}, "members", "Lena Left no longer works here"),
        ({"members_from": "group"}, "group", "Which user group"),
        ({"members_from": "group", "group": "nobody"}, "group", "cannot find a user group called nobody"),
        ({"members_from": "group", "group": "empty"}, "group", "Nobody would be in this team"),
        ({"time_zone": "Europe/Stokholm"}, "time_zone", "Did you mean Europe/Stockholm"),
        ({"time_zone": "xyzzy"}, "time_zone", "Write it like Europe/Stockholm"),
        ({"digest_time": "noonish"}, "digest_time", "Write it like 09:30"),
        ({"nudge_days": "6"}, "nudge_days", "from 7 to 60"),
        ({"nudge_days": "61"}, "nudge_days", "from 7 to 60"),
        ({"nudge_days": "²³"}, "nudge_days", "from 7 to 60"),
        ({"nudge_days": "1000"}, "nudge_days", "from 7 to 60"),
        ({"service_channel": "pigeon"}, "name", "That button is too old"),
        ({"members_from": ()}, "name", "That button is too old"),
    ],
)
async def test_what_cannot_be_is_said_beside_its_field(given, field, said):
    here = await desk()
    here.directory.group_names = {"empty": "S2"}
    answer = await sends(here, await opens(here), **({"name": "Phone"} | given))
    assert said in problem(answer, field)
    assert not here.books.teams


async def test_all_that_is_wrong_is_said_at_once_each_beside_its_field():
    here = await desk()
    form = await opens(here)
    wrong = {
        "name": "",
        "supervisors": (),
        "members_from": "list",
        "time_zone": "",
        "digest_time": "",
        "nudge_days": "x",
    }
    assert (await sends(here, form, **wrong)).problems == {
        "name": "What is the team called? A short name is enough.",
        "supervisors": "A team needs at least one supervisor. Pick who leads it.",
        "members": "Nobody would be in this team. Pick its members, or let them follow the channel.",
        "time_zone": "Which time zone? Write it like Europe/Stockholm.",
        "digest_time": "At what time? Write it like 09:30.",
        "nudge_days": "Write a whole number of days from 7 to 60.",
    }


async def test_a_form_with_a_broken_state_is_too_old():
    here = await desk()
    form = replace_state(await opens(here), "{")
    assert "too old" in problem(await sends(here, form, name="Phone"), "name")


def replace_state(form: Form, state: str) -> Form:
    return Form(form.name, form.title, form.submit, form.cancel, form.fields, state)


async def test_a_list_too_long_for_the_form_stays_unless_somebody_is_picked():
    here = await desk()
    many = tuple(an_account(f"U{n}") for n in range(200, 320))
    here.directory.put(*(a_profile(each.id, f"Kim {each.id}") for each in many))
    await here.team("Phone", (*many, LEAVER), (MAJA,), FLOOR)
    form = await opens(here)
    [members] = [field for field in form.fields if field.name == "members"]
    assert members.initial == ()
    assert "120 people" in members.hint
    await sets_up(here)
    assert len(roles(here)) == 121
    await sets_up(here, members=(BO,))
    assert set(roles(here)) == {"Maja Lindqvist", "Bo Strand"}


async def test_members_of_another_workspace_stay_when_this_one_changes_the_team():
    here = await desk()
    await here.team("Phone", (ANNA,), (MAJA,), FLOOR)
    [team_id] = here.books.teams
    far = AccountRef(ELSEWHERE, "far")
    async with here.units(here.organisation) as work:
        await work.people.welcome([a_profile("far", "Fia Far", workspace=ELSEWHERE)], here.clock.now())
        await work.commit()
    person = here.books.accounts[far][0]
    async with here.units(here.organisation) as work:
        await work.teams.set_members(team_id, team(here).members | {person: Role.SUPERVISOR}, here.clock.now())
        await work.commit()
    await sets_up(here, members=(BO,))
    assert roles(here) == {"Maja Lindqvist": Role.SUPERVISOR, "Bo Strand": Role.AGENT, "Fia Far": Role.SUPERVISOR}


async def test_a_supervisor_who_has_left_stays_when_the_form_is_saved_and_is_named():
    here = await desk()
    await sets_up(here, supervisors=(MAJA, ANNA), members_from="list", members=(BO, CLEO))
    here.directory.put(*(a_profile(each.id, gone, standing=Standing.LEFT) for each, gone in GONE.items()))
    await here.meet(ANNA, BO)
    form = await opens(here)
    assert fields(form)["supervisors"] == (MAJA,)
    said = lines(reply(await sends(here, form, members=(CLEO,)), MessageKind.TEAM_SET_UP))
    assert "Supervisors: Maja Lindqvist" in said
    assert "Not here any more, and supervisors again if they come back: Anna Ek." in said
    assert roles(here) == {
        "Maja Lindqvist": Role.SUPERVISOR,
        "Anna Ek": Role.SUPERVISOR,
        "Cleo Falk": Role.AGENT,
    }


async def test_a_supervisor_who_has_left_only_this_workspace_stays_as_in_the_other():
    here = await desk()
    await sets_up(here, supervisors=(MAJA, ANNA))
    far = AccountRef(ELSEWHERE, "far")
    async with here.units(here.organisation) as work:
        await work.people.welcome([a_profile("far", "Anna Ek", workspace=ELSEWHERE)], here.clock.now())
        await work.commit()
    here.books.accounts[far] = (here.books.accounts[ANNA][0], here.books.accounts[far][1])
    here.directory.put(a_profile(ANNA.id, "Anna Ek", standing=Standing.LEFT))
    await here.meet(ANNA)
    form = await opens(here)
    assert fields(form)["supervisors"] == (MAJA,)
    said = lines(reply(await sends(here, form), MessageKind.TEAM_SET_UP))
    assert "Supervisors: Anna Ek and Maja Lindqvist" in said
    assert roles(here)["Anna Ek"] is Role.SUPERVISOR


async def test_a_supervisor_who_is_taken_out_of_the_form_is_none_any_more():
    here = await desk()
    await sets_up(here, supervisors=(MAJA, SVEN), members_from="list", members=(BO,))
    await sets_up(here, supervisors=(MAJA,))
    assert roles(here) == {"Maja Lindqvist": Role.SUPERVISOR, "Bo Strand": Role.AGENT}


async def test_who_is_picked_again_is_let_in_again():
    here = await desk()
    await sets_up(here, members_from="list", members=(BO, ANNA))
    persons = {each: here.books.accounts[each][0] for each in (MAJA, ANNA, BO)}
    await here.teams.not_on_team(here.organisation, persons[MAJA], persons[BO])
    await here.teams.not_on_team(here.organisation, persons[MAJA], persons[ANNA])
    assert set(roles(here)) == {"Maja Lindqvist"}
    await sets_up(here, members=(BO,))
    assert set(roles(here)) == {"Maja Lindqvist", "Bo Strand"}
    await sets_up(here, members_from="channel")
    assert "Bo Strand" in roles(here)
    assert "Anna Ek" not in roles(here)
    await sets_up(here, supervisors=(MAJA, ANNA))
    assert roles(here)["Anna Ek"] is Role.SUPERVISOR


async def test_supervisors_have_supervisors():
    here = await desk()
    await here.team("Leads", (MAJA, ANNA), (BO,))
    await sets_up_phone(here)
    persons = {each: here.books.accounts[each][0] for each in (MAJA, BO)}
    async with here.units(here.organisation) as work:
        led = await work.teams.leading(list(persons.values()))
    assert len(led[persons[MAJA]].teams) == len(led[persons[BO]].teams) == 1
    maja = await here.people.colleague(MAJA)
    assert {place.team_name: place.role for place in maja.places} == {
        "Leads": Role.AGENT,
        "Phone": Role.SUPERVISOR,
    }


async def sets_up_phone(here: Desk) -> None:
    answer = await sends(here, await opens(here), name="Phone", members_from="list", members=(CLEO,))
    reply(answer, MessageKind.TEAM_SET_UP)


async def test_two_who_set_up_one_channel_at_once_set_up_one_team():
    here = await desk()
    form = await opens(here)
    reply(await sends(here, form, name="Phone"), MessageKind.TEAM_SET_UP)
    looks = [None]

    @asynccontextmanager
    async def units(organisation):
        async with here.units(organisation) as work:
            at = work.teams.at

            async def late(conversation):
                """Not see, at the first look, what somebody else is just writing."""
                return looks.pop() if looks else await at(conversation)

            work.teams.at = late
            yield work

    teams = Teams(units, here.people, here.clock)
    wanted = Wanted(a_team("Phones"), (MAJA,), (ANNA,))
    async with asyncio.timeout(60) as patience:
        done = await teams.set_up(await here.people.colleague(MAJA), FLOOR, wanted, patience)
    assert (done.is_new, team(here).settings.name, len(roles(here))) == (False, "Phones", 2)


async def test_what_was_decided_is_seen_at_once():
    here = await desk()
    await here.types(ANNA, "me")
    await sets_up(here, conversation=a_channel("C1"))
    assert "This week in Phone" in text_of(reply(await here.types(ANNA, "team"), MessageKind.TEAM_WEEK))


@pytest.mark.parametrize(
    ("habit", "days"),
    [(NudgeHabit.DAILY, {2, 3, 6}), (NudgeHabit.WEEKLY, {2}), (NudgeHabit.OFF, set())],
)
async def test_a_supervisor_is_told_on_the_days_they_wish(habit, days):
    here = await desk()
    maja = (await here.meet(MAJA))[MAJA]
    async with here.units(here.organisation) as work:
        await work.teams.wish(maja, NudgeWishes(habit, time(8, 15)))
        await work.commit()
    await sets_up(here, working_days=("2", "3", "6"))
    kept = await schedule(here, Kind.NUDGES, maja)
    assert (kept.rhythm.days, kept.rhythm.at) == (days, time(8, 15))
    assert (kept.next_at is None) is (habit is NudgeHabit.OFF)


async def test_a_group_that_cannot_be_looked_up_now_is_owned_up_to():
    here = await desk()
    form = await opens(here)

    async def away(*_):
        reason = "ratelimited"
        raise TemporaryDeliveryError(reason)

    here.directory.find_group = away
    assert "cannot look people up" in problem(
        await sends(here, form, name="A", members_from="group", group="b"), "name"
    )
