"""Books through ccxt: its floats snapped to ticks and lots, and emptied whenever they cannot be trusted."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from functools import partial

from venues.live.book_source import BookListener
from venues.live.dialect import Dialect, Stream
from venues.live.exchange import Exchange
from venues.live.streams import WatchedStream
from venues.model import NS_PER_MS, BookUpdate, Clock, Instrument, Level

DEPTH = 20
"""Levels a side that are told."""
PREFIX = "books:"


class CcxtBookFeed:
    """A `BookSource` over `watch_order_book`: one task a symbol, and each reads whatever the book is when it wakes, so
    that a burst of messages becomes one update."""

    def __init__(
        self,
        exchange: Exchange,
        dialect: Dialect,
        instruments: Mapping[str, Instrument],
        ccxt_symbols: Mapping[str, str],
        market_ids: Mapping[str, str],
        listener: BookListener,
        clock: Clock,
    ) -> None:
        """`ccxt_symbols` and `market_ids`: by our symbol."""
        self._exchange = exchange
        self._dialect = dialect
        self._instruments = instruments
        self._ccxt_symbols = ccxt_symbols
        self._market_ids = market_ids
        self._listener = listener
        self._clock = clock
        self._streams: dict[str, WatchedStream] = {}
        self._steps = {name: (float(item.tick), float(item.lot)) for name, item in instruments.items()}
        self._seq: dict[str, int] = {}
        self._told: dict[str, tuple[object, object]] = {}
        """(nonce, timestamp) of the book that was told last."""
        self._down: dict[str, str] = {}
        self._alive: bool | None = None
        self._new = asyncio.Event()
        self._running: dict[str, asyncio.Task[None]] = {}

    def subscribe(self, symbols: Iterable[str]) -> None:
        for symbol in symbols:
            if symbol not in self._streams:
                self._streams[symbol] = WatchedStream(
                    PREFIX + symbol,
                    self._exchange,
                    partial(self._listen, symbol),
                    self._on_change,
                    silence_s=self._dialect.silence_s.get(Stream.BOOKS),
                    before_redial=lambda: self._dialect.before_redial(self._exchange.ccxt, Stream.BOOKS),
                )
        self._new.set()

    async def run(self) -> None:
        try:
            while True:
                self._new.clear()
                for symbol, stream in self._streams.items():
                    if symbol not in self._running:
                        self._running[symbol] = asyncio.create_task(stream.run(), name=stream.name)
                await self._new.wait()
        finally:
            for task in self._running.values():
                task.cancel()
            await asyncio.gather(*self._running.values(), return_exceptions=True)
            self._running.clear()

    def opened(self, stream: str) -> None:
        """The socket of one of our streams is open."""
        found = self._streams.get(stream.removeprefix(PREFIX))
        if found is not None:
            found.opened()

    def sweep(self, stream: str) -> None:
        """Something came between two waits: tell the book if it has moved."""
        symbol = stream.removeprefix(PREFIX)
        book = self._exchange.ccxt.orderbooks.get(self._ccxt_symbols[symbol])
        if book is not None and self._told.get(symbol) != (book.get("nonce"), book.get("timestamp")):
            self._tell(symbol)

    async def _listen(self, symbol: str) -> None:
        ccxt_symbol = self._ccxt_symbols[symbol]
        what = f"the book of {symbol}"
        await self._exchange.ask(what, self._dialect.watch_book(self._exchange.ccxt, ccxt_symbol))
        self._tell(symbol)

    def _tell(self, symbol: str) -> None:
        book = self._exchange.ccxt.orderbooks.get(self._ccxt_symbols[symbol])
        if book is None:
            return
        tick, lot = self._steps[symbol]
        stamp = book.get("timestamp")
        self._told[symbol] = (book.get("nonce"), stamp)
        bids, asks = levels(book["bids"], tick, lot), levels(book["asks"], tick, lot)
        self._update(symbol, stamp * NS_PER_MS if stamp else self._clock.now_ns(), bids, asks)

    def _update(self, symbol: str, ts: int, bids: tuple[Level, ...], asks: tuple[Level, ...]) -> None:
        self._seq[symbol] = seq = self._seq.get(symbol, 0) + 1
        self._listener.on_book(BookUpdate(symbol, seq, ts, bids, asks))

    def _on_change(self, stream: str, up: bool, reason: str) -> None:
        symbol = stream.removeprefix(PREFIX)
        if up:
            self._down.pop(symbol, None)
        else:
            self._down[symbol] = reason
            self._exchange.ccxt.orderbooks.pop(self._ccxt_symbols[symbol], None)
            self._exchange.forget_book(self._market_ids[symbol])
            self._told.pop(symbol, None)
            self._update(symbol, self._clock.now_ns(), (), ())
            self._listener.on_gap(symbol, reason)
        alive = not self._down
        if alive is not self._alive:
            self._alive = alive
            self._listener.on_alive(alive, reason)


def levels(side: Sequence[Sequence[float]], tick: float, lot: float) -> tuple[Level, ...]:
    """The best levels of one side, in ticks and lots; what is less than half a lot is none."""
    found = []
    for level in side:
        lots = round(level[1] / lot)
        if lots > 0:
            found.append((round(level[0] / tick), lots))
            if len(found) == DEPTH:
                break
    return tuple(found)
