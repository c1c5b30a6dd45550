"""The edgeX venue through the venue's real SDK against a server on loopback that speaks the documented messages."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from decimal import Decimal
from random import Random
from typing import Any

import pytest
from aiohttp import WSMsgType, web

from venues.edgex.venue import EdgexVenue
from venues.model import OrderRequest, OrderStatus, Side, SystemClock, VenueRejected, VenueUnavailable
from venues.model.secret import Secret

pytest.importorskip("edgex_sdk", reason="edgex-python-sdk is not installed")

D = Decimal
CREDENTIALS = {
    "accountId": Secret("12345"),
    "apiKey": Secret("key-of-edgex"),
    "secret": Secret("secret-of-edgex"),
    "password": Secret("words-of-edgex"),
    "privateKey": Secret("0x" + "11" * 32),
}
METADATA = {
    "global": {"chainId": "3343", "contractAddress": "0x" + "22" * 20},
    "coinList": [
        {"coinId": "1000", "coinName": "USD", "resolution": "0xf4240"},
        {"coinId": "1001", "coinName": "BTC", "resolution": "0x2540be400"},
    ],
    "contractList": [
        {
            "contractId": "10000001",
            "contractName": "BTCUSD",
            "baseCoinId": "1001",
            "quoteCoinId": "1000",
            "tickSize": "0.1",
            "stepSize": "0.001",
            "minOrderSize": "0.001",
            "defaultTakerFeeRate": "0.00038",
            "defaultMakerFeeRate": "0.00018",
            "resolution": "0x2540be400",
            "enableTrade": True,
        }
    ],
}


class Listener:
    """Keeps what it is told, and wakes whoever waits for it."""

    def __init__(self) -> None:
        self.told: list[tuple[str, Any]] = []
        self._news = asyncio.Event()

    def _tell(self, kind: str, what: Any) -> None:
        self.told.append((kind, what))
        self._news.set()

    def on_book(self, update: Any) -> None:
        self._tell("book", update)

    def on_order(self, report: Any) -> None:
        self._tell("order", report)

    def on_fill(self, fill: Any) -> None:
        self._tell("fill", fill)

    def on_cancel_failed(self, report: Any) -> None:
        self._tell("cancel_failed", report)

    def on_funding_rate(self, rate: Any) -> None:
        self._tell("rate", rate)

    def on_funding(self, payment: Any) -> None:
        self._tell("funding", payment)

    def on_transfer(self, transfer: Any) -> None:
        self._tell("transfer", transfer)

    def on_mark(self, symbol: str, price: Decimal, ts_event: int) -> None:
        self._tell("mark", price)

    def on_connection(self, up: bool, reason: str) -> None:
        self._tell("connection", up)

    async def until(self, kind: str, fits: Callable[[Any], bool] = lambda _: True) -> Any:
        async with asyncio.timeout(20):
            while True:
                for found, what in self.told:
                    if found == kind and fits(what):
                        return what
                self._news.clear()
                await self._news.wait()


class Server:
    """Answers by the end of the path; keeps what it was sent."""

    def __init__(self) -> None:
        self.answers: dict[str, Any] = {"getMetaData": {"code": "SUCCESS", "data": METADATA}}
        self.status: dict[str, int] = {}
        self.asked: list[tuple[str, dict[str, Any]]] = []
        self.headers: list[dict[str, str]] = []
        self.sockets: dict[str, web.WebSocketResponse] = {}
        self.heard: asyncio.Queue[tuple[str, Any]] = asyncio.Queue()

    async def rest(self, request: web.Request) -> web.Response:
        name = request.path.rsplit("/", 1)[-1]
        body = await request.json() if request.method == "POST" else dict(request.query)
        self.asked.append((name, body))
        self.headers.append(dict(request.headers))
        answer = self.answers.get(name, {"code": "SUCCESS", "data": {}})
        return web.json_response(answer, status=self.status.get(name, 200))

    async def ws(self, request: web.Request) -> web.WebSocketResponse:
        ws = web.WebSocketResponse()
        await ws.prepare(request)
        kind = "private" if "private" in request.path else "public"
        self.sockets[kind] = ws
        self.heard.put_nowait((kind, dict(request.headers)))
        async for message in ws:
            if message.type is WSMsgType.TEXT:
                self.heard.put_nowait((kind, json.loads(message.data)))
        return ws

    async def until(self, kind: str, fits: Callable[[Any], bool]) -> Any:
        async with asyncio.timeout(20):
            while True:
                found, what = await self.heard.get()
                if found == kind and fits(what):
                    return what

    def body_of(self, name: str) -> dict[str, Any]:
        return next(body for asked, body in self.asked if asked == name)


@asynccontextmanager
async def trading(**options: Any) -> AsyncIterator[tuple[EdgexVenue, Server, Listener]]:
    server, listener = Server(), Listener()
    app = web.Application()
    app.router.add_get("/api/v1/public/ws", server.ws)
    app.router.add_get("/api/v1/private/ws", server.ws)
    app.router.add_route("*", "/{tail:.*}", server.rest)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    port = runner.addresses[0][1]
    venue = EdgexVenue(
        account="main",
        credentials=CREDENTIALS,
        clock=SystemClock(),
        rng=Random(1),
        endpoint=f"http://127.0.0.1:{port}|ws://127.0.0.1:{port}",
        **options,
    )
    try:
        await venue.connect(listener)
        await listener.until("connection", bool)
        yield venue, server, listener
    finally:
        await venue.close()
        await runner.cleanup()


def order(**changed: Any) -> OrderRequest:
    return OrderRequest(
        **{
            "client_order_id": "ck-1",
            "symbol": "BTCUSD",
            "side": Side.BUY,
            "qty": D("0.5"),
            "price": D("95000.1"),
            "post_only": True,
            **changed,
        }
    )


async def test_an_order_without_an_answer_is_unknown_and_one_that_is_refused_is_rejected() -> None:
    async with trading() as (venue, server, listener):
        server.status["createOrder"] = 502
        venue.submit(order())
        unknown = await listener.until("order")
        assert (unknown.status, unknown.reason) == (OrderStatus.UNKNOWN, None)
        server.status["createOrder"] = 200
        server.answers["createOrder"] = {"code": "INSUFFICIENT_MARGIN", "msg": "insufficient margin"}
        venue.submit(order(client_order_id="ck-2"))
        refused = await listener.until("order", lambda report: report.client_order_id == "ck-2")
        assert (refused.status, refused.reason) == (OrderStatus.REJECTED, "margin")


async def test_a_read_only_account_sends_no_order() -> None:
    async with trading(read_only=True) as (venue, server, listener):
        venue.submit(order())
        assert (await listener.until("order")).status is OrderStatus.REJECTED
        assert "createOrder" not in [name for name, _ in server.asked]


async def test_an_order_is_signed_and_spelled_as_the_venue_spells_it() -> None:
    async with trading() as (venue, server, listener):
        server.answers["createOrder"] = {"code": "SUCCESS", "data": {"orderId": "900"}}
        venue.submit(order(reduce_only=True))
        placed = await listener.until("order")
        assert (placed.status, placed.venue_order_id) == (OrderStatus.OPEN, "900")
        body = server.body_of("createOrder")
        assert (body["price"], body["size"], body["timeInForce"]) == ("95000.1", "0.5", "POST_ONLY")
        assert (body["clientOrderId"], body["reduceOnly"], body["side"]) == ("ck-1", True, "BUY")
        assert len(body["l2Signature"]) >= 130
        assert body["sourceKey"] == ""
        assert server.headers[-1]["X-edgeX-Api-Key"] == "key-of-edgex"
        assert "secret-of-edgex" not in str(server.headers)


async def test_a_fill_of_the_stream_carries_our_id() -> None:
    async with trading() as (venue, server, listener):
        server.answers["createOrder"] = {"code": "SUCCESS", "data": {"orderId": "900"}}
        venue.submit(order())
        await listener.until("order")
        fill = {
            "id": "7",
            "orderId": "900",
            "contractId": "10000001",
            "orderSide": "BUY",
            "fillSize": "0.2",
            "fillPrice": "95000.1",
            "fillFee": "3.42",
            "direction": "MAKER",
            "matchTime": "1795275780756",
        }
        event = {"type": "trade-event", "content": {"data": {"orderFillTransaction": [fill]}}}
        await server.sockets["private"].send_json(event)
        assert (await listener.until("fill")).client_order_id == "ck-1"


async def test_a_gap_empties_the_book_and_subscribes_anew() -> None:
    async with trading() as (venue, server, listener):
        venue.subscribe(["BTCUSD"])
        wanted = {"type": "subscribe", "channel": "depth.10000001.15"}
        await server.until("public", lambda found: found == wanted)
        snapshot = {
            "depthType": "SNAPSHOT",
            "startVersion": "0",
            "endVersion": "10",
            "bids": [{"price": "95000.0", "size": "1"}],
            "asks": [{"price": "95000.1", "size": "2"}],
        }
        event = {"type": "quote-event", "channel": "depth.10000001.15", "content": {"data": [snapshot]}}
        await server.sockets["public"].send_json(event)
        book = await listener.until("book", lambda found: bool(found.bids))
        assert (book.bids, book.asks) == (((950000, 1000),), ((950001, 2000),))
        gap = {**snapshot, "depthType": "CHANGED", "startVersion": "12", "endVersion": "13"}
        await server.sockets["public"].send_json({**event, "content": {"data": [gap]}})
        emptied = await listener.until("book", lambda found: found.seq > book.seq)
        assert (emptied.bids, emptied.asks) == ((), ())
        await server.until("public", lambda found: found == wanted)


async def test_a_lost_private_socket_is_dialled_again() -> None:
    async with trading() as (_, server, listener):
        listener.told.clear()
        await server.sockets["private"].close()
        await listener.until("connection", lambda up: up is False)
        await listener.until("connection", lambda up: up is True)


async def test_pages_of_fills_are_turned_and_funding_is_read() -> None:
    async with trading() as (venue, server, _):
        row = {"contractId": "10000001", "orderSide": "SELL", "fillSize": "0.1", "fillPrice": "95000.1"}
        rows = [{**row, "id": "7", "orderId": "", "createdTime": "1795275780756"}]
        server.answers["getHistoryOrderFillTransactionPage"] = {"code": "SUCCESS", "data": {"dataList": rows}}
        page = await venue.fills_since("")
        assert [fill.trade_id for fill in page.fills] == ["7"]
        assert page.cursor == "1795275780756"
        payment = {"id": "3", "type": "POSITION_FUNDING", "positionContractId": "10000001", "deltaAmount": "-0.5"}
        server.answers["getCollateralTransactionPage"] = {"code": "SUCCESS", "data": {"dataList": [payment]}}
        (found,) = await venue.funding_since(0)
        assert (found.cost, found.symbol) == (D("0.5"), "BTCUSD")


async def test_an_answer_without_its_list_is_never_flat() -> None:
    async with trading() as (venue, server, _):
        server.answers["getAccountAsset"] = {"code": "SUCCESS", "data": {}}
        with pytest.raises(VenueUnavailable, match="positionList is missing"):
            await venue.positions()
        server.status["getActiveOrderPage"] = 500
        with pytest.raises(VenueUnavailable):
            await venue.open_orders()
        server.answers["getOrderByClientOrderId"] = {"code": "SUCCESS", "data": []}
        assert await venue.query_order(client_order_id="ck-9") is None


async def test_a_cancel_that_is_refused_and_one_without_an_answer_are_told_apart() -> None:
    async with trading() as (venue, server, listener):
        server.answers["cancelOrderByClientOrderId"] = {"code": "ORDER_NOT_FOUND", "msg": "no such order"}
        venue.cancel("ck-1", "BTCUSD")
        refused = await listener.until("cancel_failed")
        assert (refused.known, refused.client_order_id) == (True, "ck-1")
        server.status["cancelOrderByClientOrderId"] = 503
        venue.cancel("ck-2", "BTCUSD")
        lost = await listener.until("cancel_failed", lambda report: report.client_order_id == "ck-2")
        assert lost.known is False


async def test_cancel_all_names_the_contract() -> None:
    async with trading() as (venue, server, _):
        await venue.cancel_all("BTCUSD")
        assert server.body_of("cancelAllOrder")["filterContractIdList"] == ["10000001"]
        with pytest.raises(VenueRejected, match="dead-man"):
            await venue.cancel_all_after(60)


async def test_an_unknown_symbol_is_refused_before_anything_is_sent() -> None:
    async with trading() as (venue, server, listener):
        venue.submit(order(symbol="NOPE"))
        assert (await listener.until("order")).reason == "symbol"
        assert "createOrder" not in [name for name, _ in server.asked]
        with pytest.raises(VenueRejected, match="no contract 'NOPE'"):
            venue.subscribe(["NOPE"])


async def test_every_page_of_open_orders_is_asked() -> None:
    async with trading() as (venue, server, _):
        row = {
            "id": "900",
            "clientOrderId": "ck-1",
            "contractId": "10000001",
            "side": "BUY",
            "price": "95000.1",
            "size": "0.5",
            "timeInForce": "GOOD_TIL_CANCEL",
            "status": "OPEN",
        }
        data = {"dataList": [row, {**row, "contractId": "77"}], "nextPageOffsetData": ""}
        server.answers["getActiveOrderPage"] = {"code": "SUCCESS", "data": data}
        (found,) = await venue.open_orders()
        assert (found.client_order_id, found.status) == ("ck-1", OrderStatus.OPEN)
        server.answers["getActiveOrderPage"] = {"code": "SUCCESS", "data": {**data, "nextPageOffsetData": "more"}}
        with pytest.raises(VenueUnavailable, match="more than 50 pages"):
            await venue.open_orders()


async def test_money_and_transfers_are_read_and_leverage_is_set() -> None:
    async with trading() as (venue, server, _):
        asset = {
            "positionList": [{"contractId": "10000001", "openSize": "0.5"}],
            "positionAssetList": [{"contractId": "10000001", "positionValue": "47500", "avgEntryPrice": "94000"}],
            "collateralAssetModelList": [{"coinId": "1000", "totalEquity": "9500", "availableAmount": "9000"}],
        }
        server.answers["getAccountAsset"] = {"code": "SUCCESS", "data": asset}
        assert [found.qty for found in await venue.positions()] == [D("0.5")]
        assert [(found.asset, found.equity) for found in await venue.balances()] == [("USD", D(9500))]
        rows = [{"id": "4", "type": "WITHDRAW", "coinId": "1000", "deltaAmount": "-20"}]
        server.answers["getCollateralTransactionPage"] = {"code": "SUCCESS", "data": {"dataList": rows}}
        (moved,) = await venue.transfers_since(0)
        assert (moved.signed, moved.asset) == (D(-20), "USD")
        await venue.set_leverage("BTCUSD", 5)
        assert server.body_of("updateLeverageSetting")["leverage"] == "5"


async def test_an_order_of_the_stream_is_told_and_one_that_makes_no_sense_dials_anew() -> None:
    async with trading() as (_, server, listener):
        row = {"id": "900", "clientOrderId": "ck-1", "contractId": "10000001", "side": "BUY", "size": "0.5"}
        event = {"type": "trade-event", "content": {"data": {"order": [{**row, "status": "CANCELED"}]}}}
        await server.sockets["private"].send_json(event)
        assert (await listener.until("order")).status is OrderStatus.CANCELED
        listener.told.clear()
        broken = {"type": "trade-event", "content": {"data": {"order": [{**row, "status": "GONE"}]}}}
        await server.sockets["private"].send_json(broken)
        await listener.until("connection", lambda up: up is False)
        await listener.until("connection", lambda up: up is True)


async def test_a_ping_is_answered() -> None:
    async with trading() as (_, server, _):
        await server.sockets["public"].send_json({"type": "ping", "time": "5"})
        assert await server.until("public", lambda found: found.get("type") == "pong") == {"type": "pong", "time": "5"}


async def test_credentials_that_are_missing_are_named() -> None:
    venue = EdgexVenue(account="main", credentials={"accountId": Secret("1")}, clock=SystemClock(), rng=Random(1))
    with pytest.raises(VenueRejected, match="apiKey, secret, password, privateKey"):
        await venue.connect(Listener())
    with pytest.raises(VenueUnavailable, match="not connected"):
        await venue.positions()
    await venue.close()


@pytest.mark.parametrize("symbols", [("BTC",), ("BTCUSD", "ETH")])
async def test_only_what_is_traded_is_loaded(symbols: tuple[str, ...]) -> None:
    async with trading(symbols=symbols) as (venue, _, _):
        assert list(venue.instruments) == ["BTCUSD"]


async def test_coins_that_it_does_not_list_are_named() -> None:
    with pytest.raises(VenueRejected, match="edgeX lists none of DOGE"):
        async with trading(symbols=("DOGE",)):
            pass
