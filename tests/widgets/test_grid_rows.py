"""The sieve of a grid: words in any column, groups kept together, figures sorted as figures, nothing done twice."""

from __future__ import annotations

from decimal import Decimal

import pytest

from widgets.columns import Row, SortKey
from widgets.grid_rows import Sieve, haystack_of, sort_key, words_of
from widgets.paint import cell


def row(key: str, *texts: str, note: str = "", sort: tuple[SortKey, ...] = (), also: str = "") -> Row:
    return Row(key, tuple(map(cell, texts)), note=cell(note) if note else (), sort=sort, also=also)


def head(key: str, text: str) -> Row:
    return Row(key, line=cell(text))


def keys(sieve: Sieve, rows: list[Row]) -> list[str]:
    return [each.key for each in sieve.sift(rows)]


ROWS = [row("a", "BTC", "67,120.5"), row("b", "eth", "3,412"), row("c", "SOL", "–", note="waits for okx")]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("btc", ["a"]),
        ("BTC 67120", ["a"]),
        ("67,120 btc", ["a"]),
        ("btc eth", []),
        ("okx", ["c"]),
        ("  ", ["a", "b", "c"]),
        ("e", ["b"]),
    ],
)
def test_every_word_must_occur_somewhere_in_the_row(text: str, found: list[str]) -> None:
    rows = [ROWS[0], ROWS[1], row("c", "SOL", "–", note="waits for okx")]
    sieve = Sieve()
    sieve.words = words_of(text)
    assert keys(sieve, rows) == found
    assert (sieve.hits, sieve.total) == (len(found), 3)


def test_a_name_that_is_shown_in_another_language_is_found_by_its_own() -> None:
    sieve = Sieve()
    sieve.words = words_of("filled")
    assert keys(sieve, [row("a", "已成交", also="filled"), row("b", "已撤单", also="canceled")]) == ["a"]


def test_heads_go_with_the_last_row_of_their_group_and_lend_it_their_words() -> None:
    rows = [head("#1", "lighter"), row("a", "BTC"), row("b", "ETH"), head("#2", "okx"), row("c", "BTC")]
    rows.append(head("#3", "x"))
    sieve = Sieve()
    sieve.words = words_of("btc")
    assert keys(sieve, rows) == ["#1", "a", "#2", "c"]
    sieve.words = words_of("okx btc")
    assert keys(sieve, rows) == ["#2", "c"]
    sieve.words = words_of("x")
    assert keys(sieve, rows) == ["#2", "c", "#3"]


def test_rows_that_stay_are_told_apart_from_those_that_match() -> None:
    sieve = Sieve()
    sieve.words, sieve.stays = words_of("eth"), True
    assert keys(sieve, ROWS) == ["a", "b", "c"]
    assert [sieve.passed_over(each.key) for each in ROWS] == [True, False, True]
    assert (sieve.hits, sieve.total) == (1, 3)
    sieve.words = ()
    sieve.sift(ROWS)
    assert not any(sieve.passed_over(each.key) for each in ROWS)


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("67,120.50", 67120.5),
        ("-0.34", -0.34),
        ("+12", 12.0),
        ("!4.2%", 0.042),
        ("12.35k", 12_350.0),
        ("1.240M", 1_240_000.0),
        ("12.35万", 123_500.0),
        ("0.84/4.19", 0.84),
        ("7/20", 7.0),
        ("0.31x", 0.31),
        ("2h05m", 7500.0),
        ("1m07s", 67.0),
        ("2时05分", 7500.0),
        ("–", None),
        ("", None),
        ("● running", "running"),
        ("hedge-2", "hedge-000000000002"),
    ],
)
def test_what_a_cell_sorts_by(text: str, key: SortKey) -> None:
    assert sort_key(text) == key if not isinstance(key, float) else sort_key(text) == pytest.approx(key)


def sorted_keys(rows: list[Row], column: int, *, reverse: bool = False) -> list[str]:
    sieve = Sieve()
    sieve.column, sieve.reverse = column, reverse
    return keys(sieve, rows)


def test_figures_sort_as_figures_and_blanks_stay_last_both_ways() -> None:
    rows = [row("a", "x", "9"), row("b", "x", "–"), row("c", "x", "1,000"), row("d", "x", "-3")]
    assert sorted_keys(rows, 1) == ["d", "a", "c", "b"]
    assert sorted_keys(rows, 1, reverse=True) == ["c", "a", "d", "b"]


def test_names_sort_with_their_numbers() -> None:
    rows = [row("a", "hedge-10"), row("b", "hedge-9"), row("c", "Hedge-1")]
    assert sorted_keys(rows, 0) == ["c", "b", "a"]


def test_equal_rows_keep_their_order_both_ways() -> None:
    rows = [row(name, "same") for name in "abc"]
    assert sorted_keys(rows, 0) == ["a", "b", "c"]
    assert sorted_keys(rows, 0, reverse=True) == ["a", "b", "c"]


def test_a_rows_own_key_goes_before_its_text() -> None:
    rows = [row("a", "10:00", sort=(2.0,)), row("b", "11-20 09:00", sort=(Decimal(1),)), row("c", "x", sort=(None,))]
    assert sorted_keys(rows, 0) == ["b", "a", "c"]


def test_groups_stay_together_when_sorted() -> None:
    rows = [head("#1", "lighter"), row("a", "3"), row("b", "1"), head("#2", "okx"), row("c", "2")]
    assert sorted_keys(rows, 0) == ["#1", "b", "a", "#2", "c"]


def test_a_column_that_a_row_does_not_have_counts_as_blank() -> None:
    assert sorted_keys([row("a"), row("b", "1")], 0) == ["b", "a"]


def test_text_of_a_row_that_stays_the_same_is_worked_out_once(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[str] = []

    def counted(each: Row) -> str:
        made.append(each.key)
        return haystack_of(each)

    monkeypatch.setattr("widgets.grid_rows.haystack_of", counted)
    sieve = Sieve()
    sieve.words = words_of("1")
    sieve.sift([row("a", "1"), row("b", "2")])
    sieve.sift([row("a", "1"), row("b", "3")])
    assert made == ["a", "b", "b"]
    sieve.sift([row("b", "3")])
    sieve.sift([row("a", "1"), row("b", "3")])
    assert made == ["a", "b", "b", "a"]
