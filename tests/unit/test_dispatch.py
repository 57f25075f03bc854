"""Every act is answered: refusals in words that help, faults with a reference, and nothing ever escapes."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from structlog.testing import capture_logs

from bot.answer import Answer
from bot.dispatch import Dispatcher
from bot.errors import Code, RecognitionError
from bot.identity import AccountRef, Platform, WorkspaceRef
from bot.incoming import (
    CommandTyped,
    FormSubmitted,
    GroupMention,
    Mention,
    NameChoice,
    Origin,
    PlaceMention,
    Verbatim,
    Words,
)
from bot.recognition import words
from bot.recognition.commands import ShowNudges
from bot.recognition.words import Action
from bot.teams.scheduling import plan_digest
from bot.view.codec import decode, encode
from bot.view.message import Button, MessageKind
from tests.factories import a_profile, an_account
from tests.fakes import MemoryKudos
from tests.unit.desk import (
    ANNA,
    BO,
    FLOOR,
    GUEST,
    HOME,
    MAJA,
    PEOPLE,
    SAID,
    SVEN,
    Desk,
    button,
    buttons,
    desk,
    lines,
    reply,
    text_of,
)

FAULT, REFUSAL = MessageKind.FAULT, MessageKind.REFUSAL
Act = Callable[[Desk], Awaitable[Answer]]


def typed(text, sender=MAJA) -> Act:
    return lambda office: office.types(sender, text)


async def of_a_crowd(office):
    office.directory.put(*(a_profile(f"U5{n:02}", f"Agent {n}") for n in range(26)))
    office.directory.groups = {"G1": tuple(an_account(f"U5{n:02}") for n in range(26))}
    return await office.types(MAJA, f"<G1> {SAID}")


async def of_a_lonely_group(office):
    office.directory.groups = {"G1": (MAJA,)}
    return await office.types(MAJA, f"<G1> {SAID}")


async def of_many_namesakes(office):
    names = ("Kim", "Lou", "Max", "Noa", "Ola", "Pat")
    for each in names:
        office.directory.put(*(a_profile(f"U{each}{n:07}", f"{each} Number{n}") for n in range(25)))
    return await office.types(MAJA, f"{' '.join('@' + each for each in names)} {'x' * 500}")


async def of_a_shortcut_with_an_odd_link(office):
    form = await office.uses_shortcut(MAJA, ANNA, "http://plain.example")
    return await office.sends(MAJA, form)


async def of_too_much(office):
    office.programme(allowance_agent=5)
    return await office.types(MAJA, f"<U2> {SAID}")


async def of_a_second_undo(office):
    await office.types(MAJA, f"<U2> {SAID}")
    await office.types(MAJA, "undo")
    return await office.types(MAJA, "undo")


async def of_a_late_undo(office):
    await office.types(MAJA, f"<U2> {SAID}")
    office.clock.advance(timedelta(days=2))
    return await office.types(MAJA, "undo")


async def of_anothers_undo(office):
    given = await office.types(BO, f"<U2> {SAID}")
    [undo] = [each for each in buttons(given.reply) if each.action == Action.UNDO]
    return await office.presses(MAJA, undo)


async def of_a_silent_directory(office):
    await office.meet(MAJA)
    await office.people.colleague(MAJA)
    office.directory.down = True
    return await office.types(MAJA, f"@Bo {SAID}")


async def mute(office):
    """Let the directory leave every question open, and people wait only a moment for it."""
    office.patience = 0.01
    office.open()
    await office.people.colleague(MAJA)
    office.directory.mute = True
    return office


async def of_a_mute_directory(office):
    await mute(office)
    return await office.types(MAJA, f"<U2> {SAID}")


async def of_an_unknown_workspace(office):
    elsewhere = WorkspaceRef(Platform.SLACK, "T404")
    office.directory.put(replace(office.directory.profiles[MAJA], account=AccountRef(elsewhere, "U1")))
    return await office.types(AccountRef(elsewhere, "U1"), "me")


REFUSED: dict[Code, Act] = {
    Code.NOBODY_NAMED: typed(SAID),
    Code.UNKNOWN_PERSON: typed(f"<U99> {SAID}"),
    Code.NAMES_UNCLEAR: of_many_namesakes,
    Code.EMPTY_GROUP: of_a_lonely_group,
    Code.SELF_RECOGNITION: typed(f"<U1> {SAID}"),
    Code.RECEIVER_IS_BOT: typed(f"<U6> {SAID}"),
    Code.RECEIVER_IS_GUEST: typed(f"<U7> {SAID}"),
    Code.RECEIVER_HAS_LEFT: typed(f"<U9> {SAID}"),
    Code.TOO_MANY_RECEIVERS: of_a_crowd,
    Code.GIVER_NOT_MEMBER: typed(f"<U2> {SAID}", GUEST),
    Code.UNKNOWN_BEHAVIOUR: typed(f"<U2> {SAID} #zzz"),
    Code.TOO_MANY_BEHAVIOURS: typed(f"<U2> {SAID} #rules #ideas #quality #courtesy"),
    Code.REASON_MISSING: typed("<U2>"),
    Code.REASON_TOO_SHORT: typed("<U2> 🎉 nice!"),
    Code.REASON_TOO_LONG: typed("<U2> " + "long " * 101),
    Code.LINK_INVALID: of_a_shortcut_with_an_odd_link,
    Code.POINTS_OUT_OF_BOUNDS: typed(f"<U2> {SAID} +4"),
    Code.POINTS_AMBIGUOUS: typed(f"+5 <U2> {SAID} +10"),
    Code.OVER_ALLOWANCE: of_too_much,
    Code.NOTHING_TO_UNDO: typed("undo"),
    Code.ALREADY_UNDONE: of_a_second_undo,
    Code.UNDO_TOO_LATE: of_a_late_undo,
    Code.NOT_YOUR_KUDOS: of_anothers_undo,
    Code.BOARDS_OFF: typed("board"),
    Code.NO_TEAM: typed("team"),
    Code.DIRECTORY_UNAVAILABLE: of_a_silent_directory,
    Code.TOO_SLOW: of_a_mute_directory,
    Code.STALE_BUTTON: lambda office: office.presses(MAJA, Button("throw", "Throw", "")),
    Code.WORKSPACE_UNKNOWN: of_an_unknown_workspace,
}


def sentence(answer):
    if answer.problems:
        [said] = answer.problems.values()
        return said
    return text_of(reply(answer, REFUSAL))


@pytest.mark.parametrize("code", REFUSED)
async def test_every_refusal_is_one_sentence_in_the_language_of_who_acts(code):
    said = {}
    for locale in ("en-US", "sv-SE", "fi-FI"):
        office = await desk()
        office.speak(locale)

        said[locale] = sentence(await REFUSED[code](office))

        assert office.metrics[code.value] == 1
        # Neither a placeholder, nor an id of the platform's or of ours, nor a code.
        assert not re.search(r"[{}<>]|\bU\d+\b|\bT404\b|None|[0-9a-f]{8}-|_", said[locale]), said[locale]
        assert said[locale][0].isupper() or said[locale][0] == "#"
        assert said[locale].endswith((".", "?", SAID)) or "/kudos @Anna" in said[locale]
    assert said["fi-FI"] == said["en-US"] != said["sv-SE"]


@pytest.mark.parametrize("code", REFUSED)
async def test_a_refusal_writes_nothing(code):
    office = await desk()
    office.speak("en")

    await REFUSED[code](office)

    if code not in {Code.ALREADY_UNDONE, Code.UNDO_TOO_LATE, Code.NOT_YOUR_KUDOS}:
        assert not office.kudos
        assert not office.posted


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (f"<U8> {SAID}", "Stina Främling is a guest from outside, and kudos stay among colleagues."),
        (f"<U9> {SAID}", "Lena Left no longer works here, so the kudos would not arrive."),
        (f"<U2> {SAID} #onership", "#onership is not on the list. Did you mean #ownership?"),
        (
            f"<U2> {SAID} #zzz",
            (
                "#zzz is not on the list: #courtesy, #ownership, #quality, #helpfulness, #rules and #ideas. "
                "/kudos behaviours explains them."
            ),
        ),
        (
            "thank you all",
            (
                "Who would you like to recognise? Name them, like this: "
                "/kudos @Anna stayed with a caller until it was solved\n/kudos help shows all I can do."
            ),
        ),
        (f"<U1> {SAID}", "Kudos are for others. Who would you like to recognise instead?"),
        (
            f"<U2> <U1> {SAID}",
            "You are among those you named, and kudos are for others. Leave yourself out, and send it again.",
        ),
        ("<U2> nice!", "Say a little more: at least 3 words or 12 letters about what they did."),
        ("board", "Boards are not switched on here. /kudos me shows your own."),
        ("team", "You are not in a team yet. /kudos me shows your own kudos."),
    ],
)
async def test_a_refusal_says_what_to_do(text, says):
    office = await desk()

    assert text_of(reply(await office.types(MAJA, text), REFUSAL)) == says


async def test_the_command_is_called_as_it_is_called_here():
    office = await desk()
    office.dispatcher._command = "/praise"

    said = [text_of((await office.types(MAJA, text)).reply) for text in ("help", "behaviours", "board", SAID)]

    assert all("/praise" in each and "/kudos" not in each for each in said)


async def test_boards_show_the_most_points_where_they_are_switched_on():
    office = await desk()
    office.programme(boards=True)
    assert "Nobody has points yet" in text_of(reply(await office.types(MAJA, "board"), MessageKind.BOARD))
    await office.types(MAJA, f"<U2> {SAID} +20")
    await office.types(MAJA, f"<U3> {SAID}")

    board = reply(await office.types(MAJA, "board"), MessageKind.BOARD)

    assert lines(board) == ["Most points", "Anna Ek: 20 points", "Bo Strand: 10 points"]


async def test_the_week_of_the_first_team_is_shown_newest_first():
    office = await desk()
    await office.team("Phone", (MAJA, ANNA, BO), (SVEN,))
    await office.types(MAJA, f"<U2> <U3> {SAID}")
    office.clock.advance(timedelta(minutes=1))
    await office.types(SVEN, "<U2> found the missing invoice")

    week = reply(await office.types(BO, "team"), MessageKind.TEAM_WEEK)

    assert lines(week) == [
        "This week in Phone",
        "2 kudos so far.",
        "Sven Holm to Anna Ek: found the missing invoice · Wednesday 18 November",
        f"Maja Lindqvist to Anna Ek and Bo Strand: {SAID} · Wednesday 18 November",
    ]


async def test_the_week_is_that_of_the_team_whose_channel_it_is_asked_in():
    office = await desk()
    await office.team("E-mail", (MAJA, ANNA), home=HOME)
    await office.team("Phone", (MAJA, BO), home=FLOOR)

    assert "This week in Phone" in text_of(reply(await office.types(MAJA, "team"), MessageKind.TEAM_WEEK))
    elsewhere = await office.types(MAJA, "team", conversation=None)
    assert "This week in E-mail" in text_of(reply(elsewhere, MessageKind.TEAM_WEEK))


async def test_what_is_last_weeks_is_not_shown():
    office = await desk()
    await office.team("Phone", (MAJA, ANNA))
    await office.types(MAJA, f"<U2> {SAID}")
    office.clock.advance(timedelta(days=7))

    assert SAID not in text_of(reply(await office.types(MAJA, "team"), MessageKind.TEAM_WEEK))


@pytest.mark.parametrize("text", ["help", "hjälp", "?"])
async def test_help_shows_examples_that_work_as_they_are(text):
    office = await desk()

    shown = reply(await office.types(MAJA, text), MessageKind.HELP)
    example = next(line for line in lines(shown) if line.startswith("Give kudos: ")).removeprefix("Give kudos: /kudos ")

    assert example == f"@Anna {SAID}"
    reply(await office.types(MAJA, example), MessageKind.RECEIPT)


@pytest.mark.parametrize("locale", ["en", "sv"])
async def test_every_command_that_help_shows_is_understood(locale):
    office = await desk()
    office.programme(boards=True)
    await office.team("Phone", (ANNA, BO), (MAJA,))
    async with office.units(office.organisation) as work:
        await plan_digest(work, *await work.teams.all(), office.clock.now())
        await work.commit()
    office.speak(locale)
    shown = lines((await office.types(MAJA, "help")).reply)
    commands = [line.split("/kudos", 1)[1].strip() for line in shown if "/kudos" in line]

    assert len(commands) == 14
    for command in commands:
        answer = await office.types(MAJA, command.replace("…", SAID), conversation=HOME)
        assert answer.form or answer.reply.kind is not REFUSAL, command


async def test_a_broken_core_answers_with_a_reference_that_is_in_the_log_and_says_nothing_else():
    office = await desk()
    office.directory.broken = KeyError("token xoxb-secret of Maja Lindqvist")

    with capture_logs() as logged:
        fault = reply(await office.types(MAJA, f"<U2> {SAID}"), FAULT)

    [entry] = logged
    assert entry["event"] == "act_failed"
    assert entry["log_level"] == "error"
    assert entry["exc_info"]
    assert re.fullmatch(r"[0-9A-F]{6}", entry["reference"])
    assert text_of(fault) == (
        "Something went wrong on our side. Please try again; if it stays, show your administrator this: "
        + entry["reference"]
    )
    assert set(entry) == {"event", "log_level", "exc_info", "reference", "act"}
    assert entry["act"] == "CommandTyped"
    assert office.metrics == {"fault": 1}


async def test_a_fault_is_owned_up_to_in_the_language_that_is_known():
    office = await desk()
    office.speak("sv-SE")
    await office.types(MAJA, "me")
    office.store.books.clear()

    fault = reply(await office.types(MAJA, "me"), FAULT)

    assert text_of(fault).startswith("Något gick fel hos oss.")


async def test_a_fault_is_owned_up_to_in_the_language_that_the_platform_knows():
    office = await desk()
    office.speak("sv-SE")
    office.store.books.clear()

    fault = reply(await office.types(MAJA, "me"), FAULT)

    assert text_of(fault).startswith("Något gick fel hos oss.")


async def test_a_mute_platform_does_not_keep_a_form_from_opening():
    office = await desk()
    office.directory.mute = True

    async with asyncio.timeout(2):
        assert await office.form(MAJA)


async def test_what_takes_too_long_to_look_up_is_told_in_time_to_a_stranger_too():
    office = await mute(await desk())

    async with asyncio.timeout(2):
        said = sentence(await office.types(BO, f"<U2> {SAID}"))

    assert said == "This takes too long right now. Nothing was recorded; please try again in a minute."


@pytest.mark.parametrize("name", ["record", "undo"])
async def test_what_takes_long_to_write_is_not_cut_off(name, monkeypatch):
    office = await desk()
    office.patience = 0.3
    office.open()
    write = getattr(MemoryKudos, name)

    async def slowly(*arguments):
        await asyncio.sleep(2 * office.patience)
        return await write(*arguments)

    monkeypatch.setattr(MemoryKudos, name, slowly)

    reply(await office.types(MAJA, f"<U2> {SAID}"), MessageKind.RECEIPT)
    reply(await office.types(MAJA, "undo"), MessageKind.UNDONE)

    [kudos] = office.kudos
    assert kudos.undone_at


async def test_a_time_limit_of_the_platforms_own_is_a_fault():
    office = await desk()
    office.directory.broken = TimeoutError()

    reply(await office.types(MAJA, f"<U2> {SAID}"), FAULT)


async def test_a_group_of_hundreds_is_refused_without_a_look_at_anyone_in_it():
    office = await desk()
    office.directory.groups = {"G1": tuple(an_account(f"U{n}") for n in range(100, 500))}
    await office.types(MAJA, "me")
    before = office.directory.asked

    said = sentence(await office.types(MAJA, f"<G1> {SAID}"))

    assert said.startswith("That is 400 people. One kudos can go to 25 at most")
    assert office.directory.asked - before == 1


async def test_a_fault_while_refusing_is_a_fault_like_any_other():
    office = await desk()
    office.directory.broken = RuntimeError("the platform has another idea")

    answer = await office.presses(MAJA, Button("throw", "Throw", ""))

    reply(answer, FAULT)


async def test_a_fault_in_a_press_is_not_taken_for_an_old_button():
    office = await desk()
    office.directory.put(a_profile("U20", "Anna Berg"))
    question = (await office.types(MAJA, f"@Anna {SAID}")).reply
    office.directory.closed = None  # broken: asking where it may post raises TypeError

    reply(await office.presses(MAJA, button(question, "Anna Ek")), FAULT)


async def test_a_platform_nobody_wired_is_a_fault_and_no_exception():
    office = await desk()
    teams = WorkspaceRef(Platform.TEAMS, "T1")

    answer = await office.types(AccountRef(teams, "U1"), f"@Anna {SAID}")

    reply(answer, FAULT)


PIECES = st.sampled_from(
    [
        *("@Anna", "@anna.b", "@Bo", "@Åsa", "@here", "@", "#ownership", "#zzz", "#", "+10", "+5", "+999", "-10"),
        *("private", "undo", "me", "team", "board", "help", "behaviours", "ångra", ",", ":", "and", "\n", "\u202e"),
        *("stayed with them", "until it was solved", "🎉", "<!channel>", "'s", "http://x", "\ud800", "\x00", "x" * 600),
    ]
)
TEXTS = st.lists(st.one_of(PIECES, st.text(max_size=20)), max_size=8).map(" ".join)
LABELS = st.one_of(st.just(""), st.text(max_size=10))
ACCOUNTS = st.sampled_from([*(each.account for each in PEOPLE), an_account("U99"), an_account("")])
MENTIONS = st.builds(Mention, ACCOUNTS, LABELS)
SEGMENTS = st.lists(
    st.one_of(
        TEXTS.map(Words),
        TEXTS.map(Words),
        MENTIONS,
        st.builds(GroupMention, st.sampled_from(["G1", "G9", ""]), LABELS),
        st.builds(PlaceMention, st.just("C1"), LABELS),
        TEXTS.map(Verbatim),
        st.builds(NameChoice, LABELS, st.lists(MENTIONS, min_size=2, max_size=3).map(tuple)),
    ),
    max_size=6,
).map(tuple)


@settings(max_examples=150, deadline=None)
@given(SEGMENTS)
async def test_whatever_is_typed_is_answered_and_never_a_fault(segments):
    office = await desk()
    office.directory.put(a_profile("U20", "Anna Berg"))
    office.directory.groups = {"G1": (ANNA, BO, MAJA)}

    answer = await office.dispatcher.handle(CommandTyped(Origin(MAJA.workspace, MAJA, FLOOR, "act"), segments))

    assert office.metrics["fault"] == 0
    assert bool(answer.form) is not bool(answer.reply)
    for message in (*(each.message for each in office.posted), *((answer.reply,) if answer.reply else ())):
        assert decode(encode(message)) == message


@settings(max_examples=100, deadline=None)
@given(
    st.sampled_from([*Action, "other", ""]),
    st.one_of(
        st.text(),
        st.recursive(
            st.one_of(st.none(), st.integers(), st.text()),
            lambda inner: st.one_of(
                st.lists(inner), st.dictionaries(st.sampled_from(["key", "reason", "points", "named", "open"]), inner)
            ),
        ).map(json.dumps),
    ),
)
async def test_whatever_a_button_carries_is_answered_and_never_a_fault(action, value):
    office = await desk()

    answer = await office.presses(MAJA, Button(action, "Press", value))

    assert office.metrics["fault"] == 0
    assert answer.form or answer.reply
    assert not office.kudos


def test_every_code_is_reached():
    """Those about teams and times are reached where their rooms are tested."""
    in_other_rooms = {
        Code.NO_HOME,
        Code.NOT_YOUR_TEAM,
        Code.NOT_A_SUPERVISOR,
        Code.NO_SUPERVISOR_NAMED,
        Code.NO_MEMBERS,
        Code.TEAM_NAME_MISSING,
        Code.TEAM_NAME_TAKEN,
        Code.ZONE_UNKNOWN,
        Code.TIME_UNCLEAR,
        Code.TIME_QUIET,
        Code.DATE_UNCLEAR,
        Code.DATE_PAST,
        Code.NUDGE_DAYS_OUT_OF_BOUNDS,
        Code.GROUP_UNKNOWN,
        Code.NO_DIGEST,
        Code.NOT_AN_ADMIN,
        Code.LINK_CODE_WRONG,
        Code.LINK_CODE_OWN,
        Code.TOO_MANY_CODES,
    }
    assert set(REFUSED) | in_other_rooms == set(Code)
    assert not set(REFUSED) & in_other_rooms


class Counter:
    """A room that says what it was asked, and refuses a form with nothing in it."""

    commands = (ShowNudges,)
    actions = ("ring",)
    forms = ("guestbook",)

    async def obey(self, visit, command):
        return Answer(reply=words.fault(visit.t, f"{type(command).__name__} {visit.person.name} {visit.command}"))

    async def press(self, visit, pressed):
        return Answer(reply=words.fault(visit.t, f"{pressed.action} {visit.zone.key}"))

    async def take_in(self, visit, submitted):
        if not submitted.texts:
            raise RecognitionError(Code.TIME_UNCLEAR, field="hour", written="")
        return Answer(reply=words.fault(visit.t, submitted.texts["hour"]))


@pytest.fixture
async def office_with_a_room():
    office = await desk()
    office.dispatcher = Dispatcher(
        office.people, office.points, office.recognition, office.clock, metrics=office.metrics, rooms=[Counter()]
    )
    return office


async def test_a_rooms_commands_buttons_and_forms_reach_it_with_who_acted(office_with_a_room):
    office = office_with_a_room

    typed = await office.types(MAJA, "nudges")
    pressed = await office.presses(MAJA, Button("ring", "Ring"))
    sent = await office.dispatcher.handle(FormSubmitted(office.origin(MAJA), "guestbook", "", texts={"hour": "09:30"}))

    assert "ShowNudges Maja Lindqvist /kudos" in text_of(reply(typed, FAULT))
    assert "ring Europe/Stockholm" in text_of(reply(pressed, FAULT))
    assert "09:30" in text_of(reply(sent, FAULT))


async def test_a_rooms_refusal_stands_beside_the_field_it_names(office_with_a_room):
    office = office_with_a_room

    answer = await office.dispatcher.handle(FormSubmitted(office.origin(MAJA), "guestbook", ""))

    assert list(answer.problems) == ["hour"]


async def test_what_no_room_takes_gets_help():
    office = await desk()
    office.dispatcher = Dispatcher(
        office.people, office.points, office.recognition, office.clock, metrics=office.metrics
    )

    assert "How to give kudos" in text_of(reply(await office.types(MAJA, "nudges"), MessageKind.HELP))
