"""What the tests of the paper exchange's socket share: a venue under the test's hand, and a listener that waits."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal

from venues.model import (
    BalanceReport,
    BookUpdate,
    CancelReport,
    Capabilities,
    FillPage,
    FillReport,
    FundingPayment,
    FundingRate,
    Instrument,
    InstrumentKind,
    LiquiditySide,
    Mode,
    OrderRequest,
    OrderStatus,
    OrderStatusReport,
    PositionStatusReport,
    Side,
    TimeInForce,
    Transfer,
    TransferKind,
    VenueListener,
    VenueRejected,
    VenueUnavailable,
)

WAIT_S = 10.0
SYMBOL = "BTCUSDT"
D = Decimal


def instrument(symbol: str = SYMBOL) -> Instrument:
    return Instrument(symbol, "BTC", "USDT", "USDT", InstrumentKind.LINEAR, D("0.1"), D("0.001"), D("0.001"), D(5))


def request(client_order_id: str = "c1", side: Side = Side.BUY, tif: TimeInForce = TimeInForce.GTC) -> OrderRequest:
    return OrderRequest(client_order_id, SYMBOL, side, D("0.01"), D("60000.1"), tif)


def report(order: OrderRequest, status: OrderStatus = OrderStatus.OPEN, ts: int = 7) -> OrderStatusReport:
    return OrderStatusReport(
        order.client_order_id, "v-" + order.client_order_id, order.symbol, order.side, order.qty, order.price, D(0),
        status, ts, ts,
    )  # fmt: skip


def fill(order: OrderRequest, trade_id: str = "t1", ts: int = 8) -> FillReport:
    return FillReport(
        trade_id, order.client_order_id, "v-" + order.client_order_id, order.symbol, order.side, order.qty, order.price,
        D("0.12"), "USDT", LiquiditySide.MAKER, ts, ts,
    )  # fmt: skip


def book(seq: int, depth: int = 10, symbol: str = SYMBOL) -> BookUpdate:
    bids = tuple((600_000 - level, 10 + level) for level in range(depth))
    asks = tuple((600_001 + level, 10 + level) for level in range(depth))
    return BookUpdate(symbol, seq, 9, bids, asks)


PAYMENT = FundingPayment("f1", SYMBOL, D("-0.5"), "USDT", D("0.0001"), D("-0.01"), D(60_000), 10, 10)
DEPOSIT = Transfer("d1", TransferKind.DEPOSIT, "USDT", D(1000), 11, 11)
RATE = FundingRate(SYMBOL, D("0.0001"), 28_800, 99, 12)
POSITION = PositionStatusReport(SYMBOL, D("0.01"), D(60_000), D(60_010), D("0.1"), 13)
BALANCE = BalanceReport("USDT", D(1000), D("1000.1"), D(900), D(3), 14)


class FakeVenue:
    """Does nothing by itself: the test says what happens."""

    def __init__(self, account: str = "maker", venue: str = "binance") -> None:
        self.account = account
        self.venue = venue
        self.mode = Mode.PAPER
        self.capabilities = Capabilities(client_id_max_len=30)
        self.instruments: Mapping[str, Instrument] = {SYMBOL: instrument(), "ETHUSDT": instrument("ETHUSDT")}
        self.listener: VenueListener | None = None
        self.submitted: list[OrderRequest] = []
        self.cancelled: list[tuple[str, str]] = []
        self.subscribed: list[str] = []
        self.faults: list[str] = []
        self.orders: dict[str, OrderStatusReport] = {}
        self.fills: list[FillReport] = []
        self.arrived = asyncio.Event()
        """Set with each order, cancel, subscription and question; tests clear it."""
        self.question: asyncio.Future[None] | None = None
        """While set, queries wait for it."""
        self.closed = False

    @property
    def tell(self) -> VenueListener:
        assert self.listener is not None
        return self.listener

    async def connect(self, listener: VenueListener) -> None:
        self.listener = listener
        listener.on_connection(True, "connected")

    async def close(self) -> None:
        self.closed = True

    def subscribe(self, symbols: Iterable[str]) -> None:
        self.subscribed += symbols
        self.arrived.set()

    def submit(self, order: OrderRequest) -> None:
        self.submitted.append(order)
        self.arrived.set()

    def cancel(self, client_order_id: str, symbol: str) -> None:
        self.cancelled.append((client_order_id, symbol))
        self.arrived.set()

    async def _answer(self) -> None:
        self.arrived.set()
        if self.question is not None:
            await self.question

    async def cancel_all(self, symbol: str | None = None) -> None:
        await self._answer()
        self.cancelled.append(("*", symbol or "*"))

    async def cancel_all_after(self, seconds: float) -> None:
        await self._answer()
        if seconds < 0:
            raise ValueError(f"seconds {seconds}: expected 0 or more")
        self.cancelled.append(("after", f"{seconds:g}"))

    async def query_order(
        self, *, client_order_id: str = "", venue_order_id: str = "", symbol: str = ""
    ) -> OrderStatusReport | None:
        await self._answer()
        if not client_order_id:
            raise VenueRejected("no id given", "-1102")
        return self.orders.get(client_order_id)

    async def open_orders(self) -> tuple[OrderStatusReport, ...]:
        await self._answer()
        return tuple(self.orders.values())

    async def fills_since(self, cursor: str) -> FillPage:
        await self._answer()
        return FillPage(tuple(self.fills[int(cursor or 0) :]), str(len(self.fills)))

    async def positions(self) -> tuple[PositionStatusReport, ...]:
        await self._answer()
        return (POSITION,)

    async def balances(self) -> tuple[BalanceReport, ...]:
        raise VenueUnavailable("503")

    async def funding_since(self, ts: int) -> tuple[FundingPayment, ...]:
        await self._answer()
        return tuple(payment for payment in (PAYMENT,) if payment.ts_event >= ts)

    async def transfers_since(self, ts: int) -> tuple[Transfer, ...]:
        await self._answer()
        return tuple(transfer for transfer in (DEPOSIT,) if transfer.ts_event >= ts)

    def fault(self, kind: str) -> None:
        if kind not in ("unreachable", "clear"):
            raise ValueError(f"fault {kind!r}: expected one of unreachable, clear")
        self.faults.append(kind)
        self.tell.on_connection(kind == "clear", kind)


class Recorder:
    """Keeps what a venue tells, in order, and lets a test wait for more of it."""

    def __init__(self) -> None:
        self.events: list[object] = []
        self.connections: list[tuple[bool, str]] = []
        self._changed = asyncio.Event()

    def _add(self, event: object) -> None:
        self.events.append(event)
        self._changed.set()

    async def until(self, done: Callable[[], bool]) -> None:
        """Wait until `done`, asked after each event."""
        async with asyncio.timeout(WAIT_S):
            while not done():
                self._changed.clear()
                await self._changed.wait()

    async def count(self, number: int) -> list[object]:
        """Wait for `number` events that are not about the connection."""
        await self.until(lambda: len(self.events) >= number)
        return self.events

    async def down(self) -> str:
        """Wait until the connection is down; returns why."""
        await self.until(lambda: bool(self.connections) and not self.connections[-1][0])
        return self.connections[-1][1]

    async def up(self, times: int = 1) -> None:
        """Wait until the connection has come up that often, and is up."""
        await self.until(lambda: sum(up for up, _ in self.connections) >= times and self.connections[-1][0])

    def on_book(self, update: BookUpdate) -> None:
        self._add(update)

    def on_order(self, report: OrderStatusReport) -> None:
        self._add(report)

    def on_fill(self, fill: FillReport) -> None:
        self._add(fill)

    def on_cancel_failed(self, report: CancelReport) -> None:
        self._add(report)

    def on_funding_rate(self, rate: FundingRate) -> None:
        self._add(rate)

    def on_funding(self, payment: FundingPayment) -> None:
        self._add(payment)

    def on_transfer(self, transfer: Transfer) -> None:
        self._add(transfer)

    def on_mark(self, symbol: str, price: Decimal, ts_event: int) -> None:
        self._add((symbol, price, ts_event))

    def on_connection(self, up: bool, reason: str) -> None:
        self.connections.append((up, reason))
        self._changed.set()


async def arrival(venue: FakeVenue) -> None:
    """Wait for the next order, cancel, subscription or question; then be ready for another."""
    await asyncio.wait_for(venue.arrived.wait(), WAIT_S)
    venue.arrived.clear()
