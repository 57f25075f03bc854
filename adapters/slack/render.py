"""Messages as Block Kit.

People's words go only where Slack parses nothing: `text` elements of `rich_text`, or `plain_text`. The `text` beside
the blocks, for notifications and screen readers, is parsed, so there everything is escaped.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any, Final, TypeAlias, assert_never

from adapters.slack import fit
from bot.identity import AccountRef, WorkspaceRef
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
    Line,
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

Json: TypeAlias = dict[str, Any]

ChartAddress: TypeAlias = Callable[[Chart], str | None]
"""Says at which address Slack can fetch a chart's picture; None if at none."""

METADATA_EVENT: Final = "kudos_message"
"""The kind of message metadata that carries a message's key."""

USER_ID: Final = re.compile(r"[UW][A-Z0-9]+")
_EMOJI: Final = re.compile(r":(\+1|-1|100|[a-z0-9_+'-]*[a-z][a-z0-9_+'-]*(?:::skin-tone-[2-6])?):")
_WEB: Final = re.compile(r"https?://[^\s<>|]+")
_MARKUP: Final = re.compile(r"[*_~`]")
_CALL_TO_ALL: Final = re.compile(r"@(?=here|channel|everyone|group)", re.IGNORECASE)
_WORD_JOINER: Final = "\u2060"


def nowhere(_: Chart) -> None:
    """Say that no chart can be fetched: it is told in words."""


def render(message: Message, workspace: WorkspaceRef, chart_address: ChartAddress = nowhere) -> Json:
    """Give the content of a message shown in `workspace`, ready for chat.postMessage, chat.update or an answer."""
    return {
        "text": fallback(message.summary),
        "blocks": render_blocks(message.blocks, workspace, chart_address=chart_address),
        "unfurl_links": False,
        "unfurl_media": False,
    }


def render_blocks(
    blocks: tuple[Block, ...],
    workspace: WorkspaceRef,
    most: int = fit.MESSAGE_BLOCKS,
    chart_address: ChartAddress = nowhere,
) -> list[Json]:
    """Give blocks within the limits of a message, or of a view with `most` blocks."""
    return [_block(block, index, workspace, chart_address) for index, block in enumerate(fit.fit(blocks, most))]


def metadata(key: str) -> Json:
    """Give the metadata that marks a message with its key."""
    return {"event_type": METADATA_EVENT, "event_payload": {"key": key}}


def fallback(summary: str) -> str:
    """Make a text harmless where Slack parses it: nothing is a mention, a link or a call to everyone."""
    escaped = escape(_CALL_TO_ALL.sub(f"@{_WORD_JOINER}", summary))
    if fit.length(escaped) <= fit.FALLBACK:
        return escaped
    # One character becomes at most five, so a fifth is sure to fit; no entity may be cut in two.
    return escape(_CALL_TO_ALL.sub(f"@{_WORD_JOINER}", fit.cut(summary, fit.FALLBACK // 6)))


def escape(text: str) -> str:
    """Escape the three characters by which Slack finds its own syntax."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def action_name(action_id: str) -> str:
    """Give the button's action from an action id: `choose#3` is the third `choose` of its row."""
    return action_id.partition("#")[0]


def mentionable(account: AccountRef | None, workspace: WorkspaceRef) -> bool:
    """Say whether an account can be mentioned natively in a workspace."""
    return account is not None and account.workspace == workspace and bool(USER_ID.fullmatch(account.id))


def _block(block: Block, index: int, workspace: WorkspaceRef, chart_address: ChartAddress) -> Json:
    match block:
        case Heading(text=text):
            return {"type": "header", "text": plain(text)}
        case Paragraph(line=line):
            return _rich(_section(line, workspace))
        case Quote(line=line):
            return _rich({"type": "rich_text_quote", "elements": _elements(line, workspace)})
        case Facts(facts=facts):
            return _rich(*(_section(_fact(fact), workspace) for fact in facts))
        case Items(lines=lines):
            sections = [_section(line, workspace) for line in lines]
            return _rich({"type": "rich_text_list", "style": "bullet", "elements": sections})
        case Note(line=line):
            return {"type": "context", "elements": [_small_print(line, workspace)]}
        case Divider():
            return {"type": "divider"}
        case Buttons(buttons=buttons):
            return {"type": "actions", "block_id": f"buttons-{index}", "elements": list(_row(buttons))}
        case Chart():
            return _chart(block, chart_address(block), workspace)
        case _:
            assert_never(block)


def _chart(chart: Chart, address: str | None, workspace: WorkspaceRef) -> Json:
    if address is None or len(address) > fit.URL:
        return {"type": "context", "elements": [_small_print((Text(chart.text),), workspace)]}
    return {"type": "image", "image_url": address, "alt_text": chart.text, "title": plain(chart.title)}


def plain(text: str) -> Json:
    """Give a text object in which nothing is parsed."""
    return {"type": "plain_text", "text": text, "emoji": False}


def _rich(*elements: Json) -> Json:
    return {"type": "rich_text", "elements": list(elements)}


def _section(line: Line, workspace: WorkspaceRef) -> Json:
    return {"type": "rich_text_section", "elements": _elements(line, workspace)}


def _fact(fact: Fact) -> Line:
    label = Text(fact.label, Style.STRONG)
    return (label, Text(": "), *fact.value) if fact.value else (label,)


def _elements(line: Line, workspace: WorkspaceRef) -> list[Json]:
    return [element for span in line for element in _span(span, workspace)]


def _span(span: Span, workspace: WorkspaceRef) -> Iterator[Json]:
    match span:
        case Text(text=text, style=style):
            yield from _text(text, _STYLES[style])
        case Person(name=name, account=account):
            if account is not None and mentionable(account, workspace):
                yield {"type": "user", "user_id": account.id}
            else:
                yield from _text(name or "…", "bold")
        case PeoplesWords(text=text):
            yield from _typed(text)
        case Code(text=text):
            yield from _text(text, "code")
        case Link(text=text, url=url):
            if _WEB.fullmatch(url) and len(url) <= fit.URL and text:
                yield {"type": "link", "url": url, "text": text}
            else:
                yield from _text(text, None)
        case _:
            assert_never(span)


_STYLES: Final = {Style.PLAIN: None, Style.STRONG: "bold", Style.QUIET: "italic"}


def _text(text: str, style: str | None) -> Iterator[Json]:
    if text:
        yield {"type": "text", "text": text} | ({"style": {style: True}} if style else {})


def _typed(text: str) -> Iterator[Json]:
    """Give typed words as they are, with `:tada:` as the emoji that Slack makes of it everywhere else."""
    at = 0
    for match in _EMOJI.finditer(text):
        yield from _text(text[at : match.start()], None)
        yield {"type": "emoji", "name": match.group(1)}
        at = match.end()
    yield from _text(text[at:], None)


def _small_print(line: Line, workspace: WorkspaceRef) -> Json:
    """Set a note in mrkdwn if all of it is ours and free of markup, and else in plain text."""
    pieces = [_marked(span, workspace) for span in line]
    marked = "".join(piece for piece in pieces if piece is not None)
    if None in pieces or fit.length(marked) > fit.TEXT_OBJECT:
        return plain("".join(_words(span) for span in line))
    return {"type": "mrkdwn", "text": marked, "verbatim": True}


def _marked(span: Span, workspace: WorkspaceRef) -> str | None:
    match span:
        case Text(text=text, style=style) if not _MARKUP.search(text):
            strong = style is Style.STRONG and text.strip() == text != ""
            return f"*{escape(text)}*" if strong else escape(text)
        case Person(account=account) if account is not None and mentionable(account, workspace):
            return f"<@{account.id}>"
        case Code(text=text) if "`" not in text:
            return f"`{escape(text)}`"
        case Link(text=text, url=url) if _WEB.fullmatch(url) and not _MARKUP.search(text):
            return f"<{escape(url)}|{escape(text)}>"
        case _:
            return None


def _words(span: Span) -> str:
    return (span.name or "…") if isinstance(span, Person) else span.text


def _row(buttons: tuple[Button, ...]) -> Iterator[Json]:
    """Give a row of buttons. Slack wants the ids of a row unique, so a repeated action is numbered."""
    used: Counter[str] = Counter()
    for button in buttons:
        used[button.action] += 1
        number = f"#{used[button.action]}" if used[button.action] > 1 else ""
        yield _button(button, f"{button.action}{number}")


def _button(button: Button, action_id: str) -> Json:
    made: Json = {"type": "button", "action_id": action_id, "text": plain(button.label)}
    if button.value:
        made["value"] = button.value
    if button.about:
        made["accessibility_label"] = fit.cut(button.spoken, fit.BUTTON)
    match button.tone:
        case Tone.PRIMARY | Tone.DANGER:
            made["style"] = button.tone.value
        case Tone.NORMAL:
            pass
        case _:
            assert_never(button.tone)
    if button.confirm:
        made["confirm"] = {
            "title": plain(fit.cut(button.label, fit.CONFIRM_TITLE)),
            "text": plain(button.confirm),
            "confirm": plain(fit.cut(button.label, fit.CONFIRM_BUTTON)),
            "deny": plain(button.cancel),
        } | ({"style": "danger"} if button.tone is Tone.DANGER else {})
    return made
