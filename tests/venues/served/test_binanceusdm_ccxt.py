"""ccxt.pro's binanceusdm, unmodified but for its URLs, against the served exchange.

Calls exercised: load_markets, fetch_time, fetch_order_book, watch_order_book, watch_trades, watch_bids_asks,
watch_mark_price, create_order (limit, market, post-only, reduce-only, IOC, FOK), fetch_order, fetch_open_orders,
fetch_orders, cancel_order, cancel_all_orders, create_orders, watch_orders, watch_my_trades, fetch_my_trades,
watch_balance, fetch_balance, watch_positions, fetch_positions, set_leverage, set_margin_mode, fetch_position_mode,
fetch_leverage_tiers, fetch_trading_fee, fetch_funding_rate, fetch_funding_rate_history, fetch_funding_history.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import ccxt.pro
import pytest

from tests.venues.paper.scripted_market import ScriptedMarket
from tests.venues.served.served_kit import ASK, BID, D, Raw, comes_true, retarget, scripted, served, until, within
from venues.model import Side
from venues.served.serving import Serving

SYMBOL = "BTC/USDT:USDT"


@asynccontextmanager
async def client(
    serving: Serving, account: str = "one", exchange: str = "binanceusdm", **options: Any
) -> AsyncIterator[Any]:
    credentials = dict(serving.dialect.credentials(account))
    made = getattr(ccxt.pro, exchange)({**credentials, "options": {"fetchCurrencies": False, **options}})
    made.number = str
    made.urls["api"] = retarget(made.urls["api"], serving)
    try:
        yield made
    finally:
        await made.close()


@pytest.fixture
def market() -> ScriptedMarket:
    return scripted()


async def test_public_data(market: ScriptedMarket) -> None:
    async with served(market=market) as serving, client(serving) as exchange:
        await within(exchange.load_markets())
        shown = exchange.market(SYMBOL)
        assert (shown["precision"]["price"], shown["precision"]["amount"]) == ("0.1", "0.001")
        assert shown["limits"]["cost"]["min"] == "100"
        assert abs(int(await within(exchange.fetch_time())) - serving.house.now_ms()) < 5_000
        book = await within(exchange.fetch_order_book(SYMBOL, 5))
        assert (D(str(book["bids"][0][0])), len(book["bids"])) == (D(60_000), 5)

        trades = asyncio.create_task(exchange.watch_trades(SYMBOL))
        touch = asyncio.create_task(exchange.watch_bids_asks([SYMBOL]))
        mark = asyncio.create_task(exchange.watch_mark_price(SYMBOL))
        streams = serving.dialect._streams  # type: ignore[attr-defined]
        wanted = {"btcusdt@trade", "btcusdt@bookticker", "btcusdt@markprice@1s"}
        await comes_true(lambda: wanted <= streams._subscribers.keys())
        market.trade(ASK, 3, Side.BUY)
        market.set(bids={BID + 2: 7})
        trade = (await within(trades))[0]
        assert (trade["price"], trade["amount"], trade["side"]) == ("60001", "0.003", "buy")
        assert (await within(touch))[SYMBOL]["bid"] == "60000.2"
        assert D((await within(mark))["markPrice"]) > 0


async def test_the_watched_book_follows_the_servers(market: ScriptedMarket) -> None:
    async with served(market=market) as serving, client(serving) as exchange:
        book = await within(exchange.watch_order_book(SYMBOL))
        for step in range(1, 6):
            market.set(bids={BID: 1_000 + step, BID - 500 - step: step}, asks={ASK + 10 * step: 0})
            book = await within(exchange.watch_order_book(SYMBOL))
        expected = serving.house.markets["BTCUSDT"]
        await until(lambda: len(book["asks"]) == 5, lambda: exchange.watch_order_book(SYMBOL))
        for name, side in (("bids", Side.BUY), ("asks", Side.SELL)):
            mine = [(D(str(price)), D(str(size))) for price, size in book[name]]
            right = [(D(ticks) / 10, D(lots) / 1000) for ticks, lots in expected.levels(side)]
            assert mine == right


async def test_a_gap_is_seen_and_healed(market: ScriptedMarket) -> None:
    async with served(market=market) as serving, client(serving) as exchange:
        await within(exchange.watch_order_book(SYMBOL))
        await Raw(serving).fault("gap", path="BTCUSDT")
        waiting = asyncio.create_task(exchange.watch_order_book(SYMBOL))
        # the first is left out, and the second does not join on
        diffs = serving.house.markets["BTCUSDT"]
        market.set(bids={BID: 5})
        _flush(diffs)
        market.set(bids={BID: 6})
        _flush(diffs)
        with pytest.raises(ccxt.ChecksumError):
            await within(waiting)
        book = await within(exchange.watch_order_book(SYMBOL))
        assert D(str(book["bids"][0][1])) == D("0.006")


def _flush(market: Any) -> None:
    for feed in market._feeds:
        feed.flush()


async def test_orders_are_placed_seen_cancelled_and_filled(market: ScriptedMarket) -> None:
    async with served(market=market) as serving, client(serving) as exchange:
        await within(exchange.load_markets())
        seen: list[Any] = []
        watching = asyncio.create_task(exchange.watch_orders(SYMBOL))
        await _user_stream(serving)
        placed = await within(
            exchange.create_order(SYMBOL, "limit", "buy", 0.01, 59_990.1, {"clientOrderId": "mine-1", "postOnly": True})
        )
        assert (placed["status"], placed["clientOrderId"], placed["postOnly"]) == ("open", "mine-1", True)
        seen += await within(watching)
        assert (seen[0]["id"], seen[0]["status"], seen[0]["amount"]) == (placed["id"], "open", "0.01")
        found = await within(exchange.fetch_order(None, SYMBOL, {"clientOrderId": "mine-1"}))
        assert found["id"] == placed["id"]
        assert [order["id"] for order in await within(exchange.fetch_open_orders(SYMBOL))] == [placed["id"]]
        watching = asyncio.create_task(exchange.watch_orders(SYMBOL))
        cancelled = await within(exchange.cancel_order(placed["id"], SYMBOL))
        assert cancelled["status"] == "canceled"
        assert (await within(watching))[-1]["status"] == "canceled"
        with pytest.raises(ccxt.OrderNotFound):
            await within(exchange.cancel_order(placed["id"], SYMBOL))

        trades = asyncio.create_task(exchange.watch_my_trades(SYMBOL))
        taken = await within(exchange.create_order(SYMBOL, "limit", "buy", 1.5, 60_002, {"timeInForce": "IOC"}))
        assert (taken["status"], taken["filled"]) == ("closed", "1.5")
        assert D(taken["cost"]) == D(60_001) + D("0.5") * D(60_002)
        # both fills came in one write, of which ccxt returns the first: its cache has them all
        assert (await within(trades))[0]["amount"] == "1"
        listed = await within(exchange.fetch_my_trades(SYMBOL))
        own = list(exchange.myTrades)
        assert [trade["id"] for trade in listed] == [trade["id"] for trade in own]
        assert [D(trade["amount"]) for trade in listed] == [D(1), D("0.5")]
        state = (await Raw(serving).state())["accounts"]["one"]
        fees = sum((D(trade["fee"]["cost"]) for trade in listed), D(0))
        assert fees == D(state["fees"]["USDT"]) == sum((D(t["cost"]) for t in listed), D(0)) * D("0.0005")
        assert D(state["volume"]) == sum((D(trade["cost"]) for trade in listed), D(0))


async def _user_stream(serving: Serving, account: str = "one") -> None:
    await comes_true(lambda: serving.dialect._user._sessions.get(account))  # type: ignore[attr-defined]


async def test_a_resting_order_fills_by_parts(market: ScriptedMarket) -> None:
    async with served(market=market) as serving, client(serving) as exchange:
        await within(exchange.load_markets())
        watching = asyncio.create_task(exchange.watch_my_trades(SYMBOL))
        await _user_stream(serving)
        order = await within(exchange.create_order(SYMBOL, "limit", "sell", 0.01, 60_005, {"clientOrderId": "rest"}))
        assert serving.house.exchange.trade_against("one", "rest", 4) == 4
        assert [(trade["amount"], trade["takerOrMaker"]) for trade in await within(watching)] == [("0.004", "maker")]
        part = await within(exchange.fetch_order(order["id"], SYMBOL))
        assert (part["status"], part["filled"], part["remaining"]) == ("open", "0.004", "0.006")
        serving.house.exchange.trade_against("one", "rest", 6)
        await within(exchange.watch_my_trades(SYMBOL))
        assert (await within(exchange.fetch_order(order["id"], SYMBOL)))["status"] == "closed"
        positions = await within(exchange.fetch_positions([SYMBOL]))
        assert [(p["side"], p["contracts"], p["entryPrice"]) for p in positions] == [("short", "0.01", "60005")]


async def test_refusals_in_the_venues_words(market: ScriptedMarket) -> None:
    async with served(market=market) as serving, client(serving) as exchange:
        await within(exchange.load_markets())

        async def refused(kind: str, side: str, qty: float, price: float | None, **params: object) -> str:
            with pytest.raises(ccxt.ExchangeError) as caught:
                await within(exchange.create_order(SYMBOL, kind, side, qty, price, params))
            return str(caught.value)

        assert "-5022" in await refused("limit", "buy", 0.01, 60_001, postOnly=True)
        assert "-2022" in await refused("limit", "sell", 0.01, 60_001, reduceOnly=True)
        assert "-5021" in await refused("limit", "buy", 50, 60_001, timeInForce="FOK")
        assert "-2019" in await refused("limit", "buy", 400, 60_001)
        assert "-4016" in await refused("limit", "buy", 0.01, 90_000)
        assert "-4164" in await refused("limit", "buy", 0.001, 59_000)
        assert "-1121" in str((await Raw(serving).signed("GET", "/fapi/v1/openOrders", symbol="NOPEUSDT"))[1])
        assert await within(exchange.fetch_open_orders(SYMBOL)) == []


async def test_positions_balance_and_funding(market: ScriptedMarket) -> None:
    async with served(market=market, funding_interval_s=2) as serving, client(serving) as exchange:
        await within(exchange.load_markets())
        serving.house.exchange.set_funding_rate("binance", "BTCUSDT", D("0.001"))
        assert await within(exchange.fetch_positions([SYMBOL])) == []
        assert await within(exchange.watch_positions([SYMBOL])) == []  # the snapshot
        watched = asyncio.create_task(exchange.watch_positions([SYMBOL]))
        money = asyncio.create_task(exchange.watch_balance())
        await _user_stream(serving)
        await within(exchange.create_order(SYMBOL, "market", "buy", 0.5))
        position = (await within(watched))[0]
        assert (position["side"], position["contracts"], position["entryPrice"]) == ("long", "0.5", "60001")
        paid = D("0.5") * 60_001 * D("0.0005")
        assert D((await within(money))["USDT"]["total"]) == D(100_000) - paid
        settled: dict[str, Any] = {}
        history: list[Any] = []

        async def next_balance() -> None:
            settled.update(await exchange.watch_balance())
            history[:] = await exchange.fetch_funding_history(SYMBOL)

        await until(lambda: bool(history), next_balance)
        assert D(settled["USDT"]["total"]) == D(100_000) - paid + D(history[0]["amount"])
        assert D(history[0]["amount"]) == -D("0.5") * D("60000.5") * D("0.001")
        rate = await within(exchange.fetch_funding_rate(SYMBOL))
        assert D(rate["fundingRate"]) == D("0.001")
        past = await within(exchange.fetch_funding_rate_history(SYMBOL))
        assert D(past[-1]["fundingRate"]) == D("0.001")
        balance = await within(exchange.fetch_balance())
        cash = (await Raw(serving).state())["accounts"]["one"]["cash"]["USDT"]
        assert D(balance["info"]["totalWalletBalance"]) == D(cash)


async def test_settings(market: ScriptedMarket) -> None:
    async with served(market=market) as serving, client(serving) as exchange:
        await within(exchange.load_markets())
        assert (await within(exchange.set_leverage(7, SYMBOL)))["leverage"] == 7
        leverages = await within(exchange.fetch_leverages([SYMBOL]))
        assert D(str(leverages[SYMBOL]["longLeverage"])) == 7
        with pytest.raises(ccxt.ExchangeError, match="-4028"):
            await within(exchange.set_leverage(125, SYMBOL, {"leverage": 126}))
        assert (await within(exchange.fetch_position_mode(SYMBOL)))["hedged"] is False
        with pytest.raises(ccxt.ExchangeError, match="-4059"):
            await within(exchange.set_position_mode(False))
        with pytest.raises(ccxt.MarginModeAlreadySet, match="-4046"):
            await within(exchange.set_margin_mode("cross", SYMBOL))
        tiers = await within(exchange.fetch_leverage_tiers([SYMBOL]))
        assert D(str(tiers[SYMBOL][0]["maxLeverage"])) == 125
        fee = await within(exchange.fetch_trading_fee(SYMBOL))
        assert (fee["maker"], fee["taker"]) == ("0.0002", "0.0005")


async def test_many_orders_at_once(market: ScriptedMarket) -> None:
    async with served(market=market) as serving, client(serving) as exchange:
        await within(exchange.load_markets())
        orders = [
            {"symbol": SYMBOL, "type": "limit", "side": "buy", "amount": 0.01, "price": 59_000 + step}
            for step in range(3)
        ]
        made = await within(exchange.create_orders(orders))
        assert [order["status"] for order in made] == ["open"] * 3
        assert len(await within(exchange.fetch_open_orders(SYMBOL))) == 3
        await within(exchange.cancel_orders([order["id"] for order in made[:2]], SYMBOL))
        assert len(await within(exchange.fetch_open_orders(SYMBOL))) == 1
        await within(exchange.cancel_all_orders(SYMBOL))
        assert await within(exchange.fetch_open_orders(SYMBOL)) == []
        everything = await within(exchange.fetch_orders(SYMBOL))
        assert [order["status"] for order in everything] == ["canceled"] * 3
