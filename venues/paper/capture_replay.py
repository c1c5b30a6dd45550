"""What every capture's replay shares: stamped lines one by one, in the time of whoever recorded them."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable
from pathlib import Path

import msgspec

from venues.model import Instrument
from venues.paper.capture_file import CaptureFile
from venues.paper.capture_format import BODY_AT, STAMP_DIGITS, UNREADABLE, GridError
from venues.paper.l2book import FusedBook
from venues.paper.market import MarketSink

MAX_PAUSE_NS = 24 * 3600 * 1_000_000_000
"""A stamp this far beyond the line before is a damaged one, not a pause."""


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


class CaptureReplay(ABC):
    """A `Market` made of a file's lines; each line is one event, at its local receive stamp.

    The venue's own stamps are not used: they run on another clock. Where local stamps step back, time stands. A line
    that does not read is counted and skipped. Subclasses say what a line does.
    """

    def __init__(self, path: Path, file: CaptureFile, lines: Iterable[bytes], instrument: Instrument) -> None:
        self.path = path
        self.sink: MarketSink | None = None
        self.stats = CaptureStats()
        self.events_total: int | None = None
        """Number of events, where known before the end; a gzip does not tell. See `fraction_read`."""
        self._file = file
        self._lines = iter(lines)
        self._instrument = instrument
        self._book = FusedBook()
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
        try:
            self._apply(self._line, self._ts)
        except (*UNREADABLE, GridError):
            self.stats.malformed += 1
        self._advance()

    @abstractmethod
    def _apply(self, line: bytes, ts: int) -> None:
        """What a line does; one that does not read may raise."""

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

    def _dropped(self, text: str, crossed: bool) -> None:
        """The book is gone: count it and tell."""
        self.stats.gaps += 1
        self.stats.crossed += crossed
        if self.sink is not None:
            self.sink.on_gap(self, self._ts, f"{self._instrument.symbol}: {text}; the book was dropped")
