"""The markets of one account that are traded: our symbols, ccxt's, and the instruments."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from venues.live.ccxt_types import Raw
from venues.live.dialect import Dialect
from venues.model import Instrument, VenueRejected


class Markets:
    """Raises `InstrumentError` for a market whose steps make no sense, `VenueRejected` where none is left."""

    def __init__(self, dialect: Dialect, raws: Iterable[Raw], asked: frozenset[str]) -> None:
        self.instruments: dict[str, Instrument] = {}
        self.ccxt: dict[str, str] = {}
        """ccxt's symbol by ours."""
        self.ids: dict[str, str] = {}
        """The name on the venue's channels by our symbol."""
        self.ours: dict[str, str] = {}
        """Our symbol by ccxt's."""
        raws = tuple(raws)
        for raw in raws:
            instrument = dialect.instrument(raw)
            if instrument is None:
                continue
            symbol = instrument.symbol
            self.instruments[symbol] = instrument
            self.ccxt[symbol] = str(raw["symbol"])
            self.ids[symbol] = dialect.market_id(raw)
            self.ours[str(raw["symbol"])] = symbol
        self.capabilities = dialect.capabilities(raws)
        if not self.instruments:
            raise VenueRejected(f"{dialect.name} lists none of {', '.join(sorted(asked))} as a perpetual that trades")

    def instrument(self, symbol: str) -> Instrument:
        """Raises `VenueRejected`."""
        found = self.instruments.get(symbol)
        if found is None:
            raise VenueRejected(f"unknown symbol {symbol!r}: this account trades {', '.join(self.instruments)}")
        return found

    def ccxt_symbol(self, symbol: str) -> str:
        """Raises `VenueRejected`."""
        self.instrument(symbol)
        return self.ccxt[symbol]

    def ccxt_symbols(self, symbol: str | None = None) -> Sequence[str]:
        """Of one symbol, or of all."""
        return tuple(self.ccxt.values()) if symbol is None else (self.ccxt_symbol(symbol),)

    def find(self, raw: Raw) -> Instrument | None:
        """The instrument that a ccxt structure speaks of; None for one that is not traded here."""
        symbol = self.ours.get(str(raw.get("symbol")))
        return None if symbol is None else self.instruments[symbol]
