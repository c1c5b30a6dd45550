"""One account of a served exchange: requests with their outcome, and everything that happens to it, in order."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from decimal import Decimal
from typing import Protocol

import msgspec

from venues.model import (
    BookUpdate,
    CancelReport,
    FillReport,
    FundingPayment,
    FundingRate,
    Instrument,
    OrderRequest,
    OrderStatus,
    OrderStatusReport,
    RejectReason,
    Side,
    TimeInForce,
    Transfer,
)
from venues.paper.account import History, Position
from venues.paper.venue import PaperVenue

KEEP_CLOSED = 10_000
ZERO = Decimal(0)


def number_of(identifier: str) -> int:
    """The whole number in an id of the paper exchange (`name-o12` → 12): orders, trades and payments of one account
    share one count, so each number is used once an account."""
    digits = identifier[len(identifier.rstrip("0123456789")) :]
    return int(digits) if digits else 0


class HouseOrder(msgspec.Struct, eq=False):
    """One order as its account has been told. It changes while the order lives."""

    client_order_id: str
    symbol: str
    side: Side
    qty: Decimal
    price: Decimal
    tif: TimeInForce
    post_only: bool
    reduce_only: bool
    created: int
    """ns; as are all stamps here."""
    updated: int
    venue_order_id: str = ""
    status: OrderStatus = OrderStatus.PENDING
    filled: Decimal = ZERO
    value: Decimal = ZERO
    """Sum of price · quantity of its fills."""
    reason: RejectReason | None = None
    text: str = ""
    market: bool = False
    """Sent as a market order: the dialect gave it a price that bounds it."""
    liquidation: bool = False

    @property
    def number(self) -> int:
        return number_of(self.venue_order_id)

    @property
    def average(self) -> Decimal:
        """Average price of its fills; 0 without one."""
        return self.value / self.filled if self.filled else ZERO

    @property
    def remaining(self) -> Decimal:
        return self.qty - self.filled

    @property
    def open(self) -> bool:
        return not self.status.terminal


class HouseFill(msgspec.Struct, frozen=True):
    fill: FillReport
    order: HouseOrder
    realised: Decimal
    """Profit that it took out of the position, settle asset, without its fee."""
    position: Decimal
    """Signed quantity after it."""
    entry: Decimal
    """Average entry price after it; 0 when flat."""

    @property
    def number(self) -> int:
        return number_of(self.fill.trade_id)


class AccountListener(Protocol):
    """Who is told what happened to an account, in the order in which it happened. Must not raise."""

    def on_accepted(self, account: HouseAccount, order: HouseOrder) -> None:
        """The order is in the book, or about to take: comes before its fills."""
        ...

    def on_fill(self, account: HouseAccount, fill: HouseFill) -> None:
        """`fill.order` shows it already; it is FILLED with the last one."""
        ...

    def on_ended(self, account: HouseAccount, order: HouseOrder) -> None:
        """FILLED (after `on_fill`), CANCELED (an IOC's rest too) or EXPIRED."""
        ...

    def on_rejected(self, account: HouseAccount, order: HouseOrder) -> None: ...
    def on_funding(self, account: HouseAccount, payment: FundingPayment) -> None: ...
    def on_transfer(self, account: HouseAccount, transfer: Transfer) -> None: ...


class HouseAccount:
    """The `VenueListener` of one paper account. `positions` and `cash` are as its listeners have been told; the
    engine's own books are asked by `venue.positions()` and `venue.balances()`."""

    def __init__(self, venue: PaperVenue, cash: dict[str, Decimal]) -> None:
        self.venue = venue
        self.cash = dict(cash)
        self.positions: dict[str, Position] = {}
        self.orders: dict[str, HouseOrder] = {}
        """Open orders by venue order id."""
        self.closed: OrderedDict[str, HouseOrder] = OrderedDict()
        self.fills: History[HouseFill] = History()
        self.funding: History[FundingPayment] = History()
        self.transfers: History[Transfer] = History()
        self._by_client: dict[str, HouseOrder] = {}
        self._waiting: dict[str, asyncio.Future[None]] = {}
        self._cancelling: dict[str, list[asyncio.Future[str]]] = {}
        self._listeners: list[AccountListener] = []

    @property
    def name(self) -> str:
        return self.venue.account

    def listen(self, listener: AccountListener) -> None:
        self._listeners.append(listener)

    # -- requests ------------------------------------------------------------------------------------------------

    async def submit(self, request: OrderRequest, *, market: bool = False) -> HouseOrder:
        """Send an order and wait for what becomes of it: resting, filled, cancelled or REJECTED with its reason.

        An order that may trade at once (IOC, FOK) is returned when it has ended. Should the caller be cancelled, the
        order goes on."""
        order = HouseOrder(
            request.client_order_id,
            request.symbol,
            request.side,
            request.qty,
            request.price,
            request.tif,
            request.post_only,
            request.reduce_only,
            0,
            0,
            market=market,
        )
        known = self._by_client.get(request.client_order_id)
        if known is not None or request.client_order_id in self._waiting:
            order.status, order.reason = OrderStatus.REJECTED, RejectReason.DUPLICATE_ID
            order.text = f"client order id {request.client_order_id!r} was used before"
            return order
        self._by_client[request.client_order_id] = order
        done = self._waiting[request.client_order_id] = asyncio.get_running_loop().create_future()
        self.venue.submit(request)
        await asyncio.shield(done)
        return order

    async def cancel(self, order: HouseOrder) -> str:
        """Cancel and wait for the outcome: "" where it took, else the venue's reason."""
        if not order.open:
            return f"order is {order.status.value}"
        done: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self._cancelling.setdefault(order.client_order_id, []).append(done)
        self.venue.cancel(order.client_order_id, order.symbol)
        return await asyncio.shield(done)

    async def cancel_all(self, symbol: str | None = None) -> list[HouseOrder]:
        """Cancel what is open (of `symbol`); returns those that were, when the venue has answered."""
        orders = [order for order in self.orders.values() if symbol is None or order.symbol == symbol]
        await self.venue.cancel_all(symbol)
        return orders

    # -- look-ups ------------------------------------------------------------------------------------------------

    def find(self, *, client_order_id: str = "", number: int = 0) -> HouseOrder | None:
        """An order that was accepted, open or closed, by either id."""
        if number:
            key = f"{self.name}-o{number}"
            return self.orders.get(key) or self.closed.get(key)
        order = self._by_client.get(client_order_id)
        return order if order is not None and order.venue_order_id else None

    def history(self) -> list[HouseOrder]:
        """Every order that is still remembered, oldest first."""
        return sorted([*self.closed.values(), *self.orders.values()], key=lambda order: order.number)

    def position(self, instrument: Instrument) -> Position:
        return self.positions.setdefault(instrument.symbol, Position(instrument))

    # -- VenueListener -------------------------------------------------------------------------------------------

    def on_order(self, report: OrderStatusReport) -> None:
        order = self._by_client.get(report.client_order_id) or self.orders.get(report.venue_order_id)
        if order is None or not order.open:
            return
        order.updated = report.ts_event
        if report.status is OrderStatus.REJECTED:
            order.created = report.ts_event
            order.status, order.reason, order.text = report.status, report.reason, report.text
            # a refused id is free again, as the venue never took it
            self._by_client.pop(order.client_order_id, None)
            for listener in self._listeners:
                listener.on_rejected(self, order)
            self._answer(order)
            return
        self._accept(order, report.venue_order_id, report.ts_event)
        if report.status.terminal:
            order.status, order.reason, order.text = report.status, report.reason, report.text
            order.qty = report.qty
            self._end(order)
        elif order.filled == 0:
            order.status = OrderStatus.OPEN
        if order.tif is TimeInForce.GTC or not order.open:
            # the fills of one arrival come in one turn: the answer shows them all
            asyncio.get_running_loop().call_soon(self._answer, order)

    def on_fill(self, fill: FillReport) -> None:
        order = self._by_client.get(fill.client_order_id) or self.orders.get(fill.venue_order_id)
        if order is None:
            order = self._foreign(fill)
        self._accept(order, fill.venue_order_id, fill.ts_event)
        instrument = self.venue.instruments[fill.symbol]
        position = self.position(instrument)
        realised = position.apply(instrument.qty_to_lots(fill.qty) * fill.side.sign, fill.price)
        self._pay(instrument.settle, -realised)
        self._pay(fill.fee_asset, fill.fee)
        order.filled += fill.qty
        order.value += fill.qty * fill.price
        order.updated = fill.ts_event
        order.status = OrderStatus.FILLED if order.filled >= order.qty else OrderStatus.PARTIALLY_FILLED
        told = HouseFill(fill, order, realised, position.qty, position.entry)
        self.fills.append(told)
        for listener in self._listeners:
            listener.on_fill(self, told)
        if order.status is OrderStatus.FILLED:
            self._end(order)
            asyncio.get_running_loop().call_soon(self._answer, order)

    def on_cancel_failed(self, report: CancelReport) -> None:
        for done in self._cancelling.pop(report.client_order_id, ()):
            if not done.done():
                done.set_result(report.text)

    def on_funding(self, payment: FundingPayment) -> None:
        self._pay(payment.asset, payment.cost)
        self.funding.append(payment)
        for listener in self._listeners:
            listener.on_funding(self, payment)

    def on_transfer(self, transfer: Transfer) -> None:
        self._pay(transfer.asset, -transfer.signed)
        self.transfers.append(transfer)
        for listener in self._listeners:
            listener.on_transfer(self, transfer)

    def on_book(self, update: BookUpdate) -> None:
        """Public data reaches a dialect through the market itself."""

    def on_funding_rate(self, rate: FundingRate) -> None:
        """As `on_book`."""

    def on_mark(self, symbol: str, price: Decimal, ts_event: int) -> None:
        """As `on_book`."""

    def on_connection(self, up: bool, reason: str) -> None:
        """In one process the connection is always there; faults are the front's."""

    # -- inside --------------------------------------------------------------------------------------------------

    def _pay(self, asset: str, amount: Decimal) -> None:
        self.cash[asset] = self.cash.get(asset, ZERO) - amount

    def _foreign(self, fill: FillReport) -> HouseOrder:
        """A trade without an order of a client: a liquidation, or by hand. Its size shows with its fills."""
        return HouseOrder(
            "", fill.symbol, fill.side, Decimal("Infinity"), fill.price, TimeInForce.IOC, False, False,
            fill.ts_event, fill.ts_event, market=True, liquidation=fill.liquidation,
        )  # fmt: skip

    def _accept(self, order: HouseOrder, venue_order_id: str, ts: int) -> None:
        if order.venue_order_id:
            return
        order.venue_order_id, order.created, order.status = venue_order_id, ts, OrderStatus.OPEN
        self.orders[venue_order_id] = order
        for listener in self._listeners:
            listener.on_accepted(self, order)

    def _end(self, order: HouseOrder) -> None:
        if self.orders.pop(order.venue_order_id, None) is None:
            return
        self.closed[order.venue_order_id] = order
        if len(self.closed) > KEEP_CLOSED:
            _, oldest = self.closed.popitem(last=False)
            self._by_client.pop(oldest.client_order_id, None)
        for listener in self._listeners:
            listener.on_ended(self, order)
        text = "" if order.status is OrderStatus.CANCELED else f"order is {order.status.value}"
        for done in self._cancelling.pop(order.client_order_id, ()):
            if not done.done():
                done.set_result(text)

    def _answer(self, order: HouseOrder) -> None:
        done = self._waiting.pop(order.client_order_id, None)
        if done is not None and not done.done():
            done.set_result(None)
