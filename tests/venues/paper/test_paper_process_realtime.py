"""Markets driven by the wall clock."""

from __future__ import annotations

import asyncio
from decimal import Decimal

import pytest
from paper_socket_kit import WAIT_S, instrument

from venues.model import NS_PER_S, Instrument, ManualClock, Side
from venues.paper.l2book import L2Book
from venues.paper.market import Market, MarketSink
from venues.paper.realtime import BATCH, MAX_LAG_NS, RealTimeDriver, ShiftedMarket

START = 1_700_000_000 * NS_PER_S


class Script:
    """Events at given seconds after START, each of every kind."""

    def __init__(self, *seconds: float) -> None:
        self.sink: MarketSink | None = None
        self.instrument: Instrument = instrument()
        self.book = L2Book()
        self._due = [START + round(second * NS_PER_S) for second in seconds]

    def next_ts(self) -> int | None:
        return self._due[0] if self._due else None

    def step(self) -> None:
        ts = self._due.pop(0)
        if self.sink is not None:
            self.sink.on_depth(self, ts)
            self.sink.on_trade(self, ts, 5, 6, Side.BUY)
            self.sink.on_mark(self, ts, Decimal(7))
            self.sink.on_funding_rate(self, ts, Decimal(8), 3600, ts + 9)
            self.sink.on_gap(self, ts, "gap")


class Sink:
    """Notes (market, kind, seconds after START) and wakes whoever waits."""

    def __init__(self) -> None:
        self.seen: list[tuple[Market, str, float]] = []
        self.rest: list[object] = []
        self._changed = asyncio.Event()

    def _note(self, market: Market, kind: str, ts: int, *rest: object) -> None:
        self.seen.append((market, kind, (ts - START) / NS_PER_S))
        self.rest += rest
        self._changed.set()

    def on_depth(self, market: Market, ts: int) -> None:
        self._note(market, "depth", ts)

    def on_trade(self, market: Market, ts: int, ticks: int, lots: int, aggressor: Side) -> None:
        self._note(market, "trade", ts, ticks, lots, aggressor)

    def on_mark(self, market: Market, ts: int, price: Decimal) -> None:
        self._note(market, "mark", ts, price)

    def on_funding_rate(self, market: Market, ts: int, rate: Decimal, interval_s: int, next_ts: int) -> None:
        self._note(market, "rate", ts, rate, interval_s, next_ts - ts)

    def on_gap(self, market: Market, ts: int, text: str) -> None:
        self._note(market, "gap", ts, text)

    def depths(self) -> list[float]:
        return [seconds for _, kind, seconds in self.seen if kind == "depth"]

    async def until(self, number: int) -> None:
        async with asyncio.timeout(WAIT_S):
            while len(self.depths()) < number:
                self._changed.clear()
                await self._changed.wait()


def shifted(sink: Sink, *seconds: float, by: float = 0) -> ShiftedMarket:
    market = ShiftedMarket(Script(*seconds), round(by * NS_PER_S))
    market.sink = sink
    return market


async def test_far_behind_the_markets_go_on_from_where_they_stood() -> None:
    clock, sink = ManualClock(START), Sink()
    driver = RealTimeDriver(clock)
    driver.add(shifted(sink, 1, 2))
    driver.add(shifted(sink, 1.5))
    driver.start()
    clock.advance(3600)
    await sink.until(1)
    assert sink.depths() == [3600], "an hour was made up for, or lost"
    assert driver.late_ns == 3599 * NS_PER_S
    clock.advance(1)
    driver.add(shifted(sink))  # whatever is added wakes it
    await sink.until(3)
    assert sink.depths() == [3600, 3600.5, 3601]
    driver.stop()


async def test_a_little_behind_it_catches_up() -> None:
    clock, sink = ManualClock(START), Sink()
    driver = RealTimeDriver(clock)
    driver.add(shifted(sink, 1, 2, 3))
    driver.add(shifted(sink, 1.5, 2.5))
    clock.advance(ns=MAX_LAG_NS)
    driver.start()
    await sink.until(5)
    assert sink.depths() == [1, 1.5, 2, 2.5, 3], "out of the order of time"
    assert driver.late_ns == 0
    driver.stop()


async def test_a_backlog_yields_to_the_loop() -> None:
    clock, sink = ManualClock(START + NS_PER_S), Sink()
    driver = RealTimeDriver(clock)
    driver.add(shifted(sink, *(0.001 * number for number in range(2 * BATCH + 1))))
    driver.start()
    turns: list[int] = []
    loop = asyncio.get_running_loop()

    def turn() -> None:
        turns.append(len(sink.depths()))
        if turns[-1] < 2 * BATCH + 1:
            loop.call_soon(turn)

    loop.call_soon(turn)
    await sink.until(2 * BATCH + 1)
    assert BATCH in turns
    assert 2 * BATCH in turns
    driver.stop()


async def test_nothing_happens_before_its_time_nor_after_a_stop() -> None:
    clock, sink = ManualClock(START), Sink()
    driver = RealTimeDriver(clock)
    driver.add(shifted(sink, 0, 1000))
    driver.start()
    await sink.until(1)
    driver.stop()
    driver.stop()
    clock.advance(2)
    driver.add(shifted(sink, 0))
    await asyncio.get_running_loop().run_in_executor(None, int)
    assert sink.depths() == [0]


async def test_an_event_wakes_the_driver_by_itself_and_the_end_is_quiet() -> None:
    loop = asyncio.get_running_loop()

    class LoopClock:
        def now_ns(self) -> int:
            return START + round(loop.time() * NS_PER_S)

        monotonic_ns = now_ns

    now, sink = loop.time(), Sink()
    driver = RealTimeDriver(LoopClock())
    driver.start()
    driver.add(shifted(sink, now + 0.01, now + 0.02))
    await sink.until(2)
    assert loop.time() >= now + 0.02
    driver.stop()


async def test_a_source_that_breaks_ends_alone() -> None:
    clock, sink = ManualClock(START + NS_PER_S), Sink()
    errors: list[str] = []
    asyncio.get_running_loop().set_exception_handler(lambda _loop, told: errors.append(str(told["exception"])))

    class Broken(Script):
        def step(self) -> None:
            raise OSError("the disk is gone")

    driver = RealTimeDriver(clock)
    driver.add(ShiftedMarket(Broken(0.1, 0.3), 0))
    driver.add(shifted(sink, 0.2, 0.4))
    driver.start()
    await sink.until(2)
    assert (sink.depths(), errors) == ([0.2, 0.4], ["the disk is gone"])
    driver.stop()


def test_a_recording_plays_now() -> None:
    sink = Sink()
    market = shifted(sink, 1, by=500)
    assert market.next_ts() == START + 501 * NS_PER_S
    assert market.instrument is market.source.instrument
    assert market.book is market.source.book
    market.step()
    assert sink.seen == [(market, kind, 501) for kind in ("depth", "trade", "mark", "rate", "gap")]
    assert sink.rest == [5, 6, Side.BUY, Decimal(7), Decimal(8), 3600, 9, "gap"]
    assert market.next_ts() is None


def test_without_a_sink_a_market_moves_all_the_same() -> None:
    market = ShiftedMarket(Script(1), 0)
    market.step()
    assert market.next_ts() is None


@pytest.mark.parametrize("seconds", [(), (1.0,)])
def test_adding_needs_no_loop_before_the_start(seconds: tuple[float, ...]) -> None:
    driver = RealTimeDriver(ManualClock(START))
    driver.add(shifted(Sink(), *seconds))
    assert driver.late_ns == 0
