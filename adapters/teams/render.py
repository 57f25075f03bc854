"""Messages as Adaptive Cards 1.5, the newest that Teams shows everywhere.

People's words go only into `TextRun`, in which nothing is parsed. A `TextBlock` is used where somebody is mentioned, as
mentions work nowhere else, and then holds only our own words and names. Mentioned is only who is in the conversation:
Teams drops a mention of anybody else, and may then show the next one at the wrong name.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field
from typing import Any, Final, TypeAlias, assert_never

import msgspec

from adapters.teams import fit
from adapters.teams.seal import Seal
from bot.identity import AccountRef
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
"""Says at which address Teams can fetch a chart's picture; None if at none."""

CARD_TYPE: Final = "application/vnd.microsoft.card.adaptive"
SCHEMA: Final = "http://adaptivecards.io/schemas/adaptive-card.json"
VERSION: Final = "1.5"

NOBODY: Final = "…"
"""In place of a name that is not known."""

_WEB: Final = re.compile(r"https?://[^\s<>|]+")
_MARKUP: Final = re.compile(
    r"[*_`~<>{}\\\r\n]|\]\(|://|www\.|&#?\w+;|^\s*(?:[-+#]|\d+[.)])",
    re.IGNORECASE,
)
"""What a TextBlock would take for more than a character: emphasis, code, tags, links, escapes, lists and templates."""

_STYLES: Final[dict[Tone, str]] = {Tone.PRIMARY: "positive", Tone.DANGER: "destructive"}


def nowhere(_: Chart) -> None:
    """Say that no chart can be fetched: it is told in words."""


@dataclass(slots=True)
class Drawing:
    """One card as it is drawn: where it is shown, and what was gathered for it.

    `here` are those who can be mentioned there. In a dialog every button is an Action.Submit: Teams takes no other.
    """

    seal: Seal
    chart_address: ChartAddress = nowhere
    here: Collection[AccountRef] = ()
    dialog: bool = False
    mentioned: dict[str, Json] = field(default_factory=dict)
    questions: int = 0

    def blocks(self, blocks: tuple[Block, ...], room: int = fit.CARD) -> list[Json]:
        """Give the body of blocks that fit into `room` bytes."""
        drawn: list[Json] = []
        apart = False
        for block in fit.fit(blocks, self._weigh, room):
            if isinstance(block, Divider):
                apart = bool(drawn)
                continue
            for element in self._block(block):
                drawn.append({**element, "separator": True, "spacing": "Medium"} if apart else element)
                apart = False
        return drawn

    def card(self, body: list[Json], actions: list[Json] | None = None, fallback: str = "") -> Json:
        """Give the card around a body."""
        teams: Json = {"width": "Full"}
        if self.mentioned:
            teams["entities"] = list(self.mentioned.values())
        return {
            "type": "AdaptiveCard",
            "$schema": SCHEMA,
            "version": VERSION,
            **({"fallbackText": fallback} if fallback else {}),
            "body": body,
            **({"actions": actions} if actions else {}),
            "msteams": teams,
        }

    def _weigh(self, block: Block) -> int:
        alone = Drawing(self.seal, self.chart_address, self.here, self.dialog)
        drawn = alone._block(block)
        return weight([drawn, list(alone.mentioned.values())]) + fit.GROWS * (
            1 + len(alone.mentioned) + alone.questions
        )

    def _block(self, block: Block) -> list[Json]:
        match block:
            case Heading(text=text):
                return [_rich([_run(text, size="Large", weight="Bolder")])]
            case Paragraph(line=line):
                return [self._line(line)]
            case Quote(line=line):
                return [{"type": "Container", "style": "emphasis", "items": [self._line(line)]}]
            case Facts(facts=facts):
                return self._list(map(_fact, facts))
            case Items(lines=lines):
                return self._list((Text("•  "), *line) for line in lines)
            case Note(line=line):
                return [self._line(line, size="Small", isSubtle=True) | {"spacing": "Small"}]
            case Divider():
                return []
            case Buttons(buttons=buttons):
                return self._row(buttons)
            case Chart():
                return self._chart(block)
            case _:
                assert_never(block)

    def _list(self, lines: Iterable[Line]) -> list[Json]:
        return [self._line(line) | ({"spacing": "Small"} if number else {}) for number, line in enumerate(lines)]

    def _chart(self, chart: Chart) -> list[Json]:
        address = self.chart_address(chart)
        if address is None or len(address) > fit.URL:
            return [self._line((Text(chart.text),), size="Small", isSubtle=True)]
        # An image has no title in a card, and the picture shows bars alone.
        title = self._line((Text(chart.title),), size="Small", isSubtle=True)
        picture = {"type": "Image", "url": address, "altText": chart.text, "size": "Stretch", "spacing": "Small"}
        return [title, picture]

    def _line(self, line: Line, **style: Any) -> Json:
        if self.here and any(map(self._mentionable, line)) and (text := self._marked(line)) is not None:
            return {"type": "TextBlock", "text": text, "wrap": True, **style}
        return _rich(_joined(run for span in line if (run := _shown(span, style))))

    def _mentionable(self, span: Span) -> bool:
        return isinstance(span, Person) and span.account in self.here and bool(span.name.strip())

    def _marked(self, line: Line) -> str | None:
        """Give a line as the text of a TextBlock; None where something in it would be parsed."""
        if not all(isinstance(span, Person) or (isinstance(span, Text) and _can_be_marked(span)) for span in line):
            return None
        if _MARKUP.search("".join(span.name if isinstance(span, Person) else span.text for span in line)):
            return None
        pieces: list[str] = []
        for span in line:
            if not isinstance(span, Person):
                pieces.append(span.text if getattr(span, "style", None) is Style.PLAIN else f"**{span.text}**")
            elif span.account and self._mentionable(span):
                pieces.append(self._mention(span.account, span.name.strip()))
            else:
                pieces.append(f"**{span.name.strip() or NOBODY}**")
        return "".join(pieces)

    def _mention(self, account: AccountRef, name: str) -> str:
        """Note a mention and give its text, which must be another's only if it is the same person's."""
        number = 1
        while True:
            text = f"<at>{name}{f' {number}' if number > 1 else ''}</at>"
            known = self.mentioned.setdefault(
                text, {"type": "mention", "text": text, "mentioned": {"id": account.id, "name": name}}
            )
            if known["mentioned"]["id"] == account.id:
                return text
            number += 1

    def _row(self, buttons: tuple[Button, ...]) -> list[Json]:
        """Give a row of buttons, and below it what each asks first."""
        actions: list[Json] = []
        asked: list[Json] = []
        for button in buttons:
            if button.confirm is None:
                actions.append(self._press(button))
                continue
            self.questions += 1
            id_ = f"sure-{self.questions}"
            shown = {"type": "Action.ToggleVisibility", "title": button.label, "targetElements": [id_]}
            actions.append(shown | _tooltip(button) | _tone(button))
            leave = {"type": "Action.ToggleVisibility", "title": button.cancel, "targetElements": [id_]}
            question = _rich([_run(button.confirm)])
            sure = {"type": "ActionSet", "actions": [self._press(button), leave]}
            asked.append(
                {"type": "Container", "id": id_, "isVisible": False, "style": "emphasis", "items": [question, sure]}
            )
        return [{"type": "ActionSet", "actions": actions}, *asked]

    def _press(self, button: Button) -> Json:
        data = self.seal.button(button.action, button.value)
        submit: Json = {
            "type": "Action.Submit",
            "title": button.label,
            **_tooltip(button),
            **_tone(button),
            "data": data,
        }
        if self.dialog or len(button.value) > fit.CARRIED_TWICE:
            return submit
        if button.form:
            # Only a submit can open a dialog.
            return submit | {"data": {**data, "msteams": {"type": "task/fetch"}}}
        return {
            "type": "Action.Execute",
            "title": button.label,
            **_tooltip(button),
            **_tone(button),
            "verb": button.action,
            "data": data,
            "fallback": submit,
        }


def render(
    message: Message, seal: Seal, chart_address: ChartAddress = nowhere, here: Collection[AccountRef] = ()
) -> Json:
    """Give the activity that shows a message. `here` are those who can be mentioned where it is shown."""
    return activity(card(message, seal, chart_address, here), message.summary)


def card(
    message: Message,
    seal: Seal,
    chart_address: ChartAddress = nowhere,
    here: Collection[AccountRef] = (),
    *,
    dialog: bool = False,
) -> Json:
    """Give a message's card."""
    drawing = Drawing(seal, chart_address, here, dialog)
    return drawing.card(drawing.blocks(message.blocks), fallback=fit.summary(message.summary))


def activity(card: Json, summary: str) -> Json:
    """Give the activity that shows a card. `summary` is for notifications, where nothing is parsed."""
    return {
        "type": "message",
        "summary": fit.summary(summary),
        "attachments": [attachment(card)],
    }


def attachment(card: Json) -> Json:
    """Give a card as it is attached."""
    return {"contentType": CARD_TYPE, "content": card}


def weight(thing: Any) -> int:
    """Give the bytes that something takes as JSON."""
    return len(msgspec.json.encode(thing))


def _can_be_marked(text: Text) -> bool:
    return text.style is Style.PLAIN or (text.style is Style.STRONG and text.text == text.text.strip() != "")


def _fact(fact: Fact) -> Line:
    label = Text(fact.label, Style.STRONG)
    return (label, Text(": "), *fact.value) if fact.value else (label,)


def _rich(runs: list[Json]) -> Json:
    return {"type": "RichTextBlock", "inlines": runs}


def _joined(runs: Iterable[Json]) -> list[Json]:
    """Make one run of names with commas between them, and of all small print: a long list would weigh too much.

    What is not set in any way stays apart, and with it what people wrote.
    """
    joined: list[Json] = []
    for run in runs:
        between = ""
        if len(joined) > 1 and joined[-1] == _COMMA and _alike(joined[-2], run):
            between = joined.pop()["text"]
        if joined and _alike(joined[-1], run):
            joined[-1] = run | {"text": joined[-1]["text"] + between + run["text"]}
        else:
            joined.append(run)
    return joined


def _alike(one: Json, other: Json) -> bool:
    return len(other) > len(_COMMA) and one | {"text": other["text"]} == other


def _run(text: str, **style: Any) -> Json:
    return {"type": "TextRun", "text": text, **style}


def _shown(span: Span, style: Json) -> Json | None:
    """Draw a span; None if it shows nothing."""
    match span:
        case Text(text=text, style=set_):
            return _run(text, **style, **_SET[set_]) if text else None
        case Person(name=name):
            # Nothing is loud in small print.
            return _run(name or NOBODY, **(style or _SET[Style.STRONG]))
        case PeoplesWords(text=text):
            return _run(text, **style) if text else None
        case Code(text=text):
            return _run(text, **style, fontType="Monospace")
        case Link(text=text, url=url):
            if _WEB.fullmatch(url) and len(url) <= fit.URL:
                return _run(text, **style) | {"selectAction": {"type": "Action.OpenUrl", "url": url}}
            return _run(text, **style) if text else None
        case _:
            assert_never(span)


_COMMA: Final = _run(", ")
_SET: Final[dict[Style, Json]] = {Style.PLAIN: {}, Style.STRONG: {"weight": "Bolder"}, Style.QUIET: {"italic": True}}


def _tooltip(button: Button) -> Json:
    """Give what is read aloud in place of the title, and shown under the pointer."""
    return {"tooltip": button.spoken} if button.about else {}


def _tone(button: Button) -> Json:
    return {"style": _STYLES[button.tone]} if button.tone in _STYLES else {}
