"""The door: nothing leaves without its intent, nothing that was denied leaves, a cancel is asked for once."""

from __future__ import annotations

import asyncio

from desk_kit import D, FakeRig

from cockpit.desk.accounts import Trading
from cockpit.desk.journal import Journal
from venues.model import Capabilities, OrderStatus


def on_file(journal: Journal, cid: str) -> bool:
    journal.flush()
    return journal.reader().order(cid) is not None


def test_the_intent_is_written_before_the_order_leaves() -> None:
    with FakeRig() as rig:
        rig.launch()
        steps: list[str] = []
        write = rig.desk.journal.order_intent
        rig.desk.journal.order_intent = lambda order: (steps.append("intent"), write(order))[1]  # type: ignore[method-assign,func-returns-value]
        rig.mk.on_submit = lambda _order: steps.append("submit")
        rig.place()
        assert steps == ["intent", "submit"]
        assert on_file(rig.desk.journal, rig.mk.last.client_order_id)


def test_a_venue_without_look_up_waits_for_the_disk() -> None:
    with FakeRig(able=Capabilities(lookup_by_client_id=False)) as rig:
        rig.launch()
        gate = asyncio.Event()
        rig.desk.executor._journal = _Gated(rig.desk.journal, gate)
        order = rig.place(seconds=3)
        assert rig.mk.submitted == []
        assert order.status is OrderStatus.PENDING
        rig.call(gate.set)
        assert [order.client_order_id for order in rig.mk.submitted] == [order.id]
        assert order.status is OrderStatus.IN_FLIGHT


def test_an_order_cancelled_while_it_waits_for_the_disk_never_leaves() -> None:
    with FakeRig(able=Capabilities(lookup_by_client_id=False)) as rig:
        rig.launch()
        gate = asyncio.Event()
        rig.desk.executor._journal = _Gated(rig.desk.journal, gate)
        order = rig.place(seconds=1)
        rig.call(rig.desk.executor.cancel, order)
        rig.call(gate.set)
        assert order.status is OrderStatus.DENIED
        assert rig.mk.cancelled == rig.mk.submitted == []


def test_an_account_that_was_halted_while_the_disk_was_slow_gets_nothing() -> None:
    with FakeRig(able=Capabilities(lookup_by_client_id=False)) as rig:
        rig.launch()
        gate = asyncio.Event()
        rig.desk.executor._journal = _Gated(rig.desk.journal, gate)
        second = rig.place(seconds=1)
        rig.call(rig.desk.set_trading, rig.desk.accounts["mk"], Trading.HALTED, "test")
        rig.call(gate.set)
        assert second.status is OrderStatus.DENIED
        assert second.reason == "account mk is halted: test"
        assert rig.mk.submitted == []


class _Gated:
    def __init__(self, journal: Journal, gate: asyncio.Event) -> None:
        self.order_intent, self.order_changed = journal.order_intent, journal.order_changed
        self._gate = gate

    async def barrier(self) -> None:
        await self._gate.wait()


def test_a_denied_order_never_leaves_and_raises_nothing() -> None:
    with FakeRig() as rig:
        rig.launch()
        order = rig.place(qty="0.0005", seconds=6)
        assert order.status is OrderStatus.DENIED
        assert "not a multiple of the lot" in order.reason
        assert rig.mk.submitted == []
        rig.desk.executor.cancel(order)
        assert rig.mk.cancelled == []


def test_a_cancel_is_asked_for_once_until_it_went_unanswered() -> None:
    with FakeRig() as rig:
        rig.launch()
        order = rig.place()
        rig.at(rig.mk, "ack", order.id)
        for _ in range(5):
            rig.call(rig.desk.executor.cancel, order)
        assert rig.mk.cancelled == [order.id]
        rig.pass_time(10)
        rig.call(rig.desk.executor.cancel, order)
        assert rig.mk.cancelled == [order.id] * 2
        rig.at(rig.mk, "end", order.id)
        rig.call(rig.desk.executor.cancel, order)
        assert len(rig.mk.cancelled) == 2


def test_a_refused_cancel_is_not_fired_again_before_the_venue_was_asked() -> None:
    """The order had filled and its report was lost: without this, cancel and refusal would chase each other."""
    with FakeRig() as rig:
        rig.launch()
        order = rig.place()
        rig.at(rig.mk, "ack", order.id)

        def cancel_and_refuse() -> None:
            rig.desk.executor.cancel(order)
            rig.mk.refuse_cancel(order.id, text="filled")

        rig.at(rig.mk, "fill", order.id, "0.05", tell=False, seconds=0)
        rig.tk.on_submit = rig.tk.fills_whole
        for _ in range(10):
            rig.call(cancel_and_refuse, seconds=0.01)
        assert len(rig.mk.cancelled) == 1
        rig.pass_time(1)
        assert order.status is OrderStatus.FILLED
        assert rig.held("tk") == D("-0.05")


def test_a_refused_cancel_of_a_live_order_may_be_asked_for_again_soon() -> None:
    with FakeRig() as rig:
        rig.launch()
        order = rig.place()
        rig.at(rig.mk, "ack", order.id)
        rig.call(rig.desk.executor.cancel, order)
        rig.at(rig.mk, "refuse_cancel", order.id, seconds=1)
        rig.call(rig.desk.executor.cancel, order)
        assert rig.mk.cancelled == [order.id] * 2


def test_a_refusal_for_an_order_that_ended_or_is_not_ours_is_nothing() -> None:
    with FakeRig() as rig:
        rig.launch()
        order = rig.place()
        rig.at(rig.mk, "end", order.id)
        asked = len(rig.mk.asked)
        rig.at(rig.mk, "refuse_cancel", order.id)
        rig.at(rig.mk, "refuse_cancel", "web_1")
        assert len(rig.mk.asked) == asked
