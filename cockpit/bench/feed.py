"""Markets of the bench exchange: books that move as a seed says, at a rate that is kept."""

from __future__ import annotations

import random
from decimal import Decimal

from venues.model import BookUpdate, Instrument, InstrumentKind, Side

DEPTH = 10
"""Levels a side, as the paper exchange publishes."""
TOUCH_SHARE = 0.1
"""Share of updates that move the touch by a tick; the others change sizes. Recorded markets show 2 %."""
_PATTERNS = 64

COINS: dict[str, tuple[str, str, str]] = {
    "BTC": ("60000", "1", "0.001"),
    "ETH": ("3000", "0.1", "0.01"),
    "SOL": ("150", "0.01", "0.1"),
    "BNB": ("600", "0.1", "0.01"),
    "XRP": ("2", "0.0001", "1"),
    "DOGE": ("0.2", "0.00001", "10"),
    "AVAX": ("30", "0.01", "0.1"),
    "LINK": ("15", "0.001", "0.1"),
}
"""Coin to price, tick and lot."""


def instruments() -> dict[str, Instrument]:
    """The same eight linear perpetuals for every account."""
    return {
        f"{coin}-PERP": Instrument(
            symbol=f"{coin}-PERP",
            base=coin,
            quote="USDT",
            settle="USDT",
            kind=InstrumentKind.LINEAR,
            tick=Decimal(tick),
            lot=Decimal(lot),
            min_qty=Decimal(lot),
        )
        for coin, (_price, tick, lot) in COINS.items()
    }


class BenchMarket:
    """One book: its touch walks by single ticks around where it began, its sizes change all the time."""

    def __init__(self, instrument: Instrument, rng: random.Random) -> None:
        self.instrument = instrument
        self._rng = rng
        self._home = int(Decimal(COINS[instrument.base][0]) / instrument.tick)
        self.bid = self._home
        self._seq = 0
        self._sizes = [tuple(rng.randint(50, 5000) for _ in range(DEPTH)) for _ in range(_PATTERNS)]

    def step(self, ts: int) -> BookUpdate:
        """The next update, stamped `ts`."""
        rng = self._rng
        if rng.random() < TOUCH_SHARE:
            # Back towards home rather than away from it, so that a long run stays within every price band.
            self.bid += 1 if rng.random() < 0.5 - (self.bid - self._home) / 200 else -1
        return self.now(ts)

    def now(self, ts: int) -> BookUpdate:
        """The book as it stands, stamped `ts`."""
        self._seq += 1
        sizes = self._sizes
        bids, asks = sizes[self._rng.randrange(_PATTERNS)], sizes[self._rng.randrange(_PATTERNS)]
        bid, ask = self.bid, self.bid + 1
        return BookUpdate(
            self.instrument.symbol,
            self._seq,
            ts,
            tuple([(bid - level, size) for level, size in enumerate(bids)]),
            tuple([(ask + level, size) for level, size in enumerate(asks)]),
        )

    def touch(self, side: Side) -> Decimal:
        """What an order of `side` takes."""
        return self.instrument.ticks_to_price(self.bid + 1 if side is Side.BUY else self.bid)
