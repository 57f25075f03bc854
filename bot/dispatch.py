"""From an incoming act to its answer. The one place that turns a RecognitionError into words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from bot.incoming import Incoming
from bot.view.form import Form
from bot.view.message import Message


@dataclass(frozen=True, slots=True)
class Answer:
    """What the person who acted is shown, in the same HTTP answer, and nobody else.

    At most one of `form` (to open), `problems` (sentences by field name, for a form that was sent in) and `reply` is
    set; with none, nothing is shown. `replaces` asks to put the reply in the place of the message or form that the
    act came from.
    """

    reply: Message | None = None
    form: Form | None = None
    problems: Mapping[str, str] = field(default_factory=dict)
    replaces: bool = False


class Dispatch(Protocol):
    """What adapters call."""

    async def handle(self, incoming: Incoming) -> Answer:
        """Answer one act. Raises nothing: refusals and faults come back as messages in the person's language."""
        ...
