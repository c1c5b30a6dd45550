"""Faults of a connection: what is lost, what is late, and what the desk is told."""

from __future__ import annotations

import msgspec
import pytest
from scripted_market import Recorder, World

from venues.model import (
    NS_PER_MS,
    NS_PER_S,
    OrderStatus,
    RejectReason,
    Side,
    TimeInForce,
    VenueUnavailable,
)
from venues.paper.faults import Gate, Message, Passage
from venues.paper.latency import Latency
from venues.paper.profiles import load_profile

BUY, SELL = Side.BUY, Side.SELL


@pytest.fixture
def world():
    with World() as world:
        world.market.set({200: 50, 199: 80}, {201: 40, 202: 60})
        yield world


def close_to(times, expected):
    """Equal to within a microsecond: the loop's timers are floats."""
    return len(times) == len(expected) and all(abs(a - b) < 1000 for a, b in zip(times, expected, strict=True))


def slow_profile(**changes):
    """Every path its own fixed delay, ms."""
    paths = {"submit": 10, "cancel": 20, "ack": 30, "fill": 5, "data": 7, "query": 40}
    base = load_profile("binance").with_latency(Latency(0.0))
    fixed = {path: Latency(float(ms)) for path, ms in paths.items()}
    return msgspec.structs.replace(base, **(fixed | changes))


def subscribe(world):
    world.call(world.venue.subscribe, ["BTCUSDT"])


# -- faults -------------------------------------------------------------------------------------------------------


def test_an_unknown_fault_is_named(world):
    with pytest.raises(ValueError, match="unreachable, slow, gap, reject, mute, deaf, rollback, clear"):
        world.venue.fault("fire")


def test_unreachable_loses_everything_and_says_unknown(world):
    subscribe(world)
    world.order("before", BUY, "0.02", "100", post_only=True)
    world.venue.fault("unreachable")
    assert world.heard.connection[-1] == (False, "unreachable")
    heard = len(world.heard.times)
    world.order("lost", BUY, "0.01", "99")
    world.cancel("before")
    world.market.trade(199, 500, SELL)
    world.market.set({201: 5}, {201: 0})
    world.pass_time(4)
    assert len(world.heard.times) == heard
    start = world.clock.now_ns()
    for query in (world.venue.positions, world.venue.open_orders, world.venue.cancel_all):
        with pytest.raises(VenueUnavailable, match="no answer"):
            world.run(query())
    assert close_to([world.clock.now_ns() - start], [15 * NS_PER_S])
    assert world.heard.statuses("lost") == [OrderStatus.UNKNOWN]
    assert [(report.client_order_id, report.known) for report in world.heard.failed] == [("before", False)]
    # The exchange went on: the order that stood there is filled, and the lost one never came.
    assert world.lots() == 20
    world.venue.fault("clear")
    world.pass_time()
    assert world.heard.connection[-1] == (True, "reachable again")
    assert world.heard.fills == []
    assert world.heard.books[-1].bids[0] == (201, 5)
    assert [fill.client_order_id for fill in world.run(world.venue.fills_since("")).fills] == ["before"]
    assert world.run(world.venue.query_order(client_order_id="lost")) is None


def test_a_request_on_its_way_arrives_but_its_answer_is_lost(world):
    world.call(world.venue.fault, "clear")
    world.order("a", BUY, "0.01", "99", seconds=0.0005)
    world.call(world.venue.fault, "unreachable", seconds=4)
    assert world.heard.orders == []
    assert len(world.books.open_orders) == 1
    world.pass_time(2)
    assert world.heard.statuses("a") == [OrderStatus.UNKNOWN]


def test_a_cancel_on_its_way_is_reported_unknown_too(world):
    world.order("a", BUY, "0.01", "99")
    world.call(world.venue.cancel, "a", "BTCUSDT", seconds=0.0005)
    world.call(world.venue.fault, "unreachable", seconds=6)
    assert world.heard.failed[-1].known is False
    assert world.books.open_orders == ()


def test_going_down_in_mid_query_is_no_answer(world):
    world.loop.call_later(0.0001, world.venue.fault, "unreachable")
    with pytest.raises(VenueUnavailable):
        world.run(world.venue.balances())
    world.venue.fault("clear")
    world.loop.call_later(0.0008, world.venue.fault, "unreachable")
    with pytest.raises(VenueUnavailable):
        world.run(world.venue.balances())


def test_connecting_while_unreachable_says_so_and_comes_up_later(world):
    world.venue.fault("unreachable")
    heard = Recorder(world.clock)
    world.run(world.venue.connect(heard))
    assert heard.connection == [(False, "unreachable")]
    world.venue.fault("clear")
    assert heard.connection[-1][0] is True


def test_slow_is_twenty_times_as_long_and_may_come_after_the_timeout():
    profile = slow_profile(submit=Latency(200.0))
    with World(profile=profile) as world:
        world.venue.fault("slow")
        start = world.clock.now_ns()
        world.order("a", BUY, "0.01", "99", seconds=10)
        assert close_to([at for _, at in world.heard.times], [start + 4_600 * NS_PER_MS])
        world.order("b", BUY, "0.01", "99", seconds=0)
        world.call(world.venue.fault, "clear", seconds=0)
        world.venue.fault("slow")
        world.venue._link._profile = msgspec.structs.replace(profile, ack=Latency(100.0))
        world.pass_time(20)
        assert world.heard.statuses("b") == [OrderStatus.UNKNOWN, OrderStatus.OPEN]


def test_slow_queries_can_time_out():
    with World(profile=slow_profile(query=Latency(300.0))) as world:
        world.venue.fault("slow")
        with pytest.raises(VenueUnavailable):
            world.run(world.venue.balances())


def test_gap_empties_the_book_then_resyncs_by_itself(world):
    subscribe(world)
    world.venue.fault("gap")
    world.venue.fault("gap")
    assert (world.heard.books[-1].bids, world.heard.books[-1].asks) == ((), ())
    count = len(world.heard.books)
    world.market.set({200: 0})
    world.pass_time(2.9)
    assert len(world.heard.books) == count
    # Only market data is gone.
    assert world.order("a", BUY, "0.01", "99").status is OrderStatus.OPEN
    world.pass_time(0.2)
    assert world.heard.books[-1].bids == ((199, 80),)


def test_gap_cleared_by_hand_is_not_resynced_twice(world):
    subscribe(world)
    world.venue.fault("gap")
    world.call(world.venue.fault, "clear")
    assert world.heard.books[-1].bids[0] == (200, 50)
    world.venue.fault("reject")
    world.pass_time(4)
    assert world.exchange.gate("acc").kind == "reject"


def test_a_second_gap_lasts_its_own_time(world):
    subscribe(world)
    world.call(world.venue.fault, "gap", seconds=2)
    world.call(world.venue.fault, "clear", seconds=0)
    world.call(world.venue.fault, "gap", seconds=1.5)
    assert (world.heard.books[-1].bids, world.heard.books[-1].asks) == ((), ())
    world.pass_time(2)
    assert world.heard.books[-1].bids


def test_reject_refuses_every_order(world):
    world.venue.fault("reject")
    report = world.order("a", BUY, "0.01", "99")
    assert (report.status, report.reason) == (OrderStatus.REJECTED, RejectReason.FAULT)
    world.venue.fault("clear")
    assert world.order("b", BUY, "0.01", "99").status is OrderStatus.OPEN


class Stubborn(Gate):
    """Duplicates order reports, lets fills overtake, and loses the second submit."""

    def __init__(self):
        super().__init__()
        self.submits = 0

    def passage(self, message, subject=None):
        if message is Message.SUBMIT:
            self.submits += 1
            return Passage(copies=0) if self.submits == 2 else Passage(overtakes=True)
        if message is Message.ORDER:
            return Passage(copies=2)
        return Passage(overtakes=message is Message.FILL)

    @property
    def sound(self):
        return False


def test_a_gate_of_ones_own_duplicates_reorders_and_loses():
    with World(profile=slow_profile()) as world:
        world.exchange.set_gate("acc", Stubborn())
        world.market.set({200: 50}, {201: 40})
        world.order("a", BUY, "0.01", "101", tif=TimeInForce.IOC)
        assert [what for what, _ in world.heard.times] == ["fill", "order", "order"]
        assert world.order("b", BUY, "0.01", "101", tif=TimeInForce.IOC) is None
        world.pass_time(5)
        assert world.heard.statuses("b") == [OrderStatus.UNKNOWN]
        assert len(world.books.fills) == 1


def test_a_replaced_listener_hears_no_more(world):
    world.order("a", BUY, "0.01", "99")
    subscribe(world)
    heard = Recorder(world.clock)
    world.run(world.venue.connect(heard))
    world.cancel("a")
    world.pass_time(3)
    assert heard.books == []
    assert world.heard.statuses("a") == [OrderStatus.OPEN]
    assert [report.status for report in heard.orders] == [OrderStatus.CANCELED]


def test_without_a_listener_the_exchange_goes_on(world):
    world.order("a", BUY, "0.01", "100")
    world.run(world.venue.close())
    world.market.trade(199, 10, SELL)
    assert world.lots() == 10
