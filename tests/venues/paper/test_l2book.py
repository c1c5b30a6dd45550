"""The L2 book against a plain dictionary, and the fused view against what both streams say."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from venues.model import Level, Side
from venues.paper.l2book import FusedBook, L2Book
from venues.paper.market import BookView

BUY, SELL = Side.BUY, Side.SELL

bid_levels = st.lists(st.tuples(st.integers(1, 50), st.integers(0, 5)), max_size=8)
ask_levels = st.lists(st.tuples(st.integers(30, 80), st.integers(0, 5)), max_size=8)


def assert_agrees(view: BookView) -> None:
    """Never crossed; touch, levels and sizes tell one story."""
    bids, asks = list(view.levels(BUY)), list(view.levels(SELL))
    assert bids == sorted(bids, key=lambda level: -level[0])
    assert asks == sorted(asks, key=lambda level: level[0])
    assert view.best_bid() == (bids[0] if bids else None)
    assert view.best_ask() == (asks[0] if asks else None)
    assert not (bids and asks and bids[0][0] >= asks[0][0])
    for side, levels in ((BUY, dict(bids)), (SELL, dict(asks))):
        assert all(lots > 0 for lots in levels.values())
        for ticks in range(85):
            assert view.lots_at(side, ticks) == levels.get(ticks, 0)


def test_an_empty_book_has_no_touch() -> None:
    book = L2Book()
    assert book.best_bid() is None
    assert book.best_ask() is None
    assert not book.crossed
    assert list(book.levels(BUY)) == []
    assert book.lots_at(SELL, 5) == 0


def test_removing_an_unknown_level_changes_nothing() -> None:
    book = L2Book()
    book.snapshot([(10, 1)], [(12, 2)])
    book.apply([(9, 0)], [(15, 0)])
    assert (book.best_bid(), book.best_ask(), len(book)) == ((10, 1), (12, 2), 2)


def test_a_snapshot_replaces_everything_and_leaves_out_empty_levels() -> None:
    book = L2Book()
    book.snapshot([(10, 1), (9, 1)], [(12, 2)])
    book.snapshot([(7, 3), (8, 0)], [(20, 1), (19, 4)])
    assert list(book.levels(BUY)) == [(7, 3)]
    assert list(book.levels(SELL)) == [(19, 4), (20, 1)]


@given(st.lists(st.tuples(bid_levels, ask_levels), max_size=30))
def test_any_diffs_leave_what_a_dictionary_would_hold(diffs: list[tuple[list[Level], list[Level]]]) -> None:
    book = L2Book()
    bids: dict[int, int] = {}
    asks: dict[int, int] = {}
    for bid_diff, ask_diff in diffs:
        book.apply(bid_diff, ask_diff)
        bids.update(bid_diff)
        asks.update(ask_diff)
    assert list(book.levels(BUY)) == sorted(((t, n) for t, n in bids.items() if n), reverse=True)
    assert list(book.levels(SELL)) == sorted((t, n) for t, n in asks.items() if n)
    for side in (BUY, SELL):
        levels = list(book.levels(side))
        assert book.count(side) == len(levels)
        assert book.worst(side) == (levels[-1][0] if levels else None)
    best_bid, best_ask = book.best_bid(), book.best_ask()
    assert book.crossed == bool(best_bid and best_ask and best_bid[0] >= best_ask[0])


def fused() -> FusedBook:
    book = FusedBook()
    book.reset(100, [(10, 5), (9, 6), (8, 7)], [(12, 5), (13, 6), (14, 7)])
    book.show()
    return book


def test_a_hidden_book_looks_empty() -> None:
    book = FusedBook()
    book.reset(100, [(10, 5), (9, 4)], [(12, 5)])
    book.overlay(101, (10, 9), (12, 9))
    assert_agrees(book)
    assert list(book.levels(BUY)) == []
    assert book.lots_at(BUY, 10) == 0
    book.show()
    assert list(book.levels(BUY)) == [(10, 9), (9, 4)]
    book.drop()
    assert_agrees(book)
    assert list(book.levels(SELL)) == []


def test_a_newer_ticker_hides_the_levels_that_are_better_than_it() -> None:
    book = fused()
    assert book.overlay(101, (8, 1), (13, 2))
    assert list(book.levels(BUY)) == [(8, 1)]
    assert list(book.levels(SELL)) == [(13, 2), (14, 7)]
    assert_agrees(book)


def test_a_ticker_through_the_other_side_of_depth_does_not_cross() -> None:
    book = fused()
    assert book.overlay(101, (13, 1), (14, 2))
    assert list(book.levels(BUY)) == [(13, 1), (10, 5), (9, 6), (8, 7)]
    assert list(book.levels(SELL)) == [(14, 2)]
    assert_agrees(book)


def test_depth_that_catches_up_drops_the_ticker() -> None:
    book = fused()
    book.overlay(105, (11, 1), (12, 1))
    assert book.update(104, [(9, 1)], [])
    assert book.best_bid() == (11, 1)
    assert book.overlaid
    assert book.update(105, [(11, 3)], [])
    assert book.best_bid() == (11, 3)
    assert book.best_ask() == (12, 5)
    assert_agrees(book)


def test_an_old_a_repeated_a_crossed_or_a_one_sided_ticker_is_ignored() -> None:
    book = fused()
    assert not book.overlay(100, (11, 1), (12, 1))
    assert not book.overlay(101, (12, 1), (12, 1))
    assert not book.overlay(101, (13, 1), (12, 1))
    assert not book.overlay(101, (10, 0), (12, 1))
    assert book.best_bid() == (10, 5)
    assert book.overlay(103, (11, 1), (12, 1))
    assert not book.overlay(102, (9, 1), (12, 1))
    assert book.best_bid() == (11, 1)


def test_a_ticker_that_tells_nothing_new_is_no_change_but_still_guards_the_touch() -> None:
    book = fused()
    assert not book.overlay(110, (10, 5), (12, 5))
    assert book.update(105, [(11, 4)], [])
    assert book.best_bid() == (10, 5)
    assert_agrees(book)


def test_depth_that_comes_out_crossed_is_refused() -> None:
    book = fused()
    assert not book.update(101, [(12, 1)], [])


diff_event = st.tuples(st.just("diff"), st.integers(1, 3), bid_levels, ask_levels)
ticker_event = st.tuples(
    st.just("ticker"),
    st.integers(-2, 6),
    st.tuples(st.integers(1, 80), st.integers(0, 5)),
    st.tuples(st.integers(1, 80), st.integers(0, 5)),
)


@given(st.lists(st.one_of(diff_event, ticker_event), max_size=40))
def test_the_fused_view_is_never_crossed_and_never_contradicts_itself(
    events: list[tuple[str, int, object, object]],
) -> None:
    book = FusedBook()
    book.reset(100, [(10, 1)], [(60, 1)])
    book.show()
    for name, step, bid, ask in events:
        if name == "ticker":
            assert isinstance(bid, tuple)
            assert isinstance(ask, tuple)
            before = (book.best_bid(), book.best_ask())
            changed = book.overlay(book.depth_id + step, bid, ask)
            assert changed == ((book.best_bid(), book.best_ask()) != before)
        else:
            assert isinstance(bid, list)
            assert isinstance(ask, list)
            if not book.update(book.depth_id + step, bid, ask):
                book.drop()
                assert_agrees(book)
                return
        assert_agrees(book)
