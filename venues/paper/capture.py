"""A recorded capture as a market: real order books and trades, replayed in the time of whoever recorded them."""

from __future__ import annotations

from collections.abc import Callable
from itertools import chain, islice
from pathlib import Path
from typing import TypeAlias

import msgspec

from venues.model import Instrument, Level, Side
from venues.paper.book_sync import BookSync, Diff
from venues.paper.capture_file import CaptureError, CaptureFile
from venues.paper.capture_format import (
    BODY_AT,
    STAMP_DIGITS,
    UNREADABLE,
    BinanceMarket,
    Grid,
    GridError,
    Kind,
    TextLevel,
    decode_depth,
    decode_snapshot,
    decode_ticker,
    decode_trade,
    kind_of,
    read_head,
)
from venues.paper.l2book import FusedBook
from venues.paper.market import MarketSink

__all__ = ["CaptureError", "CaptureMarket", "CaptureStats"]

HEAD_LINES = 2000
"""Lines read ahead to recognise the market, its tick and its lot."""
MAX_PAUSE_NS = 24 * 3600 * 1_000_000_000
"""A stamp this far beyond the line before is a damaged one, not a pause."""
_MAX_HEADS = 64
_STREAMED = (Kind.TICKER, Kind.DEPTH, Kind.TRADE, Kind.OTHER)
_Handler: TypeAlias = Callable[[bytes, int], None]


class CaptureStats(msgspec.Struct):
    """What a replay has met so far, in lines."""

    lines: int = 0
    depth: int = 0
    ticker: int = 0
    trades: int = 0
    snapshots: int = 0
    other: int = 0
    """Streams that do not move the book, other symbols, prints that never touched the book."""
    gaps: int = 0
    """Times the book was dropped."""
    crossed: int = 0
    """Of those, because depth alone came out crossed."""
    malformed: int = 0
    """Lines that did not read and were skipped."""
    truncated: bool = False
    """The file ends in the middle of a line or of its gzip stream."""


class CaptureMarket:
    """Replays one recorded capture; each line is one event, at its local receive stamp.

    The venue's own stamps are not used: they run on another clock. Where local stamps step back, time stands.
    Raises `CaptureError` when the file is missing, empty, damaged or no capture; a line that does not read further
    down is counted and skipped, and an unread depth line shows as the gap it is.
    """

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        self.sink: MarketSink | None = None
        self.stats = CaptureStats()
        self.events_total: int | None = None
        """Number of events, where known before the end; a gzip does not tell. See `fraction_read`."""
        self._file = CaptureFile(self.path)
        lines = iter(self._file)
        try:
            first = list(islice(lines, HEAD_LINES))
            head = read_head(self.path, first)
        except CaptureError:
            self._file.close()
            raise
        self._instrument = head.instrument
        self._lines = chain(first, lines)
        self._prices = Grid(head.instrument.tick)
        self._sizes = Grid(head.instrument.lot, floor=True)
        self._book = FusedBook()
        self._sync = BookSync(
            self._book, self._on_gap, spot=head.market is BinanceMarket.SPOT, await_snapshot=head.has_snapshot
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
        self._line = b""
        self._ts = 0
        self._ended = False
        self._advance()
        self.start_ts = self._ts

    @property
    def instrument(self) -> Instrument:
        return self._instrument

    @property
    def book(self) -> FusedBook:
        return self._book

    @property
    def fraction_read(self) -> float:
        """Progress, 0 to 1, by the bytes of the file that were taken."""
        return self._file.fraction_read

    def close(self) -> None:
        self._file.close()
        self._ended = True

    def next_ts(self) -> int | None:
        return None if self._ended else self._ts

    def step(self) -> None:
        if self._ended:
            return
        line = self._line
        handle = self._handlers.get(line[BODY_AT : line.find(b",", BODY_AT)]) or self._learn_kind(line)
        try:
            handle(line, self._ts)
        except (*UNREADABLE, GridError):
            self.stats.malformed += 1
        self._advance()

    # -- lines ---------------------------------------------------------------------------------------------------

    def _advance(self) -> None:
        """Find the next line with a stamp."""
        stats = self.stats
        for line in self._lines:
            stamp = line[:STAMP_DIGITS]  # as `stamp_of`, without the call
            if not (line[STAMP_DIGITS:BODY_AT] == b" " and stamp.isdigit()):
                if line.strip():
                    stats.lines += 1
                    stats.malformed += 1
                continue
            stats.lines += 1
            ts = int(stamp)
            if ts > self._ts:
                if ts - self._ts > MAX_PAUSE_NS and self._ts:
                    stats.malformed += 1
                    continue
                self._ts = ts
            self._line = line
            return
        self._ended = True
        self.stats.truncated = self._file.truncated

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

    def _on_gap(self, text: str, crossed: bool) -> None:
        self.stats.gaps += 1
        self.stats.crossed += crossed
        if self.sink is not None:
            self.sink.on_gap(self, self._ts, f"{self._instrument.symbol}: {text}; the book was dropped")
