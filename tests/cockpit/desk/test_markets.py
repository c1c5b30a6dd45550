"""What the desk knows of each market: nothing is traded on a book that is not sound."""

from __future__ import annotations

from decimal import Decimal

import pytest
from fake_venue import inverse, linear

from cockpit.desk.markets import Market, Markets, tradable_qty
from venues.model import NS_PER_S, BookUpdate, Level, Side

D = Decimal
SOUND: tuple[tuple[Level, ...], tuple[Level, ...]] = (((200, 5), (199, 5)), ((202, 5),))


def update(bids: tuple[Level, ...], asks: tuple[Level, ...], symbol: str = "BTCUSDT") -> BookUpdate:
    return BookUpdate(symbol, 1, 1, bids, asks)


@pytest.mark.parametrize(
    ("bids", "asks"),
    [((), ((202, 1),)), (((200, 1),), ()), ((), ()), (((202, 1),), ((202, 1),)), (((9, 1),), ((8, 1),))],
)  # fmt: skip
def test_an_unsound_book_is_no_book(bids: tuple[Level, ...], asks: tuple[Level, ...]) -> None:
    market = Market("mk", linear())
    assert market.on_book(update(bids, asks), 1) is False
    assert market.on_book(update(*SOUND), 2) is True
    assert (market.bid, market.ask, market.mid) == (D(100), D(101), D("100.5"))
    assert market.on_book(update(bids, asks), 3) is True, "who trades there must hear that it is gone"
    assert (market.book, market.bid, market.ask, market.mid, market.touch(Side.BUY)) == (None,) * 5


def test_depth_behind_the_touch_wakes_nobody() -> None:
    market = Market("mk", linear())
    market.on_book(update(*SOUND), 1)
    assert market.on_book(update(((200, 9),), ((202, 1),)), 5) is False
    assert (market.ts, market.ts_touch) == (5, 1)
    assert market.book is not None
    assert market.book.bids == ((200, 9),)
    assert market.on_book(update(((201, 9),), ((202, 1),)), 6) is True
    assert market.on_book(update(((201, 9),), ((203, 1),)), 7) is True
    assert (market.bid, market.ask, market.ts_touch) == (D("100.5"), D("101.5"), 7)


def test_value_is_the_mid_then_the_mark_then_nothing() -> None:
    market = Market("mk", linear())
    assert market.value is None
    market.mark = D(99)
    assert market.value == 99
    market.on_book(update(*SOUND), 1)
    assert market.value == D("100.5")
    market.lost()
    assert (market.value, market.book) == (D(99), None)


def test_age_and_touch() -> None:
    market = Market("mk", linear())
    assert market.age(5 * NS_PER_S) == float("inf")
    market.on_book(update(*SOUND), NS_PER_S)
    assert market.age(3 * NS_PER_S) == 2.0
    assert (market.touch(Side.BUY), market.touch(Side.SELL)) == (D(101), D(100))


def test_markets_are_told_apart_by_account() -> None:
    markets = Markets()
    one, same, other = markets.add("mk", linear()), markets.add("mk", linear()), markets.add("tk", linear())
    assert one is same
    assert one is not other
    assert markets.get("mk", "ETH") is None
    assert markets.value("mk", "ETH") is None
    assert markets.value("mk", "BTCUSDT") is None
    with pytest.raises(KeyError):
        markets.of("mk", "ETH")
    assert len(markets.all()) == 2
    assert set(markets.instruments("mk")) == {"BTCUSDT"}


def test_dollars_are_dollars_and_coins_are_asked_of_the_account_first() -> None:
    markets = Markets()
    assert markets.usd_rate("mk", "USDC") == 1
    assert markets.usd_rate("mk", "BTC") is None
    tk = markets.add("tk", inverse())
    mk = markets.add("mk", inverse())
    tk.mark = D(90)
    assert markets.usd_rate("mk", "BTC") == 90
    mk.mark = D(80)
    assert markets.usd_rate("mk", "BTC") == 80


def test_a_market_that_was_lost_keeps_its_tolerance() -> None:
    """Found by fuzzing: with no price the tolerance was 0, so that dust became exposure while a venue was away."""
    market = Market("tk", linear(lot=D("0.02"), min_notional=D(10)))
    assert market.tolerance == D("0.02"), "of lot and minimum alone, before any price"
    market.on_book(update(*SOUND), 1)
    known = market.tolerance
    assert known == D(10) / D("100.5")
    market.lost()
    assert market.value is None
    assert market.tolerance == known
    assert Market("tk", inverse()).tolerance == 0


@pytest.mark.parametrize(
    ("base", "qty"),
    [
        ("0.0049", "0"),  # 489.95 of 500: too little, exactly as it is
        ("0.0050", "0"),  # 499.95
        ("0.00501", "0.006"),  # 500.95 is enough, and 0.005 would not be
        ("0.0054", "0.006"),
        ("0.0055", "0.006"),
        ("0.0064", "0.006"),
        ("0.0065", "0.006"),
        ("0.0066", "0.007"),
        ("-0.0054", "0"),
        ("0", "0"),
    ],
)
def test_what_is_enough_but_for_the_rounding_is_traded(base: str, qty: str) -> None:
    market = Market("tk", linear(min_notional=D(500)))
    assert tradable_qty(market, D(base), D(99_990)) == D(qty)


def test_a_minimum_quantity_between_two_lots_is_not_fallen_short_of() -> None:
    market = Market("tk", linear(min_qty=D("0.0025")))
    assert [tradable_qty(market, D(base), D(100_000)) for base in ("0.0024", "0.0025", "0.0034")] == [
        0, D("0.003"), D("0.003"),
    ]  # fmt: skip


def test_whole_contracts_are_rounded_alike() -> None:
    market = Market("tk", inverse(min_notional=D(250), lot=D(1)))
    price = D(100_000)
    traded = [tradable_qty(market, D(base), price) for base in ("0.0024", "0.00249", "0.0025", "0.0030", "0.0034")]
    assert traded == [0, 0, 3, 3, 3], "of 100 USD each: 2.5 are enough, and 2 would not be"
