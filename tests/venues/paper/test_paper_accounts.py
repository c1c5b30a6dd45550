"""The exchange's books: positions, margin, liquidation, and that fills alone explain them."""

from __future__ import annotations

from decimal import Decimal

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scripted_market import D, World, inverse, linear

from venues.model import (
    OrderStatus,
    RejectReason,
    Side,
    TimeInForce,
)
from venues.paper.account import Position
from venues.paper.margin import Margin, liquidation_price
from venues.paper.profiles import load_profile

BUY, SELL = Side.BUY, Side.SELL
IOC = TimeInForce.IOC


@pytest.fixture
def world():
    with World() as world:
        world.market.set({200: 5000, 199: 8000}, {201: 4000, 202: 6000})
        yield world


# -- positions ----------------------------------------------------------------------------------------------------


fills = st.lists(st.tuples(st.integers(-50, 50).filter(bool), st.integers(1, 4000)), min_size=1, max_size=30)


@given(fills=fills, exit_=st.integers(1, 4000), coin=st.booleans())
def test_profit_is_conserved_and_a_flat_position_costs_nothing(fills, exit_, coin):
    """Realised + unrealised at any mark equals the profit of every fill taken alone to that mark."""
    instrument = inverse() if coin else linear()
    mark = instrument.ticks_to_price(exit_)
    position, realised, alone = Position(instrument), Decimal(0), Decimal(0)
    for lots, ticks in fills:
        price = instrument.ticks_to_price(ticks)
        realised += position.apply(lots, price)
        alone += instrument.pnl(instrument.lots_to_qty(lots), price, mark)
    assert abs(realised + position.unrealised(mark) - alone) < D("1e-18")
    assert position.lots == sum(lots for lots, _ in fills)
    if not position.lots:
        assert position.cost == 0
        assert position.entry == 0
    else:
        assert abs(instrument.pnl(position.qty, position.entry, mark) - position.unrealised(mark)) < D("1e-18")


def test_entry_is_harmonic_on_inverse():
    position = Position(inverse())
    position.apply(10, D(50_000))
    position.apply(10, D(40_000))
    assert abs(position.entry - D(2) / (D(1) / 50_000 + D(1) / 40_000)) < D("1e-18")


def test_a_flip_opens_the_rest_at_the_new_price():
    position = Position(linear())
    position.apply(10, D(100))
    assert position.apply(-15, D(110)) == D("0.1")
    assert (position.lots, position.entry) == (-5, D(110))


# -- margin and liquidation ---------------------------------------------------------------------------------------


def test_margin_binds_open_orders_but_not_what_reduces():
    with World(cash={"USDT": D(10)}) as world:
        world.market.set({200: 50_000}, {201: 50_000})
        # 125 × 10 USDT buys 1250 USDT of notional: 12 BTC at 100 leave nothing for 1 BTC more.
        assert world.order("a", BUY, "12", "100").status is OrderStatus.OPEN
        assert world.order("b", BUY, "1", "100").reason is RejectReason.MARGIN
        assert world.order("c", SELL, "12", "101").status is OrderStatus.OPEN
        assert world.order("d", SELL, "1", "101").reason is RejectReason.MARGIN
        world.cancel("a")
        world.cancel("c")
        assert world.order("e", BUY, "12", "100.5", tif=IOC).status is OrderStatus.FILLED
        # Equity is below the initial margin now (fees), yet closing is always allowed.
        assert world.order("f", SELL, "12", "100", tif=IOC).status is OrderStatus.FILLED


def test_balances_add_up(world):
    world.order("a", BUY, "1", "100.5", tif=IOC)
    world.order("b", BUY, "1", "99")
    usdt = next(report for report in world.run(world.venue.balances()) if report.asset == "USDT")
    mark = D("100.25")
    fee = D("100.5") * D("0.0005")
    assert usdt.cash == D(10_000) - fee
    assert usdt.equity == usdt.cash - D("0.25")
    assert usdt.free == usdt.equity - 2 * mark / 125
    assert usdt.maintenance == mark * D("0.004")


def test_a_long_is_liquidated_below_its_price_and_not_above_it():
    with World(cash={"USDT": D(20)}) as world:
        world.market.set({2000: 50_000}, {2001: 50_000})
        world.order("a", BUY, "1", "1000.5", tif=IOC)
        world.order("tp", SELL, "1", "1100")
        report = world.run(world.venue.positions())[0]
        assert (report.qty, report.entry_price, report.mark_price) == (D("1.000"), D("1000.5"), D("1000.25"))
        assert report.liq_price is not None
        assert 980 < report.liq_price < 990
        world.market.mark(str(report.liq_price + D("0.01")))
        assert world.lots() == 1000
        world.market.mark(str(report.liq_price - D("0.01")))
        world.pass_time()
        assert world.lots() == 0
        assert world.heard.statuses("tp")[-1] is OrderStatus.CANCELED
        assert world.heard.orders[1].reason is None
        cancelled = [report for report in world.heard.orders if report.client_order_id == "tp"][-1]
        assert cancelled.reason is RejectReason.LIQUIDATION
        fill = world.heard.fills[-1]
        assert (fill.liquidation, fill.client_order_id, fill.side, fill.price) == (True, "", SELL, D(1000))


def test_liquidation_by_the_mid_and_what_finds_no_price_is_tried_again():
    profile = msgspec.structs.replace(
        load_profile("backpack").with_latency(World().profile.submit), book_interval_ms=50
    )
    with World(profile=profile, cash={"USDT": D(25)}) as world:
        world.market.set({2000: 50_000}, {2001: 50_000})
        world.order("a", SELL, "1", "1000", tif=IOC)
        world.market.replace({2080: 10}, {2082: 300})
        world.pass_time()
        assert world.lots() == -700
        assert world.heard.fills[-1].fee == D("0.300") * D(1041) * D("0.0105")
        world.market.replace({2080: 10}, {2083: 5000})
        assert world.lots() == 0
        assert world.books.cash["USDT"] < 0


@given(
    lots=st.integers(-2000, 2000).filter(bool),
    cash=st.integers(1, 100),
    mark=st.integers(500, 3000),
    coin=st.booleans(),
)
def test_at_the_liquidation_price_equity_meets_maintenance(lots, cash, mark, coin):
    instrument = inverse() if coin else linear()
    rate, price = D("0.01"), D(mark)
    position = Position(instrument)
    position.apply(lots, D(1000))

    def margin(at):
        worth = abs(position.qty) * instrument.contract_size
        worth = worth / at if coin else worth * at
        return Margin(D(cash), position.unrealised(at), D(0), worth * rate)

    found = liquidation_price(position, margin(price), price, rate)
    if found is not None:
        at = margin(found)
        assert abs(at.equity - at.maintenance) < D("1e-15")


def test_a_flat_position_has_no_liquidation_price():
    assert liquidation_price(Position(linear()), Margin(D(1), D(0), D(0), D(0)), D(100), D("0.01")) is None


def test_an_order_in_a_market_without_any_price_binds_margin_at_its_own():
    with World(cash={"USDT": D(10)}) as world:
        assert world.order("a", BUY, "10", "100").status is OrderStatus.OPEN
        assert world.order("b", BUY, "10", "100").reason is RejectReason.MARGIN


# -- the whole ----------------------------------------------------------------------------------------------------

actions = st.lists(
    st.tuples(
        st.sampled_from(["take", "rest", "reduce", "print", "move", "cancel", "hand"]),
        st.sampled_from([BUY, SELL]),
        st.integers(2, 400),
        st.integers(-3, 3),
    ),
    min_size=1,
    max_size=25,
)


@settings(max_examples=60, deadline=None)
@given(actions=actions, coin=st.booleans())
def test_fills_alone_explain_cash_and_positions(actions, coin):
    """Whatever happens: cash = start + realised − fees, positions = sum of fills, and reduce-only never flips."""
    instrument = inverse() if coin else linear()
    with World(instruments=(instrument,), cash={"USDT": D(10**6), "BTC": D(10**4)}) as world:
        mid = 2000
        world.market.replace({mid: 300, mid - 1: 300}, {mid + 1: 300, mid + 2: 300})
        for number, (what, side, lots, shift) in enumerate(actions):
            cid, before = f"c{number}", world.lots()
            qty, touch = str(instrument.lots_to_qty(lots)), mid + (side is BUY)
            price = str(instrument.ticks_to_price(touch + shift))
            if what == "take":
                world.order(cid, side, qty, price, tif=IOC, seconds=0.01)
            elif what == "rest":
                world.order(cid, side, qty, price, seconds=0.01)
            elif what == "reduce":
                world.order(cid, side, qty, price, tif=IOC, reduce_only=True, seconds=0.01)
                assert abs(world.lots()) <= abs(before)
                assert world.lots() * before >= 0
            elif what == "print":
                world.market.trade(touch + shift, lots, side)
            elif what == "move":
                mid += shift
                world.market.replace({mid: 300 + lots, mid - 1: 300}, {mid + 1: 300 + lots, mid + 2: 300})
            elif what == "cancel":
                world.run(world.venue.cancel_all())
            else:
                world.call(world.exchange.foreign_trade, "acc", instrument.symbol, side, D(qty), seconds=0.01)
        world.pass_time()
        state = world.books
        assert len(world.heard.fills) == len(state.fills)
        assert len({fill.trade_id for fill in state.fills}) == len(state.fills)
        assert sum(fill.qty * fill.side.sign for fill in state.fills) == instrument.lots_to_qty(world.lots())
        mark = D(1000)
        position = world.venue._engine.accounts["acc"].position(instrument)
        profit = sum((instrument.pnl(fill.qty * fill.side.sign, fill.price, mark) for fill in state.fills), D(0))
        fees = sum((fill.fee for fill in state.fills), D(0))
        start = D(10**4) if coin else D(10**6)
        cash = state.cash[instrument.settle]
        assert abs(cash + position.unrealised(mark) - (start + profit - fees)) < D("1e-12")
        for order in state.open_orders:
            assert 0 <= order.filled < order.lots
