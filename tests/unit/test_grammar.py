"""What people may type after `/kudos`, and what it is understood as."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.errors import Code, RecognitionError
from bot.identity import AccountRef, Platform, WorkspaceRef
from bot.incoming import GroupMention, Mention, NameChoice, PlaceMention, Verbatim, Words
from bot.recognition.commands import (
    COMMAND_WORDS,
    ComeBack,
    GiveKudos,
    GoAway,
    LinkWorkspaces,
    OpenForm,
    Reason,
    SetUpTeam,
    ShowBehaviours,
    ShowBoard,
    ShowDigest,
    ShowHelp,
    ShowMine,
    ShowNudges,
    ShowTeam,
    Tag,
    Undo,
    UnknownName,
)
from bot.recognition.grammar import parse, read_reason
from bot.recognition.render_command import reason_text, render

WORKSPACE = WorkspaceRef(Platform.LOCAL, "w")
ANNA = Mention(AccountRef(WORKSPACE, "a"), "Anna")
BO = Mention(AccountRef(WORKSPACE, "b"), "Bo")
PHONE = GroupMention("g", "phone")
KIM = NameChoice("Kim", (ANNA, BO))
OWNERSHIP = PlaceMention("c", "ownership")


def read(*typed):
    return parse(segments(*typed))


def segments(*typed):
    return tuple(Words(each) if isinstance(each, str) else each for each in typed)


def give(receivers, *reason, **asked):
    return GiveKudos(tuple(receivers), segments(*reason), **asked)


def told(command):
    return [each.told for each in command.receivers if isinstance(each, UnknownName)]


def refused(code):
    return pytest.raises(RecognitionError, check=lambda error: error.code is code)


class TestSubcommands:
    @pytest.mark.parametrize("nothing", [(), (" ",), ("\u200b\n",), (Verbatim(" "),)])
    def test_nothing_opens_the_form(self, nothing):
        assert read(*nothing) == OpenForm()

    @pytest.mark.parametrize(
        ("typed", "command"),
        [
            ("undo", Undo()),
            ("Ångra", Undo()),
            ("A\u030angra!", Undo()),
            ("angra", Undo()),
            ("\u00a0UNDO.\u00a0", Undo()),
            ("ｕｎｄｏ", Undo()),
            ("me", ShowMine()),
            ("mig", ShowMine()),
            ("jag", ShowMine()),
            ("team", ShowTeam()),
            ("lag", ShowTeam()),
            ("teamet", ShowTeam()),
            ("gruppen", ShowTeam()),
            ("board", ShowBoard()),
            ("boards", ShowBoard()),
            ("topplista", ShowBoard()),
            ("tavla", ShowBoard()),
            ("behaviours", ShowBehaviours()),
            ("behaviors", ShowBehaviours()),
            ("beteenden", ShowBehaviours()),
            ("setup", SetUpTeam()),
            ("Ställ in", SetUpTeam()),
            ("back", ComeBack()),
            ("tillbaka.", ComeBack()),
            ("nudges", ShowNudges()),
            ("Påminnelser", ShowNudges()),
            ("digest", ShowDigest()),
            ("veckobrev", ShowDigest()),
            ("away", GoAway("")),
            ("link", LinkWorkspaces("")),
            ("Link 4K7Q-X9M2-PT6D", LinkWorkspaces("4K7Q-X9M2-PT6D")),
            ("koppla 4k7q x9m2 pt6d", LinkWorkspaces("4k7q x9m2 pt6d")),
            ("Away until 3 Jan", GoAway("until 3 Jan")),
            ("borta t.o.m. fredag", GoAway("t.o.m. fredag")),
            ("FRÅNVARANDE i två veckor", GoAway("i två veckor")),
            ("help", ShowHelp()),
            ("Hjälp…", ShowHelp()),
            ("help?", ShowHelp()),
            ("?", ShowHelp()),
        ],
    )
    def test_command_words_are_understood_in_both_languages(self, typed, command):
        assert read(typed) == command

    @pytest.mark.parametrize("typed", ["undo that", "help @here", "me team", "!", "private", "#ownership +20"])
    def test_more_than_a_command_word_that_names_nobody_is_refused(self, typed):
        with refused(Code.NOBODY_NAMED):
            read(typed)

    def test_a_command_word_in_code_or_a_quote_is_no_command(self):
        with refused(Code.NOBODY_NAMED):
            read(Verbatim("undo"))


class TestReceiversFirst:
    @pytest.mark.parametrize(
        "between", [" ", "", ", ", ",", " & ", "&", " and ", " och ", " OCH ", ", and ", "\u00a0", "\n", "，"]
    )
    def test_separators_between_receivers(self, between):
        assert read(ANNA, between, BO, " stayed late") == give([ANNA, BO], "stayed late")

    @pytest.mark.parametrize("between", [" + ", " / ", " or ", " with "])
    def test_anything_else_begins_the_reason(self, between):
        assert read(ANNA, between, BO, " stayed") == give([ANNA], between.lstrip(), BO, " stayed")

    @pytest.mark.parametrize("end", [": ", ":", " : ", " - ", " – ", " — ", "—", ", ", "! ", "... ", "： "])
    def test_what_may_end_the_receivers(self, end):
        assert read(ANNA, f"{end}stayed late") == give([ANNA], "stayed late")

    def test_after_the_end_a_mention_belongs_to_the_reason(self):
        assert read(ANNA, ": ", BO, " says you stayed") == give([ANNA], BO, " says you stayed")

    def test_later_mentions_belong_to_the_reason(self):
        assert read(ANNA, " helped ", BO, " and ", PHONE) == give([ANNA], "helped ", BO, " and ", PHONE)

    def test_and_without_a_person_after_it_belongs_to_the_reason(self):
        assert read(ANNA, " and also for me") == give([ANNA], "and also for me")

    @pytest.mark.parametrize("between", [" and ", " och ", " OCH ", " & ", "＆", ", and ", "\u00a0och\n"])
    def test_and_with_a_capitalised_word_names_somebody_who_is_not_known(self, between):
        command = read(ANNA, between, "Zlatan Öst-Lind took it, and ", BO)

        assert command == give([ANNA, UnknownName("Zlatan")], "took it, and ", BO)
        assert told(command) == ["Zlatan Öst-Lind"]

    @pytest.mark.parametrize(
        ("typed", "names"),
        [
            ((", Zlatan och ", BO), ["Zlatan"]),
            ((", Zlatan Lind, ", BO), ["Zlatan Lind"]),
            ((", O’Brien,Zlatan & @bo",), ["O’Brien", "Zlatan", "bo"]),
            ((", ZLATAN OCH MOA",), ["ZLATAN", "MOA"]),
            ((" and Zlatan and Moa, ", BO), ["Zlatan", "Moa"]),
            ((", ", BO, " and Zlatan"), ["Zlatan"]),
        ],
    )
    def test_names_that_are_not_known_are_told_wherever_among_the_receivers_they_stand(self, typed, names):
        command = read(ANNA, *typed, " stayed late")

        assert told(command) == names
        assert (BO in command.receivers) == (BO in typed)
        assert command.reason == segments("stayed late")

    @pytest.mark.parametrize(
        ("typed", "reason"),
        [
            (", Thanks for it", "Thanks for it"),
            (", Zlatan says thanks", "Zlatan says thanks"),
            (", Thanks, Zlatan says so", "Thanks, Zlatan says so"),
            (", Tack och Zlatan hälsar", "Tack och Zlatan hälsar"),
            (" and thanks for it", "and thanks for it"),
            (" and I stayed", "and I stayed"),
            (" and I’ve seen it", "and I’ve seen it"),
            (" and the team stayed", "and the team stayed"),
            (" and Everyone stayed", "and Everyone stayed"),
            (" and Zlatan@example.com stayed", "and Zlatan@example.com stayed"),
            (": and Zlatan stayed", "and Zlatan stayed"),
            (" Andrea stayed", "Andrea stayed"),
        ],
    )
    def test_what_is_said_to_them_is_no_name(self, typed, reason):
        assert read(ANNA, typed) == give([ANNA], reason)

    @pytest.mark.parametrize("thanks", ["Thanks for it", "Thank you so much", "Tack för det"])
    def test_an_and_before_thanks_is_no_part_of_them(self, thanks):
        assert read(ANNA, ", and ", thanks) == read(ANNA, " & ", thanks) == give([ANNA], thanks)

    def test_a_word_too_long_for_a_name_is_none(self):
        assert read(ANNA, " and Z", "a" * 80) == give([ANNA], "and Z" + "a" * 80)

    def test_groups_and_choices_are_receivers_too(self):
        assert read(PHONE, " ", KIM, " and ", ANNA, " for it") == give([PHONE, KIM, ANNA], "for it")

    def test_each_receiver_is_there_once(self):
        again = Mention(ANNA.account, "anna.s")

        assert read(ANNA, " ", BO, " ", again, " for it") == give([ANNA, BO], "for it")

    @pytest.mark.parametrize("reason", [":tada: well done", ":+1: well done", "-> well done", "-5 degrees outside"])
    def test_short_codes_arrows_and_numbers_are_not_taken_for_an_end(self, reason):
        assert read(ANNA, f" {reason}") == give([ANNA], reason)

    def test_no_reason_parses_and_is_for_the_rules_to_refuse(self):
        assert read(ANNA) == read(ANNA, ":") == give([ANNA])

    def test_tags_and_points_may_come_before_the_people(self):
        assert read("#ideas +20 ", ANNA, " for it") == give([ANNA], "for it", tags=(Tag("ideas"),), points=20)


class TestNames:
    def test_a_name_that_look_up_left_is_unknown_at_the_head_and_text_elsewhere(self):
        assert read("@kim.berg, @bo: thanks @all") == give([UnknownName("kim.berg"), UnknownName("bo")], "thanks @all")
        assert read("thanks ", ANNA, " and @kim") == give([ANNA], "thanks ", ANNA, " and @kim")

    def test_full_width_signs_are_ordinary(self):
        assert read("＠kim　＃Ideas　＋１５ for it") == give(
            [UnknownName("kim")], "for it", tags=(Tag("ideas"),), points=15
        )

    @pytest.mark.parametrize(
        "typed",
        [
            "anna@example.com thanks",
            "@anna@example.com thanks",
            "@here thanks",
            "@Everyone",
            "@",
            "@ anna",
            "@" + "a" * 81,
        ],
    )
    def test_addresses_and_everybody_are_no_names(self, typed):
        with refused(Code.NOBODY_NAMED):
            read(typed)

    def test_everybody_is_passed_over_when_somebody_is_named(self):
        assert read("@here thank ", ANNA) == give([ANNA], "@here thank ", ANNA)


class TestReasonFirst:
    def test_every_mention_is_a_receiver_and_the_text_is_the_reason(self):
        assert read("Thanks ", ANNA, " and ", PHONE, " for it #ideas.") == give(
            [ANNA, PHONE], "Thanks ", ANNA, " and ", PHONE, " for it", tags=(Tag("ideas"),)
        )

    @pytest.mark.parametrize("genitive", ["'s patience", "’s patience", "s tålamod"])
    def test_whose_it_was_makes_a_sentence_not_a_receiver_before_one(self, genitive):
        assert read(ANNA, f"{genitive} was great") == give([ANNA], ANNA, f"{genitive} was great")


class TestPrivate:
    @pytest.mark.parametrize(
        "word",
        ["private ", "Privat ", "privately ", "private: ", "private, ", "privat\u00a0", "private to ", "privat till "],
    )
    def test_the_first_word_before_people_makes_it_private(self, word):
        assert read(word, ANNA, " for it") == give([ANNA], "for it", private=True)
        assert read(f"{word}@kim for it") == give([UnknownName("kim")], "for it", private=True)

    @pytest.mark.parametrize("text", ["private thanks to ", "thanks in private ", "private @here "])
    def test_elsewhere_it_is_a_word(self, text):
        assert read(text, ANNA) == give([ANNA], text, ANNA)


class TestTags:
    @pytest.mark.parametrize(
        ("typed", "names"),
        [
            ("for it #Ownership", ["ownership"]),
            ("for it #ÄGARSKAP", ["ägarskap"]),
            ("for it #a\u0308garskap", ["ägarskap"]),
            ("for it #extra-mile #extra_mile", ["extra-mile", "extra_mile"]),
            ("for it #ideas #Ideas", ["ideas"]),
            ("for it #ideas, #quality.", ["ideas", "quality"]),
            ("for it #ideas and #quality", ["ideas", "quality"]),
            ("for it #ideas,#quality", ["ideas", "quality"]),
            ("for it (#ideas)", ["ideas"]),
            ("#ideas: for it", ["ideas"]),
            ("#ideas och #quality for it", ["ideas", "quality"]),
            ("for it #помощь #助け合い", ["помощь", "助け合い"]),
        ],
    )
    def test_tags_around_the_reason_are_taken_out_of_it(self, typed, names):
        assert read(ANNA, " ", typed) == give([ANNA], "for it", tags=tuple(Tag(name) for name in names))

    def test_a_tag_inside_a_sentence_stays_there_too(self):
        assert read(ANNA, " took #ownership of it") == give([ANNA], "took #ownership of it", tags=(Tag("ownership"),))

    @pytest.mark.parametrize(
        "reason",
        [
            "case #123",
            "wrote C#",
            "AT&#x54;T #",
            "see https://example.com/#frag",
            "see www.example.com/a;#frag",
            "#-ideas",
            "a##b",
            "x " + "#" + "a" * 65,
        ],
    )
    def test_what_is_no_tag(self, reason):
        assert read(ANNA, " ", reason) == give([ANNA], reason)

    def test_a_channel_called_like_a_tag_is_an_uncertain_one_and_stays(self):
        assert read(ANNA, " helped in ", OWNERSHIP, " +20 #ideas") == give(
            [ANNA], "helped in ", OWNERSHIP, tags=(Tag("ideas"), Tag("ownership", certain=False)), points=20
        )

    def test_a_tag_typed_as_one_is_certain_though_a_channel_is_called_so(self):
        assert read(ANNA, " ", OWNERSHIP, " #ownership").tags == (Tag("ownership"),)

    @pytest.mark.parametrize("label", ["", "two words", "123", "a" * 65])
    def test_other_channels_are_only_text(self, label):
        place = PlaceMention("c", label)

        assert read(ANNA, " asked in ", place) == give([ANNA], "asked in ", place)

    def test_nothing_is_read_in_code_and_quotes(self):
        verbatim = Verbatim("@kim #ideas +20 undo")

        assert read(ANNA, " ", verbatim) == give([ANNA], verbatim)


class TestPoints:
    @pytest.mark.parametrize(
        "typed", ["+20 for it", "for it +20", "+20 for it #ideas +20", "for it +20!", "for it +20 #ideas"]
    )
    def test_points_at_either_end_of_the_reason(self, typed):
        command = read(ANNA, f" {typed}")

        assert (command.points, command.reason) == (20, segments("for it"))

    @pytest.mark.parametrize("reason", ["gave +20 percent more", "24+20", "+20% more", "+ 20", "- 20", "+-20"])
    def test_a_plus_inside_a_sentence_is_text(self, reason):
        assert read(ANNA, ": ", reason) == give([ANNA], reason)

    @pytest.mark.parametrize(("typed", "points"), [("+0", 0), ("+999999", 999_999), ("+" + "9" * 10_000, 999_999)])
    def test_any_number_parses(self, typed, points):
        assert read(ANNA, " for it ", typed).points == points

    def test_two_different_numbers_are_refused(self):
        with refused(Code.POINTS_AMBIGUOUS):
            read(ANNA, " +10 for it +20")


class TestReasonAlone:
    def test_a_reason_in_a_form_has_tags_and_points_too(self):
        assert read_reason(segments("#ideas took over\nfrom ", BO, " +15")) == Reason(
            segments("took over from ", BO), (Tag("ideas"),), 15
        )

    def test_none_is_none(self):
        assert read_reason([]) == Reason((), (), None)


@pytest.mark.parametrize("private", [True, False])
def test_a_kudos_written_out_means_the_same(private):
    command = give(
        [ANNA, UnknownName("kim"), PHONE],
        ": ", BO, " asked in ", OWNERSHIP, " and ", Verbatim("#x"),
        tags=(Tag("ideas"), Tag("ownership", certain=False)), points=20, private=private,
    )  # fmt: skip

    assert parse(render(command)) == command


@pytest.mark.parametrize("start", [BO, "@kim", "and ", ", ", ": ", "- ", ":tada:", "undo", "private "])
def test_a_reason_that_starts_like_more_receivers_survives_being_written_out(start):
    command = read(ANNA, ": ", start, " ", BO, " stayed")

    assert command.receivers == (ANNA,)
    assert parse(render(command)) == command


def test_the_stored_reason_is_plain_text():
    reason = segments(
        "for ",
        ANNA,
        ", ",
        Mention(BO.account, ""),
        ", ",
        PHONE,
        ", ",
        KIM,
        " in ",
        OWNERSHIP,
        ": ",
        Verbatim("a\nb\u202e"),
    )

    assert reason_text(reason) == "for @Anna, @b, @phone, @Kim in #ownership: a b"
    assert reason_text(reason, {BO.account: "Bo Ek"}).startswith("for @Anna, @Bo Ek,")


@pytest.mark.parametrize(
    "command", [OpenForm(), *COMMAND_WORDS, GoAway(""), GoAway("until 3 Jan"), LinkWorkspaces("4K7Q")]
)
def test_every_subcommand_written_out_means_the_same(command):
    assert parse(render(command)) == command


PIECES = st.sampled_from(
    [
        *[
            "@",
            "@kim",
            "@here",
            "#ideas",
            "#Ägarskap",
            "#a-b",
            "#123",
            "#",
            "+20",
            "+5",
            "+",
            "private",
            "and",
            "och",
            "&",
            "Zlatan",
            "Öst",
            "Thanks",
            "Och",
            "Everyone",
        ],
        *[
            ",",
            ":",
            "-",
            "–",
            "…",
            ".",
            "(",
            ")",
            "'s",
            "’",
            ":tada:",
            "undo",
            "?",
            "foo",
            "1",
            "https://x.y/#z",
            "a@b.se",
        ],
        *[
            " ",
            " ",
            " ",
            "\n",
            "\u00a0",
            "\u200d",
            "\u0301",
            "\u0345",
            "İ",
            "ß",
            "ŉ",
            "＃",
            "＠",
            "＋",
            "２",
            "\ufdd0",
            "\ud800",
        ],
        *["❤️", "👩🏽‍🚒", "1️⃣", "\u202e", "ǖ", "#" + "ß" * 40, "_", "->"],
    ]
)
SPACED = st.lists(PIECES).map(lambda pieces: " " + " ".join(pieces) + " ")
TEXTS = st.one_of(SPACED, st.lists(PIECES).map("".join), st.text(st.characters()))
SEGMENTS = st.lists(
    st.one_of(
        st.sampled_from(["private ", "+20 ", " #ideas", " and ", "@kim "]).map(Words),
        TEXTS.map(Words),
        TEXTS.map(Verbatim),
        st.sampled_from([ANNA, BO, PHONE, KIM, OWNERSHIP, PlaceMention("d", "two words"), Words(" ")]),
        TEXTS.map(lambda label: Mention(AccountRef(WORKSPACE, "x"), label)),
        TEXTS.map(lambda label: PlaceMention("e", label)),
    ),
    max_size=12,
)


def understood(typed):
    try:
        return parse(typed)
    except RecognitionError as error:
        assert error.code in {Code.NOBODY_NAMED, Code.POINTS_AMBIGUOUS}  # noqa: PT017 — the other outcome is a command
        return None


@given(
    st.sampled_from([ANNA, PHONE, KIM, Words("@kim")]),
    st.sampled_from([" and ", " och ", " & ", ", AND ", "＆"]),
    st.sampled_from(["Zlatan", "Öst", "O’Brien", "ZL"]),
    SEGMENTS,
)
def test_nobody_named_behind_an_and_is_left_out_whatever_is_said(first, between, name, typed):
    command = understood([first, Words(f"{between}{name} "), *typed])

    if command is not None:
        assert command.receivers[1] == UnknownName(name)


def test_what_is_no_text_says_nothing_about_when_somebody_is_away():
    assert parse([Words("away until "), Verbatim("code"), Words("Friday "), OWNERSHIP]) == GoAway("until Friday")


def test_who_names_somebody_gives_kudos_whatever_the_first_word_is():
    assert isinstance(parse([Words("away "), ANNA, Words(" kept our queue short")]), GiveKudos)


@given(SEGMENTS)
def test_whatever_is_typed_is_understood_or_refused_and_written_out_means_the_same(typed):
    command = understood(typed)

    if command is not None:
        assert parse(render(command)) == command


@given(SEGMENTS)
def test_nothing_that_was_said_of_people_is_lost(typed):
    """Whoever was mentioned is a receiver or in the reason, and everything verbatim or a place is in the reason."""
    command = understood(typed)

    if isinstance(command, GiveKudos):
        kept = {*command.receivers, *command.reason}
        accounts = {each.account for each in kept if isinstance(each, Mention)}
        for each in typed:
            if isinstance(each, Mention):
                assert each.account in accounts
            elif not isinstance(each, Words) and read_reason([each]).reason:
                assert each in kept


@pytest.mark.parametrize(
    "piece",
    [
        "@a",
        "@a ",
        "#a ",
        "#a",
        "+",
        "+1",
        "+1 ",
        "and ",
        ", ",
        "and Xx ",
        ", Xx",
        "Xx ",
        "X" * 9 + ", ",
        ":",
        "-",
        "'",
        "(",
        "a-",
        "@a.",
        "\u0301",
        "❤\u200d",
        "\n",
        "!",
        "…",
        "! ",
    ],
)
def test_endless_repetition_is_read_at_once(piece):
    """Reading takes time in proportion to the length: were it quadratic, these would take minutes."""
    understood(segments(piece * 20_000))
    understood(segments(piece * 60_000 + "a"))
    understood(segments(ANNA, piece * 20_000))
    understood(segments(*[ANNA, piece, OWNERSHIP] * 2_000))
