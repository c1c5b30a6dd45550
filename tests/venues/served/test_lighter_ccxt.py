"""ccxt.pro's lighter with the venue's native signer, unmodified but for its URLs, against the served exchange.

Calls exercised: load_markets, fetch_order_book, fetch_status, fetch_time, fetch_funding_rates, fetch_trades,
watch_order_book, watch_ticker, watch_balance, watch_orders, watch_my_trades, create_order (post-only, IOC, market,
reduce-only), create_order_ws, cancel_order, cancel_order_ws, cancel_all_orders, cancel_all_orders_after, edit_order,
fetch_open_orders, fetch_closed_orders, fetch_my_trades, fetch_positions, fetch_balance, set_leverage.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import ccxt.pro
import pytest

from tests.venues.served.lighter_kit import BID, LOT, D, Served, native_library, served
from venues.model import Side
from venues.served.faults import Fault, FaultKind

SYMBOL = "BTC/USDC:USDC"
WAIT_S = 20.0


@asynccontextmanager
async def client(server: Served, account: str = "one") -> AsyncIterator[Any]:
    given = server.credentials(account)
    index, key = given["accountIndex"], given["apiKeyIndex"]
    signer = {"signer": None, "lighterPrivateKey": given["privateKey"], "deadline": None, "token": None}
    exchange = ccxt.pro.lighter(
        {
            "privateKey": "0x" + "11" * 32,
            "rateLimit": 1,
            "options": {
                "libraryPath": str(native_library()),
                "accountIndex": int(index),
                "apiKeyIndex": int(key),
                "builderFee": False,
                "defaultType": "swap",
                "auths": {index: {key: signer}},
            },
        }
    )
    exchange.number = str
    exchange.urls["api"] = {"root": server.url, "public": server.url, "private": server.url, "ws": server.ws_url}
    try:
        yield exchange
    finally:
        await exchange.close()


async def within(awaitable: Awaitable[Any]) -> Any:
    return await asyncio.wait_for(awaitable, WAIT_S)


async def order_until(exchange: Any, status: str) -> Any:
    """The first order that the stream shows with this status."""
    async with asyncio.timeout(WAIT_S):
        while True:
            for order in await exchange.watch_orders():
                if order["status"] == status:
                    return order


async def settled(ask: Callable[[], Awaitable[Any]], holds: Callable[[Any], bool]) -> Any:
    """Ask until the answer is as it should be: the engine takes a moment after the API has answered."""
    async with asyncio.timeout(WAIT_S):
        while True:
            answer = await ask()
            if holds(answer):
                return answer


async def test_refusals_reach_the_client_as_its_own_errors() -> None:
    async with served() as server, client(server) as exchange:
        order = ("limit", "buy", 0.01, 59_000)
        await within(exchange.create_order(SYMBOL, *order, {"postOnly": True, "clientOrderId": 5}))
        with pytest.raises(ccxt.InvalidOrder, match="client order index already exists"):
            await within(exchange.create_order(SYMBOL, *order, {"postOnly": True, "clientOrderId": 5}))
        with pytest.raises(ccxt.InvalidOrder, match="order is empty"):
            await within(exchange.cancel_order("77", SYMBOL))
        with pytest.raises(ccxt.InvalidOrder, match="not enough margin"):
            await within(exchange.create_order(SYMBOL, "limit", "buy", 100, 59_000, {"postOnly": True}))
        server.front.switch_on(Fault(FaultKind.RATE_LIMIT, count=1, seconds=10))
        with pytest.raises(ccxt.RateLimitExceeded):
            await within(exchange.fetch_positions())
        server.front.switch_on(Fault(FaultKind.NONCE, count=1, seconds=10))
        with pytest.raises(ccxt.ExchangeError, match="21104"):
            await within(exchange.cancel_all_orders())


async def test_public_data() -> None:
    async with served() as server, client(server) as exchange:
        await within(exchange.load_markets())
        shown = exchange.market(SYMBOL)
        assert (shown["id"], shown["precision"]["price"], shown["precision"]["amount"]) == ("1", "0.1", "0.00001")
        assert (shown["limits"]["amount"]["min"], shown["limits"]["cost"]["min"]) == ("0.00020", "10.000000")
        assert (await within(exchange.fetch_status()))["status"] == "ok"
        assert abs(int(await within(exchange.fetch_time())) - server.house.now_ms()) < 5_000
        book = await within(exchange.fetch_order_book(SYMBOL, 5))
        assert (D(str(book["bids"][0][0])), D(str(book["asks"][0][0]))) == (D(60_000), D(60_001))
        assert sorted(await within(exchange.fetch_funding_rates())) == ["BTC/USDC:USDC", "ETH/USDC:USDC"]
        server.markets.btc.trade(BID, LOT, Side.SELL)
        (trade,) = await within(exchange.fetch_trades(SYMBOL))
        assert (trade["price"], trade["side"]) == ("60000.0", "sell")
        ticker = await within(exchange.watch_ticker(SYMBOL))
        assert D(ticker["markPrice"]) > 0


async def test_the_watched_book_follows_the_servers() -> None:
    async with served() as server, client(server) as exchange:
        book = await within(exchange.watch_order_book(SYMBOL))
        for step in range(1, 6):
            server.markets.btc.set({BID + step: step * LOT, BID + step - 1: 0})
            book = await within(exchange.watch_order_book(SYMBOL))
        market = server.house.markets["BTC"]
        told = [
            [market.instrument.ticks_to_price(t), market.instrument.lots_to_qty(n)] for t, n in market.levels(Side.BUY)
        ]
        assert [[D(str(price)), D(str(size))] for price, size in book["bids"]] == told


async def test_an_ioc_order_from_submission_to_the_ledger() -> None:
    async with served() as server, client(server) as exchange:
        await within(exchange.load_markets())
        balance = await within(exchange.watch_balance({"type": "swap"}))
        assert D(balance["USDC"]["total"]) == 100_000
        orders = asyncio.ensure_future(order_until(exchange, "closed"))
        trades = asyncio.ensure_future(exchange.watch_my_trades())
        await settled(exchange.fetch_status, lambda _: bool(_subscribed(server, "account_all_orders")))
        await within(
            exchange.create_order(SYMBOL, "limit", "buy", 0.5, 60_001, {"timeInForce": "ioc", "clientOrderId": 7})
        )
        order = await within(orders)
        assert (order["clientOrderId"], order["filled"], order["average"]) == ("7", "0.50000", "60001")
        (trade,) = await within(trades)
        assert (trade["amount"], trade["price"], trade["side"], trade["takerOrMaker"], trade["order"]) == (
            "0.50000", "60001.0", "buy", "taker", order["id"],
        )  # fmt: skip
        (again,) = await within(exchange.fetch_my_trades(SYMBOL))
        assert again["id"] == trade["id"]
        (position,) = await within(exchange.fetch_positions())
        assert (position["side"], position["contracts"], position["entryPrice"]) == ("long", "0.50000", "60001.0")
        told = server.house.exchange.account_state("one")
        assert (len(told.fills), told.fills[0].qty, told.fills[0].price) == (1, D("0.5"), D(60_001))
        sell = {"reduceOnly": True}
        await within(exchange.create_order(SYMBOL, "market", "sell", 0.5, 59_990, sell))
        assert await settled(exchange.fetch_positions, lambda rows: rows == []) == []
        told = server.house.exchange.account_state("one")
        assert D((await within(exchange.fetch_balance({"type": "swap"})))["USDC"]["total"]) == told.cash["USDC"]


def _subscribed(server: Served, name: str) -> bool:
    return any(channel.startswith(name) for _, channel in server.dialect._stream._channels.all())


async def test_resting_orders_over_rest_and_over_the_socket() -> None:
    async with served() as server, client(server) as exchange:
        await within(
            exchange.create_order(SYMBOL, "limit", "buy", 0.01, 59_000, {"postOnly": True, "clientOrderId": 1})
        )
        await within(
            exchange.create_order_ws(SYMBOL, "limit", "sell", 0.01, 61_000, {"postOnly": True, "clientOrderId": 2})
        )

        async def open_orders() -> dict[str, Any]:
            return {order["clientOrderId"]: order for order in await exchange.fetch_open_orders(SYMBOL)}

        rows = await settled(open_orders, lambda rows: len(rows) == 2)
        assert (rows["1"]["price"], rows["1"]["side"], rows["2"]["side"]) == ("59000.0", "buy", "sell")
        assert all(order["postOnly"] is False or order["timeInForce"] == "PO" for order in rows.values())
        await within(exchange.edit_order(rows["1"]["id"], SYMBOL, "limit", "buy", 0.02, 58_000))
        rows = await settled(open_orders, lambda rows: rows["1"]["price"] == "58000.0")
        assert rows["1"]["amount"] == "0.02000"
        await within(exchange.cancel_order_ws("2", SYMBOL))
        await within(exchange.cancel_order(rows["1"]["id"], SYMBOL))
        assert await settled(open_orders, lambda rows: rows == {}) == {}
        closed = await within(exchange.fetch_closed_orders(SYMBOL))
        assert [order["status"] for order in closed] == ["canceled", "canceled"]


async def test_leverage_and_cancel_all() -> None:
    async with served() as server, client(server) as exchange:
        await within(exchange.load_markets())
        await within(exchange.set_leverage(10, SYMBOL, {"marginMode": "cross"}))
        await within(exchange.create_order(SYMBOL, "limit", "buy", 0.01, 59_000, {"postOnly": True}))
        await settled(lambda: exchange.fetch_open_orders(SYMBOL), lambda rows: len(rows) == 1)
        await within(exchange.cancel_all_orders_after(600_000))
        owner = server.dialect._keys.owners["one"].name
        assert server.dialect._trading.cancel_all_time(owner) > server.house.now_ms()
        await within(exchange.cancel_all_orders(SYMBOL))
        await settled(lambda: exchange.fetch_open_orders(SYMBOL), lambda rows: rows == [])
