"""Funding: when it is settled, who pays, in what, and what a stepped clock may not do."""

from __future__ import annotations

import pytest
from scripted_market import START, D, World, inverse

from cockpit.sim.loop import VirtualLoop
from venues.model import (
    NS_PER_S,
    Side,
    TimeInForce,
)
from venues.paper.account import Position
from venues.paper.funding import FundingSchedule, funding_cost, next_settlement
from venues.paper.latency import Timers

BUY, SELL = Side.BUY, Side.SELL
IOC = TimeInForce.IOC


@pytest.fixture
def world():
    with World() as world:
        world.market.set({200: 5000, 199: 8000}, {201: 4000, 202: 6000})
        yield world


def free_of_fees():
    return World().profile.with_fees(D(0), D(0))


# -- funding ------------------------------------------------------------------------------------------------------


def test_settlement_times_are_multiples_of_the_interval_in_utc():
    assert next_settlement(START, 28_800) == START + 28_800 * NS_PER_S
    assert next_settlement(START - 1, 28_800) == START
    assert next_settlement(START + 1, 3600) == START + 3600 * NS_PER_S


@pytest.mark.parametrize(("side", "sign"), [(BUY, 1), (SELL, -1)])
def test_a_long_pays_a_positive_rate_and_a_short_gets_it(side, sign):
    with World(profile=free_of_fees()) as world:
        world.market.set({200: 5000}, {201: 4000})
        world.order("a", side, "1", "100.5" if side is BUY else "100", tif=IOC)
        world.exchange.set_funding_rate("sim", "BTCUSDT", D("0.0001"))
        world.market.mark("100")
        world.pass_time(28_800)
        (payment,) = world.heard.funding
        assert payment.cost == sign * D("0.01")
        assert (payment.asset, payment.qty, payment.price) == ("USDT", sign * D("1.000"), D(100))
        assert payment.ts_event == START + 28_800 * NS_PER_S
        assert world.books.cash["USDT"] == D(10_000) - sign * D("0.01")
        assert world.run(world.venue.funding_since(payment.ts_event)) == world.books.funding
        assert world.run(world.venue.funding_since(payment.ts_event + 1)) == ()
        world.pass_time(28_800)
        assert len(world.heard.funding) == 2


def test_inverse_funding_is_paid_in_coin():
    position = Position(inverse())
    position.apply(10, D(50_000))
    assert funding_cost(position, D("0.001"), D(40_000)) == D("0.001") * 1000 / 40_000


def test_the_market_names_rate_interval_and_time(world):
    world.call(world.venue.subscribe, ["BTCUSDT"])
    sink, market = world.market.sink, world.market
    assert sink is not None
    sink.on_funding_rate(market, 0, D("0.0002"), 3600, START + 1800 * NS_PER_S)
    sink.on_funding_rate(market, 0, D("0.0002"), 3600, START + 1800 * NS_PER_S)
    sink.on_funding_rate(market, 0, D("0.0003"), 3600, START - 1)
    world.pass_time()
    rates = [(rate.rate, rate.interval_s, rate.next_ts) for rate in world.heard.rates]
    assert rates[1:] == [
        (D("0.0002"), 3600, START + 1800 * NS_PER_S),
        (D("0.0003"), 3600, START + 1800 * NS_PER_S),
    ]
    world.order("a", BUY, "1", "100.5", tif=IOC)
    world.market.mark("100")
    world.pass_time(3600 * 2)
    assert [payment.ts_event for payment in world.heard.funding] == [
        START + 1800 * NS_PER_S,
        START + 3600 * NS_PER_S,
        START + 7200 * NS_PER_S,
    ]


def test_accrual_grows_to_the_payment(world):
    assert world.exchange.accrued_funding("acc", "BTCUSDT") == 0
    world.order("a", BUY, "1", "100.5", tif=IOC)
    world.exchange.set_funding_rate("sim", "BTCUSDT", D("0.0001"))
    world.market.mark("100")
    world.pass_time(14_400 - (world.clock.now_ns() - START) / NS_PER_S)
    assert abs(world.exchange.accrued_funding("acc", "BTCUSDT") - D("0.005")) < D("1e-9")


class SteppedClock:
    """The loop's time with a wall clock that somebody sets."""

    def __init__(self, loop):
        self._loop = loop
        self.offset_ns = 0

    def now_ns(self):
        return self._loop.now_ns + self.offset_ns

    def monotonic_ns(self):
        return self._loop.now_ns


def test_a_wall_clock_set_back_delays_a_settlement_and_does_not_double_it():
    loop = VirtualLoop(START)
    clock = SteppedClock(loop)
    settled = []
    schedule = FundingSchedule("X", 3600, Timers(clock), settled.append)
    schedule.stop()

    def wait(seconds):
        done = loop.create_future()
        loop.call_later(seconds, done.set_result, None)
        loop.run_until_complete(done)

    async def start():
        schedule.start()
        schedule.start()

    clock.offset_ns = 4000 * NS_PER_S
    loop.run_until_complete(start())
    assert schedule.next_ts == START + 7200 * NS_PER_S
    clock.offset_ns = 3000 * NS_PER_S

    wait(3300)
    assert settled == []
    wait(1000)
    assert settled == [START + 7200 * NS_PER_S]
    schedule.stop()
    wait(7200)
    assert len(settled) == 1
    loop.close()
