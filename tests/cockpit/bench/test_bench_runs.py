"""Each bench on a few events: what it reports exists and makes sense. How fast it was is never a test."""

from __future__ import annotations

import json

import pytest

from cockpit.bench.cli import main
from cockpit.bench.simulate import Plan, run
from tests.market_data import COINM, USDM, capture_path

pytestmark = pytest.mark.slow  # benches at full rate: on a busy machine a figure of theirs may be nothing


def measured(argv: list[str], capsys: pytest.CaptureFixture[str]) -> dict[str, float | str]:
    assert main([*argv, "--json"]) == 0, capsys.readouterr().err
    figures: dict[str, float | str] = json.loads(capsys.readouterr().out)
    for name, value in figures.items():
        assert isinstance(value, str) or value >= 0, name
    return figures


def number(figures: dict[str, float | str], name: str) -> float:
    value = figures[name]
    assert isinstance(value, (int, float)), name
    return value


def test_hotpath_counts_every_fill_and_orders_its_figures(capsys: pytest.CaptureFixture[str]) -> None:
    figures = measured(["hotpath", "--fills", "50"], capsys)
    assert figures["fills"] == 50
    assert 0 < number(figures, "p50_us") <= number(figures, "p99_us") <= number(figures, "max_us")
    assert number(figures, "p50_us") < number(figures, "from_sender_p50_us") <= number(figures, "from_sender_p99_us")
    assert number(figures, "round_trip_p50_us") > 0
    # A loop that looks every half second is later than one that answers at once, however busy the machine.
    assert number(figures, "baseline_poll_p50_us") > number(figures, "p50_us")
    assert number(figures, "ratio") > 1
    assert number(figures, "fills_per_s") > 0
    assert number(figures, "updates_per_s") > 0
    assert figures["loop"] in ("uvloop", "asyncio")


def test_desk_trades_both_loops_on_four_accounts(capsys: pytest.CaptureFixture[str]) -> None:
    figures = measured(["desk", "--rate", "200", "--seconds", "1"], capsys)
    assert (figures["accounts"], figures["loops"]) == (4, 2)
    assert number(figures, "hedges") > 0
    assert 10 < number(figures, "rss_mb") < 500
    assert number(figures, "updates_per_s") > 0


def test_tui_paints_and_goes_on_writing(capsys: pytest.CaptureFixture[str]) -> None:
    figures = measured(["tui", "--rate", "200", "--seconds", "1"], capsys)
    assert number(figures, "first_paint_s") > 0
    assert number(figures, "kb_per_s") > 0
    assert 10 < number(figures, "rss_mb") < 500
    assert number(figures, "updates_per_s") > 0
    assert 0 < number(figures, "key_p50_ms") <= number(figures, "key_p99_ms")
    # The same rows by Textual's own table, which compares nothing: however slow the machine, it sends far more.
    assert number(figures, "datatable_kb_per_s") > 3 * number(figures, "grid_kb_per_s") > 0
    assert (figures["terminal"], figures["positions"], figures["loops"]) == ("160x50", 200, 5)


def test_simulate_reads_both_captures_either_way_round() -> None:
    data = capture_path(USDM).parents[1]
    assert capture_path(COINM).parents[1] == data
    figures = run(Plan(data, iterations=1, runs=1))
    for name in ("usdm_maker", "coinm_maker"):
        assert int(figures[f"{name}_events"]) > 0
        assert int(figures[f"{name}_events_per_s"]) > 0
        assert figures[f"{name}_cycles"] == 1
