"""Drives markets in real time: each event when it is due by the wall clock, all markets in one order of time."""

from __future__ import annotations

import asyncio
import heapq
from decimal import Decimal

from venues.model import NS_PER_S, Clock, Instrument, Side
from venues.paper.market import BookView, Market, MarketSink

BATCH = 200
"""Events in one turn of the loop; more that are due wait for the next, so that orders get their turn."""
MAX_LAG_NS = 5 * NS_PER_S
"""Further behind than this (a machine that slept), the markets go on from where they stood: nothing is made up for."""


class ShiftedMarket:
    """A market whose time is moved by `offset_ns`, so that a recording plays now."""

    def __init__(self, source: Market, offset_ns: int) -> None:
        self.source = source
        self.offset_ns = offset_ns
        self.sink: MarketSink | None = None
        source.sink = self

    @property
    def instrument(self) -> Instrument:
        return self.source.instrument

    @property
    def book(self) -> BookView:
        return self.source.book

    def next_ts(self) -> int | None:
        due = self.source.next_ts()
        return None if due is None else due + self.offset_ns

    def step(self) -> None:
        self.source.step()

    # -- MarketSink: what the source tells, told on ---------------------------------------------------------------

    def on_depth(self, market: Market, ts: int) -> None:
        if self.sink is not None:
            self.sink.on_depth(self, ts + self.offset_ns)

    def on_trade(self, market: Market, ts: int, ticks: int, lots: int, aggressor: Side) -> None:
        if self.sink is not None:
            self.sink.on_trade(self, ts + self.offset_ns, ticks, lots, aggressor)

    def on_mark(self, market: Market, ts: int, price: Decimal) -> None:
        if self.sink is not None:
            self.sink.on_mark(self, ts + self.offset_ns, price)

    def on_funding_rate(self, market: Market, ts: int, rate: Decimal, interval_s: int, next_ts: int) -> None:
        if self.sink is not None:
            self.sink.on_funding_rate(self, ts + self.offset_ns, rate, interval_s, next_ts + self.offset_ns)

    def on_gap(self, market: Market, ts: int, text: str) -> None:
        if self.sink is not None:
            self.sink.on_gap(self, ts + self.offset_ns, text)


class RealTimeDriver:
    """Steps markets as their events come due. A market at its end stays as it is, and goes stale."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._heap: list[tuple[int, int, ShiftedMarket]] = []
        self._markets = 0
        self._handle: asyncio.Handle | None = None
        self._running = False
        self.late_ns = 0
        """How far markets were moved on in all because the process could not keep up."""

    def add(self, market: ShiftedMarket) -> None:
        """Drive one more market."""
        self._markets += 1
        self._push(market, self._markets)
        if self._running:
            self._schedule()

    def start(self) -> None:
        self._running = True
        self._schedule()

    def stop(self) -> None:
        self._running = False
        if self._handle is not None:
            self._handle.cancel()
            self._handle = None

    def _push(self, market: ShiftedMarket, number: int) -> None:
        due = market.next_ts()
        if due is not None:
            heapq.heappush(self._heap, (due, number, market))

    def _schedule(self) -> None:
        if self._handle is not None:
            self._handle.cancel()
            self._handle = None
        if not self._heap:
            return
        loop = asyncio.get_running_loop()
        wait_ns = self._heap[0][0] - self._clock.now_ns()
        if wait_ns > 0:
            self._handle = loop.call_later(wait_ns / NS_PER_S, self._turn)
        else:
            self._handle = loop.call_soon(self._turn)

    def _turn(self) -> None:
        self._handle = None
        heap, now = self._heap, self._clock.now_ns()
        if heap and now - heap[0][0] > MAX_LAG_NS:
            self._move_on(now - heap[0][0])
        try:
            for _ in range(BATCH):
                if not heap or heap[0][0] > now:
                    break
                _, number, market = heapq.heappop(heap)
                market.step()
                self._push(market, number)
        finally:
            # a source that breaks ends there, and the loop tells why; the others go on
            self._schedule()

    def _move_on(self, by_ns: int) -> None:
        """Shift every market's time; their order among each other stays."""
        self.late_ns += by_ns
        for _, _, market in self._heap:
            market.offset_ns += by_ns
        self._heap[:] = [(due + by_ns, number, market) for due, number, market in self._heap]
