"""Activities in, kudos recorded, cards out: the bot's own core between signed requests and a connector."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest

from adapters.teams.seal import KEY
from bot.delivery.model import State
from bot.identity import AccountRef, ConversationRef
from bot.ports import Standing
from tests.msteams_house import House, house
from tests.servers.connector import BOT, CHANNEL, GROUP, TENANT, Post, Teams, aad, person, running


@pytest.fixture
async def teams() -> AsyncIterator[Teams]:
    async with running() as server:
        yield server


@pytest.fixture
async def here(teams: Teams, sqlite_url: str) -> AsyncIterator[House]:
    async with house(teams, sqlite_url) as served:
        await served.send(teams.activity("installationUpdate", 1, CHANNEL, action="add-upgrade"))
        await served.send(teams.activity("installationUpdate", 1, GROUP, action="add-upgrade"))
        yield served


def words(thing: Any) -> str:
    """What a reader sees of a card, in order."""
    if isinstance(thing, dict):
        own = thing["text"] if isinstance(thing.get("text"), str) else ""
        own = own.replace("<at>", "").replace("</at>", "")
        runs = "".join(map(words, thing.get("inlines", ())))
        return own + runs + "".join(words(value) for name, value in thing.items() if name not in {"msteams", "inlines"})
    return " ".join(words(each) for each in thing) if isinstance(thing, list) else ""


def said(posts: list[Post]) -> list[tuple[str, str]]:
    return [(post.conversation, " ".join(words(post.card["body"]).split())) for post in posts]


def actions(thing: Any) -> Iterator[dict[str, Any]]:
    if isinstance(thing, dict):
        if str(thing.get("type", "")).startswith("Action."):
            yield thing
        for value in thing.values():
            yield from actions(value)
    elif isinstance(thing, list):
        for each in thing:
            yield from actions(each)


def action(card: dict[str, Any], title: str) -> dict[str, Any]:
    return next(each for each in actions(card) if each["title"] == title)


def pressed(teams: Teams, by: int, post: Post, title: str) -> dict[str, Any]:
    """What Teams sends when a button of a card in a chat is pressed."""
    shown = action(post.card, title)
    value = {
        "action": {"type": "Action.Execute", "verb": shown.get("verb"), "data": shown["data"]},
        "trigger": "manual",
    }
    return teams.invoke(by, "adaptiveCard/action", value, post.conversation, replyToId=post.id)


GIVEN = "stayed with a caller until it was solved"


@pytest.mark.parametrize("place", [CHANNEL, f"{CHANNEL};messageid=1700", GROUP])
async def test_a_mention_gives_kudos_in_a_channel_a_thread_and_a_group(here: House, teams: Teams, place: str):
    posts = await here.say(teams.message(1, f"@ {{0}} {GIVEN} #ownership", place, 2))
    receipt, *rest = said(posts)
    assert receipt[0] == "a:1"
    assert "Bo Svensson" in receipt[1]
    by_place = dict(rest)
    assert set(by_place) == {place.partition(";")[0], "a:2"}
    for text in by_place.values():
        assert GIVEN in text
        assert "#ownership" in text


async def set_up(here: House, teams: Teams, name: str, place: str) -> None:
    """Set a team up by the form that opens for it where it meets."""
    (form,) = await here.say(teams.message(3, "@ setup", place))
    stands = {each["id"]: each.get("value", "") for each in form.card["body"] if "id" in each}
    press = pressed(teams, 3, form, form.card["actions"][0]["title"])
    press["value"]["action"]["data"] |= stands | {"name": name}
    assert f"{name} is set up" in words((await here.press(press, form))["value"])


async def test_a_thread_is_of_the_team_whose_channel_it_is_in(here: House, teams: Teams):
    for member in (teams.people[aad(1)], teams.people[aad(3)], person(20, "Eva Ny")):
        teams.join(member, SECOND)
    await here.send(teams.activity("installationUpdate", 1, SECOND, action="add-upgrade"))
    await set_up(here, teams, "Phone", CHANNEL)
    await set_up(here, teams, "Second line", SECOND)
    thread = f"{SECOND};messageid=1700"
    receipt, *_ = await here.say(teams.message(1, f"@ {{0}} {GIVEN} #ownership", thread, 20))
    await here.deliver_all()
    assert "everyone here sees it" in words(receipt.card["body"])
    # It is seen once in the channel, and not only by whoever follows the thread.
    (shout,) = (post for post in teams.standing(SECOND) if GIVEN in words(post.card))
    assert shout.thread is None
    for place in (SECOND, thread):
        (week,) = await here.say(teams.message(1, "@ team", place))
        assert "Second line" in words(week.card["body"])
        assert "Eva Ny" in words(week.card["body"])
    (form,) = await here.say(teams.message(3, "@ setup", thread))
    assert "Second line" in {each.get("value") for each in form.card["body"]}


async def test_several_are_given_at_once_wherever_they_stand(here: House, teams: Teams):
    posts = await here.say(teams.message(1, f"@ {{0}} and {{1}} {GIVEN}", CHANNEL, 2, 3))
    assert {conversation for conversation, _ in said(posts)} == {"a:1", "a:2", "a:3", CHANNEL}
    posts = await here.say(teams.message(1, "@ Thanks to {0} and {1} for helping me out today", CHANNEL, 2, 3))
    assert {conversation for conversation, _ in said(posts)} == {"a:1", "a:2", "a:3", CHANNEL}


async def test_of_two_people_with_one_name_the_one_mentioned_is_meant(here: House, teams: Teams):
    teams.join(person(20, "Bo Svensson"))
    posts = await here.say(teams.message(1, f"@ {{0}} {GIVEN}", CHANNEL, 20))
    assert "a:20" in dict(said(posts))
    assert "a:2" not in dict(said(posts))
    both = await here.say(teams.message(1, f"@ {{0}} {{1}} {GIVEN} twice", CHANNEL, 2, 20))
    assert {"a:2", "a:20"} <= set(dict(said(both)))


async def test_the_bots_name_survives_in_a_reason_about_it(here: House, teams: Teams):
    posts = await here.say(teams.message(1, "@ {0} brought Kudos to our team and made Kudos work", CHANNEL, 2))
    assert "brought Kudos to our team and made Kudos work" in dict(said(posts))["a:2"]
    posts = await here.say(teams.message(1, "@ {0} taught me all about @ in one afternoon", CHANNEL, 2))
    assert "taught me all about Kudos in one afternoon" in dict(said(posts))["a:2"]


async def test_a_tag_that_was_typed_is_nobody(here: House, teams: Teams):
    activity = teams.message(1, f"@ <at>Bo Svensson</at> {GIVEN}", CHANNEL)
    posts = await here.say(activity)
    assert [conversation for conversation, _ in said(posts)] == ["a:1"]


@pytest.mark.parametrize("start", ["kudos ", "/kudos ", "Kudos to ", "", "/kudos @"])
async def test_in_a_chat_with_the_bot_names_are_looked_up(here: House, teams: Teams, start: str):
    posts = await here.say(teams.message(1, f"{start}Bo Svensson {GIVEN}"))
    assert "You recognised Bo Svensson" in said(posts)[0][1]
    assert GIVEN in dict(said(posts))["a:2"]


async def test_several_names_are_looked_up_one_after_the_other(here: House, teams: Teams):
    posts = await here.say(teams.message(1, f"kudos Bo Svensson, Cat Öberg and Anna {GIVEN}"))
    assert "Kudos are for others" in said(posts)[0][1]
    posts = await here.say(teams.message(1, f"kudos Bo and Cat Öberg {GIVEN}"))
    assert {"a:2", "a:3"} <= set(dict(said(posts)))


async def test_a_name_that_fits_several_becomes_a_choice_and_the_choice_gives(here: House, teams: Teams):
    teams.join(person(20, "Bo Zetterlund"))
    (asked,) = await here.say(teams.message(1, f"kudos Bo {GIVEN}"))
    assert {each["title"] for each in actions(asked.card)} == {"Bo Svensson", "Bo Zetterlund"}
    answer = await here.press(pressed(teams, 1, asked, "Bo Zetterlund"), asked)
    assert "You recognised Bo Zetterlund" in words(answer["value"]["body"])
    assert "You recognised" in words(asked.card["body"])
    await here.deliver_all()
    assert len(teams.standing("a:20")) == 1


async def test_a_name_nobody_has_is_said_to_be_so(here: House, teams: Teams):
    posts = await here.say(teams.message(1, f"kudos Zebulon {GIVEN}"))
    assert "Zebulon" in said(posts)[0][1]


@pytest.mark.parametrize(("number", "reason"), [(4, "guest"), (5, "guest"), (1, "for others")])
async def test_guests_strangers_and_oneself_are_refused_in_private(here: House, teams: Teams, number: int, reason: str):
    posts = await here.say(teams.message(1, f"@ {{0}} {GIVEN}", CHANNEL, number))
    ((conversation, text),) = said(posts)
    assert conversation == "a:1"
    assert reason in text.lower()


@pytest.mark.parametrize(
    ("typed", "answered"),
    [
        ("me", "Your kudos"),
        ("/kudos me", "Your kudos"),
        ("kudos help", "How to give kudos"),
        ("help", "How to give kudos"),
        ("behaviours", "Worth recognising"),
        ("undo", "nothing"),
        ("team", "team"),
    ],
)
async def test_every_subcommand_is_understood(here: House, teams: Teams, typed: str, answered: str):
    posts = await here.say(teams.message(1, typed))
    assert answered.lower() in said(posts)[0][1].lower()
    posts = await here.say(teams.message(1, f"@ {typed.removeprefix('kudos ')}", CHANNEL))
    assert posts[0].conversation == "a:1"
    assert answered.lower() in said(posts)[0][1].lower()


async def test_an_activity_that_is_repeated_counts_once_and_is_answered_once(here: House, teams: Teams):
    activity = teams.message(1, f"@ {{0}} {GIVEN}", CHANNEL, 2)
    await asyncio.gather(*(here.send(activity) for _ in range(5)))
    await here.say(activity)
    await here.deliver_all()
    assert sorted(conversation for conversation, _ in said(teams.posts)) == sorted(["a:1", "a:2", CHANNEL])


async def test_what_is_repeated_to_another_process_counts_once(here: House, teams: Teams, sqlite_url: str):
    activity = teams.message(1, f"@ {{0}} {GIVEN}", CHANNEL, 2)
    opened = await here.ask(teams.invoke(1, "composeExtension/fetchTask", {"commandId": "give"}, CHANNEL))
    filling = {"data": filled(opened["task"]["value"]["card"]["content"], **FORM)}
    submitted = teams.invoke(1, "composeExtension/submitAction", filling, CHANNEL)
    async with house(teams, sqlite_url) as beside:
        for process in (here, beside):
            await process.send(activity)
            assert "You recognised Bo Svensson" in words((await process.ask(submitted))["task"]["value"])
    await here.deliver_all()
    # One kudos each, and two receipts of what was written: each process answered it.
    told = Counter(conversation for conversation, _ in said(teams.posts))
    assert told == {CHANNEL: 2, "a:2": 2, "a:1": 2}


async def test_undo_takes_everything_back(here: House, teams: Teams):
    receipt, *_ = await here.say(teams.message(1, f"@ {{0}} {GIVEN}", CHANNEL, 2))
    press = pressed(teams, 1, receipt, "Undo")
    answer = await here.press(press, receipt)
    assert "Taken back" in words(answer["value"]["body"])
    # Repeated, it is answered with the same.
    assert await here.ask(press) == answer
    await here.deliver_all()
    left = {post.conversation: words(post.card["body"]) for post in teams.posts if not post.deleted}
    assert GIVEN not in "".join(left.values())


async def test_a_button_of_an_old_client_comes_as_a_message(here: House, teams: Teams):
    receipt, *_ = await here.say(teams.message(1, f"@ {{0}} {GIVEN}", CHANNEL, 2))
    data = action(receipt.card, "Undo")["fallback"]["data"]
    await here.send(teams.activity("message", 1, receipt.conversation, value=data, replyToId=receipt.id))
    assert "Taken back" in words(receipt.card["body"])


@pytest.mark.parametrize("giver", [1, 3])
async def test_a_button_whose_data_was_changed_is_stale(here: House, teams: Teams, giver: int):
    receipt, *_ = await here.say(teams.message(1, f"@ {{0}} {GIVEN}", CHANNEL, 2))
    another, *_ = await here.say(teams.message(giver, f"@ {{0}} {GIVEN} again", CHANNEL, 2))
    named = action(another.card, "Undo")["data"][KEY]["value"]
    press = pressed(teams, 1, receipt, "Undo")
    press["value"]["action"]["data"] = {KEY: {**press["value"]["action"]["data"][KEY], "value": named}}
    before = len(teams.posts)
    await here.press(press, receipt)
    (post,) = teams.posts[before:]
    assert "too old to work" in words(post.card["body"])
    await here.deliver_all()
    assert [GIVEN in words(each.card["body"]) for each in teams.standing(CHANNEL)] == [True, True]


def filled(card: dict[str, Any], **values: str) -> dict[str, Any]:
    """What Teams sends of a form: its values beside what the card carried."""
    return {**card["actions"][0]["data"], **values}


FORM = {"people": aad(2), "reason": GIVEN, "behaviours": "ownership", "points": "10", "visibility": "public"}


@pytest.mark.parametrize(
    ("opening", "sending"),
    [("task/fetch", "task/submit"), ("composeExtension/fetchTask", "composeExtension/submitAction")],
)
async def test_a_dialog_gives_kudos_where_it_was_opened(here: House, teams: Teams, opening: str, sending: str):
    (shown,) = await here.say(teams.message(1, "help"))
    data = action(shown.card, "Open the form")["data"]
    assert data["msteams"] == {"type": "task/fetch"}
    opened = await here.ask(teams.invoke(1, opening, {"commandId": "give", "data": data}, CHANNEL))
    card = opened["task"]["value"]["card"]["content"]
    sent = await here.ask(teams.invoke(1, sending, {"commandId": "give", "data": filled(card, **FORM)}, CHANNEL))
    receipt = sent["task"]["value"]["card"]["content"]
    assert "You recognised Bo Svensson" in words(receipt["body"])
    assert {each["type"] for each in actions(receipt)} == {"Action.Submit"}
    await here.deliver_all()
    assert [GIVEN in words(post.card["body"]) for post in teams.standing(CHANNEL)] == [True]
    # Undo in the dialog.
    undo = await here.ask(teams.invoke(1, sending, {"data": action(receipt, "Undo")["data"]}, CHANNEL))
    assert "Taken back" in words(undo["task"]["value"]["card"]["content"]["body"])


async def test_a_form_that_is_refused_comes_back_as_it_was_filled_in(here: House, teams: Teams):
    opened = await here.ask(teams.invoke(1, "composeExtension/fetchTask", {"commandId": "give"}, CHANNEL))
    card = opened["task"]["value"]["card"]["content"]
    short = {"data": filled(card, **FORM | {"reason": "ok"})}
    refused = await here.ask(teams.invoke(1, "composeExtension/submitAction", short, CHANNEL))
    again = refused["task"]["value"]["card"]["content"]
    inputs = {each["id"]: each for each in again["body"] if "id" in each}
    assert (inputs["reason"]["value"], inputs["people"]["value"]) == ("ok", aad(2))
    assert inputs["people"]["choices"] == [{"title": "Bo Svensson", "value": aad(2)}]
    right = {"data": filled(again, **FORM)}
    for _ in range(2):  # pressed twice
        sent = await here.ask(teams.invoke(1, "composeExtension/submitAction", right, CHANNEL))
        assert "You recognised Bo Svensson" in words(sent["task"]["value"]["card"]["content"]["body"])
    await here.deliver_all()
    assert [GIVEN in words(post.card["body"]) for post in teams.standing(CHANNEL)] == [True]


async def test_a_messages_menu_opens_the_form_about_its_author_with_its_link(here: House, teams: Teams):
    payload = {
        "id": "1700",
        "from": {"user": {"id": aad(2), "displayName": "Bo", "userIdentityType": "aadUser"}},
        "linkToMessage": "https://teams.microsoft.com/l/message/19:phone/1700",
        "body": {"content": "<p>hello</p>"},
    }
    value = {"commandId": "give", "commandContext": "message", "messagePayload": payload}
    opened = await here.ask(teams.invoke(1, "composeExtension/fetchTask", value, CHANNEL))
    card = opened["task"]["value"]["card"]["content"]
    people = next(each for each in card["body"] if each.get("id") == "people")
    assert (people["value"], people["choices"]) == (aad(2), [{"title": "Bo Svensson", "value": aad(2)}])
    data = filled(card, **FORM)
    await here.ask(teams.invoke(1, "composeExtension/submitAction", {"data": data}, CHANNEL))
    await here.deliver()
    links = [str(post.card) for post in teams.standing(CHANNEL)]
    assert payload["linkToMessage"] in links[0]


async def test_where_no_dialog_opens_the_form_is_a_card_in_the_persons_own_chat(here: House, teams: Teams):
    (form,) = await here.say(teams.message(1, "@", CHANNEL))
    assert form.conversation == "a:1"
    press = pressed(teams, 1, form, "Give kudos")
    press["value"]["action"]["data"] |= FORM | {"reason": "ok"}
    refused = await here.ask(press)
    assert refused["value"]["body"]
    press = pressed(teams, 1, form, "Give kudos")
    press["value"]["action"]["data"] |= FORM
    answer = await here.press(press, form)
    assert "You recognised Bo Svensson" in words(answer["value"]["body"])
    await here.deliver_all()
    # It was opened in the channel, so there it is seen.
    assert [GIVEN in words(post.card["body"]) for post in teams.standing(CHANNEL)] == [True]
    assert "You recognised" in words(form.card["body"])


@pytest.mark.parametrize("name", ["signin/verifyState", "config/fetch", "actionableMessage/executeAction", None])
async def test_an_invoke_that_is_nothing_of_ours_is_not_implemented(here: House, teams: Teams, name: str | None):
    assert await here.send(teams.activity("invoke", 1, name=name, value={})) == (501, None)


@pytest.mark.parametrize("value", [None, 1, "x", [], {}, {"data": 1}, {"action": []}, {"data": {KEY: []}}])
@pytest.mark.parametrize("name", ["adaptiveCard/action", "task/fetch", "task/submit", "composeExtension/fetchTask"])
async def test_odd_invokes_are_answered_and_never_a_fault(here: House, teams: Teams, name: str, value: Any):
    answer = await here.ask(teams.invoke(1, name, value))
    if name == "adaptiveCard/action":
        assert (answer["statusCode"], answer["type"]) == (200, "application/vnd.microsoft.activity.message")
        assert "too old to work" in answer["value"]
    else:
        assert answer["task"]["type"] == "continue"
        assert answer["task"]["value"]["card"]["content"]["type"] == "AdaptiveCard"


@pytest.mark.parametrize("kind", ["typing", "messageReaction", "event", "endOfConversation", "unheard/of", "trace"])
async def test_what_asks_nothing_is_taken_in_silence(here: House, teams: Teams, kind: str):
    assert await here.say(teams.activity(kind, 1)) == []


async def test_acts_by_nobody_are_left_alone(here: House, teams: Teams):
    by_bot = teams.message(1, "help") | {"from": {"id": "28:another", "name": "Other bot"}}
    without_id = teams.message(1, "help") | {"id": None}
    for activity in (by_bot, without_id):
        assert await here.say(activity) == []


async def test_a_swedish_device_is_answered_in_swedish(here: House, teams: Teams):
    posts = await here.say(teams.message(1, "help", locale="sv-SE", localTimezone="Europe/Stockholm"))
    assert "Så ger du kudos" in said(posts)[0][1]


async def test_a_directory_that_cannot_be_asked_is_said_to_be_so(here: House, teams: Teams):
    for _ in range(20):
        teams.fail("member", "status", status=503)
        teams.fail("members", "status", status=503)
    posts = await here.say(teams.message(1, f"@ {{0}} {GIVEN}", CHANNEL, 2))
    assert len(posts) == 1
    assert posts[0].conversation == "a:1"


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
        await here.send(teams.activity("installationUpdate", 1, CHANNEL, action="add-upgrade"))
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


async def test_the_word_alone_opens_the_form_as_the_menu_writes_it(here: House, teams: Teams):
    (form,) = await here.say(teams.message(1, "@ kudos", CHANNEL))
    assert form.conversation == "a:1"
    assert {each.get("id") for each in form.card["body"]} >= {"people", "reason"}


async def test_where_nobody_else_is_only_the_receiver_is_told(here: House, teams: Teams):
    receipt, note = await here.say(teams.message(1, f"kudos Bo Svensson {GIVEN}"))
    assert "Only Bo Svensson was told." in said([receipt])[0][1]
    assert note.conversation == "a:2"
    (told,) = await here.say(teams.message(1, "setup"))
    assert "Go to the team's own channel" in said([told])[0][1]
    told, *_ = await here.say(teams.message(3, f"kudos Bo Svensson {GIVEN}", locale="sv-SE"))
    assert "Bara Bo Svensson har fått veta det." in said([told])[0][1]


async def test_a_channel_that_the_bot_was_taken_out_of_is_forgotten(here: House, teams: Teams):
    channel = ConversationRef(here.connected.workspace, CHANNEL)
    assert await here.connected.directory.can_post(channel)
    await here.send(teams.activity("conversationUpdate", 1, CHANNEL, membersRemoved=[{"id": BOT}]))
    assert not await here.connected.directory.can_post(channel)
    await here.send(teams.activity("installationUpdate", 1, CHANNEL, action="add"))
    assert await here.connected.directory.can_post(channel)
    await here.send(teams.activity("installationUpdate", 1, CHANNEL, action="remove"))
    assert not await here.connected.directory.can_post(channel)


SECOND = "19:chat@thread.tacv2"
OTHER_TEAM = "19:other@thread.tacv2"


def in_team(teams: Teams, place: str, team: str = CHANNEL, event: str = "", **more: Any) -> dict[str, Any]:
    """Something that happens to a channel of a team, or to the bot in it."""
    data = {"tenant": {"id": TENANT}, "team": {"id": team, "name": "Service"}, "channel": {"id": place}}
    told_in = more.pop("told_in", place)
    kind = more.pop("kind", "conversationUpdate")
    return teams.activity(kind, 1, told_in, channelData=data | ({"eventType": event} if event else {}), **more)


async def posts_in(here: House) -> list[str]:
    """Where the bot takes itself to be, of the four that it may be in."""
    places = [ConversationRef(here.connected.workspace, id_) for id_ in (CHANNEL, SECOND, OTHER_TEAM, GROUP)]
    return [place.id for place in places if await here.connected.directory.can_post(place)]


@pytest.fixture
async def in_channels(here: House, teams: Teams) -> House:
    """The bot in two channels of a team, in one of another, and in a group."""
    for place, team in ((SECOND, CHANNEL), (OTHER_TEAM, OTHER_TEAM)):
        teams.join(person(1, "Anna Ek"), place)
        await here.send(in_team(teams, place, team, kind="message", text="hello"))
    assert await posts_in(here) == [CHANNEL, SECOND, OTHER_TEAM, GROUP]
    return here


@pytest.mark.parametrize(
    "gone",
    [
        {"membersRemoved": [{"id": BOT}], "event": "teamMemberRemoved"},
        {"membersRemoved": [{"id": BOT}]},
        {"kind": "installationUpdate", "action": "remove"},
        {"kind": "installationUpdate", "action": "remove-upgrade"},
        {"event": "teamDeleted"},
        {"event": "teamHardDeleted"},
    ],
)
async def test_a_team_that_the_bot_was_taken_out_of_is_forgotten_with_all_its_channels(
    in_channels: House, teams: Teams, gone: dict[str, Any]
):
    await in_channels.send(in_team(teams, CHANNEL, **gone))
    assert await posts_in(in_channels) == [OTHER_TEAM, GROUP]


@pytest.mark.parametrize(
    "gone",
    [
        {"event": "channelDeleted"},
        {"event": "channelDeleted", "told_in": CHANNEL},
        {"membersRemoved": [{"id": BOT}], "event": "channelMemberRemoved"},
        {"membersRemoved": [{"id": BOT}], "event": "channelMemberRemoved", "told_in": CHANNEL},
    ],
)
async def test_a_channel_that_is_gone_takes_no_other_with_it_and_may_come_back(
    in_channels: House, teams: Teams, gone: dict[str, Any]
):
    await in_channels.send(in_team(teams, SECOND, **gone))
    assert await posts_in(in_channels) == [CHANNEL, OTHER_TEAM, GROUP]
    await in_channels.send(in_team(teams, SECOND, event="channelRestored", told_in=CHANNEL))
    assert await posts_in(in_channels) == [CHANNEL, SECOND, OTHER_TEAM, GROUP]
    # It is a channel of its team again.
    await in_channels.send(in_team(teams, CHANNEL, event="teamDeleted"))
    assert await posts_in(in_channels) == [OTHER_TEAM, GROUP]
    await in_channels.send(in_team(teams, CHANNEL, event="teamRestored"))
    assert await posts_in(in_channels) == [CHANNEL, OTHER_TEAM, GROUP]


async def test_a_group_that_the_bot_was_taken_out_of_takes_no_other_place_with_it(in_channels: House, teams: Teams):
    # What says nothing of its team is about none.
    nameless = teams.activity("conversationUpdate", 1, CHANNEL, channelData={"eventType": "teamDeleted"})
    assert (await in_channels.send(nameless))[0] == 200
    assert await posts_in(in_channels) == [CHANNEL, SECOND, OTHER_TEAM, GROUP]
    await in_channels.send(teams.activity("conversationUpdate", 1, GROUP, membersRemoved=[{"id": BOT}]))
    assert await posts_in(in_channels) == [CHANNEL, SECOND, OTHER_TEAM]


@pytest.mark.parametrize(
    "event",
    ["channelCreated", "channelRenamed", "teamRenamed", "teamArchived", "teamUnarchived", "channelShared", "unheardOf"],
)
async def test_what_else_happens_to_a_team_changes_nothing(in_channels: House, teams: Teams, event: str):
    for place in (CHANNEL, SECOND):
        assert await in_channels.say(in_team(teams, place, event=event)) == []
    assert await posts_in(in_channels) == [CHANNEL, SECOND, OTHER_TEAM, GROUP]


async def test_the_bot_put_back_is_there_although_another_process_had_noted_it_gone(here: House, teams: Teams):
    channel = ConversationRef(here.connected.workspace, CHANNEL)
    await here.store.forget_place(channel)
    await here.send(teams.activity("installationUpdate", 1, CHANNEL, action="add"))
    assert channel in [each.conversation for each in await here.store.places(here.connected.workspace)]


async def test_a_form_from_a_message_where_the_bot_is_not_posts_nothing_there(here: House, teams: Teams):
    elsewhere, between_two = "19:elsewhere@thread.v2", "19:anna_bo@unq.gbl.spaces"
    teams.join(person(1, "Anna Ek"), elsewhere)
    teams.join(person(1, "Anna Ek"), between_two)
    teams.chats[elsewhere].bot = teams.chats[between_two].bot = False
    teams.chats[between_two].kind = "personal"
    payload = {
        "id": "1700",
        "from": {"user": {"id": aad(2), "displayName": "Bo", "userIdentityType": "aadUser"}},
        "linkToMessage": "https://teams.microsoft.com/l/message/19:elsewhere/1700",
    }
    told = {elsewhere: "I cannot post here, so only Bo Svensson was told.", between_two: "Only Bo Svensson was told."}
    for place, who in told.items():
        value = {"commandId": "give", "commandContext": "message", "messagePayload": payload}
        opened = await here.ask(teams.invoke(1, "composeExtension/fetchTask", value, place))
        filling = {"data": filled(opened["task"]["value"]["card"]["content"], **FORM)}
        sent = await here.ask(teams.invoke(1, "composeExtension/submitAction", filling, place))
        receipt = words(sent["task"]["value"]["card"]["content"]["body"])
        assert "You recognised Bo Svensson" in receipt
        assert who in receipt
        assert not await here.connected.directory.can_post(ConversationRef(here.connected.workspace, place))
    posted = teams.calls["post"] + teams.calls["create"]
    await here.deliver_all()
    assert {post.conversation for post in teams.posts} == {"a:2"}
    # Bo's chat was begun, and a note went there for each: nothing else was as much as tried.
    assert teams.calls["post"] + teams.calls["create"] == posted + 3
    # What is for Anna alone still comes in her own chat with the bot.
    assert {post.conversation for post in await here.say(teams.message(1, "@ help", CHANNEL))} == {"a:1"}


async def test_who_left_the_tenant_has_left_when_the_bot_looks_although_nobody_names_them(
    teams: Teams, sqlite_url: str
):
    async with house(teams, sqlite_url) as before:
        await before.send(teams.activity("installationUpdate", 1, CHANNEL, action="add-upgrade"))
        await before.say(teams.message(1, f"@ {{0}} {GIVEN}", CHANNEL, 3))
        gone = AccountRef(before.connected.workspace, aad(2))
        assert (await before.bot.people.colleague(gone)).standing is Standing.MEMBER
    for chat in teams.chats.values():
        if aad(2) in chat.members:
            chat.members.remove(aad(2))
    async with house(teams, sqlite_url) as after:
        organisation = await after.bot.people.organisation(after.connected.workspace)

        async def known() -> Standing:
            async with after.bot.units(organisation) as work:
                (colleague,) = await work.people.colleagues([gone])
                return colleague.standing

        for _ in range(500):
            if await known() is Standing.LEFT:
                break
            await asyncio.sleep(0.02)
        assert await known() is Standing.LEFT


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
        await before.send(teams.activity("installationUpdate", 1, CHANNEL, action="add-upgrade"))
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
        filling = {"data": filled(opened["task"]["value"]["card"]["content"], **FORM | {"people": aad(3)})}
        sent = await here.ask(teams.invoke(2, "composeExtension/submitAction", filling, elsewhere))
        assert "You recognised Cat Öberg" in words(sent["task"]["value"]["card"]["content"]["body"])
        posts = await here.say(teams.message(1, f"@ {{0}} {GIVEN} once more", CHANNEL, 2))
        assert "a:2" in dict(said(posts))


async def test_who_is_only_where_the_bot_is_not_gives_kudos_with_the_form(here: House, teams: Teams):
    elsewhere = "19:elsewhere@thread.v2"
    answers = {}
    for number, tenant in ((40, TENANT), (41, "11111111-1111-1111-1111-111111111111")):
        teams.join(person(number, f"Person {number}"), elsewhere)
        teams.chats[elsewhere].bot = False
        opening = teams.invoke(number, "composeExtension/fetchTask", {"commandId": "give"}, elsewhere)
        opening["from"]["tenantId"] = tenant
        opened = await here.ask(opening)
        filling = {"data": filled(opened["task"]["value"]["card"]["content"], **FORM)}
        sending = teams.invoke(number, "composeExtension/submitAction", filling, elsewhere)
        sending["from"]["tenantId"] = tenant
        answers[number] = json.dumps(await here.ask(sending))
    assert "You recognised Bo Svensson" in answers[40]
    assert "Only members of this workspace" in answers[41]
