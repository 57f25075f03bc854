"""People, teams and where they are met."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from bot.identity import AccountRef, ConversationRef, OrganisationId, PersonId, TeamId, WorkspaceRef
from bot.ports import Standing


class Role(StrEnum):
    """What a person is in a team."""

    AGENT = "agent"
    SUPERVISOR = "supervisor"


@dataclass(frozen=True, slots=True)
class Workplace:
    """A workspace and the organisation it belongs to."""

    workspace: WorkspaceRef
    organisation: OrganisationId
    name: str


@dataclass(frozen=True, slots=True)
class Place:
    """A person's place in one team.

    `home` is where the team meets in the workspace that was asked about, if it has a home there; `elsewhere` are its
    homes in the organisation's other workspaces.
    """

    team: TeamId
    team_name: str
    role: Role
    home: ConversationRef | None = None
    elsewhere: tuple[ConversationRef, ...] = ()

    @property
    def homes(self) -> tuple[ConversationRef, ...]:
        """Everywhere that the team meets, here first."""
        return (self.home, *self.elsewhere) if self.home else self.elsewhere


@dataclass(frozen=True, slots=True)
class Colleague:
    """A person as met in one workspace, with their places in teams today.

    `timezone` is an IANA name, `locale` a BCP 47 tag. `admin` says that they administer the workspace. `email` is the
    account's, empty where it is not known.
    """

    person: PersonId
    account: AccountRef
    name: str
    locale: str
    timezone: str
    standing: Standing
    places: tuple[Place, ...] = ()
    admin: bool = False
    email: str = ""

    @property
    def is_supervisor(self) -> bool:
        """Whether they supervise any team."""
        return any(place.role is Role.SUPERVISOR for place in self.places)


@dataclass(frozen=True, slots=True)
class Addressed:
    """Somebody of a workspace as an organisation's own lists name them: by e-mail."""

    person: PersonId
    email: str
    name: str
    standing: Standing
