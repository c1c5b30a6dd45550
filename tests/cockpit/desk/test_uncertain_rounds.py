"""Many orders in doubt at once: venues count questions, so they share them; each is settled rightly all the same."""

from __future__ import annotations

from collections import Counter

import pytest
from desk_kit import D, FakeRig

from cockpit.desk.desk import DeskOptions
from cockpit.desk.orders import Order
from cockpit.desk.uncertain import Patience
from venues.model import Capabilities, OrderStatus, OrderStatusReport, VenueBusy

S = OrderStatus
NO_LOOK_UP = Capabilities(lookup_by_client_id=False)
SELDOM = DeskOptions(reconcile_s=10_000)
"""So that every question which is asked is about an order in doubt."""


def silent_orders(rig: FakeRig, count: int) -> list[Order]:
    """Orders that the venue has and never said a word about."""
    return [rig.place(qty="0.001", price=f"{99_000 + n}") for n in range(count)]


def make_unknown(rig: FakeRig, orders: list[Order]) -> None:
    """Without a venue's id: nobody told us one."""

    def forget() -> None:
        for order in orders:
            rig.desk.tracker.unknown(order, "no answer", rig.clock.now_ns())

    rig.call(forget, seconds=0)


def never_had(rig: FakeRig, *orders: Order) -> None:
    rig.mk.forgets |= {order.id for order in orders}


def questions(count: int, able: Capabilities, seconds: float) -> Counter[str]:
    """What is asked about `count` orders that stay in doubt."""
    with FakeRig(able=able, options=SELDOM) as rig:
        rig.launch()
        rig.pass_time(5)
        orders = silent_orders(rig, count)
        rig.pass_time(0.1)
        rig.mk.told_position = {"BTCUSDT": D("0.7")}
        never_had(rig, *orders)
        make_unknown(rig, orders)
        rig.mk.asked.clear()
        rig.pass_time(seconds)
        assert all(order.status is S.UNKNOWN for order in orders)
        return Counter(rig.mk.asked)


# -- how much is asked


def test_where_orders_can_only_be_listed_many_cost_no_more_than_one() -> None:
    one, many = questions(1, NO_LOOK_UP, 30), questions(20, NO_LOOK_UP, 30)
    assert many == one
    assert 5 < one["open_orders"] < 30


def test_where_they_can_be_looked_up_only_the_look_up_is_asked_for_each() -> None:
    one, many = questions(1, Capabilities(), 30), questions(20, Capabilities(), 30)
    assert many.pop("query_order") == 20 * one.pop("query_order")
    assert many == one


def test_a_doubt_that_comes_later_joins_the_next_round_of_the_first() -> None:
    with FakeRig(able=NO_LOOK_UP, options=SELDOM) as rig:
        rig.launch()
        rig.pass_time(5)
        first, second = silent_orders(rig, 2)
        rig.pass_time(0.1)
        never_had(rig, first, second)
        make_unknown(rig, [first])
        rig.pass_time(4)
        make_unknown(rig, [second])
        rig.until(lambda: first.done, seconds=9)
        assert second.status is S.UNKNOWN, "its own patience counts from its own beginning"
        rig.until(lambda: second.done, seconds=5)
        assert rig.desk.uncertain._doubts == {}, "nobody asks on"


# -- how they are settled


@pytest.mark.parametrize("able", [Capabilities(), NO_LOOK_UP])
def test_what_was_never_received_is_settled_as_soon_as_patience_ends(able: Capabilities) -> None:
    with FakeRig(able=able, options=SELDOM) as rig:
        rig.launch()
        rig.pass_time(5)
        orders = silent_orders(rig, 3)
        rig.pass_time(0.1)
        never_had(rig, *orders)
        make_unknown(rig, orders)
        patience = Patience().absent_s
        rig.pass_time(patience - 0.1)
        assert [order.status for order in orders] == [S.UNKNOWN] * 3
        rig.pass_time(0.7)
        assert [order.status for order in orders] == [S.EXPIRED] * 3


def test_one_look_up_that_fails_settles_nobody_wrongly_and_everybody_later() -> None:
    with FakeRig(options=SELDOM) as rig:
        rig.launch()
        rig.pass_time(5)
        live, gone = silent_orders(rig, 2)
        rig.mk.ack(live.id, tell=False)
        never_had(rig, gone)
        make_unknown(rig, [live, gone])
        rig.mk.down = "503"
        rig.pass_time(25)
        assert (live.status, gone.status) == (S.UNKNOWN, S.UNKNOWN), "no answer is not a 'not found'"
        rig.mk.down = ""
        rig.until(lambda: live.status is S.OPEN, seconds=6)
        assert gone.status is S.UNKNOWN, "it has been said to be absent once, or twice"
        rig.until(lambda: gone.done, seconds=15)
        assert gone.status is S.EXPIRED


def test_a_venue_over_its_limit_of_questions_proves_nothing_and_is_asked_ever_more_seldom() -> None:
    with FakeRig(options=SELDOM) as rig:
        rig.launch()
        rig.pass_time(5)
        (order,) = silent_orders(rig, 1)
        never_had(rig, order)
        make_unknown(rig, [order])
        answer, asked = rig.mk._answer, []

        async def busy(what: str) -> None:
            asked.append(what)
            raise VenueBusy("429")

        rig.mk._answer = busy  # type: ignore[method-assign]  # over its limit
        rig.pass_time(60)
        assert order.status is S.UNKNOWN
        assert 5 <= len(asked) <= 20
        assert f"order/{order.id}" in rig.alarms
        rig.mk._answer = answer  # type: ignore[method-assign]
        rig.until(lambda: order.done, seconds=20)
        assert order.status is S.EXPIRED
        assert f"order/{order.id}" not in rig.alarms


def test_orders_that_can_be_looked_up_and_orders_that_cannot_share_a_round() -> None:
    with FakeRig(able=NO_LOOK_UP, options=SELDOM) as rig:
        rig.launch()
        rig.pass_time(5)
        listed, named, absent = silent_orders(rig, 3)
        rig.pass_time(0.1)
        rig.at(rig.mk, "ack", named.id)
        rig.mk.ack(listed.id, tell=False)
        assert (bool(named.venue_order_id), bool(listed.venue_order_id)) == (True, False)
        rig.mk.end(named.id, S.CANCELED, tell=False)
        never_had(rig, absent)
        looked_up: list[str] = []
        query = rig.mk.query_order

        async def note(
            *, client_order_id: str = "", venue_order_id: str = "", symbol: str = ""
        ) -> OrderStatusReport | None:
            looked_up.append(client_order_id)
            return await query(client_order_id=client_order_id, venue_order_id=venue_order_id, symbol=symbol)

        rig.mk.query_order = note  # type: ignore[method-assign]  # to see what is asked
        make_unknown(rig, [listed, named, absent])
        rig.pass_time(0.5)
        assert (named.status, listed.status, absent.status) == (S.CANCELED, S.OPEN, S.UNKNOWN)
        assert set(looked_up) == {named.id}
        rig.until(lambda: absent.done, seconds=15)
        assert absent.status is S.EXPIRED


def test_one_that_settles_by_itself_while_it_is_asked_about_is_let_alone() -> None:
    with FakeRig(options=SELDOM) as rig:
        rig.launch()
        rig.pass_time(5)
        order, other = silent_orders(rig, 2)
        never_had(rig, order, other)
        make_unknown(rig, [order, other])
        rig.mk.answer_s = 0.2
        rig.until(lambda: "query_order" in rig.mk.asked, seconds=3)
        rig.at(rig.mk, "end", order.id, S.REJECTED)
        rig.mk.answer_s = 0.01
        rig.until(lambda: other.done, seconds=15)
        assert (order.status, other.status) == (S.REJECTED, S.EXPIRED)
