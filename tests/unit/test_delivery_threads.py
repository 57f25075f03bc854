"""A message that continues another one: in its thread if there is one, by itself if not, and never twice."""

from __future__ import annotations

import pytest

from bot.delivery.model import State
from bot.errors import AmbiguousDeliveryError, PermanentDeliveryError
from bot.identity import OutboxId
from bot.ports import Capabilities
from tests.unit.delivery_desk import SECOND, Desk
from tests.unit.test_delivery_courier import LOST, NEVER_ARRIVED, settled_as_unknown


async def delivered(desk: Desk, under: OutboxId) -> None:
    """Put k2 under it, and give delivery a while."""
    desk.put("k2", original=under)
    worker = desk.worker()
    for _ in range(8):
        desk.clock.advance(SECOND)
        await worker.deliver_due()
    assert desk.state("k2") is State.SENT


async def test_it_goes_into_the_thread_of_what_it_continues() -> None:
    desk = Desk()
    await delivered(desk, under=desk.put("k1"))
    assert desk.platform.keys == ["k1", "k2"]
    assert desk.platform.threads == {"k2": desk.row("k1").receipt}


async def test_it_waits_until_it_is_known_where_that_is() -> None:
    desk = Desk()
    desk.platform.script.append(LOST)
    await delivered(desk, under=desk.put("k1"))
    assert desk.platform.keys == ["k1", "k2"]
    assert desk.platform.threads == {"k2": desk.row("k1").receipt}


async def test_it_stands_by_itself_if_that_was_never_delivered() -> None:
    desk = Desk()
    desk.platform.script.append(PermanentDeliveryError("msg_too_long"))
    await delivered(desk, under=desk.put("k1"))
    assert (desk.platform.keys, desk.platform.threads) == (["k2"], {})


async def test_a_lost_answer_is_asked_about_in_the_thread() -> None:
    desk = Desk()
    first = desk.put("k1")
    await desk.worker().deliver_due()
    desk.platform.script.append(LOST)
    await delivered(desk, under=first)
    assert desk.platform.keys == ["k1", "k2"]
    assert desk.row("k2").receipt.message == "m2"


async def test_what_did_not_arrive_in_the_thread_is_sent_there_again() -> None:
    desk = Desk()
    first = desk.put("k1")
    await desk.worker().deliver_due()
    desk.platform.script.append(NEVER_ARRIVED)
    await delivered(desk, under=first)
    assert desk.platform.keys == ["k1", "k2"]
    assert desk.platform.threads == {"k2": desk.row("k1").receipt}


async def test_what_may_have_arrived_is_looked_for_and_continued() -> None:
    desk = await settled_as_unknown(LOST)
    await delivered(desk, under=desk.row("k1").id)
    assert desk.platform.threads["k2"].message == "m1"


async def test_what_is_not_to_be_found_is_not_continued() -> None:
    desk = await settled_as_unknown(NEVER_ARRIVED)
    await delivered(desk, under=desk.row("k1").id)
    assert (desk.platform.keys, desk.platform.threads) == (["k2"], {})


async def test_what_may_not_be_looked_for_is_not_continued() -> None:
    desk = await settled_as_unknown(LOST)
    desk.platform.asked.append(PermanentDeliveryError("missing_scope"))
    await delivered(desk, under=desk.row("k1").id)
    assert (desk.platform.keys, desk.platform.threads) == (["k1", "k2"], {})


async def test_what_cannot_be_looked_for_is_not_continued() -> None:
    desk = await settled_as_unknown(LOST)
    desk.platform.capabilities = Capabilities(find_sent=False, remove=True)
    await delivered(desk, under=desk.row("k1").id)
    assert (desk.platform.keys, desk.platform.threads) == (["k1", "k2"], {})


async def test_what_was_sent_by_itself_is_found_also_when_its_thread_turns_up_later() -> None:
    desk = await settled_as_unknown(LOST)
    desk.platform.asked.append(PermanentDeliveryError("missing_scope"))
    desk.platform.script.append(LOST)
    await delivered(desk, under=desk.row("k1").id)
    assert desk.platform.keys == ["k1", "k2"]
    assert desk.row("k2").receipt.message == "m2"


@pytest.mark.parametrize("error", [AmbiguousDeliveryError("timeout"), RuntimeError("broken")])
async def test_not_knowing_where_it_belongs_is_no_reason_to_send_twice(error: Exception) -> None:
    desk = await settled_as_unknown(LOST)
    desk.platform.asked.append(error)
    await delivered(desk, under=desk.row("k1").id)
    assert desk.platform.keys == ["k1", "k2"]
    assert desk.platform.threads["k2"].message == "m1"
