"""Forms as Slack's modals, and what people filled in as plain values."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any, Final, NamedTuple, assert_never

from adapters.slack import fit
from adapters.slack.render import USER_ID, Json, plain, render_blocks
from bot.identity import AccountRef, Platform, WorkspaceRef
from bot.view.form import ChoiceField, Field, Form, Option, PeopleField, TextField
from bot.view.message import Message, Paragraph

_INPUT: Final = "value"
"""The action id of every input: its block id already says which field it is."""


class Submitted(NamedTuple):
    """A form as sent in, values by field name. `conversation` is the id of the one it was opened from, or None."""

    people: Mapping[str, tuple[AccountRef, ...]]
    choices: Mapping[str, tuple[str, ...]]
    texts: Mapping[str, str]
    state: str
    conversation: str | None


def view(form: Form, conversation: str | None = None) -> Json:
    """Give a form as a modal. `conversation` is the id of the one it is opened from, and comes back with it."""
    intro = render_blocks((Paragraph(form.intro),), _form_workspace(form)) if form.intro else []
    inputs = [_input(field) for field in form.fields]
    return {
        "type": "modal",
        "callback_id": form.name,
        "title": plain(fit.cut(form.title, fit.VIEW_TITLE)),
        "submit": plain(fit.cut(form.submit, fit.VIEW_TITLE)),
        "close": plain(fit.cut(form.cancel, fit.VIEW_TITLE)),
        "private_metadata": _remember(form.state, conversation),
        "blocks": [*intro, *inputs],
    }


def message_view(
    message: Message, title: str, close: str, workspace: WorkspaceRef, conversation: str | None = None
) -> Json:
    """Give a modal that shows a message, buttons and all, in the place of the form that was sent in."""
    return {
        "type": "modal",
        "callback_id": message.kind.value,
        "title": plain(fit.cut(title, fit.VIEW_TITLE)),
        "close": plain(fit.cut(close, fit.VIEW_TITLE)),
        "private_metadata": _remember("", conversation),
        "blocks": render_blocks(message.blocks, workspace, fit.VIEW_BLOCKS),
    }


def read(view: Mapping[str, Any], workspace: WorkspaceRef) -> Submitted:
    """Read the `view` of a submission or of a button pressed in one. What is missing is empty."""
    people: dict[str, tuple[AccountRef, ...]] = {}
    choices: dict[str, tuple[str, ...]] = {}
    texts: dict[str, str] = {}
    for name, actions in (view.get("state") or {}).get("values", {}).items():
        for given in actions.values():
            match given.get("type"):
                case "users_select" | "multi_users_select":
                    chosen = given.get("selected_users") or [given.get("selected_user")]
                    people[name] = tuple(AccountRef(workspace, user) for user in chosen if user)
                case "static_select" | "radio_buttons" | "multi_static_select" | "checkboxes":
                    ticked = given.get("selected_options") or [given.get("selected_option")]
                    choices[name] = tuple(option["value"] for option in ticked if option)
                case "plain_text_input":
                    texts[name] = given.get("value") or ""
                case _:
                    pass
    state, conversation = recall(view)
    return Submitted(people, choices, texts, state, conversation)


def recall(view: Mapping[str, Any]) -> tuple[str, str | None]:
    """Give the state and the conversation that a view of ours carries."""
    try:
        kept = json.loads(view.get("private_metadata") or "{}")
    except json.JSONDecodeError:
        kept = {}
    return kept.get("state", ""), kept.get("conversation")


def errors(problems: Mapping[str, str], view: Mapping[str, Any]) -> Json:
    """Answer a submission with sentences beside its fields. One that fits no field stands at the first input."""
    inputs = [block["block_id"] for block in view.get("blocks", ()) if block.get("type") == "input"]
    shown: dict[str, str] = {}
    for name, sentence in problems.items():
        at = name if name in inputs else inputs[0]
        shown[at] = f"{shown[at]} {sentence}" if at in shown else sentence
    return {"response_action": "errors", "errors": shown}


def _remember(state: str, conversation: str | None) -> str:
    return json.dumps({"state": state, "conversation": conversation}, ensure_ascii=False, separators=(",", ":"))


def _form_workspace(form: Form) -> WorkspaceRef:
    """Give the workspace that the people in a form are of: it is opened by one of them."""
    accounts = [account for field in form.fields if isinstance(field, PeopleField) for account in field.initial]
    return accounts[0].workspace if accounts else WorkspaceRef(Platform.SLACK, "")


def _input(field: Field) -> Json:
    made: Json = {"type": "input", "block_id": field.name, "label": plain(fit.cut(field.label, fit.LABEL))}
    if field.hint:
        made["hint"] = plain(fit.cut(field.hint, fit.LABEL))
    match field:
        case PeopleField():
            return made | {"optional": not field.required, "element": _people(field)}
        case TextField():
            return made | {"optional": not field.required, "element": _text(field)}
        case ChoiceField():
            return made | {"optional": not field.required, "element": _choice(field)}
        case _:
            assert_never(field)


def _people(field: PeopleField) -> Json:
    initial = [account.id for account in field.initial if USER_ID.fullmatch(account.id)]
    if field.most == 1:
        return {"type": "users_select", "action_id": _INPUT} | ({"initial_user": initial[0]} if initial else {})
    made: Json = {"type": "multi_users_select", "action_id": _INPUT, "max_selected_items": field.most}
    return made | ({"initial_users": initial[: field.most]} if initial else {})


def _text(field: TextField) -> Json:
    most = min(field.most, fit.INPUT)
    made: Json = {
        "type": "plain_text_input",
        "action_id": _INPUT,
        "multiline": field.multiline,
        "max_length": most,
    }
    if field.initial:
        made["initial_value"] = fit.cut(field.initial, most)
    if field.placeholder:
        made["placeholder"] = plain(fit.cut(field.placeholder, fit.PLACEHOLDER))
    return made


def _choice(field: ChoiceField) -> Json:
    """Show a few options open, with their hints, and many in a menu. An open single choice cannot be taken back."""
    options = [_option(option) for option in field.options[: fit.OPTIONS]]
    few = len(options) <= fit.TICK_BOXES
    made: Json = {"action_id": _INPUT, "options": options}
    chosen = [option for option in options if option["value"] in field.initial]
    if field.multiple:
        kind = "checkboxes" if few else "multi_static_select"
        return made | {"type": kind} | ({"initial_options": chosen} if chosen else {})
    kind = "radio_buttons" if few and field.required and any(_hints(field)) else "static_select"
    return made | {"type": kind} | ({"initial_option": chosen[0]} if chosen else {})


def _hints(field: ChoiceField) -> Iterator[str]:
    return (option.hint for option in field.options)


def _option(option: Option) -> Json:
    made: Json = {"text": plain(fit.cut(option.label, fit.OPTION)), "value": option.value}
    return made | ({"description": plain(fit.cut(option.hint, fit.OPTION))} if option.hint else {})
