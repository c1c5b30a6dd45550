"""The three recorded captures, whole: counted, in sequence, never crossed, and ending where a plain rebuild ends."""

from __future__ import annotations

import gzip
import json
from decimal import Decimal
from pathlib import Path

import pytest

from tests.market_data import COINM, SPOT, USDM, capture_path
from tests.venues.paper.capture_kit import Recorder
from venues.model import InstrumentKind, Side
from venues.paper.capture import CaptureMarket

LINES = {USDM: 93_954, COINM: 48_270, SPOT: 41_249}
TRADES = {USDM: 21_313, COINM: 2_286, SPOT: 9_757}


class Watcher(Recorder):
    """Counts, and checks the touch at every change."""

    def __init__(self) -> None:
        super().__init__()
        self.depths = 0
        self.trades = 0
        self.empty = 0

    def on_depth(self, market: object, ts: int) -> None:
        assert isinstance(market, CaptureMarket)
        self.depths += 1
        bid, ask = market.book.best_bid(), market.book.best_ask()
        if bid is None or ask is None:
            self.empty += 1
            return
        assert bid[0] < ask[0]
        assert bid[1] > 0
        assert ask[1] > 0
        if self.depths % 500 == 0:
            self.check_levels(market)

    def check_levels(self, market: CaptureMarket) -> None:
        book = market.book
        for side, best in ((Side.BUY, book.best_bid()), (Side.SELL, book.best_ask())):
            levels = list(book.levels(side))
            assert levels[0] == best
            prices = [-side.sign * ticks for ticks, _ in levels]
            assert prices == sorted(set(prices))
            for ticks, lots in levels[:50]:
                assert book.lots_at(side, ticks) == lots

    def on_trade(self, market: object, ts: int, ticks: int, lots: int, aggressor: Side) -> None:
        self.trades += 1
        assert ticks > 0
        assert lots > 0


def rebuilt_touch(path: Path) -> tuple[Decimal, Decimal]:
    """Best bid and ask at the end, the plainest way: all diffs on the snapshot, then the ticker if it is newer."""
    bids: dict[Decimal, Decimal] = {}
    asks: dict[Decimal, Decimal] = {}
    held: list[dict[str, list[list[str]]]] = []
    snapshot, depth_id, ticker_id, touch = False, 0, 0, (Decimal(0), Decimal(0))

    def put(message: dict[str, list[list[str]]], bid_key: str, ask_key: str) -> None:
        for levels, key in ((bids, bid_key), (asks, ask_key)):
            for price, size in message[key]:
                levels[Decimal(price)] = Decimal(size)

    with gzip.open(path, "rt") as file:
        for line in file:
            message = json.loads(line.split(" ", 1)[1])
            if "lastUpdateId" in message:
                put(message, "bids", "asks")
                snapshot, depth_id = True, message["lastUpdateId"]
                for diff in held:
                    if int(str(diff["u"])) > depth_id:
                        put(diff, "b", "a")
                continue
            data = message["data"]
            if "U" in data:
                if not snapshot:
                    held.append(data)
                elif data["u"] > depth_id:
                    put(data, "b", "a")
                    depth_id = data["u"]
            elif "A" in data:
                ticker_id, touch = data["u"], (Decimal(data["b"]), Decimal(data["a"]))
    if ticker_id > depth_id:
        return touch
    return max(p for p, q in bids.items() if q), min(p for p, q in asks.items() if q)


@pytest.mark.parametrize("name", [USDM, COINM, SPOT])
def test_a_whole_recording(name: str) -> None:
    path = capture_path(name)
    market = CaptureMarket(path)
    market.sink = watcher = Watcher()
    events, last = 0, 0
    while (ts := market.next_ts()) is not None:
        assert ts >= last
        last = ts
        market.step()
        events += 1
    stats = market.stats
    assert events == stats.lines == LINES[name]
    assert stats.trades == watcher.trades == TRADES[name]
    assert stats.lines == stats.depth + stats.ticker + stats.trades + stats.snapshots
    assert (stats.gaps, stats.crossed, stats.malformed, stats.snapshots, stats.truncated) == (0, 0, 0, 1, False)
    assert watcher.events == []
    assert watcher.empty == 0
    assert market.fraction_read == 1.0
    bid, ask = market.book.best_bid(), market.book.best_ask()
    assert bid is not None
    assert ask is not None
    to_price = market.instrument.ticks_to_price
    assert (to_price(bid[0]), to_price(ask[0])) == rebuilt_touch(path)


@pytest.mark.parametrize(
    ("name", "symbol", "kind", "tick", "lot", "face", "least"),
    [
        (USDM, "BTCUSDT", InstrumentKind.LINEAR, "0.1", "0.001", "1", "100"),
        (COINM, "BTCUSD_PERP", InstrumentKind.INVERSE, "0.1", "1", "100", "0"),
        (SPOT, "BTCUSDT", InstrumentKind.SPOT, "0.01", "0.00001", "1", "5"),
    ],
)
def test_the_recorded_instruments(
    name: str, symbol: str, kind: InstrumentKind, tick: str, lot: str, face: str, least: str
) -> None:
    market = CaptureMarket(capture_path(name))
    found = market.instrument
    assert (found.symbol, found.kind, found.base) == (symbol, kind, "BTC")
    assert (found.tick, found.lot, found.min_qty) == (Decimal(tick), Decimal(lot), Decimal(lot))
    assert (found.contract_size, found.min_notional) == (Decimal(face), Decimal(least))
    market.close()


@pytest.mark.parametrize("name", [USDM, COINM, SPOT])
def test_one_depth_line_deleted_is_found_and_trading_resumes(name: str, tmp_path: Path) -> None:
    with gzip.open(capture_path(name), "rb") as file:
        lines = file.readlines()
    cut = len(lines) // 2
    while b"@depth" not in lines[cut]:
        cut += 1
    path = tmp_path / "cut"
    path.write_bytes(b"".join(lines[:cut] + lines[cut + 1 :]))
    market, whole = CaptureMarket(path), CaptureMarket(capture_path(name))
    market.sink = recorder = Recorder()
    for _ in range(cut):
        market.step()
        whole.step()
    whole.step()
    hidden, compared, same = 0, 0, 0
    gone_at = back_at = 0
    while (ts := market.next_ts()) is not None:
        market.step()
        whole.step()
        if not market.book.live:
            gone_at = gone_at or ts
            hidden += 1
            assert market.book.best_bid() is None
            assert next(market.book.levels(Side.BUY), None) is None
        elif market.stats.gaps:
            back_at = back_at or ts
            compared += 1
            same += market.book.best_bid() == whole.book.best_bid() and market.book.best_ask() == whole.book.best_ask()
    assert market.stats.gaps == len(recorder.named("gap")) == 1
    assert hidden > 0
    assert back_at - gone_at < 10_000_000_000
    # The touch is the ticker's, or relearned: the same as without the gap, but for a few updates after it.
    assert same > 0.995 * compared
    assert compared > 10_000
