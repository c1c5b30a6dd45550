"""Shared by the ledger's and the journal's tests: instruments, fills, and an account model of its own."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

from venues.model import (
    NS_PER_S,
    FillReport,
    FundingPayment,
    Instrument,
    InstrumentKind,
    LiquiditySide,
    Side,
    Transfer,
    TransferKind,
)

D = Decimal
T0 = 1_763_683_200 * NS_PER_S
"""2025-11-21 00:00 UTC"""


def market(symbol: str, base: str, quote: str, settle: str, kind: InstrumentKind, size: str = "1") -> Instrument:
    return Instrument(
        symbol, base, quote, settle, kind, tick=D("0.1"), lot=D("0.001"), min_qty=D("0.001"), contract_size=D(size)
    )


INSTRUMENTS = {
    "BTCUSDT": market("BTCUSDT", "BTC", "USDT", "USDT", InstrumentKind.LINEAR),
    "BTC-SWAP": market("BTC-SWAP", "BTC", "USDT", "USDT", InstrumentKind.LINEAR, "0.01"),
    "ETH": market("ETH", "ETH", "USD", "USDC", InstrumentKind.LINEAR),
    "BTCUSD_PERP": market("BTCUSD_PERP", "BTC", "USD", "BTC", InstrumentKind.INVERSE, "100"),
    "ETHUSD_PERP": market("ETHUSD_PERP", "ETH", "USD", "ETH", InstrumentKind.INVERSE, "10"),
    "BTC/USDT": market("BTC/USDT", "BTC", "USDT", "USDT", InstrumentKind.SPOT),
}


def instrument_of(_account: str, symbol: str) -> Instrument:
    return INSTRUMENTS[symbol]


def fill(
    trade_id: str,
    symbol: str,
    side: Side,
    qty: str | Decimal,
    price: str | Decimal,
    fee: str | Decimal = "0",
    fee_asset: str = "USDT",
    ts: int = T0,
) -> FillReport:
    return FillReport(
        trade_id, f"c-{trade_id}", f"v-{trade_id}", symbol, side, D(qty), D(price), D(fee), fee_asset,
        LiquiditySide.MAKER, ts, ts + 1,
    )  # fmt: skip


def payment(id_: str, symbol: str, cost: str | Decimal, asset: str = "USDT", ts: int = T0) -> FundingPayment:
    return FundingPayment(id_, symbol, D(cost), asset, D("0.0001"), D(1), D(100), ts, ts)


def transfer(id_: str, kind: TransferKind, asset: str, amount: str | Decimal, ts: int = T0) -> Transfer:
    return Transfer(id_, kind, asset, D(amount), ts, ts)


class AccountModel:
    """An exchange's own account, reckoned the plain way in exact fractions: cash, and positions at average entry.

    It shares no sum with the ledger: realised profit goes to cash at each close, what is open counts from its entry.
    """

    def __init__(self) -> None:
        self.cash: dict[str, Fraction] = {}
        self.held: dict[str, tuple[Fraction, Fraction]] = {}

    def pay(self, asset: str, amount: Decimal | Fraction) -> None:
        self.cash[asset] = self.cash.get(asset, Fraction(0)) - Fraction(amount)

    @staticmethod
    def profit(instrument: Instrument, qty: Fraction, entry: Fraction, out: Fraction) -> Fraction:
        size = Fraction(instrument.contract_size)
        if instrument.kind is InstrumentKind.INVERSE:
            return qty * size / entry - qty * size / out
        return qty * size * (out - entry)

    def trade(self, instrument: Instrument, signed: Decimal, at: Decimal) -> None:
        qty, price = Fraction(signed), Fraction(at)
        if instrument.kind is InstrumentKind.SPOT:
            self.pay(instrument.settle, qty * price * Fraction(instrument.contract_size))
            self.pay(instrument.base, -qty * Fraction(instrument.contract_size))
            return
        held, entry = self.held.get(instrument.symbol, (Fraction(0), Fraction(0)))
        closing = min(abs(held), abs(qty)) if held * qty < 0 else Fraction(0)
        if closing:
            closed = closing if held > 0 else -closing
            self.pay(instrument.settle, -self.profit(instrument, closed, entry, price))
            held -= closed
            qty += closed
        if qty:
            if instrument.kind is InstrumentKind.INVERSE:
                entry = (held + qty) / ((held / entry if held else 0) + qty / price)
            else:
                entry = (held * entry + qty * price) / (held + qty)
            held += qty
        self.held[instrument.symbol] = (held, entry)

    def equity(self, marks: dict[str, Decimal], rates: dict[str, Decimal]) -> Decimal:
        worth = sum((amount * Fraction(rates[asset]) for asset, amount in self.cash.items()), Fraction(0))
        for symbol, (qty, entry) in self.held.items():
            if qty:
                instrument = INSTRUMENTS[symbol]
                open_ = self.profit(instrument, qty, entry, Fraction(marks[symbol]))
                worth += open_ * Fraction(rates[instrument.settle])
        return Decimal(worth.numerator) / Decimal(worth.denominator)
