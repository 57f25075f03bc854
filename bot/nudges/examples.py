"""Examples of everything that supervisors are shown of nudges, for the gallery."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Final
from uuid import UUID

from bot.i18n import Translator, zone_of
from bot.identity import AccountRef, KudosId, NudgeId, PersonId, TeamId
from bot.nudges import words
from bot.nudges.forms import away_form, settings_form
from bot.nudges.model import Evidence, Nudge, Reply, Report, Situation, TeamState
from bot.nudges.rules import look, quiet_teams
from bot.nudges.words import Overview, Told
from bot.people.model import Colleague
from bot.teams.model import WEEKDAYS, NudgeHabit, NudgeWishes
from bot.view.form import Form
from bot.view.message import Message

_NOW: Final = datetime(2026, 11, 18, 8, 30, tzinfo=UTC)
_TODAY: Final = _NOW.date()
_DAY: Final = timedelta(days=1)
_TIMEZONE: Final = "Europe/Stockholm"
_ZONE: Final = zone_of(_TIMEZONE)
_SUPERVISOR: Final = PersonId(UUID(int=99))
_TEAM: Final = TeamId(UUID(int=1))


def messages(t: Translator, people: tuple[Colleague, Colleague, Colleague]) -> Mapping[str, Message]:
    """Give an example of every message, about these people."""
    _, waiting, other = people
    one, two, three = (
        _told(t, each, days) for each, days in zip((waiting, other, people[0]), (35, 21, 14), strict=True)
    )
    said = replace(one, evidence=_evidence(t, other.name))
    team = Told(replace(one.nudge, person=None, days=16))

    def shown(*parts: Told) -> Message:
        return words.nudge(t, parts, _TODAY, _ZONE, "/kudos")

    def answered(part: Told, reply: Reply, until: date | None = None) -> Told:
        return replace(part, nudge=replace(part.nudge, reply=reply, until=until))

    return {
        "nudge": shown(said),
        "nudge_about_three": shown(said, two, three),
        "nudge_about_a_team": shown(team, one),
        "nudge_recognised": shown(answered(said, Reply.RECOGNISED)),
        "nudge_answered_in_part": shown(
            answered(team, Reply.RECOGNISED),
            answered(said, Reply.SNOOZED, _TODAY + 6 * _DAY),
            answered(two, Reply.AWAY, date(2027, 1, 3)),
            answered(three, Reply.NOT_ON_TEAM),
            replace(said, nudge=replace(said.nudge, name="Sara Holm")),
        ),
        "nudge_answered": words.answered(t, one.nudge, date(2027, 1, 3), _TODAY),
        "nudges_due": words.due(t, _overview(t, people), _ZONE),
        "nudges_due_to_nobody": words.due(
            t, Overview((), (), NudgeWishes(NudgeHabit.OFF), None, _TIMEZONE, _TODAY), _ZONE
        ),
    }


def forms(t: Translator, person: Colleague) -> Mapping[str, Form]:
    """Give an example of every form."""
    return {
        "form_nudge_away": away_form(t, _told(t, person, 14).nudge),
        "form_nudge_settings": settings_form(t, NudgeWishes()),
    }


def _told(t: Translator, colleague: Colleague, days: int) -> Told:
    nudge = Nudge(
        NudgeId(UUID(int=days)),
        _SUPERVISOR,
        colleague.person,
        _TEAM,
        "nudge:1:2026-11-18",
        days,
        _NOW,
        name=colleague.name,
        team_name=t("Phone"),
    )
    return Told(nudge, AccountRef(colleague.account.workspace, colleague.account.id))


def _evidence(t: Translator, giver: str) -> tuple[Evidence, ...]:
    link = "https://example.slack.com/archives/C1/p1"
    return (
        Evidence(
            KudosId(UUID(int=1)),
            giver,
            t("stayed with a caller for an hour, until the refund was really on its way"),
            link,
            _NOW - 2 * _DAY,
        ),
        Evidence(
            KudosId(UUID(int=2)),
            "Sara Holm",
            t("took my late shift when my son was ill, without being asked twice"),
            None,
            _NOW - 9 * _DAY,
        ),
    )


def _overview(t: Translator, people: tuple[Colleague, Colleague, Colleague]) -> Overview:
    def report(number: int, name: str, days: int) -> Report:
        return Report(
            person=PersonId(UUID(int=number)),
            name=name,
            team=_TEAM,
            team_name=t("Phone"),
            since=_NOW - 400 * _DAY,
            nudge_days=14,
            last_by_supervisor=_NOW - days * _DAY,
            last_by_anyone=None,
            last_nudged=None,
            snoozed_until=None,
            away_until=None,
            has_left=False,
        )

    first, second, third = (each.name for each in people)
    reports = (
        report(1, first, 35),
        report(2, second, 16),
        replace(report(3, third, 21), last_nudged=_NOW - _DAY),
        replace(report(4, "Sara Holm", 18), snoozed_until=_NOW + 5 * _DAY),
        replace(report(5, "Nils Dahl", 15), away_until=_TODAY + 9 * _DAY),
        *(report(number, "", 3) for number in range(6, 12)),
    )
    team = TeamState(_TEAM, t("Phone"), 14, WEEKDAYS, _NOW - 400 * _DAY, _NOW - 16 * _DAY, None)
    situation = Situation(_SUPERVISOR, _TIMEZONE, NudgeWishes(), away=False, reports=reports, teams=(team,))
    return Overview(
        tuple(quiet_teams(situation, _NOW)), tuple(look(situation, _NOW)), NudgeWishes(), _NOW + _DAY, _TIMEZONE, _TODAY
    )
