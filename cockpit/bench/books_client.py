"""A process of the books bench that receives books one way, and says what that cost.

Run as `python -m cockpit.bench.books_client WORK` (JSON of `Work`); prints one line of JSON, a `Cost`.
"""

from __future__ import annotations

import asyncio
import gc
import os
import random
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from enum import StrEnum
from pathlib import Path
from typing import Any

import msgspec

from cockpit.bench.process import rss_mb
from venues.eventloop import loop_factory
from venues.fast.sources import book_source_for
from venues.model import BookUpdate

PATIENCE_S = 60.0


class Way(StrEnum):
    FAST = "fast"
    """Our own decoder, each update told whole."""
    CCXT = "ccxt"
    """ccxt.pro alone, one watch of all markets, its books kept and looked at, nothing made of them."""
    ADAPTER = "adapter"
    """`CcxtVenue`, each update told whole."""
    DESK = "desk"
    """A desk with a `CcxtVenue` on each venue."""
    DESK_FAST = "desk_fast"
    """The same, with the fast path where there is one."""
    DESK_WHOLE = "desk_whole"
    """As `DESK`, but all of ccxt.pro was imported."""


class Work(msgspec.Struct, frozen=True):
    way: Way
    endpoints: Mapping[str, str]
    symbols: Mapping[str, tuple[str, ...]]
    warm_up_s: float
    seconds: float


class Cost(msgspec.Struct, frozen=True):
    cpu_s: float
    """User and system time of all threads."""
    seconds: float
    rss_mb: float
    told: int
    """Books that came out at our end."""


class Count:
    """Books that came out at our end."""

    def __init__(self) -> None:
        self.told = 0
        self.seen: set[tuple[str, str]] = set()
        self.gaps: list[str] = []

    def at(self, venue: str) -> Counter:
        return Counter(self, venue)


class Counter:
    """A `BookListener` of one venue."""

    def __init__(self, count: Count, venue: str) -> None:
        self._count = count
        self._venue = venue

    def on_book(self, update: BookUpdate) -> None:
        if update.bids:
            self._count.told += 1
            self._count.seen.add((self._venue, update.symbol))

    def on_gap(self, symbol: str, text: str) -> None:
        self._count.gaps.append(f"{symbol}: {text}")

    def on_alive(self, alive: bool, text: str) -> None:
        """The bench waits for books themselves."""


@asynccontextmanager
async def fast(work: Work, count: Count) -> AsyncIterator[None]:
    from venues.fast.usdm_markets import usdm_instruments

    (venue, symbols), endpoint = next(iter(work.symbols.items())), next(iter(work.endpoints.values()))
    instruments = await usdm_instruments(symbols, endpoint)
    make = book_source_for(venue, rng=random.Random(1), endpoint=endpoint)
    assert make is not None
    source = make(instruments, {symbol: symbol for symbol in symbols}, count.at(venue))
    source.subscribe(symbols)
    async with running(source.run()):
        yield


@asynccontextmanager
async def ccxt(work: Work, count: Count) -> AsyncIterator[None]:
    from venues.live import lean_ccxt
    from venues.live.exchange import retarget

    (venue, symbols), endpoint = next(iter(work.symbols.items())), next(iter(work.endpoints.values()))
    exchange: Any = lean_ccxt.load(venue)({"options": {"fetchCurrencies": False}})  # ccxt's classes are untyped
    retarget(exchange.urls, endpoint)
    await exchange.load_markets()
    names = [exchange.markets_by_id[symbol][0]["symbol"] for symbol in symbols]

    async def watch() -> None:
        while True:
            book = await exchange.watch_order_book_for_symbols(names)
            count.told += 1
            count.seen.add((venue, book["symbol"]))

    try:
        async with running(watch()):
            yield
    finally:
        await exchange.close()


@asynccontextmanager
async def venues(work: Work, count: Count) -> AsyncIterator[None]:
    """Each venue's adapter, in a desk or with a plain listener."""
    from cockpit.bench.books_desk import adapters, desk_of, watch

    made = adapters(work.endpoints, work.symbols, fast=work.way is Way.DESK_FAST)
    async with AsyncExitStack() as stack:
        if work.way is Way.ADAPTER:
            await stack.enter_async_context(watch(made, work.symbols, count))
        else:
            folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="cockpit-bench-"))
            await stack.enter_async_context(desk_of(made, Path(folder) / "journal.sqlite", count))
        yield


WAYS = {Way.FAST: fast, Way.CCXT: ccxt}


@asynccontextmanager
async def running(work: Any) -> AsyncIterator[None]:
    task = asyncio.ensure_future(work)
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def measure(work: Work) -> Cost:
    count = Count()
    wanted = sum(map(len, work.symbols.values()))
    async with WAYS.get(work.way, venues)(work, count):
        loop = asyncio.get_running_loop()
        late = loop.time() + PATIENCE_S
        while len(count.seen) < wanted:
            await asyncio.sleep(0.05)
            if loop.time() > late:
                raise SystemExit(f"{work.way}: {len(count.seen)} of {wanted} books came; {count.gaps[-3:]}")
        gc.collect()
        gc.freeze()
        await asyncio.sleep(work.warm_up_s)
        began, spent, told = loop.time(), time.process_time(), count.told
        await asyncio.sleep(work.seconds)
        return Cost(
            cpu_s=time.process_time() - spent,
            seconds=loop.time() - began,
            rss_mb=rss_mb(os.getpid()),
            told=count.told - told,
        )


@contextmanager
def whole_ccxt(way: Way) -> Iterator[None]:
    if way is Way.DESK_WHOLE:
        __import__("ccxt.pro")
    yield


if __name__ == "__main__":
    asked = msgspec.json.decode(sys.argv[1], type=Work)
    with whole_ccxt(asked.way), asyncio.Runner(loop_factory=loop_factory()) as runner:
        sys.stdout.write(msgspec.json.encode(runner.run(measure(asked))).decode() + "\n")
