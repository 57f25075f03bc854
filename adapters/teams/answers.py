"""Showing an Answer to the person who acted, by the way that each kind of act leaves open.

A dialog and a card are answered in the HTTP answer itself. A message is answered in the person's own chat with the bot,
also if it was written in a channel: what a receipt or a refusal says is for them alone, and Teams shows a channel's
messages to everyone in it.
"""

from __future__ import annotations

import asyncio
from typing import Any, Final
from uuid import uuid4

import structlog

from adapters.teams import forms, render
from adapters.teams.activity import Activity, data_of
from adapters.teams.directory import TeamsDirectory
from adapters.teams.outbound import TeamsPlatform
from adapters.teams.render import ChartAddress, Json, nowhere
from adapters.teams.seal import Seal, Sent
from bot.answer import Answer
from bot.errors import AmbiguousDeliveryError, DeliveryError, PermanentDeliveryError, TemporaryDeliveryError
from bot.identity import AccountRef, ConversationRef, WorkspaceRef
from bot.ports import Receipt
from bot.view.form import Form, PeopleField
from bot.view.message import Message

NAMES_SECONDS: Final = 0.5
"""For the names of people who stand in a form already. Teams is waiting."""

UPDATE_SECONDS: Final = 0.8
"""For changing a message whose card the answer replaces anyway, so that it stays so."""

AGAIN_SECONDS: Final = (1.0, 4.0, 10.0)
"""Before each further try to post an answer, where Teams does not say how long to wait."""

LONGEST_WAIT_SECONDS: Final = 30.0
"""An answer that would come later than this is not understood as one any more."""

TITLE: Final = "Kudos"

_CARD: Final = "application/vnd.microsoft.card.adaptive"
_MESSAGE: Final = "application/vnd.microsoft.activity.message"

_log = structlog.get_logger(__name__)


class Answers:
    """Shows answers in one tenant.

    One that Teams does not take for the moment is tried again here, for some seconds, and not by the outbox: it is for
    who is waiting now, and nobody's business to be stored. What it tells of is recorded in any case. One that Teams
    may have taken is not posted again, so nobody reads it twice.
    """

    def __init__(
        self,
        platform: TeamsPlatform,
        directory: TeamsDirectory,
        workspace: WorkspaceRef,
        seal: Seal,
        chart_address: ChartAddress = nowhere,
    ) -> None:
        self._platform = platform
        self._directory = directory
        self._workspace = workspace
        self._seal = seal
        self._chart_address = chart_address
        self._trying: set[asyncio.Task[None]] = set()

    async def close(self) -> None:
        """Give up what is still being tried again."""
        for trying in self._trying:
            trying.cancel()
        await asyncio.gather(*self._trying, return_exceptions=True)

    async def to_message(self, activity: Activity, sender: AccountRef, answer: Answer, sent: Sent | None) -> None:
        """Answer a message, and a button or form of an old client, which comes as one. Raises a DeliveryError."""
        if answer.problems and sent:
            card = await self._form(await self._refused(sent, activity.value, answer), dialog=False)
            await self._show(activity, sender, render.activity(card, TITLE), replaces=True)
        if answer.form:
            filling = await self._filling(answer.form, _place(activity))
            card = await self._form(filling, dialog=False)
            await self._show(activity, sender, render.activity(card, answer.form.title), replaces=False)
        if answer.reply:
            drawn = render.render(answer.reply, self._seal, self._chart_address)
            await self._show(activity, sender, drawn, replaces=answer.replaces or sent is not None)

    async def to_card(self, activity: Activity, sender: AccountRef, answer: Answer, sent: Sent | None) -> Json:
        """Answer a button or form in a chat; the result is the HTTP answer."""
        if answer.problems and sent:
            return _shown(await self._form(await self._refused(sent, data_of(activity), answer), dialog=False))
        if answer.form:
            await self.to_message(activity, sender, answer, None)
            return _told("")
        if answer.reply and (answer.replaces or sent):
            await self._update(activity, answer.reply)
            return _shown(self._card(answer.reply))
        if answer.reply:
            await self.to_message(activity, sender, answer, None)
            return _told(answer.reply.summary)
        return _told("")

    async def to_dialog(self, activity: Activity, answer: Answer, sent: Sent | None) -> Json:
        """Answer what was done in a dialog, or to open one; the result is the HTTP answer. Empty closes it."""
        if answer.problems and sent:
            filling = await self._refused(sent, data_of(activity), answer)
            return _dialog(filling.form.title, await self._form(filling, dialog=True), "large")
        if answer.form:
            filling = await self._filling(answer.form, (sent.place if sent else "") or _place(activity))
            return _dialog(answer.form.title, await self._form(filling, dialog=True), "large")
        if answer.reply:
            return _dialog(TITLE, self._card(answer.reply, dialog=True), "medium")
        return {}

    def _card(self, message: Message, *, dialog: bool = False) -> Json:
        return render.card(message, self._seal, self._chart_address, dialog=dialog)

    async def _show(self, activity: Activity, sender: AccountRef, drawn: Json, *, replaces: bool) -> None:
        """Post what is drawn. If Teams does not take it now, whoever waits for the HTTP answer is not held up."""
        try:
            await self._post(activity, sender, drawn, replaces=replaces)
        except TemporaryDeliveryError as error:
            trying = asyncio.create_task(self._again(activity, sender, drawn, error, replaces=replaces))
            self._trying.add(trying)
            trying.add_done_callback(self._trying.discard)

    async def _again(
        self, activity: Activity, sender: AccountRef, drawn: Json, error: DeliveryError, *, replaces: bool
    ) -> None:
        for usual in AGAIN_SECONDS:
            asked = error.retry_after if isinstance(error, TemporaryDeliveryError) else None
            wait = usual if asked is None else asked.total_seconds()
            if wait > LONGEST_WAIT_SECONDS:
                break
            await asyncio.sleep(wait)
            try:
                await self._post(activity, sender, drawn, replaces=replaces)
            except TemporaryDeliveryError as again:
                error = again
            except DeliveryError as final:
                error = final
                break
            else:
                return
        _log.warning("teams_answer_not_shown", reason=str(error), kind=type(error).__name__)

    async def _post(self, activity: Activity, sender: AccountRef, drawn: Json, *, replaces: bool) -> None:
        conversation = activity.conversation
        if replaces and conversation and activity.reply_to_id:
            receipt = Receipt(ConversationRef(self._workspace, conversation.place), activity.reply_to_id)
            try:
                await self._platform.update_activity(receipt, drawn)
            except PermanentDeliveryError as error:
                _log.info("teams_message_not_replaced", reason=error.reason)
            except AmbiguousDeliveryError as error:
                # Replacing it once more changes nothing, if it is replaced already.
                raise TemporaryDeliveryError(error.reason) from error
            else:
                return
        await self._platform.send_activity(sender, drawn)

    async def _update(self, activity: Activity, message: Message) -> None:
        """Change the message too, for when the chat is opened again. The answer shows it now in any case."""
        if not (activity.conversation and activity.reply_to_id):
            return
        receipt = Receipt(ConversationRef(self._workspace, activity.conversation.place), activity.reply_to_id)
        try:
            async with asyncio.timeout(UPDATE_SECONDS):
                await self._platform.update(receipt, message)
        except (DeliveryError, TimeoutError) as error:
            _log.info("teams_message_not_replaced", reason=str(error) or type(error).__name__)

    async def _form(self, filling: forms.Filling, *, dialog: bool) -> Json:
        return forms.card(filling, self._seal, dialog=dialog)

    async def _filling(self, form: Form, place: str) -> forms.Filling:
        people = [account for field in form.fields if isinstance(field, PeopleField) for account in field.initial]
        return forms.Filling(form, uuid4().hex, place, await self._names(people))

    async def _refused(self, sent: Sent, data: Any, answer: Answer) -> forms.Filling:
        """Fill a form with what was sent in. It keeps its id: sent in again, it is the same one corrected."""
        form = forms.drawn(sent) or Form("", TITLE, "OK", "OK", ())
        given = forms.read(form, data, self._workspace)
        names = await self._names([account for accounts in given.people.values() for account in accounts])
        return forms.Filling(form, sent.id, sent.place, names, given, answer.problems)

    async def _names(self, accounts: list[AccountRef]) -> dict[AccountRef, str]:
        try:
            async with asyncio.timeout(NAMES_SECONDS):
                found = await asyncio.gather(*(self._directory.person(account) for account in accounts))
        except (DeliveryError, TimeoutError):
            return {}
        return {profile.account: profile.name for profile in found if profile}


def _place(activity: Activity) -> str:
    """Give the conversation that a form is about; empty for a person's own chat with the bot."""
    conversation = activity.conversation
    return conversation.place if conversation and not conversation.personal else ""


def _shown(card: Json) -> Json:
    return {"statusCode": 200, "type": _CARD, "value": card}


def _told(text: str) -> Json:
    return {"statusCode": 200, "type": _MESSAGE, "value": text}


def _dialog(title: str, card: Json, height: str) -> Json:
    value = {"title": title, "width": "medium", "height": height, "card": render.attachment(card)}
    return {"task": {"type": "continue", "value": value}}
