"""Crashes at the worst moments: the next desk stands up, forgets no promise and hedges nothing twice."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from desk_kit import D, FakeRig

from cockpit.desk.flatten_job import Spec, State
from cockpit.desk.ids import OrderId
from cockpit.desk.loops import Loop, LoopState, StopMode
from strategies.protocol import Role
from venues.model import OrderRequest, OrderStatus, Side

S = OrderStatus


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[FakeRig]:
    with FakeRig(journal=tmp_path / "desk.sqlite") as rig:
        rig.launch()
        yield rig


def hold_pair(rig: FakeRig) -> None:
    """L1 holds 0.05 long on mk against tk; from now on tk fills what it is sent."""
    rig.tk.on_submit = rig.tk.fills_whole
    rig.at(rig.mk, "fill", rig.place().id, "0.05", tell_order=True, seconds=1)
    assert rig.held("mk") == -rig.held("tk") == D("0.05")


def begin_again(rig: FakeRig, loop: str = "L1") -> Loop:
    rig.crash()
    rig.start()
    rig.quote()
    return rig.desk.loops.all[loop]


def launch_busy(rig: FakeRig) -> Loop:
    """L2, in the place of L1: its maker rests, and its strategy does not come to a safe point again."""

    async def busy(ctx: Any) -> None:
        await ctx.place("maker", Side.BUY, D("0.05"), D(99_000), role=Role.OPEN, post_only=True)
        await ctx.sleep(10**6)

    rig.call(rig.desk.loops.stop, rig.desk.loops.all["L1"], StopMode.NOW, seconds=1)
    rig.mk.on_submit = lambda request: rig.mk.later(lambda: rig.mk.ack(request.client_order_id))
    rig.idle.act = busy
    return rig.launch()


# -- venues that are away or gone at the restart


def test_a_venue_that_was_never_reached_keeps_neither_the_desk_nor_its_loop_away(rig: FakeRig) -> None:
    hold_pair(rig)
    rig.crash()
    rig.tk.out_of_reach()
    rig.start()
    loop = rig.desk.loops.all["L1"]
    assert loop.state is LoopState.PAUSED
    assert loop.owed() == 0
    rig.tk.in_reach()
    rig.until(lambda: rig.desk.accounts["tk"].reconciled_ts)
    rig.quote()
    rig.call(rig.desk.loops.resume, loop)
    assert rig.place(qty="0.01").status is S.IN_FLIGHT


def test_an_order_on_an_account_that_left_the_configuration_is_named(rig: FakeRig) -> None:
    order = rig.place()
    rig.at(rig.mk, "ack", order.id)
    rig.leave_out("mk")
    rig.start()
    assert rig.desk.running
    (text,) = [text for text in rig.alarms.values() if order.id in text]
    assert "mk" in text
    assert any("L1" in text and "mk" in text for text in rig.alarms.values())


def test_an_order_on_an_account_that_left_disturbs_neither_the_watch_nor_the_stop(rig: FakeRig) -> None:
    lost = rig.place()
    rig.at(rig.mk, "ack", lost.id)
    rig.leave_out("mk")
    rig.start()
    rig.pass_time(60)
    assert rig.defects == []
    rig.run(rig.desk.stop())
    assert rig.log[-1] == "stopped"


def test_an_unfinished_flatten_goes_on_without_the_account_that_left_and_says_so(rig: FakeRig) -> None:
    hold_pair(rig)
    rig.mk.on_submit = rig.mk.fills_whole
    rig.at(rig.tk, "lose", "no route")
    rig.call(rig.desk.flattener.start, Spec(id="F9", kind="flatten", accounts=("mk", "tk")))
    rig.leave_out("tk")
    rig.start()
    rig.call(lambda: rig.mk.book("99999.5", "100000.5"), seconds=5)
    assert rig.mk.held["BTCUSDT"] == 0
    (text,) = [text for text in rig.alarms.values() if "F9" in text]
    assert "tk" in text


def test_a_flatten_of_nothing_but_accounts_that_left_is_never_called_flat(rig: FakeRig) -> None:
    hold_pair(rig)
    rig.at(rig.tk, "lose", "no route")
    rig.call(rig.desk.flattener.start, Spec(id="F9", kind="flatten", accounts=("tk",)))
    rig.leave_out("tk")
    rig.start()
    rig.pass_time(5)
    rig.desk.journal.flush()
    (row,) = rig.desk.journal.reader().flattens()
    assert row.state != State.FLAT
    assert any("F9" in text and "tk" in text for text in rig.alarms.values())


# -- what was not on disk when the desk died


def note_owners(rig: FakeRig) -> list[str | None]:
    """Whose each order is that leaves from now on, by what is on disk at that moment."""
    owners: list[str | None] = []

    def note(request: OrderRequest) -> None:
        parsed = OrderId.parse(request.client_order_id)
        assert parsed is not None
        owners.append(rig.desk.journal.reader().loop_of(parsed.epoch, parsed.slot))

    rig.mk.on_submit = rig.tk.on_submit = note
    return owners


def test_what_is_owed_at_the_start_is_hedged_under_ids_that_the_disk_knows(rig: FakeRig) -> None:
    """Else a second crash would take the fills of these hedges for foreign, and hedge once more."""
    order = rig.place()
    rig.at(rig.tk, "no_book")
    rig.at(rig.mk, "fill", order.id, "0.05")
    rig.crash()
    owners = note_owners(rig)
    rig.tk.on_connect = lambda: rig.tk.later(lambda: rig.tk.book("99999.5", "100000.5"), 0.03)
    rig.start()
    assert owners == ["L1"], "sent while the desk started"


def test_a_flatten_that_goes_on_sends_under_ids_that_the_disk_knows(rig: FakeRig) -> None:
    hold_pair(rig)
    rig.at(rig.tk, "lose", "no route")
    rig.call(rig.desk.flattener.start, Spec(id="F9", kind="flatten", accounts=("mk", "tk")))
    rig.crash()
    rig.tk.down = ""
    owners = note_owners(rig)
    rig.mk.on_connect = lambda: rig.mk.later(lambda: rig.mk.book("99999.5", "100000.5"), 0.03)
    rig.tk.on_connect = lambda: rig.tk.later(lambda: rig.tk.book("99999.5", "100000.5"), 0.03)
    barrier = rig.desk.journal.barrier

    async def slow() -> None:
        await asyncio.sleep(1)
        await barrier()

    rig.desk.journal.barrier = slow  # type: ignore[method-assign]  # a slow disk
    rig.start()
    rig.pass_time(5)
    assert owners == ["L1", "L1"]


def test_a_disk_that_takes_nothing_holds_what_is_owed_up_for_some_seconds_only(rig: FakeRig) -> None:
    order = rig.place()
    rig.at(rig.tk, "no_book")
    rig.at(rig.mk, "fill", order.id, "0.05")
    rig.crash()
    rig.tk.on_submit = rig.tk.fills_whole
    rig.tk.on_connect = lambda: rig.tk.later(lambda: rig.tk.book("99999.5", "100000.5"), 0.03)
    room = asyncio.Event()

    async def waits_for_room() -> None:
        await room.wait()

    rig.desk.journal.barrier = waits_for_room  # type: ignore[method-assign]  # a disk that takes nothing

    async def begin() -> None:
        start = asyncio.get_running_loop().create_task(rig.desk.start())
        await asyncio.sleep(5)
        assert rig.tk.submitted == []
        await asyncio.sleep(10)
        assert rig.tk.held["BTCUSDT"] == D("-0.05")
        assert "hedging anyway" in rig.alarms["journal/start"]
        room.set()
        await start

    rig.run(begin())


def test_an_unjournaled_order_known_by_a_partial_fill_is_pulled_and_hedged_no_further_than_it_filled(
    rig: FakeRig,
) -> None:
    order = rig.place()
    rig.at(rig.mk, "ack", order.id)
    rig.cut()
    rig.mk.fill(order.id, "0.01", tell=False)
    rig.desk = rig._new_desk()
    assert rig.desk.journal.reader().order(order.id) is None, "this is what is being tested"
    rig.tk.on_submit = rig.tk.fills_whole
    rig.start()
    rig.quote()
    rig.pass_time(10)
    adopted = rig.desk.tracker.get(order.id)
    assert adopted is not None
    assert (adopted.qty, adopted.filled_qty, adopted.done) == (D("0.05"), D("0.01"), False)
    assert order.id in rig.mk.cancelled
    rig.at(rig.mk, "fill", order.id, "0.02", seconds=1)
    rig.at(rig.mk, "end", order.id, seconds=1)
    assert adopted.done
    assert rig.held("mk") == -rig.held("tk") == -rig.tk.held["BTCUSDT"] == D("0.03")


def test_an_order_known_by_its_fill_alone_has_not_ended_until_its_size_is_known(rig: FakeRig) -> None:
    order = rig.place()
    rig.cut()
    rig.mk.fill(order.id, "0.01", tell=False)
    rig.mk.forgets.add(order.id)
    rig.desk = rig._new_desk()
    rig.start()
    rig.quote()
    rig.pass_time(3)
    adopted = rig.desk.tracker.get(order.id)
    assert adopted is not None
    assert not adopted.status.terminal, "it filled all that we know of, which is not all that there is"
    rig.mk.forgets.clear()
    rig.pass_time(10)
    assert (adopted.status, adopted.qty) == (S.PARTIALLY_FILLED, D("0.05"))


def test_an_unjournaled_hedge_that_filled_in_part_is_completed_and_no_more(rig: FakeRig) -> None:
    order = rig.place()
    rig.at(rig.mk, "ack", order.id)
    rig.desk.journal.flush()
    rig.at(rig.mk, "fill", order.id, "0.05", tell_order=True)
    (hedge,) = rig.tk.submitted
    rig.cut()
    rig.tk.fill(hedge.client_order_id, "0.02", tell=False)
    rig.tk.end(hedge.client_order_id, tell=False)
    rig.desk = rig._new_desk()
    rig.tk.on_submit = rig.tk.fills_whole
    rig.start()
    rig.quote()
    rig.pass_time(15)
    assert [sent.qty for sent in rig.tk.submitted] == [D("0.05"), D("0.03")]
    assert rig.tk.held["BTCUSDT"] == rig.held("tk") == D("-0.05")
    assert list(rig.desk.tracker.live()) == []


def test_exposure_from_before_the_crash_is_timed_and_alarmed(rig: FakeRig) -> None:
    order = rig.place()
    rig.at(rig.mk, "fill", order.id, "0.05")
    loop = begin_again(rig)
    assert loop.owed() == D("-0.05"), "its hedge was sent, and nothing was heard of it"
    assert "naked/L1" not in rig.alarms
    rig.pass_time(20)
    assert "L1 has +0.05000000 unhedged for" in rig.alarms["naked/L1"]


# -- what the operator was promised


def test_staged_parameters_take_effect_after_the_restart(rig: FakeRig) -> None:
    loop = launch_busy(rig)
    rig.call(rig.desk.loops.set_params, loop.id, {"size": "0.02"}, origin="op", command_id="c1")
    assert loop.pending == {"size": "0.02"}
    back = begin_again(rig, loop.id)
    assert back.pending == {"size": "0.02"} or back.params.size == D("0.02")  # type: ignore[attr-defined]
    rig.call(rig.desk.loops.resume, back, seconds=1)
    assert back.params.size == D("0.02")  # type: ignore[attr-defined]  # of IdleParams
    assert back.pending == {}


def test_parameters_that_took_effect_are_staged_no_more(rig: FakeRig) -> None:
    for size in ("0.02", "0.03"):
        rig.call(rig.desk.loops.set_params, "L1", {"size": size}, origin="op", command_id=size, seconds=1)
        loop = begin_again(rig)
        rig.call(rig.desk.loops.resume, loop, seconds=1)
        assert (loop.params.size, loop.pending) == (D(size), {})  # type: ignore[attr-defined]  # of IdleParams


@pytest.mark.parametrize("mode", StopMode)
def test_a_stop_that_was_under_way_is_carried_out_at_the_resume(rig: FakeRig, mode: StopMode) -> None:
    loop = launch_busy(rig)
    rig.call(rig.desk.loops.stop, loop, mode, seconds=1)
    assert not loop.state.ended, "its maker is not gone yet"
    back = begin_again(rig, loop.id)
    assert back.state is LoopState.PAUSED
    assert mode.value in back.paused
    (maker,) = rig.mk.submitted
    rig.at(rig.mk, "end", maker.client_order_id, seconds=5)
    assert back.state is LoopState.PAUSED
    rig.call(rig.desk.loops.resume, back)
    rig.until(lambda: back.state is LoopState.STOPPED, seconds=10)
    assert [job.state for job in rig.desk.flattener.jobs.values()] == [State.FLAT] * (mode is StopMode.FLATTEN)


@pytest.mark.parametrize("mode", StopMode)
def test_a_stop_outlives_two_restarts(rig: FakeRig, mode: StopMode) -> None:
    loop = launch_busy(rig)
    rig.call(rig.desk.loops.stop, loop, mode, seconds=1)
    begin_again(rig, loop.id)
    back = begin_again(rig, loop.id)
    rig.at(rig.mk, "end", rig.mk.submitted[0].client_order_id, seconds=5)
    rig.call(rig.desk.loops.resume, back, seconds=10)
    assert back.state is LoopState.STOPPED


def test_a_stop_with_flatten_of_a_halted_loop_is_carried_out_at_the_resume(rig: FakeRig) -> None:
    hold_pair(rig)
    resting = rig.place()
    rig.at(rig.mk, "ack", resting.id)
    loop = rig.desk.loops.all["L1"]
    rig.call(rig.desk.loops.halt, loop, "a test", seconds=1)
    rig.call(rig.desk.loops.stop, loop, StopMode.FLATTEN, seconds=1)
    back = begin_again(rig)
    rig.at(rig.mk, "end", resting.id, seconds=5)
    rig.mk.on_submit = rig.mk.fills_whole
    assert rig.mk.held["BTCUSDT"] == D("0.05"), "not before the operator has looked"
    rig.call(rig.desk.loops.resume, back, seconds=10)
    assert back.state is LoopState.STOPPED
    assert rig.mk.held["BTCUSDT"] == rig.tk.held["BTCUSDT"] == 0


def test_a_stop_that_the_operator_took_back_does_not_return(rig: FakeRig) -> None:
    hold_pair(rig)
    loop = rig.desk.loops.all["L1"]
    rig.at(rig.tk, "lose", "no route")
    rig.call(rig.desk.loops.stop, loop, StopMode.FLATTEN, seconds=2)
    (job,) = rig.desk.flattener.jobs.values()
    rig.call(rig.desk.flattener.cancel, job)
    rig.at(rig.tk, "come_back", seconds=6)
    rig.quote()
    rig.call(rig.desk.loops.resume, loop, seconds=1)
    assert loop.state is LoopState.RUNNING
    back = begin_again(rig)
    rig.call(rig.desk.loops.resume, back, seconds=5)
    assert back.state is LoopState.RUNNING


def test_entries_that_were_denied_stay_denied_until_the_resume(rig: FakeRig) -> None:
    rig.call(rig.desk.deny_entries, "stopped by op")
    loop = begin_again(rig)
    rig.call(rig.desk.loops.resume, loop)
    refused = rig.place()
    assert refused.status is S.DENIED
    assert refused.reason == "entries are denied: stopped by op"
    rig.call(rig.desk.deny_entries, "")
    begin_again(rig)
    rig.call(rig.desk.loops.resume, rig.desk.loops.all["L1"])
    assert rig.place(Side.BUY).status is S.IN_FLIGHT
