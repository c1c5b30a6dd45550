"""The unit value's line: drops, stretching, days that are not known."""

from __future__ import annotations

from decimal import Decimal

import pytest

from cockpit.link.answers import DayLine
from widgets.bars import stretched
from widgets.history import UnitValue, unit, worst_drop

D = Decimal


def day(name: str, value: float | None) -> DayLine:
    return DayLine(name, D(0), D(0), None, D(0), D(0), D(0), None, value)


def test_no_drop_where_it_only_rises() -> None:
    assert worst_drop([1.0, 1.1, 1.1, 1.3]) == 0


def test_drop_is_from_the_high_before_it() -> None:
    assert worst_drop([1.0, 2.0, 1.5, 1.8, 1.0, 3.0]) == pytest.approx(0.5)


def test_few_days_are_stretched_over_the_line() -> None:
    assert stretched([1, 2], 5) == [1, 1, 1, 2, 2]
    assert stretched([1, 2, 3], 3) == [1, 2, 3]


def test_days_without_a_value_are_left_out() -> None:
    panel = UnitValue()
    panel.tell([day("2026-01-01", None), day("2026-01-02", 1.0), day("2026-01-03", None)])
    assert panel.points == (("2026-01-02", 1.0),)


def test_unit_is_told_to_a_tenth_of_a_basis_point() -> None:
    assert unit(1.002344) == "1.00234"
    assert unit(None) == "–"
