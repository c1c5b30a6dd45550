"""Construction and state over a restart."""

from __future__ import annotations

import msgspec
import pytest
from scripted_market import D, World, linear

from venues.model import (
    OrderStatus,
    Pricing,
    RejectReason,
    Side,
    TimeInForce,
)
from venues.paper.account_state import AccountState

BUY, SELL = Side.BUY, Side.SELL
IOC = TimeInForce.IOC


@pytest.fixture
def world():
    with World() as world:
        world.market.set({200: 5000, 199: 8000}, {201: 4000, 202: 6000})
        yield world


# -- construction and state ---------------------------------------------------------------------------------------


def test_names_are_checked(world):
    exchange = world.exchange
    with pytest.raises(ValueError, match="there already"):
        exchange.add_venue("sim", world.profile)
    with pytest.raises(ValueError, match="has a market 'BTCUSDT'"):
        exchange.add_market("sim", world.market)
    with pytest.raises(ValueError, match=r"'nowhere'.*sim"):
        exchange.add_account("x", "nowhere", {})
    with pytest.raises(ValueError, match="there already, on sim"):
        exchange.add_account("acc", "sim", {})
    with pytest.raises(ValueError, match=r"'ghost'.*acc"):
        exchange.venue_for("ghost")
    assert (exchange.venues, exchange.accounts) == (("sim",), ("acc",))
    exchange.add_venue("empty", world.profile)
    assert exchange.pricing("empty") is Pricing.BOOK


def through_wire(state: AccountState) -> AccountState:
    return msgspec.msgpack.decode(msgspec.msgpack.encode(state), type=AccountState)


def test_a_restart_finds_everything_again(world):
    world.order("a", BUY, "1", "100.5", tif=IOC)
    world.order("rests", SELL, "0.5", "101", reduce_only=True)
    world.order("gone", BUY, "0.5", "98")
    world.cancel("gone")
    world.call(world.exchange.deposit, "acc", "USDT", D(5))
    cursor = world.run(world.venue.fills_since("")).cursor
    state = through_wire(world.exchange.export_state("acc"))
    with World() as again:
        again.market.set({200: 5000}, {201: 4000, 202: 60})
        again.exchange.import_state(state)
        assert again.exchange.export_state("acc") == state
        assert again.run(again.venue.fills_since(cursor)).fills == ()
        assert again.run(again.venue.query_order(client_order_id="gone")).status is OrderStatus.CANCELED
        assert again.order("gone", BUY, "0.5", "98").reason is RejectReason.DUPLICATE_ID
        again.call(again.market.trade, 203, 5000, BUY)
        assert again.heard.statuses("rests") == [OrderStatus.FILLED]
        assert again.lots() == 500
        ids = [fill.trade_id for fill in again.books.fills]
        assert len(ids) == len(set(ids)) == 2
        # A second import replaces, it does not add.
        again.exchange.import_state(state)
        assert again.exchange.export_state("acc") == state


def test_a_state_that_does_not_belong_is_refused(world):
    state = world.exchange.export_state("acc")
    with pytest.raises(ValueError, match="does not belong"):
        world.exchange.import_state(msgspec.structs.replace(state, venue="other"))
    world.order("a", BUY, "1", "100.5", tif=IOC)
    state = world.exchange.export_state("acc")
    with (
        World(instruments=(linear("ETHUSDT"),)) as other,
        pytest.raises(ValueError, match="no market 'BTCUSDT'"),
    ):
        other.exchange.import_state(state)
