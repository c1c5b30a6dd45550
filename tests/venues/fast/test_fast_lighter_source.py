"""The Lighter source over real sockets, against a venue whose words the test puts in its mouth."""

from __future__ import annotations

import asyncio
import contextlib
import random
from collections.abc import AsyncIterator

import pytest
from aiohttp import web
from fast_kit import Heard, LoopbackVenue, instrument

from venues.fast.lighter import LighterBooks

INSTRUMENTS = {"ETH": instrument("ETH", "0.01", "0.0001"), "BTC": instrument("BTC", "0.1", "0.00001")}
IDS = {"ETH": "0", "BTC": "1"}


class Lighter:
    def __init__(self, venue: LoopbackVenue) -> None:
        self.venue = venue
        self.heard = Heard()
        self.nonce = 100
        self.price = "100.0"
        """Of the only bid of a book that comes whole."""
        self.mute = 0
        """So many subscriptions get no answer."""
        venue.on_text = self._text

    def source(self, **options: float) -> LighterBooks:
        return LighterBooks(INSTRUMENTS, IDS, self.heard, rng=random.Random(1), endpoint=self.venue.url, **options)

    def update(self, begin: int, nonce: int, price: str, market: int = 0) -> None:
        self.venue.say(self._book("update", market, begin, nonce, price))

    def _text(self, socket: web.WebSocketResponse, message: dict[str, object]) -> None:
        if message["type"] == "unsubscribe":
            self.venue.say({"type": "unsubscribed", "channel": str(message["channel"]).replace("/", ":")}, socket)
        elif message["type"] == "subscribe":
            if self.mute:
                self.mute -= 1
                return
            self.venue.say(
                self._book("subscribed", int(str(message["channel"])[-1]), 0, self.nonce, self.price), socket
            )

    def _book(self, kind: str, market: int, begin: int, nonce: int, price: str) -> dict[str, object]:
        book = {"bids": [{"price": price, "size": "1"}], "asks": [], "nonce": nonce, "begin_nonce": begin}
        return {"type": f"{kind}/order_book", "channel": f"order_book:{market}", "timestamp": 5, "order_book": book}

    def asked(self) -> list[str]:
        return [f"{message['type']} {message.get('channel', '')}".strip() for message in self.venue.asked]


@pytest.fixture
async def lighter() -> AsyncIterator[Lighter]:
    async with LoopbackVenue() as venue:
        yield Lighter(venue)


@contextlib.asynccontextmanager
async def running(source: LighterBooks) -> AsyncIterator[None]:
    task = asyncio.ensure_future(source.run())
    try:
        yield
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


async def test_a_hole_is_mended_by_a_new_subscription(lighter: Lighter) -> None:
    source = lighter.source()
    source.subscribe(["ETH"])
    async with running(source):
        await lighter.heard.until(lambda: len(lighter.heard.books) == 1)
        lighter.nonce = 200
        lighter.update(105, 110, "101.0")
        await lighter.heard.until(lambda: len(lighter.heard.books) == 3)
        lighter.update(200, 201, "102.0")
        await lighter.heard.until(lambda: len(lighter.heard.books) == 4)
    assert lighter.heard.log == ["alive True", "book ETH", "empty ETH", "gap ETH", "book ETH", "book ETH"]
    assert lighter.heard.last("ETH").bids == ((10200, 10000), (10000, 10000))
    assert lighter.asked() == ["subscribe order_book/0", "unsubscribe order_book/0", "subscribe order_book/0"]


async def test_a_change_that_does_not_read_loses_its_book_at_once(lighter: Lighter) -> None:
    source = lighter.source()
    source.subscribe(["ETH"])
    async with running(source):
        await lighter.heard.until(lambda: len(lighter.heard.books) == 1)
        lighter.update(100, 110, "1O1.0")
        await lighter.heard.until(lambda: len(lighter.heard.books) == 3)
    assert lighter.heard.log == ["alive True", "book ETH", "empty ETH", "gap ETH", "book ETH"]
    assert "a message does not read: Expected `float`, got `str`" in lighter.heard.gaps[0][1]


async def test_a_book_that_does_not_read_is_told_and_asked_for_again(lighter: Lighter) -> None:
    source = lighter.source()
    lighter.price = "1O0.0"
    source.subscribe(["ETH"])
    async with running(source):
        await lighter.heard.until(lambda: len(lighter.heard.gaps) == 1)
        lighter.price = "100.0"
        await lighter.heard.until(lambda: len(lighter.heard.books) == 1)
    assert "a message does not read: Expected `float`, got `str`" in lighter.heard.gaps[0][1]


async def test_a_subscription_without_an_answer_is_made_again(lighter: Lighter) -> None:
    lighter.mute = 2
    source = lighter.source(answer_s=0.05)
    source.subscribe(["ETH"])
    async with running(source):
        await lighter.heard.until(lambda: bool(lighter.heard.books))
    assert lighter.asked().count("subscribe order_book/0") == 3


async def test_losses_in_a_row_are_mended_ever_later(lighter: Lighter) -> None:
    source = lighter.source(answer_s=0.05)
    source.subscribe(["ETH"])
    async with running(source):
        for times in range(1, 4):
            await lighter.heard.until(lambda: bool(lighter.heard.books) and bool(lighter.heard.books[-1].bids))
            lighter.update(1, 999, "101.0")
            await lighter.heard.until(lambda times=times: len(lighter.heard.gaps) == times)
        await lighter.heard.until(lambda: bool(lighter.heard.books[-1].bids))
    assert lighter.asked().count("unsubscribe order_book/0") == 3


async def test_two_markets_one_asked_for_while_it_runs(lighter: Lighter) -> None:
    source = lighter.source()
    source.subscribe(["ETH"])
    async with running(source):
        await lighter.heard.until(lambda: len(lighter.heard.books) == 1)
        source.subscribe(["ETH", "BTC"])
        await lighter.heard.until(lambda: len(lighter.heard.books) == 2)
        lighter.update(100, 101, "7.0", market=3)
        lighter.venue.say({"type": "update/ticker", "channel": "ticker:0"})
        lighter.venue.say({"type": "connected", "session_id": "x"})
        lighter.venue.say(b"{")
        lighter.update(100, 101, "101.0", market=1)
        await lighter.heard.until(lambda: len(lighter.heard.books) == 3)
    assert len(lighter.venue.sockets) == 1
    assert lighter.heard.last("BTC").bids == ((1010, 100000), (1000, 100000))
    assert lighter.heard.gaps == []


async def test_a_ping_of_the_venue_is_answered(lighter: Lighter) -> None:
    source = lighter.source()
    source.subscribe(["ETH"])
    async with running(source):
        await lighter.heard.until(lambda: bool(lighter.heard.books))
        lighter.venue.say({"type": "ping"})
        await lighter.venue.until(lambda: "pong" in lighter.asked())


async def test_a_cut_connection_empties_the_books_and_comes_back(lighter: Lighter) -> None:
    source = lighter.source()
    source.subscribe(["ETH", "BTC"])
    async with running(source):
        await lighter.heard.until(lambda: len(lighter.heard.books) == 2)
        lighter.venue.cut()
        await lighter.heard.until(lambda: len(lighter.heard.books) == 6)
    assert lighter.heard.log[3:6] == ["empty ETH", "empty BTC", "alive False"]


async def test_a_refusal_is_told_with_the_words_of_the_venue(lighter: Lighter) -> None:
    lighter.venue.on_text = lambda socket, message: lighter.venue.say(
        {"error": {"code": 30005, "message": "Invalid Channel"}}, socket
    )
    source = lighter.source()
    source.subscribe(["ETH"])
    async with running(source):
        await lighter.heard.until(lambda: bool(lighter.heard.alive))
    assert lighter.heard.alive == [(False, "the venue refused: 30005 Invalid Channel")]
