"""An order that a venue lists as open and that we took for ended: nobody would look after it, so it goes."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from desk_kit import D, FakeRig

from venues.model import OrderStatus, OrderStatusReport

S = OrderStatus


@pytest.fixture
def rig() -> Iterator[FakeRig]:
    with FakeRig() as rig:
        rig.launch()
        yield rig


def test_it_is_cancelled_and_alarmed_and_what_it_fills_is_hedged(rig: FakeRig) -> None:
    order = rig.place()
    rig.mk.forgets.add(order.id)
    rig.pass_time(30)
    assert order.status is S.EXPIRED, "the venue did not know it"
    rig.mk.forgets.clear()
    rig.mk.ack(order.id, tell=False)
    rig.pass_time(10)
    assert order.id in rig.mk.cancelled
    assert any(order.id in id_ + text for id_, text in rig.alarms.items())
    rig.tk.on_submit = rig.tk.fills_whole
    rig.at(rig.mk, "fill", order.id, "0.02", seconds=1)
    assert rig.held("mk") == -rig.held("tk") == D("0.02")


@pytest.mark.parametrize("ends", [S.CANCELED, S.FILLED])
def test_an_answer_that_is_older_than_the_end_is_no_alarm(rig: FakeRig, ends: OrderStatus) -> None:
    """The end came over the stream while the answer was on its way."""
    rig.tk.on_submit = rig.tk.fills_whole
    order = rig.place()
    rig.at(rig.mk, "ack", order.id)
    ask = rig.mk.open_orders

    async def late() -> tuple[OrderStatusReport, ...]:
        listed = await ask()
        if not order.status.terminal:
            if ends is S.FILLED:
                rig.mk.fill(order.id, "0.05", tell_order=True)
            else:
                rig.mk.end(order.id)
        return listed

    rig.mk.open_orders = late  # type: ignore[method-assign]  # a slow answer
    rig.pass_time(10)
    assert order.status is ends
    assert [id_ for id_ in rig.alarms if order.id in id_] == []
    assert rig.mk.cancelled == []
