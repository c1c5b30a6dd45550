"""What a spread's row says of now against its last minute: the better direction, the z-score."""

from __future__ import annotations

import math
from functools import lru_cache

from cockpit.link.rows import SpreadRow

LEAST_VALUES = 20
"""Below this a standard deviation says little, and there is no z-score."""


@lru_cache(maxsize=2048)
def zscore(history: tuple[float, ...]) -> float | None:
    """How far the newest value stands from the mean, in standard deviations: `z = (x_n − x̄) / s`, with
    `x̄ = Σ x_i / n` and the sample's `s² = Σ (x_i − x̄)² / (n − 1)`, over all `n` values (one a second, at the most 60).

    None under `LEAST_VALUES` values, or where they do not move.
    """
    if len(history) < LEAST_VALUES:
        return None
    mean = sum(history) / len(history)
    spread = math.sqrt(sum((value - mean) ** 2 for value in history) / (len(history) - 1))
    if spread < 1e-9 or not math.isfinite(spread):
        return None
    return (history[-1] - mean) / spread


def best_edge(row: SpreadRow) -> tuple[float | None, str]:
    """(bps after fees, `buy` or `sell` on the maker account) of the better direction; (None, "") without books."""
    edges = [(edge, side) for edge, side in ((row.buy_a_bps, "buy"), (row.sell_a_bps, "sell")) if edge is not None]
    return max(edges, key=lambda pair: pair[0], default=(None, ""))


def round_trip_bps(row: SpreadRow) -> float | None:
    """What entering and leaving cost together, bps of one leg's notional, fees and the taker's half spread included:
    −(buy + sell), for whichever direction is entered, the other one leaves. None without books."""
    if row.buy_a_bps is None or row.sell_a_bps is None:
        return None
    return -(row.buy_a_bps + row.sell_a_bps)
