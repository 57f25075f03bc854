"""Every command, one line each."""

from __future__ import annotations

from typing import Final

import click

from kudos.demo import demo
from kudos.packages import slack_manifest, teams_package
from kudos.serving import serve, worker
from kudos.teams_file import export_teams, import_teams
from kudos.upkeep import doctor, migrate, outbox, schedule

COMMANDS: Final = (
    serve,
    worker,
    demo,
    migrate,
    doctor,
    outbox,
    schedule,
    slack_manifest,
    teams_package,
    import_teams,
    export_teams,
)


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def main() -> None:
    """Recognition for contact centres, in Slack and Microsoft Teams, and in a local chat to try it in."""


for command in COMMANDS:
    main.add_command(command)
