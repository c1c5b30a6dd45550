"""Orders that decode and make no sense: each is rejected in words, and the exchange and the account's money stay."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from scripted_market import D, World, inverse, linear

from tests.property_kit import odd_decimals, tries
from venues.model import Instrument, InstrumentError, OrderRequest, OrderStatus, Side, TimeInForce

names = st.sampled_from(["", "c", "c" * 300, "\x00", "１"]) | st.text(max_size=5)
orders = st.builds(
    OrderRequest,
    client_order_id=names,
    symbol=st.sampled_from(["BTCUSDT", "BTCUSD_PERP", "", "?"]),
    side=st.sampled_from(Side),
    qty=odd_decimals | st.sampled_from([D("0.01"), D(1), D("1E+30"), D("1E-30")]),
    price=odd_decimals | st.sampled_from([D(100), D("1E+30"), D("1E-30")]),
    tif=st.sampled_from(TimeInForce),
    post_only=st.booleans(),
    reduce_only=st.booleans(),
)


def odd_order(qty: str, price: str) -> OrderRequest:
    return OrderRequest("c", "BTCUSDT", Side.BUY, D(qty), D(price))


@tries(60)
@given(st.lists(orders, min_size=1, max_size=5))
@example([odd_order("NaN", "100")])
@example([odd_order("0.01", "sNaN")])
@example([odd_order("1E+999999", "100")])
@example([odd_order("0.01", "Infinity")])
def test_an_odd_order_is_answered_and_the_exchange_goes_on(odd: list[OrderRequest]) -> None:
    told: list[dict[str, Any]] = []
    with World(instruments=(linear(), inverse())) as world:
        world.loop.set_exception_handler(lambda _loop, context: told.append(context))
        for market in world.markets:
            market.set({200: 50}, {201: 40})
        for request in odd:
            world.call(world.venue.submit, request)
            world.call(world.venue.cancel, request.client_order_id, request.symbol)
            answers = [report for report in world.heard.orders if report.client_order_id == request.client_order_id]
            assert answers, f"no answer to {request}: {told}"
        good = world.order("good", Side.BUY, "0.01", "100")
        assert good is not None
        assert good.status is OrderStatus.OPEN
        for balance in world.run(world.venue.balances()):
            assert balance.cash.is_finite()
            assert balance.equity.is_finite()
    assert told == []


@pytest.mark.parametrize("instrument", [linear(), inverse()], ids=["linear", "inverse"])
@pytest.mark.parametrize("odd", ["NaN", "sNaN", "Infinity", "-Infinity", "1E+999999", "1E+40", "-1E+900000"])
def test_what_is_no_number_is_on_no_step(instrument: Instrument, odd: str) -> None:
    """Found by fuzzing: the division raised an error of the decimal module's own."""
    with pytest.raises(InstrumentError, match="price"):
        instrument.price_to_ticks(Decimal(odd))
    with pytest.raises(InstrumentError, match="quantity"):
        instrument.qty_to_lots(Decimal(odd))
