"""Each fault as a real client meets it: ccxt.pro's binanceusdm over real sockets."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import ccxt.pro
import pytest

from tests.venues.served.served_kit import BID, Raw, comes_true, retarget, scripted, served, within
from venues.served.serving import Serving

SYMBOL = "BTC/USDT:USDT"


@asynccontextmanager
async def trader() -> AsyncIterator[tuple[Serving, Any, Raw]]:
    """A server, a client with its markets loaded, and a way to its controls."""
    async with served(market=scripted()) as serving:
        exchange = ccxt.pro.binanceusdm(
            {**serving.dialect.credentials("one"), "options": {"fetchCurrencies": False}, "timeout": 500}
        )
        exchange.urls["api"] = retarget(exchange.urls["api"], serving)
        try:
            await within(exchange.load_markets())
            yield serving, exchange, Raw(serving)
        finally:
            await exchange.close()


def buy(exchange: Any, client_id: str) -> Any:
    return within(exchange.create_order(SYMBOL, "limit", "buy", 0.01, 59_000, {"clientOrderId": client_id}))


@pytest.mark.parametrize(
    ("kind", "error", "placed"),
    [
        ("429", ccxt.DDoSProtection, False),
        ("5xx", ccxt.OperationFailed, False),
        ("5xx-after", ccxt.OperationFailed, True),
        ("nonce", ccxt.InvalidNonce, False),
        ("drop", ccxt.RequestTimeout, True),
    ],
)
async def test_requests_that_fail(kind: str, error: type[Exception], placed: bool) -> None:
    async with trader() as (_serving, exchange, control):
        assert (await control.fault(kind, path="/order"))[0] == 200
        with pytest.raises(error):
            await buy(exchange, "x")
        state = await control.state()
        assert [order["client_order_id"] for order in state["accounts"]["one"]["open_orders"]] == ["x"] * placed
        assert (await buy(exchange, "y"))["status"] == "open"


async def test_a_late_answer_is_a_time_out_whose_order_lives() -> None:
    async with trader() as (_serving, exchange, control):
        await control.fault("delay", seconds=30, path="/order")
        with pytest.raises(ccxt.RequestTimeout):
            await buy(exchange, "late")
        assert (await within(exchange.fetch_order(None, SYMBOL, {"clientOrderId": "late"})))["status"] == "open"


async def test_an_outage_and_its_end() -> None:
    async with trader() as (_serving, exchange, control):
        watching = asyncio.create_task(exchange.watch_order_book(SYMBOL))
        await within(watching)
        waiting = asyncio.create_task(exchange.watch_order_book(SYMBOL))
        await control.fault("refuse", seconds=600)
        with pytest.raises(ccxt.NetworkError):
            await within(waiting)
        with pytest.raises(ccxt.NetworkError):
            await within(exchange.fetch_time())
        with pytest.raises(ccxt.NetworkError):
            await within(exchange.watch_order_book(SYMBOL))
        await control.fault("clear")
        assert await within(exchange.fetch_time())
        book = await within(exchange.watch_order_book(SYMBOL))
        assert book["bids"][0][0] == BID / 10


async def test_a_socket_that_is_closed_is_redialled_by_the_next_call() -> None:
    async with trader() as (_serving, exchange, control):
        await within(exchange.watch_order_book(SYMBOL))
        waiting = asyncio.create_task(exchange.watch_order_book(SYMBOL))
        await control.fault("close")
        with pytest.raises(ccxt.NetworkError):
            await within(waiting)
        assert (await within(exchange.watch_order_book(SYMBOL)))["bids"]


async def test_a_silent_socket_answers_no_ping() -> None:
    async with trader() as (serving, _exchange, control), aiohttp.ClientSession() as http:
        url = serving.ready.ws_url + "/btcusdt@depth@0ms"
        async with http.ws_connect(url, autoping=False) as socket:
            await socket.ping()
            assert (await within(socket.receive())).type is aiohttp.WSMsgType.PONG
            await control.fault("silent")
            await socket.ping()
            market = serving.house.markets["BTCUSDT"].source
            market.set(bids={BID: 3})  # type: ignore[attr-defined]
            await control.fault("close", path="btcusdt")
            # neither the pong nor the book came before the end
            assert (await within(socket.receive())).type in (aiohttp.WSMsgType.CLOSED, aiohttp.WSMsgType.CLOSE)


async def test_an_expired_listen_key_ends_the_user_stream() -> None:
    async with trader() as (serving, exchange, control):
        watching = asyncio.create_task(exchange.watch_orders(SYMBOL))
        await comes_true(lambda: serving.dialect._user._sessions.get("one"))  # type: ignore[attr-defined]
        await control.fault("expired-token", account="one")
        with pytest.raises(ccxt.ExchangeError):
            await within(exchange.fapiPrivatePutListenKey())
        await buy(exchange, "unheard")
        assert not watching.done()
        watching.cancel()
