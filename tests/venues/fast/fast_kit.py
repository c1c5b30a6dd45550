"""A listener that notes what it hears and can be waited on, markets, and a venue of plain frames on loopback."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from decimal import Decimal

import msgspec
from aiohttp import WSMsgType, web

from venues.fast.ladder import NumberLevel
from venues.model import BookUpdate, Instrument, InstrumentKind

WAIT_S = 20.0


def instrument(symbol: str, tick: str = "0.1", lot: str = "0.001") -> Instrument:
    return Instrument(
        symbol=symbol,
        base=symbol[:3],
        quote="USDT",
        settle="USDT",
        kind=InstrumentKind.LINEAR,
        tick=Decimal(tick),
        lot=Decimal(lot),
        min_qty=Decimal(lot),
    )


BTC = instrument("BTCUSDT")
ETH = instrument("ETHUSDT", "0.01")


decode_levels = msgspec.json.Decoder(list[NumberLevel], strict=False).decode


def levels(*pairs: tuple[str, str]) -> list[NumberLevel]:
    """As a decoder reads them."""
    return decode_levels(msgspec.json.encode(pairs))


class Heard:
    """A `BookListener`."""

    def __init__(self) -> None:
        self.books: list[BookUpdate] = []
        self.gaps: list[tuple[str, str]] = []
        self.alive: list[tuple[bool, str]] = []
        self.log: list[str] = []
        self._changed = asyncio.Event()

    def on_book(self, update: BookUpdate) -> None:
        self.books.append(update)
        self._note(f"book {update.symbol}" if update.bids or update.asks else f"empty {update.symbol}")

    def on_gap(self, symbol: str, text: str) -> None:
        self.gaps.append((symbol, text))
        self._note(f"gap {symbol}")

    def on_alive(self, alive: bool, text: str) -> None:
        self.alive.append((alive, text))
        self._note(f"alive {alive}")

    def last(self, symbol: str) -> BookUpdate:
        return next(book for book in reversed(self.books) if book.symbol == symbol)

    async def until(self, true: Callable[[], bool]) -> None:
        """Wait until it is so, looked at after each thing heard."""
        async with asyncio.timeout(WAIT_S):
            while not true():
                self._changed.clear()
                await self._changed.wait()

    def _note(self, text: str) -> None:
        self.log.append(text)
        self._changed.set()


class LoopbackVenue:
    """HTTP and websocket on one port; what is asked is kept, what is answered is the test's. Use as a context."""

    def __init__(self) -> None:
        self.asked: list[dict[str, object]] = []
        """Messages of clients, all connections."""
        self.sockets: list[web.WebSocketResponse] = []
        self.fetched: list[str] = []
        self.on_text: Callable[[web.WebSocketResponse, dict[str, object]], object] = lambda socket, message: None
        self.on_get: Callable[[str, dict[str, str]], tuple[int, object]] = lambda path, query: (404, {})
        self._runner: web.AppRunner | None = None
        self._port = 0
        self._tasks: set[asyncio.Task[None]] = set()
        self._changed = asyncio.Event()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._port}"

    async def __aenter__(self) -> LoopbackVenue:
        app = web.Application()
        app.router.add_route("GET", "/{path:.*}", self._handle)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", self._port)
        await site.start()
        self._port = self._runner.addresses[0][1]
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._runner is not None
        self.cut()
        await self._runner.cleanup()

    def say(self, message: object, socket: web.WebSocketResponse | None = None) -> None:
        """To one client, or to the newest."""
        raw = message if isinstance(message, bytes) else msgspec.json.encode(message)
        task = asyncio.ensure_future((socket or self.sockets[-1]).send_str(raw.decode()))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def cut(self) -> None:
        """Every connection, without a close frame."""
        for socket in self.sockets:
            if socket._req is not None and socket._req.transport is not None:
                socket._req.transport.abort()
        self.sockets.clear()

    async def until(self, true: Callable[[], bool]) -> None:
        async with asyncio.timeout(WAIT_S):
            while not true():
                self._changed.clear()
                await self._changed.wait()

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        if request.headers.get("upgrade", "").lower() == "websocket":
            return await self._listen(request)
        self.fetched.append(request.path_qs)
        self._changed.set()
        status, body = self.on_get(request.path, dict(request.query))
        return web.Response(status=status, body=msgspec.json.encode(body), headers={"Retry-After": "0"})

    async def _listen(self, request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        self.sockets.append(socket)
        self._changed.set()
        async for message in socket:
            if message.type is WSMsgType.TEXT:
                told = msgspec.json.decode(message.data)
                self.asked.append(told)
                self.on_text(socket, told)
                self._changed.set()
        return socket
