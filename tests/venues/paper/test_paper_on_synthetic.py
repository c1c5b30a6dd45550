"""The exchange on lively synthetic markets: what the desk hears equals the exchange's books, and a seed decides all."""

from __future__ import annotations

import random
from decimal import Decimal

import pytest
from scripted_market import START, D, Recorder

from cockpit.sim.loop import MergedFeed, VirtualClock, VirtualLoop
from venues.model import FillReport, OrderRequest, OrderStatus, Side, TimeInForce
from venues.paper.exchange import PaperExchange
from venues.paper.instruments import instrument_for, inverse_instrument
from venues.paper.profiles import load_profile
from venues.paper.synthetic import synthetic_market
from venues.paper.synthetic_world import SyntheticWorld

SECONDS = 40


def trade_for_a_while(seed: int) -> tuple[tuple[FillReport, ...], list[FillReport], PaperExchange]:
    """Quote both sides of an inverse market for a while and take now and then on a contract-sized one."""
    world = SyntheticWorld(random.Random(seed), START, {"BTC": 60_000.0})
    coin, okx = inverse_instrument("BTC"), instrument_for(load_profile("okx"), "BTC")
    markets = [
        synthetic_market(world, name, instrument, start_ts=START)
        for name, instrument in (("binance", coin), ("okx", okx))
    ]
    loop = VirtualLoop(START, MergedFeed(markets))
    clock = VirtualClock(loop)
    exchange = PaperExchange(clock, random.Random(seed))
    listeners = {}
    for name, market in zip(("binance", "okx"), markets, strict=True):
        exchange.add_venue(name, load_profile(name))
        exchange.add_market(name, market)
        exchange.add_account(name, name, {"BTC": D(3), "USDT": D(50_000)})
        listeners[name] = Recorder(clock)
    maker, taker = exchange.venue_for("binance"), exchange.venue_for("okx")

    async def play() -> None:
        await maker.connect(listeners["binance"])
        await taker.connect(listeners["okx"])
        maker.subscribe([coin.symbol])
        taker.subscribe([okx.symbol])
        done = loop.create_future()

        def turn(number: int) -> None:
            book = listeners["binance"].books[-1] if listeners["binance"].books else None
            for side in Side if book is not None and book.bids and book.asks else ():
                touch = book.bids[0][0] if side is Side.BUY else book.asks[0][0]
                loop.create_task(maker.cancel_all()) if number % 20 == 0 else None
                maker.submit(
                    OrderRequest(
                        f"m{number}{side.value}", coin.symbol, side, D(5), coin.ticks_to_price(touch), post_only=True
                    )
                )
            if number % 10 == 0 and listeners["okx"].books:
                best = listeners["okx"].books[-1].asks[0][0] + 5
                taker.submit(
                    OrderRequest(
                        f"t{number}", okx.symbol, Side.BUY, D("0.5"), okx.ticks_to_price(best), TimeInForce.IOC
                    )
                )
            if number < SECONDS * 2:
                loop.call_later(0.5, turn, number + 1)
            else:
                loop.call_later(2, done.set_result, None)

        turn(1)
        await done

    try:
        loop.run_until_complete(play())
    finally:
        exchange.stop()
        loop.close()
    heard = [fill for listener in listeners.values() for fill in listener.fills]
    for name, listener in listeners.items():
        filled: dict[str, Decimal] = {}
        for fill in listener.fills:
            filled[fill.client_order_id] = filled.get(fill.client_order_id, D(0)) + fill.qty
        for report in listener.orders:
            if report.status is OrderStatus.FILLED:
                assert filled[report.client_order_id] == report.qty, name
    books = exchange.account_state("binance").fills + exchange.account_state("okx").fills
    return books, heard, exchange


@pytest.mark.parametrize("seed", [1, 2])
def test_the_desk_hears_what_the_exchange_books_and_a_seed_decides_all(seed):
    books, heard, exchange = trade_for_a_while(seed)
    again, _, _ = trade_for_a_while(seed)
    assert books == again
    assert [fill.trade_id for fill in books] == [fill.trade_id for fill in heard]
    assert {fill.liquidity.value for fill in books} == {"maker", "taker"}
    assert all(fill.fee_asset == ("BTC" if fill.trade_id.startswith("binance") else "USDT") for fill in books)
    for name in ("binance", "okx"):
        state = exchange.account_state(name)
        instrument = next(iter(exchange.instruments(name).values()))
        total = sum((fill.qty * fill.side.sign for fill in state.fills), D(0))
        assert instrument.qty_to_lots(total) == state.lots(instrument.symbol)
