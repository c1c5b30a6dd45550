"""A seeded synthetic market: no file needed, endless, and lively enough to watch."""

from __future__ import annotations

import math
from decimal import Decimal
from itertools import islice

from venues.model import NS_PER_S, Instrument, InstrumentKind, Level, Side
from venues.paper.l2book import L2Book
from venues.paper.market import MarketSink
from venues.paper.synthetic_character import Character, character_of
from venues.paper.synthetic_world import GRID_NS, SyntheticWorld

__all__ = ["Character", "SyntheticMarket", "SyntheticWorld", "synthetic_market"]

_TRADE_SHARE = 0.3
_SIZE_SIGMA = 0.6  # of the logarithm of a level's size
_TRADE_SIGMA = 1.0  # of the logarithm of a market order's size
_SIDE_MEMORY = 0.6  # chance that a market order goes the way of the one before
_BURST_TAU_S = 2.0
_BURST_EVERY_S = 25.0
_BURST_SIZE = 4.0
_BURST_ON_SWEEP = 0.5
_SWEEP_LEVELS = 6  # levels passed at once that wake everybody up
_PULL = 0.5  # chance per event that makers pull what stands better than a fresh touch would
_BURST_MOST = 6.0
_SWEPT_PRINTS = 5  # levels that trade when the price jumps through; the makers behind them pull out in time,
_SWEPT_SHARE = 0.3  # and most of those in front: at the most this share of a level trades
_TAKEN_LEVELS = 3  # most that one market order goes through
_MARK_NS = NS_PER_S
_FUNDING_EVERY_MARKS = 30
_FUNDING_MEMORY = 0.98
_FUNDING_SD_BPS = 0.8  # per eight hours


class SyntheticMarket:
    """One venue's book around its mid: the shared reference times a mean-reverting basis.

    Each step is one event: the price moved through levels (they trade), a market order, or limit orders added,
    resized or cancelled; then makers restore the touch and the depth. Marks come every second, funding rates every
    half minute. Bids stay at or under the mid and asks above it, so the book is never crossed; prices are whole
    ticks and sizes whole lots by construction. All draws come from a generator of this market's own, so its events
    do not depend on which other markets are stepped, or when.
    """

    def __init__(
        self,
        world: SyntheticWorld,
        instrument: Instrument,
        character: Character,
        venue: str,
        *,
        start_ts: int | None = None,
    ) -> None:
        """Opens with a full book at `start_ts`, by default the world's start. One that joins markets under way
        starts later, as the world keeps ten minutes of its past. Raises ValueError where the world has no such coin."""
        start = world.start_ts if start_ts is None else max(start_ts, world.start_ts)
        self.sink: MarketSink | None = None
        self._instrument = instrument
        self._character = character
        self._path = world.path(instrument.base)
        self._world_start = world.start_ts
        self._rng = world.generator(venue, instrument.symbol)
        self._tick = float(instrument.tick)
        face = float(instrument.lot * instrument.contract_size)
        # US dollars of one lot: fixed for an inverse contract, face times price otherwise.
        self._fixed_usd = face if instrument.inverse else 0.0
        self._base_per_lot = face
        self._basis = self._rng.gauss(0.0, character.basis_sd_bps)
        self._burst = 0.0
        self._taker = Side.BUY
        # Mean market order such that one side's flow trades a touch in `turnover_s`; the median under that mean.
        per_side = character.events_per_s * _TRADE_SHARE / 2
        mean = character.touch_usd / (character.turnover_s * per_side)
        self._trade_median = mean * math.exp(-(_TRADE_SIGMA**2) / 2)
        self._book = L2Book()
        self._last_ts = start
        self._flow_ts = start
        self._mark_ts = start
        self._marks = 0
        self._funding_bps = character.funding_8h_bps
        self._mid = self._mid_at(start)
        self._restore(always=True)
        self._schedule()

    @property
    def instrument(self) -> Instrument:
        return self._instrument

    @property
    def book(self) -> L2Book:
        return self._book

    def next_ts(self) -> int:
        return min(self._flow_ts, self._mark_ts)

    def step(self) -> None:
        if self._mark_ts <= self._flow_ts:
            self._mark()
            return
        ts = self._flow_ts
        self._move(ts)
        if not self._sweep(ts):
            if self._rng.random() < _TRADE_SHARE:
                self._market_order(ts)
            else:
                self._limit_flow()
        self._restore()
        self._schedule()
        if self.sink is not None:
            self.sink.on_depth(self, ts)

    # -- time and price ------------------------------------------------------------------------------------------

    def _reference(self, ts: int) -> float:
        return self._path.at((ts - self._world_start) // GRID_NS)

    def _mid_at(self, ts: int) -> float:
        """In ticks."""
        basis = self._character.basis_bps + self._basis
        return max(1.5, self._reference(ts) * (1 + basis * 1e-4) / self._tick)

    def _move(self, ts: int) -> None:
        """Basis and burst to `ts`: an Ornstein-Uhlenbeck step, exact for any span."""
        span = (ts - self._last_ts) / NS_PER_S
        self._last_ts = ts
        character = self._character
        decay = math.exp(-span / character.basis_tau_s)
        spread = character.basis_sd_bps * math.sqrt(1 - decay * decay)
        self._basis = self._basis * decay + spread * self._rng.gauss(0.0, 1.0)
        self._burst *= math.exp(-span / _BURST_TAU_S)
        if self._rng.random() < span / _BURST_EVERY_S:
            self._burst += _BURST_SIZE
        self._burst = min(self._burst, _BURST_MOST)
        self._mid = self._mid_at(ts)

    def _schedule(self) -> None:
        rate = self._character.events_per_s * (1 + self._burst)
        self._flow_ts += max(1, round(self._rng.expovariate(rate) * NS_PER_S))

    # -- order flow ----------------------------------------------------------------------------------------------

    def _sweep(self, ts: int) -> bool:
        """Let the price trade through the levels it has passed."""
        line = math.floor(self._mid)
        book = self._book
        best_bid, best_ask = book.best_bid(), book.best_ask()
        if best_ask is not None and best_ask[0] <= line:
            side = Side.SELL
        elif best_bid is not None and best_bid[0] > line:
            side = Side.BUY
        else:
            return False
        passed: list[Level] = []
        for level in book.levels(side):
            if (level[0] > line) is not (side is Side.BUY):
                break
            passed.append(level)
        rng = self._rng
        hit = [(ticks, max(1, int(lots * _SWEPT_SHARE * rng.random()))) for ticks, lots in passed[:_SWEPT_PRINTS]]
        self._print(ts, side.opposite, hit)
        self._set(side, [(ticks, 0) for ticks, _ in passed])
        if len(passed) >= _SWEEP_LEVELS:
            self._burst += _BURST_ON_SWEEP
        return True

    def _market_order(self, ts: int) -> None:
        rng = self._rng
        if rng.random() > _SIDE_MEMORY:
            self._taker = self._taker.opposite
        side = self._taker.opposite
        left = self._lots(self._trade_median * math.exp(_TRADE_SIGMA * rng.gauss(0.0, 1.0)))
        taken: list[Level] = []
        after: list[Level] = []
        for ticks, lots in islice(self._book.levels(side), _TAKEN_LEVELS):
            done = min(lots, left)
            taken.append((ticks, done))
            after.append((ticks, lots - done))
            left -= done
            if not left:
                break
        self._print(ts, self._taker, taken)
        self._set(side, after)

    def _limit_flow(self) -> None:
        """Somebody adds, resizes or cancels, most often near the touch."""
        rng = self._rng
        side = Side.BUY if rng.random() < 0.5 else Side.SELL
        book = self._book
        count = book.count(side)
        if not count:
            return  # at a price of a tick or two there may be no room for a bid
        rank = min(int(rng.expovariate(0.35)), count - 1)
        ticks, lots = next(islice(book.levels(side), rank, None))
        draw = rng.random()
        if draw < 0.45:
            self._set(side, [(ticks, self._level_lots(rank))])
        elif draw < 0.75:
            self._set(side, [(ticks, max(1, int(lots * rng.random())))])
        elif draw < 0.85 and rank:
            self._set(side, [(ticks, 0)])
        else:
            placed = ticks - side.sign * (1 + int(rng.random() * self._spacing()))
            if placed > 0:
                self._set(side, [(placed, book.lots_at(side, placed) + self._level_lots(rank))])

    def _restore(self, *, always: bool = False) -> None:
        """Makers come back to a touch that has moved away, and fill the depth behind it."""
        line = math.floor(self._mid)
        half = self._character.half_spread_bps * 1e-4 * self._mid
        bid = min(line, math.floor(self._mid - half))
        ask = max(line + 1, math.ceil(self._mid + half))
        self._restore_side(Side.BUY, max(1, bid), always)
        self._restore_side(Side.SELL, ask, always)

    def _restore_side(self, side: Side, target: int, always: bool) -> None:
        rng, book, wanted, sign = self._rng, self._book, self._character.levels, side.sign
        best = book.best_bid() if side is Side.BUY else book.best_ask()
        changes: list[Level] = []
        if best is not None and (best[0] - target) * sign > 0 and rng.random() < _PULL:
            changes.append((best[0], 0))
        elif best is None or ((target - best[0]) * sign > 0 and (always or rng.random() < 0.8)):
            changes.append((target, self._level_lots(0)))
        count = book.count(side) + (1 if changes and changes[0][1] else -len(changes))
        worst = book.worst(side)
        edge = target if worst is None else worst
        while count < wanted:
            edge -= sign * (1 + int(rng.random() * 2 * self._spacing()))
            if edge <= 0:
                break
            changes.append((edge, self._level_lots(count)))
            count += 1
        if count > wanted + 4 and worst is not None:
            changes.append((worst, 0))
        if changes:
            self._set(side, changes)

    # -- sizes ---------------------------------------------------------------------------------------------------

    def _spacing(self) -> float:
        """Typical distance between levels behind the touch, ticks."""
        return self._character.half_spread_bps * 1e-4 * self._mid / 2

    def _level_lots(self, rank: int) -> int:
        """A maker's size: log-normal, larger behind the touch."""
        size = self._character.touch_usd * math.exp(_SIZE_SIGMA * self._rng.gauss(0.0, 1.0))
        return self._lots(size * (1 + 0.1 * rank))

    def _lots(self, usd: float) -> int:
        return max(1, round(usd / (self._fixed_usd or self._base_per_lot * self._mid * self._tick)))

    # -- telling -------------------------------------------------------------------------------------------------

    def _set(self, side: Side, levels: list[Level]) -> None:
        if side is Side.BUY:
            self._book.apply(levels, ())
        else:
            self._book.apply((), levels)

    def _print(self, ts: int, aggressor: Side, fills: list[Level]) -> None:
        if self.sink is not None:
            for ticks, lots in fills:
                self.sink.on_trade(self, ts, ticks, lots, aggressor)

    def _mark(self) -> None:
        ts = self._mark_ts
        self._mark_ts += _MARK_NS
        spot = self._instrument.kind is InstrumentKind.SPOT
        funds = self._marks % _FUNDING_EVERY_MARKS == 0
        self._marks += 1
        if funds:
            noise = _FUNDING_SD_BPS * math.sqrt(1 - _FUNDING_MEMORY**2) * self._rng.gauss(0.0, 1.0)
            mean = self._character.funding_8h_bps
            self._funding_bps = mean + _FUNDING_MEMORY * (self._funding_bps - mean) + noise
        if self.sink is None or spot:
            return
        ticks = max(1, round(self._reference(ts) / self._tick))
        self.sink.on_mark(self, ts, self._instrument.ticks_to_price(ticks))
        if funds:
            interval = self._character.funding_interval_s
            # In units of 1e-8 of notional, one interval's share of eight hours.
            rate = Decimal(round(self._funding_bps * 1e4 * interval / (8 * 3600))).scaleb(-8)
            settles = (ts // (interval * NS_PER_S) + 1) * interval * NS_PER_S
            self.sink.on_funding_rate(self, ts, rate, interval, settles)


def synthetic_market(
    world: SyntheticWorld, profile_name: str, instrument: Instrument, *, start_ts: int | None = None
) -> SyntheticMarket:
    """The market of a venue by its profile's name. Raises ValueError where the world has no such coin."""
    return SyntheticMarket(world, instrument, character_of(profile_name), profile_name, start_ts=start_ts)
