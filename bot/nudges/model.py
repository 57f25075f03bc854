"""What a nudge is about, what the decision needs, and what becomes of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from bot.identity import KudosId, NudgeId, PersonId, TeamId
from bot.teams.model import NudgeWishes


class Reply(StrEnum):
    """What became of one person's nudge."""

    RECOGNISED = "recognised"
    SNOOZED = "snoozed"
    AWAY = "away"
    NOT_ON_TEAM = "not_on_team"


@dataclass(frozen=True, slots=True)
class Report:
    """One person whom a supervisor leads, and all that deciding about them needs. Times are aware, in UTC.

    `since` is when this supervisor began to lead them there: the later of both their beginnings, as nobody is asked
    about the time before they came. `nudge_days` are the team's; `last_by_supervisor` is when this supervisor last
    recognised them, `last_by_anyone` when anyone did; `last_nudged` when this supervisor was last told of them;
    `snoozed_until` when a snooze ends; `away_until` the last day of the absence that they have on the day that it is
    where they are; `teams` the names of all teams of theirs that the supervisor leads.
    """

    person: PersonId
    name: str
    team: TeamId
    team_name: str
    since: datetime
    nudge_days: int
    last_by_supervisor: datetime | None
    last_by_anyone: datetime | None
    last_nudged: datetime | None
    snoozed_until: datetime | None
    away_until: date | None
    has_left: bool
    teams: tuple[str, ...] = ()

    @property
    def away(self) -> bool:
        """Whether they are away."""
        return self.away_until is not None


@dataclass(frozen=True, slots=True)
class TeamState:
    """One team that a supervisor leads, since `since`.

    `last_recognised` is when anyone in it was last recognised by anyone, `last_nudged` when this supervisor was last
    told of the whole team.
    """

    team: TeamId
    name: str
    nudge_days: int
    working_days: frozenset[int]
    since: datetime
    last_recognised: datetime | None
    last_nudged: datetime | None


@dataclass(frozen=True, slots=True)
class Situation:
    """Everything that a decision about one supervisor's nudges is made from."""

    supervisor: PersonId
    timezone: str
    wishes: NudgeWishes
    away: bool
    reports: tuple[Report, ...]
    teams: tuple[TeamState, ...]


@dataclass(frozen=True, slots=True)
class PersonDue:
    """Someone to be named in a nudge. `waiting_since` is the last recognition by the supervisor, or else the start."""

    report: Report
    waiting_since: datetime
    days: int


@dataclass(frozen=True, slots=True)
class TeamDue:
    """A team in which nobody was recognised by anyone."""

    state: TeamState
    days: int


@dataclass(frozen=True, slots=True)
class Decision:
    """What to tell a supervisor now. Empty means: say nothing."""

    people: tuple[PersonDue, ...] = ()
    teams: tuple[TeamDue, ...] = ()


@dataclass(frozen=True, slots=True)
class Nudge:
    """One person named to one supervisor, once. All of one message share `message_key`; `sent_at` is aware, in UTC.

    `person` is None for the whole team. `name` is the person's and `team_name` the team's, as they are called today:
    both are read with it and not written. `reply` is what became of it, `replied_at` when, `until` the last day of a
    snooze or an absence.
    """

    id: NudgeId
    supervisor: PersonId
    person: PersonId | None
    team: TeamId
    message_key: str
    days: int
    sent_at: datetime
    reply: Reply | None = None
    replied_at: datetime | None = None
    until: date | None = None
    name: str = ""
    team_name: str = ""


@dataclass(frozen=True, slots=True)
class Evidence:
    """What somebody else said of the person lately. Never private, never undone."""

    kudos: KudosId
    giver: str
    reason: str
    link: str | None
    at: datetime
