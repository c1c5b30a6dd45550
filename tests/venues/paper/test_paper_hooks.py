"""What a simulation takes hold of: the pace of a still market, who sees the books, trades against one order, lost
books."""

from __future__ import annotations

import random
from collections.abc import Iterator
from decimal import Decimal

import pytest
from scripted_market import START, Recorder, ScriptedMarket, World, linear

from cockpit.sim.loop import VirtualClock, VirtualLoop
from venues.model import NS_PER_S, FillReport, LiquiditySide, OrderStatus, Side
from venues.paper.exchange import PaperExchange
from venues.paper.latency import Latency
from venues.paper.profiles import load_profile

D = Decimal
BUY, SELL = Side.BUY, Side.SELL


class Watcher:
    """An observer that remembers."""

    def __init__(self) -> None:
        self.fills: list[tuple[str, FillReport]] = []
        self.ends: list[tuple[str, str]] = []

    def filled(self, account: str, fill: FillReport) -> None:
        self.fills.append((account, fill))

    def ended(self, account: str, client_order_id: str) -> None:
        self.ends.append((account, client_order_id))


@pytest.fixture
def world() -> Iterator[World]:
    with World(instruments=(linear(), linear("ETHUSDT", base="ETH"))) as world:
        for market in world.markets:
            market.set({200: 50, 199: 80}, {201: 40, 202: 60})
        yield world


# -- who sees the books


def test_an_observer_sees_what_reaches_nobody_at_once_and_in_order(world: World) -> None:
    seen = Watcher()
    world.exchange.observe(seen)
    world.order("a", BUY, "0.01", "99")
    world.venue.fault("mute")
    heard = len(world.heard.times)
    before = world.clock.now_ns()
    assert world.call(world.exchange.trade_against, "acc", "a", 4, seconds=0) == 4
    assert [(account, fill.client_order_id, fill.qty) for account, fill in seen.fills] == [("acc", "a", D("0.004"))]
    assert seen.fills[0][1].ts_event == before
    assert seen.ends == [], "it is still open"
    world.call(world.exchange.trade_against, "acc", "a", 6)
    assert [fill.qty for _account, fill in seen.fills] == [D("0.004"), D("0.006")]
    assert seen.ends == [("acc", "a")]
    assert len(world.heard.times) == heard
    assert seen.fills[0][1].trade_id != seen.fills[1][1].trade_id


def test_an_observer_sees_every_way_an_order_ends_and_foreign_fills_without_an_id(world: World) -> None:
    seen, other = Watcher(), Watcher()
    world.exchange.observe(seen)
    world.exchange.observe(other)
    world.order("cancelled", BUY, "0.01", "99")
    world.cancel("cancelled")
    world.order("refused", BUY, "0.01", "101", post_only=True)
    world.order("taken", BUY, "0.01", "100.5")
    world.call(world.exchange.foreign_trade, "acc", "BTCUSDT", SELL, D("0.004"))
    assert [end for end in seen.ends if end[1]] == [("acc", "cancelled"), ("acc", "refused"), ("acc", "taken")]
    assert [fill.client_order_id for _account, fill in seen.fills] == ["taken", ""]
    assert (seen.fills, seen.ends) == (other.fills, other.ends)


# -- trades against one order


def test_a_trade_against_an_order_fills_it_at_its_own_price_whatever_stands_before_it(world: World) -> None:
    world.order("a", BUY, "0.01", "99.5")
    assert world.call(world.exchange.trade_against, "acc", "a", 3) == 3
    (fill,) = world.heard.fills
    assert (fill.qty, fill.price, fill.liquidity) == (D("0.003"), D("99.5"), LiquiditySide.MAKER)
    assert world.heard.last.status is OrderStatus.PARTIALLY_FILLED
    assert world.call(world.exchange.trade_against, "acc", "a", 99) == 7, "no more than is left"
    assert world.heard.last.status is OrderStatus.FILLED
    assert world.lots() == 10


@pytest.mark.parametrize("cid", ["never", "gone", "done"])
def test_what_is_not_open_is_not_filled(world: World, cid: str) -> None:
    world.order("gone", BUY, "0.01", "99")
    world.cancel("gone")
    world.order("done", BUY, "0.01", "100.5")
    held, fills = world.lots(), len(world.heard.fills)
    assert world.call(world.exchange.trade_against, "acc", cid, 5) == 0
    assert (world.lots(), len(world.heard.fills)) == (held, fills)


def test_a_reduce_only_order_is_filled_no_further_than_the_position(world: World) -> None:
    world.order("open", BUY, "0.004", "100.5")
    world.order("close", SELL, "0.01", "102", reduce_only=True)
    assert world.call(world.exchange.trade_against, "acc", "close", 10) == 4
    assert world.lots() == 0


@pytest.mark.parametrize("lots", [0, -5])
def test_a_trade_of_nothing_fills_nothing(world: World, lots: int) -> None:
    world.order("a", BUY, "0.01", "99")
    world.call(world.exchange.trade_against, "acc", "a", lots)
    assert world.heard.fills == []
    assert world.lots() == 0


# -- books that are lost


def test_dropped_books_are_gone_at_once_and_come_back_with_the_next_update(world: World) -> None:
    world.call(world.venue.subscribe, ["BTCUSDT", "ETHUSDT"])
    world.heard.books.clear()
    world.call(world.exchange.drop_books, "acc", seconds=0)
    assert [(book.symbol, book.bids, book.asks) for book in world.heard.books] == [
        ("BTCUSDT", (), ()), ("ETHUSDT", (), ()),
    ]  # fmt: skip
    world.heard.books.clear()
    world.call(world.market.set, {200: 51}, None, seconds=0.5)
    assert [(book.symbol, book.bids[0]) for book in world.heard.books] == [("BTCUSDT", (200, 51))]
    world.pass_time(2)
    assert world.heard.books[-1].bids, "a heartbeat brings the other back too"
    assert {book.symbol for book in world.heard.books if book.bids} == {"BTCUSDT", "ETHUSDT"}


def test_orders_at_the_venue_know_nothing_of_a_book_that_a_listener_lost(world: World) -> None:
    world.call(world.venue.subscribe, ["BTCUSDT"])
    world.order("a", BUY, "0.01", "99")
    world.call(world.exchange.drop_books, "acc")
    assert world.heard.statuses("a") == [OrderStatus.OPEN]
    report = world.order("b", BUY, "0.01", "100.5")
    assert report is not None
    assert report.status is OrderStatus.FILLED


def test_only_what_was_subscribed_to_is_dropped(world: World) -> None:
    world.call(world.exchange.drop_books, "acc")
    assert world.heard.books == []


# -- the pace of a market that stands still


@pytest.mark.parametrize(("pace", "beats"), [(1.0, 20), (5.0, 4), (60.0, 0)])
def test_a_market_that_stands_still_is_shown_again_at_the_pace_that_was_asked_for(pace: float, beats: int) -> None:
    loop = VirtualLoop(START + NS_PER_S)
    clock = VirtualClock(loop)
    exchange = PaperExchange(clock, random.Random(1))
    exchange.add_venue("sim", load_profile("binance").with_latency(Latency(1.0)), heartbeat_s=pace)
    market = ScriptedMarket(linear())
    exchange.add_market("sim", market)
    exchange.add_account("acc", "sim", {"USDT": D(1_000)})
    heard = Recorder(clock)

    async def stand_still() -> None:
        await exchange.venue_for("acc").connect(heard)
        exchange.venue_for("acc").subscribe(["BTCUSDT"])
        market.set({200: 50}, {201: 40})
        done = loop.create_future()
        loop.call_later(0.5, heard.books.clear)
        loop.call_later(20.5, done.set_result, None)
        await done

    loop.run_until_complete(stand_still())
    exchange.stop()
    loop.close()
    assert len(heard.books) == beats
    assert all(book.bids == ((200, 50),) for book in heard.books)
