"""Order memory: stale, doubled and contradictory reports."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from venues.live import order_track
from venues.live.order_track import OrderTrack
from venues.model import FillReport, LiquiditySide, OrderRequest, OrderStatus, OrderStatusReport, Side

D = Decimal
S = OrderStatus


def report(status: S, filled: int = 0, *, name: str = "t1", venue: str = "7", qty: int = 10) -> OrderStatusReport:
    return OrderStatusReport(name, venue, "BTC", Side.BUY, D(qty), D(100), D(filled), status, 1, 1)


def fill(trade: str, qty: int, *, name: str = "t1", symbol: str = "BTC") -> FillReport:
    return FillReport(
        trade, name, "7", symbol, Side.BUY, D(qty), D(100), D(0), "USDT", LiquiditySide.TAKER, 1, 1
    )  # fmt: skip


def sent() -> OrderTrack:
    track = OrderTrack()
    track.sent(OrderRequest("t1", "BTC", Side.BUY, D(10), D(100)))
    return track


def test_an_end_is_an_end() -> None:
    track = sent()
    assert track.take(report(S.CANCELED, 4)) == report(S.CANCELED, 4)
    assert track.take(report(S.OPEN)) is None
    assert track.take(report(S.PARTIALLY_FILLED, 2)) is None
    assert track.settle(report(S.OPEN)).status is S.CANCELED


def test_what_has_fills_was_not_rejected() -> None:
    track = sent()
    track.take(report(S.PARTIALLY_FILLED, 4))
    told = track.take(report(S.REJECTED))
    assert told is not None
    assert (told.status, told.filled_qty) == (S.CANCELED, D(4))
    alone = sent().take(report(S.REJECTED))
    assert alone is not None
    assert alone.status is S.REJECTED


def test_what_a_question_was_answered_is_still_news() -> None:
    track = sent()
    track.take(report(S.OPEN))
    assert track.settle(report(S.CANCELED, 2)).status is S.CANCELED
    assert track.take(report(S.CANCELED, 2)) == report(S.CANCELED, 2)


def test_more_filled_after_the_end_is_told_and_the_end_stays() -> None:
    track = sent()
    track.take(report(S.CANCELED, 4))
    told = track.take(report(S.PARTIALLY_FILLED, 6))
    assert told is not None
    assert (told.status, told.filled_qty) == (S.CANCELED, D(6))


def test_filled_quantity_never_falls() -> None:
    track = sent()
    track.take(report(S.PARTIALLY_FILLED, 7))
    assert track.take(report(S.PARTIALLY_FILLED, 3)) is None
    assert track.take(report(S.OPEN, 0)) is None
    told = track.take(report(S.CANCELED, 3))
    assert told is not None
    assert (told.status, told.filled_qty) == (S.CANCELED, D(7))


def test_fills_lift_what_a_report_says() -> None:
    track = sent()
    track.take_fill(fill("1", 6))
    told = track.take(report(S.OPEN))
    assert told is not None
    assert (told.status, told.filled_qty) == (S.PARTIALLY_FILLED, D(6))
    track.take_fill(fill("2", 4))
    told = track.take(report(S.OPEN))
    assert told is not None
    assert told.status is S.FILLED


def test_cancelled_and_all_filled_is_filled() -> None:
    told = sent().take(report(S.CANCELED, 10))
    assert told is not None
    assert told.status is S.FILLED


def test_the_same_twice_is_no_news_and_unknown_gives_way() -> None:
    track = sent()
    assert track.take(report(S.UNKNOWN)) is not None
    assert track.take(report(S.UNKNOWN)) is None
    assert track.take(report(S.OPEN)) is not None


def test_a_fill_counts_once_by_symbol_and_trade() -> None:
    track = sent()
    assert track.take_fill(fill("1", 3))
    assert not track.take_fill(fill("1", 3))
    assert track.take_fill(fill("1", 3, symbol="ETH", name=""))
    entry = track.get("t1")
    assert entry is not None
    assert entry.counted == D(3)


def test_a_fill_that_a_query_found_is_still_told_once() -> None:
    track = sent()
    track.count_fill(fill("1", 3))
    assert track.take_fill(fill("1", 3))
    assert not track.take_fill(fill("1", 3))
    entry = track.get("t1")
    assert entry is not None
    assert entry.counted == D(3)


def test_what_fills_have_not_come_is_missing() -> None:
    track = sent()
    track.take(report(S.PARTIALLY_FILLED, 7))
    track.take_fill(fill("1", 3))
    assert track.missing("t1") == D(4)
    assert track.missing("nobody") == 0


def test_venue_ids_are_learnt_and_a_foreign_one_stays_foreign() -> None:
    track = sent()
    assert track.client_id("7") is None
    track.take(report(S.OPEN))
    assert track.client_id("7") == "t1"
    track.learn("7", "")
    assert track.client_id("7") == "t1"
    track.take(report(S.OPEN, name="", venue="9"))
    assert track.client_id("9") == ""


def test_it_forgets_the_oldest_that_have_ended_and_none_that_lives(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(order_track, "KEEP_ORDERS", 20)
    monkeypatch.setattr(order_track, "KEEP_FILLS", 5)
    track = sent()
    for number in range(100):
        name = f"x{number}"
        track.sent(OrderRequest(name, "BTC", Side.BUY, D(1), D(100)))
        track.take(report(S.CANCELED, name=name, venue=f"v{number}", qty=1))
        track.take_fill(fill(f"f{number}", 1, name=name))
    assert track.get("t1") is not None
    assert track.get("x0") is None
    assert track.client_id("v0") is None
    assert track.get("x99") is not None
    assert [name for name, _ in track.live()] == ["t1"]


@given(
    st.lists(
        st.tuples(st.sampled_from([S.OPEN, S.PARTIALLY_FILLED, S.FILLED, S.CANCELED, S.UNKNOWN]), st.integers(0, 10)),
        max_size=30,
    )
)
def test_whatever_comes_fills_grow_and_no_end_is_undone(news: list[tuple[S, int]]) -> None:
    track = sent()
    most, ended = D(0), None
    for status, filled in news:
        told = track.take(report(status, filled))
        if told is None:
            continue
        assert told.filled_qty >= most
        assert ended is None or told.status is ended
        most = told.filled_qty
        ended = told.status if told.status.terminal else ended
