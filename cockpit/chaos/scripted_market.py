"""A market that moves only when the story moves it: same spread, same depth, no trades of others."""

from __future__ import annotations

import random
from decimal import Decimal

from cockpit.chaos.market import LEVELS, ChaosMarket, Reference
from venues.model import NS_PER_S, Instrument


class ScriptedMarket(ChaosMarket):
    """Follows the reference, times `premium`."""

    def __init__(
        self,
        instrument: Instrument,
        reference: Reference,
        start_ts: int,
        *,
        step_s: float,
        spread_ticks: int,
        depth: Decimal,
    ) -> None:
        """`depth`: base coin on each level."""
        self.depth_lots = 1
        self._half = max(1, spread_ticks // 2)
        self._steps = 0
        super().__init__(
            instrument,
            reference,
            random.Random(0),
            start_ts,
            step_s=step_s,
            basis_bps=0.0,
            spread_ticks=spread_ticks,
            depth_base=float(depth),
        )
        self._every_ns = int(step_s * NS_PER_S)
        self._next = start_ts + self._every_ns
        self.set_depth(depth)
        self._quote(start_ts)

    def set_depth(self, base: Decimal) -> None:
        """Base coin that each level holds from the next step on, at the present price."""
        price = self._instrument.tick * self.book.asks[0][0]
        per_lot = self._instrument.base_qty(self._instrument.lot, price)
        self.depth_lots = max(1, int(base / per_lot))

    def step(self) -> None:
        ts = self._next
        self._next = ts + self._every_ns
        self._steps += 1
        self._quote(ts)
        if self.sink is not None:
            self.sink.on_depth(self, ts)

    def _quote(self, ts: int) -> None:
        mid = max(LEVELS + 2, round(self._reference.at(ts) * self.premium / self._tick))
        # The size of each level changes by a lot a step: somebody else has put back what was taken from it.
        lots = self.depth_lots + self._steps % 2
        self.book.bids = [(mid - self._half - n, lots) for n in range(LEVELS)]
        self.book.asks = [(mid + self._half + n, lots) for n in range(LEVELS)]
