"""Signed requests in, acts to the core, answers out: against a local Slack API."""

from __future__ import annotations

import asyncio
import io
import json
import logging
import time
from contextlib import AsyncExitStack
from urllib.parse import urlencode

import aiohttp
import httpx
import pytest
import structlog
from slack_sdk.signature import SignatureVerifier

from adapters.observability import configure_logging
from adapters.settings import LogFormat
from adapters.slack import forms
from adapters.slack.config import SlackConfig
from adapters.slack.directory import SlackDirectory
from adapters.slack.events import Hearers
from adapters.slack.front import connect
from adapters.slack.inbound import slack_app
from adapters.slack.install import Installation
from adapters.slack.outbound import SlackPlatform
from bot.answer import Answer
from bot.errors import DeliveryError
from bot.identity import AccountRef, ConversationRef, Platform, WorkspaceRef
from bot.incoming import ButtonPressed, CommandTyped, FormSubmitted, Mention, ShortcutUsed, Words
from bot.ports import Standing
from bot.view.form import Form, PeopleField, TextField
from bot.view.message import Button, Buttons, Message, MessageKind, Paragraph, Text
from tests.servers.slack_api import running
from tests.servers.slack_world import BOT_USER, TEAM, TOKEN, user

SECRET = "8f742231b10e8888abcd99yyyzzz85a5"
ACME = WorkspaceRef(Platform.SLACK, TEAM)
ANNA = AccountRef(ACME, "U1")
FLOOR = ConversationRef(ACME, "C1")

SAID = Message(
    MessageKind.RECEIPT,
    (Paragraph((Text("You recognised Bo."),)), Buttons((Button("undo", "Undo", "k1"),))),
    "You recognised Bo.",
)
ASKED = Form(
    name="give",
    title="Give kudos",
    submit="Give",
    cancel="Cancel",
    fields=(PeopleField("people", "Whom"), TextField("reason", "What for", most=500)),
    state="about=42",
)


class RecordingDispatch:
    """Remembers what it was handed and gives the answer it was told to give."""

    def __init__(self):
        self.seen = []
        self.answer = Answer()

    async def handle(self, incoming):
        self.seen.append(incoming)
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


class Desk:
    """The app under test, a client that signs, and what both ends saw."""

    def __init__(self, slack, dispatch, client, learned, directory):
        self.slack = slack
        self.dispatch = dispatch
        self.client = client
        self.learned = learned
        self.directory = directory

    async def send(self, body, content_type="application/x-www-form-urlencoded", **headers):
        stamp = str(int(time.time()))
        signed = {
            "Content-Type": content_type,
            "X-Slack-Request-Timestamp": stamp,
            "X-Slack-Signature": SignatureVerifier(SECRET).generate_signature(timestamp=stamp, body=body),
        }
        return await self.client.post("/slack/events", content=body, headers=signed | headers)

    async def command(self, text="", **fields):
        sent = {
            "token": "old", "team_id": TEAM, "team_domain": "acme", "channel_id": "C1", "channel_name": "phone-team",
            "user_id": "U1", "user_name": "anna", "command": "/kudos", "text": text, "api_app_id": "A1",
            "is_enterprise_install": "false", "response_url": self.slack.response_url(), "trigger_id": "13.37.abc",
        }  # fmt: skip
        return await self.send(urlencode(sent | fields))

    async def interaction(self, **payload):
        whole = {
            "team": {"id": TEAM, "domain": "acme"},
            "user": {"id": "U1", "username": "anna", "team_id": TEAM},
            "api_app_id": "A1", "token": "old", "trigger_id": "13.37.abc", "enterprise": None,
            "is_enterprise_install": False,
        }  # fmt: skip
        return await self.send(urlencode({"payload": json.dumps(whole | payload)}))

    async def press(self, action="undo", value="k1", **payload):
        button = {"type": "button", "action_id": action, "block_id": "b", "value": value, "action_ts": "1700000000.1"}
        whole = {
            "type": "block_actions",
            "container": {
                "type": "message", "message_ts": "1700000000.000100", "channel_id": "C1", "is_ephemeral": True,
            },
            "channel": {"id": "C1", "name": "phone-team"},
            "actions": [button],
            "response_url": self.slack.response_url(),
        }  # fmt: skip
        return await self.interaction(**(whole | payload))

    async def event(self, event, **headers):
        whole = {
            "type": "event_callback", "team_id": TEAM, "api_app_id": "A1", "event_id": "Ev1", "event_time": 1,
            "event": event,
            "authorizations": [{"enterprise_id": None, "team_id": TEAM, "user_id": BOT_USER, "is_bot": True}],
        }  # fmt: skip
        return await self.send(json.dumps(whole), "application/json", **headers)


class Learned(list):
    """What the core was told of people, and of who came and went. It may be broken, as a database is."""

    broken = False

    async def learn(self, profile):
        if self.broken:
            raise ConnectionResetError
        self.append(profile)

    async def joined(self, conversation, account):
        await self.learn(("joined", conversation, account))

    async def left(self, conversation, account):
        await self.learn(("left", conversation, account))

    async def moved(self, before, after):
        await self.learn(("moved", before, after))

    @property
    def hearers(self):
        return Hearers(self.learn, self.joined, self.left, self.moved)


@pytest.fixture
async def desk(monkeypatch):
    """A desk in an environment that Bolt would read by itself: what counts is what the app was given."""
    for name in ("SLACK_BOT_TOKEN", "SLACK_SIGNING_SECRET", "SLACK_CLIENT_ID", "SLACK_CLIENT_SECRET"):
        monkeypatch.setenv(name, "of another app")
    async with running() as slack, aiohttp.ClientSession() as session:
        config = SlackConfig(SECRET, TOKEN, slack.api_url)
        dispatch = RecordingDispatch()
        directory = SlackDirectory(TOKEN, slack.api_url, ACME, session)
        platform = SlackPlatform(TOKEN, slack.api_url, ACME, session)
        learned = Learned()

        app = slack_app(config, dispatch, platform, directory, learned.hearers, session=session)
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://kudos.test") as client:
            yield Desk(slack, dispatch, client, learned, directory)
        await directory.close()


def quiet(response):
    return (response.status_code, response.content) == (200, b"")


# Commands


async def test_a_command_becomes_an_act_and_its_reply_the_private_answer(desk):
    desk.dispatch.answer = Answer(reply=SAID)
    response = await desk.command("<@U2|bo> stayed with a caller &amp; solved it")
    assert response.status_code == 200
    assert response.headers["content-type"].startswith("application/json")
    shown = response.json()
    assert shown["response_type"] == "ephemeral"
    assert shown["text"] == "You recognised Bo."
    assert shown["blocks"][1]["elements"][0]["action_id"] == "undo"
    [typed] = desk.dispatch.seen
    assert isinstance(typed, CommandTyped)
    assert typed.segments == (Mention(AccountRef(ACME, "U2"), "bo"), Words(" stayed with a caller & solved it"))
    assert typed.origin.sender == ANNA
    assert typed.origin.conversation == FLOOR
    assert typed.origin.request_key == "command:13.37.abc"


async def test_the_same_command_again_has_the_same_key_and_another_has_another(desk):
    await desk.command("me")
    await desk.command("me")
    await desk.command("me", trigger_id="13.37.def")
    first, again, other = (typed.origin.request_key for typed in desk.dispatch.seen)
    assert first == again != other


async def test_a_command_without_an_answer_is_answered_with_nothing(desk):
    assert quiet(await desk.command("me"))


async def test_a_command_of_another_name_is_left_alone(desk):
    assert quiet(await desk.command("me", command="/praise"))
    assert desk.dispatch.seen == []


async def test_a_form_opens_with_the_commands_trigger_and_remembers_the_conversation(desk):
    desk.dispatch.answer = Answer(form=ASKED)
    assert quiet(await desk.command())
    [view] = desk.slack.views
    assert view["trigger_id"] == "13.37.abc"
    assert forms.recall(view) == ("about=42", "C1")


async def test_a_form_that_does_not_open_is_owned_up_to_in_the_persons_language(desk):
    desk.slack.workspace.expired_triggers.add("13.37.abc")
    desk.dispatch.answer = Answer(form=ASKED)
    response = await desk.command()
    assert response.status_code == 200
    shown = response.json()
    assert shown["response_type"] == "ephemeral"
    assert "Något gick fel" in shown["text"]


async def test_a_core_that_fails_after_all_is_owned_up_to(desk):
    desk.dispatch.answer = RuntimeError("boom")
    response = await desk.command("me", user_id="U2")
    assert response.status_code == 200
    assert "Something went wrong" in response.json()["text"]


# Buttons


async def test_a_button_becomes_an_act(desk):
    assert quiet(await desk.press("choose#3", "draft"))
    [pressed] = desk.dispatch.seen
    assert isinstance(pressed, ButtonPressed)
    assert (pressed.action, pressed.value) == ("choose", "draft")
    assert pressed.origin.sender == ANNA
    assert pressed.origin.conversation == FLOOR
    assert pressed.origin.request_key == "button:1700000000.1:1700000000.000100:U1"


async def test_a_private_message_is_replaced_through_its_response_url(desk):
    desk.dispatch.answer = Answer(reply=SAID, replaces=True)
    assert quiet(await desk.press())
    [response] = desk.slack.responses
    assert response["replace_original"] is True
    assert response["text"] == "You recognised Bo."
    assert not desk.slack.called("chat.update")


async def test_a_posted_message_is_replaced_by_changing_it(desk):
    posted = desk.slack.workspace.call("chat.postMessage", TOKEN, {"channel": "C1", "text": "before"})
    desk.dispatch.answer = Answer(reply=SAID, replaces=True)
    container = {"type": "message", "message_ts": posted["ts"], "channel_id": "C1", "is_ephemeral": False}
    assert quiet(await desk.press(container=container))
    [message] = desk.slack.posts
    assert message["text"] == "You recognised Bo."
    assert desk.slack.responses == []


async def test_a_message_that_cannot_be_changed_is_replaced_through_the_response_url(desk):
    desk.dispatch.answer = Answer(reply=SAID, replaces=True)
    container = {"type": "message", "message_ts": "1.1", "channel_id": "C1", "is_ephemeral": False}
    assert quiet(await desk.press(container=container))
    [response] = desk.slack.responses
    assert response["replace_original"] is True


async def test_a_reply_that_replaces_nothing_is_private_and_leaves_the_message(desk):
    desk.dispatch.answer = Answer(reply=SAID)
    assert quiet(await desk.press())
    [response] = desk.slack.responses
    assert response["response_type"] == "ephemeral"
    assert response["replace_original"] is False


async def test_a_response_url_that_is_used_up_gives_way_to_a_private_post(desk):
    desk.dispatch.answer = Answer(reply=SAID)
    for _ in range(6):
        assert quiet(await desk.press())
    assert len(desk.slack.responses) == 5
    [private] = desk.slack.workspace.ephemerals
    assert (private["channel"], private["user"], private["text"]) == ("C1", "U1", "You recognised Bo.")


async def test_nobody_is_told_twice_when_the_answer_of_a_response_url_is_lost(desk):
    desk.dispatch.answer = Answer(reply=SAID)
    assert quiet(await desk.press(response_url="http://127.0.0.1:9/gone"))
    assert desk.slack.workspace.ephemerals == []


async def test_a_button_that_answers_with_a_form_opens_it_from_its_conversation(desk):
    desk.dispatch.answer = Answer(form=ASKED)
    assert quiet(await desk.press("give"))
    [view] = desk.slack.views
    assert forms.recall(view) == ("about=42", "C1")


async def test_a_button_in_a_modal_answers_in_the_modal(desk):
    desk.dispatch.answer = Answer(form=ASKED)
    await desk.command()
    [opened] = desk.slack.views
    desk.dispatch.answer = Answer(reply=SAID)
    container = {"type": "view", "view_id": opened["id"]}
    assert quiet(await desk.press(container=container, view=opened, channel=None, response_url=None))
    assert desk.dispatch.seen[-1].origin.conversation == FLOOR
    assert desk.slack.views[-1]["id"] == opened["id"]
    assert "You recognised Bo." in json.dumps(desk.slack.views[-1]["blocks"])


async def test_other_elements_and_links_are_left_alone(desk):
    select = {"type": "static_select", "action_id": "x", "block_id": "b", "action_ts": "1.1"}
    assert quiet(await desk.press(actions=[select]))
    assert desk.dispatch.seen == []


# Forms


def sent_in(**more):
    view = forms.view(ASKED, "C1") | {
        "id": "V42",
        "state": {
            "values": {
                "people": {"value": {"type": "multi_users_select", "selected_users": ["U2", "U3"]}},
                "reason": {"value": {"type": "plain_text_input", "value": "stayed late for <@U9>"}},
            }
        },
    }
    return {"type": "view_submission", "view": view | more}


async def test_a_sent_form_becomes_an_act_in_the_conversation_it_was_opened_from(desk):
    assert quiet(await desk.interaction(**sent_in()))
    [sent] = desk.dispatch.seen
    assert isinstance(sent, FormSubmitted)
    assert (sent.form, sent.state) == ("give", "about=42")
    assert sent.people == {"people": (AccountRef(ACME, "U2"), AccountRef(ACME, "U3"))}
    assert sent.texts == {"reason": "stayed late for <@U9>"}
    assert sent.origin.conversation == FLOOR
    assert sent.origin.request_key == "view:V42"


async def test_problems_stand_beside_their_fields(desk):
    desk.dispatch.answer = Answer(problems={"reason": "Say a little more."})
    response = await desk.interaction(**sent_in())
    assert response.json() == {"response_action": "errors", "errors": {"reason": "Say a little more."}}


async def test_the_receipt_takes_the_forms_place(desk):
    desk.dispatch.answer = Answer(reply=SAID)
    response = await desk.interaction(**sent_in())
    shown = response.json()
    assert shown["response_action"] == "update"
    assert shown["view"]["title"]["text"] == "Give kudos"
    assert "submit" not in shown["view"]
    assert shown["view"]["close"]["text"] == "OK", "there is nothing left to cancel"
    assert "You recognised Bo." in json.dumps(shown["view"]["blocks"])


async def test_a_form_that_leads_to_another_form_is_followed(desk):
    desk.dispatch.answer = Answer(form=ASKED)
    shown = (await desk.interaction(**sent_in())).json()
    assert shown["response_action"] == "update"
    assert forms.recall(shown["view"]) == ("about=42", "C1")


# Shortcuts


def menu(**message):
    return {
        "type": "message_action",
        "callback_id": "give_kudos",
        "message_ts": "1700000000.000200",
        "channel": {"id": "C1", "name": "phone-team"},
        "message": {"type": "message", "user": "U2", "text": "private text", "ts": "1700000000.000200"} | message,
    }


async def test_the_message_shortcut_knows_the_author_and_the_link(desk):
    desk.dispatch.answer = Answer(form=ASKED)
    assert quiet(await desk.interaction(**menu(), response_url=desk.slack.response_url()))
    [used] = desk.dispatch.seen
    assert isinstance(used, ShortcutUsed)
    assert used.about == AccountRef(ACME, "U2")
    assert used.link == "https://acme.slack.com/archives/C1/p1700000000000200"
    assert used.origin.conversation == FLOOR
    assert used.origin.request_key == "shortcut:13.37.abc"
    assert forms.recall(desk.slack.views[0]) == ("about=42", "C1")


async def test_a_link_to_a_reply_leads_into_its_thread(desk):
    await desk.interaction(**menu(thread_ts="1600000000.000100"))
    [used] = desk.dispatch.seen
    assert used.link.endswith("/p1700000000000200?thread_ts=1600000000.000100&cid=C1")


@pytest.mark.parametrize(
    "message", [{"bot_id": "B1"}, {"subtype": "bot_message", "user": None}, {"subtype": "bot_message"}]
)
async def test_a_bots_message_has_no_author_to_recognise(desk, message):
    await desk.interaction(**menu(**message))
    [used] = desk.dispatch.seen
    assert used.about is None
    assert used.link


async def test_the_global_shortcut_has_no_place_and_its_reply_opens_as_a_modal(desk):
    desk.dispatch.answer = Answer(reply=SAID)
    assert quiet(await desk.interaction(type="shortcut", callback_id="give_kudos", action_ts="1.1"))
    [used] = desk.dispatch.seen
    assert (used.origin.conversation, used.about, used.link) == (None, None, None)
    [view] = desk.slack.views
    assert "You recognised Bo." in json.dumps(view["blocks"])


async def test_another_shortcut_is_left_alone(desk):
    assert quiet(await desk.interaction(type="shortcut", callback_id="other", action_ts="1.1"))
    assert desk.dispatch.seen == []


async def test_a_shortcut_whose_form_does_not_open_says_so(desk):
    desk.slack.workspace.expired_triggers.add("13.37.abc")
    desk.dispatch.answer = Answer(form=ASKED)
    assert quiet(await desk.interaction(**menu(), response_url=desk.slack.response_url()))
    [response] = desk.slack.responses
    assert response["response_type"] == "ephemeral"
    assert "Något gick fel" in response["text"]


# Events and Slack's own checks


async def test_slacks_address_check_gets_its_challenge(desk):
    body = json.dumps({"type": "url_verification", "token": "old", "challenge": "3eZbrw1a"})
    response = await desk.send(body, "application/json")
    assert (response.status_code, response.text) == (200, "3eZbrw1a")
    assert quiet(await desk.send("ssl_check=1&token=old"))


async def test_a_changed_person_is_learned_again_and_again_without_harm(desk):
    left = user("U2", "Bo Ek", deleted=True)
    for headers in ({}, {"X-Slack-Retry-Num": "1", "X-Slack-Retry-Reason": "http_timeout"}):
        assert quiet(await desk.event({"type": "user_change", "user": left}, **headers))
    assert [profile.standing for profile in desk.learned] == [Standing.LEFT, Standing.LEFT]
    assert (await desk.directory.person(AccountRef(ACME, "U2"))).standing is Standing.LEFT


async def test_an_event_that_could_not_be_taken_in_is_asked_for_again(desk):
    left = {"type": "user_change", "user": user("U2", "Bo Ek", deleted=True)}
    desk.learned.broken = True
    refused = await desk.event(left)
    assert (refused.status_code, refused.content) == (503, b"")
    desk.learned.broken = False
    assert quiet(await desk.event(left, **{"X-Slack-Retry-Num": "1", "X-Slack-Retry-Reason": "http_error"}))
    assert [profile.standing for profile in desk.learned] == [Standing.LEFT]


async def test_an_event_without_a_locale_does_not_make_a_language_unknown(desk):
    changed = {key: value for key, value in user("U1", "Anna Lind").items() if key != "locale"}
    assert quiet(await desk.event({"type": "user_change", "user": changed}))
    [profile] = desk.learned
    assert (profile.name, profile.locale) == ("Anna Lind", "sv-SE")


async def test_a_channel_the_bot_joins_or_leaves_is_looked_at_afresh(desk):
    leads = ConversationRef(ACME, "G2")
    assert not await desk.directory.can_post(leads)
    desk.slack.workspace.channels["G2"].members.append(BOT_USER)
    joined = {"type": "member_joined_channel", "user": BOT_USER, "channel": "G2", "team": TEAM}
    assert quiet(await desk.event(joined))
    assert await desk.directory.can_post(leads)
    desk.slack.workspace.channels["G2"].members.remove(BOT_USER)
    assert quiet(await desk.event({"type": "group_left", "channel": "G2"}))
    assert not await desk.directory.can_post(leads)


async def test_who_joins_and_leaves_a_channel_is_told_to_the_core(desk):
    for kind in ("joined", "left"):
        event = {"type": f"member_{kind}_channel", "user": "U3", "channel": "C1", "team": TEAM}
        assert quiet(await desk.event(event))
        assert desk.learned.pop() == (kind, ConversationRef(ACME, "C1"), AccountRef(ACME, "U3"))
        desk.learned.broken = True
        assert (await desk.event(event)).status_code == 503
        desk.learned.broken = False


@pytest.mark.parametrize(
    "event",
    [
        {"type": "app_home_opened", "user": "U1", "channel": "D1", "tab": "messages"},
        {"type": "message", "channel_type": "im", "text": "hello", "user": "U1", "ts": "1.1"},
        {"type": "user_change", "user": "U1"},
        {"type": "user_change", "user": {"name": "nobody"}},
        {"type": "from_the_future"},
    ],
)
async def test_events_that_mean_nothing_are_left_alone(desk, event):
    assert quiet(await desk.event(event))
    assert desk.learned == []
    assert desk.dispatch.seen == []


async def test_a_revoked_token_makes_the_bot_ask_again_whose_it_is(desk):
    await desk.command("me")
    await desk.command("me")
    assert len(desk.slack.called("auth.test")) == 1
    assert quiet(await desk.event({"type": "tokens_revoked", "tokens": {"bot": ["UBOT"]}}))
    await desk.command("me")
    assert len(desk.slack.called("auth.test")) == 2


async def test_a_connected_bot_has_the_first_typed_name_at_hand():
    async with running() as slack, AsyncExitStack() as stack:
        config = SlackConfig(SECRET, TOKEN, slack.api_url)
        connected = await connect(config, RecordingDispatch(), Learned().hearers, stack)
        await slack.until(lambda: [call.outcome for call in slack.called("users.list")] == ["ok"])
        slack.fail("users.list", "hang_before", count=9)
        [found] = await connected.directory.find(ACME, "dev")
        assert found.name == "Dev Patel"


async def test_a_bot_that_stops_does_not_wait_for_everybodys_names():
    async with running() as slack:
        slack.fail("users.list", "hang_before", seconds=60)
        async with asyncio.timeout(10), AsyncExitStack() as stack:
            config = SlackConfig(SECRET, TOKEN, slack.api_url)
            await connect(config, RecordingDispatch(), Learned().hearers, stack)
            await slack.until(lambda: bool(slack.called("users.list")))


# What should not come


async def test_another_workspace_is_left_alone(desk):
    desk.dispatch.answer = Answer(reply=SAID)
    assert quiet(await desk.command("me", team_id="T9"))
    assert quiet(await desk.press(team={"id": "T9", "domain": "other"}))
    assert desk.dispatch.seen == []
    assert desk.slack.responses == []


async def test_people_are_answered_while_slack_does_not_say_whose_the_token_is(desk):
    desk.slack.fail("auth.test", "server_error", count=9)
    desk.dispatch.answer = Answer(reply=SAID)
    for _ in range(3):
        assert (await desk.command("me")).json()["text"] == "You recognised Bo."
    assert len(desk.slack.called("auth.test")) == 1, "and no request waits for what has just failed"


@pytest.mark.parametrize(
    "payload",
    [
        {"type": "block_actions"},
        {"type": "block_actions", "actions": [{}]},
        {"type": "block_actions", "actions": "undo"},
        {"type": "block_actions", "actions": [{"action_id": "undo"}], "team": "T1"},
        {"type": "interactive_message", "callback_id": "old", "actions": []},
        {"type": "view_submission", "view": {}},
        {"type": "view_submission", "view": {"callback_id": "give", "id": "V1", "state": {"values": []}}},
        {"type": "view_submission", "view": {"callback_id": "give", "type": "modal", "private_metadata": "["}},
        {"type": "view_closed", "view": {"callback_id": "give", "type": "modal"}},
        {"type": "message_action", "callback_id": "give_kudos", "message": 5},
        {"type": "block_suggestion", "action_id": "x"},
        {"type": "event_callback", "event": 5},
        {"type": "event_callback", "event": {"type": 5}},
        {"type": "nonsense"},
        {},
        {"type": "block_actions", "user": 7, "team": 9, "actions": [{"action_id": "undo"}]},
    ],
)
async def test_odd_payloads_are_answered_with_nothing(desk, payload):
    assert quiet(await desk.interaction(**payload))
    assert desk.dispatch.seen == []


async def test_a_token_that_slack_refuses_is_a_permanent_fault():
    async with running() as slack, aiohttp.ClientSession() as session:
        installation = Installation(SlackConfig(SECRET, "xoxb-wrong", slack.api_url), session)
        with pytest.raises(DeliveryError, match="invalid_auth"):
            await installation.identity()


def test_half_a_configuration_is_refused_and_no_secret_is_shown():
    with pytest.raises(ValueError, match="SLACK_SIGNING_SECRET"):
        SlackConfig("", TOKEN)
    with pytest.raises(ValueError, match="SLACK_BOT_TOKEN"):
        SlackConfig(SECRET, "")
    config = SlackConfig(SECRET, TOKEN, "http://127.0.0.1:1/api")
    assert config.api_url == "http://127.0.0.1:1/api/"
    assert TOKEN not in repr(config)
    assert SECRET not in repr(config)


@pytest.fixture
def log():
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    output = io.StringIO()
    configure_logging(LogFormat.JSON, "debug", (), output)
    yield output
    structlog.reset_defaults()
    root.handlers, root.level = handlers, level


async def test_neither_tokens_nor_texts_are_logged(desk, log):
    desk.dispatch.answer = RuntimeError("boom")
    await desk.command("a very private reason")
    await desk.interaction(**menu(text="a very private reason"))
    await desk.interaction(type="nonsense", text="a very private reason")
    await desk.interaction(**sent_in(title="a very private reason"))
    await desk.command("a very private reason", command="/praise")
    assert "boom" in log.getvalue()
    assert "slack_request_unhandled" in log.getvalue()
    for secret in ("private", TOKEN, SECRET, "13.37.abc", "response/r1"):
        assert secret not in log.getvalue()


async def test_a_channel_with_a_new_id_is_told_of(desk):
    event = {"type": "channel_id_changed", "old_channel_id": "C1", "new_channel_id": "G9", "event_ts": "1.1"}

    assert quiet(await desk.event(event))

    assert desk.learned == [("moved", ConversationRef(ACME, "C1"), ConversationRef(ACME, "G9"))]
