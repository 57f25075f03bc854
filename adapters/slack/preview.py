"""What Slack makes of our Block Kit, as HTML that looks like Slack: for the gallery and the pictures in docs.

It draws the JSON that would be sent, not the message behind it, so that what the renderer does is what is seen. Only
the shapes that our renderer produces are known here.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from html import unescape
from pathlib import Path
from typing import Any, Final

from markupsafe import Markup
from starlette.routing import BaseRoute, Mount
from starlette.staticfiles import StaticFiles

from adapters.slack import forms
from adapters.slack.render import ChartAddress, Json, nowhere, render
from bot.identity import Platform, WorkspaceRef
from bot.view.form import Form
from bot.view.message import Block, Facts, Items, Line, Message, Note, Paragraph, Person, Quote

STATIC: Final = Path(__file__).parent / "static"
STYLE_URL: Final = "/static/slack/preview.css"

_MARKED: Final = re.compile(
    r"\*(?P<strong>[^*\n]+)\*|`(?P<code>[^`\n]+)`|<@(?P<user>\w+)>|<(?P<url>[^|>]+)\|(?P<label>[^>]+)>"
)


def routes() -> list[BaseRoute]:
    """Give the route of the style sheet, for a page with drawings: to be mounted at the root."""
    return [Mount("/static/slack", StaticFiles(directory=STATIC), name="slack-static")]


def preview(view: Message | Form, chart_address: ChartAddress = nowhere) -> Markup:
    """Draw a message as in a channel, or a form as a modal, with a link to the style sheet that `routes` serves.

    The colours follow the page's `color-scheme`. Charts are pictures if `chart_address` says where the page finds them.
    """
    # Browsers take a style sheet in the body, and fetch one address once however often it is named.
    return Markup('<link rel="stylesheet" href="{}">{}').format(STYLE_URL, _draw(view, chart_address))


def page(views: Mapping[str, Message | Form], scheme: str, chart_address: ChartAddress = nowhere) -> str:
    """Draw many on a page that stands alone, by name, in the `light` or `dark` scheme: for pictures."""
    figures = _join(
        Markup("<figure><figcaption>{}</figcaption>{}</figure>").format(name, _draw(view, chart_address))
        for name, view in views.items()
    )
    style = Markup((STATIC / "preview.css").read_text())  # noqa: S704  # our own file
    return Markup(
        '<!doctype html><html lang="en"><meta charset="utf-8"><title>Slack</title><style>:root {{ color-scheme: {} }} '
        "body {{ margin: 24px; columns: 3; column-gap: 24px; background: light-dark(#eceaec, #0c0d0e); "
        "color: gray; font: 12px sans-serif }} figure {{ margin: 0 0 20px; break-inside: avoid }} "
        "figcaption {{ margin-bottom: 4px }} .slack {{ border-radius: 10px }} {}</style>{}</html>"
    ).format(scheme, style, figures)


def _draw(view: Message | Form, chart_address: ChartAddress) -> Markup:
    if isinstance(view, Form):
        return draw_view(forms.view(view), {})
    people = list(_people(view.blocks))
    workspace = next((each.account.workspace for each in people if each.account), WorkspaceRef(Platform.SLACK, ""))
    return draw_message(
        render(view, workspace, chart_address), {each.account.id: each.name for each in people if each.account}
    )


def draw_message(content: Json, names: Mapping[str, str]) -> Markup:
    """Draw what chat.postMessage would be given. `names` are people's, by user id."""
    blocks = _join(_block(block, names) for block in content["blocks"])
    return Markup(
        '<div class="slack"><div class="slack-message"><span class="slack-avatar" aria-hidden="true">★</span>'
        '<div><p class="slack-author">Kudos<span class="slack-app">APP</span></p>'
        '<div class="slack-blocks">{}</div></div></div></div>'
    ).format(blocks)


def draw_view(view: Json, names: Mapping[str, str]) -> Markup:
    """Draw what views.open would be given."""
    submit = _button(view["submit"]["text"], "is-primary") if "submit" in view else Markup()
    return Markup(
        '<div class="slack"><div class="slack-modal"><p class="slack-title">'
        '<span class="slack-avatar" aria-hidden="true">★</span>{}<span class="slack-x" aria-hidden="true">✕</span></p>'
        '<div class="slack-fields">{}</div><p class="slack-footer">{}{}</p></div></div>'
    ).format(
        view["title"]["text"],
        _join(_block(block, names) for block in view["blocks"]),
        _button(view["close"]["text"]),
        submit,
    )


def _people(blocks: Iterable[Block]) -> Iterable[Person]:
    for block in blocks:
        for line in _lines(block):
            yield from (span for span in line if isinstance(span, Person))


def _lines(block: Block) -> tuple[Line, ...]:
    match block:
        case Paragraph(line=line) | Quote(line=line) | Note(line=line):
            return (line,)
        case Items(lines=lines):
            return lines
        case Facts(facts=facts):
            return tuple(fact.value for fact in facts)
        case _:
            return ()


def _block(block: Json, names: Mapping[str, str]) -> Markup:
    match block["type"]:
        case "header":
            return Markup('<h3 class="slack-header">{}</h3>').format(block["text"]["text"])
        case "rich_text":
            return Markup("<div>{}</div>").format(_join(_rich(element, names) for element in block["elements"]))
        case "context":
            small = _join(_small(each, names) for each in block["elements"])
            return Markup('<p class="slack-context">{}</p>').format(small)
        case "divider":
            return Markup('<hr class="slack-divider">')
        case "image":
            return Markup(
                '<figure class="slack-image"><figcaption>{}</figcaption><img src="{}" alt="{}"></figure>'
            ).format(block["title"]["text"], block["image_url"], block["alt_text"])
        case "actions":
            buttons = (
                _button(each["text"]["text"], f"is-{each.get('style', 'plain')}", _question(each))
                for each in block["elements"]
            )
            return Markup('<p class="slack-actions">{}</p>').format(_join(buttons))
        case "input":
            return _input(block, names)
        case unknown:
            raise ValueError(unknown)


def _rich(element: Json, names: Mapping[str, str]) -> Markup:
    match element["type"]:
        case "rich_text_list":
            lines = (Markup("<li>{}</li>").format(_spans(line, names)) for line in element["elements"])
            return Markup('<ul class="slack-list">{}</ul>').format(_join(lines))
        case "rich_text_quote":
            return Markup('<blockquote class="slack-quote">{}</blockquote>').format(_spans(element, names))
        case _:
            return Markup("<p>{}</p>").format(_spans(element, names))


def _spans(holder: Json, names: Mapping[str, str]) -> Markup:
    return _join(_span(span, names) for span in holder["elements"])


def _span(span: Json, names: Mapping[str, str]) -> Markup:
    match span["type"]:
        case "user":
            return _mention(span["user_id"], names)
        case "link":
            return Markup('<a href="{}" rel="noreferrer">{}</a>').format(span["url"], span["text"])
        case "emoji":
            return Markup("<span>:{}:</span>").format(span["name"])
        case _:
            return _set(span["text"], span.get("style", {}))


def _set(text: str, style: Mapping[str, bool]) -> Markup:
    drawn = Markup("<br>").join(text.split("\n"))
    for name, tag in (("bold", "b"), ("italic", "i"), ("code", "code")):
        if style.get(name):
            drawn = Markup(f"<{tag}>{{}}</{tag}>").format(drawn)  # noqa: S704  # the tags are the three above
    return drawn


def _small(element: Json, names: Mapping[str, str]) -> Markup:
    text = element["text"]
    if element["type"] == "plain_text":
        return Markup.escape(text)
    drawn = Markup()
    at = 0
    for match in _MARKED.finditer(text):
        drawn += unescape(text[at : match.start()])
        drawn += _mark(match, names)
        at = match.end()
    return drawn + unescape(text[at:])


def _mark(match: re.Match[str], names: Mapping[str, str]) -> Markup:
    if match["user"]:
        return _mention(match["user"], names)
    if match["url"]:
        return Markup('<a href="{}" rel="noreferrer">{}</a>').format(unescape(match["url"]), unescape(match["label"]))
    if match["code"]:
        return Markup("<code>{}</code>").format(unescape(match["code"]))
    return Markup("<b>{}</b>").format(unescape(match["strong"]))


def _mention(user: str, names: Mapping[str, str]) -> Markup:
    return Markup('<span class="slack-mention">@{}</span>').format(names.get(user, user))


def _button(label: str, kind: str = "is-plain", asks: str = "") -> Markup:
    hover = Markup(' title="{}"').format(asks) if asks else Markup()
    return Markup('<span class="slack-button {}"{}>{}</span>').format(kind, hover, label)


def _question(button: Json) -> str:
    """Give what a button asks before it is pressed, with its own two buttons; empty if it asks nothing."""
    if "confirm" not in button:
        return ""
    asked = button["confirm"]
    title, text, yes, no = (asked[part]["text"] for part in ("title", "text", "confirm", "deny"))
    return f"{title}: {text} [{yes}] [{no}]"


def _input(block: Json, names: Mapping[str, str]) -> Markup:
    hint = Markup('<p class="slack-hint">{}</p>').format(block["hint"]["text"]) if "hint" in block else Markup()
    return Markup('<div><b class="slack-label">{}</b>{}{}</div>').format(
        block["label"]["text"], _element(block["element"], names), hint
    )


def _element(element: Json, names: Mapping[str, str]) -> Markup:
    match element["type"]:
        case "checkboxes" | "radio_buttons":
            return _join(_option(option, element) for option in element["options"])
        case "plain_text_input":
            written = element.get("initial_value")
            placeholder = element.get("placeholder", {}).get("text", "")
            tall = " is-tall" if element["multiline"] else ""
            return _field(written or "", placeholder, tall=tall)
        case "multi_users_select" | "users_select":
            users = _chosen(element, "initial_user")
            return _field(Markup(" ").join(_mention(user, names) for user in users), "", sign="⌄")
        case _:
            labels = (option["text"]["text"] for option in _chosen(element, "initial_option"))
            return _field(", ".join(labels), "", sign="⌄")


def _chosen(element: Json, name: str) -> list[Any]:
    chosen: list[Any] = element.get(f"{name}s", [element[name]] if name in element else [])
    return chosen


def _field(value: str, placeholder: str, *, sign: str = "", tall: str = "") -> Markup:
    empty = Markup('<span class="is-empty">{}</span>').format(placeholder)
    shown = Markup("<span>{}</span>").format(value) if value else empty
    return Markup('<div class="slack-input{}">{}<span aria-hidden="true">{}</span></div>').format(tall, shown, sign)


def _option(option: Json, element: Json) -> Markup:
    chosen = option in _chosen(element, "initial_option")
    kind = ("is-round " if element["type"] == "radio_buttons" else "") + ("is-on" if chosen else "")
    hint = Markup("<small>{}</small>").format(option["description"]["text"]) if "description" in option else Markup()
    return Markup('<p class="slack-option"><span class="slack-tick {}"></span><span>{}{}</span></p>').format(
        kind, option["text"]["text"], hint
    )


def _join(pieces: Iterable[Markup]) -> Markup:
    return Markup().join(pieces)
