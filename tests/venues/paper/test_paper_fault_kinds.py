"""The kinds of fault that an operator drills a SUSPECT account with: mute, deaf, rollback."""

from __future__ import annotations

from decimal import Decimal

import pytest
from scripted_market import World, linear

from cockpit.commands.paper import FAULTS
from venues.model import OrderStatus, Side, VenueUnavailable
from venues.paper.faults import FaultKind

D = Decimal
BUY, SELL = Side.BUY, Side.SELL
HOUR = 3600.0


@pytest.fixture
def world():
    with World(instruments=(linear(), linear("ETHUSDT", base="ETH"))) as world:
        for market in world.markets:
            market.set({200: 50, 199: 80}, {201: 40, 202: 60})
        yield world


def trade(world, side, qty, symbol="BTCUSDT"):
    world.call(world.exchange.foreign_trade, "acc", symbol, side, D(qty))


def reported(world):
    return {report.symbol: report.qty for report in world.run(world.venue.positions())}


def test_the_command_line_offers_every_kind_there_is():
    assert tuple(kind.value for kind in FaultKind) == FAULTS


# -- mute ---------------------------------------------------------------------------------------------------------


def test_mute_loses_notices_and_data_while_requests_and_queries_work(world):
    world.call(world.venue.subscribe, ["BTCUSDT"])
    world.order("before", BUY, "0.01", "99")
    world.venue.fault("mute")
    heard = len(world.heard.times)
    connection = list(world.heard.connection)
    assert world.order("a", BUY, "0.01", "99") is None
    world.cancel("before")
    trade(world, BUY, "0.004")
    world.market.set({200: 0})
    world.pass_time(2)
    assert len(world.heard.times) == heard
    assert world.heard.connection == connection
    assert [report.client_order_id for report in world.run(world.venue.open_orders())] == ["a"]
    assert len(world.run(world.venue.fills_since("")).fills) == 1
    # The adapter never heard of either, so it says that it does not know.
    world.pass_time(4)
    assert world.heard.statuses("a") == [OrderStatus.UNKNOWN]
    assert [(report.client_order_id, report.known) for report in world.heard.failed] == [("before", False)]
    world.call(world.venue.fault, "clear")
    assert world.heard.books[-1].bids[0] == (199, 80)
    assert world.heard.fills == []


def test_mute_loses_what_is_under_way(world):
    world.order("a", BUY, "0.01", "99", seconds=0.0015)
    world.call(world.venue.fault, "mute")
    assert world.heard.orders == []


# -- deaf ---------------------------------------------------------------------------------------------------------


def test_deaf_answers_no_query_and_does_nothing_it_was_asked_to(world):
    world.order("a", BUY, "0.01", "99")
    world.venue.fault("deaf")
    for query in (world.venue.positions, world.venue.balances, world.venue.open_orders, world.venue.cancel_all):
        with pytest.raises(VenueUnavailable, match="no answer"):
            world.run(query())
    assert [order.client_order_id for order in world.books.open_orders] == ["a"]


def test_deaf_leaves_orders_notices_and_data_alone(world):
    world.call(world.venue.subscribe, ["BTCUSDT"])
    world.venue.fault("deaf")
    assert world.order("a", BUY, "0.01", "99").status is OrderStatus.OPEN
    world.cancel("a")
    assert world.heard.last.status is OrderStatus.CANCELED
    world.call(world.market.set, {200: 7})
    assert world.heard.books[-1].bids[0] == (200, 7)
    assert world.heard.connection == [(True, "connected")]


def test_deaf_in_mid_query_is_no_answer(world):
    for seconds in (0.0001, 0.0008):
        world.loop.call_later(seconds, world.venue.fault, "deaf")
        with pytest.raises(VenueUnavailable):
            world.run(world.venue.balances())
        world.venue.fault("clear")
    assert world.run(world.venue.balances())


# -- rollback -----------------------------------------------------------------------------------------------------


def test_rollback_reports_positions_of_an_hour_ago_until_cleared(world):
    trade(world, BUY, "0.004")
    world.pass_time(HOUR)
    trade(world, BUY, "0.006")
    trade(world, BUY, "0.003", "ETHUSDT")
    cash = world.run(world.venue.balances())
    world.venue.fault("rollback")
    assert reported(world) == {"BTCUSDT": D("0.004")}
    # It stands still, whatever happens meanwhile, and setting it again does not move it.
    trade(world, SELL, "0.010")
    world.pass_time(2 * HOUR)
    world.venue.fault("rollback")
    assert reported(world) == {"BTCUSDT": D("0.004")}
    assert len(world.run(world.venue.fills_since("")).fills) == 4
    assert [row.cash for row in world.run(world.venue.balances())] != [row.cash for row in cash]
    world.venue.fault("clear")
    assert reported(world) == {"ETHUSDT": D("0.003")}


def test_rollback_of_a_young_position_reports_flat(world):
    trade(world, SELL, "0.004")
    world.venue.fault("rollback")
    assert reported(world) == {}


def test_rollback_of_a_position_that_did_not_change_for_an_hour_reports_flat(world):
    trade(world, BUY, "0.004")
    world.pass_time(2 * HOUR)
    world.venue.fault("rollback")
    assert reported(world) == {}


def test_rollback_of_a_closed_position_reports_what_it_first_was(world):
    trade(world, BUY, "0.004")
    trade(world, BUY, "0.004")
    trade(world, SELL, "0.008")
    world.pass_time(2 * HOUR)
    world.venue.fault("rollback")
    (report,) = world.run(world.venue.positions())
    assert (report.qty, report.entry_price) == (D("0.004"), D("100.5"))
    assert report.unrealised == (report.mark_price - D("100.5")) * D("0.004")


def test_rollback_goes_by_what_is_left_where_older_fills_are_forgotten(world):
    trade(world, BUY, "0.004")
    trade(world, BUY, "0.006")
    _, books = world.exchange._account("acc")
    fills = books.fills.since(0)
    books.fills.restore(1, [fills[1]])
    world.venue.fault("rollback")
    assert reported(world) == {"BTCUSDT": D("0.004")}
    # Nothing remembered at all: flat.
    world.venue.fault("clear")
    books.fills.restore(2, [])
    world.venue.fault("rollback")
    assert reported(world) == {}


def test_rollback_of_an_account_that_never_traded_changes_nothing(world):
    world.venue.fault("rollback")
    assert reported(world) == {}
    assert world.order("a", BUY, "0.01", "99").status is OrderStatus.OPEN


def test_another_fault_ends_the_rollback(world):
    trade(world, BUY, "0.004")
    world.venue.fault("rollback")
    assert reported(world) == {}
    world.venue.fault("slow")
    assert reported(world) == {"BTCUSDT": D("0.004")}
