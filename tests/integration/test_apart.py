"""Two organisations never see each other, whatever their people do."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.answer import Answer
from bot.identity import AccountRef, ConversationRef
from bot.points.behaviours import default_behaviours
from bot.view.message import Button, Message
from storage.delivery import SqlDeliveryQueue
from storage.engine import Database
from storage.linking import SqlLinks
from storage.nudges import SqlOvertaken
from storage.schedules import SqlDueSchedules
from storage.unit_of_work import UnitsOfWork
from storage.workplaces import SqlWorkplaces
from tests.unit.desk import buttons
from tests.unit.houses import LOCAL, SLACK, Houses

# Every name, reason and team of a side carries its mark, and nothing else does. First names are shared on purpose.
NORTH, SOUTH = "Qnorth", "Zsouth"
SIDES = {NORTH: SLACK, SOUTH: LOCAL}
OTHER = {NORTH: SOUTH, SOUTH: NORTH}
PEOPLE = (("U1", "Anna"), ("U2", "Bo"), ("U3", "Cleo"), ("U4", "Maja"))
IDS = tuple(account for account, _ in PEOPLE)
HOME = "C1"


@dataclass(frozen=True)
class Act:
    """One thing that somebody of one side does."""

    side: str
    who: str
    does: str
    whom: str = "U1"


WORDS = ("undo", "me", "team", "board", "behaviours", "help", "nudges", "digest", "back", "setup", "link")
GIVING = (
    *("give", "give_by_name", "give_by_two_names", "give_account_there", "give_telling_of_somebody_there"),
    *("give_privately", "give_nobody"),
)
OTHERWISE = ("away", "link_wrong", "link_nonsense", "press", "form", "choose_there", "address", "a_day", "three_days")
ACTS = st.builds(
    Act,
    st.sampled_from((NORTH, SOUTH)),
    st.sampled_from(IDS),
    st.sampled_from((*WORDS, *GIVING, *OTHERWISE)),
    st.sampled_from(IDS),
)


def said(act: Act) -> str:
    return f"stayed with a {act.side} caller"


def written(act: Act, whom: AccountRef, there: AccountRef) -> tuple[str | AccountRef, ...] | None:
    """Give what is typed, if that is how it is done. `there` has the same id on the other side."""
    name = dict(PEOPLE)[act.whom]
    ways: dict[str, tuple[str | AccountRef, ...]] = {
        "give": (whom, said(act)),
        "give_by_name": (f"@{name} {said(act)}",),
        "give_by_two_names": (f"@{name} @nobody {said(act)}",),
        "give_account_there": (there, said(act)),
        "give_telling_of_somebody_there": (whom, f"{said(act)} with ", there),
        "give_privately": ("private ", whom, said(act)),
        "give_nobody": (said(act),),
        "away": ("away until friday",),
        "link_wrong": ("link 0000-0000-0000",),
        "link_nonsense": ("link nonsense",),
        **{word: (word,) for word in WORDS},
    }
    return ways.get(act.does)


@asynccontextmanager
async def on_sqlite(template: Path) -> AsyncIterator[Houses]:
    with TemporaryDirectory() as folder:
        file = Path(folder) / "kudos.db"
        shutil.copy(template, file)
        database = Database.open(f"sqlite:///{file}")
        try:
            yield Houses(
                units=UnitsOfWork(database),
                workplaces=SqlWorkplaces(database, default_behaviours()),
                links=SqlLinks(database),
                overtaken=SqlOvertaken(database),
                due=SqlDueSchedules(database),
                queue=SqlDeliveryQueue(database),
            )
        finally:
            await database.close()


@asynccontextmanager
async def in_memory(_template: Path) -> AsyncIterator[Houses]:
    yield Houses()


class Town:
    """Two organisations that share an address per person, ids, first names and a team's home, and are not joined."""

    def __init__(self, houses: Houses) -> None:
        self.houses = houses
        self.seen: list[tuple[str, str]] = []
        self.shown: dict[str, list[tuple[str, Message]]] = {NORTH: [], SOUTH: []}

    async def settle(self) -> None:
        for side, workspace in SIDES.items():
            people = [(account, f"{name} {side}") for account, name in PEOPLE]
            await self.houses.connect(workspace, f"Firm {side}", *people)
            directory = self.houses.directories[workspace.platform]
            for account, profile in list(directory.profiles.items()):
                # The same humans' addresses on both sides: only a code joins them.
                shared = f"{profile.name.split()[0].lower()}@example.com"
                directory.profiles[account] = replace(profile, email=shared)
            anna, bo, cleo, maja = (AccountRef(workspace, each) for each in IDS)
            await self.houses.team(f"Phone {side}", [bo, cleo], [anna, maja], [ConversationRef(workspace, HOME)])

    async def happens(self, act: Act) -> None:
        me, there = AccountRef(SIDES[act.side], act.who), AccountRef(SIDES[OTHER[act.side]], act.whom)
        whom = AccountRef(me.workspace, act.whom)
        typed = written(act, whom, there)
        if typed is not None:
            await self._types(act, me, *typed)
        elif act.does == "form":
            self._notice(act.side, me, await self.houses.fills_in(me, "{}", whom, there))
        elif act.does == "choose_there":
            forged = {"key": "k", "reason": said(act), "points": 10, "named": [msgspec.to_builtins(there)]}
            await self._press(act.side, me, "choose", msgspec.json.encode(forged).decode())
        elif act.does == "address":
            await self._tell_address(whom)
        elif act.does == "press":
            await self._press_what_is_shown(act.side, me)
        else:
            self.houses.clock.advance(timedelta(days=1 if act.does == "a_day" else 3))
            await self.houses.process.ticker.tick()
            await self.houses.process.nudging.tick()

    async def _tell_address(self, whom: AccountRef) -> None:
        """Let somebody's address be unknown, and then known."""
        directory = self.houses.directories[whom.workspace.platform]
        known = directory.profiles[whom]
        for email in ("", known.email):
            directory.put(replace(known, email=email))
            self.houses.clock.advance(timedelta(minutes=1))
            await self.houses.process.people.colleague(whom)

    async def _press_what_is_shown(self, side: str, me: AccountRef) -> None:
        """Press the buttons of what was shown last: one's own, and those that the other side was shown."""
        for account, message in self.shown[side][-2:]:
            for button in buttons(message):
                await self._press(side, AccountRef(me.workspace, account), button.action, button.value)
        for _, message in self.shown[OTHER[side]][-2:]:
            for button in buttons(message):
                if OTHER[side] not in button.value:
                    # Else they would be shown what they sent themselves.
                    await self._press(side, me, button.action, button.value)

    async def _types(self, act: Act, me: AccountRef, *parts: str | AccountRef) -> None:
        here = ConversationRef(me.workspace, HOME)
        self._notice(act.side, me, await self.houses.types(me, *parts, conversation=here))

    async def _press(self, side: str, me: AccountRef, action: str, value: str) -> None:
        answer = await self.houses.presses(me, Button(action, "", value))
        self._notice(side, me, answer)

    def _notice(self, side: str, me: AccountRef, answer: Answer) -> None:
        self.seen.append((side, msgspec.json.encode([answer.reply, answer.form, dict(answer.problems)]).decode()))
        if answer.reply is not None:
            self.shown[side].append((me.id, answer.reply))

    async def look_around(self) -> None:
        """Take in what is on its way, and what each side's repositories know."""
        side_of = {workspace: side for side, workspace in SIDES.items()}
        for target, message in await self.houses.outgoing():
            self.seen.append((side_of[target.workspace], msgspec.json.encode(message).decode() if message else ""))
        for side, workspace in SIDES.items():
            elsewhere = await self.houses.process.people.elsewhere(workspace, "Anna")
            assert elsewhere == []
            async with self.houses.units(await self.houses.organisation(workspace)) as work:
                known = await work.people.addressed(workspace)
                teams = await work.teams.all()
                ranked = await work.points.top(50)
            self.seen.append((side, " ".join([*(each.name for each in known), *(each.name for each in ranked)])))
            self.seen.append((side, " ".join(team.settings.name for team in teams)))


async def live(open_houses, template: Path, acts: list[Act]) -> None:
    async with open_houses(template) as houses:
        town = Town(houses)
        await town.settle()
        for act in acts:
            await town.happens(act)
        await town.look_around()
        for side, what in town.seen:
            assert OTHER[side] not in what
        assert houses.process.metrics["fault"] == 0
        assert any(NORTH in what for side, what in town.seen if side == NORTH), "marks are seen at all"
        assert await houses.organisation(SLACK) != await houses.organisation(LOCAL)


@pytest.mark.parametrize("open_houses", [in_memory, on_sqlite])
@given(acts=st.lists(ACTS, min_size=1, max_size=25))
@settings(max_examples=25)
def test_two_organisations_never_see_each_other(sqlite_template: Path, open_houses, acts: list[Act]):
    asyncio.run(live(open_houses, sqlite_template, acts))


@pytest.mark.parametrize("open_houses", [in_memory, on_sqlite])
def test_everything_at_once_is_seen_by_its_own_side_only(sqlite_template: Path, open_houses):
    does = (
        *("give", "give_by_name", "give_account_there", "give_privately", "form", "choose_there"),
        *("give_telling_of_somebody_there", "give_by_two_names", "press", "team", "address"),
        *("me", "three_days", "nudges", "digest", "setup", "link", "link_wrong", "press", "a_day", "three_days"),
        *("three_days", "undo", "back", "away", "press"),
    )
    acts = [Act(side, "U1", each, "U2") for each in does for side in SIDES]
    asyncio.run(live(open_houses, sqlite_template, acts))
