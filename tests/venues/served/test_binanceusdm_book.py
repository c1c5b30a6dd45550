"""Whoever follows the documented procedure has the server's book, whatever happens when."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.property_kit import tries
from tests.venues.served.served_kit import ASK, BID, Desktop
from venues.model import Side

D = Decimal


class Follower:
    """A local book by "How to manage a local order book correctly" (USDⓈ-M futures), to the letter: buffer the stream,
    take a snapshot, drop u < lastUpdateId, start with U <= lastUpdateId <= u, then each pu is the u before; on anything
    else start over."""

    def __init__(self, desktop: Desktop, cadence: str) -> None:
        self._desktop = desktop
        self.socket = desktop.socket(f"/public/ws/btcusdt@depth{cadence}")
        self.buffered: list[Any] = []
        self.last: int | None = None
        self.joined = False
        self.restarts = 0
        self.bids: dict[Decimal, Decimal] = {}
        self.asks: dict[Decimal, Decimal] = {}

    def snapshot(self) -> None:
        status, book = self._desktop.ask("GET", "/fapi/v1/depth", symbol="BTCUSDT", limit=1000)
        assert status == 200
        self.bids = {D(price): D(size) for price, size in book["bids"]}
        self.asks = {D(price): D(size) for price, size in book["asks"]}
        self.last, self.joined = book["lastUpdateId"], False

    def read(self) -> None:
        self.buffered += self.socket.take()
        if self.last is None:
            return
        events, self.buffered = self.buffered, []
        for event in events:
            if event["u"] < self.last:
                continue
            follows = event["pu"] == self.last if self.joined else event["U"] <= self.last <= event["u"]
            if not follows:
                self.restarts += 1
                self.last = None
                return
            self.joined, self.last = True, event["u"]
            for side, levels in ((self.bids, event["b"]), (self.asks, event["a"])):
                for price, size in levels:
                    if D(size):
                        side[D(price)] = D(size)
                    else:
                        side.pop(D(price), None)

    def check(self) -> None:
        market = self._desktop.house.markets["BTCUSDT"]
        for mine, side in ((self.bids, Side.BUY), (self.asks, Side.SELL)):
            right = {D(ticks) / 10: D(lots) / 1000 for ticks, lots in market.levels(side)}
            assert mine == right


moves = st.lists(
    st.one_of(
        # few prices and few sizes: levels come back to what they were
        st.tuples(st.just("bid"), st.sampled_from([10, 35]), st.sampled_from([0, 1_000])),
        st.tuples(st.just("ask"), st.sampled_from([10, 35]), st.sampled_from([0, 1_000])),
        st.tuples(st.just("time"), st.sampled_from([0.001, 0.05, 0.1, 0.3]), st.just(0)),
        st.tuples(st.just("snapshot"), st.just(0), st.just(0)),
        st.tuples(st.just("read"), st.just(0), st.just(0)),
        st.tuples(st.just("another"), st.just(0), st.just(0)),
    ),
    min_size=15,
    max_size=60,
)


@tries(60)
@given(cadence=st.sampled_from(["", "@0ms", "@100ms", "@500ms"]), script=moves)
def test_a_follower_never_diverges(cadence: str, script: list[tuple[str, Any, int]]) -> None:
    with Desktop() as desktop:
        follower = Follower(desktop, cadence)
        for what, value, lots in script:
            if what == "bid":
                desktop.call(lambda ticks=BID - value, lots=lots: desktop.market.set(bids={ticks: lots}))
            elif what == "ask":
                desktop.call(lambda ticks=ASK + value, lots=lots: desktop.market.set(asks={ticks: lots}))
            elif what == "time":
                desktop.pass_time(value)
            elif what == "snapshot":
                follower.snapshot()
            elif what == "another":
                # somebody else's snapshot, and somebody else's stream, change nothing for us
                desktop.ask("GET", "/fapi/v1/depth", symbol="BTCUSDT", limit=5)
                desktop.socket("/ws/btcusdt@depth@0ms")
            else:
                follower.read()
        if follower.last is None:
            follower.snapshot()
        follower.read()
        desktop.call(lambda: desktop.market.set(bids={BID: 77}))
        desktop.pass_time(1)
        follower.read()
        follower.check()
        assert follower.restarts == 0


def test_a_level_that_comes_back_between_two_updates_is_told() -> None:
    """The snapshot falls between a change and its undoing, and both between two updates of the stream."""
    with Desktop() as desktop:
        follower = Follower(desktop, "@500ms")
        desktop.call(lambda: desktop.market.set(bids={BID: 3}))
        follower.snapshot()
        desktop.call(lambda: desktop.market.set(bids={BID: 1_000}))
        desktop.pass_time(1)
        follower.read()
        follower.check()


def test_a_gap_breaks_the_chain_once() -> None:
    with Desktop() as desktop:
        follower = Follower(desktop, "@100ms")
        follower.snapshot()
        desktop.call(lambda: desktop.market.set(bids={BID: 5}))
        desktop.pass_time(0.2)
        follower.read()
        assert follower.joined
        desktop.fault("gap", path="BTCUSDT")
        for lots in (6, 7):
            desktop.call(lambda lots=lots: desktop.market.set(bids={BID: lots}))
            desktop.pass_time(0.2)
        follower.read()
        assert follower.restarts == 1
        follower.snapshot()
        desktop.call(lambda: desktop.market.set(bids={BID: 8}))
        desktop.pass_time(0.2)
        follower.read()
        follower.check()


def test_a_gap_of_another_symbol_is_nobodys() -> None:
    with Desktop() as desktop:
        follower = Follower(desktop, "@0ms")
        follower.snapshot()
        desktop.fault("gap", path="ETHUSDT")
        desktop.call(lambda: desktop.market.set(bids={BID: 5}))
        follower.read()
        follower.check()


@pytest.mark.parametrize("limit", [5, 10, 20])
def test_partial_books_are_whole_tops(limit: int) -> None:
    with Desktop() as desktop:
        socket = desktop.socket(f"/public/ws/btcusdt@depth{limit}@100ms")
        desktop.call(lambda: desktop.market.set(bids={BID + 3: 2}, asks={ASK: 0}))
        desktop.pass_time(0.2)
        (message,) = socket.take()
        market = desktop.house.markets["BTCUSDT"]
        assert [D(price) for price, _size in message["b"]] == [D(t) / 10 for t, _ in market.levels(Side.BUY, limit)]
        assert [D(price) for price, _size in message["a"]] == [D(t) / 10 for t, _ in market.levels(Side.SELL, limit)]


def test_a_depth_limit_that_is_none_is_refused() -> None:
    with Desktop() as desktop:
        assert desktop.ask("GET", "/fapi/v1/depth", symbol="BTCUSDT", limit=7) == (
            400,
            {"code": -4021, "msg": "7 is not valid depth limit."},
        )
