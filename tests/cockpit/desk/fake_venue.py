"""A venue that answers what a test tells it to, and nothing else: for exact unhappy paths."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from decimal import Decimal

from msgspec.structs import replace

from venues.model import (
    BalanceReport,
    BookUpdate,
    CancelReport,
    Capabilities,
    Clock,
    FillPage,
    FillReport,
    FundingPayment,
    Instrument,
    InstrumentKind,
    LiquiditySide,
    Mode,
    OrderRequest,
    OrderStatus,
    OrderStatusReport,
    PositionStatusReport,
    RejectReason,
    Side,
    Transfer,
    VenueListener,
    VenueRejected,
    VenueUnavailable,
)

D = Decimal
ZERO = D(0)
ANSWER_S = 0.01
"""Virtual seconds a query takes."""


def linear(symbol: str = "BTCUSDT", **changes: object) -> Instrument:
    fields: dict[str, object] = {
        "symbol": symbol,
        "base": "BTC",
        "quote": "USDT",
        "settle": "USDT",
        "kind": InstrumentKind.LINEAR,
        "tick": D("0.5"),
        "lot": D("0.001"),
        "min_qty": D("0.001"),
    }
    return Instrument(**(fields | changes))  # type: ignore[arg-type]  # a test's own mapping


def inverse(symbol: str = "BTCUSD_PERP", **changes: object) -> Instrument:
    given: dict[str, object] = {
        "quote": "USD",
        "settle": "BTC",
        "kind": InstrumentKind.INVERSE,
        "lot": D(1),
        "min_qty": D(1),
        "contract_size": D(100),
    }
    return linear(symbol, **(given | changes))


class FakeVenue:
    """Keeps an account's books as a venue does; a test decides what happens and what is told of it."""

    def __init__(
        self,
        account: str,
        clock: Clock,
        instruments: Iterable[Instrument] = (),
        *,
        able: Capabilities | None = None,
        cash: dict[str, Decimal] | None = None,
    ) -> None:
        self.account = account
        self.venue = f"{account}-venue"
        self.mode = Mode.PAPER
        self.capabilities = able or Capabilities()
        self.instruments = {i.symbol: i for i in (*instruments,) or (linear(),)}
        self.symbol = next(iter(self.instruments))
        self.clock = clock
        self.listener: VenueListener | None = None
        self.down = ""
        """Why queries get no answer; empty while they do."""
        self.refuses = ""
        """Why they are answered with a no."""
        self.submitted: list[OrderRequest] = []
        self.cancelled: list[str] = []
        self.cancel_alls = 0
        self.switch: list[float] = []
        """Each time the dead-man switch was set, seconds."""
        self.asked: list[str] = []
        self.orders: dict[str, OrderStatusReport] = {}
        """Every order the venue has, by client id."""
        self.fills: list[FillReport] = []
        self.held: dict[str, Decimal] = {}
        self.cash = cash if cash is not None else {"USDT": D(100_000)}
        self.paid: list[FundingPayment] = []
        self.moved: list[Transfer] = []
        self.forgets: set[str] = set()
        """Client ids that it says it does not know."""
        self.told_position: dict[str, Decimal] | None = None
        """What it says of positions instead of the truth."""
        self.refuses_connection = 0
        self.on_submit: Callable[[OrderRequest], None] | None = None
        self.on_connect: Callable[[], object] | None = None
        """Called in the turn in which a connection stands."""
        self.closed = False
        self.answer_s = ANSWER_S
        self._unseen: dict[str, Instrument] = {}
        self._seq = 0
        self._trades = 0

    # -- what a test makes happen

    def book(self, bid: str | Decimal, ask: str | Decimal, lots: int = 100_000, symbol: str = "") -> None:
        instrument = self.instruments[symbol or self.symbol]
        self._book(((instrument.price_to_ticks(D(bid)), lots),), ((instrument.price_to_ticks(D(ask)), lots),), symbol)

    def no_book(self, symbol: str = "") -> None:
        self._book((), (), symbol)

    def _book(self, bids: tuple[tuple[int, int], ...], asks: tuple[tuple[int, int], ...], symbol: str) -> None:
        self._seq += 1
        assert self.listener is not None
        self.listener.on_book(BookUpdate(symbol or self.symbol, self._seq, self.clock.now_ns(), bids, asks))

    def report(
        self,
        cid: str,
        status: OrderStatus,
        filled: str | Decimal | None = None,
        *,
        tell: bool = True,
        reason: RejectReason | None = None,
        text: str = "",
    ) -> OrderStatusReport:
        """The venue's state of an order changes; `tell` the desk."""
        known = self.orders[cid]
        now = self.clock.now_ns()
        report = replace(
            known,
            status=status,
            filled_qty=known.filled_qty if filled is None else D(filled),
            ts_event=now,
            ts_init=now,
            reason=reason,
            text=text,
        )
        self.orders[cid] = report
        if tell:
            self.tell(report)
        return report

    def tell(self, report: OrderStatusReport) -> None:
        assert self.listener is not None
        self.listener.on_order(report)

    def ack(self, cid: str, *, tell: bool = True) -> None:
        self.report(cid, OrderStatus.OPEN, tell=tell)

    def fill(
        self,
        cid: str,
        qty: str | Decimal,
        price: str | Decimal | None = None,
        *,
        tell: bool = True,
        tell_order: bool = False,
        fee: str = "0",
        fee_asset: str = "USDT",
    ) -> FillReport:
        """An execution of an order: the venue's books move; the desk hears of it where `tell`."""
        order = self.orders[cid]
        self._trades += 1
        now = self.clock.now_ns()
        qty = D(qty)
        fill = FillReport(
            f"t{self._trades}", cid, order.venue_order_id, order.symbol, order.side, qty,
            D(price) if price is not None else order.price, D(fee), fee_asset, LiquiditySide.TAKER, now, now,
        )  # fmt: skip
        self._booked(fill)
        filled = order.filled_qty + qty
        status = OrderStatus.FILLED if filled >= order.qty else OrderStatus.PARTIALLY_FILLED
        report = self.report(cid, status, filled, tell=False)
        if tell:
            self.hand(fill)
        if tell_order:
            self.tell(report)
        return fill

    def foreign(self, side: Side, qty: str, price: str, *, tell: bool = True, liquidation: bool = False) -> FillReport:
        """A trade that no order of ours made."""
        self._trades += 1
        now = self.clock.now_ns()
        fill = FillReport(
            f"t{self._trades}", "", "v-foreign", self.symbol, side, D(qty), D(price), ZERO, "USDT",
            LiquiditySide.TAKER, now, now, liquidation,
        )  # fmt: skip
        self._booked(fill)
        if tell:
            self.hand(fill)
        return fill

    def _booked(self, fill: FillReport) -> None:
        self.fills.append(fill)
        self.held[fill.symbol] = self.held.get(fill.symbol, ZERO) + fill.side.sign * fill.qty

    def hand(self, fill: FillReport) -> None:
        assert self.listener is not None
        self.listener.on_fill(fill)

    def end(self, cid: str, status: OrderStatus = OrderStatus.CANCELED, *, tell: bool = True) -> None:
        self.report(cid, status, tell=tell)

    def refuse_cancel(self, cid: str, *, known: bool = True, text: str = "refused") -> None:
        assert self.listener is not None
        self.listener.on_cancel_failed(CancelReport(cid, self.symbol, known, text, self.clock.now_ns()))

    def lose(self, reason: str = "the socket dropped") -> None:
        self.down = reason
        assert self.listener is not None
        self.listener.on_connection(False, reason)

    def come_back(self) -> None:
        self.down = ""
        assert self.listener is not None
        self.listener.on_connection(True, "back")

    def out_of_reach(self) -> None:
        """No connection is made any more, and as with a client that never had one, no instrument is known."""
        self.refuses_connection = 10**9
        self._unseen, self.instruments = self.instruments, {}

    def in_reach(self) -> None:
        """The next try to connect gets through."""
        self.refuses_connection = 0

    # -- ready-made behaviours for `on_submit`

    def fills_whole(self, request: OrderRequest) -> None:
        """Each order fills whole at its limit, on the next turn of the loop."""
        self.later(lambda: self.fill(request.client_order_id, request.qty, tell_order=True))

    def rejects(self, request: OrderRequest) -> None:
        self.later(
            lambda: self.report(
                request.client_order_id, OrderStatus.REJECTED, reason=RejectReason.MARGIN, text="no margin"
            )
        )

    def cancels_unfilled(self, request: OrderRequest) -> None:
        self.later(lambda: self.report(request.client_order_id, OrderStatus.CANCELED))

    def later(self, action: Callable[[], object], seconds: float = 0.001) -> None:
        asyncio.get_running_loop().call_later(seconds, action)

    @property
    def last(self) -> OrderRequest:
        return self.submitted[-1]

    # -- the `Venue` protocol

    async def connect(self, listener: VenueListener) -> None:
        await asyncio.sleep(ANSWER_S)
        if self.refuses_connection:
            self.refuses_connection -= 1
            raise VenueUnavailable("no route")
        self.instruments = self.instruments or self._unseen
        self.listener = listener
        if self.on_connect is not None:
            self.on_connect()

    async def close(self) -> None:
        self.closed = True

    def subscribe(self, symbols: Iterable[str]) -> None:
        unknown = set(symbols) - set(self.instruments)
        assert not unknown, unknown

    def submit(self, order: OrderRequest) -> None:
        assert order.client_order_id not in self.orders, "a client order id was used twice"
        self.submitted.append(order)
        now = self.clock.now_ns()
        self.orders[order.client_order_id] = OrderStatusReport(
            order.client_order_id, f"v-{order.client_order_id}", order.symbol, order.side, order.qty, order.price,
            ZERO, OrderStatus.IN_FLIGHT, now, now, tif=order.tif, post_only=order.post_only,
            reduce_only=order.reduce_only,
        )  # fmt: skip
        if self.on_submit is not None:
            self.on_submit(order)

    def cancel(self, client_order_id: str, symbol: str) -> None:
        self.cancelled.append(client_order_id)

    async def _answer(self, what: str) -> None:
        self.asked.append(what)
        await asyncio.sleep(self.answer_s)
        if self.down:
            raise VenueUnavailable(self.down)
        if self.refuses:
            raise VenueRejected(self.refuses)

    async def cancel_all(self, symbol: str | None = None) -> None:
        await self._answer("cancel_all")
        self.cancel_alls += 1
        for cid, order in self.orders.items():
            if order.status in (OrderStatus.OPEN, OrderStatus.PARTIALLY_FILLED):
                self.end(cid)

    async def cancel_all_after(self, seconds: float) -> None:
        await self._answer("cancel_all_after")
        if not self.capabilities.dead_man_switch:
            raise VenueRejected(f"{self.venue} has no cancel-all-after")
        self.switch.append(seconds)

    async def query_order(
        self, *, client_order_id: str = "", venue_order_id: str = "", symbol: str = ""
    ) -> OrderStatusReport | None:
        await self._answer("query_order")
        return None if client_order_id in self.forgets else self.orders.get(client_order_id)

    async def open_orders(self) -> tuple[OrderStatusReport, ...]:
        await self._answer("open_orders")
        return tuple(
            order
            for cid, order in self.orders.items()
            if order.status in (OrderStatus.OPEN, OrderStatus.PARTIALLY_FILLED) and cid not in self.forgets
        )

    async def fills_since(self, cursor: str) -> FillPage:
        await self._answer("fills_since")
        return FillPage(tuple(self.fills[int(cursor or 0) :]), str(len(self.fills)))

    async def positions(self) -> tuple[PositionStatusReport, ...]:
        await self._answer("positions")
        held = self.held if self.told_position is None else self.told_position
        return tuple(
            PositionStatusReport(symbol, qty, D(100_000), D(100_000), ZERO, self.clock.now_ns())
            for symbol, qty in held.items()
            if qty
        )

    async def balances(self) -> tuple[BalanceReport, ...]:
        await self._answer("balances")
        now = self.clock.now_ns()
        return tuple(BalanceReport(asset, cash, cash, cash, ZERO, now) for asset, cash in self.cash.items())

    async def funding_since(self, ts: int) -> tuple[FundingPayment, ...]:
        await self._answer("funding_since")
        return tuple(payment for payment in self.paid if payment.ts_event >= ts)

    async def transfers_since(self, ts: int) -> tuple[Transfer, ...]:
        await self._answer("transfers_since")
        return tuple(transfer for transfer in self.moved if transfer.ts_event >= ts)
