"""Matching: takers, makers and their queues."""

from __future__ import annotations

import pytest
from scripted_market import D, World

from venues.model import LiquiditySide, OrderStatus, RejectReason, Side, TimeInForce
from venues.paper.queue import QueueModelKind

BUY, SELL = Side.BUY, Side.SELL


@pytest.fixture
def world():
    with World() as world:
        # tick 0.5: bids 100.0 (200 ticks), 99.5; asks 100.5 (201), 101.0
        world.market.set({200: 50, 199: 80}, {201: 40, 202: 60})
        yield world


def reason(report):
    assert report is not None
    assert report.status is OrderStatus.REJECTED
    return report.reason


# -- takers -------------------------------------------------------------------------------------------------------


def test_ioc_walks_the_levels_and_cancels_the_rest(world):
    report = world.order("a", BUY, "0.15", "101", tif=TimeInForce.IOC)
    assert (report.status, report.filled_qty) == (OrderStatus.CANCELED, D("0.100"))
    assert [(fill.price, fill.qty) for fill in world.heard.fills] == [(D("100.5"), D("0.040")), (D("101"), D("0.060"))]
    assert {fill.liquidity for fill in world.heard.fills} == {LiquiditySide.TAKER}
    assert world.heard.fills[0].fee == D("0.040") * D("100.5") * D("0.0005")


def test_ioc_beyond_reach_fills_nothing(world):
    report = world.order("a", BUY, "0.05", "100", tif=TimeInForce.IOC)
    assert (report.status, report.filled_qty, world.heard.fills) == (OrderStatus.CANCELED, 0, [])


def test_fok_fills_whole_or_not_at_all(world):
    assert world.order("a", BUY, "0.1", "101", tif=TimeInForce.FOK).status is OrderStatus.FILLED
    assert reason(world.order("b", BUY, "0.002", "101", tif=TimeInForce.FOK)) is RejectReason.FOK


def test_gtc_takes_what_crosses_and_rests_with_the_remainder(world):
    report = world.order("a", BUY, "0.05", "100.5")
    assert (report.status, report.filled_qty) == (OrderStatus.PARTIALLY_FILLED, D("0.040"))
    assert [order.filled for order in world.books.open_orders] == [40]
    # The rest waits at the price that it took away; a print there fills it as a maker.
    world.call(world.market.trade, 201, 10, SELL)
    assert world.heard.last.status is OrderStatus.FILLED
    assert world.heard.fills[-1].liquidity is LiquiditySide.MAKER


def test_the_same_liquidity_is_not_taken_twice_until_the_level_changes(world):
    world.order("a", BUY, "0.03", "100.5", tif=TimeInForce.IOC)
    assert world.order("b", BUY, "0.03", "100.5", tif=TimeInForce.IOC).filled_qty == D("0.010")
    world.market.set(asks={202: 61})
    assert world.order("c", BUY, "0.03", "100.5", tif=TimeInForce.IOC).filled_qty == 0
    world.market.set(asks={201: 41})
    assert world.order("d", BUY, "0.03", "100.5", tif=TimeInForce.IOC).filled_qty == D("0.030")


def test_memory_of_what_was_taken_is_bounded(world):
    world.market.replace({200: 50}, dict.fromkeys(range(201, 209), 2))
    execution = world.venue._engine.markets["BTCUSDT"].execution
    for ticks in range(10_000, 10_400):
        execution._use(SELL, ticks, 2, 2)
    assert len(execution._taken) <= 257


# -- makers: crossing and prints ----------------------------------------------------------------------------------


def test_a_touch_of_the_opposite_side_fills_at_our_price_up_to_its_size(world):
    world.order("a", BUY, "0.03", "100", post_only=True)
    world.market.set({200: 0}, {200: 10})
    world.pass_time()
    assert [(fill.price, fill.qty, fill.liquidity) for fill in world.heard.fills] == [
        (D("100"), D("0.010"), LiquiditySide.MAKER)
    ]
    world.market.tell()
    world.pass_time()
    assert len(world.heard.fills) == 1
    world.market.set({199: 0}, {199: 100})
    world.pass_time()
    assert world.heard.last.status is OrderStatus.FILLED
    assert world.heard.fills[-1].price == D("100")


def test_what_crosses_is_shared_by_price_then_time(world):
    world.order("late", BUY, "0.02", "99.5")
    world.order("first", BUY, "0.02", "100")
    world.order("second", BUY, "0.02", "100")
    world.market.replace({198: 10}, {200: 30, 201: 5})
    world.pass_time()
    assert [(fill.client_order_id, fill.qty) for fill in world.heard.fills] == [
        ("first", D("0.020")),
        ("second", D("0.010")),
    ]


def test_sells_are_crossed_by_a_rising_bid(world):
    world.order("a", SELL, "0.02", "100.5")
    world.order("b", SELL, "0.02", "101")
    world.market.replace({202: 100}, {203: 30})
    world.pass_time()
    assert [(fill.client_order_id, fill.price) for fill in world.heard.fills] == [("a", D("100.5")), ("b", D(101))]


def test_an_order_that_ends_while_others_are_matched_is_passed_over(world):
    world.order("open", BUY, "0.02", "100.5", tif=TimeInForce.IOC)
    for cid in ("one", "two"):
        world.order(cid, SELL, "0.02", "101", reduce_only=True)
    world.market.replace({203: 100}, {204: 30})
    world.order("again", BUY, "0.02", "102", tif=TimeInForce.IOC)
    for cid in ("three", "four"):
        world.order(cid, SELL, "0.02", "103", reduce_only=True)
    world.market.trade(210, 500, BUY)
    world.pass_time()
    assert world.lots() == 0
    assert world.heard.statuses("two")[-1] is world.heard.statuses("four")[-1] is OrderStatus.CANCELED


def test_in_a_gap_the_mark_is_the_last_one(world):
    world.market.gap()
    assert world.venue._engine.mark("BTCUSDT") == D("100.25")
    assert world.venue._engine.markets["BTCUSDT"].execution.price() is None


def test_a_one_sided_book_has_no_mark_of_its_own():
    with World() as world:
        world.market.set({200: 5})
        assert world.venue._engine.mark("BTCUSDT") is None
        assert world.order("a", BUY, "0.01", "99").status is OrderStatus.OPEN


def test_a_print_beyond_our_price_fills_up_to_its_size(world):
    world.order("a", SELL, "0.03", "100.5")
    world.market.trade(202, 20, BUY)
    world.pass_time()
    assert world.heard.last.filled_qty == D("0.020")
    world.market.trade(203, 100, BUY)
    world.pass_time()
    assert world.heard.last.status is OrderStatus.FILLED


def test_a_print_on_the_other_side_or_short_of_us_does_nothing(world):
    world.order("a", BUY, "0.03", "99.5")
    world.market.trade(201, 500, BUY)
    world.market.trade(200, 500, SELL)
    world.pass_time()
    assert world.heard.fills == []


def test_two_orders_share_a_print_by_price_then_time(world):
    for cid, price in (("low", "100.5"), ("first", "101"), ("second", "101")):
        world.order(cid, SELL, "0.01", price)
    world.call(world.market.trade, 203, 25, BUY)
    assert [(fill.client_order_id, fill.qty) for fill in world.heard.fills] == [
        ("low", D("0.010")),
        ("first", D("0.010")),
        ("second", D("0.005")),
    ]


def test_an_improving_order_is_alone_and_filled_by_the_first_print(world):
    world.market.set(asks={201: 0})
    world.order("a", SELL, "0.01", "100.5")
    world.call(world.market.trade, 201, 4, BUY)
    assert world.heard.last.filled_qty == D("0.004")


# -- makers: queues -----------------------------------------------------------------------------------------------


def test_prints_at_our_price_eat_the_queue_first(world):
    world.order("a", BUY, "0.02", "100")
    world.call(world.market.trade, 200, 30, SELL)
    assert world.heard.fills == []
    world.call(world.market.trade, 200, 25, SELL)
    assert [fill.qty for fill in world.heard.fills] == [D("0.005")]


def test_conservative_only_trades_move_us_but_never_behind_more_than_the_level(world):
    world.order("a", BUY, "0.02", "100")
    world.market.set({200: 45})
    world.market.set({200: 90})
    world.call(world.market.trade, 200, 44, SELL)
    assert world.heard.fills == []
    world.call(world.market.trade, 200, 3, SELL)
    assert [fill.qty for fill in world.heard.fills] == [D("0.002")]


def test_a_trade_that_the_book_showed_before_its_print_moves_the_queue_once(world):
    world.order("a", BUY, "0.02", "100")
    world.market.set({200: 80})
    world.market.set({200: 50}, hold=True)
    world.call(world.market.trade, 200, 30, SELL)
    # 50 were ahead of us, 30 of them are gone: 20 are left, though the level fell by 30 and 30 were printed.
    world.call(world.market.trade, 200, 21, SELL)
    assert [fill.qty for fill in world.heard.fills] == [D("0.001")]


def test_a_sweep_seen_before_its_print_gives_us_only_what_went_past_the_queue(world):
    world.order("a", BUY, "0.02", "100")
    world.market.set({200: 60})
    world.market.set({200: 0}, hold=True)
    world.call(world.market.trade, 200, 65, SELL)
    assert [fill.qty for fill in world.heard.fills] == [D("0.015")]


def test_probabilistic_moves_up_on_cancellations():
    with World(queue=QueueModelKind.LOG_PROBABILITY) as world:
        world.market.set({200: 50}, {201: 40})
        world.order("a", BUY, "0.02", "100")
        world.market.set({200: 90})
        world.market.set({200: 60})
        order = next(iter(world.venue._engine.accounts["acc"].orders.values()))
        assert 30 <= order.ahead < 50


def test_a_gap_stops_matching_and_costs_the_queue_place(world):
    world.order("a", BUY, "0.02", "100")
    world.call(world.market.trade, 200, 40, SELL)
    world.market.gap()
    world.call(world.market.trade, 150, 400, SELL)
    assert world.heard.fills == []
    world.market.tell()
    world.market.replace({200: 30}, {201: 5})
    world.call(world.market.trade, 200, 29, SELL)
    assert world.heard.fills == []
    world.call(world.market.trade, 200, 2, SELL)
    assert [fill.qty for fill in world.heard.fills] == [D("0.001")]


def test_an_order_that_rests_in_a_gap_joins_the_back(world):
    world.market.gap()
    assert world.order("a", BUY, "0.02", "100", post_only=True).status is OrderStatus.OPEN
    world.market.set({200: 30}, {})
    world.call(world.market.trade, 200, 30, SELL)
    assert world.heard.fills == []
    world.call(world.market.trade, 200, 30, SELL)
    assert world.heard.last.status is OrderStatus.FILLED


def test_taking_in_a_gap_finds_nothing(world):
    world.market.gap()
    assert world.order("a", BUY, "0.02", "101", tif=TimeInForce.IOC).filled_qty == 0
