"""Synthetic markets: sound books, the same for one seed however they are stepped, and alive."""

from __future__ import annotations

import math
import random
from collections.abc import Iterable
from decimal import Decimal
from itertools import pairwise
from statistics import correlation, fmean, median, pstdev

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.venues.paper.capture_kit import Recorder
from venues.model import NS_PER_S, Instrument, InstrumentKind, Side
from venues.paper.market import Market
from venues.paper.synthetic import Character, SyntheticMarket, SyntheticWorld, synthetic_market
from venues.paper.synthetic_character import CHARACTERS, DEFAULT, character_of
from venues.paper.synthetic_world import GRID_NS, KEPT_POINTS

START = 1_700_000_000 * NS_PER_S
PRICES = {"BTC": 60_000.0, "SOL": 150.0, "DOGE": 0.1}


def linear(base: str = "BTC", tick: str = "0.1", lot: str = "0.001") -> Instrument:
    step = Decimal(lot)
    return Instrument(f"{base}USDT", base, "USDT", "USDT", InstrumentKind.LINEAR, Decimal(tick), step, step)


INVERSE = Instrument(
    symbol="BTCUSD_PERP",
    base="BTC",
    quote="USD",
    settle="BTC",
    kind=InstrumentKind.INVERSE,
    tick=Decimal("0.1"),
    lot=Decimal(1),
    min_qty=Decimal(1),
    contract_size=Decimal(100),
)


def world(seed: int = 7) -> SyntheticWorld:
    return SyntheticWorld(random.Random(seed), START, PRICES)


def run(market: SyntheticMarket, seconds: float) -> Recorder:
    market.sink = recorder = Recorder()
    end = market.next_ts() + round(seconds * NS_PER_S)
    while market.next_ts() < end:
        market.step()
    return recorder


def mids(recorder: Recorder, every_s: float, seconds: float) -> list[float]:
    """The mid in ticks on a grid of times."""
    samples: list[float] = []
    due, last = START + every_s * NS_PER_S, math.nan
    for _, ts, bid, ask in recorder.named("depth"):
        assert isinstance(ts, int)
        assert isinstance(bid, tuple)
        assert isinstance(ask, tuple)
        while ts > due:
            samples.append(last)
            due += every_s * NS_PER_S
        last = (bid[0] + ask[0]) / 2
    return samples[: round(seconds / every_s) - 1]


# -- unhappy paths -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("price", [0.0, -1.0, math.nan, math.inf])
def test_a_price_that_is_none(price: float) -> None:
    with pytest.raises(ValueError, match="price of BTC is"):
        SyntheticWorld(random.Random(1), START, {"BTC": price})


def test_a_coin_the_world_does_not_have() -> None:
    with pytest.raises(ValueError, match="no 'ETH'; it has BTC, SOL, DOGE"):
        synthetic_market(world(), "binance", linear("ETH"))


@pytest.mark.parametrize("field", ["events_per_s", "half_spread_bps", "touch_usd", "levels", "basis_tau_s"])
def test_a_character_out_of_bounds(field: str) -> None:
    with pytest.raises(ValueError, match=f"{field} is 0, must be above 0"):
        Character(**{field: 0})
    with pytest.raises(ValueError, match="basis_sd_bps is -1"):
        Character(basis_sd_bps=-1)


def test_a_reference_that_was_dropped_says_so() -> None:
    made = world()
    path = made.path("BTC")
    path.at(KEPT_POINTS + 10)
    assert path.at(11) > 0
    with pytest.raises(LookupError, match="grid point 10 was dropped"):
        path.at(10)
    # A market that joins now starts now.
    now = START + (KEPT_POINTS + 10) * GRID_NS
    assert synthetic_market(made, "okx", linear(), start_ts=now).next_ts() == now


def test_an_unlisted_profile_is_the_middle_of_the_road() -> None:
    assert character_of("nowhere") == DEFAULT
    assert character_of("Binance") == CHARACTERS["binance"]


# -- soundness ---------------------------------------------------------------------------------------------------


class Checker(Recorder):
    """Every event against the promises of a `Market`."""

    def on_depth(self, market: Market, ts: int) -> None:
        super().on_depth(market, ts)
        bids, asks = list(market.book.levels(Side.BUY)), list(market.book.levels(Side.SELL))
        assert market.book.best_bid() == bids[0]
        assert market.book.best_ask() == asks[0]
        assert bids[-1][0] > 0
        assert bids[0][0] < asks[0][0]
        for ticks, lots in bids + asks:
            assert isinstance(ticks, int)
            assert isinstance(lots, int)
            assert lots > 0

    def on_trade(self, market: Market, ts: int, ticks: int, lots: int, aggressor: Side) -> None:
        super().on_trade(market, ts, ticks, lots, aggressor)
        assert 0 < lots <= market.book.lots_at(aggressor.opposite, ticks)


INSTRUMENTS = [
    linear(),
    INVERSE,
    linear("SOL", "0.01", "1"),
    linear("DOGE", "0.00001", "1"),
    linear("DOGE", "0.01", "1000000"),
]


@settings(max_examples=30, deadline=None)
@given(
    seed=st.integers(0, 2**32),
    instrument=st.sampled_from(INSTRUMENTS),
    rate=st.floats(2, 250),
    half_spread=st.floats(0.01, 20),
    basis_sd=st.floats(0, 30),
)
def test_books_are_sound_at_every_event(
    seed: int, instrument: Instrument, rate: float, half_spread: float, basis_sd: float
) -> None:
    character = Character(events_per_s=rate, half_spread_bps=half_spread, basis_sd_bps=basis_sd, basis_tau_s=2)
    market = SyntheticMarket(world(seed), instrument, character, "x")
    market.sink = Checker()
    last = START
    for _ in range(300):
        ts = market.next_ts()
        assert ts >= last
        last = ts
        market.step()


def test_nobody_needs_to_listen() -> None:
    market = synthetic_market(world(), "lighter", linear())
    for _ in range(200):
        market.step()
    assert market.book.best_bid() is not None


# -- determinism -------------------------------------------------------------------------------------------------


def venues_of(made: SyntheticWorld) -> list[SyntheticMarket]:
    return [
        synthetic_market(made, "binance", linear()),
        synthetic_market(made, "lighter", linear()),
        synthetic_market(made, "binance", INVERSE),
        synthetic_market(made, "lighter", linear("SOL", "0.01", "0.1")),
    ]


def events_of(order: Iterable[int], steps: int) -> list[list[tuple[object, ...]]]:
    markets = venues_of(world())
    recorders = []
    for market in markets:
        market.sink = recorder = Recorder()
        recorders.append(recorder)
    left = [steps] * len(markets)
    for at in order:
        if left[at]:
            left[at] -= 1
            markets[at].step()
    for at, count in enumerate(left):
        for _ in range(count):
            markets[at].step()
    return [recorder.events for recorder in recorders]


@settings(max_examples=15, deadline=None)
@given(st.lists(st.integers(0, 3), max_size=400))
def test_events_do_not_depend_on_the_order_of_stepping(order: list[int]) -> None:
    assert events_of(order, 150) == events_of([], 150)


def test_another_seed_another_venue_or_symbol_is_another_market() -> None:
    first, second, third, _ = events_of([], 50)
    assert first != second
    assert first != third
    assert run(synthetic_market(world(8), "binance", linear()), 5).events != first
    assert world(7).reference("BTC", START + 60 * NS_PER_S) == world(7).reference("BTC", START + 60 * NS_PER_S)
    assert world(7).reference("BTC", START + 60 * NS_PER_S) != world(8).reference("BTC", START + 60 * NS_PER_S)
    assert world(7).reference("BTC", START - 1) == 60_000.0


# -- statistics (of fixed seeds, so they hold or not) --------------------------------------------------------------


def test_venues_move_together_and_their_spread_comes_back() -> None:
    made = world(11)
    markets = [synthetic_market(made, name, linear()) for name in ("binance", "lighter")]
    first, second = (mids(run(market, 500), 1, 500) for market in markets)
    ten = [[b / a - 1 for a, b in pairwise(series[::10])] for series in (first, second)]
    assert correlation(*ten) > 0.7
    basis = [(b / a - 1) * 1e4 for a, b in zip(first, second, strict=True)]
    assert abs(fmean(basis)) < 1.0
    assert 0.5 < pstdev(basis) < 3.0
    # Mean-reverting: what is far from the mean today is less far 30 s on.
    later = [(x, y) for x, y in zip(basis, basis[30:], strict=False) if abs(x) > pstdev(basis)]
    assert fmean(abs(y) for _, y in later) < 0.8 * fmean(abs(x) for x, _ in later)


def test_the_reference_bursts_and_jumps_but_does_not_run_away() -> None:
    path = world(3).path("BTC")
    prices = [path.at(at) for at in range(200_000)]
    moves = [abs(math.log(b / a)) for a, b in pairwise(prices)]
    assert max(moves) > 4e-4  # a jump
    assert fmean(move**4 for move in moves) / fmean(move**2 for move in moves) ** 2 > 5  # fat tails
    calm = [fmean(moves[at : at + 200]) for at in range(0, len(moves), 200)]
    assert max(calm) > 2.5 * median(calm)  # bursts
    assert 0.8 < prices[-1] / prices[0] < 1.25


@pytest.mark.parametrize("name", ["binance", "lighter", "paradex"])
def test_flow_is_lively_two_sided_and_of_realistic_size(name: str) -> None:
    seconds, character = 300, character_of(name)
    recorder = run(synthetic_market(world(5), name, linear()), seconds)
    depth, trades = recorder.named("depth"), recorder.named("trade")
    assert 0.8 < len(depth) / seconds / character.events_per_s < 2.5
    buys = sum(1 for trade in trades if trade[4] is Side.BUY)
    assert 0.35 < buys / len(trades) < 0.65
    spreads, touches = [], []
    for _, _, bid, ask in depth:
        assert isinstance(bid, tuple)
        assert isinstance(ask, tuple)
        spreads.append((ask[0] - bid[0]) / bid[0] * 1e4)
        touches.append(bid[0] * 0.1 * bid[1] * 0.001)
    assert 0.01 < median(spreads) < 3
    assert 15_000 < median(touches) < 250_000


def test_an_order_at_the_touch_is_traded_out_within_seconds() -> None:
    """Of levels seen at the touch, most have traded or been passed ten seconds on: flow reaches a resting order."""
    recorder = run(synthetic_market(world(5), "lighter", linear()), 300)
    waits = []
    for start in range(10, 280, 10):
        begin = START + start * NS_PER_S
        touch = next(event[2] for event in recorder.events if event[0] == "depth" and int(str(event[1])) >= begin)
        assert isinstance(touch, tuple)
        hit = (
            int(str(event[1]))
            for event in recorder.named("trade")
            if int(str(event[1])) >= begin and event[4] is Side.SELL and int(str(event[2])) <= touch[0]
        )
        waits.append((next(hit, START + 1000 * NS_PER_S) - begin) / NS_PER_S)
    assert median(waits) < 10


def test_marks_and_funding_come_on_time() -> None:
    market = synthetic_market(world(), "hyperliquid", linear())
    recorder = run(market, 120)
    marks = recorder.named("mark")
    assert [mark[1] for mark in marks] == [START + second * NS_PER_S for second in range(120)]
    for _, _, price in marks:
        assert isinstance(price, Decimal)
        assert price % Decimal("0.1") == 0
        assert 55_000 < price < 65_000
    rates = recorder.named("funding")
    assert len(rates) == 4
    for _, ts, rate, interval, next_ts in rates:
        assert isinstance(rate, Decimal)
        assert isinstance(ts, int)
        assert isinstance(next_ts, int)
        assert abs(rate) < Decimal("0.001")
        assert interval == 3600
        assert 0 < next_ts - ts <= 3600 * NS_PER_S
        assert next_ts % (3600 * NS_PER_S) == 0
    assert len({rate for _, _, rate, _, _ in rates}) > 1


def test_spot_has_neither_mark_nor_funding() -> None:
    step = Decimal("0.001")
    spot = Instrument("BTCUSDT", "BTC", "USDT", "USDT", InstrumentKind.SPOT, Decimal("0.1"), step, step)
    recorder = run(synthetic_market(world(), "binance", spot), 35)
    assert recorder.named("mark") == recorder.named("funding") == []
    assert recorder.named("depth")


def test_an_inverse_market_is_sized_in_contracts() -> None:
    recorder = run(synthetic_market(world(), "binance", INVERSE), 60)
    sizes = [event[2][1] for event in recorder.named("depth") if isinstance(event[2], tuple)]
    assert 300 < median(sizes) < 3000  # 100 USD each
