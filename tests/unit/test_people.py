"""Who somebody is: learned from the platform, remembered in storage, trusted for a minute."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.errors import Code, RecognitionError
from bot.identity import Platform, WorkspaceRef
from bot.people.model import Role
from bot.people.service import FRESH_SECONDS
from bot.ports import Standing
from tests.factories import WORKSPACE, a_profile, an_account
from tests.unit.desk import ANNA, BO, HOME, MAJA, SVEN, desk

UNKNOWN = an_account("U99")


def refused(code):
    return pytest.raises(RecognitionError, check=lambda error: error.code is code)


async def test_somebody_never_met_is_learned_from_the_platform():
    office = await desk()

    anna = await office.people.colleague(ANNA)

    assert (anna.name, anna.locale, anna.timezone) == ("Anna Ek", "en", "Europe/Stockholm")
    assert (anna.standing, anna.places, anna.is_supervisor) == (Standing.MEMBER, (), False)
    assert ANNA in office.books.accounts


async def test_somebody_known_stays_the_same_person():
    office = await desk()
    first = await office.people.colleague(ANNA)
    office.open()

    assert (await office.people.colleague(ANNA)).person == first.person


async def test_people_come_in_the_order_asked_for_and_may_be_asked_for_twice():
    office = await desk()
    await office.people.colleague(BO)

    found = await office.people.colleagues([MAJA, BO, ANNA, MAJA])

    assert [each.account for each in found] == [MAJA, BO, ANNA, MAJA]
    assert await office.people.colleagues([]) == []


async def test_what_is_known_is_trusted_for_a_minute_without_a_look():
    office = await desk()
    await office.people.colleague(ANNA)
    asked = office.directory.asked
    office.directory.put(a_profile("U2", "Anna Ekman"))

    office.clock.advance(timedelta(seconds=FRESH_SECONDS - 1))
    assert (await office.people.colleague(ANNA)).name == "Anna Ek"
    assert office.directory.asked == asked

    office.clock.advance(timedelta(seconds=1))
    assert (await office.people.colleague(ANNA)).name == "Anna Ekman"


async def test_a_new_role_shows_within_a_minute():
    office = await desk()
    await office.people.colleague(SVEN)
    await office.team("Phone", (ANNA,), (SVEN,))
    office.clock.advance(timedelta(seconds=FRESH_SECONDS))

    sven = await office.people.colleague(SVEN)

    assert sven.is_supervisor
    assert [(place.team_name, place.role, place.home) for place in sven.places] == [("Phone", Role.SUPERVISOR, HOME)]
    assert not (await office.people.colleague(ANNA)).is_supervisor


async def test_what_the_platform_says_has_changed_counts_at_once():
    office = await desk()
    await office.people.colleague(ANNA)
    news = replace(office.directory.profiles[ANNA], standing=Standing.LEFT)
    office.directory.put(news)

    await office.people.learn(news)

    assert (await office.people.colleague(ANNA)).standing is Standing.LEFT


@pytest.mark.parametrize(("locale", "timezone"), [("sv-SE", ""), ("", "Asia/Kolkata"), ("sv-SE", "Asia/Kolkata")])
async def test_what_an_act_says_of_its_person_counts_at_once(locale, timezone):
    office = await desk()
    known = await office.people.colleague(ANNA)
    told = {"locale": locale or known.locale, "timezone": timezone or known.timezone}
    office.directory.put(replace(office.directory.profiles[ANNA], **told))

    office.people.heard(ANNA, locale, timezone)

    anna = await office.people.colleague(ANNA)
    assert {"locale": anna.locale, "timezone": anna.timezone} == told
    office.open()
    office.directory.down = True
    stored = await office.people.colleague(ANNA)
    assert {"locale": stored.locale, "timezone": stored.timezone} == told, "for whatever is planned by it, too"


@pytest.mark.parametrize(("locale", "timezone"), [("", ""), ("en", ""), ("en", "Europe/Stockholm")])
async def test_an_act_that_says_nothing_new_costs_nothing(locale, timezone):
    office = await desk()
    office.people.heard(ANNA, "sv", "Europe/Stockholm")
    await office.people.colleague(ANNA)
    known = office.people.peek(ANNA)
    assert known

    office.people.heard(ANNA, locale, timezone)

    assert office.people.peek(ANNA) is known


async def test_somebody_may_be_learned_before_they_are_met():
    office = await desk()

    await office.people.learn(a_profile("U50", "Nils New"))
    office.directory.down = True

    assert (await office.people.colleague(an_account("U50"))).name == "Nils New"


async def test_of_a_workspace_never_connected_nothing_is_learned():
    office = await desk()

    with refused(Code.WORKSPACE_UNKNOWN):
        await office.people.learn(a_profile("U1", workspace=WorkspaceRef(Platform.SLACK, "T404")))


async def test_a_directory_that_is_down_does_not_hide_whom_storage_knows():
    office = await desk()
    await office.people.colleague(ANNA)
    office.open()
    office.directory.down = True

    assert (await office.people.colleague(ANNA)).name == "Anna Ek"
    with refused(Code.DIRECTORY_UNAVAILABLE):
        await office.people.colleagues([ANNA, BO])


async def test_an_account_that_the_platform_does_not_have_is_nobody():
    office = await desk()

    with refused(Code.UNKNOWN_PERSON):
        await office.people.colleagues([ANNA, UNKNOWN])
    assert list(await office.people.met([ANNA, UNKNOWN])) == [ANNA]


async def test_a_removed_account_that_was_met_stays_known():
    office = await desk()
    first = await office.people.colleague(ANNA)
    del office.directory.profiles[ANNA]
    office.open()

    assert await office.people.colleague(ANNA) == first


async def test_an_address_that_becomes_known_is_news():
    office = await desk()
    office.directory.put(replace(a_profile("U60"), email=""))
    await office.people.colleague(an_account("U60"))
    office.directory.put(replace(a_profile("U60"), email="anna@example.com"))
    office.clock.advance(timedelta(seconds=FRESH_SECONDS))

    assert (await office.people.colleague(an_account("U60"))).email == "anna@example.com"


@pytest.mark.parametrize(
    ("name", "handle", "kept"),
    [
        ("  Anna\n Ek ", "anna", "Anna Ek"),
        ("Anna\u202e\u200b Ek", "anna", "Anna Ek"),
        ("", "anna", "anna"),
        ("\u200b", " ", "U60"),
        ("x" * 200, "anna", "x" * 80),
    ],
)
async def test_a_name_is_one_clean_line(name, handle, kept):
    office = await desk()
    office.directory.put(replace(a_profile("U60"), name=name, handle=handle))

    assert (await office.people.colleague(an_account("U60"))).name == kept


async def test_storage_is_not_written_when_nothing_is_new():
    office = await desk()
    office.directory.put(replace(a_profile("U60"), name=" Anna  Ek "))
    await office.people.colleague(an_account("U60"))
    before = office.books.accounts[an_account("U60")]
    office.open()

    await office.people.colleague(an_account("U60"))

    assert office.books.accounts[an_account("U60")] is before


async def test_what_is_in_memory_can_be_had_without_asking():
    office = await desk()
    assert office.people.peek(ANNA) is None
    assert office.people.peek_organisation(WORKSPACE) is None

    anna = await office.people.colleague(ANNA)

    assert office.people.peek(ANNA) == anna
    office.clock.advance(timedelta(days=7))
    assert office.people.peek(ANNA) is None
    assert office.people.peek_organisation(WORKSPACE) == office.organisation


async def test_a_workspace_connected_later_is_found():
    office = await desk()
    later = WorkspaceRef(Platform.SLACK, "T2")
    with refused(Code.WORKSPACE_UNKNOWN):
        await office.people.organisation(later)

    made = await office.workplaces.connect(later, "Södra", office.clock.now())

    assert await office.people.organisation(later) == made.organisation != office.organisation
