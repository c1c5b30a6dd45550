"""A venue without private streams: orders and fills are asked for."""

from __future__ import annotations

from typing import ClassVar

from adapter_kit import D, connected, order_at, served

from venues.live.dialect import Stream
from venues.live.dialects.binanceusdm import BinanceUsdm
from venues.model import OrderStatus, Side, TimeInForce
from venues.served.faults import FaultKind

BTC = "BTCUSDT"


class Polled(BinanceUsdm):
    polled: ClassVar = {Stream.ORDERS: 0.2, Stream.FILLS: 0.2}


async def test_orders_and_fills_come_by_asking_and_a_venue_without_answers_is_down() -> None:
    async with served("binanceusdm") as rig:
        venue = rig.venue(dialect=Polled())
        async with connected(venue, BTC) as recorder:
            rig.fault(FaultKind.ERROR_BEFORE, path="openOrders")
            await recorder.until(lambda: not recorder.up)
            await recorder.until(lambda: recorder.up)
            venue.submit(order_at(venue, recorder, "t1", Side.BUY, BTC, away="0.01", post_only=True))
            venue.submit(order_at(venue, recorder, "t2", Side.BUY, BTC, away="-0.002", tif=TimeInForce.IOC))
            await recorder.until(lambda: recorder.filled("t2") == D("0.01"))
            await recorder.until(lambda: recorder.status("t1") is OrderStatus.OPEN)
            # somebody else takes it away: it is no longer listed, and asked after
            other = rig.venue()
            async with connected(other, BTC):
                await other.cancel_all(BTC)
            await recorder.until(lambda: recorder.status("t1") is OrderStatus.CANCELED)
        assert len({fill.trade_id for fill in recorder.fills}) == len(recorder.fills)
