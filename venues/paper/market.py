"""What the paper exchange matches against: a moving market, whatever its source."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Protocol

from venues.model import Instrument, Level, Side


class BookView(Protocol):
    """A market's book as it stands: integer ticks and lots. Never crossed; empty while it is out of sync."""

    def best_bid(self) -> Level | None: ...
    def best_ask(self) -> Level | None: ...

    def lots_at(self, side: Side, ticks: int) -> int:
        """Size resting at a price on the bid side (`Side.BUY`) or the ask side, 0 where none."""
        ...

    def levels(self, side: Side) -> Iterator[Level]:
        """From the touch outwards."""
        ...


class MarketSink(Protocol):
    """Who is told what happens on a market: the matching engine. `ts` is the source's time, ns."""

    def on_depth(self, market: Market, ts: int) -> None:
        """Some level changed; the view already shows it. Called after the change, once an event."""
        ...

    def on_trade(self, market: Market, ts: int, ticks: int, lots: int, aggressor: Side) -> None:
        """Somebody else's trade was printed."""
        ...

    def on_mark(self, market: Market, ts: int, price: Decimal) -> None:
        """The mark price that margin and funding are reckoned at. Sources without one never call it;
        the mid serves then."""
        ...

    def on_funding_rate(self, market: Market, ts: int, rate: Decimal, interval_s: int, next_ts: int) -> None: ...

    def on_gap(self, market: Market, ts: int, text: str) -> None:
        """The book was dropped because an update is missing; `on_depth` follows when it is whole again."""
        ...


class Market(Protocol):
    """A source of market events in time order. It moves only when stepped, so whoever owns time owns the market."""

    @property
    def instrument(self) -> Instrument: ...
    @property
    def book(self) -> BookView: ...

    sink: MarketSink | None

    def next_ts(self) -> int | None:
        """When the next event is due, ns since the epoch in the source's time; None at the end."""
        ...

    def step(self) -> None:
        """Let the next event happen: change the book, tell the sink."""
        ...
