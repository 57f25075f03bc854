"""Messages and forms as Adaptive Cards: what it looks like, and that Teams would take it whatever people wrote."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.teams import fit, forms
from adapters.teams.render import card, render
from adapters.teams.seal import KEY, Pressed, Seal, Sent
from bot.gallery import examples
from bot.identity import AccountRef, Platform, WorkspaceRef
from bot.view.form import Form
from bot.view.message import (
    Bar,
    Button,
    Buttons,
    Chart,
    Divider,
    Heading,
    Items,
    Link,
    Message,
    MessageKind,
    Note,
    Paragraph,
    PeoplesWords,
    Person,
    Text,
)
from tests.card_judge import judge
from tests.factories_messages import HOSTILE, everything, give_form, shout_out, sixty

HERE = WorkspaceRef(Platform.TEAMS, "tenant")
GALLERY = WorkspaceRef(Platform.LOCAL, "gallery")
GOLDEN = Path(__file__).parent.parent / "golden" / "teams"
EXAMPLES = {f"{language}_{name}": view for language in ("en", "sv") for name, view in examples(language).items()}
SEAL = Seal(b"golden")
ANNA = AccountRef(HERE, "00000000-0000-4000-8000-000000000001")
BO = AccountRef(HERE, "00000000-0000-4000-8000-000000000002")

LARGEST = 25 * 1024


def shown(view: Message | Form, *, dialog: bool = False) -> dict[str, Any]:
    if not isinstance(view, Form):
        return card(view, GALLERY, SEAL, dialog=dialog)
    names = {AccountRef(GALLERY, "U2"): "Anna Ek", AccountRef(HERE, "U1"): "Anna Ek"}
    return forms.card(forms.Filling(view, "form-1", "19:phone@thread.tacv2", names), GALLERY, SEAL, dialog=dialog)


def message(*blocks: Any, summary: str = "summary") -> Message:
    return Message(MessageKind.TEAM_WEEK, blocks, summary)


def elements(thing: Any) -> Iterator[dict[str, Any]]:
    if isinstance(thing, dict):
        if "type" in thing:
            yield thing
        for value in thing.values():
            yield from elements(value)
    elif isinstance(thing, list):
        for each in thing:
            yield from elements(each)


def weight(made: dict[str, Any]) -> int:
    return len(json.dumps(made, ensure_ascii=False).encode())


MENTIONING = message(
    Paragraph((Person("Anna Ek", ANNA), Text(" recognised "), Person("Anna Ek", BO), Text(" and "), Person("Eve")))
)


ONE_OF_THE_REFUSALS = "en_refusal_over_allowance"
AGREED = [name for name in EXAMPLES if name.startswith("en_") and not name.startswith("en_refusal")]


@pytest.mark.parametrize("name", [*AGREED, ONE_OF_THE_REFUSALS, "sv_mine", "sv_choice"])
def test_every_message_and_form_looks_as_agreed(name: str):
    """UPDATE_GOLDEN=1 writes what is drawn now; look at the difference before committing it."""
    compare(name, shown(EXAMPLES[name]))


@pytest.mark.parametrize(
    ("name", "made"),
    [
        ("everything", render(everything(HERE), HERE, SEAL)),
        ("mentions", render(MENTIONING, HERE, SEAL)),
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


PEOPLE_PICKER = {
    # Teams takes these in a card of 1.5: https://learn.microsoft.com/microsoftteams/platform/task-modules-and-cards/cards/people-picker
    'Property "choices.data" is supported in version 1.6, but you are using version 1.5.',
    "An Input.ChoiceSet must have at least one choice defined.",
}


def test_microsofts_renderer_draws_every_message_and_objects_to_nothing():
    messages = [view for view in EXAMPLES.values() if not isinstance(view, Form)]
    messages += [everything(HERE), MENTIONING, *(shout_out(words) for words in HOSTILE)]
    messages += [sixty(HERE, words) for words in HOSTILE]
    assert complaints([card(each, HERE, SEAL) for each in messages]) == []


def test_microsofts_renderer_draws_every_form_and_objects_to_the_people_picker_only():
    drawn = [shown(view, dialog=dialog) for view in EXAMPLES.values() if isinstance(view, Form) for dialog in (0, 1)]
    drawn += [shown(give_form(HERE), dialog=True)]
    verdicts = judge(drawn)
    assert {complaint for verdict in verdicts for complaint in verdict.complaints} <= PEOPLE_PICKER
    assert verdicts[-1].inputs == [field.name for field in give_form(HERE).fields]


def test_microsofts_renderer_objects_to_what_is_wrong():
    assert complaints([{"type": "AdaptiveCard", "version": "1.5", "body": [{"type": "TextBlok", "text": "x"}]}])


def test_what_people_wrote_is_shown_as_written():
    verdicts = judge([card(shout_out(words), HERE, SEAL) for words in HOSTILE])
    for words, verdict in zip(HOSTILE, verdicts, strict=True):
        assert " ".join(words.split())[:1000] in " ".join(verdict.text.split())


@pytest.mark.parametrize("words", HOSTILE)
def test_what_people_wrote_is_never_where_teams_parses(words: str):
    made = card(everything(HERE, f"«{words}»"), HERE, SEAL)
    holders = {each["type"] for each in elements(made) if "«" in str(each.get("text")) or "»" in str(each.get("text"))}
    assert holders == {"TextRun"}


@pytest.mark.parametrize("words", HOSTILE)
def test_a_card_stays_under_the_limit(words: str):
    for view in (everything(HERE, words), sixty(HERE, words)):
        assert weight(render(view, HERE, SEAL)) <= LARGEST


@pytest.mark.parametrize("name", EXAMPLES)
def test_every_example_stays_under_the_limit(name: str):
    assert weight(shown(EXAMPLES[name])) <= LARGEST


@settings(max_examples=60, deadline=None)
@given(words=st.text(max_size=3000), name=st.text(max_size=80), many=st.integers(min_value=1, max_value=80))
def test_a_card_stays_under_the_limit_whatever_is_in_it(words: str, name: str, many: int):
    lines = tuple((Person(name, ANNA), Text(": "), PeoplesWords(words)) for _ in range(many))
    buttons = Buttons(tuple(Button("choose", name or "x", words[:2000]) for _ in range(8)))
    made = render(message(Heading(name), Items(lines), Note((PeoplesWords(words),)), buttons), HERE, SEAL)
    assert weight(made) <= LARGEST


def test_people_of_one_name_are_mentioned_apart():
    made = card(MENTIONING, HERE, SEAL)
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
        Person("Anna"),
    ],
)
def test_who_cannot_be_mentioned_is_named(person: Person):
    made = card(message(Paragraph((person,))), HERE, SEAL)
    run = {"type": "TextRun", "text": person.name, "weight": "Bolder"}
    assert made["body"] == [{"type": "RichTextBlock", "inlines": [run]}]
    assert "entities" not in made["msteams"]


@pytest.mark.parametrize("url", ["javascript:alert(1)", "https://a.example/a b", "", "file:///etc/passwd"])
def test_a_link_that_is_none_is_only_text(url: str):
    made = card(message(Paragraph((Link("the message", url),))), HERE, SEAL)
    assert made["body"][0]["inlines"] == [{"type": "TextRun", "text": "the message"}]


def test_a_button_is_an_execute_with_a_submit_for_old_clients():
    (row,) = card(message(Buttons((Button("undo", "Undo", "k1"),))), HERE, SEAL)["body"]
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
    made = elements(card(message(buttons), HERE, SEAL))
    said = {(each["title"], each.get("tooltip")) for each in made if str(each.get("type")).startswith("Action.")}
    assert said == {
        ("Snooze", "Snooze: Bo Ek"),
        ("Recognise", "Recognise: Bo Ek"),
        ("Not on my team", "Not on my team: Bo Ek"),
        ("Leave", None),
        ("Cancel", None),
    }


def test_a_button_that_opens_a_form_asks_teams_for_a_dialog():
    (row,) = card(message(Buttons((Button("give", "Give kudos", form=True),))), HERE, SEAL)["body"]
    (action,) = row["actions"]
    assert action["type"] == "Action.Submit"
    assert action["data"]["msteams"] == {"type": "task/fetch"}


def test_a_button_that_asks_first_does_nothing_until_that_is_answered():
    row, question = card(everything(HERE), HERE, SEAL)["body"][-2:]
    toggle = row["actions"][0]
    assert (toggle["type"], toggle["title"], toggle["targetElements"]) == (
        "Action.ToggleVisibility",
        "Undo",
        [question["id"]],
    )
    assert question["isVisible"] is False
    sure, leave = question["items"][1]["actions"]
    assert (sure["type"], leave["type"], leave["title"]) == ("Action.Execute", "Action.ToggleVisibility", "Keep it")


def test_a_choice_between_many_keeps_every_button():
    value = "å" * 1900
    buttons = tuple(Button("choose", f"Anna {n}", value) for n in range(5))
    made = card(message(Paragraph((Text("Which Anna?"),)), Buttons(buttons)), HERE, SEAL)
    titles = [action["title"] for row in made["body"] for action in row.get("actions", ())]
    assert titles == [f"Anna {n}" for n in range(5)]


def test_what_is_left_out_of_a_list_is_counted():
    lines = tuple((PeoplesWords("x" * 500),) for _ in range(60))
    made = card(message(Items(lines)), HERE, SEAL)["body"]
    assert made[-1]["inlines"][-1]["text"] == f"+{60 - (len(made) - 1)}"
    assert 1 < len(made) < 60


def test_too_much_keeps_the_beginning_and_the_end_and_counts_the_rest():
    many = (Heading("First"), *(Paragraph((PeoplesWords("p" * 900),)) for _ in range(60)), Buttons((Button("u", "U"),)))
    made = card(message(*many), HERE, SEAL)["body"]
    assert made[0]["inlines"][0]["text"] == "First"
    assert made[-1]["type"] == "ActionSet"
    assert made[-2]["inlines"][0]["text"] == f"+{60 - (len(made) - 3)}"


def test_a_rule_stands_between_and_nowhere_else():
    made = card(message(Divider(), Heading("One"), Divider(), Heading("Two"), Divider()), HERE, SEAL)["body"]
    assert [each.get("separator", False) for each in made] == [False, True]


def test_a_chart_is_a_picture_where_it_can_be_fetched_and_words_elsewhere():
    chart = Chart("Kudos", (Bar("47", 3),), "3 in week 47")
    title, drawn = card(message(chart), HERE, SEAL, lambda _: "https://kudos.example/chart.png")["body"]
    assert title["inlines"][0]["text"] == "Kudos"
    assert (drawn["type"], drawn["url"], drawn["altText"], drawn["size"]) == (
        *("Image", "https://kudos.example/chart.png"),
        *("3 in week 47", "Stretch"),
    )
    told = card(message(chart), HERE, SEAL)["body"][0]
    assert told["inlines"][0]["text"] == "3 in week 47"


@settings(deadline=None)
@given(text=st.text(max_size=300), most=st.integers(min_value=2, max_value=100))
def test_a_cut_text_fits_and_is_a_beginning(text: str, most: int):
    made = fit.cut(text, most)
    assert len(made) <= most
    assert made == text or text.startswith(made.removesuffix("…"))


def test_a_form_comes_back_as_plain_values():
    form = give_form(HERE)
    filled = forms.read(
        form,
        {
            "people": f"{ANNA.id.upper()},{BO.id}, {BO.id}",
            "leader": BO.id,
            "reason": "stayed <late>\r\nagain",
            "note": None,
            "behaviours": "b1,b3",
            "sees": "b0",
            "points": ["c3"],
            "unasked": "x",
        },
        HERE,
    )
    assert filled == forms.Submitted(
        people={"people": (ANNA, BO), "leader": (BO,)},
        choices={"behaviours": ("b1", "b3"), "sees": ("b0",), "points": (), "topics": ()},
        texts={"reason": "stayed <late>\nagain", "note": ""},
    )


def test_a_refused_form_is_drawn_again_with_what_was_filled_in_and_why():
    form = give_form(HERE)
    given_ = forms.Submitted({"people": (BO,)}, {"behaviours": ("b2",)}, {"reason": "ok"})
    problems = {"reason": "Say a little more.", "elsewhere": "Not now."}
    filling = forms.Filling(form, "form-1", "", {BO: "Bo Svensson"}, given_, problems)
    made = forms.card(filling, HERE, SEAL, dialog=True)
    inputs = {each["id"]: each for each in elements(made) if each["type"].startswith("Input.")}
    assert inputs["people"]["value"] == BO.id
    assert inputs["people"]["choices"] == [{"title": "Bo Svensson", "value": BO.id}]
    assert (inputs["reason"]["value"], inputs["behaviours"]["value"]) == ("ok", "b2")
    (verdict,) = judge([made])
    assert verdict.text.index("Not now.") < verdict.text.index("What they did") < verdict.text.index("Say a little")
    sent = SEAL.open(made["actions"][0]["data"])
    assert isinstance(sent, Sent)
    assert forms.drawn(sent) == form


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
