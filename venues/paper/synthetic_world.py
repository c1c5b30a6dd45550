"""The price of each coin that all synthetic venues share."""

from __future__ import annotations

import math
import random
from collections import deque
from collections.abc import Mapping

from venues.model import NS_PER_MS, NS_PER_S

GRID_NS = 50 * NS_PER_MS
"""The reference moves on this grid and stands in between."""
KEPT_POINTS = 12_000
"""Ten minutes: how far behind the foremost market another one may still be."""

_DT = GRID_NS / NS_PER_S

# A calm market with bursts, not fitted to any one day. Volatility is log-normal and mean-reverting: 0.4 bps per
# root second at its median (some 25 % a year), tripled and more in a burst.
_SIGMA_MEDIAN = 0.4e-4
_LOG_VOL_SD = 0.35
_LOG_VOL_TAU_S = 60.0
_BURST_EVERY_S = 120.0
_BURST_LOG_VOL = (0.6, 1.4)
_JUMP_EVERY_S = 600.0
_JUMP_BPS = (4.0, 20.0)


class ReferencePath:
    """One coin's mid on the grid: a diffusion whose log-volatility is an Ornstein-Uhlenbeck process with shocks,
    plus rare jumps. What it reads at a time does not depend on who asks, nor in which order."""

    def __init__(self, rng: random.Random, price: float) -> None:
        self._rng = rng
        self._log_vol = 0.0
        self._points: deque[float] = deque([price], maxlen=KEPT_POINTS)
        self._newest = 0

    def at(self, index: int) -> float:
        """The mid at a grid point. Raises LookupError for one that was dropped."""
        while self._newest < index:
            self._points.append(self._next())
            self._newest += 1
        back = index - self._newest - 1
        if -back > len(self._points):
            raise LookupError(f"grid point {index} was dropped; the foremost market is at {self._newest}")
        return self._points[back]

    def _next(self) -> float:
        rng = self._rng
        decay = math.exp(-_DT / _LOG_VOL_TAU_S)
        self._log_vol = decay * self._log_vol + _LOG_VOL_SD * math.sqrt(1 - decay * decay) * rng.gauss(0.0, 1.0)
        if rng.random() < _DT / _BURST_EVERY_S:
            self._log_vol += rng.uniform(*_BURST_LOG_VOL)
        move = _SIGMA_MEDIAN * math.exp(self._log_vol) * math.sqrt(_DT) * rng.gauss(0.0, 1.0)
        if rng.random() < _DT / _JUMP_EVERY_S:
            move += rng.choice((-1, 1)) * rng.uniform(*_JUMP_BPS) * 1e-4
        return self._points[-1] * math.exp(move)


class SyntheticWorld:
    """Reference prices of some coins from `start_ts` on, drawn from one seed."""

    def __init__(self, rng: random.Random, start_ts: int, bases: Mapping[str, float]) -> None:
        """`bases`: coin to its price at the start, in US dollars."""
        for base, price in bases.items():
            if not price > 0 or math.isinf(price):
                raise ValueError(f"bases: the price of {base} is {price}, must be above 0")
        self.seed = rng.getrandbits(64)
        self.start_ts = start_ts
        self._paths = {base: ReferencePath(self.generator("reference", base), price) for base, price in bases.items()}

    def generator(self, *names: str) -> random.Random:
        """A generator of its own for each name, the same in every world of this seed."""
        return random.Random(f"{self.seed}/{'/'.join(names)}")

    def path(self, base: str) -> ReferencePath:
        try:
            return self._paths[base]
        except KeyError:
            known = ", ".join(self._paths) or "none"
            raise ValueError(f"base: the synthetic world has no {base!r}; it has {known}") from None

    def reference(self, base: str, ts: int) -> float:
        """The coin's price at `ts`, US dollars; before the start, that of the start."""
        return self.path(base).at(max(0, ts - self.start_ts) // GRID_NS)
