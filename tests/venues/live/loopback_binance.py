"""A scripted Binance USD-M: it answers the few questions that a connection needs, and says what a test tells it to."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aiohttp import WSMsgType, web

from venues.model import SystemClock

SYMBOL = "BTCUSDT"
NOW_MS = SystemClock().now_ns() // 1_000_000 + 3_600_000
"""After the start of every session of these tests."""

EXCHANGE_INFO = {
    "timezone": "UTC",
    "serverTime": 1_700_000_000_000,
    "rateLimits": [],
    "symbols": [
        {
            "symbol": symbol,
            "pair": symbol,
            "contractType": "PERPETUAL",
            "status": "TRADING",
            "baseAsset": base,
            "quoteAsset": "USDT",
            "marginAsset": "USDT",
            "pricePrecision": 2,
            "quantityPrecision": 3,
            "underlyingType": "COIN",
            "filters": [
                {"filterType": "PRICE_FILTER", "minPrice": "0.10", "maxPrice": "1000000", "tickSize": "0.10"},
                {"filterType": "LOT_SIZE", "minQty": "1", "maxQty": "1000", "stepSize": "1"},
                {"filterType": "MIN_NOTIONAL", "notional": "5"},
            ],
            "orderTypes": ["LIMIT"],
            "timeInForce": ["GTC", "IOC", "FOK", "GTX"],
        }
        for symbol, base in ((SYMBOL, "BTC"), ("ETHUSDT", "ETH"))
    ],
}


def trade_update(
    status: str, filled: str, last: str = "0", trade: int = 0, *, client_id: str = "t1", qty: str = "10"
) -> str:
    """An ORDER_TRADE_UPDATE as the venue sends it."""
    order = {
        "s": SYMBOL, "c": client_id, "S": "BUY", "o": "LIMIT", "f": "GTC", "q": qty, "p": "100.0", "ap": "100.0",
        "sp": "0", "x": "TRADE" if trade else "NEW", "X": status, "i": 7, "l": last, "z": filled, "L": "100.0",
        "N": "USDT", "n": "0.02", "T": NOW_MS + trade, "t": trade, "b": "0", "a": "0", "m": True,
        "R": False, "wt": "CONTRACT_PRICE", "ot": "LIMIT", "ps": "BOTH", "cp": False, "rp": "0",
    }  # fmt: skip
    return json.dumps({"e": "ORDER_TRADE_UPDATE", "T": NOW_MS, "E": NOW_MS, "o": order})


class Loopback:
    """What it was asked, and what it will answer."""

    def __init__(self) -> None:
        self.url = ""
        self.asked: list[tuple[str, str]] = []
        self.trades: list[dict[str, object]] = []
        self.order_answer: dict[str, object] | None = None
        """None: orders are never answered."""
        self.listen_keys = 0
        self.sockets: list[tuple[str, web.WebSocketResponse, web.Request]] = []
        self.opened = asyncio.Event()
        self.stopping = asyncio.Event()

    def write(self, *messages: str) -> None:
        """All messages to every private socket, in one write."""
        data = b"".join(_frame(message) for message in messages)
        for path, socket, request in self.sockets:
            if path.startswith("/private") and not socket.closed:
                assert request.transport is not None
                request.transport.write(data)

    async def handle(self, request: web.Request) -> web.StreamResponse:
        if request.headers.get("upgrade", "").lower() == "websocket":
            return await self._socket(request)
        self.asked.append((request.method, request.path))
        await request.read()
        if request.path.endswith("/exchangeInfo"):
            return web.json_response(EXCHANGE_INFO)
        if request.path.endswith("/listenKey"):
            self.listen_keys += request.method == "POST"
            return web.json_response({"listenKey": f"key{self.listen_keys}"})
        if request.path.endswith("/userTrades"):
            return web.json_response(self.trades)
        if request.path.endswith("/order") and request.method == "POST":
            if self.order_answer is None:
                await self.stopping.wait()
            return web.json_response(self.order_answer)
        return web.json_response([])

    async def _socket(self, request: web.Request) -> web.StreamResponse:
        socket = web.WebSocketResponse(compress=False)
        await socket.prepare(request)
        self.sockets.append((request.path_qs, socket, request))
        self.opened.set()
        async for message in socket:
            if message.type is not WSMsgType.TEXT:
                continue
            asked = json.loads(message.data)
            if isinstance(asked, dict) and "id" in asked:
                await socket.send_str(json.dumps({"result": None, "id": asked["id"]}))
        return socket


@asynccontextmanager
async def loopback() -> AsyncIterator[Loopback]:
    server = Loopback()
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", server.handle)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    server.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    try:
        yield server
    finally:
        server.stopping.set()
        for _, socket, _ in server.sockets:
            await socket.close()
        await runner.cleanup()


def _frame(text: str) -> bytes:
    """An unmasked websocket text frame (RFC 6455, 5.2)."""
    data = text.encode()
    if len(data) < 126:
        return bytes((0x81, len(data))) + data
    return bytes((0x81, 126)) + len(data).to_bytes(2, "big") + data
