"""The forms of nudges: until when somebody is away, and when a supervisor wants to be told."""

from __future__ import annotations

from datetime import time
from typing import Final

from msgspec import Struct

from bot.errors import Code, RecognitionError
from bot.i18n import Translator
from bot.identity import NudgeId
from bot.incoming import FormSubmitted
from bot.nudges.model import Nudge
from bot.nudges.rules import DAY_BEGINS, DAY_ENDS
from bot.nudges.words import habit
from bot.teams.dates import LONGEST_TEXT
from bot.teams.model import NudgeHabit, NudgeWishes
from bot.teams.rules import on_the_clock
from bot.view.codec import pack
from bot.view.form import ChoiceField, Form, Option, TextField

AWAY: Final = "nudges.away"
UNTIL: Final = "until"
SETTINGS: Final = "nudges.settings"
HABIT: Final = "habit"
AT: Final = "at"


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
        fields=(
            ChoiceField(
                HABIT,
                t("How often"),
                tuple(Option(each.value, habit(t, each)) for each in NudgeHabit),
                (wishes.habit.value,),
            ),
            ChoiceField(
                AT,
                t("At what time"),
                tuple(Option(on_the_clock(each), on_the_clock(each)) for each in _hours()),
                (on_the_clock(wishes.at),),
                hint=t("In your own time zone, and only in office hours."),
            ),
        ),
    )


def wishes_in(submitted: FormSubmitted) -> NudgeWishes:
    """Read the settings as they were sent in. Raises RecognitionError STALE_BUTTON and TIME_UNCLEAR."""
    chosen = next(iter(submitted.choices.get(HABIT, ())), "")
    at = next(iter(submitted.choices.get(AT, ())), "")
    hours = {on_the_clock(each): each for each in _hours()}
    if chosen not in set(NudgeHabit):
        raise RecognitionError(Code.STALE_BUTTON)
    if at not in hours:
        raise RecognitionError(Code.TIME_UNCLEAR, written=at, field=AT)
    return NudgeWishes(NudgeHabit(chosen), hours[at])


def _hours() -> list[time]:
    """Give the times to choose from: each half hour that is not quiet."""
    return [time(hour, minute) for hour in range(DAY_BEGINS.hour, DAY_ENDS.hour) for minute in (0, 30)]
