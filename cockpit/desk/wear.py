"""What trading cost, by part: the sums that fills add up to, and what they come to at a mark.

`docs/wear.md` derives every formula used here.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from enum import StrEnum
from typing import TypeAlias

import msgspec

from venues.model import Instrument, InstrumentKind

ZERO = Decimal(0)
ONE = Decimal(1)
BPS = Decimal(10_000)

Marks: TypeAlias = Callable[[str, str], Decimal | None]
"""(account, symbol) to the price that open positions are marked at, quote per base; None where none is known now."""
Rates: TypeAlias = Callable[[str], Decimal | None]
"""Asset to its price in USD now; None where none is known."""
Key: TypeAlias = tuple[str, str]
"""(account, symbol)"""


class Scope(StrEnum):
    """Whose wear is asked for."""

    LOOP = "loop"
    ACCOUNT = "account"
    """Everything on the account, foreign fills too."""
    FOREIGN = "foreign"
    """The part of an account that no loop did."""
    DAY = "day"
    """All loops on one UTC day, named `2025-11-21`; what was open at midnight counts at the marks of midnight."""
    TOTAL = "total"
    """All loops."""


class Wear(msgspec.Struct, frozen=True):
    """Parts of wear in USD. All are costs: positive is paid, negative was received."""

    fees_usd: Decimal = ZERO
    trade_usd: Decimal = ZERO
    """Σ s·base·(price − mark) over the fills: realised, and open at the mark."""
    funding_usd: Decimal = ZERO
    volume_usd: Decimal = ZERO
    """Opening and closing fills of the volume account; of an account: all its fills."""
    open_usd: Decimal = ZERO
    """The part of `trade_usd` that belongs to positions still open."""
    rebates_usd: Decimal = ZERO
    """Paid out apart from trading, as a cost: negative is received. No part of the wear."""
    revaluation_usd: Decimal = ZERO
    """Of an account: what its coin cash lost by the move of the coin's price. No part of the wear."""

    @property
    def wear_usd(self) -> Decimal:
        return self.fees_usd + self.trade_usd + self.funding_usd

    @property
    def wear_bps(self) -> Decimal | None:
        """Wear ÷ volume · 10,000; None while nothing was traded."""
        return self.wear_usd / self.volume_usd * BPS if self.volume_usd else None

    def plus(self, other: Wear) -> Wear:
        return Wear(*(getattr(self, name) + getattr(other, name) for name in self.__struct_fields__))


class OpenPart:
    """A position and what it cost, at average entry: `quote` ÷ `base` is the entry price, linear or inverse.

    `qty`, `base` (coin at the fill prices) and `quote` (price paid for it) carry the position's sign.
    """

    __slots__ = ("base", "qty", "quote")

    def __init__(self) -> None:
        self.qty = self.base = self.quote = ZERO

    def trade(self, qty: Decimal, base: Decimal, quote: Decimal) -> tuple[Decimal, Decimal]:
        """Add a signed fill. What it closed is returned as (base, quote) of entry and exit together: the realised
        profit is −quote in quote currency (linear), or +base in coin (inverse)."""
        held = self.qty
        if held == 0 or (held > 0) == (qty > 0):
            self.qty += qty
            self.base += base
            self.quote += quote
            return ZERO, ZERO
        if abs(qty) < abs(held):
            share = -qty / held
            out_base, out_quote = self.base * share, self.quote * share
            self.qty += qty
            self.base -= out_base
            self.quote -= out_quote
            return out_base + base, out_quote + quote
        share = -held / qty
        in_base, in_quote = (base, quote) if share == ONE else (base * share, quote * share)
        realised = self.base + in_base, self.quote + in_quote
        self.qty, self.base, self.quote = held + qty, base - in_base, quote - in_quote
        return realised


class Sums:
    """Running sums over one market's fills, signed as the fills are (a buy is +)."""

    __slots__ = ("base", "fees_usd", "funding_usd", "open", "qty", "quote", "volume_usd")

    def __init__(self) -> None:
        self.qty = self.base = self.quote = ZERO
        self.fees_usd = self.funding_usd = self.volume_usd = ZERO
        self.open = OpenPart()

    def trade(self, qty: Decimal, base: Decimal, quote: Decimal) -> None:
        self.qty += qty
        self.base += base
        self.quote += quote
        self.open.trade(qty, base, quote)

    def wear(self, mark: Decimal, unit_usd: Decimal) -> Wear:
        """At `mark`; `unit_usd` is the worth of one unit of quote currency."""
        opened = self.open
        return Wear(
            fees_usd=self.fees_usd,
            trade_usd=(self.quote - self.base * mark) * unit_usd,
            funding_usd=self.funding_usd,
            volume_usd=self.volume_usd,
            open_usd=(opened.quote - opened.base * mark) * unit_usd,
        )


class Prices:
    """Marks and rates with a memory: where none is known now, the last that was seen serves."""

    def __init__(self) -> None:
        self._marks: dict[Key, Decimal] = {}
        self._rates: dict[str, Decimal] = {"USD": ONE}

    def saw_mark(self, key: Key, price: Decimal) -> None:
        self._marks[key] = price

    def saw_rate(self, asset: str, usd: Decimal) -> None:
        if asset != "USD":
            self._rates[asset] = usd

    def mark(self, key: Key, marks: Marks | None) -> Decimal:
        """The price now, else the newest known, else that of the last fill; 0 for a market that never had any."""
        now = marks(*key) if marks is not None else None
        if now is None:
            return self._marks.get(key, ZERO)
        self._marks[key] = now
        return now

    def rate(self, asset: str, rates: Rates | None) -> Decimal:
        """USD for one of `asset`; 1 for USD, and for an asset of which no rate was ever heard."""
        now = rates(asset) if rates is not None and asset != "USD" else None
        if now is None:
            return self._rates.get(asset, ONE)
        self._rates[asset] = now
        return now

    def unit(self, instrument: Instrument, rates: Rates | None) -> Decimal:
        """USD for what a price of `instrument` counts in: the settle currency, or the quote of an inverse market."""
        inverse = instrument.kind is InstrumentKind.INVERSE
        return self.rate(instrument.quote if inverse else instrument.settle, rates)
