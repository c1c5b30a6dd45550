"""What a venue answers, what comes from outside, and other ways of pricing."""

from __future__ import annotations

import msgspec
import pytest
from scripted_market import D, Recorder, ScriptedMarket, World, linear

from venues.model import (
    LiquiditySide,
    Mode,
    OrderRequest,
    OrderStatus,
    Pricing,
    Side,
    TimeInForce,
    TransferKind,
    Venue,
    VenueRejected,
)
from venues.paper.account import KEEP_CLOSED, Account, History

BUY, SELL = Side.BUY, Side.SELL
IOC = TimeInForce.IOC


@pytest.fixture
def world():
    with World() as world:
        world.market.set({200: 5000, 199: 8000}, {201: 4000, 202: 6000})
        yield world


# -- queries ------------------------------------------------------------------------------------------------------


def test_the_adapter_is_a_venue(world):
    venue: Venue = world.venue
    assert (venue.account, venue.venue, venue.mode) == ("acc", "sim", Mode.PAPER)
    assert venue.capabilities.pricing is Pricing.BOOK
    assert venue.capabilities.max_orders_per_s == 30
    assert list(venue.instruments) == ["BTCUSDT"]
    assert world.exchange.venue_for("acc") is venue


def test_orders_are_found_by_either_id_open_and_closed(world):
    opened = world.order("a", BUY, "0.01", "99")
    for ids in ({"client_order_id": "a"}, {"venue_order_id": opened.venue_order_id}):
        assert world.run(world.venue.query_order(**ids)).status is OrderStatus.OPEN
    assert [report.client_order_id for report in world.run(world.venue.open_orders())] == ["a"]
    world.run(world.venue.cancel_all("ETHUSDT"))
    assert len(world.run(world.venue.open_orders())) == 1
    world.run(world.venue.cancel_all())
    assert world.run(world.venue.open_orders()) == ()
    for ids in ({"client_order_id": "a"}, {"venue_order_id": opened.venue_order_id}):
        assert world.run(world.venue.query_order(**ids)).status is OrderStatus.CANCELED
    assert world.run(world.venue.query_order(client_order_id="never")) is None
    with pytest.raises(VenueRejected, match="no id"):
        world.run(world.venue.query_order())


def test_a_venue_without_client_id_lookup_says_so():
    profile = msgspec.structs.replace(World().profile, lookup_by_client_id=False)
    with World(profile=profile) as world:
        with pytest.raises(VenueRejected, match="venue order id"):
            world.run(world.venue.query_order(client_order_id="a"))
        opened = world.order("a", BUY, "0.01", "99")
        assert world.run(world.venue.query_order(venue_order_id=opened.venue_order_id)) is not None


def test_fills_go_on_from_the_cursor(world):
    world.order("a", BUY, "0.01", "100.5", tif=IOC)
    first = world.run(world.venue.fills_since(""))
    assert [fill.client_order_id for fill in first.fills] == ["a"]
    world.order("b", BUY, "0.01", "100.5", tif=IOC)
    second = world.run(world.venue.fills_since(first.cursor))
    assert [fill.client_order_id for fill in second.fills] == ["b"]
    assert world.run(world.venue.fills_since(second.cursor)).fills == ()
    with pytest.raises(VenueRejected, match="cursor"):
        world.run(world.venue.fills_since("yesterday"))


def test_a_closed_position_is_not_listed(world):
    world.order("a", BUY, "0.01", "100.5", tif=IOC)
    world.order("b", SELL, "0.01", "100", tif=IOC)
    assert world.run(world.venue.positions()) == ()


def test_history_forgets_the_oldest_but_keeps_its_numbers():
    history: History[int] = History(keep=3)
    for number in range(10):
        history.append(number)
    assert history.end == 10
    assert history.since(8) == (8, 9)
    assert history.since(0)[0] == history.first > 0


def test_closed_orders_are_bounded(world):
    account = Account("a", "v", {})
    template = world.order("x", BUY, "0.01", "99")
    for number in range(KEEP_CLOSED + 5):
        order = world.venue._engine.accounts["acc"].orders[template.venue_order_id]
        order.order_id, order.client_order_id = f"o{number}", f"c{number}"
        account.add(order)
        account.close(order, 0)
    assert len(account.closed) == len(account.by_client) == KEEP_CLOSED


# -- money and trades from outside --------------------------------------------------------------------------------


def test_transfers_move_cash_and_are_told(world):
    exchange = world.exchange
    exchange.add_account("b", "sim", {})
    world.call(exchange.deposit, "acc", "USDT", D(100))
    world.call(exchange.withdraw, "acc", "USDT", D(50))
    world.call(exchange.rebate, "acc", "USDT", D(3))
    world.call(exchange.transfer, "acc", "b", "USDT", D(1000))
    assert [transfer.kind for transfer in world.heard.transfers] == [
        TransferKind.DEPOSIT,
        TransferKind.WITHDRAWAL,
        TransferKind.REBATE,
        TransferKind.TRANSFER_OUT,
    ]
    assert world.books.cash["USDT"] == D(10_000) + sum(transfer.signed for transfer in world.heard.transfers)
    assert exchange.account_state("b").cash == {"USDT": D(1000)}
    assert len(world.run(world.venue.transfers_since(0))) == 4


@pytest.mark.parametrize("amount", ["0", "-1"])
def test_a_transfer_of_nothing_is_refused(world, amount):
    with pytest.raises(ValueError, match="above 0"):
        world.exchange.deposit("acc", "USDT", D(amount))


def test_what_is_bound_as_margin_cannot_leave(world):
    world.order("a", BUY, "4", "100.5", tif=IOC)
    with pytest.raises(ValueError, match="free"):
        world.exchange.withdraw("acc", "USDT", D(10_000))
    with pytest.raises(ValueError, match="'nobody'"):
        world.exchange.transfer("acc", "nobody", "USDT", D(1))


def test_a_trade_by_hand_has_no_client_id(world):
    assert world.call(world.exchange.foreign_trade, "acc", "BTCUSDT", SELL, D("0.5")) == D("0.500")
    fill = world.heard.fills[-1]
    assert (fill.client_order_id, fill.side, fill.price, fill.liquidation) == ("", SELL, D(100), False)
    assert world.lots() == -500
    assert world.call(world.exchange.foreign_trade, "acc", "BTCUSDT", BUY, D(50)) == D(10)


def test_an_oracle_has_the_last_word_where_the_execution_is_its_own():
    """A market priced otherwise needs no book: the exchange only asks its `Execution`."""

    class Oracle:
        pricing = Pricing.ORACLE
        active = False

        def __init__(self, booker):
            self.booker = booker

        def crosses(self, order):
            return True

        def available(self, order):
            return order.remaining

        def take(self, order):
            self.booker.fill(order, self.booker.room(order), 210, LiquiditySide.TAKER)

        def sweep(self, order):
            self.take(order)

        def rest(self, order):
            raise AssertionError("nothing rests here")

        def remove(self, order):
            pass

        def price(self):
            return D(105)

    with World() as world:
        pool = ScriptedMarket(linear("POOL"))
        world.exchange.add_venue("pool", world.profile)
        world.exchange.add_market("pool", pool, lambda _market, booker: Oracle(booker))
        world.exchange.add_account("lp", "pool", {"USDT": D(1000)})
        venue = world.exchange.venue_for("lp")
        assert venue.capabilities.pricing is Pricing.ORACLE
        heard = Recorder(world.clock)
        world.run(venue.connect(heard))
        world.call(venue.submit, OrderRequest("a", "POOL", BUY, D("0.1"), D(110), IOC))
        assert [(fill.price, fill.qty) for fill in heard.fills] == [(D(105), D("0.1"))]
        assert world.run(venue.positions())[0].mark_price == D(105)
