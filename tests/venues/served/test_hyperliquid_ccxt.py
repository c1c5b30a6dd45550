"""ccxt.pro's hyperliquid, unmodified but for its URLs, against the served exchange.

Exercised: load_markets (swap; all three kinds), fetch_time, fetch_status, fetch_order_book, fetch_ticker,
fetch_funding_rate, fetch_funding_rates, fetch_funding_history, fetch_balance, fetch_positions, fetch_trading_fee,
create_order (limit, post-only, market, IOC, reduce-only), create_orders, edit_order, cancel_order, cancel_orders by
client id, cancel_all_orders_after, fetch_order by id and by client id, fetch_open_orders, fetch_orders,
fetch_closed_orders, fetch_my_trades, set_leverage, set_margin_mode, watch_order_book, watch_ticker, watch_trades,
watch_orders, watch_my_trades, watch_positions, watch_balance, un_watch_order_book, create_order_ws, cancel_order_ws.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Awaitable
from contextlib import asynccontextmanager
from typing import Any

import ccxt.pro
import pytest
from ccxt.base.errors import (
    ExchangeError,
    ExchangeNotAvailable,
    InsufficientFunds,
    InvalidOrder,
    OrderNotFound,
    RateLimitExceeded,
)

from tests.venues.served.hyperliquid_kit import ASK, BID, LOT, WAIT_S, D, Served, cloid, served
from venues.live.dialects.hyperliquid import Hyperliquid
from venues.model import Side
from venues.served.faults import Fault, FaultKind

SYMBOL = "BTC/USDC:USDC"


@asynccontextmanager
async def client(server: Served, account: str = "one", **changes: Any) -> AsyncIterator[Any]:
    options = {"fetchMarkets": {"types": ["swap"]}, **changes.pop("options", {})}
    # its own rate limit would cost a second each question
    made = ccxt.pro.hyperliquid(
        {**server.credentials(account), "enableRateLimit": False, "options": options, **changes}
    )
    made.number = str
    made.urls["api"] = _retarget(made.urls["api"], server)
    try:
        yield made
    finally:
        await made.close()


def _retarget(urls: Any, server: Served) -> Any:
    if isinstance(urls, dict):
        return {name: _retarget(url, server) for name, url in urls.items()}
    urls = re.sub(r"^wss?://[^/]+", server.ws_url.removesuffix("/ws"), urls)
    return re.sub(r"^https?://[^/]+", server.url, urls)


async def within(work: Awaitable[Any]) -> Any:
    async with asyncio.timeout(WAIT_S):
        return await work


@pytest.fixture
async def server() -> AsyncIterator[Served]:
    async with served() as made:
        yield made


@pytest.fixture
async def exchange(server: Served) -> AsyncIterator[Any]:
    async with client(server) as made:
        await within(made.load_markets())
        yield made


# -- what is refused ---------------------------------------------------------------------------------------------------


async def test_a_wrong_key_is_told_that_it_does_not_exist(server: Served) -> None:
    async with client(server, privateKey="0x" + "77" * 32) as exchange:
        with pytest.raises(InvalidOrder, match=r"User or API Wallet 0x[0-9a-f]{40} does not exist"):
            await within(exchange.create_order(SYMBOL, "limit", "buy", 0.01, 59000))
    assert not server.house.accounts["one"].orders


async def test_refusals_become_the_errors_that_ccxt_knows(exchange: Any) -> None:
    def order(*args: Any, **params: Any) -> Awaitable[Any]:
        return within(exchange.create_order(SYMBOL, "limit", *args, params))

    with pytest.raises(InvalidOrder, match=f"would have immediately matched, bbo was {BID}@{ASK}"):
        await order("buy", 0.01, ASK, postOnly=True)
    with pytest.raises(InvalidOrder, match="could not immediately match"):
        await order("buy", 0.01, BID, timeInForce="IOC")
    with pytest.raises(InvalidOrder, match=r"minimum value of \$10"):
        await order("buy", 0.0001, 59000)
    with pytest.raises(InsufficientFunds):
        await order("buy", 90, 59000)
    with pytest.raises(InvalidOrder, match="Reduce only"):
        await order("sell", 0.01, BID, timeInForce="IOC", reduceOnly=True)
    with pytest.raises(OrderNotFound):
        await within(exchange.cancel_order("123", SYMBOL))
    with pytest.raises(OrderNotFound):
        await within(exchange.fetch_order("123", SYMBOL))
    with pytest.raises(ExchangeError, match="until enough volume traded"):
        await within(exchange.cancel_all_orders_after(10_000))


async def test_a_replayed_request_is_refused(server: Served, exchange: Any) -> None:
    request = exchange.create_orders_request(
        [{"symbol": SYMBOL, "type": "limit", "side": "buy", "amount": "0.01", "price": "59000"}]
    )
    await within(exchange.privatePostExchange(request))
    with pytest.raises(ExchangeError, match="Invalid nonce: duplicate nonce"):
        await within(exchange.privatePostExchange(request))
    assert len(server.house.accounts["one"].orders) == 1


async def test_faults_become_the_errors_that_ccxt_knows(server: Served, exchange: Any) -> None:
    server.front.switch_on(Fault(FaultKind.RATE_LIMIT, path="/info"))
    with pytest.raises(RateLimitExceeded):
        await within(exchange.fetch_positions())
    server.front.switch_on(Fault(FaultKind.ERROR_BEFORE, path="/info"))
    with pytest.raises(ExchangeNotAvailable):
        await within(exchange.fetch_positions())
    server.front.switch_on(Fault(FaultKind.NONCE, account="one", seconds=60))
    with pytest.raises(ExchangeError, match="Invalid nonce"):
        await within(exchange.create_order(SYMBOL, "limit", "buy", 0.01, 59000))
    assert await within(exchange.fetch_open_orders(SYMBOL)) == []


# -- by request --------------------------------------------------------------------------------------------------------


async def test_public_data(server: Served, exchange: Any) -> None:
    market = exchange.market(SYMBOL)
    assert (market["precision"]["price"], market["precision"]["amount"], market["baseId"]) == ("1", "0.00001", "0")
    assert abs(int(await within(exchange.fetch_time())) - server.house.now_ms()) < 5_000
    assert (await within(exchange.fetch_status()))["status"] == "ok"
    book = await within(exchange.fetch_order_book(SYMBOL))
    assert [D(str(part)) for part in book["asks"][0]] == [D(ASK), D(2)]
    assert (await within(exchange.fetch_ticker(SYMBOL)))["bid"] == "60000.0"
    rates = await within(exchange.fetch_funding_rates())
    assert set(rates) == {SYMBOL, "ETH/USDC:USDC"}
    assert (await within(exchange.fetch_funding_rate(SYMBOL)))["markPrice"] == "60005.0"
    assert await within(exchange.fetch_funding_rate_history(SYMBOL)) == []


async def test_markets_of_every_kind_can_be_loaded(server: Served) -> None:
    async with client(
        server, options={"fetchMarkets": {"types": ["spot", "swap", "hip3"], "hip3": {"limit": 10}}}
    ) as x:
        assert set(await within(x.load_markets())) == {SYMBOL, "ETH/USDC:USDC"}


async def test_an_order_is_placed_seen_edited_and_cancelled(exchange: Any) -> None:
    placed = await within(
        exchange.create_order(SYMBOL, "limit", "buy", "0.01", "59000", {"postOnly": True, "clientOrderId": cloid(1)})
    )
    assert placed["clientOrderId"] == cloid(1)
    (listed,) = await within(exchange.fetch_open_orders(SYMBOL))
    assert (listed["id"], listed["price"], listed["timeInForce"]) == (placed["id"], "59000.0", "ALO")
    by_client = await within(exchange.fetch_order("", SYMBOL, {"clientOrderId": cloid(1)}))
    assert (by_client["id"], by_client["status"]) == (placed["id"], "open")
    edited = await within(
        exchange.edit_order(placed["id"], SYMBOL, "limit", "buy", "0.02", "59100", {"clientOrderId": cloid(1)})
    )
    assert edited["id"] != placed["id"]
    assert (await within(exchange.fetch_order(placed["id"], SYMBOL)))["status"] == "canceled"
    await within(exchange.cancel_orders([], SYMBOL, {"clientOrderId": [cloid(1)]}))
    assert await within(exchange.fetch_open_orders(SYMBOL)) == []
    orders = await within(exchange.fetch_orders(SYMBOL))
    assert {order["status"] for order in orders} == {"canceled"}


async def test_several_orders_in_one_request(exchange: Any) -> None:
    wanted = [
        {"symbol": SYMBOL, "type": "limit", "side": "buy", "amount": 0.01, "price": price, "params": {}}
        for price in (59000, 59100)
    ]
    made = await within(exchange.create_orders(wanted))
    assert len({order["id"] for order in made}) == 2
    await within(exchange.cancel_orders([order["id"] for order in made], SYMBOL))
    assert await within(exchange.fetch_open_orders(SYMBOL)) == []


async def test_money_is_told_as_the_servers_books_have_it(server: Served, exchange: Any) -> None:
    assert (await within(exchange.set_leverage(10, SYMBOL)))["status"] == "ok"
    assert (await within(exchange.set_margin_mode("cross", SYMBOL, {"leverage": 10})))["status"] == "ok"
    bought = await within(exchange.create_order(SYMBOL, "market", "buy", "0.05", str(ASK)))
    assert (bought["filled"], bought["average"]) == ("0.05", "60010.0")
    (position,) = await within(exchange.fetch_positions([SYMBOL]))
    assert (position["side"], position["contracts"], position["leverage"]) == ("long", "0.05", "10")
    sold = {"timeInForce": "IOC", "reduceOnly": True}
    await within(exchange.create_order(SYMBOL, "limit", "sell", "1", str(BID), sold))
    assert await within(exchange.fetch_positions([SYMBOL])) == []
    trades = await within(exchange.fetch_my_trades(SYMBOL))
    assert [(trade["side"], trade["amount"], trade["takerOrMaker"]) for trade in trades] == [
        ("buy", "0.05", "taker"),
        ("sell", "0.05", "taker"),
    ]
    books = server.house.accounts["one"]
    fees = sum((told.fill.fee for told in books.fills.since(0)), D(0))
    assert sum(D(trade["fee"]["cost"]) for trade in trades) == fees
    balance = await within(exchange.fetch_balance())
    assert D(balance["USDC"]["total"]) == books.cash["USDC"] == D(100_000) - D("0.5") - fees
    assert len(await within(exchange.fetch_closed_orders(SYMBOL))) == 1
    assert (await within(exchange.fetch_trading_fee(SYMBOL)))["taker"] == "0.00045"
    assert await within(exchange.fetch_funding_history(SYMBOL)) == []
    assert len(await within(exchange.fetch_my_trades(SYMBOL, since=trades[0]["timestamp"]))) == 2


# -- by websocket ------------------------------------------------------------------------------------------------------


async def test_public_streams(server: Served, exchange: Any) -> None:
    book = await within(exchange.watch_order_book(SYMBOL))
    assert [D(str(part)) for part in book["bids"][0]] == [D(BID), D(2)]
    server.markets.btc.set({BID + 1: LOT})
    async with asyncio.timeout(WAIT_S):
        while D(str(book["bids"][0][0])) != BID + 1:
            book = await exchange.watch_order_book(SYMBOL)
    trades = asyncio.create_task(exchange.watch_trades(SYMBOL))
    await server.front.subscribed("trades")
    server.markets.btc.trade(ASK, 300, Side.BUY)
    (trade,) = await within(trades)
    assert (trade["price"], trade["amount"], trade["side"]) == ("60010.0", "0.003", "buy")
    assert (await within(exchange.watch_ticker(SYMBOL)))["bid"] == f"{BID + 1}.0"
    await within(exchange.un_watch_order_book(SYMBOL))


async def test_private_streams(server: Served, exchange: Any) -> None:
    orders = asyncio.create_task(exchange.watch_orders(SYMBOL))
    trades = asyncio.create_task(exchange.watch_my_trades(SYMBOL))
    await server.front.subscribed("orderUpdates", "userFills")
    placed = await within(
        exchange.create_order(SYMBOL, "limit", "buy", "0.01", str(BID + 5), {"clientOrderId": cloid(2)})
    )
    assert [(order["id"], order["status"]) for order in await within(orders)] == [(placed["id"], "open")]
    orders = asyncio.create_task(exchange.watch_orders(SYMBOL))
    server.markets.btc.trade(BID + 5, LOT // 250, Side.SELL)
    (first,) = await within(trades)
    assert (first["order"], first["amount"], first["info"]["cloid"]) == (placed["id"], "0.004", cloid(2))
    trades = asyncio.create_task(exchange.watch_my_trades(SYMBOL))
    server.markets.btc.trade(BID + 5, LOT, Side.SELL)
    assert (await within(trades))[-1]["amount"] == "0.006"
    (done,) = await within(orders)
    assert (done["status"], done["filled"], done["clientOrderId"]) == ("closed", "0.01", cloid(2))
    (position,) = await within(exchange.watch_positions())
    assert (position["side"], position["contracts"]) == ("long", "0.01")
    watched = asyncio.create_task(exchange.watch_balance())
    await within(exchange.create_order(SYMBOL, "limit", "buy", "0.01", "59000"))
    balance = await within(watched)
    assert D(balance["USDC"]["total"]) == server.house.accounts["one"].cash["USDC"]


async def test_orders_by_websocket(server: Served, exchange: Any) -> None:
    placed = await within(exchange.create_order_ws(SYMBOL, "limit", "buy", 0.01, 59000))
    assert [row["id"] for row in await within(exchange.fetch_open_orders(SYMBOL))] == [placed["id"]]
    await within(exchange.cancel_order_ws(placed["id"], SYMBOL))
    with pytest.raises(OrderNotFound):
        await within(exchange.cancel_order_ws(placed["id"], SYMBOL))
    assert not server.house.accounts["one"].orders


# -- whom ccxt pays ----------------------------------------------------------------------------------------------------


async def test_left_alone_ccxt_signs_for_its_builder_and_its_referrer(server: Served, exchange: Any) -> None:
    await within(exchange.create_order(SYMBOL, "limit", "buy", 0.01, 59000))
    seen = {row.kind: row.action for row in server.dialect.wallets.by_name["one"].seen}
    assert set(seen) == {"approveBuilderFee", "setReferrer", "order"}
    assert seen["order"]["builder"] == {"b": seen["approveBuilderFee"]["builder"].lower(), "f": 10}


async def test_with_the_fee_off_ccxt_still_names_its_builder(server: Served) -> None:
    async with client(server, options={"builderFee": False}) as exchange:
        await within(exchange.create_order(SYMBOL, "limit", "buy", 0.01, 59000))
    kinds = {row.kind: row.action for row in server.dialect.wallets.by_name["one"].seen}
    assert kinds["order"]["builder"]["f"] == 0


async def test_our_dialect_has_ccxt_sign_for_nobody_else(server: Served) -> None:
    dialect = Hyperliquid()
    async with client(server, options=dict(dialect.options)) as exchange:
        dialect.configure(exchange, server.credentials())
        await within(exchange.load_markets())
        placed = await within(exchange.create_order(SYMBOL, "limit", "buy", "0.01", "59000", {"postOnly": True}))
        await within(exchange.cancel_order(placed["id"], SYMBOL))
    rows = list(server.dialect.wallets.by_name["one"].seen)
    assert [row.kind for row in rows] == ["order", "cancel"]
    assert set(rows[0].action) == {"type", "orders", "grouping"}
