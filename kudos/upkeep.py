"""The commands that keep a bot in good order."""

from __future__ import annotations

from typing import Final, assert_never
from uuid import UUID

import click

from adapters.observability import SystemClock
from adapters.settings import Settings, SettingsError, Use, load_settings
from bot.delivery.model import Held, Retried, State
from bot.errors import TemporaryDeliveryError
from bot.identity import OutboxId
from bot.schedule.agenda import agenda, line
from kudos.reasons import meaning_of
from kudos.serving import teams_config
from kudos.start import ANONYMOUS, CONNECT, opened, opened_as_it_is, ready, run, stop
from storage import doctor as storage_doctor
from storage.delivery import SqlDeliveryQueue
from storage.migrate import Shape, state, upgrade
from storage.schedules import SqlDueSchedules

_SHOWN: Final = (State.FAILED, State.UNKNOWN, State.BLOCKED, State.SENDING, State.PENDING)


@click.command()
def migrate() -> None:
    """Bring the database to this release."""

    async def work(settings: Settings) -> None:
        async with opened(settings) as database:
            before = await state(database)
            if before in {Shape.NEWER, Shape.FOREIGN}:
                await ready(database)
            await upgrade(settings.database_url.get_secret_value())
        click.echo("The database was up to date." if before is Shape.CURRENT else "The database is up to date now.")

    run(Use.MAINTAIN, work)


@click.command()
@click.option("--repair", is_flag=True, help="Mend what is found, where it can be.")
def doctor(*, repair: bool) -> None:
    """Check configuration, database, migrations and the figures that are kept ready; say what would be mended."""

    async def work(settings: Settings) -> None:
        healthy = await _configuration_holds()
        async with opened_as_it_is(settings) as database:
            click.echo("ok     database and migrations")
            findings = await (storage_doctor.repair if repair else storage_doctor.examine)(database)
            for finding in findings:
                what = "mended" if repair and finding.repairable else "wrong "
                click.echo(f"{what} {finding.check.value}: {finding.count}, such as {'; '.join(finding.examples)}")
            if not findings:
                click.echo("ok     ledger, balances, allowances and last-recognised dates agree")
            if any(finding.repairable for finding in findings) and not repair:
                click.echo("       `python -m kudos doctor --repair` would set them to what ledger and kudos say.")
            healthy = healthy and all(repair and finding.repairable for finding in findings)
        if not healthy:
            stop("Something above wants attention.")

    run(Use.MAINTAIN, work)


async def _configuration_holds() -> bool:
    """Say whether `serve` would take the configuration as it is, and Microsoft what it says of Teams."""
    try:
        settings = load_settings(Use.SERVE)
    except SettingsError as error:
        for line in str(error).splitlines():
            click.echo(f"wrong  configuration: {line}")
        return False
    click.echo("ok     configuration")
    if not (settings.slack_enabled or settings.teams_enabled):
        click.echo(f"       No chat platform is connected: nobody can give kudos yet. {CONNECT}")
    if settings.teams_allow_anonymous:
        click.echo(f"       {ANONYMOUS}")
    return not settings.teams_app_password or await _microsoft_lets_in(settings)


async def _microsoft_lets_in(settings: Settings) -> bool:
    from adapters.teams.sign_in import SignIn, SignInRefusedError  # noqa: PLC0415 - only where Teams is configured

    config = teams_config(settings)
    sign_in = SignIn(config)
    try:
        await sign_in.ask()
    except SignInRefusedError as refused:
        click.echo(f"wrong  Teams: {refused.means} ({refused.said})")
        return False
    except TemporaryDeliveryError:
        click.echo(
            f"wrong  Teams: {config.login_url} did not answer this machine, so TEAMS_APP_PASSWORD could not be tried. "
            "Has it a way to the internet, and does a firewall let it through?"
        )
        return False
    finally:
        await sign_in.close()
    click.echo("ok     Teams: Microsoft takes TEAMS_APP_PASSWORD")
    return True


@click.command()
@click.option("--retry", metavar="ID", help="Send a failed, unknown or blocked message again.")
@click.option("--limit", type=click.IntRange(min=1), default=50, show_default=True, help="How many to list.")
def outbox(retry: str | None, limit: int) -> None:
    """List the messages that failed, were blocked, whose fate is unknown, or that wait: why, and what helps."""

    async def work(settings: Settings) -> None:
        async with opened_as_it_is(settings) as database:
            queue = SqlDeliveryQueue(database)
            if retry is not None:
                await _retry(queue, retry)
                return
            counts = {**await queue.counts(), State.BLOCKED: await queue.blocked()}
            click.echo("  ".join(f"{each.value}: {number}" for each, number in counts.items()))
            for held in await queue.held(_SHOWN, limit):
                click.echo(_line(held))
                if meaning := meaning_of(held.reason):
                    click.echo(f"    {meaning}")

    run(Use.MAINTAIN, work)


def _line(held: Held) -> str:
    target = f"{held.target.workspace.platform.value}:{held.target.workspace.id}:{held.target.id}"
    return (
        f"{held.id}  {held.state.value:8}  {held.operation.value:6} {held.kind:13}  {target}  tries {held.attempts}  "
        f"since {held.created_at:%Y-%m-%d %H:%M}Z  {held.reason}"
    )


async def _retry(queue: SqlDeliveryQueue, text: str) -> None:
    try:
        row = OutboxId(UUID(text))
    except ValueError:
        stop(f"{text} is not the id of a message. `python -m kudos outbox` lists them.")
    match await queue.retry(row, SystemClock().now()):
        case Retried.PENDING:
            click.echo("It goes out again with the next delivery.")
        case Retried.NOT_THERE:
            stop(f"There is no message {text}. `python -m kudos outbox` lists them.")
        case Retried.WITHDRAWN:
            stop(f"{text} has been taken back since, so it is not sent again.")
        case Retried.NOT_GIVEN_UP:
            stop(f"{text} is neither failed, unknown nor blocked, so it is not sent again.")
        case never:
            assert_never(never)


@click.command()
@click.option("--limit", type=click.IntRange(min=1), default=50, show_default=True, help="How many to list.")
def schedule(limit: int) -> None:
    """Show what is due when: digests and looks for nudges, in local and in UTC time."""

    async def work(settings: Settings) -> None:
        async with opened_as_it_is(settings) as database:
            entries = await agenda(SqlDueSchedules(database), limit)
        for entry in entries:
            click.echo(line(entry))
        if not entries:
            click.echo("Nothing is scheduled: no team is set up yet.")

    run(Use.MAINTAIN, work)
