"""Returns of funding carry, by hand."""

from __future__ import annotations

from decimal import Decimal

import pytest

from cockpit.link.rows import FundingRow, PositionRow, SpreadRow
from widgets.carry import best_carry, by_coin, cost_of
from widgets.carry_panels import per_day

D = Decimal


def funding(account: str, annualised: float, coin: str = "BTC", symbol: str = "") -> FundingRow:
    return FundingRow(account, symbol or coin, coin, D("0.0001"), 28_800, annualised, 0, D(0))


def spread(a: str, b: str, buy: float | None, sell: float | None) -> dict[str, SpreadRow]:
    row = SpreadRow("BTC", a, b, buy, sell, ())
    return {row.key: row}


def test_no_pair_of_one_account() -> None:
    assert best_carry([funding("a", 0.1), funding("a", 0.4, symbol="BTC-2")], {}) is None
    assert best_carry([], {}) is None


def test_both_legs_are_never_on_the_same_account() -> None:
    rows = [funding("a", 0.5), funding("a", -0.5, symbol="BTC-2"), funding("b", 0.1)]
    pair = best_carry(rows, {})
    assert pair is not None
    assert pair.long.account != pair.short.account
    assert pair.gap == pytest.approx(0.6)


def test_short_where_funding_is_highest_and_long_where_it_is_lowest() -> None:
    pair = best_carry([funding("a", 0.02), funding("b", 0.12), funding("c", -0.03)], {})
    assert pair is not None
    assert (pair.long.account, pair.short.account) == ("c", "b")
    assert pair.gap == pytest.approx(0.15)


def test_return_is_on_the_sum_of_both_margins() -> None:
    pair = best_carry([funding("a", 0.02), funding("b", 0.12)], {})
    assert pair is not None
    # 10 % of one leg; at 4x each margin is a quarter of it, both together a half
    assert pair.gross(4) == pytest.approx(0.20)
    assert pair.gross(1) == pytest.approx(0.05)


def test_without_a_spread_there_is_no_return_after_costs() -> None:
    pair = best_carry([funding("a", 0.02), funding("b", 0.12)], {})
    assert pair is not None
    assert pair.net(4, 7) is None
    assert pair.even_days is None


def test_costs_are_paid_once_in_each_holding_time() -> None:
    pair = best_carry([funding("a", 0.02), funding("b", 0.12)], spread("a", "b", -3.0, -2.0))
    assert pair is not None
    assert pair.cost_bps == 5.0
    # 5 bps every 36.5 days is 50 bps a year: 10 % less 0.5 %, at 4x on both margins
    assert pair.net(4, 36.5) == pytest.approx(0.19)
    assert pair.even_days == pytest.approx(365 * 0.0005 / 0.10)


def test_a_spread_that_pays_is_even_at_once() -> None:
    pair = best_carry([funding("a", 0.02), funding("b", 0.12)], spread("b", "a", 3.0, -1.0))
    assert pair is not None
    assert pair.cost_bps == -2.0
    assert pair.even_days == 0.0


def test_the_cheaper_maker_is_taken() -> None:
    spreads = spread("a", "b", -3.0, -2.0) | spread("b", "a", -1.0, -1.5)
    assert cost_of("BTC", "a", "b", spreads) == 2.5
    assert cost_of("BTC", "a", "b", spread("a", "b", None, -2.0)) is None
    assert cost_of("ETH", "a", "b", spreads) is None


def test_nothing_is_earned_where_rates_are_alike() -> None:
    pair = best_carry([funding("a", 0.1), funding("b", 0.1)], spread("a", "b", -1.0, -1.0))
    assert pair is not None
    assert pair.gap == 0
    assert pair.even_days is None


def test_coins_and_their_markets_are_ordered() -> None:
    rows = [funding("a", 0.1, "ETH"), funding("a", 0.1), funding("b", 0.3)]
    assert [(coin, [row.account for row in markets]) for coin, markets in by_coin(rows).items()] == [
        ("BTC", ["b", "a"]),
        ("ETH", ["a"]),
    ]


def position(symbol: str, base: str) -> PositionRow:
    return PositionRow("a", symbol, "BTC", D(base), D(base), D(100), D(100), None, D(0), D(0), D(base))


def test_a_day_of_funding_by_positions() -> None:
    # 2 × 100 USD at 0.01 % three times a day
    assert per_day([position("BTC", "2")], [funding("a", 0.1)]) == D("0.06")
    assert per_day([position("BTC", "-2")], [funding("a", 0.1)]) == D("-0.06")


def test_positions_without_a_rate_cost_nothing_known() -> None:
    assert per_day([position("ETH", "2")], [funding("a", 0.1)]) == 0
