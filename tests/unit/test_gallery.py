"""The gallery shows everything the bot says, and all of it in the language that was asked for."""

from __future__ import annotations

import re

import pytest

from bot.errors import Code
from bot.gallery import examples
from bot.i18n import LANGUAGES
from bot.nudges.forms import AWAY, SETTINGS
from bot.recognition.forms import GIVE
from bot.teams.forms import SET_UP
from bot.view.codec import decode, encode
from bot.view.form import ChoiceField, Form, TextField
from bot.view.message import Code as Typed
from bot.view.message import Facts, Items, Line, Link, Message, MessageKind, Note, Paragraph, Quote, Text
from tests.unit.desk import buttons, lines

SWEDISH, ENGLISH = examples("sv-SE"), examples("en-US")
THE_SAME = {
    "/kudos",
    "60 kudos",
    "@Kudos",
    "kudos",
    "A1B2C3",
    "Anna Berg",
    "Europe/Stockholm",
    "1 team",
    "1 person",
    "09:00 (Stockholm)",
}
"""Commands, references and names are written alike in both languages."""


def own_words(shown: Message | Form) -> list[str]:
    """Give every text of ours in it: what people typed and their names are theirs."""
    if isinstance(shown, Form):
        fields = [(each.label, each.hint) for each in shown.fields]
        options = [
            (option.label, option.hint)
            for each in shown.fields
            if isinstance(each, ChoiceField)
            for option in each.options
        ]
        placeholders = [each.placeholder for each in shown.fields if isinstance(each, TextField)]
        words = [word for pair in (*fields, *options) for word in pair]
        return [shown.title, shown.submit, shown.cancel, *words, *placeholders, *of_line(shown.intro)]
    words = [each.label for each in buttons(shown)]
    for block in shown.blocks:
        match block:
            case Paragraph(line) | Note(line) | Quote(line):
                words += of_line(line)
            case Facts(facts):
                words += [word for fact in facts for word in (fact.label, *of_line(fact.value))]
            case Items(items):
                words += [word for line in items for word in of_line(line)]
            case _:
                words += [getattr(block, "text", "")]
    return words


def of_line(line: Line) -> list[str]:
    return [span.text for span in line if isinstance(span, Text | Typed | Link)]


@pytest.mark.parametrize("locale", LANGUAGES)
def test_every_kind_of_message_and_every_refusal_has_an_example(locale):
    shown = examples(locale)

    kinds = {each.kind for each in shown.values() if isinstance(each, Message)}
    assert kinds == set(MessageKind)
    assert {f"refusal_{code.value}" for code in Code} <= set(shown)
    assert {each.name for each in shown.values() if isinstance(each, Form)} == {GIVE, SET_UP, AWAY, SETTINGS}


@pytest.mark.parametrize("name", SWEDISH)
def test_no_english_is_left_in_swedish(name):
    english = {text.strip() for each in ENGLISH.values() for text in own_words(each)} - THE_SAME
    swedish = [text.strip() for text in own_words(SWEDISH[name])]

    assert not [text for text in swedish if text in english and re.search(r"[^\W\d]", text)]
    # A text put together of parts differs as a whole where one part is English.
    assert not [text for text in swedish if re.search(r"\b(the|you|your|and|this|with|until|points?|week)\b", text)]


@pytest.mark.parametrize("name", SWEDISH)
def test_a_summary_is_in_the_language_too(name):
    shown = SWEDISH[name]
    if isinstance(shown, Message):
        assert shown.summary
        assert shown.summary != ENGLISH[name].summary


@pytest.mark.parametrize("locale", LANGUAGES)
def test_no_example_has_a_placeholder_left_or_an_empty_line(locale):
    for name, shown in examples(locale).items():
        assert not re.search(r"[{}]|None", " ".join(own_words(shown))), name
        if isinstance(shown, Message):
            assert all(lines(shown)), name


@pytest.mark.parametrize("locale", LANGUAGES)
def test_every_example_survives_the_outbox(locale):
    for shown in examples(locale).values():
        if isinstance(shown, Message):
            assert decode(encode(shown)) == shown


def test_limits_in_the_examples_are_the_real_ones():
    said = {name: "\n".join(lines(each)) for name, each in ENGLISH.items() if isinstance(each, Message)}

    assert "640 characters and 500 fit" in said["refusal_reason_too_long"]
    assert "Pick 3 behaviours at most" in said["refusal_too_many_behaviours"]
    assert "31 people. One kudos can go to 25 at most" in said["refusal_too_many_receivers"]
