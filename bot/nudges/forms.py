"""The forms of nudges: until when somebody is away, and when a supervisor wants to be told."""

from __future__ import annotations

from typing import Final

from msgspec import Struct

from bot.errors import Code, RecognitionError
from bot.i18n import Translator
from bot.identity import NudgeId
from bot.incoming import FormSubmitted
from bot.nudges.model import Nudge
from bot.nudges.rules import DAY_BEGINS, DAY_ENDS
from bot.nudges.words import habit
from bot.teams.dates import LONGEST_TEXT, time_meant
from bot.teams.model import NudgeHabit, NudgeWishes
from bot.teams.rules import on_the_clock
from bot.view.codec import pack
from bot.view.form import ChoiceField, Form, Option, TextField

AWAY: Final = "nudges.away"
UNTIL: Final = "until"
SETTINGS: Final = "nudges.settings"
HABIT: Final = "habit"
AT: Final = "at"

_HOURS: Final = {"begin": on_the_clock(DAY_BEGINS), "end": on_the_clock(DAY_ENDS)}


class AwayState(Struct, frozen=True):
    """What the form about an absence carries along."""

    nudge: NudgeId


def away_form(t: Translator, nudge: Nudge) -> Form:
    """Ask until when the person of a nudge is away."""
    return Form(
        name=AWAY,
        title=t("Away until…"),
        submit=t("Save"),
        cancel=t("Cancel"),
        lacking=t("Fill this in."),
        state=pack(AwayState(nudge.id)),
        fields=(
            TextField(
                UNTIL,
                t("Until when is {name} away?", name=nudge.name),
                LONGEST_TEXT,
                hint=t("A day, such as Friday, 3 January or in two weeks. That day is included."),
                placeholder=t("3 January"),
            ),
        ),
    )


def settings_form(t: Translator, wishes: NudgeWishes) -> Form:
    """Ask how often and when a supervisor wants to be told."""
    return Form(
        name=SETTINGS,
        title=t("Your nudges"),
        submit=t("Save"),
        cancel=t("Cancel"),
        lacking=t("Fill this in."),
        fields=(
            ChoiceField(
                HABIT,
                t("How often"),
                tuple(Option(each.value, habit(t, each)) for each in NudgeHabit),
                (wishes.habit.value,),
            ),
            TextField(
                AT,
                t("At what time"),
                LONGEST_TEXT,
                on_the_clock(wishes.at),
                t("In your own time zone, from {begin} to before {end}.", **_HOURS),
                placeholder="09:30",
            ),
        ),
    )


def wishes_in(submitted: FormSubmitted) -> NudgeWishes:
    """Read the settings as they were sent in. Raises RecognitionError STALE_BUTTON, TIME_UNCLEAR and TIME_QUIET."""
    chosen = next(iter(submitted.choices.get(HABIT, ())), "")
    if chosen not in set(NudgeHabit):
        raise RecognitionError(Code.STALE_BUTTON)
    try:
        at = time_meant(submitted.texts.get(AT, ""))
    except RecognitionError as error:
        raise RecognitionError(error.code, **{**error.params, "field": AT}) from error
    if not DAY_BEGINS <= at < DAY_ENDS:
        raise RecognitionError(Code.TIME_QUIET, **_HOURS, field=AT)
    return NudgeWishes(NudgeHabit(chosen), at)
