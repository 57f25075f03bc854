"""Forms in Teams: in a dialog from the compose box or a message's menu, or as a card in the chat."""

from __future__ import annotations

import json
from collections import Counter

import pytest

from bot.identity import ConversationRef
from tests.msteams_house import (
    FORM,
    GIVEN,
    House,
    action,
    actions,
    dialog,
    house,
    of_form,
    pressed,
    said,
    words,
)
from tests.servers.connector import CHANNEL, TENANT, Teams, aad, person


@pytest.mark.parametrize(
    ("opening", "sending"),
    [("task/fetch", "task/submit"), ("composeExtension/fetchTask", "composeExtension/submitAction")],
)
async def test_a_dialog_gives_kudos_where_it_was_opened(here: House, teams: Teams, opening: str, sending: str):
    (shown,) = await here.say(teams.message(1, "help"))
    data = action(shown.card, "Open the form")["data"]
    assert data["msteams"] == {"type": "task/fetch"}
    opened = await here.ask(teams.invoke(1, opening, {"commandId": "give", "data": data}, CHANNEL))
    card = dialog(opened)
    sent = await here.ask(teams.invoke(1, sending, {"commandId": "give", "data": of_form(card, **FORM)}, CHANNEL))
    receipt = dialog(sent)
    assert "You recognised Bo Svensson" in words(receipt["body"])
    assert {each["type"] for each in actions(receipt)} == {"Action.Submit"}
    await here.deliver_all()
    assert [GIVEN in words(post.card["body"]) for post in teams.standing(CHANNEL)] == [True]
    # Undo in the dialog.
    undo = await here.ask(teams.invoke(1, sending, {"data": action(receipt, "Undo")["data"]}, CHANNEL))
    assert "Taken back" in words(dialog(undo)["body"])


async def test_a_form_that_is_refused_comes_back_as_it_was_filled_in(here: House, teams: Teams):
    opened = await here.ask(teams.invoke(1, "composeExtension/fetchTask", {"commandId": "give"}, CHANNEL))
    card = dialog(opened)
    short = {"data": of_form(card, **FORM | {"reason": "ok"})}
    refused = await here.ask(teams.invoke(1, "composeExtension/submitAction", short, CHANNEL))
    again = dialog(refused)
    inputs = {each["id"]: each for each in again["body"] if "id" in each}
    assert (inputs["reason"]["value"], inputs["people"]["value"]) == ("ok", aad(2))
    assert inputs["people"]["choices"] == [{"title": "Bo Svensson", "value": aad(2)}]
    right = {"data": of_form(again, **FORM)}
    for _ in range(2):  # pressed twice
        sent = await here.ask(teams.invoke(1, "composeExtension/submitAction", right, CHANNEL))
        assert "You recognised Bo Svensson" in words(dialog(sent))
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
    card = dialog(opened)
    people = next(each for each in card["body"] if each.get("id") == "people")
    assert (people["value"], people["choices"]) == (aad(2), [{"title": "Bo Svensson", "value": aad(2)}])
    data = of_form(card, **FORM)
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


async def test_what_is_repeated_to_another_process_counts_once(here: House, teams: Teams, sqlite_url: str):
    activity = teams.message(1, f"@ {{0}} {GIVEN}", CHANNEL, 2)
    opened = await here.ask(teams.invoke(1, "composeExtension/fetchTask", {"commandId": "give"}, CHANNEL))
    filling = {"data": of_form(dialog(opened), **FORM)}
    submitted = teams.invoke(1, "composeExtension/submitAction", filling, CHANNEL)
    async with house(teams, sqlite_url) as beside:
        for process in (here, beside):
            await process.send(activity)
            assert "You recognised Bo Svensson" in words((await process.ask(submitted))["task"]["value"])
    await here.deliver_all()
    # One kudos each, and two receipts of what was written: each process answered it.
    told = Counter(conversation for conversation, _ in said(teams.posts))
    assert told == {CHANNEL: 2, "a:2": 2, "a:1": 2}


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
        filling = {"data": of_form(dialog(opened), **FORM)}
        sent = await here.ask(teams.invoke(1, "composeExtension/submitAction", filling, place))
        receipt = words(dialog(sent))
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


async def test_who_is_only_where_the_bot_is_not_gives_kudos_with_the_form(here: House, teams: Teams):
    elsewhere = "19:elsewhere@thread.v2"
    answers = {}
    for number, tenant in ((40, TENANT), (41, "11111111-1111-1111-1111-111111111111")):
        teams.join(person(number, f"Person {number}"), elsewhere)
        teams.chats[elsewhere].bot = False
        opening = teams.invoke(number, "composeExtension/fetchTask", {"commandId": "give"}, elsewhere)
        opening["from"]["tenantId"] = tenant
        opened = await here.ask(opening)
        filling = {"data": of_form(dialog(opened), **FORM)}
        sending = teams.invoke(number, "composeExtension/submitAction", filling, elsewhere)
        sending["from"]["tenantId"] = tenant
        answers[number] = json.dumps(await here.ask(sending))
    assert "You recognised Bo Svensson" in answers[40]
    assert "Only members of this workspace" in answers[41]
