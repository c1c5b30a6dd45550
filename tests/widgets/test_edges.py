"""What a spread's row says: the better direction, the cost of a round trip, the z-score."""

from __future__ import annotations

import pytest

from cockpit.link.rows import SpreadRow
from widgets.edges import LEAST_VALUES, best_edge, round_trip_bps, zscore


def spread(buy: float | None = None, sell: float | None = None) -> SpreadRow:
    return SpreadRow("BTC", "a", "b", buy, sell, ())


def test_no_score_of_few_values() -> None:
    assert zscore(()) is None
    assert zscore(tuple(range(LEAST_VALUES - 1))) is None
    assert zscore(tuple(range(LEAST_VALUES))) is not None


def test_no_score_of_what_does_not_move() -> None:
    assert zscore((1.5,) * 60) is None


def test_no_score_of_what_is_no_number() -> None:
    assert zscore((float("inf"), *range(30))) is None


def test_score_is_the_distance_from_the_mean_in_sample_deviations() -> None:
    # nineteen zeros and a one: mean 1/20, sample variance (19·0.05² + 0.95²)/19 = 0.05
    assert zscore((*(0.0,) * 19, 1.0)) == pytest.approx(0.95 / 0.05**0.5)


def test_score_has_the_sign_of_the_distance() -> None:
    low = zscore((*(0.0,) * 30, -1.0))
    assert low is not None
    assert low < 0


def test_better_direction() -> None:
    assert best_edge(spread(-1.0, -0.5)) == (-0.5, "sell")
    assert best_edge(spread(0.2, 0.1)) == (0.2, "buy")


def test_direction_without_books() -> None:
    assert best_edge(spread()) == (None, "")
    assert best_edge(spread(None, -3.0)) == (-3.0, "sell")


def test_round_trip_is_what_both_directions_lose() -> None:
    assert round_trip_bps(spread(-1.25, -0.75)) == 2.0
    assert round_trip_bps(spread(1.0, None)) is None
