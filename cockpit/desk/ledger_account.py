"""One account's money by our own books: cash, flows, and what no booking explains."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from decimal import Decimal

import msgspec

from cockpit.desk.wear import ZERO, OpenPart, Sums
from venues.model import Instrument, InstrumentError, InstrumentKind


class OpeningPosition(msgspec.Struct, frozen=True):
    """A position that was there before us: foreign."""

    symbol: str
    qty: Decimal
    """Signed, venue units."""
    entry: Decimal
    mark: Decimal


class Opening(msgspec.Struct, frozen=True):
    """What an account held when it was first seen. Everything later is measured from here."""

    account: str
    ts: int
    cash: dict[str, Decimal]
    """Asset to settled balance, without unrealised profit."""
    rates: dict[str, Decimal]
    """Asset to USD, for every asset of `cash` and every settle currency of `positions`."""
    positions: tuple[OpeningPosition, ...] = ()

    def rate(self, asset: str) -> Decimal:
        try:
            return self.rates[asset]
        except KeyError:
            raise ValueError(f"opening of {self.account}: no rate to USD for {asset}; expected one in rates") from None


class _Flow:
    """What of one asset came in apart from trading profit, and its worth when it came."""

    __slots__ = ("amount", "usd")

    def __init__(self) -> None:
        self.amount = self.usd = ZERO


class AccountBook:
    """Cash as the account must have it, and the flows that revaluation is reckoned from."""

    def __init__(self) -> None:
        self.opened = False
        self.opening_usd = ZERO
        self.transfers_usd = ZERO
        """In minus out, rebates too, at the rates of their time."""
        self.rebates_usd = ZERO
        self.cash: dict[str, Decimal] = {}
        self._flows: dict[str, _Flow] = {}
        self._entries: dict[str, OpenPart] = {}

    def open(self, opening: Opening, instruments: Callable[[str, str], Instrument]) -> None:
        """Opening equity is cash plus the unrealised profit of what was open, at the opening's marks and rates."""
        # Everything that may raise comes first: a refused opening leaves no trace.
        held_here = [(held, instruments(opening.account, held.symbol)) for held in opening.positions]
        for held, instrument in held_here:
            if instrument.kind is InstrumentKind.SPOT:
                raise InstrumentError(f"{held.symbol}: spot coins are cash, not a position; expected them in cash")
        for asset in (*opening.cash, *(instrument.settle for _, instrument in held_here)):
            opening.rate(asset)
        for asset, amount in opening.cash.items():
            self._add_cash(asset, amount)
            self._opened(asset, amount, opening.rate(asset))
        for held, instrument in held_here:
            unrealised = instrument.pnl(held.qty, held.entry, held.mark)
            self._opened(instrument.settle, unrealised, opening.rate(instrument.settle))
            self._entry(held.symbol).trade(
                held.qty, instrument.base_qty(held.qty, held.entry), instrument.notional(held.qty, held.entry)
            )
        self.opened = True

    def fill(self, instrument: Instrument, symbol: str, qty: Decimal, base: Decimal, quote: Decimal) -> None:
        """A signed fill: realised profit becomes cash; on a spot market, coins change for quote currency."""
        if instrument.kind is InstrumentKind.SPOT:
            self._add_cash(instrument.settle, -quote)
            self._add_cash(instrument.base, base)
            return
        closed_base, closed_quote = self._entry(symbol).trade(qty, base, quote)
        realised = closed_base if instrument.inverse else -closed_quote
        if realised:
            self._add_cash(instrument.settle, realised)

    def cost(self, asset: str, amount: Decimal, usd: Decimal) -> None:
        """A fee or a funding payment; positive is paid."""
        if amount:
            self._add_cash(asset, -amount)
            self._flow(asset, -amount, -usd)

    def transfer(self, asset: str, amount: Decimal, usd: Decimal, *, rebate: bool) -> None:
        """Signed: positive came in."""
        self._add_cash(asset, amount)
        self._flow(asset, amount, usd)
        self.transfers_usd += usd
        if rebate:
            self.rebates_usd -= usd

    def revaluation(
        self, markets: Iterable[tuple[Instrument, Sums, Decimal, Decimal]], rate: Callable[[str], Decimal]
    ) -> Decimal:
        """What coin cash lost by the move of its price. `markets`: (instrument, sums of the account, mark, USD per
        quote unit); `rate` is USD per asset now. `docs/wear.md` derives it."""
        lost = sum((flow.usd - flow.amount * rate(asset) for asset, flow in self._flows.items()), ZERO)
        for instrument, sums, mark, unit in markets:
            if instrument.inverse and mark:
                coin = sums.base - sums.quote / mark
                lost += coin * (mark * unit - rate(instrument.settle))
            elif instrument.kind is InstrumentKind.SPOT:
                lost += sums.base * (mark * unit - rate(instrument.base))
        return lost

    def _opened(self, asset: str, amount: Decimal, rate: Decimal) -> None:
        usd = amount * rate
        self.opening_usd += usd
        self._flow(asset, amount, usd)

    def _add_cash(self, asset: str, amount: Decimal) -> None:
        self.cash[asset] = self.cash.get(asset, ZERO) + amount

    def _flow(self, asset: str, amount: Decimal, usd: Decimal) -> None:
        flow = self._flows.get(asset)
        if flow is None:
            flow = self._flows[asset] = _Flow()
        flow.amount += amount
        flow.usd += usd

    def _entry(self, symbol: str) -> OpenPart:
        entry = self._entries.get(symbol)
        if entry is None:
            entry = self._entries[symbol] = OpenPart()
        return entry
