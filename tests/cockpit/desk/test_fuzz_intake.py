"""What a venue tells that cannot be: named in an alarm, never in the books, and the desk hedges on."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from desk_kit import D, FakeRig
from hypothesis import example, given
from hypothesis import strategies as st
from msgspec.structs import replace

from cockpit.desk.ids import OrderId
from cockpit.desk.wear import Scope
from tests.property_kit import odd_decimals, tries
from venues.model import BookUpdate, FundingPayment, OrderStatus, Transfer, TransferKind

NO_NUMBER = ("NaN", "sNaN", "Infinity", "-Infinity", "1E+999999", "-1E+30")
bad_sizes = st.sampled_from([*map(D, NO_NUMBER), D(0), D(-1), D("1E-999999")])
bad_amounts = st.sampled_from([*map(D, NO_NUMBER)])
fields_of_fill = st.one_of(
    st.tuples(st.sampled_from(["qty", "price"]), bad_sizes),
    st.tuples(st.just("fee"), bad_amounts),
    st.tuples(st.just("trade_id"), st.just("")),
)


def sound_after(rig: FakeRig, order_id: str) -> None:
    """The books are finite and still 0; a true fill is hedged as ever."""
    assert rig.held("mk") == rig.held("tk") == 0
    rig.at(rig.mk, "fill", order_id, "0.02", seconds=1)
    assert rig.held("mk") == -rig.held("tk") == D("0.02")
    assert rig.desk.loops.all["L1"].owed() == 0
    assert rig.desk.booking.wear(Scope.ACCOUNT, "mk").wear_usd.is_finite()
    assert not rig.defects


def start(rig: FakeRig) -> str:
    rig.launch()
    rig.tk.on_submit = rig.tk.fills_whole
    order = rig.place()
    rig.at(rig.mk, "ack", order.id)
    return order.id


@tries(25)
@given(odd=fields_of_fill, asked=st.booleans())
@example(odd=("qty", D("NaN")), asked=False)
@example(odd=("fee", D("NaN")), asked=True)
def test_a_fill_that_cannot_be_is_alarmed_and_not_booked(odd: tuple[str, Any], asked: bool) -> None:
    """Told, or found when the fills are asked for. Before, a fee that is no number made all costs no number."""
    with FakeRig() as rig:
        order_id = start(rig)
        field, value = odd
        good = rig.mk.fill(order_id, "0.01", tell=False)
        rig.mk.held.clear()
        rig.mk.orders[order_id] = replace(rig.mk.orders[order_id], filled_qty=D(0), status=OrderStatus.OPEN)
        rig.mk.fills[:] = [replace(good, **{field: value})] if asked else []
        if asked:
            rig.run(rig.desk.reconciler.catch_up(rig.desk.accounts["mk"]))
        else:
            rig.at(rig.mk, "hand", replace(good, **{field: value}))
        words = rig.alarms["nonsense/mk"]
        assert f"{field} is {'empty' if value == '' else value}" in words
        assert "expected" in words
        sound_after(rig, order_id)


@tries(25)
@given(field=st.sampled_from(["qty", "price", "filled_qty"]), value=bad_amounts, status=st.sampled_from(OrderStatus))
def test_a_report_that_cannot_be_changes_nothing(field: str, value: Decimal, status: OrderStatus) -> None:
    with FakeRig() as rig:
        order_id = start(rig)
        order = rig.desk.tracker.get(order_id)
        assert order is not None
        odd: dict[str, Any] = {field: value, "status": status}
        rig.at(rig.mk, "tell", replace(rig.mk.orders[order_id], **odd))
        assert order.status is OrderStatus.OPEN
        assert order.reported_qty == 0
        assert f"{field} is {value}" in rig.alarms["nonsense/mk"]
        sound = rig.mk.orders[order_id]
        rig.mk.orders[order_id] = replace(sound, **{field: value})
        rig.run(rig.desk.reconcile(rig.desk.accounts["mk"]))
        assert order.status is OrderStatus.OPEN
        rig.mk.orders[order_id] = sound
        sound_after(rig, order_id)


@tries(25)
@given(cost=odd_decimals.filter(lambda value: not value.is_finite()), amount=bad_sizes, asked=st.booleans())
def test_money_that_cannot_be_is_not_booked(cost: Decimal, amount: Decimal, asked: bool) -> None:
    with FakeRig() as rig:
        order_id = start(rig)
        now = rig.clock.now_ns() + 1
        payment = FundingPayment("p1", "BTCUSDT", cost, "USDT", D(0), D(1), D(100), now, now)
        moved = Transfer("m1", TransferKind.DEPOSIT, "USDT", amount, now, now)
        cash = rig.desk.ledger.cash("mk")
        if asked:
            rig.mk.paid.append(payment)
            rig.mk.moved.append(moved)
            rig.run(rig.desk.reconcile(rig.desk.accounts["mk"]))
        else:
            assert rig.mk.listener is not None
            rig.call(rig.mk.listener.on_funding, payment)
            rig.call(rig.mk.listener.on_transfer, moved)
        assert rig.desk.ledger.cash("mk") == cash
        assert "nonsense/mk" in rig.alarms
        sound_after(rig, order_id)


@pytest.mark.parametrize("price", [*NO_NUMBER, "0"])
def test_a_mark_that_is_no_price_is_not_kept(price: str) -> None:
    with FakeRig() as rig:
        order_id = start(rig)
        assert rig.mk.listener is not None
        rig.call(rig.mk.listener.on_mark, "BTCUSDT", D("99999"), 1)
        rig.call(rig.mk.listener.on_mark, "BTCUSDT", D(price), 2)
        market = rig.desk.markets.of("mk", "BTCUSDT")
        assert market.mark == D("99999")
        sound_after(rig, order_id)


@tries(25)
@given(bid=st.integers(-(2**60), 2**60), ask=st.integers(-(2**60), 2**60), lots=st.integers(-5, 5))
@example(bid=-5, ask=-3, lots=1)
@example(bid=0, ask=1, lots=0)
def test_a_book_that_cannot_be_is_no_book(bid: int, ask: int, lots: int) -> None:
    with FakeRig() as rig:
        order_id = start(rig)
        assert rig.tk.listener is not None
        rig.call(rig.tk.listener.on_book, BookUpdate("BTCUSDT", 99, 1, ((bid, lots),), ((ask, lots),)))
        market = rig.desk.markets.of("tk", "BTCUSDT")
        assert (market.book is not None) == (0 < bid < ask)
        rig.quote()
        sound_after(rig, order_id)


@tries(200)
@given(
    st.text(max_size=30) | st.from_regex(r"ck[0-9a-f]{1,5}-[0-9]{1,5}[ochufrw][0-9]{1,9}-[0-9]{1,3}", fullmatch=True)
)
@example("ck１-1o1-0")
@example("ck01-1o1-0")
@example("ck1-1o1-0\n")
@example("ck1-" + "9" * 5_000 + "o1-0")
def test_any_text_is_an_id_of_ours_or_none(text: str) -> None:
    order_id = OrderId.parse(text)
    if order_id is not None:
        assert order_id.text == text, "one id has one text"
        assert OrderId.unpack(order_id.pack()) == order_id


@tries(200)
@given(st.integers(-(2**70), 2**70))
@example(-1)
def test_any_integer_is_an_id_of_ours_or_refused(packed: int) -> None:
    try:
        order_id = OrderId.unpack(packed)
    except ValueError:
        return
    assert order_id.pack() == packed
    assert OrderId.parse(order_id.text) == order_id
