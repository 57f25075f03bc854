"""Other people's opinions of our Block Kit. Each knows something that the others miss.

slack_sdk's models know lengths, slackblocks knows counts and what may stand where, the JSON Schema of `@slack/types`
knows shapes. All raise AssertionError, or an error of their own, for what they refuse.
"""

from __future__ import annotations

import json
import subprocess
from functools import cache
from typing import Any, Final

import slackblocks
from jsonschema import Draft7Validator
from slack_sdk.models import JsonObject
from slack_sdk.models import blocks as sdk
from slack_sdk.models.views import View
from slackblocks.rich_text import (
    RichText,
    RichTextEmoji,
    RichTextLink,
    RichTextList,
    RichTextQuote,
    RichTextSection,
    RichTextUser,
)

from tests.requirements_here import require_judges, require_node
from tests.servers import slack_rules


def judge_message(content: dict[str, Any]) -> None:
    """Hold a message against everything but the schema, which needs Node."""
    assert slack_rules.message_complaints(content["blocks"]) == []
    assert slack_rules.text_length(content["blocks"]) <= slack_rules.BLOCKS_TEXT
    assert 0 < len(content["text"]) <= 4000
    _by_sdk(content["blocks"])
    slackblocks.Message("C1", content["text"], [_by_slackblocks(block) for block in content["blocks"]]).to_dict()


def judge_view(view: dict[str, Any]) -> None:
    """Hold a modal against everything but the schema."""
    assert slack_rules.view_complaints(view) == []
    _by_sdk(view["blocks"])
    View(**view).to_dict()
    slackblocks.ModalView(
        title=view["title"]["text"],
        close=view["close"]["text"],
        submit=view["submit"]["text"] if "submit" in view else None,
        private_metadata=view["private_metadata"],
        callback_id=view["callback_id"],
        blocks=[_by_slackblocks(block) for block in view["blocks"]],
    ).to_dict()


def schema_complaints(judged: dict[str, Any]) -> list[str]:
    """Hold `{"blocks": …}` or `{"view": …}` against Slack's own types. Needs Node."""
    return [error.message[:500] for error in _schema().iter_errors(judged)]


@cache
def _schema() -> Draft7Validator:
    """Generate the schema from the pinned `@slack/types` (MIT), which takes some seconds."""
    judges = require_judges()
    generator = judges / "node_modules" / "ts-json-schema-generator" / "bin" / "ts-json-schema-generator.js"
    options = ["--tsconfig", "tsconfig.json", "--path", "blocks.ts", "--type", "Judged", "--no-top-ref"]
    made = subprocess.run(
        [require_node(), generator, *options], cwd=judges, capture_output=True, text=True, check=True, timeout=120
    )
    return Draft7Validator(json.loads(made.stdout))


def _by_sdk(blocks: list[dict[str, Any]]) -> None:
    for block in sdk.Block.parse_all(blocks):
        assert type(block) is not sdk.Block
        _validate(block)


def _validate(thing: Any) -> None:
    """Validate a model and all models inside: the SDK's own walk stops at the first level in places."""
    if isinstance(thing, JsonObject):
        thing.validate_json()
        for value in vars(thing).values():
            _validate(value)
    elif isinstance(thing, list | tuple):
        for each in thing:
            _validate(each)


def _by_slackblocks(thing: dict[str, Any]) -> Any:
    """Build the same with slackblocks, whose own readers stop at elements and rich text."""
    match thing["type"]:
        case "rich_text":
            return slackblocks.RichTextBlock([_rich(element) for element in thing["elements"]])
        case "plain_text" | "mrkdwn":
            return slackblocks.Text.from_dict(thing)
        case kind:
            return _BUILDERS[kind](**{name: _part(value) for name, value in thing.items() if name != "type"})


def _part(value: Any) -> Any:
    match value:
        case {"type": _}:
            return _by_slackblocks(value)
        case {"title": _, "deny": _}:
            return slackblocks.ConfirmationDialogue.from_dict(value)
        case {"value": _, "text": _}:
            return slackblocks.Option.from_dict(value)
        case list():
            return [_part(each) for each in value]
        case _:
            return value


_BUILDERS: Final[dict[str, Any]] = {
    "header": slackblocks.HeaderBlock,
    "context": slackblocks.ContextBlock,
    "divider": slackblocks.DividerBlock,
    "actions": slackblocks.ActionsBlock,
    "input": slackblocks.InputBlock,
    "image": slackblocks.ImageBlock,
    "button": slackblocks.Button,
    "plain_text_input": slackblocks.PlainTextInput,
    "users_select": slackblocks.UserSelectMenu,
    "multi_users_select": slackblocks.UserMultiSelectMenu,
    "static_select": slackblocks.StaticSelectMenu,
    "multi_static_select": slackblocks.StaticMultiSelectMenu,
    "checkboxes": slackblocks.CheckboxGroup,
    "radio_buttons": slackblocks.RadioButtonGroup,
}


def _rich(element: dict[str, Any]) -> Any:
    match element["type"]:
        case "rich_text_list":
            return RichTextList(element["style"], [_rich(line) for line in element["elements"]])
        case "rich_text_quote":
            return RichTextQuote([_span(span) for span in element["elements"]])
        case _:
            return RichTextSection([_span(span) for span in element["elements"]])


def _span(span: dict[str, Any]) -> Any:
    match span["type"]:
        case "user":
            return RichTextUser(span["user_id"])
        case "link":
            return RichTextLink(span["url"], span["text"])
        case "emoji":
            return RichTextEmoji(span["name"])
        case _:
            return RichText(span["text"], **span.get("style", {}))
