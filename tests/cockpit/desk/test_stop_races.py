"""Stops that cross with something else: no maker stays behind, and nothing begins while the desk ends."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest
from desk_kit import D, FakeRig

from cockpit.desk.loops import LoopState, StopMode
from cockpit.desk.refusals import LaunchError
from strategies.protocol import Role
from venues.model import Capabilities, OrderStatus, Side

S = OrderStatus


def left_open(rig: FakeRig) -> list[str]:
    """Maker orders that live on at the venue."""
    return [cid for cid, order in rig.mk.orders.items() if not order.status.terminal]


def ends_what_is_cancelled(rig: FakeRig) -> None:
    cancel = rig.mk.cancel

    def end(cid: str, symbol: str) -> None:
        cancel(cid, symbol)
        rig.mk.later(lambda: rig.mk.end(cid))

    rig.mk.cancel = end  # type: ignore[method-assign,assignment]  # a test's own venue


def test_a_cancel_that_overtook_its_order_is_asked_for_again() -> None:
    with FakeRig() as rig:
        rig.launch()
        order = rig.place()
        cancel = rig.mk.cancel

        def too_early_at_first(cid: str, symbol: str) -> None:
            cancel(cid, symbol)
            if len(rig.mk.cancelled) == 1:
                rig.mk.later(lambda: rig.mk.refuse_cancel(cid, known=False), 0.005)
                rig.mk.later(lambda: rig.mk.ack(cid), 0.02)
            else:
                rig.mk.later(lambda: rig.mk.end(cid))

        rig.mk.cancel = too_early_at_first  # type: ignore[method-assign,assignment]  # a test's own venue
        rig.run(rig.desk.stop())
        assert rig.mk.cancelled == [order.id, order.id]
        assert left_open(rig) == []


def test_an_order_that_waits_for_the_disk_when_the_stop_comes_is_not_left_behind(tmp_path: Path) -> None:
    with FakeRig(journal=tmp_path / "desk.sqlite", able=Capabilities(lookup_by_client_id=False)) as rig:
        rig.launch()
        rig.mk.on_submit = lambda request: rig.mk.later(lambda: rig.mk.ack(request.client_order_id))
        ends_what_is_cancelled(rig)

        async def place_and_stop() -> None:
            order = await rig.idle.contexts["L1"].place("maker", Side.BUY, D("0.05"), D(100_000), role=Role.OPEN)
            assert order.status is S.PENDING, "this is what is being tested"
            await rig.desk.stop()

        rig.run(place_and_stop())
        rig.pass_time(1)
        assert left_open(rig) == []


@pytest.mark.parametrize(
    "begin",
    [
        pytest.param(lambda rig: rig.desk.loops.resume(rig.desk.loops.all["L1"]), id="resume"),
        pytest.param(lambda rig: rig.desk.loops.launch("idle", {}), id="launch"),
    ],
)
def test_nothing_begins_while_the_desk_stops(begin: Callable[[FakeRig], object]) -> None:
    with FakeRig() as rig:
        rig.launch()
        rig.place()

        async def stop() -> None:
            stopping = asyncio.get_running_loop().create_task(rig.desk.stop())
            await asyncio.sleep(1)
            with pytest.raises(LaunchError, match="the desk is stopping"):
                begin(rig)
            await stopping

        rig.run(stop())
        assert len(rig.mk.submitted) == 1


def test_a_stop_with_flatten_of_a_halted_loop_that_still_winds_up_is_carried_out() -> None:
    with FakeRig() as rig:
        loop = rig.launch()
        rig.tk.on_submit = rig.tk.fills_whole
        rig.at(rig.mk, "fill", rig.place().id, "0.05", tell_order=True, seconds=1)
        resting = rig.place()
        rig.at(rig.mk, "ack", resting.id)
        rig.mk.on_submit = rig.mk.fills_whole
        rig.call(rig.desk.loops.halt, loop, "a test", seconds=1)
        rig.call(rig.desk.loops.stop, loop, StopMode.FLATTEN, seconds=1)
        rig.at(rig.mk, "end", resting.id, seconds=10)
        assert rig.mk.held["BTCUSDT"] == rig.tk.held["BTCUSDT"] == 0
        assert loop.state is LoopState.STOPPED


@pytest.mark.parametrize("mode", [StopMode.NOW, StopMode.CYCLE])
def test_a_stop_of_a_halted_loop_that_still_winds_up_ends_it(mode: StopMode) -> None:
    with FakeRig() as rig:
        loop = rig.launch()
        resting = rig.place()
        rig.at(rig.mk, "ack", resting.id)
        rig.call(rig.desk.loops.halt, loop, "a test", seconds=1)
        rig.call(rig.desk.loops.stop, loop, mode, seconds=1)
        rig.at(rig.mk, "end", resting.id, seconds=1)
        assert loop.state is LoopState.STOPPED


def test_a_stop_while_a_venue_is_out_of_reach_forgets_nothing_of_it(tmp_path: Path) -> None:
    """The tries to connect go on while the stop waits for the hedge that is owed there."""
    with FakeRig(journal=tmp_path / "desk.sqlite") as rig:
        rig.launch()
        order = rig.place()
        rig.at(rig.mk, "ack", order.id)
        rig.desk.journal.flush()
        rig.cut()
        rig.mk.fill(order.id, "0.05", tell=False)
        rig.tk.out_of_reach()
        rig.desk = rig._new_desk()
        rig.start()
        rig.pass_time(3)
        rig.run(rig.desk.stop())
        assert not rig.desk.accounts["tk"].up
        rig.crash()
        rig.start()
        assert rig.desk.loops.all["L1"].owed() == D("-0.05")
        rig.tk.in_reach()
        rig.tk.on_submit = rig.tk.fills_whole
        rig.until(lambda: rig.desk.accounts["tk"].reconciled_ts)
        rig.quote()
        rig.until(lambda: rig.held("tk") == D("-0.05"))
