"""One market of a paper venue: the sink of its source, its mark, its funding, its subscribers."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

from venues.model import NS_PER_MS, NS_PER_S, Side
from venues.paper.execution import Execution
from venues.paper.funding import FundingSchedule
from venues.paper.latency import Timers
from venues.paper.market import Market
from venues.paper.publisher import HEARTBEAT_NS, Publisher

NO_BID = -1
NO_ASK = 1 << 62
CHECK_NS = NS_PER_S
"""Margins are looked at again after this long …"""
CHECK_MOVE = 2000
"""… or when the mid has moved by a 2000th (5 bps) of itself."""


class PaperMarket:
    """A `MarketSink`. `on_depth` is the hot path: without orders at rest and without a new best price it compares four
    integers and returns."""

    def __init__(
        self,
        market: Market,
        execution: Execution,
        timers: Timers,
        *,
        book_interval_ms: int,
        funding_interval_s: int,
        heartbeat_ns: int = HEARTBEAT_NS,
        settle: Callable[[PaperMarket, int], None],
        check: Callable[[PaperMarket], None],
    ) -> None:
        self.instrument = market.instrument
        self.symbol = market.instrument.symbol
        self.market = market
        self.execution = execution
        self.funding = FundingSchedule(self.symbol, funding_interval_s, timers, lambda ts: settle(self, ts))
        self.publisher = Publisher(
            self.symbol,
            market.book,
            timers,
            book_interval_ms * NS_PER_MS,
            self.mark,
            self.funding.report,
            heartbeat_ns,
        )
        self.holders: set[str] = set()
        """Accounts with a position here."""
        self._check = check
        self._best_bid = market.book.best_bid
        self._best_ask = market.book.best_ask
        self._bid_ticks = NO_BID
        self._ask_ticks = NO_ASK
        self._mid2 = 0
        self._checked_mid2 = 0
        self._checked_at = 0
        self._source_mark: Decimal | None = None
        market.sink = self

    def mark(self) -> Decimal | None:
        """The source's mark price, else the last mid, else what the execution says; None before there was any."""
        if self._source_mark is not None:
            return self._source_mark
        if self._mid2:
            return self.instrument.tick * self._mid2 / 2
        return self.execution.price()

    # -- MarketSink ----------------------------------------------------------------------------------------------

    def on_depth(self, market: Market, ts: int) -> None:
        bid = self._best_bid()
        ask = self._best_ask()
        bid_ticks = bid[0] if bid is not None else NO_BID
        ask_ticks = ask[0] if ask is not None else NO_ASK
        if bid_ticks != self._bid_ticks or ask_ticks != self._ask_ticks:
            self._bid_ticks = bid_ticks
            self._ask_ticks = ask_ticks
            if bid is not None and ask is not None:
                self._mid2 = bid_ticks + ask_ticks
            if self.execution.active:
                self.execution.on_depth(ts)
            if self.holders:
                self._moved(ts)
            self.publisher.publish()
            return
        if self.execution.active:
            self.execution.on_depth(ts)
        if not self.publisher.dirty:
            self.publisher.touch()

    def on_trade(self, market: Market, ts: int, ticks: int, lots: int, aggressor: Side) -> None:
        if self.execution.active:
            self.execution.on_trade(ts, ticks, lots, aggressor)

    def on_mark(self, market: Market, ts: int, price: Decimal) -> None:
        self._source_mark = price
        if self.holders:
            self._moved(ts)

    def on_funding_rate(self, market: Market, ts: int, rate: Decimal, interval_s: int, next_ts: int) -> None:
        if self.funding.set_rate(rate, interval_s, next_ts):
            self.publisher.announce_rate()

    def on_gap(self, market: Market, ts: int, text: str) -> None:
        # The first depth after the gap must count as a move, whatever the best prices are by then.
        self._bid_ticks, self._ask_ticks = NO_BID, NO_ASK
        self.execution.on_gap()
        self.publisher.gap()

    def _moved(self, ts: int) -> None:
        mid2 = self._mid2
        if ts - self._checked_at >= CHECK_NS or abs(mid2 - self._checked_mid2) * CHECK_MOVE >= self._checked_mid2:
            self._checked_at, self._checked_mid2 = ts, mid2
            self._check(self)
