"""The sentence of every refusal: what is wrong and what to do, kind and exact."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final, assert_never, cast
from zoneinfo import ZoneInfo

from bot.errors import Code, RecognitionError
from bot.i18n import Translator, plain, strong
from bot.incoming import Manner
from bot.points.words import example, points
from bot.recognition.words import Action
from bot.team_refusals import about_its_people, about_its_settings, about_linking, about_team, about_time, numbers
from bot.view.message import (
    Block,
    Button,
    Buttons,
    Line,
    Message,
    MessageKind,
    Note,
    Paragraph,
    PeoplesWords,
    Text,
)
from bot.view.message import Code as Typed


def refusal(
    t: Translator, error: RecognitionError, zone: ZoneInfo, command: str, manner: Manner = Manner.COMMAND
) -> Message:
    """Show a refusal privately. `zone` is the reader's; `command` the slash command's name here."""
    line = sentence(t, error, zone, command, manner)
    return Message(MessageKind.REFUSAL, (Paragraph(line), *_ways_on(t, error, command, manner)), plain(line))


def _ways_on(t: Translator, error: RecognitionError, command: str, manner: Manner) -> tuple[Block, ...]:
    """Offer what may have been wanted by whoever named nobody, or nobody who is known here."""
    ways: list[Block] = []
    if error.code is Code.NOBODY_NAMED:
        typed = Typed(t("{command} help", command=manner.called(command)))
        ways.append(Note(t.line("{command} shows all I can do.", command=typed)))
    if error.code in _IN_THE_FORM and manner is not Manner.COMMAND:
        ways.append(Buttons((Button(Action.GIVE, t("Open the form"), form=True),)))
    return tuple(ways)


_IN_THE_FORM: Final = frozenset({Code.NOBODY_NAMED, Code.UNKNOWN_PERSON, Code.NAMES_UNCLEAR})
"""What picking people in the form settles."""


def sentence(
    t: Translator, error: RecognitionError, zone: ZoneInfo, command: str, manner: Manner = Manner.COMMAND
) -> Line:
    """Give the refusal's sentence. What a person typed appears in it as their words, never as ours."""
    called = manner.called(command)
    match error.code:
        case Code.NOBODY_NAMED | Code.UNKNOWN_PERSON | Code.NAMES_UNCLEAR:
            return _about_names(t, error, command, manner)
        case Code.EMPTY_GROUP | Code.SELF_RECOGNITION | Code.TOO_MANY_RECEIVERS | Code.GIVER_NOT_MEMBER:
            return _about_whom(t, error)
        case Code.RECEIVER_IS_BOT | Code.RECEIVER_IS_GUEST | Code.RECEIVER_HAS_LEFT:
            return _about_standing(t, error)
        case Code.REASON_MISSING | Code.REASON_TOO_SHORT | Code.REASON_TOO_LONG | Code.LINK_INVALID:
            return _about_reason(t, error)
        case Code.UNKNOWN_BEHAVIOUR | Code.TOO_MANY_BEHAVIOURS:
            return _about_behaviours(t, error, called)
        case Code.OVER_ALLOWANCE | Code.POINTS_OUT_OF_BOUNDS | Code.POINTS_AMBIGUOUS:
            return _about_points(t, error, zone)
        case Code.NOTHING_TO_UNDO | Code.ALREADY_UNDONE | Code.UNDO_TOO_LATE | Code.NOT_YOUR_KUDOS:
            return _about_undo(t, error)
        case Code.DIRECTORY_UNAVAILABLE | Code.TOO_SLOW | Code.STALE_BUTTON | Code.WORKSPACE_UNKNOWN:
            return _not_now(t, error, called)
        case Code.BOARDS_OFF | Code.NO_TEAM:
            return _nothing_but_ones_own(t, error, called)
        case Code.NO_HOME | Code.NOT_YOUR_TEAM | Code.NOT_A_SUPERVISOR | Code.NO_DIGEST:
            return about_team(t, error, called)
        case Code.NO_SUPERVISOR_NAMED | Code.NO_MEMBERS | Code.GROUP_UNKNOWN:
            return about_its_people(t, error)
        case Code.TEAM_NAME_MISSING | Code.TEAM_NAME_TAKEN | Code.NUDGE_DAYS_OUT_OF_BOUNDS:
            return about_its_settings(t, error)
        case Code.ZONE_UNKNOWN | Code.TIME_UNCLEAR | Code.TIME_QUIET | Code.DATE_UNCLEAR | Code.DATE_PAST:
            return about_time(t, error)
        case Code.NOT_AN_ADMIN | Code.LINK_CODE_WRONG | Code.LINK_CODE_OWN | Code.TOO_MANY_CODES:
            return about_linking(t, error, command)
        case _:
            assert_never(error.code)


def _about_names(t: Translator, error: RecognitionError, command: str, manner: Manner) -> Line:
    name = PeoplesWords(str(error.params.get("name", "")))
    typed = Typed(example(t, command, manner))
    match error.code:
        case Code.NOBODY_NAMED if error.params.get("in_form"):
            return t.line("Who would you like to recognise? Pick at least one person.")
        case Code.NOBODY_NAMED if manner is Manner.MENTION:
            return t.line(
                "Who would you like to recognise? Type @ and choose them from the list, like this: {example}",
                example=typed,
            )
        case Code.NOBODY_NAMED:
            return t.line("Who would you like to recognise? Name them, like this: {example}", example=typed)
        case Code.NAMES_UNCLEAR if manner is Manner.COMMAND:
            return t.line("Too many people fit those names. Write more of each name, or pick them from the list.")
        case Code.NAMES_UNCLEAR:
            return t.line("Too many people fit those names. Write more of each name, or pick them in the form.")
        case _ if manner is Manner.COMMAND and name.text:
            return t.line("I cannot find {name} here. Check the spelling, or pick them from the list.", name=name)
        case _ if manner is Manner.COMMAND:
            return t.line("I cannot find that person here. They may have left, or be of another workspace.")
        case _ if manner is Manner.MENTION and name.text:
            return t.line(
                "I cannot find {name}. Type @ and choose them from the list, or pick them in the form.", name=name
            )
        case _ if name.text:
            return t.line(
                "I cannot find {name}. Check the spelling, or pick them in the form. I know only people who share a "
                "channel or chat with me: if they share none, add me to one of theirs.",
                name=name,
            )
        case _:
            return t.line("I cannot find that person. If they have not left, add me to a channel or chat of theirs.")


def _about_whom(t: Translator, error: RecognitionError) -> Line:
    match error.code:
        case Code.EMPTY_GROUP:
            return t.line("There is nobody in that group to recognise but you.")
        case Code.SELF_RECOGNITION if cast("int", error.params.get("among", 1)) > 1:
            return t.line(
                "You are among those you named, and kudos are for others. Leave yourself out, and send it again."
            )
        case Code.SELF_RECOGNITION:
            return t.line("Kudos are for others. Who would you like to recognise instead?")
        case Code.TOO_MANY_RECEIVERS:
            return t.line(
                "That is {count} people. One kudos can go to {limit} at most; name those it is about.",
                **numbers(t, error.params, "count", "limit"),
            )
        case _:
            return t.line("Only members of this workspace can give kudos here.")


def _about_standing(t: Translator, error: RecognitionError) -> Line:
    name = PeoplesWords(str(error.params.get("name", "")))
    match error.code:
        case Code.RECEIVER_IS_BOT:
            return t.line("{name} is a bot. Kudos are for people.", name=name)
        case Code.RECEIVER_IS_GUEST:
            return t.line("{name} is a guest from outside, and kudos stay among colleagues.", name=name)
        case _:
            return t.line("{name} no longer works here, so the kudos would not arrive.", name=name)


def _about_reason(t: Translator, error: RecognitionError) -> Line:
    match error.code:
        case Code.REASON_MISSING:
            return t.line("What did they do? A few words make it mean something.")
        case Code.REASON_TOO_SHORT:
            return t.line(
                "Say a little more: at least {words} words or {letters} letters about what they did.",
                **numbers(t, error.params, "words", "letters"),
            )
        case Code.REASON_TOO_LONG:
            return t.line(
                "Your reason has {length} characters and {limit} fit. Shorten it a little.",
                **numbers(t, error.params, "length", "limit"),
            )
        case _:
            return t.line("That link does not work here. It must begin with https://, or be left out.")


def _about_behaviours(t: Translator, error: RecognitionError, command: str) -> Line:
    given = error.params
    if error.code is Code.TOO_MANY_BEHAVIOURS:
        return t.line("Pick {limit} behaviours at most: those it is really about.", **numbers(t, given, "limit"))
    nearest = cast("Sequence[str]", given.get("nearest", ()))
    known = cast("Sequence[str]", given.get("known", ()))
    tag = PeoplesWords(f"#{given.get('tag', '')}")
    if nearest:
        tags = Text(t.names([f"#{each}" for each in nearest]))
        return t.line("{tag} is not on the list. Did you mean {nearest}?", tag=tag, nearest=tags)
    tags = Text(t.names([f"#{each}" for each in known]))
    more = Typed(t("{command} behaviours", command=command))
    return t.line("{tag} is not on the list: {known}. {more} explains them.", tag=tag, known=tags, more=more)


def _about_points(t: Translator, error: RecognitionError, zone: ZoneInfo) -> Line:
    given = error.params
    match error.code:
        case Code.OVER_ALLOWANCE:
            return t.line(
                "This needs {cost}, and you have {left} left this week. Your allowance refills on {day} at 00:00.",
                cost=points(t, cast("int", given["cost"])),
                left=strong(t.number(cast("int", given["left"]))),
                day=t.day(cast("datetime", given["refills"]), zone),
            )
        case Code.POINTS_OUT_OF_BOUNDS:
            return t.line(
                "A kudos can carry {least} to {most} points. Change the number, or leave it out.",
                **numbers(t, given, "least", "most"),
            )
        case _:
            return t.line("There are two different numbers of points. Keep one of them.")


def _about_undo(t: Translator, error: RecognitionError) -> Line:
    match error.code:
        case Code.NOTHING_TO_UNDO:
            return t.line("You have not given any kudos yet, so there is nothing to take back.")
        case Code.ALREADY_UNDONE if error.params.get("latest"):
            return t.line(
                "Your latest kudos is already taken back. To take back an older one, press Undo on its receipt."
            )
        case Code.ALREADY_UNDONE:
            return t.line("That kudos is already taken back.")
        case Code.UNDO_TOO_LATE:
            return t.line(
                "A kudos can be taken back within {hours} hours, and this one is older.",
                **numbers(t, error.params, "hours"),
            )
        case _:
            return t.line("Only the one who gave a kudos can take it back.")


def _not_now(t: Translator, error: RecognitionError, command: str) -> Line:
    match error.code:
        case Code.DIRECTORY_UNAVAILABLE:
            return t.line("I cannot look people up right now. Nothing was recorded; please try again in a minute.")
        case Code.TOO_SLOW:
            return t.line("This takes too long right now. Nothing was recorded; please try again in a minute.")
        case Code.STALE_BUTTON:
            return t.line("That button is too old to work. Type {command} to start again.", command=Typed(command))
        case _:
            return t.line("This workspace is not connected yet. Please ask whoever installed me here.")


def _nothing_but_ones_own(t: Translator, error: RecognitionError, command: str) -> Line:
    mine = Typed(t("{command} me", command=command))
    if error.code is Code.BOARDS_OFF:
        return t.line("Boards are not switched on here. {command} shows your own.", command=mine)
    return t.line("You are not in a team yet. {command} shows your own kudos.", command=mine)
