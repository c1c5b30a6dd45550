"""Cross margin per settle asset: equity, initial and maintenance margin, and the price of liquidation.

A pool holds everything that settles in one asset. Inverse instruments are reckoned in coin.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import TypeAlias

import msgspec

from venues.model import Instrument, Side
from venues.paper.account import ZERO, Account, Position, signed_value
from venues.paper.orders import PaperOrder

Marks: TypeAlias = Callable[[str], Decimal | None]
"""Mark price of a symbol; None while the market has never had one."""


class Margin(msgspec.Struct, frozen=True):
    """One pool, in its asset."""

    cash: Decimal
    unrealised: Decimal
    initial: Decimal
    maintenance: Decimal

    @property
    def equity(self) -> Decimal:
        return self.cash + self.unrealised

    @property
    def free(self) -> Decimal:
        return max(ZERO, self.equity - self.initial)

    @property
    def liquidated(self) -> bool:
        return self.maintenance > 0 and self.equity < self.maintenance


def notional(instrument: Instrument, lots: int, price: Decimal) -> Decimal:
    """Worth of a number of lots in the settle asset, never negative."""
    return abs(signed_value(instrument, instrument.lots_to_qty(lots), price))


def pool(
    account: Account,
    asset: str,
    max_leverage: Decimal,
    maintenance_rate: Decimal,
    marks: Marks,
    extra: PaperOrder | None = None,
) -> Margin:
    """The pool of `asset`, as if `extra` were open besides.

    Initial margin: for each symbol the larger of |position + open buys| and |position − open sells|, at the mark,
    ÷ leverage. Reduce-only orders bind none.
    """
    buys: dict[str, int] = {}
    sells: dict[str, int] = {}
    instruments: dict[str, Instrument] = {}
    limits: dict[str, Decimal] = {}
    for order in (*account.orders.values(), *((extra,) if extra is not None else ())):
        if order.instrument.settle != asset:
            continue
        symbol = order.symbol
        instruments[symbol] = order.instrument
        limits[symbol] = order.instrument.ticks_to_price(order.ticks)
        if not order.reduce_only:
            side = buys if order.side is Side.BUY else sells
            side[symbol] = side.get(symbol, 0) + order.remaining
    unrealised = initial = maintenance = ZERO
    for symbol, position in account.positions.items():
        if position.instrument.settle == asset:
            instruments[symbol] = position.instrument
    for symbol, instrument in instruments.items():
        position_here = account.positions.get(symbol)
        lots = position_here.lots if position_here is not None else 0
        mark = marks(symbol) or (
            position_here.entry if position_here is not None and lots else limits.get(symbol, ZERO)
        )
        if not mark:
            continue
        most = max(abs(lots + buys.get(symbol, 0)), abs(lots - sells.get(symbol, 0)), abs(lots))
        initial += notional(instrument, most, mark) / max_leverage
        if position_here is not None and lots:
            unrealised += position_here.unrealised(mark)
            maintenance += notional(instrument, lots, mark) * maintenance_rate
    return Margin(account.cash.get(asset, ZERO), unrealised, initial, maintenance)


def liquidation_price(position: Position, margin: Margin, mark: Decimal, maintenance_rate: Decimal) -> Decimal | None:
    """Mark at which the pool's equity meets its maintenance margin, all other marks unchanged; None for never.

    With buffer B = equity − maintenance at mark M, and r the maintenance rate:
    linear  P = M − B ÷ (size · (q − |q| · r)); inverse 1/P = 1/M + B ÷ (face · (q + |q| · r)).
    """
    if not position.lots:
        return None
    instrument, qty = position.instrument, position.qty
    size = instrument.contract_size
    buffer = margin.equity - margin.maintenance
    if instrument.inverse:
        reciprocal = 1 / mark + buffer / (size * (qty + abs(qty) * maintenance_rate))
        return 1 / reciprocal if reciprocal > 0 else None
    price = mark - buffer / (size * (qty - abs(qty) * maintenance_rate))
    return price if price > 0 else None
