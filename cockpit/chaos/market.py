"""A lean seeded market: few events, each of which moves something that matters to a hedge."""

from __future__ import annotations

import math
import random
from collections.abc import Iterator
from decimal import Decimal

from venues.model import NS_PER_S, Instrument, Level, Side
from venues.paper.market import MarketSink

LEVELS = 5
GRID_NS = NS_PER_S // 2


class Reference:
    """The coin's price that all venues quote around: a random walk on a fixed grid, so that it is the same whoever asks
    first. `drift` may be changed on the way (a crash), in parts of the price an hour."""

    def __init__(self, rng: random.Random, start_ts: int, price: float, volatility: float) -> None:
        """`volatility` is the standard deviation of the price's logarithm over one hour."""
        self._rng = rng
        self._ts = start_ts
        self._log = math.log(price)
        self._step = volatility * math.sqrt(GRID_NS / (3600 * NS_PER_S))
        self.drift = 0.0

    def at(self, ts: int) -> float:
        """Price at `ts` or, for times past, at the newest time that was asked for."""
        steps = (ts - self._ts) // GRID_NS
        if steps > 0:
            self._ts += steps * GRID_NS
            hours = steps * GRID_NS / (3600 * NS_PER_S)
            self._log += self._rng.gauss(0.0, self._step * math.sqrt(steps)) + self.drift * hours
        return math.exp(self._log)

    def jump(self, factor: float) -> None:
        """Multiply the price at once."""
        self._log += math.log(factor)


class Book:
    """Levels of one market; empty while there are none."""

    def __init__(self) -> None:
        self.bids: list[Level] = []
        self.asks: list[Level] = []

    def best_bid(self) -> Level | None:
        return self.bids[0] if self.bids else None

    def best_ask(self) -> Level | None:
        return self.asks[0] if self.asks else None

    def lots_at(self, side: Side, ticks: int) -> int:
        return next((lots for at, lots in self.levels(side) if at == ticks), 0)

    def levels(self, side: Side) -> Iterator[Level]:
        return iter(self.bids if side is Side.BUY else self.asks)


class ChaosMarket:
    """One venue's market. Each step quotes anew around the reference and now and then prints a trade, often a small
    one, so that partial fills are the rule."""

    def __init__(
        self,
        instrument: Instrument,
        reference: Reference,
        rng: random.Random,
        start_ts: int,
        *,
        step_s: float,
        basis_bps: float,
        spread_ticks: int,
        depth_base: float,
    ) -> None:
        """`basis_bps`: standard deviation of this venue's price against the reference. `depth_base`: base coin a level
        holds on average."""
        self.sink: MarketSink | None = None
        self.book = Book()
        self.premium = 1.0
        """Factor on the reference: a venue that has come away from the others."""
        self._instrument = instrument
        self._reference = reference
        self._rng = rng
        self._step_ns = int(step_s * NS_PER_S)
        self._basis = basis_bps / 10_000
        self._spread = spread_ticks
        self._tick = float(instrument.tick)
        price = reference.at(start_ts)
        per_lot = float(instrument.base_qty(instrument.lot, Decimal(round(price, 8))))
        self._depth = max(2.0, depth_base / per_lot)
        self._next = start_ts + rng.randrange(1, self._step_ns + 1)
        self._quote(start_ts)

    @property
    def instrument(self) -> Instrument:
        return self._instrument

    def next_ts(self) -> int:
        return self._next

    def step(self) -> None:
        ts = self._next
        rng = self._rng
        self._next = ts + int(self._step_ns * (0.5 + rng.random()))
        self._quote(ts)
        sink = self.sink
        if sink is None:
            return
        sink.on_depth(self, ts)
        if rng.random() < 0.4:
            side = Side.BUY if rng.random() < 0.5 else Side.SELL
            level = self.book.best_ask() if side is Side.BUY else self.book.best_bid()
            assert level is not None
            # From one lot to several levels: what stands in front of us is eaten, and a part of us.
            lots = max(1, int(self._depth * 10 ** rng.uniform(-3.0, 0.7)))
            sink.on_trade(self, ts, level[0], lots, side)

    def _quote(self, ts: int) -> None:
        rng = self._rng
        price = self._reference.at(ts) * self.premium * (1.0 + rng.gauss(0.0, self._basis))
        mid = max(LEVELS + 2, round(price / self._tick))
        half = rng.randrange(1, self._spread + 1)
        depth, gap = self._depth, rng.randrange(1, 4)
        self.book.bids = [(mid - half - n * gap, 1 + int(depth * rng.expovariate(1.0))) for n in range(LEVELS)]
        self.book.asks = [(mid + half + n * gap, 1 + int(depth * rng.expovariate(1.0))) for n in range(LEVELS)]
