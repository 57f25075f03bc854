"""Codes and joining, in memory."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import TypeVar
from uuid import uuid4

from bot.identity import AccountRef, OrganisationId, PersonId, TeamId, WorkspaceRef
from bot.linking.model import Attempt, Joined, Known, Offer, Preview, Side
from bot.linking.rules import MOST_WRONG, WRONG_WINDOW, address, names_apart, same_human, same_people
from bot.people.model import Role
from bot.ports import Profile, Standing
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


def _pour(here: Books, there: Books, pairs: Mapping[PersonId, PersonId]) -> None:
    """Give everything of one to the other, under the names that people have there."""
    there.persons |= here.persons
    there.accounts |= here.accounts
    there.teams |= here.teams
    there.absences += here.absences
    there.wishes |= here.wishes
    there.nudges += here.nudges
    there.snoozes |= here.snoozes
    there.kudos |= here.kudos
    there.left |= here.left
    there.seen |= here.seen
    there.ledger += here.ledger
    there.balances |= here.balances
    there.used |= here.used
    there.schedules |= here.schedules
    there.digests |= here.digests
    for one, other in pairs.items():
        unite(there, one, other)


def unite(books: Books, one: PersonId, other: PersonId) -> None:
    """Make one person another."""

    def new(person: PersonId) -> PersonId:
        return other if person == one else person

    _receive_once(books, one, other)
    for team in books.teams.values():
        _be_in_it_once(team, one, other)
    del books.persons[one]
    books.accounts = {account: (new(person), profile) for account, (person, profile) in books.accounts.items()}
    books.absences = [replace(each, person=new(each.person)) for each in books.absences]
    books.wishes = {new(person): wishes for person, wishes in books.wishes.items() if person == one} | books.wishes
    books.wishes.pop(one, None)
    books.nudges = [
        replace(each, supervisor=new(each.supervisor), person=new(each.person) if each.person else None)
        for each in books.nudges
    ]
    snoozes: dict[tuple[PersonId, PersonId], datetime] = {}
    for (supervisor, person), until in books.snoozes.items():
        pair = new(supervisor), new(person)
        snoozes[pair] = max(until, snoozes.get(pair, until))
    books.snoozes = snoozes
    books.kudos = {kudos: _kudos(each, one, other) for kudos, each in books.kudos.items()}
    books.ledger = [replace(each, person=new(each.person)) for each in books.ledger]
    books.balances = _added((new(person), points) for person, points in books.balances.items())
    books.used = _added(((new(person), week), used) for (person, week), used in books.used.items())
    for (kind, subject), each in list(books.schedules.items()):
        if subject == one:
            books.schedules.setdefault((kind, other), replace(each, subject=other))
            del books.schedules[kind, subject]


def _added(numbers: Iterable[tuple[K, int]]) -> dict[K, int]:
    sums: dict[K, int] = {}
    for key, number in numbers:
        sums[key] = sums.get(key, 0) + number
    return sums


def _receive_once(books: Books, one: PersonId, other: PersonId) -> None:
    for kudos, each in list(books.kudos.items()):
        names = {receiving.person: receiving for receiving in each.receivers}
        if not {one, other} <= names.keys():
            continue
        again, stays = names[one], names[other]
        stays = replace(stays, team=stays.team or again.team, by_supervisor=stays.by_supervisor or again.by_supervisor)
        receivers = tuple(
            stays if receiving.person == other else receiving for receiving in each.receivers if receiving.person != one
        )
        books.kudos[kudos] = replace(each, receivers=receivers)
        if each.undone_at is None:
            books.used[each.giver, each.period] -= each.points
        theirs = [entry for entry in books.ledger if (entry.person, entry.kudos) == (one, kudos)]
        books.balances[one] -= sum(entry.amount for entry in theirs)
        books.ledger = [entry for entry in books.ledger if entry not in theirs]


def _be_in_it_once(team: MemoryTeam, one: PersonId, other: PersonId) -> None:
    team.founder = other if team.founder == one else team.founder
    if one in team.excluded:
        team.excluded = team.excluded - {one} | {other}
        team.exclusions = {other if person == one else person: each for person, each in team.exclusions.items()}
    if one not in team.members:
        return
    both = [person for person in (one, other) if person in team.members]
    stays = min(both, key=lambda person: (team.members[person] is not Role.SUPERVISOR, team.since[person]))
    role, since = team.members[stays], team.since[stays]
    for person in both:
        del team.members[person], team.since[person]
    team.members[other], team.since[other] = role, since


def _kudos(kudos: Kudos, one: PersonId, other: PersonId) -> Kudos:
    receivers = tuple(replace(each, person=other if each.person == one else each.person) for each in kudos.receivers)
    return replace(kudos, giver=other if kudos.giver == one else kudos.giver, receivers=receivers)


def known_elsewhere(books: Books, workspace: WorkspaceRef, profiles: Sequence[Profile]) -> dict[AccountRef, PersonId]:
    """Give who of a workspace is known already, by the same e-mail address in another."""
    newcomers = {
        PersonId(uuid4()): each
        for each in profiles
        if each.standing is Standing.MEMBER and each.account not in books.accounts
    }
    known = [Known(person, each.name, each.email) for person, each in newcomers.items()]
    known += [
        Known(person, profile.name, profile.email)
        for person, profile in books.accounts.values()
        if profile.standing is Standing.MEMBER
    ]
    places: dict[PersonId, list[WorkspaceRef]] = {person: [workspace] for person in newcomers}
    for account, (person, _) in books.accounts.items():
        places.setdefault(person, []).append(account.workspace)
    return {
        newcomers[person].account: min(there)
        for persons in same_human(known, places)
        if (there := persons - newcomers.keys())
        for person in persons & newcomers.keys()
    }


def unite_addressed(books: Books, profiles: Mapping[AccountRef, Profile]) -> bool:
    """Make one of the persons who have an address in common, now that it is known."""
    before = {
        account: books.accounts[account]
        for account, profile in profiles.items()
        if account in books.accounts and profile.standing is Standing.MEMBER
    }
    known = [Known(person, profiles[account].name, profiles[account].email) for account, (person, _) in before.items()]
    newly = {
        person
        for account, (person, was) in before.items()
        if was.standing is not Standing.MEMBER or address(was.email) != address(profiles[account].email)
    }
    asked = {address(each.email) for each in known}
    others = [
        Known(person, profile.name, profile.email)
        for account, (person, profile) in books.accounts.items()
        if account not in before and profile.standing is Standing.MEMBER and address(profile.email) in asked
    ]
    places: dict[PersonId, list[WorkspaceRef]] = {}
    for account, (person, _) in books.accounts.items():
        places.setdefault(person, []).append(account.workspace)
    humans = same_human([*known, *others], places)
    for persons in humans:
        stays = min(persons - newly or persons)
        for person in persons - {stays}:
            unite(books, person, stays)
    return bool(humans)
