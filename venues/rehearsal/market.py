"""A market of the paper exchange that is moved by a live venue's books."""

from __future__ import annotations

from decimal import Decimal

from venues.model import BookUpdate, Clock, FundingRate, Instrument
from venues.paper.l2book import L2Book
from venues.paper.market import MarketSink


class RehearsalMarket:
    """A `Market` without time of its own: whoever hears the venue moves it.

    The venue's trades are not heard, so a resting order fills when the opposite best price comes to its own, and not by
    what trades at its price meanwhile: fewer fills than a live order would have, never more."""

    def __init__(self, instrument: Instrument, clock: Clock) -> None:
        self._instrument = instrument
        self._clock = clock
        self._levels = L2Book()
        self.sink: MarketSink | None = None

    @property
    def instrument(self) -> Instrument:
        return self._instrument

    @property
    def book(self) -> L2Book:
        return self._levels

    def next_ts(self) -> int | None:
        return None

    def step(self) -> None:
        """Nothing is ever due."""

    # -- what the venue says -------------------------------------------------------------------------------------

    def on_book(self, update: BookUpdate) -> None:
        """Take the levels in; a book that is empty or crossed is as none."""
        if not update.bids or not update.asks or update.crossed:
            self.lost("the venue's book is gone")
            return
        self._levels.snapshot(update.bids, update.asks)
        if self.sink is not None:
            self.sink.on_depth(self, self._clock.now_ns())

    def on_mark(self, price: Decimal) -> None:
        if self.sink is not None:
            self.sink.on_mark(self, self._clock.now_ns(), price)

    def on_funding_rate(self, rate: FundingRate) -> None:
        if self.sink is not None:
            self.sink.on_funding_rate(self, self._clock.now_ns(), rate.rate, rate.interval_s, rate.next_ts)

    def lost(self, text: str) -> None:
        """The book is not known any more: nothing matches until it is."""
        if not len(self._levels):
            return
        self._levels.clear()
        if self.sink is not None:
            self.sink.on_gap(self, self._clock.now_ns(), text)
