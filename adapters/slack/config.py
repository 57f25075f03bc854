"""What the Slack adapter needs to know, read once by the front door."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from adapters.slack.render import ChartAddress, nowhere

SLACK_API_URL: Final = "https://slack.com/api/"


@dataclass(frozen=True, slots=True)
class SlackConfig:
    """One app in one workspace.

    `command` is the slash command as people type it, with its slash; Slack does not namespace commands, so another
    app may own `/kudos` already. `api_url` ends in a slash. `chart_address` says where Slack can fetch a chart. Secrets
    stay out of `repr`.
    """

    signing_secret: str = field(repr=False)
    bot_token: str = field(repr=False)
    api_url: str = SLACK_API_URL
    command: str = "/kudos"
    chart_address: ChartAddress = nowhere

    def __post_init__(self) -> None:
        """Refuse what would fail later in a way nobody understands. Raises ValueError, naming the setting."""
        if not self.signing_secret:
            reason = "SLACK_SIGNING_SECRET is empty"
            raise ValueError(reason)
        if not self.bot_token:
            reason = "SLACK_BOT_TOKEN is empty"
            raise ValueError(reason)
        if not self.api_url.endswith("/"):
            object.__setattr__(self, "api_url", f"{self.api_url}/")
