"""Defects of the live adapter that the chaos harness found, each named for what went wrong."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest
from adapter_kit import D, connected, order_at, served
from live_loop import run_virtual
from test_live_exchange import made

from venues.live.pool import Budget, urgent
from venues.model import Side, TimeInForce, VenueUnavailable

BTC = "BTC"


async def test_an_order_that_hyperliquid_never_got_stayed_unknown_for_ever() -> None:
    """ccxt raises for "unknownOid", and nobody took that for the answer that it is."""
    async with served("hyperliquid") as rig:
        venue = rig.venue()
        async with connected(venue, BTC):
            assert await venue.query_order(client_order_id="t77", symbol=BTC) is None


async def test_a_position_that_binance_closed_was_taken_for_a_trade_by_hand() -> None:
    async with served("binanceusdm") as rig:
        venue, symbol = rig.venue(), "BTCUSDT"
        async with connected(venue, symbol) as recorder:
            cursor = (await venue.fills_since("")).cursor
            venue.submit(order_at(venue, recorder, "t1", Side.BUY, symbol, away="-0.002", tif=TimeInForce.IOC))
            await recorder.until(lambda: recorder.filled("t1") > 0)
            held = recorder.filled("t1")
            assert rig.serving.house.exchange.force_close("one", symbol) == held
            await recorder.until(lambda: sum(fill.qty for fill in recorder.fills) == 2 * held)
            told = {fill.trade_id: fill.liquidation for fill in recorder.fills}
            assert sorted(set(told.values())) == [False, True]
        # trades by REST do not say it: their order does
        later = rig.venue()
        async with connected(later, symbol):
            page = await later.fills_since(cursor)
            assert {fill.trade_id: fill.liquidation for fill in page.fills} == told
            assert all(bool(fill.client_order_id) is not fill.liquidation for fill in page.fills)


async def test_a_clock_that_was_set_back_locked_the_account_out() -> None:
    """Every signed request was refused for its stamp until somebody set the clock right."""
    exchange = made()
    raw: Any = exchange.ccxt
    asked: list[str] = []
    from ccxt.base.errors import InvalidNonce

    async def fetch_time(_params: object = None) -> int:
        asked.append("time")
        return int(raw.milliseconds()) + 30_000

    async def refused() -> None:
        raise InvalidNonce("binanceusdm -1021")

    raw.fetch_time = fetch_time
    before = raw.nonce() - raw.milliseconds()
    for _ in range(2):
        with pytest.raises(VenueUnavailable):
            await exchange.ask("positions", refused())
    for _ in range(4):
        await asyncio.sleep(0)
    assert asked == ["time"]
    assert before == pytest.approx(0, abs=5)
    assert raw.nonce() - raw.milliseconds() == pytest.approx(30_000, abs=50)
    await exchange.close()


async def test_a_venue_that_cannot_tell_the_time_is_asked_again_with_the_next_refusal() -> None:
    exchange = made()
    raw: Any = exchange.ccxt
    asked: list[str] = []
    from ccxt.base.errors import InvalidNonce, RequestTimeout

    async def fetch_time(_params: object = None) -> int:
        asked.append("time")
        raise RequestTimeout("binanceusdm GET time?signature=x")

    raw.fetch_time = fetch_time
    for count in (1, 2):
        exchange.note_error(InvalidNonce("-1021"))
        for _ in range(4):
            await asyncio.sleep(0)
        assert len(asked) == count
    exchange.note_error(RequestTimeout("no stamp is wrong here"))
    assert len(asked) == 2
    assert raw.options["timeDifference"] == D(0)
    await exchange.close()


@pytest.mark.parametrize(("asked_for", "left"), [(None, {}), (20.0, {"ws://x.test": {"attempts": 8}})])
async def test_after_an_outage_ccxt_waited_half_a_minute_on_top_of_us(
    asked_for: float | None, left: dict[str, object]
) -> None:
    """What the venue itself asks for (Retry-After) is waited for."""
    exchange = made()

    async def closed() -> None:
        """Nothing is open."""

    socket = SimpleNamespace(url="ws://x.test", last_retry_after=asked_for, close=closed)
    raw: Any = exchange.ccxt
    raw.ws_dial_backoff = {"ws://x.test": {"attempts": 8}}
    exchange._sockets["fills"] = {"ws://x.test": socket}
    await exchange.drop("fills")
    assert raw.ws_dial_backoff == left
    await exchange.close()


def test_cancels_that_were_sent_again_and_again_starved_the_question_that_would_have_ended_them() -> None:
    """Cancels of orders that had long been filled used up all of Lighter's 60 requests a minute, for ever."""

    async def main() -> None:
        budget, loop = Budget(1.0), asyncio.get_running_loop()
        served: list[tuple[str, float]] = []

        async def take(name: str, *, first: bool) -> None:
            urgent.set(first)
            await budget.take(1.0)
            served.append((name, loop.time()))

        crowd = [loop.create_task(take("cancel", first=True)) for _ in range(60)]
        questions = [loop.create_task(take("question", first=False)) for _ in range(5)]
        await asyncio.gather(*questions)
        asked = [at for name, at in served if name == "question"]
        # from its fourth second on a question takes turns with the cancels, which keep half of what there is
        assert 4.0 <= asked[0] <= 6.5
        assert asked[-1] <= 16.0
        assert sum(1 for name, at in served if name == "cancel" and at > 4.0) >= 4
        assert not all(task.done() for task in crowd)
        await asyncio.gather(*crowd)

    run_virtual(main())
