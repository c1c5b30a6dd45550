"""A capture of Binance's streams as a market: real order books and trades."""

from __future__ import annotations

from collections.abc import Callable
from itertools import chain, islice
from pathlib import Path
from typing import TypeAlias

from venues.model import Level, Side
from venues.paper.book_sync import BookSync, Diff
from venues.paper.capture_file import CaptureError, CaptureFile
from venues.paper.capture_format import (
    BODY_AT,
    BinanceMarket,
    Grid,
    Kind,
    TextLevel,
    decode_depth,
    decode_snapshot,
    decode_ticker,
    decode_trade,
    kind_of,
    read_head,
)
from venues.paper.capture_replay import CaptureReplay, CaptureStats

__all__ = ["CaptureError", "CaptureMarket", "CaptureStats"]

HEAD_LINES = 2000
"""Lines read ahead to recognise the market, its tick and its lot."""
_MAX_HEADS = 64
_STREAMED = (Kind.TICKER, Kind.DEPTH, Kind.TRADE, Kind.OTHER)
_Handler: TypeAlias = Callable[[bytes, int], None]


class CaptureMarket(CaptureReplay):
    """Replays one capture of depth, best bid and ask, and trades. Raises `CaptureError` when the file is missing,
    empty, damaged or no capture; an unread depth line further down shows as the gap it is.
    """

    def __init__(self, path: str | Path) -> None:
        path = Path(path)
        file = CaptureFile(path)
        lines = iter(file)
        try:
            first = list(islice(lines, HEAD_LINES))
            head = read_head(path, first)
        except CaptureError:
            file.close()
            raise
        super().__init__(path, file, chain(first, lines), head.instrument)
        self._prices = Grid(head.instrument.tick)
        self._sizes = Grid(head.instrument.lot, floor=True)
        self._sync = BookSync(
            self._book, self._dropped, spot=head.market is BinanceMarket.SPOT, await_snapshot=head.has_snapshot
        )
        self._handlers: dict[bytes, _Handler] = {}
        self._by_kind: dict[Kind | None, _Handler] = {
            Kind.TICKER: self._on_ticker,
            Kind.DEPTH: self._on_depth,
            Kind.TRADE: self._on_trade,
            Kind.SNAPSHOT: self._on_snapshot,
            Kind.OTHER: self._on_other,
            None: self._on_malformed,
        }

    def _apply(self, line: bytes, ts: int) -> None:
        handle = self._handlers.get(line[BODY_AT : line.find(b",", BODY_AT)]) or self._learn_kind(line)
        handle(line, ts)

    # -- lines ---------------------------------------------------------------------------------------------------

    def _learn_kind(self, line: bytes) -> _Handler:
        """Tell what a line is from its content, and remember it by the line's opening where that names its stream."""
        body = line[BODY_AT:]
        kind = kind_of(body, self._instrument.symbol)
        handler = self._by_kind[kind]
        if kind in _STREAMED and body.startswith(b'{"stream"') and len(self._handlers) < _MAX_HEADS:
            self._handlers[body[: body.find(b",")]] = handler
        return handler

    # -- events --------------------------------------------------------------------------------------------------

    def _on_ticker(self, line: bytes, ts: int) -> None:
        data = decode_ticker(line[BODY_AT:]).data
        prices, sizes = self._prices, self._sizes
        self.stats.ticker += 1
        bid = (prices[data.bid], sizes[data.bid_qty])
        ask = (prices[data.ask], sizes[data.ask_qty])
        if self._sync.on_ticker(data.update_id, bid, ask) and self.sink is not None:
            self.sink.on_depth(self, ts)

    def _on_depth(self, line: bytes, ts: int) -> None:
        data = decode_depth(line[BODY_AT:]).data
        diff = Diff(data.first, data.last, data.previous, self._levels(data.bids), self._levels(data.asks))
        self.stats.depth += 1
        if self._sync.on_diff(diff) and self.sink is not None:
            self.sink.on_depth(self, ts)

    def _on_snapshot(self, line: bytes, ts: int) -> None:
        data = decode_snapshot(line[BODY_AT:])
        self.stats.snapshots += 1
        changed = self._sync.on_snapshot(data.last_update_id, self._levels(data.bids), self._levels(data.asks))
        if changed and self.sink is not None:
            self.sink.on_depth(self, ts)

    def _on_trade(self, line: bytes, ts: int) -> None:
        data = decode_trade(line[BODY_AT:]).data
        ticks, lots = self._prices[data.price], self._sizes[data.qty]
        if data.kind != "MARKET" or not ticks or not lots:
            self.stats.other += 1
            return
        self.stats.trades += 1
        if self.sink is not None:
            self.sink.on_trade(self, ts, ticks, lots, Side.SELL if data.buyer_maker else Side.BUY)

    def _on_other(self, _line: bytes, _ts: int) -> None:
        self.stats.other += 1

    def _on_malformed(self, _line: bytes, _ts: int) -> None:
        self.stats.malformed += 1

    def _levels(self, levels: list[TextLevel]) -> list[Level]:
        prices, sizes = self._prices, self._sizes
        return [(prices[price], sizes[size]) for price, size in levels]
