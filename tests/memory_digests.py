"""Digests in memory: complete, and held to the same contract suite as the real ones."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import pairwise
from typing import TYPE_CHECKING

from bot.digests.model import Coverage, Digest, DigestState, Recognised
from bot.identity import TeamId
from bot.people.model import Role
from bot.ports import Standing
from bot.recognition.model import Kudos
from tests.memory_store import Books

if TYPE_CHECKING:
    from tests.fakes import MemoryUnitOfWork


class MemoryDigests:
    """The digests of one organisation."""

    def __init__(self, unit: MemoryUnitOfWork) -> None:
        self._unit = unit

    async def add(self, digest: Digest) -> bool:
        def change(books: Books) -> bool:
            return books.digests.setdefault((digest.team, digest.week), digest) is digest

        return self._unit.write(change)

    async def of_week(self, team: TeamId, week: str) -> Digest | None:
        return self._unit.books.digests.get((team, week))

    async def latest(self, team: TeamId) -> Digest | None:
        return max(self._told(team, DigestState.POSTED), key=lambda each: each.until, default=None)

    async def skipped(self, team: TeamId, before: datetime) -> Digest | None:
        earlier = [each for each in self._told(team, DigestState.SKIPPED) if each.until < before]
        return max(earlier, key=lambda each: each.until, default=None)

    def _told(self, team: TeamId, state: DigestState) -> list[Digest]:
        return [each for each in self._unit.books.digests.values() if (each.team, each.state) == (team, state)]

    async def resume(self, team: TeamId, week: str) -> None:
        def change(books: Books) -> None:
            kept = books.digests.get((team, week))
            if kept is not None and kept.state is DigestState.SKIPPED:
                del books.digests[team, week]

        self._unit.write(change)

    async def recognised(self, team: TeamId, since: datetime, until: datetime) -> list[Recognised]:
        books = self._unit.books
        told = [
            Recognised(
                kudos=each.id,
                giver=each.giver,
                giver_name=books.persons[each.giver],
                receivers=tuple((one.person, books.persons[one.person]) for one in each.receivers if one.team == team),
                reason=each.reason,
                link=each.link,
                behaviours=each.behaviours,
                by_supervisor=any(one.by_supervisor for one in each.receivers if one.team == team),
                at=each.at,
            )
            for each in self._of(team, since, until)
            if not each.private
        ]
        return sorted(told, key=lambda each: (each.at, each.kudos))

    async def private(self, team: TeamId, since: datetime, until: datetime) -> int:
        return sum(each.private for each in self._of(team, since, until))

    async def counts(self, team: TeamId, bounds: Sequence[datetime]) -> list[int]:
        return [len(list(self._of(team, *pair))) for pair in pairwise(bounds)]

    async def coverage(self, team: TeamId, since: datetime) -> Coverage:
        books = self._unit.books
        here = {person for person, profile in books.accounts.values() if profile.standing is not Standing.LEFT}
        agents = [p for p, role in books.teams[team].members.items() if role is Role.AGENT and p in here]
        recognised = {one.person for each in books.standing_kudos() if each.at >= since for one in each.receivers}
        return Coverage(sum(person in recognised for person in agents), len(agents))

    def _of(self, team: TeamId, since: datetime, until: datetime) -> Iterator[Kudos]:
        for each in self._unit.books.standing_kudos():
            if since <= each.at < until and any(one.team == team for one in each.receivers):
                yield each
