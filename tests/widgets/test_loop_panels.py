"""Histogram, wear by part, parameters side by side, daily moves: what they come to on paper."""

from __future__ import annotations

import math
from dataclasses import dataclass
from decimal import Decimal

import pytest
from rich.cells import cell_len

from cockpit.link.answers import NO_BOUND, Bucket
from cockpit.link.rows import MarketRow, WearRow
from venues.model import NS_PER_S
from widgets.drawing import Told, flow
from widgets.histogram import histogram, labels
from widgets.moves import LEAST, STEP_S, MoveMeter
from widgets.paint import cell, plain
from widgets.params import MixStrip
from widgets.wear_parts import around_zero, part_bps, parts_of

D = Decimal

# -- histogram


def test_no_hedge_has_no_bars() -> None:
    assert histogram((), 60) == []
    assert histogram((Bucket(1.0, 0), Bucket(2.0, 0)), 60) == []


def test_bars_run_from_the_first_full_bucket_to_the_last() -> None:
    buckets = [Bucket(1.0, 0), Bucket(2.0, 30), Bucket(5.0, 0), Bucket(10.0, 10), Bucket(NO_BOUND, 0)]
    lines = [plain(line) for line in histogram(buckets, 60)]
    assert [line.split(" ms")[0].strip() for line in lines] == ["≤ 2", "≤ 5", "≤ 10"]
    assert [line.split()[-1] for line in lines] == ["75.0%", "0.0%", "25.0%"]
    assert lines[0].count("━") > lines[2].count("━") > lines[1].count("━") == 0
    assert len({cell_len(line) for line in lines}) == 1
    assert cell_len(lines[0]) <= 60


def test_the_last_bucket_is_named_after_the_bound_before_it() -> None:
    assert labels([Bucket(5000.0, 1), Bucket(NO_BOUND, 1)]) == ["≤ 5,000", "> 5,000"]


def test_one_slow_hedge_among_many_is_still_seen() -> None:
    lines = [plain(line) for line in histogram([Bucket(1.0, 100_000), Bucket(2.0, 1)], 70)]
    assert set(lines[1].split("ms ")[1].split("1")[0].strip()), "a count that is not nothing has a bar"


# -- wear


def test_parts_add_up_to_the_wear_and_open_trades_are_apart() -> None:
    row = WearRow("loop", "L1", 1.21, D("5.69"), D("6.20"), D("-0.40"), D("-0.11"), D("46984"), open_usd=D("0.42"))
    parts = dict(parts_of(row))
    assert sum(parts.values()) == row.wear_usd
    assert parts["trading"] == D("-0.82")
    assert parts["open, marked"] == D("0.42")


def test_bars_stand_on_both_sides_of_one_zero() -> None:
    lines = [
        plain(line) for line in around_zero([("fees", D(4)), ("trading", D(-2)), ("funding", D(0))], D(10_000), 60)
    ]
    zero = {line.index("│") for line in lines}
    assert len(zero) == 1
    (at,) = zero
    assert lines[0][at + 1] == "━"
    assert lines[0][at - 1] == " "
    assert lines[1][at - 1] == "━"
    assert lines[1][at + 1] == " "
    assert lines[2][at - 1 : at + 2] == " │ "
    assert "+4.00 bps" in lines[0]
    assert "-2.00 bps" in lines[1]
    assert max(map(cell_len, lines)) <= 60


def test_no_volume_has_no_bps() -> None:
    assert part_bps(D(3), D(0)) is None


def test_all_zero_draws_no_bar() -> None:
    assert "━" not in plain(around_zero([("fees", D(0))], D(1), 60)[0])


# -- parameters side by side


@dataclass
class Spec:
    name: str
    live: bool = True
    default: str | None = None
    doc: str = ""
    unit: str = ""
    bounds: str = ""
    step: str = ""
    choices: tuple[str, ...] = ()


def test_the_strip_walks_live_parameters_round_the_end() -> None:
    strip = MixStrip()
    strip.know([Spec("maker", live=False), Spec("size"), Spec("sleep")])
    assert strip.chosen == "size"
    strip.choose(1)
    assert strip.chosen == "sleep"
    strip.choose(1)
    assert strip.chosen == "size"
    strip.choose(-1)
    assert strip.chosen == "sleep"


def test_a_strategy_without_size_begins_with_its_first() -> None:
    strip = MixStrip()
    strip.know([Spec("width"), Spec("depth")])
    assert strip.chosen == "width"


def test_nothing_known_nothing_chosen_anew() -> None:
    strip = MixStrip()
    strip.know(())
    strip.choose(1)
    assert strip.chosen == "size"
    assert strip.names == []


# -- lines


def test_parts_flow_into_lines_and_are_cut_only_where_one_is_too_wide() -> None:
    lines = flow([cell("aaaa"), cell("bbbb"), cell("c" * 20)], 10)
    assert [plain(line) for line in lines] == ["aaaa  bbbb", "c" * 9 + "…"]
    assert flow([], 10) == []


def test_an_answer_says_what_it_is_worth() -> None:
    told: Told[int] = Told()
    assert plain(told.note(0)) == "asking the desk …"
    told.value, told.ts = 3, 100 * NS_PER_S
    assert told.note(101 * NS_PER_S) == ()
    assert plain(told.note(190 * NS_PER_S)) == "1m30s ago"
    told.error = "not connected"
    assert plain(told.note(101 * NS_PER_S)) == "✗ not connected"


# -- daily moves


def markets(price: float | None) -> dict[str, MarketRow]:
    value = None if price is None else D(str(price))
    return {"a/BTC": MarketRow("a", "BTC", "BTC", value, value, D(1), D(1), 0)}


def watched(prices: list[float | None]) -> MoveMeter:
    meter = MoveMeter()
    for step, price in enumerate(prices, 1):
        meter.look(markets(price), step * STEP_S * NS_PER_S)
    return meter


def test_too_little_was_watched() -> None:
    assert watched([100.0, 101.0] * (LEAST // 2)).daily("a/BTC") is None
    assert MoveMeter().daily("a/BTC") is None


def test_a_market_that_stands_still_has_no_daily_move() -> None:
    assert watched([100.0] * (LEAST + 5)).daily("a/BTC") is None


def test_equal_moves_scale_with_the_root_of_time() -> None:
    """0.1 % every 10 s: 0.1 % · sqrt(8640) = 9.3 % a day, whatever the weights."""
    meter = watched([100.0 if step % 2 else 100.1 for step in range(LEAST + 10)])
    assert meter.daily("a/BTC") == pytest.approx(math.log(1.001) * math.sqrt(8640))


def test_a_gap_is_no_move() -> None:
    meter = watched([100.0 if step % 2 else 100.1 for step in range(LEAST + 10)])
    before = meter.daily("a/BTC")
    meter.look(markets(500.0), (LEAST + 500) * STEP_S * NS_PER_S)
    assert meter.daily("a/BTC") == before


def test_a_market_without_a_book_is_taken_up_anew() -> None:
    assert watched([*[100.0] * (LEAST + 1), None, 200.0]).daily("a/BTC") is None


def test_looks_that_come_too_early_do_nothing() -> None:
    meter = MoveMeter()
    for _ in range(LEAST * 3):
        meter.look(markets(100.0), STEP_S * NS_PER_S)
        meter.look(markets(101.0), STEP_S * NS_PER_S)
    assert meter.daily("a/BTC") is None
