"""What the tests of the served exchange share: a server with a market under the test's hand, and raw requests."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

import aiohttp
import msgspec
from virtual_kit import InVirtualTime

from tests.venues.paper.scripted_market import START, ScriptedMarket
from venues.model import NS_PER_S, Instrument, InstrumentKind, SystemClock
from venues.served.dialect import HttpRequest, WsSession
from venues.served.faults import Fault, FaultKind
from venues.served.front import Front
from venues.served.house import House, HouseSpec
from venues.served.registry import dialect_factory
from venues.served.serving import Serving

D = Decimal
WAIT_S = 20.0
BID, ASK = 600_000, 600_010
"""Touch of the scripted book, ticks of 0.1."""


def btcusdt() -> Instrument:
    return Instrument("BTCUSDT", "BTC", "USDT", "USDT", InstrumentKind.LINEAR, D("0.1"), D("0.001"), D("0.001"), D(100))


def scripted() -> ScriptedMarket:
    """60000 / 60001, ten levels a side of one coin each. Tell it (`tell`) once it is on an exchange."""
    market = ScriptedMarket(btcusdt())
    market.book.bids.update({BID - 10 * step: 1_000 for step in range(10)})
    market.book.asks.update({ASK + 10 * step: 1_000 for step in range(10)})
    return market


@asynccontextmanager
async def served(
    dialect: str = "binanceusdm", market: ScriptedMarket | None = None, *, venue: str = "binance", **spec: Any
) -> AsyncIterator[Serving]:
    """A server on a free port: over `market`, or over the synthetic markets of the venue."""
    house = HouseSpec(venue=venue, **spec)
    markets = None if market is None else [market]
    serving = Serving(dialect_factory(dialect), house, SystemClock(), markets=markets)
    await serving.start()
    if market is not None:
        market.tell()
    try:
        yield serving
    finally:
        await serving.stop()


async def within(awaitable: Awaitable[Any], seconds: float = WAIT_S) -> Any:
    return await asyncio.wait_for(awaitable, seconds)


async def until(condition: Callable[[], bool], wake: Callable[[], Awaitable[Any]]) -> None:
    """Take messages by `wake` until `condition` holds."""
    async with asyncio.timeout(WAIT_S):
        while not condition():
            await wake()


async def comes_true(condition: Callable[[], object]) -> None:
    """Look every few milliseconds until `condition` holds: for what a client does by itself in the background."""
    loop = asyncio.get_running_loop()
    done: asyncio.Future[None] = loop.create_future()

    def look() -> None:
        if done.done():
            return
        if condition():
            done.set_result(None)
        else:
            loop.call_later(0.005, look)

    look()
    await within(done)


def retarget(urls: Any, serving: Serving) -> Any:
    """ccxt's `urls` with scheme and host of every one replaced by the server's."""
    if isinstance(urls, dict):
        return {key: retarget(value, serving) for key, value in urls.items()}
    if isinstance(urls, list):
        return [retarget(value, serving) for value in urls]
    if not isinstance(urls, str):
        return urls
    http = serving.ready.url
    return re.sub(r"^wss?://[^/]+", http.replace("http", "ws"), re.sub(r"^https?://[^/]+", http, urls))


class Raw:
    """Signed and unsigned requests by hand, for what no library would send."""

    def __init__(self, serving: Serving, account: str = "one") -> None:
        self._serving = serving
        credentials = serving.dialect.credentials(account)
        self.key, self.secret = credentials["apiKey"], credentials["secret"]

    async def send(
        self, method: str, path: str, headers: dict[str, str] | None = None, **params: object
    ) -> tuple[int, Any]:
        url = f"{self._serving.ready.url}{path}" + (f"?{urlencode(params)}" if params else "")
        async with (
            aiohttp.ClientSession() as session,
            session.request(method, url, headers=headers, timeout=aiohttp.ClientTimeout(WAIT_S)) as answer,
        ):
            return answer.status, await answer.json(content_type=None)

    async def signed(self, method: str, path: str, secret: str = "", **params: object) -> tuple[int, Any]:
        params.setdefault("timestamp", self._serving.house.now_ms())
        right = hmac.new((secret or self.secret).encode(), urlencode(params).encode(), hashlib.sha256).hexdigest()
        return await self.send(method, path, {"X-MBX-APIKEY": self.key}, **params, signature=right)

    async def fault(self, kind: str, **fields: object) -> tuple[int, Any]:
        url = f"{self._serving.ready.url}/_paper/fault"
        async with aiohttp.ClientSession() as session, session.post(url, json={"kind": kind, **fields}) as answer:
            return answer.status, await answer.json()

    async def state(self) -> Any:
        return (await self.send("GET", "/_paper/state"))[1]


class Desktop(InVirtualTime):
    """A dialect with its front in virtual time: no sockets, nothing waits."""

    def __init__(self, dialect: str = "binanceusdm", *, venue: str = "binance", **spec: Any) -> None:
        super().__init__(START + NS_PER_S)
        self.market = scripted()
        self.house = House(HouseSpec(venue=venue, **spec), self.clock, [self.market])
        self.dialect: Any = dialect_factory(dialect)(self.house)
        self.front = Front(self.dialect, self.house)

    def __enter__(self) -> Desktop:
        self.run(self._start())
        return self

    async def _start(self) -> None:
        await self.house.start()
        self.dialect.start()
        self.market.tell()

    def __exit__(self, *_: object) -> None:
        self.dialect.stop()
        self.run(self.house.stop())
        self.loop.close()

    def socket(self, path: str, query: str = "") -> Client:
        client = Client(self, path, query)
        self.call(self.front.ws_open, client.session)
        return client

    def request(self, method: str, path: str, *, account: str = "", **params: object) -> HttpRequest:
        """Signed where `account` is named."""
        if not account:
            return HttpRequest(method, path, urlencode(params))
        credentials = self.dialect.credentials(account)
        params.setdefault("timestamp", self.house.now_ms())
        text = urlencode(params)
        right = hmac.new(credentials["secret"].encode(), text.encode(), hashlib.sha256).hexdigest()
        return HttpRequest(method, path, f"{text}&signature={right}", {"x-mbx-apikey": credentials["apiKey"]})

    def ask(self, method: str, path: str, *, account: str = "", **params: object) -> tuple[int, Any]:
        answer = self.run(self.front.http(self.request(method, path, account=account, **params)))
        return answer.status, msgspec.json.decode(answer.body)

    def user(self, account: str = "one") -> Client:
        """A socket of the account's user stream."""
        key = self.ask("POST", "/fapi/v1/listenKey", account=account)[1]["listenKey"]
        return self.socket("/private/ws", f"listenKey={key}")

    def fault(self, kind: str, **fields: Any) -> None:
        self.call(self.front.switch_on, Fault(FaultKind(kind), **fields))


class Client:
    """The other end of a websocket in memory."""

    def __init__(self, desktop: Desktop, path: str, query: str) -> None:
        self._desktop = desktop
        self.texts: list[str] = []
        self.closed: list[int] = []
        self.session = WsSession(path, query, {}, self.texts.append, self.closed.append)

    def send(self, message: object) -> None:
        text = message if isinstance(message, str) else msgspec.json.encode(message).decode()
        self._desktop.call(self._desktop.front.ws_text, self.session, text)

    def take(self) -> list[Any]:
        """What has come since the last time."""
        messages = [msgspec.json.decode(text) for text in self.texts]
        self.texts.clear()
        return messages

    def leave(self) -> None:
        self._desktop.call(self._desktop.front.ws_closed, self.session)
