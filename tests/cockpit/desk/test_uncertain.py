"""Orders nobody answered for: asked after until the venue settles them, and never taken for gone too early."""

from __future__ import annotations

import pytest
from desk_kit import D, FakeRig

from venues.model import OrderStatus, Side

S = OrderStatus


@pytest.fixture
def rig() -> FakeRig:
    with FakeRig() as rig:
        rig.launch()
        yield rig  # type: ignore[misc]  # a generator fixture


def test_a_lost_acknowledgement_is_settled_by_a_query(rig: FakeRig) -> None:
    order = rig.place()
    rig.mk.ack(order.id, tell=False)
    rig.pass_time(4)
    assert order.status is S.OPEN or order.status is S.IN_FLIGHT
    rig.pass_time(4)
    assert order.status is S.OPEN
    assert order.venue_order_id == f"v-{order.id}"


def test_silence_makes_it_unknown_and_it_is_not_resubmitted(rig: FakeRig) -> None:
    order = rig.place()
    rig.mk.down = "time-out"
    rig.pass_time(7)
    assert order.status is S.UNKNOWN
    assert "no answer" in order.reason
    rig.pass_time(40)
    assert order.status is S.UNKNOWN
    assert "order/" + order.id in rig.alarms
    assert len(rig.mk.submitted) == 1
    rig.mk.down = ""
    rig.mk.ack(order.id, tell=False)
    rig.pass_time(6)
    assert order.status is S.OPEN
    assert "order/" + order.id not in rig.alarms


def test_an_account_that_is_down_is_not_asked_and_proves_nothing(rig: FakeRig) -> None:
    order = rig.place()
    rig.at(rig.mk, "lose", seconds=60)
    assert order.status is S.UNKNOWN
    rig.mk.forgets = {order.id}
    rig.at(rig.mk, "come_back", seconds=3)
    assert order.status is S.UNKNOWN, "only answers count, and they have just begun"
    rig.until(lambda: order.done, seconds=30)
    assert order.status is S.EXPIRED


def test_not_found_twice_is_no_proof(rig: FakeRig) -> None:
    order = rig.place()
    rig.mk.forgets = {order.id}
    rig.at(rig.mk, "tell", rig.mk.report(order.id, S.UNKNOWN, tell=False), seconds=2)
    assert rig.mk.asked.count("query_order") >= 2
    assert order.status is S.UNKNOWN
    rig.mk.forgets = set()
    rig.mk.ack(order.id, tell=False)
    rig.pass_time(5)
    assert order.status is S.OPEN


def test_not_found_long_enough_with_a_position_that_agrees_is_never_received(rig: FakeRig) -> None:
    order = rig.place()
    rig.mk.forgets = {order.id}
    rig.at(rig.mk, "tell", rig.mk.report(order.id, S.UNKNOWN, tell=False), seconds=9)
    assert order.status is S.UNKNOWN
    rig.until(lambda: order.done)
    assert order.status is S.EXPIRED
    assert "never had it" in order.reason


def test_one_that_was_taken_for_never_received_and_is_said_to_rest_is_cancelled_at_once(rig: FakeRig) -> None:
    """Its acknowledgement came after all: nobody looks after it any more."""
    order = rig.place()
    rig.mk.forgets = {order.id}
    rig.at(rig.mk, "tell", rig.mk.report(order.id, S.UNKNOWN, tell=False))
    rig.until(lambda: order.done)
    rig.mk.cancelled.clear()
    rig.at(rig.mk, "ack", order.id)
    assert rig.mk.cancelled == [order.id]
    assert order.status is S.EXPIRED
    assert "is open at the venue: cancelled there" in rig.alarms[f"reopened/{order.id}"]


def test_a_position_that_differs_keeps_it_unknown(rig: FakeRig) -> None:
    order = rig.place()
    rig.mk.forgets = {order.id}
    rig.mk.told_position = {"BTCUSDT": D("0.05")}
    rig.at(rig.mk, "tell", rig.mk.report(order.id, S.UNKNOWN, tell=False), seconds=60)
    assert order.status is S.UNKNOWN
    assert "suspect/mk" in rig.alarms


def test_a_fill_of_an_order_written_off_is_booked_and_hedged(rig: FakeRig) -> None:
    order = rig.place()
    rig.mk.forgets = {order.id}
    rig.at(rig.mk, "tell", rig.mk.report(order.id, S.UNKNOWN, tell=False))
    rig.until(lambda: order.done)
    rig.tk.on_submit = rig.tk.fills_whole
    rig.at(rig.mk, "fill", order.id, "0.05", seconds=1)
    assert order.status is S.EXPIRED
    assert order.filled_qty == D("0.05")
    assert rig.held("mk") == -rig.held("tk") == D("0.05")


def test_an_end_whose_fills_are_missing_fetches_them(rig: FakeRig) -> None:
    order = rig.place()
    rig.tk.on_submit = rig.tk.fills_whole
    rig.mk.fill(order.id, "0.05", tell=False)
    rig.at(rig.mk, "tell", rig.mk.orders[order.id], seconds=1)
    assert order.done
    assert rig.held("tk") == D("-0.05")


def test_a_cancel_without_an_answer_is_asked_after(rig: FakeRig) -> None:
    order = rig.place()
    rig.at(rig.mk, "ack", order.id)
    rig.call(rig.desk.executor.cancel, order)
    rig.mk.end(order.id, tell=False)
    rig.pass_time(8)
    assert order.status is S.CANCELED


def test_a_cancelled_order_that_the_venue_forgot_ends_too(rig: FakeRig) -> None:
    order = rig.place(Side.SELL)
    rig.at(rig.mk, "ack", order.id)
    rig.call(rig.desk.executor.cancel, order)
    rig.mk.forgets = {order.id}
    rig.mk.end(order.id, tell=False)
    rig.until(lambda: order.done, seconds=40)
    assert order.status in (S.CANCELED, S.EXPIRED)
