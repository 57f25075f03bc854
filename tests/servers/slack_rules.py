"""What Slack refuses in blocks and views, by its own documentation: the strict half of the fault server.

Limits: https://docs.slack.dev/reference/block-kit (blocks, block elements, composition objects) and /reference/views.
Each function gives complaints in the form Slack gives them in `response_metadata.messages`; none means accepted.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

MESSAGE_BLOCKS: Final = 50
VIEW_BLOCKS: Final = 100
BLOCKS_TEXT: Final = 13_200
"""Characters of text in all blocks of a message together (`msg_blocks_too_long`); seen, not documented."""

_USER_ID: Final = re.compile(r"[UW][A-Z0-9]+")
_INTERACTIVE: Final = {
    "button",
    "plain_text_input",
    "static_select",
    "multi_static_select",
    "users_select",
    "multi_users_select",
    "checkboxes",
    "radio_buttons",
}
_INPUTS: Final = _INTERACTIVE - {"button"}


def message_complaints(blocks: Any) -> list[str]:
    """Judge the blocks of a message."""
    return list(_blocks(blocks, MESSAGE_BLOCKS, inputs_allowed=False))


def view_complaints(view: Any) -> list[str]:
    """Judge a modal."""
    return list(_view(view))


def text_length(blocks: Any) -> int:
    """Count the characters of every text in the blocks."""
    if isinstance(blocks, Mapping):
        own = sum(len(value) for key, value in blocks.items() if key == "text" and isinstance(value, str))
        return own + sum(text_length(value) for value in blocks.values())
    if isinstance(blocks, list):
        return sum(text_length(each) for each in blocks)
    return 0


def _view(view: Any) -> Iterator[str]:
    if not isinstance(view, Mapping) or view.get("type") != "modal":
        yield "[ERROR] view must be an object of type modal"
        return
    yield from _plain(view.get("title"), 24, "/view/title")
    for name in ("submit", "close"):
        if name in view:
            yield from _plain(view[name], 24, f"/view/{name}")
    for name, most in (("callback_id", 255), ("private_metadata", 3000)):
        if len(view.get(name, "")) > most:
            yield f"[ERROR] must be less than {most + 1} characters [json-pointer:/view/{name}]"
    blocks = view.get("blocks")
    yield from _blocks(blocks, VIEW_BLOCKS, inputs_allowed=True)
    has_input = any(isinstance(block, Mapping) and block.get("type") == "input" for block in blocks or ())
    if has_input and "submit" not in view:
        yield "[ERROR] submit is required when an input block is within blocks array [json-pointer:/view/submit]"


def _blocks(blocks: Any, most: int, *, inputs_allowed: bool) -> Iterator[str]:
    if not isinstance(blocks, list):
        yield "[ERROR] blocks must be an array [json-pointer:/blocks]"
        return
    if len(blocks) > most:
        yield f"[ERROR] no more than {most} items allowed [json-pointer:/blocks]"
    ids = [block["block_id"] for block in blocks if isinstance(block, Mapping) and "block_id" in block]
    yield from _unique(ids, "block_id", "/blocks")
    for index, block in enumerate(blocks):
        at = f"/blocks/{index}"
        if not isinstance(block, Mapping):
            yield f"[ERROR] must be an object [json-pointer:{at}]"
            continue
        if not 1 <= len(block.get("block_id", "x")) <= 255:
            yield f"[ERROR] must be 1 to 255 characters [json-pointer:{at}/block_id]"
        if block.get("type") == "input" and not inputs_allowed:
            yield f"[ERROR] unsupported type: input [json-pointer:{at}/type]"
        yield from _block(block, at)


def _block(block: Mapping[str, Any], at: str) -> Iterator[str]:
    match block.get("type"):
        case "divider":
            pass
        case "header":
            yield from _plain(block.get("text"), 150, f"{at}/text")
        case "section":
            yield from _section(block, at)
        case "context":
            yield from _context(block, at)
        case "actions":
            yield from _actions(block, at)
        case "input":
            yield from _input(block, at)
        case "image":
            yield from _image(block, at)
        case "rich_text":
            yield from _count(block.get("elements"), 1000, f"{at}/elements")
            for index, element in enumerate(block.get("elements", ())):
                yield from _rich(element, f"{at}/elements/{index}")
        case unknown:
            yield f"[ERROR] unsupported type: {unknown} [json-pointer:{at}/type]"


def _context(block: Mapping[str, Any], at: str) -> Iterator[str]:
    yield from _count(block.get("elements"), 10, f"{at}/elements")
    for index, element in enumerate(block.get("elements", ())):
        yield from _text(element, 3000, f"{at}/elements/{index}")


def _actions(block: Mapping[str, Any], at: str) -> Iterator[str]:
    yield from _count(block.get("elements"), 25, f"{at}/elements")
    yield from _unique([each.get("action_id") for each in block.get("elements", ())], "action_id", at)
    for index, element in enumerate(block.get("elements", ())):
        yield from _element(element, _INTERACTIVE, f"{at}/elements/{index}")


def _image(block: Mapping[str, Any], at: str) -> Iterator[str]:
    if not re.match(r"https?://\S+\Z", block.get("image_url", "")) or len(block["image_url"]) > 3000:
        yield f"[ERROR] invalid url [json-pointer:{at}/image_url]"
    if not 1 <= len(block.get("alt_text", "")) <= 2000:
        yield f"[ERROR] must be 1 to 2000 characters [json-pointer:{at}/alt_text]"
    if "title" in block:
        yield from _plain(block["title"], 2000, f"{at}/title")


def _input(block: Mapping[str, Any], at: str) -> Iterator[str]:
    yield from _plain(block.get("label"), 2000, f"{at}/label")
    if "hint" in block:
        yield from _plain(block["hint"], 2000, f"{at}/hint")
    yield from _element(block.get("element", {}), _INPUTS, f"{at}/element")


def _section(block: Mapping[str, Any], at: str) -> Iterator[str]:
    if "text" not in block and "fields" not in block:
        yield f"[ERROR] missing required field: text [json-pointer:{at}]"
    if "text" in block:
        yield from _text(block["text"], 3000, f"{at}/text")
    if "fields" in block:
        yield from _count(block["fields"], 10, f"{at}/fields")
        for index, field in enumerate(block["fields"]):
            yield from _text(field, 2000, f"{at}/fields/{index}")
    if "accessory" in block:
        yield from _element(block["accessory"], _INTERACTIVE, f"{at}/accessory")


def _rich(element: Mapping[str, Any], at: str) -> Iterator[str]:
    match element.get("type"):
        case "rich_text_list":
            if element.get("style") not in {"bullet", "ordered"}:
                yield f"[ERROR] invalid style [json-pointer:{at}/style]"
            yield from _count(element.get("elements"), 1000, f"{at}/elements")
            for index, line in enumerate(element.get("elements", ())):
                if line.get("type") != "rich_text_section":
                    yield f"[ERROR] a list holds sections [json-pointer:{at}/elements/{index}]"
                yield from _rich(line, f"{at}/elements/{index}")
        case "rich_text_section" | "rich_text_quote" | "rich_text_preformatted":
            if not isinstance(element.get("elements"), list) or not element["elements"]:
                yield f"[ERROR] must have elements [json-pointer:{at}/elements]"
            for index, span in enumerate(element.get("elements", ())):
                yield from _span(span, f"{at}/elements/{index}")
        case unknown:
            yield f"[ERROR] unsupported type: {unknown} [json-pointer:{at}/type]"


def _span(span: Mapping[str, Any], at: str) -> Iterator[str]:
    match span.get("type"):
        case "text":
            if not isinstance(span.get("text"), str) or not span["text"]:
                yield f"[ERROR] must be more than 0 characters [json-pointer:{at}/text]"
        case "user":
            if not _USER_ID.fullmatch(span.get("user_id", "")):
                yield f"[ERROR] invalid user [json-pointer:{at}/user_id]"
        case "link":
            if not re.match(r"https?://\S+\Z", span.get("url", "")) or len(span["url"]) > 3000:
                yield f"[ERROR] invalid url [json-pointer:{at}/url]"
        case "emoji":
            if not span.get("name"):
                yield f"[ERROR] missing required field: name [json-pointer:{at}]"
        case "broadcast" | "channel" | "usergroup":
            pass
        case unknown:
            yield f"[ERROR] unsupported type: {unknown} [json-pointer:{at}/type]"


def _element(element: Mapping[str, Any], allowed: set[str], at: str) -> Iterator[str]:
    kind = element.get("type")
    if kind not in allowed:
        yield f"[ERROR] unsupported type: {kind} [json-pointer:{at}/type]"
        return
    if not 1 <= len(element.get("action_id", "x")) <= 255:
        yield f"[ERROR] must be 1 to 255 characters [json-pointer:{at}/action_id]"
    if "placeholder" in element:
        yield from _plain(element["placeholder"], 150, f"{at}/placeholder")
    if "confirm" in element:
        yield from _confirm(element["confirm"], f"{at}/confirm")
    if kind == "button":
        yield from _button(element, at)
    elif kind == "plain_text_input":
        yield from _typed(element, at)
    elif "options" in element or kind in {"static_select", "multi_static_select", "checkboxes", "radio_buttons"}:
        yield from _options(element, at)
    if element.get("max_selected_items", 1) < 1:
        yield f"[ERROR] must be at least 1 [json-pointer:{at}/max_selected_items]"


def _button(button: Mapping[str, Any], at: str) -> Iterator[str]:
    yield from _plain(button.get("text"), 75, f"{at}/text")
    if len(button.get("value", "")) > 2000:
        yield f"[ERROR] must be less than 2001 characters [json-pointer:{at}/value]"
    if button.get("style", "primary") not in {"primary", "danger"}:
        yield f"[ERROR] invalid style [json-pointer:{at}/style]"


def _typed(element: Mapping[str, Any], at: str) -> Iterator[str]:
    most = element.get("max_length", 3000)
    if not 1 <= most <= 3000:
        yield f"[ERROR] must be 1 to 3000 [json-pointer:{at}/max_length]"
    if len(element.get("initial_value", "")) > most:
        yield f"[ERROR] must not be longer than max_length [json-pointer:{at}/initial_value]"


def _options(element: Mapping[str, Any], at: str) -> Iterator[str]:
    most = 10 if element["type"] in {"checkboxes", "radio_buttons"} else 100
    options = element.get("options")
    yield from _count(options, most, f"{at}/options")
    yield from _unique([option.get("value") for option in options or ()], "value", at)
    for index, option in enumerate(options or ()):
        yield from _text(option.get("text"), 75, f"{at}/options/{index}/text")
        if not 1 <= len(option.get("value", "")) <= 150:
            yield f"[ERROR] must be 1 to 150 characters [json-pointer:{at}/options/{index}/value]"
        if "description" in option:
            yield from _text(option["description"], 75, f"{at}/options/{index}/description")
    chosen = element.get("initial_options", [element["initial_option"]] if "initial_option" in element else None)
    if chosen is not None and (not chosen or any(option not in (options or ()) for option in chosen)):
        yield f"[ERROR] initial options must be among the options [json-pointer:{at}/initial_options]"


def _confirm(confirm: Mapping[str, Any], at: str) -> Iterator[str]:
    yield from _plain(confirm.get("title"), 100, f"{at}/title")
    yield from _text(confirm.get("text"), 300, f"{at}/text")
    yield from _plain(confirm.get("confirm"), 30, f"{at}/confirm")
    yield from _plain(confirm.get("deny"), 30, f"{at}/deny")


def _plain(text: Any, most: int, at: str) -> Iterator[str]:
    if isinstance(text, Mapping) and text.get("type") != "plain_text":
        yield f"[ERROR] must be plain_text [json-pointer:{at}/type]"
    yield from _text(text, most, at)


def _text(text: Any, most: int, at: str) -> Iterator[str]:
    if not isinstance(text, Mapping) or text.get("type") not in {"plain_text", "mrkdwn"}:
        yield f"[ERROR] must be a text object [json-pointer:{at}]"
    elif not isinstance(text.get("text"), str) or not text["text"]:
        yield f"[ERROR] must be more than 0 characters [json-pointer:{at}/text]"
    elif len(text["text"]) > most:
        yield f"[ERROR] must be less than {most + 1} characters [json-pointer:{at}/text]"


def _count(items: Any, most: int, at: str) -> Iterator[str]:
    if not isinstance(items, list) or not items:
        yield f"[ERROR] no fewer than 1 items allowed [json-pointer:{at}]"
    elif len(items) > most:
        yield f"[ERROR] no more than {most} items allowed [json-pointer:{at}]"


def _unique(values: Sequence[Any], name: str, at: str) -> Iterator[str]:
    if len({json.dumps(value) for value in values}) != len(values):
        yield f"[ERROR] `{name}` must be unique [json-pointer:{at}]"
