"""The sentences of what is refused about teams, times and joined workspaces, kind and exact."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import cast

from bot.errors import Code, RecognitionError
from bot.i18n import Translator
from bot.incoming import OWN_NAME
from bot.teams.words import day_of_year
from bot.view.message import Code as Typed
from bot.view.message import Line, PeoplesWords, Person, Text


def about_team(t: Translator, error: RecognitionError, command: str) -> Line:
    """Say what is wrong with where a team is set up, or by whom."""
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
        case _:
            return t.line("This team has no digest. A supervisor can choose its day in the team's settings.")


def about_its_people(t: Translator, error: RecognitionError) -> Line:
    """Say what is wrong with who would be in a team."""
    name = PeoplesWords(str(error.params.get("name", "")))
    match error.code:
        case Code.NO_SUPERVISOR_NAMED:
            return t.line("A team needs at least one supervisor. Pick who leads it.")
        case Code.NO_MEMBERS:
            return t.line("Nobody would be in this team. Pick its members, or let them follow the channel.")
        case _ if not name.text:
            return t.line("Which user group? Write its handle.")
        case _:
            return t.line("I cannot find a user group called {name}. Check its handle.", name=name)


def about_its_settings(t: Translator, error: RecognitionError) -> Line:
    """Say what is wrong with what was decided about a team."""
    given = error.params
    match error.code:
        case Code.TEAM_NAME_MISSING:
            return t.line("What is the team called? A short name is enough.")
        case Code.TEAM_NAME_TAKEN:
            name = PeoplesWords(str(given["name"]))
            return t.line("There is a team called {name} already. Choose another name.", name=name)
        case _:
            return t.line("Write a whole number of days from {least} to {most}.", **numbers(t, given, "least", "most"))


def about_time(t: Translator, error: RecognitionError) -> Line:
    """Say what is wrong with a time zone, a time of day or a day."""
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


def about_linking(t: Translator, error: RecognitionError, command: str) -> Line:
    """Say what is wrong with joining workspaces."""
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


def numbers(t: Translator, given: Mapping[str, object], *names: str) -> dict[str, str]:
    """Write a refusal's numbers, by their names."""
    return {name: t.number(cast("int", given[name])) for name in names}
