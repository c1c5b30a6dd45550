"""The rules of staged deleveraging by themselves."""

from __future__ import annotations

from decimal import Decimal

import msgspec
import pytest
from fake_venue import D, inverse, linear
from hypothesis import given
from hypothesis import strategies as st

from cockpit.desk.deleverage import (
    Held,
    Stages,
    check,
    distance,
    distance_at,
    estimated_liquidation,
    kept,
    leverage,
    margin_ratio,
    passed,
    reached,
    stage_at,
)

STAGES = Stages()


@pytest.mark.parametrize(
    ("qty", "liquidation", "price", "found"),
    [
        ("1", "80", "100", "0.2"),
        ("-1", "120", "100", "0.2"),
        ("1", "110", "100", "0"),
        ("-1", "90", "100", "0"),
        ("0", "80", "100", None),
        ("1", None, "100", None),
        ("1", "80", "0", None),
    ],
)
def test_distance(qty: str, liquidation: str | None, price: str, found: str | None) -> None:
    expected = None if found is None else D(found)
    assert distance(D(qty), None if liquidation is None else D(liquidation), D(price)) == expected


def test_margin_with_no_equity_left_is_liquidation_and_without_a_requirement_nothing() -> None:
    assert margin_ratio(D(40), D(100)) == D("0.4")
    assert margin_ratio(D(40), D(0)) == margin_ratio(D(40), D(-3)) == margin_ratio(D(40), D(10)) == 1
    assert margin_ratio(D(0), D(-3)) == 0


@pytest.mark.parametrize(
    ("away", "margin", "stage"),
    [
        ("0.151", "0.399", 0),
        ("0.15", "0", 1),
        ("0.101", None, 1),
        ("0.1", "0.4", 2),
        ("0.06", "0.1", 3),
        ("0", None, 3),
        (None, "0.4", 1),
        (None, "0.6", 2),
        ("1", "0.8", 3),
        (None, None, 0),
    ],
)
def test_the_deepest_stage_of_either_measure(away: str | None, margin: str | None, stage: int) -> None:
    assert stage_at(*(None if value is None else D(value) for value in (away, margin)), STAGES) == stage


def test_one_crossing_is_one_stage_until_it_is_well_cleared() -> None:
    held = 0
    seen = []
    for away in ("0.20", "0.149", "0.155", "0.145", "0.179", "0.099", "0.13", "0.11", "0.121", "0.19", "0.14"):
        held = reached(D(away), None, STAGES, held)
        seen.append(held)
    assert seen == [0, 1, 1, 1, 1, 2, 1, 1, 1, 0, 1]
    assert reached(None, D("0.35"), STAGES, 1) == 1, "under 40 %, but not by a fifth"
    assert reached(None, D("0.33"), STAGES, 1) == 0


def test_with_its_pair_out_of_reach_a_leg_is_at_a_stage_earlier() -> None:
    assert reached(D("0.20"), None, STAGES, 0, factor=D("1.5")) == 1
    assert reached(D("0.15"), None, STAGES, 0, factor=D("1.5")) == 2
    assert reached(None, D("0.27"), STAGES, 0, factor=D("1.5")) == 1


@given(st.decimals(0, 1, places=3), st.decimals(0, 1, places=3), st.integers(0, 3), st.decimals(1, 3, places=1))
def test_nearer_is_never_a_milder_stage(away: Decimal, margin: Decimal, held: int, factor: Decimal) -> None:
    now = reached(away, margin, STAGES, held, factor=factor)
    assert stage_at(away, margin, STAGES, factor=factor) <= now <= 3
    assert reached(away / 2, margin, STAGES, held, factor=factor) >= now
    assert reached(away, min(margin * 2, D(1)), STAGES, held, factor=factor) >= now
    assert reached(away, margin, STAGES, now, factor=factor) == now, "the same again changes nothing"


def test_a_winning_leg_is_kept_until_its_partner_must_be_gone() -> None:
    for price, stage in (("100", 0), ("80", 0), ("78.5", 0), ("78.4", 1), ("76.8", 2), ("75", 3)):
        assert passed(D(1), D(80), D(price), STAGES) == stage
    for price, stage in (("100", 0), ("121", 0), ("122.4", 1), ("130", 3)):
        assert passed(D(-1), D(120), D(price), STAGES) == stage


def test_an_estimate_for_a_venue_that_never_told() -> None:
    assert estimated_liquidation(D(1), D(100), D(21)) == D(80)
    assert estimated_liquidation(D(-1), D(100), D(21)) == D(120)
    assert estimated_liquidation(D(1), D(100), D(1000)) == 0
    assert estimated_liquidation(D(-1), D(100), D(-5)) == 100, "no equity: it must be gone already"


# -- how much is left


def held(**sizes: str) -> dict[str, Held]:
    return {key: Held(linear(), D(size), D(100_000)) for key, size in sizes.items()}


def test_both_legs_are_left_with_the_same() -> None:
    assert kept(held(a="1", b="-1"), D("0.25")) == {"a": D("0.75"), "b": D("-0.75")}
    assert kept(held(a="1", b="-1"), D(1)) == {"a": 0, "b": 0}


def test_an_uneven_pair_is_evened_out_by_its_cut() -> None:
    assert kept(held(a="1", b="-0.8"), D("0.5")) == {"a": D("0.4"), "b": D("-0.4")}
    assert kept(held(a="1", b="-0.6", c="-0.2"), D("0.5")) == {"a": D("0.4"), "b": D("-0.3"), "c": D("-0.1")}


def test_a_leg_alone_is_cut_by_itself() -> None:
    assert kept(held(a="-1"), D("0.25")) == {"a": D("-0.75")}
    assert kept({}, D("0.5")) == {}


def test_contracts_of_an_inverse_venue_count_by_their_coin() -> None:
    pair = {"a": Held(linear(), D("0.05"), D(100_000)), "b": Held(inverse(), D(-50), D(100_000))}
    assert kept(pair, D("0.5")) == {"a": D("0.025"), "b": D(-25)}


@given(st.integers(1, 5000), st.integers(1, 5000), st.integers(1, 100))
def test_a_cut_only_ever_lessens_and_leaves_whole_lots_that_are_even(a: int, b: int, pct: int) -> None:
    pair = held(a=f"{a}e-3", b=f"-{b}e-3")
    left = kept(pair, D(pct) / 100)
    for key, at in pair.items():
        assert left[key] * at.qty >= 0
        assert abs(left[key]) <= abs(at.qty)
        assert left[key] % D("0.001") == 0
    assert left["a"] == -left["b"]


# -- leverage


def test_how_far_a_leverage_lets_the_price_go() -> None:
    assert leverage(D(500), D(100)) == 5
    assert leverage(D(500), D(0)) is None
    assert distance_at(D(5), D("0.01")).quantize(D("0.0001")) == D("0.1881")
    assert distance_at(D(200), D("0.01")) == 0
    assert distance_at(D(0), D("0.01")) == 1


# -- what an operator may set


@pytest.mark.parametrize(
    ("changes", "field", "expected"),
    [
        ({"distance_pct": (D(10), D(15), D(6))}, "distance_pct", "falling"),
        ({"margin_pct": (D(60), D(40), D(80))}, "margin_pct", "rising"),
        ({"cut_pct": (D(50), D(25), D(100))}, "cut_pct", "rising"),
        ({"beyond_pct": (D(2), D(2), D(3))}, "beyond_pct", "rising"),
        ({"margin_pct": (D(40), D(60))}, "margin_pct", "as many numbers as cut_pct has, 3"),
        ({"cut_pct": ()}, "distance_pct", "at least one number"),
        ({"margin_pct": (D(40), D(60), D(101))}, "margin_pct", "at most 100"),
        ({"distance_pct": (D(15), D(10), D(0))}, "distance_pct", "above 0"),
    ],
)
def test_stages_that_make_no_sense_are_named(changes: dict[str, object], field: str, expected: str) -> None:
    wrong = check(msgspec.structs.replace(STAGES, **changes))
    assert wrong is not None
    assert wrong[0] == field
    assert expected in wrong[2]


def test_the_defaults_make_sense_and_so_do_equal_cuts() -> None:
    assert check(STAGES) is None
    assert check(msgspec.structs.replace(STAGES, cut_pct=(D(50), D(50), D(50)))) is None
