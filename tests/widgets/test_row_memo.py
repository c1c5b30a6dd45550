"""Rows that are not made anew: those whose sources are the same, and those that nobody sees."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from widgets.columns import Row
from widgets.row_memo import RowMemo


class Maker:
    def __init__(self) -> None:
        self.made: list[str] = []

    def row(self, key: str, text: str) -> Callable[[], Row]:
        def make() -> Row:
            self.made.append(key)
            return Row(key, (((text, "text"),),))

        return make


@pytest.fixture
def maker() -> Maker:
    return Maker()


def test_same_sources_are_the_same_row(maker: Maker) -> None:
    memo, source = RowMemo(), object()
    first = memo.row("a", maker.row("a", "1"), source, "x", 3)
    assert memo.row("a", maker.row("a", "2"), source, "x", 3) is first
    assert maker.made == ["a"]


@pytest.mark.parametrize("others", [(object(), "x"), (None, "y"), (None,), (None, "x", 1)])
def test_any_other_source_makes_it_anew(maker: Maker, others: tuple[object, ...]) -> None:
    memo, source = RowMemo(), object()
    memo.row("a", maker.row("a", "1"), source, "x")
    memo.row("a", maker.row("a", "2"), *(source if other is None else other for other in others))
    assert maker.made == ["a", "a"]


def test_row_out_of_sight_stays_and_is_known_as_old_until_it_is_seen(maker: Maker) -> None:
    memo = RowMemo()
    first = memo.row("a", maker.row("a", "1"), object())
    memo.begin({"b"})
    assert memo.row("a", maker.row("a", "2"), object()) is first
    assert memo.stale({"a", "b"})
    assert not memo.stale({"b"})
    memo.begin({"a"})
    assert memo.row("a", maker.row("a", "3"), object()) is not first
    assert not memo.stale({"a"})


def test_new_row_out_of_sight_is_made_all_the_same(maker: Maker) -> None:
    memo = RowMemo()
    memo.begin(set())
    assert memo.row("a", maker.row("a", "1"), object()).key == "a"


def test_rows_that_have_gone_are_forgotten(maker: Maker) -> None:
    memo = RowMemo()
    rows = [memo.row(key, maker.row(key, "1"), object()) for key in "ab"]
    memo.begin(set())
    memo.row("b", maker.row("b", "2"), object())
    memo.end(rows[:1])
    assert not memo.stale({"b"})
    memo.row("b", maker.row("b", "3"), object())
    assert maker.made == ["a", "b", "b"]


def test_forgotten_rows_are_made_anew(maker: Maker) -> None:
    memo, source = RowMemo(), object()
    memo.row("a", maker.row("a", "1"), source)
    memo.forget()
    memo.row("a", maker.row("a", "2"), source)
    assert maker.made == ["a", "a"]


def test_what_is_looked_at_is_in_sight_or_new(maker: Maker) -> None:
    memo = RowMemo()
    assert memo.looks_at("a")
    memo.row("a", maker.row("a", "1"), object())
    memo.begin({"b"})
    assert [key for key in "abc" if memo.looks_at(key)] == ["b", "c"]
    memo.begin(None)
    assert memo.looks_at("a")
