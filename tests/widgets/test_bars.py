"""Blocks: nothing is blank, something is seen, the largest fills."""

from __future__ import annotations

import pytest

from widgets.bars import bar, buckets, columns


def test_nothing_is_blank() -> None:
    assert bar(0, 10, 4) == "    "
    assert bar(-1, 10, 4) == "    "
    assert bar(5, 0, 4) == "    "
    assert bar(5, 10, 0) == ""


def test_something_is_never_shown_as_nothing() -> None:
    assert bar(1e-9, 1, 4) == "╸   "


@pytest.mark.parametrize(("value", "shown"), [(1, "━   "), (2, "━━  "), (2.5, "━━╸ "), (4, "━━━━"), (9, "━━━━")])
def test_bar_is_as_long_as_its_share(value: float, shown: str) -> None:
    assert bar(value, 4, 4) == shown


def test_columns_fill_from_the_bottom() -> None:
    assert columns([0, 1, 2], 0, 2, 2) == [" ▁█", "▁██"]


def test_lowest_value_is_seen_and_highest_fills() -> None:
    lines = columns([-3.0, 5.0], -3.0, 5.0, 3)
    assert [line[0] for line in lines] == [" ", " ", "▁"]
    assert [line[1] for line in lines] == ["█", "█", "█"]


def test_what_does_not_move_stands_in_the_middle() -> None:
    assert columns([7.0, 7.0], 7.0, 7.0, 2) == ["  ", "██"]


def test_buckets_are_means_of_neighbours() -> None:
    assert buckets([1, 3, 5, 7], 2) == [2, 6]
    assert buckets([1, 3], 5) == [1, 3]
    assert buckets([], 5) == []
