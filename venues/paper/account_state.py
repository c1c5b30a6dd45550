"""An account's books as plain data: for audits, and for a process that must find them again after a restart."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

import msgspec

from venues.model import (
    FillReport,
    FundingPayment,
    Instrument,
    OrderStatus,
    OrderStatusReport,
    Side,
    TimeInForce,
    Transfer,
)
from venues.paper.account import Account, Position
from venues.paper.orders import AHEAD_UNKNOWN, PaperOrder


class PositionState(msgspec.Struct, frozen=True):
    symbol: str
    lots: int
    cost: Decimal
    """Sum of worths at entry, settle asset; see `account.Position`."""


class OrderState(msgspec.Struct, frozen=True):
    order_id: str
    client_order_id: str
    symbol: str
    side: Side
    lots: int
    ticks: int
    filled: int
    tif: TimeInForce
    post_only: bool
    reduce_only: bool
    status: OrderStatus
    ts_event: int


class AccountState(msgspec.Struct, frozen=True):
    """Everything that one account is on the exchange. Queue positions are not in it: a restart puts resting orders at
    the back of their queues."""

    name: str
    venue: str
    cash: dict[str, Decimal]
    positions: tuple[PositionState, ...]
    open_orders: tuple[OrderState, ...]
    closed_orders: tuple[OrderStatusReport, ...]
    fills: tuple[FillReport, ...]
    first_fill: int
    """Number of the oldest fill in `fills`; cursors count from it."""
    funding: tuple[FundingPayment, ...]
    transfers: tuple[Transfer, ...]
    last_id: int

    def lots(self, symbol: str) -> int:
        """Signed position, lots."""
        return sum(position.lots for position in self.positions if position.symbol == symbol)


def export_account(account: Account) -> AccountState:
    return AccountState(
        name=account.name,
        venue=account.venue,
        cash=dict(account.cash),
        positions=tuple(
            PositionState(symbol, position.lots, position.cost)
            for symbol, position in account.positions.items()
            if position.lots
        ),
        open_orders=tuple(_order_state(order) for order in account.orders.values()),
        closed_orders=tuple(account.closed.values()),
        fills=account.fills.since(0),
        first_fill=account.fills.first,
        funding=account.funding.since(0),
        transfers=account.transfers.since(0),
        last_id=account.last_id,
    )


def _order_state(order: PaperOrder) -> OrderState:
    return OrderState(
        order.order_id,
        order.client_order_id,
        order.symbol,
        order.side,
        order.lots,
        order.ticks,
        order.filled,
        order.tif,
        order.post_only,
        order.reduce_only,
        order.status,
        order.ts_event,
    )


def import_account(account: Account, state: AccountState, instruments: Mapping[str, Instrument]) -> None:
    """Put `state` into an account in place of what it held. Raises `ValueError` where it cannot be held here."""
    if (state.name, state.venue) != (account.name, account.venue):
        raise ValueError(
            f"state of account {state.name!r} on {state.venue!r} "
            f"does not belong to {account.name!r} on {account.venue!r}"
        )
    symbols = [position.symbol for position in state.positions] + [order.symbol for order in state.open_orders]
    for symbol in symbols:
        if symbol not in instruments:
            raise ValueError(f"account {state.name!r}: {state.venue} has no market {symbol!r}, add it before the state")
    account.cash = dict(state.cash)
    account.positions = {
        position.symbol: Position(instruments[position.symbol], position.lots, position.cost)
        for position in state.positions
    }
    account.orders.clear()
    account.by_client.clear()
    account.closed.clear()
    for report in state.closed_orders:
        account.closed[report.venue_order_id] = report
        if report.client_order_id:
            account.by_client[report.client_order_id] = report.venue_order_id
    for saved in state.open_orders:
        account.add(_order(account.name, saved, instruments[saved.symbol]))
    account.fills.restore(state.first_fill, list(state.fills))
    account.funding.restore(0, list(state.funding))
    account.transfers.restore(0, list(state.transfers))
    account.last_id = state.last_id


def _order(account: str, saved: OrderState, instrument: Instrument) -> PaperOrder:
    order = PaperOrder(
        account,
        instrument,
        saved.order_id,
        saved.client_order_id,
        saved.side,
        saved.lots,
        saved.ticks,
        tif=saved.tif,
        post_only=saved.post_only,
        reduce_only=saved.reduce_only,
        ts_event=saved.ts_event,
    )
    order.filled = saved.filled
    order.status = saved.status
    order.ahead = AHEAD_UNKNOWN
    return order
