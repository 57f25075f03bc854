"""What may be given, to whom and with what; and what may be taken back."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.errors import Code, RecognitionError
from bot.identity import AccountRef, KudosId, PersonId, Platform, TeamId, WorkspaceRef
from bot.incoming import GroupMention, Mention, PlaceMention, Verbatim, Words
from bot.people.model import Colleague, Place, Role
from bot.points.model import Behaviour, BehaviourWords, Programme, Serves
from bot.points.rules import next_week_start, week_of, week_start
from bot.ports import Standing
from bot.recognition.commands import Tag
from bot.recognition.model import Kudos
from bot.recognition.rules import (
    check_undo,
    is_supervisor_recognition,
    receiver_place,
    settle_behaviours,
    settle_link,
    settle_points,
    settle_reason,
    settle_receivers,
)

WORKSPACE = WorkspaceRef(Platform.LOCAL, "w")
NOW = datetime(2026, 3, 4, 12, tzinfo=UTC)


def colleague(number, *places, standing=Standing.MEMBER, account=None):
    return Colleague(
        PersonId(UUID(int=number)),
        AccountRef(WORKSPACE, account or f"u{number}"),
        f"Person {number}",
        "en",
        "UTC",
        standing,
        places,
    )


def place(number, role=Role.AGENT):
    return Place(TeamId(UUID(int=number)), f"Team {number}", role)


def refused(code, **params):
    """Expect this refusal, with what its sentence needs."""
    expected = RecognitionError(code, **params)

    def check(error):
        return error.code is expected.code and error.params == expected.params

    return pytest.raises(RecognitionError, check=check)


GIVER = colleague(1)
ANNA = colleague(2)
BO = colleague(3)


class TestReceivers:
    def test_each_receives_once_and_those_named_come_first(self):
        anna_elsewhere = colleague(2, account="other")

        assert settle_receivers(GIVER, [BO, BO], [ANNA, anna_elsewhere, BO]) == (BO, ANNA)

    def test_nobody_is_recognised_by_themselves_whatever_the_account(self):
        with refused(Code.SELF_RECOGNITION, among=1):
            settle_receivers(GIVER, [colleague(1, account="other")], [])
        with refused(Code.SELF_RECOGNITION, among=2):
            settle_receivers(GIVER, [ANNA, colleague(1, account="other")], [])

    @pytest.mark.parametrize(
        ("standing", "code"),
        [
            (Standing.BOT, Code.RECEIVER_IS_BOT),
            (Standing.GUEST, Code.RECEIVER_IS_GUEST),
            (Standing.STRANGER, Code.RECEIVER_IS_GUEST),
            (Standing.LEFT, Code.RECEIVER_HAS_LEFT),
        ],
    )
    def test_who_cannot_be_recognised_is_refused_by_name_but_left_out_of_a_group(self, standing, code):
        other = colleague(9, standing=standing)

        with refused(code, name="Person 9"):
            settle_receivers(GIVER, [ANNA, other], [])
        assert settle_receivers(GIVER, [], [other, ANNA, GIVER]) == (ANNA,)

    def test_a_group_without_anyone_else_is_refused(self):
        with refused(Code.EMPTY_GROUP):
            settle_receivers(GIVER, [], [GIVER])

    def test_twenty_five_receive_and_one_more_is_too_many(self):
        crowd = [colleague(number) for number in range(2, 28)]

        assert len(settle_receivers(GIVER, crowd[:25], crowd[:25])) == 25
        with refused(Code.TOO_MANY_RECEIVERS, count=26, limit=25):
            settle_receivers(GIVER, crowd[:3], crowd)

    @pytest.mark.parametrize("standing", [each for each in Standing if each is not Standing.MEMBER])
    def test_only_members_give(self, standing):
        with refused(Code.GIVER_NOT_MEMBER):
            settle_receivers(colleague(1, standing=standing), [ANNA], [])


def behaviour(code, en, sv):
    return Behaviour(code, Serves.CUSTOMER, {"en": BehaviourWords(en, ""), "sv": BehaviourWords(sv, "")})


PROGRAMME = Programme(
    behaviours=(
        behaviour("ownership", "ownership", "ägarskap"),
        behaviour("extra_mile", "extra-mile", "det-lilla-extra"),
        behaviour("ideas", "ideas", "idéer"),
        behaviour("quality", "quality", "kvalitet"),
        Behaviour("care", Serves.COLLEAGUE, {}),
    )
)


def tags(*names):
    return [Tag(name) for name in names]


class TestBehaviours:
    @pytest.mark.parametrize("written", ["ägarskap", "agarskap", "ownership", "OWNERSHIP"])
    def test_a_tag_is_known_in_every_language_without_accents_or_case(self, written):
        assert settle_behaviours(tags(written), PROGRAMME, "sv") == ("ownership",)

    @pytest.mark.parametrize("written", ["extra_mile", "extra-mile", "extramile", "det-lilla_extra"])
    def test_hyphens_and_underscores_do_not_matter(self, written):
        assert settle_behaviours(tags(written), PROGRAMME, "en") == ("extra_mile",)

    def test_each_counts_once_in_the_order_typed(self):
        assert settle_behaviours(tags("kvalitet", "ideas", "quality"), PROGRAMME, "en") == ("quality", "ideas")

    def test_a_misspelt_tag_shows_the_nearest_in_the_persons_language(self):
        known = ("ägarskap", "det-lilla-extra", "idéer", "kvalitet", "care")

        with refused(Code.UNKNOWN_BEHAVIOUR, tag="ownershp", nearest=("ägarskap",), known=known):
            settle_behaviours(tags("ownershp"), PROGRAMME, "sv")

    def test_an_unlike_tag_shows_the_whole_list_in_english_for_other_languages(self):
        known = ("ownership", "extra-mile", "ideas", "quality", "care")

        with refused(Code.UNKNOWN_BEHAVIOUR, tag="xyz", nearest=(), known=known):
            settle_behaviours(tags("ideas", "xyz"), PROGRAMME, "fi")

    def test_a_channel_that_is_no_behaviour_was_no_tag(self):
        named = [Tag("general", certain=False), Tag("ideas", certain=False)]

        assert settle_behaviours(named, PROGRAMME, "en") == ("ideas",)

    def test_three_behaviours_are_the_most(self):
        three = tags("ownership", "ideas", "quality")

        assert len(settle_behaviours(three, PROGRAMME, "en")) == 3
        with refused(Code.TOO_MANY_BEHAVIOURS, limit=3):
            settle_behaviours([*three, Tag("care")], PROGRAMME, "en")


ANNAS_ACCOUNT = AccountRef(WORKSPACE, "u2")
ANNAS_MENTION = Mention(ANNAS_ACCOUNT, "Anna Svensson Lindqvist")


class TestReason:
    @pytest.mark.parametrize("text", ["took over gladly", "du är bäst", "Verantwortung", "helpfulness!"])
    def test_three_words_or_twelve_letters_pass(self, text):
        if text == "helpfulness!":
            with refused(Code.REASON_TOO_SHORT, words=3, letters=12):
                settle_reason([Words(text)])
        else:
            assert settle_reason([Words(text)]) == text

    @pytest.mark.parametrize("reason", [[], [Words(" \u200b ")], [Verbatim("\n")]])
    def test_no_reason_is_missing(self, reason):
        with refused(Code.REASON_MISSING):
            settle_reason(reason)

    @pytest.mark.parametrize(
        "reason",
        [
            [Words("🎉🎉🎉 🙌 :tada: :clap: :heart:")],
            [Words("thanks "), ANNAS_MENTION],
            [Words("#ownership #quality #helpfulness")],
            [PlaceMention("c", "a-rather-long-channel-name"), GroupMention("g", "the whole phone team")],
            [Verbatim("https://example.com/something/long")],
        ],
    )
    def test_names_tags_emoji_and_links_are_no_reason(self, reason):
        with refused(Code.REASON_TOO_SHORT, words=3, letters=12):
            settle_reason(reason)

    def test_five_hundred_characters_are_the_most(self):
        assert len(settle_reason([Words("a" * 500)])) == 500
        with refused(Code.REASON_TOO_LONG, length=501, limit=500):
            settle_reason([Words("a" * 501)])

    def test_people_are_called_by_the_names_we_know(self):
        reason = [Words("helped "), Mention(ANNAS_ACCOUNT, ""), Words(" with a hard call")]

        assert settle_reason(reason, {ANNAS_ACCOUNT: "Anna S"}) == "helped @Anna S with a hard call"


class TestPoints:
    @pytest.mark.parametrize(("asked", "given"), [(None, 10), (5, 5), (25, 25)])
    def test_points_within_bounds_or_the_default(self, asked, given):
        assert settle_points(asked, Programme()) == given

    @pytest.mark.parametrize("asked", [0, 4, 26, 999_999])
    def test_points_out_of_bounds_are_refused(self, asked):
        with refused(Code.POINTS_OUT_OF_BOUNDS, least=5, most=25):
            settle_points(asked, Programme())


class TestLink:
    @pytest.mark.parametrize("link", ["https://acme.slack.com/archives/C1/p1?x=1#y", "https://exämple.se:8443/å"])
    def test_https_links_are_taken_as_they_are(self, link):
        assert settle_link(f" {link} ") == link

    @pytest.mark.parametrize("nothing", [None, "", "  "])
    def test_no_link_is_no_link(self, nothing):
        assert settle_link(nothing) is None

    @pytest.mark.parametrize(
        "link",
        [
            "http://example.com",
            "javascript:alert(1)",
            "https://",
            "https://[::1",
            "https://example.com:99999/",
            "https://bank.example@evil.example/",
            "https://example.com/a b",
            "https://example.com/<!channel>",
            "https://example.com/\u202egpj",
            "example.com",
            "https://example.com/" + "a" * 500,
        ],
    )
    def test_anything_else_is_refused(self, link):
        with refused(Code.LINK_INVALID):
            settle_link(link)

    @given(st.text())
    def test_no_text_breaks_it(self, text):
        try:
            settle_link("https://" + text)
        except RecognitionError as error:
            assert error.code is Code.LINK_INVALID  # noqa: PT017 — the other outcome, a link, is as good


class TestTeams:
    def test_recognition_by_a_supervisor_of_the_receivers_team_is_supervisor_recognition(self):
        boss = colleague(1, place(1, Role.SUPERVISOR), place(2))

        assert is_supervisor_recognition(boss, colleague(2, place(1)))
        assert not is_supervisor_recognition(boss, colleague(2, place(2)))
        assert not is_supervisor_recognition(boss, colleague(2))

    def test_a_shared_team_comes_first_then_the_first_as_agent_then_any(self):
        giver = colleague(1, place(3))
        supervises, works, shared = place(1, Role.SUPERVISOR), place(2), place(3, Role.SUPERVISOR)

        assert receiver_place(giver, colleague(2, supervises, works, shared)) == shared
        assert receiver_place(giver, colleague(2, supervises, works, place(4))) == works
        assert receiver_place(giver, colleague(2, supervises)) == supervises
        assert receiver_place(giver, colleague(2)) is None


def kudos(at=NOW, undone_at=None):
    return Kudos(KudosId(UUID(int=7)), GIVER.person, (), "reason", None, (), 10, False, at, date(2026, 3, 2), undone_at)


class TestUndo:
    def test_the_giver_may_undo_for_a_day(self):
        check_undo(kudos(), GIVER.person, NOW + timedelta(hours=24))
        with refused(Code.UNDO_TOO_LATE, hours=24):
            check_undo(kudos(), GIVER.person, NOW + timedelta(hours=24, seconds=1))

    def test_nobody_else_may(self):
        with refused(Code.NOT_YOUR_KUDOS):
            check_undo(kudos(undone_at=NOW), ANNA.person, NOW)

    def test_once_is_enough_however_late(self):
        with refused(Code.ALREADY_UNDONE, latest=False):
            check_undo(kudos(undone_at=NOW), GIVER.person, NOW + timedelta(days=9))


class TestWeeks:
    @pytest.mark.parametrize(
        ("now", "timezone", "monday"),
        [
            ("2026-03-01T23:30+00:00", "Europe/Stockholm", "2026-03-02"),
            ("2026-03-01T22:30+00:00", "Europe/Stockholm", "2026-02-23"),
            ("2026-03-01T18:30+00:00", "Asia/Kolkata", "2026-03-02"),
            ("2026-03-02T04:59+00:00", "America/New_York", "2026-02-23"),
            ("2026-03-02T00:00+00:00", "Nowhere/Land", "2026-03-02"),
            ("2026-03-01T23:59+00:00", "", "2026-02-23"),
            ("2026-12-31T12:00+00:00", "UTC", "2026-12-28"),
        ],
    )
    def test_a_week_is_the_one_on_the_persons_wall(self, now, timezone, monday):
        assert week_of(datetime.fromisoformat(now), timezone) == date.fromisoformat(monday)

    @pytest.mark.parametrize(
        ("week", "timezone", "begins", "next_begins"),
        [
            # Clocks go forward on 29 March and back on 25 October.
            ("2026-03-23", "Europe/Stockholm", "2026-03-22T23:00+00:00", "2026-03-29T22:00+00:00"),
            ("2026-10-19", "Europe/Stockholm", "2026-10-18T22:00+00:00", "2026-10-25T23:00+00:00"),
            ("2026-03-02", "Australia/Adelaide", "2026-03-01T13:30+00:00", "2026-03-08T13:30+00:00"),
            ("2026-03-02", "../etc/passwd", "2026-03-02T00:00+00:00", "2026-03-09T00:00+00:00"),
        ],
    )
    def test_it_begins_at_local_midnight_across_clock_changes(self, week, timezone, begins, next_begins):
        monday = date.fromisoformat(week)

        assert week_start(monday, timezone) == datetime.fromisoformat(begins)
        assert next_week_start(monday, timezone) == datetime.fromisoformat(next_begins)

    @given(
        st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001 — Hypothesis wants naive bounds
        st.sampled_from(["Europe/Stockholm", "Asia/Beirut", "America/Havana", "Pacific/Apia", "Asia/Kathmandu", "?"]),
    )
    def test_every_moment_lies_in_its_week(self, now, timezone):
        week = week_of(now, timezone)

        assert week.weekday() == 0
        assert week_start(week, timezone) <= now < next_week_start(week, timezone)
