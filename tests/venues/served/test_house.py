"""The house behind the dialects: markets of their own accord, from a capture and synthetic ones, and its feeds."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path

import pytest

from cockpit.sim.loop import VirtualClock, VirtualLoop
from tests.venues.served.served_kit import ASK, BID, D, Desktop
from venues.model import NS_PER_S, ManualClock, Side
from venues.paper.spec import SpecError
from venues.served.account import number_of
from venues.served.house import DepthDiff, House, HouseMarket, HouseSpec
from venues.served.registry import dialect_factory

DATA = Path(os.environ.get("COCKPIT_DATA", Path(__file__).resolve().parents[4] / "shared" / "data"))
CAPTURE = DATA / "captures" / "usdm_btcusdt_20240808.gz"
START = 1_700_006_400 * NS_PER_S


@contextmanager
def house(spec: HouseSpec) -> Iterator[tuple[House, VirtualLoop]]:
    loop = VirtualLoop(START)
    made = House(spec, VirtualClock(loop))
    loop.run_until_complete(made.start())
    try:
        yield made, loop
    finally:
        loop.run_until_complete(made.stop())
        loop.close()


def pass_time(loop: VirtualLoop, seconds: float) -> None:
    done = loop.create_future()
    loop.call_later(seconds, done.set_result, None)
    loop.run_until_complete(done)


class Copy:
    """A book put together from a snapshot and a feed's diffs, which must join on."""

    def __init__(self, market: HouseMarket, interval_s: float) -> None:
        self._last = 0
        self._joined = False
        self.diffs = 0
        self.sides: dict[Side, dict[int, int]] = {}
        self._feed = market.feed(self.on_diff, interval_s)
        shot = market.snapshot()
        self._last = shot.last
        self.sides = {Side.BUY: dict(shot.bids), Side.SELL: dict(shot.asks)}

    def on_diff(self, diff: DepthDiff) -> None:
        if diff.last < self._last:
            return
        assert diff.first == diff.previous + 1
        assert diff.previous == self._last if self._joined else diff.first <= self._last <= diff.last
        self._joined, self._last = True, diff.last
        self.diffs += 1
        for side, levels in ((Side.BUY, diff.bids), (Side.SELL, diff.asks)):
            for ticks, lots in levels:
                if lots:
                    self.sides[side][ticks] = lots
                else:
                    self.sides[side].pop(ticks, None)

    def check(self, market: HouseMarket) -> None:
        self._feed.flush()
        for side, levels in self.sides.items():
            assert levels == dict(market.levels(side))


@pytest.mark.parametrize("interval_s", [0.0, 0.1])
def test_synthetic_markets_and_their_feeds(interval_s: float) -> None:
    with house(HouseSpec(venue="binance", bases=("BTC", "ETH"), seed=3)) as (made, loop):
        copies = {symbol: Copy(market, interval_s) for symbol, market in made.markets.items()}
        pass_time(loop, 30)
        for symbol, copy in copies.items():
            copy.check(made.markets[symbol])
            assert copy.diffs > (100 if interval_s else 500)
            assert made.markets[symbol].trades
            assert made.markets[symbol].mark() is not None


def test_the_same_seed_makes_the_same_market() -> None:
    def end(seed: int) -> tuple[object, ...]:
        with house(HouseSpec(venue="binance", bases=("BTC",), seed=seed)) as (made, loop):
            pass_time(loop, 5)
            market = made.markets["BTCUSDT"]
            return market.update_id, market.levels(Side.BUY), market.levels(Side.SELL)

    assert end(1) == end(1)
    assert end(1) != end(2)


@pytest.mark.skipif(not CAPTURE.exists(), reason="the recorded captures are not here")
def test_a_capture_is_served() -> None:
    with house(HouseSpec(venue="binance", captures=(str(CAPTURE),))) as (made, loop):
        assert list(made.markets) == ["BTCUSDT"]
        market = made.markets["BTCUSDT"]
        pass_time(loop, 5)
        copy = Copy(market, 0.1)
        pass_time(loop, 20)
        copy.check(market)
        assert copy.diffs > 50
        best = market.best(Side.BUY)
        assert best is not None
        assert D(50_000) < market.instrument.ticks_to_price(best[0]) < D(70_000)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"bases": ("DOGE",)}, "base 'DOGE': expected one of BTC, ETH, SOL"),
        ({"accounts": {"": D(5)}}, "account ''"),
        ({"accounts": {"a": D("NaN")}}, "NaN"),
        ({"bases": ()}, "no market"),
    ],
)
def test_specs_that_are_refused(changes: dict[str, object], expected: str) -> None:
    with pytest.raises(SpecError, match=expected):
        House(HouseSpec(venue="binance", **changes), ManualClock())  # type: ignore[arg-type]


def test_an_unknown_dialect_is_refused() -> None:
    with pytest.raises(SpecError, match="expected one of binanceusdm, hyperliquid, lighter"):
        dialect_factory("klingon")


def test_a_market_must_be_on_the_exchange() -> None:
    with Desktop() as desktop:
        desktop.market.sink = None
        with pytest.raises(ValueError, match="add it to the exchange first"):
            HouseMarket(desktop.market, desktop.house.timers)


@pytest.mark.parametrize(("text", "number"), [("one-o12", 12), ("a1-t7", 7), ("", 0), ("none", 0)])
def test_numbers_of_ids(text: str, number: int) -> None:
    assert number_of(text) == number


def test_a_gap_of_the_source_empties_the_book() -> None:
    with Desktop() as desktop:
        market = desktop.house.markets["BTCUSDT"]
        copy = Copy(market, 0.0)
        desktop.call(desktop.market.gap)
        assert copy.sides == {Side.BUY: {}, Side.SELL: {}}
        assert market.best(Side.BUY) is None
        order = {"symbol": "BTCUSDT", "side": "BUY", "type": "MARKET", "quantity": "0.01"}
        assert desktop.ask("POST", "/fapi/v1/order", account="one", **order)[1]["code"] == -4131
        desktop.call(lambda: desktop.market.set(bids={BID: 1}, asks={ASK: 1}))
        copy.check(market)


def test_market_orders_are_bounded_by_the_venues_band() -> None:
    with Desktop() as desktop:
        mark = D("60000.5")
        buy, sell = (desktop.house.bounding_price("BTCUSDT", side) for side in (Side.BUY, Side.SELL))
        assert buy is not None
        assert sell is not None
        assert mark * D("1.05") - Decimal("0.1") < buy <= mark * D("1.05")
        assert mark * D("0.95") <= sell < mark * D("0.95") + Decimal("0.1")
