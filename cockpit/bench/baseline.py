"""What today's scripts do, on the same frames: note fills as they come, look at them every half second, then hedge."""

from __future__ import annotations

import asyncio
from decimal import Decimal
from pathlib import Path

from cockpit.bench.child import BenchError
from venues.model import (
    BookUpdate,
    CancelReport,
    FillReport,
    FundingPayment,
    FundingRate,
    OrderRequest,
    OrderStatusReport,
    Side,
    SystemClock,
    TimeInForce,
    Transfer,
)
from venues.paper.client import PaperClient

POLL_S = 0.5
SYMBOL = "BTC-PERP"


class Noted:
    """A listener that keeps the newest touch and the fills nobody has looked at."""

    def __init__(self) -> None:
        self.touch = (0, 0)
        self.fills: list[tuple[int, FillReport]] = []
        self._clock = SystemClock()

    def on_book(self, update: BookUpdate) -> None:
        if update.symbol == SYMBOL:
            self.touch = (update.bids[0][0], update.asks[0][0])

    def on_fill(self, fill: FillReport) -> None:
        self.fills.append((self._clock.monotonic_ns(), fill))

    def on_order(self, report: OrderStatusReport) -> None: ...
    def on_cancel_failed(self, report: CancelReport) -> None: ...
    def on_funding_rate(self, rate: FundingRate) -> None: ...
    def on_funding(self, payment: FundingPayment) -> None: ...
    def on_transfer(self, transfer: Transfer) -> None: ...
    def on_mark(self, symbol: str, price: Decimal, ts_event: int) -> None: ...
    def on_connection(self, up: bool, reason: str) -> None: ...


async def poll_baseline(socket: Path, maker_name: str, taker_name: str, fills: int) -> list[float]:
    """Microseconds from each fill's arrival to its hedge handed over, by polling."""
    clock = SystemClock()
    maker, taker = (PaperClient(name, socket, clock) for name in (maker_name, taker_name))
    made, taken = Noted(), Noted()
    await maker.connect(made)
    await taker.connect(taken)
    try:
        for client in (maker, taker):
            client.subscribe(client.instruments)
        instrument = taker.instruments[SYMBOL]
        large = instrument.lot * 10_000_000
        maker.submit(OrderRequest("poll-maker", SYMBOL, Side.BUY, large, instrument.tick, post_only=True))
        out: list[float] = []
        idle = 0
        while len(out) < fills:
            await asyncio.sleep(POLL_S)
            found, made.fills = made.fills, []
            idle = 0 if found else idle + 1
            if idle > 40:
                raise BenchError(f"the polling loop saw {len(out)} fills and then none for {idle * POLL_S:.0f} s")
            for arrived, fill in found:
                price = instrument.ticks_to_price(taken.touch[0])
                name = f"poll-{len(out)}"
                taker.submit(OrderRequest(name, SYMBOL, Side.SELL, fill.qty, price, TimeInForce.IOC))
                out.append((clock.monotonic_ns() - arrived) / 1000)
        return out[:fills]
    finally:
        await maker.close()
        await taker.close()
