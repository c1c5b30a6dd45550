"""The fast path against the served paper exchange, which nobody wrote for it: same books, and back after faults."""

from __future__ import annotations

import asyncio
import contextlib
import random
from collections.abc import AsyncIterator

import msgspec
import pytest
from fast_kit import Heard

from venues.fast.rest import fetch
from venues.fast.shown import DEPTH
from venues.fast.sources import book_source_for
from venues.fast.usdm_markets import usdm_instruments
from venues.live.book_source import BookSource
from venues.model import Side, SystemClock
from venues.served.faults import Fault, FaultKind
from venues.served.house import HouseSpec
from venues.served.registry import dialect_factory
from venues.served.serving import Serving


class Served:
    def __init__(self, serving: Serving, source: BookSource, heard: Heard) -> None:
        self.serving = serving
        self.source = source
        self.heard = heard

    @property
    def symbol(self) -> str:
        return next(iter(self.serving.house.markets))

    def same(self) -> bool:
        """Whether what was told last is what the exchange has now."""
        books = [book for book in self.heard.books if book.symbol == self.symbol]
        market = self.serving.house.markets[self.symbol]
        return bool(books) and (books[-1].bids, books[-1].asks) == (
            market.levels(Side.BUY, DEPTH),
            market.levels(Side.SELL, DEPTH),
        )


@pytest.fixture(params=["binanceusdm", "lighter"])
async def served(request: pytest.FixtureRequest) -> AsyncIterator[Served]:
    name = str(request.param)
    factory = dialect_factory(name)
    spec = HouseSpec(venue=factory.venue, bases=("BTC", "ETH"), seed=5, event_rate=8.0)
    serving = Serving(factory, spec, SystemClock())
    url = (await serving.start()).url
    instruments = serving.house.instruments
    ids = {symbol: symbol for symbol in instruments}
    if name == "lighter":
        listed = msgspec.json.decode(await fetch(f"{url}/api/v1/orderBookDetails"))["order_book_details"]
        ids = {market["symbol"]: str(market["market_id"]) for market in listed}
    else:
        found = await usdm_instruments(instruments, url)
        for symbol, instrument in instruments.items():
            assert (found[symbol].tick, found[symbol].lot) == (instrument.tick, instrument.lot)
    heard = Heard()
    make = book_source_for(name, rng=random.Random(1), endpoint=url)
    assert make is not None
    source = make(instruments, ids, heard)
    source.subscribe(instruments)
    task = asyncio.ensure_future(source.run())
    yield Served(serving, source, heard)
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task
    await serving.stop()


async def test_the_books_are_those_of_the_exchange(served: Served) -> None:
    await served.heard.until(served.same)
    told = len(served.heard.books)
    await served.heard.until(lambda: len(served.heard.books) > told + 10 and served.same())
    assert served.heard.gaps == []


async def test_a_gap_is_noticed_and_mended(served: Served) -> None:
    await served.heard.until(served.same)
    served.serving.front.switch_on(Fault(FaultKind.GAP))
    await served.heard.until(lambda: any(symbol == served.symbol for symbol, _ in served.heard.gaps))
    await served.heard.until(served.same)


async def test_cut_connections_come_back(served: Served) -> None:
    await served.heard.until(served.same)
    for session in list(served.serving.front.sessions):
        session.close()
    await served.heard.until(lambda: (False, "closed by the venue (1001)") in served.heard.alive)
    await served.heard.until(lambda: served.heard.alive[-1][0] and served.same())
