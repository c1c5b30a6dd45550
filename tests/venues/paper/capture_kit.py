"""Small captures made by hand, and a sink that writes down what it is told."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterable, Iterator
from decimal import Decimal
from pathlib import Path

from venues.model import Level, Side
from venues.paper.capture import CaptureMarket
from venues.paper.market import Market

T0 = 1_723_161_255_000_000_000

Pairs = Iterable[tuple[str, str]]


class Recorder:
    """A sink: every event as a tuple, with the touch at that moment for depth."""

    def __init__(self) -> None:
        self.events: list[tuple[object, ...]] = []

    def on_depth(self, market: Market, ts: int) -> None:
        self.events.append(("depth", ts, market.book.best_bid(), market.book.best_ask()))

    def on_trade(self, market: Market, ts: int, ticks: int, lots: int, aggressor: Side) -> None:
        self.events.append(("trade", ts, ticks, lots, aggressor))

    def on_mark(self, market: Market, ts: int, price: Decimal) -> None:
        self.events.append(("mark", ts, price))

    def on_funding_rate(self, market: Market, ts: int, rate: Decimal, interval_s: int, next_ts: int) -> None:
        self.events.append(("funding", ts, rate, interval_s, next_ts))

    def on_gap(self, market: Market, ts: int, text: str) -> None:
        self.events.append(("gap", ts, market.book.best_bid(), market.book.best_ask(), text))

    def named(self, name: str) -> list[tuple[object, ...]]:
        return [event for event in self.events if event[0] == name]


class Lines:
    """Writes a capture of one symbol, one millisecond a line."""

    def __init__(self, symbol: str = "BTCUSDT", *, spot: bool = False) -> None:
        self.symbol = symbol
        self.spot = spot
        self.lines: list[str] = []

    def raw(self, text: str) -> Lines:
        self.lines.append(text)
        return self

    def message(self, body: object, ts: int | None = None) -> Lines:
        stamp = T0 + len(self.lines) * 1_000_000 if ts is None else ts
        return self.raw(f"{stamp} {json.dumps(body, separators=(',', ':'))}")

    def stream(self, name: str, data: dict[str, object], ts: int | None = None) -> Lines:
        return self.message({"stream": f"{self.symbol.lower()}@{name}", "data": {"s": self.symbol, **data}}, ts)

    def snapshot(self, update_id: int, bids: Pairs, asks: Pairs) -> Lines:
        return self.message({"lastUpdateId": update_id, "bids": list(bids), "asks": list(asks)})

    def diff(self, first: int, last: int, previous: int = 0, bids: Pairs = (), asks: Pairs = ()) -> Lines:
        data: dict[str, object] = {"e": "depthUpdate", "U": first, "u": last, "b": list(bids), "a": list(asks)}
        if not self.spot:
            data["pu"] = previous
        return self.stream("depth@0ms", data)

    def ticker(self, update_id: int, bid: tuple[str, str], ask: tuple[str, str], ts: int | None = None) -> Lines:
        data: dict[str, object] = {"u": update_id, "b": bid[0], "B": bid[1], "a": ask[0], "A": ask[1]}
        if not self.spot:
            data["e"] = "bookTicker"
        return self.stream("bookTicker", data, ts)

    def trade(self, price: str, qty: str, *, buyer_maker: bool, kind: str = "MARKET") -> Lines:
        return self.stream("trade", {"e": "trade", "t": 1, "p": price, "q": qty, "X": kind, "m": buyer_maker})

    def write(self, folder: Path, *, packed: bool = False, name: str = "capture") -> Path:
        path = folder / name
        data = "".join(f"{line}\n" for line in self.lines).encode()
        path.write_bytes(gzip.compress(data) if packed else data)
        return path


BIDS = (("100.00", "1.000"), ("99.90", "2.000"), ("99.80", "0.505"))
ASKS = (("100.10", "1.500"), ("100.20", "2.000"), ("100.30", "3.000"))


def usdm(symbol: str = "BTCUSDT") -> Lines:
    """A USD-M book in sequence at update 100."""
    lines = Lines(symbol).diff(80, 90, 79, [("1.00", "9")])
    return lines.snapshot(100, BIDS, ASKS).diff(95, 100, 90, [("99.70", "1.000")])


def replay(path: Path) -> tuple[CaptureMarket, Recorder]:
    market = CaptureMarket(path)
    market.sink = recorder = Recorder()
    for _ in steps(market):
        pass
    return market, recorder


def steps(market: CaptureMarket) -> Iterator[int]:
    """Step to the end, giving each event's stamp after it happened."""
    while (ts := market.next_ts()) is not None:
        market.step()
        yield ts


def shown(market: CaptureMarket, side: Side) -> list[Level]:
    return list(market.book.levels(side))
