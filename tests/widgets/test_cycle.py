"""The state diagram: which station is lit, and the shapes it takes."""

from __future__ import annotations

from decimal import Decimal

import pytest
from rich.cells import cell_len

from cockpit.link.rows import LoopRow
from widgets.cycle import KNOWN, Station, as_chain, as_ring, as_row, diagram, stations
from widgets.paint import plain

D = Decimal


def row(phase: str, *, owed: str = "0", state: str = "running") -> LoopRow:
    return LoopRow(
        id="L1", strategy="hedge", state=state, phase=phase, detail="", legs=(), base="BTC", iterations_done=1,
        iterations=2, params={}, pending={}, exposure_base=D(0), owed_base=D(owed), tolerance_base=D("0.01"),
        wear_bps=None, wear_usd=D(0), volume_usd=D(0), hedges=0, hedge_ms_p50=None, hedge_ms_p99=None, started_ts=0,
    )  # fmt: skip


def lit(found: list[Station]) -> list[int]:
    return [index for index, station in enumerate(found) if station.lit]


@pytest.mark.parametrize(
    ("phase", "owed", "index"),
    [
        ("opening", "0", 0),
        ("opening", "0.05", 1),
        ("holding", "0", 2),
        ("closing", "0", 3),
        ("closing", "-0.05", 4),
        ("waiting", "0", 5),
        ("sleeping", "0", 5),
        ("opening", "0.005", 0),
    ],
)
def test_the_station_of_a_phase_is_lit_and_hedging_where_more_than_dust_is_owed(
    phase: str, owed: str, index: int
) -> None:
    found = stations(row(phase, owed=owed), [phase])
    assert lit(found) == [index]
    assert len(found) == len(KNOWN)


def test_before_the_first_phase_nothing_is_lit() -> None:
    assert lit(stations(row(""), [])) == []


@pytest.mark.parametrize("state", ["done", "stopped"])
def test_what_has_ended_is_nowhere(state: str) -> None:
    assert lit(stations(row("closing", owed="1", state=state), ["closing"])) == []


def test_unknown_phases_of_another_strategy_are_shown_as_they_are_named() -> None:
    found = stations(row("rebalancing"), ["quoting", "rebalancing"])
    assert [station.label for station in found] == ["quoting", "rebalancing"]
    assert lit(found) == [1]


def test_an_unknown_phase_in_the_known_cycle_stands_behind_it() -> None:
    found = stations(row("resting"), ["opening", "resting"])
    assert [station.label for station in found] == [*KNOWN, "resting"]
    assert lit(found) == [len(KNOWN)]


def test_the_ink_of_the_lit_station_is_that_of_the_state() -> None:
    assert stations(row("closing", state="halted"), ["closing"])[3].ink == "crit"


# -- shapes


STOPS = stations(row("holding"), ["holding"])


def widths(lines: object) -> set[int]:
    assert isinstance(lines, list)
    return {cell_len(plain(line).rstrip()) for line in lines}


def test_a_row_lines_up_and_names_the_way_back() -> None:
    lines = as_row(STOPS, "cycle 3 follows")
    assert len(lines) == 4
    assert len(widths(lines[:3])) == 1
    assert "◂ cycle 3 follows ◂" in plain(lines[3])
    assert "┃●holding ┃" in plain(lines[1])
    first, last = plain(lines[3]).index("╰"), plain(lines[3]).index("╯")
    assert plain(lines[2])[first] == "─"
    assert plain(lines[2])[last] == "─"


def test_a_ring_runs_back_below() -> None:
    lines = as_ring(STOPS)
    assert len(lines) == 7
    assert [word for word in plain(lines[1]).replace("│", " ").split() if word.isalpha()] == ["opening", "hedging"]
    assert "closing" in plain(lines[5])
    assert plain(lines[5]).index("closing") > plain(lines[5]).index("waiting")
    assert plain(lines[3]).split() == ["▴", "▾"]


def test_a_ring_of_five_stands_to_the_right_below() -> None:
    lines = as_ring(STOPS[:5])
    assert plain(lines[5]).startswith(" ")
    assert plain(lines[3]).index("▴") > 8


def test_a_chain_breaks_between_stations_and_marks_the_one() -> None:
    lines = as_chain(STOPS, 40)
    assert len(lines) == 2
    assert max(widths(lines)) <= 40
    assert "[● holding]" in " ".join(plain(line) for line in lines)
    assert plain(lines[-1]).endswith("↺")


@pytest.mark.parametrize(
    ("width", "height", "lines"), [(76, 4, 4), (75, 7, 7), (75, 6, 1), (76, 3, 1), (40, 9, 7), (30, 9, 3)]
)
def test_the_shape_follows_the_room(width: int, height: int, lines: int) -> None:
    found = diagram(STOPS, width, height, "again")
    assert len(found) == lines
    assert max(widths(found)) <= width


def test_one_station_alone_has_no_way_back() -> None:
    found = as_row([Station("quoting", True)], "again")
    assert len(found) == 3


def test_nothing_has_no_diagram() -> None:
    assert diagram([], 80, 10, "again") == []


def test_wide_letters_keep_the_boxes_in_line() -> None:
    stops = [Station(label, label == "对冲") for label in ("开仓", "对冲", "持有")]
    assert len(widths(as_row(stops, "x")[:3])) == 1
    assert len(widths(as_ring(stops)[:3])) == 1
