"""Instruments: the only place where a venue's quantities become base coin, quote currency or profit."""

from __future__ import annotations

from decimal import ROUND_CEILING, ROUND_DOWN, ROUND_FLOOR, ROUND_HALF_EVEN, Decimal
from enum import StrEnum

import msgspec

from venues.model.errors import InstrumentError

ONE = Decimal(1)
ZERO = Decimal(0)


MAX_STEPS = Decimal(10) ** 18
"""More ticks or lots than these are a broken message, not a price or a quantity; they fit 64 bits."""


def _whole(value: Decimal, step: Decimal) -> int | None:
    """How many steps `value` is; None where it is between two, is no number or is beyond all reason."""
    if not value.is_finite() or abs(value) >= MAX_STEPS * step:
        return None
    steps = value / step
    whole = steps.to_integral_value()
    return int(whole) if steps == whole else None


class InstrumentKind(StrEnum):
    """How a position pays. Linear and spot settle in the quote currency, inverse in the base coin."""

    LINEAR = "linear"
    INVERSE = "inverse"
    SPOT = "spot"


class Instrument(msgspec.Struct, frozen=True):
    """One traded market of one venue.

    `qty` everywhere means the venue's own unit: base coin where `contract_size` is 1 (most perps), contracts where a
    contract stands for `contract_size` base coins (OKX linear) or for `contract_size` units of quote currency
    (inverse: 100 USD on COIN-M BTC).
    """

    symbol: str
    """The venue's own name, e.g. `BTCUSDT`."""
    base: str
    quote: str
    settle: str
    """Currency in which profit, fees and margin are booked."""
    kind: InstrumentKind
    tick: Decimal
    """Smallest price step, quote per base."""
    lot: Decimal
    """Smallest quantity step, venue units."""
    min_qty: Decimal
    """Smallest order, venue units."""
    min_notional: Decimal = ZERO
    """Smallest order value, quote currency."""
    contract_size: Decimal = ONE
    """Base coin per unit (linear, spot) or quote currency per unit (inverse)."""

    def __post_init__(self) -> None:
        for field in ("tick", "lot", "min_qty", "contract_size"):
            if getattr(self, field) <= 0:
                raise InstrumentError(f"{self.symbol}: {field} is {getattr(self, field)}, must be above 0")

    @property
    def inverse(self) -> bool:
        return self.kind is InstrumentKind.INVERSE

    # -- ticks and lots ------------------------------------------------------------------------------------------

    def price_to_ticks(self, price: Decimal) -> int:
        """Exact number of ticks; raises `InstrumentError` for a price between two ticks."""
        ticks = _whole(price, self.tick)
        if ticks is None:
            raise InstrumentError(f"{self.symbol}: price {price} is not a multiple of the tick {self.tick}")
        return ticks

    def ticks_to_price(self, ticks: int) -> Decimal:
        return self.tick * ticks

    def qty_to_lots(self, qty: Decimal) -> int:
        """Exact number of lots; raises `InstrumentError` for a quantity between two lots."""
        lots = _whole(qty, self.lot)
        if lots is None:
            raise InstrumentError(f"{self.symbol}: quantity {qty} is not a multiple of the lot {self.lot}")
        return lots

    def lots_to_qty(self, lots: int) -> Decimal:
        return self.lot * lots

    def round_price(self, price: Decimal, *, up: bool) -> Decimal:
        """Nearest tick at or beyond `price`: upwards or downwards. Holds for any tick, 0.5 and 0.25 too."""
        rounding = ROUND_CEILING if up else ROUND_FLOOR
        return (price / self.tick).to_integral_value(rounding=rounding) * self.tick

    def round_qty(self, qty: Decimal, *, nearest: bool = False) -> Decimal:
        """Whole lots, towards zero, or to the nearest lot where `nearest`."""
        rounding = ROUND_HALF_EVEN if nearest else ROUND_DOWN
        return (qty / self.lot).to_integral_value(rounding=rounding) * self.lot

    # -- conversions ---------------------------------------------------------------------------------------------

    def base_qty(self, qty: Decimal, price: Decimal) -> Decimal:
        """Base coin that `qty` stands for at `price`. Inverse: contracts · face ÷ price."""
        if self.kind is InstrumentKind.INVERSE:
            return qty * self.contract_size / price
        return qty * self.contract_size

    def qty_from_base(self, base: Decimal, price: Decimal) -> Decimal:
        """Venue units for `base` coins at `price`, not rounded."""
        if self.kind is InstrumentKind.INVERSE:
            return base * price / self.contract_size
        return base / self.contract_size

    def notional(self, qty: Decimal, price: Decimal) -> Decimal:
        """Value in quote currency, signed as `qty` is."""
        if self.kind is InstrumentKind.INVERSE:
            return qty * self.contract_size
        return qty * self.contract_size * price

    def pnl(self, qty: Decimal, entry: Decimal, exit_: Decimal) -> Decimal:
        """Profit in the settle currency of a signed `qty` from `entry` to `exit_`.

        Linear: q · size · (exit − entry). Inverse: q · face · (1/entry − 1/exit), in coin.
        """
        if self.kind is InstrumentKind.INVERSE:
            return qty * self.contract_size * (ONE / entry - ONE / exit_)
        return qty * self.contract_size * (exit_ - entry)

    def tolerance_base(self, price: Decimal) -> Decimal:
        """Base coin below which this market cannot trade: the largest of lot, minimum quantity and
        minimum notional ÷ price."""
        smallest = max(self.base_qty(self.lot, price), self.base_qty(self.min_qty, price))
        return max(smallest, self.min_notional / price)

    def check_order(self, qty: Decimal, price: Decimal, *, reduce_only: bool = False) -> None:
        """Raise `InstrumentError` where the venue would refuse the order for its size or its steps.

        Minimum notional does not bind a reduce-only order, as venues let a position be closed whole."""
        self.price_to_ticks(price)
        self.qty_to_lots(qty)
        if qty < self.min_qty:
            raise InstrumentError(f"{self.symbol}: quantity {qty} is under the minimum {self.min_qty}")
        notional = self.notional(qty, price)
        if notional < self.min_notional and not reduce_only:
            raise InstrumentError(
                f"{self.symbol}: order value {notional:.2f} {self.quote} is under the minimum {self.min_notional}"
            )
