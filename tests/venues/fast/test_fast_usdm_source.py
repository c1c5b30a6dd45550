"""The USD-M source over real sockets, against a venue whose words the test puts in its mouth."""

from __future__ import annotations

import asyncio
import contextlib
import random
from collections.abc import AsyncIterator

import pytest
from aiohttp import web
from fast_kit import BTC, ETH, Heard, LoopbackVenue

from venues.fast.binanceusdm import BinanceUsdmBooks
from venues.fast.sources import FAST, book_source_for

INSTRUMENTS = {"BTCUSDT": BTC, "ETHUSDT": ETH}
IDS = {symbol: symbol for symbol in INSTRUMENTS}


class Usdm:
    """A venue, a source of its books, and what was heard."""

    def __init__(self, venue: LoopbackVenue) -> None:
        self.venue = venue
        self.heard = Heard()
        self.snapshots = {"BTCUSDT": 10, "ETHUSDT": 10}
        self.failures: list[tuple[int, object]] = []
        """Answers to the next snapshot requests, before it gives any."""
        self.taps: list[tuple[str, str]] = []
        venue.on_get = self._get
        venue.on_text = self._text

    def source(self, **options: object) -> BinanceUsdmBooks:
        options = {"silence_s": 15.0, **options}
        return BinanceUsdmBooks(INSTRUMENTS, IDS, self.heard, rng=random.Random(1), endpoint=self.venue.url, **options)  # type: ignore[arg-type]

    def depth(self, first: int, last: int, previous: int, price: str = "101.0", symbol: str = "BTCUSDT") -> None:
        message = {"e": "depthUpdate", "E": 1_700_000_000_000, "T": 1, "s": symbol, "U": first, "u": last}
        self.venue.say(message | {"pu": previous, "b": [[price, "2"]], "a": []})

    def _get(self, path: str, query: dict[str, str]) -> tuple[int, object]:
        assert path == "/fapi/v1/depth"
        assert query["limit"] == "1000"
        if self.failures:
            return self.failures.pop(0)
        number = self.snapshots[query["symbol"]]
        return 200, {"lastUpdateId": number, "E": 1_700_000_000_000, "bids": [["100.0", "1"]], "asks": [["200.0", "1"]]}

    def _text(self, socket: web.WebSocketResponse, message: dict[str, object]) -> None:
        self.venue.say({"result": None, "id": message["id"]}, socket)


@pytest.fixture
async def usdm() -> AsyncIterator[Usdm]:
    async with LoopbackVenue() as venue:
        yield Usdm(venue)


@contextlib.asynccontextmanager
async def running(source: BinanceUsdmBooks) -> AsyncIterator[None]:
    task = asyncio.ensure_future(source.run())
    try:
        yield
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


async def test_a_venue_that_is_not_there_is_told_once_and_found_when_it_comes(usdm: Usdm) -> None:
    await usdm.venue.__aexit__()
    source = usdm.source()
    source.subscribe(["BTCUSDT"])
    async with running(source):
        await usdm.heard.until(lambda: bool(usdm.heard.alive))
        assert usdm.heard.alive[0][0] is False
        assert "no connection" in usdm.heard.alive[0][1]
        async with usdm.venue:
            await usdm.heard.until(lambda: bool(usdm.heard.books))
    assert [alive for alive, _ in usdm.heard.alive] == [False, True]


async def test_books_of_two_markets_come_over_one_connection(usdm: Usdm) -> None:
    source = usdm.source()
    source.subscribe(["BTCUSDT", "ETHUSDT"])
    async with running(source):
        await usdm.heard.until(lambda: len(usdm.heard.books) == 2)
        assert len(usdm.venue.sockets) == 1
        assert usdm.venue.asked == [
            {"method": "SUBSCRIBE", "params": ["btcusdt@depth@100ms", "ethusdt@depth@100ms"], "id": 1}
        ]
        usdm.depth(9, 12, 8)
        await usdm.heard.until(lambda: len(usdm.heard.books) == 3)
    assert usdm.heard.last("BTCUSDT").bids == ((1010, 2000), (1000, 1000))
    assert usdm.heard.last("BTCUSDT").ts_event == 1_700_000_000_000 * 1_000_000
    assert usdm.heard.last("ETHUSDT").bids == ((10000, 1000),)


async def test_a_market_may_be_asked_for_while_it_runs_and_twice(usdm: Usdm) -> None:
    source = usdm.source()
    source.subscribe(["BTCUSDT"])
    async with running(source):
        await usdm.heard.until(lambda: len(usdm.heard.books) == 1)
        source.subscribe(["BTCUSDT", "ETHUSDT"])
        await usdm.heard.until(lambda: len(usdm.heard.books) == 2)
    assert [message["params"] for message in usdm.venue.asked] == [["btcusdt@depth@100ms"], ["ethusdt@depth@100ms"]]


async def test_a_market_that_is_not_among_the_instruments_is_an_error(usdm: Usdm) -> None:
    with pytest.raises(KeyError):
        usdm.source().subscribe(["DOGEUSDT"])


async def test_a_gap_is_mended_by_a_new_snapshot(usdm: Usdm) -> None:
    source = usdm.source()
    source.subscribe(["BTCUSDT"])
    async with running(source):
        await usdm.heard.until(lambda: len(usdm.heard.books) == 1)
        usdm.depth(9, 12, 8)
        await usdm.heard.until(lambda: len(usdm.heard.books) == 2)
        usdm.snapshots["BTCUSDT"] = 20
        usdm.depth(19, 22, 18, "102.0")
        await usdm.heard.until(lambda: usdm.heard.books[-1].bids[:1] == ((1020, 2000),))
    assert usdm.heard.log[1:] == ["book BTCUSDT", "book BTCUSDT", "empty BTCUSDT", "gap BTCUSDT", "book BTCUSDT"]
    assert usdm.heard.last("BTCUSDT").bids == ((1020, 2000), (1000, 1000))


async def test_a_cut_connection_empties_the_books_and_comes_back(usdm: Usdm) -> None:
    source = usdm.source()
    source.subscribe(["BTCUSDT"])
    async with running(source):
        await usdm.heard.until(lambda: len(usdm.heard.books) == 1)
        usdm.venue.cut()
        await usdm.heard.until(lambda: len(usdm.heard.books) == 3)
    assert usdm.heard.log == [
        "alive True",
        "book BTCUSDT",
        "empty BTCUSDT",
        "alive False",
        "alive True",
        "book BTCUSDT",
    ]
    assert usdm.heard.gaps == []


async def test_a_connection_that_the_venue_closes_says_its_code(usdm: Usdm) -> None:
    source = usdm.source()
    source.subscribe(["BTCUSDT"])
    async with running(source):
        await usdm.heard.until(lambda: len(usdm.heard.books) == 1)
        await usdm.venue.sockets.pop().close(code=1008)
        await usdm.heard.until(lambda: len(usdm.heard.alive) == 2)
    assert usdm.heard.alive[1] == (False, "closed by the venue (1008)")


async def test_silence_is_noticed_and_dialled_anew(usdm: Usdm) -> None:
    source = usdm.source(silence_s=0.2)
    source.subscribe(["BTCUSDT"])
    async with running(source):
        await usdm.heard.until(lambda: len(usdm.heard.books) >= 3)
    assert usdm.heard.alive[1][0] is False
    assert usdm.heard.alive[1][1].startswith("silent for")


async def test_snapshots_that_fail_are_told_once_and_asked_for_again(usdm: Usdm) -> None:
    usdm.failures = [(429, {}), (200, {"code": -1}), (200, {"lastUpdateId": "x"})]
    source = usdm.source()
    source.subscribe(["BTCUSDT"])
    async with running(source):
        await usdm.heard.until(lambda: bool(usdm.heard.books))
    assert usdm.heard.gaps == [("BTCUSDT", "no snapshot: HTTP 429")]
    assert len(usdm.venue.fetched) == 4


async def test_a_snapshot_older_than_the_stream_is_asked_for_again(usdm: Usdm) -> None:
    def answer(socket: web.WebSocketResponse, message: dict[str, object]) -> None:
        usdm.depth(30, 35, 29)  # no answer to the request at all: the stream alone starts the book

    def get(path: str, query: dict[str, str]) -> tuple[int, object]:
        number = 10 if len(usdm.venue.fetched) == 1 else 32
        return 200, {"lastUpdateId": number, "bids": [["100.0", "1"]], "asks": [["200.0", "1"]]}

    usdm.venue.on_text, usdm.venue.on_get = answer, get
    source = usdm.source()
    source.subscribe(["BTCUSDT"])
    async with running(source):
        await usdm.heard.until(lambda: bool(usdm.heard.books))
    assert usdm.heard.books[0].bids == ((1010, 2000), (1000, 1000))
    assert len(usdm.venue.fetched) == 2


async def test_a_refused_subscription_says_why(usdm: Usdm) -> None:
    usdm.venue.on_text = lambda socket, message: usdm.venue.say(
        {"error": {"code": 2, "msg": "Invalid request"}, "id": message["id"]}, socket
    )
    source = usdm.source()
    source.subscribe(["BTCUSDT"])
    async with running(source):
        await usdm.heard.until(lambda: bool(usdm.heard.alive))
    assert usdm.heard.alive == [(False, "the subscription was refused: 2 Invalid request")]


async def test_damage_and_foreign_markets_are_passed_over_and_the_tap_hears_every_event(usdm: Usdm) -> None:
    taps: list[tuple[str, str, bytes]] = []
    source = usdm.source(streams=("depth@100ms", "trade"), tap=lambda *heard: taps.append(heard))
    source.subscribe(["BTCUSDT"])
    async with running(source):
        await usdm.heard.until(lambda: len(usdm.heard.books) == 1)
        for message in (b"{", b"[]", b'"x"', b'{"e":"depthUpdate"}', b'{"e":"kline","s":"BTCUSDT"}'):
            usdm.venue.say(message)
        usdm.depth(9, 12, 8, symbol="DOGEUSDT")
        usdm.venue.say(b'{"e":"trade","s":"BTCUSDT","p":"1"}')
        usdm.depth(9, 12, 8)
        await usdm.heard.until(lambda: len(usdm.heard.books) == 2)
    assert usdm.heard.gaps == []
    assert usdm.venue.asked[0]["params"] == ["btcusdt@depth@100ms", "btcusdt@trade"]
    assert [(symbol, kind) for symbol, kind, _ in taps] == [
        ("BTCUSDT", "snapshot"),
        ("BTCUSDT", "trade"),
        ("BTCUSDT", "depthUpdate"),
    ]
    assert taps[1][2] == b'{"e":"trade","s":"BTCUSDT","p":"1"}'


async def test_a_diff_that_does_not_read_loses_its_book_at_once(usdm: Usdm) -> None:
    source = usdm.source()
    source.subscribe(["BTCUSDT"])
    async with running(source):
        await usdm.heard.until(lambda: len(usdm.heard.books) == 1)
        usdm.snapshots["BTCUSDT"] = 12
        usdm.depth(9, 12, 8, price="1O1.0")
        await usdm.heard.until(lambda: len(usdm.heard.books) == 3)
    assert usdm.heard.log == ["alive True", "book BTCUSDT", "empty BTCUSDT", "gap BTCUSDT", "book BTCUSDT"]
    assert "a diff does not read: Expected `float`, got `str` - at `$.b[0][0]`" in usdm.heard.gaps[0][1]


async def test_run_waits_for_a_first_market(usdm: Usdm) -> None:
    source = usdm.source()
    async with running(source):
        source.subscribe(["BTCUSDT"])
        await usdm.heard.until(lambda: bool(usdm.heard.books))


async def test_which_venues_have_a_fast_path(usdm: Usdm) -> None:
    assert book_source_for("bybit", rng=random.Random(1)) is None
    with pytest.raises(ValueError, match="expected http://HOST:PORT"):
        book_source_for("lighter", rng=random.Random(1), endpoint="ws://x")
    assert all(book_source_for(name, rng=random.Random(1)) is not None for name in FAST)
    make = book_source_for("binanceusdm", rng=random.Random(1), endpoint=usdm.venue.url)
    assert make is not None
    source = make(INSTRUMENTS, IDS, usdm.heard)
    source.subscribe(["ETHUSDT"])
    assert isinstance(source, BinanceUsdmBooks)
    async with running(source):
        await usdm.heard.until(lambda: bool(usdm.heard.books))
