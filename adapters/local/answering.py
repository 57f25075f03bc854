"""Puts the bot's answer to an act before the person who acted: a private message, a form, or words beside fields."""

from __future__ import annotations

from collections.abc import Sequence

from jinja2 import Environment
from markupsafe import Markup

from adapters.local.chat import LocalChat
from adapters.local.pages import new_key
from adapters.local.render import Renderer
from adapters.local.store import StoredMessage
from adapters.local.window import Window
from bot.answer import Answer
from bot.ports import Receipt
from bot.view.form import Form
from bot.view.message import Message


class Answering:
    """Shows answers. Each method gives what is to be swapped into the page, as `templates/swaps.html` draws it."""

    def __init__(self, chat: LocalChat, env: Environment) -> None:
        self._chat = chat
        self._env = env

    async def show(
        self, window: Window, answer: Answer, key: str, pressed: StoredMessage | None = None, fields: Sequence[str] = ()
    ) -> str:
        """Show an answer. `pressed` is the message whose button was pressed, `fields` those of the form sent in."""
        if answer.problems:
            return self._problems(answer, fields)
        if answer.form is not None:
            return self._form(window, answer.form)
        if answer.reply is not None:
            await self._reply(window, answer.reply, key, pressed if answer.replaces else None)
        return self.close() if fields else ""

    def toast(self, text: str) -> str:
        """Say something in passing."""
        return self._swaps(toast=text)

    def keep(self, text: str, key: str = "") -> str:
        """Put back what was typed, to be mended; with a key, to be sent again as the same act."""
        return self._swaps(kept=text, key=key)

    def close(self) -> str:
        """Close the form."""
        return self._swaps(closes=True)

    async def _reply(self, window: Window, reply: Message, key: str, replaced: StoredMessage | None) -> None:
        # A message that others see too is never replaced by what one of them is told.
        if replaced is not None and (replaced.private_to == window.my_id or window.conversation.direct):
            await self._chat.change(Receipt(window.ref, replaced.id), reply)
            return
        await self._chat.post(window.ref, reply, f"answer:{window.my_id}:{key}", private_to=window.my_id)

    def _form(self, window: Window, form: Form) -> str:
        names = {account.profile.account.id: account.profile.name for account in window.roster.accounts.values()}
        drawn = Renderer(self._env, window.t, window.my_id).form(form, f"{window.address}/submit", new_key(), names)
        return self._swaps(form=drawn)

    def _problems(self, answer: Answer, fields: Sequence[str]) -> str:
        beside = {field: answer.problems.get(field, "") for field in fields}
        homeless = " ".join(text for field, text in answer.problems.items() if field not in beside)
        return self._swaps(problems=beside, toast=homeless)

    def _swaps(
        self,
        *,
        form: Markup | None = None,
        problems: dict[str, str] | None = None,
        toast: str = "",
        kept: str = "",
        key: str = "",
        closes: bool = False,
    ) -> str:
        template = self._env.get_template("swaps.html")
        return template.render(form=form, problems=problems or {}, toast=toast, kept=kept, key=key, closes=closes)
