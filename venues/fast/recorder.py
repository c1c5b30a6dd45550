"""Records what the streams of a venue send: a capture for each market, which a simulation replays."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Mapping
from pathlib import Path

from venues.fast.binanceusdm import DEPTH_STREAM, BinanceUsdmBooks
from venues.fast.capture_writer import CaptureWriter
from venues.model import BookUpdate, Clock, Instrument

STREAMS = (DEPTH_STREAM, "bookTicker", "trade")
FLUSH_S = 1.0
"""So much is lost at most where the process is killed."""
STREAM_OF = {"depthUpdate": DEPTH_STREAM, "bookTicker": "bookTicker", "trade": "trade"}


class Recorder:
    """Keeps one book source running with its taps on the files. A gap or a new connection fetches a snapshot, which is
    written like everything else, so a replay finds the book again where the recording did."""

    def __init__(
        self, instruments: Mapping[str, Instrument], paths: Mapping[str, Path], clock: Clock, *, endpoint: str = ""
    ) -> None:
        """Raises `OSError` where a file is there already or cannot be made, `ValueError` for `endpoint`."""
        self._clock = clock
        self.notes: list[str] = []
        """Gaps and lost connections, oldest first; the newest hundred."""
        self.writers: dict[str, CaptureWriter] = {}
        ids = {symbol: symbol for symbol in instruments}
        self._source = BinanceUsdmBooks(
            instruments,
            ids,
            self,
            rng=random.Random(clock.monotonic_ns()),
            endpoint=endpoint,
            streams=STREAMS,
            tap=self._tap,
        )
        try:
            for symbol in instruments:
                self.writers[symbol] = CaptureWriter(paths[symbol])
        except OSError:
            self.close()
            raise

    async def run(self) -> None:
        """Until cancelled; raises `OSError` where a file cannot be written any more."""
        self._source.subscribe(self.writers)
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._source.run())
            tasks.create_task(self._flush())

    def close(self) -> None:
        for writer in self.writers.values():
            writer.close()

    async def _flush(self) -> None:
        while True:
            await asyncio.sleep(FLUSH_S)
            for writer in self.writers.values():
                writer.flush()

    def _tap(self, symbol: str, kind: str, message: bytes) -> None:
        stream = STREAM_OF.get(kind)
        if stream is not None:
            message = b'{"stream":"%b@%b","data":%b}' % (symbol.lower().encode(), stream.encode(), message)
        self.writers[symbol].put(self._clock.now_ns(), message)

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
