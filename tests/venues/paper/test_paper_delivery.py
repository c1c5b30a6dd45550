"""Latency, order of delivery, rate limits, book publishing."""

from __future__ import annotations

import random
from itertools import pairwise

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scripted_market import START, D, Recorder, World

from cockpit.sim.loop import VirtualClock, VirtualLoop
from venues.model import (
    NS_PER_MS,
    NS_PER_S,
    OrderStatus,
    RejectReason,
    Side,
    TimeInForce,
    VenueRejected,
    VenueUnavailable,
)
from venues.paper.latency import Latency, Stream, Timers
from venues.paper.limits import Limit, RollingWindow
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


# -- latency ------------------------------------------------------------------------------------------------------


def test_latency_has_a_floor_and_a_mean():
    rng = random.Random(3)
    draws = [Latency(5.0, 4.0).draw_ns(rng) / NS_PER_MS for _ in range(4000)]
    assert min(draws) >= 5
    assert abs(sum(draws) / len(draws) - 9) < 0.2
    assert Latency(5.0).draw_ns(rng) == 5 * NS_PER_MS


def test_each_path_has_its_own_delay():
    with World(profile=slow_profile()) as world:
        world.market.set({200: 50}, {201: 40})
        start = world.clock.now_ns()
        world.order("a", BUY, "0.01", "99")
        assert world.heard.times == [("order", start + 40 * NS_PER_MS)]
        assert world.heard.last.ts_event == start + 10 * NS_PER_MS
        assert world.heard.last.ts_init == start + 40 * NS_PER_MS
        start = world.clock.now_ns()
        world.cancel("a")
        assert close_to([world.heard.times[-1][1]], [start + 50 * NS_PER_MS])
        start = world.clock.now_ns()
        world.run(world.venue.open_orders())
        assert close_to([world.clock.now_ns() - start], [40 * NS_PER_MS])


def test_a_fill_notice_never_overtakes_the_acknowledgement():
    with World(profile=slow_profile()) as world:
        world.market.set({200: 1}, {201: 40})
        world.order("a", BUY, "0.01", "100", seconds=0.012)
        world.market.trade(199, 50, SELL)
        world.pass_time()
        assert [what for what, _ in world.heard.times] == ["order", "fill", "order"]
        assert [report.status for report in world.heard.orders] == [OrderStatus.OPEN, OrderStatus.FILLED]


def test_speed_bumps_hold_orders_at_the_venue_and_a_cancel_waits_for_its_order():
    profile = slow_profile(maker_bump_ms=D(200), taker_bump_ms=D(300), cancel_bump_ms=D(50))
    with World(profile=profile) as world:
        world.market.set({200: 1}, {201: 40})
        start = world.clock.now_ns()
        world.order("maker", BUY, "0.01", "99", post_only=True, seconds=1)
        world.order("taker", BUY, "0.01", "101", tif=TimeInForce.IOC, seconds=1)
        arrived = [report.ts_event - start for report in world.heard.orders]
        assert close_to(arrived, [210 * NS_PER_MS, NS_PER_S + 310 * NS_PER_MS])
        world.order("late", BUY, "0.01", "99", seconds=0)
        world.cancel("late")
        world.pass_time(1)
        assert world.heard.failed == []
        assert world.heard.statuses("late") == [OrderStatus.OPEN, OrderStatus.CANCELED]


@given(delays=st.lists(st.integers(0, 50), min_size=1, max_size=30), seed=st.integers(0, 9))
def test_a_stream_keeps_its_order(delays, seed):
    loop = VirtualLoop(START)
    stream = Stream(Timers(VirtualClock(loop)))
    got = []
    rng = random.Random(seed)

    def put(number, delay):
        stream.put(delay * NS_PER_MS, lambda: got.append(number))

    at = 0.0
    for number, delay in enumerate(delays):
        at += rng.random() * 0.02
        loop.call_later(at, put, number, delay)
    done = loop.create_future()
    loop.call_later(at + 1, done.set_result, None)
    loop.run_until_complete(done)
    loop.close()
    assert got == list(range(len(delays)))
    assert len(stream) == 0


def test_a_listener_that_raises_does_not_stop_the_stream():
    loop = VirtualLoop(START)
    errors = []
    loop.set_exception_handler(lambda _loop, context: errors.append(context["exception"]))
    stream = Stream(Timers(VirtualClock(loop)))
    got = []

    def fail():
        raise RuntimeError("listener")

    def put():
        stream.put(0, fail)
        stream.put(0, lambda: got.append(1))

    loop.call_soon(put)
    done = loop.create_future()
    loop.call_later(1, done.set_result, None)
    loop.run_until_complete(done)
    loop.close()
    assert got == [1]
    assert [str(error) for error in errors] == ["listener"]


# -- books --------------------------------------------------------------------------------------------------------


def subscribe(world):
    world.call(world.venue.subscribe, ["BTCUSDT"])


def test_a_subscriber_gets_book_mark_and_rate_at_once(world):
    subscribe(world)
    book = world.heard.books[0]
    assert (book.bids, book.asks) == (((200, 50), (199, 80)), ((201, 40), (202, 60)))
    assert world.heard.marks == [("BTCUSDT", D("100.25"))]
    assert world.heard.rates[0].interval_s == 28_800
    assert world.heard.rates[0].next_ts == START + 28_800 * NS_PER_S


def test_an_unknown_symbol_is_refused_whole(world):
    with pytest.raises(VenueRejected, match="DOGE"):
        world.venue.subscribe(["BTCUSDT", "DOGE"])
    world.market.set({200: 51})
    world.pass_time(2)
    assert world.heard.books == []


def test_a_new_best_price_goes_out_at_once_and_other_changes_by_turns(world):
    subscribe(world)
    world.pass_time(0.02)
    count = len(world.heard.books)
    world.market.set(asks={201: 0})
    world.pass_time(0.002)
    assert len(world.heard.books) == count + 1
    assert world.heard.books[-1].asks == ((202, 60),)
    for lots in range(1, 30):
        world.market.set({199: lots})
        world.pass_time(0.005)
    assert len(world.heard.books) == count + 2
    world.pass_time(0.1)
    assert world.heard.books[-1].bids[-1] == (199, 29)
    assert [book.seq for book in world.heard.books] == sorted({book.seq for book in world.heard.books})


def test_ten_levels_a_side_and_no_book_for_what_lies_beyond(world):
    world.market.replace({200 - i: 5 for i in range(30)}, {201 + i: 5 for i in range(30)})
    subscribe(world)
    assert len(world.heard.books[-1].bids) == len(world.heard.books[-1].asks) == 10
    world.pass_time(0.2)
    count = len(world.heard.books)
    world.market.set({171: 9})
    world.pass_time(0.3)
    assert len(world.heard.books) == count


def test_a_quiet_market_has_a_heartbeat(world):
    subscribe(world)
    world.pass_time(5)
    stamps = [book.ts_event for book in world.heard.books]
    assert 5 <= len(stamps) <= 7
    assert max(b - a for a, b in pairwise(stamps)) <= NS_PER_S + 1000
    assert len(world.heard.marks) >= 5


def test_a_gap_of_the_source_empties_the_book_at_once(world):
    subscribe(world)
    world.market.gap()
    world.pass_time(0.002)
    assert (world.heard.books[-1].bids, world.heard.books[-1].asks) == ((), ())
    world.market.set({200: 50}, {201: 40})
    world.pass_time(0.002)
    assert world.heard.books[-1].bids == ((200, 50),)


def test_two_accounts_share_one_computation():
    with World() as world:
        world.exchange.add_account("other", "sim", {"USDT": D(1)})
        other = world.exchange.venue_for("other")
        heard = Recorder(world.clock)
        world.run(other.connect(heard))
        world.market.set({200: 50}, {201: 40})
        subscribe(world)
        world.call(other.subscribe, ["BTCUSDT"])
        world.market.set({201: 0, 200: 7})
        world.market.set({200: 0})
        world.pass_time(2)
        assert world.heard.books[-1] is heard.books[-1]
        world.run(other.close())
        count = len(heard.books)
        world.pass_time(3)
        assert len(heard.books) == count
        assert len(world.heard.books) > count


def test_after_close_nothing_comes_and_nothing_is_computed(world):
    subscribe(world)
    world.run(world.venue.close())
    count = len(world.heard.times)
    world.market.set({201: 5}, {201: 0})
    world.pass_time(3)
    assert len(world.heard.times) == count
    assert not world.venue._engine.markets["BTCUSDT"].publisher.live


# -- rate limits --------------------------------------------------------------------------------------------------


def test_a_rolling_window():
    window = RollingWindow(Limit(2, 1.0))
    assert [window.admit(at) for at in (0, 1, 2)] == [True, True, False]
    assert window.admit(NS_PER_S)
    assert not window.admit(NS_PER_S)
    assert RollingWindow(Limit(0)).admit(0)
    assert Limit(0).rate is None
    assert Limit(300, 10).rate == 30


def test_too_many_orders_are_refused_and_too_many_cancels_fail(world):
    profile = msgspec.structs.replace(world.profile, order_limit=Limit(2, 10.0))
    with World(profile=profile) as world:
        world.order("a", BUY, "0.01", "99")
        world.order("b", BUY, "0.01", "99")
        assert world.order("c", BUY, "0.01", "99").reason is RejectReason.RATE_LIMIT
        world.cancel("a")
        assert (world.heard.failed[-1].known, world.heard.failed[-1].text) == (True, "too many requests")
        world.pass_time(10)
        world.cancel("a")
        assert world.heard.statuses("a")[-1] is OrderStatus.CANCELED


def test_too_many_queries_get_no_answer(world):
    profile = msgspec.structs.replace(world.profile, rest_limit=Limit(1, 60.0))
    with World(profile=profile) as world:
        world.run(world.venue.positions())
        with pytest.raises(VenueUnavailable, match="429"):
            world.run(world.venue.positions())
