"""The form for giving kudos, and what comes back in it."""

from __future__ import annotations

from typing import Final

from msgspec import Struct

from bot.errors import Code
from bot.hygiene import REASON_LIMIT
from bot.i18n import Translator
from bot.identity import AccountRef
from bot.points.model import MAX_RECEIVERS, Programme
from bot.points.words import in_language, points
from bot.recognition.rules import MAX_BEHAVIOURS
from bot.view.form import ChoiceField, Form, Option, PeopleField, TextField
from bot.view.message import Text

GIVE: Final = "give"
PEOPLE: Final = "people"
REASON: Final = "reason"
BEHAVIOURS: Final = "behaviours"
POINTS: Final = "points"
VISIBILITY: Final = "visibility"
PUBLIC: Final = "public"
PRIVATE: Final = "private"

POINT_STEPS: Final = (5, 10, 15, 20, 25)
"""What the form offers; the command takes any number within the programme's bounds."""


class GiveState(Struct, frozen=True):
    """What the form carries along: the link to the message it is about."""

    link: str | None = None


def give_form(
    t: Translator,
    programme: Programme,
    state: str,
    *,
    receivers: tuple[AccountRef, ...] = (),
    about: bool = False,
) -> Form:
    """Draw the form. `about` says that it is about a message, whose link `state` carries."""
    steps = sorted({*POINT_STEPS, programme.points_default})
    offered = [n for n in steps if programme.points_least <= n <= programme.points_most]
    return Form(
        name=GIVE,
        title=t("Give kudos"),
        submit=t("Give kudos"),
        cancel=t("Cancel"),
        lacking=t("Fill this in."),
        state=state,
        intro=(Text(t("A link to the message is added.")),) if about else (),
        fields=(
            PeopleField(PEOPLE, t("Who"), receivers, t("One person or several"), MAX_RECEIVERS),
            TextField(
                REASON,
                t("What they did"),
                REASON_LIMIT,
                hint=t("What they did and what it meant, in your own words."),
                placeholder=t("Stayed with a caller until it was solved"),
                multiline=True,
            ),
            ChoiceField(
                BEHAVIOURS,
                t("Behaviours"),
                tuple(
                    Option(b.code, f"#{in_language(t, b).tag}", in_language(t, b).meaning) for b in programme.behaviours
                ),
                hint=t("{limit} at most, or none", limit=MAX_BEHAVIOURS),
                multiple=True,
                required=False,
            ),
            ChoiceField(
                POINTS,
                t("Points for each"),
                tuple(Option(str(n), points(t, n)) for n in offered),
                (str(programme.points_default),),
            ),
            ChoiceField(
                VISIBILITY,
                t("Who sees it"),
                (
                    Option(PUBLIC, t("The team")),
                    Option(PRIVATE, t("Only those you name")),
                ),
                (PUBLIC,),
            ),
        ),
    )


def field_of(code: Code) -> str:
    """Give the field that a refusal belongs beside."""
    match code:
        case Code.REASON_MISSING | Code.REASON_TOO_SHORT | Code.REASON_TOO_LONG | Code.LINK_INVALID:
            return REASON
        case Code.UNKNOWN_BEHAVIOUR | Code.TOO_MANY_BEHAVIOURS:
            return BEHAVIOURS
        case Code.OVER_ALLOWANCE | Code.POINTS_OUT_OF_BOUNDS | Code.POINTS_AMBIGUOUS:
            return POINTS
        case _:
            return PEOPLE
