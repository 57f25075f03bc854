"""Codes and joining, in memory."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from datetime import datetime
from typing import TypeVar

from bot.identity import OrganisationId, PersonId, TeamId, WorkspaceRef
from bot.linking.model import Attempt, Joined, Known, Offer, Preview, Side
from bot.linking.rules import MOST_WRONG, WRONG_WINDOW, names_apart, same_people
from bot.ports import Standing
from bot.recognition.model import Kudos
from tests.memory_store import Books, MemoryStore, MemoryTeam

K = TypeVar("K")


class MemoryLinks:
    """Codes and joining, in memory."""

    def __init__(self, store: MemoryStore) -> None:
        self._store = store
        self._codes: dict[OrganisationId, tuple[str, datetime]] = {}
        self._wrong: defaultdict[WorkspaceRef, list[datetime]] = defaultdict(list)

    async def admins(self, workspace: WorkspaceRef) -> list[str]:
        accounts = self._store.books[self._store.workplaces[workspace].organisation].accounts
        return sorted(
            profile.name
            for account, (_, profile) in accounts.items()
            if account.workspace == workspace and profile.admin and profile.standing is Standing.MEMBER
        )

    async def offer(
        self,
        organisation: OrganisationId,
        code: str,
        by: PersonId,  # noqa: ARG002 the contract's
        now: datetime,  # noqa: ARG002 the contract's
        until: datetime,
    ) -> None:
        self._codes[organisation] = code, until

    async def attempt(self, workspace: WorkspaceRef, code: str, now: datetime) -> Attempt:
        wrong = [at for at in self._wrong[workspace] if at > now - WRONG_WINDOW]
        if len(wrong) >= MOST_WRONG:
            return Attempt(refused=True)
        offer = self._offer(code, now)
        self._wrong[workspace] = wrong if offer else [*wrong, now]
        return Attempt(offer)

    def _offer(self, code: str, now: datetime) -> Offer | None:
        return next(
            (Offer(own, until) for own, (kept, until) in self._codes.items() if kept == code and until > now), None
        )

    async def preview(self, staying: OrganisationId, joining: OrganisationId) -> Preview:
        there, here = self._store.books[staying], self._store.books[joining]
        pairs = same_people(_known(there), _known(here))
        united = tuple(sorted(there.persons[person] for person in pairs.values()))
        return Preview(_side(there), _side(here), united, tuple(sorted(_names_taken(here, there).values())))

    async def join(self, workspace: WorkspaceRef, code: str, now: datetime) -> Joined | None:
        offer, joining = self._offer(code, now), self._store.workplaces[workspace].organisation
        if offer is None or offer.organisation == joining:
            return None
        there, here = self._store.books[offer.organisation], self._store.books.pop(joining)
        pairs = same_people(_known(there), _known(here))
        renamed = _names_taken(here, there)
        for team, (_, name) in renamed.items():
            here.teams[team].settings = replace(here.teams[team].settings, name=name)
        _pour(here, there, pairs)
        for known, workplace in self._store.workplaces.items():
            if workplace.organisation == joining:
                self._store.workplaces[known] = replace(workplace, organisation=offer.organisation)
        for row in self._store.outbox.values():
            if row.organisation == joining:
                row.organisation = offer.organisation
        for used_up in (joining, offer.organisation):
            self._codes.pop(used_up, None)
        return Joined(there.name, len(pairs), tuple(sorted(renamed.values())))


def _known(books: Books) -> list[Known]:
    return [
        Known(person, profile.name, profile.email)
        for person, profile in books.accounts.values()
        if profile.standing is Standing.MEMBER and profile.email
    ]


def _side(books: Books) -> Side:
    members = {person for person, profile in books.accounts.values() if profile.standing is Standing.MEMBER}
    return Side(books.name, len(members), tuple(sorted(team.settings.name for team in books.teams.values())))


def _names_taken(here: Books, there: Books) -> dict[TeamId, tuple[str, str]]:
    named = {team: kept.settings.name for team, kept in here.teams.items()}
    apart = names_apart((each.settings.name for each in there.teams.values()), named, here.name)
    return {team: (named[team], name) for team, name in apart.items()}


def _pour(here: Books, there: Books, pairs: dict[PersonId, PersonId]) -> None:
    """Give everything of one to the other, under the names that people have there."""

    def new(person: PersonId) -> PersonId:
        return pairs.get(person, person)

    there.persons |= {person: name for person, name in here.persons.items() if person not in pairs}
    there.accounts |= {account: (new(person), profile) for account, (person, profile) in here.accounts.items()}
    there.teams |= {team: _team(kept, pairs) for team, kept in here.teams.items()}
    there.absences += [replace(each, person=new(each.person)) for each in here.absences]
    there.wishes = {new(person): wishes for person, wishes in here.wishes.items()} | there.wishes
    there.nudges += [
        replace(each, supervisor=new(each.supervisor), person=new(each.person) if each.person else None)
        for each in here.nudges
    ]
    for (supervisor, person), until in here.snoozes.items():
        pair = new(supervisor), new(person)
        there.snoozes[pair] = max(until, there.snoozes.get(pair, until))
    there.kudos |= {kudos: _kudos(each, pairs) for kudos, each in here.kudos.items()}
    there.left |= here.left
    there.seen |= here.seen
    there.ledger += [replace(each, person=new(each.person)) for each in here.ledger]
    _add(there.balances, {new(person): points for person, points in here.balances.items()})
    _add(there.used, {(new(person), week): used for (person, week), used in here.used.items()})
    there.schedules = {
        (kind, pairs.get(PersonId(subject), subject)): replace(each, subject=pairs.get(PersonId(subject), subject))
        for (kind, subject), each in here.schedules.items()
    } | there.schedules
    there.digests |= here.digests


def _add(sums: dict[K, int], more: dict[K, int]) -> None:
    for key, number in more.items():
        sums[key] = sums.get(key, 0) + number


def _team(team: MemoryTeam, pairs: dict[PersonId, PersonId]) -> MemoryTeam:
    return MemoryTeam(
        settings=team.settings,
        members={pairs.get(person, person): role for person, role in team.members.items()},
        since={pairs.get(person, person): since for person, since in team.since.items()},
        homes=team.homes,
        founder=pairs.get(team.founder, team.founder) if team.founder else None,
        excluded={pairs.get(person, person) for person in team.excluded},
    )


def _kudos(kudos: Kudos, pairs: dict[PersonId, PersonId]) -> Kudos:
    receivers = tuple(replace(each, person=pairs.get(each.person, each.person)) for each in kudos.receivers)
    return replace(kudos, giver=pairs.get(kudos.giver, kudos.giver), receivers=receivers)
