"""Records what the streams of a venue send: a capture for each market, which a simulation replays."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Mapping
from pathlib import Path

from venues.fast.binanceusdm import DEPTH_STREAM, BinanceUsdmBooks
from venues.fast.capture_writer import CaptureWriter
from venues.fast.lighter import LighterBooks
from venues.fast.lighter_markets import Listed, lighter_markets
from venues.fast.usdm_markets import usdm_instruments
from venues.live.book_source import BookSource
from venues.model import BookUpdate, Clock, Instrument

FLUSH_S = 1.0
"""So much is lost at most where the process is killed."""


STREAMS = (DEPTH_STREAM, "bookTicker", "trade")
STREAM_OF = {"depthUpdate": DEPTH_STREAM, "bookTicker": "bookTicker", "trade": "trade"}


class Recorder:
    """Keeps one book source running with its taps on the files. A gap or a new connection fetches the whole book, which
    is written like everything else, so a replay finds the book again where the recording did."""

    def __init__(self, make: Callable[[Recorder], BookSource], paths: Mapping[str, Path], clock: Clock) -> None:
        """`make` gives the source, which calls `put` with the messages of a symbol. Raises `OSError` where a file is
        there already or cannot be made, and what `make` raises."""
        self._clock = clock
        self.notes: list[str] = []
        """Gaps and lost connections, oldest first; the newest hundred."""
        self.writers: dict[str, CaptureWriter] = {}
        self._source = make(self)
        try:
            for symbol, path in paths.items():
                self.writers[symbol] = CaptureWriter(path)
        except OSError:
            self.close()
            raise

    async def run(self) -> None:
        """Until cancelled; raises `OSError` where a file cannot be written any more."""
        self._source.subscribe(self.writers)
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._source.run())
            tasks.create_task(self._flush())

    def put(self, symbol: str, message: bytes) -> None:
        """One message as it came, stamped now."""
        self.writers[symbol].put(self._clock.now_ns(), message)

    def close(self) -> None:
        for writer in self.writers.values():
            writer.close()

    async def _flush(self) -> None:
        while True:
            await asyncio.sleep(FLUSH_S)
            for writer in self.writers.values():
                writer.flush()

    # -- BookListener --------------------------------------------------------------------------------------------

    def on_book(self, update: BookUpdate) -> None:
        """Books themselves are not recorded: what they are made of is."""

    def on_gap(self, symbol: str, text: str) -> None:
        self._note(f"{symbol}: {text}")

    def on_alive(self, alive: bool, text: str) -> None:
        self._note("books come" if alive else f"no books: {text}")

    def _note(self, text: str) -> None:
        self.notes.append(text)
        del self.notes[:-100]


def usdm_recorder(
    instruments: Mapping[str, Instrument], paths: Mapping[str, Path], clock: Clock, *, endpoint: str = ""
) -> Recorder:
    """Depth, best bid and ask, and trades of Binance USD-M. Raises `OSError`, and `ValueError` for `endpoint`."""

    def make(recorder: Recorder) -> BookSource:
        def tap(symbol: str, kind: str, message: bytes) -> None:
            stream = STREAM_OF.get(kind)
            if stream is not None:
                message = b'{"stream":"%b@%b","data":%b}' % (symbol.lower().encode(), stream.encode(), message)
            recorder.put(symbol, message)

        ids = {symbol: symbol for symbol in instruments}
        rng = random.Random(clock.monotonic_ns())
        return BinanceUsdmBooks(instruments, ids, recorder, rng=rng, endpoint=endpoint, streams=STREAMS, tap=tap)

    return Recorder(make, paths, clock)


def lighter_recorder(
    markets: Mapping[str, Listed], paths: Mapping[str, Path], clock: Clock, *, endpoint: str = ""
) -> Recorder:
    """The book and the trades of Lighter's markets; each file begins with its market's listing. Raises `OSError`, and
    `ValueError` for `endpoint`."""

    def make(recorder: Recorder) -> BookSource:
        return LighterBooks(
            {symbol: listed.details.instrument() for symbol, listed in markets.items()},
            {symbol: str(listed.details.market_id) for symbol, listed in markets.items()},
            recorder,
            rng=random.Random(clock.monotonic_ns()),
            endpoint=endpoint,
            beside=("trade",),
            tap=recorder.put,
        )

    recorder = Recorder(make, paths, clock)
    for symbol, listed in markets.items():
        recorder.put(symbol, listed.raw)
    return recorder


async def recorder_of(venue: str, paths: Mapping[str, Path], clock: Clock, *, endpoint: str = "") -> Recorder:
    """The recorder of one venue's markets. Raises `FetchError`, `InstrumentError`, `OSError` or `ValueError`."""
    if venue == "lighter":
        return lighter_recorder(await lighter_markets(paths, endpoint), paths, clock, endpoint=endpoint)
    return usdm_recorder(await usdm_instruments(paths, endpoint), paths, clock, endpoint=endpoint)
