"""Every message and form, drawn for every platform from example data."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeAlias

from jinja2 import Environment
from markupsafe import Markup

from adapters.local import words
from adapters.local.render import Renderer
from bot.i18n import LANGUAGES, translator
from bot.view.form import Form
from bot.view.message import Message

Examples: TypeAlias = Callable[[str], Mapping[str, Message | Form]]
"""Example messages and forms in a language, by a name to show."""

PlatformRenderer: TypeAlias = Callable[[Message | Form], Markup]
"""Draws a message or form as another platform would."""


def gallery(
    env: Environment,
    language: str,
    theme: str,
    examples: Examples,
    *,
    names: Mapping[str, str],
    renderers: Mapping[str, PlatformRenderer],
) -> str:
    """Draw the gallery. `names` are those of the examples' people, by account id."""
    t = translator(language)
    renderer = Renderer(env, t)

    def local(view: Message | Form) -> Markup:
        return renderer.form(view, names=names) if isinstance(view, Form) else renderer.message(view)

    w = words.page_words(t)
    drawers: dict[str, PlatformRenderer] = {w["local_chat"]: local, **renderers}
    entries = [
        {
            "name": name,
            "is_form": isinstance(view, Form),
            "title": view.title if isinstance(view, Form) else view.summary,
            "drawn": [(platform, draw is local, draw(view)) for platform, draw in drawers.items()],
        }
        for name, view in examples(language).items()
    ]
    return env.get_template("gallery.html").render(
        w=w,
        language=t.language,
        languages=LANGUAGES,
        theme=theme,
        workspace_name="Kudos",
        entries=entries,
    )
