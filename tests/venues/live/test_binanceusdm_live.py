"""The adapter through real ccxt and real sockets against the served Binance USD-M exchange."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest
import pytest_asyncio
from adapter_kit import D, Ids, Recorder, Rig, connected, order_at, served, touch

from venues.live.venue import CcxtVenue
from venues.model import (
    LiquiditySide,
    OrderRequest,
    OrderStatus,
    RejectReason,
    Side,
    SystemClock,
    TimeInForce,
    Venue,
    VenueBusy,
    VenueRejected,
    VenueUnavailable,
)
from venues.model.secret import Secret
from venues.served.faults import FaultKind

BTC = "BTCUSDT"


@dataclass
class Live:
    rig: Rig
    venue: CcxtVenue
    recorder: Recorder


@pytest_asyncio.fixture
async def rig() -> AsyncIterator[Rig]:
    async with served("binanceusdm") as rig:
        yield rig


@pytest_asyncio.fixture
async def live(rig: Rig) -> AsyncIterator[Live]:
    venue = rig.venue()
    async with connected(venue, BTC) as recorder:
        yield Live(rig, venue, recorder)


# -- what goes wrong ---------------------------------------------------------------------------------------------


async def test_an_order_whose_answer_is_a_5xx_is_unknown_and_a_query_settles_it(live: Live) -> None:
    live.rig.fault(FaultKind.ERROR_AFTER, path="/fapi/v1/order", method="POST")
    order = order_at(live.venue, live.recorder, "t1", Side.BUY, BTC, away="0.01", post_only=True)
    live.venue.submit(order)
    await live.recorder.until(lambda: live.recorder.status("t1"))
    assert OrderStatus.REJECTED not in [report.status for report in live.recorder.orders]
    found = await live.venue.query_order(client_order_id="t1", symbol=BTC)
    assert found is not None
    assert (found.status, found.client_order_id, found.qty) == (OrderStatus.OPEN, "t1", order.qty)


async def test_an_order_that_fails_before_it_takes_effect_is_unknown_and_not_found(live: Live) -> None:
    live.rig.fault(FaultKind.ERROR_BEFORE, path="/fapi/v1/order", method="POST")
    live.venue.submit(order_at(live.venue, live.recorder, "t1", Side.BUY, BTC, away="0.01"))
    await live.recorder.until(lambda: live.recorder.status("t1"))
    assert live.recorder.status("t1") is OrderStatus.UNKNOWN
    assert await live.venue.query_order(client_order_id="t1", symbol=BTC) is None


async def test_a_429_is_a_definite_no_for_an_order_and_busy_for_a_question(live: Live) -> None:
    live.rig.fault(FaultKind.RATE_LIMIT, path="/fapi/v1/order", method="POST")
    live.venue.submit(order_at(live.venue, live.recorder, "t1", Side.BUY, BTC, away="0.01"))
    await live.recorder.until(lambda: live.recorder.status("t1"))
    assert (live.recorder.status("t1"), live.recorder.last("t1").reason) == (
        OrderStatus.REJECTED,
        RejectReason.RATE_LIMIT,
    )
    live.rig.fault(FaultKind.RATE_LIMIT, path="/fapi/v1/openOrders")
    with pytest.raises(VenueBusy):
        await live.venue.open_orders()
    assert await live.venue.open_orders() == ()


async def test_a_question_without_an_answer_is_unavailable_and_tells_no_secret(live: Live) -> None:
    live.rig.fault(FaultKind.ERROR_BEFORE, path="positionRisk")
    with pytest.raises(VenueUnavailable) as caught:
        await live.venue.positions()
    for secret in live.rig.credentials().values():
        assert secret.reveal() not in str(caught.value)
    assert "signature" not in str(caught.value)
    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None


async def test_what_the_venue_refuses_is_rejected_with_its_reason(live: Live) -> None:
    crossing = order_at(live.venue, live.recorder, "t1", Side.BUY, BTC, away="-0.01", post_only=True)
    live.venue.submit(crossing)
    live.venue.submit(order_at(live.venue, live.recorder, "t2", Side.SELL, BTC, reduce_only=True, tif=TimeInForce.IOC))
    live.venue.submit(order_at(live.venue, live.recorder, "t3", Side.BUY, BTC, qty="400", away="0.01"))
    await live.recorder.until(lambda: all(_ended(live.recorder, name) for name in ("t1", "t2", "t3")))
    reasons = {name: live.recorder.last(name).reason for name in ("t1", "t2", "t3")}
    assert reasons == {"t1": RejectReason.POST_ONLY, "t2": RejectReason.REDUCE_ONLY, "t3": RejectReason.MARGIN}


async def test_a_cancel_of_an_order_that_is_gone_is_known_to_have_failed(live: Live) -> None:
    live.venue.cancel("t9", BTC)
    await live.recorder.until(lambda: live.recorder.cancels)
    (failed,) = live.recorder.cancels
    assert (failed.client_order_id, failed.known) == ("t9", True)


async def test_a_cancel_without_an_answer_is_not_known(live: Live) -> None:
    live.venue.submit(order_at(live.venue, live.recorder, "t1", Side.BUY, BTC, away="0.01"))
    await live.recorder.until(lambda: live.recorder.status("t1") is OrderStatus.OPEN)
    live.rig.fault(FaultKind.ERROR_BEFORE, path="/fapi/v1/order", method="DELETE")
    live.venue.cancel("t1", BTC)
    await live.recorder.until(lambda: live.recorder.cancels)
    assert live.recorder.cancels[0].known is False


async def test_cut_sockets_are_redialled_and_what_filled_meanwhile_is_found(live: Live) -> None:
    recorder = live.recorder
    order = order_at(live.venue, recorder, "t1", Side.BUY, BTC, away="-0.002", tif=TimeInForce.IOC)
    live.rig.fault(FaultKind.CLOSE)
    await recorder.until(lambda: not recorder.up)
    live.venue.submit(order)
    await recorder.until(lambda: recorder.up)
    assert any(book.bids == book.asks == () for book in recorder.book_log)
    await recorder.until(lambda: touch(recorder, BTC))
    page = await live.venue.fills_since("")
    assert sum(fill.qty for fill in page.fills) == D("0.01")
    assert {fill.client_order_id for fill in page.fills} == {"t1"}


async def test_an_expired_listen_key_is_replaced(live: Live) -> None:
    live.rig.fault(FaultKind.EXPIRED_TOKEN)
    live.rig.fault(FaultKind.CLOSE)
    await live.recorder.until(lambda: not live.recorder.up)
    await live.recorder.until(lambda: live.recorder.up)
    await live.recorder.until(lambda: touch(live.recorder, BTC))
    live.venue.submit(order_at(live.venue, live.recorder, "t1", Side.BUY, BTC, away="-0.002", tif=TimeInForce.IOC))
    await live.recorder.until(lambda: live.recorder.filled("t1") == D("0.01"))


async def test_a_gap_empties_the_book_and_a_new_snapshot_follows(live: Live) -> None:
    seen = len(live.recorder.book_log)
    live.rig.fault(FaultKind.GAP)
    await live.recorder.until(lambda: any(not book.bids and not book.asks for book in live.recorder.book_log[seen:]))
    await live.recorder.until(lambda: touch(live.recorder, BTC))


async def test_keys_that_are_wrong_or_missing_are_refused_by_name(rig: Rig) -> None:
    with pytest.raises(VenueRejected, match="needs secret among its keys"):
        CcxtVenue(
            account="a", dialect=rig.venue().dialect, credentials={"apiKey": Secret("k")}, clock=SystemClock(),
            ids=Ids(), symbols=("BTC",), pool=rig.pool,
        )  # fmt: skip


async def test_a_symbol_that_the_venue_lacks_is_refused(rig: Rig) -> None:
    with pytest.raises(VenueRejected, match="binanceusdm lists none of NOPE"):
        await rig.venue(symbols=("NOPE",)).connect(Recorder())


async def test_no_server_is_unavailable_and_one_may_connect_again(rig: Rig) -> None:
    venue = rig.venue()
    rig.fault(FaultKind.REFUSE, seconds=60)
    with pytest.raises(VenueUnavailable):
        await venue.connect(Recorder())
    with pytest.raises(VenueUnavailable, match="not connected"):
        venue.submit(OrderRequest("t1", BTC, Side.BUY, D("0.01"), D(60_000)))
    rig.fault(FaultKind.CLEAR)
    async with connected(venue, BTC) as recorder:
        assert recorder.up


async def test_read_only_sends_nothing(live: Live) -> None:
    live.venue.read_only = True
    live.venue.submit(order_at(live.venue, live.recorder, "t1", Side.BUY, BTC, away="0.01"))
    assert live.recorder.orders == []
    live.venue.cancel("t1", BTC)
    await live.recorder.until(lambda: live.recorder.cancels and live.recorder.orders)
    assert live.recorder.last("t1").status is OrderStatus.REJECTED
    assert "read-only" in live.recorder.last("t1").text
    for refused in (live.venue.cancel_all(), live.venue.cancel_all_after(5), live.venue.set_leverage(BTC, 3)):
        with pytest.raises(VenueRejected, match="read-only"):
            await refused
    assert (
        live.rig.serving.house.accounts[live.rig.ready.accounts[0].name].orders_seen() == 0
        if hasattr(live.rig.serving.house.accounts[live.rig.ready.accounts[0].name], "orders_seen")
        else await live.venue.open_orders() == ()
    )


async def test_without_keys_only_public_data_come(rig: Rig) -> None:
    venue = rig.venue(public=True)
    async with connected(venue, BTC) as recorder:
        with pytest.raises(VenueRejected, match="no keys"):
            await venue.positions()
        await recorder.until(lambda: recorder.rates and recorder.marks)
        venue.submit(order_at(venue, recorder, "t1", Side.BUY, BTC))
        await recorder.until(lambda: recorder.status("t1") is OrderStatus.REJECTED)


# -- what works --------------------------------------------------------------------------------------------------


async def test_a_post_only_order_rests_and_is_cancelled(live: Live) -> None:
    order = order_at(live.venue, live.recorder, "t1", Side.BUY, BTC, away="0.01", post_only=True)
    live.venue.submit(order)
    assert live.recorder.orders == []
    await live.recorder.until(lambda: live.recorder.status("t1") is OrderStatus.OPEN)
    (listed,) = await live.venue.open_orders()
    assert (listed.client_order_id, listed.price, listed.qty, listed.side) == ("t1", order.price, order.qty, Side.BUY)
    live.venue.cancel("t1", BTC)
    await live.recorder.until(lambda: live.recorder.status("t1") is OrderStatus.CANCELED)
    assert await live.venue.open_orders() == ()


async def test_an_ioc_order_fills_and_all_the_books_of_the_account_agree(live: Live) -> None:
    venue, recorder = live.venue, live.recorder
    before = await venue.fills_since("")
    venue.submit(order_at(venue, recorder, "t1", Side.SELL, BTC, away="-0.001", tif=TimeInForce.IOC))
    await recorder.until(lambda: recorder.status("t1") is OrderStatus.FILLED and recorder.filled("t1") == D("0.01"))
    fill = recorder.fills[0]
    assert (fill.side, fill.liquidity, fill.fee_asset) == (Side.SELL, LiquiditySide.TAKER, "USDT")
    assert fill.fee == (fill.qty * fill.price * D("0.0005"))
    page = await venue.fills_since(before.cursor)
    assert [found.trade_id for found in page.fills] == [found.trade_id for found in recorder.fills]
    assert {found.client_order_id for found in page.fills} == {"t1"}
    assert (await venue.fills_since(page.cursor)).fills == ()
    (position,) = await venue.positions()
    assert (position.symbol, position.qty) == (BTC, D("-0.01"))
    (balance,) = await venue.balances()
    assert balance.cash == D(100_000) - sum(found.fee for found in recorder.fills)


async def test_connecting_with_an_open_position_makes_no_noise(live: Live, caplog: pytest.LogCaptureFixture) -> None:
    live.venue.submit(order_at(live.venue, live.recorder, "t1", Side.BUY, BTC, away="-0.001", tif=TimeInForce.IOC))
    await live.recorder.until(lambda: live.recorder.filled("t1") == D("0.01"))
    again = live.rig.venue()
    async with connected(again, BTC):
        (position,) = await again.positions()
        assert position.qty == D("0.01")
    gc.collect()
    assert "never retrieved" not in caplog.text


async def test_leverage_cancel_all_and_the_dead_man_switch(live: Live) -> None:
    venue, recorder = live.venue, live.recorder
    for name in ("t1", "t2"):
        venue.submit(order_at(venue, recorder, name, Side.BUY, BTC, away="0.01"))
    await recorder.until(lambda: {recorder.status("t1"), recorder.status("t2")} == {OrderStatus.OPEN})
    await venue.set_leverage(BTC, 7)
    await venue.cancel_all_after(30)
    await venue.cancel_all_after(0)
    await venue.cancel_all(BTC)
    await recorder.until(lambda: {recorder.status("t1"), recorder.status("t2")} == {OrderStatus.CANCELED})


async def test_rates_and_marks_come_by_asking(live: Live) -> None:
    await live.recorder.until(lambda: live.recorder.rates and live.recorder.marks)
    rate = live.recorder.rates[0]
    assert (rate.symbol, rate.interval_s) == (BTC, 8 * 3600)
    assert live.recorder.marks[BTC] > 0
    assert await live.venue.funding_since(0) == ()


async def test_orders_that_were_sent_are_answered_before_close_returns(rig: Rig) -> None:
    venue = rig.venue()
    async with connected(venue, BTC) as recorder:
        rig.fault(FaultKind.DELAY, path="/fapi/v1/order", method="POST", seconds=0.3)
        venue.submit(order_at(venue, recorder, "t1", Side.BUY, BTC, away="0.01"))
        await asyncio.sleep(0)
    assert recorder.status("t1") is OrderStatus.OPEN


async def test_it_is_a_venue(rig: Rig) -> None:
    venue: Venue = rig.venue()
    assert (venue.account, venue.venue, venue.mode.value) == ("acc0", "binanceusdm", "live")


def _ended(recorder: Recorder, name: str) -> bool:
    status = recorder.status(name)
    return status is not None and status.terminal
