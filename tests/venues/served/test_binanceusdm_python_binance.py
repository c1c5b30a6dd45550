"""python-binance, unmodified but for its URLs, against the served exchange.

Calls exercised: futures_ping, futures_time, futures_exchange_info, futures_order_book, futures_orderbook_ticker,
futures_symbol_ticker, futures_mark_price, futures_create_order (limit, market), futures_get_order,
futures_get_open_orders, futures_cancel_order, futures_cancel_all_open_orders, futures_place_batch_order,
futures_countdown_cancel_all, futures_account, futures_account_balance, futures_position_information,
futures_account_trades, futures_income_history, futures_change_leverage, futures_change_margin_type,
futures_get_position_mode, futures_commission_rate, futures_user_socket (orders and account), futures_depth_socket,
futures_multiplex_socket.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from binance import AsyncClient, BinanceSocketManager
from binance.exceptions import BinanceAPIException
from binance.ws.reconnecting_websocket import ReconnectingWebsocket

from tests.venues.paper.scripted_market import ScriptedMarket
from tests.venues.served.served_kit import D, scripted, served, until, within
from venues.model import Side
from venues.served.serving import Serving

SYMBOL = "BTCUSDT"


@asynccontextmanager
async def client(serving: Serving, account: str = "one", **keys: str) -> AsyncIterator[Any]:
    credentials = serving.dialect.credentials(account)
    made = AsyncClient(keys.get("key", credentials["apiKey"]), keys.get("secret", credentials["secret"]))
    made.FUTURES_URL = f"{serving.ready.url}/fapi"
    try:
        yield made
    finally:
        await made.close_connection()


def sockets(made: Any, serving: Serving) -> Any:
    manager = BinanceSocketManager(made)
    manager.FSTREAM_URL = serving.ready.url.replace("http", "ws") + "/"
    return manager


@pytest.fixture(autouse=True)
def _closes_soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leaving a socket lasts as long as its reader waits for a message: ten seconds, where nobody says otherwise."""
    monkeypatch.setattr(ReconnectingWebsocket, "TIMEOUT", 0.2)


@pytest.fixture
def market() -> ScriptedMarket:
    return scripted()


async def test_public_calls(market: ScriptedMarket) -> None:
    async with served(market=market) as serving, client(serving) as binance:
        assert await within(binance.futures_ping()) == {}
        assert abs((await within(binance.futures_time()))["serverTime"] - serving.house.now_ms()) < 5_000
        info = await within(binance.futures_exchange_info())
        assert [symbol["symbol"] for symbol in info["symbols"]] == [SYMBOL]
        book = await within(binance.futures_order_book(symbol=SYMBOL, limit=5))
        assert (book["bids"][0], len(book["asks"])) == (["60000", "1"], 5)
        assert (await within(binance.futures_orderbook_ticker(symbol=SYMBOL)))["askPrice"] == "60001"
        assert (await within(binance.futures_mark_price(symbol=SYMBOL)))["markPrice"] == "60000.5"
        market.trade(600_010, 2, Side.BUY)
        assert (await within(binance.futures_symbol_ticker(symbol=SYMBOL)))["price"] == "60001"
        with pytest.raises(BinanceAPIException) as caught:
            await within(binance.futures_order_book(symbol="NOPEUSDT"))
        assert caught.value.code == -1121


async def test_orders_and_the_user_stream(market: ScriptedMarket) -> None:
    async with (
        served(market=market) as serving,
        client(serving) as binance,
        sockets(binance, serving).futures_user_socket() as user,
    ):
        order = await within(
            binance.futures_create_order(
                symbol=SYMBOL, side="BUY", type="LIMIT", timeInForce="GTX", quantity="0.010", price="59990.0",
                newClientOrderId="pb-1",
            )
        )  # fmt: skip
        assert (order["status"], order["clientOrderId"], order["origQty"]) == ("NEW", "pb-1", "0.01")
        event = await within(user.recv())
        assert (event["e"], event["o"]["x"], event["o"]["i"]) == ("ORDER_TRADE_UPDATE", "NEW", order["orderId"])
        shown = await within(binance.futures_get_order(symbol=SYMBOL, origClientOrderId="pb-1"))
        assert shown["orderId"] == order["orderId"]
        assert len(await within(binance.futures_get_open_orders(symbol=SYMBOL))) == 1
        gone = await within(binance.futures_cancel_order(symbol=SYMBOL, orderId=order["orderId"]))
        assert gone["status"] == "CANCELED"
        assert (await within(user.recv()))["o"]["X"] == "CANCELED"

        taken = await within(binance.futures_create_order(symbol=SYMBOL, side="BUY", type="MARKET", quantity="0.100"))
        assert (taken["status"], taken["avgPrice"], taken["type"]) == ("FILLED", "60001", "MARKET")
        assert (await within(user.recv()))["o"]["X"] == "NEW"
        account = await within(user.recv())
        assert (account["e"], account["a"]["m"], account["a"]["P"][0]["pa"]) == ("ACCOUNT_UPDATE", "ORDER", "0.1")
        filled = (await within(user.recv()))["o"]
        fee = D("0.1") * 60_001 * D("0.0005")
        assert (filled["x"], filled["l"], D(filled["n"]), filled["N"]) == ("TRADE", "0.1", fee, "USDT")
        assert D(account["a"]["B"][0]["wb"]) == D(100_000) - fee
        trades = await within(binance.futures_account_trades(symbol=SYMBOL))
        assert [(trade["id"], trade["qty"], trade["maker"]) for trade in trades] == [(filled["t"], "0.1", False)]

        market.replace({601_000: 1_000}, {601_010: 1_000})
        closed = await within(
            binance.futures_create_order(symbol=SYMBOL, side="SELL", type="MARKET", quantity="0.1", reduceOnly="true")
        )
        assert closed["reduceOnly"] is True
        incomes = await within(binance.futures_income_history(symbol=SYMBOL, incomeType="REALIZED_PNL"))
        assert [D(row["income"]) for row in incomes] == [D("0.1") * 99]


async def test_account_calls(market: ScriptedMarket) -> None:
    async with served(market=market) as serving, client(serving) as binance:
        await within(binance.futures_create_order(symbol=SYMBOL, side="SELL", type="MARKET", quantity="0.2"))
        position = (await within(binance.futures_position_information(symbol=SYMBOL)))[0]
        assert (position["positionAmt"], position["entryPrice"], D(position["unRealizedProfit"])) == (
            "-0.2",
            "60000",
            D("-0.1"),
        )
        balance = (await within(binance.futures_account_balance()))[0]
        fee = D("0.2") * 60_000 * D("0.0005")
        assert D(balance["balance"]) == D(100_000) - fee
        account = await within(binance.futures_account())
        assert D(account["totalMarginBalance"]) == D(100_000) - fee - D("0.1")
        assert [p["positionAmt"] for p in account["positions"]] == ["-0.2"]
        assert (await within(binance.futures_change_leverage(symbol=SYMBOL, leverage=9)))["leverage"] == 9
        with pytest.raises(BinanceAPIException) as caught:
            await within(binance.futures_change_margin_type(symbol=SYMBOL, marginType="CROSSED"))
        assert caught.value.code == -4046
        assert (await within(binance.futures_get_position_mode()))["dualSidePosition"] is False
        assert (await within(binance.futures_commission_rate(symbol=SYMBOL)))["takerCommissionRate"] == "0.0005"


async def test_batches_and_the_dead_man_switch(market: ScriptedMarket) -> None:
    async with served(market=market) as serving, client(serving) as binance:
        good = {"symbol": SYMBOL, "side": "BUY", "type": "LIMIT", "timeInForce": "GTC", "quantity": "0.01"}
        batch = [{**good, "price": "59000"}, {**good, "price": "59000.05"}, {**good, "price": "58999"}]
        made = await within(binance.futures_place_batch_order(batchOrders=batch))
        assert [row.get("code", row.get("status")) for row in made] == ["NEW", -4014, "NEW"]
        armed = await within(binance.futures_countdown_cancel_all(symbol=SYMBOL, countdownTime=50))
        assert armed["countdownTime"] == "50"

        async def look() -> None:
            left[:] = await binance.futures_get_open_orders(symbol=SYMBOL)

        left: list[Any] = [1]
        await until(lambda: not left, look)
        ended = await within(binance.futures_get_order(symbol=SYMBOL, orderId=made[0]["orderId"]))
        assert ended["status"] == "EXPIRED"
        await within(binance.futures_create_order(**good, price="59000"))
        await within(binance.futures_cancel_all_open_orders(symbol=SYMBOL))
        assert await within(binance.futures_get_open_orders()) == []


async def test_streams(market: ScriptedMarket) -> None:
    async with served(market=market) as serving, client(serving) as binance:
        async with sockets(binance, serving).futures_depth_socket(SYMBOL, depth="5") as depth:
            market.set(bids={600_001: 9})
            message = await within(depth.recv())
            assert (message["stream"], message["data"]["b"][0], len(message["data"]["b"])) == (
                "btcusdt@depth5",
                ["60000.1", "0.009"],
                5,
            )
        both = ["btcusdt@aggTrade", "btcusdt@bookTicker"]
        async with sockets(binance, serving).futures_multiplex_socket(both) as stream:
            market.trade(600_010, 4, Side.BUY)
            message = await within(stream.recv())
            assert (message["stream"], message["data"]["q"], message["data"]["m"]) == (
                "btcusdt@aggTrade",
                "0.004",
                False,
            )
            market.set(bids={600_002: 3})
            assert (await within(stream.recv()))["data"]["b"] == "60000.2"


async def test_wrong_keys(market: ScriptedMarket) -> None:
    async with served(market=market) as serving:
        for keys, code in (({"secret": "0" * 64}, -1022), ({"key": "f" * 64}, -2015)):
            async with client(serving, **keys) as binance:
                with pytest.raises(BinanceAPIException) as caught:
                    await within(binance.futures_account_balance())
                assert caught.value.code == code
