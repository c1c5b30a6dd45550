"""Matching: takers, makers, their queues, and every way an order is refused."""

from __future__ import annotations

import msgspec
import pytest
from scripted_market import D, World, inverse, linear

from venues.model import LiquiditySide, OrderStatus, RejectReason, Side, TimeInForce
from venues.paper.profiles import load_profile
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


# -- refusals -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("qty", "price", "options", "why"),
    [
        ("0.01", "100.5", {"post_only": True}, RejectReason.POST_ONLY),
        ("0.01", "101", {"post_only": True}, RejectReason.POST_ONLY),
        ("0.01", "100", {"reduce_only": True}, RejectReason.REDUCE_ONLY),
        ("0.2", "101", {"tif": TimeInForce.FOK}, RejectReason.FOK),
        ("0.001", "100", {}, RejectReason.MIN_SIZE),
        ("0.0105", "100", {}, RejectReason.OTHER),
        ("0.01", "100.25", {}, RejectReason.OTHER),
        ("0.01", "-1", {}, RejectReason.PRICE_BAND),
        ("0.01", "105.5", {}, RejectReason.PRICE_BAND),
        ("0.01", "100", {"symbol": "DOGEUSDT"}, RejectReason.SYMBOL),
        ("0.01", "100", {"post_only": True, "tif": TimeInForce.IOC}, RejectReason.OTHER),
        ("99999", "100", {}, RejectReason.MARGIN),
    ],
)
def test_a_bad_order_is_refused_with_its_reason(world, qty, price, options, why):
    report = world.order("a", BUY, qty, price, **options)
    assert reason(report) is why
    assert report.text
    assert report.venue_order_id == ""
    assert world.books.open_orders == ()
    assert world.books.fills == ()


def test_minimum_notional_refuses():
    with World(instruments=(linear(min_notional=D(100)),)) as world:
        world.market.set({200: 50}, {201: 40})
        assert reason(world.order("a", BUY, "0.01", "100")) is RejectReason.MIN_SIZE


def test_sell_far_below_the_mark_is_refused_but_far_above_rests(world):
    assert reason(world.order("a", SELL, "0.01", "94")) is RejectReason.PRICE_BAND
    assert world.order("b", SELL, "0.01", "200").status is OrderStatus.OPEN


def test_without_a_mark_there_is_no_band():
    with World() as world:
        assert world.order("a", BUY, "0.01", "900").status is OrderStatus.OPEN


def test_a_client_id_is_used_once(world):
    assert world.order("a", BUY, "0.01", "99").status is OrderStatus.OPEN
    assert reason(world.order("a", BUY, "0.01", "98")) is RejectReason.DUPLICATE_ID
    world.cancel("a")
    assert reason(world.order("a", BUY, "0.01", "98")) is RejectReason.DUPLICATE_ID
    assert len(world.books.closed_orders) == 1


@pytest.mark.parametrize("cid", ["", "x" * 37])
def test_a_client_id_has_a_length(world, cid):
    assert reason(world.order(cid, BUY, "0.01", "99")) is RejectReason.OTHER


@pytest.mark.parametrize(
    ("lacks", "options"),
    [("post_only", {"post_only": True}), ("reduce_only", {"reduce_only": True}), ("fok", {"tif": TimeInForce.FOK})],
)
def test_what_a_venue_cannot_do_it_refuses(lacks, options):
    profile = msgspec.structs.replace(load_profile("binance"), **{lacks: False})
    with World(profile=profile) as world:
        world.market.set({200: 50}, {201: 40})
        assert reason(world.order("a", BUY, "0.01", "99", **options)) is RejectReason.OTHER


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


# -- cancels ------------------------------------------------------------------------------------------------------


def test_cancel_takes_or_says_why_not(world):
    world.order("a", BUY, "0.02", "100")
    world.cancel("a")
    assert world.heard.last.status is OrderStatus.CANCELED
    world.cancel("a")
    world.cancel("never")
    assert [(report.known, report.text) for report in world.heard.failed] == [
        (True, "order is canceled"),
        (True, "unknown order"),
    ]


def test_cancel_for_another_symbol_does_nothing(world):
    world.order("a", BUY, "0.02", "100")
    world.cancel("a", "ETHUSDT")
    assert world.heard.failed[-1].text == "unknown order"
    assert len(world.books.open_orders) == 1


# -- reduce-only --------------------------------------------------------------------------------------------------


def test_reduce_only_is_capped_at_the_position_and_never_flips(world):
    world.order("open", BUY, "0.03", "100.5", tif=TimeInForce.IOC)
    report = world.order("close", SELL, "0.05", "100", tif=TimeInForce.IOC, reduce_only=True)
    assert (report.status, report.filled_qty, report.reason) == (
        OrderStatus.CANCELED,
        D("0.030"),
        RejectReason.REDUCE_ONLY,
    )
    assert world.lots() == 0


def test_reduce_only_on_the_same_side_is_refused(world):
    world.order("open", BUY, "0.03", "100.5", tif=TimeInForce.IOC)
    assert reason(world.order("more", BUY, "0.01", "99", reduce_only=True)) is RejectReason.REDUCE_ONLY


def test_resting_reduce_only_goes_when_the_position_does(world):
    world.order("open", BUY, "0.03", "100.5", tif=TimeInForce.IOC)
    world.order("tp", SELL, "0.03", "103", reduce_only=True)
    world.order("out", SELL, "0.03", "100", tif=TimeInForce.IOC)
    assert world.heard.statuses("tp") == [OrderStatus.OPEN, OrderStatus.CANCELED]
    assert world.books.open_orders == ()


def test_resting_reduce_only_fills_only_what_is_left_to_reduce(world):
    world.order("open", BUY, "0.03", "100.5", tif=TimeInForce.IOC)
    world.order("tp", SELL, "0.03", "103", reduce_only=True)
    world.order("part", SELL, "0.02", "100", tif=TimeInForce.IOC)
    world.call(world.market.trade, 210, 500, BUY)
    assert world.lots() == 0
    assert world.heard.statuses("tp")[-1] is OrderStatus.CANCELED
    assert [fill.qty for fill in world.heard.fills if fill.client_order_id == "tp"] == [D("0.010")]


# -- fees ---------------------------------------------------------------------------------------------------------


def test_inverse_fees_are_in_coin():
    with World(instruments=(inverse(),)) as world:
        world.market.set({100_000: 50}, {100_001: 40})
        world.order("a", BUY, "10", "50000.5", tif=TimeInForce.IOC)
        fill = world.heard.fills[0]
        assert fill.fee_asset == "BTC"
        assert fill.fee == (D(1000) / D("50000.5") * D("0.0005")).quantize(D("1e-12"))
        assert world.books.cash["BTC"] == D(5) - fill.fee


def test_fees_in_another_asset():
    with World(cash={"USDT": D(1000), "BNB": D(2)}) as world:
        world.exchange.set_fee_asset("sim", "BNB", D(500))
        world.market.set({200: 50}, {201: 40})
        world.order("a", BUY, "0.04", "100.5", tif=TimeInForce.IOC)
        fill = world.heard.fills[0]
        assert (fill.fee_asset, fill.fee) == ("BNB", D("0.04") * D("100.5") * D("0.0005") / 500)
        assert world.books.cash == {"USDT": D(1000), "BNB": D(2) - fill.fee}
    with pytest.raises(ValueError, match="BNB is 0"):
        world.exchange.set_fee_asset("sim", "BNB", D(0))


def test_a_rebate_tier_pays_the_maker():
    profile = World().profile.with_fees(D("-0.5"), D(3))
    with World(profile=profile) as world:
        world.market.set({200: 1}, {201: 40})
        world.order("a", BUY, "0.02", "100")
        world.call(world.market.trade, 199, 50, SELL)
        assert world.heard.fills[0].fee == D("-0.0001")
        assert world.books.cash["USDT"] == D("10000.0001")
