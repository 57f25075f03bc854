"""Whole organisations' teams from a file, and into one."""

from __future__ import annotations

import re
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.hygiene import clean
from bot.identity import Platform, WorkspaceRef
from bot.people.model import Role
from bot.ports import Standing
from bot.schedule.model import Kind
from bot.teams.model import MembersFrom, ServiceChannel
from bot.teams.roster_file import COLUMNS, MOST_BYTES, guarded, parse, unguarded
from bot.teams.roster_service import TeamFiles
from tests.factories import WORKSPACE, a_channel, a_profile, a_team
from tests.unit.desk import ANNA, BO, CLEO, FLOOR, MAJA, SVEN, Desk, desk

DOCS = Path(__file__).parents[2] / "docs"
HEADER = "team,supervisor_email,member_email,time_zone\n"
PHONE = HEADER + "Phone,u1@example.com,u2@example.com,Europe/Stockholm\nPhone,,u3@example.com,\n"


async def files(here: Desk) -> TeamFiles:
    return TeamFiles(here.units, here.people, here.clock)


async def plan(here: Desk, text: str | bytes):
    return await (await files(here)).plan(WORKSPACE, text.encode() if isinstance(text, str) else text)


async def apply(here: Desk, text: str | bytes):
    done = []
    data = text.encode() if isinstance(text, str) else text
    applied = await (await files(here)).apply(WORKSPACE, data, done.append)
    assert not applied.problems, applied.problems
    assert sum(done) == len(applied.changes)
    return applied


def said(plan) -> list[str]:
    return [f"{change.settings.name}: {line}" for change in plan.changes for line in change.lines]


def wrong(plan) -> list[str]:
    assert not plan.changes
    return [f"{each.line}: {each.text}" for each in plan.problems]


def teams(here: Desk) -> dict[str, dict[str, Role]]:
    return {
        kept.settings.name: {here.books.persons[person]: role for person, role in kept.members.items()}
        for kept in here.books.teams.values()
    }


async def test_a_dry_run_says_what_would_change_and_writes_nothing():
    here = await desk()
    await here.meet(MAJA)
    found = await plan(here, PHONE)
    assert said(found) == [
        (
            "Phone: new team: service_channel mixed, time_zone Europe/Stockholm, language en, "
            "working_days Mon Tue Wed Thu Fri, digest_day Mon, digest_time 09:00, nudge_days 14, members_from list"
        ),
        "Phone: no digest comes without a home_channel",
        "Phone: + u1@example.com (supervisor)",
        "Phone: + u2@example.com (member)",
        "Phone: + u3@example.com (member)",
    ]
    assert not here.books.teams
    assert set(here.books.accounts) == {MAJA}


async def test_applied_it_is_so_and_applied_again_nothing_changes():
    here = await desk()
    await apply(here, PHONE)
    assert teams(here) == {"Phone": {"Maja Lindqvist": Role.SUPERVISOR, "Anna Ek": Role.AGENT, "Bo Strand": Role.AGENT}}
    again = await apply(here, PHONE)
    assert (again.changes, again.unchanged) == ((), 1)


async def test_only_what_the_file_says_changes():
    here = await desk()
    await here.team("Phone", (ANNA, BO), (MAJA,), FLOOR)
    await here.team("Chat", (CLEO,), (SVEN,))
    text = "team;supervisor e-mail;Member Email;nudge days;digest_time\r\n"
    text += "phone;U1@Example.com;u3@example.com;21;16:30:00\r\nphone;;u4@example.com;;\r\n"
    assert said(await apply(here, text)) == [
        "phone: name: Phone → phone",
        "phone: digest_time: 09:00 → 16:30",
        "phone: nudge_days: 14 → 21",
        "phone: + u4@example.com (member)",
        "phone: - u2@example.com (member)",
    ]
    assert teams(here) == {
        "phone": {"Maja Lindqvist": Role.SUPERVISOR, "Bo Strand": Role.AGENT, "Cleo Falk": Role.AGENT},
        "Chat": {"Cleo Falk": Role.AGENT, "Sven Holm": Role.SUPERVISOR},
    }


async def test_a_new_role_is_said_and_supervisors_get_and_lose_their_nudges():
    here = await desk()
    await apply(here, PHONE)
    changed = await apply(here, HEADER + "Phone,u2@example.com,u1@example.com,\nPhone,,u3@example.com,\n")
    assert said(changed) == [
        "Phone: u1@example.com: supervisor → member",
        "Phone: u2@example.com: member → supervisor",
    ]
    persons = {each: here.books.accounts[each][0] for each in (MAJA, ANNA)}
    async with here.units(here.organisation) as work:
        assert await work.schedules.get(Kind.NUDGES, persons[MAJA]) is None
        assert (await work.schedules.get(Kind.NUDGES, persons[ANNA])).next_at is not None


async def test_a_supervisor_named_among_the_members_is_a_supervisor():
    here = await desk()
    await apply(here, HEADER + "Phone,u1@example.com,u1@example.com,Stockholm\nPhone,,u2@example.com,\n")
    assert teams(here)["Phone"] == {"Maja Lindqvist": Role.SUPERVISOR, "Anna Ek": Role.AGENT}


async def test_a_home_brings_the_digest_and_a_team_is_known_by_it():
    here = await desk()
    columns = "team,supervisor_email,member_email,time_zone,home_channel\n"
    await apply(here, columns + "Phone,u1@example.com,u2@example.com,Europe/Stockholm,C7\n")
    [team_id] = here.books.teams
    async with here.units(here.organisation) as work:
        assert (await work.teams.at(a_channel("C7"))).id == team_id
        assert (await work.schedules.get(Kind.DIGEST, team_id)).next_at is not None
    renamed = await apply(here, columns + "Phones,u1@example.com,u2@example.com,,C7\n")
    assert said(renamed) == ["Phones: name: Phone → Phones"]
    moved = await apply(here, columns + "Phones,u1@example.com,u2@example.com,,C8\n")
    assert said(moved) == ["Phones: home_channel: C7 → C8"]
    async with here.units(here.organisation) as work:
        assert (await work.teams.at(a_channel("C8"))).id == team_id


async def test_members_who_follow_a_channel_are_not_listed():
    here = await desk()
    await here.team("Phone", (ANNA,), (MAJA,), FLOOR)
    [kept] = here.books.teams.values()
    kept.settings = replace(kept.settings, members_from=MembersFrom.CHANNEL)
    assert said(await apply(here, HEADER + "Phone,u4@example.com,,\n")) == [
        "Phone: + u4@example.com (supervisor)",
        "Phone: - u1@example.com (supervisor)",
    ]
    assert teams(here)["Phone"] == {"Anna Ek": Role.AGENT, "Cleo Falk": Role.SUPERVISOR}
    refused = await plan(here, HEADER + "Phone,u4@example.com,u3@example.com,\n")
    assert wrong(refused) == [
        "2: Phone's members follow its channel: leave member_email empty, or write list under members_from."
    ]


async def test_everything_a_file_can_say_of_a_team_is_taken_in():
    here = await desk()
    here.directory.groups = {"S1": (ANNA,)}
    text = f"{','.join(COLUMNS)}\nPhone,u1@example.com,,E-mail,kolkata,SV,Mon-Wed Sat,Fri,4 pm,21,group:S1,C7\n"
    await apply(here, text)
    [kept] = here.books.teams.values()
    assert kept.settings == a_team(
        timezone="Asia/Kolkata",
        language="sv",
        service_channel=ServiceChannel.EMAIL,
        working_days=frozenset({1, 2, 3, 6}),
        digest_day=5,
        digest_time=time(16),
        nudge_days=21,
        members_from=MembersFrom.GROUP,
        group="S1",
    )


async def test_what_was_exported_changes_nothing_when_it_is_imported():
    here = await desk()
    await here.team("=Phone, evenings", (ANNA, BO), (MAJA, SVEN), FLOOR)
    await here.team('Chat;"quoted"', (CLEO,), (SVEN,), None)
    [phone, chat] = here.books.teams.values()
    phone.settings = replace(phone.settings, digest_day=None, working_days=frozenset(), nudge_days=7)
    chat.settings = replace(chat.settings, members_from=MembersFrom.GROUP, group="S1", language="sv")
    exported = await (await files(here)).export(WORKSPACE)
    assert exported.data.startswith(b"\xef\xbb\xbfteam,supervisor_email,member_email,")
    assert b'\r\n"\'=Phone, evenings",u1@example.com,,' in exported.data
    assert (exported.teams, exported.left_out) == (2, ())
    again = await plan(here, exported.data)
    assert (said(again), again.unchanged, again.problems) == ([], 2, ())


async def test_who_has_no_email_is_left_out_of_an_export_and_stays_in_the_team():
    here = await desk()
    here.directory.put(replace(a_profile("U2", "Anna Ek"), email=""))
    await here.team("Phone", (ANNA, BO), (MAJA,), FLOOR)
    exported = await (await files(here)).export(WORKSPACE)
    assert exported.left_out == ("Anna Ek",)
    assert (await apply(here, exported.data)).changes == ()
    assert "Anna Ek" in teams(here)["Phone"]


@pytest.mark.parametrize("source", ["channel", "group:S1"])
async def test_who_follows_a_channel_or_a_group_needs_a_home_to_be_seen_from(source: str):
    here = await desk()
    here.directory.groups = {"S1": (ANNA,)}
    await here.meet(MAJA)
    follow = f"team,supervisor_email,time_zone,members_from,home_channel\nChat,u4@example.com,UTC,{source},"
    named = source.partition(":")[0]
    assert wrong(await plan(here, follow)) == [f"2: Chat's members follow its {named}: write its home_channel."]
    await apply(here, f"{follow}C9")
    assert wrong(await plan(here, follow)) == []


async def test_a_channel_or_group_that_is_not_there_is_refused_or_said_to_be_unchecked():
    here = await desk()
    await here.meet(MAJA, ANNA)
    here.directory.conversations[a_channel("nowhere")] = ()
    columns = "team,supervisor_email,member_email,time_zone,members_from,home_channel\n"
    text = columns + "Phone,u1@example.com,,UTC,channel,nowhere\nChat,u1@example.com,,UTC,group:nope,C1\n"
    assert wrong(await plan(here, text)) == [
        "2: Phone: nowhere is no channel that the bot can see. Write its id, and add the bot there.",
        "3: Chat: nope is no user group with people in it. Write its id, not its handle.",
    ]
    here.directory.down = True
    found = await plan(here, text)
    assert len(found.changes) == 2
    assert [(each.line, each.text) for each in found.unchecked] == [
        (2, "Phone: the platform cannot be asked now whether nowhere is there."),
        (3, "Chat: the platform cannot be asked now whether C1 is there."),
        (3, "Chat: the platform cannot be asked now whether nope is there."),
    ]
    here.directory.down = False
    await here.team("Mail", (ANNA,), (MAJA,), a_channel("C5"))
    here.directory.conversations[a_channel("C5")] = ()
    assert not (await plan(here, columns + "Mail,u1@example.com,u2@example.com,,,C5\n")).problems, "it stands already"


async def test_a_list_of_supervisors_alone_is_refused_as_the_form_does():
    here = await desk()
    alone = HEADER + "Phone,u1@example.com,u1@example.com,UTC\n"
    refused = ["2: Phone has no members in this file: name them under member_email."]
    assert wrong(await plan(here, alone)) == refused
    await apply(here, PHONE)
    assert wrong(await plan(here, alone)) == refused
    [kept] = here.books.teams.values()
    kept.members = {here.books.accounts[MAJA][0]: Role.SUPERVISOR}
    assert not (await plan(here, alone)).problems, "those who were in it have left"


async def test_cells_and_people_that_are_wrong_are_all_named_in_one_pass():
    here = await desk()
    text = HEADER + "Phone,u99@example.com,anna at example,Mars\nChat,u98 example,u1@example.com,\n"
    assert [each.partition(". ")[0] for each in wrong(await plan(here, text))] == [
        "2: “anna at example” is no e-mail address (member_email).",
        "2: “Mars” does not fit time_zone",
        "2: Nobody in the workspace has the e-mail u99@example.com.",
        "3: “u98 example” is no e-mail address (supervisor_email).",
        "3: Chat is a new team: write its time_zone.",
    ]
    here.directory.down = True
    unasked = "has people who are new to the bot, and the platform cannot be asked about them now"
    assert [each for each in wrong(await plan(here, text)) if "asked" in each] == [
        f"2: Phone {unasked}: u99@example.com. Try again in some minutes.",
        f"3: Chat {unasked}: u1@example.com. Try again in some minutes.",
    ]


async def test_those_who_are_not_known_yet_are_looked_up_once():
    here = await desk()
    await here.meet(MAJA)
    await plan(here, PHONE)
    assert here.directory.asked == 1
    await apply(here, PHONE)
    asked = here.directory.asked
    await plan(here, PHONE)
    assert here.directory.asked == asked


async def test_whom_a_directory_that_is_away_would_tell_of_is_said_once_for_each_team():
    here = await desk()
    here.directory.down = True
    text = PHONE + "".join(f"Phone,,u{number}@example.com,\n" for number in range(6, 9))
    unasked = (
        "2: Phone has people who are new to the bot, and the platform cannot be asked about them now: "
        "u1@example.com, u2@example.com, u3@example.com and 3 more. Try again in some minutes."
    )
    assert wrong(await plan(here, text)) == [unasked]
    await here.meet(MAJA, ANNA, BO)
    assert (await plan(here, PHONE)).changes, "those who are known need not be asked about"
    elsewhere = WorkspaceRef(Platform.LOCAL, "demo")
    await here.workplaces.connect(elsewhere, "Demo", here.clock.now())
    assert wrong(await (await files(here)).plan(elsewhere, text.encode())) == [unasked], "where none is connected"


ROW = "Phone,u1@example.com,u2@example.com,Europe/Stockholm"


@pytest.mark.parametrize(
    ("text", "problems"),
    [
        ("", ["0: The file is empty"]),
        ("\n \n", ["0: The file is empty"]),
        ("team\nPhone\n", ["1: The columns team and supervisor_email or member_email must be there."]),
        ("member_email\nx\n", ["1: The columns team and"]),
        ("team,member_email,colour,Team\n", ["1: Unknown column “colour”"]),
        ("team,member_email,Team\n", ["1: The column team is there twice."]),
        (HEADER + ",u1@example.com,,\n", ["2: The team's name is missing."]),
        (HEADER + "P" * 61 + ",u1@example.com,,\n", ["2: The team's name has 61 characters, and 60 fit."]),
        (HEADER + "\n" + ROW + "\nPhone,,,\n", ["4: There is neither"]),
        (HEADER + ROW + "\nPhone,,anna at example,\n", ["3: “anna at example” is no e-mail address (member_email)."]),
        (HEADER + ROW + "\nPhone,,u3@example.com,,x\n", ["3: There are 5 cells, and 4 columns."]),
        (HEADER + ROW + '\n"Phone,,u3@example.com,\n', ["3: This line is not CSV"]),
        (HEADER + ROW + "\nPhone,,u3@example.com,UTC\n", ["3: time_zone is “UTC” here and something else in line 2"]),
        (
            HEADER + "Phone,u1@example.com,u2@example.com,Europe/Stokholm\n",
            ["2: “Europe/Stokholm” is no time zone. Did you mean Eur"],
        ),
        (
            HEADER + "Phone,u1@example.com,u2@example.com,xyzzy\n",
            ["2: “xyzzy” does not fit time_zone. Write it like Europe/Stockholm."],
        ),
        (HEADER + "Phone,u1@example.com,u2@example.com,\n", ["2: Phone is a new team: write its time_zone."]),
        (HEADER + "Phone,,u1@example.com,UTC\n", ["2: Phone has no supervisor in this file."]),
        (
            HEADER + "Phone,u99@example.com,u2@example.com,UTC\n",
            ["2: Nobody in the workspace has the e-mail u99@example.com."],
        ),
        (
            HEADER + "Phone,u6@example.com,u2@example.com,UTC\n",
            ["2: u6@example.com is a bot, and cannot be in a team."],
        ),
        (HEADER + "Phone,u7@example.com,u2@example.com,UTC\n", ["2: u7@example.com is a guest, and cannot"]),
        (HEADER + "Phone,u9@example.com,u2@example.com,UTC\n", ["2: u9@example.com has left, and cannot"]),
    ],
)
async def test_what_is_wrong_is_said_with_its_line_and_nothing_is_written(text, problems):
    here = await desk()
    found = wrong(await plan(here, text))
    assert len(found) == len(problems), found
    assert all(each.startswith(problem) for each, problem in zip(found, problems, strict=True)), found
    assert not (await (await files(here)).apply(WORKSPACE, text.encode())).changes
    assert not here.books.teams


@pytest.mark.parametrize(
    ("column", "cell", "expected"),
    [
        ("service_channel", "fax", "Write one of: phone, email, chat, mixed."),
        ("language", "de", "Write one of: en, sv."),
        ("working_days", "Mon Funday", "Write them like Mon Tue Wed Thu Fri, or Mon-Fri."),
        ("working_days", "Fri-Mon", "Write them like Mon Tue Wed Thu Fri, or Mon-Fri."),
        ("digest_day", "some day", "Write one of: Mon Tue Wed Thu Fri Sat Sun, or none."),
        ("digest_time", "noonish", "Write it like 09:00."),
        ("nudge_days", "5", "Write a whole number from 7 to 60."),
        ("members_from", "group", "Write list, channel, or group: and the user group's id."),
        ("members_from", "list:S1", "Write list, channel, or group: and the user group's id."),
        ("members_from", "everybody", "Write list, channel, or group: and the user group's id."),
        ("home_channel", "#phone", "Write the channel's id, such as C0123456789."),
    ],
)
async def test_a_cell_that_says_nothing_known_is_named_with_what_it_may_say(column, cell, expected):
    here = await desk()
    text = f"team,supervisor_email,member_email,time_zone,{column}\nPhone,u1@example.com,u2@example.com,UTC,{cell}\n"
    assert wrong(await plan(here, text)) == [f"2: “{cell}” does not fit {column}. {expected}"]


async def test_all_that_is_wrong_is_named_at_once_in_the_order_of_the_lines():
    here = await desk()
    text = HEADER + "Phone,u99@example.com,u98@example.com,UTC\nChat,,u97@example.com,UTC\n"
    assert [each.split(":")[0] for each in wrong(await plan(here, text))] == ["2", "2", "3", "3"]


async def test_teams_of_one_name_or_one_home_are_not_mixed_up():
    here = await desk()
    await here.team("Phone", (ANNA,), (MAJA,), FLOOR)
    await here.team("Chat", (ANNA,), (MAJA,), a_channel("C9"))
    columns = "team,supervisor_email,member_email,time_zone,home_channel\n"
    assert wrong(await plan(here, columns + "Chat,u1@example.com,u2@example.com,,C1\n")) == [
        "2: C1 is the home of the team Phone."
    ]
    both = columns + "Phone,u1@example.com,u2@example.com,,\nTelephone,u1@example.com,u2@example.com,,C1\n"
    assert wrong(await plan(here, both)) == ["3: Telephone and the team in line 2 are the same, by home and by name."]
    one_home = columns + "A,u1@example.com,u2@example.com,UTC,C5\nB,u1@example.com,u2@example.com,UTC,C5\n"
    assert wrong(await plan(here, one_home)) == ["3: C5 is another team's home_channel in line 2."]
    await here.team("phone", (ANNA,), (MAJA,), None)
    assert wrong(await plan(here, columns + "Phone,u1@example.com,u2@example.com,,\n")) == [
        "2: Several teams are called Phone. Say which by its home_channel."
    ]
    assert (await plan(here, columns + "Phone,u1@example.com,u2@example.com,,C1\n")).problems == ()


async def test_an_email_that_two_people_have_is_not_guessed_at():
    here = await desk()
    here.directory.put(replace(a_profile("U20", "Anna Two"), email="U2@example.com"))
    assert wrong(await plan(here, PHONE)) == ["2: Several people have the e-mail u2@example.com."]
    here.directory.put(replace(a_profile("U20", "Anna Two", standing=Standing.LEFT), email="U2@example.com"))
    assert (await plan(here, PHONE)).problems == ()


async def test_what_goes_wrong_while_a_file_is_written_leaves_nothing_written():
    here = await desk()
    await here.meet(MAJA, ANNA, BO)

    @asynccontextmanager
    async def units(organisation):
        """Somebody leaves just when the file has been looked through."""
        async with here.units(organisation) as work:
            yield work
        here.books.accounts[BO] = (here.books.accounts[BO][0], a_profile("U3", "Bo Strand", standing=Standing.LEFT))

    applied = await TeamFiles(units, here.people, here.clock).apply(WORKSPACE, PHONE.encode())
    assert [problem.text for problem in applied.problems] == ["u3@example.com has left, and cannot be in a team."]
    assert not here.books.teams


@pytest.mark.parametrize("encoding", ["latin-1", "utf-16"])
async def test_a_file_that_is_not_utf_8_is_refused_with_what_to_do(encoding):
    here = await desk()
    text = (HEADER + ROW + "\nSöder,u1@example.com,,UTC\n").encode(encoding)
    [problem] = wrong(await plan(here, text))
    assert "In Excel, save it as “CSV UTF-8 (comma delimited)”." in problem
    if encoding == "latin-1":
        assert problem.startswith("3: ")


async def test_a_file_with_zero_bytes_or_far_too_large_is_refused():
    assert "not a CSV file" in parse(b"team\0")[1][0].text
    assert "larger than 20 MB" in parse(b"x" * (MOST_BYTES + 1))[1][0].text


async def test_excels_mark_semicolons_tabs_and_line_ends_do_not_matter():
    here = await desk()
    empty_columns = PHONE.replace("\n", ",,\n")
    for text in (
        empty_columns,
        PHONE.replace(",", ";"),
        PHONE.replace(",", "\t"),
        PHONE.replace("\n", "\r\n"),
        "\ufeff" + PHONE,
    ):
        assert (await plan(here, text)).problems == ()
    broken_over_lines = HEADER + '"Phone\nevenings",u1@example.com,,UTC\nPhone evenings,,nobody,\n'
    assert wrong(await plan(here, broken_over_lines)) == ["4: “nobody” is no e-mail address (member_email)."]


@given(st.text(max_size=40))
def test_no_cell_is_a_formula_and_each_is_read_as_it_was_written(text):
    cell = clean(text)
    written = guarded(cell)
    assert not written.startswith(("=", "+", "-", "@"))
    assert unguarded(written) == cell


@given(st.binary(max_size=300))
def test_no_file_breaks_the_reader(data):
    teams, problems = parse(HEADER.encode() + data)
    assert all(team.name for team in teams)
    assert all(problem.text for problem in problems)


def test_the_documented_columns_and_example_are_those_of_the_code():
    explained = re.findall(r"^\| `(\w+)` \|", (DOCS / "teams.md").read_text(), re.MULTILINE)
    assert tuple(explained) == COLUMNS
    teams, problems = parse((DOCS / "teams-example.csv").read_bytes())
    assert problems == []
    assert {team.name: (len(team.supervisors), len(team.members)) for team in teams} == {
        "Phone": (1, 3),
        "E-mail": (2, 2),
        "Chat": (1, 0),
        "Leads": (1, 3),
    }
