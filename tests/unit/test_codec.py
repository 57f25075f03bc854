"""Messages survive the outbox, and JSON that is no message says so in one way only."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.identity import AccountRef, Platform, WorkspaceRef
from bot.recognition.draft import Draft, Open
from bot.view import codec
from bot.view.codec import UnreadableViewError
from bot.view.message import (
    Button,
    Buttons,
    Code,
    Divider,
    Fact,
    Facts,
    Heading,
    Items,
    Link,
    Message,
    MessageKind,
    Note,
    Paragraph,
    PeoplesWords,
    Person,
    Quote,
    Style,
    Text,
    Tone,
)

TEXT = st.text(max_size=20)
ACCOUNTS = st.builds(AccountRef, st.builds(WorkspaceRef, st.sampled_from(Platform), TEXT), TEXT)
SPANS = st.one_of(
    st.builds(Text, TEXT, st.sampled_from(Style)),
    st.builds(Person, TEXT, st.one_of(st.none(), ACCOUNTS)),
    st.builds(PeoplesWords, TEXT),
    st.builds(Code, TEXT),
    st.builds(Link, TEXT, TEXT),
)
LINES = st.lists(SPANS, max_size=3).map(tuple)
BUTTONS = st.builds(Button, TEXT, TEXT, TEXT, st.sampled_from(Tone), st.one_of(st.none(), TEXT), TEXT)
BLOCKS = st.one_of(
    st.builds(Heading, TEXT),
    st.builds(Paragraph, LINES),
    st.builds(Quote, LINES),
    st.builds(Facts, st.lists(st.builds(Fact, TEXT, LINES), max_size=2).map(tuple)),
    st.builds(Items, st.lists(LINES, max_size=2).map(tuple)),
    st.builds(Note, LINES),
    st.builds(Divider),
    st.builds(Buttons, st.lists(BUTTONS, max_size=2).map(tuple)),
)
MESSAGES = st.builds(Message, st.sampled_from(MessageKind), st.lists(BLOCKS, max_size=4).map(tuple), TEXT)
VALUES = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text()),
    lambda inner: st.one_of(
        st.lists(inner), st.dictionaries(st.one_of(st.sampled_from(["v", "message", "kind", "blocks"]), TEXT), inner)
    ),
)


@given(MESSAGES)
def test_a_message_is_read_as_it_was_written(message):
    assert codec.decode(codec.encode(message)) == message
    assert codec.decode(codec.encode(message).encode()) == message


@given(st.one_of(st.text(), st.binary(), VALUES.map(json.dumps), st.text(alphabet=st.characters())))
def test_what_is_no_message_is_unreadable_and_nothing_else(text):
    with pytest.raises(UnreadableViewError):
        codec.decode(text)


@given(MESSAGES, st.data())
def test_a_damaged_message_is_read_or_unreadable_and_nothing_else(message, data):
    written = bytearray(codec.encode(message).encode())
    written[data.draw(st.integers(0, len(written) - 1))] = data.draw(st.integers(0, 255))

    try:
        read = codec.decode(bytes(written))
    except UnreadableViewError:
        return
    assert isinstance(read, Message)


@pytest.mark.parametrize(
    "text",
    [
        '{"v":1,"message":' + "[" * 100_000,
        '{"v":1,"message":{"kind":"help","summary":"","blocks":' + "[" * 100_000,
        '{"v":1,"message":{"kind":"\ud800"}}',
        b'{"v":1,"message":{"kind":"help","summary":"\xff","blocks":[]}}',
        '{"v":1,"message":{"kind":"poem","summary":"","blocks":[]}}',
        '{"v":1,"message":{"kind":"help","summary":"","blocks":[{"type":"video"}]}}',
    ],
)
def test_broken_deep_and_unknown_things_are_unreadable(text):
    with pytest.raises(UnreadableViewError):
        codec.decode(text)


def test_a_message_of_a_later_version_says_which():
    later = codec.encode(Message(MessageKind.HELP, (), "")).replace('"v":1', '"v":2')

    with pytest.raises(UnreadableViewError, match="version 2"):
        codec.decode(later)


def test_fields_that_a_later_release_added_are_passed_over():
    """During a rolling upgrade a row may be read by the release before."""
    written = '{"v":1,"message":{"kind":"help","summary":"s","blocks":[{"type":"note","line":[],"new":1}],"new":2}}'

    assert codec.decode(written) == Message(MessageKind.HELP, (Note(()),), "s")


def test_the_json_of_a_message_does_not_change_by_accident():
    """Rows that wait in an outbox were written like this."""
    message = Message(
        MessageKind.HELP,
        (
            Paragraph((Person("Anna", AccountRef(WorkspaceRef(Platform.SLACK, "T1"), "U1")),)),
            Buttons((Button("a", "b"),)),
        ),
        "Help",
    )

    assert json.loads(codec.encode(message)) == {
        "v": 1,
        "message": {
            "kind": "help",
            "blocks": [
                {
                    "type": "paragraph",
                    "line": [
                        {
                            "type": "person",
                            "name": "Anna",
                            "account": {"workspace": {"platform": "slack", "id": "T1"}, "id": "U1"},
                        }
                    ],
                },
                {
                    "type": "buttons",
                    "buttons": [
                        {
                            "type": "button",
                            "action": "a",
                            "label": "b",
                            "value": "",
                            "tone": "normal",
                            "confirm": None,
                            "cancel": "Cancel",
                            "form": False,
                            "about": "",
                        }
                    ],
                },
            ],
            "summary": "Help",
        },
    }


DRAFTS = st.builds(
    Draft,
    TEXT,
    TEXT,
    st.integers(-(2**60), 2**60),
    st.lists(TEXT, max_size=2).map(tuple),
    st.lists(TEXT, max_size=2).map(tuple),
    st.lists(st.builds(Open, TEXT, st.lists(TEXT, max_size=2).map(tuple)), max_size=2).map(tuple),
    st.lists(TEXT, max_size=2).map(tuple),
    st.booleans(),
    st.one_of(st.none(), TEXT),
    st.one_of(st.none(), TEXT),
)


@given(DRAFTS)
def test_what_a_button_carries_comes_back_as_it_went(draft):
    assert codec.unpack(codec.pack(draft), Draft) == draft


@given(st.one_of(st.text(), VALUES.map(json.dumps), st.sampled_from(["[" * 100_000, "\ud800", '{"a":' * 100_000])))
def test_what_a_button_should_not_carry_is_unreadable_and_nothing_else(text):
    with pytest.raises(UnreadableViewError):
        codec.unpack(text, Draft)
