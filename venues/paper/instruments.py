"""Instrument templates for synthetic markets, per venue. A capture or a live venue brings its own instrument."""

from __future__ import annotations

import tomllib
from decimal import Decimal
from pathlib import Path

import msgspec

from venues.model import Instrument, InstrumentKind
from venues.paper.profiles import Profile

_FILE = Path(__file__).with_name("instruments.toml")
_INVERSE = "coinm"


BASES = ("BTC", "ETH", "SOL")
"""Coins that the templates describe."""


class _Steps(msgspec.Struct, frozen=True):
    tick: Decimal
    lot: Decimal
    min_qty: Decimal
    min_notional: Decimal = Decimal(0)
    contract_size: Decimal = Decimal(1)


class _Template(msgspec.Struct, frozen=True, kw_only=True):
    symbol: str
    quote: str
    kind: InstrumentKind
    source: str
    date: str
    BTC: _Steps
    ETH: _Steps
    SOL: _Steps

    def instrument(self, base: str) -> Instrument:
        steps = {"BTC": self.BTC, "ETH": self.ETH, "SOL": self.SOL}.get(base)
        if steps is None:
            raise ValueError(f"base {base!r}: expected one of {', '.join(BASES)}")
        return Instrument(
            symbol=self.symbol.format(base=base),
            base=base,
            quote=self.quote,
            settle=base if self.kind is InstrumentKind.INVERSE else self.quote,
            kind=self.kind,
            tick=steps.tick,
            lot=steps.lot,
            min_qty=steps.min_qty,
            min_notional=steps.min_notional,
            contract_size=steps.contract_size,
        )


def _templates() -> dict[str, _Template]:
    raw = tomllib.loads(_FILE.read_text(encoding="utf-8"), parse_float=Decimal)
    return msgspec.convert(raw, dict[str, _Template])


def instrument_for(profile: Profile, base: str) -> Instrument:
    """The venue's perpetual on `base` (BTC, ETH or SOL), linear. A venue of the user's own gets Binance's steps."""
    templates = _templates()
    return templates.get(profile.name, templates["binance"]).instrument(base)


def inverse_instrument(base: str) -> Instrument:
    """A COIN-M perpetual: settled in `base`, 100 USD a contract for BTC, 10 USD for any other."""
    return _templates()[_INVERSE].instrument(base)
