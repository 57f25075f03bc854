"""The commands that print or write what a chat platform needs to have the app installed."""

from __future__ import annotations

import json
from pathlib import Path

import click

from kudos.start import stop


@click.command("slack-manifest")
@click.option("--url", required=True, help="Where Slack reaches the bot: https://kudos.example")
@click.option("--command", default="/kudos", show_default=True, help="The slash command's name.")
def slack_manifest(url: str, command: str) -> None:
    """Print the manifest to make the Slack app from."""
    from adapters.slack.manifest import manifest  # noqa: PLC0415 - what serves a platform is loaded where it is used

    try:
        made = manifest(url, command)
    except ValueError as error:
        stop(str(error))
    click.echo(json.dumps(made, indent=2, ensure_ascii=False))


@click.command("teams-package")
@click.option("--url", required=True, help="Where Teams reaches the bot: https://kudos.example")
@click.option("--app-id", required=True, help="The app registration's Application (client) ID.")
@click.option("--command", default="/kudos", show_default=True, help="The word before a kudos, as KUDOS_COMMAND.")
@click.option("--slash", is_flag=True, help="Offer slash commands too, where the tenant has them.")
@click.option("--publisher", default="Kudos", show_default=True, help="Who Teams says is behind the app.")
@click.option("--about", default="", help="A page about the app: who runs it, what it stores.  [default: the --url]")
@click.option("--version", default="1.0.0", show_default=True, help="The package's version; raise it for each upload.")
@click.option(
    "-o",
    "--output",
    type=click.Path(dir_okay=False, path_type=Path),
    default=Path("kudos.zip"),
    show_default=True,
    help="The file to write.",
)
def teams_package(
    *, url: str, app_id: str, command: str, slash: bool, publisher: str, about: str, version: str, output: Path
) -> None:
    """Write the app package to upload to Teams."""
    from adapters.teams.package.archive import package, version_of  # noqa: PLC0415 - as above
    from adapters.teams.package.manifest import App  # noqa: PLC0415

    try:
        app = App(url, app_id, command, publisher, about, version, slash)
    except ValueError as error:
        stop(str(error))
    replaced = version_of(output)
    try:
        output.write_bytes(package(app))
    except OSError as error:
        stop(f"{output} cannot be written: {error.strerror}.")
    click.echo(f"{output}, version {version}, is ready to be uploaded to Teams.")
    if replaced == version:
        click.echo("It replaces a file of the same version. If that was uploaded, Teams takes only a higher --version.")
    if not about:
        click.echo(
            f"Its privacy statement and terms lead to {url}, where people find nothing to read: give a page of yours "
            "with --about."
        )
