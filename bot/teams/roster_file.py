"""Whole organisations' teams as a CSV file: reading it, saying what it would change, and writing it. Pure.

A row is one membership: a team, and a supervisor's or a member's e-mail, or both. What a team's rows say of the team
itself counts for the team, wherever it stands; a cell left empty says nothing. docs/teams.md explains it to whoever
makes such a file.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import time
from typing import Any, Final

import regex

from bot.errors import RecognitionError
from bot.hygiene import clean, fold
from bot.i18n import LANGUAGES
from bot.teams.dates import time_meant
from bot.teams.model import NUDGE_DAYS_LEAST, NUDGE_DAYS_MOST, MembersFrom, ServiceChannel, TeamSettings
from bot.teams.rules import NAME_LIMIT, nudge_days_of, on_the_clock
from bot.teams.zones import zone_meant

TEAM: Final = "team"
SUPERVISOR: Final = "supervisor_email"
MEMBER: Final = "member_email"
HOME: Final = "home_channel"

COLUMNS: Final = (
    TEAM,
    SUPERVISOR,
    MEMBER,
    "service_channel",
    "time_zone",
    "language",
    "working_days",
    "digest_day",
    "digest_time",
    "nudge_days",
    "members_from",
    HOME,
)

MOST_BYTES: Final = 20_000_000
"""A hundred thousand memberships and more."""

_LONGEST_ID: Final = 255
_DAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_NONE: Final = "none"
_GROUP: Final = "group:"
_SEPARATORS: Final = ";,\t"
_FORMULA: Final = regex.compile(r"'*+[=+\-@\t\r]")
_EMAIL: Final = regex.compile(r"[^@\s,;<>]++@[^@\s,;<>]++")
_BETWEEN: Final = regex.compile(r"[\s,;]+")


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong in a line. `line` is as a text editor counts; 0 is the file as a whole."""

    line: int
    text: str


@dataclass(slots=True)
class FileTeam:
    """A team as a file has it. Its people are e-mails in lower case, each with the line that names it first.

    `settings` are the values that the file gives, by TeamSettings' names, and HOME; `lines` where each was given first.
    `unread` are columns with a cell that cannot be read: what they should have said is not missing.
    """

    name: str
    line: int
    supervisors: dict[str, int] = field(default_factory=dict)
    members: dict[str, int] = field(default_factory=dict)
    settings: dict[str, Any] = field(default_factory=dict)
    unread: set[str] = field(default_factory=set)
    lines: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class TeamRow:
    """A team to be written: `members` are left out where they follow a channel or group."""

    settings: TeamSettings
    supervisors: tuple[str, ...]
    members: tuple[str, ...]
    home: str | None


class _WrongCellError(Exception):
    """A cell that says nothing known."""


def parse(data: bytes) -> tuple[list[FileTeam], list[Problem]]:
    """Read a file. With problems, the teams only serve to find more of them; there are none if reading broke off."""
    problems: list[Problem] = []
    teams: dict[str, FileTeam] = {}
    try:
        columns: list[str] | None = None
        for line, cells in _rows(_text(data)):
            if columns is None:
                columns = _header(cells)
            else:
                problems += _take_in(teams, line, columns, cells)
        if columns is None:
            problems.append(Problem(0, f"The file is empty. Its first line names the columns: {', '.join(COLUMNS)}"))
    except _WrongFileError as error:
        problems.append(error.problem)
        teams = {}
    return list(teams.values()), sorted(problems, key=lambda problem: problem.line)


class _WrongFileError(Exception):
    """A file of which nothing more can be read."""

    def __init__(self, line: int, text: str) -> None:
        super().__init__(text)
        self.problem = Problem(line, text)


def _text(data: bytes) -> str:
    if len(data) > MOST_BYTES:
        raise _WrongFileError(0, f"The file is larger than {MOST_BYTES // 1_000_000} MB. Import it in parts.")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        reason = "The file is not UTF-8. In Excel, save it as “CSV UTF-8 (comma delimited)”."
        raise _WrongFileError(line, reason) from error
    if "\0" in text:
        raise _WrongFileError(0, "The file is not a CSV file. In Excel, save it as “CSV UTF-8 (comma delimited)”.")
    return text


def _rows(text: str) -> Iterator[tuple[int, list[str]]]:
    """Give rows that say something, with the line each begins in."""
    first = text.lstrip().split("\n", 1)[0]
    separator = max(_SEPARATORS, key=first.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    line = 1
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells):
                yield line, cells
            line = reader.line_num + 1
    except csv.Error as error:
        raise _WrongFileError(line, f"This line is not CSV ({error}). Is a quotation mark missing?") from error


def _header(cells: Sequence[str]) -> list[str]:
    columns = [regex.sub(r"[\s\-]+", "_", fold(cell)).replace("e_mail", "email") for cell in cells]
    while columns and not columns[-1]:
        columns.pop()
    unknown = [name.strip() for name, column in zip(cells, columns, strict=False) if column not in COLUMNS]
    if unknown:
        named = ", ".join(f"“{clean(name, NAME_LIMIT)}”" for name in unknown)
        raise _WrongFileError(1, f"Unknown column {named}. The columns are: {', '.join(COLUMNS)}")
    if twice := {column for column in columns if columns.count(column) > 1}:
        raise _WrongFileError(1, f"The column {', '.join(sorted(twice))} is there twice.")
    missing = [column for column in (TEAM,) if column not in columns]
    if missing or not {SUPERVISOR, MEMBER} & set(columns):
        raise _WrongFileError(1, f"The columns {TEAM} and {SUPERVISOR} or {MEMBER} must be there.")
    return columns


def _take_in(teams: dict[str, FileTeam], line: int, columns: Sequence[str], cells: Sequence[str]) -> Iterator[Problem]:
    """Add what one row says."""
    if any(cell.strip() for cell in cells[len(columns) :]):
        yield Problem(line, f"There are {len(cells)} cells, and {len(columns)} columns. Is a comma inside a cell?")
        return
    said = {column: cell for column, cell in zip(columns, map(unguarded, cells), strict=False) if cell}
    name = said.pop(TEAM, "")
    if not name:
        yield Problem(line, "The team's name is missing.")
        return
    if len(name) > NAME_LIMIT:
        yield Problem(line, f"The team's name has {len(name)} characters, and {NAME_LIMIT} fit.")
        return
    team = teams.setdefault(fold(name), FileTeam(name, line))
    emails = {SUPERVISOR: team.supervisors, MEMBER: team.members}
    if not emails.keys() & said.keys():
        yield Problem(line, "There is neither a supervisor's nor a member's e-mail.")
    for column, people in emails.items():
        if email := said.pop(column, ""):
            if _EMAIL.fullmatch(email):
                people.setdefault(email.casefold(), line)
            else:
                team.unread.add(column)
                yield Problem(line, f"“{email}” is no e-mail address ({column}).")
    for column, cell in said.items():
        yield from _settle(team, line, column, cell)


def _settle(team: FileTeam, line: int, column: str, cell: str) -> Iterator[Problem]:
    """Note what a cell says of the team. It may say it again, but not otherwise."""
    try:
        values = _READ[column](cell)
    except (_WrongCellError, RecognitionError) as error:
        team.unread.add(column)
        yield Problem(line, _wrong(column, cell, error))
        return
    for name, value in values.items():
        if name not in team.settings:
            team.settings[name] = value
            team.lines[name] = line
        elif team.settings[name] != value:
            before = team.lines[name]
            yield Problem(line, f"{column} is “{cell}” here and something else in line {before}, for the same team.")
            return


def _wrong(column: str, cell: str, error: Exception) -> str:
    shown = clean(cell, NAME_LIMIT)
    if column == "time_zone" and isinstance(error, RecognitionError) and error.params.get("nearest"):
        nearest = error.params["nearest"]
        return f"“{shown}” is no time zone. Did you mean {' or '.join(nearest)}?"  # type: ignore[arg-type]  # names
    return f"“{shown}” does not fit {column}. {_EXPECTED[column]}"


_EXPECTED: Final = {
    "service_channel": f"Write one of: {', '.join(ServiceChannel)}.",
    "time_zone": "Write it like Europe/Stockholm.",
    "language": f"Write one of: {', '.join(LANGUAGES)}.",
    "working_days": "Write them like Mon Tue Wed Thu Fri, or Mon-Fri.",
    "digest_day": f"Write one of: {' '.join(day.capitalize() for day in _DAYS)}, or {_NONE}.",
    "digest_time": "Write it like 09:00.",
    "nudge_days": f"Write a whole number from {NUDGE_DAYS_LEAST} to {NUDGE_DAYS_MOST}.",
    "members_from": f"Write list, channel, or {_GROUP} and the user group's id.",
    HOME: "Write the channel's id, such as C0123456789.",
}


def _service_channel(cell: str) -> dict[str, Any]:
    named = fold(cell).replace("-", "")
    if named not in set(ServiceChannel):
        raise _WrongCellError
    return {"service_channel": ServiceChannel(named)}


def _language(cell: str) -> dict[str, Any]:
    if fold(cell) not in LANGUAGES:
        raise _WrongCellError
    return {"language": fold(cell)}


def _day(written: str) -> int:
    begins = fold(written)[:3]
    if begins not in _DAYS:
        raise _WrongCellError
    return _DAYS.index(begins) + 1


def _working_days(cell: str) -> dict[str, Any]:
    days: set[int] = set()
    if fold(cell) == _NONE:
        return {"working_days": frozenset(days)}
    for written in _BETWEEN.split(cell.strip()):
        first, _, last = written.partition("-")
        begins, ends = _day(first), _day(last or first)
        if ends < begins:
            raise _WrongCellError
        days.update(range(begins, ends + 1))
    return {"working_days": frozenset(days)}


def _digest_day(cell: str) -> dict[str, Any]:
    return {"digest_day": None if fold(cell) == _NONE else _day(cell)}


def _digest_time(cell: str) -> dict[str, Any]:
    # Excel writes seconds of its own.
    at: time = time_meant(cell.removesuffix(":00") if cell.count(":") > 1 else cell)
    return {"digest_time": at}


def _members_from(cell: str) -> dict[str, Any]:
    source, _, group = cell.partition(":")
    named = fold(source)
    if named not in set(MembersFrom) or (named == MembersFrom.GROUP) != bool(group.strip()):
        raise _WrongCellError
    return {"members_from": MembersFrom(named), "group": group.strip() or None}


def _home(cell: str) -> dict[str, Any]:
    if len(cell) > _LONGEST_ID or cell.startswith("#") or " " in cell:
        raise _WrongCellError
    return {HOME: cell}


_READ: Final[Mapping[str, Callable[[str], dict[str, Any]]]] = {
    "service_channel": _service_channel,
    "time_zone": lambda cell: {"timezone": zone_meant(cell)},
    "language": _language,
    "working_days": _working_days,
    "digest_day": _digest_day,
    "digest_time": _digest_time,
    "nudge_days": lambda cell: {"nudge_days": nudge_days_of(cell)},
    "members_from": _members_from,
    HOME: _home,
}


def write(teams: Iterable[TeamRow]) -> bytes:
    """Write teams as a file that `parse` reads: UTF-8 with a mark that Excel knows it by, one row per membership."""
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow(COLUMNS)
    for team in teams:
        own = cells_of(team.settings, team.home)
        named = [(email, "") for email in team.supervisors] + [("", email) for email in team.members]
        for supervisor, member in named:
            row = {TEAM: team.settings.name, SUPERVISOR: supervisor, MEMBER: member, **own}
            writer.writerow([guarded(row[column]) for column in COLUMNS])
    return out.getvalue().encode("utf-8-sig")


def cells_of(settings: TeamSettings, home: str | None) -> dict[str, str]:
    """Write what stands for a team, by column."""
    source = f"{_GROUP}{settings.group}" if settings.members_from is MembersFrom.GROUP else settings.members_from.value
    return {
        "service_channel": settings.service_channel.value,
        "time_zone": settings.timezone,
        "language": settings.language,
        "working_days": " ".join(_day_name(day) for day in sorted(settings.working_days)) or _NONE,
        "digest_day": _day_name(settings.digest_day) if settings.digest_day else _NONE,
        "digest_time": on_the_clock(settings.digest_time),
        "nudge_days": str(settings.nudge_days),
        "members_from": source,
        HOME: home or "",
    }


def _day_name(day: int) -> str:
    return _DAYS[day - 1].capitalize()


def guarded(cell: str) -> str:
    """Put a quote before what a spreadsheet would take for a formula."""
    return f"'{cell}" if _FORMULA.match(cell) else cell


def unguarded(cell: str) -> str:
    """Clean a cell and take that quote away."""
    written = clean(cell)
    return written[1:] if written.startswith("'") and _FORMULA.match(written) else written
