"""One example of every message and form, for the gallery, the documentation's pictures and the renderers' tests."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final
from uuid import UUID

from bot.digests import words as digests_words
from bot.digests.model import Coverage, Recognised, TeamWeek, WeekCount
from bot.digests.rules import WEEKS
from bot.errors import Code, RecognitionError
from bot.hygiene import REASON_LIMIT
from bot.i18n import Translator, translator, zone_of
from bot.identity import AccountRef, ConversationRef, KudosId, OrganisationId, PersonId, Platform, TeamId, WorkspaceRef
from bot.incoming import Manner, Mention
from bot.linking import words as linking_words
from bot.linking.model import Joined, Preview, Side
from bot.linking.service import Given, Looked
from bot.nudges import examples as nudges_examples
from bot.people.model import Colleague, Role
from bot.points import words as points_words
from bot.points.behaviours import default_behaviours
from bot.points.model import MAX_RECEIVERS, Programme, Ranked, Tally
from bot.points.service import Mine
from bot.points.words import named
from bot.ports import Standing
from bot.recognition import help_words, words
from bot.recognition.forms import GiveState, give_form
from bot.recognition.model import TeamKudos
from bot.recognition.rules import MAX_BEHAVIOURS
from bot.recognition.words import Audience, Receipted, Told
from bot.refusals import refusal
from bot.teams import words as teams_words
from bot.teams.forms import MOST_LISTED, set_up_form
from bot.teams.model import Member, MembersFrom, ServiceChannel, Team, TeamSettings
from bot.teams.service import SetUp
from bot.view.codec import pack
from bot.view.form import Form
from bot.view.message import Message

_WORKSPACE: Final = WorkspaceRef(Platform.LOCAL, "gallery")
_NOW: Final = datetime(2026, 11, 18, 13, 5, tzinfo=UTC)
_MONDAY: Final = datetime(2026, 11, 22, 23, 0, tzinfo=UTC)
_NEW_YEAR: Final = date(2027, 1, 3)
_ZONE: Final = zone_of("Europe/Stockholm")
_KUDOS: Final = KudosId(UUID(int=1))
_TEAM_ID: Final = TeamId(UUID(int=1))
_PROGRAMME: Final = Programme(behaviours=default_behaviours())


def _someone(number: int, name: str) -> Colleague:
    account = AccountRef(_WORKSPACE, f"U{number}")
    return Colleague(PersonId(UUID(int=number)), account, name, "", "Europe/Stockholm", Standing.MEMBER)


_MAJA: Final = _someone(1, "Maja Lindqvist")
_ANNA: Final = _someone(2, "Anna Ek")
_BO: Final = _someone(3, "Bo Wolfeschlegelsteinhausenbergerdorff-Andersson")


NAMES: Final[Mapping[str, str]] = {one.account.id: one.name for one in (_MAJA, _ANNA, _BO)}
"""The names of the examples' people, by account id: for forms in which they are chosen already."""


def examples(locale: str) -> Mapping[str, Message | Form]:
    """Give every example in a language, by a name that says what it shows."""
    t = translator(locale)
    return {
        **_kudos(t),
        **_reading(t),
        **_asking(t),
        **_teams(t),
        **_digests(t),
        **_nudges(t),
        **_linking(t),
        **_forms(t),
    }


def _told(t: Translator, *receivers: Colleague, private: bool = False, by_supervisor: bool = False) -> Told:
    tags = tuple(each.tag for each in named(t, _PROGRAMME, ("ownership",)))
    reason = t("stayed with a caller for an hour, until the refund was really on its way")
    link = "https://example.slack.com/archives/C1/p1" if by_supervisor else None
    return Told(_MAJA, receivers, reason, link, tags, 10, private, by_supervisor)


def _kudos(t: Translator) -> dict[str, Message]:
    one, two = _told(t, _ANNA), _told(t, _ANNA, _BO, by_supervisor=True)
    secret = _told(t, _ANNA, private=True)

    def receipt(told: Told, audience: Audience, *, again: bool = False) -> Message:
        return words.receipt(t, told, Receipted(_KUDOS, audience, 90, 100, _MONDAY, again), _ZONE)

    return {
        "shout_out": words.shout_out(t, one),
        "shout_out_by_supervisor": words.shout_out(t, two),
        "receiver_note": words.receiver_note(t, one, _ANNA),
        "receiver_note_of_several": words.receiver_note(t, two, _ANNA),
        "receiver_note_private": words.receiver_note(t, secret, _ANNA),
        "receipt": receipt(one, Audience.TEAM),
        "receipt_here": receipt(two, Audience.HERE),
        "receipt_alone": receipt(one, Audience.ALONE),
        "receipt_cannot_post": receipt(two, Audience.NOBODY),
        "receipt_private": receipt(secret, Audience.PRIVATE),
        "receipt_again": receipt(one, Audience.TEAM, again=True),
        "undone": words.undone(t, 100, 100),
        "undone_by_typing": words.undone(t, 100, 100, one.reason),
        "undone_of_an_earlier_week": words.undone(t, None, 100),
        "withdrawn": words.withdrawn(t),
    }


def _reading(t: Translator) -> dict[str, Message]:
    figures = Mine(Tally(340, 24, 31, 2, 3, 30), 100)
    reason = t("stayed with a caller for an hour, until the refund was really on its way")
    week = [
        TeamKudos(_KUDOS, _MAJA.name, (_ANNA.name, _BO.name), reason, by_supervisor=True, at=_NOW),
        TeamKudos(_KUDOS, _BO.name, (_MAJA.name,), reason, by_supervisor=False, at=_NOW),
    ]
    ranked = [Ranked(_ANNA.person, _ANNA.name, 340), Ranked(_BO.person, _BO.name, 290)]
    return {
        "mine": points_words.mine(t, figures, _MONDAY, _ZONE),
        "team_week": words.team_week(t, t("Phone"), week, _ZONE),
        "team_week_quiet": words.team_week(t, t("Phone"), [], _ZONE),
        "board": points_words.board(t, ranked),
        "board_empty": points_words.board(t, []),
        "behaviours": points_words.behaviours(t, _PROGRAMME, "/kudos"),
        "help": help_words.help_message(t, "/kudos"),
        "help_where_mentioned": help_words.help_message(t, "/kudos", Manner.MENTION),
        "help_alone": help_words.help_message(t, "/kudos", Manner.ALONE),
        "greeting": help_words.greeting(t, "/kudos"),
        "hello": help_words.hello(t, "/kudos"),
        "help_for_an_administrator": help_words.help_message(t, "/kudos", admin=True),
    }


def _asking(t: Translator) -> dict[str, Message]:
    candidates = [
        (Mention(_ANNA.account, f"Anna Ek · {t('Phone')}"), "1"),
        (Mention(_MAJA.account, "Anna Berg"), "2"),
    ]
    reason = t("stayed with a caller for an hour, until the refund was really on its way")
    tags = {"nearest": (t("ownership"),)}
    refusals = {
        f"refusal_{code.value}": refusal(
            t, RecognitionError(code, **{**_PARAMS, **tags, **_LIMITS.get(code, {})}), _ZONE, "/kudos"
        )
        for code in Code
    }
    return {
        "choice": words.choice(t, "Anna", candidates, more=True),
        "choice_of_one": words.choice(t, "Anna", candidates[1:], more=False, reason=reason),
        "fault": words.fault(t, "A1B2C3"),
        "out_of_reach": words.out_of_reach(t),
        "no_home_where_mentioned": refusal(t, RecognitionError(Code.NO_HOME, mention=True), _ZONE, "/kudos"),
        **_asking_where_mentioned(t),
        **refusals,
    }


def _asking_where_mentioned(t: Translator) -> dict[str, Message]:
    unknown = RecognitionError(Code.UNKNOWN_PERSON, name="Zebulon Ek")
    nobody = RecognitionError(Code.NOBODY_NAMED)
    return {
        "nobody_named_where_mentioned": refusal(t, nobody, _ZONE, "/kudos", Manner.MENTION),
        "nobody_named_alone": refusal(t, nobody, _ZONE, "/kudos", Manner.ALONE),
        "unknown_person_alone": refusal(t, unknown, _ZONE, "/kudos", Manner.ALONE),
    }


def _teams(t: Translator) -> dict[str, Message]:
    settings = TeamSettings(t("Phone"), "Europe/Stockholm", t.language, ServiceChannel.PHONE)
    home = ConversationRef(_WORKSPACE, "C1")
    supervisor, *agents = (
        Member(each.person, each.name, "", role, _NOW)
        for each, role in ((_MAJA, Role.SUPERVISOR), (_ANNA, Role.AGENT), (_BO, Role.AGENT))
    )

    def set_up(next_digest: datetime | None, **changed: Any) -> Message:
        team = Team(TeamId(UUID(int=1)), replace(settings, **changed), (home,), _MAJA.person)
        done = SetUp(team, (supervisor,), tuple(agents), next_digest, is_new=not changed)
        return teams_words.set_up(t, done, "/kudos", _ZONE)

    return {
        "team_set_up": set_up(_MONDAY + timedelta(hours=9), members_from=MembersFrom.CHANNEL),
        "team_set_up_without_digest": set_up(
            None, digest_day=None, working_days=frozenset({5, 6, 7}), members_from=MembersFrom.GROUP
        ),
        "team_set_up_new": set_up(_MONDAY + timedelta(hours=9)),
        "absence": teams_words.away(t, _NEW_YEAR, _NOW.date()),
        "absence_none": teams_words.not_away(t, "/kudos", _NOW.date()),
        "absence_over": teams_words.back(t, was_away=True),
        "absence_over_before": teams_words.back(t, was_away=False),
    }


def _linking(t: Translator) -> dict[str, Message]:
    here = Side("Norra Telefon", 84, (t("Phone"), t("Chat")))
    there = Side("Norra Handel", 31, (t("E-mail"), t("Chat")))
    small = Preview(Side("Norra Handel", 1, ()), Side("Norra Telefon", 2, ()), ())
    organisation = OrganisationId(UUID(int=1))
    renamed = ((t("Chat"), f"{t('Chat')} (Norra Telefon)"),)

    def preview(shown: Preview, programme: Programme = _PROGRAMME) -> Message:
        return linking_words.preview(t, Looked("4K7QX9M2PT6D", organisation, shown, programme))

    return {
        "link_code": linking_words.code(t, Given("4K7QX9M2PT6D", _NOW + timedelta(minutes=30)), _ZONE, "/kudos"),
        "link_preview": preview(Preview(there, here, _COLLEAGUES, renamed)),
        "link_preview_nobody_in_common": preview(small, Programme()),
        "link_joined": linking_words.joined(t, Joined("Norra Handel", 14)),
        "link_joined_with_a_new_name": linking_words.joined(t, Joined("Norra Handel", 14, renamed)),
        "link_joined_nobody_in_common": linking_words.joined(t, Joined("Norra Handel", 0)),
        "link_joined_before": linking_words.joined(t, None),
        "link_left": linking_words.left(t),
    }


_COLLEAGUES: Final = (
    *("Anna Ek", "Maja Lindqvist", "Bo Åkesson", "Fatima Noor", "Leo Berg", "Sara Holm", "Iris Vik"),
    *("Omar Haddad", "Nils Dahl", "Tove Kjær", "Ravi Nair", "Elsa Falk", "Jonas Rask", "Mina Sand"),
)


def week_of_kudos(t: Translator, kudos: int) -> TeamWeek:
    """Give an example of a team's week with so many kudos."""
    reasons = (
        t("stayed with a caller for an hour, until the refund was really on its way"),
        t("took my late shift when my son was ill, without being asked twice"),
        t("wrote down how the new returns work, so that none of us has to guess"),
        t("calmed a caller who had been passed around four times, and then sorted it"),
        t("noticed that the price list was wrong before a single customer did"),
    )
    people = [(PersonId(UUID(int=number)), name) for number, name in enumerate(_COLLEAGUES, 1)]
    codes = [each.code for each in _PROGRAMME.behaviours]
    recognised = tuple(
        Recognised(
            kudos=KudosId(UUID(int=number)),
            giver=people[(number * 3 + 4 + number % 5) % len(people)][0],
            giver_name=people[(number * 3 + 4 + number % 5) % len(people)][1],
            receivers=tuple(people[(number * 3 + each) % len(people)] for each in range(1 + (number % 9 == 1))),
            reason=reasons[number % len(reasons)],
            link=None,
            behaviours=(codes[number % 3],),
            by_supervisor=number % 7 == 1,
            at=_NOW + timedelta(hours=number),
        )
        for number in range(kudos)
    )
    # A supervisor's, so that it is seen to be one however few there are.
    recognised = tuple(replace(each, by_supervisor=each.by_supervisor or not at) for at, each in enumerate(recognised))
    before = (4, 7, 0, 5, 9, 6, 8)
    monday = _MONDAY.astimezone(_ZONE).date()
    begins = [monday - timedelta(weeks=back) for back in range(WEEKS, 0, -1)]
    weeks = tuple(WeekCount(*each) for each in zip(begins, (*before, kudos), strict=True))
    return TeamWeek(recognised, 0 if kudos == 1 else 2, Coverage(11, 14), weeks)


def _digests(t: Translator) -> dict[str, Message]:
    def told(kudos: int) -> digests_words.Told:
        return digests_words.digest(t, t("Phone"), week_of_kudos(t, kudos), _PROGRAMME)

    at = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
    clocks = digests_words.Clocks(_ZONE, zone_of("Europe/London"))
    plan = digests_words.Plan(_TEAM_ID, at + timedelta(days=1), at + timedelta(days=7), at + timedelta(days=2), at)
    return {
        "digest_quiet": told(0).message,
        "digest_of_one": told(1).message,
        "digest_of_three": told(3).message,
        "digest_long": told(60).message,
        "digest_thread": told(60).thread[0],
        "digest_preview": digests_words.preview(t, told(3), None, clocks),
        "digest_preview_for_a_supervisor": digests_words.preview(t, told(1), plan, clocks),
        "digest_planned": digests_words.planned(t, None, plan, clocks),
        "digest_skipped": digests_words.planned(t, digests_words.Action.SKIP, plan, clocks),
        "digest_postponed": digests_words.planned(t, digests_words.Action.LATER, plan, clocks),
        "digest_at_its_usual_time": digests_words.planned(t, digests_words.Action.USUAL, plan, clocks),
    }


def _nudges(t: Translator) -> Mapping[str, Message]:
    return nudges_examples.messages(t, (_MAJA, _ANNA, _BO))


_PARAMS: Final[Mapping[str, object]] = {
    "name": "Anna",
    "count": 31,
    "least": 5,
    "most": 25,
    "cost": 20,
    "left": 10,
    "refills": _MONDAY,
    "words": 3,
    "letters": 12,
    "length": 640,
    "hours": 24,
    "written": "25:99",
    "tag": "onership",
    "whom": (_MAJA.name,),
    "begin": "08:00",
    "end": "18:00",
}

_LIMITS: Final[Mapping[Code, Mapping[str, object]]] = {
    Code.TOO_MANY_RECEIVERS: {"limit": MAX_RECEIVERS},
    Code.DATE_UNCLEAR: {"example": _NOW.date()},
    Code.TOO_MANY_BEHAVIOURS: {"limit": MAX_BEHAVIOURS},
    Code.REASON_TOO_LONG: {"limit": REASON_LIMIT},
}


def _forms(t: Translator) -> dict[str, Form]:
    about = GiveState("https://example.slack.com/archives/C1/p1")
    settings = TeamSettings(t("Phone"), "Europe/Stockholm", t.language, ServiceChannel.PHONE, group="S1")
    return {
        "form_team": set_up_form(t, settings, (_MAJA.account,), (_ANNA.account, _BO.account)),
        "form_team_new": set_up_form(t, TeamSettings("", "Europe/Stockholm", t.language), (_MAJA.account,)),
        "form_team_without_groups": set_up_form(
            t, replace(settings, group=None), (_MAJA.account,), (_ANNA.account, _BO.account), groups=False
        ),
        "form_team_long_list": set_up_form(
            t, settings, (_MAJA.account,), tuple(AccountRef(_WORKSPACE, f"U{n}") for n in range(1, MOST_LISTED + 20))
        ),
        **nudges_examples.forms(t, _ANNA),
        "form_give": give_form(t, _PROGRAMME, pack(GiveState())),
        "form_give_about": give_form(t, _PROGRAMME, pack(about), receivers=(_ANNA.account,), about=True),
    }
