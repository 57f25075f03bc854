"""The sentence of every refusal: what is wrong and what to do, kind and exact."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Final, assert_never, cast
from zoneinfo import ZoneInfo

from bot.errors import Code, RecognitionError
from bot.i18n import Translator, plain, strong
from bot.incoming import OWN_NAME, Manner
from bot.points.words import example, points
from bot.recognition.words import Action
from bot.teams.words import day_of_year
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
    Person,
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
    given = error.params
    name = PeoplesWords(str(given.get("name", "")))
    called = manner.called(command)
    match error.code:
        case Code.NOBODY_NAMED | Code.UNKNOWN_PERSON | Code.NAMES_UNCLEAR:
            return _about_names(t, error, command, manner)
        case Code.EMPTY_GROUP:
            return t.line("There is nobody in that group to recognise but you.")
        case Code.SELF_RECOGNITION:
            return t.line("Kudos are for others. Who would you like to recognise instead?")
        case Code.RECEIVER_IS_BOT:
            return t.line("{name} is a bot. Kudos are for people.", name=name)
        case Code.RECEIVER_IS_GUEST:
            return t.line("{name} is a guest from outside, and kudos stay among colleagues.", name=name)
        case Code.RECEIVER_HAS_LEFT:
            return t.line("{name} no longer works here, so the kudos would not arrive.", name=name)
        case Code.TOO_MANY_RECEIVERS:
            return t.line(
                "That is {count} people. One kudos can go to {limit} at most; name those it is about.",
                **_numbers(t, given, "count", "limit"),
            )
        case Code.GIVER_NOT_MEMBER:
            return t.line("Only members of this workspace can give kudos here.")
        case Code.OVER_ALLOWANCE:
            return _over_allowance(t, given, zone)
        case Code.POINTS_OUT_OF_BOUNDS:
            return t.line(
                "A kudos can carry {least} to {most} points. Change the number, or leave it out.",
                **_numbers(t, given, "least", "most"),
            )
        case Code.POINTS_AMBIGUOUS:
            return t.line("There are two different numbers of points. Keep one of them.")
        case Code.DIRECTORY_UNAVAILABLE:
            return t.line("I cannot look people up right now. Nothing was recorded; please try again in a minute.")
        case Code.TOO_SLOW:
            return t.line("This takes too long right now. Nothing was recorded; please try again in a minute.")
        case Code.STALE_BUTTON:
            return t.line("That button is too old to work. Type {command} to start again.", command=Typed(called))
        case Code.WORKSPACE_UNKNOWN:
            return t.line("This workspace is not connected yet. Please ask whoever installed me here.")
        case Code.BOARDS_OFF:
            mine = Typed(t("{command} me", command=called))
            return t.line("Boards are not switched on here. {command} shows your own.", command=mine)
        case Code.NO_TEAM:
            mine = Typed(t("{command} me", command=called))
            return t.line("You are not in a team yet. {command} shows your own kudos.", command=mine)
        case (
            Code.REASON_MISSING
            | Code.REASON_TOO_SHORT
            | Code.REASON_TOO_LONG
            | Code.LINK_INVALID
            | Code.UNKNOWN_BEHAVIOUR
            | Code.TOO_MANY_BEHAVIOURS
        ):
            return _about_reason(t, error, called)
        case Code.NOTHING_TO_UNDO | Code.ALREADY_UNDONE | Code.UNDO_TOO_LATE | Code.NOT_YOUR_KUDOS:
            return _about_undo(t, error)
        case (
            Code.NO_HOME
            | Code.NOT_YOUR_TEAM
            | Code.NOT_A_SUPERVISOR
            | Code.NO_SUPERVISOR_NAMED
            | Code.NO_MEMBERS
            | Code.TEAM_NAME_MISSING
            | Code.TEAM_NAME_TAKEN
            | Code.NUDGE_DAYS_OUT_OF_BOUNDS
            | Code.GROUP_UNKNOWN
            | Code.NO_DIGEST
        ):
            return _about_team(t, error, called)
        case Code.NOT_AN_ADMIN | Code.LINK_CODE_WRONG | Code.LINK_CODE_OWN | Code.TOO_MANY_CODES:
            return _about_linking(t, error, command)
        case Code.ZONE_UNKNOWN | Code.TIME_UNCLEAR | Code.TIME_QUIET | Code.DATE_UNCLEAR | Code.DATE_PAST:
            return _about_time(t, error)
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


def _numbers(t: Translator, given: Mapping[str, object], *names: str) -> dict[str, str]:
    return {name: t.number(cast("int", given[name])) for name in names}


def _over_allowance(t: Translator, given: Mapping[str, object], zone: ZoneInfo) -> Line:
    return t.line(
        "This needs {cost}, and you have {left} left this week. Your allowance refills on {day} at 00:00.",
        cost=points(t, cast("int", given["cost"])),
        left=strong(t.number(cast("int", given["left"]))),
        day=t.day(cast("datetime", given["refills"]), zone),
    )


def _about_reason(t: Translator, error: RecognitionError, command: str) -> Line:
    given = error.params
    match error.code:
        case Code.REASON_MISSING:
            return t.line("What did they do? A few words make it mean something.")
        case Code.REASON_TOO_SHORT:
            return t.line(
                "Say a little more: at least {words} words or {letters} letters about what they did.",
                **_numbers(t, given, "words", "letters"),
            )
        case Code.REASON_TOO_LONG:
            return t.line(
                "Your reason has {length} characters and {limit} fit. Shorten it a little.",
                **_numbers(t, given, "length", "limit"),
            )
        case Code.LINK_INVALID:
            return t.line("That link does not work here. It must begin with https://, or be left out.")
        case Code.TOO_MANY_BEHAVIOURS:
            return t.line("Pick {limit} behaviours at most: those it is really about.", **_numbers(t, given, "limit"))
        case _:
            nearest = cast("Sequence[str]", given.get("nearest", ()))
            known = cast("Sequence[str]", given.get("known", ()))
            tag = PeoplesWords(f"#{given.get('tag', '')}")
            if nearest:
                tags = Text(t.names([f"#{each}" for each in nearest]))
                return t.line("{tag} is not on the list. Did you mean {nearest}?", tag=tag, nearest=tags)
            tags = Text(t.names([f"#{each}" for each in known]))
            more = Typed(t("{command} behaviours", command=command))
            return t.line("{tag} is not on the list: {known}. {more} explains them.", tag=tag, known=tags, more=more)


def _about_undo(t: Translator, error: RecognitionError) -> Line:
    match error.code:
        case Code.NOTHING_TO_UNDO:
            return t.line("You have not given any kudos yet, so there is nothing to take back.")
        case Code.ALREADY_UNDONE:
            return t.line("That kudos is already taken back.")
        case Code.UNDO_TOO_LATE:
            return t.line(
                "A kudos can be taken back within {hours} hours, and this one is older.",
                **_numbers(t, error.params, "hours"),
            )
        case _:
            return t.line("Only the one who gave a kudos can take it back.")


def _about_team(t: Translator, error: RecognitionError, command: str) -> Line:
    given = error.params
    match error.code:
        case Code.NO_HOME if given.get("unseen"):
            setup = Typed(t("{command} setup", command=command))
            return t.line(
                "I cannot see who is in this channel. Invite me to it, then type {command} again.", command=setup
            )
        case Code.NO_HOME if given.get("mention"):
            typed = Typed(t("{command} setup", command=OWN_NAME))
            return t.line(
                "Go to the team's own channel, where its people meet, mention me there and write {typed}",
                typed=typed,
            )
        case Code.NO_HOME:
            setup = Typed(t("{command} setup", command=command))
            return t.line("Type {command} in the team's own channel: that is where its people meet.", command=setup)
        case Code.NOT_YOUR_TEAM if not given["whom"]:
            return t.line("This team has no supervisor now. An administrator of this workspace can change it.")
        case Code.NOT_YOUR_TEAM:
            whom = t.people([Person(name) for name in cast("Sequence[str]", given["whom"])])
            return t.line("Only the team's supervisors can change this. Please ask {whom}.", whom=whom)
        case Code.NOT_A_SUPERVISOR:
            return t.line("This is for supervisors, and you do not supervise a team here.")
        case Code.NO_SUPERVISOR_NAMED:
            return t.line("A team needs at least one supervisor. Pick who leads it.")
        case Code.NO_MEMBERS:
            return t.line("Nobody would be in this team. Pick its members, or let them follow the channel.")
        case Code.TEAM_NAME_MISSING:
            return t.line("What is the team called? A short name is enough.")
        case Code.TEAM_NAME_TAKEN:
            name = PeoplesWords(str(given["name"]))
            return t.line("There is a team called {name} already. Choose another name.", name=name)
        case Code.NUDGE_DAYS_OUT_OF_BOUNDS:
            return t.line("Write a whole number of days from {least} to {most}.", **_numbers(t, given, "least", "most"))
        case Code.GROUP_UNKNOWN if not given.get("name"):
            return t.line("Which user group? Write its handle.")
        case Code.GROUP_UNKNOWN:
            name = PeoplesWords(str(given.get("name", "")))
            return t.line("I cannot find a user group called {name}. Check its handle.", name=name)
        case _:
            return t.line("This team has no digest. A supervisor can choose its day in the team's settings.")


def _about_time(t: Translator, error: RecognitionError) -> Line:
    given = error.params
    written = PeoplesWords(str(given.get("written", "")))
    match error.code:
        case Code.ZONE_UNKNOWN if not written.text:
            return t.line("Which time zone? Write it like Europe/Stockholm.")
        case Code.ZONE_UNKNOWN:
            nearest = cast("Sequence[str]", given.get("nearest", ()))
            if nearest:
                return t.line(
                    "I do not know the time zone {written}. Did you mean {nearest}?",
                    written=written,
                    nearest=Text(t.names(nearest)),
                )
            return t.line("I do not know the time zone {written}. Write it like Europe/Stockholm.", written=written)
        case Code.TIME_UNCLEAR if not written.text:
            return t.line("At what time? Write it like 09:30.")
        case Code.TIME_UNCLEAR:
            return t.line("I cannot read {written} as a time of day. Write it like 09:30.", written=written)
        case Code.TIME_QUIET:
            return t.line(
                "Nudges come from {begin} to before {end}. Write a time in these hours.",
                begin=str(given["begin"]),
                end=str(given["end"]),
            )
        case Code.DATE_PAST if coming := cast("date | None", given.get("coming")):
            return t.line(
                "{day} is in the past. If you mean next year's, write {example}.",
                day=day_of_year(t, cast("date", given["day"])),
                example=f"{t.short_day(coming)} {coming.year}",
            )
        case Code.DATE_PAST:
            return t.line("{written} is in the past. Write a day that is still to come.", written=written)
        case _:
            return _about_day(t, given, written)


def _about_day(t: Translator, given: Mapping[str, object], written: PeoplesWords) -> Line:
    example = t.short_day(cast("date", given["example"]))
    if given.get("begins"):
        return t.line("An absence begins today here. Write just its last day, like {example}.", example=example)
    if really := cast("date | None", given.get("really")):
        return t.line(
            "{written} does not fit together: that day is {day}. Write the one that you mean, like {example}.",
            written=written,
            day=day_of_year(t, really),
            example=example,
        )
    if latest := cast("date | None", given.get("latest")):
        return t.line("{written} is too far off. Write a day until {day}.", written=written, day=day_of_year(t, latest))
    if not written.text:
        return t.line("Until when? Write a day, like {example}, Friday or in two weeks.", example=example)
    return t.line(
        "I cannot read {written} as a day. Write it like {example}, Friday or in two weeks.",
        written=written,
        example=example,
    )


def _about_linking(t: Translator, error: RecognitionError, command: str) -> Line:
    match error.code:
        case Code.NOT_AN_ADMIN if not error.params["whom"]:
            return t.line("Only those who administer this workspace can join it to another.")
        case Code.NOT_AN_ADMIN:
            whom = t.people([Person(name) for name in cast("Sequence[str]", error.params["whom"])])
            return t.line(
                "Only those who administer this workspace can join it to another. Please ask {whom}.", whom=whom
            )
        case Code.LINK_CODE_OWN:
            return t.line("That code is from here. Type it in the workspace that is to join this one.")
        case Code.TOO_MANY_CODES:
            return t.line("Too many wrong codes came from here. Please wait an hour, then type a fresh one.")
        case _:
            typed = Typed(t("{command} link", command=command))
            return t.line(
                "That code does not work. It may be mistyped, used or over its time; {command} on the other side gives "
                "a fresh one.",
                command=typed,
            )
