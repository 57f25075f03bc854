"""Neutral messages and forms as HTML. Everything goes through Jinja's escaping; nothing here builds tags by hand."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, assert_never

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from adapters.local.words import page_words
from bot.i18n import Translator
from bot.identity import Platform
from bot.ports import ChartRenderer
from bot.view.form import ChoiceField, Field, Form, PeopleField, TextField
from bot.view.message import (
    Block,
    Button,
    Buttons,
    Chart,
    Code,
    Divider,
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
    Text,
)

_HUES: Final = 12
"""How many colours of avatar the style sheet has."""


@dataclass(frozen=True, slots=True)
class Pressing:
    """What a button needs in order to be pressed: where it posts to, and the message it is on in its present state."""

    address: str
    message: str
    version: str


def environment(charts: ChartRenderer | None = None) -> Environment:
    """Make the template environment of the local chat. Without `charts`, they are told in words."""
    env = Environment(
        loader=FileSystemLoader(Path(__file__).parent / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    env.filters["hue"] = hue
    env.filters["initials"] = initials
    env.globals["draw_chart"] = charts and (lambda chart: Markup(charts.svg(chart)))  # noqa: S704 - drawn, and escaped, by us
    return env


def hue(id: str) -> int:
    """Give the colour of a person's avatar: always the same one, on every machine."""
    return hashlib.sha256(id.encode()).digest()[0] % _HUES


def initials(name: str) -> str:
    """Give the letters of a person's avatar: of the first and the last word of the name."""
    words = [word for word in name.replace("-", " ").split() if word[0].isalnum()]
    return "".join(word[0] for word in (words[:1] + words[1:][-1:])).upper() or "?"


class Renderer:
    """Draws messages and forms for one viewer, in the page's language. `viewer` is an account id or empty."""

    def __init__(self, env: Environment, t: Translator, viewer: str = "") -> None:
        self._blocks: Any = env.get_template("blocks.html").module
        self._forms: Any = env.get_template("forms.html").module
        self._words: Mapping[str, str] = page_words(t)
        self._viewer = viewer

    def message(self, message: Message, pressing: Pressing | None = None) -> Markup:
        """Draw a message. Without `pressing` its buttons are shown and cannot be pressed."""
        return Markup("").join(self._block(block, pressing) for block in message.blocks)

    def form(self, form: Form, address: str = "", key: str = "", names: Mapping[str, str] | None = None) -> Markup:
        """Draw a form that posts to `address`, or, without one, cannot be sent. `names` are people's by account id."""
        fields = [self._field(field, names or {}) for field in form.fields]
        return self._markup(
            self._forms.form(form, self._line(form.intro), fields, address=address, key=key, w=self._words)
        )

    def _block(self, block: Block, pressing: Pressing | None) -> Markup:
        macros = self._blocks
        match block:
            case Heading(text=text):
                return self._markup(macros.heading(text))
            case Paragraph(line=line):
                return self._markup(macros.paragraph(self._line(line)))
            case Quote(line=line):
                return self._markup(macros.quote(self._line(line)))
            case Facts(facts=facts):
                return self._markup(macros.facts([(fact.label, self._line(fact.value)) for fact in facts]))
            case Items(lines=lines):
                return self._markup(macros.items([self._line(line) for line in lines]))
            case Note(line=line):
                return self._markup(macros.note(self._line(line)))
            case Divider():
                return self._markup(macros.divider())
            case Buttons(buttons=buttons):
                return self._markup(macros.buttons([(one, _press_key(one, pressing)) for one in buttons], pressing))
            case Chart():
                return self._markup(macros.chart(block))
            case _:
                assert_never(block)

    def _line(self, line: Line) -> Markup:
        return Markup("").join(self._span(span) for span in line)

    def _span(self, span: Span) -> Markup:
        macros = self._blocks
        match span:
            case Text(text=text, style=style):
                return self._markup(macros.text(text, style.value))
            case Person(name=name, account=account):
                is_here = account is not None and account.workspace.platform is Platform.LOCAL
                is_viewer = account is not None and is_here and account.id == self._viewer
                return self._markup(macros.person(name, is_here, is_viewer))
            case PeoplesWords(text=text):
                return self._markup(macros.peoples_words(text))
            case Code(text=text):
                return self._markup(macros.code(text))
            case Link(text=text, url=url):
                return self._markup(macros.link(text, url if url.startswith("https://") else ""))
            case _:
                assert_never(span)

    def _field(self, field: Field, names: Mapping[str, str]) -> Markup:
        match field:
            case PeopleField():
                chosen = [(account.id, names.get(account.id, account.id)) for account in field.initial]
                return self._markup(self._forms.people(field, chosen, w=self._words))
            case TextField():
                return self._markup(self._forms.text(field, w=self._words))
            case ChoiceField():
                return self._markup(self._forms.choice(field, w=self._words))
            case _:
                assert_never(field)

    @staticmethod
    def _markup(drawn: Any) -> Markup:
        return Markup(drawn)  # noqa: S704 - a macro's own output, escaped in the template


def _press_key(button: Button, pressing: Pressing | None) -> str:
    # The same press of the same button twice is one act, wherever and however often it is drawn.
    act = "\0".join((pressing.version if pressing else "", button.action, button.value))
    return hashlib.sha256(act.encode()).hexdigest()[:32]
