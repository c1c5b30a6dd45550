"""The adapter on the served Hyperliquid exchange."""

from __future__ import annotations

import pytest
from adapter_kit import D, connected, order_at, served

from venues.model import OrderStatus, RejectReason, Side, TimeInForce, VenueUnavailable
from venues.served.faults import FaultKind

BTC = "BTC"


async def test_orders_rest_fill_and_are_cancelled_and_old_fills_are_not_told_as_news() -> None:
    async with served("hyperliquid") as rig:
        venue = rig.venue()
        async with connected(venue, BTC) as recorder:
            venue.submit(order_at(venue, recorder, "t1", Side.BUY, BTC, away="0.01", post_only=True))
            venue.submit(order_at(venue, recorder, "t2", Side.BUY, BTC, away="-0.002", tif=TimeInForce.IOC))
            await recorder.until(lambda: recorder.status("t1") is OrderStatus.OPEN)
            await recorder.until(lambda: recorder.filled("t2") == D("0.01"))
            rig.fault(FaultKind.ERROR_BEFORE, path="/info")
            with pytest.raises(VenueUnavailable):
                await venue.open_orders()
            rig.fault(FaultKind.CLEAR)
            venue.cancel("t1", BTC)
            await recorder.until(lambda: recorder.status("t1") is OrderStatus.CANCELED)
            rig.fault(FaultKind.CLOSE)
            await recorder.until(lambda: not recorder.up)
            await recorder.until(lambda: recorder.up)
        again = rig.venue()
        async with connected(again, BTC) as later:
            page = await again.fills_since("")
            assert {fill.trade_id for fill in page.fills} == {fill.trade_id for fill in recorder.fills}
        # the venue begins its stream of fills with those of before
        assert later.fills == []
        assert len({fill.trade_id for fill in recorder.fills}) == len(recorder.fills)


async def test_an_order_that_the_venue_does_not_know_is_none_and_no_error() -> None:
    async with served("hyperliquid") as rig:
        venue = rig.venue()
        async with connected(venue, BTC):
            assert await venue.query_order(client_order_id="t77", symbol=BTC) is None
            assert await venue.query_order(venue_order_id="123456789", symbol=BTC) is None


async def test_refusals_carry_the_reason_that_the_venue_gave() -> None:
    async with served("hyperliquid") as rig:
        venue = rig.venue()
        async with connected(venue, BTC) as recorder:
            venue.submit(order_at(venue, recorder, "t1", Side.BUY, BTC, away="-0.002", post_only=True))
            venue.submit(order_at(venue, recorder, "t2", Side.BUY, BTC, away="0.01", qty="5000"))
            venue.submit(order_at(venue, recorder, "t3", Side.SELL, BTC, away="0.01", reduce_only=True))
            await recorder.until(lambda: all(recorder.status(name) for name in ("t1", "t2", "t3")))
            found = {name: (recorder.last(name).status, recorder.last(name).reason) for name in ("t1", "t2", "t3")}
            assert found == {
                "t1": (OrderStatus.REJECTED, RejectReason.POST_ONLY),
                "t2": (OrderStatus.REJECTED, RejectReason.MARGIN),
                "t3": (OrderStatus.REJECTED, RejectReason.REDUCE_ONLY),
            }
            assert "immediately matched" in recorder.last("t1").text
            asked = await venue.query_order(client_order_id="t1", symbol=BTC)
            assert asked is None or (asked.status, asked.reason) == (OrderStatus.REJECTED, RejectReason.POST_ONLY)


async def test_an_ioc_order_that_met_nobody_is_canceled() -> None:
    async with served("hyperliquid") as rig:
        venue = rig.venue()
        async with connected(venue, BTC) as recorder:
            venue.submit(order_at(venue, recorder, "t1", Side.BUY, BTC, away="0.01", tif=TimeInForce.IOC))
            await recorder.until(lambda: recorder.status("t1"))
            assert (recorder.last("t1").status, recorder.last("t1").reason) == (OrderStatus.CANCELED, None)
            asked = await venue.query_order(client_order_id="t1", symbol=BTC)
            assert asked is None or asked.status is OrderStatus.CANCELED
