"""The served exchange's own books as plain data: what a test compares a client's ledger with."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

import msgspec

from venues.model import FillReport, FundingPayment, Transfer
from venues.paper.account import Position
from venues.served.faults import Fault
from venues.served.house import House

ZERO = Decimal(0)


class PositionRow(msgspec.Struct, frozen=True):
    symbol: str
    qty: Decimal
    """Signed, venue units."""
    entry_price: Decimal
    mark_price: Decimal | None
    unrealised: Decimal


class OrderRow(msgspec.Struct, frozen=True):
    number: int
    """The id that clients see it by, where the dialect uses whole numbers."""
    client_order_id: str
    """As the engine has it; a dialect may spell it its own way."""
    symbol: str
    side: str
    qty: Decimal
    price: Decimal
    filled: Decimal


class AccountRow(msgspec.Struct, frozen=True):
    name: str
    cash: dict[str, Decimal]
    equity: dict[str, Decimal]
    """Cash plus unrealised profit at the marks, by asset."""
    positions: tuple[PositionRow, ...]
    open_orders: tuple[OrderRow, ...]
    fills: tuple[FillReport, ...]
    fees: dict[str, Decimal]
    """Paid (negative: received), by asset."""
    realised: Decimal
    """Of all fills, without fees."""
    funding: tuple[FundingPayment, ...]
    funding_cost: Decimal
    transfers: tuple[Transfer, ...]
    volume: Decimal
    """Sum of price · quantity of all fills."""


class HouseState(msgspec.Struct, frozen=True):
    venue: str
    now: int
    accounts: dict[str, AccountRow]
    faults: tuple[Fault, ...]


def house_state(house: House, faults: Iterable[Fault] = ()) -> HouseState:
    accounts = {name: _account(house, name) for name in house.accounts}
    return HouseState(house.spec.venue, house.clock.now_ns(), accounts, tuple(faults))


def _account(house: House, name: str) -> AccountRow:
    state = house.exchange.account_state(name)
    fees: dict[str, Decimal] = {}
    volume = ZERO
    for fill in state.fills:
        fees[fill.fee_asset] = fees.get(fill.fee_asset, ZERO) + fill.fee
        volume += house.markets[fill.symbol].instrument.notional(fill.qty, fill.price)
    equity = dict(state.cash)
    positions = []
    for held in state.positions:
        market = house.markets[held.symbol]
        position = Position(market.instrument, held.lots, held.cost)
        mark = market.mark()
        unrealised = ZERO if mark is None else position.unrealised(mark)
        settle = market.instrument.settle
        equity[settle] = equity.get(settle, ZERO) + unrealised
        positions.append(PositionRow(held.symbol, position.qty, position.entry, mark, unrealised))
    orders = []
    for order in state.open_orders:
        instrument = house.markets[order.symbol].instrument
        told = house.accounts[name].orders.get(order.order_id)
        orders.append(
            OrderRow(
                told.number if told is not None else 0,
                order.client_order_id,
                order.symbol,
                order.side.value,
                instrument.lots_to_qty(order.lots),
                instrument.ticks_to_price(order.ticks),
                instrument.lots_to_qty(order.filled),
            )
        )
    return AccountRow(
        name=name,
        cash=state.cash,
        equity=equity,
        positions=tuple(positions),
        open_orders=tuple(orders),
        fills=state.fills,
        fees=fees,
        realised=sum((told.realised for told in house.accounts[name].fills.since(0)), ZERO),
        funding=state.funding,
        funding_cost=sum((payment.cost for payment in state.funding), ZERO),
        transfers=state.transfers,
        volume=volume,
    )
