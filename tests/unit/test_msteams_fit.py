"""Cards under Teams' limit: what matters stays, and what was left out is counted."""

from __future__ import annotations

import json

import msgspec
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from adapters.teams import fit
from adapters.teams.render import Drawing, card, render
from bot.view.message import (
    Block,
    Button,
    Buttons,
    Chart,
    Code,
    Divider,
    Fact,
    Facts,
    Heading,
    Items,
    Link,
    Message,
    Note,
    Paragraph,
    PeoplesWords,
    Person,
    Quote,
    Span,
    Style,
    Text,
    Tone,
)
from tests.factories_messages import HOSTILE, everything, sixty
from tests.msteams_cards import EVERYBODY, HERE, LARGEST, SEAL, gallery, message, weight


@pytest.mark.parametrize("words", HOSTILE)
def test_a_card_stays_under_the_limit(words: str):
    for view in (everything(HERE, words), sixty(HERE, words)):
        assert weight(render(view, SEAL)) <= LARGEST


@pytest.mark.parametrize("view", [view for view in gallery().values() if isinstance(view, Message)])
def test_every_example_stays_under_the_limit(view: Message):
    assert weight(render(view, SEAL, here=EVERYBODY)) <= LARGEST


texts = st.builds(
    lambda unit, many: (unit * many)[:3000],
    st.text(min_size=1, max_size=5) | st.sampled_from(["x", "å", "😀", '"', "\\", "\x01", "e\u0301", "x y "]),
    st.sampled_from([1, 1, 20, 500, 3000]),
)
accounts = st.none() | st.sampled_from(sorted(EVERYBODY)[:5])
spans = st.one_of(
    st.builds(Text, texts, st.sampled_from(Style)),
    st.builds(Person, texts, accounts),
    st.builds(PeoplesWords, texts),
    st.builds(Code, texts),
    st.builds(Link, texts, texts.map("https://a.example/{}".format)),
)
lines = st.builds(lambda line, many: tuple(line) * many, st.lists(spans, max_size=3), st.sampled_from([1, 1, 200]))
buttons = st.builds(
    Button,
    st.sampled_from(["undo", "choose"]),
    texts,
    texts.map(lambda text: text[:2000]),
    st.sampled_from(Tone),
    st.none() | texts,
    texts,
    st.booleans(),
    texts,
)
rows = st.builds(
    lambda found, many: Buttons((tuple(found) * many)[:60]), st.lists(buttons, max_size=3), st.sampled_from([1, 1, 20])
)
contents = st.one_of(
    st.builds(Heading, texts),
    st.builds(Paragraph, lines),
    st.builds(Quote, lines),
    st.builds(lambda line, many: Items((line,) * many), lines, st.sampled_from([1, 5, 80])),
    st.builds(lambda label, line, many: Facts((Fact(label, line),) * many), texts, lines, st.sampled_from([1, 5, 80])),
    st.builds(Chart, texts, st.just(()), texts),
)
blocks = st.one_of(contents, st.builds(Note, lines), st.just(Divider()), rows)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(
    head=st.one_of(st.none(), contents),
    many=st.lists(blocks, max_size=6),
    times=st.sampled_from([1, 1, 20]),
    tail=st.one_of(st.none(), buttons),
    summary=texts,
)
def test_whatever_is_in_it_a_message_fits_and_keeps_its_beginning_and_its_buttons(
    head: Block | None, many: list[Block], times: int, tail: Button | None, summary: str
):
    first = [Heading("First")] if head is None else [_marked(head)]
    last = [] if tail is None else [Buttons((msgspec.structs.replace(tail, label="Last"),))]
    made = render(message(*first, *(many * times), *last, summary=summary), SEAL, drawn_at, EVERYBODY)
    assert weight(made) <= LARGEST
    body = made["attachments"][0]["content"]["body"]
    assert "First" in json.dumps(body[0])
    if tail:
        assert "Last" in [action["title"] for each in body for action in each.get("actions", ())]


short = texts.map(lambda text: text[:150])
short_lines = st.lists(
    st.one_of(
        st.builds(Text, short, st.sampled_from(Style)),
        st.builds(Person, short, accounts),
        st.builds(PeoplesWords, short),
        st.builds(Link, short | st.just(""), short.map("https://a.example/{}".format)),
    ),
    max_size=3,
).map(tuple)
small = st.one_of(
    st.builds(Heading, short),
    st.builds(Paragraph, short_lines),
    st.builds(Quote, short_lines),
    st.builds(Note, short_lines),
    st.builds(lambda label, line: Facts((Fact(label, line),)), short, short_lines),
)


@given(many=st.lists(small, min_size=1, max_size=4), room=st.sampled_from([3_000, 5_000, 9_000]))
@example(many=[Quote((PeoplesWords("\x01" * 600),))], room=3_000)
@example(many=[Quote((PeoplesWords("x" * 9_000),))], room=3_000)
@example(many=[Paragraph((Person("\x01" * 200, min(EVERYBODY)),))], room=3_000)
def test_what_seems_small_is_no_larger_than_the_room_for_it(many: list[Block], room: int):
    drawing = Drawing(SEAL, drawn_at, EVERYBODY)
    assert weight([drawing.blocks(tuple(many), room), list(drawing.mentioned.values())]) <= room


@pytest.mark.parametrize(
    "nothing", [Text(""), PeoplesWords(""), Code(""), Link("", "https://a.example/"), Link("", "")]
)
def test_what_shows_nothing_is_left_out(nothing: Span):
    body = Drawing(SEAL).blocks(
        (Paragraph((nothing, Text("a"), nothing)), Facts((Fact("", (Text("b"),)),)), Note((nothing,)))
    )
    shown = [run["text"] for element in body for run in element["inlines"]]
    assert shown == ["a", ": ", "b"]


def test_small_print_is_short_however_much_room_there_is():
    (note,) = Drawing(SEAL).blocks((Note((Text("x" * 700),)),))
    assert note["inlines"][0]["text"] == "x" * (fit.ITEM - 1) + "…"


def drawn_at(_: Chart) -> str:
    return "https://kudos.example/charts/" + "c" * 100


def _marked(block: Block) -> Block:
    """Let a block begin with a word that is found again."""
    first = Text("First ")
    match block:
        case Heading(text=text):
            return Heading("First " + text)
        case Paragraph(line=line) | Quote(line=line):
            return type(block)((first, *line))
        case Items(lines=items):
            return Items(((first, *items[0]), *items[1:]))
        case Facts(facts=facts):
            return Facts((Fact("First " + facts[0].label, facts[0].value), *facts[1:]))
        case Chart(bars=bars, text=text):
            return Chart("First", bars, text.strip() or "-")
        case _:
            return block


def test_a_summary_is_cut_between_characters_to_what_is_left_for_it():
    made = render(message(Heading("x"), summary="😀" * 300), SEAL)
    assert made["summary"].startswith("😀" * 50)
    assert made["summary"].endswith("😀…")
    assert len(made["summary"].encode()) <= fit.SUMMARY
    assert made["attachments"][0]["content"]["fallbackText"] == made["summary"]


def test_a_line_of_many_pieces_is_cut_to_what_fits_and_says_so():
    line = tuple(Link(f"p{n}", f"https://a.example/{n}/" + "x" * 500) for n in range(60))
    (element,) = card(message(Paragraph(line)), SEAL)["body"]
    shown = [run["text"] for run in element["inlines"]]
    assert shown == [*(f"p{n}" for n in range(len(shown) - 1)), "…"]
    assert 0.45 * fit.CARD < weight(element) < 0.5 * fit.CARD


def test_many_short_pieces_are_weighed_as_the_line_that_they_make():
    line = tuple(Text(f"{n} ", (Style.STRONG, Style.QUIET)[n % 2]) for n in range(150))
    (element, *_) = card(message(Paragraph(line), Items(((PeoplesWords("x" * 900),),) * 60)), SEAL)["body"]
    assert "".join(run["text"] for run in element["inlines"]) == "".join(f"{n} " for n in range(150))


def test_a_list_may_fill_a_message_in_which_nothing_else_needs_room():
    lines = tuple((PeoplesWords(f"{n} " + "x" * 1_900),) for n in range(11))
    made = card(message(Heading("First"), Items(lines)), SEAL)["body"]
    assert [element["inlines"][-1]["text"].split()[0] for element in made] == ["First", *map(str, range(11))]


def test_a_list_between_a_heading_and_heavy_buttons_keeps_its_first_lines():
    items = Items(tuple((PeoplesWords(f"{n} " + "x" * 500),) for n in range(60)))
    heavy = Buttons((Button("u", "Last", '"' * 2000), Button("u", "Last", '"' * 2000), Button("v", "W", '"' * 2000)))
    made = card(message(items, heavy), SEAL)["body"]
    assert made[0]["inlines"][-1]["text"].startswith("0 x")
    assert made[-1]["type"] == "ActionSet"


def test_a_phone_has_room_for_the_buttons_of_every_row():
    said = (
        "Recognise",
        "Snooze a week",
        "Away until…",
        "Not on my team",
        "Anna Ek · Customer service, evenings",
        "Bo",
        "Cat",
        "Eve",
    )
    made = card(message(Buttons(tuple(Button("choose", label) for label in said))), SEAL)["body"]
    assert [[action["title"] for action in row["actions"]] for row in made] == [
        ["Recognise", "Snooze a week"],
        ["Away until…", "Not on my team"],
        ["Anna Ek · Customer service, evenings"],
        ["Bo", "Cat"],
        ["Eve"],
    ]


def test_a_choice_between_many_keeps_every_button():
    value = "å" * 1900
    buttons = tuple(Button("choose", f"Anna {n}", value) for n in range(5))
    made = card(message(Paragraph((Text("Which Anna?"),)), Buttons(buttons)), SEAL)
    titles = [action["title"] for row in made["body"] for action in row.get("actions", ())]
    assert titles == [f"Anna {n}" for n in range(5)]


def test_what_is_left_out_of_a_list_is_counted():
    lines = tuple((PeoplesWords("x" * 500),) for _ in range(60))
    made = card(message(Items(lines)), SEAL)["body"]
    assert made[-1]["inlines"][-1]["text"] == f"+{60 - (len(made) - 1)}"
    assert 1 < len(made) < 60


def test_too_much_keeps_the_beginning_and_the_end_and_counts_the_rest():
    many = (Heading("First"), *(Paragraph((PeoplesWords("p" * 900),)) for _ in range(60)), Buttons((Button("u", "U"),)))
    made = card(message(*many), SEAL)["body"]
    assert made[0]["inlines"][0]["text"] == "First"
    assert made[-1]["type"] == "ActionSet"
    assert made[-2]["inlines"][0]["text"] == f"+{60 - (len(made) - 3)}"


@settings(deadline=None)
@given(text=st.text(max_size=300), most=st.integers(min_value=2, max_value=100))
def test_a_cut_text_fits_and_is_a_beginning(text: str, most: int):
    made = fit.cut(text, most)
    assert len(made) <= most
    assert made == text or text.startswith(made.removesuffix("…"))
