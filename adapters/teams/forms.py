"""Forms as Adaptive Cards, in a dialog or in the chat, and what people filled in as plain values.

A card cannot show a sentence beside an input by itself, so a form that was refused is drawn again with what was filled
in and the sentences below. For that it carries its own drawing along, without what stood in it at first: whoever is on
a large team fits into a card once, and not twice.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple, assert_never

import msgspec
from msgspec.structs import replace

from adapters.teams import fit
from adapters.teams.render import NOBODY, Drawing, Json, weight
from adapters.teams.seal import KEY, Seal, Sent
from bot.identity import AccountRef, WorkspaceRef
from bot.view.form import ChoiceField, Field, Form, PeopleField, TextField
from bot.view.message import Paragraph

VERB: Final = "form"

_PEOPLE: Final = {"type": "Data.Query", "dataset": "graph.microsoft.com/users"}
"""Everybody in the tenant, searched by Teams itself. https://learn.microsoft.com/microsoftteams/platform/task-modules-and-cards/cards/people-picker"""

_FEW: Final = 8
_LONGEST_TEXT: Final = 4_000
_MOST_VALUES: Final = 200

_NAME: Final = 10
"""Bytes of a name that stay in any case."""

_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder(Form)


class Submitted(NamedTuple):
    """What was filled in, by field name."""

    people: Mapping[str, tuple[AccountRef, ...]]
    choices: Mapping[str, tuple[str, ...]]
    texts: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Filling:
    """A form on its way: its own id, the conversation it is about, and what stands in it so far.

    `names` are those of the people in it. `problems` are sentences by field name.
    """

    form: Form
    id: str
    place: str = ""
    names: Mapping[AccountRef, str] = field(default_factory=dict)
    given: Submitted | None = None
    problems: Mapping[str, str] = field(default_factory=dict)


def card(filling: Filling, seal: Seal, *, dialog: bool) -> Json:
    """Give a form as a card for a dialog, or for the chat. Where many people stand in it, their names are cut."""
    made = _card(filling, seal, dialog=dialog)
    over = weight(made) - fit.FORM
    return made if over <= 0 else _card(_with_shorter_names(filling, over), seal, dialog=dialog)


def _card(filling: Filling, seal: Seal, *, dialog: bool) -> Json:
    form = filling.form
    drawing = Drawing(seal, dialog=dialog)
    body: list[Json] = []
    if not dialog:
        body.append(_words(form.title, size="Large", weight="Bolder"))
    if form.intro:
        body += drawing.blocks((Paragraph(form.intro),))
    fields = {each.name for each in form.fields}
    body += [_problem(sentence) for name, sentence in filling.problems.items() if name not in fields]
    for each in form.fields:
        body.append(_input(each, filling))
        if each.hint:
            body.append({**_words(each.hint, isSubtle=True, size="Small"), "spacing": "None"})
        if sentence := filling.problems.get(each.name):
            body.append(_problem(sentence))
    data = seal.form(_encoder.encode(_blank(form)).decode(), filling.id, filling.place)
    submit: Json = {"type": "Action.Submit", "title": form.submit, "style": "positive", "data": data}
    execute = submit | {"type": "Action.Execute", "verb": VERB, "fallback": submit}
    summary = fit.summary(form.title)
    made = drawing.card(body, [submit if dialog else execute], summary)
    return made if dialog or weight(made) <= fit.FORM else drawing.card(body, [submit], summary)


def _blank(form: Form) -> Form:
    """Give a form with nothing in it yet."""
    return replace(form, fields=tuple(replace(each, initial=type(each.initial)()) for each in form.fields))


def drawn(sent: Sent) -> Form | None:
    """Give the form that a card carried along; None if this release cannot read it."""
    try:
        return _decoder.decode(sent.drawn)
    except (msgspec.DecodeError, RecursionError):
        return None


def read(form: Form, data: Mapping[str, Any], workspace: WorkspaceRef) -> Submitted:
    """Read what was filled in. What is missing is empty, and what the form does not have is not looked at."""
    people: dict[str, tuple[AccountRef, ...]] = {}
    choices: dict[str, tuple[str, ...]] = {}
    texts: dict[str, str] = {}
    for each in form.fields:
        value = data.get(each.name) if each.name != KEY else None
        given = value if isinstance(value, str) else ""
        match each:
            case PeopleField():
                people[each.name] = tuple(AccountRef(workspace, account.lower()) for account in _several(given))
            case ChoiceField():
                choices[each.name] = _several(given)
            case TextField():
                texts[each.name] = given.replace("\r\n", "\n")[:_LONGEST_TEXT]
            case _:
                assert_never(each)
    return Submitted(people, choices, texts)


def _several(value: str) -> tuple[str, ...]:
    parts = (part.strip() for part in value.split(",", _MOST_VALUES)[:_MOST_VALUES])
    return tuple(dict.fromkeys(part for part in parts if part))


def _input(field: Field, filling: Filling) -> Json:
    made: Json = {"id": field.name, "label": fit.cut(field.label, fit.LABEL)}
    if field.required:
        made |= {"isRequired": True, "errorMessage": fit.cut(filling.form.lacking or field.label, fit.OPTION)}
    match field:
        case PeopleField():
            return made | _people(field, filling)
        case TextField():
            return made | _text(field, filling)
        case ChoiceField():
            return made | _choice(field, filling)
        case _:
            assert_never(field)


def _with_shorter_names(filling: Filling, over: int) -> Filling:
    """Cut names so that `over` bytes go, if names are what is too long.

    Nobody is left out: they would be taken off the team when it is saved.
    """
    fields = [each for each in filling.form.fields if isinstance(each, PeopleField)]
    chosen = [account for each in fields for account in _chosen(each, filling)]
    sizes = [fit.in_json(filling.names.get(account, "")) for account in chosen]
    shorter = range(max(sizes, default=0), _NAME, -1)
    most = next((most for most in shorter if sum(max(0, size - most) for size in sizes) >= over), None)
    if most is None:
        return filling
    names = {account: fit.cut_bytes(name, most) for account, name in filling.names.items()}
    return dataclasses.replace(filling, names=names)


def _chosen(field: PeopleField, filling: Filling) -> tuple[AccountRef, ...]:
    chosen = filling.given.people.get(field.name, ()) if filling.given else field.initial
    return chosen[: field.most]


def _people(field: PeopleField, filling: Filling) -> Json:
    named = _chosen(field, filling)
    return {
        "type": "Input.ChoiceSet",
        "style": "filtered",
        "isMultiSelect": field.most > 1,
        "choices": [{"title": filling.names.get(account, NOBODY), "value": account.id} for account in named],
        "choices.data": _PEOPLE,
        "value": ",".join(account.id for account in named),
    }


def _text(field: TextField, filling: Filling) -> Json:
    most = min(field.most, _LONGEST_TEXT)
    value = filling.given.texts.get(field.name, "") if filling.given else field.initial
    made: Json = {"type": "Input.Text", "isMultiline": field.multiline, "maxLength": most}
    if field.placeholder:
        made["placeholder"] = fit.cut(field.placeholder, fit.OPTION)
    # What was typed stays whole, even if it is too long: its writer shortens it.
    return made | ({"value": fit.cut(value, _LONGEST_TEXT)} if value else {})


def _choice(field: ChoiceField, filling: Filling) -> Json:
    """Show one option to tick as such, a few open with their hints, and many in a menu."""
    chosen = filling.given.choices.get(field.name, ()) if filling.given else field.initial
    options = field.options[: fit.OPTIONS]
    if field.multiple and len(options) == 1:
        (only,) = options
        value = only.value if only.value in chosen else ""
        return {"type": "Input.Toggle", "title": only.label, "valueOn": only.value, "valueOff": "", "value": value}
    few = len(options) <= _FEW and (field.multiple or any(option.hint for option in options))
    made: Json = {
        "type": "Input.ChoiceSet",
        "style": "expanded" if few else "filtered" if len(options) > _FEW * 2 else "compact",
        "isMultiSelect": field.multiple,
        "wrap": True,
        "choices": [
            {
                "title": fit.cut(f"{option.label} – {option.hint}" if option.hint else option.label, fit.OPTION),
                "value": option.value,
            }
            for option in options
        ],
    }
    known = [value for value in chosen if any(option.value == value for option in options)]
    return made | ({"value": ",".join(known)} if known else {})


def _words(text: str, **style: Any) -> Json:
    """Give our own words where nothing is parsed."""
    return {"type": "RichTextBlock", "inlines": [{"type": "TextRun", "text": text, **style}]}


def _problem(sentence: str) -> Json:
    return _words(sentence, color="Attention") | {"spacing": "Small"}
