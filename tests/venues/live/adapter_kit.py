"""What the tests of the live adapter share: a listener that waits, an id codec, a venue on a served exchange."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from decimal import Decimal

from venues.live.book_source import MakeBookSource
from venues.live.dialect import Dialect
from venues.live.dialects import DIALECTS
from venues.live.pool import VenuePool
from venues.live.venue import CcxtVenue
from venues.model import (
    BookUpdate,
    CancelReport,
    FillReport,
    FundingPayment,
    FundingRate,
    OrderRequest,
    OrderStatus,
    OrderStatusReport,
    Side,
    SystemClock,
    TimeInForce,
    Transfer,
)
from venues.model.secret import Secret
from venues.served.faults import Fault, FaultKind
from venues.served.house import HouseSpec
from venues.served.registry import dialect_factory
from venues.served.serving import Ready, Serving

D = Decimal
WAIT_S = 20.0


class Ids:
    """Ids of the form `t123`."""

    def to_int(self, text: str) -> int:
        if not text.startswith("t") or not text[1:].isdigit():
            raise ValueError(f"{text!r} is no id of ours")
        return int(text[1:])

    def from_int(self, number: int) -> str:
        if not 0 <= number < 1 << 48:
            raise ValueError(f"{number} is no id of ours")
        return f"t{number}"


class Recorder:
    """A `VenueListener` that keeps everything, and lets a test wait for what it needs."""

    def __init__(self) -> None:
        self.books: dict[str, BookUpdate] = {}
        self.book_log: list[BookUpdate] = []
        self.orders: list[OrderStatusReport] = []
        self.fills: list[FillReport] = []
        self.cancels: list[CancelReport] = []
        self.rates: list[FundingRate] = []
        self.payments: list[FundingPayment] = []
        self.transfers: list[Transfer] = []
        self.marks: dict[str, Decimal] = {}
        self.connections: list[tuple[bool, str]] = []
        self._news = asyncio.Event()

    def on_book(self, update: BookUpdate) -> None:
        self.books[update.symbol] = update
        self.book_log.append(update)
        self._news.set()

    def on_order(self, report: OrderStatusReport) -> None:
        self.orders.append(report)
        self._news.set()

    def on_fill(self, fill: FillReport) -> None:
        self.fills.append(fill)
        self._news.set()

    def on_cancel_failed(self, report: CancelReport) -> None:
        self.cancels.append(report)
        self._news.set()

    def on_funding_rate(self, rate: FundingRate) -> None:
        self.rates.append(rate)
        self._news.set()

    def on_funding(self, payment: FundingPayment) -> None:
        self.payments.append(payment)

    def on_transfer(self, transfer: Transfer) -> None:
        self.transfers.append(transfer)

    def on_mark(self, symbol: str, price: Decimal, ts_event: int) -> None:
        self.marks[symbol] = price
        self._news.set()

    def on_connection(self, up: bool, reason: str) -> None:
        self.connections.append((up, reason))
        self._news.set()

    @property
    def up(self) -> bool:
        return bool(self.connections) and self.connections[-1][0]

    def status(self, client_order_id: str) -> OrderStatus | None:
        found = [report.status for report in self.orders if report.client_order_id == client_order_id]
        return found[-1] if found else None

    def last(self, client_order_id: str) -> OrderStatusReport:
        return [report for report in self.orders if report.client_order_id == client_order_id][-1]

    def filled(self, client_order_id: str) -> Decimal:
        return sum((fill.qty for fill in self.fills if fill.client_order_id == client_order_id), D(0))

    async def until(self, done: Callable[[], object], seconds: float = WAIT_S) -> None:
        """Wait until `done()`; it is asked again after each event. Raises `TimeoutError`."""
        async with asyncio.timeout(seconds):
            while not done():
                self._news.clear()
                await self._news.wait()


class Rig:
    """A served exchange, and what connects to it."""

    def __init__(self, serving: Serving, ready: Ready) -> None:
        self.serving = serving
        self.ready = ready
        self.pool = VenuePool()

    def credentials(self, number: int = 0) -> Mapping[str, Secret]:
        return {name: Secret(value) for name, value in self.ready.accounts[number].credentials.items()}

    def venue(
        self,
        number: int = 0,
        *,
        dialect: Dialect | None = None,
        public: bool = False,
        read_only: bool = False,
        books: MakeBookSource | None = None,
        symbols: tuple[str, ...] = ("BTC",),
    ) -> CcxtVenue:
        return CcxtVenue(
            account=f"acc{number}",
            dialect=dialect or DIALECTS[self.ready.dialect](),
            credentials={} if public else self.credentials(number),
            clock=SystemClock(),
            ids=Ids(),
            symbols=symbols,
            pool=self.pool,
            endpoint=self.ready.url,
            read_only=read_only,
            books=books,
        )

    def fault(self, kind: FaultKind, **details: object) -> None:
        self.serving.front.switch_on(Fault(kind, **details))  # type: ignore[arg-type]  # a test's own fields


@asynccontextmanager
async def served(dialect: str, *, rate: float = 20.0) -> AsyncIterator[Rig]:
    factory = dialect_factory(dialect)
    spec = HouseSpec(venue=factory.venue, bases=("BTC", "ETH"), event_rate=rate)
    serving = Serving(factory, spec, SystemClock())
    ready = await serving.start()
    try:
        yield Rig(serving, ready)
    finally:
        await serving.stop()


@asynccontextmanager
async def connected(venue: CcxtVenue, *symbols: str) -> AsyncIterator[Recorder]:
    """`venue` connected, up, and with a book of each symbol."""
    recorder = Recorder()
    await venue.connect(recorder)
    try:
        venue.subscribe(symbols)
        await recorder.until(lambda: recorder.up)
        await recorder.until(lambda: all(touch(recorder, symbol) for symbol in symbols))
        yield recorder
    finally:
        await venue.close()


def touch(recorder: Recorder, symbol: str) -> bool:
    """Whether there is a price on both sides."""
    book = recorder.books.get(symbol)
    return book is not None and bool(book.bids and book.asks)


def order_at(
    venue: CcxtVenue,
    recorder: Recorder,
    name: str,
    side: Side,
    symbol: str,
    *,
    away: str = "0",
    qty: str = "0.01",
    tif: TimeInForce = TimeInForce.GTC,
    post_only: bool = False,
    reduce_only: bool = False,
) -> OrderRequest:
    """An order at the far touch, or `away` (a fraction of the price) behind it: above 0 is less likely to fill."""
    instrument = venue.instruments[symbol]
    book = recorder.books[symbol]
    best = book.asks[0][0] if side is Side.BUY else book.bids[0][0]
    price = instrument.ticks_to_price(best) * (1 - side.sign * D(away))
    price = instrument.round_price(price, up=side is Side.SELL)
    return OrderRequest(name, symbol, side, D(qty), price, tif, post_only, reduce_only)
