"""Joining two organisations while their people go on giving kudos, on both databases."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from structlog.testing import capture_logs

from bot.identity import AccountRef, ConversationRef
from bot.points.behaviours import default_behaviours
from bot.ports import Profile, Standing
from bot.view.message import MessageKind
from storage import tables
from storage.delivery import SqlDeliveryQueue
from storage.doctor import examine
from storage.engine import Database
from storage.linking import SqlLinks
from storage.nudges import SqlOvertaken
from storage.schedules import SqlDueSchedules
from storage.unit_of_work import UnitsOfWork
from storage.uniting import FOLLOWED
from storage.workplaces import SqlWorkplaces
from tests.unit.desk import button, reply, text_of
from tests.unit.houses import LOCAL, SAID, SLACK, Houses

ANNA, BO = (AccountRef(SLACK, each) for each in ("U1", "U2"))
SIV, ANN, DAN, EVA = (AccountRef(LOCAL, each) for each in ("L1", "L2", "L3", "L4"))
NEW = AccountRef(SLACK, "U9")
PHONE, CHAT = ConversationRef(SLACK, "C1"), ConversationRef(LOCAL, "chat")


@pytest.fixture(params=["sqlite_url", "postgres_url"])
async def database(request: pytest.FixtureRequest) -> AsyncIterator[Database]:
    database = Database.open(request.getfixturevalue(request.param))
    try:
        yield database
    finally:
        await database.close()


@pytest.fixture
async def houses(database: Database) -> Houses:
    found = Houses(
        units=UnitsOfWork(database),
        workplaces=SqlWorkplaces(database, default_behaviours()),
        links=SqlLinks(database),
        overtaken=SqlOvertaken(database),
        due=SqlDueSchedules(database),
        queue=SqlDeliveryQueue(database),
    )
    await found.connect(SLACK, "Acme", ("U1", "Anna Ek"), ("U2", "Bo Lind"))
    await found.connect(LOCAL, "Norra", ("L1", "Siv Berg"), ("L2", "Anna Ek"), ("L3", "Dan Holm"), ("L4", "Eva Ask"))
    await found.team("Phone", [BO], [ANNA], [PHONE])
    await found.team("Chat", [DAN, EVA], [SIV, ANN], [CHAT])
    return found


async def the_button(houses: Houses):
    code = reply(await houses.types(ANNA, "link"), MessageKind.LINK_CODE)
    typed = text_of(code).split("/kudos link ")[1].split()[0]
    return button(reply(await houses.types(SIV, f"link {typed}"), MessageKind.LINK_PREVIEW), "Join")


async def test_kudos_given_meanwhile_by_another_process_all_arrive(houses: Houses, database: Database):
    other = houses.also()
    for each in (ANN, DAN, EVA):
        reply(await houses.types(each, "me", process=other), MessageKind.MINE)
    pressed = await the_button(houses)

    async def give(number: int):
        await asyncio.sleep(number / 500)
        giver, receiver = [(ANN, DAN), (DAN, EVA), (EVA, ANN)][number % 3]
        return await houses.types(giver, receiver, f"+5 {SAID}", process=other)

    joined, *given = await asyncio.gather(houses.presses(SIV, pressed), *(give(number) for number in range(30)))

    reply(joined, MessageKind.LINK_ANSWERED)
    for each in given:
        reply(each, MessageKind.RECEIPT)
    organisation = await houses.organisation(LOCAL)
    assert organisation == await houses.organisation(SLACK)
    async with database.reading() as connection:
        assert await connection.scalar(sa.select(sa.func.count()).select_from(tables.kudos)) == 30
        for table in tables.metadata.sorted_tables:
            if "organisation_id" in table.c:
                rows = await connection.execute(sa.select(table.c.organisation_id).distinct())
                assert {row[0] for row in rows} <= {organisation}, table.name
    assert await examine(database) == []
    assert other.metrics["fault"] == 0


async def test_joined_workspaces_act_as_one_on_every_database(houses: Houses, database: Database):
    reply(await houses.types(ANNA, BO, f"+20 {SAID}"), MessageKind.RECEIPT)
    reply(await houses.types(ANN, DAN, f"+20 {SAID}"), MessageKind.RECEIPT)
    await houses.presses(SIV, await the_button(houses))
    await houses.outgoing()

    reply(await houses.types(ANNA, f"@eva {SAID}", conversation=PHONE), MessageKind.RECEIPT)

    sent = {target: message.kind for target, message in await houses.outgoing() if message}
    assert sent == {CHAT: MessageKind.SHOUT_OUT, EVA: MessageKind.RECEIVER_NOTE}
    mine = [text_of(reply(await houses.types(each, "me"), MessageKind.MINE)) for each in (ANNA, ANN)]
    assert mine[0] == mine[1]
    reply(await houses.types(ANN, "undo"), MessageKind.UNDONE)
    assert await examine(database) == []


async def test_digests_and_nudges_go_on_after_joining(houses: Houses):
    async with houses.units(await houses.organisation(LOCAL)) as work:
        [chat] = await work.teams.all()
    await houses.presses(SIV, await the_button(houses))
    async with houses.units(await houses.organisation(SLACK)) as work:
        await work.teams.settle_at(chat.id, ConversationRef(SLACK, "C9"))
        await work.commit()
    told = set()
    for _ in range(8):
        houses.clock.advance(timedelta(days=1))
        await houses.process.ticker.tick()
        told |= {(target, message.kind) for target, message in await houses.outgoing() if message}
    digests = {target for target, kind in told if kind is MessageKind.DIGEST}
    assert digests == {PHONE, CHAT, ConversationRef(SLACK, "C9")}
    nudged = {target for target, kind in told if kind is MessageKind.NUDGE}
    assert SIV in nudged
    assert len(nudged & {ANNA, ANN}) == 1


async def test_joining_waits_for_whoever_is_writing(houses: Houses):
    pressed = await the_button(houses)
    profile = replace(houses.directories[DAN.workspace.platform].profiles[DAN], name="Dan Holmberg")
    async with houses.units(await houses.organisation(LOCAL)) as work:
        await work.people.welcome([profile], houses.clock.now())
        joining = asyncio.create_task(houses.presses(SIV, pressed))
        # Longer than joining waits for a lock at a time: it has to try again.
        await asyncio.sleep(0.8)
        assert not joining.done()
        await work.commit()
    reply(await joining, MessageKind.LINK_ANSWERED)
    async with houses.units(await houses.organisation(SLACK)) as work:
        [dan] = await work.people.colleagues([DAN])
    assert dan.name == "Dan Holmberg"


async def test_whoever_becomes_one_with_another_leaves_a_trace_of_ids(houses: Houses):
    directory = houses.directories[DAN.workspace.platform]
    before = {each: (await houses.process.people.colleague(each)).person for each in (ANNA, BO, ANN, DAN)}
    pressed = await the_button(houses)
    with capture_logs() as logged:
        await houses.presses(SIV, pressed)
        organisation = await houses.organisation(SLACK)
        for account, profile in (
            (DAN, replace(directory.profiles[DAN], email="bo.lind@example.com")),
            (NEW, replace(directory.profiles[EVA], account=NEW, email="siv.berg@example.com")),
        ):
            async with houses.units(organisation) as work:
                await work.people.welcome([profile], houses.clock.now())
            assert account.id not in f"{logged}", "not what was undone"
            async with houses.units(organisation) as work:
                await work.people.welcome([profile], houses.clock.now())
                await work.commit()
    united = [each for each in logged if each["event"] == "people_united"]
    async with houses.units(organisation) as work:
        person = {each.account: str(each.person) for each in await work.people.colleagues([ANNA, BO, ANN, DAN, NEW])}
    expected = [(ANN, str(before[ANN])), (DAN, str(before[DAN])), (NEW, None)]
    assert [(each["accounts"], each["person"], each["was"]) for each in united] == [
        ([f"{who.workspace.platform}:{who.workspace.id}:{who.id}"], person[who], was) for who, was in expected
    ]
    assert {each["organisation"] for each in united} == {str(organisation)}
    assert person[ANN] == person[ANNA] == str(before[ANNA])
    assert "example.com" not in f"{united}"


# On SQLite it has its turn like everybody.
@pytest.mark.parametrize("database", ["postgres_url"], indirect=True)
@pytest.mark.parametrize(
    ("before", "until_then"),
    [
        ({"email": ""}, ""),
        ({"email": "old@example.com"}, "old@example.com"),
        ({"standing": Standing.GUEST, "email": "bo.lind@example.com"}, ""),
    ],
)
async def test_an_address_that_becomes_known_while_others_write_is_for_the_next_look(
    houses: Houses, before: dict[str, Any], until_then: str
):
    directory = houses.directories[DAN.workspace.platform]
    bos = replace(directory.profiles[DAN], email="bo.lind@example.com")
    await houses.presses(SIV, await the_button(houses))
    organisation = await houses.organisation(SLACK)

    async def looked(profile: Profile) -> bool:
        async with houses.units(organisation) as work:
            united = await work.people.welcome([profile], houses.clock.now())
            await work.commit()
            return united

    assert not await looked(replace(bos, **before))
    async with houses.units(organisation) as work:
        await work.people.welcome([directory.profiles[EVA]], houses.clock.now())
        assert not await looked(bos)
        await work.commit()
    async with houses.units(organisation) as work:
        bo, dan = sorted(await work.people.colleagues([BO, DAN]), key=lambda each: each.account, reverse=True)
    assert (bo.person != dan.person, dan.email, dan.standing) == (True, until_then, Standing.MEMBER)
    assert await looked(bos)
    async with houses.units(organisation) as work:
        assert {each.person for each in await work.people.colleagues([BO, DAN])} == {bo.person}


# On SQLite joining has its turn like everybody.
@pytest.mark.parametrize("database", ["postgres_url"], indirect=True)
async def test_where_others_write_all_the_time_nothing_joins(houses: Houses, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("storage.linking.PATIENCE_S", 0.0)
    pressed = await the_button(houses)
    profile = houses.directories[DAN.workspace.platform].profiles[DAN]
    async with houses.units(await houses.organisation(LOCAL)) as work:
        await work.people.welcome([profile], houses.clock.now())
        assert "takes too long" in text_of(reply(await houses.presses(SIV, pressed), MessageKind.REFUSAL))
    assert await houses.organisation(LOCAL) != await houses.organisation(SLACK)
    reply(await houses.presses(SIV, pressed), MessageKind.LINK_ANSWERED)


def test_every_column_that_names_a_person_follows_when_they_become_another():
    pointing = {
        (table.name, key.parent.name)
        for table in tables.metadata.sorted_tables
        for key in table.foreign_keys
        if key.column is tables.persons.c.id
    }
    # The ledger points to its kudos, and a team's founder may be gone: their columns name persons without a reference.
    assert pointing <= FOLLOWED
    assert {("ledger_entries", "person_id"), ("teams", "founder_id"), ("absences", "by_id")} <= FOLLOWED
