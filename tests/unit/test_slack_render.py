"""Messages and forms as Block Kit: what it looks like, and that Slack would take it whatever people wrote."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import structs
from starlette.applications import Starlette

from adapters.slack import fit, forms
from adapters.slack.preview import STYLE_URL, page, preview, routes
from adapters.slack.render import action_name, fallback, metadata, render
from bot.gallery import examples
from bot.identity import AccountRef, Platform, WorkspaceRef
from bot.view.form import Form
from bot.view.message import (
    VALUE_LIMIT,
    Button,
    Buttons,
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
from tests.block_judges import judge_message, judge_view, schema_complaints
from tests.factories_messages import HOSTILE, everything, give_form, shout_out, sixty

HERE = WorkspaceRef(Platform.SLACK, "T1")
GALLERY = WorkspaceRef(Platform.LOCAL, "gallery")
GOLDEN = Path(__file__).parent.parent / "golden" / "slack"
EXAMPLES = {f"{language}_{name}": view for language in ("en", "sv") for name, view in examples(language).items()}


def shown(view: Message | Form) -> dict[str, Any]:
    return forms.view(view, "C1") if isinstance(view, Form) else render(view, GALLERY)


def texts(thing: Any) -> Iterator[tuple[str, str]]:
    """Give each text with the type of what holds it."""
    if isinstance(thing, dict):
        if isinstance(thing.get("text"), str):
            yield thing.get("type", "fallback"), thing["text"]
        for value in thing.values():
            yield from texts(value)
    elif isinstance(thing, list):
        for each in thing:
            yield from texts(each)


def message(*blocks: Any, summary: str = "summary") -> Message:
    return Message(MessageKind.TEAM_WEEK, blocks, summary)


def test_what_a_button_or_a_form_carries_has_room_up_to_the_limit_of_all_platforms():
    carried = "x" * VALUE_LIMIT
    made = render(message(Buttons((Button("choose", "Anna", carried),))), HERE)
    judge_message(made)
    assert made["blocks"][0]["elements"][0]["value"] == carried
    view = forms.view(structs.replace(give_form(HERE), state=carried), "C1")
    judge_view(view)
    assert forms.recall(view) == (carried, "C1")


@pytest.mark.parametrize(
    ("name", "made"),
    [
        ("everything", render(everything(HERE), HERE)),
        ("form", forms.view(give_form(HERE), "C1")),
        ("message_in_a_modal", forms.message_view(shout_out(), "Recognise somebody in your team", "Close", HERE, "C1")),
        *[
            (name, shown(EXAMPLES[name]))
            for name in (
                *("en_shout_out_by_supervisor", "en_receipt", "sv_mine", "en_help", "sv_choice", "en_form_give"),
                *("en_form_team", "sv_team_set_up", "en_absence"),
                *("en_nudge", "sv_nudge_answered_in_part", "en_form_nudge_settings"),
                *("en_digest_quiet", "sv_digest_of_three", "en_digest_long", "en_digest_preview_for_a_supervisor"),
                *("en_link_code", "en_link_preview"),
            )
        ],
    ],
)
def test_it_looks_as_agreed(name: str, made: dict[str, Any]):
    """UPDATE_GOLDEN=1 writes what is drawn now; look at the difference before committing it."""
    file = GOLDEN / f"{name}.json"
    if os.environ.get("UPDATE_GOLDEN"):
        file.write_text(json.dumps(made, ensure_ascii=False, indent=2) + "\n")
    assert made == json.loads(file.read_text())


@pytest.mark.parametrize("name", EXAMPLES)
def test_slack_takes_every_message_and_form(name: str):
    made = shown(EXAMPLES[name])
    if isinstance(EXAMPLES[name], Form):
        judge_view(made)
    else:
        judge_message(made)


def test_slacks_own_types_allow_every_message_and_form():
    judged = [
        {"view": shown(each)} if isinstance(each, Form) else {"blocks": shown(each)["blocks"]}
        for each in EXAMPLES.values()
    ]
    judged += [
        {"blocks": render(everything(HERE), HERE)["blocks"]},
        {"blocks": render(sixty(HERE), HERE)["blocks"]},
        {"view": forms.view(give_form(HERE))},
        {"view": forms.message_view(everything(HERE), "Title", "Close", HERE)},
    ]
    assert [schema_complaints(each) for each in judged] == [[] for _ in judged]
    assert schema_complaints({"blocks": [{"type": "header"}]})


@pytest.mark.parametrize("words", HOSTILE)
def test_slack_takes_whatever_people_wrote(words: str):
    for made in (everything(HERE, words), sixty(HERE, words), shout_out(words)):
        judge_message(render(made, HERE))


@pytest.mark.parametrize("words", HOSTILE)
def test_what_people_wrote_is_never_where_slack_parses(words: str):
    made = render(everything(HERE, f"«{words}»"), HERE)
    holders = {holder for holder, text in texts(made) if "«" in text or "»" in text}
    assert holders == {"text"}
    assert not [text for holder, text in texts(made) if holder == "mrkdwn" and "<!" in text]


@settings(max_examples=150, deadline=None)
@given(words=st.text(max_size=600), name=st.text(max_size=80), summary=st.text(min_size=1, max_size=6000))
def test_slack_takes_any_words_names_and_summaries(words: str, name: str, summary: str):
    person = Person(name)
    judge_message(
        render(
            message(
                Heading(name),
                Paragraph((person, Text(" said "), PeoplesWords(words))),
                Items(((PeoplesWords(words),), (person,))),
                Note((person, PeoplesWords(words))),
                Note((Text(words),)),
                Buttons((Button("choose", name or "x", "v" * 2000, confirm=words or "x"),)),
                summary=summary,
            ),
            HERE,
        )
    )


@settings(max_examples=150, deadline=None)
@given(words=st.text(max_size=600))
def test_words_within_the_limits_are_shown_whole(words: str):
    """What a reader sees, with emoji codes as they were typed, is what was written."""
    quote = render(shout_out(words), HERE)["blocks"][1:]
    read = "".join(
        f":{span['name']}:" if span["type"] == "emoji" else span["text"]
        for block in quote
        for element in block["elements"]
        for span in element["elements"]
    )
    assert read == words


@settings(deadline=None)
@given(text=st.text(alphabet=st.sampled_from("<>&@!|here channl*_`#U9 "), max_size=200))
def test_nothing_in_the_fallback_is_slacks_syntax(text: str):
    made = fallback(text)
    assert "<" not in made
    assert ">" not in made
    assert "@here" not in made
    assert "@channel" not in made


def test_the_fallback_still_reads_as_written():
    assert fallback("Anna & Bo") == "Anna &amp; Bo"
    assert fallback("mail anna@example.org") == "mail anna@example.org"


def test_a_long_fallback_is_cut_between_entities():
    made = fallback("&" * 5000)
    assert made.removesuffix("…") == "&amp;" * made.count("&")


@pytest.mark.parametrize(
    ("account", "native"),
    [
        (AccountRef(HERE, "U1"), True),
        (AccountRef(HERE, "W5"), True),
        (AccountRef(WorkspaceRef(Platform.SLACK, "T2"), "U1"), False),
        (AccountRef(WorkspaceRef(Platform.TEAMS, "T1"), "U1"), False),
        (AccountRef(HERE, "!channel"), False),
        (None, False),
    ],
)
def test_only_a_person_of_this_workspace_is_mentioned(account: AccountRef | None, native):
    made = render(message(Paragraph((Person("Anna", account),)), Note((Person("Anna", account),))), HERE)
    first, small = made["blocks"]
    name = {"type": "text", "text": "Anna", "style": {"bold": True}}
    expected = {"type": "user", "user_id": account.id} if native else name
    assert first["elements"][0]["elements"] == [expected]
    assert small["elements"][0]["text"] == (f"<@{account.id}>" if native else "Anna")


@pytest.mark.parametrize(
    "url", ["javascript:alert(1)", "https://a.example/a b", "https://a.example/|x", "", "<!channel>"]
)
def test_a_link_that_is_none_is_only_text(url: str):
    made = render(message(Paragraph((Link("the message", url),)), Note((Link("the message", url),))), HERE)
    assert made["blocks"][0]["elements"][0]["elements"] == [{"type": "text", "text": "the message"}]
    assert made["blocks"][1]["elements"][0]["type"] == "plain_text"


def test_a_row_of_buttons_has_ids_of_its_own_that_tell_their_action():
    made = render(everything(HERE), HERE)["blocks"][-1]
    ids = [button["action_id"] for button in made["elements"]]
    assert len(set(ids)) == len(ids)
    assert [action_name(each) for each in ids] == ["undo", "choose", "choose"]
    assert [button.get("value") for button in made["elements"]] == ["k1", "1", "2"]


def test_a_screen_reader_says_whom_a_button_is_about():
    long = Button("go", "Recognise", about="A" * 99)
    row = render(message(Buttons((Button("go", "Recognise", about="Bo Ek"), Button("no", "Leave"), long))), HERE)
    bos, plain, cut = row["blocks"][0]["elements"]
    assert (bos["text"]["text"], bos["accessibility_label"]) == ("Recognise", "Recognise: Bo Ek")
    assert "accessibility_label" not in plain
    assert cut["accessibility_label"].startswith("Recognise: AAA")
    assert len(cut["accessibility_label"]) == 75


def test_no_button_is_lost_however_many():
    made = render(sixty(HERE), HERE)["blocks"]
    values = [button["value"] for block in made if block["type"] == "actions" for button in block["elements"]]
    assert [str(n) for n in range(60)] == values[-60:]


def test_what_is_left_out_of_a_list_is_counted():
    lines = tuple((PeoplesWords("x" * 500),) for _ in range(60))
    made = render(message(Items(lines)), HERE)["blocks"][0]["elements"][0]["elements"]
    kept, last = made[:-1], made[-1]
    assert last["elements"] == [{"type": "text", "text": f"+{60 - len(kept)}"}]
    assert 0 < len(kept) < 60


def test_too_many_blocks_keep_the_beginning_and_the_end_and_count_the_rest():
    many = (Heading("First"), *(Paragraph((Text(f"p{n}"),)) for n in range(80)), Buttons((Button("undo", "Undo"),)))
    made = render(message(*many), HERE)["blocks"]
    assert len(made) == 50
    assert made[0]["text"]["text"] == "First"
    assert made[-1]["type"] == "actions"
    assert made[-2]["elements"][0]["text"] == "+33"


def test_rules_go_before_content_does():
    many = [each for n in range(40) for each in (Paragraph((Text(f"p{n}"),)), Divider())]
    made = render(message(*many), HERE)["blocks"]
    assert [block["type"] for block in made] == ["rich_text"] * 40


def test_what_is_empty_is_not_sent():
    made = render(message(Heading(" "), Paragraph(()), Items(((),)), Note((Text(""),)), Buttons(()), summary="s"), HERE)
    assert made["blocks"] == []


@settings(deadline=None)
@given(text=st.text(max_size=300), most=st.integers(min_value=2, max_value=100))
def test_a_cut_text_fits_and_is_a_beginning(text: str, most: int):
    made = fit.cut(text, most)
    assert len(made.encode("utf-16-le")) // 2 <= most
    assert made == text or text.startswith(made.removesuffix("…"))


def test_a_family_is_not_cut_in_two():
    family = "👩‍👩‍👧‍👦"
    assert fit.cut(family * 3, 24) == f"{family * 2}…"


def test_the_key_is_in_the_metadata():
    assert metadata("k1") == {"event_type": "kudos_message", "event_payload": {"key": "k1"}}


def submitted(view: dict[str, Any], **values: dict[str, Any]) -> dict[str, Any]:
    return {**view, "state": {"values": {name: {"value": given} for name, given in values.items()}}}


def test_a_form_comes_back_as_plain_values():
    view = submitted(
        forms.view(give_form(HERE), "C1"),
        people={"type": "multi_users_select", "selected_users": ["U1", "W5"]},
        leader={"type": "users_select", "selected_user": "U2"},
        reason={"type": "plain_text_input", "value": "stayed <late>"},
        note={"type": "plain_text_input", "value": None},
        behaviours={"type": "checkboxes", "selected_options": [{"value": "b1"}, {"value": "b3"}]},
        sees={"type": "radio_buttons", "selected_option": {"value": "b0"}},
        points={"type": "static_select", "selected_option": {"value": "c3"}},
        topics={"type": "multi_static_select", "selected_options": []},
    )
    assert forms.read(view, HERE) == forms.Submitted(
        people={"people": (AccountRef(HERE, "U1"), AccountRef(HERE, "W5")), "leader": (AccountRef(HERE, "U2"),)},
        choices={"behaviours": ("b1", "b3"), "sees": ("b0",), "points": ("c3",), "topics": ()},
        texts={"reason": "stayed <late>", "note": ""},
        state='{"link":"https://a.example/p1"}',
        conversation="C1",
    )


@pytest.mark.parametrize("view", [{}, {"state": None}, {"private_metadata": "not json"}, {"state": {"values": {}}}])
def test_a_view_that_holds_nothing_reads_as_nothing(view: dict[str, Any]):
    assert forms.read(view, HERE) == forms.Submitted({}, {}, {}, "", None)


def test_a_form_carries_its_full_state():
    state = "å" * 2000
    form = Form("give", "t", "s", "c", (), state)
    assert forms.recall(forms.view(form, "C0123456789"))[0] == state
    assert len(forms.view(form, "C0123456789")["private_metadata"]) <= 3000


def test_problems_stand_beside_their_fields_and_the_homeless_at_the_first():
    view = forms.view(give_form(HERE))
    assert forms.errors({"reason": "Too short.", "gone": "Elsewhere.", "people": "Nobody."}, view) == {
        "response_action": "errors",
        "errors": {"reason": "Too short.", "people": "Elsewhere. Nobody."},
    }


@pytest.mark.parametrize("name", [name for name in EXAMPLES if name.startswith("en_")])
def test_the_preview_shows_what_is_sent(name: str):
    view = EXAMPLES[name]
    drawn = preview(view).unescape()
    if isinstance(view, Form):
        assert all(field.label in drawn for field in view.fields)
    else:
        sent = [text for holder, text in texts(render(view, GALLERY)["blocks"]) if holder in {"text", "plain_text"}]
        assert sent
        assert all(text in drawn for text in sent)


def test_the_preview_shows_hostile_words_as_text():
    drawn = preview(shout_out("<script>alert(1)</script>"))
    assert "<script>" not in drawn
    assert "&lt;script&gt;" in drawn


async def test_the_preview_brings_its_style_sheet():
    transport = httpx.ASGITransport(Starlette(routes=routes()))
    async with httpx.AsyncClient(transport=transport, base_url="http://here") as client:
        answer = await client.get(STYLE_URL)
    assert f'href="{STYLE_URL}"' in preview(shout_out())
    assert answer.status_code == 200
    drawn = str(preview(everything(HERE))) + str(preview(give_form(HERE)))
    assert not [name for name in re.findall(r"slack-[a-z]+", drawn) if f".{name}" not in answer.text]


def test_a_page_of_previews_stands_alone():
    drawn = page({"one": shout_out("<b>bold</b>")}, "dark")
    assert "color-scheme: dark" in drawn
    assert "&lt;b&gt;bold&lt;/b&gt;" in drawn
    assert "href" not in drawn
