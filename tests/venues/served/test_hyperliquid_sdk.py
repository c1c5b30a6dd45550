"""The venue's own Python client, unmodified but for its URL: `Exchange`, and `Info` with its websocket.

Exercised: Exchange.order, bulk_orders, modify_order, market_open, market_close, cancel, cancel_by_cloid, bulk_cancel,
update_leverage, schedule_cancel, approve_agent, set_referrer, set_expires_after; Info.meta, spot_meta, all_mids,
l2_snapshot, user_state, open_orders, frontend_open_orders, query_order_by_oid, query_order_by_cloid, user_fills,
user_fills_by_time, historical_orders, user_fees, user_rate_limit, user_role, extra_agents, subscribe, unsubscribe.
"""

from __future__ import annotations

import asyncio
import queue
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

import pytest
from eth_account import Account
from hyperliquid.exchange import Exchange
from hyperliquid.info import Info
from hyperliquid.utils.error import ClientError, ServerError
from hyperliquid.utils.signing import get_timestamp_ms
from hyperliquid.utils.types import Cloid

from tests.venues.served.hyperliquid_kit import ASK, BID, LOT, Served, served
from venues.model import Side
from venues.served.faults import Fault, FaultKind

WAIT_S = 20.0
GTC, ALO, IOC = ({"limit": {"tif": tif}} for tif in ("Gtc", "Alo", "Ioc"))


@pytest.fixture
async def server() -> AsyncIterator[Served]:
    async with served() as made:
        yield made


async def client(server: Served, key: str = "", account: str = "one") -> Exchange:
    credentials = server.credentials(account)
    wallet = Account.from_key(key or credentials["privateKey"])
    return await asyncio.to_thread(Exchange, wallet, server.url, account_address=credentials["walletAddress"])


async def do(call: Callable[..., Any], *args: Any, **options: Any) -> Any:
    """The client blocks its thread."""
    return await asyncio.to_thread(call, *args, **options)


def status(answer: Any) -> Any:
    assert answer["status"] == "ok", answer
    return answer["response"]["data"]["statuses"][0]


# -- what is refused ---------------------------------------------------------------------------------------------------


async def test_a_wrong_key_a_replayed_nonce_and_an_unknown_coin(
    server: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    stranger = await client(server, key="0x" + "77" * 32)
    answer = await do(stranger.order, "BTC", True, 0.01, 59000, GTC)
    assert answer["status"] == "err"
    assert answer["response"].startswith("User or API Wallet 0x")
    exchange = await client(server)
    nonce = get_timestamp_ms()
    monkeypatch.setattr("hyperliquid.exchange.get_timestamp_ms", lambda: nonce)
    assert "resting" in status(await do(exchange.order, "BTC", True, 0.01, 59000, GTC))
    again = await do(exchange.order, "BTC", True, 0.01, 59000, GTC)
    assert again == {"status": "err", "response": f"Invalid nonce: duplicate nonce {nonce}"}
    with pytest.raises(KeyError, match="DOGE"):
        await do(exchange.order, "DOGE", True, 1, 1, GTC)
    with pytest.raises(ClientError):
        await do(exchange.info.post, "/info", {"type": "l2Book", "coin": "DOGE"})
    assert len(server.house.accounts["one"].orders) == 1


async def test_errors_of_the_server_reach_the_client(server: Served) -> None:
    exchange = await client(server)
    server.front.switch_on(Fault(FaultKind.RATE_LIMIT, path="/info"))
    with pytest.raises(ClientError) as limited:
        await do(exchange.info.all_mids)
    assert limited.value.status_code == 429
    server.front.switch_on(Fault(FaultKind.ERROR_AFTER, path="/exchange"))
    with pytest.raises(ServerError):
        await do(exchange.order, "BTC", True, 0.01, 59000, GTC)
    # the answer was lost, the order was not
    assert len(await do(exchange.info.open_orders, server.credentials()["walletAddress"])) == 1


async def test_an_order_that_expired_on_its_way(server: Served) -> None:
    exchange = await client(server)
    exchange.set_expires_after(get_timestamp_ms() - 1000)
    answer = await do(exchange.order, "BTC", True, 0.01, 59000, GTC)
    assert "expired" in answer["response"]
    exchange.set_expires_after(get_timestamp_ms() + 60_000)
    assert "resting" in status(await do(exchange.order, "BTC", True, 0.01, 59000, GTC))


# -- orders ------------------------------------------------------------------------------------------------------------


async def test_orders_are_placed_seen_modified_and_cancelled(server: Served) -> None:
    exchange = await client(server)
    address, info = server.credentials()["walletAddress"], exchange.info
    mine = Cloid.from_int(1)
    placed = status(await do(exchange.order, "BTC", True, 0.01, 59000, ALO, cloid=mine))
    oid = placed["resting"]["oid"]
    assert placed["resting"]["cloid"] == mine.to_raw()
    assert [row["oid"] for row in await do(info.open_orders, address)] == [oid]
    assert (await do(info.frontend_open_orders, address))[0]["tif"] == "Alo"
    assert (await do(info.query_order_by_oid, address, oid))["order"]["status"] == "open"
    assert (await do(info.query_order_by_cloid, address, mine))["order"]["order"]["oid"] == oid
    modified = status(await do(exchange.modify_order, oid, "BTC", True, 0.02, 59100, ALO, cloid=mine))
    newer = modified["resting"]["oid"]
    assert newer != oid
    assert status(await do(exchange.cancel_by_cloid, "BTC", mine)) == "success"
    assert "never placed" in status(await do(exchange.cancel, "BTC", newer))["error"]
    two = await do(
        exchange.bulk_orders,
        [
            {"coin": "BTC", "is_buy": True, "sz": 0.01, "limit_px": 59000, "order_type": GTC, "reduce_only": False},
            {"coin": "ETH", "is_buy": False, "sz": 0.5, "limit_px": 3100, "order_type": GTC, "reduce_only": False},
        ],
    )
    oids = [row["resting"]["oid"] for row in two["response"]["data"]["statuses"]]
    cancels = [{"coin": coin, "oid": each} for coin, each in zip(("BTC", "ETH"), oids, strict=True)]
    assert (await do(exchange.bulk_cancel, cancels))["response"]["data"]["statuses"] == ["success", "success"]
    assert {row["status"] for row in await do(info.historical_orders, address)} == {"canceled"}


async def test_a_position_is_opened_and_closed_at_the_market(server: Served) -> None:
    exchange = await client(server)
    address, info = server.credentials()["walletAddress"], exchange.info
    assert (await do(exchange.update_leverage, 10, "BTC"))["status"] == "ok"
    opened = status(await do(exchange.market_open, "BTC", True, 0.05))["filled"]
    assert (opened["totalSz"], opened["avgPx"]) == ("0.05", "60010.0")
    state = await do(info.user_state, address)
    position = state["assetPositions"][0]["position"]
    assert (position["szi"], position["leverage"]["value"]) == ("0.05", 10)
    closed = status(await do(exchange.market_close, "BTC"))["filled"]
    assert (closed["totalSz"], closed["avgPx"]) == ("0.05", "60000.0")
    assert (await do(info.user_state, address))["assetPositions"] == []
    fills = await do(info.user_fills, address)
    assert [fill["dir"] for fill in fills] == ["Close Long", "Open Long"]
    assert len(await do(info.user_fills_by_time, address, fills[0]["time"])) >= 1
    books = server.house.accounts["one"]
    assert sum(float(fill["fee"]) for fill in fills) == pytest.approx(0.05 * 120_010 * 0.00045)
    assert float((await do(info.user_state, address))["marginSummary"]["accountValue"]) == float(books.cash["USDC"])


async def test_the_rest_of_what_a_client_asks(server: Served) -> None:
    exchange = await client(server)
    address, info = server.credentials()["walletAddress"], exchange.info
    assert [row["name"] for row in (await do(info.meta))["universe"]] == ["BTC", "ETH"]
    assert (await do(info.spot_meta))["universe"] == []
    assert await do(info.all_mids) == {"BTC": "60005.0", "ETH": "3000.25"}
    assert (await do(info.l2_snapshot, "BTC"))["levels"][0][0]["px"] == "60000.0"
    assert (await do(info.user_fees, address))["userAddRate"] == "0.00015"
    assert (await do(info.user_rate_limit, address))["nRequestsUsed"] == 0
    assert await do(info.user_role, address) == {"role": "user"}
    refused = await do(exchange.schedule_cancel, get_timestamp_ms() + 20_000)
    assert refused["response"].startswith("Cannot set scheduled cancel time until enough volume traded.")
    assert (await do(exchange.schedule_cancel, None))["status"] == "ok"


async def test_an_api_wallet_trades(server: Served) -> None:
    exchange = await client(server)
    address = server.credentials()["walletAddress"]
    answer, key = await do(exchange.approve_agent)
    assert answer["status"] == "ok"
    agent = await client(server, key=key)
    assert "resting" in status(await do(agent.order, "BTC", True, 0.01, 59000, GTC))
    assert len(await do(agent.info.open_orders, address)) == 1
    assert [row["name"] for row in await do(exchange.info.extra_agents, address)] == [""]


async def test_nothing_of_a_builder_is_signed_unless_the_client_names_one(server: Served) -> None:
    exchange = await client(server)
    await do(exchange.order, "BTC", True, 0.01, 59000, GTC)
    builder = {"b": "0x6530512A6c89C7cfCEbC3BA7fcD9aDa5f30827a6", "f": 1}
    refused = await do(exchange.order, "BTC", True, 0.01, 59000, GTC, builder=builder)
    assert refused["response"] == "Builder fee has not been approved."
    await do(exchange.set_referrer, "CODE")
    seen = server.dialect.wallets.by_name["one"].seen
    assert [("builder" in row.action, row.kind) for row in seen] == [
        (False, "order"),
        (True, "order"),
        (False, "setReferrer"),
    ]


# -- websocket ---------------------------------------------------------------------------------------------------------


class Followed:
    """An `Info` whose messages land in one queue a subscription."""

    def __init__(self, url: str) -> None:
        self.info = Info(url)

    def follow(self, **subscription: str) -> tuple[queue.Queue[Any], int]:
        heard: queue.Queue[Any] = queue.Queue()
        return heard, self.info.subscribe(subscription, heard.put)  # type: ignore[arg-type]  # a union of TypedDicts


@pytest.fixture
def followed(server: Served) -> Iterator[list[Followed]]:
    made: list[Followed] = []
    yield made
    for each in made:
        assert each.info.ws_manager is not None
        # its own `stop` waits for a thread that the server's end lets go
        each.info.ws_manager.stop_event.set()
        each.info.ws_manager.ws.keep_running = False


async def test_the_websocket_tells_of_markets_orders_and_fills(server: Served, followed: list[Followed]) -> None:
    exchange = await client(server)
    address = server.credentials()["walletAddress"]
    stream = await do(Followed, server.url)
    followed.append(stream)
    books, book_id = await do(stream.follow, type="l2Book", coin="BTC")
    trades, _ = await do(stream.follow, type="trades", coin="BTC")
    bbo, _ = await do(stream.follow, type="bbo", coin="BTC")
    mids, _ = await do(stream.follow, type="allMids")
    contexts, _ = await do(stream.follow, type="activeAssetCtx", coin="BTC")
    orders, _ = await do(stream.follow, type="orderUpdates", user=address)
    fills, _ = await do(stream.follow, type="userFills", user=address)
    events, _ = await do(stream.follow, type="userEvents", user=address)
    web, _ = await do(stream.follow, type="webData2", user=address)

    async def next_of(heard: queue.Queue[Any]) -> Any:
        return (await asyncio.to_thread(heard.get, True, WAIT_S))["data"]

    assert (await next_of(books))["levels"][1][0] == {"px": "60010.0", "sz": "2.0", "n": 1}
    assert (await next_of(bbo))["bbo"][0]["px"] == "60000.0"
    assert (await next_of(mids))["mids"]["BTC"] == "60005.0"
    assert (await next_of(contexts))["ctx"]["markPx"] == "60005.0"
    assert (await next_of(fills))["isSnapshot"] is True
    assert (await next_of(web))["clearinghouseState"]["assetPositions"] == []
    placed = status(await do(exchange.order, "BTC", True, 0.01, BID + 5, ALO, cloid=Cloid.from_int(9)))
    assert [row["status"] for row in await next_of(orders)] == ["open"]
    server.markets.btc.trade(BID + 5, LOT, Side.SELL)
    assert (await next_of(trades))[0]["px"] == f"{BID + 5}.0"
    ((fill,),) = [(await next_of(fills))["fills"]]
    assert (fill["oid"], fill["cloid"], fill["crossed"]) == (
        placed["resting"]["oid"],
        Cloid.from_int(9).to_raw(),
        False,
    )
    assert (await next_of(events))["fills"] == [fill]
    assert [row["status"] for row in await next_of(orders)] == ["filled"]
    assert await do(stream.info.unsubscribe, {"type": "l2Book", "coin": "BTC"}, book_id)
    assert (await do(exchange.market_open, "BTC", False, 0.01, None, 0.01))["status"] == "ok"
    assert (await next_of(fills))["fills"][0]["px"] == f"{BID}.0"
    assert server.markets.btc.book.best_ask() == (ASK, 2 * LOT)
