"""The last rung: alarmed at once, halted after a minute of vain tries, and only where it was tried all along."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

import pytest
from desk_kit import D, FakeRig

from cockpit.desk.flatten_job import Spec, State
from cockpit.desk.hedger import HALT_AFTER_S
from cockpit.desk.ladder import Rung
from cockpit.desk.loops import Loop, LoopState, StopMode


@pytest.fixture
def rig() -> Iterator[FakeRig]:
    with FakeRig() as rig:
        rig.launch(unwind="no")
        yield rig


def loop_of(rig: FakeRig) -> Loop:
    return rig.desk.loops.all["L1"]


def in_vain(rig: FakeRig, qty: str = "0.05") -> Loop:
    """L1 holds a long on mk that tk refuses to hedge: the last rung has just been reached."""
    rig.tk.on_submit = rig.tk.rejects
    rig.at(rig.mk, "fill", rig.place(qty=qty).id, qty, tell_order=True)
    rig.until(lambda: rig.book_of(loop_of(rig)).rung is Rung.ALARM, seconds=20)
    assert "the loop halts if it stays so" in rig.alarms["hedge/L1"]
    return loop_of(rig)


def truth(rig: FakeRig) -> tuple[Decimal, Decimal]:
    return rig.mk.held.get("BTCUSDT", D(0)), rig.tk.held.get("BTCUSDT", D(0))


def test_it_halts_after_a_minute_once_and_the_hedge_is_tried_on(rig: FakeRig) -> None:
    loop = in_vain(rig)
    rig.pass_time(HALT_AFTER_S - 2)
    assert loop.state is LoopState.RUNNING
    rig.pass_time(4)
    assert loop.state is LoopState.HALTED
    assert f"{HALT_AFTER_S} s after every way was tried" in loop.halt_reason
    sent, said = len(rig.tk.submitted), [line for line in rig.log if line.startswith("halted")]
    rig.pass_time(300)
    assert len(rig.tk.submitted) > sent
    assert [line for line in rig.log if line.startswith("halted")] == said
    rig.tk.on_submit = rig.tk.fills_whole
    rig.until(loop.hedged, seconds=10)
    assert truth(rig) == (D("0.05"), D("-0.05"))
    assert loop.state is LoopState.HALTED, "until somebody has looked"


def test_trouble_that_passes_within_the_minute_halts_nothing_and_the_next_counts_anew(rig: FakeRig) -> None:
    loop = in_vain(rig)
    for _ in range(3):
        rig.pass_time(HALT_AFTER_S - 10)
        rig.tk.on_submit = rig.tk.fills_whole
        rig.until(loop.hedged, seconds=8)
        assert "hedge/L1" not in rig.alarms
        in_vain(rig, "0.01")
    assert loop.state is LoopState.RUNNING


def test_resumed_the_minute_begins_anew(rig: FakeRig) -> None:
    loop = in_vain(rig)
    rig.pass_time(HALT_AFTER_S + 2)
    assert loop.state is LoopState.HALTED
    rig.call(rig.desk.loops.resume, loop, seconds=HALT_AFTER_S - 10)
    assert loop.state is LoopState.RUNNING
    rig.pass_time(30)
    assert loop.state is LoopState.HALTED


@pytest.mark.parametrize("by_loop", [True, False])
def test_a_flatten_that_lasts_is_not_taken_for_vain_tries(rig: FakeRig, by_loop: bool) -> None:
    """Nothing of the hedger's is sent meanwhile; and what the flatten is to leave must not be forgotten over a halt."""
    loop = in_vain(rig)
    rig.mk.down = "503"
    if by_loop:
        rig.call(rig.desk.loops.stop, loop, StopMode.FLATTEN, seconds=1)
    else:
        rig.call(rig.desk.flattener.start, Spec(id="F9", kind="flatten", accounts=("mk", "tk")), seconds=1)
    sent = len(rig.tk.submitted)
    rig.pass_time(HALT_AFTER_S * 2)
    assert loop.state is LoopState.FLATTENING
    assert len(rig.tk.submitted) == sent
    rig.mk.down = ""
    rig.mk.on_submit = rig.mk.fills_whole
    rig.until(lambda: [job.state for job in rig.desk.flattener.jobs.values()] == [State.FLAT], seconds=20)
    assert loop.state is (LoopState.STOPPED if by_loop else LoopState.HALTED)
    assert truth(rig) == (0, 0)
