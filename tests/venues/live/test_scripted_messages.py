"""What real ccxt makes of sequences that no venue should send, and what the listener hears of them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import ClassVar

import pytest
import pytest_asyncio
from adapter_kit import D, Ids, Recorder
from loopback_binance import NOW_MS, SYMBOL, Loopback, loopback, trade_update

from venues.live import order_sender
from venues.live.dialect import Stream
from venues.live.dialects.binanceusdm import BinanceUsdm
from venues.live.pool import VenuePool
from venues.live.venue import CcxtVenue
from venues.model import OrderRequest, OrderStatus, Side, SystemClock
from venues.model.secret import Secret

CANARY = "s3cr3t-canary-0123456789"


class Watched(BinanceUsdm):
    """Private streams that are silent for so long are dead."""

    silence_s: ClassVar = {Stream.ORDERS: 0.4, Stream.FILLS: 0.4}


@dataclass
class Rig:
    server: Loopback
    venue: CcxtVenue
    recorder: Recorder


def venue_on(server: Loopback, dialect: BinanceUsdm | None = None) -> CcxtVenue:
    return CcxtVenue(
        account="a",
        dialect=dialect or BinanceUsdm(),
        credentials={"apiKey": Secret("key-canary"), "secret": Secret(CANARY)},
        clock=SystemClock(),
        ids=Ids(),
        symbols=("BTC",),
        pool=VenuePool(),
        endpoint=server.url,
    )


@pytest_asyncio.fixture
async def rig() -> AsyncIterator[Rig]:
    async with loopback() as server:
        venue, recorder = venue_on(server), Recorder()
        await venue.connect(recorder)
        await recorder.until(lambda: recorder.up)
        try:
            yield Rig(server, venue, recorder)
        finally:
            await venue.close()


def request(name: str = "t1") -> OrderRequest:
    return OrderRequest(name, SYMBOL, Side.BUY, D(10), D(100))


async def test_a_stale_partial_reopens_nothing_and_no_fill_counts_twice(rig: Rig) -> None:
    rig.server.write(
        trade_update("NEW", "0"),
        trade_update("PARTIALLY_FILLED", "3", "3", 1),
        trade_update("PARTIALLY_FILLED", "7", "4", 2),
        trade_update("FILLED", "10", "3", 3),
        trade_update("PARTIALLY_FILLED", "3", "3", 1),
    )
    rig.server.write(trade_update("NEW", "0", client_id="t2"))
    recorder = rig.recorder
    await recorder.until(lambda: recorder.status("t2") and recorder.filled("t1") == D(10))
    assert recorder.last("t1").status is OrderStatus.FILLED
    assert recorder.last("t1").filled_qty == D(10)
    assert [(fill.trade_id, fill.qty) for fill in recorder.fills] == [("1", D(3)), ("2", D(4)), ("3", D(3))]
    filled = [report.filled_qty for report in recorder.orders if report.client_order_id == "t1"]
    assert filled == sorted(filled)


async def test_the_same_over_and_over_is_told_once(rig: Rig) -> None:
    for _ in range(3):
        rig.server.write(trade_update("NEW", "0"), trade_update("FILLED", "10", "10", 9))
        rig.server.write(trade_update("PARTIALLY_FILLED", "3", "3", 9))
    rig.server.write(trade_update("NEW", "0", client_id="t2"))
    await rig.recorder.until(lambda: rig.recorder.status("t2") and rig.recorder.fills)
    assert [fill.trade_id for fill in rig.recorder.fills] == ["9"]
    assert rig.recorder.last("t1").status is OrderStatus.FILLED


async def test_an_order_of_somebody_else_is_told_without_an_id_of_ours(rig: Rig) -> None:
    rig.server.write(
        trade_update("NEW", "0", client_id="web_abc"), trade_update("FILLED", "10", "10", 4, client_id="web_abc")
    )
    await rig.recorder.until(lambda: rig.recorder.fills)
    assert rig.recorder.fills[0].client_order_id == ""
    assert {report.client_order_id for report in rig.recorder.orders} <= {""}


async def test_an_order_without_an_answer_is_unknown_and_its_words_hold_no_secret(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(order_sender, "ANSWER_TIMEOUT_S", 0.1)
    rig.venue.submit(request())
    await rig.recorder.until(lambda: rig.recorder.orders)
    assert rig.recorder.last("t1").status is OrderStatus.UNKNOWN
    assert rig.recorder.last("t1").text == "no answer within 0.1 s"


async def test_what_the_stream_told_before_is_not_put_in_doubt_by_a_lost_answer(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(order_sender, "ANSWER_TIMEOUT_S", 0.3)
    rig.venue.submit(request())
    rig.server.write(trade_update("NEW", "0"))
    await rig.recorder.until(lambda: rig.recorder.status("t1") is OrderStatus.OPEN)
    await rig.venue.close()
    assert [report.status for report in rig.recorder.orders] == [OrderStatus.OPEN]


async def test_an_answer_that_makes_no_sense_leaves_the_order_unknown(rig: Rig) -> None:
    rig.server.order_answer = {"orderId": 7, "symbol": SYMBOL, "status": "NOT_A_STATUS", "clientOrderId": "t1"}
    rig.venue.submit(request())
    await rig.recorder.until(lambda: rig.recorder.orders)
    assert rig.recorder.last("t1").status is OrderStatus.UNKNOWN


async def test_fills_that_the_stream_kept_back_are_fetched(rig: Rig) -> None:
    rig.server.order_answer = {
        "orderId": 7, "symbol": SYMBOL, "status": "FILLED", "clientOrderId": "t1", "price": "100", "avgPrice": "100",
        "origQty": "10", "executedQty": "10", "cumQuote": "1000", "timeInForce": "GTC", "type": "LIMIT", "side": "BUY",
        "updateTime": NOW_MS, "reduceOnly": False,
    }  # fmt: skip
    rig.server.trades = [
        {
            "id": 5, "orderId": 7, "symbol": SYMBOL, "side": "BUY", "price": "100", "qty": "10", "quoteQty": "1000",
            "commission": "0.2", "commissionAsset": "USDT", "time": NOW_MS, "maker": False, "buyer": True,
        }
    ]  # fmt: skip
    rig.venue.submit(request())
    await rig.recorder.until(lambda: rig.recorder.fills)
    (fill,) = rig.recorder.fills
    assert (fill.trade_id, fill.client_order_id, fill.qty, fill.fee) == ("5", "t1", D(10), D("0.2"))


async def test_a_message_that_breaks_ccxt_does_not_leave_a_deaf_socket(rig: Rig) -> None:
    rig.server.write('{"e":"ORDER_TRADE_UPDATE","o":[1]}')
    rig.server.write("{not json")
    await rig.recorder.until(lambda: not rig.recorder.up)
    await rig.recorder.until(lambda: rig.recorder.up)
    rig.server.write(trade_update("NEW", "0"))
    await rig.recorder.until(lambda: rig.recorder.status("t1") is OrderStatus.OPEN)


async def test_a_listen_key_that_the_venue_ends_is_replaced(rig: Rig) -> None:
    before = rig.server.listen_keys
    rig.server.write('{"e":"listenKeyExpired","E":1700000000000,"listenKey":"key1"}')
    await rig.recorder.until(lambda: not rig.recorder.up)
    await rig.recorder.until(lambda: rig.recorder.up)
    assert rig.server.listen_keys > before


async def test_a_silent_socket_is_dialled_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    async with loopback() as server:
        venue, recorder = venue_on(server, Watched()), Recorder()
        monkeypatch.setattr("venues.live.streams.SETTLE_S", 0.1)
        await venue.connect(recorder)
        await recorder.until(lambda: recorder.up)
        await recorder.until(lambda: not recorder.up)
        assert "silent for 0.4 s" in recorder.connections[-1][1]
        await recorder.until(lambda: recorder.up)
        await venue.close()
    assert server.listen_keys >= 2


async def test_an_id_that_the_venue_has_already_may_be_our_order_whatever_ccxt_makes_of_it(rig: Rig) -> None:
    rig.server.order_answer = {"code": -4116, "msg": "ClientOrderId is duplicated."}
    rig.venue.submit(request())
    await rig.recorder.until(lambda: rig.recorder.orders)
    assert rig.recorder.last("t1").status is OrderStatus.UNKNOWN
