"""The adapter on the served Lighter exchange, with transactions signed by the venue's own library where it is there."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest
import pytest_asyncio
from adapter_kit import D, Recorder, Rig, connected, order_at, served, touch

from venues.live.signers import lighter_library
from venues.live.venue import CcxtVenue
from venues.model import OrderStatus, RejectReason, Side, TimeInForce, VenueRejected, VenueUnavailable
from venues.served.faults import FaultKind

pytestmark = pytest.mark.skipif(
    lighter_library() is None, reason="Lighter's native signer is not installed: make signers"
)
BTC = "BTC"


@dataclass
class Live:
    rig: Rig
    venue: CcxtVenue
    recorder: Recorder


@pytest_asyncio.fixture
async def live() -> AsyncIterator[Live]:
    async with served("lighter") as rig:
        venue = rig.venue()
        async with connected(venue, BTC) as recorder:
            yield Live(rig, venue, recorder)


async def test_a_nonce_that_is_refused_is_asked_anew_for_the_next_order(live: Live) -> None:
    venue, recorder = live.venue, live.recorder
    live.rig.fault(FaultKind.NONCE, path="sendTx")
    for name in ("t1", "t2"):
        venue.submit(order_at(venue, recorder, name, Side.BUY, BTC, away="0.01", post_only=True))
    await recorder.until(lambda: recorder.status("t1") and recorder.status("t2"))
    assert (recorder.status("t1"), recorder.last("t1").reason) == (OrderStatus.REJECTED, RejectReason.NONCE)
    await recorder.until(lambda: recorder.status("t2") is OrderStatus.OPEN)


async def test_an_answer_that_was_lost_costs_no_later_order_its_nonce(live: Live) -> None:
    venue, recorder = live.venue, live.recorder
    live.rig.fault(FaultKind.ERROR_AFTER, path="sendTx")
    for name in ("t1", "t2"):
        venue.submit(order_at(venue, recorder, name, Side.BUY, BTC, away="0.01", post_only=True))
    await recorder.until(lambda: {recorder.status("t1"), recorder.status("t2")} == {OrderStatus.OPEN})
    assert OrderStatus.REJECTED not in {report.status for report in recorder.orders}


async def test_a_book_that_skips_a_number_is_emptied_and_subscribed_anew(live: Live) -> None:
    recorder = live.recorder
    seen = len(recorder.book_log)
    live.rig.fault(FaultKind.GAP)
    await recorder.until(lambda: any(book.bids == book.asks == () for book in recorder.book_log[seen:]))
    await recorder.until(lambda: touch(recorder, BTC))


async def test_orders_sent_at_once_all_arrive(live: Live) -> None:
    venue, recorder = live.venue, live.recorder
    names = [f"t{number}" for number in range(1, 6)]
    for name in names:
        venue.submit(order_at(venue, recorder, name, Side.BUY, BTC, away="0.01", post_only=True))
    await recorder.until(lambda: all(recorder.status(name) is OrderStatus.OPEN for name in names))
    await venue.cancel_all(BTC)
    await recorder.until(lambda: all(recorder.status(name) is OrderStatus.CANCELED for name in names))


async def test_an_ioc_order_fills_once_by_our_id(live: Live) -> None:
    venue, recorder = live.venue, live.recorder
    venue.submit(order_at(venue, recorder, "t1", Side.SELL, BTC, away="-0.002", tif=TimeInForce.IOC))
    await recorder.until(lambda: recorder.filled("t1") == D("0.01"))
    await recorder.until(lambda: recorder.status("t1") is OrderStatus.FILLED)
    (position,) = await venue.positions()
    assert position.qty == D("-0.01")


async def test_a_token_that_was_ended_is_unavailable_once_and_made_anew(live: Live) -> None:
    venue, recorder = live.venue, live.recorder
    assert await venue.open_orders() == ()
    live.rig.fault(FaultKind.EXPIRED_TOKEN, path="accountActiveOrders")
    with pytest.raises(VenueUnavailable, match="the log-in has ended"):
        await venue.open_orders()
    assert await venue.open_orders() == ()
    assert await venue.open_orders() == ()
    await recorder.until(lambda: recorder.up)
    venue.submit(order_at(venue, recorder, "t1", Side.BUY, BTC, away="0.01", post_only=True))
    await recorder.until(lambda: recorder.status("t1") is OrderStatus.OPEN)
    assert [order.client_order_id for order in await venue.open_orders()] == ["t1"]


async def test_private_streams_go_on_with_a_fresh_token_when_theirs_was_ended(live: Live) -> None:
    venue, recorder = live.venue, live.recorder
    live.rig.fault(FaultKind.EXPIRED_TOKEN)
    await recorder.until(lambda: not recorder.up)
    await recorder.until(lambda: recorder.up)
    assert await venue.open_orders() == ()
    await recorder.until(lambda: touch(recorder, BTC))
    venue.submit(order_at(venue, recorder, "t1", Side.BUY, BTC, away="0.01", post_only=True))
    await recorder.until(lambda: recorder.status("t1") is OrderStatus.OPEN)
    venue.cancel("t1", BTC)
    await recorder.until(lambda: recorder.status("t1") is OrderStatus.CANCELED)


async def test_a_key_that_the_venue_never_knew_is_refused_for_good() -> None:
    async with served("lighter") as rig:
        venue = rig.venue()
        rig.fault(FaultKind.EXPIRED_TOKEN, path="accountActiveOrders", seconds=60)
        recorder = Recorder()
        await venue.connect(recorder)
        try:
            with pytest.raises(VenueRejected, match="invalid auth") as refused:
                await venue.open_orders()
            assert refused.value.code == "20013"
        finally:
            await venue.close()


async def test_orders_that_the_engine_ended_say_why(live: Live) -> None:
    venue, recorder = live.venue, live.recorder
    venue.submit(order_at(venue, recorder, "t1", Side.BUY, BTC, away="-0.002", post_only=True))
    venue.submit(order_at(venue, recorder, "t2", Side.BUY, BTC, away="0.01", tif=TimeInForce.IOC))
    await recorder.until(lambda: all(recorder.status(name) for name in ("t1", "t2")))
    await recorder.until(lambda: all(recorder.last(name).status.terminal for name in ("t1", "t2")))
    assert (recorder.last("t1").status, recorder.last("t1").reason) == (OrderStatus.REJECTED, RejectReason.POST_ONLY)
    assert recorder.last("t1").text == "canceled-post-only"
    assert (recorder.last("t2").status, recorder.last("t2").filled_qty) == (OrderStatus.CANCELED, D(0))
    asked = await venue.query_order(client_order_id="t1", symbol=BTC)
    assert asked is not None
    assert (asked.status, asked.reason) == (OrderStatus.REJECTED, RejectReason.POST_ONLY)
