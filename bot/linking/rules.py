"""Codes, and who is the same human on both sides. Pure."""

from __future__ import annotations

import hmac
import secrets
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping
from datetime import timedelta
from typing import Final

from bot.hygiene import fold
from bot.identity import PersonId, TeamId, WorkspaceRef
from bot.linking.model import Known

ALPHABET: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Crockford's base 32: no letter that is taken for another when it is read aloud or copied by hand."""

LENGTH: Final = 12
"""Characters of a code: 60 bits, far beyond guessing within VALID."""

VALID: Final = timedelta(minutes=30)
"""How long a code works: enough to walk over to the other side's administrator."""

MOST_WRONG: Final = 5
"""Wrong codes from one workspace within WRONG_WINDOW, after which none is looked at."""

WRONG_WINDOW: Final = timedelta(hours=1)

TEAM_NAME: Final = 60
"""Characters of a team's name: `bot.teams.rules.NAME_LIMIT`, a room that this one does not know."""

_GROUP: Final = 4
_MISREAD: Final = str.maketrans({"O": "0", "I": "1", "L": "1", "-": None, " ": None, "–": None, "‑": None})


def new_code() -> str:
    """Make a code up."""
    return "".join(secrets.choice(ALPHABET) for _ in range(LENGTH))


def shown(code: str) -> str:
    """Write a code for people: XXXX-XXXX-XXXX."""
    return "-".join(code[at : at + _GROUP] for at in range(0, LENGTH, _GROUP))


def read_code(written: str) -> str | None:
    """Read a code as it was typed, in whatever case and grouping; None if it cannot be one."""
    code = written.upper().translate(_MISREAD)
    return code if len(code) == LENGTH and set(code) <= set(ALPHABET) else None


def sealed(key: bytes, code: str) -> str:
    """Give what is stored of a code: whoever reads the database cannot type it."""
    return hmac.digest(key, b"kudos link code:" + code.encode(), "sha256").hex()


def address(email: str) -> str:
    """Give an e-mail address as it is compared."""
    return email.strip().casefold()


def same_people(staying: Iterable[Known], joining: Iterable[Known]) -> dict[PersonId, PersonId]:
    """Say who of those joining is who of those staying: they have the same e-mail address, whatever its case.

    Where an address leads to several people on one side, or a person to several on the other, nobody is guessed.
    """
    there = _by_email(staying)
    matches: dict[PersonId, set[PersonId]] = defaultdict(set)
    for each in joining:
        matches[each.person] |= there[address(each.email)]
    claimed: dict[PersonId, set[PersonId]] = defaultdict(set)
    for person, found in matches.items():
        for other in found:
            claimed[other].add(person)
    pairs = {person: next(iter(found)) for person, found in matches.items() if len(found) == 1}
    return {person: other for person, other in pairs.items() if len(claimed[other]) == 1}


def same_human(
    known: Iterable[Known], workspaces: Mapping[PersonId, Collection[WorkspaceRef]]
) -> list[frozenset[PersonId]]:
    """Say which persons of one organisation are one human: they have one e-mail address, in different workspaces.

    Where two with an address are of one workspace, or a person has addresses of several, nobody is guessed.
    `workspaces` are all in which a person has an account, without repetition.
    """
    found = {frozenset(persons) for persons in _by_email(known).values() if len(persons) > 1}
    claims = Counter(person for persons in found for person in persons)
    return [
        persons
        for persons in found
        if all(claims[person] == 1 for person in persons) and _are_apart([workspaces[person] for person in persons])
    ]


def _are_apart(sets: Collection[Collection[WorkspaceRef]]) -> bool:
    return sum(map(len, sets)) == len({each for some in sets for each in some})


def names_apart(staying: Iterable[str], joining: Mapping[TeamId, str], side: str) -> dict[TeamId, str]:
    """Give new names to those joining teams whose name is taken on the other side: theirs, with their `side` behind.

    Files, and people, know a team by its name.
    """
    taken = {fold(name) for name in staying}
    kept = {fold(name) for name in joining.values()}
    changed: dict[TeamId, str] = {}
    for team, name in joining.items():
        if fold(name) not in taken:
            continue
        number = 1
        while fold(new := _called(name, side, number)) in taken | kept:
            number += 1
        changed[team] = new
        kept.add(fold(new))
    return changed


def _called(name: str, side: str, number: int) -> str:
    behind = f" ({side[: TEAM_NAME // 2]}{f' {number}' if number > 1 else ''})"
    return name[: TEAM_NAME - len(behind)].rstrip() + behind


def _by_email(known: Iterable[Known]) -> defaultdict[str, set[PersonId]]:
    found: defaultdict[str, set[PersonId]] = defaultdict(set)
    for each in known:
        if one := address(each.email):
            found[one].add(each.person)
    return found
