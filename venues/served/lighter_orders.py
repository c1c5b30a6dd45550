"""Orders and trades of one account as Lighter tells of them, kept by listening to the house.

A transaction that the API took has an order at once, with its index; what became of it shows in its status. An order
that was modified stays one order here, though the engine sees a cancel and a new one."""

from __future__ import annotations

import asyncio
from collections import OrderedDict, deque
from collections.abc import Iterator
from decimal import Decimal
from typing import Protocol

import msgspec

from venues.model import (
    FundingPayment,
    LiquiditySide,
    OrderStatus,
    RejectReason,
    Side,
    Transfer,
)
from venues.served.house import HouseAccount, HouseFill, HouseOrder
from venues.served.lighter_keys import Owner
from venues.served.lighter_markets import LighterMarket, LighterMarkets

KEEP_CLOSED = 10_000
KEEP_TRADES = 100_000
FIRST_ORDER = 1 << 48
"""Order indexes begin above every client order index."""
FIRST_TRADE = 900_000_000_000
PENDING = "pending"
"""Taken by the API, not yet by the matching engine: in no list."""
OPEN = "open"

_ENDED = {
    RejectReason.POST_ONLY: "canceled-post-only",
    RejectReason.REDUCE_ONLY: "canceled-reduce-only",
    RejectReason.MARGIN: "canceled-margin-not-allowed",
    RejectReason.PRICE_BAND: "canceled-too-much-slippage",
    RejectReason.FOK: "canceled-not-enough-liquidity",
    RejectReason.LIQUIDATION: "canceled-liquidation",
}


class Counters:
    """Numbers that are given once on the whole venue."""

    def __init__(self) -> None:
        self._order = FIRST_ORDER
        self._trade = FIRST_TRADE

    def order(self) -> int:
        self._order += 1
        return self._order

    def trade(self) -> int:
        self._trade += 1
        return self._trade


class LighterOrder(msgspec.Struct, eq=False):
    index: int
    client_index: int
    """0: the client gave none."""
    market: LighterMarket
    side: Side
    base_amount: Decimal
    price: Decimal
    order_type: str
    time_in_force: str
    reduce_only: bool
    expiry: int
    """ms since the epoch; 0 for an order that does not rest."""
    nonce: int
    tx_hash: str
    created: int
    """ns, as `updated`."""
    updated: int
    status: str = PENDING
    filled: Decimal = Decimal(0)
    value: Decimal = Decimal(0)
    """Sum of price · quantity of its fills."""
    house_id: str = ""
    """Client order id of its newest order at the engine."""
    house: HouseOrder | None = None
    replacing: bool = False
    """Its order at the engine is being cancelled to be sent anew."""
    expired: bool = False
    """Its cancel is under way because its time is over."""
    cancel_wanted: bool = False
    """A cancel came before the engine had it."""
    timer: asyncio.TimerHandle | None = None

    @property
    def open(self) -> bool:
        return self.status == OPEN

    @property
    def ended(self) -> bool:
        return self.status not in (OPEN, PENDING)

    @property
    def remaining(self) -> Decimal:
        return self.base_amount - self.filled


class LighterTrade(msgspec.Struct, frozen=True):
    """One fill of the account."""

    trade_id: int
    order: LighterOrder
    fill: HouseFill
    position_before: Decimal

    @property
    def maker(self) -> bool:
        return self.fill.fill.liquidity is LiquiditySide.MAKER


class OrderWatcher(Protocol):
    """Who is told what became of an account's orders and money, in order. Must not raise."""

    def on_order(self, orders: AccountOrders, order: LighterOrder) -> None: ...
    def on_trade(self, orders: AccountOrders, trade: LighterTrade) -> None: ...
    def on_money(self, orders: AccountOrders) -> None:
        """Position or balance may have changed."""
        ...


class AccountOrders:
    """The `AccountListener` of one account."""

    def __init__(
        self, owner: Owner, account: HouseAccount, markets: LighterMarkets, counters: Counters, watcher: OrderWatcher
    ) -> None:
        self.owner = owner
        self.account = account
        self.markets = markets
        self.trades: deque[LighterTrade] = deque(maxlen=KEEP_TRADES)
        """The newest, oldest first."""
        self.realised: dict[str, Decimal] = {}
        """Profit taken so far, by symbol."""
        self._counters = counters
        self._watcher = watcher
        self._active: OrderedDict[int, LighterOrder] = OrderedDict()
        self._closed: OrderedDict[int, LighterOrder] = OrderedDict()
        self._by_client: dict[int, LighterOrder] = {}
        self._by_house: dict[str, LighterOrder] = {}

    # -- look-ups ------------------------------------------------------------------------------------------------

    def active(self, market: LighterMarket | None = None) -> Iterator[LighterOrder]:
        """Open orders, oldest first."""
        for order in self._active.values():
            if order.open and market in (None, order.market):
                yield order

    def on_their_way(self) -> list[LighterOrder]:
        """Orders that the engine does not have yet, or has not as they are to be."""
        return [order for order in self._active.values() if order.status == PENDING or order.replacing]

    def inactive(self) -> Iterator[LighterOrder]:
        """Ended orders, newest first."""
        return reversed(self._closed.values())

    def knows_client_index(self, client_index: int) -> bool:
        return client_index in self._by_client

    def find(self, index: int) -> LighterOrder | None:
        """By order index or client order index."""
        if index <= FIRST_ORDER:
            return self._by_client.get(index)
        return self._active.get(index) or self._closed.get(index)

    # -- changes -------------------------------------------------------------------------------------------------

    def next_index(self) -> int:
        return self._counters.order()

    def add(self, order: LighterOrder) -> None:
        self._active[order.index] = order
        if order.client_index:
            self._by_client[order.client_index] = order

    def sent(self, order: LighterOrder, house_id: str) -> None:
        """The order goes to the engine under `house_id`."""
        order.house_id = house_id
        self._by_house[house_id] = order

    def end(self, order: LighterOrder, status: str, now: int) -> None:
        """It can fill no more."""
        if order.ended:
            return
        order.status, order.updated = status, now
        if order.timer is not None:
            order.timer.cancel()
            order.timer = None
        self._active.pop(order.index, None)
        self._closed[order.index] = order
        if len(self._closed) > KEEP_CLOSED:
            _, oldest = self._closed.popitem(last=False)
            self._by_client.pop(oldest.client_index, None)
            self._by_house.pop(oldest.house_id, None)
        self._watcher.on_order(self, order)

    def cancel(self, order: LighterOrder) -> None:
        """Ask the engine to cancel it, never before the order itself has arrived there."""
        if order.open and not order.replacing:
            self.account.venue.cancel(order.house_id, order.market.instrument.symbol)
        else:
            order.cancel_wanted = True

    # -- AccountListener -----------------------------------------------------------------------------------------

    def on_accepted(self, account: HouseAccount, order: HouseOrder) -> None:
        mine = self._by_house.get(order.client_order_id) if order.client_order_id else None
        if mine is None:
            mine = self._foreign(order)
        mine.house, mine.replacing, mine.status = order, False, OPEN
        mine.updated = order.updated
        self._watcher.on_order(self, mine)
        if mine.cancel_wanted:
            mine.cancel_wanted = False
            self.cancel(mine)

    def on_fill(self, account: HouseAccount, fill: HouseFill) -> None:
        order = self._of(fill.order)
        report = fill.fill
        order.filled += report.qty
        order.value += report.qty * report.price
        order.updated = report.ts_event
        self.realised[report.symbol] = self.realised.get(report.symbol, Decimal(0)) + fill.realised
        before = fill.position - report.qty * report.side.sign
        trade = LighterTrade(self._counters.trade(), order, fill, before)
        self.trades.append(trade)
        if order.remaining > 0:
            self._watcher.on_order(self, order)
        self._watcher.on_trade(self, trade)
        self._watcher.on_money(self)

    def on_ended(self, account: HouseAccount, order: HouseOrder) -> None:
        mine = self._of(order)
        mine.base_amount = max(mine.base_amount, mine.filled)
        if order.status is OrderStatus.FILLED:
            status = "filled"
        elif mine.replacing and order.reason is None:
            return
        elif mine.expired or order.status is OrderStatus.EXPIRED:
            status = "canceled-expired"
        elif order.reason is not None:
            status = ended_status(order.reason)
        elif mine.order_type == "market":
            status = "canceled-too-much-slippage"
        else:
            status = "canceled"
        self.end(mine, status, order.updated)
        self._watcher.on_money(self)

    def on_rejected(self, account: HouseAccount, order: HouseOrder) -> None:
        mine = self._by_house.pop(order.client_order_id, None)
        if mine is not None:
            self.end(mine, ended_status(order.reason), order.updated)

    def on_funding(self, account: HouseAccount, payment: FundingPayment) -> None:
        self._watcher.on_money(self)

    def on_transfer(self, account: HouseAccount, transfer: Transfer) -> None:
        self._watcher.on_money(self)

    def _of(self, order: HouseOrder) -> LighterOrder:
        return self._by_house[order.client_order_id or order.venue_order_id]

    def _foreign(self, order: HouseOrder) -> LighterOrder:
        """An order that no transaction sent: the venue's own, or one that was there before."""
        mine = LighterOrder(
            index=self._counters.order(),
            client_index=0,
            market=self.markets.by_symbol(order.symbol),
            side=order.side,
            base_amount=order.qty if order.qty.is_finite() else Decimal(0),
            price=order.price,
            order_type="liquidation" if order.liquidation else "market" if order.market else "limit",
            time_in_force="immediate-or-cancel" if order.market else "good-till-time",
            reduce_only=order.reduce_only,
            expiry=0,
            nonce=0,
            tx_hash="",
            created=order.created,
            updated=order.updated,
        )
        self.add(mine)
        self.sent(mine, order.client_order_id or order.venue_order_id)
        return mine


def ended_status(reason: RejectReason | None) -> str:
    """Lighter's word for the end of an order that the engine refused or closed for `reason`."""
    return _ENDED.get(reason, "canceled") if reason is not None else "canceled"
