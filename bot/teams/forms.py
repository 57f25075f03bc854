"""The form that sets a team up, and what comes back in it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import time
from enum import StrEnum
from typing import Final, TypeVar, assert_never

from msgspec import Struct

from bot.errors import Code, FormError, RecognitionError
from bot.hygiene import clean
from bot.i18n import LANGUAGES, Translator
from bot.identity import AccountRef
from bot.incoming import FormSubmitted
from bot.teams.dates import time_meant
from bot.teams.model import (
    NUDGE_DAYS_LEAST,
    NUDGE_DAYS_MOST,
    MembersFrom,
    ServiceChannel,
    TeamSettings,
)
from bot.teams.rules import NAME_LIMIT, nudge_days_of, on_the_clock, team_name_of
from bot.teams.zones import zone_meant
from bot.view.codec import UnreadableViewError, pack, unpack
from bot.view.form import ChoiceField, Form, Option, PeopleField, TextField

SET_UP: Final = "team"

MOST_SUPERVISORS: Final = 25
MOST_LISTED: Final = 100
"""People who can be picked in a form. Larger teams follow a channel or a group, or come from a file."""

NO_DIGEST: Final = "none"

_WEEK: Final = range(1, 8)

ReadT = TypeVar("ReadT")


class Named(StrEnum):
    """The form's fields."""

    NAME = "name"
    SUPERVISORS = "supervisors"
    MEMBERS_FROM = "members_from"
    MEMBERS = "members"
    GROUP = "group"
    SERVICE_CHANNEL = "service_channel"
    TIME_ZONE = "time_zone"
    WORKING_DAYS = "working_days"
    DIGEST_DAY = "digest_day"
    DIGEST_TIME = "digest_time"
    NUDGE_DAYS = "nudge_days"
    LANGUAGE = "language"


class SetUpState(Struct, frozen=True):
    """What the form carries along.

    `unlisted` says that the team's list is too long for the form: with nobody picked, it stays. `group` is the id of
    the user group that it follows now.
    """

    unlisted: bool = False
    group: str | None = None


@dataclass(frozen=True, slots=True)
class Filled:
    """The form as it was filled in. `settings.group` is that of before; `group` is what was typed for another.

    `members` of None leaves the list as it is.
    """

    settings: TeamSettings
    supervisors: tuple[AccountRef, ...]
    members: tuple[AccountRef, ...] | None
    group: str


def set_up_form(
    t: Translator,
    settings: TeamSettings,
    supervisors: tuple[AccountRef, ...],
    members: tuple[AccountRef, ...] = (),
    *,
    groups: bool = True,
) -> Form:
    """Draw the form, filled in with how things stand or, for a new team, with what suits whoever sets it up.

    Without `groups`, where the platform has no user groups, a team can only keep one that it follows elsewhere.
    """
    unlisted = len(members) > MOST_LISTED
    state = SetUpState(unlisted=unlisted, group=settings.group)
    return Form(
        name=SET_UP,
        title=t("This channel's team"),
        submit=t("Save"),
        cancel=t("Cancel"),
        lacking=t("Fill this in."),
        state=pack(state),
        fields=(
            TextField(Named.NAME, t("Name"), NAME_LIMIT, settings.name, placeholder=t("Phone, evenings")),
            _supervisors(t, supervisors),
            _members_from(t, settings, groups=groups),
            _members(t, members, unlisted=unlisted),
            *((_group(t, settings),) if groups else ()),
            *_customers_and_clock(t, settings),
            *_rhythm(t, settings),
            _language(t, settings),
        ),
    )


def _supervisors(t: Translator, supervisors: tuple[AccountRef, ...]) -> PeopleField:
    told = t("They are told, privately, whom they have not recognised for a while.")
    return PeopleField(Named.SUPERVISORS, t("Supervisors"), supervisors, told, MOST_SUPERVISORS)


def _members_from(t: Translator, settings: TeamSettings, *, groups: bool) -> ChoiceField:
    options = (
        Option(MembersFrom.CHANNEL, t("This channel's people"), t("Kept in step as they join and leave.")),
        Option(MembersFrom.LIST, t("A fixed list"), t("Those you pick below.")),
        Option(MembersFrom.GROUP, t("A user group"), t("Kept in step within a few hours.")),
    )
    follows = groups or settings.members_from is MembersFrom.GROUP
    return ChoiceField(
        Named.MEMBERS_FROM,
        t("Members"),
        tuple(each for each in options if follows or each.value != MembersFrom.GROUP),
        (settings.members_from,),
    )


def _group(t: Translator, settings: TeamSettings) -> TextField:
    return TextField(
        Named.GROUP,
        t("User group, if members follow one"),
        NAME_LIMIT,
        hint=t("Its handle. Leave it empty to keep the group it follows now.") if settings.group else "",
        placeholder=t("@phone-team"),
        required=False,
    )


def _members(t: Translator, members: tuple[AccountRef, ...], *, unlisted: bool) -> PeopleField:
    keep = t.many(
        "The list has {n} person. Leave this empty to keep it.",
        "The list has {n} people. Leave this empty to keep it.",
        len(members),
    )
    return PeopleField(
        Named.MEMBERS,
        t("Members, for a fixed list"),
        () if unlisted else members,
        keep if unlisted else "",
        MOST_LISTED,
        required=False,
    )


def _customers_and_clock(t: Translator, settings: TeamSettings) -> tuple[ChoiceField, TextField]:
    like = t("Like Europe/Stockholm, or just Sweden.")
    return (
        ChoiceField(
            Named.SERVICE_CHANNEL,
            t("Service channel"),
            tuple(Option(each, service_channel(t, each)) for each in ServiceChannel),
            (settings.service_channel,),
            t("How customers reach the team."),
        ),
        TextField(Named.TIME_ZONE, t("Time zone"), NAME_LIMIT, settings.timezone, like),
    )


def _rhythm(t: Translator, settings: TeamSettings) -> tuple[ChoiceField | TextField, ...]:
    days = tuple(Option(str(day), t.weekday(day).capitalize()) for day in _WEEK)
    nudged = t(
        "How long somebody may go unrecognised before a supervisor is told: {least} to {most} days.",
        least=NUDGE_DAYS_LEAST,
        most=NUDGE_DAYS_MOST,
    )
    return (
        ChoiceField(
            Named.WORKING_DAYS,
            t("Working days"),
            days,
            tuple(str(day) for day in sorted(settings.working_days)),
            multiple=True,
        ),
        ChoiceField(
            Named.DIGEST_DAY,
            t("Day of the weekly digest"),
            (Option(NO_DIGEST, t("No digest")), *days),
            (str(settings.digest_day or NO_DIGEST),),
        ),
        TextField(Named.DIGEST_TIME, t("Time of the digest"), len("00:00 a.m."), on_the_clock(settings.digest_time)),
        TextField(Named.NUDGE_DAYS, t("Nudge after days"), 2, str(settings.nudge_days), nudged),
    )


def _language(t: Translator, settings: TeamSettings) -> ChoiceField:
    return ChoiceField(
        Named.LANGUAGE,
        t("Language of the digest"),
        tuple(Option(each, language(t, each)) for each in LANGUAGES),
        (settings.language,),
    )


def filled_in(submitted: FormSubmitted) -> Filled:
    """Read the form.

    Raises FormError with every field that cannot be read or lacks something, and RecognitionError STALE_BUTTON for a
    form of another release.
    """
    try:
        return _read(submitted, unpack(submitted.state, SetUpState))
    except (UnreadableViewError, ValueError, IndexError) as error:
        # A state or values that this release's form does not have.
        raise RecognitionError(Code.STALE_BUTTON) from error


def _read(submitted: FormSubmitted, state: SetUpState) -> Filled:
    problems: dict[str, RecognitionError] = {}

    def text(field: Named, read: Callable[[str], ReadT], otherwise: ReadT) -> ReadT:
        try:
            return read(submitted.texts.get(field, ""))
        except RecognitionError as error:
            problems[field] = error
            return otherwise

    settings = TeamSettings(
        name=text(Named.NAME, team_name_of, ""),
        timezone=text(Named.TIME_ZONE, zone_meant, ""),
        language=_one(submitted, Named.LANGUAGE),
        service_channel=ServiceChannel(_one(submitted, Named.SERVICE_CHANNEL)),
        working_days=frozenset(int(day) for day in submitted.choices.get(Named.WORKING_DAYS, ())),
        digest_day=_digest_day(_one(submitted, Named.DIGEST_DAY)),
        digest_time=text(Named.DIGEST_TIME, time_meant, time()),
        nudge_days=text(Named.NUDGE_DAYS, nudge_days_of, 0),
        members_from=MembersFrom(_one(submitted, Named.MEMBERS_FROM)),
        group=state.group,
    )
    members = submitted.people.get(Named.MEMBERS, ())
    filled = Filled(
        settings=settings,
        supervisors=submitted.people.get(Named.SUPERVISORS, ()),
        members=None if state.unlisted and not members else members,
        group=clean(submitted.texts.get(Named.GROUP, ""), NAME_LIMIT),
    )
    problems |= _lacking(filled)
    if problems:
        raise FormError(problems)
    return filled


def _lacking(filled: Filled) -> dict[str, RecognitionError]:
    """Say what else each field needs, given the others."""
    lacking: dict[str, RecognitionError] = {}
    source = filled.settings.members_from
    if not filled.supervisors:
        lacking[Named.SUPERVISORS] = RecognitionError(Code.NO_SUPERVISOR_NAMED)
    if source is MembersFrom.LIST and filled.members is not None and not filled.members:
        lacking[Named.MEMBERS] = RecognitionError(Code.NO_MEMBERS)
    if source is MembersFrom.GROUP and not filled.group and filled.settings.group is None:
        lacking[Named.GROUP] = RecognitionError(Code.GROUP_UNKNOWN)
    return lacking


def _one(submitted: FormSubmitted, field: Named) -> str:
    return submitted.choices.get(field, ())[0]


def _digest_day(chosen: str) -> int | None:
    return None if chosen == NO_DIGEST else int(chosen)


def field_of(code: Code) -> str:
    """Give the field that a refusal belongs beside."""
    match code:
        case Code.NO_MEMBERS:
            return Named.MEMBERS
        case Code.GROUP_UNKNOWN:
            return Named.GROUP
        case Code.ZONE_UNKNOWN:
            return Named.TIME_ZONE
        case Code.TIME_UNCLEAR:
            return Named.DIGEST_TIME
        case Code.NUDGE_DAYS_OUT_OF_BOUNDS:
            return Named.NUDGE_DAYS
        case Code.NO_SUPERVISOR_NAMED | Code.UNKNOWN_PERSON:
            return Named.SUPERVISORS
        case _:
            return Named.NAME


def service_channel(t: Translator, channel: ServiceChannel) -> str:
    """Name a service channel."""
    match channel:
        case ServiceChannel.PHONE:
            return t("Phone")
        case ServiceChannel.EMAIL:
            return t("E-mail")
        case ServiceChannel.CHAT:
            return t("Chat")
        case ServiceChannel.MIXED:
            return t("Several")
        case _:
            assert_never(channel)


def language(t: Translator, code: str) -> str:
    """Name one of i18n.LANGUAGES."""
    return {"en": t("English"), "sv": t("Swedish")}[code]
