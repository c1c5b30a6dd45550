"""An account of the bench exchange: orders, fills, positions and cash that add up, as a desk's reconciling demands."""

from __future__ import annotations

from decimal import Decimal

import msgspec

from venues.model import (
    BalanceReport,
    FillReport,
    Instrument,
    LiquiditySide,
    OrderRequest,
    OrderStatus,
    OrderStatusReport,
    PositionStatusReport,
)
from venues.wire import FrameProtocol

ZERO = Decimal(0)
CASH = Decimal(100_000_000)
"""Enough that margin never decides anything here."""
MAKER_FEE, TAKER_FEE = Decimal("0.0001"), Decimal("0.0003")
KEPT_ORDERS = 2_000


class Held(msgspec.Struct):
    """A position: signed quantity at its average entry."""

    qty: Decimal = ZERO
    entry: Decimal = ZERO


class Member:
    """One account and whoever is logged in to it."""

    def __init__(self, name: str, instruments: dict[str, Instrument]) -> None:
        self.name = name
        self.session: FrameProtocol | None = None
        self.symbols: set[str] = set()
        self.resting: dict[str, OrderStatusReport] = {}
        self.ended: dict[str, OrderStatusReport] = {}
        self.fills: list[FillReport] = []
        self._instruments = instruments
        self._held: dict[str, Held] = {}
        self._cash = CASH
        self._numbers = 0

    def order(self, request: OrderRequest, ts: int) -> OrderStatusReport:
        """The order as accepted, not yet filled."""
        self._numbers += 1
        return OrderStatusReport(
            client_order_id=request.client_order_id,
            venue_order_id=f"{self.name}-{self._numbers}",
            symbol=request.symbol,
            side=request.side,
            qty=request.qty,
            price=request.price,
            filled_qty=ZERO,
            status=OrderStatus.OPEN,
            ts_event=ts,
            ts_init=ts,
            tif=request.tif,
            post_only=request.post_only,
            reduce_only=request.reduce_only,
        )

    def fill(
        self, order: OrderStatusReport, trade_id: str, qty: Decimal, price: Decimal, liquidity: LiquiditySide, ts: int
    ) -> tuple[FillReport, OrderStatusReport]:
        """Book a fill of `order`; the fill, and the order after it."""
        fee = qty * price * (MAKER_FEE if liquidity is LiquiditySide.MAKER else TAKER_FEE)
        self._book(order.symbol, qty * order.side.sign, price, fee)
        fill = FillReport(
            trade_id=trade_id,
            client_order_id=order.client_order_id,
            venue_order_id=order.venue_order_id,
            symbol=order.symbol,
            side=order.side,
            qty=qty,
            price=price,
            fee=fee,
            fee_asset=self._instruments[order.symbol].settle,
            liquidity=liquidity,
            ts_event=ts,
            ts_init=ts,
        )
        self.fills.append(fill)
        filled = order.filled_qty + qty
        status = OrderStatus.FILLED if filled >= order.qty else OrderStatus.PARTIALLY_FILLED
        after = msgspec.structs.replace(order, filled_qty=filled, status=status, ts_event=ts)
        if status is OrderStatus.FILLED:
            self.end(after)
        else:
            self.resting[order.client_order_id] = after
        return fill, after

    def end(self, order: OrderStatusReport) -> None:
        """Keep a finished order for questions."""
        self.resting.pop(order.client_order_id, None)
        self.ended[order.client_order_id] = order
        while len(self.ended) > KEPT_ORDERS:
            del self.ended[next(iter(self.ended))]

    def find(self, client_order_id: str, venue_order_id: str) -> OrderStatusReport | None:
        for orders in (self.resting, self.ended):
            found = orders.get(client_order_id)
            if found is not None:
                return found
            if venue_order_id:
                for order in orders.values():
                    if order.venue_order_id == venue_order_id:
                        return order
        return None

    def positions(self, marks: dict[str, Decimal], ts: int) -> tuple[PositionStatusReport, ...]:
        return tuple(
            PositionStatusReport(
                symbol=symbol,
                qty=held.qty,
                entry_price=held.entry,
                mark_price=marks[symbol],
                unrealised=self._instruments[symbol].pnl(held.qty, held.entry, marks[symbol]),
                ts_event=ts,
            )
            for symbol, held in self._held.items()
            if held.qty
        )

    def balances(self, marks: dict[str, Decimal], ts: int) -> tuple[BalanceReport, ...]:
        unrealised = sum((position.unrealised for position in self.positions(marks, ts)), ZERO)
        equity = self._cash + unrealised
        return (BalanceReport("USDT", self._cash, equity, equity, ZERO, ts),)

    def _book(self, symbol: str, signed: Decimal, price: Decimal, fee: Decimal) -> None:
        self._cash -= fee
        held = self._held.setdefault(symbol, Held())
        after = held.qty + signed
        if held.qty * signed >= 0:
            held.entry = (held.entry * abs(held.qty) + price * abs(signed)) / abs(after)
        else:
            closed = min(abs(held.qty), abs(signed)) * (1 if held.qty > 0 else -1)
            self._cash += self._instruments[symbol].pnl(closed, held.entry, price)
            if abs(signed) > abs(held.qty):
                held.entry = price
        held.qty = after
