"""Orders: every way one is refused, cancels, reduce-only, fees."""

from __future__ import annotations

import msgspec
import pytest
from scripted_market import D, World, inverse, linear

from venues.model import OrderStatus, RejectReason, Side, TimeInForce
from venues.paper.profiles import load_profile

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
