"""What a giver is told while Teams is busy, and what becomes of a note to somebody who blocked the bot."""

from __future__ import annotations

from bot.delivery.model import State
from tests.msteams_house import GIVEN, House, house, said, words
from tests.servers.connector import CHANNEL, Teams, aad


async def test_a_person_who_blocked_the_bot_is_final_and_visible(here: House, teams: Teams):
    await here.say(teams.message(2, "help"))
    teams.chats["a:2"].blocked = True
    posts = await here.say(teams.message(1, f"@ {{0}} {GIVEN}", CHANNEL, 2))
    assert sorted(dict(said(posts))) == sorted(["a:1", CHANNEL])
    counts = {state.value: number for state, number in (await here.bot.queue.counts()).items()}
    assert not counts["failed"]
    (held,) = await here.bot.queue.held([State.BLOCKED], 10)
    assert (held.kind, held.target.id, held.reason) == ("receiver_note", aad(2), "MessageWritesBlocked")
    # Who writes again wants to hear again.
    teams.chats["a:2"].blocked = False
    assert await here.say(teams.message(2, "help"))


async def test_a_receipt_that_cannot_be_posted_loses_no_kudos(here: House, teams: Teams):
    await here.say(teams.message(1, "help"))
    teams.fail("post", "status", status=429, headers={"Retry-After": "1"})
    posts = await here.say(teams.message(1, f"@ {{0}} {GIVEN}", CHANNEL, 2))
    assert {"a:2", CHANNEL} <= set(dict(said(posts)))


async def test_a_receipt_that_teams_does_not_take_at_first_comes_soon_after_and_once(here: House, teams: Teams):
    await here.say(teams.message(1, "help"))
    for status in (429, 503):
        teams.fail("post", "status", status=status, headers={"Retry-After": "0"})
    before, posted = len(teams.standing("a:1")), teams.calls["post"]
    await here.send(teams.message(1, f"@ {{0}} {GIVEN}", CHANNEL, 2))
    await teams.until("post", posted + 3)
    await here.deliver()
    (receipt,) = teams.standing("a:1")[before:]
    assert "You recognised Bo Svensson" in words(receipt.card["body"])


async def test_a_receipt_is_tried_for_a_while_and_no_longer(teams: Teams, sqlite_url: str):
    async with house(teams, sqlite_url) as here:
        await here.let_in(CHANNEL)
        await here.say(teams.message(1, "help"))
        for _ in range(20):
            teams.fail("post", "status", status=429, headers={"Retry-After": "0"})
        posted = teams.calls["post"]
        await here.send(teams.message(1, "help"))
        await teams.until("post", posted + 4)
        # Further ahead than anybody waits, it is not tried at all.
        teams.faults["post"] = []
        teams.fail("post", "status", status=429, headers={"Retry-After": "3600"})
        await here.send(teams.message(1, "help"))
        # Whoever has left, is not waited for: closing is at once.
        teams.fail("post", "status", status=429, headers={"Retry-After": "20"})
        await here.send(teams.message(1, "help"))
    assert teams.calls["post"] == posted + 6
