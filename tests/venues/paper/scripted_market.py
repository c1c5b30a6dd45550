"""A market that a test moves by hand, a listener that remembers, and a world that puts a paper venue around them."""

from __future__ import annotations

import random
from collections.abc import Coroutine, Iterator
from decimal import Decimal
from typing import Any

from cockpit.sim.loop import VirtualClock, VirtualLoop
from venues.model import (
    NS_PER_S,
    BookUpdate,
    CancelReport,
    FillReport,
    FundingPayment,
    FundingRate,
    Instrument,
    InstrumentKind,
    Level,
    OrderRequest,
    OrderStatus,
    OrderStatusReport,
    Side,
    Transfer,
)
from venues.paper.exchange import PaperExchange
from venues.paper.latency import Latency
from venues.paper.market import MarketSink
from venues.paper.profiles import Profile, load_profile
from venues.paper.queue import QueueModelKind

D = Decimal
START = 1_700_006_400 * NS_PER_S
"""2023-11-15 00:00:00 UTC: a settlement of every interval."""


def linear(symbol: str = "BTCUSDT", **changes: Any) -> Instrument:
    fields: dict[str, Any] = {
        "symbol": symbol,
        "base": "BTC",
        "quote": "USDT",
        "settle": "USDT",
        "kind": InstrumentKind.LINEAR,
        "tick": D("0.5"),
        "lot": D("0.001"),
        "min_qty": D("0.002"),
        "min_notional": D("0.1"),
    }
    return Instrument(**(fields | changes))


def inverse() -> Instrument:
    return Instrument(
        symbol="BTCUSD_PERP",
        base="BTC",
        quote="USD",
        settle="BTC",
        kind=InstrumentKind.INVERSE,
        tick=D("0.5"),
        lot=D(1),
        min_qty=D(1),
        contract_size=D(100),
    )


class ScriptedBook:
    def __init__(self) -> None:
        self.bids: dict[int, int] = {}
        self.asks: dict[int, int] = {}

    def best_bid(self) -> Level | None:
        return max(self.bids.items(), default=None)

    def best_ask(self) -> Level | None:
        return min(self.asks.items(), default=None)

    def lots_at(self, side: Side, ticks: int) -> int:
        return (self.bids if side is Side.BUY else self.asks).get(ticks, 0)

    def levels(self, side: Side) -> Iterator[Level]:
        if side is Side.BUY:
            return iter(sorted(self.bids.items(), reverse=True))
        return iter(sorted(self.asks.items()))


class ScriptedMarket:
    """`set` changes levels, `trade` prints, `gap` drops the book; the sink is told as a real source tells it."""

    def __init__(self, instrument: Instrument) -> None:
        self.instrument = instrument
        self.book = ScriptedBook()
        self.sink: MarketSink | None = None
        self.ts = START

    def set(
        self, bids: dict[int, int] | None = None, asks: dict[int, int] | None = None, *, hold: bool = False
    ) -> None:
        """Levels by ticks; 0 lots removes one. A second goes by on the market afterwards, unless `hold`."""
        for side, changes in ((self.book.bids, bids), (self.book.asks, asks)):
            for ticks, lots in (changes or {}).items():
                if lots:
                    side[ticks] = lots
                else:
                    side.pop(ticks, None)
        self.tell()
        self.ts += 0 if hold else NS_PER_S

    def replace(self, bids: dict[int, int], asks: dict[int, int]) -> None:
        self.book.bids.clear()
        self.book.asks.clear()
        self.set(bids, asks)

    def tell(self) -> None:
        assert self.sink is not None
        self.sink.on_depth(self, self.ts)

    def trade(self, ticks: int, lots: int, aggressor: Side) -> None:
        assert self.sink is not None
        self.sink.on_trade(self, self.ts, ticks, lots, aggressor)

    def mark(self, price: str) -> None:
        assert self.sink is not None
        self.ts += NS_PER_S
        self.sink.on_mark(self, self.ts, D(price))

    def gap(self) -> None:
        assert self.sink is not None
        self.book.bids.clear()
        self.book.asks.clear()
        self.sink.on_gap(self, self.ts, "a test")

    def next_ts(self) -> int | None:
        return None

    def step(self) -> None:
        raise AssertionError("a scripted market is moved by the test")


class Recorder:
    """A listener that remembers, with the virtual time of each event."""

    def __init__(self, clock: VirtualClock) -> None:
        self._clock = clock
        self.books: list[BookUpdate] = []
        self.orders: list[OrderStatusReport] = []
        self.fills: list[FillReport] = []
        self.failed: list[CancelReport] = []
        self.rates: list[FundingRate] = []
        self.funding: list[FundingPayment] = []
        self.transfers: list[Transfer] = []
        self.marks: list[tuple[str, Decimal]] = []
        self.connection: list[tuple[bool, str]] = []
        self.times: list[tuple[str, int]] = []

    def _note(self, what: str) -> None:
        self.times.append((what, self._clock.now_ns()))

    def on_book(self, update: BookUpdate) -> None:
        self._note("book")
        self.books.append(update)

    def on_order(self, report: OrderStatusReport) -> None:
        self._note("order")
        self.orders.append(report)

    def on_fill(self, fill: FillReport) -> None:
        self._note("fill")
        self.fills.append(fill)

    def on_cancel_failed(self, report: CancelReport) -> None:
        self._note("cancel_failed")
        self.failed.append(report)

    def on_funding_rate(self, rate: FundingRate) -> None:
        self.rates.append(rate)

    def on_funding(self, payment: FundingPayment) -> None:
        self._note("funding")
        self.funding.append(payment)

    def on_transfer(self, transfer: Transfer) -> None:
        self.transfers.append(transfer)

    def on_mark(self, symbol: str, price: Decimal, ts_event: int) -> None:
        self.marks.append((symbol, price))

    def on_connection(self, up: bool, reason: str) -> None:
        self.connection.append((up, reason))

    @property
    def last(self) -> OrderStatusReport:
        return self.orders[-1]

    def statuses(self, client_order_id: str) -> list[OrderStatus]:
        return [report.status for report in self.orders if report.client_order_id == client_order_id]


NEAR = Latency(1.0)


class World:
    """One venue with one account "acc" on a loop in virtual time. Latency is 1 ms on every path unless told."""

    def __init__(
        self,
        *,
        instruments: tuple[Instrument, ...] = (),
        profile: Profile | None = None,
        cash: dict[str, Decimal] | None = None,
        queue: QueueModelKind = QueueModelKind.CONSERVATIVE,
        seed: int = 1,
    ) -> None:
        self.loop = VirtualLoop(START + NS_PER_S)
        self.clock = VirtualClock(self.loop)
        self.profile = profile or load_profile("binance").with_latency(NEAR)
        self.exchange = PaperExchange(self.clock, random.Random(seed), queue)
        self.exchange.add_venue("sim", self.profile)
        self.markets = [ScriptedMarket(instrument) for instrument in instruments or (linear(),)]
        for market in self.markets:
            self.exchange.add_market("sim", market)
        self.market = self.markets[0]
        self.exchange.add_account("acc", "sim", cash if cash is not None else {"USDT": D(10_000), "BTC": D(5)})
        self.venue = self.exchange.venue_for("acc")
        self.heard = Recorder(self.clock)

    def __enter__(self) -> World:
        self.run(self.venue.connect(self.heard))
        return self

    def __exit__(self, *_: object) -> None:
        self.exchange.stop()
        self.loop.close()

    def run(self, coroutine: Coroutine[Any, Any, Any]) -> Any:
        return self.loop.run_until_complete(coroutine)

    def pass_time(self, seconds: float = 0.1) -> None:
        """Let virtual time go by."""
        done = self.loop.create_future()
        self.loop.call_later(seconds, done.set_result, None)
        self.loop.run_until_complete(done)

    def call(self, function: Any, *args: Any, seconds: float = 0.1) -> Any:
        """Call inside the loop, then let time go by."""

        async def inside() -> Any:
            return function(*args)

        result = self.run(inside())
        self.pass_time(seconds)
        return result

    def order(
        self,
        cid: str,
        side: Side,
        qty: str,
        price: str,
        *,
        symbol: str = "",
        seconds: float = 0.1,
        **options: Any,
    ) -> OrderStatusReport | None:
        """Submit, wait, and return the newest report on it."""
        request = OrderRequest(cid, symbol or self.market.instrument.symbol, side, D(qty), D(price), **options)
        self.call(self.venue.submit, request, seconds=seconds)
        reports = [report for report in self.heard.orders if report.client_order_id == cid]
        return reports[-1] if reports else None

    def cancel(self, cid: str, symbol: str = "") -> None:
        self.call(self.venue.cancel, cid, symbol or self.market.instrument.symbol)

    @property
    def books(self) -> Any:
        return self.exchange.account_state("acc")

    def lots(self, symbol: str = "") -> int:
        return int(self.books.lots(symbol or self.market.instrument.symbol))
