"""Plain text for people."""

from __future__ import annotations

from decimal import Decimal

from cockpit.render import NONE, cell_width, number, plain, table, usd, when


def test_columns_line_up_wide_characters_too() -> None:
    text = table(("name", "usd"), [["磨损", "1.00"], ["a\u0301b", "-12.50"]], right="usd")
    assert [cell_width(line) for line in text.splitlines()] == [12, 12, 12]
    assert text.splitlines()[1] == "磨损    1.00"
    assert table(("a", "b"), []) == "a  b"


def test_figures() -> None:
    assert number(Decimal("0.0500")) == "0.05"
    assert number(Decimal("1E+3")) == "1000"
    assert number(Decimal("0E-9")) == "0"
    assert number(None) == NONE
    assert number(7) == "7"
    assert number(0.25) == "0.25"
    assert usd(Decimal("1234567.891")) == "1,234,567.89"


def test_stamps_are_utc_to_the_millisecond() -> None:
    assert when(1_763_715_600_123_999_999) == "2025-11-21 09:00:00.123"
    assert when(0) == NONE


def test_any_json_value() -> None:
    assert [plain(value) for value in (None, True, False, 3, Decimal("1.50"), "x", ["y"])] == [
        NONE,
        "yes",
        "no",
        "3",
        "1.5",
        "x",
        "['y']",
    ]
