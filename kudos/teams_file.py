"""The commands that bring an organisation's teams in from a file, and write them to one."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from adapters.observability import PrometheusMetrics, SystemClock
from adapters.settings import Settings, Use
from bot.identity import Platform, WorkspaceRef
from bot.teams.roster_file import MOST_BYTES, Problem
from bot.teams.roster_service import TeamFiles
from kudos.demo import join_local
from kudos.house import Bot
from kudos.serving import join_slack, join_teams
from kudos.start import opened_as_it_is, run, stop
from storage.engine import Database

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from bot.teams.roster_plan import Plan

CONNECTED_WITHIN: Final = 10
"""Seconds. A server waits for Slack as long as it takes; whoever sits at a terminal does not."""

MOST_SHOWN: Final = 50
"""Errors that are listed. Whoever has more has made one mistake many times."""

_WORKSPACE: Final = click.option(
    "--workspace", metavar="PLATFORM:ID", help="Whose people the file names, such as slack:T0123456. The only one's."
)


@click.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--apply", is_flag=True, help="Write it. Without this, only what would change is shown.")
@_WORKSPACE
def import_teams(file: Path, *, apply: bool, workspace: str | None) -> None:
    """Set up whole organisations' teams from a CSV file, or show what that would change."""
    with file.open("rb") as opened_file:
        # One byte more than may be says that there are more.
        data = opened_file.read(MOST_BYTES + 1)

    async def work(settings: Settings) -> None:
        async with _files(settings, workspace, asking=True) as (files, where):
            plan = await files.plan(where, data)
            _refuse(plan.problems)
            _show(plan)
            if apply and plan.changes:
                with click.progressbar(length=len(plan.changes), label="Writing teams") as bar:
                    plan = await files.apply(where, data, bar.update)
                _refuse(plan.problems)
        _sum_up(plan, applied=apply)

    run(Use.ASK, work)


@click.command()
@click.option("-o", "--output", type=click.Path(dir_okay=False, path_type=Path), help="Where to. Without this, here.")
@_WORKSPACE
def export_teams(output: Path | None, workspace: str | None) -> None:
    """Write every team to a CSV file, as import-teams reads it."""

    async def work(settings: Settings) -> None:
        async with _files(settings, workspace, asking=False) as (files, where):
            exported = await files.export(where)
        if output is None:
            click.echo(exported.data, nl=False)
        else:
            await asyncio.to_thread(output.write_bytes, exported.data)
            click.echo(f"Wrote {_teams(exported.teams)} to {output}.")
        if exported.left_out:
            click.echo(f"Left out, as they have no e-mail here: {', '.join(exported.left_out)}.", err=True)

    run(Use.MAINTAIN, work)


@asynccontextmanager
async def _files(
    settings: Settings, named: str | None, *, asking: bool
) -> AsyncIterator[tuple[TeamFiles, WorkspaceRef]]:
    """Open what a command works with. `asking` says whether it looks people up on the platform."""
    async with AsyncExitStack() as stack:
        database = await stack.enter_async_context(opened_as_it_is(settings))
        bot = Bot(settings, database, SystemClock(), PrometheusMetrics())
        where = await _workspace(bot, named)
        if asking:
            await _connect(settings, bot, where.platform, database, stack)
        yield TeamFiles(bot.units, bot.people, bot.clock), where


async def _workspace(bot: Bot, named: str | None) -> WorkspaceRef:
    known = {f"{each.workspace.platform.value}:{each.workspace.id}": each for each in await bot.workplaces.all()}
    if not known:
        stop("No workspace is connected yet. Start the bot once: python -m kudos serve")
    if named is None and len(known) > 1:
        stop(f"There are several workspaces. Say which with --workspace: {', '.join(sorted(known))}")
    found = known.get(named or next(iter(known)))
    if found is None:
        stop(f"{named} is not connected. These are: {', '.join(sorted(known))}")
    return found.workspace


async def _connect(settings: Settings, bot: Bot, platform: Platform, database: Database, stack: AsyncExitStack) -> None:
    if platform is Platform.LOCAL:
        await join_local(bot, database)
    elif platform is Platform.SLACK and settings.slack_enabled:
        # Whom it would have been asked about is said of each team.
        with suppress(TimeoutError):
            async with asyncio.timeout(CONNECTED_WITHIN):
                await join_slack(settings, bot, stack)
    elif platform is Platform.TEAMS and settings.teams_enabled:
        await join_teams(settings, bot, stack, database)


def _refuse(problems: tuple[Problem, ...]) -> None:
    """End with every error, if there is any."""
    if not problems:
        return
    _list(problems)
    stop("Nothing was written. Put this right, and try again.")


def _list(problems: tuple[Problem, ...]) -> None:
    for problem in problems[:MOST_SHOWN]:
        click.echo(f"line {problem.line}: {problem.text}" if problem.line else problem.text, err=True)
    more = len(problems) - MOST_SHOWN
    if more > 0:
        click.echo(f"and {more} more", err=True)


def _show(plan: Plan) -> None:
    for change in plan.changes:
        click.echo(change.settings.name)
        for line in change.lines:
            click.echo(f"  {line}")
    if plan.unchecked:
        _list(plan.unchecked)
        click.echo("--apply writes these unchecked. To have them checked first, look again later without it.", err=True)


def _sum_up(plan: Plan, *, applied: bool) -> None:
    same = f"{_teams(plan.unchanged)} already as in the file"
    if not plan.changes:
        click.echo(f"Nothing to change: {same}.")
    elif applied:
        click.echo(f"{_teams(len(plan.changes))} changed, {same}.")
    else:
        click.echo(f"{_teams(len(plan.changes))} would change, {same}. Nothing was written: add --apply to write it.")


def _teams(n: int) -> str:
    return f"{n} team" if n == 1 else f"{n} teams"
