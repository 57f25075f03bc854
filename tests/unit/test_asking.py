"""Names that fit several, the form, and the shortcut about a message."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.hygiene import REASON_LIMIT
from bot.points.behaviours import default_behaviours
from bot.ports import Standing
from bot.recognition.draft import Draft, Open
from bot.recognition.forms import BEHAVIOURS, PEOPLE, POINTS, PRIVATE, REASON, VISIBILITY
from bot.recognition.words import Action
from bot.view.codec import pack, unpack
from bot.view.form import ChoiceField, Form
from bot.view.message import VALUE_LIMIT, Button, Link, MessageKind, Note
from tests.factories import WORKSPACE, a_profile, an_account
from tests.unit.desk import (
    ANNA,
    BO,
    CLEO,
    FLOOR,
    MAJA,
    ROBOT,
    SAID,
    button,
    buttons,
    desk,
    lines,
    reply,
    text_of,
)

RECEIPT, CHOICE, REFUSAL = MessageKind.RECEIPT, MessageKind.CHOICE, MessageKind.REFUSAL
OTHER_ANNA = an_account("U20")
LINK = "https://example.slack.com/archives/C1/p1"


async def two_annas():
    office = await desk()
    office.directory.put(a_profile("U20", "Anna Berg"))
    return office


async def test_a_typed_name_that_fits_one_person_is_that_person():
    office = await desk()

    receipt = reply(await office.types(MAJA, f"@bo {SAID}"), RECEIPT)

    assert "You recognised Bo Strand." in text_of(receipt)


async def test_a_typed_name_that_fits_nobody_is_refused_by_name():
    office = await desk()

    refusal = reply(await office.types(MAJA, f"@Quentin {SAID}"), REFUSAL)

    assert text_of(refusal) == "I cannot find Quentin here. Check the spelling, or pick them from the list."


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ("@Quentin Öberg-Lind Holm stayed", "Quentin Öberg-Lind Holm"),
        ("@quentin: Thanks for it all", "quentin"),
    ],
)
async def test_a_name_that_fits_nobody_is_told_as_far_as_it_can_be_read(typed, told):
    office = await desk()

    refusal = reply(await office.types(MAJA, typed), REFUSAL)

    assert text_of(refusal).startswith(f"I cannot find {told} here.")


async def test_a_name_that_fits_several_is_asked_about_and_a_press_gives():
    office = await two_annas()
    await office.team("Phone", (ANNA,))

    question = reply(await office.types(MAJA, f"@Anna {SAID} #ownership +20", key="typed"), CHOICE)

    assert lines(question) == [
        "Several people are called Anna. Who do you mean?",
        "[Anna Ek · Phone]",
        "[Anna Berg]",
    ]
    assert not office.kudos
    assert not office.posted

    answer = await office.presses(MAJA, button(question, "Anna Berg"))

    receipt = reply(answer, RECEIPT)
    assert answer.replaces
    assert lines(receipt)[:3] == [
        "You recognised Anna Berg. They have been told, and everyone here sees it.",
        SAID,
        "#ownership · 20 points",
    ]
    assert (office.balance(OTHER_ANNA), office.balance(ANNA)) == (20, 0)
    assert [each.target for each in office.posted] == [FLOOR, OTHER_ANNA]


async def test_private_stays_private_through_the_question():
    office = await two_annas()
    question = reply(await office.types(MAJA, f"private @Anna {SAID}"), CHOICE)

    await office.presses(MAJA, button(question, "Anna Ek"))

    assert [each.target for each in office.posted] == [ANNA]


async def test_a_group_stays_through_the_question():
    office = await two_annas()
    office.directory.groups = {"G1": (BO, CLEO)}
    question = reply(await office.types(MAJA, f"@Anna <G1> {SAID}"), CHOICE)

    await office.presses(MAJA, button(question, "Anna Ek"))

    assert [office.balance(each) for each in (ANNA, BO, CLEO)] == [10, 10, 10]


async def test_a_first_name_with_a_word_behind_it_that_is_not_theirs_is_asked_about_and_a_press_gives():
    office = await desk()
    await office.team("Phone", (BO,))

    question = reply(await office.types(MAJA, "@Bo Really good work on the late shift +20"), CHOICE)

    assert lines(question) == ["Do you mean Bo Strand?", "Really good work on the late shift", "[Bo Strand]"]
    assert not office.kudos

    receipt = reply(await office.presses(MAJA, button(question, "Bo Strand")), RECEIPT)

    assert lines(receipt)[1] == "Really good work on the late shift"
    assert office.balance(BO) == 20


async def test_a_mistyped_surname_is_asked_about_and_is_no_part_of_what_all_read():
    office = await two_annas()

    question = reply(await office.types(MAJA, f"@Anna Bergh {SAID}"), CHOICE)

    assert lines(question) == ["Do you mean Anna Berg?", SAID, "[Anna Berg]"]
    assert not office.kudos

    receipt = reply(await office.presses(MAJA, button(question, "Anna Berg")), RECEIPT)

    assert lines(receipt)[1] == SAID


async def test_who_is_named_behind_an_and_and_not_found_is_told_and_nobody_receives():
    office = await desk()

    refusal = reply(await office.types(MAJA, f"@Bo Strand and Zlatan {SAID}"), REFUSAL)

    assert text_of(refusal).startswith("I cannot find Zlatan here.")
    assert not office.kudos


async def test_those_who_are_met_already_are_offered_in_the_order_of_all():
    office = await two_annas()
    office.directory.put(a_profile("U21", "Anna Cederholm"))
    await office.types(MAJA, f"@Anna.Cederholm {SAID}")
    await office.types(OTHER_ANNA, "help")

    question = reply(await office.types(MAJA, f"@Anna {SAID}"), CHOICE)

    assert [each.label for each in buttons(question)] == ["Anna Ek", "Anna Berg", "Anna Cederholm"]


async def test_in_doubt_it_is_asked_even_if_only_one_of_several_can_receive():
    office = await two_annas()

    question = reply(await office.types(ANNA, f"@Anna Quist {SAID}"), CHOICE)

    assert lines(question) == ["Do you mean Anna Berg?", f"Quist {SAID}", "[Anna Berg]"]


async def test_somebody_else_of_the_givers_own_first_name_is_not_found():
    office = await desk()

    refusal = reply(await office.types(BO, f"@Bo Quist {SAID}"), REFUSAL)

    assert text_of(refusal).startswith("I cannot find Bo here.")
    assert not office.kudos


async def test_pressed_twice_it_gives_once():
    office = await two_annas()
    question = reply(await office.types(MAJA, f"@Anna {SAID}"), CHOICE)

    first = await office.presses(MAJA, button(question, "Anna Ek"))
    again = await office.presses(MAJA, button(question, "Anna Ek"))

    assert again == first
    assert office.balance(ANNA) == 10


async def test_the_other_button_pressed_afterwards_says_who_was_recognised():
    office = await two_annas()
    question = reply(await office.types(MAJA, f"@Anna {SAID}"), CHOICE)

    first = await office.presses(MAJA, button(question, "Anna Ek"))
    other = await office.presses(MAJA, button(question, "Anna Berg"))

    assert other == first
    assert (office.balance(ANNA), office.balance(OTHER_ANNA)) == (10, 0)


async def test_people_of_one_name_are_told_apart_by_their_e_mail():
    office = await two_annas()
    nameless = replace(a_profile("U32", "Ali Hassan"), email="")
    office.directory.put(a_profile("U30", "Ali Hassan"), a_profile("U31", "Ali Hassan"), nameless)

    question = reply(await office.types(MAJA, f"@Ali {SAID}"), CHOICE)

    assert lines(question)[1:] == [
        "[Ali Hassan · u30@example.com]",
        "[Ali Hassan · u31@example.com]",
        "[Ali Hassan]",
    ]


async def test_two_names_are_asked_about_one_after_the_other():
    office = await two_annas()
    office.directory.put(a_profile("U21", "Bo Lind"))

    first = reply(await office.types(MAJA, f"@Anna and @Bo {SAID}"), CHOICE)
    answer = await office.presses(MAJA, button(first, "Anna Berg"))
    assert answer.replaces
    second = reply(answer, CHOICE)
    assert lines(second) == ["Several people are called Bo. Who do you mean?", "[Bo Strand]", "[Bo Lind]"]
    receipt = reply(await office.presses(MAJA, button(second, "Bo Strand")), RECEIPT)

    assert "You recognised Anna Berg and Bo Strand." in text_of(receipt)


async def test_eight_are_offered_without_a_word_of_others():
    office = await desk()
    office.directory.put(*(a_profile(f"U3{n}", f"Kim Number{n}") for n in range(8)))

    question = reply(await office.types(MAJA, f"@Kim {SAID}"), CHOICE)

    assert len(buttons(question)) == 8
    assert lines(question)[-1] == "[Kim Number7]"


async def test_of_more_than_eight_the_first_eight_are_offered():
    office = await desk()
    office.directory.put(*(a_profile(f"U3{n}", f"Kim Number{n}") for n in range(9)))

    question = reply(await office.types(MAJA, f"@Kim {SAID}"), CHOICE)

    assert [each.label for each in buttons(question)] == [f"Kim Number{n}" for n in range(8)]
    assert lines(question)[-1] == "Somebody else? Type more of the name."


async def test_the_giver_and_those_who_cannot_receive_are_no_choice():
    office = await two_annas()
    office.directory.put(a_profile("U22", "Anna Bot", standing=Standing.BOT))

    receipt = reply(await office.types(ANNA, f"@Anna {SAID}"), RECEIPT)

    assert "You recognised Anna Berg." in text_of(receipt)


async def test_if_nobody_who_fits_can_receive_the_refusal_says_why():
    office = await desk()
    office.directory.put(
        a_profile("U40", "Robo One", standing=Standing.BOT), a_profile("U41", "Robo Two", standing=Standing.BOT)
    )

    refusal = reply(await office.types(MAJA, f"@Robo {SAID}"), REFUSAL)

    assert text_of(refusal) == "Robo One is a bot. Kudos are for people."


async def test_candidates_who_are_gone_when_it_is_their_turn_are_not_found():
    office = await two_annas()
    office.directory.put(a_profile("U21", "Bo Lind"))
    question = reply(await office.types(MAJA, f"@Anna @Bo {SAID}"), CHOICE)
    del office.directory.profiles[BO], office.directory.profiles[an_account("U21")]

    refusal = reply(await office.presses(MAJA, button(question, "Anna Ek")), REFUSAL)

    assert "I cannot find Bo here." in text_of(refusal)


async def test_what_a_button_carries_fits_into_one():
    office = await desk()
    names = ("Kim", "Lou", "Max", "Noa", "Ola", "Pat")
    for each in names:
        office.directory.put(*(a_profile(f"U{each}{n:07}", f"{each} Number{n}") for n in range(25)))

    few = reply(await office.types(MAJA, f"@Kim @Lou @Max {'x' * 500}"), CHOICE)
    many = reply(await office.types(MAJA, f"{' '.join('@' + each for each in names)} {'x' * 500}"), REFUSAL)

    assert all(len(each.value) <= VALUE_LIMIT for each in buttons(few))
    assert text_of(many) == ("Too many people fit those names. Write more of each name, or pick them from the list.")


def a_draft(**changed):
    ordinary = {"key": "act-1", "reason": SAID, "points": 10, "named": ("U2",), "conversation": "C1"}
    return Button(Action.CHOOSE, "Anna", pack(Draft(**(ordinary | changed))))


@pytest.mark.parametrize(
    "pressed",
    [
        Button(Action.CHOOSE, "Anna", ""),
        Button(Action.CHOOSE, "Anna", "{}"),
        Button(Action.CHOOSE, "Anna", "[" * 5000),
        Button(Action.CHOOSE, "Anna", '{"key":"\ud800"}'),
        Button("throw", "Anna", ""),
        a_draft(key=""),
        a_draft(named=()),
        a_draft(open=(Open("Bo", ()),)),
        a_draft(reason=""),
        a_draft(reason="x" * (REASON_LIMIT + 1)),
        a_draft(reason="stayed\u202e with them"),
    ],
)
async def test_a_button_with_something_else_in_it_is_stale(pressed):
    office = await desk()

    refusal = reply(await office.presses(MAJA, pressed), REFUSAL)

    assert text_of(refusal) == "That button is too old to work. Type /kudos to start again."
    assert not office.kudos


@pytest.mark.parametrize(
    ("pressed", "says"),
    [
        (a_draft(points=-50), "A kudos can carry 5 to 25 points."),
        (a_draft(points=1000), "A kudos can carry 5 to 25 points."),
        (a_draft(behaviours=("speed",)), "#speed is not on the list"),
        (a_draft(link="http://evil.example"), "That link does not work here."),
        (a_draft(named=("U99",)), "I cannot find that person here."),
        (a_draft(named=("U1",)), "Kudos are for others."),
        (a_draft(open=(Open("Nobody", ("U98", "U99")),)), "I cannot find Nobody here."),
    ],
)
async def test_a_button_cannot_carry_what_could_not_be_typed(pressed, says):
    office = await desk()

    refusal = reply(await office.presses(MAJA, pressed), REFUSAL)

    assert says in text_of(refusal)
    assert not office.kudos


async def test_a_programme_that_changed_before_the_press_counts():
    office = await two_annas()
    question = reply(await office.types(MAJA, f"@Anna {SAID} +25"), CHOICE)
    office.programme(points_most=20)
    office.clock.advance(timedelta(seconds=61))

    refusal = reply(await office.presses(MAJA, button(question, "Anna Ek")), REFUSAL)

    assert "5 to 20 points" in text_of(refusal)


# The form


def choices(form: Form, name: str) -> ChoiceField:
    [found] = [each for each in form.fields if each.name == name]
    assert isinstance(found, ChoiceField)
    return found


async def test_nothing_typed_opens_the_form_without_asking_storage():
    office = await desk()
    office.store.books.clear()
    office.store.workplaces.clear()

    form = await office.form(MAJA)

    assert form.title == "Give kudos"
    assert [each.name for each in form.fields] == [PEOPLE, REASON, BEHAVIOURS, POINTS, VISIBILITY]
    assert [each.label for each in choices(form, POINTS).options] == [f"{n} points" for n in (5, 10, 15, 20, 25)]
    assert choices(form, POINTS).initial == ("10",)
    assert len(choices(form, BEHAVIOURS).options) == 6
    assert form.intro == ()


async def test_the_form_opens_in_english_if_the_directory_is_down_and_nobody_is_known():
    office = await desk()
    office.directory.down = True

    assert (await office.form(CLEO)).title == "Give kudos"


async def test_the_form_opens_in_english_for_an_account_that_the_platform_does_not_know():
    office = await desk()

    assert (await office.form(an_account("U99"))).title == "Give kudos"


async def test_the_form_is_swedish_for_a_swede_known_or_not():
    office = await desk()
    assert (await office.form(CLEO)).title == "Ge kudos"

    await office.types(CLEO, "hjälp")
    office.directory.down = True
    form = await office.form(CLEO)

    assert form.title == "Ge kudos"
    assert choices(form, POINTS).options[0].label == "5 poäng"


async def test_the_form_offers_what_the_programme_publishes_once_that_has_been_read():
    office = await desk()
    office.programme(behaviours=default_behaviours()[:2], points_default=12, points_most=20)

    assert len(choices(await office.form(MAJA), BEHAVIOURS).options) == 6
    await office.points.programme(await office.people.organisation(WORKSPACE))
    form = await office.form(MAJA)

    assert [each.label for each in choices(form, BEHAVIOURS).options] == ["#courtesy", "#ownership"]
    assert [each.value for each in choices(form, POINTS).options] == ["5", "10", "12", "15", "20"]
    assert choices(form, POINTS).initial == ("12",)


@pytest.mark.parametrize("kind", [MessageKind.HELP, MessageKind.TEAM_WEEK])
async def test_a_button_opens_the_form_too(kind):
    office = await desk()
    await office.team("Phone", (MAJA,))
    shown = reply(await office.types(MAJA, {MessageKind.HELP: "help", MessageKind.TEAM_WEEK: "team"}[kind]), kind)

    answer = await office.presses(MAJA, buttons(shown)[0])

    assert answer.form is not None
    assert answer.reply is None


async def test_everything_filled_in_is_given():
    office = await desk()
    form = await office.form(MAJA)

    answer = await office.sends(
        MAJA, form, people=(ANNA, BO, ANNA), behaviours=("ownership", "ideas"), points="20", visibility=PRIVATE
    )

    assert lines(reply(answer, RECEIPT)) == [
        "You recognised Anna Ek and Bo Strand. It is private: only Anna Ek and Bo Strand know.",
        SAID,
        "#ownership · #ideas · 20 points each",
        "60 points left to give of 100 this week; refills on Monday 23 November.",
        "[Undo]",
    ]
    assert [each.target for each in office.posted] == [ANNA, BO]


async def test_the_form_as_it_opens_needs_only_people_and_a_reason():
    office = await desk()

    receipt = reply(await office.sends(MAJA, await office.form(MAJA), people=(ANNA,)), RECEIPT)

    assert lines(receipt)[2] == "10 points"
    assert [each.target for each in office.posted] == [FLOOR, ANNA]


async def test_points_and_behaviours_may_be_written_into_the_reason():
    office = await desk()
    form = await office.form(MAJA)

    answer = await office.sends(MAJA, form, people=(ANNA,), reason=f"{SAID} #Ideas +25", behaviours="ownership")

    receipt = reply(answer, RECEIPT)
    assert lines(receipt)[1:3] == [SAID, "#ownership · #ideas · 25 points"]


async def test_the_same_form_sent_in_twice_gives_once():
    office = await desk()
    form = await office.form(MAJA)

    first = await office.sends(MAJA, form, people=(ANNA,), key="view-1")
    again = await office.sends(MAJA, form, people=(ANNA,), key="view-1")

    assert again == first
    assert office.balance(ANNA) == 10


async def test_a_form_refused_for_its_cost_can_be_corrected_and_sent_in_again():
    office = await desk()
    office.programme(allowance_agent=15)
    form = await office.form(MAJA)

    refused = await office.sends(MAJA, form, people=(ANNA,), points="20", key="view-1")
    assert refused.problems == {
        POINTS: "This needs 20 points, and you have 15 left this week. "
        "Your allowance refills on Monday 23 November at 00:00."
    }
    corrected = await office.sends(MAJA, form, people=(ANNA,), points="15", key="view-1")

    assert "0 points left to give of 15" in text_of(reply(corrected, RECEIPT))


async def test_a_form_refused_for_its_cost_works_as_it_is_once_the_allowance_has_refilled():
    office = await desk()
    office.programme(allowance_agent=15)
    form = await office.form(MAJA)
    await office.sends(MAJA, form, people=(ANNA,), key="view-1")

    refused = await office.sends(MAJA, form, people=(BO,), key="view-2")
    assert "This needs 10 points, and you have 5 left" in refused.problems[POINTS]
    office.clock.advance(timedelta(days=4))
    assert await office.sends(MAJA, form, people=(BO,), key="view-2") == refused
    office.clock.advance(timedelta(days=1))
    given = await office.sends(MAJA, form, people=(BO,), key="view-2")

    assert "5 points left to give of 15" in text_of(reply(given, RECEIPT))
    assert office.balance(BO) == 10


@pytest.mark.parametrize(
    ("filled", "field", "says"),
    [
        ({"people": ()}, PEOPLE, "Pick at least one person"),
        ({"people": (MAJA,)}, PEOPLE, "Kudos are for others."),
        ({"people": (ROBOT,)}, PEOPLE, "Helper is a bot."),
        ({"people": tuple(an_account(f"U5{n:02}") for n in range(26))}, PEOPLE, "That is 26 people."),
        ({"people": (an_account("U99"),)}, PEOPLE, "I cannot find that person here."),
        ({"reason": " "}, REASON, "What did they do?"),
        ({"reason": "nice!"}, REASON, "Say a little more"),
        ({"reason": "x" * 501}, REASON, "Your reason has 501 characters and 500 fit."),
        ({"reason": f"{SAID} #speed"}, BEHAVIOURS, "#speed is not on the list"),
        ({"behaviours": ("ideas", "rules", "quality", "courtesy")}, BEHAVIOURS, "Pick 3 behaviours at most"),
        ({"reason": f"{SAID} +99"}, POINTS, "A kudos can carry 5 to 25 points."),
        ({"reason": f"+5 {SAID} +10"}, POINTS, "There are two different numbers of points."),
        ({"people": tuple(an_account(f"U5{n:02}") for n in range(11))}, POINTS, "This needs 110 points"),
    ],
)
async def test_a_refusal_stands_beside_its_field(filled, field, says):
    office = await desk()
    office.directory.put(*(a_profile(f"U5{n:02}", f"Agent {n}") for n in range(26)))

    answer = await office.sends(MAJA, await office.form(MAJA), **({"people": (ANNA,)} | filled))

    assert list(answer.problems) == [field]
    assert says in answer.problems[field]
    assert answer.reply is None
    assert answer.form is None
    assert not office.kudos


async def test_a_refusal_beside_its_field_is_swedish_for_a_swede():
    office = await desk()

    answer = await office.sends(CLEO, await office.form(CLEO), people=(CLEO,))

    assert "Kudos är" in answer.problems[PEOPLE]


@pytest.mark.parametrize(
    ("name", "state"), [("give", "{"), ("give", "[" * 5000), ("give", ""), ("survey", "{}"), ("give", '{"link":7}')]
)
async def test_a_form_of_another_time_is_stale(name, state):
    office = await desk()

    answer = await office.sends(MAJA, Form(name, "", "", "", (), state))

    assert list(answer.problems.values()) == ["That button is too old to work. Type /kudos to start again."]


# The shortcut


async def test_the_shortcut_about_a_message_names_its_author_and_keeps_its_link():
    office = await desk()

    form = await office.uses_shortcut(MAJA, ANNA, LINK)
    receipt = reply(await office.sends(MAJA, form), RECEIPT)

    assert form.fields[0].initial == (ANNA,)
    assert [span.text for span in form.intro] == ["A link to the message is added."]
    assert "You recognised Anna Ek." in text_of(receipt)
    assert [each.link for each in office.kudos] == [LINK]
    for each in office.posted:
        [note] = [block for block in each.message.blocks if isinstance(block, Note)]
        assert Link("The message it is about", LINK) in note.line


async def test_the_shortcut_about_ones_own_message_names_nobody():
    office = await desk()

    form = await office.uses_shortcut(MAJA, MAJA, LINK)
    answer = await office.sends(MAJA, form)

    assert form.fields[0].initial == ()
    assert "Pick at least one person" in answer.problems[PEOPLE]


async def test_the_shortcut_from_the_compose_box_opens_an_empty_form():
    office = await desk()

    form = await office.uses_shortcut(MAJA)

    assert form.fields[0].initial == ()
    assert form.intro == ()


async def test_a_link_that_is_not_https_is_refused():
    office = await desk()
    form = await office.uses_shortcut(MAJA, ANNA, "javascript:alert(1)")

    answer = await office.sends(MAJA, form)

    assert "must begin with https://" in answer.problems[REASON]


async def test_a_draft_is_small():
    """Only what differs from the ordinary is carried."""
    office = await two_annas()
    question = reply(await office.types(MAJA, f"@Anna {SAID}", key="k"), CHOICE)

    value = button(question, "Anna Ek").value

    assert value == f'{{"key":"k","reason":"{SAID}","points":10,"named":["U2"],"conversation":"C1"}}'
    assert unpack(value, Draft).named == ("U2",)
