"""What people read when kudos are given, in both languages, and every sentence of refusal with all it needs."""

from __future__ import annotations

from datetime import UTC, date, datetime
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.errors import Code, RecognitionError
from bot.i18n import plain, translator, zone_of
from bot.identity import AccountRef, ConversationRef, KudosId, PersonId, Platform, WorkspaceRef
from bot.incoming import Manner, Mention, Origin
from bot.people.model import Colleague
from bot.points import words as points_words
from bot.points.behaviours import default_behaviours
from bot.points.model import Programme
from bot.ports import Standing
from bot.recognition import help_words, words
from bot.recognition.forms import BEHAVIOURS, PEOPLE, POINTS, REASON, field_of
from bot.recognition.model import TeamKudos
from bot.recognition.words import Action, Audience, Receipted, Told
from bot.refusals import refusal, sentence
from bot.view.message import Link, MessageKind, Note, PeoplesWords, Person, Quote, Text, Tone
from tests.factories import an_account
from tests.unit.desk import SAID, buttons, lines, text_of

ENGLISH, SWEDISH = translator("en"), translator("sv")
STOCKHOLM = zone_of("Europe/Stockholm")
MONDAY = datetime(2026, 11, 22, 23, tzinfo=UTC)
KUDOS = KudosId(UUID(int=7))
HOSTILE = "<!channel> {giver} <b>&</b> *bold* @here %s \u202e"


def someone(number, name):
    return Colleague(PersonId(UUID(int=number)), an_account(f"U{number}"), name, "", "", Standing.MEMBER)


ANNA, BO, CAT = someone(1, "Anna"), someone(2, "Bo"), someone(3, "Cat")


def told(*receivers, reason=SAID, link=None, behaviours=(), points=10, private=False, by_supervisor=False):
    return Told(ANNA, receivers or (BO,), reason, link, behaviours, points, private, by_supervisor)


def receipt(t, told, audience, left=90):
    return words.receipt(t, told, Receipted(KUDOS, audience, left, 100, MONDAY), STOCKHOLM)


@pytest.mark.parametrize(
    ("audience", "english", "swedish"),
    [
        (Audience.TEAM, "the team sees it in its channel.", "teamet ser det i sin kanal."),
        (Audience.HERE, "everyone here sees it.", "alla här ser det."),
        (Audience.NOBODY, "only Bo and Cat were told.", "bara Bo och Cat har fått veta det."),
        (Audience.PRIVATE, "only Bo and Cat know.", "bara Bo och Cat vet om det."),
    ],
)
def test_a_receipt_says_who_knows(audience, english, swedish):
    assert lines(receipt(ENGLISH, told(BO, CAT), audience))[0].endswith(english)
    assert lines(receipt(SWEDISH, told(BO, CAT), audience))[0].endswith(swedish)


def test_a_receipt_is_the_givers_own_and_can_be_undone():
    shown = receipt(ENGLISH, told(), Audience.HERE, left=1)

    assert shown.kind is MessageKind.RECEIPT
    assert "1 point left to give of 100" in text_of(shown)
    [undo] = buttons(shown)
    assert (undo.action, undo.value) == (Action.UNDO, str(KUDOS))


def test_three_receivers_are_listed_as_the_language_does():
    assert words.shout_out(ENGLISH, told(BO, CAT, ANNA)).summary == "Anna recognised Bo, Cat and Anna"
    assert words.shout_out(SWEDISH, told(BO, CAT, ANNA)).summary == "Anna gav kudos till Bo, Cat och Anna"


def test_the_marks_say_behaviours_points_supervisor_and_message():
    link = "https://a.example/p1"

    shown = words.shout_out(
        ENGLISH, told(BO, CAT, link=link, behaviours=("ownership", "ideas"), points=5, by_supervisor=True)
    )

    assert lines(shown)[-1] == "#ownership · #ideas · 5 points each · Supervisor recognition · The message it is about"
    note = shown.blocks[-1]
    assert isinstance(note, Note)
    assert note.line[-1] == Link("The message it is about", link)


@pytest.mark.parametrize(("points", "mark"), [(1, "1 point"), (10, "10 points")])
def test_points_are_counted_in_words(points, mark):
    assert lines(words.receiver_note(ENGLISH, told(points=points), BO))[-1] == mark


def test_only_a_private_note_says_that_it_is_private():
    assert lines(words.receiver_note(SWEDISH, told(private=True), BO))[-1] == "Det här är privat: bara du ser det."
    assert "privat" not in text_of(words.receiver_note(SWEDISH, told(), BO))


@given(st.text(max_size=30))
def test_what_people_wrote_stands_only_where_nothing_is_parsed(reason):
    """A renderer can trust every text of ours, because nobody else's words are in one."""
    shown = told(reason=HOSTILE + reason, private=True)

    for message in (
        words.shout_out(ENGLISH, shown),
        words.receiver_note(SWEDISH, shown, BO),
        receipt(ENGLISH, shown, Audience.HERE),
    ):
        assert [block.line for block in message.blocks if isinstance(block, Quote)] == [
            (PeoplesWords(HOSTILE + reason),)
        ]
        assert HOSTILE not in message.summary


def test_a_hostile_name_stays_a_name():
    shown = words.shout_out(ENGLISH, told(someone(9, HOSTILE)))

    assert Person(HOSTILE, an_account("U9")) in shown.blocks[0].line
    assert [span.text for span in shown.blocks[0].line if isinstance(span, Text)] == [" recognised "]


def test_a_choice_asks_with_a_button_for_each():
    candidates = [(Mention(BO.account, "Bo · Phone"), "1"), (Mention(CAT.account, "Bo Ek"), "2")]

    shown = words.choice(SWEDISH, "Bo", candidates, more=False)

    assert shown.kind is MessageKind.CHOICE
    assert [(each.action, each.label, each.value) for each in buttons(shown)] == [
        (Action.CHOOSE, "Bo · Phone", "1"),
        (Action.CHOOSE, "Bo Ek", "2"),
    ]
    assert "Somebody else" not in text_of(words.choice(ENGLISH, "Bo", candidates, more=False))
    assert "Somebody else" in text_of(words.choice(ENGLISH, "Bo", candidates, more=True))


def test_a_choice_shows_the_reason_above_the_buttons_where_more_of_the_name_may_be_in_it():
    candidates = [(Mention(BO.account, "Bo Lindgren"), "1")]

    shown = words.choice(SWEDISH, "Bo", candidates, more=False, reason="Lnidgren stannade kvar")

    assert lines(shown) == ["Menar du Bo Lindgren?", "Lnidgren stannade kvar", "[Bo Lindgren]"]
    assert Quote((PeoplesWords("Lnidgren stannade kvar"),)) in shown.blocks


def test_with_one_candidate_a_choice_asks_for_that_person():
    shown = words.choice(SWEDISH, "Bo", [(Mention(BO.account, "Bo Lindgren"), "1")], more=False)

    assert shown.summary == "Menar du Bo Lindgren?"
    assert [(each.label, each.value) for each in buttons(shown)] == [("Bo Lindgren", "1")]


def test_a_withdrawn_message_says_so_and_no_more():
    assert lines(words.withdrawn(ENGLISH)) == ["This message was withdrawn."]
    assert words.withdrawn(SWEDISH).summary == "Meddelandet drogs tillbaka."


def test_a_quiet_week_invites_and_blames_nobody():
    shown = words.team_week(ENGLISH, "Phone", [], STOCKHOLM)

    assert lines(shown) == ["This week in Phone", "Nothing yet this week. Who helped you lately?", "[Give kudos]"]
    [give] = buttons(shown)
    assert (give.action, give.tone) == (Action.GIVE, Tone.PRIMARY)


def test_a_week_names_the_day_in_the_readers_zone():
    each = TeamKudos(KUDOS, "Anna", ("Bo",), SAID, by_supervisor=False, at=MONDAY)

    assert lines(words.team_week(SWEDISH, "Phone", [each], STOCKHOLM))[-1].endswith("måndag 23 november")
    assert lines(words.team_week(ENGLISH, "Phone", [each], zone_of("")))[-1].endswith("Sunday 22 November")


def said(t, code, **params):
    return plain(sentence(t, RecognitionError(code, **params), STOCKHOLM, "/kudos"))


def test_an_unknown_behaviour_is_answered_with_the_nearest_or_with_all():
    near = said(ENGLISH, Code.UNKNOWN_BEHAVIOUR, tag="rulez", nearest=("rules",), known=("rules", "ideas"))
    far = said(ENGLISH, Code.UNKNOWN_BEHAVIOUR, tag="zzz", nearest=(), known=("rules", "ideas"))

    assert near == "#rulez is not on the list. Did you mean #rules?"
    assert far == "#zzz is not on the list: #rules and #ideas. /kudos behaviours explains them."
    assert said(SWEDISH, Code.UNKNOWN_BEHAVIOUR, tag="zzz", known=("regler",)).endswith(
        "/kudos beteenden förklarar dem."
    )


def test_somebody_unknown_is_named_if_there_is_a_name():
    assert said(ENGLISH, Code.UNKNOWN_PERSON, name="Quentin").startswith("I cannot find Quentin here.")
    assert said(ENGLISH, Code.UNKNOWN_PERSON).startswith("I cannot find that person here.")
    assert said(SWEDISH, Code.UNKNOWN_PERSON).startswith("Jag hittar inte den personen här.")


@pytest.mark.parametrize(
    ("manner", "example"),
    [
        (Manner.COMMAND, "/praise @Anna stayed with a caller until it was solved"),
        (Manner.MENTION, "@Kudos @Anna stayed with a caller until it was solved"),
        (Manner.ALONE, "praise Anna Berg stayed with a caller until it was solved"),
    ],
)
def test_examples_are_as_one_types_where_one_is(manner, example):
    command = example.partition(" ")[0]
    nobody = refusal(ENGLISH, RecognitionError(Code.NOBODY_NAMED), STOCKHOLM, "/praise", manner)
    team = refusal(ENGLISH, RecognitionError(Code.NO_TEAM), STOCKHOLM, "/praise", manner)
    programme = Programme(behaviours=default_behaviours())

    assert lines(nobody)[0].endswith(f"like this: {example}")
    assert lines(nobody)[1] == f"{command} help shows all I can do."
    assert f"{command} me shows your own kudos." in text_of(team)
    assert example in text_of(help_words.help_message(ENGLISH, "/praise", manner))
    assert example in text_of(points_words.behaviours(ENGLISH, programme, "/praise", manner))


def test_a_greeting_shows_how_kudos_are_given_here_and_where_others_are():
    alone, elsewhere = "praise Anna Berg stayed with", "@Kudos @Anna stayed with"
    shown = help_words.greeting(ENGLISH, "/praise")

    assert alone in text_of(shown)
    assert elsewhere in text_of(shown)
    assert "add me to the team or to the chat first" in text_of(shown)
    [form] = buttons(shown)
    assert (form.action, form.label, form.form) == (Action.GIVE, "Give kudos", True)


def test_a_hello_to_many_shows_what_can_be_typed_among_them():
    shown = help_words.hello(SWEDISH, "/praise")

    assert "Ge kudos: @Kudos @Anna stannade kvar" in text_of(shown)
    assert text_of(shown).endswith("om du är teamledare: @Kudos ställ in")
    assert not buttons(shown)


@pytest.mark.parametrize(
    ("platform", "place", "manner"),
    [
        (Platform.SLACK, "C1", Manner.COMMAND),
        (Platform.SLACK, None, Manner.COMMAND),
        (Platform.LOCAL, "C1", Manner.COMMAND),
        (Platform.TEAMS, "C1", Manner.MENTION),
        (Platform.TEAMS, None, Manner.ALONE),
    ],
)
def test_only_where_it_hears_mentions_alone_is_the_bot_mentioned(platform, place, manner):
    workspace = WorkspaceRef(platform, "W1")
    here = ConversationRef(workspace, place) if place else None
    assert Origin(workspace, AccountRef(workspace, "U1"), here, "1").manner is manner


def test_where_names_are_picked_from_no_list_the_form_is_offered():
    for code in (Code.NOBODY_NAMED, Code.UNKNOWN_PERSON, Code.NAMES_UNCLEAR):
        for manner in (Manner.MENTION, Manner.ALONE):
            shown = refusal(ENGLISH, RecognitionError(code, name="Quentin"), STOCKHOLM, "/kudos", manner)
            assert [(each.action, each.form) for each in buttons(shown)] == [(Action.GIVE, True)]
        assert not buttons(refusal(ENGLISH, RecognitionError(code, name="Quentin"), STOCKHOLM, "/kudos"))
    alone = sentence(ENGLISH, RecognitionError(Code.UNKNOWN_PERSON), STOCKHOLM, "/kudos", Manner.ALONE)
    assert "add me to a channel or chat of theirs" in plain(alone)


def test_a_code_is_typed_on_the_other_side_as_it_is_called_there():
    wrong = sentence(ENGLISH, RecognitionError(Code.LINK_CODE_WRONG), STOCKHOLM, "/kudos", Manner.ALONE)
    assert "/kudos link on the other side" in plain(wrong)


@pytest.mark.parametrize(
    ("code", "param"),
    [
        (Code.UNKNOWN_PERSON, "name"),
        (Code.RECEIVER_IS_BOT, "name"),
        (Code.RECEIVER_IS_GUEST, "name"),
        (Code.RECEIVER_HAS_LEFT, "name"),
        (Code.UNKNOWN_BEHAVIOUR, "tag"),
    ],
)
def test_what_a_person_typed_is_theirs_in_a_refusal_too(code, param):
    message = refusal(ENGLISH, RecognitionError(code, **{param: HOSTILE}), STOCKHOLM, "/kudos")

    assert message.kind is MessageKind.REFUSAL
    [paragraph] = message.blocks
    assert not [span for span in paragraph.line if isinstance(span, Text) and "channel" in span.text]
    assert [span for span in paragraph.line if isinstance(span, PeoplesWords) and HOSTILE in span.text]


def test_the_day_of_a_refill_is_the_readers():
    spent = {"cost": 1, "left": 0, "refills": MONDAY}

    assert said(ENGLISH, Code.OVER_ALLOWANCE, **spent) == (
        "This needs 1 point, and you have 0 left this week. Your allowance refills on Monday 23 November at 00:00."
    )
    assert "måndag 23 november" in said(SWEDISH, Code.OVER_ALLOWANCE, **spent)


@pytest.mark.parametrize("code", Code)
def test_every_refusal_belongs_beside_a_field_of_the_form(code):
    assert field_of(code) in {PEOPLE, REASON, BEHAVIOURS, POINTS}


def test_the_reference_of_a_fault_can_be_copied():
    assert text_of(words.fault(ENGLISH, "A1B2C3")).endswith("show your administrator this: A1B2C3")
    assert text_of(words.fault(SWEDISH, "A1B2C3")).startswith("Något gick fel hos oss.")


@pytest.mark.parametrize(
    ("code", "params", "english", "swedish"),
    [
        (Code.NO_HOME, {}, "Type /kudos setup in the team's own channel", "i teamets egen kanal"),
        (Code.NO_HOME, {"mention": True}, "mention me there and write @Kudos setup", "skriv @Kudos ställ in"),
        (Code.NOT_YOUR_TEAM, {"whom": ("Karin", "Bo")}, "Please ask Karin and Bo.", "Fråga Karin och Bo."),
        (Code.NOT_A_SUPERVISOR, {}, "This is for supervisors", "Det här är för teamledare"),
        (Code.NO_SUPERVISOR_NAMED, {}, "at least one supervisor", "minst en teamledare"),
        (Code.NO_MEMBERS, {}, "Nobody would be in this team.", "Ingen skulle vara med i teamet."),
        (Code.TEAM_NAME_MISSING, {}, "What is the team called?", "Vad heter teamet?"),
        (
            Code.TEAM_NAME_TAKEN,
            {"name": "Phone"},
            "There is a team called Phone already",
            "redan ett team som heter Phone",
        ),
        (Code.NUDGE_DAYS_OUT_OF_BOUNDS, {"least": 7, "most": 60}, "from 7 to 60", "från 7 till 60"),
        (Code.GROUP_UNKNOWN, {"name": "fone"}, "a user group called fone", "någon användargrupp som heter fone"),
        (Code.NO_DIGEST, {}, "This team has no digest.", "Det här teamet har inget veckobrev."),
        (
            Code.ZONE_UNKNOWN,
            {"written": "Stokholm", "nearest": ("Europe/Stockholm",)},
            "mean Europe/Stockholm?",
            "Menade",
        ),
        (Code.ZONE_UNKNOWN, {"written": "Mars"}, "Write it like Europe/Stockholm.", "Skriv den som Europe/Stockholm."),
        (
            Code.TIME_QUIET,
            {"begin": "08:00", "end": "18:00"},
            "from 08:00 to before 18:00",
            "från 08:00 till före 18:00",
        ),
        (Code.TIME_UNCLEAR, {"written": "tea"}, "Write it like 09:30.", "Skriv det som 09:30."),
        (
            Code.DATE_UNCLEAR,
            {"written": "soon", "example": date(2026, 12, 2)},
            "I cannot read soon as a day. Write it like 2 Dec, Friday",
            "Jag kan inte läsa soon som en dag. Skriv den som 2 dec, fredag",
        ),
        (Code.DATE_UNCLEAR, {"written": "", "example": date(2026, 12, 2)}, "Until when? ", "Till när? "),
        (
            Code.DATE_UNCLEAR,
            {"written": "8-12 Feb", "example": date(2026, 12, 2), "begins": True},
            "Write just its last day, like 2 Dec.",
            "Skriv bara den sista dagen, som 2 dec.",
        ),
        (
            Code.DATE_UNCLEAR,
            {"written": "Sunday 10 Feb", "example": date(2026, 12, 2), "really": date(2027, 2, 10)},
            "that day is Wednesday 10 February 2027.",
            "den dagen är onsdag 10 februari 2027.",
        ),
        (
            Code.DATE_UNCLEAR,
            {"written": "3 January 2030", "example": date(2026, 12, 2), "latest": date(2029, 11, 20)},
            "too far off. Write a day until Tuesday 20 November 2029.",
            "för långt fram. Skriv en dag till och med tisdag 20 november 2029.",
        ),
        (
            Code.DATE_PAST,
            {"written": "3 Jan", "day": date(2027, 1, 3), "coming": date(2028, 1, 3)},
            "Sunday 3 January 2027 is in the past. If you mean next year's, write 3 Jan 2028.",
            "den dagen har redan varit. Om du menar nästa års, skriv 3 jan 2028.",
        ),
        (Code.DATE_PAST, {"written": "1 May"}, "1 May is in the past.", "1 May har redan varit."),
    ],
)
def test_what_is_wrong_about_a_team_or_a_time_is_said_with_what_to_do(code, params, english, swedish):
    assert english in said(ENGLISH, code, **params)
    assert swedish in said(SWEDISH, code, **params)
