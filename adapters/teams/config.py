"""What the Teams adapter needs to know, read once by the front door."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from bot.identity import Platform, WorkspaceRef

KEYS_URL: Final = "https://login.botframework.com/v1/.well-known/openidconfiguration"
LOGIN_URL: Final = "https://login.microsoftonline.com"

EMULATED: Final = "emulator"
"""The workspace of an emulator that names no tenant."""


@dataclass(frozen=True, slots=True)
class TeamsConfig:
    """One app registration in one tenant.

    `anonymous` lets requests without a token in, for an emulator on this machine. `command` is the word people may
    type before a kudos, with its slash. `stand_in` is an address in place of both of Microsoft's: its keys' and its
    sign-in's. `admins` are the Entra object ids of those who administer the bot. Ids may be given in any case, and are
    kept in small letters, as Microsoft writes them. Secrets stay out of `repr`.
    """

    app_id: str
    password: str = field(repr=False)
    tenant: str
    anonymous: bool = False
    command: str = "/kudos"
    stand_in: str | None = None
    admins: frozenset[str] = frozenset()

    def __post_init__(self) -> None:
        """Fold the ids, and refuse what would let anybody in, or nobody. Raises ValueError, naming the setting."""
        # What Microsoft sends is compared with them letter by letter.
        object.__setattr__(self, "app_id", self.app_id.lower())
        object.__setattr__(self, "tenant", self.tenant.lower())
        object.__setattr__(self, "admins", frozenset(each.lower() for each in self.admins))
        if self.anonymous:
            return
        for name, value in (
            ("TEAMS_APP_ID", self.app_id),
            ("TEAMS_APP_PASSWORD", self.password),
            ("TEAMS_TENANT_ID", self.tenant),
        ):
            if not value:
                reason = f"{name} is empty"
                raise ValueError(reason)

    @property
    def workspace(self) -> WorkspaceRef:
        """The tenant."""
        return WorkspaceRef(Platform.TEAMS, self.tenant or EMULATED)

    @property
    def keys_url(self) -> str:
        """Where Microsoft says which keys it signs with."""
        return f"{self.stand_in}/v1/.well-known/openidconfiguration" if self.stand_in else KEYS_URL

    @property
    def login_url(self) -> str:
        """Where the token for speaking to Teams comes from."""
        return self.stand_in or LOGIN_URL
