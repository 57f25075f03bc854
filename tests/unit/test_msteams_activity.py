"""Reading activities: a good message is read whatever else Teams sends beside it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from adapters.teams.activity import Account, Activity, Entity, UnreadableActivityError, read

BO: dict[str, Any] = {
    "type": "mention",
    "text": "<at>Bo</at>",
    "mentioned": {"id": "29:2", "name": "Bo", "aadObjectId": "b"},
}
MESSAGE: dict[str, Any] = {
    "type": "message",
    "id": "1",
    "channelId": "msteams",
    "serviceUrl": "https://smba.example/emea/",
    "from": {"id": "29:1", "name": "Anna", "aadObjectId": "a"},
    "recipient": {"id": "28:bot", "name": "Kudos"},
    "conversation": {"id": "19:x@thread.tacv2;messageid=1", "conversationType": "channel", "tenantId": "t"},
    "text": "<at>Bo</at> stayed with a caller",
    "locale": "sv-SE",
    "entities": [BO],
    "channelData": {"tenant": {"id": "t"}, "team": {"id": "19:x", "name": "Phone"}},
}


def heard(**changed: Any) -> Activity:
    return read(json.dumps(MESSAGE | changed).encode())


@pytest.mark.parametrize(
    "odd",
    [
        {"type": None},
        {"type": 5},
        {"text": "of no type at all", "type": {}},
        {"type": "mention", "text": 5, "mentioned": {"id": "29:3"}},
        {"type": "mention", "text": "<at>Cat</at>", "mentioned": {"id": None}},
        {"type": "mention", "text": "<at>Cat</at>", "mentioned": "Cat"},
        None,
        "mention",
        [],
    ],
)
def test_an_entity_that_nobody_foresaw_takes_nothing_else_away(odd: Any):
    activity = heard(entities=[odd, BO, odd])
    assert activity.entities == heard().entities
    assert (activity.text, activity.tenant) == (MESSAGE["text"], "t")


def test_of_a_mention_only_what_nobody_needs_is_left_out():
    odd = BO | {"locale": 5, "mentioned": {"id": "29:2", "name": 5, "aadObjectId": "b"}}
    assert heard(entities=[odd]).entities == (Entity("mention", BO["text"], Account("29:2", aad_object_id="b")),)


@pytest.mark.parametrize(
    ("changed", "same"),
    [
        ({"locale": 5}, {"locale": None}),
        ({"name": ["x"]}, {"name": None}),
        ({"localTimezone": {}}, {"localTimezone": None}),
        ({"replyToId": 17}, {"replyToId": None}),
        ({"entities": "none"}, {"entities": None}),
        ({"attachments": [5, {"contentType": 5}]}, {"attachments": [{}]}),
        ({"from": MESSAGE["from"] | {"name": 5}}, {"from": MESSAGE["from"] | {"name": None}}),
        ({"channelData": MESSAGE["channelData"] | {"team": 5}}, {"channelData": {"tenant": {"id": "t"}}}),
        ({"channelData": "none"}, {"channelData": None}),
        ({"membersAdded": [{"id": None}, {"id": "29:1", "name": 5}]}, {"membersAdded": [{"id": "29:1"}]}),
    ],
)
def test_what_we_can_do_without_refuses_no_good_message(changed: dict[str, Any], same: dict[str, Any]):
    assert heard(**changed) == heard(**same)


@pytest.mark.parametrize(
    "changed",
    [
        {"type": None},
        {"id": 5},
        {"text": {}},
        {"from": "Anna"},
        {"from": MESSAGE["from"] | {"id": None}},
        {"conversation": {"id": 5}},
        {"serviceUrl": 5},
        {"channelId": ["msteams"]},
        {"recipient": []},
    ],
)
def test_what_says_nothing_without_its_parts_is_refused(changed: dict[str, Any]):
    with pytest.raises(UnreadableActivityError):
        heard(**changed)


@pytest.mark.parametrize("raw", [b"", b"{", b"[]", b"null", b"{}", b'{"id": 1}', b"\xff", b"[" * 9999])
def test_what_is_no_activity_is_refused(raw: bytes):
    with pytest.raises(UnreadableActivityError):
        read(raw)


def test_a_refusal_does_not_say_what_somebody_wrote():
    with pytest.raises(UnreadableActivityError) as raised:
        heard(text={"secret words": 1})
    assert "secret" not in str(raised.value)
