"""The bench exchange keeps books that add up: a desk that reconciles with it must never find a difference."""

from __future__ import annotations

import random
from decimal import Decimal

import pytest

from cockpit.bench.child import BenchError, ExchangeChild
from cockpit.bench.exchange import Load, stamp_of
from cockpit.bench.feed import DEPTH, BenchMarket, instruments
from cockpit.bench.member import CASH, MAKER_FEE, Member
from venues.model import LiquiditySide, OrderRequest, OrderStatus, Side

D = Decimal
BTC = "BTC-PERP"


@pytest.fixture
def member() -> Member:
    return Member("maker", instruments())


def trade(member: Member, side: Side, qty: str, price: str) -> None:
    order = member.order(OrderRequest(f"{side}{qty}{price}", BTC, side, D(qty), D(price)), ts=1)
    member.fill(order, "t@0", D(qty), D(price), LiquiditySide.MAKER, ts=2)


def equity(member: Member, mark: str) -> Decimal:
    (balance,) = member.balances({BTC: D(mark)}, ts=3)
    return balance.equity


def test_a_closed_position_is_not_listed_and_its_profit_is_cash(member: Member) -> None:
    trade(member, Side.BUY, "2", "100")
    trade(member, Side.SELL, "2", "110")
    assert member.positions({BTC: D(500)}, ts=3) == ()
    fees = (2 * 100 + 2 * 110) * MAKER_FEE
    assert equity(member, "500") == CASH + 20 - fees


def test_equity_through_growing_shrinking_and_turning_round(member: Member) -> None:
    fills = [(Side.BUY, "1", "100"), (Side.BUY, "3", "104"), (Side.SELL, "2", "101"), (Side.SELL, "5", "99")]
    cash = CASH
    position = D(0)
    for side, qty, price in fills:
        trade(member, side, qty, price)
        cash -= D(qty) * D(price) * (side.sign + MAKER_FEE)
        position += D(qty) * side.sign
        assert equity(member, "97") == cash + position * 97
    (report,) = member.positions({BTC: D(97)}, ts=3)
    assert (report.qty, report.entry_price, report.unrealised) == (D(-3), D(99), D(6))


def test_an_order_fills_in_parts_and_is_found_when_it_has_ended(member: Member) -> None:
    order = member.order(OrderRequest("o1", BTC, Side.BUY, D(3), D(100)), ts=1)
    _, half = member.fill(order, "a@5", D(1), D(100), LiquiditySide.MAKER, ts=2)
    assert (half.status, half.filled_qty) == (OrderStatus.PARTIALLY_FILLED, 1)
    assert member.resting == {"o1": half}
    _, whole = member.fill(half, "b@6", D(2), D(100), LiquiditySide.MAKER, ts=3)
    assert whole.status is OrderStatus.FILLED
    assert member.resting == {}
    assert member.find("o1", "") == member.find("", order.venue_order_id) == whole
    assert member.find("o2", "maker-9") is None


def test_books_are_sound_and_the_same_for_the_same_seed() -> None:
    one, other = (BenchMarket(instruments()[BTC], random.Random(5)) for _ in range(2))
    for seq in range(1, 2001):
        update = one.step(ts=seq)
        assert update == other.step(ts=seq)
        assert update.seq == seq
        assert not update.crossed
        assert len(update.bids) == len(update.asks) == DEPTH
    assert one.touch(Side.BUY) - one.touch(Side.SELL) == instruments()[BTC].tick
    assert abs(one.touch(Side.BUY) - 60_000) < 200


def test_stamp_is_read_back_from_the_trade_id() -> None:
    assert stamp_of("m17@123456789") == 123456789


def test_an_exchange_that_cannot_listen_is_told_of() -> None:
    load = Load("/nowhere/at/all.sock", ("maker",))
    with pytest.raises(BenchError, match="did not start"), ExchangeChild(load):
        pass
