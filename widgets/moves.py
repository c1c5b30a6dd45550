"""How far markets move in a day, as far as this client has watched them."""

from __future__ import annotations

import math
from collections.abc import Mapping

from cockpit.link.rows import MarketRow

STEP_S = 10
"""Seconds between two looks at a market."""
LEAST = 30
"""Moves that are needed before anything is said: five minutes of them."""
FADE = 0.5 ** (STEP_S / 3600)
"""Weight that a move keeps with each newer one: an hour halves it."""
DAY_S = 86_400


class MoveMeter:
    """The daily move of each market: the standard deviation of a day's return, if the day goes on as it was watched.

    σ_day = sqrt(86,400 / 10 · Σ w·r² / Σ w): r the log returns of the mid over 10 s, w their weights, which halve in an
    hour (exponentially weighted variance as in RiskMetrics, 1996). No drift is taken out."""

    def __init__(self) -> None:
        self._last: dict[str, float] = {}
        self._squares: dict[str, tuple[float, float, int]] = {}
        self._looked = 0

    def look(self, markets: Mapping[str, MarketRow], now_ns: int) -> None:
        """Take a look at all markets; most calls are too early and do nothing."""
        step = now_ns // 1_000_000_000 // STEP_S
        if step <= self._looked:
            return
        gap = step - self._looked
        self._looked = step
        for key, row in markets.items():
            if not row.bid or not row.ask:
                self._last.pop(key, None)
                continue
            price = float(row.bid + row.ask) / 2
            before = self._last.get(key)
            self._last[key] = price
            if before is None or gap > 1:
                continue
            squares, weights, count = self._squares.get(key, (0.0, 0.0, 0))
            self._squares[key] = (
                squares * FADE + math.log(price / before) ** 2,
                weights * FADE + 1.0,
                count + 1,
            )

    def daily(self, key: str) -> float | None:
        """Fraction of the price; None while too little was watched or nothing has moved."""
        squares, weights, count = self._squares.get(key, (0.0, 0.0, 0))
        if count < LEAST or not squares:
            return None
        return math.sqrt(squares / weights * DAY_S / STEP_S)
