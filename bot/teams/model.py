"""A team and what its supervisors decided about it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time
from enum import StrEnum
from typing import Final
from uuid import UUID

from bot.identity import ConversationRef, PersonId, TeamId
from bot.people.model import Role

NUDGE_DAYS_LEAST: Final = 7
NUDGE_DAYS_MOST: Final = 60
NUDGE_DAYS_DEFAULT: Final = 14
"""Days without recognition after which a supervisor is told. Below a week it would nag, above two months forget."""

WEEKDAYS: Final = frozenset({1, 2, 3, 4, 5})
"""Monday to Friday, in ISO numbers."""


class ServiceChannel(StrEnum):
    """How the team's customers reach it. Figures are compared within a channel, never across."""

    PHONE = "phone"
    EMAIL = "email"
    CHAT = "chat"
    MIXED = "mixed"


class MembersFrom(StrEnum):
    """Where a team's members come from. CHANNEL and GROUP are kept in step with the platform."""

    CHANNEL = "channel"
    LIST = "list"
    GROUP = "group"


@dataclass(frozen=True, slots=True)
class TeamSettings:
    """What the set-up form decides.

    Times are wall-clock times in `timezone` (an IANA name). `working_days` and `digest_day` are ISO weekdays (Monday is
    1); a `digest_day` of None means no digest. `group` is the platform's id of a user group, for MembersFrom.GROUP.
    `language` is one of i18n.LANGUAGES.
    """

    name: str
    timezone: str
    language: str = "en"
    service_channel: ServiceChannel = ServiceChannel.MIXED
    working_days: frozenset[int] = WEEKDAYS
    digest_day: int | None = 1
    digest_time: time = time(9, 0)
    nudge_days: int = NUDGE_DAYS_DEFAULT
    members_from: MembersFrom = MembersFrom.LIST
    group: str | None = None


@dataclass(frozen=True, slots=True)
class Team:
    """A team. `homes` are where it meets, one per workspace; `founder` is who set it up, if a person did."""

    id: TeamId
    settings: TeamSettings
    homes: tuple[ConversationRef, ...]
    founder: PersonId | None


@dataclass(frozen=True, slots=True)
class Member:
    """Someone in a team today. `since` is when this membership began; `has_left` says that no account is left."""

    person: PersonId
    name: str
    email: str
    role: Role
    since: datetime
    has_left: bool = False


@dataclass(frozen=True, slots=True)
class Absence:
    """Someone away: from `begins` to `ends`, both days included, as dates where they are."""

    id: UUID
    person: PersonId
    begins: date
    ends: date


class NudgeHabit(StrEnum):
    """How often a supervisor wants to be told."""

    DAILY = "daily"
    WEEKLY = "weekly"
    OFF = "off"


@dataclass(frozen=True, slots=True)
class NudgeWishes:
    """A supervisor's own settings: DAILY means on each working day on which there is something to say.

    `at` is a wall-clock time in the supervisor's zone.
    """

    habit: NudgeHabit = NudgeHabit.DAILY
    at: time = time(9, 30)


@dataclass(frozen=True, slots=True)
class Leading:
    """What a supervisor leads today. `working_days` are those of any of the teams.

    `timezone` is the supervisor's own, or a team's where it is not known.
    """

    teams: tuple[TeamId, ...]
    working_days: frozenset[int]
    timezone: str
    wishes: NudgeWishes
