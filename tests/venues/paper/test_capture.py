"""Replaying captures: what they are recognised as, the order of updates, gaps and the way back."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from tests.venues.paper.capture_kit import ASKS, BIDS, T0, Lines, replay, shown, steps, usdm
from venues.model import InstrumentKind, Side
from venues.paper.book_sync import RELEARN_DIFFS, RELEARN_DIFFS_ALONE
from venues.paper.capture import CaptureMarket
from venues.paper.capture_format import Grid, GridError, step_of

BUY, SELL = Side.BUY, Side.SELL


# -- what it is --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("symbol", "spot", "kind", "base", "quote", "settle", "face", "min_notional"),
    [
        ("BTCUSDT", False, InstrumentKind.LINEAR, "BTC", "USDT", "USDT", "1", "100"),
        ("ETHUSDT", False, InstrumentKind.LINEAR, "ETH", "USDT", "USDT", "1", "20"),
        ("SOLUSDC", False, InstrumentKind.LINEAR, "SOL", "USDC", "USDC", "1", "5"),
        ("BTCUSDT_240927", False, InstrumentKind.LINEAR, "BTC", "USDT", "USDT", "1", "5"),
        ("BTCUSD_PERP", False, InstrumentKind.INVERSE, "BTC", "USD", "BTC", "100", "0"),
        ("SOLUSD_PERP", False, InstrumentKind.INVERSE, "SOL", "USD", "SOL", "10", "0"),
        ("ETHUSD_240927", False, InstrumentKind.INVERSE, "ETH", "USD", "ETH", "10", "0"),
        ("ETHUSDT", True, InstrumentKind.SPOT, "ETH", "USDT", "USDT", "1", "5"),
        ("ETHBTC", True, InstrumentKind.SPOT, "ETH", "BTC", "BTC", "1", "5"),
    ],
)
def test_the_instrument_is_read_from_the_content(
    tmp_path: Path,
    symbol: str,
    spot: bool,
    kind: InstrumentKind,
    base: str,
    quote: str,
    settle: str,
    face: str,
    min_notional: str,
) -> None:
    path = Lines(symbol, spot=spot).diff(1, 2, 0, [("10.10", "3"), ("10.20", "41")]).write(tmp_path, name="x.bin")
    found = CaptureMarket(path).instrument
    assert (found.symbol, found.kind, found.base, found.quote, found.settle) == (symbol, kind, base, quote, settle)
    assert (found.tick, found.lot, found.min_qty) == (Decimal("0.1"), Decimal(1), Decimal(1))
    assert (found.contract_size, found.min_notional) == (Decimal(face), Decimal(min_notional))


def test_steps_are_powers_of_ten_up_to_one() -> None:
    assert step_of(["61800.20", "61800.30"]) == Decimal("0.1")
    assert step_of(["10", "20", "0"]) == Decimal(1)
    assert step_of(["0.00012000"]) == Decimal("0.00001")
    with pytest.raises(ValueError, match="above 0"):
        step_of(["0.00", "0"])


def test_a_few_strays_do_not_make_the_lot_finer_unless_asked_to() -> None:
    texts = [f"{at}.10" for at in range(300)] + ["7.123456"]
    assert step_of(texts) == Decimal("0.000001")
    assert step_of(texts, stray=0.01) == Decimal("0.1")


def test_a_grid_takes_whole_steps_only() -> None:
    grid = Grid(Decimal("0.1"))
    assert (grid["61800.20"], grid["5"], grid["0.00"]) == (618002, 50, 0)
    for text in ("0.15", "-1.0", "1e5", "1_0", "NaN", "", "٣"):
        with pytest.raises(GridError):
            grid[text]
    assert Grid(Decimal("0.1"), floor=True)["0.19"] == 1
    assert Grid(Decimal(1))["12"] == 12
    with pytest.raises(ValueError, match=r"step is 0\.5"):
        Grid(Decimal("0.5"))


def test_a_grid_forgets_rather_than_grow() -> None:
    grid = Grid(Decimal(1), limit=10)
    assert [grid[str(at)] for at in range(95)] == list(range(95))
    assert len(grid) <= 10


# -- malformed lines ---------------------------------------------------------------------------------------------


def test_lines_that_do_not_read_are_counted_and_skipped(tmp_path: Path) -> None:
    lines = usdm()
    lines.raw("rubbish").raw(f"{T0}").raw("").raw(f"{T0} {{").raw(f'{T0} {{"a":1}}')
    lines.raw(f'{T0} {{"stream":"btcusdt@trade","data":{{"e":"trade","s":"BTCUSDT"}}}}')
    lines.raw(f'{T0} {{"stream":"btcusdt@bookTicker","data":{{"u":1,"s":"BTCUSDT","e":"bookTicker"}}}}')
    lines.trade("100.15", "1.000", buyer_maker=True).trade("100.10", "0.200", buyer_maker=True)
    lines.raw(f'{T0 + 10**9} {{"stream":"btcusdt@tra')
    market, recorder = replay(lines.write(tmp_path))
    # The price of 100.15 makes the tick 0.05's power of ten, 0.01, so that one reads.
    assert market.instrument.tick == Decimal("0.01")
    assert market.stats.malformed == 7
    assert market.stats.trades == len(recorder.named("trade")) == 2
    assert market.stats.gaps == 0


def test_an_unreadable_depth_line_is_a_gap(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("venues.paper.capture.HEAD_LINES", 3)
    lines = usdm().diff(101, 110, 100, [("99.95", "1.000")]).diff(111, 120, 110)
    market, recorder = replay(lines.write(tmp_path))
    assert (market.stats.malformed, market.stats.gaps) == (1, 1)
    assert recorder.events[-1][0] == "gap"
    assert market.book.best_bid() is None


def test_a_stamp_far_ahead_does_not_stop_the_clock(tmp_path: Path) -> None:
    lines = usdm().ticker(101, ("100.00", "7"), ("100.10", "7"), ts=T0 + 10**18)
    lines.ticker(102, ("100.00", "8"), ("100.10", "8"))
    market, recorder = replay(lines.write(tmp_path))
    assert market.stats.malformed == 1
    assert recorder.events[-1] == ("depth", T0 + 4_000_000, (1000, 8000), (1001, 8000))


def test_stamps_that_step_back_stand(tmp_path: Path) -> None:
    lines = usdm().ticker(101, ("100.00", "7"), ("100.10", "7"), ts=T0)
    lines.ticker(102, ("100.00", "8"), ("100.10", "8"))
    market = CaptureMarket(lines.write(tmp_path))
    stamps = list(steps(market))
    assert stamps == [T0, T0 + 1_000_000, T0 + 2_000_000, T0 + 2_000_000, T0 + 4_000_000]
    assert market.start_ts == T0


def test_streams_that_move_nothing_and_other_symbols_are_left_out(tmp_path: Path) -> None:
    lines = usdm().stream("markPrice", {"e": "markPriceUpdate", "p": "100.0"})
    lines.stream("aggTrade", {"e": "aggTrade", "p": "100.00", "q": "1", "m": True})
    lines.message({"stream": "!forceOrder@arr", "data": []})
    lines.message({"stream": "ethusdt@trade", "data": {"e": "trade", "s": "ETHUSDT", "p": "9", "q": "1", "m": True}})
    lines.trade("0", "0", buyer_maker=True, kind="NA").trade("100.0", "1", buyer_maker=True, kind="ADL")
    market, recorder = replay(lines.write(tmp_path))
    assert market.stats.other == 6
    assert market.stats.malformed == 0
    assert recorder.named("trade") == []


def test_a_sink_is_not_needed(tmp_path: Path) -> None:
    lines = usdm().ticker(101, ("100.00", "7"), ("100.10", "7")).trade("100.00", "1", buyer_maker=True)
    market = CaptureMarket(lines.diff(102, 103, 99).write(tmp_path))
    assert len(list(steps(market))) == 6
    assert (market.stats.trades, market.stats.gaps) == (1, 1)


# -- sequence ----------------------------------------------------------------------------------------------------


def test_diffs_before_the_snapshot_are_buffered_and_old_ones_dropped(tmp_path: Path) -> None:
    lines = (
        Lines()
        .diff(80, 90, 79, [("99.90", "7")])
        .diff(91, 105, 90, [("100.00", "3")])
        .ticker(104, ("100.00", "9"), ("100.10", "1.500"))
    )
    market = CaptureMarket(lines.snapshot(100, BIDS, ASKS).write(tmp_path))
    for _ in range(3):
        market.step()
        assert market.book.best_bid() is None
    market.step()
    # 80..90 is older than the snapshot, 91..105 joins it, the ticker at 104 is older than that.
    assert shown(market, BUY) == [(1000, 3000), (999, 2000), (998, 505)]
    assert market.next_ts() is None
    assert market.stats.gaps == 0


@pytest.mark.parametrize(
    ("spot", "diff", "joins"),
    [
        (False, (95, 99, 94), None),  # u < lastUpdateId: dropped
        (False, (95, 100, 94), True),
        (False, (100, 107, 94), True),
        (False, (103, 107, 100), True),  # pu is the snapshot itself
        (False, (101, 107, 99), False),
        (True, (95, 100, 0), None),  # u <= lastUpdateId: dropped
        (True, (95, 101, 0), True),
        (True, (101, 107, 0), True),
        (True, (102, 107, 0), False),
    ],
)
def test_the_first_diff_after_a_snapshot(
    tmp_path: Path, spot: bool, diff: tuple[int, int, int], joins: bool | None
) -> None:
    lines = Lines(spot=spot).diff(1, 2, 0, [("1", "1")]).snapshot(100, BIDS, ASKS)
    market, recorder = replay(lines.diff(*diff, [("99.70", "1")]).write(tmp_path))
    assert market.stats.gaps == (1 if joins is False else 0)
    assert market.book.lots_at(BUY, 997) == (1000 if joins else 0)
    assert bool(recorder.named("gap")) is (joins is False)


@pytest.mark.parametrize(
    ("spot", "diff", "follows"),
    [
        (False, (108, 110, 105), True),
        (False, (106, 110, 104), False),
        (False, (103, 105, 102), None),  # told before
        (True, (106, 110, 0), True),
        (True, (107, 110, 0), False),
        (True, (104, 105, 0), None),
    ],
)
def test_every_diff_follows_the_one_before(
    tmp_path: Path, spot: bool, diff: tuple[int, int, int], follows: bool | None
) -> None:
    lines = Lines(spot=spot).diff(1, 2, 0, [("1", "1")]).snapshot(100, BIDS, ASKS).diff(99, 105, 98)
    market, _ = replay(lines.diff(*diff, [("99.70", "1")]).write(tmp_path))
    assert market.stats.gaps == (1 if follows is False else 0)
    assert market.book.lots_at(BUY, 997) == (1000 if follows else 0)


def test_a_gap_drops_the_book_says_so_and_a_later_snapshot_mends_it(tmp_path: Path) -> None:
    lines = usdm().ticker(109, ("100.00", "4"), ("100.10", "4")).diff(108, 110, 107, [("99.90", "0")])
    lines.diff(111, 115, 110, [("99.60", "6")]).snapshot(112, [("99.50", "1")], ASKS).diff(116, 118, 115)
    market, recorder = replay(lines.write(tmp_path))
    (gap,) = recorder.named("gap")
    assert gap[2:4] == (None, None)
    assert "BTCUSDT: after update 100 came U 108, u 110, pu 107" in str(gap[4])
    assert shown(market, BUY) == [(996, 6000), (995, 1000)]
    assert recorder.events[-1][0] == "depth"
    assert market.stats.snapshots == 2


def test_a_snapshot_older_than_what_was_kept_since_the_gap_does_not_mend_it(tmp_path: Path) -> None:
    lines = usdm().diff(108, 110, 107, [("99.90", "1")]).snapshot(105, BIDS, ASKS)
    market, _ = replay(lines.write(tmp_path))
    assert market.stats.gaps == 1
    assert market.book.best_bid() is None


def test_a_snapshot_in_sequence_changes_nothing(tmp_path: Path) -> None:
    market, recorder = replay(usdm().snapshot(100, [("50", "1")], [("60", "1")]).write(tmp_path))
    assert market.book.best_bid() == (1000, 1000)
    assert len(recorder.named("depth")) == 2


def test_a_first_snapshot_that_is_too_old_counts_as_a_gap(tmp_path: Path) -> None:
    lines = Lines().diff(80, 90, 79, [("99.90", "7")]).diff(91, 95, 90).snapshot(70, BIDS, ASKS)
    market, recorder = replay(lines.write(tmp_path))
    assert market.stats.gaps == 1
    assert "snapshot 70 is older" in str(recorder.named("gap")[0][4])
    assert market.book.best_bid() is None


def test_a_hole_in_what_was_buffered_counts_from_there(tmp_path: Path) -> None:
    lines = Lines().diff(80, 90, 79, [("99.90", "7")]).diff(95, 105, 94, [("100.00", "3")])
    market, recorder = replay(lines.snapshot(100, BIDS, ASKS).write(tmp_path))
    assert market.stats.gaps == 1
    assert [event[0] for event in recorder.events] == ["gap", "depth"]
    assert market.book.best_bid() == (1000, 3000)


def test_a_crossed_depth_book_is_dropped_as_a_gap(tmp_path: Path) -> None:
    market, recorder = replay(usdm().diff(101, 102, 100, [("100.10", "1")]).write(tmp_path))
    assert (market.stats.gaps, market.stats.crossed) == (1, 1)
    assert recorder.events[-1][0] == "gap"
    assert "crossed" in str(recorder.named("gap")[0][4])
    assert market.book.best_bid() is None
    crossed, _ = replay(Lines().diff(1, 2, 0, [("1", "1")]).snapshot(9, ASKS, BIDS).write(tmp_path))
    assert (crossed.stats.gaps, crossed.stats.crossed) == (1, 1)


# -- relearning --------------------------------------------------------------------------------------------------


def ladder(at: int, first: int, step: int) -> list[tuple[str, str]]:
    """One level, another each time."""
    return [(f"{(first + step * (at % 30)) / 10:.2f}", "2")]


def after_a_gap(*, tickers: bool) -> Lines:
    lines = usdm().diff(108, 110, 107)
    for at in range(RELEARN_DIFFS_ALONE + 5):
        if tickers:
            lines.ticker(111 + at, ("99.90", f"{1 + at}"), ("100.00", "3"))
        lines.diff(111 + at, 111 + at, 110 + at, ladder(at, 998, -1), ladder(at, 1002, 1))
    return lines


def test_without_a_snapshot_the_book_is_relearned_from_diffs_and_ticker(tmp_path: Path) -> None:
    market = CaptureMarket(after_a_gap(tickers=True).write(tmp_path))
    for _ in steps(market):
        if market.book.live and market.stats.gaps:
            break
    assert market.stats.depth == 2 + RELEARN_DIFFS  # the one after the gap is the first
    # The touch is the ticker's own, though no diff ever told those levels; of the old book nothing is left.
    assert market.book.best_bid() == (999, RELEARN_DIFFS * 1000 - 1000)
    assert market.book.best_ask() == (1000, 3000)
    assert market.book.lots_at(SELL, 1001) == 0
    for _ in steps(market):
        pass
    assert shown(market, BUY)[:2] == [(999, (RELEARN_DIFFS_ALONE + 5) * 1000), (998, 2000)]


def test_without_a_ticker_it_takes_longer(tmp_path: Path) -> None:
    market = CaptureMarket(after_a_gap(tickers=False).write(tmp_path))
    for _ in steps(market):
        if market.book.live and market.stats.gaps:
            break
    assert market.stats.depth == 2 + RELEARN_DIFFS_ALONE
    assert market.book.best_bid() == (998, 2000)


def test_too_few_levels_are_not_shown(tmp_path: Path) -> None:
    lines = usdm().diff(108, 110, 107)
    for at in range(RELEARN_DIFFS_ALONE + 5):
        lines.diff(111 + at, 111 + at, 110 + at, [("99.00", "1")], [("101.00", "1")])
    market, recorder = replay(lines.write(tmp_path))
    assert market.book.best_bid() is None
    assert recorder.events[-1][0] == "gap"


def test_a_book_that_crosses_while_it_is_relearned_starts_again(tmp_path: Path) -> None:
    lines = usdm().diff(108, 110, 107, [("99.00", "1")], [("98.00", "1")])
    market, _ = replay(lines.write(tmp_path))
    assert (market.stats.gaps, market.stats.crossed) == (2, 1)


def test_a_recording_without_a_snapshot_is_relearned_from_its_start(tmp_path: Path) -> None:
    lines = Lines()
    for at in range(RELEARN_DIFFS + 1):
        lines.ticker(111 + at, ("99.90", "1"), ("100.00", "3"))
        lines.diff(111 + at, 111 + at, 110 + at, ladder(at, 998, -1), ladder(at, 1002, 1))
    market, _ = replay(lines.write(tmp_path))
    assert market.stats.gaps == 0
    assert market.book.best_bid() == (999, 1)
