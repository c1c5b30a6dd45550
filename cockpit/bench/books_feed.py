"""Four venues on loopback that list markets and send books at a given pace, in a process of its own.

Run as `python -m cockpit.bench.books_feed LOAD` (JSON of `Feed`); prints a line with the endpoints, then sends until
its stdin closes, then prints how much it sent.
"""

from __future__ import annotations

import asyncio
import os
import random
import sys
from collections.abc import Mapping
from contextlib import suppress
from typing import TypeAlias

import msgspec
from aiohttp import WSMsgType, web

from cockpit.bench.books_words import WORDS, Words
from venues.eventloop import loop_factory

Sockets: TypeAlias = dict[web.WebSocketResponse, None]


class Feed(msgspec.Struct, frozen=True):
    """What to serve."""

    venues: Mapping[str, int]
    """Name to how many of its markets have a moving book."""
    updates_per_s: float
    """Of all moving books together, evenly spread, to each client that asked for them."""
    listed: int = 600
    """Markets that each venue lists."""
    seed: int = 1


class Ready(msgspec.Struct, frozen=True):
    endpoints: Mapping[str, str]
    symbols: Mapping[str, tuple[str, ...]]
    """Markets with a moving book, by venue."""


class Sent(msgspec.Struct, frozen=True):
    ticks: int
    """Updates made; each went to every client of its market."""
    seconds: float


class FeedVenue:
    """One venue's HTTP and websocket on a port of its own."""

    def __init__(self, words: Words) -> None:
        self.words = words
        self._listeners: dict[str, Sockets] = {}  # by market
        self._runner: web.AppRunner | None = None

    async def start(self) -> str:
        app = web.Application()
        app.router.add_route("*", "/{path:.*}", self._handle)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        return f"http://127.0.0.1:{self._runner.addresses[0][1]}"

    async def stop(self) -> None:
        if self._runner is not None:
            await self._runner.cleanup()

    async def tick(self, market: str) -> None:
        """One update of a market's book, to whoever listens."""
        text = self.words.update(market)
        for socket in list(self._listeners.get(market, ())):
            with suppress(ConnectionError):  # it has what it wanted, and went
                await socket.send_str(text)

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        if request.headers.get("upgrade", "").lower() == "websocket":
            return await self._listen(request)
        told = self.words.answer(request.path, dict(request.query), await request.read())
        return web.Response(body=told, content_type="application/json")

    async def _listen(self, request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse(compress=False)
        await socket.prepare(request)
        async for message in socket:
            if message.type is not WSMsgType.TEXT:
                continue
            markets, answers = self.words.asked(msgspec.json.decode(message.data))
            for answer in answers:
                await socket.send_str(answer)
            for market in markets:
                self._listeners.setdefault(market, {})[socket] = None
        for sockets in self._listeners.values():
            sockets.pop(socket, None)
        return socket


async def serve(feed: Feed) -> None:
    loop = asyncio.get_running_loop()
    rng = random.Random(feed.seed)
    venues = {name: FeedVenue(WORDS[name](feed.listed, moving, rng)) for name, moving in feed.venues.items()}
    endpoints = {name: await venue.start() for name, venue in venues.items()}
    symbols = {name: venue.words.symbols for name, venue in venues.items()}
    _say(Ready(endpoints, symbols))
    ended = asyncio.Event()
    loop.add_reader(sys.stdin, lambda: ended.set() if not os.read(0, 4096) else None)
    every = [(venue, market) for venue in venues.values() for market in venue.words.moving]
    began, ticks = loop.time(), 0
    while not ended.is_set():
        venue, market = every[ticks % len(every)]
        await venue.tick(market)
        ticks += 1
        await asyncio.sleep(max(0.0, began + ticks / feed.updates_per_s - loop.time()))
    seconds = loop.time() - began
    loop.remove_reader(sys.stdin)
    for venue in venues.values():
        await venue.stop()
    _say(Sent(ticks, seconds))


def _say(value: object) -> None:
    sys.stdout.write(msgspec.json.encode(value).decode() + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=loop_factory()) as runner:
        runner.run(serve(msgspec.json.decode(sys.argv[1], type=Feed)))
