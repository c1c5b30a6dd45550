"""Numbers as an operator reads them."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from widgets import format as fmt

D = Decimal


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "–"),
        (D(0), "–"),
        (D("67120.5"), "67,120.5"),
        (D("3412.35"), "3,412.35"),
        (D("182.44"), "182.440"),
        (D("0.00001234"), "0.0000123400"),
        (D("1234567.891"), "1,234,567.9"),
    ],
)
def test_price(value: Decimal | None, text: str) -> None:
    assert fmt.price(value) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (D("0.0500"), "+0.05"),
        (D("-8"), "-8"),
        (D(0), "0"),
        (D("123456789.5"), "+123,456,790"),
        (D(1) / D(3), "+0.333333"),
        (D("100"), "+100"),
    ],
)
def test_signed_quantity(value: Decimal, text: str) -> None:
    assert fmt.qty(value, signed=True) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [(None, "–"), (D("-0.004"), "0.00"), (D("0.004"), "0.00"), (D("1234.5"), "+1,234.50"), (D("-2"), "-2.00")],
)
def test_signed_usd(value: Decimal | None, text: str) -> None:
    assert fmt.usd(value, signed=True) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [(D(0), "0"), (D("950.4"), "950"), (D("12345"), "12.3k"), (D("-1240000"), "-1.24M"), (D("7e9"), "7.00B")],
)
def test_compact(value: Decimal, text: str) -> None:
    assert fmt.compact(value) == text


def test_bps_percent_and_millis() -> None:
    assert [fmt.bps(v) for v in (None, 1.234, -0.001, -2.5)] == ["–", "+1.23", "0.00", "-2.50"]
    assert fmt.bps(1.2, signed=False) == "1.20"
    assert fmt.percent(None) == "–"
    assert fmt.percent(0.1234, signed=True) == "+12.3%"
    assert [fmt.millis(v) for v in (None, 0.84, 41.25, 1180.0)] == ["–", "0.84", "41.2", "1,180"]


@pytest.mark.parametrize(
    ("seconds", "text"), [(-5, "0m00s"), (65, "1m05s"), (3600, "1h00m"), (90_000, "1d01h"), (3599.9, "59m59s")]
)
def test_span(seconds: float, text: str) -> None:
    assert fmt.span(seconds) == text


def test_utc() -> None:
    assert fmt.utc(1_767_258_000 * 1_000_000_000) == "09:00:00"


def test_spark_of_nothing_and_of_one_level() -> None:
    assert fmt.spark((), 5) == "     "
    assert fmt.spark((1.0,), 0) == ""
    assert fmt.spark((2.0, 2.0), 4) == "  ▄▄"


def test_spark_spans_the_range() -> None:
    assert fmt.spark((0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0), 7) == fmt.BLOCKS


@given(st.lists(st.floats(-1e6, 1e6), max_size=80), st.integers(0, 100))
def test_spark_always_has_the_width_asked_for(values: list[float], width: int) -> None:
    assert len(fmt.spark(tuple(values), width)) == width


def test_tones_go_with_signs() -> None:
    assert [fmt.tone(v) for v in (None, 0, 1, -1)] == ["dim", "dim", "up", "down"]
    assert [fmt.cost_tone(v) for v in (None, 0, 1, -1)] == ["dim", "dim", "text", "up"]
