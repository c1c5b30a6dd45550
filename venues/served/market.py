"""One market of a served exchange: its public side, as a dialect sees it."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from decimal import Decimal
from itertools import islice
from typing import Protocol, TypeAlias

import msgspec

from venues.model import FundingRate, Instrument, Level, Side
from venues.paper.latency import Timers
from venues.paper.market import Market
from venues.paper.paper_market import PaperMarket

KEEP_TRADES = 1_000


class PublicTrade(msgspec.Struct, frozen=True, gc=False):
    """Somebody's trade. `number` counts the market's trades from 1."""

    symbol: str
    number: int
    ticks: int
    lots: int
    aggressor: Side
    ts: int


class DepthDiff(msgspec.Struct, frozen=True, gc=False):
    """Every level that is not as it was at update `previous`, with its size at `last`; 0 lots: the level is gone.

    `first` is `previous` + 1. Ids are the market's own, the same for every feed."""

    symbol: str
    previous: int
    first: int
    last: int
    ts: int
    bids: tuple[Level, ...]
    asks: tuple[Level, ...]


class DepthSnapshot(msgspec.Struct, frozen=True):
    """The book, best first, exact at update `last`."""

    symbol: str
    last: int
    ts: int
    bids: tuple[Level, ...]
    asks: tuple[Level, ...]


class MarketListener(Protocol):
    """Who is told of public events. Called on the loop's thread; must not raise."""

    def on_depth(self, market: HouseMarket) -> None:
        """Some level changed: after each event of the market."""
        ...

    def on_trade(self, market: HouseMarket, trade: PublicTrade) -> None: ...
    def on_mark(self, market: HouseMarket, price: Decimal, ts: int) -> None: ...
    def on_funding_rate(self, market: HouseMarket, rate: FundingRate) -> None: ...


OnDiff: TypeAlias = Callable[[DepthDiff], None]


class HouseMarket:
    """Stands between a market's source and the matching engine, hands everything on, and tells its listeners after
    the engine. Keeps the book's update ids."""

    def __init__(self, source: Market, timers: Timers) -> None:
        """`source` must be on the exchange already: its sink is replaced by this."""
        paper = source.sink
        if not isinstance(paper, PaperMarket):
            raise ValueError(f"market {source.instrument.symbol}: add it to the exchange first")
        self.source = source
        self.update_id = 1
        """Id of the newest update of the book."""
        self.trades: deque[PublicTrade] = deque(maxlen=KEEP_TRADES)
        """The newest, oldest first."""
        self._paper = paper
        self._timers = timers
        self._listeners: list[MarketListener] = []
        self._feeds: list[DepthFeed] = []
        self._trade_count = 0
        source.sink = self

    @property
    def instrument(self) -> Instrument:
        return self._paper.instrument

    @property
    def symbol(self) -> str:
        return self._paper.symbol

    def now(self) -> int:
        """The venue's stamp, ns."""
        return self._timers.clock.now_ns()

    def mark(self) -> Decimal | None:
        """The mark price as the engine uses it; None before there was one."""
        return self._paper.mark()

    def funding(self) -> FundingRate:
        """The rate that the next settlement applies, and when."""
        return self._paper.funding.report()

    def levels(self, side: Side, limit: int | None = None) -> tuple[Level, ...]:
        """The book now, from the touch outwards."""
        return tuple(islice(self.source.book.levels(side), limit))

    def best(self, side: Side) -> Level | None:
        book = self.source.book
        return book.best_bid() if side is Side.BUY else book.best_ask()

    def snapshot(self, limit: int | None = None) -> DepthSnapshot:
        """The book with an update id of its own, which lies strictly inside the next diff of every feed: whoever
        follows a feed finds the diff that his snapshot falls into (previous < last of the snapshot < last of the diff),
        and loses nothing by dropping all before it."""
        for feed in self._feeds:
            feed.flush()
        self.update_id += 1
        bids, asks = self.levels(Side.BUY, limit), self.levels(Side.SELL, limit)
        return DepthSnapshot(self.symbol, self.update_id, self.now(), bids, asks)

    def feed(self, on_diff: OnDiff, interval_s: float = 0.0) -> DepthFeed:
        """Diffs from now on: after each event (0), or at most one in `interval_s`. Ends with `close`."""
        feed = DepthFeed(self, on_diff, round(interval_s * 1e9), self._timers)
        self._feeds.append(feed)
        return feed

    def drop_feed(self, feed: DepthFeed) -> None:
        if feed in self._feeds:
            self._feeds.remove(feed)

    def listen(self, listener: MarketListener) -> None:
        self._listeners.append(listener)

    # -- MarketSink ----------------------------------------------------------------------------------------------

    def on_depth(self, market: Market, ts: int) -> None:
        self.update_id += 1
        self._paper.on_depth(market, ts)
        for feed in self._feeds:
            feed.touch()
        for listener in self._listeners:
            listener.on_depth(self)

    def on_trade(self, market: Market, ts: int, ticks: int, lots: int, aggressor: Side) -> None:
        self._paper.on_trade(market, ts, ticks, lots, aggressor)
        self._trade_count += 1
        trade = PublicTrade(self.symbol, self._trade_count, ticks, lots, aggressor, self.now())
        self.trades.append(trade)
        for listener in self._listeners:
            listener.on_trade(self, trade)

    def on_mark(self, market: Market, ts: int, price: Decimal) -> None:
        self._paper.on_mark(market, ts, price)
        for listener in self._listeners:
            listener.on_mark(self, price, self.now())

    def on_funding_rate(self, market: Market, ts: int, rate: Decimal, interval_s: int, next_ts: int) -> None:
        self._paper.on_funding_rate(market, ts, rate, interval_s, next_ts)
        for listener in self._listeners:
            listener.on_funding_rate(self, self.funding())

    def on_gap(self, market: Market, ts: int, text: str) -> None:
        self._paper.on_gap(market, ts, text)
        self.update_id += 1
        for feed in self._feeds:
            feed.touch()


class DepthFeed:
    """One cadence of a market's diffs."""

    def __init__(self, market: HouseMarket, on_diff: OnDiff, interval_ns: int, timers: Timers) -> None:
        self._market = market
        self._on_diff = on_diff
        self._interval_ns = interval_ns
        self._timers = timers
        self._timer: asyncio.TimerHandle | None = None
        self._bids: dict[int, int] = dict(market.levels(Side.BUY))
        self._asks: dict[int, int] = dict(market.levels(Side.SELL))
        self.last = market.update_id
        """Update id that a follower of this feed is at."""

    def touch(self) -> None:
        """Something changed: say so now, or when the turn comes."""
        if not self._interval_ns:
            self.flush()
        elif self._timer is None:
            self._timer = self._timers.after(self._interval_ns, self._turn)

    def flush(self) -> None:
        """Say what is new, if anything."""
        market = self._market
        bids, asks = dict(market.levels(Side.BUY)), dict(market.levels(Side.SELL))
        changed_bids, changed_asks = _changes(self._bids, bids), _changes(self._asks, asks)
        if not changed_bids and not changed_asks:
            return
        self._bids, self._asks = bids, asks
        previous, self.last = self.last, market.update_id
        self._on_diff(
            DepthDiff(market.symbol, previous, previous + 1, self.last, market.now(), changed_bids, changed_asks)
        )

    def close(self) -> None:
        self._market.drop_feed(self)
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _turn(self) -> None:
        self._timer = None
        self.flush()


def _changes(old: dict[int, int], new: dict[int, int]) -> tuple[Level, ...]:
    changed = [(ticks, lots) for ticks, lots in new.items() if old.get(ticks) != lots]
    changed += [(ticks, 0) for ticks in old if ticks not in new]
    return tuple(changed)
