"""Staging by itself: bounds, steps, what counts as the same value."""

from __future__ import annotations

import msgspec
import pytest
import scenes

from cockpit.link.rows import LoopRow
from cockpit.screens.staging import Staging, agreed, refusal, same, stepped
from strategies.hedge_params import HedgeParams
from strategies.params import ParamSpec, specs

SPECS = {spec.name: spec for spec in specs(HedgeParams)}


def row(**changes: str) -> LoopRow:
    found = scenes.loop("hedge-1", "BTC", "lighter", "extended")
    return msgspec.structs.replace(found, params={**found.params, **changes})


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("size", "0", "size: 0 is out of bounds; expected > 0 base"),
        ("size", "-1", "expected > 0 base"),
        ("size", "much", "size: much is not valid; expected a number"),
        ("size", "NaN", "expected a number"),
        ("size", "", "expected a number"),
        ("iterations", "1.5", "expected a whole number"),
        ("iterations", "-1", "expected >= 0"),
        ("slippage", "501", "slippage: 501 is out of bounds; expected <= 500 bps"),
        ("offset", "1001", "expected <= 1000 ticks"),
        ("requote", "never", "expected one of time, touch"),
        ("maker", "okx", "maker: fixed at launch"),
    ],
)
def test_what_cannot_be_is_refused_with_the_bound_that_it_breaks(name: str, value: str, words: str) -> None:
    assert words in refusal(SPECS[name], value)
    staging = Staging()
    assert words in staging.put(row(), SPECS[name], value)
    assert not staging.all


@pytest.mark.parametrize(
    ("name", "value"),
    [("size", "0.3"), ("slippage", "500"), ("iterations", "0"), ("requote", "time"), ("deadline", "2026-12-01T00:00")],
)
def test_what_can_be_is_staged(name: str, value: str) -> None:
    staging = Staging()
    assert staging.put(row(), SPECS[name], value) == ""
    assert staging.of("hedge-1") == {name: value}


def test_a_yes_or_no_takes_nothing_else() -> None:
    spec = ParamSpec("strict", "bool", "no", "", "", "", "", live=True)
    assert "one of yes, no" in refusal(spec, "maybe")
    assert refusal(spec, "yes") == ""
    assert stepped(row(), "yes", spec, 1) == "no"


@pytest.mark.parametrize(
    ("name", "now", "steps", "value"),
    [
        ("size", "0.05", 1, "0.051"),
        ("size", "7", -1, "6.9"),
        ("size", "0.001", -1, "0.0009"),
        ("iterations", "20", 1, "21"),
        ("iterations", "0", 1, "8"),
        ("iterations", "1", -1, ""),
        ("offset", "0", -1, "-1"),
        ("slippage", "5", 2, "7"),
        ("slippage_max", "50", -1, "45"),
        ("sleep", "1", -1, "0"),
        ("wear_budget", "0.1", -1, ""),
        ("max_position", "0", 1, "0.051"),
        ("requote", "touch", 1, "time"),
        ("deadline", "", 1, ""),
    ],
)
def test_steps(name: str, now: str, steps: int, value: str) -> None:
    """Seven cycles are done of the endless ones; a zero that means off or no end is never stepped into."""
    assert stepped(row(), now, SPECS[name], steps) == value


def test_a_step_that_leads_nowhere_says_so_and_stages_nothing() -> None:
    staging = Staging()
    assert "a step leads no further" in staging.step(row(iterations="1"), SPECS["iterations"], -1)
    assert "fixed at launch" in staging.step(row(), SPECS["maker"], 1)
    assert not staging.all


def test_back_at_the_value_of_now_nothing_is_staged_however_it_is_written() -> None:
    staging = Staging()
    staging.put(row(), SPECS["size"], "0.06")
    staging.put(row(), SPECS["size"], " 0.050 ")
    assert not staging.all


def test_what_waits_for_the_safe_point_is_the_value_of_now() -> None:
    waiting = msgspec.structs.replace(row(), pending={"size": "0.07"})
    assert agreed(waiting, "size") == "0.07"
    staging = Staging()
    staging.step(waiting, SPECS["size"], 1)
    assert staging.of("hedge-1") == {"size": "0.071"}


def test_while_a_change_is_on_its_way_nothing_is_staged_dropped_or_sent_again() -> None:
    staging = Staging()
    staging.put(row(), SPECS["size"], "0.06")
    assert staging.begin("hedge-1") == {"size": "0.06"}
    assert staging.begin("hedge-1") == {}
    assert "on its way" in staging.put(row(), SPECS["size"], "0.08")
    assert not staging.drop("hedge-1")
    staging.end("hedge-1", taken=False)
    assert staging.of("hedge-1") == {"size": "0.06"}
    assert staging.drop("hedge-1")
    assert not staging.drop("hedge-1")


@pytest.mark.parametrize(
    ("a", "b", "equal"),
    [("0.1", "0.10", True), ("1", "2", False), ("touch", "touch", True), ("a", "b", False), ("", "0", False)],
)
def test_same(a: str, b: str, equal: bool) -> None:
    assert same(a, b) is equal
