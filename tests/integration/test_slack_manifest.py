"""The manifest is what Slack takes, and the documentation explains all that it asks for."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from adapters.slack.manifest import SHORTCUT, manifest

PAGE = Path(__file__).parents[2] / "docs" / "install-slack.md"
URL = "https://kudos.example"


def explained(heading):
    """Give the first cells of the table under a heading, in order, each with its explanation."""
    table = PAGE.read_text().split(f"| {heading} | why |")[1].split("\n\n")[0]
    return dict(re.findall(r"^\| `([^`]+)` \| (.+) \|$", table, re.MULTILINE))


def strings(value):
    match value:
        case dict():
            return [text for inner in value.values() for text in strings(inner)]
        case list():
            return [text for inner in value for text in strings(inner)]
        case str():
            return [value]
    return []


def test_every_scope_is_explained_and_none_that_is_not_asked_for():
    why = explained("scope")
    assert sorted(why) == sorted(manifest(URL, "/kudos")["oauth_config"]["scopes"]["bot"])
    assert all(reason.endswith(".") for reason in why.values())


def test_every_event_is_explained_and_none_that_is_not_asked_for():
    assert sorted(explained("event")) == sorted(
        manifest(URL, "/kudos")["settings"]["event_subscriptions"]["bot_events"]
    )


def test_nothing_is_asked_for_on_behalf_of_a_person():
    assert list(manifest(URL, "/kudos")["oauth_config"]["scopes"]) == ["bot"]


def test_everything_comes_to_the_one_address():
    made = manifest(f"{URL}/", "/kudos")
    addresses = [text for text in strings(made) if text.startswith("https://")]
    assert addresses == [f"{URL}/slack/events"] * 3
    assert made["settings"]["event_subscriptions"]["request_url"] == f"{URL}/slack/events"
    assert made["settings"]["interactivity"] == {"is_enabled": True, "request_url": f"{URL}/slack/events"}


def test_the_command_is_the_one_asked_for_and_arrives_escaped():
    [command] = manifest(URL, "/praise")["features"]["slash_commands"]
    assert command["command"] == "/praise"
    assert command["should_escape"] is True
    assert command["usage_hint"]


def test_kudos_can_be_given_from_a_message_and_from_anywhere():
    shortcuts = manifest(URL, "/kudos")["features"]["shortcuts"]
    assert {shortcut["type"] for shortcut in shortcuts} == {"message", "global"}
    assert {shortcut["callback_id"] for shortcut in shortcuts} == {SHORTCUT}


def test_people_can_write_in_the_messages_tab_and_nothing_rotates():
    made = manifest(URL, "/kudos")
    assert made["features"]["app_home"]["messages_tab_enabled"] is True
    assert made["features"]["app_home"]["messages_tab_read_only_enabled"] is False
    assert made["settings"]["socket_mode_enabled"] is False
    assert made["settings"]["token_rotation_enabled"] is False
    assert made["settings"]["org_deploy_enabled"] is False


def test_texts_are_within_slacks_limits():
    """Of https://docs.slack.dev/reference/app-manifest."""
    made = manifest(URL, "/kudos")
    shown = made["display_information"]
    assert len(shown["name"]) <= 35
    assert len(shown["description"]) <= 140
    assert 174 <= len(shown["long_description"]) <= 4_000
    assert re.fullmatch(r"#[0-9a-f]{6}", shown["background_color"])
    assert len(made["features"]["bot_user"]["display_name"]) <= 80
    for shortcut in made["features"]["shortcuts"]:
        assert len(shortcut["name"]) <= 24
        assert len(shortcut["description"]) <= 150
    [command] = made["features"]["slash_commands"]
    assert len(command["description"]) <= 2_000
    assert len(command["usage_hint"]) <= 1_000


@pytest.mark.parametrize(
    "url",
    ["http://kudos.example", "kudos.example", "", "https://", "https://kudos.example/a", "https://kudos.example?a=1"],
)
def test_an_address_that_slack_would_not_call_is_refused(url):
    with pytest.raises(ValueError, match=r"https://kudos\.example"):
        manifest(url, "/kudos")


@pytest.mark.parametrize("command", ["kudos", "/", "", "/Kudos", "/give kudos", "/kudos ", "/" + "k" * 32])
def test_a_command_that_slack_would_not_take_is_refused(command):
    with pytest.raises(ValueError, match="slash command"):
        manifest(URL, command)


def test_the_longest_command_is_taken():
    assert manifest(URL, "/" + "k" * 31)
