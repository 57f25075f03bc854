"""Messages as Adaptive Cards: what they look like, who is mentioned, and that nothing people wrote is parsed."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from adapters.teams.render import card, render
from adapters.teams.seal import KEY, Pressed, Seal
from bot.identity import AccountRef, Platform, WorkspaceRef
from bot.view.form import Form
from bot.view.message import (
    Bar,
    Button,
    Buttons,
    Chart,
    Divider,
    Fact,
    Facts,
    Heading,
    Items,
    Link,
    MessageKind,
    Note,
    Paragraph,
    PeoplesWords,
    Person,
    Style,
    Text,
)
from tests.card_judge import judge
from tests.factories_messages import HOSTILE, everything, give_form, shout_out, sixty
from tests.msteams_cards import ANNA, BO, EVERYBODY, HERE, SEAL, elements, gallery, message, shown

GOLDEN = Path(__file__).parent.parent / "golden" / "teams"
EXAMPLES = gallery()

MENTIONING = message(
    Paragraph((Person("Anna Ek", ANNA), Text(" recognised "), Person("Anna Ek", BO), Text(" and "), Person("Eve")))
)


ONE_OF_THE_REFUSALS = "en_refusal_over_allowance"
AGREED = [name for name in EXAMPLES if name.startswith("en_") and not name.startswith("en_refusal")]
KINDS = {view.kind: name for name, view in reversed(EXAMPLES.items()) if not isinstance(view, Form)}
IN_SWEDISH = [name.replace("en_", "sv_", 1) for name in (KINDS | {MessageKind.REFUSAL: ONE_OF_THE_REFUSALS}).values()]


@pytest.mark.parametrize("name", [*AGREED, ONE_OF_THE_REFUSALS, *IN_SWEDISH])
def test_every_message_and_form_looks_as_agreed(name: str):
    """UPDATE_GOLDEN=1 writes what is drawn now; look at the difference before committing it."""
    compare(name, shown(EXAMPLES[name]))


@pytest.mark.parametrize(
    ("name", "made"),
    [
        ("everything", render(everything(HERE), SEAL)),
        ("mentions", render(MENTIONING, SEAL, here=EVERYBODY)),
        ("form_in_a_dialog", shown(give_form(HERE), dialog=True)),
        ("receipt_in_a_dialog", shown(EXAMPLES["en_receipt"], dialog=True)),
    ],
)
def test_it_looks_as_agreed_elsewhere_too(name: str, made: dict[str, Any]):
    compare(name, made)


def compare(name: str, made: dict[str, Any]) -> None:
    file = GOLDEN / f"{name}.json"
    if os.environ.get("UPDATE_GOLDEN"):
        file.write_text(json.dumps(made, ensure_ascii=False, indent=1) + "\n")
    assert made == json.loads(file.read_text())


def complaints(made: list[dict[str, Any]]) -> list[str]:
    return [complaint for verdict in judge(made) for complaint in verdict.complaints]


def test_microsofts_renderer_draws_every_message_and_objects_to_nothing():
    drawn = [shown(view) for view in EXAMPLES.values() if not isinstance(view, Form)]
    others = [everything(HERE), MENTIONING, *(shout_out(words) for words in HOSTILE)]
    others += [sixty(HERE, words) for words in HOSTILE]
    assert complaints([*drawn, *(card(each, SEAL, here=EVERYBODY) for each in others)]) == []


def test_microsofts_renderer_objects_to_what_is_wrong():
    assert complaints([{"type": "AdaptiveCard", "version": "1.5", "body": [{"type": "TextBlok", "text": "x"}]}])


def test_what_people_wrote_is_shown_as_written():
    verdicts = judge([card(shout_out(words), SEAL) for words in HOSTILE])
    for words, verdict in zip(HOSTILE, verdicts, strict=True):
        assert " ".join(words.split())[:1000] in " ".join(verdict.text.split())


@pytest.mark.parametrize("words", HOSTILE)
def test_what_people_wrote_is_never_where_teams_parses(words: str):
    made = card(everything(HERE, f"«{words}»"), SEAL)
    assert holders(made) == {"TextRun"}


@pytest.mark.parametrize("words", [*HOSTILE, "[x](http://evil.example) **b** <at>Anna Ek</at>", "plain words"])
@pytest.mark.parametrize(
    "block", [Paragraph, Note, lambda line: Items((line,)), lambda line: Facts((Fact("F", line),))]
)
def test_what_people_wrote_is_not_parsed_beside_somebody_who_can_be_mentioned_either(block: Any, words: str):
    made = card(message(block((Person("Anna Ek", ANNA), Text(": "), PeoplesWords(f"«{words}»")))), SEAL, here=EVERYBODY)
    assert holders(made) == {"TextRun"}


def holders(made: dict[str, Any]) -> set[str]:
    """Say in what kinds of elements the words between guillemets stand."""
    return {each["type"] for each in elements(made) if "«" in str(each.get("text")) or "»" in str(each.get("text"))}


def test_people_of_one_name_are_mentioned_apart():
    made = card(MENTIONING, SEAL, here=EVERYBODY)
    assert made["body"][0] == {
        "type": "TextBlock",
        "text": "<at>Anna Ek</at> recognised <at>Anna Ek 2</at> and **Eve**",
        "wrap": True,
    }
    assert made["msteams"]["entities"] == [
        {"type": "mention", "text": "<at>Anna Ek</at>", "mentioned": {"id": ANNA.id, "name": "Anna Ek"}},
        {"type": "mention", "text": "<at>Anna Ek 2</at>", "mentioned": {"id": BO.id, "name": "Anna Ek"}},
    ]


@pytest.mark.parametrize(
    "person",
    [
        Person("Anna", AccountRef(WorkspaceRef(Platform.TEAMS, "another"), ANNA.id)),
        Person("Anna", AccountRef(WorkspaceRef(Platform.SLACK, "tenant"), ANNA.id)),
        Person("Anna", AccountRef(HERE, "29:address")),
        Person("Anna</at><at>Bo", ANNA),
        Person("[Anna](https://evil.example)", ANNA),
        Person("https://evil.example", ANNA),
        Person("[Anna](tel:112)", ANNA),
        Person("www.evil.example", ANNA),
        Person("_Anna_", ANNA),
        Person("Anna\n- Bo", ANNA),
        Person("A &lt;b&gt; C", ANNA),
        Person("Anna"),
    ],
)
def test_who_cannot_be_mentioned_is_named(person: Person):
    made = card(message(Paragraph((person,))), SEAL, here=EVERYBODY)
    run = {"type": "TextRun", "text": person.name, "weight": "Bolder"}
    assert made["body"] == [{"type": "RichTextBlock", "inlines": [run]}]
    assert "entities" not in made["msteams"]


@pytest.mark.parametrize(
    "name",
    [
        *(
            "Svensson Bo /EXT",
            "Anna | Kundtjänst",
            "Bo [EXT]",
            "Bo – Chat",
            "Bo: Chat",
            "Bo @ Chat",
            "Bo & Cat",
            "Bo 😀",
        ),
        *("O'Brien, Áine (HR)", "李 娜", "Bo #2"),
    ],
)
def test_names_as_companies_write_them_are_mentioned_letter_by_letter(name: str):
    line = (Person(name, ANNA), Text(" recognised "), Person(name))
    made = card(message(Paragraph(line)), SEAL, here=EVERYBODY)
    assert made["body"][0]["text"] == f"<at>{name}</at> recognised **{name}**"
    (entity,) = made["msteams"]["entities"]
    assert (entity["text"], entity["mentioned"]) == (f"<at>{name}</at>", {"id": ANNA.id, "name": name})


def test_a_name_that_would_be_parsed_is_shown_as_it_is_beside_a_mention():
    line = (Person("Anna Ek", ANNA), Text(" recognised "), Person("_Bo_"))
    made = card(message(Paragraph(line)), SEAL, here=EVERYBODY)
    assert [run["text"] for run in made["body"][0]["inlines"]] == ["Anna Ek", " recognised ", "_Bo_"]


def test_between_two_nobody_is_mentioned():
    line = (Person("Anna Ek", ANNA), Text(" recognised "), Person("Bo", BO))
    drawn = [shown(view) for view in EXAMPLES.values() if not isinstance(view, Form) and view.kind in PRIVATE]
    for made in [card(message(Paragraph(line)), SEAL), *drawn]:
        assert "<at>" not in json.dumps(made)
        assert "entities" not in made["msteams"]


PRIVATE = {MessageKind.RECEIPT, MessageKind.RECEIVER_NOTE, MessageKind.NUDGE, MessageKind.CHOICE}


def test_who_is_somewhere_else_is_not_mentioned_in_a_channel():
    line = (Person("Anna Ek", ANNA), Text(" recognised "), Person("Bo", BO))
    made = card(message(Paragraph(line)), SEAL, here={ANNA})
    assert made["body"][0]["text"] == "<at>Anna Ek</at> recognised **Bo**"
    assert [each["mentioned"]["id"] for each in made["msteams"]["entities"]] == [ANNA.id]


@pytest.mark.parametrize("style", [Style.PLAIN, Style.STRONG])
def test_our_own_words_beside_a_mention_are_not_parsed_either(style: Style):
    line = (Person("Anna Ek", ANNA), Text(" "), Text("a*b", style))
    made = card(message(Paragraph(line)), SEAL, here=EVERYBODY)
    assert made["body"][0]["inlines"][-1]["text"] == "a*b"


@pytest.mark.parametrize("url", ["javascript:alert(1)", "https://a.example/a b", "", "file:///etc/passwd"])
def test_a_link_that_is_none_is_only_text(url: str):
    made = card(message(Paragraph((Link("the message", url),))), SEAL)
    assert made["body"][0]["inlines"] == [{"type": "TextRun", "text": "the message"}]


def test_a_button_is_an_execute_with_a_submit_for_old_clients():
    (row,) = card(message(Buttons((Button("undo", "Undo", "k1"),))), SEAL)["body"]
    (action,) = row["actions"]
    assert (action["type"], action["verb"], action["fallback"]["type"]) == ("Action.Execute", "undo", "Action.Submit")
    assert SEAL.open(action["data"]) == SEAL.open(action["fallback"]["data"])
    opened = SEAL.open(action["data"])
    assert isinstance(opened, Pressed)
    assert (opened.do, opened.value) == ("undo", "k1")


def test_a_screen_reader_says_whom_a_button_is_about():
    asks = Button("off", "Not on my team", confirm="Sure?", about="Bo Ek")
    form = Button("give", "Recognise", form=True, about="Bo Ek")
    buttons = Buttons((Button("snooze", "Snooze", about="Bo Ek"), form, asks, Button("no", "Leave")))
    made = elements(card(message(buttons), SEAL))
    said = {(each["title"], each.get("tooltip")) for each in made if str(each.get("type")).startswith("Action.")}
    assert said == {
        ("Snooze", "Snooze: Bo Ek"),
        ("Recognise", "Recognise: Bo Ek"),
        ("Not on my team", "Not on my team: Bo Ek"),
        ("Leave", None),
        ("Cancel", None),
    }


def test_a_button_that_opens_a_form_asks_teams_for_a_dialog():
    (row,) = card(message(Buttons((Button("give", "Give kudos", form=True),))), SEAL)["body"]
    (action,) = row["actions"]
    assert action["type"] == "Action.Submit"
    assert action["data"]["msteams"] == {"type": "task/fetch"}


def test_a_button_that_asks_first_does_nothing_until_that_is_answered():
    row, question, _ = card(everything(HERE), SEAL)["body"][-3:]
    toggle = row["actions"][0]
    assert (toggle["type"], toggle["title"], toggle["targetElements"]) == (
        "Action.ToggleVisibility",
        "Undo",
        [question["id"]],
    )
    assert question["isVisible"] is False
    sure, leave = question["items"][1]["actions"]
    assert (sure["type"], leave["type"], leave["title"]) == ("Action.Execute", "Action.ToggleVisibility", "Keep it")


def test_a_long_list_of_names_is_one_run_and_what_people_wrote_one_of_its_own():
    line = (Person("Anna"), Text(", "), Person("Bo"), Text(" and "), Person("Cat"), Text(": "), PeoplesWords("sorted"))
    listed, small = card(message(Paragraph(line), Note(line[:5])), SEAL)["body"]
    assert [(run["text"], run.get("weight")) for run in listed["inlines"]] == [
        ("Anna, Bo", "Bolder"),
        (" and ", None),
        ("Cat", "Bolder"),
        (": ", None),
        ("sorted", None),
    ]
    assert [run["text"] for run in small["inlines"]] == ["Anna, Bo and Cat"]


def test_a_rule_stands_between_and_nowhere_else():
    made = card(message(Divider(), Heading("One"), Divider(), Heading("Two"), Divider()), SEAL)["body"]
    assert [each.get("separator", False) for each in made] == [False, True]


def test_a_chart_is_a_picture_where_it_can_be_fetched_and_words_elsewhere():
    chart = Chart("Kudos", (Bar("47", 3),), "3 in week 47")
    title, drawn = card(message(chart), SEAL, lambda _: "https://kudos.example/chart.png")["body"]
    assert title["inlines"][0]["text"] == "Kudos"
    assert (drawn["type"], drawn["url"], drawn["altText"], drawn["size"]) == (
        *("Image", "https://kudos.example/chart.png"),
        *("3 in week 47", "Stretch"),
    )
    told = card(message(chart), SEAL)["body"][0]
    assert told["inlines"][0]["text"] == "3 in week 47"


@pytest.mark.parametrize(
    "change",
    [
        lambda kept: kept | {"value": "k2"},
        lambda kept: kept | {"do": "choose"},
        lambda kept: kept | {"seal": ""},
        lambda kept: kept | {"seal": "\udc80é"},
        lambda kept: {**kept, "drawn": "{}", "id": "1"},
        lambda _: "text",
        lambda _: None,
    ],
)
def test_what_was_changed_on_its_way_is_not_opened(change: Any):
    data = SEAL.button("undo", "k1")
    assert SEAL.open(data)
    assert SEAL.open({KEY: change(data[KEY])}) is None
    assert Seal(b"another").open(data) is None
    assert SEAL.open(None) is None
