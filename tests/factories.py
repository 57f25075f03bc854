"""Things that tests are made of. Whatever a test does not name is ordinary."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

from bot.delivery.model import Outgoing
from bot.identity import AccountRef, ConversationRef, KudosId, PersonId, Platform, TeamId, WorkspaceRef, id_made_at
from bot.points.model import Behaviour, BehaviourWords, Serves
from bot.ports import Profile, Standing
from bot.recognition.model import Receiving, Recording
from bot.teams.model import TeamSettings
from bot.view.message import Message, MessageKind, Paragraph, Text

WORKSPACE = WorkspaceRef(Platform.SLACK, "T1")
NOW = datetime(2026, 11, 18, 9, 0, tzinfo=UTC)
MONDAY = date(2026, 11, 16)
OWNERSHIP = Behaviour(
    "ownership",
    Serves.CUSTOMER,
    {
        "en": BehaviourWords("ownership", "Stayed with it until it was sorted."),
        "sv": BehaviourWords("ansvar", "Stannade kvar tills det var löst."),
    },
)
IDEAS = Behaviour("ideas", Serves.BUSINESS, {"en": BehaviourWords("ideas", "Found a better way.")})


def an_account(id: str = "U1", workspace: WorkspaceRef = WORKSPACE) -> AccountRef:
    return AccountRef(workspace, id)


def a_channel(id: str = "C1", workspace: WorkspaceRef = WORKSPACE) -> ConversationRef:
    return ConversationRef(workspace, id)


def a_profile(
    id: str = "U1",
    name: str = "Anna Ek",
    *,
    workspace: WorkspaceRef = WORKSPACE,
    locale: str = "en",
    timezone: str = "Europe/Stockholm",
    standing: Standing = Standing.MEMBER,
) -> Profile:
    return Profile(
        account=an_account(id, workspace),
        name=name,
        handle=name.split(maxsplit=1)[0].lower(),
        email=f"{id.lower()}@example.com",
        locale=locale,
        timezone=timezone,
        standing=standing,
    )


def a_team(name: str = "Phone", timezone: str = "Europe/Stockholm", **settings: Any) -> TeamSettings:
    return TeamSettings(name, timezone, **settings)


def a_message(text: str = "Anna recognised Bo", kind: MessageKind = MessageKind.SHOUT_OUT) -> Message:
    return Message(kind=kind, blocks=(Paragraph((Text(text),)),), summary=text)


WITHDRAWN = a_message("This was withdrawn", MessageKind.WITHDRAWN)


def an_outgoing(kudos: UUID, part: str = "shout_out", target: AccountRef | ConversationRef | None = None) -> Outgoing:
    return Outgoing(
        key=f"kudos:{kudos}:{part}", subject=f"kudos:{kudos}", target=target or a_channel(), message=a_message()
    )


def a_recording(
    giver: PersonId,
    *receivers: PersonId,
    request_key: str | None = None,
    team: TeamId | None = None,
    by_supervisor: bool = False,
    reason: str = "stayed with a caller until it was solved",
    link: str | None = None,
    behaviours: tuple[str, ...] = ("ownership",),
    points: int = 10,
    private: bool = False,
    at: datetime = NOW,
    period: date = MONDAY,
    limit: int = 100,
    outbox: bool = True,
) -> Recording:
    kudos = KudosId(id_made_at(at))
    return Recording(
        id=kudos,
        request_key=request_key or f"slack:T1:{kudos}",
        giver=giver,
        receivers=tuple(Receiving(person, team, by_supervisor) for person in receivers),
        reason=reason,
        link=link,
        behaviours=behaviours,
        points=points,
        private=private,
        conversation=a_channel(),
        at=at,
        period=period,
        limit=limit,
        outbox=(an_outgoing(kudos), an_outgoing(kudos, "note", an_account("U2"))) if outbox else (),
    )
