"""Showing an Answer to the person who acted, by the way that each kind of act leaves open.

A dialog and a card are answered in the HTTP answer itself, and nothing that Teams is asked for holds that up. A message
is answered in the person's own chat with the bot, also if it was written in a channel: what a receipt or a refusal says
is for them alone, and Teams shows a channel's messages to everyone in it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import suppress
from typing import Any, Final
from uuid import uuid4
from weakref import WeakValueDictionary

import structlog

from adapters.teams import forms, render
from adapters.teams.activity import Activity, data_of
from adapters.teams.contacts import Contacts
from adapters.teams.directory import TeamsDirectory
from adapters.teams.outbound import TeamsPlatform
from adapters.teams.render import ChartAddress, Json, nowhere
from adapters.teams.seal import Seal, Sent
from adapters.teams.sightings import CARD
from bot.answer import Answer
from bot.errors import AmbiguousDeliveryError, DeliveryError, PermanentDeliveryError, TemporaryDeliveryError
from bot.identity import AccountRef, ConversationRef
from bot.ports import Receipt
from bot.view.form import Form, PeopleField
from bot.view.message import Message

NAMES_SECONDS: Final = 0.5
"""For the names of people who stand in a form already. Teams is waiting."""

AGAIN_SECONDS: Final = (1.0, 4.0, 10.0)
"""Before each further try to post an answer, where Teams does not say how long to wait."""

LONGEST_WAIT_SECONDS: Final = 30.0
"""An answer that would come later than this is not understood as one any more."""

LAST_SECONDS: Final = 7.0
"""For what is being posted when the bot stops: a little more than one call takes, and far less than a stop may take."""

TITLE: Final = "Kudos"

_CARD: Final = "application/vnd.microsoft.card.adaptive"
_MESSAGE: Final = "application/vnd.microsoft.activity.message"

_log = structlog.get_logger(__name__)


class Answers:
    """Shows answers in one tenant.

    One that Teams does not take for the moment is tried again here, for some seconds, and not by the outbox: it is for
    who is waiting now, and nobody's business to be stored. What it tells of is recorded in any case. One that Teams
    may have taken is not posted again, so nobody reads it twice.

    What is posted beside an HTTP answer may be lost when the bot stops: nothing is told there alone, and a form that
    did not come is opened by pressing again.
    """

    def __init__(
        self,
        platform: TeamsPlatform,
        directory: TeamsDirectory,
        contacts: Contacts,
        seal: Seal,
        chart_address: ChartAddress = nowhere,
    ) -> None:
        self._platform = platform
        self._directory = directory
        self._contacts = contacts
        self._workspace = contacts.workspace
        self._seal = seal
        self._chart_address = chart_address
        self._aside: set[asyncio.Task[None]] = set()
        self._closing = asyncio.Event()
        self._changing: WeakValueDictionary[Receipt, asyncio.Lock] = WeakValueDictionary()

    async def close(self) -> None:
        """Let what is being posted be posted, and give up what waits to be tried again."""
        self._closing.set()
        if self._aside:
            await asyncio.wait(self._aside, timeout=LAST_SECONDS)
        for posting in self._aside:
            posting.cancel()
        await asyncio.gather(*self._aside, return_exceptions=True)

    async def to_message(self, activity: Activity, sender: AccountRef, answer: Answer, sent: Sent | None) -> None:
        """Answer a message, and a button or form of an old client, which comes as one. Raises a DeliveryError."""
        if drawn := await self._drawn(activity, activity.value, answer, sent):
            replaces = not answer.form and (answer.replaces or sent is not None)
            await self._show(lambda: self._post(activity, sender, drawn, replaces=replaces))

    async def to_card(self, activity: Activity, sender: AccountRef, answer: Answer, sent: Sent | None) -> Json:
        """Answer a button or form in a chat; the result is the HTTP answer."""
        if answer.problems and sent:
            return _shown(await self._form(await self._refused(sent, data_of(activity), answer), dialog=False))
        if answer.reply and (answer.replaces or sent):
            shown = _shown(self._card(answer.reply))
            self._start(self._update(activity, answer.reply))
            return shown
        if drawn := await self._drawn(activity, None, answer, None):
            self._start(self._show(lambda: self._post(activity, sender, drawn, replaces=False)))
        if answer.form:
            return _told(answer.form.title)
        return _told(answer.reply.summary if answer.reply else "")

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

    async def own_up(self, activity: Activity, fault: Message) -> None:
        """Tell who wrote of a fault, by what came with the message: storage may be what fails. Raises anything."""
        drawn = render.render(fault, self._seal, self._chart_address)
        sender, conversation = activity.sender, activity.conversation
        if conversation and conversation.personal:
            await self._platform.answer(activity.service_url or "", conversation.id, drawn)
        elif sender and sender.aad_object_id:
            await self._platform.send_activity(AccountRef(self._workspace, sender.aad_object_id.lower()), drawn)

    async def in_place(self, activity: Activity, message: Message) -> None:
        """Answer a message where it was written, for all who are there. Raises a DeliveryError."""
        if activity.conversation:
            drawn = render.render(message, self._seal, self._chart_address)
            await self._platform.answer(activity.service_url or "", activity.conversation.id, drawn)

    async def to_place(self, place: ConversationRef, message: Message) -> None:
        """Post a message of its own for all who are in a place: in a channel, a new thread. Raises a DeliveryError."""
        drawn = render.render(message, self._seal, self._chart_address)

        async def post() -> None:
            await self._platform.send_activity(place, drawn)

        await self._show(post)

    async def _drawn(self, activity: Activity, data: Any, answer: Answer, sent: Sent | None) -> Json | None:
        """Draw an answer as a message of its own; None if there is nothing to show."""
        if answer.problems and sent:
            card = await self._form(await self._refused(sent, data, answer), dialog=False)
            return render.activity(card, TITLE)
        if answer.form:
            card = await self._form(await self._filling(answer.form, _place(activity)), dialog=False)
            return render.activity(card, answer.form.title)
        return render.render(answer.reply, self._seal, self._chart_address) if answer.reply else None

    def _start(self, work: Coroutine[Any, Any, None]) -> None:
        """Do something beside the HTTP answer, which does not wait for it."""
        task = asyncio.create_task(_logged(work))
        self._aside.add(task)
        task.add_done_callback(self._aside.discard)

    async def _show(self, post: Callable[[], Awaitable[None]]) -> None:
        """Post what is drawn. If Teams does not take it now, whoever waits for the HTTP answer is not held up."""
        try:
            await post()
        except TemporaryDeliveryError as error:
            self._start(self._again(post, error))

    async def _again(self, post: Callable[[], Awaitable[None]], error: TemporaryDeliveryError) -> None:
        """Post it later. Raises the last DeliveryError if it was in vain."""
        for usual in AGAIN_SECONDS:
            wait = usual if error.retry_after is None else error.retry_after.total_seconds()
            if wait > LONGEST_WAIT_SECONDS or await self._is_closed(within=wait):
                break
            try:
                await post()
            except TemporaryDeliveryError as again:
                error = again
            else:
                return
        raise error

    async def _is_closed(self, *, within: float) -> bool:
        with suppress(TimeoutError):
            async with asyncio.timeout(within):
                await self._closing.wait()
        return self._closing.is_set()

    async def _post(self, activity: Activity, sender: AccountRef, drawn: Json, *, replaces: bool) -> None:
        receipt = self._acted_on(activity) if replaces else None
        if receipt:
            try:
                await self._change(receipt, lambda: self._platform.update_activity(receipt, drawn))
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
        if receipt := self._acted_on(activity):
            try:
                await self._change(receipt, lambda: self._platform.update(receipt, message))
            except DeliveryError as error:
                _log.info("teams_message_not_replaced", reason=str(error))

    def _acted_on(self, activity: Activity) -> Receipt | None:
        """Give the message that a button or a form was in."""
        conversation, message = activity.conversation, activity.reply_to_id
        if not (conversation and message):
            return None
        return Receipt(ConversationRef(self._workspace, conversation.place), message)

    async def _change(self, receipt: Receipt, change: Callable[[], Awaitable[None]]) -> None:
        """Change a message, after what was to become of it before: the last act is what it shows in the end."""
        async with self._changing.setdefault(receipt, asyncio.Lock()):
            await change()

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
        """Give names, as far as they come in time: as they are now, or were when the person was met."""
        names: dict[AccountRef, str] = {}

        async def look(account: AccountRef) -> None:
            if (known := await self._contacts.contact(account)) and known.name:
                names[account] = known.name
            with suppress(DeliveryError):
                if found := await self._directory.person(account):
                    names[account] = found.name

        with suppress(TimeoutError):
            async with asyncio.timeout(NAMES_SECONDS):
                await asyncio.gather(*map(look, accounts))
        return names


def told(activity: Activity, message: Message) -> Json:
    """Answer an invoke with a sentence and nothing else, in the way that its kind is answered."""
    if activity.name == CARD:
        return _told(message.summary)
    return {"task": {"type": "message", "value": message.summary}}


async def _logged(work: Coroutine[Any, Any, None]) -> None:
    try:
        await work
    except DeliveryError as error:
        _log.warning("teams_answer_not_shown", reason=str(error), kind=type(error).__name__)
    except Exception:  # noqa: BLE001 - nobody waits for it who could be told
        _log.exception("teams_answer_not_shown")


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
