"""What rows say of teams, of who leads them and how they wish to be told."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import time
from typing import Any

import sqlalchemy as sa

from bot.identity import ConversationRef, PersonId, Platform, TeamId, WorkspaceRef
from bot.teams.model import (
    Leading,
    MembersFrom,
    NudgeHabit,
    NudgeWishes,
    ServiceChannel,
    Team,
    TeamSettings,
)
from storage.session import Session


class OwnRows:
    """The rows of one organisation."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def _own(self, table: sa.Table, **values: object) -> tuple[sa.ColumnElement[bool], ...]:
        """Say which of the organisation's rows are meant."""
        own = table.c.organisation_id == self._session.organisation
        return (own, *(table.c[name] == value for name, value in values.items()))


def settings_columns(settings: TeamSettings) -> dict[str, object]:
    """Write a team's settings as columns."""
    return {
        "name": settings.name,
        "timezone": settings.timezone,
        "language": settings.language,
        "service_channel": settings.service_channel.value,
        "working_days": "".join(str(day) for day in sorted(settings.working_days)),
        "digest_day": settings.digest_day,
        "digest_time": clock_text(settings.digest_time),
        "nudge_days": settings.nudge_days,
        "members_from": settings.members_from.value,
        "group_id": settings.group,
    }


def teams_of(rows: Sequence[Any]) -> list[Team]:
    """Gather the rows of one team, one per home."""
    homes: dict[TeamId, list[ConversationRef]] = {}
    first: dict[TeamId, Any] = {}
    for row in rows:
        first.setdefault(TeamId(row.id), row)
        met_at = homes.setdefault(TeamId(row.id), [])
        if row.home is not None:
            met_at.append(ConversationRef(WorkspaceRef(Platform(row.platform), row.workspace), row.home))
    return [
        Team(
            id=team,
            settings=_settings(row),
            homes=tuple(homes[team]),
            founder=PersonId(row.founder_id) if row.founder_id else None,
        )
        for team, row in first.items()
    ]


def _settings(row: Any) -> TeamSettings:
    return TeamSettings(
        name=row.name,
        timezone=row.timezone,
        language=row.language,
        service_channel=ServiceChannel(row.service_channel),
        working_days=_days(row.working_days),
        digest_day=row.digest_day,
        digest_time=time.fromisoformat(row.digest_time),
        nudge_days=row.nudge_days,
        members_from=MembersFrom(row.members_from),
        group=row.group_id,
    )


def gather_leading(found: dict[PersonId, Leading], rows: Sequence[Any]) -> None:
    """Gather the rows of one supervisor, one per team."""
    for row in rows:
        person = PersonId(row.person_id)
        before = found.get(person)
        days = _days(row.working_days)
        found[person] = Leading(
            teams=(*(before.teams if before else ()), TeamId(row.team_id)),
            working_days=before.working_days | days if before else days,
            timezone=before.timezone if before else row.own_zone or row.timezone,
            wishes=wishes_of(row) if row.nudges else NudgeWishes(),
        )


def wishes_of(row: Any) -> NudgeWishes:
    """Read a supervisor's settings."""
    return NudgeWishes(NudgeHabit(row.nudges), time.fromisoformat(row.nudges_at))


def _days(digits: str) -> frozenset[int]:
    return frozenset(int(day) for day in digits)


def clock_text(at: time) -> str:
    """Write a time of day as a column: "09:00"."""
    return f"{at:%H:%M}"
