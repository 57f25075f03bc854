"""Who comes and who leaves: recognised by name at once, refused when gone, back when back."""

from __future__ import annotations

import asyncio

from bot.identity import AccountRef
from bot.ports import Standing
from tests.msteams_house import FORM, GIVEN, House, dialog, house, of_form, said, words
from tests.servers.connector import CHANNEL, Teams, aad, person


async def test_who_left_the_tenant_has_left_when_the_bot_looks_although_nobody_names_them(
    teams: Teams, sqlite_url: str
):
    async with house(teams, sqlite_url) as before:
        await before.let_in(CHANNEL)
        await before.say(teams.message(1, f"@ {{0}} {GIVEN}", CHANNEL, 3))
        gone = AccountRef(before.connected.workspace, aad(2))
        assert (await before.bot.people.colleague(gone)).standing is Standing.MEMBER
    for chat in teams.chats.values():
        if aad(2) in chat.members:
            chat.members.remove(aad(2))
    async with house(teams, sqlite_url) as after:
        await after.until_known(2, Standing.LEFT)


async def test_somebody_new_can_be_recognised_by_name_at_once(here: House, teams: Teams):
    await here.say(teams.message(1, f"kudos Bo {GIVEN}"))
    teams.join(person(30, "Nia Newcomer"), CHANNEL)
    added = [{"id": "29:30", "aadObjectId": aad(30)}]
    await here.send(teams.activity("conversationUpdate", 1, CHANNEL, membersAdded=added))
    posts = await here.say(teams.message(1, f"kudos Nia {GIVEN}"))
    assert "a:30" in dict(said(posts))


async def test_who_left_is_refused_and_is_not_once_they_are_back(teams: Teams, sqlite_url: str):
    elsewhere = "19:elsewhere@thread.v2"
    async with house(teams, sqlite_url) as before:
        await before.let_in(CHANNEL)
        await before.say(teams.message(1, f"@ {{0}} {GIVEN}", CHANNEL, 2))
    for chat in teams.chats.values():
        if aad(2) in chat.members:
            chat.members.remove(aad(2))
    async with house(teams, sqlite_url) as here:
        bo = AccountRef(here.connected.workspace, aad(2))
        for _ in range(500):
            kept = await here.store.contact(bo)
            if kept and kept.profile.standing is Standing.LEFT:
                break
            await asyncio.sleep(0.02)
        ((conversation, text),) = said(await here.say(teams.message(1, f"@ {{0}} {GIVEN} again", CHANNEL, 2)))
        assert conversation == "a:1"
        assert "no longer works here" in text
        # He was not gone: he is where the bot is not, and uses it there.
        teams.join(teams.people[aad(2)], elsewhere)
        teams.chats[elsewhere].bot = False
        opened = await here.ask(teams.invoke(2, "composeExtension/fetchTask", {"commandId": "give"}, elsewhere))
        filling = {"data": of_form(dialog(opened), **FORM | {"people": aad(3)})}
        sent = await here.ask(teams.invoke(2, "composeExtension/submitAction", filling, elsewhere))
        assert "You recognised Cat Öberg" in words(dialog(sent))
        posts = await here.say(teams.message(1, f"@ {{0}} {GIVEN} once more", CHANNEL, 2))
        assert "a:2" in dict(said(posts))
